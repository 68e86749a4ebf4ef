//! Makes findings of what happened when both orders ran.

use std::collections::{BTreeMap, BTreeSet};

use super::run::{Failure, Orders, Outcome};
use super::statements::{self, NamedStatement};
use super::{CONFLICT, Judged, TwoBranches, UNKNOWN, rows};
use crate::migrations::Migration;
use crate::report::{Category, Finding, Severity};
use crate::schema::diff::{Change, ChangeKind, SchemaDiff, diff};
use crate::source::{Location, Span};

/// The most changes of one object that a message lists.
const LISTED: usize = 3;

/// The advice where no order of the branches is right.
const DECIDE: &str =
    "decide between the two; or merge one, and write the other for the schema that is there then";

/// The statements of both branches, with the names in them.
struct Statements<'s, 'm> {
    ours: &'s [NamedStatement<'m>],
    theirs: &'s [NamedStatement<'m>],
}

/// Adds the findings and notes about `outcome`.
pub(super) fn add(branches: &TwoBranches<'_>, outcome: &Outcome<'_>, judged: &mut Judged) {
    let orders = match outcome {
        Outcome::Ran(orders) => orders,
        Outcome::SharedFails(failure) => {
            let whose = format!("of `{}`", branches.target);
            return judged.findings.push(unknown(branches, failure, &whose));
        }
        Outcome::TheirsFailAlone(failure) => {
            let whose = format!("of `{}`", branches.other);
            return judged.findings.push(unknown(branches, failure, &whose));
        }
        Outcome::OursFailAlone(failure) => {
            return judged.findings.push(behind_target(branches, failure));
        }
    };
    let (ours, theirs) = (
        statements::of(&branches.ours),
        statements::of(&branches.theirs),
    );
    let statements = Statements {
        ours: &ours,
        theirs: &theirs,
    };
    let failed = failures(branches, orders, &statements);
    let has_failed = failed.is_some();
    judged.findings.extend(failed);
    let differing = differences(branches, &orders.difference, &statements);
    let is_same = !has_failed && differing.is_empty();
    judged.findings.extend(differing);
    if is_same {
        judged.notes.push(same(branches, &orders.difference));
        judged
            .findings
            .extend(made_twice(branches, orders, &statements));
    }
    judged
        .findings
        .extend(unjudged_rows(branches, orders, &statements));
    judged.notes.extend(unseen_rows(orders, &statements));
}

/// A note about rows that statements change in ways that nothing shows.
fn unseen_rows(orders: &Orders<'_>, statements: &Statements<'_, '_>) -> Option<String> {
    let schemas = [&orders.base, &orders.ours, &orders.theirs];
    let mut unseen = rows::unseen(statements.ours, &schemas);
    unseen.extend(rows::unseen(statements.theirs, &schemas));
    (!unseen.is_empty()).then(|| {
        format!(
            "not judged, since it cannot be seen which rows change: {}",
            unseen.join("; ")
        )
    })
}

/// The verdict that the order does not matter to the schema.
fn same(branches: &TwoBranches<'_>, difference: &SchemaDiff) -> String {
    let other = branches.other;
    let mut note = format!(
        "this branch and `{other}` make the same schema in both orders (migrations: {} and {})",
        branches.ours.len(),
        branches.theirs.len()
    );
    let reordered: Vec<String> = difference
        .changes
        .iter()
        .filter(|change| matches!(change.what, ChangeKind::Reordered { .. }))
        .map(|change| format!("`{}`", change.object))
        .collect();
    if !reordered.is_empty() {
        note.push_str(&format!(
            "; only the columns of {} stand in another order, which `SELECT *` and INSERT without column names notice",
            reordered.join(", ")
        ));
    }
    note
}

fn finding(kind: &'static str, severity: Severity, entity: &str, message: String) -> Finding {
    Finding::new(kind, Category::Migrations, severity, entity, message)
}

fn conflict(entity: &str, message: String) -> Finding {
    finding(CONFLICT, Severity::Error, entity, message)
}

