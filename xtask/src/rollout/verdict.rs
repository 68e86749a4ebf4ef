//! The order of a release, from what each code loses with the other's schema.

use std::collections::BTreeMap;

use super::changes::lost;
use super::commit::{Commit, Side};
use super::demands::{CodeDemands, Written};
use super::loss::{Loss, Lost};
use super::not_judged::not_judged;
use super::places::{MigrationPlaces, words};
use super::plan::{self, Basis};
use super::renames::Renames;
use super::wording;
use crate::checks::entities::entities;
use crate::config::Config;
use crate::report::{CodePlace, DeployOrder, ReleaseOrder, RolloutProblem};
use crate::schema::model::{ObjectName, Schema};

/// Judges the four pairs; none where the schema stays. `kept` is what the new code wants of the old
/// schema.
#[must_use]
pub fn judge(
    running: Commit<'_>,
    new: Commit<'_>,
    kept: &CodeDemands,
    places: &MigrationPlaces<'_>,
    config: &Config,
) -> Option<DeployOrder> {
    if running.schema == new.schema {
        return None;
    }
    let (old_schema, new_schema) = (running.schema, new.schema);
    let renames = Renames::read(places.migrations(), old_schema);
    let (forward, back) = ((old_schema, new_schema), (new_schema, old_schema));
    let lost_by_running = lost(running.demands, forward, &renames, config);
    let lost_by_new = lost(new.demands, back, &renames, config);
    let mut lost_by_both = lost(kept, forward, &renames, config);
    lost_by_both.retain(|loss| is_seen_beside_old_schema(loss, new.demands));
    let breaks = problems(&lost_by_running, Side::Running, forward, places);
    let needs: Vec<_> = problems(&lost_by_new, Side::New, back, places)
        .into_iter()
        .filter(|one| one.certain)
        .collect();
    let left_behind: Vec<_> = problems(&lost_by_both, Side::Running, forward, places)
        .into_iter()
        .filter(|one| one.certain)
        .collect();
    let is_broken = breaks.iter().any(|one| one.certain);
    let order = match (is_broken, !needs.is_empty()) {
        (true, true) => ReleaseOrder::TwoReleases,
        (true, false) if !left_behind.is_empty() => ReleaseOrder::TwoReleases,
        (true, false) => ReleaseOrder::DeployFirst,
        (false, true) => ReleaseOrder::MigrateFirst,
        (false, false) => ReleaseOrder::Either,
    };
    let unknown = unknown(running, new_schema, config);
    let releases = match order {
        ReleaseOrder::TwoReleases => {
            let basis = Basis {
                running,
                new,
                places,
                renames: &renames,
                major: config.postgres_major,
            };
            plan::releases(&lost_by_running, basis, &left_behind)
        }
        ReleaseOrder::MigrateFirst | ReleaseOrder::DeployFirst | ReleaseOrder::Either => Vec::new(),
    };
    Some(DeployOrder {
        order,
        breaks,
        needs,
        left_behind,
        unknown,
        not_judged: not_judged(old_schema, new_schema, running.demands),
        releases,
    })
}

/// Whether what the new code loses between both schemas follows from what it wants of the old one.
/// Beside the old schema nobody sees that it writes a column of the new one, or that a name means
/// what it is to mean.
fn is_seen_beside_old_schema(loss: &Loss<'_>, new: &CodeDemands) -> bool {
    match &loss.what {
        Lost::NotWritten | Lost::MeansOther(_) => false,
        Lost::LeftOut => {
            let column = loss.column.as_deref().unwrap_or_default();
            let mut of_table = new
                .tables
                .iter()
                .filter(|one| one.table == loss.demand.table);
            !of_table.any(|one| {
                let field = one.column(column);
                field.is_some_and(|field| field.written == Written::Always)
            })
        }
        _of_both => true,
    }
}

