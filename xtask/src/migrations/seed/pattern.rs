//! Makes a text that a regular expression matches, from the expression itself.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A short text that `pattern` matches, which differs with `number` where there is a choice. `None`
/// for constructs that Rust's expressions do not have (look-around, back references).
pub fn example(pattern: &str, number: usize) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    let mut seed = number;
    write(&hir, &mut seed, &mut text)?;
    Some(text)
}

fn write(hir: &Hir, seed: &mut usize, text: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(member(class, seed)?),
        HirKind::Repetition(repetition) => {
            // At least once, where that is allowed: an empty text is rarely meant. At most 64
            // times, which bounds the text; a pattern that demands more gets one that does not
            // match.
            let most = repetition.max.unwrap_or(u32::MAX);
            let times = repetition.min.max(1.min(most)).min(64);
            (0..times).try_for_each(|_| write(&repetition.sub, seed, text))?;
        }
        HirKind::Capture(capture) => write(&capture.sub, seed, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, seed, text))?,
        HirKind::Alternation(parts) => write(parts.get(*seed % parts.len().max(1))?, seed, text)?,
    }
    Some(())
}

/// A printable member of a class; each call takes a digit of the seed.
fn member(class: &Class, seed: &mut usize) -> Option<char> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let plain = |character: &char| character.is_ascii_alphanumeric();
    let within = |range: &regex_syntax::hir::ClassUnicodeRange| {
        ('0'..='z')
            .filter(plain)
            .filter(|c| (range.start()..=range.end()).contains(c))
            .collect::<Vec<_>>()
    };
    let mut members: Vec<char> = class.ranges().iter().flat_map(within).collect();
    if members.is_empty() {
        members = class
            .ranges()
            .iter()
            .map(regex_syntax::hir::ClassUnicodeRange::start)
            .collect();
    }
    let chosen = members.get(*seed % members.len().max(1)).copied();
    *seed /= members.len().max(1);
    chosen
}

#[cfg(test)]
mod tests {
    use super::example;

    #[test]
    fn the_example_matches_and_differs_by_number() {
        for pattern in [
            "^[A-Z]{1,4}-[0-9]{1,5}$",
            r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
            "^(a|b)?x{3}$",
            r"^\+?[1-9]\d{7,14}$",
        ] {
            let regex = regex::Regex::new(pattern).expect("a pattern");
            for number in 0..50 {
                let text = example(pattern, number).expect("a text");
                assert!(regex.is_match(&text), "{pattern}: {text}");
            }
        }
        assert_ne!(example("^[A-Z]{2}$", 1), example("^[A-Z]{2}$", 2));
        assert_eq!(example("(?=a)b", 1), None);
    }
}