/// The place of a failure: that of PostgreSQL's error, else the start of the file.
fn place(failure: &Failure<'_>) -> Location {
    failure
        .error
        .location
        .clone()
        .unwrap_or_else(|| statements::place(failure.migration, Span::default()))
}

/// The finding that nothing is known, since some migrations do not run at all.
fn unknown(branches: &TwoBranches<'_>, failure: &Failure<'_>, whose: &str) -> Finding {
    let (migration, error) = (failure.migration, failure.error.headline());
    let message = format!(
        "cannot know whether the order of this branch and `{}` matters: `{migration}` {whose} fails by itself, at {}: \
         {error}",
        branches.other,
        place(failure)
    );
    finding(UNKNOWN, Severity::Warning, &migration.to_string(), message)
        .with_help("judge again when it runs")
}

/// A migration of the judged branch that fails behind those of the target.
fn behind_target(branches: &TwoBranches<'_>, failure: &Failure<'_>) -> Finding {
    // Without newer migrations of the target it is the migration itself that does not run.
    if branches.unseen.is_empty() {
        return unknown(branches, failure, "of this branch");
    }
    let target = branches.target;
    let message = format!(
        "it fails after the migrations that `{target}` got since this branch left it: {}",
        failure.error.headline()
    );
    let found = conflict(&failure.migration.to_string(), message);
    let newer = statements::of(&branches.unseen);
    let found = found.at(&place(failure), "fails here");
    at_cause(found, failure, &newer, target).with_help(format!(
        "rebase this branch onto `{target}`, and write the migration for the schema that is there"
    ))
}

/// Adds the statement of the other side that took or made what a failed statement names.
fn at_cause(
    finding: Finding,
    failure: &Failure<'_>,
    others: &[NamedStatement<'_>],
    branch: &str,
) -> Finding {
    match cause(failure, others) {
        Some(cause) => finding.at(
            &cause.location(),
            format!("in `{branch}`, which is run first"),
        ),
        None => finding,
    }
}

fn cause<'s, 'm>(
    failure: &Failure<'_>,
    others: &'s [NamedStatement<'m>],
) -> Option<&'s NamedStatement<'m>> {
    let own = statements::of(&[failure.migration]);
    let hints = failing(failure, &own).map(|one| one.names.clone());
    let names = statements::in_message(&failure.error.message);
    statements::naming(others, &names, &hints.unwrap_or_default())
}

/// The statement that failed.
fn failing<'s, 'm>(
    failure: &Failure<'_>,
    statements: &'s [NamedStatement<'m>],
) -> Option<&'s NamedStatement<'m>> {
    let failed = place(failure);
    let is_before = |one: &&NamedStatement<'_>| {
        let start = one.location();
        one.migration.file == failure.migration.file
            && (start.line, start.column) <= (failed.line, failed.column)
    };
    statements.iter().rfind(is_before)
}

/// The finding about orders in which a migration fails.
fn failures(
    branches: &TwoBranches<'_>,
    orders: &Orders<'_>,
    statements: &Statements<'_, '_>,
) -> Option<Finding> {
    let other = branches.other;
    match (&orders.ours_last, &orders.theirs_last) {
        (None, None) => None,
        (Some(ours), Some(theirs)) => Some(both_fail(branches, ours, theirs, statements)),
        (Some(ours), None) => {
            let message = format!(
                "it fails if `{other}` is merged first: {}",
                ours.error.headline()
            );
            let entity = ours.migration.to_string();
            let found = conflict(&entity, message).at(&place(ours), "fails here");
            Some(at_cause(found, ours, statements.theirs, other).with_help(format!(
                "merge this branch first, where what `{other}` then does to it is meant; or change one of the two"
            )))
        }
        (None, Some(theirs)) => {
            let message = format!(
                "`{other}` fails if this branch is merged first, in `{}` at {}: {}",
                theirs.migration,
                place(theirs),
                theirs.error.headline()
            );
            let cause = cause(theirs, statements.ours);
            let entity = cause
                .map_or(theirs.migration, |one| one.migration)
                .to_string();
            let at = cause.map(NamedStatement::location);
            Some(
                conflict(&entity, message)
                    .at_some(at.as_ref(), "in this branch, which is run first")
                    .at(&place(theirs), format!("fails in `{other}`"))
                    .with_help(format!(
                        "merge `{other}` first, where what this branch then does to it is meant; or change one of the two"
                    )),
            )
        }
    }
}

