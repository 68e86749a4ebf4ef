//! `pgTable('users', {…})`, `pgSchema('audit').table(…)`, `pgView(…)`.

use std::rc::Rc;

use super::columns::{self, column_value};
use super::infer::held;
use super::{DrizzleTable, PgEnum, TableColumn, TableMaker, parts};
use crate::typescript::resolve::{Lazy, Resolver, Type, reason};
use crate::typescript::values::{ObjectEntry, ObjectValue, Value};

/// A call of a function of `drizzle-orm/pg-core`.
pub(super) fn build<'p>(
    resolver: &Resolver<'p>,
    names: &[&str],
    types: &[Lazy<'p>],
    arguments: &[Value<'p>],
) -> Value<'p> {
    match names {
        ["pgTable"] | ["pgTable", "withRLS"] => table(resolver, None, arguments, Relation::Table),
        ["pgView" | "pgMaterializedView"] => table(resolver, None, arguments, Relation::View),
        ["pgEnum"] => enumeration(resolver, None, arguments),
        ["pgSchema"] => Value::TableMaker(Rc::new(TableMaker::Schema(
            arguments.first().and_then(text),
        ))),
        ["pgTableCreator"] => {
            let function = arguments.first().cloned().unwrap_or(Value::Undefined);
            Value::TableMaker(Rc::new(TableMaker::Creator(function)))
        }
        ["customType"] => {
            Value::TableMaker(Rc::new(TableMaker::Custom(columns::custom_data(types))))
        }
        [name] => columns::builder(name, arguments),
        names => Value::unknown(format!("`{}` of Drizzle is not read", names.join("."))),
    }
}

/// `creator('users', {…})`, `custom('name')`
pub fn make_table<'p>(
    resolver: &Resolver<'p>,
    maker: &TableMaker<'p>,
    arguments: &[Value<'p>],
) -> Value<'p> {
    match maker {
        TableMaker::Schema(_) | TableMaker::Part(_) => {
            Value::unknown("it is called but is no function of Drizzle")
        }
        TableMaker::Custom(data) => columns::custom(data, arguments),
        TableMaker::Creator(function) => {
            let name = resolver.call(function, arguments.get(..1).unwrap_or_default());
            let named: Vec<_> = std::iter::once(name)
                .chain(arguments.iter().skip(1).cloned())
                .collect();
            table(resolver, None, &named, Relation::Table)
        }
    }
}

/// `pgSchema('audit').table('log', {…})`
pub fn maker_method<'p>(
    resolver: &Resolver<'p>,
    maker: &TableMaker<'p>,
    name: &str,
    arguments: &[Value<'p>],
) -> Value<'p> {
    match (maker, name) {
        (TableMaker::Schema(schema), "table") => {
            table(resolver, schema.clone(), arguments, Relation::Table)
        }
        (TableMaker::Schema(schema), "view" | "materializedView") => {
            table(resolver, schema.clone(), arguments, Relation::View)
        }
        (TableMaker::Part(part), name) => parts::method(part, name, arguments),
        (TableMaker::Schema(schema), "enum") => enumeration(resolver, schema.clone(), arguments),
        _ => Value::unknown(format!("`.{name}()` of Drizzle is not read")),
    }
}

/// `table.enableRLS()`, `view.as(…)`: the same table.
pub fn table_method<'p>(
    _evaluator: &Resolver<'p>,
    table: &Rc<DrizzleTable<'p>>,
    name: &str,
    _arguments: &[Value<'p>],
) -> Value<'p> {
    match name {
        "enableRLS" | "as" | "existing" | "with" | "using" | "withNoData" | "tablespace" => {
            Value::Table(Rc::clone(table))
        }
        _ => Value::unknown(format!("`.{name}()` of a table is not read")),
    }
}

/// What a call declares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    Table,
    View,
}

fn table<'p>(
    resolver: &Resolver<'p>,
    namespace: Option<Rc<str>>,
    arguments: &[Value<'p>],
    relation: Relation,
) -> Value<'p> {
    let name = arguments.first().and_then(text);
    let columns = arguments.get(1).map(|columns| match columns.uncast() {
        Value::Function(..) => resolver.call(columns, &[column_builders()]),
        _ => columns.clone(),
    });
    let mut table = DrizzleTable {
        name,
        namespace,
        columns: Vec::new(),
        open: None,
        parts: (relation == Relation::Table)
            .then(|| arguments.get(2).cloned().unwrap_or(Value::Undefined)),
    };
    match columns.as_ref().map(Value::uncast) {
        Some(Value::Object(object)) => {
            table.columns = object.entries.iter().map(table_column).collect();
            table.open = object.open.clone();
        }
        Some(Value::Unknown(why)) => table.open = Some(Rc::clone(why)),
        Some(_) | None => table.open = Some(reason("its columns are computed")),
    }
    Value::Table(Rc::new(table))
}

/// `t` in `pgTable('users', (t) => ({ id: t.uuid() }))`.
fn column_builders<'p>() -> Value<'p> {
    Value::External("drizzle-orm/pg-core".into(), Rc::new([]))
}

fn table_column<'p>(entry: &ObjectEntry<'p>) -> TableColumn<'p> {
    let column = column_value(&entry.value);
    let held = match &column {
        Ok(column) => held(column),
        Err(why) => Lazy::known(Type::Unresolved(Rc::clone(why))),
    };
    TableColumn {
        key: Rc::clone(&entry.name),
        place: entry.place.clone(),
        column,
        held,
    }
}

fn enumeration<'p>(
    resolver: &Resolver<'p>,
    namespace: Option<Rc<str>>,
    arguments: &[Value<'p>],
) -> Value<'p> {
    let values = match arguments.get(1) {
        None => Err(reason("it lacks its values")),
        Some(values) => match values.uncast() {
            Value::Object(_) | Value::Enum(..) => texts(&resolver.object_values(values)),
            _ => texts(values),
        },
    };
    Value::PgEnum(Rc::new(PgEnum {
        name: arguments.first().and_then(text),
        namespace,
        values,
    }))
}

fn texts(values: &Value<'_>) -> Result<Rc<[Rc<str>]>, Rc<str>> {
    match values.uncast() {
        Value::Array(array) if array.open.is_none() => {
            let texts = array.items.iter().map(text).collect::<Option<Rc<[_]>>>();
            texts.ok_or_else(|| reason("a value of the enum is computed"))
        }
        Value::Unknown(why) => Err(Rc::clone(why)),
        _ => Err(reason("the values of the enum are computed")),
    }
}

pub(super) fn text(value: &Value<'_>) -> Option<Rc<str>> {
    match value.uncast() {
        Value::String(text) => Some(Rc::clone(text)),
        _ => None,
    }
}

/// The columns of a table as an object, for spreads of them.
pub fn column_object<'p>(table: &DrizzleTable<'p>) -> ObjectValue<'p> {
    let entries = table.columns.iter().map(|column| ObjectEntry {
        name: Rc::clone(&column.key),
        value: match &column.column {
            Ok(column) => Value::Column(Rc::clone(column)),
            Err(why) => Value::Unknown(Rc::clone(why)),
        },
        place: column.place.clone(),
    });
    ObjectValue {
        entries: entries.collect(),
        constant: true,
        open: table.open.clone(),
        ..ObjectValue::default()
    }
}
