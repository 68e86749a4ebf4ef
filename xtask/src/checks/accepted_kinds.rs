//! Which TypeScript kinds a PostgreSQL type may be described by. That depends on the driver (int8
//! and numeric arrive as strings in node-postgres) and on the layer (a row holds a `Date`, its JSON
//! a string). Without a configured driver everything plausible is accepted: a false alarm costs
//! more than a kind that the compiler would catch anyway.

use crate::config::{Config, Driver};
use crate::facts::Kind;
use crate::schema::types::{ColumnType, Scalar};

/// A kind without what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindShape {
    /// A string, or literals of strings.
    String,
    /// A number.
    Number,
    /// A bigint.
    Bigint,
    /// A boolean.
    Boolean,
    /// A `Date`.
    Date,
    /// `Buffer`, `Uint8Array`.
    Bytes,
    /// Any object.
    Json,
    /// An array.
    Array,
    /// Anything: nothing is known about the type.
    Any,
}

impl KindShape {
    /// As it is written in TypeScript, and in the configuration's `type-map`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Bigint => "bigint",
            Self::Boolean => "boolean",
            Self::Date => "Date",
            Self::Bytes => "Buffer",
            Self::Json => "object",
            Self::Array => "array",
            Self::Any => "unknown",
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "string" => Some(Self::String),
            "number" => Some(Self::Number),
            "bigint" => Some(Self::Bigint),
            "boolean" => Some(Self::Boolean),
            "date" => Some(Self::Date),
            "bytes" | "buffer" | "uint8array" => Some(Self::Bytes),
            "json" | "object" | "record" => Some(Self::Json),
            "array" => Some(Self::Array),
            "any" | "unknown" => Some(Self::Any),
            _unknown => None,
        }
    }
}

/// The layer of the data that a declaration describes, as far as it decides about kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescriptionLayer {
    /// The value that the driver returns or takes.
    Driver,
    /// The value that an ORM makes of the driver's, as its columns say: `bigint('id', { mode:
    /// 'number' })`.
    Orm,
    /// The value on its way over the network, before or after it is JSON.
    Wire,
}

/// The shapes that a value of `ty` may have; for an array, those of its items.
#[must_use]
pub fn accepted(ty: &ColumnType, layer: DescriptionLayer, config: &Config) -> Vec<KindShape> {
    if let Some(kinds) = type_names(ty)
        .iter()
        .find_map(|name| config.type_map.get(name))
    {
        return kinds
            .iter()
            .filter_map(|kind| KindShape::named(kind))
            .collect();
    }
    match &ty.scalar {
        Scalar::Enum(..) => vec![KindShape::String],
        Scalar::Other(name) => extension_type(&name.name),
        Scalar::Builtin(name) => builtin(name, ty, layer, config.driver),
    }
}

/// Whether a value of `kind` may hold what a column of `ty` holds. Unresolved kinds are not judged.
#[must_use]
pub fn accepts(ty: &ColumnType, kind: &Kind, layer: DescriptionLayer, config: &Config) -> bool {
    let shapes = accepted(ty, layer, config);
    match (ty.array, kind) {
        (_, Kind::Any | Kind::Unresolved(_)) => true,
        (_, Kind::Union(members)) if shapes.contains(&KindShape::Json) || ty.array => members
            .iter()
            .any(|member| accepts(ty, member, layer, config)),
        (_, Kind::Union(members)) => members
            .iter()
            .all(|member| accepts(ty, member, layer, config)),
        (true, Kind::Array(items)) => is_accepted(&shapes, items),
        (true, _) => false,
        (false, kind) => is_accepted(&shapes, kind),
    }
}

/// Describes the kinds that `ty` accepts, in words: `Date | string`.
#[must_use]
pub fn describe(ty: &ColumnType, layer: DescriptionLayer, config: &Config) -> String {
    let shapes = accepted(ty, layer, config);
    let names = shapes.iter().map(|shape| {
        if ty.array {
            format!("{}[]", shape.name())
        } else {
            shape.name().to_owned()
        }
    });
    names.collect::<Vec<_>>().join(" | ")
}

