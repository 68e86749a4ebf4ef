//! `varchar('name', { length: 100 }).notNull()`.

use std::rc::Rc;

use super::tables::text;
use super::{ColumnKey, DrizzleColumn, PgEnum, Reference, sql};
use crate::facts::{Constraints, SqlScalar};
use crate::typescript::resolve::{Lazy, Type, reason, union};
use crate::typescript::values::{Arguments, ArrayValue, Value};
use crate::typescript::written_default::written_default;

/// Returns the column that a value in a table's columns describes, or the reason why the column is
/// not known.
pub(super) fn column_value<'p>(value: &Value<'p>) -> Result<Rc<DrizzleColumn<'p>>, Rc<str>> {
    match value.uncast() {
        Value::Column(column) => Ok(Rc::clone(column)),
        Value::Unknown(why) => Err(Rc::clone(why)),
        _ => Err(reason("it is no column of Drizzle")),
    }
}

/// A call of a column builder.
pub(super) fn builder<'p>(name: &str, arguments: &[Value<'p>]) -> Value<'p> {
    let options = arguments
        .iter()
        .find(|argument| argument.as_object().is_some());
    let option = |key: &str| options.and_then(|options| options.property(key));
    let mode = option("mode").and_then(text);
    let Some(of) = value_type(name, mode.as_deref()) else {
        return Value::unknown(format!("the column builder `{name}` is not known"));
    };
    let of = option("enum").and_then(literals).unwrap_or(of);
    let serial = matches!(name, "serial" | "bigserial" | "smallserial");
    let length = option("length")
        .or_else(|| option("dimensions"))
        .and_then(Value::as_number);
    let is_text = matches!(name, "varchar" | "char");
    let constraints = Constraints {
        max_length: length
            .filter(|length| is_text && *length >= 0.0)
            .map(|length| length as u32),
        format: (name == "uuid").then(|| "uuid".into()),
        integer: matches!(name, "integer" | "smallint" | "serial" | "smallserial"),
        ..Constraints::default()
    };
    Value::Column(Rc::new(DrizzleColumn {
        name: arguments.first().and_then(text),
        builder: name.into(),
        of: Lazy::known(of),
        sql: sql::scalar(name, options),
        not_null: serial,
        has_default: serial,
        database_default: serial,
        default_value: None,
        generated: false,
        dimensions: 0,
        constraints,
        key: ColumnKey::No,
        references: None,
        of_table: None,
    }))
}

/// Returns the TypeScript type of the values in a builder's columns.
fn value_type<'p>(name: &str, mode: Option<&str>) -> Option<Type<'p>> {
    Some(match (name, mode) {
        ("integer" | "smallint" | "serial" | "smallserial" | "real" | "doublePrecision", _) => {
            Type::Number
        }
        ("bigint" | "bigserial" | "numeric" | "decimal", Some("number")) => Type::Number,
        ("bigint" | "bigserial" | "numeric" | "decimal", Some("bigint")) => Type::Bigint,
        ("bigint" | "bigserial", Some("string")) => Type::String,
        ("bigint" | "bigserial", _) => Type::unresolved("`bigint()` needs a `mode`"),
        ("numeric" | "decimal", _) => Type::String,
        ("boolean", _) => Type::Boolean,
        ("timestamp", Some("string")) => Type::String,
        ("timestamp", _) | ("date", Some("date")) => Type::Date,
        (
            "date" | "time" | "interval" | "text" | "varchar" | "char" | "uuid" | "inet" | "cidr"
            | "macaddr" | "macaddr8" | "bit" | "sparsevec",
            _,
        ) => Type::String,
        ("json" | "jsonb", _) => Type::Unknown,
        ("bytea", _) => Type::Bytes,
        ("vector" | "halfvec", _) => Type::Array(Lazy::known(Type::Number)),
        ("point" | "line" | "geometry", Some("xy" | "abc")) => Type::Opaque,
        ("point" | "geometry", _) => numbers(2),
        ("line", _) => numbers(3),
        _ => return None,
    })
}

fn numbers<'p>(count: usize) -> Type<'p> {
    Type::Tuple(
        std::iter::repeat_n(Lazy::known(Type::Number), count).collect(),
        None,
    )
}

/// `text('role', { enum: ['admin', 'user'] })`
fn literals<'p>(values: &Value<'p>) -> Option<Type<'p>> {
    match values.uncast() {
        Value::Array(array) if array.open.is_none() => {
            let texts = array.items.iter().map(text).collect::<Option<Vec<_>>>()?;
            Some(union(texts.into_iter().map(Type::StringLiteral)))
        }
        _ => Some(Type::unresolved(
            "the values of the column's enum are computed",
        )),
    }
}