fn both_fail(
    branches: &TwoBranches<'_>,
    ours: &Failure<'_>,
    theirs: &Failure<'_>,
    statements: &Statements<'_, '_>,
) -> Finding {
    let other = branches.other;
    let (our_error, their_error) = (&ours.error, &theirs.error);
    let same_message = our_error.message == their_error.message;
    let pair = (
        failing(ours, statements.ours),
        failing(theirs, statements.theirs),
    );
    let is_alike = matches!(pair, (Some(one), Some(two)) if one.is_like(two));
    let (message, help) = if same_message && is_duplicate(our_error.sqlstate.as_deref()) {
        let how = if is_alike {
            "by the same statement"
        } else {
            "by different statements"
        };
        (
            format!(
                "`{other}` makes it as well ({how}), so that whichever branch is merged second fails: {}",
                our_error.headline()
            ),
            "keep it in one of the two branches, and let the other one wait for it".to_owned(),
        )
    } else if same_message {
        (
            format!(
                "whichever of this branch and `{other}` is merged second fails: {}",
                our_error.headline()
            ),
            DECIDE.to_owned(),
        )
    } else {
        (
            format!(
                "it fails if `{other}` is merged first: {}; `{}` of `{other}` fails if this branch is: {}",
                our_error.headline(),
                theirs.migration,
                their_error.headline()
            ),
            DECIDE.to_owned(),
        )
    };
    conflict(&ours.migration.to_string(), message)
        .at(&place(ours), format!("fails after `{other}`"))
        .at(
            &place(theirs),
            format!("fails in `{other}` after this branch"),
        )
        .with_help(help)
}

/// Whether an error says that something is there already: a column, an object, a schema, a table, a
/// function.
fn is_duplicate(state: Option<&str>) -> bool {
    ["42701", "42710", "42P06", "42P07", "42723"]
        .iter()
        .any(|duplicate| state == Some(duplicate))
}

/// A finding for each object that depends on the order.
fn differences(
    branches: &TwoBranches<'_>,
    difference: &SchemaDiff,
    statements: &Statements<'_, '_>,
) -> Vec<Finding> {
    let mut objects: BTreeMap<(&str, &str), Vec<&Change>> = BTreeMap::new();
    for change in &difference.changes {
        if !matches!(change.what, ChangeKind::Reordered { .. }) {
            let object = (change.kind.as_str(), change.object.as_str());
            objects.entry(object).or_default().push(change);
        }
    }
    objects
        .into_iter()
        .map(|((kind, object), changes)| of_object(branches, (kind, object), &changes, statements))
        .collect()
}

