//! The errors of PostgreSQL, which are more than a message. The detail, the hint, the context and
//! the position are the difference between a search and a fix. So all of them are kept, and the
//! position becomes the line of the migration file.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

use postgres::error::ErrorPosition;

use crate::source::{LineIndex, Location, Span};

/// An error of the server, or of the connection to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    /// The primary message: `column "bio" of relation "users" already exists`.
    pub message: String,
    /// `42701`; `None` where the server did not answer.
    pub sqlstate: Option<String>,
    /// `DETAIL`
    pub detail: Option<String>,
    /// `HINT`
    pub hint: Option<String>,
    /// `WHERE`: the functions and statements on the way, innermost first, a line each.
    pub context: Option<String>,
    /// The place in the SQL, once [`ServerError::locate`] knows which SQL it was.
    pub location: Option<Location>,
    /// The line at that place, with a caret below the column.
    excerpt: Option<String>,
    position: Option<Position>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Position {
    /// 1-based character of the text that was sent.
    Sent(u32),
    /// 1-based character of a query inside it.
    Inner(u32, String),
}

/// The SQL that was sent. `text` is the whole of `file`, and the SQL begins at the byte `base`.
#[derive(Debug, Clone)]
pub struct SentText {
    /// The file, relative to the root.
    pub file: Arc<str>,
    /// Its whole text.
    pub text: Arc<str>,
    /// The first byte of the SQL that was sent.
    pub base: usize,
}

impl From<&postgres::Error> for ServerError {
    fn from(error: &postgres::Error) -> Self {
        let Some(answer) = error.as_db_error() else {
            return Self::of_connection(error);
        };
        let position = answer.position().map(|position| match position {
            ErrorPosition::Original(at) => Position::Sent(*at),
            ErrorPosition::Internal { position, query } => {
                Position::Inner(*position, query.clone())
            }
        });
        Self {
            message: answer.message().to_owned(),
            sqlstate: Some(answer.code().code().to_owned()),
            detail: answer.detail().map(str::to_owned),
            hint: answer.hint().map(str::to_owned),
            context: answer.where_().map(str::to_owned),
            location: None,
            excerpt: None,
            position,
        }
    }
}

impl From<postgres::Error> for ServerError {
    fn from(error: postgres::Error) -> Self {
        Self::from(&error)
    }
}

impl ServerError {
    /// The error where the server did not answer: the driver's own message, with its causes.
    fn of_connection(error: &postgres::Error) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !message.ends_with(&text) {
                message = format!("{message}: {text}");
            }
            source = cause.source();
        }
        // The last message of the server can be lost with the connection.
        if error.is_closed() {
            message.push_str(
                ": the server, or something on the way to it, ended it; the server's log says why",
            );
        }
        Self {
            message,
            sqlstate: None,
            detail: None,
            hint: None,
            context: None,
            location: None,
            excerpt: None,
            position: None,
        }
    }

    /// Finds the error's place in the SQL that caused it.
    #[must_use]
    pub fn locate(self, script: &SentText) -> Self {
        let Some(sent) = script.text.get(script.base..) else {
            return self;
        };
        let start = match &self.position {
            Some(Position::Sent(at)) => nth_character(sent, *at).map(|at| script.base + at),
            Some(Position::Inner(at, query)) => inner(sent, *at, query).map(|at| script.base + at),
            None => None,
        };
        match start {
            Some(start) => {
                let start = u32::try_from(start).unwrap_or(u32::MAX);
                self.at(Span { start, end: start }, script)
            }
            None => Self {
                location: None,
                ..self
            },
        }
    }

    /// The same error at a place in the SQL that caused it.
    #[must_use]
    pub fn at(mut self, span: Span, script: &SentText) -> Self {
        let index = LineIndex::new(Arc::clone(&script.file), Arc::clone(&script.text));
        let location = index.location(span);
        self.excerpt = excerpt(&script.text, &location);
        self.location = Some(location);
        self
    }

    /// Message and SQLSTATE on one line.
    #[must_use]
    pub fn headline(&self) -> String {
        match &self.sqlstate {
            Some(sqlstate) => format!("{} (SQLSTATE {sqlstate})", self.message),
            None => self.message.clone(),
        }
    }

    /// Whether it is about values in rows: their conversion, or a constraint.
    #[must_use]
    pub fn is_about_values(&self) -> bool {
        self.sqlstate
            .as_deref()
            .is_some_and(|state| state.starts_with("22") || state.starts_with("23"))
    }

    /// Whether the connection is gone, so that the effect of the last statement is unknown. `08` is
    /// the class of connection errors, and `57P` that of servers that shut down or crash.
    #[must_use]
    pub fn is_connection_lost(&self) -> bool {
        self.sqlstate
            .as_deref()
            .is_none_or(|state| state.starts_with("08") || state.starts_with("57P"))
    }
}

/// Longer lines are not shown: no person wrote them.
const LONGEST_LINE: usize = 300;

/// The line of `text` at `location`, with a caret below the column.
fn excerpt(text: &str, location: &Location) -> Option<String> {
    let (line, column) = (location.line as usize, location.column as usize);
    let source = text.lines().nth(line.checked_sub(1)?)?;
    if source.trim().is_empty() || source.len() > LONGEST_LINE {
        return None;
    }
    let source = source.replace('\t', " ");
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let indent = " ".repeat(column.checked_sub(1)?);
    Some(format!(
        "  {margin} |\n  {number} | {source}\n  {margin} | {indent}^"
    ))
}

