//! The bytes of a file → a [`Document`], or the reason why there is none. JSON is read as JSON by
//! the name of the file, everything else as YAML.

use std::sync::Arc;

use super::document::Document;
use super::syntax_error::SyntaxError;
use super::{json, yaml};
use crate::facts::Problem;
use crate::source::{LineIndex, Span};

/// Longer files are not read. The largest public documents (those of whole clouds) have about 40 MB.
const LONGEST: usize = 64 * 1024 * 1024;

/// Reads the file `path` with the content `bytes`.
pub(super) fn parse(path: &str, bytes: &[u8]) -> Result<Document, Problem> {
    let file: Arc<str> = path.into();
    let lines = |text: &str| LineIndex::new(Arc::clone(&file), text.into());
    let problem = |lines: &LineIndex, error: SyntaxError| Problem {
        location: lines.location(error.span),
        message: error.message,
    };
    if bytes.len() > LONGEST {
        return Err(problem(
            &lines(""),
            SyntaxError {
                span: Span::default(),
                message: format!("the file is longer than {} MB", LONGEST / (1024 * 1024)),
            },
        ));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let at = u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX);
            let error = SyntaxError {
                span: Span { start: at, end: at },
                message: "the file is not valid UTF-8".into(),
            };
            return Err(problem(&lines(&valid), error));
        }
    };
    let lines = lines(text);
    let built = if path.ends_with(".json") {
        json::read(text)
    } else {
        yaml::read(text)
    };
    match built {
        Ok(built) => Ok(Document::new(lines, file, text, built)),
        Err(error) => Err(problem(&lines, error)),
    }
}
