//! Column builders → the types that Drizzle makes of them in the database.

use super::PgEnum;
use super::tables::text;
use crate::facts::SqlScalar;
use crate::typescript::collect::qualified;
use crate::typescript::values::Value;

/// The type behind the builder `name` with `options`.
pub(super) fn scalar(name: &str, options: Option<&Value<'_>>) -> SqlScalar {
    let option = |key: &str| options.and_then(|options| options.property(key));
    let number = |key: &str| {
        option(key)
            .and_then(Value::as_number)
            .map(|number| number as u32)
    };
    let zoned = matches!(
        option("withTimezone").map(Value::uncast),
        Some(Value::Boolean(true))
    );
    let zone = if zoned { "with" } else { "without" };
    let (sql, modifiers) = match name {
        "integer" | "serial" => ("integer", vec![]),
        "smallint" | "smallserial" => ("smallint", vec![]),
        "bigint" | "bigserial" => ("bigint", vec![]),
        "varchar" => ("character varying", vec![number("length")]),
        // `char` is `char(1)`.
        "char" => ("character", vec![number("length").or(Some(1))]),
        "numeric" | "decimal" => ("numeric", precision(number("precision"), number("scale"))),
        "doublePrecision" => ("double precision", vec![]),
        "time" => (
            if zoned {
                "time with time zone"
            } else {
                "time without time zone"
            },
            vec![number("precision")],
        ),
        "timestamp" => {
            return named(
                &format!("timestamp {zone} time zone"),
                vec![number("precision")],
            );
        }
        "interval" => match option("fields").and_then(text) {
            Some(fields) => return named(&format!("interval {fields}"), vec![number("precision")]),
            None => ("interval", vec![number("precision")]),
        },
        "bit" => ("bit", vec![number("dimensions").or(Some(1))]),
        "vector" | "halfvec" | "sparsevec" => (name, vec![number("dimensions")]),
        // PostGIS keeps more in the type than its name.
        "geometry" => return SqlScalar::Unknown("`geometry()` is not compared".into()),
        "text" | "boolean" | "real" | "json" | "jsonb" | "date" | "uuid" | "inet" | "cidr"
        | "macaddr" | "macaddr8" | "bytea" | "point" | "line" => (name, vec![]),
        name => return SqlScalar::Unknown(format!("the column builder `{name}` is not known")),
    };
    named(sql, modifiers)
}

fn named(sql: &str, modifiers: Vec<Option<u32>>) -> SqlScalar {
    SqlScalar::Named(sql.to_owned(), modifiers.into_iter().flatten().collect())
}

/// A precision without a scale has the scale 0.
fn precision(precision: Option<u32>, scale: Option<u32>) -> Vec<Option<u32>> {
    precision.map_or_else(Vec::new, |precision| {
        vec![Some(precision), Some(scale.unwrap_or(0))]
    })
}

/// The type of a column of an enum.
pub(super) fn enumeration(declared: &PgEnum) -> SqlScalar {
    match &declared.values {
        Ok(values) => {
            let namespace = declared.namespace.as_deref().unwrap_or("public");
            let name = declared
                .name
                .as_ref()
                .map(|name| qualified(namespace, name));
            SqlScalar::Enum(name, values.iter().map(ToString::to_string).collect())
        }
        Err(why) => SqlScalar::Unknown(why.to_string()),
    }
}
