//! The keys that a table of Drizzle states: those of its columns, and those beside them. What other
//! tables they lead to is evaluated here, when every table is known.

use std::rc::Rc;

use super::parts::{PartKind, TablePart};
use super::{ColumnKey, DrizzleColumn, DrizzleTable, ORIGIN, Reference, TableColumn, TableMaker};
use crate::facts::{
    Declaration, ForeignKey, ReferentialAction, StatedAction, StatedKey, TableKeys,
};
use crate::source::Location;
use crate::typescript::collect::qualified;
use crate::typescript::resolve::Resolver;
use crate::typescript::values::Value;

/// Returns the keys of the table at `location`; none of a view, and of a table whose columns are not
/// all known. Where a key cannot be read, nothing is said of the keys of its kind.
pub(super) fn keys<'p>(
    resolver: &Resolver<'p>,
    table: &DrizzleTable<'p>,
    location: &Location,
) -> Option<TableKeys> {
    let parts = table.parts.as_ref()?;
    if table.open.is_some() || table.columns.iter().any(|column| column.column.is_err()) {
        return None;
    }
    let mut keys = TableKeys {
        primary: None,
        keyless: false,
        uniques: Some(Vec::new()),
        foreign: Some(Vec::new()),
        indexes: None,
    };
    for named in &table.columns {
        if let Ok(column) = &named.column {
            add_column(resolver, named, column, location, &mut keys);
        }
    }
    match parts_of(resolver, table, parts) {
        Some(parts) => {
            for part in &parts {
                add_part(resolver, part, location, &mut keys);
            }
            let states_key = |part: &TablePart<'p>| matches!(part.kind, PartKind::Primary(_));
            keys.keyless = keys.primary.is_none() && !parts.iter().any(states_key);
        }
        None => (keys.primary, keys.uniques, keys.foreign) = (None, None, None),
    }
    Some(keys)
}

/// Takes the keys of a kind for unstated where no table of Drizzle states any: then the migrations
/// have them alone, and Drizzle is not asked for migrations.
pub fn leave_unstated(tables: &mut [Declaration]) {
    let is_stated = |has: fn(&TableKeys) -> bool| {
        let mut of_drizzle = tables.iter().filter(|table| table.origin == ORIGIN);
        of_drizzle.any(|table| table.keys.as_deref().is_some_and(has))
    };
    let has_uniques = is_stated(|keys| keys.uniques.as_ref().is_some_and(|all| !all.is_empty()));
    let has_foreign = is_stated(|keys| keys.foreign.as_ref().is_some_and(|all| !all.is_empty()));
    let has_primary = is_stated(|keys| keys.primary.is_some());
    let of_drizzle = tables.iter_mut().filter(|table| table.origin == ORIGIN);
    for keys in of_drizzle.filter_map(|table| table.keys.as_mut()) {
        keys.uniques = keys.uniques.take().filter(|_| has_uniques);
        keys.foreign = keys.foreign.take().filter(|_| has_foreign);
        keys.keyless &= has_primary;
    }
}

/// Adds the keys that a column states by itself.
fn add_column<'p>(
    resolver: &Resolver<'p>,
    named: &TableColumn<'p>,
    column: &DrizzleColumn<'p>,
    location: &Location,
    keys: &mut TableKeys,
) {
    let location = match &named.place {
        Some(place) => place.scope.module.location(place.key),
        None => location.clone(),
    };
    let columns = vec![name(column, &named.key)];
    if let Some(reference) = &column.references {
        let foreign = column_reference(resolver, reference, columns.clone(), &location);
        add_foreign(keys, foreign);
    }
    let mut key = StatedKey {
        columns,
        written: true,
        nulls_distinct: None,
        location,
    };
    match column.key {
        ColumnKey::Primary => keys.primary = Some(key),
        ColumnKey::Unique { nulls_distinct } => {
            key.nulls_distinct = nulls_distinct;
            if let Some(all) = &mut keys.uniques {
                all.push(key);
            }
        }
        ColumnKey::No => {}
    }
}

fn add_foreign(keys: &mut TableKeys, foreign: Option<ForeignKey>) {
    match (foreign, &mut keys.foreign) {
        (Some(foreign), Some(all)) => all.push(foreign),
        (_, foreign) => *foreign = None,
    }
}

