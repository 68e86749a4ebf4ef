//! The types of columns: those that `type` and `columnType` state, and those that follow from a
//! property's type.

use crate::facts::{Kind, SqlScalar};
use crate::typescript::entities::{Options, labels, text, written_type};
use crate::typescript::resolve::Resolver;
use crate::typescript::values::Value;
use crate::typescript::vocabulary::{self, Library};

/// The length of texts where nobody states one.
const TEXT_LENGTH: u32 = 255;

/// The options that say how long a value is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    length: Option<u32>,
    precision: Option<u32>,
    scale: Option<u32>,
}

/// What the options say of a column's type.
pub(super) enum StatedType {
    /// Nothing: it follows from the property's.
    None,
    /// A type of SQL, and whether it is an array of it.
    Sql(SqlScalar, bool),
    /// A type of the program's own, which makes other values of the column's.
    Custom,
}

impl Size {
    pub(super) fn read(options: &Options<'_>) -> Self {
        Self {
            length: options.number("length"),
            precision: options.number("precision"),
            scale: options.number("scale"),
        }
    }

    /// The type that MikroORM takes where only the property's type says it.
    pub(super) fn inferred(self, kind: &Kind) -> (SqlScalar, bool) {
        let name = match kind {
            Kind::String | Kind::Enum(_) => "string",
            Kind::Number => "integer",
            Kind::Boolean => "boolean",
            Kind::Date => "datetime",
            Kind::Array(items) if matches!(**items, Kind::String) => "array",
            _ => {
                let why = "its type does not follow from its property's";
                return (SqlScalar::Unknown(why.into()), false);
            }
        };
        self.named(name)
    }

    /// The type that MikroORM calls `name`.
    pub(super) fn named(self, name: &str) -> (SqlScalar, bool) {
        let plain = |name: &str| (SqlScalar::Named(name.into(), Vec::new()), false);
        let sized =
            |name: &str, modifiers: Vec<u32>| (SqlScalar::Named(name.into(), modifiers), false);
        match name.to_lowercase().as_str() {
            "string" | "varchar" => sized(
                "character varying",
                vec![self.length.unwrap_or(TEXT_LENGTH)],
            ),
            "character" | "char" => sized("character", vec![self.length.unwrap_or(1)]),
            "text" => plain("text"),
            "number" | "integer" | "int" | "mediumint" => plain("integer"),
            "smallint" | "tinyint" => plain("smallint"),
            "bigint" => plain("bigint"),
            "float" => plain("real"),
            "double" => plain("double precision"),
            "decimal" | "numeric" => sized(
                "numeric",
                vec![self.precision.unwrap_or(10), self.scale.unwrap_or(0)],
            ),
            "boolean" | "bool" => plain("boolean"),
            "date" => plain("date"),
            "datetime" => sized(
                "timestamp with time zone",
                self.length.into_iter().collect(),
            ),
            "time" => sized("time without time zone", vec![0]),
            "interval" => sized("interval", self.length.into_iter().collect()),
            "uuid" => plain("uuid"),
            "json" | "object" | "jsonb" => plain("jsonb"),
            "blob" | "buffer" | "uint8array" => plain("bytea"),
            "array" | "string[]" => (SqlScalar::Named("text".into(), Vec::new()), true),
            written => written_type(written),
        }
    }
}

/// The type that options state.
pub(super) fn stated<'p>(resolver: &Resolver<'p>, options: &Options<'p>) -> StatedType {
    let size = Size::read(options);
    if let Some(written) = options.text("columnType") {
        let (scalar, array) = written_type(&written);
        return StatedType::Sql(scalar, array);
    }
    let Some(ty) = options.get("type").or_else(|| options.get("customType")) else {
        return StatedType::None;
    };
    let ty = match ty.uncast() {
        Value::Function(..) => resolver.call(ty, &[]),
        _ => ty.clone(),
    };
    let named = |name: &str| {
        let (scalar, array) = size.named(name);
        StatedType::Sql(scalar, array)
    };
    if let Some(name) = text(&ty) {
        return named(&name);
    }
    match ty.uncast() {
        Value::External(package, path) if package.is_empty() => {
            match path.last().map_or("", |name| &**name) {
                "Date" => named("datetime"),
                name @ ("String" | "Number" | "Boolean" | "Object") => named(name),
                _ => StatedType::Custom,
            }
        }
        Value::External(package, path)
            if vocabulary::library(package) == Some(Library::MikroOrm) =>
        {
            // `t.text`, `types.text` and `TextType` are one.
            let name = path.last().map_or("", |name| &**name);
            let name = name.strip_suffix("Type").unwrap_or(name);
            if name == "Array" || name == "array" {
                return named("array");
            }
            named(name)
        }
        _ => StatedType::Custom,
    }
}

/// The type of an enum's column: a text that a CHECK restricts, unless it has a name in the database.
pub(super) fn enumeration<'p>(
    resolver: &Resolver<'p>,
    items: &Value<'p>,
    options: &Options<'p>,
) -> (SqlScalar, bool) {
    let array = options.flag("array").unwrap_or(false);
    let items = match items.uncast() {
        Value::Function(..) => resolver.call(items, &[]),
        _ => items.clone(),
    };
    let Some(values) = labels(resolver, &items) else {
        let why = "the values of its enum are computed";
        return (SqlScalar::Unknown(why.into()), array);
    };
    if let Some(name) = options.text("nativeEnumName") {
        return (SqlScalar::Enum(Some(name.to_string()), values), array);
    }
    let is_number = |value: &String| value.parse::<f64>().is_ok();
    let name = if values.iter().all(is_number) {
        "smallint"
    } else {
        "text"
    };
    (SqlScalar::Named(name.into(), Vec::new()), array)
}
