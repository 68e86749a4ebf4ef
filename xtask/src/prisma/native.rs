//! Prisma's scalar types and the types that its migrations give to columns of PostgreSQL: by the
//! scalar alone, or by the native type that `@db.…` names.

use crate::facts::{Kind, SqlScalar};

/// A scalar type of the schema language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarType {
    String,
    Boolean,
    Int,
    BigInt,
    Float,
    Decimal,
    DateTime,
    Json,
    Bytes,
}

/// Finds the scalar type of this name.
pub fn scalar_type(name: &str) -> Option<ScalarType> {
    Some(match name {
        "String" => ScalarType::String,
        "Boolean" => ScalarType::Boolean,
        "Int" => ScalarType::Int,
        "BigInt" => ScalarType::BigInt,
        "Float" => ScalarType::Float,
        "Decimal" => ScalarType::Decimal,
        "DateTime" => ScalarType::DateTime,
        "Json" => ScalarType::Json,
        "Bytes" => ScalarType::Bytes,
        _ => return None,
    })
}

impl ScalarType {
    /// The kind of the values that Prisma's client has for it. A `Decimal` is an object.
    pub fn kind(self) -> Kind {
        match self {
            Self::String => Kind::String,
            Self::Boolean => Kind::Boolean,
            Self::Int | Self::Float => Kind::Number,
            Self::BigInt => Kind::Bigint,
            Self::Decimal | Self::Json => Kind::Json,
            Self::DateTime => Kind::Date,
            Self::Bytes => Kind::Bytes,
        }
    }

    /// The type of a column without a native type.
    fn column_type(self) -> SqlScalar {
        match self {
            Self::String => named("text", &[]),
            Self::Boolean => named("boolean", &[]),
            Self::Int => named("integer", &[]),
            Self::BigInt => named("bigint", &[]),
            Self::Float => named("double precision", &[]),
            Self::Decimal => named("numeric", &[65, 30]),
            Self::DateTime => named("timestamp without time zone", &[3]),
            Self::Json => named("jsonb", &[]),
            Self::Bytes => named("bytea", &[]),
        }
    }
}

/// A native type: `VarChar` with its arguments.
#[derive(Debug, Clone)]
pub struct NativeType<'s> {
    /// The name without `@db.`.
    pub name: &'s str,
    /// Its length, or its precision and scale.
    pub arguments: Vec<u32>,
}

/// The type of a column of `scalar`, by its native type where it has one.
pub fn column_type(scalar: ScalarType, native: Option<&NativeType<'_>>) -> SqlScalar {
    let Some(NativeType { name, arguments }) = native else {
        return scalar.column_type();
    };
    // PostgreSQL's own default of these two is a length of 1.
    let or_one = || match arguments.as_slice() {
        [] => vec![1],
        given => given.to_vec(),
    };
    match *name {
        "Text" => named("text", &[]),
        "VarChar" => named("character varying", arguments),
        "Char" => named("character", &or_one()),
        "Bit" => named("bit", &or_one()),
        "VarBit" => named("bit varying", arguments),
        "Uuid" => named("uuid", &[]),
        "Xml" => named("xml", &[]),
        "Inet" => named("inet", &[]),
        "Citext" => named("citext", &[]),
        "Boolean" => named("boolean", &[]),
        "Integer" => named("integer", &[]),
        "SmallInt" => named("smallint", &[]),
        "Oid" => named("oid", &[]),
        "BigInt" => named("bigint", &[]),
        "Real" => named("real", &[]),
        "DoublePrecision" => named("double precision", &[]),
        "Decimal" => named("numeric", &with_scale(arguments)),
        "Money" => named("money", &[]),
        "Timestamp" => named("timestamp without time zone", arguments),
        "Timestamptz" => named("timestamp with time zone", arguments),
        "Date" => named("date", &[]),
        "Time" => named("time without time zone", arguments),
        "Timetz" => named("time with time zone", arguments),
        "Json" => named("json", &[]),
        "JsonB" => named("jsonb", &[]),
        "ByteA" => named("bytea", &[]),
        name => SqlScalar::Unknown(format!("the native type `@db.{name}` is not known")),
    }
}

/// A precision without a scale has the scale 0.
fn with_scale(arguments: &[u32]) -> Vec<u32> {
    match arguments {
        [precision] => vec![*precision, 0],
        given => given.to_vec(),
    }
}

/// The type in `Unsupported("…")`, where PostgreSQL has one name for it.
pub fn unsupported(text: &str) -> SqlScalar {
    const NAMED: &[&str] = &[
        "box", "cidr", "circle", "hstore", "interval", "line", "lseg", "ltree", "macaddr",
        "macaddr8", "path", "point", "polygon", "tsquery", "tsvector",
    ];
    if NAMED.contains(&text) {
        return named(text, &[]);
    }
    SqlScalar::Unknown("a type that Prisma does not support is not compared".into())
}

fn named(name: &str, modifiers: &[u32]) -> SqlScalar {
    SqlScalar::Named(name.to_owned(), modifiers.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scalar: &str, native: Option<(&str, &[u32])>) -> SqlScalar {
        let native = native.map(|(name, arguments)| NativeType {
            name,
            arguments: arguments.to_vec(),
        });
        column_type(scalar_type(scalar).expect("a scalar"), native.as_ref())
    }

    #[test]
    fn lengths_are_those_that_postgresql_gives() {
        assert_eq!(of("String", Some(("Char", &[]))), named("character", &[1]));
        assert_eq!(
            of("String", Some(("VarChar", &[]))),
            named("character varying", &[])
        );
        assert_eq!(
            of("Decimal", Some(("Decimal", &[12]))),
            named("numeric", &[12, 0])
        );
        assert_eq!(of("Decimal", Some(("Decimal", &[]))), named("numeric", &[]));
        assert_eq!(of("Decimal", None), named("numeric", &[65, 30]));
        assert_eq!(
            of("DateTime", Some(("Timestamp", &[]))),
            named("timestamp without time zone", &[])
        );
    }
}
