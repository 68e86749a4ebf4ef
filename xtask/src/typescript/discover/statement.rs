//! What kind of statement a word stands in, found without parsing: a statement at the top of a file starts in the first
//! column, and what belongs to it is indented.

use std::cell::Cell;

/// The statements of a file. To ask about one place after the other, in their order, takes the least time.
pub(super) struct Statements<'t> {
    bytes: &'t [u8],
    /// The last place that was asked about, where its statement starts, and what was said.
    last: Cell<(usize, Option<usize>, bool)>,
}

/// What is known before anything was asked.
const NOTHING: (usize, Option<usize>, bool) = (0, None, true);

impl<'t> Statements<'t> {
    pub fn new(bytes: &'t [u8]) -> Self {
        Self { bytes, last: Cell::new(NOTHING) }
    }

    /// Whether the word at `at` may be part of a value that is declared at the top of the file, rather than of what a
    /// function does, a class is, or a test checks. Where that is not certain, it may.
    pub fn may_declare_value(&self, at: usize) -> bool {
        let (start, is_known, said) = self.find(at);
        let may = match start {
            // What is a function stays one.
            Some(_) if is_known && !said => false,
            Some(start) => declares_value(self.bytes, start, at),
            None => true,
        };
        self.last.set((at, start, may));
        may
    }

    /// Whether the word at `at` may be part of a type that is declared at the top of the file or in a namespace. Where that is
    /// not certain, it may.
    pub fn may_declare_type(&self, at: usize) -> bool {
        let (start, ..) = self.find(at);
        self.last.set((at, start, true));
        start.is_none_or(|start| declares_type(self.bytes, start))
    }

    /// Where the statement at `at` starts, whether it is the one that was asked about last, and what was said then.
    fn find(&self, at: usize) -> (Option<usize>, bool, bool) {
        let (last, known, said) = Some(self.last.get()).filter(|(last, ..)| *last <= at).unwrap_or(NOTHING);
        let start = self.start(last, at).or(known);
        (start, start == known, said)
    }

    /// Where the last line that begins in the first column with a name starts, from that of `from` to that of `at`.
    fn start(&self, from: usize, at: usize) -> Option<usize> {
        let mut end = at;
        loop {
            let start = memchr::memrchr(b'\n', &self.bytes[..end]).map_or(0, |before| before + 1);
            match self.bytes.get(start) {
                Some(first) if first.is_ascii_alphabetic() || matches!(first, b'_' | b'$') => return Some(start),
                _ if start <= from => return None,
                _ => end = start.checked_sub(1)?,
            }
        }
    }
}

/// The line that starts at `start`; none of one that ends a statement and begins another.
fn only_line(bytes: &[u8], start: usize) -> Option<&[u8]> {
    let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end);
    let line = bytes[start..end].trim_ascii_end();
    let is_one = line.strip_suffix(b";").unwrap_or(line).iter().all(|byte| *byte != b';');
    is_one.then_some(line)
}

fn declares_type(bytes: &[u8], start: usize) -> bool {
    let is_other = |line| {
        let (word, rest) = first_word(line);
        matches!(
            word,
            b"const" | b"let" | b"var" | b"function" | b"async" | b"class" | b"abstract" | b"import" | b"enum"
        ) || !word.is_empty() && matches!(rest.first(), Some(b'.' | b'('))
    };
    !only_line(bytes, start).is_some_and(is_other)
}

fn declares_value(bytes: &[u8], start: usize, at: usize) -> bool {
    let Some(line) = only_line(bytes, start) else { return true };
    match first_word(line) {
        (b"const" | b"let" | b"var", rest) => !is_function(rest, &bytes[start..at]),
        (b"function" | b"async" | b"class" | b"abstract" | b"interface" | b"type" | b"import" | b"enum", _) => false,
        // `export { a }`, `export * from`
        (b"", rest) => !matches!(rest.first(), Some(b'{' | b'*')),
        (b"default", _) => true,
        // `router.post(`, `describe(`
        (_, rest) => !matches!(rest.first(), Some(b'.' | b'(')),
    }
}

/// The first word of a line but for `export` and `default`, and what follows it.
fn first_word(mut line: &[u8]) -> (&[u8], &[u8]) {
    loop {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
        let length = line.iter().position(|byte| !is_part(byte)).unwrap_or(line.len());
        let (word, rest) = line.split_at(length);
        match word {
            // `export default makeSchema(`: whatever it is, it is a value.
            b"default" if !rest.trim_ascii_start().starts_with(b"function") => return (word, rest),
            b"export" | b"default" | b"declare" => line = rest.trim_ascii_start(),
            word => return (word, rest),
        }
    }
}

/// Whether `const` and what follows it declares a function. `text` is the statement up to the place in question.
fn is_function(rest: &[u8], text: &[u8]) -> bool {
    let assigns =
        |at: &usize| !matches!(rest.get(at + 1), Some(b'=' | b'>')) && !matches!(rest.get(at - 1), Some(b'='));
    let Some(at) = memchr::memchr_iter(b'=', rest).filter(|at| *at > 0).find(assigns) else { return false };
    let value = rest[at + 1..].trim_ascii_start();
    let opens = || memchr::memmem::find(text, b"=> {").is_some();
    value.starts_with(b"async ") || value.starts_with(b"function") || value.starts_with(b"(") && opens()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declares(text: &str) -> bool {
        Statements::new(text.as_bytes()).may_declare_value(text.find("HERE").unwrap())
    }

    #[test]
    fn values_at_the_top_are_declared() {
        for text in [
            "export const A = HERE",
            "const A: B =\n  make(\n    () => {\n      return HERE\n    },\n)",
            "export default make(HERE)",
            "export default {\n  a: HERE",
            "import a from 'b'; const A = HERE",
            "namespace A {\n  export const B = HERE",
            "const A = (HERE)",
            "  const A = HERE",
        ] {
            assert!(declares(text), "{text}");
        }
    }

    #[test]
    fn each_place_of_a_file_is_told_apart() {
        let text = "function a() {\n  HERE\n  HERE\n}\nconst b = (c) => {\n  HERE\n}\nconst d = [\n  HERE,\n  HERE\n]\nclass E {\n  HERE\n}";
        let statements = Statements::new(text.as_bytes());
        let said: Vec<_> = text.match_indices("HERE").map(|(at, _)| statements.may_declare_value(at)).collect();
        assert_eq!(said, [false, false, false, true, true, false]);
        let first = text.find("HERE").unwrap();
        assert!(!statements.may_declare_value(first), "asked about once more");
    }

    #[test]
    fn what_functions_do_and_types_are_is_not() {
        for text in [
            "export async function a() {\n  b(HERE)",
            "export const a = async (\n  b: C,\n) => {\n  d(HERE)",
            "const A: B<C> = ({ d }) => {\n\n  e(HERE)",
            "export abstract class A {\n  b() {\n    HERE",
            "router.post('/a', b(HERE))",
            "describe('a', () => {\n  const b = HERE",
            "export default function a() {\n  HERE",
            "export interface HERE {",
            "import {\n  A,\n  HERE,\n} from './b'",
            "export {\n  HERE,\n} from './b'",
        ] {
            assert!(!declares(text), "{text}");
        }
    }
}
