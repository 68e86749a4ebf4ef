//! Reads what was left for later: one part of a file by itself, or all of them.

use std::cell::RefCell;
use std::sync::Arc;

use oxc_ast::ast;

use super::level::{Braces, Level};
use super::{functions, nesting, outline, read_once, read_whole, statements, types};
use crate::source::Span;
use crate::typescript::syntax::{self, ClassMember, Reader, Source, Statement, TypeMember};

/// How parts are read.
pub(super) const READER: Reader = Reader { body, members, class, all };

/// The body of one function, which is read as that of a function by itself. What cannot stand in an asynchronous generator
/// is read with the whole file.
fn body(source: &Arc<Source>, at: Span) -> Option<Vec<Statement>> {
    whole(source, &alone(source, at, "async function*a()")?, &|statement, level| match statement {
        ast::Statement::FunctionDeclaration(function) => {
            let body = function.body.as_ref();
            body.map(|body| statements::lower_all(&body.statements, level))
        }
        _ => None,
    })
}

/// An interface or object type.
fn members(source: &Arc<Source>, at: Span) -> Option<Vec<TypeMember>> {
    whole(source, &alone(source, at, "interface a")?, &|statement, level| match statement {
        ast::Statement::TSInterfaceDeclaration(interface) => Some(types::members(&interface.body.body, level)),
        _ => None,
    })
}

/// A class, without the bodies of its methods. Some of what stands in it can only where the class extends another.
fn class(source: &Arc<Source>, at: Span) -> Option<Vec<ClassMember>> {
    let part = alone(source, at, "class a extends a")?;
    let take: Take<'_, ClassMember> = &|statement, level| match statement {
        ast::Statement::ClassDeclaration(class) => Some(functions::class_members(&class.body.body, level)),
        _ => None,
    };
    let outlined = outline::outline(&part.text, false, &|_| true).and_then(|outline| {
        let braces = Braces::Later(Arc::clone(source), RefCell::new(outline.left_out));
        one(source, &outline.text, part.written, &braces, take).filter(|_| braces.all_met())
    });
    outlined.or_else(|| whole(source, &part, take))
}

/// A part of a file by itself.
struct Alone {
    /// Blank up to what is read.
    text: String,
    /// How many bytes are not blank, at most.
    written: usize,
}

/// `head` and the bytes at `at`, which stay where they are.
fn alone(source: &Source, at: Span, head: &str) -> Option<Alone> {
    let mut text = String::with_capacity(at.end as usize);
    let blank = (at.start as usize).checked_sub(head.len())?;
    outline::push_blank(&mut text, blank);
    text.push_str(head);
    text.push_str(source.text.get(at.range())?);
    Some(Alone { written: text.len() - blank, text })
}

/// What is taken from a statement.
type Take<'t, P> = &'t dyn Fn(&ast::Statement<'_>, Level<'_>) -> Option<Vec<P>>;

/// What `take` takes from the one statement in `part`, of which nothing is left for later.
fn whole<P>(source: &Source, part: &Alone, take: Take<'_, P>) -> Option<Vec<P>> {
    one(source, &part.text, part.written, &Braces::Inside, take)
}

/// The same of `text`, with at most `written` bytes that are not blank.
fn one<P>(source: &Source, text: &str, written: usize, braces: &Braces, take: Take<'_, P>) -> Option<Vec<P>> {
    if nesting::too_deep(text, written).is_some() {
        return None;
    }
    let mut found = None;
    let read = read_once(&source.path, text, &mut |program, _text| {
        if let [statement] = program.body.as_slice() {
            found = take(statement, Level::top(braces));
        }
    });
    found.filter(|_| read.is_ok_and(|complaints| complaints.is_empty()))
}

