//! A file without the bodies of its functions, and without what its types and classes have that nobody asks for. That is
//! most of the text of a program, so that leaving it out is most of what makes reading fast.
//!
//! A body is found by how its lines are indented: from a line that ends with `{` to the next line that is indented as much
//! and starts with `}`, with every brace between them closed. Whether such a place is the body of a function or
//! of a type only the parser knows: the reader compares, and reads the file whole where one was not
//! ([`super::level::Braces`]).

use std::cell::Cell;
use std::ops::{Deref, Range};

use rustc_hash::FxHashSet;

use super::{Asked, comments};

/// A file without what may be read later.
pub(super) struct Outline {
    /// The text; every byte that was left stays where it is.
    pub text: Reused,
    /// How many bytes of it were not left out.
    pub written: usize,
    /// The first bytes of the bodies that were left out.
    pub left_out: FxHashSet<u32>,
}

thread_local! {
    /// The memory of the last outline, which the next one uses again.
    static BUFFER: Cell<String> = const { Cell::new(String::new()) };
}

/// A text whose memory is kept.
pub(super) struct Reused(String);

impl Deref for Reused {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for Reused {
    fn drop(&mut self) {
        BUFFER.set(std::mem::take(&mut self.0));
    }
}

/// A file with less to leave out is read whole.
const WORTH: usize = 200;

const SPACES: &str = "                                                                ";

/// How many times the length of the text is looked at, at most.
const LOOKS: usize = 4;

/// `text` without the bodies of its functions and the types that are not `asked` for; none where that is not worth it or may lose a comment that speaks to
/// this tool. `speaks` says whether any may.
pub(super) fn outline(text: &str, speaks: bool, asked: Asked<'_>) -> Option<Outline> {
    let bodies = Lines { bytes: text.as_bytes(), asked, looks: text.len().saturating_mul(LOOKS) }.bodies();
    let length: usize = bodies.iter().map(ExactSizeIterator::len).sum();
    let holds_comment = |body: &Range<usize>| comments::may_speak(&text[body.clone()]);
    if length < WORTH || speaks && bodies.iter().any(holds_comment) {
        return None;
    }
    let mut outlined = Reused(BUFFER.take());
    let made = &mut outlined.0;
    made.clear();
    made.reserve(text.len());
    for body in &bodies {
        made.push_str(&text[made.len()..body.start]);
        push_blank(made, body.len());
    }
    made.push_str(&text[made.len()..]);
    let left_out = bodies.iter().map(|body| u32::try_from(body.start - 1)).collect::<Result<_, _>>().ok()?;
    Some(Outline { written: text.len() - length, text: outlined, left_out })
}

/// As a comment: the parser steps over it faster than over spaces, and looks for nothing in one that begins with `!`.
pub(super) fn push_blank(text: &mut String, length: usize) {
    const OPEN: &str = "/*!\n";
    const CLOSE: &str = "*/";
    let inside = length.checked_sub(OPEN.len() + CLOSE.len());
    let (open, inside, close) = inside.map_or(("", length, ""), |inside| (OPEN, inside, CLOSE));
    text.push_str(open);
    for at in (0..inside).step_by(SPACES.len()) {
        text.push_str(&SPACES[..SPACES.len().min(inside - at)]);
    }
    text.push_str(close);
}

struct Lines<'t> {
    bytes: &'t [u8],
    asked: Asked<'t>,
    /// How many bytes may still be looked at for the ends of bodies: a guard against texts that have none.
    looks: usize,
}

impl Lines<'_> {
    /// What stands between the braces of each body, outermost only.
    fn bodies(mut self) -> Vec<Range<usize>> {
        let mut bodies: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        while let Some(open) = self.next_open(at) {
            let line = memchr::memrchr(b'\n', &self.bytes[..open]).map_or(0, |before| before + 1);
            let body =
                opening(&self.bytes[line..=open], self.asked).and_then(|indent| self.body(line, indent, open + 1));
            at = body.as_ref().map_or(open + 1, |body| body.end);
            bodies.extend(body);
        }
        bodies
    }

    /// The first `{` at or after `at` that ends its line.
    fn next_open(&self, at: usize) -> Option<usize> {
        let ends_line = |open: &usize| {
            let rest = self.bytes[open + 1..].iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
            rest.is_none_or(|byte| *byte == b'\n')
        };
        memchr::memchr_iter(b'{', &self.bytes[at..]).map(|open| at + open).find(ends_line)
    }

    /// The body that starts at `start`, of a function whose line starts at `line` and is indented by `indent` bytes.
    fn body(&mut self, line: usize, indent: usize, start: usize) -> Option<Range<usize>> {
        let end = self.closing_line(&self.bytes[line..line + indent], start)?;
        let mut depth = 1_u32;
        for brace in memchr::memchr2_iter(b'{', b'}', &self.bytes[start..end]) {
            match self.bytes[start + brace] {
                b'{' => depth += 1,
                _ => depth -= 1,
            }
            if depth == 0 {
                return None;
            }
        }
        (depth == 1).then_some(start..end)
    }

    /// The `}` of the first line after `start` that starts with it, indented by `indent`.
    fn closing_line(&mut self, indent: &[u8], start: usize) -> Option<usize> {
        let rest = &self.bytes[start..];
        let found = memchr::memmem::find(rest, &[b"\n", indent, b"}"].concat());
        self.looks = self.looks.checked_sub(found.unwrap_or(rest.len()))?;
        found.map(|line_break| start + line_break + 1 + indent.len())
    }
}

