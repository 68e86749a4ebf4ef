//! Steps for enums, composite types, domains and ranges.

use super::super::ddl::columns::type_of;
use super::super::ddl::names::{comment, name, qualified, text};
use super::super::ddl::types::{create_composite, create_domain, create_enum, create_range};
use super::super::schemas::Schemas;
use super::super::step::{Phase, Step, Target};
use crate::schema::model::{Composite, Domain, Enum, ObjectName, Schema};

/// The end of the name that a type has while its columns move to the wanted one.
const REPLACED: &str = "__replaced";

pub(super) fn all(schemas: Schemas<'_>, steps: &mut Vec<Step>) {
    let Schemas { wanted, now } = schemas;
    for (object, one) in &wanted.enums {
        match now.enums.get(object) {
            None => steps.push(Step::new(Phase::Types, create_enum(object, one))),
            Some(there) if there.labels != one.labels => {
                steps.push(labels(schemas, object, one, there));
            }
            Some(_) => {}
        }
        let there = now
            .enums
            .get(object)
            .and_then(|there| there.comment.as_ref());
        comments("TYPE", object, one.comment.as_ref(), there, steps);
    }
    for (object, one) in &wanted.composites {
        match now.composites.get(object) {
            None => steps.push(Step::new(Phase::Types, create_composite(object, one))),
            Some(there) => attributes(object, one, there, steps),
        }
        let there = now
            .composites
            .get(object)
            .and_then(|there| there.comment.as_ref());
        comments("TYPE", object, one.comment.as_ref(), there, steps);
    }
    for (object, one) in &wanted.domains {
        match now.domains.get(object) {
            None => steps.push(Step::new(Phase::Types, create_domain(object, one))),
            Some(there) => domain(schemas, object, (one, there), steps),
        }
        checks(object, one, now.domains.get(object), steps);
        let there = now
            .domains
            .get(object)
            .and_then(|there| there.comment.as_ref());
        comments("DOMAIN", object, one.comment.as_ref(), there, steps);
    }
    for (object, one) in &wanted.ranges {
        let there = now.ranges.get(object);
        if there.is_none_or(|there| there.definition != one.definition) {
            let drop = there.map(|_| format!("DROP TYPE {}", qualified(object)));
            let all = drop
                .into_iter()
                .chain([create_range(object, one)])
                .collect();
            steps.push(Step::of(Phase::Types, all));
        }
        let there = there.and_then(|there| there.comment.as_ref());
        comments("TYPE", object, one.comment.as_ref(), there, steps);
    }
    drops(schemas, steps);
}

fn drops(Schemas { wanted, now }: Schemas<'_>, steps: &mut Vec<Step>) {
    let types = now
        .enums
        .keys()
        .filter(|object| !wanted.enums.contains_key(*object))
        .chain(
            now.composites
                .keys()
                .filter(|object| !wanted.composites.contains_key(*object)),
        )
        .chain(
            now.ranges
                .keys()
                .filter(|object| !wanted.ranges.contains_key(*object)),
        );
    for object in types {
        let drop = format!("DROP TYPE {}", qualified(object));
        let step = Step::new(Phase::DropTypes, drop);
        steps.push(step.blocked_by(Target::Type(qualified(object))));
    }
    for object in now
        .domains
        .keys()
        .filter(|one| !wanted.domains.contains_key(*one))
    {
        let drop = format!("DROP DOMAIN {}", qualified(object));
        let step = Step::new(Phase::DropTypes, drop);
        steps.push(step.blocked_by(Target::Type(qualified(object))));
    }
}

fn comments(
    kind: &str,
    object: &ObjectName,
    wanted: Option<&String>,
    now: Option<&String>,
    steps: &mut Vec<Step>,
) {
    if wanted != now {
        let on = format!("{kind} {}", qualified(object));
        steps.push(Step::new(Phase::Comments, comment(&on, wanted)));
    }
}

