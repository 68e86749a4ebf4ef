//! What a file may declare, found without parsing it: schemas and tables of an ORM, by words that they are written with, and
//! types, by the words that stand before their names. A text may be taken for a declaration; no declaration is missed.

use std::sync::LazyLock;

use aho_corasick::packed::Searcher;

use super::statement::Statements;
use crate::typescript::parse::SPEAKING;
use crate::typescript::syntax::Text;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// Something that a schema or a table of an ORM may be made with.
    Schemas,
    /// None of that, but a type that is asked for, or one that matters whatever it is called: it may be linked to a table
    /// or add to types of other files, or a comment may speak of it to this tool.
    Types,
    /// Only types of these names.
    Names(Vec<Text>),
}

/// Words after which the name of a type stands, and words that mean something by themselves ([`Around::meaning`]). Only what
/// stands second is searched for: of words that begin like many others, an end that is rarer; and of those that may be
/// followed by space alone, that too, since `className` and `type:` are everywhere.
const FREQUENT: [(&str, &str); 19] = [
    ("inte", "rface"),
    ("t", "ype "),
    ("t", "ype\t"),
    ("cl", "ass "),
    ("cl", "ass\t"),
    ("cl", "ass\n"),
    ("cl", "ass\r"),
    ("im", "plements"),
    ("na", "mespace"),
    ("m", "odule"),
    ("d", "eclare"),
    ("", "Table"),
    ("", "Schema"),
    ("", "Object"),
    ("", "pgTable"),
    ("", "pgEnum"),
    ("", "pgSchema"),
    ("", "pgView"),
    ("", "pgMaterializedView"),
];

/// Words that hardly any file has, and those of [`SPEAKING`] comments. Searching for a few words twice takes less time than
/// for many once.
const RARE: [&str; 12] = [
    ".extend(",
    ".merge(",
    ".pick(",
    ".omit(",
    ".partial(",
    ".required(",
    "Selectable",
    "Insertable",
    "Updateable",
    "InferSelectModel",
    "InferInsertModel",
    "$infer",
];

/// Words that are so short that among others they would make the search slow. A `z` is rare.
const OF_ZOD: [&str; 2] = ["zod", "z."];

/// The searches for the others. Where the processor has none for several words at once, every file is parsed.
struct Searches {
    frequent: Searcher,
    rare: Searcher,
}

static SEARCHES: LazyLock<Option<Searches>> = LazyLock::new(|| {
    let frequent = Searcher::new(FREQUENT.map(|(_, end)| end))?;
    let rare = Searcher::new(RARE.iter().chain(&SPEAKING))?;
    Some(Searches { frequent, rare })
});

/// What `bytes` may declare, of types those that are asked for.
pub(super) fn look(bytes: &[u8], asks: &dyn Fn(&str) -> bool) -> Found {
    let Some(Searches { frequent, rare }) = SEARCHES.as_ref() else { return Found::Schemas };
    let statements = Statements::new(bytes);
    let meaning = |start: usize, end: usize| Around { bytes, start, end }.meaning(&bytes[start..end], &statements);
    let of_zod = |at: usize| OF_ZOD.iter().find(|word| bytes[at..].starts_with(word.as_bytes()));
    let mut of_zod = memchr::memchr_iter(b'z', bytes).filter_map(|at| Some(meaning(at, at + of_zod(at)?.len())));
    if of_zod.any(|meaning| matches!(meaning, Meaning::Schemas)) {
        return Found::Schemas;
    }
    let rare = rare.find_iter(bytes).map(|word| meaning(word.start(), word.end()));
    let frequent = frequent.find_iter(bytes).filter_map(|end| {
        let (start, _) = FREQUENT[end.pattern().as_usize()];
        let whole = bytes[..end.start()].ends_with(start.as_bytes());
        let word = bytes[..end.end()].trim_ascii_end();
        whole.then(|| meaning(end.start() - start.len(), word.len()))
    });
    let (mut names, mut types) = (Vec::new(), false);
    for meaning in rare.chain(frequent) {
        match meaning {
            Meaning::None => {}
            Meaning::Schemas => return Found::Schemas,
            Meaning::Types => types = true,
            Meaning::Names(_) if types => {}
            Meaning::Names(text) => identifiers(text).for_each(|name| {
                types |= asks(name);
                names.push(Text::new(name));
            }),
        }
    }
    if types { Found::Types } else { Found::Names(names) }
}

/// What a word says where it stands.
enum Meaning<'t> {
    None,
    /// There may be a schema.
    Schemas,
    /// There may be a type that matters whatever it is called.
    Types,
    /// The identifiers in this text are names of types.
    Names(&'t [u8]),
}

/// A word, and what stands around it.
struct Around<'t> {
    bytes: &'t [u8],
    start: usize,
    end: usize,
}

/// How far the start of a line is looked for.
const LINE: usize = 500;