/// Adds the key that stands beside the columns.
fn add_part<'p>(
    resolver: &Resolver<'p>,
    part: &TablePart<'p>,
    location: &Location,
    keys: &mut TableKeys,
) {
    let module = part.site.and_then(|site| {
        let module = resolver.program.load(site.file)?;
        Some(module.location(site.span))
    });
    let location = module.unwrap_or_else(|| location.clone());
    match &part.kind {
        PartKind::NoKey => {}
        // Of an expression, what is unique is none of the columns.
        PartKind::Unique {
            columns,
            nulls_distinct,
        } => {
            if let (Some(columns), Some(all)) = (names(columns), &mut keys.uniques) {
                all.push(StatedKey {
                    columns,
                    written: true,
                    nulls_distinct: *nulls_distinct,
                    location,
                });
            }
        }
        PartKind::Primary(columns) => {
            keys.primary = names(columns).map(|columns| StatedKey {
                columns,
                written: true,
                nulls_distinct: None,
                location,
            });
        }
        PartKind::Foreign {
            columns,
            referenced,
            on_delete,
            on_update,
        } => {
            let foreign = names(columns).and_then(|columns| {
                Some(ForeignKey {
                    columns,
                    table: table_of(referenced.first()?)?,
                    referenced: names(referenced)?,
                    on_delete: Some(action(Some(on_delete))?),
                    on_update: Some(action(Some(on_update))?),
                    constrained: true,
                    location,
                })
            });
            add_foreign(keys, foreign);
        }
    }
}

fn column_reference<'p>(
    resolver: &Resolver<'p>,
    reference: &Reference<'p>,
    columns: Vec<String>,
    location: &Location,
) -> Option<ForeignKey> {
    let to = resolver.call(&reference.to, &[]);
    let options = match reference.actions.uncast() {
        Value::Undefined => None,
        Value::Object(options) if options.open.is_none() => Some(options),
        _ => return None,
    };
    let stated = |key: &str| {
        let entry = options.and_then(|options| options.get(key));
        action(entry.map(|entry| &entry.value))
    };
    Some(ForeignKey {
        columns,
        table: table_of(&to)?,
        referenced: names(std::slice::from_ref(&to))?,
        on_delete: Some(stated("onDelete")?),
        on_update: Some(stated("onUpdate")?),
        constrained: true,
        location: location.clone(),
    })
}

/// The parts that stand beside the columns of `table`; none where one of them is not known.
fn parts_of<'p>(
    resolver: &Resolver<'p>,
    table: &DrizzleTable<'p>,
    parts: &Value<'p>,
) -> Option<Vec<TablePart<'p>>> {
    let made = match parts.uncast() {
        Value::Undefined => return Some(Vec::new()),
        Value::Function(..) => resolver.call(parts, &[Value::Table(Rc::new(table.clone()))]),
        made => made.clone(),
    };
    let values: Vec<&Value<'p>> = match made.uncast() {
        Value::Array(list) if list.open.is_none() => list.items.iter().collect(),
        Value::Object(object) if object.open.is_none() => {
            object.entries.iter().map(|entry| &entry.value).collect()
        }
        _ => return None,
    };
    let part = |value: &&Value<'p>| match value.uncast() {
        Value::TableMaker(maker) => match &**maker {
            TableMaker::Part(part) => Some(part.clone()),
            _ => None,
        },
        _ => None,
    };
    values.iter().map(part).collect()
}

/// The names of columns that were read from their table; none where a value is no such column.
fn names(columns: &[Value<'_>]) -> Option<Vec<String>> {
    let named = |value: &Value<'_>| match value.uncast() {
        Value::Column(column) => {
            let key = &column.of_table.as_ref()?.key;
            Some(name(column, key))
        }
        _ => None,
    };
    let names: Option<Vec<String>> = columns.iter().map(named).collect();
    names.filter(|names| !names.is_empty())
}

/// The name in the database, as far as the source says it; else the key, from which it is made.
fn name(column: &DrizzleColumn<'_>, key: &str) -> String {
    column.name.as_deref().unwrap_or(key).to_owned()
}

/// The table that a column was read from.
fn table_of(column: &Value<'_>) -> Option<String> {
    let Value::Column(column) = column.uncast() else {
        return None;
    };
    let place = column.of_table.as_ref()?;
    let namespace = place.namespace.as_deref().unwrap_or("public");
    Some(qualified(namespace, place.table.as_deref()?))
}

/// The action that `value` names; that of PostgreSQL where there is none.
fn action(value: Option<&Value<'_>>) -> Option<StatedAction> {
    let action = match value.map(Value::uncast) {
        None | Some(Value::Undefined) => {
            return Some(StatedAction {
                action: ReferentialAction::NoAction,
                written: false,
            });
        }
        Some(value) => match value.as_str()? {
            "cascade" => ReferentialAction::Cascade,
            "restrict" => ReferentialAction::Restrict,
            "no action" => ReferentialAction::NoAction,
            "set null" => ReferentialAction::SetNull,
            "set default" => ReferentialAction::SetDefault,
            _ => return None,
        },
    };
    Some(StatedAction {
        action,
        written: true,
    })
}