/// Of a line up to its last `{`, which may open the body of a function, or of a type that is not `asked` for: the length of
/// its indentation.
fn opening(line: &[u8], asked: Asked<'_>) -> Option<usize> {
    let head = line.strip_suffix(b"{")?.trim_ascii_end();
    let text = head.trim_ascii_start();
    // What stands in a namespace is asked for by more than its name.
    if head.len() == text.len() && unasked_type(text, asked) {
        return Some(0);
    }
    let opens = head.ends_with(b"=>") || head.ends_with(b")") || has_return_type(text);
    (opens && !starts_otherwise(text)).then(|| head.len() - text.len())
}

/// `export interface User extends Person`, `type User =`
fn unasked_type(text: &[u8], asked: Asked<'_>) -> bool {
    let text = without_modifiers(text);
    let (rest, is_whole) = match text.split_first_chunk() {
        Some((b"type ", rest)) => (rest, text.ends_with(b"=")),
        _ => match text.strip_prefix(b"interface ").or_else(|| text.strip_prefix(b"class ")) {
            Some(rest) => (rest, true),
            None => return false,
        },
    };
    let rest = rest.trim_ascii_start();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
    let is_named = length > 0 && rest.get(length).is_none_or(u8::is_ascii);
    is_whole && is_named && std::str::from_utf8(&rest[..length]).is_ok_and(|name| !asked(name))
}

/// `): Promise<User>`; not `): Promise<`, whose `{` is a type.
fn has_return_type(text: &[u8]) -> bool {
    let ends_type = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'>' | b']' | b'_' | b'$');
    text.last().is_some_and(ends_type) && memchr::memmem::find(text, b"):").is_some()
}

/// Whether a line starts with what opens no function: a comment, a statement, a class.
fn starts_otherwise(text: &[u8]) -> bool {
    const OTHERS: [&[u8]; 15] = [
        b"//",
        b"*",
        b"/*",
        b"if ",
        b"catch ",
        b"if(",
        b"for ",
        b"while ",
        b"switch ",
        b"with ",
        b"class ",
        b"interface ",
        b"type ",
        b"namespace ",
        b"enum ",
    ];
    let text = without_modifiers(text);
    OTHERS.iter().any(|other| text.starts_with(other))
}

fn without_modifiers(mut text: &[u8]) -> &[u8] {
    const MODIFIERS: [&[u8]; 6] = [b"export ", b"default ", b"abstract ", b"declare ", b"} ", b"else "];
    while let Some(rest) = MODIFIERS.iter().find_map(|modifier| text.strip_prefix(*modifier)) {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> String {
        let Some(outlined) = outline(text, true, &|name| name != "Unasked") else { return "whole".into() };
        assert_eq!(outlined.text.len(), text.len());
        outlined.text.replace("/*!", "").replace("*/", "").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn long(body: &str) -> String {
        format!("{}{body}", "    work();\n".repeat(30))
    }

    #[test]
    fn bodies_of_functions_methods_and_callbacks_are_left_out() {
        let body = long("");
        assert_eq!(
            left(&format!("export async function f(\n  a: A,\n): Promise<B> {{\n{body}}}\n")),
            "export async function f( a: A, ): Promise<B> { }"
        );
        assert_eq!(
            left(&format!("class A {{\n  b = 1;\n  c(d: D) {{\n{body}\n  }}\n}}\n")),
            "class A { b = 1; c(d: D) { } }"
        );
        assert_eq!(
            left(&format!("function f({{ a }}: {{\n  a: A;\n}}) {{\n{body}}}\n")),
            "function f({ a }: { a: A; }) { }"
        );
        assert_eq!(left(&format!("it('x', async () => {{\r\n{body}}});\r\n")), "it('x', async () => { });");
    }

    #[test]
    fn whatever_else_has_braces_stays() {
        let body = long("");
        let others = [
            "if (a) {",
            "class A extends b(C) {",
            "const a = {",
            "export interface A {",
            "// f() {",
            "} else if (a) {",
        ];
        others.into_iter().for_each(|line| assert_eq!(left(&format!("{line}\n{body}}}\n")), "whole", "{line}"));
    }

    #[test]
    fn types_that_nobody_asks_for_are_left_out() {
        let body = "  a: string;\n".repeat(20);
        for head in [
            "export interface Unasked<A> extends B {",
            "type Unasked<A = {}> = {",
            "export default abstract class Unasked implements C {",
        ] {
            assert_eq!(left(&format!("{head}\n{body}}}\n")), format!("{head} }}"));
        }
        for head in ["interface Asked {", "type Unasked = A & {", "  interface Unasked {", "type Überweisung = {"] {
            assert_eq!(left(&format!("{head}\n{body}}}\n")), "whole", "{head}");
        }
    }

    #[test]
    fn a_body_whose_end_is_not_certain_stays() {
        for body in ["  a = '}';\n", "  a = '{';\n"] {
            assert_eq!(left(&format!("function f() {{\n{}}}\n", long(body))), "whole", "{body}");
        }
        assert_eq!(left(&format!("function f() {{ return 1 }}\n{}}}\n", long(""))), "whole");
        assert_eq!(left(&format!("function f() {{\n{}}}\n", long("  // db-verify-ignore X: y\n"))), "whole");
    }

    #[test]
    fn a_text_without_ends_is_given_up_on() {
        let deep: String = (0..3_000).map(|depth| format!("{}f(() => {{\n", " ".repeat(depth))).collect();
        assert_eq!(left(&deep), "whole");
    }
}
