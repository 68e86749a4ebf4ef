//! A file without the bodies of its functions. They are most of the text of a program and say nothing about data, so
//! that leaving them out is most of what makes reading fast.
//!
//! A body is found by how its lines are indented: from a line that ends with `{` to the next line that is indented no
//! more and starts with `}`, with every brace between them closed. Whether such a place is a body of a function only
//! the parser knows: the reader compares, and reads the file whole where one was not ([`super::level::Bodies`]).

use std::collections::HashSet;
use std::ops::Range;

use super::comments;

/// A file without bodies of functions.
pub(super) struct Outline {
    /// The text; every byte that was left stays where it is.
    pub text: String,
    /// The first bytes of the bodies that were left out.
    pub left_out: HashSet<u32>,
}

/// A file with less to leave out is read whole.
const WORTH: usize = 200;

/// How many times the length of the text is looked at, at most.
const LOOKS: usize = 4;

/// `text` without the bodies of its functions; none where that is not worth it or may lose a comment that speaks to
/// this tool.
pub(super) fn outline(text: &str) -> Option<Outline> {
    let bodies = Lines { bytes: text.as_bytes(), looks: text.len().saturating_mul(LOOKS) }.bodies();
    let length: usize = bodies.iter().map(ExactSizeIterator::len).sum();
    if length < WORTH || bodies.iter().any(|body| comments::may_speak(&text[body.clone()])) {
        return None;
    }
    let mut outlined = text.as_bytes().to_vec();
    bodies.iter().for_each(|body| blank(&mut outlined[body.clone()]));
    let left_out = bodies.iter().map(|body| u32::try_from(body.start - 1)).collect::<Result<_, _>>().ok()?;
    Some(Outline { text: String::from_utf8(outlined).ok()?, left_out })
}

/// As a comment: the parser steps over it faster than over spaces.
fn blank(body: &mut [u8]) {
    body.fill(b' ');
    let length = body.len();
    if length >= 5 {
        body[..3].copy_from_slice(b"/*\n");
        body[length - 2..].copy_from_slice(b"*/");
    }
}

struct Lines<'t> {
    bytes: &'t [u8],
    /// How many bytes may still be looked at for the ends of bodies: a guard against texts that have none.
    looks: usize,
}

impl Lines<'_> {
    /// What stands between the braces of each body, outermost only.
    fn bodies(mut self) -> Vec<Range<usize>> {
        let mut bodies = Vec::new();
        let mut at = 0;
        while at < self.bytes.len() {
            let end = self.line_end(at);
            let body = opening(&self.bytes[at..end]).and_then(|(indent, open)| self.body(at, indent, at + open + 1));
            at = match body {
                Some(body) => {
                    let close = body.end;
                    bodies.push(body);
                    close
                }
                None => end + 1,
            };
        }
        bodies
    }

    /// The first line break at or after `at`, or the end.
    fn line_end(&self, at: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |length| at + length)
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

    /// The `}` of the first line after `start` that is indented by `indent`, where all lines before it are indented
    /// by more.
    fn closing_line(&mut self, indent: &[u8], start: usize) -> Option<usize> {
        let mut at = self.line_end(start) + 1;
        while at < self.bytes.len() {
            let line = &self.bytes[at..self.line_end(at)];
            self.looks = self.looks.checked_sub(line.len() + 1)?;
            match line.strip_prefix(indent) {
                Some([b'}', ..]) => return Some(at + indent.len()),
                Some([b' ' | b'\t', ..]) => {}
                _ if line.trim_ascii().is_empty() => {}
                _ => return None,
            }
            at += line.len() + 1;
        }
        None
    }
}

/// Of a line that may open the body of a function: its indentation, and where its `{` is.
fn opening(line: &[u8]) -> Option<(usize, usize)> {
    let line = line.trim_ascii_end();
    let head = line.strip_suffix(b"{")?.trim_ascii_end();
    let text = head.trim_ascii_start();
    let opens = head.ends_with(b"=>") || head.ends_with(b")") || has_return_type(text);
    (opens && !starts_otherwise(text)).then(|| (head.len() - text.len(), line.len() - 1))
}

/// `): Promise<User>`; not `): Promise<`, whose `{` is a type.
fn has_return_type(text: &[u8]) -> bool {
    let ends_type = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'>' | b']' | b'_' | b'$');
    text.last().is_some_and(ends_type) && memchr::memmem::find(text, b"):").is_some()
}

/// Whether a line starts with what opens no function: a comment, a statement, a class.
fn starts_otherwise(mut text: &[u8]) -> bool {
    const MODIFIERS: [&[u8]; 6] = [b"export ", b"default ", b"abstract ", b"declare ", b"} ", b"else "];
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
    while let Some(rest) = MODIFIERS.iter().find_map(|modifier| text.strip_prefix(*modifier)) {
        text = rest;
    }
    OTHERS.iter().any(|other| text.starts_with(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> String {
        let Some(outlined) = outline(text) else { return "whole".into() };
        assert_eq!(outlined.text.len(), text.len());
        outlined.text.replace("/*", "").replace("*/", "").split_whitespace().collect::<Vec<_>>().join(" ")
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
    fn a_body_whose_end_is_not_certain_stays() {
        for body in ["  a = '}';\n", "  a = '{';\n", "b\n"] {
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
