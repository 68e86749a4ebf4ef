//! Counts before anything runs what the statements of pending migrations will destroy. It asks in a
//! read-only transaction, and each count has an end. What cannot be counted is said, and never taken
//! for nothing: the audit before each COMMIT decides.

mod code;
mod counted;
mod counts;
mod source;
mod types;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use postgres::{Client, IsolationLevel, Transaction};

use super::destructive::{self, Destruction, Name};
use super::storage_identity::StorageIdentity;
use super::{forward, loss};
use crate::migrations::Migration;
use crate::migrations::statements::{Effect, ParsedStatement, TableAction};
use crate::postgres::error::ServerError;
use crate::report::MigrationLoss;
use crate::schema::model::ObjectName;
use crate::source::{LineIndex, Span};
use code::MadeCode;
use counted::Counted;
use counts::count;

/// How long one count may take, in milliseconds. A run that has to wait longer says that it does
/// not know; the audit counts again without a limit.
const LIMIT: u32 = 10_000;

/// The losses of pending migrations, as far as their statements tell.
#[derive(Debug, Default)]
pub struct Foretold {
    /// Losses with their statements, in order; empty ones are left out.
    pub losses: Vec<MigrationLoss>,
    /// The losses that cannot be known before the migrations run, each with the reason.
    pub unknown: Vec<String>,
}

/// Counts on the database of `client` what `planned` will destroy. `accepted` are the names that the
/// command line gives.
///
/// # Errors
/// When the connection is gone. A count that fails is unknown.
pub fn foretell(
    client: &mut Client,
    planned: &[&Migration],
    accepted: &BTreeSet<String>,
) -> Result<Foretold> {
    let mut foretold = Foretold::default();
    let read = |migration: &&Migration| destructive::read(&migration.sql);
    let statements: Vec<Vec<ParsedStatement>> = planned.iter().map(read).collect();
    let destroys = |(migration, statements): (&&Migration, &Vec<ParsedStatement>)| {
        let mut each = statements.iter();
        each.any(|one| {
            !destructive::destructions(one).is_empty() || code::may_run(one, &migration.sql)
        }) || !destructive::relabelled(statements).is_empty()
    };
    // Without a statement that destroys anything or runs code, nobody is asked.
    if !planned.iter().zip(&statements).any(destroys) {
        return Ok(foretold);
    }
    let begun = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .read_only(true)
        .start();
    let mut transaction = begun.context("cannot begin a transaction to count what is lost")?;
    let texts = planned.iter().map(|one| one.sql.as_str());
    let storage = StorageIdentity::read_named(&mut transaction, texts)?;
    transaction
        .batch_execute(&format!(
            "{}; SET LOCAL statement_timeout = {LIMIT}",
            loss::SEE_ALL_ROWS
        ))
        .context("cannot prepare the session")?;
    // Tables whose rows an earlier migration changes: what is there now says nothing about then.
    let mut changed: BTreeSet<ObjectName> = BTreeSet::new();
    let mut so_far = SoFar::default();
    for (migration, statements) in planned.iter().zip(&statements) {
        let of_migration = one(
            &mut transaction,
            &storage,
            (migration, statements),
            (accepted, &changed),
            &mut so_far,
        )?;
        foretold.losses.extend(of_migration.foretold.losses);
        foretold.unknown.extend(of_migration.foretold.unknown);
        changed.extend(of_migration.changed);
    }
    // Two tables of one statement may be unknown for the same reason, which is said once.
    let mut said = BTreeSet::new();
    foretold.unknown.retain(|why| said.insert(why.clone()));
    Ok(foretold)
}

/// What the statements so far change for those that follow.
#[derive(Default)]
struct SoFar {
    /// The first statement after which names or inheritance are others, and how: "… gives another name
    /// to something".
    moved: Option<String>,
    code: MadeCode,
}

/// What is foretold of one migration, and the tables whose rows it changes.
#[derive(Default)]
struct OfMigration {
    foretold: Foretold,
    changed: Vec<ObjectName>,
}

