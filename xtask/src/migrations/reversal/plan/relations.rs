//! Steps for sequences, tables and views.

use super::super::ddl::columns::{attributes, path_parts};
use super::super::ddl::names::{comment, name, qualified};
use super::super::ddl::tables::{attach, create};
use super::super::ddl::types::{all_sequence_options, create_sequence};
use super::super::ddl::views;
use super::super::schemas::Schemas;
use super::super::step::{Phase, Step, Target};
use super::columns::TablePair;
use super::parts::Owner;
use crate::schema::model::{Column, ObjectName, Sequence, Table, View};

pub(super) fn sequences(schemas: Schemas<'_>, steps: &mut Vec<Step>) {
    let (wanted, now) = (&schemas.wanted.sequences, &schemas.now.sequences);
    // The sequence of an identity comes and goes with its column.
    for (object, one) in wanted {
        let there = now
            .get(object)
            .filter(|there| there.identity == one.identity);
        sequence(schemas, object, (one, there), steps);
    }
    for (object, one) in now
        .iter()
        .filter(|(object, _)| !wanted.contains_key(*object))
    {
        if !one.identity {
            let called = qualified(object);
            let step = Step::new(Phase::DropTypes, format!("DROP SEQUENCE {called}"));
            steps.push(step.blocked_by(Target::Relation(called)));
        }
    }
}

fn sequence(
    schemas: Schemas<'_>,
    object: &ObjectName,
    (wanted, there): (&Sequence, Option<&Sequence>),
    steps: &mut Vec<Step>,
) {
    let called = qualified(object);
    match there {
        None if wanted.identity => {}
        None => {
            steps.push(Step::new(Phase::Sequences, create_sequence(object, wanted)));
            steps.extend(go_on(schemas, object, wanted));
        }
        Some(there) => {
            let changes =
                (&wanted.type_name, &wanted.options) != (&there.type_name, &there.options);
            if changes {
                let alter = format!("ALTER SEQUENCE {called} {}", all_sequence_options(wanted));
                steps.push(Step::new(Phase::Attributes, alter));
            }
            if wanted.unlogged != there.unlogged && !wanted.identity {
                let word = if wanted.unlogged {
                    "UNLOGGED"
                } else {
                    "LOGGED"
                };
                steps.push(Step::new(
                    Phase::Attributes,
                    format!("ALTER SEQUENCE {called} SET {word}"),
                ));
            }
        }
    }
    let owner = there.and_then(|there| there.owned_by.as_ref());
    if !wanted.identity && owner != wanted.owned_by.as_ref() {
        let owner = wanted.owned_by.as_deref().unwrap_or("NONE");
        steps.push(Step::new(
            Phase::Attributes,
            format!("ALTER SEQUENCE {called} OWNED BY {owner}"),
        ));
    }
    if there.and_then(|there| there.comment.as_ref()) != wanted.comment.as_ref() {
        let on = format!("SEQUENCE {called}");
        steps.push(Step::new(
            Phase::Comments,
            comment(&on, wanted.comment.as_ref()),
        ));
    }
}

/// Lets a new sequence go on behind the values of a column that has kept them.
fn go_on(schemas: Schemas<'_>, object: &ObjectName, sequence: &Sequence) -> Option<Step> {
    let path = path_parts(sequence.owned_by.as_deref()?);
    let [namespace, table, column] = path.as_slice() else {
        return None;
    };
    let owner = ObjectName {
        namespace: namespace.clone(),
        name: table.clone(),
    };
    let now = schemas.now.tables.get(&owner)?;
    let column: &Column = now.column(column)?;
    let pair = TablePair {
        schemas,
        object: &owner,
        wanted: now,
        now,
        called: qualified(&owner),
    };
    Some(Step::new(
        Phase::Attributes,
        pair.position((object, sequence), column),
    ))
}

