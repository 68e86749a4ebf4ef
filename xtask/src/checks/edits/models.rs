//! Changes of the fields of a Prisma model: `bio String? @db.VarChar(200)`. The client gets its types
//! from the model, so that each is a suggestion: code that reads or writes rows has to follow.

use super::{is_written, neighbour, suggested};
use crate::checks::entities::ColumnFacts;
use crate::checks::matching::{Description, TableMatches};
use crate::checks::names;
use crate::facts::{Field, Kind, Syntax};
use crate::report::{Edit, Proposal};
use crate::schema::model::Column;
use crate::schema::types::{ColumnType, Scalar};
use crate::source::Span;

/// Adds a field for `column`, after that of the column before it.
pub(super) fn add_field(
    description: &Description<'_>,
    described: &TableMatches<'_>,
    column: &Column,
) -> Option<Proposal> {
    is_written(description, Syntax::PrismaFields)?;
    let facts = described.entity.column(&column.name)?;
    let (scalar, native) = written(&facts.ty)?;
    let name = field_name(description, &column.name)?;
    let position = |name: &str| {
        let mut columns = described.entity.columns.iter();
        columns.position(|facts| facts.column.name == name)
    };
    let rank = position(&column.name)?;
    let after = neighbour(description, |pair| {
        position(&pair.column.name).is_some_and(|at| at < rank)
    })?;
    let suffix = match (facts.ty.array, facts.not_null) {
        (true, _) => "[]",
        (false, true) => "",
        (false, false) => "?",
    };
    let map = (name != column.name).then(|| format!("@map(\"{}\")", column.name));
    let attributes = map.into_iter().chain(native);
    let attributes: String = attributes.map(|one| format!(" {one}")).collect();
    let edit = Edit::AddLine {
        after,
        rank: u32::try_from(rank).unwrap_or(u32::MAX),
        line: format!("{name} {scalar}{suffix}{attributes}"),
    };
    let file = &description.declaration.location.file;
    suggested(file, format!("add the field `{name}`"), edit)
}

/// The name of a column's field in the style of its model; none where that is no name of a field.
fn field_name(description: &Description<'_>, column: &str) -> Option<String> {
    let fields = &description.declaration.fields;
    let style = names::majority_style(fields.iter().map(|field| field.name.as_str()));
    let name = match style {
        names::NameStyle::Camel => names::camel_case(column),
        names::NameStyle::Snake | names::NameStyle::Either => column.to_owned(),
    };
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || one == '_');
    (is_name && fields.iter().all(|field| field.name != name)).then_some(name)
}

/// Makes the field required, or optional.
pub(super) fn change_null(
    field: &Field,
    description: &Description<'_>,
    not_null: bool,
) -> Option<Proposal> {
    is_written(description, Syntax::PrismaFields)?;
    let end = field.value?.end;
    if matches!(field.kind, Kind::Array(_)) || field.nullable != not_null {
        return None;
    }
    let (text, span, replacement) = if not_null {
        let start = end.checked_sub(1)?;
        ("remove `?`", Span { start, end }, "")
    } else {
        ("add `?`", Span { start: end, end }, "?")
    };
    let edit = Edit::Replace {
        span,
        replacement: replacement.to_owned(),
    };
    suggested(&field.location.file, text.to_owned(), edit)
}

/// Gives the field the type of its column.
pub(super) fn change_type(
    field: &Field,
    description: &Description<'_>,
    facts: &ColumnFacts<'_>,
) -> Option<Proposal> {
    is_written(description, Syntax::PrismaFields)?;
    let (scalar, native) = written(&facts.ty)?;
    if facts.ty.array != matches!(field.kind, Kind::Array(_)) {
        return None;
    }
    let whole = match &native {
        Some(native) => format!("{scalar} {native}"),
        None => scalar.to_owned(),
    };
    let edit = Edit::ChangeType {
        ty: field.value?,
        name: scalar.to_owned(),
        native,
    };
    suggested(&field.location.file, format!("make it `{whole}`"), edit)
}