fn of_object(
    branches: &TwoBranches<'_>,
    (kind, object): (&str, &str),
    changes: &[&Change],
    statements: &Statements<'_, '_>,
) -> Finding {
    let other = branches.other;
    let is_sorting = changes.iter().all(|change| is_order_of_labels(change));
    let severity = match is_sorting {
        true => Severity::Warning,
        false => Severity::Error,
    };
    let all = SchemaDiff {
        changes: changes.iter().copied().cloned().collect(),
    };
    let words: Vec<String> = all
        .in_words()
        .into_iter()
        .map(|line| match line.strip_prefix(&format!("{object}: ")) {
            Some(rest) => rest.to_owned(),
            None => line,
        })
        .collect();
    let more = match words.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let words = words[..words.len().min(LISTED)].join("; ");
    let message = format!(
        "the {kind} depends on the order of merging: with this branch after `{other}`, instead of before it: {words}{more}"
    );
    let mut found = finding(CONFLICT, severity, object, message);
    let mut parts = changes.iter().filter_map(|change| change.part.as_ref());
    if let (Some((_, name)), None) = (parts.next(), parts.next()) {
        found = found.with_field(name.clone());
    }
    let names = statements::words(object)
        .chain(
            changes
                .iter()
                .filter_map(|change| change.part.as_ref())
                .map(|(_, name)| name.clone()),
        )
        .filter(|name| name != "public")
        .collect();
    let hints = BTreeSet::new();
    let place = |of: &[NamedStatement<'_>]| {
        statements::naming(of, &names, &hints).map(NamedStatement::location)
    };
    let help = match is_sorting {
        true => {
            "where the order of the values matters, say it: `ADD VALUE … BEFORE` or `AFTER` a value that both know"
        }
        false => {
            "decide which it is to be: merge one branch, and write the other one's migration so that it makes that"
        }
    };
    found
        .at_some(place(statements.ours).as_ref(), "changed in this branch")
        .at_some(
            place(statements.theirs).as_ref(),
            format!("changed in `{other}`"),
        )
        .with_help(help)
}

/// Whether a change is about the order of an enum's values only.
fn is_order_of_labels(change: &Change) -> bool {
    let ChangeKind::Changed {
        attribute,
        before,
        after,
    } = &change.what
    else {
        return false;
    };
    let sorted = |labels: &str| {
        let mut labels: Vec<String> = labels.split(", ").map(str::to_owned).collect();
        labels.sort_unstable();
        labels
    };
    attribute == "labels" && sorted(before) == sorted(after)
}

/// Warnings about objects that both branches make alike (`IF NOT EXISTS`, `OR REPLACE`).
fn made_twice(
    branches: &TwoBranches<'_>,
    orders: &Orders<'_>,
    statements: &Statements<'_, '_>,
) -> Vec<Finding> {
    let other = branches.other;
    let (ours, theirs) = (
        diff(&orders.base, &orders.ours),
        diff(&orders.base, &orders.theirs),
    );
    let is_whole =
        |change: &&Change| change.part.is_none() && matches!(change.what, ChangeKind::Added(_));
    let twice = ours
        .changes
        .iter()
        .filter(is_whole)
        .filter(|change| theirs.changes.iter().any(|one| one.is_about_same(change)));
    twice
        .map(|change| {
            let names = statements::words(&change.object)
                .filter(|name| name != "public")
                .collect();
            let hints = BTreeSet::new();
            let place = |of: &[NamedStatement<'_>]| {
                statements::naming(of, &names, &hints).map(NamedStatement::location)
            };
            let message = format!(
                "`{other}` makes the {} as well, alike: the second of the two does nothing, and undoing either takes it \
                 away from both",
                change.kind
            );
            finding(CONFLICT, Severity::Warning, &change.object, message)
                .at_some(place(statements.ours).as_ref(), "made in this branch")
                .at_some(place(statements.theirs).as_ref(), format!("made in `{other}`"))
                .with_help("keep it in one of the two branches")
        })
        .collect()
}

/// Warnings about rows, to which the order may matter.
fn unjudged_rows(
    branches: &TwoBranches<'_>,
    orders: &Orders<'_>,
    statements: &Statements<'_, '_>,
) -> Vec<Finding> {
    let other = branches.other;
    let schemas = [&orders.base, &orders.ours, &orders.theirs];
    let meetings = rows::meetings(statements.ours, statements.theirs, &schemas);
    meetings
        .into_iter()
        .map(|meeting| {
            let name = |migration: &Migration| migration.to_string();
            let message = format!(
                "cannot know whether the order of `{}` and of `{}` of `{other}` matters to its rows: a scratch database has none",
                name(meeting.ours.migration),
                name(meeting.theirs.migration)
            );
            finding(UNKNOWN, Severity::Warning, &meeting.table, message)
                .at(&meeting.ours.location(), "in this branch")
                .at(&meeting.theirs.location(), format!("in `{other}`"))
                .with_help("read both; where the order matters, merge the one that must run first before the other")
        })
        .collect()
}