fn one(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    (migration, statements): (&Migration, &[ParsedStatement]),
    (accepted, changed): (&BTreeSet<String>, &BTreeSet<ObjectName>),
    so_far: &mut SoFar,
) -> Result<OfMigration> {
    let lines = LineIndex::new(
        migration.file.as_str().into(),
        migration.sql.as_str().into(),
    );
    let mut all = OfMigration::default();
    // Tables that an earlier statement of the migration drops: their rows are counted there.
    let mut dropped: BTreeSet<ObjectName> = BTreeSet::new();
    let relabelled = destructive::relabelled(statements);
    for statement in statements {
        let of_statement = destructive::destructions(statement);
        // New names of values are judged with the last of them.
        let is_in =
            |span: Span| statement.span.start <= span.start && span.end <= statement.span.end;
        let relabelled = relabelled.iter().filter(|(span, _)| is_in(*span));
        for (span, destruction) in of_statement.into_iter().chain(relabelled.cloned()) {
            let line = lines.location(span).line;
            let place = format!("{}:{line}", migration.file);
            if let Some(moving) = &so_far.moved {
                all.foretold.unknown.push(format!(
                    "what {place} destroys, because {moving} before it; none is lost without consent"
                ));
                continue;
            }
            let mut tables = storage.meant(&destruction);
            tables.retain(|table| !dropped.contains(table));
            if let Some(table) = tables.iter().find(|table| changed.contains(table)) {
                let name = storage.names().name(&[&table.namespace, &table.name]);
                all.foretold.unknown.push(format!(
                    "what {place} destroys of `{name}`, because a migration before it changes its \
                     rows; none is lost without consent"
                ));
                continue;
            }
            if let Destruction::Table(_) | Destruction::Schema(_) = &destruction {
                dropped.extend(tables.iter().cloned());
            }
            let counted = in_savepoint(transaction, storage, (&destruction, &tables))?;
            all.changed.extend(tables);
            for counted in counted {
                match counted {
                    Counted::Loss(loss) if loss.count > 0 => {
                        let lost = forward::of_migration(migration, Some(line), loss, accepted);
                        all.foretold.losses.push(lost);
                    }
                    Counted::Loss(_empty) => {}
                    Counted::Unknown(why) => all.foretold.unknown.push(format!(
                        "what {place} destroys: {why}; none is lost without consent"
                    )),
                }
            }
        }
        let of_statement = (statement, migration.sql.as_str());
        let reasons = so_far.code.reasons(transaction, storage, of_statement)?;
        let line = lines.location(statement.span).line;
        for why in reasons {
            all.foretold.unknown.push(format!(
                "what {}:{line} destroys: it {why}, and its text does not tell which rows and values \
                 go; none is lost without consent",
                migration.file
            ));
        }
        so_far.code.follow(storage, statement);
        for effect in statement.effects.iter().filter(|_| !statement.undone) {
            let Some(how) = moves(storage, &dropped, statement, &effect.effect) else {
                continue;
            };
            let line = lines.location(effect.span).line;
            so_far
                .moved
                .get_or_insert_with(|| format!("{}:{line} {how}", migration.file));
        }
    }
    Ok(all)
}

/// How the names of today lead to other tables, columns or rows after `effect`; `None` where they do
/// not. Tables that pending migrations make have nothing to lose.
fn moves(
    storage: &StorageIdentity,
    dropped: &BTreeSet<ObjectName>,
    statement: &ParsedStatement,
    effect: &Effect,
) -> Option<&'static str> {
    let (table, action) = match effect {
        Effect::AlterTable { table, action, .. } => (table, action),
        // A table of that name is there, and this one is made beside it: a temporary one, or one in
        // another schema of the search path.
        Effect::CreateTable(created) if !created.if_not_exists => {
            let name = Name::of(&created.name, statement);
            let hidden = name.among(storage.table_names())?;
            return (!dropped.contains(hidden)).then_some("makes another table of that name");
        }
        _moves_nothing => return None,
    };
    let how = match action {
        TableAction::RenameColumn { .. } | TableAction::RenameTo(_) | TableAction::SetSchema(_) => {
            "gives another name to something"
        }
        TableAction::Inherit(_) | TableAction::NoInherit(_) => "changes what inherits",
        TableAction::AttachPartition { .. } | TableAction::DetachPartition(_) => {
            "changes the partitions"
        }
        _keeps_names => return None,
    };
    let name = Name::of(table, statement);
    name.among(storage.table_names()).map(|_| how)
}

/// Counts in a savepoint: a count that fails must not end the others.
fn in_savepoint(
    transaction: &mut Transaction<'_>,
    storage: &StorageIdentity,
    destruction: (&Destruction, &[ObjectName]),
) -> Result<Vec<Counted>> {
    let mut attempt = transaction
        .transaction()
        .context("cannot set a savepoint")?;
    let counted = count(&mut attempt, storage, destruction);
    attempt
        .rollback()
        .context("cannot go back to a savepoint")?;
    Ok(counted.unwrap_or_else(|error| vec![Counted::Unknown(reason(&error))]))
}

/// Says in one line why a count failed.
fn reason(error: &anyhow::Error) -> String {
    let server = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<ServerError>());
    match server.and_then(|server| server.sqlstate.as_deref()) {
        Some("57014") => format!("counting took longer than {} s", LIMIT / 1000),
        // The message of a value that cannot be converted (class 22) holds the value.
        Some(code) if code.starts_with("22") => {
            format!("an expression fails on a value (SQLSTATE {code})")
        }
        _ => format!("{error:#}").replace('\n', " "),
    }
}
