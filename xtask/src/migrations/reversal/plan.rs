//! Lists the steps from one schema to another, from the two models alone.

mod columns;
mod fill;
mod parts;
mod relations;
mod types;

use super::ddl::names::{comment, name};
use super::ddl::{grants, rare, routines};
use super::schemas::Schemas;
use super::step::{Phase, Step, Target};
use crate::schema::model::{Object, ObjectName, Routine, Schema};
use crate::schema::privileges;
pub(super) use types::{added_labels, with_other_labels};

/// Lists the steps that make the present schema the wanted one, in the order in which they are tried.
/// A later round finds what only shows when these are done.
#[must_use]
pub(super) fn steps(schemas: Schemas<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    namespaces(schemas, &mut steps);
    extensions(schemas, &mut steps);
    types::all(schemas, &mut steps);
    relations::sequences(schemas, &mut steps);
    relations::tables(schemas, &mut steps);
    relations::views(schemas, &mut steps);
    all_routines(schemas, &mut steps);
    objects(schemas, &mut steps);
    privileges(schemas, &mut steps);
    steps.sort_by_key(|step| step.phase);
    steps
}

fn namespaces(schemas: Schemas<'_>, steps: &mut Vec<Step>) {
    let (wanted, now) = (&schemas.wanted.namespaces, &schemas.now.namespaces);
    for (namespace, one) in wanted {
        let there = now.get(namespace);
        let on = format!("SCHEMA {}", name(namespace));
        if there.is_none() {
            steps.push(Step::new(Phase::Namespaces, format!("CREATE {on}")));
        }
        if there.and_then(|there| there.comment.as_ref()) != one.comment.as_ref() {
            steps.push(Step::new(
                Phase::Comments,
                comment(&on, one.comment.as_ref()),
            ));
        }
    }
    for namespace in now.keys().filter(|one| !wanted.contains_key(*one)) {
        let drop = format!("DROP SCHEMA {}", name(namespace));
        steps.push(Step::new(Phase::DropNamespaces, drop));
    }
}

fn extensions(schemas: Schemas<'_>, steps: &mut Vec<Step>) {
    let (wanted, now) = (&schemas.wanted.extensions, &schemas.now.extensions);
    for (extension, one) in wanted {
        let (called, place) = (name(extension), name(&one.namespace));
        match now.get(extension) {
            None => {
                let create = format!("CREATE EXTENSION {called} SCHEMA {place}");
                steps.push(Step::new(Phase::Namespaces, create));
            }
            Some(there) if there.namespace != one.namespace => {
                let alter = format!("ALTER EXTENSION {called} SET SCHEMA {place}");
                steps.push(Step::new(Phase::Namespaces, alter));
            }
            Some(_) => {}
        }
    }
    for extension in now.keys().filter(|one| !wanted.contains_key(*one)) {
        let drop = format!("DROP EXTENSION {}", name(extension));
        steps.push(Step::new(Phase::DropNamespaces, drop));
    }
}

fn all_routines(schemas: Schemas<'_>, steps: &mut Vec<Step>) {
    let (wanted, now) = (&schemas.wanted.routines, &schemas.now.routines);
    for (object, one) in wanted {
        let there = now.get(object);
        let is_same =
            there.is_some_and(|there| there.kind == one.kind && there.definition == one.definition);
        if !is_same {
            steps.push(routine(object, one, there));
        }
        if there.and_then(|there| there.comment.as_ref()) != one.comment.as_ref() {
            let on = format!(
                "{} {}",
                routines::word(one.kind),
                routines::signature(object)
            );
            steps.push(Step::new(
                Phase::Comments,
                comment(&on, one.comment.as_ref()),
            ));
        }
    }
    for (object, one) in now
        .iter()
        .filter(|(object, _)| !wanted.contains_key(*object))
    {
        let step = Step::new(Phase::DropRoutines, drop_routine(object, one));
        steps.push(step.blocked_by(Target::Routine(routines::signature(object))));
    }
}