/// The `data` of `customType<{ data: T }>`.
pub(super) fn custom_data<'p>(types: &[Lazy<'p>]) -> Lazy<'p> {
    let Some(config) = types.first().cloned() else {
        return Lazy::known(Type::unresolved("`customType` lacks its type argument"));
    };
    Lazy::computed(
        move |resolver| match resolver.properties(&config.get(resolver)) {
            Ok(config) => match config.property("data") {
                Some(data) => data.value.get(resolver),
                None => Type::unresolved("`customType` has no `data`"),
            },
            Err(why) => Type::Unresolved(why),
        },
    )
}

/// A call of what `customType` made.
pub(super) fn custom<'p>(data: &Lazy<'p>, arguments: &[Value<'p>]) -> Value<'p> {
    let sql = SqlScalar::Unknown("a custom type is not compared".into());
    plain("customType", arguments, data.clone(), sql)
}

/// A call of an enum: a column of it.
pub fn enum_column<'p>(declared: &PgEnum, arguments: &[Value<'p>]) -> Value<'p> {
    plain(
        "enum",
        arguments,
        Lazy::known(enum_type(declared)),
        sql::enumeration(declared),
    )
}

fn plain<'p>(builder: &str, arguments: &[Value<'p>], of: Lazy<'p>, sql: SqlScalar) -> Value<'p> {
    Value::Column(Rc::new(DrizzleColumn {
        name: arguments.first().and_then(text),
        builder: builder.into(),
        of,
        sql,
        not_null: false,
        has_default: false,
        database_default: false,
        default_value: None,
        generated: false,
        dimensions: 0,
        constraints: Constraints::default(),
        key: ColumnKey::No,
        references: None,
        of_table: None,
    }))
}

fn enum_type<'p>(declared: &PgEnum) -> Type<'p> {
    match &declared.values {
        Ok(values) => union(
            values
                .iter()
                .map(|value| Type::StringLiteral(Rc::clone(value))),
        ),
        Err(why) => Type::Unresolved(Rc::clone(why)),
    }
}

/// `roles.enumValues`
pub fn enum_values<'p>(declared: &PgEnum) -> Value<'p> {
    match &declared.values {
        Ok(values) => {
            let items = values
                .iter()
                .map(|value| Value::String(Rc::clone(value)))
                .collect();
            Value::Array(Rc::new(ArrayValue {
                items,
                constant: true,
                open: None,
                written: None,
            }))
        }
        Err(why) => Value::Unknown(Rc::clone(why)),
    }
}

/// `column.name(arguments)`
pub fn column_method<'p>(
    mut column: Rc<DrizzleColumn<'p>>,
    name: &str,
    types: &[Lazy<'p>],
    arguments: &Arguments<'_, 'p>,
) -> Value<'p> {
    if matches!(
        name,
        "using" | "notNullable" | "op" | "asc" | "desc" | "nullsFirst" | "nullsLast"
    ) {
        return Value::Column(column);
    }
    let changed = Rc::make_mut(&mut column);
    match name {
        "notNull" => changed.not_null = true,
        "primaryKey" => (changed.not_null, changed.key) = (true, ColumnKey::Primary),
        "unique" if changed.key == ColumnKey::No => {
            let nulls_distinct = nulls_distinct(&arguments.at(1));
            changed.key = ColumnKey::Unique { nulls_distinct };
        }
        "unique" => {}
        "references" => {
            changed.references = Some(Rc::new(Reference {
                to: arguments.at(0),
                actions: arguments.at(1),
            }));
        }
        // PostgreSQL keeps no default that is null.
        "default" if arguments.first().is_some_and(Value::is_nothing) => {
            changed.has_default = true;
        }
        "default" | "defaultNow" | "defaultRandom" => {
            (changed.has_default, changed.database_default) = (true, true);
            changed.default_value = arguments.first().and_then(written_default).map(Rc::new);
        }
        "$default" | "$defaultFn" | "$onUpdate" | "$onUpdateFn" => changed.has_default = true,
        "generatedByDefaultAsIdentity" => {
            (
                changed.not_null,
                changed.has_default,
                changed.database_default,
            ) = (true, true, true);
        }
        "generatedAlwaysAsIdentity" => (changed.not_null, changed.generated) = (true, true),
        "generatedAlwaysAs" => changed.generated = true,
        "array" => changed.dimensions += 1,
        "$type" => {
            if let Some(of) = types.first() {
                changed.of = of.clone();
            }
        }
        _ => return Value::unknown(format!("`.{name}()` of a column is not read")),
    }
    Value::Column(column)
}

/// Whether null differs from null in a column that is `.unique(name, options)`; none of options that
/// are not read.
fn nulls_distinct(options: &Value<'_>) -> Option<bool> {
    match options.uncast() {
        Value::Undefined => Some(true),
        Value::Object(object) if object.open.is_none() => match object.get("nulls") {
            None => Some(true),
            Some(nulls) => Some(nulls.value.as_str()? != "not distinct"),
        },
        _ => None,
    }
}
