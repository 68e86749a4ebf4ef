//! Checks migrations before anything connects. The checks refuse SQL that would run twice, run
//! half, run unseen, or leave no way back. All problems are found in one go, since people do not
//! want to fix them one run at a time.

mod decides_elsewhere;
mod encoding;
mod enum_value;
mod frees_lock;
mod irreversible;
mod names;
mod no_transaction;
mod pairs;
mod psql;
mod refuses_transaction;
mod string_setting;
mod transaction_control;

use std::fmt;

pub use decides_elsewhere::command as decides_elsewhere;
pub use irreversible::reason as irreversible_reason;
pub use names::{FileDirection, FileName, NamedFile, advise_free_versions, file_name};
pub use transaction_control::command as controls_transaction;
pub(super) use {encoding::decode, names::classify, pairs::pair};

use super::is_no_transaction;
use super::sql::{self, Statement, Token};
use crate::source::{LineIndex, Location, Span};

/// One reason not to run the migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreflightProblem {
    /// The place in the file.
    pub location: Location,
    /// The problem: "`COMMIT` in a migration".
    pub message: String,
    /// The consequence of the problem.
    pub why: String,
    /// The advice, in the imperative.
    pub help: String,
}

impl PreflightProblem {
    /// A problem of a whole file.
    pub fn of_file(
        file: &str,
        message: String,
        why: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let location = Location {
            file: file.into(),
            line: 1,
            column: 1,
            span: Span::default(),
        };
        Self {
            location,
            message,
            why: why.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for PreflightProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}: {}; {}",
            self.location, self.message, self.why, self.help
        )
    }
}

/// The refusal to run the migrations: every problem that was found, in the order of files and
/// lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreflightRefusal(pub Vec<PreflightProblem>);

impl std::error::Error for PreflightRefusal {}

impl fmt::Display for PreflightRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let (noun, verb) = if count == 1 {
            ("problem", "is")
        } else {
            ("problems", "are")
        };
        write!(
            f,
            "the migrations are not safe to run: {count} {noun} {verb} to be fixed first"
        )?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// Looks for one kind of problem in one script.
type PreflightCheck = fn(&CheckedScript<'_>) -> Vec<PreflightProblem>;

/// The checks of every script, forward or back.
const CHECKS: &[PreflightCheck] = &[
    psql::check,
    transaction_control::check,
    no_transaction::check,
    refuses_transaction::check,
    enum_value::check,
    string_setting::check,
    frees_lock::check,
    decides_elsewhere::check,
];

/// The checks of scripts that another tool keeps. The others are about the way in which this tool
/// applies its own.
const CHECKS_IN_PLACE: &[PreflightCheck] = &[psql::check, decides_elsewhere::check];

/// Finds the problems for which `text`, which another tool applies, is not replayed.
#[must_use]
pub fn problems_in_place(file: &str, text: &str) -> Vec<PreflightProblem> {
    let script = CheckedScript::new(file, text, FileDirection::Up);
    CHECKS_IN_PLACE
        .iter()
        .flat_map(|check| check(&script))
        .collect()
}

/// Finds every problem of `text`, the content of `file`.
#[must_use]
pub fn problems(file: &str, text: &str, direction: FileDirection) -> Vec<PreflightProblem> {
    CheckedScript::new(file, text, direction).problems()
}

/// The text of one file, as the checks read it.
pub(super) struct CheckedScript<'a> {
    lines: LineIndex,
    text: &'a str,
    direction: FileDirection,
    tokens: Vec<Token>,
    statements: Vec<Statement<'a>>,
    no_transaction: bool,
}

impl<'a> CheckedScript<'a> {
    pub(super) fn new(file: &str, text: &'a str, direction: FileDirection) -> Self {
        Self {
            lines: LineIndex::new(file.into(), text.into()),
            text,
            direction,
            tokens: sql::tokens(text),
            statements: sql::statements(text),
            no_transaction: is_no_transaction(text),
        }
    }

    /// Finds every problem of the text itself.
    pub(super) fn problems(&self) -> Vec<PreflightProblem> {
        let back = if self.direction == FileDirection::Down {
            irreversible::check(self)
        } else {
            Vec::new()
        };
        CHECKS
            .iter()
            .flat_map(|check| check(self))
            .chain(back)
            .collect()
    }

    fn problem(
        &self,
        span: Span,
        message: impl Into<String>,
        why: impl Into<String>,
        help: impl Into<String>,
    ) -> PreflightProblem {
        let location = self.lines.location(span);
        PreflightProblem {
            location,
            message: message.into(),
            why: why.into(),
            help: help.into(),
        }
    }
}

/// The first words of a statement, in upper case, for messages: `CREATE INDEX CONCURRENTLY`.
fn words(statement: &Statement<'_>, count: usize) -> String {
    let texts = statement
        .tokens
        .iter()
        .take(count)
        .map(|token| token.text(statement.source).to_ascii_uppercase());
    texts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The problems of a forward script, each as `line:column: message`.
    pub(in crate::migrations) fn problems(text: &str) -> Vec<String> {
        problems_of(text, FileDirection::Up)
    }

    /// The problems of a script, each as `line:column: message`.
    pub(in crate::migrations) fn problems_of(text: &str, direction: FileDirection) -> Vec<String> {
        let script = CheckedScript::new("V1__x.sql", text, direction);
        let brief = |problem: &PreflightProblem| {
            format!(
                "{}:{}: {}",
                problem.location.line, problem.location.column, problem.message
            )
        };
        script.problems().iter().map(brief).collect()
    }

    #[test]
    fn a_refusal_lists_every_problem_with_its_place() {
        let text = "begin;\nvacuum;\ncommit;";
        let refused = PreflightRefusal(
            CheckedScript::new("migrations/V1__x.sql", text, FileDirection::Up).problems(),
        )
        .to_string();
        assert!(
            refused.starts_with(
                "the migrations are not safe to run: 3 problems are to be fixed first\n"
            )
        );
        assert!(
            refused.contains("\n  migrations/V1__x.sql:3:1: `COMMIT` in a migration: "),
            "{refused}"
        );
    }
}
