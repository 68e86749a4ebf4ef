//! Which TypeScript kinds a PostgreSQL type may be described by. That depends on the driver (int8
//! and numeric arrive as strings in node-postgres) and on the layer (a row holds a `Date`, its JSON
//! a string). Without a configured driver everything plausible is accepted: a false alarm costs
//! more than a kind that the compiler would catch anyway.

mod drivers;
mod shape;

use crate::config::{Config, Driver};
use crate::facts::Kind;
use crate::schema::types::{ColumnType, Scalar};
pub use shape::KindShape;

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
    if let Some(kinds) = mapped(ty, config) {
        let named = kinds.iter().filter_map(|kind| KindShape::named(kind));
        // A mapping of a type to objects gives arrays as well.
        return named
            .flat_map(|shape| match shape {
                KindShape::Json => vec![KindShape::Json, KindShape::Array],
                shape => vec![shape],
            })
            .collect();
    }
    match &ty.scalar {
        Scalar::Enum(..) => vec![KindShape::String],
        Scalar::Other(name) => extension_type(&name.name),
        Scalar::Builtin(name) => builtin(name, ty, layer, config.driver),
    }
}

/// The kinds that the configuration's `type-map` has for the type.
fn mapped<'c>(ty: &ColumnType, config: &'c Config) -> Option<&'c Vec<String>> {
    type_names(ty)
        .iter()
        .find_map(|name| config.type_map.get(name))
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
        (true, Kind::Array(items)) => are_items(&shapes, items),
        (true, Kind::String) => is_array_text(ty, layer, config),
        (true, _) => false,
        (false, kind) => is_accepted(&shapes, kind),
    }
}

/// Whether a schema that takes `kind` takes what a column of `ty` holds: it may take more.
#[must_use]
pub fn takes(ty: &ColumnType, kind: &Kind, layer: DescriptionLayer, config: &Config) -> bool {
    match kind {
        // Only null is taken.
        Kind::Union(members) if members.is_empty() => true,
        Kind::Union(members) => members
            .iter()
            .any(|member| takes(ty, member, layer, config)),
        Kind::Array(items) if ty.array => match &**items {
            Kind::Union(members) => {
                let list = |member: &Kind| Kind::Array(Box::new(member.clone()));
                members
                    .iter()
                    .any(|member| takes(ty, &list(member), layer, config))
            }
            _one => accepts(ty, kind, layer, config),
        },
        kind => accepts(ty, kind, layer, config),
    }
}

/// Whether a schema of `kind` refuses the scalar that an ORM returns, and its JSON: `Decimal` as a
/// string where a number is demanded. A bigint has no JSON, so the server converts it.
#[must_use]
pub fn refuses_scalar(kind: &Kind, returned: &Kind) -> bool {
    let is_scalar = |kind: &Kind| {
        matches!(
            kind,
            Kind::String | Kind::Number | Kind::Bigint | Kind::Boolean | Kind::Date
        )
    };
    let is_taken = |kind: &Kind| !is_scalar(kind) || kind == returned;
    match (returned, kind) {
        (Kind::String | Kind::Number, Kind::Union(members)) => {
            !members.is_empty() && !members.iter().any(is_taken)
        }
        (Kind::String | Kind::Number, one) => !is_taken(one),
        _other => false,
    }
}

/// Whether a field of `kind` has JSON as its unparsed text. PostgreSQL takes JSON so; drivers
/// return it parsed, and then a plain string is right only where each value is one.
#[must_use]
pub fn is_json_text(ty: &ColumnType, kind: &Kind) -> bool {
    let is_json = matches!(&ty.scalar, Scalar::Builtin(name) if name == "json" || name == "jsonb");
    is_json && !ty.array && *kind == Kind::String
}

/// Whether a server evidently converts what a request has into what the column holds: an object or
/// a list into the text of a text column, the text of JSON or of a list into what it stands for.
#[must_use]
pub fn is_convertible(ty: &ColumnType, kind: &Kind) -> bool {
    let is_json = matches!(&ty.scalar, Scalar::Builtin(name) if name == "json" || name == "jsonb");
    match kind {
        Kind::Json | Kind::Array(_) => ty.is_text(),
        Kind::String => is_json || ty.array,
        _other => false,
    }
}

/// Whether a value of `kind` may hold the JSON of what the driver returns: a date as its text, the
/// text of a number unchanged.
#[must_use]
pub fn is_json_of_row(ty: &ColumnType, kind: &Kind, config: &Config) -> bool {
    let shapes = accepted(ty, DescriptionLayer::Driver, config);
    let is_text_in_json = |shape: &KindShape| matches!(shape, KindShape::Date | KindShape::Bytes);
    let is_text = shapes.iter().any(is_text_in_json);
    match kind {
        Kind::Array(items) if ty.array => is_text && **items == Kind::String,
        kind => is_text && !ty.array && *kind == Kind::String,
    }
}

