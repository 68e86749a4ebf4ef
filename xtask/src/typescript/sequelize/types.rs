//! The types of columns: `DataType.STRING(40)`, and those that follow from a property's type.

use crate::facts::{Kind, SqlScalar};
use crate::typescript::entities::{labels, text, written_type};
use crate::typescript::resolve::Resolver;
use crate::typescript::values::{Arguments, Value};
use crate::typescript::vocabulary::{self, Library};

/// The length of `STRING` where nobody states one.
const TEXT_LENGTH: u32 = 255;

/// A column type.
pub(super) enum DataType {
    /// A type of SQL, and whether it is an array of it.
    Sql(SqlScalar, bool),
    /// No column: its value is computed.
    Virtual,
}

/// The type that a property's type stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inference;

impl Inference {
    /// The type that sequelize-typescript takes where only the property's type says it.
    pub(super) fn inferred(self, kind: &Kind) -> (SqlScalar, bool) {
        let named =
            |name: &str, modifiers: Vec<u32>| (SqlScalar::Named(name.into(), modifiers), false);
        match kind {
            Kind::String | Kind::Enum(_) => named("character varying", vec![TEXT_LENGTH]),
            Kind::Number => named("integer", Vec::new()),
            Kind::Boolean => named("boolean", Vec::new()),
            Kind::Date => named("timestamp with time zone", Vec::new()),
            _ => (
                SqlScalar::Unknown("its type does not follow from its property's".into()),
                false,
            ),
        }
    }
}

/// The type that a value stands for; none where it is no type.
pub(super) fn data_type<'p>(resolver: &Resolver<'p>, value: &Value<'p>) -> Option<DataType> {
    if let Some(written) = text(value) {
        let (scalar, array) = written_type(&written);
        return Some(DataType::Sql(scalar, array));
    }
    if let Some(name) = exported(value) {
        return Some(named(resolver, &name, &Arguments::Given(&[])));
    }
    let Value::Called(call) = value.uncast() else {
        return None;
    };
    let name = exported(&call.callee)?;
    Some(named(resolver, &name, &call.arguments(resolver)))
}

/// The name of a type of Sequelize's: `STRING` of `DataType.STRING`.
fn exported(value: &Value<'_>) -> Option<String> {
    let (package, path) = value.external()?;
    if vocabulary::library(package) != Some(Library::Sequelize) {
        return None;
    }
    let name = path.rsplit('.').next()?;
    let is_type = name
        .chars()
        .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    is_type.then(|| name.to_owned())
}

fn named<'p>(resolver: &Resolver<'p>, name: &str, arguments: &Arguments<'_, 'p>) -> DataType {
    let sql = |name: &str, modifiers: Vec<u32>| {
        DataType::Sql(SqlScalar::Named(name.into(), modifiers), false)
    };
    let plain = |name: &str| sql(name, Vec::new());
    let unknown = |why: &str| DataType::Sql(SqlScalar::Unknown(why.into()), false);
    let number = |at: usize| arguments.at(at).as_number().map(|number| number as u32);
    // `STRING({ length: 40 })` and `STRING(40)` are one.
    let option = |name: &str| {
        let first = arguments.at(0);
        first
            .property(name)?
            .as_number()
            .map(|number| number as u32)
    };
    let size = |name: &str, usual: u32| number(0).or_else(|| option(name)).unwrap_or(usual);
    match name {
        "STRING" => sql("character varying", vec![size("length", TEXT_LENGTH)]),
        "CHAR" => sql("character", vec![size("length", TEXT_LENGTH)]),
        "TEXT" => plain("text"),
        "CITEXT" => plain("citext"),
        "UUID" => plain("uuid"),
        "INTEGER" | "MEDIUMINT" => plain("integer"),
        "TINYINT" | "SMALLINT" => plain("smallint"),
        "BIGINT" => plain("bigint"),
        "FLOAT" | "DOUBLE" => plain("double precision"),
        "REAL" => plain("real"),
        "DECIMAL" | "NUMBER" => match (number(0), number(1)) {
            (Some(precision), scale) => sql("numeric", vec![precision, scale.unwrap_or(0)]),
            (None, _) => match (option("precision"), option("scale")) {
                (Some(precision), scale) => sql("numeric", vec![precision, scale.unwrap_or(0)]),
                (None, _) => plain("numeric"),
            },
        },
        "BOOLEAN" => plain("boolean"),
        // PostgreSQL keeps six digits whatever the model says.
        "DATE" => plain("timestamp with time zone"),
        "DATEONLY" => plain("date"),
        "TIME" => plain("time without time zone"),
        "JSON" => plain("json"),
        "JSONB" => plain("jsonb"),
        "BLOB" => plain("bytea"),
        "INET" => plain("inet"),
        "CIDR" => plain("cidr"),
        "MACADDR" => plain("macaddr"),
        "TSVECTOR" => plain("tsvector"),
        "HSTORE" => plain("hstore"),
        "UUIDV1" | "UUIDV4" => plain("uuid"),
        "ENUM" => enumeration(resolver, arguments),
        "ARRAY" => {
            let first = arguments.at(0);
            let items = first.property("type").cloned().unwrap_or(first);
            match data_type(resolver, &items) {
                Some(DataType::Sql(scalar, _)) => DataType::Sql(scalar, true),
                _ => unknown("the type of its items is computed"),
            }
        }
        "VIRTUAL" => DataType::Virtual,
        _ => unknown("its type is not compared"),
    }
}

fn enumeration<'p>(resolver: &Resolver<'p>, arguments: &Arguments<'_, 'p>) -> DataType {
    let first = arguments.at(0);
    let values = match first.uncast() {
        Value::Array(_) => labels(resolver, &first),
        Value::Object(_) => first.property("values").and_then(|it| labels(resolver, it)),
        _ => {
            let given = (0..arguments.count()).map(|at| arguments.at(at));
            given
                .map(|value| Some(value.as_str()?.to_owned()))
                .collect()
        }
    };
    let scalar = match values.filter(|values| !values.is_empty()) {
        Some(values) => SqlScalar::Enum(None, values),
        None => SqlScalar::Unknown("the values of its enum are computed".into()),
    };
    DataType::Sql(scalar, false)
}
