//! Measures without recursion how deep a file is nested. The parser descends once per bracket, and
//! once per operator that takes an operand behind it (`!`, `=>`, `? :`, `else if`). A file that
//! would exhaust the stack is refused before.

/// The largest number of brackets that may be open, and of nesting operators that may follow each
/// other without `;` or `,`.
pub(super) const LIMIT: u32 = 5_000;

/// The largest number of open `<` that could begin type arguments. At each the parser tries both
/// readings of the text behind it, so that its time grows much faster than the text. Thousands keep
/// it busy for minutes.
pub(super) const ANGLE_LIMIT: u32 = 250;

/// The byte at which `text` becomes too deep to be parsed.
pub fn too_deep(text: &str) -> Option<u32> {
    if !may_be_deep(text.as_bytes()) {
        return None;
    }
    let mut scan = Scan {
        bytes: text.as_bytes(),
        at: 0,
        chains: vec![0],
        total: 0,
        angles: 0,
    };
    scan.run()
}

/// Whether the file has enough `<`, or enough brackets, operators and words with operands, to be
/// too deep, wherever they stand. Hardly any file has.
fn may_be_deep(bytes: &[u8]) -> bool {
    let limit = LIMIT as usize;
    let mut angles = memchr::memchr_iter(b'<', bytes);
    ends(bytes) >= limit || angles.nth(ANGLE_LIMIT as usize - 1).is_some()
}

/// An upper bound of the bytes that nest, or that stand behind a word which may. Short sums without
/// branches, over parts of one length, are what the processor does many of at once. The sum of a
/// part fits in a `u8`.
fn ends(bytes: &[u8]) -> usize {
    let Some(next) = bytes.get(1..) else { return 1 };
    let (parts, rest) = bytes[..next.len()].as_chunks::<64>();
    let (next, _rest) = next.as_chunks::<64>();
    let of_part = |(part, next): (&[u8; 64], &[u8; 64])| {
        usize::from(
            part.iter()
                .zip(next)
                .map(|(before, byte)| end(*before, *byte))
                .sum::<u8>(),
        )
    };
    parts.iter().zip(next).map(of_part).sum::<usize>() + rest.len() + 1
}

/// Returns 1 for a byte that nests, or that stands behind a word which may take an operand.
fn end(before: u8, byte: u8) -> u8 {
    let is_letter = |byte: u8| (byte | 0x20).wrapping_sub(b'a') < 26;
    let is_digit = byte.wrapping_sub(b'0') < 10;
    // No operand of a word begins with these. `]` and `}` differ in one bit, and so do `[` and `{`.
    let is_closing =
        (byte == b',') | (byte == b';') | (byte == b'.') | (byte == b')') | (byte | 0x20 == b'}');
    let is_behind_word = is_letter(before) & !(is_letter(byte) | is_digit | is_closing);
    let opens = (byte == b'(') | (byte | 0x20 == b'{') | (byte == b'<');
    let is_operator =
        (byte == b'?') | (byte == b'!') | (byte == b'~') | (byte == b'-') | (byte == b'+');
    let takes = (byte == b'=') | (byte == b':') | (byte == b'*');
    u8::from(is_behind_word | opens | is_operator | takes)
}

/// Whether a byte is part of a word.
static IS_PART: [bool; 256] = {
    let mut is_part = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        is_part[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
        byte += 1;
    }
    is_part
};

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    /// For each open bracket, how many nesting operators stand since it or since the last separator
    /// in it.
    chains: Vec<u32>,
    /// The sum of `chains`, and one for each bracket.
    total: u32,
    /// The number of `<` behind a name that are open in the statement.
    angles: u32,
}