impl<'t> Around<'t> {
    fn meaning(&self, word: &[u8], statements: &Statements<'_>) -> Meaning<'t> {
        let starts = !self.start.checked_sub(1).is_some_and(|before| is_part(self.bytes[before]));
        let rest = self.rest();
        let ends = !rest.first().copied().is_some_and(is_part);
        let schemas = |may_hold: bool| if may_hold && self.is_code() { Meaning::Schemas } else { Meaning::None };
        let made = |may_hold: bool| schemas(may_hold && statements.may_declare_value(self.start));
        let types = |may_hold: bool| if may_hold { Meaning::Types } else { Meaning::None };
        let link = |may_hold: bool| types(may_hold && statements.may_declare_type(self.start));
        match word {
            // Nobody knows what a broken file was meant to declare.
            b"interface" if starts && rest.trim_ascii_start().starts_with(b"{") => Meaning::Types,
            b"interface" | b"type" | b"class" if starts && ends => self.declared(word),
            b"implements" if starts && ends => {
                Meaning::Names(first(rest, memchr::memchr(b'{', rest).unwrap_or(rest.len()).min(1_000)))
            }
            b"interface" | b"type" | b"class" | b"implements" => Meaning::None,
            b"namespace" | b"module" => types(starts && ends && opens_block(rest)),
            b"declare" => {
                let rest = rest.trim_ascii_start();
                // What is declared in `global` is so under its own name, and found by that.
                types(starts && ends && rest.starts_with(b"module"))
            }
            b"z." => schemas(starts),
            b"pgTable" | b"pgEnum" | b"pgSchema" | b"pgView" | b"pgMaterializedView" => {
                schemas(starts && !self.is_looked_for())
            }
            // Supabase's `Tables<'users'>`, `TablesInsert`, `TablesUpdate`, and `['Tables']`.
            b"Table" if rest.first() == Some(&b's') => {
                link(matches!(rest.get(1), Some(b'<' | b'\'' | b'"' | b'I' | b'U')))
            }
            b"Table" | b"Schema" | b"Object" if is_renamed(rest) => schemas(true),
            b"Schema" => made(ends && !matches!(rest.first(), Some(b'\'' | b'"' | b'`'))),
            b"Table" | b"Object" => made(ends && !(starts && word == b"Object") && is_called(rest)),
            b"zod" => schemas(true),
            b".extend(" | b".merge(" | b".pick(" | b".omit(" | b".partial(" | b".required(" => made(true),
            b"Represents the " => types(
                rest.starts_with(b"table ") || memchr::memmem::find(first(rest, 30), b" for the table ").is_some(),
            ),
            b"Selectable" | b"Insertable" | b"Updateable" | b"InferSelectModel" | b"InferInsertModel" | b"$infer" => {
                link(true)
            }
            _speaks_for_itself => Meaning::Types,
        }
    }

    /// Whether the word is one of a text that looks for it: `'pgTable'`, `/pgTable\(/`
    fn is_looked_for(&self) -> bool {
        let is_quoted = matches!(self.bytes[..self.start].last(), Some(b'\'' | b'"' | b'`'));
        is_quoted || self.rest().first() == Some(&b'\\')
    }

    fn rest(&self) -> &'t [u8] {
        &self.bytes[self.end..]
    }

    /// What stands before the word on its line; none of a line so long that nobody has written it.
    fn line(&self) -> Option<&'t [u8]> {
        let from = self.start.saturating_sub(LINE);
        let start = memchr::memrchr(b'\n', &self.bytes[from..self.start]).map(|before| from + before + 1);
        let start = start.or((from == 0).then_some(0))?;
        Some(self.bytes[start..self.start].trim_ascii_start())
    }

    /// The name after `interface`, `type` or `class`. It stands on the same line, but for a class's; and what follows it is
    /// that of a declaration, but where a line starts with one that may be broken.
    fn declared(&self, word: &[u8]) -> Meaning<'t> {
        let rest = self.rest();
        let text = rest.trim_ascii_start();
        let space = &rest[..rest.len() - text.len()];
        if space.is_empty() || word != b"class" && space.contains(&b'\n') {
            return Meaning::None;
        }
        if text.starts_with(b"/*") || text.starts_with(b"//") {
            // A comment stands between the word and the name.
            return if self.is_code() { Meaning::Types } else { Meaning::None };
        }
        let length = text.iter().take_while(|byte| is_part(**byte)).count();
        let (name, after) = text.split_at(length);
        let after = after.trim_ascii_start();
        let goes_on = |starts: &[&[u8]]| starts.iter().any(|start| after.starts_with(start));
        let is_declared = match word {
            b"type" => goes_on(&[b"=", b"<", b"/"]),
            _ => goes_on(&[b"{", b"<", b"/", b"extends", b"implements"]) || self.line().is_some_and(is_modifiers),
        };
        if is_declared && self.is_code() { Meaning::Names(name) } else { Meaning::None }
    }

    /// Whether the word is none of a comment that takes its line.
    fn is_code(&self) -> bool {
        let Some(line) = self.line() else { return true };
        let is_comment = line.starts_with(b"//")
            || (line.starts_with(b"*") || line.starts_with(b"/*")) && memchr::memmem::find(line, b"*/").is_none();
        !is_comment
    }
}