fn is_accepted(shapes: &[KindShape], kind: &Kind) -> bool {
    let any = |wanted: &[KindShape]| {
        shapes.contains(&KindShape::Any) || wanted.iter().any(|shape| shapes.contains(shape))
    };
    match kind {
        Kind::String | Kind::Enum(_) => any(&[KindShape::String]),
        Kind::Number => any(&[KindShape::Number]),
        Kind::Bigint => any(&[KindShape::Bigint]),
        Kind::Boolean => any(&[KindShape::Boolean]),
        Kind::Date => any(&[KindShape::Date]),
        Kind::Bytes => any(&[KindShape::Bytes]),
        Kind::Json => any(&[KindShape::Json]),
        // PostgreSQL does not enforce the number of an array's dimensions.
        Kind::Array(items) => {
            any(&[KindShape::Array, KindShape::Json]) || is_accepted(shapes, items) && nested(items)
        }
        Kind::Union(members) => members.iter().all(|member| is_accepted(shapes, member)),
        Kind::Any | Kind::Unresolved(_) => true,
    }
}

fn nested(items: &Kind) -> bool {
    matches!(items, Kind::Array(_))
}

/// The names under which the configuration's `type-map` may speak of a type, the closest first.
fn type_names(ty: &ColumnType) -> Vec<String> {
    let mut names: Vec<String> = ty
        .domains
        .iter()
        .flat_map(|name| [name.to_string(), name.name.clone()])
        .collect();
    match &ty.scalar {
        Scalar::Enum(name, _) | Scalar::Other(name) => {
            names.extend([name.to_string(), name.name.clone()])
        }
        Scalar::Builtin(name) => {
            names.push(name.clone());
            names.extend(aliases(name).iter().map(|alias| (*alias).to_owned()));
        }
    }
    names
}

/// Returns the usual names of a type that `format_type` writes out.
fn aliases(builtin: &str) -> &'static [&'static str] {
    match builtin {
        "smallint" => &["int2"],
        "integer" => &["int4", "int"],
        "bigint" => &["int8"],
        "real" => &["float4"],
        "double precision" => &["float8"],
        "numeric" => &["decimal"],
        "boolean" => &["bool"],
        "character varying" => &["varchar"],
        "character" => &["char", "bpchar"],
        "timestamp with time zone" => &["timestamptz"],
        "timestamp without time zone" => &["timestamp"],
        "time with time zone" => &["timetz"],
        "time without time zone" => &["time"],
        _other => &[],
    }
}

fn builtin(
    name: &str,
    ty: &ColumnType,
    layer: DescriptionLayer,
    driver: Option<Driver>,
) -> Vec<KindShape> {
    match name {
        "smallint" | "integer" | "real" | "double precision" | "oid" => vec![KindShape::Number],
        "bigint" if is_read_by_prisma(layer, driver) => vec![KindShape::Bigint],
        "numeric" if is_read_by_prisma(layer, driver) => vec![KindShape::Json],
        "bigint" => of_driver(
            layer,
            driver,
            &[KindShape::String],
            &[KindShape::Number],
            &[KindShape::Bigint],
        ),
        "numeric" if ty.scale.unwrap_or(0) == 0 && ty.length.is_some() => of_driver(
            layer,
            driver,
            &[KindShape::String],
            &[KindShape::Number],
            &[KindShape::Bigint],
        ),
        "numeric" => of_driver(
            layer,
            driver,
            &[KindShape::String],
            &[KindShape::Number],
            &[],
        ),
        "boolean" => vec![KindShape::Boolean],
        "date" | "timestamp with time zone" | "timestamp without time zone" => {
            of_driver(layer, driver, &[KindShape::Date], &[KindShape::String], &[])
        }
        "bytea" => of_driver(
            layer,
            driver,
            &[KindShape::Bytes],
            &[KindShape::String],
            &[],
        ),
        "json" | "jsonb" => vec![KindShape::Json, KindShape::Array],
        "interval" | "point" | "line" | "lseg" | "box" | "path" | "polygon" | "circle" => {
            vec![KindShape::String, KindShape::Json, KindShape::Array]
        }
        range if range.ends_with("range") => {
            vec![KindShape::String, KindShape::Json, KindShape::Array]
        }
        "record" | "anyarray" => vec![KindShape::Any],
        _text_like => vec![KindShape::String],
    }
}