/// All of a file.
fn all(source: &Source) -> syntax::Braces {
    let wanted = Braces::Wanted(RefCell::default());
    if nesting::too_deep(&source.text, source.text.len()).is_some() {
        return syntax::Braces::default();
    }
    read_whole(source, &mut |program, _text| {
        let mut ignored = Vec::new();
        program.body.iter().for_each(|statement| statements::lower(statement, Level::top(&wanted), &mut ignored));
    });
    wanted.found()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typescript::syntax::MemberKind;

    fn source(path: &str, text: &str) -> Arc<Source> {
        Arc::new(Source::new(path.into(), text.into(), READER))
    }

    /// The bytes of the last part of `text` that starts with `{`.
    fn span(text: &str, braces: &str) -> Span {
        let start = u32::try_from(text.find(braces).unwrap()).unwrap();
        Span { start, end: start + u32::try_from(braces.len()).unwrap() }
    }

    const COMMENT: &str = "// some comment, so that there is room before it\n";

    #[test]
    fn a_body_that_is_read_by_itself_is_the_one_that_is_read_with_the_file() {
        let body = "{ const [a] = b; if (c) return `d${e}`; return f<G>(async (h) => { await i.j; }); }";
        let heads = [
            "function f()",
            "const f = async (): Promise<A> =>",
            "class A extends B { b()",
            "export default function*()",
        ];
        for head in heads {
            let text = format!("{COMMENT}{head} {body}{}", &"}"[usize::from(!head.starts_with("class"))..]);
            let (source, span) = (source("a.ts", &text), span(&text, body));
            let (alone, with_others) = (super::body(&source, span).unwrap(), all(&source));
            assert_eq!(format!("{alone:?}"), format!("{:?}", with_others.bodies[&span.start]), "{head}");
            assert_eq!(alone.len(), 3);
        }
    }

    #[test]
    fn types_and_classes_that_are_read_by_themselves_are_those_that_are_read_with_the_file() {
        let members = "{ a: string; b?: C<D>; [e: string]: { f: null }; g(h: i): j; readonly 'k-l': 1 | 2 }";
        for head in ["interface A<B> extends C", "export type A =", "declare namespace B { type C<D> = E &"] {
            let text = format!("{COMMENT}{head} {members}{}", &"}"[usize::from(!head.contains("namespace"))..]);
            let (source, span) = (source("a.ts", &text), span(&text, members));
            let (alone, with_others) = (super::members(&source, span).unwrap(), all(&source));
            assert_eq!(format!("{alone:?}"), format!("{:?}", with_others.types[&span.start]), "{head}");
            assert_eq!(alone.len(), 5);
        }
        let members = "{ @a() b!: C; static d = 1; private e?: F; constructor(readonly g: H) { super(); } get i() { return 1; } }";
        for head in ["export default class extends A", "export abstract class A<B> implements C"] {
            let text = format!("{COMMENT}{head} {members}");
            let (source, span) = (source("a.ts", &text), span(&text, members));
            let (alone, with_others) = (super::class(&source, span).unwrap(), all(&source));
            assert_eq!(format!("{alone:?}"), format!("{:?}", with_others.classes[&span.start]), "{head}");
            assert_eq!(alone.len(), 5);
        }
    }

    #[test]
    fn methods_of_a_class_that_is_read_by_itself_are_read_when_they_are_needed() {
        let method = format!("  b(): C {{\n    const d = 1;\n{}    return d;\n  }}\n", "    work();\n".repeat(30));
        let text = format!("{COMMENT}export class A {{\n{method}  e = 2;\n}}\n");
        let source = source("a.ts", &text);
        let start = u32::try_from(text.find("A {").unwrap()).unwrap() + 2;
        let end = u32::try_from(text.len()).unwrap() - 1;
        let members = super::class(&source, Span { start, end }).unwrap();
        let [ClassMember { kind: MemberKind::Method(function), .. }, field] = members.as_slice() else {
            panic!("{members:?}")
        };
        assert!(format!("{function:?}").contains("text of a.ts"), "{function:?}");
        assert_eq!((function.body.len(), field.property.key.literal()), (32, Some("e")));
    }

    #[test]
    fn what_cannot_be_read_by_itself_is_read_with_the_file() {
        let text = format!("{COMMENT}function f() {{ var yield = 1; }}");
        let source = source("a.cjs", &text);
        let start = u32::try_from(text.find('{').unwrap()).unwrap();
        assert!(super::body(&source, Span { start, end: u32::try_from(text.len()).unwrap() }).is_none());
        assert_eq!(all(&source).bodies[&start].len(), 1);
    }
}
