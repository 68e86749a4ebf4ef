//! The answers as findings.

use super::pending::Place;
use super::question::{Question, Which};
use super::{Foretold, KIND};
use crate::migrations::Migration;
use crate::report::{Category, Finding, Rule, Severity};
use crate::source::{LineIndex, Location, Span};

/// A statement that rows will stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The migration: `V7__add_user_bio`.
    pub migration: String,
    /// Its file.
    pub file: String,
    /// The bytes of the clause.
    pub span: Span,
    /// The table.
    pub table: String,
    /// The column, where it is about one.
    pub column: Option<String>,
    /// The number of rows in the way; none where a row makes the expression itself fail.
    pub rows: Option<i64>,
    /// The name of the key: `id`.
    pub key: String,
    /// The keys of some of them.
    pub keys: Vec<String>,
    /// The clause in a few words.
    pub clause: String,
    /// Which rows: "with NULL in `nick`".
    pub which: Which,
    /// What to do, in the imperative.
    pub help: String,
}

impl Obstacle {
    pub(super) fn new(
        place: Place<'_>,
        question: &Question,
        rows: Option<i64>,
        mut keys: Vec<String>,
    ) -> Self {
        // Numbers by their size, everything else by its letters.
        keys.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        Self {
            migration: place.migration.to_string(),
            file: place.migration.file.clone(),
            span: place.span,
            table: question.table.clone(),
            column: question.column.clone(),
            rows,
            key: question.source.key_name(),
            keys,
            clause: question.clause.clone(),
            which: question.which.clone(),
            help: question.help.clone(),
        }
    }

    /// `3 rows with NULL in `nick` are in the way of `SET NOT NULL` (`id` 1, 2, 3)`
    #[must_use]
    pub fn message(&self) -> String {
        let (Which { one, many }, clause) = (&self.which, &self.clause);
        let counted = match self.rows {
            None => return format!("at least one row {one}, which stops {clause}"),
            Some(1) => format!("1 row {one} is in the way of {clause}"),
            Some(rows) => format!("{rows} rows {many} are in the way of {clause}"),
        };
        if self.keys.is_empty() {
            return counted;
        }
        let more = match self.rows {
            Some(rows) if usize::try_from(rows).is_ok_and(|rows| rows > self.keys.len()) => ", …",
            _all => "",
        };
        format!("{counted} (`{}` {}{more})", self.key, self.keys.join(", "))
    }
}

/// The findings about foretold failures, in the order of the statements.
#[must_use]
pub fn findings(foretold: &Foretold, planned: &[&Migration], severity: Severity) -> Vec<Finding> {
    let mut findings = Vec::new();
    for obstacle in &foretold.obstacles {
        let mut finding = Finding::new(
            KIND,
            Category::Migrations,
            severity,
            &obstacle.table,
            obstacle.message(),
        )
        .at_some(
            location(planned, &obstacle.file, obstacle.span).as_ref(),
            "these rows stop it",
        )
        .with_help(obstacle.help.clone())
        .with_detail("migration", obstacle.migration.clone())
        .with_detail("key", obstacle.key.clone())
        .with_detail("keys", obstacle.keys.clone());
        if let Some(rows) = obstacle.rows {
            finding = finding.with_detail("rows", rows);
        }
        if let Some(column) = &obstacle.column {
            finding = finding.with_field(column.clone());
        }
        finding.critical = true;
        findings.push(finding);
    }
    findings
}

/// At most this many statements are named in one note.
const NAMED: usize = 3;

/// A note for each reason why rows could not be counted, with the statements.
#[must_use]
pub fn unknown(foretold: &Foretold, planned: &[&Migration]) -> Vec<String> {
    let mut by_reason: Vec<(&str, Vec<String>)> = Vec::new();
    for one in &foretold.unknown {
        let place = location(planned, &one.file, one.span);
        let line = place.map_or(0, |place| place.line);
        let named = format!("{} ({}:{line})", one.what, one.file);
        match by_reason.iter_mut().find(|(why, _)| *why == one.why) {
            Some((_, statements)) => statements.push(named),
            None => by_reason.push((&one.why, vec![named])),
        }
    }
    let note = |(why, statements): (&str, Vec<String>)| {
        let more = match statements.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named: Vec<_> = statements.into_iter().take(NAMED).collect();
        format!(
            "whether rows stop {}{more}: it cannot be known, because {why}",
            named.join(", ")
        )
    };
    by_reason.into_iter().map(note).collect()
}

fn location(planned: &[&Migration], file: &str, span: Span) -> Option<Location> {
    let migration = planned.iter().find(|migration| migration.file == file)?;
    let lines = LineIndex::new(
        migration.file.as_str().into(),
        migration.sql.as_str().into(),
    );
    Some(lines.location(span))
}

/// The documentation of the findings, for reports that carry it.
#[must_use]
pub fn documentation() -> Rule {
    Rule {
        kind: KIND,
        summary: "A migration that is not applied yet fails on rows that are there.".into(),
        help: "A migration that is not applied yet fails on rows that are there.\n\n## Why\n\
               The statement runs on an empty database, in tests and in CI, and fails in production, in the middle \
               of a deployment. Against a database the rows in the way are counted before anything runs, in \
               read-only transactions with a timeout, and named by their keys. Without a database the statements \
               are found that fail as soon as their table has a row.\n\n\
               ## Example\n```sql\nALTER TABLE users ADD COLUMN role text NOT NULL;\n```\n\
               fails if `users` has any row, because these rows would have NULL there. Add a guard: a `DEFAULT`, \
               or a column that may be NULL, an `UPDATE` that fills it, and then `SET NOT NULL`. An earlier \
               statement that empties the table is a guard as well. Where the count cannot be known (a pending \
               statement changes these rows, a function is volatile, the role may not read the table), the report \
               says so and counts nothing."
            .into(),
    }
}