/// Gives the field the default that `column` has, where that is a literal or the instant.
pub(super) fn add_default(
    field: &Field,
    description: &Description<'_>,
    column: &Column,
    literal: Option<&str>,
) -> Option<Proposal> {
    is_written(description, Syntax::PrismaFields)?;
    let end = field.value?.end;
    let value = match (column.default.as_deref(), literal) {
        (None, _) if column.identity.is_some() => "autoincrement()".to_owned(),
        (Some(default), _) if default.starts_with("nextval(") => "autoincrement()".to_owned(),
        (Some("now()" | "CURRENT_TIMESTAMP"), _) => "now()".to_owned(),
        (Some("gen_random_uuid()"), _) => "dbgenerated(\"gen_random_uuid()\")".to_owned(),
        (_, Some(literal)) => literal_of(&field.kind, literal)?,
        _ => return None,
    };
    let attribute = format!("@default({value})");
    let edit = Edit::Replace {
        span: Span { start: end, end },
        replacement: format!(" {attribute}"),
    };
    suggested(&field.location.file, format!("add `{attribute}`"), edit)
}

fn literal_of(kind: &Kind, literal: &str) -> Option<String> {
    match kind {
        Kind::String => Some(format!(
            "\"{}\"",
            literal.replace('\\', "\\\\").replace('"', "\\\"")
        )),
        Kind::Number | Kind::Bigint => literal.parse::<f64>().ok().map(|_| literal.to_owned()),
        Kind::Boolean => matches!(literal, "true" | "false").then(|| literal.to_owned()),
        _ => None,
    }
}

/// Types of PostgreSQL, as Prisma writes them: the scalar and the native type.
const TYPES: &[(&str, &str, &str)] = &[
    ("text", "String", "Text"),
    ("character varying", "String", "VarChar"),
    ("character", "String", "Char"),
    ("uuid", "String", "Uuid"),
    ("xml", "String", "Xml"),
    ("inet", "String", "Inet"),
    ("citext", "String", "Citext"),
    ("boolean", "Boolean", "Boolean"),
    ("integer", "Int", "Integer"),
    ("smallint", "Int", "SmallInt"),
    ("oid", "Int", "Oid"),
    ("bigint", "BigInt", "BigInt"),
    ("real", "Float", "Real"),
    ("double precision", "Float", "DoublePrecision"),
    ("numeric", "Decimal", "Decimal"),
    ("money", "Decimal", "Money"),
    ("timestamp without time zone", "DateTime", "Timestamp"),
    ("timestamp with time zone", "DateTime", "Timestamptz"),
    ("date", "DateTime", "Date"),
    ("time without time zone", "DateTime", "Time"),
    ("time with time zone", "DateTime", "Timetz"),
    ("json", "Json", "Json"),
    ("jsonb", "Json", "JsonB"),
    ("bytea", "Bytes", "ByteA"),
];

/// The types that Prisma gives to columns by the scalar alone.
const DEFAULTS: &[(&str, Option<u32>, Option<u32>)] = &[
    ("text", None, None),
    ("boolean", None, None),
    ("integer", None, None),
    ("bigint", None, None),
    ("double precision", None, None),
    ("numeric", Some(65), Some(30)),
    ("timestamp without time zone", Some(3), None),
    ("jsonb", None, None),
    ("bytea", None, None),
];

/// The scalar that stands for the type, and the native type where it needs one.
fn written(ty: &ColumnType) -> Option<(&'static str, Option<String>)> {
    let name = match &ty.scalar {
        Scalar::Builtin(name) => name.as_str(),
        Scalar::Other(name) if name.name == "citext" => "citext",
        Scalar::Other(_) | Scalar::Enum(..) => return None,
    };
    let (_, scalar, native) = TYPES.iter().find(|row| row.0 == name)?;
    if !ty.domains.is_empty() {
        return None;
    }
    if DEFAULTS.contains(&(name, ty.length, ty.scale)) {
        return Some((scalar, None));
    }
    let arguments = match (ty.length, ty.scale) {
        (Some(length), Some(scale)) => format!("({length}, {scale})"),
        (Some(length), None) => format!("({length})"),
        (None, _) => String::new(),
    };
    Some((scalar, Some(format!("@db.{native}{arguments}"))))
}