pub(super) fn tables(schemas: Schemas<'_>, steps: &mut Vec<Step>) {
    let (wanted, now) = (&schemas.wanted.tables, &schemas.now.tables);
    for (object, one) in wanted {
        match now.get(object) {
            Some(there) if there == one => {}
            Some(there) => table(schemas, object, (one, there), false, steps),
            None => {
                steps.push(Step::new(
                    Phase::Tables,
                    create(schemas.wanted, object, one),
                ));
                if let Some(partition) = &one.partition {
                    steps.push(Step::new(Phase::Partitions, attach(object, partition)));
                }
                table(schemas, object, (one, &fresh(one)), true, steps);
            }
        }
    }
    // A part or an heir goes before its parent.
    let gone: Vec<&ObjectName> = now
        .keys()
        .filter(|object| !wanted.contains_key(*object))
        .collect();
    for object in gone.into_iter().rev() {
        let called = qualified(object);
        let word = match now.get(object).is_some_and(|table| table.foreign.is_some()) {
            true => "FOREIGN TABLE",
            false => "TABLE",
        };
        let step = Step::new(Phase::DropTables, format!("DROP {word} {called}"));
        steps.push(step.blocked_by(Target::Relation(called)));
    }
}

/// The table as `CREATE TABLE` makes it: without its parts, and without what later statements give
/// to it.
fn fresh(wanted: &Table) -> Table {
    let column = |column: &Column| Column {
        storage: None,
        statistics: None,
        options: Vec::new(),
        comment: None,
        ..column.clone()
    };
    Table {
        columns: wanted.columns.iter().map(column).collect(),
        partition_by: wanted.partition_by.clone(),
        partition: wanted.partition.clone(),
        inherits: wanted.inherits.clone(),
        foreign: wanted.foreign.clone(),
        unlogged: wanted.unlogged,
        storage: wanted.storage.clone(),
        ..Table::default()
    }
}

fn table(
    schemas: Schemas<'_>,
    object: &ObjectName,
    (wanted, now): (&Table, &Table),
    is_new: bool,
    steps: &mut Vec<Step>,
) {
    let pair = TablePair {
        schemas,
        object,
        wanted,
        now,
        called: qualified(object),
    };
    pair.columns(steps);
    own(object, wanted, now, steps);
    let owner = Owner {
        object,
        word: "TABLE",
    };
    owner.constraints((wanted, now), is_new, steps);
    owner.indexes(&wanted.indexes, &now.indexes, steps);
    owner.statistics(&wanted.statistics, &now.statistics, steps);
    owner.triggers(&wanted.triggers, &now.triggers, steps);
    owner.policies(&wanted.policies, &now.policies, steps);
    owner.rules(&wanted.rules, &now.rules, steps);
    owner.storage(&wanted.storage, &now.storage, steps);
}

/// The attributes of a table itself.
fn own(object: &ObjectName, wanted: &Table, now: &Table, steps: &mut Vec<Step>) {
    let called = qualified(object);
    let alter = format!("ALTER TABLE {called}");
    let mut change = |phase, statement: String| steps.push(Step::new(phase, statement));
    if wanted.partition != now.partition {
        if let Some(partition) = &now.partition {
            let parent = qualified(&partition.of);
            change(
                Phase::DropTables,
                format!("ALTER TABLE {parent} DETACH PARTITION {called}"),
            );
        }
        if let Some(partition) = &wanted.partition {
            change(Phase::Partitions, attach(object, partition));
        }
    }
    for parent in now
        .inherits
        .iter()
        .filter(|one| !wanted.inherits.contains(one))
    {
        change(
            Phase::DropColumns,
            format!("{alter} NO INHERIT {}", qualified(parent)),
        );
    }
    for parent in wanted
        .inherits
        .iter()
        .filter(|one| !now.inherits.contains(one))
    {
        change(
            Phase::Partitions,
            format!("{alter} INHERIT {}", qualified(parent)),
        );
    }
    if wanted.of_type != now.of_type {
        change(
            Phase::Attributes,
            match &wanted.of_type {
                Some(of) => format!("{alter} OF {}", qualified(of)),
                None => format!("{alter} NOT OF"),
            },
        );
    }
    if wanted.unlogged != now.unlogged {
        let word = if wanted.unlogged {
            "UNLOGGED"
        } else {
            "LOGGED"
        };
        change(Phase::Attributes, format!("{alter} SET {word}"));
    }
    if wanted.row_security != now.row_security {
        let word = if wanted.row_security {
            "ENABLE"
        } else {
            "DISABLE"
        };
        change(
            Phase::Triggers,
            format!("{alter} {word} ROW LEVEL SECURITY"),
        );
    }
    if wanted.force_row_security != now.force_row_security {
        let word = if wanted.force_row_security {
            "FORCE"
        } else {
            "NO FORCE"
        };
        change(
            Phase::Triggers,
            format!("{alter} {word} ROW LEVEL SECURITY"),
        );
    }
    if wanted.replica_identity != now.replica_identity {
        let identity = match wanted.replica_identity.as_deref() {
            None => "DEFAULT".to_owned(),
            Some(other) => match other.strip_prefix("index ") {
                Some(index) => format!("USING INDEX {}", name(index)),
                None => other.to_uppercase(),
            },
        };
        change(
            Phase::Partitions,
            format!("{alter} REPLICA IDENTITY {identity}"),
        );
    }
    if wanted.comment != now.comment {
        let word = if wanted.foreign.is_some() {
            "FOREIGN TABLE"
        } else {
            "TABLE"
        };
        change(
            Phase::Comments,
            comment(&format!("{word} {called}"), wanted.comment.as_ref()),
        );
    }
    let is_clustered = |table: &Table| {
        table.indexes.values().any(|index| index.clustered)
            || table.constraints.values().any(|one| one.clustered)
    };
    if is_clustered(now) && !is_clustered(wanted) {
        change(Phase::Comments, format!("{alter} SET WITHOUT CLUSTER"));
    }
}

