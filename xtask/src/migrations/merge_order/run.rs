//! Runs the migrations of two branches on scratch databases in both orders.

use anyhow::Result;

use super::TwoBranches;
use crate::migrations::Migration;
use crate::migrations::comparison;
use crate::migrations::scratch_environment::{ScratchEnvironment, ScratchSession};
use crate::postgres::error::ServerError;
use crate::schema::diff::{SchemaDiff, diff};
use crate::schema::model::Schema;

/// The result of running the migrations.
pub(super) enum Outcome<'a> {
    /// The migrations that both stand on do not run.
    SharedFails(Failure<'a>),
    /// The judged branch's migrations fail without those of the other branch.
    OursFailAlone(Failure<'a>),
    /// The other branch's migrations fail without those of the judged branch.
    TheirsFailAlone(Failure<'a>),
    /// Each branch's migrations run by themselves.
    Ran(Box<Orders<'a>>),
}

/// Both orders.
pub(super) struct Orders<'a> {
    /// The schema of the shared migrations.
    pub base: Schema,
    /// The schema after the migrations of the judged branch alone.
    pub ours: Schema,
    /// The schema after the migrations of the other branch alone.
    pub theirs: Schema,
    /// The failure of the other branch's migrations after those of the judged branch.
    pub theirs_last: Option<Failure<'a>>,
    /// The failure of the judged branch's migrations after those of the other branch.
    pub ours_last: Option<Failure<'a>>,
    /// The difference of the schemas, where both orders run: from the one with the other branch's
    /// migrations last to the one with those of the judged branch last.
    pub difference: SchemaDiff,
}

/// A migration that failed.
pub(super) struct Failure<'a> {
    /// The migration.
    pub migration: &'a Migration,
    /// Its error.
    pub error: ServerError,
}

/// One order: the schema after the first branch, and that after both or a failure.
struct Order<'a> {
    session: ScratchSession,
    base: Schema,
    first: Schema,
    both: Result<Schema, Failure<'a>>,
}

enum Began<'a> {
    SharedFails(Failure<'a>),
    FirstFails(Failure<'a>),
    Ran(Box<Order<'a>>),
}

/// Runs both orders.
///
/// # Errors
/// When there is no scratch database, or it fails for reasons that are not in the migrations.
pub(super) fn in_both_orders<'a>(
    environment: &ScratchEnvironment<'_>,
    branches: &TwoBranches<'a>,
) -> Result<Outcome<'a>> {
    let shared = &branches.shared;
    let theirs_last = match order(environment, shared, &branches.ours, &branches.theirs)? {
        Began::SharedFails(failure) => return Ok(Outcome::SharedFails(failure)),
        Began::FirstFails(failure) => return Ok(Outcome::OursFailAlone(failure)),
        Began::Ran(order) => order,
    };
    let ours_last = match order(environment, shared, &branches.theirs, &branches.ours)? {
        Began::SharedFails(failure) => return Ok(Outcome::SharedFails(failure)),
        Began::FirstFails(failure) => return Ok(Outcome::TheirsFailAlone(failure)),
        Began::Ran(order) => order,
    };
    let difference = match (&theirs_last.both, ours_last.both.as_ref()) {
        (Ok(one), Ok(other)) if one != other => {
            let mut session = ours_last.session;
            let difference = comparison::in_spelling(&mut session, &diff(one, other))?;
            without_variation(environment, branches, one, difference)?
        }
        (Ok(_) | Err(_), _) => SchemaDiff::default(),
    };
    Ok(Outcome::Ran(Box::new(Orders {
        base: theirs_last.base,
        ours: theirs_last.first,
        theirs: ours_last.first,
        theirs_last: theirs_last.both.err(),
        ours_last: ours_last.both.err(),
        difference,
    })))
}

/// Leaves out what the same SQL makes differently each time it runs, such as names with a date.
fn without_variation(
    environment: &ScratchEnvironment<'_>,
    branches: &TwoBranches<'_>,
    made: &Schema,
    mut difference: SchemaDiff,
) -> Result<SchemaDiff> {
    if difference.is_empty() {
        return Ok(difference);
    }
    let again = order(
        environment,
        &branches.shared,
        &branches.ours,
        &branches.theirs,
    )?;
    if let Began::Ran(again) = again
        && let Ok(again) = &again.both
    {
        let varying = diff(made, again).changes;
        difference
            .changes
            .retain(|change| !varying.iter().any(|varies| varies.is_about_same(change)));
    }
    Ok(difference)
}

/// Runs `shared`, then `first`, then `last`, on a scratch database of its own.
fn order<'a>(
    environment: &ScratchEnvironment<'_>,
    shared: &[&'a Migration],
    first: &[&'a Migration],
    last: &[&'a Migration],
) -> Result<Began<'a>> {
    let mut session = environment.open()?;
    let work = session.replaying(shared.len() + first.len() + last.len());
    let run = |session: &mut ScratchSession, migrations: &[&'a Migration]| {
        for migration in migrations {
            work.next(&migration.to_string());
            if let Err(error) = session.replay([*migration]) {
                return failure(migration, error).map(Some);
            }
        }
        Ok(None)
    };
    if let Some(failure) = run(&mut session, shared)? {
        return Ok(Began::SharedFails(failure));
    }
    let base = session.read()?;
    if let Some(failure) = run(&mut session, first)? {
        return Ok(Began::FirstFails(failure));
    }
    let after_first = session.read()?;
    let both = match run(&mut session, last)? {
        Some(failure) => Err(failure),
        None => Ok(session.read()?),
    };
    Ok(Began::Ran(Box::new(Order {
        session,
        base,
        first: after_first,
        both,
    })))
}

/// The classes of errors that say nothing about the SQL: a cancelled statement (the time limit), a
/// full disk, a server in trouble.
const NOT_OF_THE_SQL: [&str; 4] = ["53", "57", "58", "XX"];

/// The failure that `error` is, where PostgreSQL refused the SQL.
fn failure(migration: &Migration, error: anyhow::Error) -> Result<Failure<'_>> {
    let refused = error.downcast_ref::<ServerError>().filter(|refused| {
        let state = refused.sqlstate.as_deref().unwrap_or_default();
        !refused.is_connection_lost()
            && !NOT_OF_THE_SQL.iter().any(|class| state.starts_with(class))
    });
    match refused.cloned() {
        Some(error) => Ok(Failure { migration, error }),
        None => Err(error),
    }
}