/// Selects the shapes of a value: `native` as node-postgres and postgres.js return them, or `json`
/// as JSON holds them. Without a configured driver, and in the other layers, both are plausible,
/// and so is `other`.
fn of_driver(
    layer: DescriptionLayer,
    driver: Option<Driver>,
    native: &[KindShape],
    json: &[KindShape],
    other: &[KindShape],
) -> Vec<KindShape> {
    match (layer, driver) {
        (
            DescriptionLayer::Driver,
            Some(Driver::NodePostgres | Driver::PostgresJs | Driver::Prisma),
        ) => native.to_vec(),
        (DescriptionLayer::Driver, Some(Driver::Postgrest)) => json.to_vec(),
        (DescriptionLayer::Driver, None) | (DescriptionLayer::Orm | DescriptionLayer::Wire, _) => {
            [native, json, other].concat()
        }
    }
}

/// Prisma has types of its own for large numbers; what code makes of them on their way out is JSON.
fn is_read_by_prisma(layer: DescriptionLayer, driver: Option<Driver>) -> bool {
    layer == DescriptionLayer::Driver && driver == Some(Driver::Prisma)
}

fn extension_type(name: &str) -> Vec<KindShape> {
    match name {
        "citext" | "ltree" => vec![KindShape::String],
        "vector" | "halfvec" => vec![KindShape::String, KindShape::Array],
        "hstore" => vec![KindShape::String, KindShape::Json],
        _unknown => vec![KindShape::Any],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::test_utils;
    use crate::schema::model::Schema;

    fn ok(type_name: &str, kind: Kind, configuration: &str) -> bool {
        let ty = ColumnType::resolve(type_name, &Schema::default());
        accepts(
            &ty,
            &kind,
            DescriptionLayer::Driver,
            &test_utils::config(configuration),
        )
    }

    #[test]
    fn without_a_driver_everything_plausible_is_accepted() {
        assert!(
            ok("bigint", Kind::String, "")
                && ok("bigint", Kind::Number, "")
                && ok("bigint", Kind::Bigint, "")
        );
        assert!(ok("timestamp with time zone", Kind::Date, "") && ok("date", Kind::String, ""));
        assert!(
            !ok("text", Kind::Number, "")
                && !ok("boolean", Kind::String, "")
                && !ok("integer", Kind::String, "")
        );
    }

    #[test]
    fn the_driver_and_the_type_map_make_it_exact() {
        let driver = "driver = 'node-postgres'";
        assert!(ok("bigint", Kind::String, driver) && !ok("bigint", Kind::Number, driver));
        assert!(!ok("date", Kind::String, driver));
        let mapped = "driver = 'node-postgres'\ntype-map = { int8 = ['number'] }";
        assert!(ok("bigint", Kind::Number, mapped) && !ok("bigint", Kind::String, mapped));
    }

    #[test]
    fn what_an_orm_makes_of_a_value_is_the_orms_to_say() {
        let config = test_utils::config("driver = 'node-postgres'");
        let of = |name: &str, kind| {
            accepts(
                &ColumnType::resolve(name, &Schema::default()),
                &kind,
                DescriptionLayer::Orm,
                &config,
            )
        };
        assert!(
            of("bigint", Kind::Number) && of("date", Kind::String) && !of("text", Kind::Number)
        );
    }

    #[test]
    fn arrays_and_json_are_looked_into() {
        let strings = Kind::Array(Box::new(Kind::String));
        assert!(ok("text[]", strings.clone(), "") && !ok("integer[]", strings.clone(), ""));
        assert!(!ok("text", strings.clone(), "") && !ok("text[]", Kind::String, ""));
        assert!(
            ok("jsonb", strings, "")
                && ok("jsonb", Kind::Json, "")
                && !ok("jsonb", Kind::Number, "")
        );
        assert!(ok("jsonb", Kind::Union(vec![Kind::String, Kind::Json]), ""));
    }
}
