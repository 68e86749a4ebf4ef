//! The names of the types of a file, found without parsing it, by the words that stand before them. A comment may be taken
//! for a declaration; no declaration is missed.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use regex::bytes::Regex;

use crate::typescript::syntax::Text;

/// Words after which the name of a type stands, and words that make a file matter whatever its types are called: it may
/// hold a table of an ORM or what adds to the types of other files, or a comment may speak to this tool.
static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)interface|type|class|implements|namespace|module|declare|Tables|Table|Schema|Object|\.extend\(|\.merge\(|\.pick\(|\.omit\(|\.partial\(|\.required\(|Selectable|Insertable|Updateable|InferSelectModel|InferInsertModel|\$infer|@table|@projection|db-verify-ignore|Represents the |@kanel",
    )
    .ok()
});

/// The same for words that are short: among longer ones they would make the search slow.
static SHORT: LazyLock<[Finder<'static>; 3]> = LazyLock::new(|| ["zod", "z.", "pg"].map(Finder::new));

/// The names of the types that `bytes` may declare; none where the file matters: one of them is asked for, or it is no
/// matter what they are called.
pub(super) fn unasked(bytes: &[u8], asks: &dyn Fn(&str) -> bool) -> Option<Vec<Text>> {
    let found = |finder: &Finder<'_>| {
        let word = finder.needle();
        let mut places = finder.find_iter(bytes);
        places.any(|at| matches!(Around { bytes, start: at, end: at + word.len() }.meaning(word), Meaning::Matters))
    };
    if SHORT.iter().any(found) {
        return None;
    }
    let mut names = Vec::new();
    for word in WORDS.as_ref()?.find_iter(bytes) {
        let around = Around { bytes, start: word.start(), end: word.end() };
        match around.meaning(word.as_bytes()) {
            Meaning::None => {}
            Meaning::Matters => return None,
            Meaning::Names(text) => {
                for name in identifiers(text) {
                    if asks(name) {
                        return None;
                    }
                    names.push(Text::new(name));
                }
            }
        }
    }
    Some(names)
}

/// What a word says where it stands.
enum Meaning<'t> {
    None,
    Matters,
    /// The identifiers in this text are names of types.
    Names(&'t [u8]),
}

/// A word, and what stands around it.
struct Around<'t> {
    bytes: &'t [u8],
    start: usize,
    end: usize,
}

impl<'t> Around<'t> {
    fn meaning(&self, word: &[u8]) -> Meaning<'t> {
        let starts = !self.start.checked_sub(1).is_some_and(|before| is_part(self.bytes[before]));
        let rest = &self.bytes[self.end..];
        let ends = !rest.first().copied().is_some_and(is_part);
        let matters = |matters: bool| if matters { Meaning::Matters } else { Meaning::None };
        match word {
            // Nobody knows what a broken file was meant to declare.
            b"interface" if starts && rest.trim_ascii_start().starts_with(b"{") => Meaning::Matters,
            b"interface" | b"type" | b"class" if starts && ends => name_after(rest),
            b"implements" if starts && ends => {
                Meaning::Names(&rest[..memchr::memchr(b'{', rest).unwrap_or(rest.len()).min(1_000)])
            }
            b"interface" | b"type" | b"class" | b"implements" => Meaning::None,
            b"namespace" | b"module" => matters(starts && ends && opens_block(rest)),
            b"declare" => {
                let rest = rest.trim_ascii_start();
                matters(starts && ends && (rest.starts_with(b"module") || rest.starts_with(b"global")))
            }
            b"z." => matters(starts),
            b"pg" => matters(starts && rest.first().is_some_and(u8::is_ascii_uppercase)),
            b"Table" | b"Schema" => matters(ends),
            b"Object" => matters(ends && !starts),
            b"Tables" => matters([b'<', b'\'', b'"', b'I', b'U'].iter().any(|next| rest.first() == Some(next))),
            _speaks_for_itself => Meaning::Matters,
        }
    }
}

/// The name after `interface`, `type` or `class`.
fn name_after(rest: &[u8]) -> Meaning<'_> {
    let text = rest.trim_ascii_start();
    if text.first() == Some(&b'/') && text.len() < rest.len() {
        // A comment stands between the word and the name.
        return Meaning::Matters;
    }
    let length = text.iter().take_while(|byte| is_part(**byte)).count();
    if text.len() == rest.len() { Meaning::None } else { Meaning::Names(&text[..length]) }
}

/// Whether a name and `{` follow: `namespace A.B {`.
fn opens_block(rest: &[u8]) -> bool {
    let after = rest.iter().find(|byte| !(is_part(**byte) || byte.is_ascii_whitespace() || **byte == b'.'));
    after == Some(&b'{') || after == Some(&b'/')
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

fn identifiers(text: &[u8]) -> impl Iterator<Item = &str> {
    let words = text.split(|byte| !is_part(*byte)).filter(|word| !word.is_empty());
    words.filter_map(|word| std::str::from_utf8(word).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Option<String> {
        let names = unasked(text.as_bytes(), &|name| name == "User");
        names.map(|names| names.join(" "))
    }

    #[test]
    fn names_of_types_are_found_wherever_they_stand() {
        let text = "import type { A } from './a'; export interface B<T> extends C {} declare abstract class D implements E, F<G> {}\n\
                    type\n  H = 1; const prototype = { type: 'x', class: 1 }; export default interface Überweisung {}";
        assert_eq!(seen(text).as_deref(), Some("B D E F G H Überweisung"));
    }

    #[test]
    fn a_file_with_a_name_that_is_asked_for_matters() {
        for text in [
            "export interface User {}",
            "export type User<T> = T",
            "class User {}",
            "class A extends B implements C<D>, User {}",
            "interface /* a */ User {}",
        ] {
            assert_eq!(seen(text), None, "{text}");
        }
        for text in ["import { User } from './user'", "function User() {}", "class Users {}", "let subtype User"] {
            assert!(seen(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_file_that_may_hold_more_than_types_matters() {
        for text in [
            "const A = z.string()",
            "import a from 'zod'",
            "const a = pgTable('a', {})",
            "const A = BSchema.array()",
            "const A = b.extend({})",
            "export type A = Selectable<B>",
            "type A = typeof a.$inferSelect",
            "type A = Database['public']['Tables']['a']['Row']",
            "type A = TablesInsert<'a'>",
            "declare module './a' {}",
            "declare  global {}",
            "namespace A.B { interface C {} }",
            "/** @table users */ interface A {}",
            "const A = strictObject({})",
            "export interface {",
        ] {
            assert_eq!(seen(text), None, "{text}");
        }
        for text in
            ["quiz.start()", "const page = 1", "Object.keys(a)", "// the module of a", "Tableau", "declare const a: 1"]
        {
            assert!(seen(text).is_some(), "{text}");
        }
    }
}