/// The byte of the 1-based character `at`.
fn nth_character(text: &str, at: u32) -> Option<usize> {
    let before = usize::try_from(at.checked_sub(1)?).ok()?;
    text.char_indices()
        .map(|(byte, _)| byte)
        .chain([text.len()])
        .nth(before)
}

/// The byte of a character of `query`, where `query` occurs literally and only once in `text`.
fn inner(text: &str, at: u32, query: &str) -> Option<usize> {
    let start = text
        .find(query)
        .filter(|start| text.rfind(query) == Some(*start))?;
    Some(start + nth_character(query, at)?)
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The message of a function may look like lines of ours.
        f.write_str(&self.headline().replace('\n', "\n         "))?;
        if let Some(location) = &self.location {
            write!(f, "\n  at {location}")?;
        }
        if let Some(excerpt) = &self.excerpt {
            write!(f, "\n{excerpt}")?;
        }
        let parts = [
            ("DETAIL", &self.detail),
            ("HINT", &self.hint),
            ("WHERE", &self.context),
        ];
        for (name, text) in parts {
            if let Some(text) = text {
                write!(f, "\n  {name}: {}", text.replace('\n', "\n         "))?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ServerError {}

/// Writes an error with its causes, as it is printed. It holds everything that PostgreSQL says,
/// also where no code took its error apart before. Advice is added where the error names a state of
/// the server without any.
#[must_use]
pub fn whole(error: &anyhow::Error) -> String {
    let mut parts = Vec::new();
    let mut state = None;
    for cause in error.chain() {
        let server = cause
            .downcast_ref::<postgres::Error>()
            .map(ServerError::from);
        parts.push(
            server
                .as_ref()
                .map_or_else(|| cause.to_string(), ToString::to_string),
        );
        state = state.or_else(|| {
            server
                .as_ref()
                .or_else(|| cause.downcast_ref())
                .and_then(|it| it.sqlstate.clone())
        });
        // The causes of a driver's error are in it already.
        if server.is_some() {
            break;
        }
    }
    let way_out = state
        .as_deref()
        .and_then(way_out)
        .map(|way_out| format!("\n  = help: {way_out}"));
    parts.join(": ") + &way_out.unwrap_or_default()
}

fn way_out(sqlstate: &str) -> Option<&'static str> {
    match sqlstate {
        "25006" => Some(
            "the server takes no changes: it is a standby, or `default_transaction_read_only` is on",
        ),
        "42501" => Some("connect as a role that may do this, or grant it what it lacks"),
        "26000" | "42P05" => Some(
            "the connection changes its server session, as behind a pooler in transaction mode: connect to PostgreSQL itself",
        ),
        "53300" => Some("the server has no connection left: end some, or raise `max_connections`"),
        _ => None,
    }
}

/// Whether trying again may help: a lock timeout, a deadlock, a conflict of serializable
/// transactions.
#[must_use]
pub fn is_contention(error: &anyhow::Error) -> bool {
    let server = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<ServerError>());
    let state = server.and_then(|error| error.sqlstate.as_deref());
    state.is_some_and(|state| ["55P03", "40P01", "40001"].contains(&state))
}

#[cfg(test)]
impl ServerError {
    /// An error of a server that says nothing else, for tests.
    pub(crate) fn sample(message: &str, sqlstate: &str) -> Self {
        Self {
            message: message.into(),
            sqlstate: Some(sqlstate.into()),
            detail: None,
            hint: None,
            context: None,
            location: None,
            excerpt: None,
            position: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(position: Position) -> ServerError {
        ServerError {
            message: "column \"x\" does not exist".into(),
            sqlstate: Some("42703".into()),
            detail: None,
            hint: Some("Perhaps you meant \"y\".".into()),
            context: None,
            location: None,
            excerpt: None,
            position: Some(position),
        }
    }

    #[test]
    fn states_of_the_server_come_with_a_way_out() {
        let error = ServerError {
            sqlstate: Some("25006".into()),
            hint: None,
            ..error(Position::Sent(1))
        };
        let whole = whole(&anyhow::Error::new(error).context("cannot write"));
        let expected = "cannot write: column \"x\" does not exist (SQLSTATE 25006)\n  = help: the server takes no changes: ";
        assert!(whole.starts_with(expected), "{whole}");
    }

    fn script(text: &str, base: usize) -> SentText {
        SentText {
            file: "migrations/V1__a.sql".into(),
            text: text.into(),
            base,
        }
    }

    #[test]
    fn the_position_is_counted_in_characters_from_where_the_sent_text_begins() {
        let text = "-- ä\nSELECT 'ö', x;";
        let located = error(Position::Sent(13)).locate(&script(text, 6));
        assert_eq!(
            located.to_string(),
            "column \"x\" does not exist (SQLSTATE 42703)\n  at migrations/V1__a.sql:2:13\n    |\n  2 | SELECT 'ö', x;\n    |             ^\n  HINT: Perhaps you meant \"y\"."
        );
        assert_eq!(
            error(Position::Sent(99)).locate(&script(text, 6)).location,
            None
        );
        assert_eq!(
            error(Position::Sent(1)).locate(&script(text, 999)).location,
            None
        );
    }

    #[test]
    fn the_position_in_an_inner_query_is_found_where_the_query_stands_once() {
        let inner = || error(Position::Inner(8, "SELECT x".into()));
        let place = |text: &str| {
            inner()
                .locate(&script(text, 0))
                .location
                .map(|found| (found.line, found.column))
        };
        assert_eq!(
            place("DO $$ BEGIN\n  PERFORM (SELECT x);\nEND $$"),
            Some((2, 19))
        );
        assert_eq!(place("SELECT x; SELECT x"), None);
    }
}