/// Values of an enum can be added, but none can be removed: then the columns move to a new type.
fn labels(schemas: Schemas<'_>, object: &ObjectName, wanted: &Enum, now: &Enum) -> Step {
    let is_kept = |label: &&String| wanted.labels.contains(label);
    let kept: Vec<&String> = now.labels.iter().filter(is_kept).collect();
    let is_longer = kept.len() == now.labels.len();
    let order: Vec<&String> = wanted
        .labels
        .iter()
        .filter(|label| kept.contains(label))
        .collect();
    let added: Vec<&String> = wanted
        .labels
        .iter()
        .filter(|label| !kept.contains(label))
        .collect();
    // A value that a transaction adds cannot be used in it, as by a default.
    if is_longer && order == kept && !is_used(schemas.wanted, object, &added) {
        return Step::of(Phase::Types, added_labels(object, wanted, now));
    }
    let gone: Vec<String> = now
        .labels
        .iter()
        .filter(|label| !wanted.labels.contains(label))
        .map(|label| text(label))
        .collect();
    let step = replaced(schemas, object, create_enum(object, wanted), "TYPE", "text");
    match gone.is_empty() {
        true => step,
        false => step.saying(format!("Fails while a row holds {}.", gone.join(" or "))),
    }
}

pub(in super::super) fn added_labels(
    object: &ObjectName,
    wanted: &Enum,
    now: &Enum,
) -> Vec<String> {
    let mut all = Vec::new();
    for (at, label) in wanted.labels.iter().enumerate() {
        if now.labels.contains(label) {
            continue;
        }
        // Those before it are there by now, and the first one stands before another.
        let place = match at
            .checked_sub(1)
            .and_then(|before| wanted.labels.get(before))
        {
            Some(before) => format!(" AFTER {}", text(before)),
            None => match now.labels.first() {
                Some(first) => format!(" BEFORE {}", text(first)),
                None => String::new(),
            },
        };
        all.push(format!(
            "ALTER TYPE {} ADD VALUE {}{place}",
            qualified(object),
            text(label)
        ));
    }
    all
}

/// Statements after which the enum `object` has its labels in `schemas`, and no others.
pub(in super::super) fn with_other_labels(
    schemas: Schemas<'_>,
    object: &ObjectName,
) -> Vec<String> {
    let Some(wanted) = schemas.wanted.enums.get(object) else {
        return Vec::new();
    };
    let step = replaced(schemas, object, create_enum(object, wanted), "TYPE", "text");
    step.ways.into_iter().next().unwrap_or_default()
}

/// Whether a definition of the schema may use one of the labels. Its text shows that.
fn is_used(schema: &Schema, object: &ObjectName, labels: &[&String]) -> bool {
    // As `Debug` writes it, quotes in a text are escaped.
    let all = format!("{schema:?}").replace("\\\"", "\"");
    let type_name = qualified(object);
    labels
        .iter()
        .any(|label| all.contains(&format!("{}::{type_name}", text(label))))
}

/// The step in which every column of a type moves to another type of its name, by way of
/// `through`.
fn replaced(
    schemas: Schemas<'_>,
    object: &ObjectName,
    create: String,
    word: &str,
    through: &str,
) -> Step {
    let old = ObjectName {
        namespace: object.namespace.clone(),
        name: format!("{}{REPLACED}", object.name),
    };
    let mut all = vec![
        format!(
            "ALTER {word} {} RENAME TO {}",
            qualified(object),
            name(&old.name)
        ),
        create,
    ];
    let own = [qualified(object), format!("{}[]", qualified(object))];
    for (table, there) in &schemas.now.tables {
        for column in there.columns.iter().filter(|column| !column.inherited) {
            if there.partition.is_some() || !own.contains(&column.type_name) {
                continue;
            }
            let array = if column.type_name.ends_with("[]") {
                "[]"
            } else {
                ""
            };
            let called = name(&column.name);
            let alter = format!("ALTER TABLE {} ALTER COLUMN {called}", qualified(table));
            if column.default.is_some() {
                all.push(format!("{alter} DROP DEFAULT"));
            }
            all.push(format!(
                "{alter} TYPE {} USING {called}::{through}{array}::{}",
                column.type_name, column.type_name
            ));
            if let Some(default) = &column.default {
                all.push(format!("{alter} SET DEFAULT {default}"));
            }
        }
    }
    all.push(format!("DROP {word} {}", qualified(&old)));
    let without_defaults = all
        .iter()
        .filter(|statement| !statement.contains(" SET DEFAULT "))
        .cloned()
        .collect();
    Step::of(Phase::Types, all)
        .or(without_defaults)
        .blocked_by(Target::Type(qualified(object)))
}

