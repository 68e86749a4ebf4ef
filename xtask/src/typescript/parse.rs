//! Bytes of a file → [`Module`]. Never fails and never panics: a part that cannot be read is a
//! [`Problem`] of the module, and the rest is still there.

mod bodies;
mod comments;
mod expressions;
mod functions;
mod level;
mod modules;
mod nesting;
mod recovery;
mod statements;
mod types;

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use oxc_allocator::Allocator;
use oxc_ast::ast;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;

use super::syntax::Module;
use crate::facts::Problem;
use crate::source::{LineIndex, Span};
use bodies::DeferredFile;

/// The stack that reading needs: the parser is recursive, and [`nesting`] bounds how deep it goes.
pub const STACK_SIZE: usize = 256 * 1024 * 1024;

/// The number of broken declarations of a file that are stepped over: each costs a parse of the
/// whole file.
const ATTEMPTS: usize = 6;

/// Reads the file `path` with the content `bytes`. Needs [`STACK_SIZE`] of stack.
#[must_use]
pub fn parse(path: &str, bytes: &[u8]) -> Module {
    let (text, invalid_at) = decode(bytes);
    let text: Arc<str> = Arc::from(&*text);
    let path: Arc<str> = path.into();
    let source = Arc::new(DeferredFile {
        path: Arc::clone(&path),
        text: Arc::clone(&text),
    });
    let lines = LineIndex::new(Arc::clone(&path), Arc::clone(&text));
    let mut module = modules::empty(Arc::clone(&path), lines);
    if let Some(at) = invalid_at {
        report(
            &mut module,
            at,
            "the file is not valid UTF-8 here; the bytes are read as `\u{fffd}`",
        );
    }
    if let Some(at) = nesting::too_deep(&text) {
        report(&mut module, at, "the file is nested too deeply to be read");
        return module;
    }
    // Most files have no such comment: then none of their comments is looked at.
    let speaks = comments::may_speak(&text);
    let mut fill = |program: &ast::Program<'_>, text: &str| {
        modules::fill(&mut module, program, text, &source, speaks)
    };
    for complaint in read_whole(&path, &text, &mut fill) {
        report(
            &mut module,
            complaint.at,
            &format!("the file does not parse: {}", complaint.message),
        );
    }
    module
}

/// A syntax error that the parser reports.
struct Complaint {
    at: u32,
    message: String,
}

/// Gives `take` the program in `text`, and returns its syntax errors. A parser that gives up keeps
/// nothing: then the declaration around the error is blanked out, and the rest is read. The errors
/// are those of the first attempt.
fn read_whole(
    path: &str,
    text: &str,
    take: &mut dyn FnMut(&ast::Program<'_>, &str),
) -> Vec<Complaint> {
    let mut text = Cow::Borrowed(text);
    let mut first = None;
    for _ in 0..ATTEMPTS {
        match read_once(path, &text, take) {
            Ok(complaints) => return first.unwrap_or(complaints),
            Err(complaints) => {
                let at = complaints.last().map_or(0, |complaint| complaint.at);
                first.get_or_insert(complaints);
                if !recovery::blank(text.to_mut(), at) {
                    break;
                }
            }
        }
    }
    first.unwrap_or_default()
}

thread_local! {
    /// The parser's memory, which the next file uses again.
    static ARENA: Cell<Allocator> = Cell::default();
}

/// Gives `take` the program in `text`; an error where the parser gives up.
fn read_once(
    path: &str,
    text: &str,
    take: &mut dyn FnMut(&ast::Program<'_>, &str),
) -> Result<Vec<Complaint>, Vec<Complaint>> {
    let mut allocator = ARENA.take();
    let source_type = SourceType::from_path(path).unwrap_or_else(|_| SourceType::ts());
    // Neither parentheses nor hashes of identifiers are used here.
    let options = ParseOptions {
        preserve_parens: false,
        enable_ident_hashes: false,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, text, source_type)
        .with_options(options)
        .parse();
    let complaints = parsed.diagnostics.iter().map(|diagnostic| Complaint {
        at: diagnostic
            .labels
            .iter()
            .next()
            .map_or(0, |label| label.offset()),
        message: lower_first(&diagnostic.message),
    });
    let complaints = complaints.collect();
    if !parsed.panicked {
        take(&parsed.program, text);
    }
    let gave_up = parsed.panicked;
    drop(parsed);
    allocator.reset();
    ARENA.set(allocator);
    if gave_up {
        Err(complaints)
    } else {
        Ok(complaints)
    }
}

fn report(module: &mut Module, at: u32, message: &str) {
    let location = module.lines.location(Span { start: at, end: at });
    module.problems.push(Problem {
        location,
        message: message.to_owned(),
    });
}

/// The text, and the first byte that is not UTF-8. A byte order mark is white space to the parser.
fn decode(bytes: &[u8]) -> (Cow<'_, str>, Option<u32>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(error) => {
            let at = u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX);
            (String::from_utf8_lossy(bytes), Some(at))
        }
    }
}

fn lower_first(message: &str) -> String {
    let mut characters = message.trim_end_matches('.').chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(characters).collect()
    })
}

fn span(span: oxc_span::Span) -> Span {
    Span {
        start: span.start,
        end: span.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Module {
        let bytes = bytes.to_vec();
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
        thread
            .spawn(move || parse("a.ts", &bytes))
            .unwrap()
            .join()
            .unwrap()
    }

    #[test]
    fn what_stands_around_a_syntax_error_is_read() {
        let module = read(b"export interface A { a: string }\nexport interface B { b: ");
        assert_eq!(module.problems.len(), 1, "{:?}", module.problems);
    }

    #[test]
    fn invalid_utf8_is_a_problem_at_its_place() {
        let module = read(b"const a = 1;\nconst b = '\xff';");
        assert_eq!(
            (
                module.problems[0].location.line,
                module.problems[0].location.column
            ),
            (2, 12)
        );
        assert_eq!(module.statements.len(), 2);
    }

    #[test]
    fn deep_nesting_is_a_problem_and_not_a_crash() {
        let chains = [
            "!", "-", "typeof ", "a=>", "a?b:", "a=", "keyof ", "new ", "await ", "a**", "if(a)",
            "a:", "(", "[",
        ];
        for chain in chains.into_iter().chain([
            "{",
            "<a>",
            "f(",
            "a<",
            "`${",
            "[...",
            "do ",
            "else if(a);",
            "{a:",
            "x=>{",
        ]) {
            for start in ["const x = ", "type X = ", ""] {
                let module = read(format!("{start}{}", chain.repeat(100_000)).as_bytes());
                assert!(
                    !module.problems.is_empty() || chain.starts_with('!'),
                    "{chain}"
                );
            }
        }
    }

    #[test]
    fn a_long_single_line_is_read() {
        let fields: String = (0..200_000)
            .map(|field| format!("field_{field}: string | null; "))
            .collect();
        let module = read(format!("interface Row {{ é: string; {fields} }}").as_bytes());
        assert_eq!((module.problems.len(), module.statements.len()), (0, 1));
    }
}
