//! Bytes of a file → [`Module`]. Never fails and never panics: what cannot be read is a [`Problem`] of the module,
//! and whatever can be read around it is still there.

mod comments;
mod expressions;
mod functions;
mod modules;
mod nesting;
mod recovery;
mod statements;
mod types;

use std::borrow::Cow;
use std::sync::Arc;

use oxc_allocator::Allocator;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::SourceType;

use super::facts::Problem;
use super::syntax::Module;
use crate::source::{LineIndex, Span};

/// The stack that reading needs: the parser is recursive, and [`nesting`] bounds how deep it goes.
pub const STACK_SIZE: usize = 256 * 1024 * 1024;

/// How many broken declarations of a file are stepped over.
const ATTEMPTS: usize = 6;

/// Reads the file `path` with the content `bytes`. Needs [`STACK_SIZE`] of stack.
#[must_use]
pub fn parse(path: &str, bytes: &[u8]) -> Module {
    let (text, invalid_at) = decode(bytes);
    let text: Arc<str> = Arc::from(&*text);
    let path: Arc<str> = path.into();
    let lines = LineIndex::new(Arc::clone(&path), Arc::clone(&text));
    let mut module = modules::empty(path, lines);
    if let Some(at) = invalid_at {
        report(&mut module, at, "the file is not valid UTF-8 here; the bytes are read as `\u{fffd}`");
    }
    if let Some(at) = nesting::too_deep(&text) {
        report(&mut module, at, "the file is nested too deeply to be read");
        return module;
    }
    read(&mut module, &text);
    module
}

/// A parser that gives up keeps nothing. Then the declaration around the error is blanked out, and the rest read.
fn read(module: &mut Module, text: &str) {
    let mut text = Cow::Borrowed(text);
    for attempt in 0..ATTEMPTS {
        let Err(at) = read_once(module, &text, attempt == 0) else { return };
        if !recovery::blank(text.to_mut(), at) {
            return;
        }
    }
}

/// Reads `text`; where the parser gives up, the byte at which it did.
fn read_once(module: &mut Module, text: &str, first: bool) -> Result<(), u32> {
    let allocator = Allocator::default();
    let source_type = SourceType::from_path(&*module.path).unwrap_or_else(|_| SourceType::ts());
    let options = ParseOptions { preserve_parens: false, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, text, source_type).with_options(options).parse();
    let mut gave_up_at = 0;
    for diagnostic in &parsed.diagnostics {
        let label = diagnostic.labels.iter().next();
        gave_up_at = label.map_or(0, |label| label.offset());
        if first {
            report(module, gave_up_at, &format!("the file does not parse: {}", lower_first(&diagnostic.message)));
        }
    }
    if parsed.panicked {
        return Err(gave_up_at);
    }
    modules::fill(module, &parsed.program, text);
    Ok(())
}

fn report(module: &mut Module, at: u32, message: &str) {
    let location = module.lines.location(Span { start: at, end: at });
    module.problems.push(Problem { location, message: message.to_owned() });
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
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn span(span: oxc_span::Span) -> Span {
    Span { start: span.start, end: span.end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Module {
        let bytes = bytes.to_vec();
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
        thread.spawn(move || parse("a.ts", &bytes)).unwrap().join().unwrap()
    }

    #[test]
    fn what_stands_around_a_syntax_error_is_read() {
        let module = read(b"export interface A { a: string }\nexport interface B { b: ");
        assert_eq!(module.problems.len(), 1, "{:?}", module.problems);
    }

    #[test]
    fn invalid_utf8_is_a_problem_at_its_place() {
        let module = read(b"const a = 1;\nconst b = '\xff';");
        assert_eq!((module.problems[0].location.line, module.problems[0].location.column), (2, 12));
        assert_eq!(module.statements.len(), 2);
    }

    #[test]
    fn deep_nesting_is_a_problem_and_not_a_crash() {
        let depth = 100_000;
        let chains =
            ["!", "-", "typeof ", "a=>", "a?b:", "a=", "keyof ", "new ", "await ", "a**", "if(a)", "a:", "(", "["];
        for chain in
            chains.into_iter().chain(["{", "<a>", "f(", "a<", "`${", "[...", "do ", "else if(a);", "{a:", "x=>{"])
        {
            for start in ["const x = ", "type X = ", ""] {
                let module = read(format!("{start}{}", chain.repeat(depth)).as_bytes());
                assert!(!module.problems.is_empty() || chain.starts_with('!'), "{chain}");
            }
        }
    }

    #[test]
    fn a_long_single_line_is_read() {
        let fields: String = (0..200_000).map(|field| format!("field_{field}: string | null; ")).collect();
        let module = read(format!("interface Row {{ é: string; {fields} }}").as_bytes());
        assert_eq!((module.problems.len(), module.statements.len()), (0, 1));
    }
}
