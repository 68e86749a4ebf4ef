//! The parts of a table beside its columns: `unique().on(table.email)`, `primaryKey({ columns })`,
//! `foreignKey({ columns, foreignColumns })`.

use std::rc::Rc;

use super::TableMaker;
use crate::typescript::values::{Arguments, Site, Value};

/// A part of a table beside its columns.
#[derive(Clone)]
pub struct TablePart<'p> {
    /// What it is.
    pub(super) kind: PartKind<'p>,
    /// The call that begins it.
    pub(super) site: Option<Site<'p>>,
}

/// What a part of a table is.
#[derive(Clone)]
pub(super) enum PartKind<'p> {
    /// `unique()`, `uniqueIndex()`, with the columns of `.on(…)`.
    Unique {
        columns: Vec<Value<'p>>,
        /// Whether null differs from null; none of an index, of which Drizzle cannot say it.
        nulls_distinct: Option<bool>,
    },
    /// `primaryKey({ columns: […] })`
    Primary(Vec<Value<'p>>),
    /// `foreignKey({ columns: […], foreignColumns: […] })`
    Foreign {
        columns: Vec<Value<'p>>,
        referenced: Vec<Value<'p>>,
        on_delete: Value<'p>,
        on_update: Value<'p>,
    },
    /// An index, a check, a policy, and what is unique among some rows only.
    NoKey,
}

/// A call of the function `name`; none of one that makes no such part.
pub(super) fn build<'p>(name: &str, arguments: &Arguments<'_, 'p>) -> Option<Value<'p>> {
    let kind = match name {
        "unique" | "uniqueIndex" => PartKind::Unique {
            columns: Vec::new(),
            nulls_distinct: (name == "unique").then_some(true),
        },
        "primaryKey" => PartKind::Primary(match listed(&arguments.at(0), "columns") {
            Some(columns) => columns,
            // `primaryKey(table.a, table.b)`
            None => arguments.to_vec(),
        }),
        "foreignKey" => PartKind::Foreign {
            columns: listed(&arguments.at(0), "columns")?,
            referenced: listed(&arguments.at(0), "foreignColumns")?,
            on_delete: Value::Undefined,
            on_update: Value::Undefined,
        },
        "index" | "check" | "pgPolicy" => PartKind::NoKey,
        _ => return None,
    };
    Some(part(kind, arguments.site()))
}

/// `part.name(arguments)`
pub(super) fn method<'p>(part: &TablePart<'p>, name: &str, arguments: &[Value<'p>]) -> Value<'p> {
    let kind = match (&part.kind, name) {
        (PartKind::Unique { nulls_distinct, .. }, "on" | "onOnly") => PartKind::Unique {
            columns: arguments.to_vec(),
            nulls_distinct: *nulls_distinct,
        },
        // `using('btree', table.email)`
        (PartKind::Unique { nulls_distinct, .. }, "using") => PartKind::Unique {
            columns: arguments.get(1..).unwrap_or_default().to_vec(),
            nulls_distinct: *nulls_distinct,
        },
        (PartKind::Unique { columns, .. }, "nullsNotDistinct") => PartKind::Unique {
            columns: columns.clone(),
            nulls_distinct: Some(false),
        },
        (PartKind::Unique { .. }, "where") => PartKind::NoKey,
        (
            PartKind::Foreign {
                columns,
                referenced,
                on_delete,
                on_update,
            },
            "onDelete" | "onUpdate",
        ) => {
            let action = arguments.first().cloned().unwrap_or(Value::Undefined);
            let (on_delete, on_update) = match name {
                "onDelete" => (action, on_update.clone()),
                _ => (on_delete.clone(), action),
            };
            PartKind::Foreign {
                columns: columns.clone(),
                referenced: referenced.clone(),
                on_delete,
                on_update,
            }
        }
        (kind, _) => kind.clone(),
    };
    self::part(kind, part.site)
}

fn part<'p>(kind: PartKind<'p>, site: Option<Site<'p>>) -> Value<'p> {
    Value::TableMaker(Rc::new(TableMaker::Part(TablePart { kind, site })))
}

/// The values of the list under `key`.
fn listed<'p>(options: &Value<'p>, key: &str) -> Option<Vec<Value<'p>>> {
    match options.property(key)?.uncast() {
        Value::Array(list) if list.open.is_none() => Some(list.items.clone()),
        _ => None,
    }
}