pub(super) fn views(schemas: Schemas<'_>, steps: &mut Vec<Step>) {
    let (wanted, now) = (&schemas.wanted.views, &schemas.now.views);
    for (object, one) in wanted {
        match now.get(object) {
            Some(there) if there == one => {}
            there => view(object, one, there, steps),
        }
    }
    for (object, one) in now
        .iter()
        .rev()
        .filter(|(object, _)| !wanted.contains_key(*object))
    {
        let called = qualified(object);
        let step = Step::new(
            Phase::DropViews,
            format!("DROP {} {called}", views::word(one)),
        );
        steps.push(step.blocked_by(Target::Relation(called)));
    }
}

fn view(object: &ObjectName, wanted: &View, there: Option<&View>, steps: &mut Vec<Step>) {
    let called = qualified(object);
    let again = there.filter(|there| {
        let shape = |view: &View| {
            let columns: Vec<(String, String)> = view
                .columns
                .iter()
                .map(|column| (column.name.clone(), column.type_name.clone()))
                .collect();
            (view.materialized, view.definition.clone(), columns)
        };
        shape(there) != shape(wanted)
    });
    let create = views::create(object, wanted, false);
    match (there, again) {
        (None, _) => steps.push(Step::new(Phase::Views, create)),
        (Some(_), None) => {}
        (Some(_), Some(there)) => {
            let drop = vec![format!("DROP {} {called}", views::word(there)), create];
            let step = match wanted.materialized || there.materialized {
                true => Step::of(Phase::DropViews, drop),
                // It keeps the views on it, and its privileges.
                false => {
                    let replace = views::create(object, wanted, true);
                    Step::new(Phase::DropViews, replace).or(drop)
                }
            };
            steps.push(step.blocked_by(Target::Relation(called.clone())));
        }
    }
    let is_new = there.is_none() || again.is_some();
    let fresh = View {
        columns: wanted
            .columns
            .iter()
            .map(|column| Column {
                name: column.name.clone(),
                type_name: column.type_name.clone(),
                ..Column::default()
            })
            .collect(),
        storage: wanted.storage.clone(),
        ..View::default()
    };
    let now = match there {
        Some(there) if !is_new => there,
        _ => &fresh,
    };
    let word = views::word(wanted);
    if wanted.comment != now.comment {
        let on = format!("{word} {called}");
        steps.push(Step::new(
            Phase::Comments,
            comment(&on, wanted.comment.as_ref()),
        ));
    }
    for column in &wanted.columns {
        let Some(there) = now.columns.iter().find(|one| one.name == column.name) else {
            continue;
        };
        if column.default != there.default {
            let alter = format!("ALTER VIEW {called} ALTER COLUMN {}", name(&column.name));
            let change = match &column.default {
                Some(default) => format!("{alter} SET DEFAULT {default}"),
                None => format!("{alter} DROP DEFAULT"),
            };
            steps.push(Step::new(Phase::Triggers, change));
        }
        let plain = Column {
            compression: column.compression.clone(),
            ..there.clone()
        };
        for one in attributes(&called, column, &plain) {
            steps.push(Step::new(Phase::Comments, one));
        }
    }
    let owner = Owner { object, word };
    owner.indexes(&wanted.indexes, &now.indexes, steps);
    owner.triggers(&wanted.triggers, &now.triggers, steps);
    owner.rules(&wanted.rules, &now.rules, steps);
    owner.storage(&wanted.storage, &now.storage, steps);
}
