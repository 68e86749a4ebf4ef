//! Random inputs that are the same in every run: a seed, and what is made of it.

/// The generator `SplitMix64`: small, and good enough to choose with.
pub struct Random(u64);

impl Random {
    /// The numbers of `seed`, or those of the variable `FUZZ_SEED`.
    pub fn seeded(seed: u64) -> Self {
        Self(
            std::env::var("FUZZ_SEED")
                .ok()
                .and_then(|seed| seed.parse().ok())
                .unwrap_or(seed),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("below a usize")
    }

    /// One of `choices`.
    pub fn pick<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len())]
    }

    /// `text` with some of its parts taken out, doubled, or replaced by one of `fragments`.
    pub fn mutated(&mut self, text: &str, fragments: &[&str]) -> String {
        let mut text = text.to_owned();
        for _ in 0..=self.below(3) {
            let (one, other) = (self.boundary(&text), self.boundary(&text));
            let (start, end) = (one.min(other), one.max(other));
            // Most changes are small: a large one leaves little of what was valid.
            let end = if self.below(4) == 0 {
                end
            } else {
                floor(&text, end.min(start + 8))
            };
            let (again, fragment) = (text[start..end].to_owned(), *self.pick(fragments));
            match self.below(4) {
                0 => drop(text.drain(start..end)),
                1 => text.insert_str(start, &again),
                2 => text.replace_range(start..end, fragment),
                _ => text.insert_str(start, fragment),
            }
        }
        text
    }

    fn boundary(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        floor(text, at)
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// How many inputs a test tries: what the variable `FUZZ_INPUTS` says, else few enough for every
/// run.
pub fn inputs(few: usize) -> usize {
    std::env::var("FUZZ_INPUTS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(few)
}