/// `Table('users', …)`
fn is_called(rest: &[u8]) -> bool {
    matches!(rest.trim_ascii_start().first(), Some(b'(' | b'<'))
}

fn first(bytes: &[u8], length: usize) -> &[u8] {
    &bytes[..length.min(bytes.len())]
}

/// ` as b`: it is imported under a name that may say nothing.
fn is_renamed(rest: &[u8]) -> bool {
    let after = rest.trim_ascii_start();
    after.len() < rest.len() && after.starts_with(b"as ")
}

fn is_modifiers(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.all(|word| matches!(word, b"export" | b"default" | b"declare" | b"abstract"))
}

/// Whether a name and `{` follow: `namespace A.B {`.
fn opens_block(rest: &[u8]) -> bool {
    let name = rest.trim_ascii_start();
    let space = &rest[..rest.len() - name.len()];
    let length = name.iter().take_while(|byte| is_part(**byte) || **byte == b'.').count();
    let after = name[length..].trim_ascii_start();
    !space.is_empty() && !space.contains(&b'\n') && (after.starts_with(b"{") || after.starts_with(b"/*"))
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

    fn seen(text: &str) -> String {
        match look(text.as_bytes(), &|name| name == "User") {
            Found::Schemas => "schemas".into(),
            Found::Types => "types".into(),
            Found::Names(names) => format!("names {}", names.join(" ")),
        }
    }

    #[test]
    fn names_of_types_are_found_wherever_they_stand() {
        let text = "import type { A } from './a'; export interface B<T> extends C {} declare abstract class D implements E, F<G> {}\n\
                    class\n  H { } const prototype = { type: 'x', class: 1 }; /* the */ export default interface Überweisung\n{}\n\
                    import { type X,\n type Y } from './x';\n// interface Z {\n/**\n * type Z =\n * the class Z\n */ type I<T> = T; broken\ninterface J";
        assert_eq!(seen(text), "names B D E F G H Überweisung I J");
    }

    #[test]
    fn a_type_that_is_asked_for_is_found() {
        for text in [
            "export interface User {}",
            "export type User<T> = T",
            "class User {}",
            "class A extends B implements C<D>, User {}",
            "interface /* a */ User {}",
        ] {
            assert_eq!(seen(text), "types", "{text}");
        }
        for text in [
            "import { User } from './user'",
            "import { type User } from './user'",
            "function User() {}",
            "class Users {}",
            "let subtype User",
            "{\n// type User = 1\n * type User = 1",
        ] {
            assert!(seen(text).starts_with("names"), "{text}");
        }
    }

    #[test]
    fn a_type_that_may_be_linked_or_added_to_another_is_found() {
        for text in [
            "export type A = Selectable<B>",
            "type A = typeof a.$inferSelect",
            "type A = Database['public']['Tables']['a']['Row']",
            "type A = TablesInsert<'a'>",
            "declare module './a' {}",
            "declare  module 'a' {}",
            "export type A = Omit<\n  typeof a.$inferSelect,\n  'b'\n>",
            "namespace A.B { interface C {} }",
            "/** @table users */ interface A {}",
            "export interface {",
        ] {
            assert_eq!(seen(text), "types", "{text}");
        }
        for text in [
            "// the module of a",
            "// a module\n\n{ a }",
            "Tableau",
            "declare const a: 1",
            "declare global {\n  var b: string\n}",
            "export async function a(\n  b: typeof c.$inferInsert,\n) {}",
            "const a: Tables<'users'> = b",
        ] {
            assert!(seen(text).starts_with("names"), "{text}");
        }
    }

    #[test]
    fn what_a_schema_or_a_table_may_be_made_with_is_found() {
        for text in [
            "interface User {}\nconst A = z.string()",
            "import a from 'zod'",
            "const a = pgTable('a', {})",
            "const a = createTable<B>('a', {})",
            "import { BSchema } from './b';\nconst A = BSchema.array()",
            "import {\n  BSchema as B\n} from './b'",
            "const A = b.extend({})",
            "const A = strictObject({})",
        ] {
            assert_eq!(seen(text), "schemas", "{text}");
        }
        for text in [
            "quiz.start()",
            "const page = 1",
            "Object.keys(a)",
            "import A, {\n  BSchema,\n  C,\n} from './b'",
            "import BSchema from './b'",
            "// of zod\n/*\n * ASchema.parse\n */",
            "if (text.includes('pgTable')) match(/= pgTable\\(/)",
            "const a = { pgVersion: 1 }",
            "return <PriceTable />",
            "import a from './Schema'",
        ] {
            assert!(seen(text).starts_with("names"), "{text}");
        }
    }
}