fn attributes(object: &ObjectName, wanted: &Composite, now: &Composite, steps: &mut Vec<Step>) {
    let alter = format!("ALTER TYPE {}", qualified(object));
    for column in &wanted.columns {
        let called = name(&column.name);
        match now.columns.iter().find(|there| there.name == column.name) {
            None => steps.push(Step::new(
                Phase::Types,
                format!("{alter} ADD ATTRIBUTE {called} {}", type_of(column)),
            )),
            Some(there) if type_of(there) != type_of(column) => steps.push(
                Step::new(
                    Phase::Types,
                    format!("{alter} ALTER ATTRIBUTE {called} TYPE {}", type_of(column)),
                )
                .blocked_by(Target::Type(qualified(object))),
            ),
            Some(_) => {}
        }
        let there = now.columns.iter().find(|there| there.name == column.name);
        if there.and_then(|there| there.comment.as_ref()) != column.comment.as_ref() {
            let on = format!("COLUMN {}.{called}", qualified(object));
            steps.push(Step::new(
                Phase::Comments,
                comment(&on, column.comment.as_ref()),
            ));
        }
    }
    for column in &now.columns {
        if wanted.columns.iter().all(|one| one.name != column.name) {
            let drop = format!("{alter} DROP ATTRIBUTE {}", name(&column.name));
            let step = Step::new(Phase::DropTypes, drop);
            steps.push(step.blocked_by(Target::Type(qualified(object))));
        }
    }
}

fn domain(
    schemas: Schemas<'_>,
    object: &ObjectName,
    (wanted, now): (&Domain, &Domain),
    steps: &mut Vec<Step>,
) {
    if (&wanted.type_name, &wanted.collation) != (&now.type_name, &now.collation) {
        let create = create_domain(object, wanted);
        steps.push(replaced(
            schemas,
            object,
            create,
            "DOMAIN",
            &wanted.type_name,
        ));
        return;
    }
    let alter = format!("ALTER DOMAIN {}", qualified(object));
    if wanted.default != now.default {
        let change = match &wanted.default {
            Some(default) => format!("{alter} SET DEFAULT {default}"),
            None => format!("{alter} DROP DEFAULT"),
        };
        steps.push(Step::new(Phase::Attributes, change));
    }
    if wanted.not_null != now.not_null {
        let word = if wanted.not_null { "SET" } else { "DROP" };
        steps.push(Step::new(
            Phase::Attributes,
            format!("{alter} {word} NOT NULL"),
        ));
    }
}

fn checks(object: &ObjectName, wanted: &Domain, now: Option<&Domain>, steps: &mut Vec<Step>) {
    let alter = format!("ALTER DOMAIN {}", qualified(object));
    for (check, definition) in &wanted.checks {
        let there = now.and_then(|now| now.checks.get(check));
        // A new domain has its checks, except those that are not validated.
        let is_new = now.is_none() && !definition.ends_with(" NOT VALID");
        if there != Some(definition) && !is_new {
            let drop = there.map(|_| format!("{alter} DROP CONSTRAINT {}", name(check)));
            let add = format!("{alter} ADD CONSTRAINT {} {definition}", name(check));
            let all = drop.into_iter().chain([add]).collect();
            steps.push(Step::of(Phase::Constraints, all));
        }
        let wanted = wanted.check_comments.get(check);
        if now.and_then(|now| now.check_comments.get(check)) != wanted {
            let on = format!("CONSTRAINT {} ON DOMAIN {}", name(check), qualified(object));
            steps.push(Step::new(Phase::Comments, comment(&on, wanted)));
        }
    }
    let Some(now) = now else { return };
    for check in now
        .checks
        .keys()
        .filter(|check| !wanted.checks.contains_key(*check))
    {
        let drop = format!("{alter} DROP CONSTRAINT {}", name(check));
        steps.push(Step::new(Phase::DropConstraints, drop));
    }
}