/// The problems behind `losses`: one for each table, column and kind of loss, with all declarations
/// that say it.
fn problems(
    losses: &[Loss<'_>],
    side: Side,
    (own, other): (&Schema, &Schema),
    places: &MigrationPlaces<'_>,
) -> Vec<RolloutProblem> {
    let mut grouped: BTreeMap<_, Vec<&Loss<'_>>> = BTreeMap::new();
    for loss in losses {
        let key = (&loss.demand.table, &loss.column, rank(&loss.what));
        grouped.entry(key).or_default().push(loss);
    }
    // The firmest declaration tells what is lost.
    grouped
        .into_values()
        .map(|mut losses| {
            losses.sort_by_key(|loss| !loss.certain);
            problem(&losses, side, (own, other), places)
        })
        .collect()
}

/// One loss of a column is told once, whatever several declarations make of it.
fn rank(what: &Lost) -> (u8, Option<&Lost>) {
    match what {
        Lost::Table => (0, None),
        Lost::Column => (1, None),
        Lost::NotWritten | Lost::LeftOut => (2, None),
        Lost::NullRefused => (3, None),
        Lost::NullRead => (4, None),
        Lost::Computed => (5, None),
        Lost::Kind(..) | Lost::Narrowed(..) | Lost::TypeName(..) => (6, None),
        Lost::ValuesGone(_) => (7, None),
        Lost::ValuesUnknown(_) => (8, None),
        Lost::Restricted(..) => (9, Some(what)),
        Lost::MeansOther(_) => (10, None),
    }
}

fn problem(
    losses: &[&Loss<'_>],
    side: Side,
    (own, other): (&Schema, &Schema),
    places: &MigrationPlaces<'_>,
) -> RolloutProblem {
    let first = losses[0];
    let (table, column) = (&first.demand.table, first.column.as_deref());
    let words = words(first, [other, own]);
    let cause = places.cause(table, column, &first.what, &words);
    let cause = cause.filter(|_| side == Side::Running);
    let renamed = column
        .filter(|_| first.what == Lost::Column)
        .and_then(|column| {
            let now = columns_of(other, table);
            places.renamed(table, column, &now)
        });
    let code = losses.iter().map(|loss| {
        let field = loss
            .column
            .as_deref()
            .and_then(|name| loss.demand.column(name));
        CodePlace {
            declaration: loss.demand.declaration.clone(),
            location: field
                .map_or(&loss.demand.location, |field| &field.location)
                .clone(),
        }
    });
    let mut code: Vec<_> = code.collect();
    code.dedup();
    RolloutProblem {
        entity: table.to_string(),
        field: first.column.clone(),
        message: wording::message(first, side, renamed.as_deref()),
        code,
        accepted: cause.as_ref().and_then(|cause| cause.accepted.clone()),
        migration: cause.map(|cause| cause.location),
        certain: losses.iter().any(|loss| loss.certain),
        remedy: wording::remedy(first),
    }
}

fn columns_of(schema: &Schema, table: &ObjectName) -> Vec<String> {
    let of_table = schema.tables.get(table).map(|table| &table.columns);
    let of_view = schema.views.get(table).map(|view| &view.columns);
    let columns = of_table.or(of_view).into_iter().flatten();
    columns.map(|column| column.name.clone()).collect()
}

/// Tables that lose something, and of which nothing is declared: nobody knows what the running code
/// does with them.
fn unknown(running: Commit<'_>, new: &Schema, config: &Config) -> Vec<String> {
    let after = entities(new, config);
    let mut unknown = Vec::new();
    for before in entities(running.schema, config) {
        let is_declared = running
            .demands
            .tables
            .iter()
            .any(|one| one.table == *before.name);
        let same = after.iter().find(|after| after.name == before.name);
        let keeps = |after: &crate::checks::entities::Entity<'_>| {
            before
                .columns
                .iter()
                .all(|column| after.column(&column.column.name).is_some())
        };
        if !is_declared && !same.is_some_and(keeps) {
            unknown.push(before.title());
        }
    }
    unknown
}
