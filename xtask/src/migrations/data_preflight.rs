//! Foretells which pending statements rows stop, before anything runs. Each statement that rows can
//! stop becomes a question to the target: how many rows are in the way, and which. The questions run
//! in read-only transactions of their own with timeouts, and take no lock that a writer waits for.
//! Where the answer cannot be known, that is said: nothing is ever counted as zero for want of an
//! answer.

mod answer;
mod ask;
mod conversion;
mod finding;
mod pending;
mod question;
mod questions;
mod sizes;
mod source;
mod target;

use std::time::{Duration, Instant};

use anyhow::Result;
use postgres::Client;

pub use finding::{Obstacle, documentation, findings, unknown};
pub use sizes::sizes_of;

use super::statements::{self, ParsedStatement};
use super::{Migration, server_code};
use crate::source::Span;
use answer::Answer;
use pending::Pending;
use question::{Posed, Question};
use target::Target;

/// The type of the findings.
pub const KIND: &str = "FAILS_ON_ROWS";

/// How long the questions may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// One question.
    pub question: Duration,
    /// All of them: a run that applies many migrations does not wait for each count in turn.
    pub total: Duration,
}

impl Default for Limits {
    /// Ten seconds read about ten million rows from memory. Three times that, for all questions, is
    /// about as long as a person waits for a command that has not begun to work.
    fn default() -> Self {
        Self {
            question: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

/// A statement whose rows could not be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The migration: `V7__add_user_bio`.
    pub migration: String,
    /// Its file.
    pub file: String,
    /// The bytes of the clause.
    pub span: Span,
    /// What the statement does, in a few words: "`SET NOT NULL` of `teams.nick`".
    pub what: String,
    /// The reason, after "because".
    pub why: String,
}

/// The answers about all pending statements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Foretold {
    /// The statements that will fail.
    pub obstacles: Vec<Obstacle>,
    /// The statements whose rows could not be counted.
    pub unknown: Vec<Unknown>,
    /// The number of questions that were asked.
    pub asked: usize,
}

/// Asks the database of `client` about the `planned` migrations, which will run on it in this order.
///
/// # Errors
/// When the connection is lost, or the catalogs cannot be read.
pub fn foretell(client: &mut Client, planned: &[&Migration], limits: Limits) -> Result<Foretold> {
    let mut foretold = Foretold::default();
    if planned.is_empty() {
        return Ok(foretold);
    }
    let begin = Instant::now();
    let mut target = Target::new(client)?;
    // Pending statements meet the rows that they met on the scratch database, and no others.
    if !target.has_tables() {
        return Ok(foretold);
    }
    let base = target.search_path()?;
    let mut pending = Pending::default();
    for migration in planned {
        // The state before statements that a savepoint takes back.
        let mut before: Option<Pending> = None;
        for statement in statements::read(&migration.sql, &base) {
            if statement.undone {
                before.get_or_insert_with(|| pending.clone());
            } else if let Some(before) = before.take() {
                pending = before;
            }
            for placed in &statement.effects {
                let place = pending::Place {
                    migration,
                    statement: &statement,
                    span: placed.span,
                };
                let posed = questions::pose(&mut pending, &mut target, place, &placed.effect)?;
                pending.apply(&mut target, place, &placed.effect)?;
                foretold.ask(&mut target, place, posed, (limits, begin))?;
            }
            foretold.doubt_code(&mut pending, &mut target, (migration, &statement))?;
        }
    }
    Ok(foretold)
}

impl Foretold {
    /// Asks what is `posed` about a clause, within what is left of the time since `begin`.
    fn ask(
        &mut self,
        target: &mut Target<'_>,
        place: pending::Place<'_>,
        posed: Vec<Posed>,
        (limits, begin): (Limits, Instant),
    ) -> Result<()> {
        for posed in posed {
            let question = match posed {
                Posed::Question(question) => question,
                Posed::Unknown { what, why } => {
                    self.add(place, (what, Answer::Unknown(why), None));
                    continue;
                }
            };
            self.asked += 1;
            let left = limits.total.saturating_sub(begin.elapsed());
            let answer = ask::ask(target, &question, limits.question.min(left))?;
            self.add(place, (question.subject(), answer, Some(*question)));
        }
        Ok(())
    }

    /// Notes that a statement may change any row: by a function that it calls, or through a view.
    fn doubt_code(
        &mut self,
        pending: &mut Pending,
        target: &mut Target<'_>,
        (migration, statement): (&Migration, &ParsedStatement),
    ) -> Result<()> {
        let place = pending::Place {
            migration,
            statement,
            span: statement.span,
        };
        let called = statements::called(statement, &migration.sql);
        let found = match pending.made_function(&called) {
            Some(made) => Some(made.clone()),
            None => target.writing(&called)?,
        };
        if let Some(name) = found {
            pending.doubt(place, &format!("calls `{name}`"));
        }
        let text = migration.sql.get(statement.span.range());
        let text = text.unwrap_or_default().to_ascii_lowercase();
        if text.contains("session_replication_role") {
            pending.doubt(place, "may switch off triggers and foreign keys");
        }
        if text.trim_start().starts_with("set constraints") {
            pending.doubt(place, "defers constraints");
        }
        for (reference, _event) in server_code::events(statement) {
            if pending.resolve(target, place, reference)?.is_none()
                && target.is_view(reference, &statement.path)?
            {
                let name = reference.name();
                let why = "it changes rows of other tables through a view";
                self.add(
                    place,
                    (
                        format!("the statement on `{name}`"),
                        Answer::Unknown(why.into()),
                        None,
                    ),
                );
                pending.doubt(place, &format!("changes rows through the view `{name}`"));
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        place: pending::Place<'_>,
        (what, answer, question): (String, Answer, Option<Question>),
    ) {
        match (answer, question) {
            (Answer::InTheWay { rows, keys }, Some(question)) => {
                // A question that fails over the rows of another says nothing new about them.
                let is_told = self.obstacles.iter().any(|other| other.span == place.span);
                if rows.is_some() || !is_told {
                    self.obstacles
                        .push(Obstacle::new(place, &question, rows, keys));
                }
            }
            (Answer::Unknown(why), _) => {
                let same = |other: &Unknown| other.span == place.span && other.why == why;
                if !self.unknown.iter().any(same) {
                    self.unknown.push(Unknown {
                        migration: place.migration.to_string(),
                        file: place.migration.file.clone(),
                        span: place.span,
                        what,
                        why,
                    });
                }
            }
            _nothing_in_the_way => {}
        }
    }
}
