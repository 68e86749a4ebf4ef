//! Bytes that would make a file mean something else on another machine, or nothing to PostgreSQL.

use super::PreflightProblem;
use crate::source::{LineIndex, Span};

/// The largest file in bytes: PostgreSQL takes no message over 1 GB.
const LARGEST: usize = 1_000_000_000;

/// Returns the text of `file`, or every problem of its bytes.
pub fn decode(file: &str, bytes: Vec<u8>) -> Result<String, Vec<PreflightProblem>> {
    if bytes.len() > LARGEST {
        let why = "PostgreSQL takes no message over 1 GB";
        return Err(vec![PreflightProblem::of_file(
            file,
            "the file is too large".into(),
            why,
            "load the data in another way",
        )]);
    }
    let text = String::from_utf8(bytes).map_err(|error| vec![not_utf8(file, &error)])?;
    let problems: Vec<_> = [
        byte_order_mark(file, &text),
        carriage_return(file, &text),
        nul(file, &text),
    ]
    .into_iter()
    .flatten()
    .collect();
    if problems.is_empty() {
        Ok(text)
    } else {
        Err(problems)
    }
}

fn not_utf8(file: &str, error: &std::string::FromUtf8Error) -> PreflightProblem {
    let valid = error.utf8_error().valid_up_to();
    let bytes = error.as_bytes();
    let text = String::from_utf8_lossy(bytes.get(..valid).unwrap_or_default());
    let message = format!(
        "the byte 0x{:02x} is not UTF-8",
        bytes.get(valid).copied().unwrap_or_default()
    );
    let why = "the server would refuse the file, or store other characters";
    at(file, &text, valid, message, why, "save the file as UTF-8")
}

fn byte_order_mark(file: &str, text: &str) -> Option<PreflightProblem> {
    let why = "PostgreSQL reads it as part of the first word";
    text.starts_with('\u{feff}').then(|| {
        at(
            file,
            text,
            0,
            "the file begins with a byte order mark",
            why,
            "save it as UTF-8 without one",
        )
    })
}

fn carriage_return(file: &str, text: &str) -> Option<PreflightProblem> {
    let found = text.find('\r')?;
    let message = if text[found..].starts_with("\r\n") {
        "the file has Windows line ends (CRLF)"
    } else {
        "the file has a carriage return"
    };
    let why = "its checksum would differ from the same file's with LF, on another checkout";
    let help = "convert it to LF and add `*.sql text eol=lf` to `.gitattributes`";
    Some(at(file, text, found, message, why, help))
}

fn nul(file: &str, text: &str) -> Option<PreflightProblem> {
    let found = text.find('\0')?;
    Some(at(
        file,
        text,
        found,
        "the file holds a NUL byte",
        "PostgreSQL takes none",
        "remove it",
    ))
}

fn at(
    file: &str,
    text: &str,
    at: usize,
    message: impl Into<String>,
    why: &str,
    help: &str,
) -> PreflightProblem {
    let start = u32::try_from(at).unwrap_or(u32::MAX);
    let location = LineIndex::new(file.into(), text.into()).location(Span { start, end: start });
    PreflightProblem {
        location,
        message: message.into(),
        why: why.into(),
        help: help.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(bytes: &[u8]) -> Vec<String> {
        let brief = |problem: &PreflightProblem| {
            format!(
                "{}:{}: {}",
                problem.location.line, problem.location.column, problem.message
            )
        };
        decode("V1__x.sql", bytes.to_vec())
            .err()
            .unwrap_or_default()
            .iter()
            .map(brief)
            .collect()
    }

    #[test]
    fn text_that_means_the_same_everywhere_passes() {
        assert_eq!(
            decode("V1__x.sql", "select 'ü';\n".into()),
            Ok("select 'ü';\n".to_owned())
        );
    }

    #[test]
    fn bytes_that_do_not_are_refused_where_they_stand() {
        assert_eq!(problems(b"a\n\xffb"), ["2:1: the byte 0xff is not UTF-8"]);
        assert_eq!(
            problems(b"a\r\nb\r\n"),
            ["1:2: the file has Windows line ends (CRLF)"]
        );
        assert_eq!(
            problems(b"-- a\rdrop table b;"),
            ["1:5: the file has a carriage return"]
        );
        assert_eq!(problems(b"a\0"), ["1:2: the file holds a NUL byte"]);
        let both = problems("\u{feff}a\r\n".as_bytes());
        assert_eq!(
            both,
            [
                "1:1: the file begins with a byte order mark",
                "1:3: the file has Windows line ends (CRLF)"
            ]
        );
    }
}