/// Whether the array may arrive as its text, `{a,b}`: node-postgres parses the arrays of a fixed
/// list of types, and code may register parsers for others.
fn is_array_text(ty: &ColumnType, layer: DescriptionLayer, config: &Config) -> bool {
    let by_node_postgres = matches!(config.driver, Some(Driver::NodePostgres) | None);
    let is_unparsed = match &ty.scalar {
        Scalar::Enum(..) | Scalar::Other(_) => true,
        Scalar::Builtin(name) => !ty.domains.is_empty() || drivers::is_array_unparsed(name),
    };
    let is_row = layer == DescriptionLayer::Driver;
    is_row && by_node_postgres && is_unparsed && mapped(ty, config).is_none()
}

/// Whether arrays of `items` hold such values, in any number of dimensions: PostgreSQL does not
/// enforce it, and forgets what was declared.
fn are_items(shapes: &[KindShape], items: &Kind) -> bool {
    let nested = match items {
        Kind::Array(inner) => are_items(shapes, inner),
        _ => false,
    };
    nested || is_accepted(shapes, items)
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
        Kind::Array(_) => any(&[KindShape::Array]),
        Kind::Union(members) => members.iter().all(|member| is_accepted(shapes, member)),
        Kind::Any | Kind::Unresolved(_) => true,
    }
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
    let returned = match (layer, driver) {
        (DescriptionLayer::Driver, Some(driver)) if ty.array => drivers::items(name, driver),
        (DescriptionLayer::Driver, Some(driver)) => drivers::scalar(name, driver),
        (DescriptionLayer::Driver, None) | (DescriptionLayer::Orm | DescriptionLayer::Wire, _) => {
            None
        }
    };
    match returned {
        Some(shapes) => shapes.to_vec(),
        None => plausible(name, ty),
    }
}

/// Returns the shapes that some driver, an ORM or JSON has for a type, the likeliest first.
fn plausible(name: &str, ty: &ColumnType) -> Vec<KindShape> {
    use KindShape::{Any, Array, Bigint, Boolean, Bytes, Date, Json, Number, String};
    let is_whole_number = ty.scale.unwrap_or(0) == 0 && ty.length.is_some();
    match name {
        "smallint" | "integer" | "real" | "double precision" => vec![Number],
        "oid" => vec![Number, String],
        "bigint" => vec![String, Number, Bigint],
        "numeric" if is_whole_number => vec![String, Number, Bigint, Json],
        // `Decimal` of decimal.js, as Prisma has it.
        "numeric" => vec![String, Number, Json],
        "money" => vec![String, Number, Json],
        "boolean" => vec![Boolean],
        "date" | "timestamp with time zone" | "timestamp without time zone" => vec![Date, String],
        "time with time zone" | "time without time zone" => vec![String, Date],
        "bytea" => vec![Bytes, String],
        "json" | "jsonb" => drivers::ANY_JSON.to_vec(),
        "interval" | "point" | "line" | "lseg" | "box" | "path" | "polygon" | "circle"
        | "int2vector" | "oidvector" => vec![String, Json, Array],
        range if range.ends_with("range") => vec![String, Json, Array],
        "record" | "anyarray" => vec![Any],
        _text_like => vec![String],
    }
}

fn extension_type(name: &str) -> Vec<KindShape> {
    match name {
        "citext" | "ltree" => vec![KindShape::String],
        "vector" | "halfvec" => vec![KindShape::String, KindShape::Array],
        "hstore" => vec![KindShape::String, KindShape::Json, KindShape::Array],
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
                && ok("jsonb", Kind::Number, "")
                && !ok("jsonb", Kind::Date, "")
        );
        assert!(ok(
            "jsonb",
            Kind::Union([Kind::String, Kind::Json].into()),
            ""
        ));
    }
    #[test]
    fn arrays_have_any_number_of_dimensions() {
        let nested = |kind| Kind::Array(Box::new(Kind::Array(Box::new(kind))));
        assert!(ok("integer[]", nested(Kind::Number), ""));
        assert!(ok(
            "integer[]",
            Kind::Array(Box::new(nested(Kind::Number))),
            ""
        ));
        assert!(!ok("integer[]", nested(Kind::String), ""));
        assert!(!ok("integer", nested(Kind::Number), ""));
    }

    #[test]
    fn node_postgres_returns_the_text_of_arrays_that_it_has_no_parser_for() {
        let driver = "driver = 'node-postgres'";
        let strings = || Kind::Array(Box::new(Kind::String));
        assert!(ok("macaddr8[]", Kind::String, driver) && ok("macaddr8[]", strings(), driver));
        assert!(ok("public.mood[]", Kind::String, driver));
        assert!(!ok("text[]", Kind::String, driver));
        assert!(!ok("macaddr8[]", Kind::String, "driver = 'postgres-js'"));
        let registered = "driver = 'node-postgres'\ntype-map = { macaddr8 = ['string'] }";
        assert!(!ok("macaddr8[]", Kind::String, registered));
    }
}