impl Scan<'_> {
    fn run(&mut self) -> Option<u32> {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            match byte {
                b'\'' | b'"' => self.skip_string(byte),
                b'/' if self.peek() == Some(b'/') => self.skip_line(),
                b'/' if self.peek() == Some(b'*') => self.skip_comment(),
                b'(' | b'[' | b'{' => self.open(),
                b')' | b']' | b'}' => self.close(byte),
                b';' | b',' => self.separate(),
                b'\n' => self.end_line(),
                b'<' => self.open_angle(),
                b'>' => self.angles = self.angles.saturating_sub(1),
                b'?' | b'!' | b'~' | b'-' | b'+' | b'=' | b':' | b'*' => self.chain(),
                byte if byte.is_ascii_alphabetic() => self.word(),
                _ => {}
            }
            if self.total > LIMIT || self.angles > ANGLE_LIMIT {
                return Some(u32::try_from(self.at).unwrap_or(u32::MAX));
            }
            self.at += 1;
        }
        None
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at + 1).copied()
    }

    fn open(&mut self) {
        self.chains.push(0);
        self.total += 1;
    }

    fn close(&mut self, _bracket: u8) {
        // The parser reports a bracket that closes nothing.
        if self.chains.len() > 1 {
            let chain = self.chains.pop().unwrap_or(0);
            self.total -= chain + 1;
        }
    }

    fn open_angle(&mut self) {
        let before = self
            .at
            .checked_sub(1)
            .and_then(|before| self.bytes.get(before));
        self.angles += u32::from(before.is_some_and(u8::is_ascii_alphanumeric));
        self.chain();
    }

    fn chain(&mut self) {
        if let Some(chain) = self.chains.last_mut() {
            *chain += 1;
            self.total += 1;
        }
    }

    fn separate(&mut self) {
        if self.bytes.get(self.at) == Some(&b';') {
            // Type arguments do not reach over the end of a statement.
            self.angles = 0;
        }
        if let Some(chain) = self.chains.last_mut() {
            self.total -= std::mem::take(chain);
        }
    }

    /// Without semicolons, a line that starts with a keyword of a declaration starts a statement.
    fn end_line(&mut self) {
        const STARTS: [&[u8]; 8] = [
            b"const ",
            b"let ",
            b"export ",
            b"type ",
            b"interface ",
            b"function ",
            b"class ",
            b"import ",
        ];
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        let indent = rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
            .count();
        if STARTS.iter().any(|start| rest[indent..].starts_with(start)) {
            self.separate();
        }
    }

    /// Skips a word, and counts it where it takes an operand.
    fn word(&mut self) {
        let rest = &self.bytes[self.at..];
        let length = rest
            .iter()
            .take_while(|byte| IS_PART[usize::from(**byte)])
            .count();
        let nests = matches!(
            &rest[..length],
            b"if"
                | b"else"
                | b"do"
                | b"while"
                | b"for"
                | b"with"
                | b"new"
                | b"typeof"
                | b"void"
                | b"delete"
                | b"await"
                | b"yield"
                | b"keyof"
                | b"readonly"
                | b"unique"
                | b"infer"
                | b"extends"
        );
        if nests {
            self.chain();
        }
        self.at += length - 1;
    }

    /// Skips to the closing quote, or to the end of the line where it is missing.
    fn skip_string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 1,
                b'\n' => return,
                byte if *byte == quote => return,
                _ => {}
            }
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr(b'\n', rest)
            .unwrap_or(rest.len())
            .saturating_sub(1);
    }

    fn skip_comment(&mut self) {
        let length = memchr::memmem::find(&self.bytes[self.at + 2..], b"*/");
        self.at = length.map_or(self.bytes.len(), |length| self.at + 2 + length + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::too_deep;

    #[test]
    fn ordinary_code_is_not_deep_however_long_it_is() {
        let statements = "const a = b ? !c : -d // it's\n".repeat(20_000);
        assert_eq!(too_deep(&statements), None);
        let fields = "  name?: string | null;\n".repeat(20_000);
        assert_eq!(too_deep(&format!("interface A {{\n{fields}}}")), None);
    }

    #[test]
    fn type_arguments_within_each_other_count_and_those_side_by_side_do_not() {
        assert!(too_deep(&format!("type A = {}", "a<".repeat(300))).is_some());
        assert_eq!(
            too_deep(&format!("type A = {}", "B<C<D>> | ".repeat(300))),
            None
        );
        assert_eq!(too_deep(&"for (i = 0; i<n; i++) {}\n".repeat(300)), None);
        assert_eq!(too_deep(&"if (i <= n) {}\n".repeat(300)), None);
    }

    #[test]
    fn brackets_and_operators_count_but_not_in_strings_and_comments() {
        let deep = "[".repeat(13_000);
        assert!(too_deep(&deep).is_some() && too_deep(&"!".repeat(13_000)).is_some());
        assert_eq!(
            too_deep(&format!("'{deep}' \"{deep}\" /*{deep}*/ //{deep}")),
            None
        );
    }
}