fn routine(object: &ObjectName, wanted: &Routine, there: Option<&Routine>) -> Step {
    let create = routines::create(object, wanted);
    let step = Step::new(Phase::Routines, create.clone());
    match there {
        None => step,
        // `CREATE OR REPLACE` refuses another type of the result, and aggregates have none.
        Some(there) => step
            .or(vec![drop_routine(object, there), create])
            .blocked_by(Target::Routine(routines::signature(object))),
    }
}

fn drop_routine(object: &ObjectName, routine: &Routine) -> String {
    format!(
        "DROP {} {}",
        routines::word(routine.kind),
        routines::signature(object)
    )
}

fn objects(schemas: Schemas<'_>, steps: &mut Vec<Step>) {
    let none = std::collections::BTreeMap::new();
    let (wanted, now) = (&schemas.wanted.objects, &schemas.now.objects);
    let kinds: std::collections::BTreeSet<&String> = wanted.keys().chain(now.keys()).collect();
    for kind in kinds {
        let (wanted, now) = (
            wanted.get(kind).unwrap_or(&none),
            now.get(kind).unwrap_or(&none),
        );
        for (object, one) in wanted {
            object_step(schemas.wanted, (kind, object), one, now.get(object), steps);
        }
        for object in now.keys().filter(|object| !wanted.contains_key(*object)) {
            steps.extend(rare::drop(kind, object).map(|drop| Step::new(drop_phase(kind), drop)));
        }
    }
}

fn object_step(
    schema: &Schema,
    (kind, object): (&str, &str),
    wanted: &Object,
    there: Option<&Object>,
    steps: &mut Vec<Step>,
) {
    if there.is_none_or(|there| there.definition != wanted.definition) {
        let drop = there.and_then(|_| rare::drop(kind, object));
        let create = rare::create(schema, kind, object, wanted);
        steps.extend(create.map(|create| {
            let all = drop.into_iter().chain(create).collect();
            Step::of(create_phase(kind), all)
        }));
    }
    if there.and_then(|there| there.comment.as_ref()) != wanted.comment.as_ref() {
        let on = rare::comment_target(kind, object);
        steps
            .extend(on.map(|on| Step::new(Phase::Comments, comment(&on, wanted.comment.as_ref()))));
    }
}

/// Event triggers and publications watch over what the other steps change.
fn drop_phase(kind: &str) -> Phase {
    match kind {
        "event trigger" | "publication" | "subscription" => Phase::DropWatchers,
        _ => Phase::DropTypes,
    }
}

fn create_phase(kind: &str) -> Phase {
    match kind {
        "event trigger" | "publication" => Phase::Attributes,
        "collation" | "foreign data wrapper" | "server" => Phase::Types,
        _ => Phase::Constraints,
    }
}

/// Owners come first: a new owner has the privileges of the old one.
fn privileges(schemas: Schemas<'_>, steps: &mut Vec<Step>) {
    let (wanted, now) = (
        privileges::each(schemas.wanted),
        privileges::each(schemas.now),
    );
    let mut all: Vec<(bool, String)> = Vec::new();
    for gone in now
        .difference(&wanted)
        .filter(|one| one.is_of(schemas.wanted))
    {
        all.extend(grants::change(gone, false).map(|sql| (false, sql)));
    }
    // The constructors of a range type belong to it, and to whoever made the server.
    for missing in wanted
        .difference(&now)
        .filter(|one| one.is_of(schemas.wanted))
    {
        let sql = grants::change(missing, true);
        all.extend(sql.map(|sql| (missing.grantee.is_none(), sql)));
    }
    all.sort_by_key(|(is_owner, _)| !is_owner);
    steps.extend(
        all.into_iter()
            .map(|(_, sql)| Step::new(Phase::Grants, sql)),
    );
}
