//! Changes of the columns that an ORM's table declares, as calls of builders: `text('bio').notNull()`.
//! Rows and inserts both get their types from the table, so that each is a suggestion: whoever
//! writes rows has to follow.

use super::{add_member, is_written, suggested, union};
use crate::checks::entities::ColumnFacts;
use crate::checks::matching::{Description, TableMatches};
use crate::checks::names;
use crate::facts::{Field, Kind, Syntax};
use crate::report::{Edit, Proposal};
use crate::schema::model::Column;
use crate::schema::types::Scalar;

/// Adds a column to the table, after that of the column before it.
pub(super) fn add_column(
    description: &Description<'_>,
    described: &TableMatches<'_>,
    column: &Column,
) -> Option<Proposal> {
    is_written(description, Syntax::ColumnCalls)?;
    let builder = builder(described.entity.column(&column.name)?)?;
    let is_named = description
        .declaration
        .fields
        .iter()
        .any(|field| field.column.is_some());
    let key = super::field_name(described, description, &column.name);
    let by_name = is_named || names::camel_case(&key) != names::camel_case(&column.name);
    let value = builder.call(by_name.then_some(&column.name), column.not_null);
    add_member(description, described, column, value, false)
}

/// Makes the column of `field` one that cannot be null, or one that can.
pub(in crate::checks) fn change_null(
    field: &Field,
    description: &Description<'_>,
    not_null: bool,
) -> Option<Proposal> {
    let call = ".notNull()";
    if not_null {
        return append(field, description, call);
    }
    is_written(description, Syntax::ColumnCalls)?;
    let edit = Edit::RemoveCall {
        column: field.value?,
        method: "notNull".into(),
    };
    suggested(&field.location.file, format!("remove `{call}`"), edit)
}

/// Gives the column of `field` the default that `column` has, where that is a literal, the instant
/// or a random uuid.
pub(in crate::checks) fn add_default(
    field: &Field,
    description: &Description<'_>,
    column: &Column,
    literal: Option<&str>,
) -> Option<Proposal> {
    let call = match (column.default.as_deref()?, literal) {
        ("now()" | "CURRENT_TIMESTAMP", _) if !matches!(field.kind, Kind::Number) => {
            ".defaultNow()".to_owned()
        }
        ("gen_random_uuid()", _) => ".defaultRandom()".to_owned(),
        (_, Some(literal)) => format!(".default({})", written(field, literal)?),
        (_, None) => return None,
    };
    append(field, description, &call)
}

fn append(field: &Field, description: &Description<'_>, call: &str) -> Option<Proposal> {
    is_written(description, Syntax::ColumnCalls)?;
    let edit = Edit::Wrap {
        schema: field.value?,
        call: call.to_owned(),
    };
    suggested(&field.location.file, format!("add `{call}`"), edit)
}

/// The literal as a value of the field.
fn written(field: &Field, literal: &str) -> Option<String> {
    match &field.kind {
        Kind::String | Kind::Enum(_) => union(&[literal.to_owned()]),
        Kind::Number => literal.parse::<f64>().ok().map(|_| literal.to_owned()),
        Kind::Bigint => literal
            .parse::<i64>()
            .ok()
            .map(|number| format!("{number}n")),
        Kind::Boolean => matches!(literal, "true" | "false").then(|| literal.to_owned()),
        Kind::Date
        | Kind::Bytes
        | Kind::Json
        | Kind::Any
        | Kind::Array(_)
        | Kind::Union(_)
        | Kind::Unresolved(_) => None,
    }
}

/// A builder and its options: `varchar` with `{ length: 20 }`.
struct Builder {
    name: &'static str,
    options: Option<String>,
}

impl Builder {
    fn call(&self, column: Option<&String>, not_null: bool) -> String {
        let name = column.map(|column| format!("'{column}'"));
        let arguments: Vec<String> = name.into_iter().chain(self.options.clone()).collect();
        let not_null = if not_null { ".notNull()" } else { "" };
        format!("{}({}){not_null}", self.name, arguments.join(", "))
    }
}

/// The builder of the column, where there is one way to say it.
fn builder(facts: &ColumnFacts<'_>) -> Option<Builder> {
    let Scalar::Builtin(name) = &facts.ty.scalar else {
        return None;
    };
    if facts.ty.array || !facts.ty.domains.is_empty() {
        return None;
    }
    let plain = |name| {
        Some(Builder {
            name,
            options: None,
        })
    };
    let with = |name, options: String| {
        Some(Builder {
            name,
            options: Some(options),
        })
    };
    match (name.as_str(), facts.ty.length) {
        ("text", _) => plain("text"),
        ("integer", _) => plain("integer"),
        ("smallint", _) => plain("smallint"),
        ("boolean", _) => plain("boolean"),
        ("uuid", _) => plain("uuid"),
        ("real", _) => plain("real"),
        ("double precision", _) => plain("doublePrecision"),
        ("json", _) => plain("json"),
        ("jsonb", _) => plain("jsonb"),
        ("character varying", None) => plain("varchar"),
        ("character varying", Some(length)) => with("varchar", format!("{{ length: {length} }}")),
        ("timestamp without time zone", None) => plain("timestamp"),
        ("timestamp with time zone", None) => {
            with("timestamp", "{ withTimezone: true }".to_owned())
        }
        _several_ways => None,
    }
}
