//! A column in the database's own terms, as an ORM describes it: Drizzle's `varchar({ length: 100
//! }).default('')`.

use std::fmt;

/// A column as its builder describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlColumn {
    /// Its type.
    pub ty: SqlType,
    /// Whether the database fills in a value (`.default(…)`, `serial`, an identity): what only the
    /// program fills in (`.$default(…)`) does not count.
    pub database_default: bool,
    /// That value, where it is written out.
    pub default_value: Option<SqlDefault>,
    /// The values of an enum as the application has them, in the order of its labels, where the ORM
    /// gives them other names.
    pub application_values: Option<Vec<String>>,
    /// The statements about the column apart from the type of the field.
    pub apart: StatedApart,
}

/// The statements of an ORM about a column that it makes apart from the type of the field, as
/// decorators do. Where the column is all that is stated, there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatedApart {
    /// Whether the column may be null; none where only the type of the field says it.
    pub nullable: Option<bool>,
    /// Whether the column's type follows from the field's, and nobody wrote it.
    pub inferred_type: bool,
    /// Whether the ORM leaves the column out of what it inserts.
    pub never_inserted: bool,
    /// How the value of the field comes from that of the column.
    pub value: StatedValue,
}

/// How the value of a field comes from that of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatedValue {
    /// It is the driver's.
    #[default]
    Stored,
    /// The ORM makes another of it: a list of a text, what a transformer returns.
    Converted,
    /// It is what a foreign key leads to.
    Related,
}

/// A default that is written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlDefault {
    /// The same value for each row.
    Value {
        /// The text of a string, a number, `true` or `false`; none of a list or object.
        text: Option<String>,
        /// The value as JSON.
        json: String,
    },
    /// An expression of SQL: `now()`.
    Expression(String),
}

impl fmt::Display for SqlDefault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value { text, json } => text.as_ref().unwrap_or(json),
            Self::Expression(expression) => expression,
        })
    }
}

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlType {
    /// The type of the value, or of each element of an array.
    pub scalar: SqlScalar,
    /// Whether it is an array, of any number of dimensions.
    pub array: bool,
}

/// A type that is no array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlScalar {
    /// A type by the name that `format_type` gives it without its modifiers (`character varying`),
    /// and these: the length, precision and scale that are stated.
    Named(String, Vec<u32>),
    /// An enum with its values: the name where the source says it, `audit.kind` outside of
    /// `public`.
    Enum(Option<String>, Vec<String>),
    /// Not known, and why.
    Unknown(String),
}

/// As `format_type` writes it.
impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scalar {
            SqlScalar::Named(name, modifiers) if modifiers.is_empty() => f.write_str(name)?,
            SqlScalar::Named(name, modifiers) => {
                let modifiers: Vec<_> = modifiers.iter().map(ToString::to_string).collect();
                let (head, tail) = name
                    .split_once(' ')
                    .filter(|(_, tail)| tail.ends_with("time zone"))
                    .unwrap_or((name, ""));
                let space = if tail.is_empty() { "" } else { " " };
                write!(f, "{head}({}){space}{tail}", modifiers.join(","))?;
            }
            SqlScalar::Enum(name, _) => f.write_str(name.as_deref().unwrap_or("enum"))?,
            SqlScalar::Unknown(_) => f.write_str("unknown")?,
        }
        f.write_str(if self.array { "[]" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, modifiers: &[u32], array: bool) -> String {
        SqlType {
            scalar: SqlScalar::Named(name.into(), modifiers.to_vec()),
            array,
        }
        .to_string()
    }

    #[test]
    fn types_are_written_as_postgresql_writes_them() {
        assert_eq!(
            written("character varying", &[100], true),
            "character varying(100)[]"
        );
        assert_eq!(written("numeric", &[12, 2], false), "numeric(12,2)");
        assert_eq!(
            written("timestamp with time zone", &[3], false),
            "timestamp(3) with time zone"
        );
        assert_eq!(
            written("timestamp without time zone", &[], false),
            "timestamp without time zone"
        );
    }
}
