//! The JavaScript values that each driver returns for PostgreSQL's own types. The rows of these
//! tables are facts, not guesses: the test `driver_oracle` asks the drivers themselves on a real
//! PostgreSQL. Those of Prisma, whose client is generated, are from its documentation.

use super::shape::KindShape;
use crate::config::Driver;

/// Every value that JSON can hold, the likeliest first.
pub(super) const ANY_JSON: &[KindShape] = &[
    KindShape::Json,
    KindShape::Array,
    KindShape::String,
    KindShape::Number,
    KindShape::Boolean,
];

/// Returns what `driver` makes of a value of the built-in type `name`. `None` where the driver
/// cannot read the type, so that nothing is known.
pub(super) fn scalar(name: &str, driver: Driver) -> Option<&'static [KindShape]> {
    match driver {
        Driver::NodePostgres => Some(node_postgres(name)),
        Driver::PostgresJs => Some(postgres_js(name)),
        Driver::Postgrest => Some(postgrest(name)),
        Driver::Prisma => prisma(name),
    }
}

/// Returns what `driver` makes of the items of an array of the built-in type `name`.
pub(super) fn items(name: &str, driver: Driver) -> Option<&'static [KindShape]> {
    match (driver, name) {
        // pg-types reads `numeric` as text, and `numeric[]` with `parseFloat`.
        (Driver::NodePostgres, "numeric") => Some(&[KindShape::Number]),
        _ => scalar(name, driver),
    }
}

/// Whether node-postgres has no parser for arrays of the built-in type `name`, and returns their
/// text: `{a,b}`.
pub(super) fn is_array_unparsed(name: &str) -> bool {
    !matches!(
        name,
        "smallint"
            | "integer"
            | "bigint"
            | "oid"
            | "real"
            | "double precision"
            | "numeric"
            | "money"
            | "boolean"
            | "text"
            | "character varying"
            | "character"
            | "uuid"
            | "bytea"
            | "date"
            | "timestamp without time zone"
            | "timestamp with time zone"
            | "time without time zone"
            | "time with time zone"
            | "interval"
            | "json"
            | "jsonb"
            | "inet"
            | "cidr"
            | "macaddr"
            | "point"
            | "numrange"
    )
}

fn node_postgres(name: &str) -> &'static [KindShape] {
    match name {
        "interval" | "point" | "circle" => &[KindShape::Json],
        _ => postgres_js(name),
    }
}

fn postgres_js(name: &str) -> &'static [KindShape] {
    match name {
        "smallint" | "integer" | "oid" | "real" | "double precision" => &[KindShape::Number],
        "boolean" => &[KindShape::Boolean],
        "bytea" => &[KindShape::Bytes],
        "date" | "timestamp without time zone" | "timestamp with time zone" => &[KindShape::Date],
        "json" | "jsonb" => ANY_JSON,
        _text => &[KindShape::String],
    }
}

/// PostgREST sends what `row_to_json` writes.
fn postgrest(name: &str) -> &'static [KindShape] {
    match name {
        "smallint" | "integer" | "bigint" | "real" | "double precision" | "numeric" => {
            &[KindShape::Number]
        }
        "boolean" => &[KindShape::Boolean],
        "json" | "jsonb" => ANY_JSON,
        "int2vector" | "oidvector" => &[KindShape::Array],
        _text => &[KindShape::String],
    }
}

/// The scalar types of Prisma's schema for PostgreSQL. Its `Decimal` is an object. What it calls
/// `Unsupported` is in no model.
fn prisma(name: &str) -> Option<&'static [KindShape]> {
    Some(match name {
        "smallint" | "integer" | "oid" | "real" | "double precision" => &[KindShape::Number],
        "bigint" => &[KindShape::Bigint],
        "numeric" | "money" => &[KindShape::Json],
        "boolean" => &[KindShape::Boolean],
        "bytea" => &[KindShape::Bytes],
        "date"
        | "timestamp without time zone"
        | "timestamp with time zone"
        | "time without time zone"
        | "time with time zone" => &[KindShape::Date],
        "json" | "jsonb" => ANY_JSON,
        "text" | "character varying" | "character" | "uuid" | "bit" | "bit varying" | "xml"
        | "inet" | "\"char\"" | "name" => &[KindShape::String],
        _unsupported => return None,
    })
}
