//! Reads bodies of functions by themselves. Each is parsed behind a head of the same kind, so that
//! `await` and `yield` mean the same as in the file.

use std::sync::Arc;

use oxc_ast::ast;

use super::level::NestingLevel;
use super::{read_once, statements};
use crate::source::Span;
use crate::typescript::syntax::{Body, Expr, ExprKind, Statement, StatementKind};

/// A file whose bodies are read when they are needed.
pub(super) struct DeferredFile {
    pub path: Arc<str>,
    pub text: Arc<str>,
}

/// The head of a function, without its body.
#[derive(Clone, Copy)]
pub(super) struct Flavor {
    pub is_async: bool,
    pub generator: bool,
}

impl Flavor {
    fn head(self) -> &'static str {
        match (self.is_async, self.generator) {
            (false, false) => "function a()",
            (false, true) => "function*a()",
            (true, false) => "async function a()",
            (true, true) => "async function*a()",
        }
    }
}

/// The body of a function of this `flavor`. A body that is read by itself is read whole, inner
/// functions included, so that no byte is parsed more than twice.
pub(super) fn body(node: &ast::FunctionBody<'_>, flavor: Flavor, level: NestingLevel<'_>) -> Body {
    match level.source() {
        // An empty body is not worth a second parse.
        Some(source) if !node.statements.is_empty() => {
            let (source, at) = (Arc::clone(source), level.span(node.span));
            Body::unread(move || read(&source, at, flavor))
        }
        _ => Body::read(statements::lower_all(&node.statements, level)),
    }
}

/// The statements between the braces at `at`.
fn read(source: &DeferredFile, at: Span, flavor: Flavor) -> Vec<Statement> {
    let head = flavor.head();
    let text = [head, &source.text[at.range()]].concat();
    let level = NestingLevel::behind(head, at);
    let mut found = None;
    let _complaints = read_once(&source.path, &text, &mut |program, _text| {
        // Text that is no body by itself gives other statements, or several.
        if let [ast::Statement::FunctionDeclaration(function)] = program.body.as_slice() {
            found = function
                .body
                .as_ref()
                .map(|body| statements::lower_all(&body.statements, level));
        }
    });
    found.unwrap_or_else(|| vec![unreadable(at)])
}

/// A statement that returns an unknown value, with the reason.
fn unreadable(at: Span) -> Statement {
    let value = Expr {
        span: at,
        kind: ExprKind::Other("the body of its function does not parse"),
    };
    Statement {
        span: at,
        exported: false,
        kind: StatementKind::Return(Some(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_read_by_itself_is_the_one_that_is_read_with_its_file() {
        let body =
            "{ const [a] = b; if (c) return `d${e}`; return f<G>(async (h) => { await i.j; }); }";
        for (head, tail) in [
            ("// some comment\nfunction f()", ""),
            ("/* a */ const f = async (): Promise<A> =>", ""),
            ("class A extends B { /** of b */ b()", "}"),
            ("export default function*()", ""),
            ("const a = { async *b()", "}"),
        ] {
            let text = format!("{head} {body}{tail}");
            let source = Arc::new(DeferredFile {
                path: "a.ts".into(),
                text: text.as_str().into(),
            });
            let lowered = |level: NestingLevel<'_>| {
                let mut found = Vec::new();
                let read = read_once("a.ts", &text, &mut |program, _text| {
                    program
                        .body
                        .iter()
                        .for_each(|statement| statements::lower(statement, level, &mut found));
                });
                assert!(read.is_ok_and(|complaints| complaints.is_empty()), "{text}");
                format!("{found:?}")
            };
            let (alone, with_its_file) = (
                lowered(NestingLevel::top(&source)),
                lowered(NestingLevel::whole()),
            );
            assert!(alone.contains("\"d\""), "{alone}");
            assert_eq!(alone, with_its_file, "{head}");
        }
    }
}
