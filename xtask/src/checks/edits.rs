//! Changes of the sources that would resolve a finding, exact to the byte. Each keeps the formatting around it: a new
//! field takes its separator and indentation from the field before it.

use super::accepted_kinds::{self, Layer, Shape};
use super::entities::{ColumnFacts, Entity};
use super::matching::Description;
use super::names::{self, Style};
use crate::config::Config;
use crate::report::Suggestion;
use crate::schema::model::Column;
use crate::schema::types::{ColumnType, Scalar};
use crate::source::{Location, Span};
use crate::typescript::facts::{Field, Origin};

/// Adds a field for `column` after the field of the column before it.
pub(super) fn add_field(
    description: &Description<'_>,
    entity: &Entity<'_>,
    column: &Column,
    config: &Config,
) -> Option<Suggestion> {
    let declaration = description.declaration;
    if !matches!(declaration.origin, Origin::Interface | Origin::Alias | Origin::Class) {
        return None;
    }
    let facts = entity.column(&column.name)?;
    let (before, end) = field_before(description, entity, column)?;
    let (ty, sure) = type_text(&facts.ty, config)?;
    let null = if facts.not_null { "" } else { " | null" };
    let name = field_name(description, &column.name);
    let indentation = " ".repeat(before.column.saturating_sub(1) as usize);
    Some(Suggestion {
        text: format!("add the field `{name}`"),
        file: end.file.to_string(),
        span: Span { start: end.span.end, end: end.span.end },
        replacement: format!(";\n{indentation}{name}: {ty}{null}"),
        safe: sure,
    })
}

/// Adds `| null` to the type of `field`.
pub(super) fn add_null(field: &Field, description: &Description<'_>) -> Option<Suggestion> {
    let value = field.value.as_ref()?;
    if !matches!(description.declaration.origin, Origin::Interface | Origin::Alias | Origin::Class) {
        return None;
    }
    Some(insert_after(value, "add `| null`".into(), " | null".into()))
}

/// Adds a field for `column` to a Zod object, after the field of the column before it.
pub(super) fn add_schema_field(
    description: &Description<'_>,
    entity: &Entity<'_>,
    column: &Column,
) -> Option<Suggestion> {
    let facts = entity.column(&column.name)?;
    let (before, end) = field_before(description, entity, column)?;
    let name = field_name(description, &column.name);
    let indentation = " ".repeat(before.column.saturating_sub(1) as usize);
    let replacement = format!(",\n{indentation}{name}: {}", zod_text(facts)?);
    Some(insert_after(end, format!("add the field `{name}`"), replacement))
}

/// Appends `.nullable()` to the schema of `field`.
pub(super) fn add_nullable(field: &Field) -> Option<Suggestion> {
    Some(insert_after(field.value.as_ref()?, "add `.nullable()`".into(), ".nullable()".into()))
}

/// Appends a method of strings or numbers to the schema of `field`, where nothing wraps it.
pub(super) fn add_method(field: &Field, method: &str) -> Option<Suggestion> {
    let wrapped = field.optional || field.nullable || field.has_default;
    let value = field.value.as_ref().filter(|_| !wrapped)?;
    let mut suggestion = insert_after(value, format!("add `{method}`"), method.to_owned());
    // The schema behind a name may be of another type than what comes out of it.
    suggestion.safe = field.reference.is_none();
    Some(suggestion)
}

/// Calls `field` like `column`, in the style of its declaration.
pub(super) fn rename(description: &Description<'_>, column: &Column, field: &Field) -> Option<Suggestion> {
    let name = field_name(description, &column.name);
    let written = (field.location.span.end - field.location.span.start) as usize;
    (written == field.name.len()).then(|| Suggestion {
        text: format!("rename `{}` to `{name}`", field.name),
        file: field.location.file.to_string(),
        span: field.location.span,
        replacement: name,
        // Whoever uses the field has to follow.
        safe: false,
    })
}

/// Inserts `replacement` behind the expression at `value`.
pub(super) fn insert_after(value: &Location, text: String, replacement: String) -> Suggestion {
    let span = Span { start: value.span.end, end: value.span.end };
    Suggestion { text, file: value.file.to_string(), span, replacement, safe: true }
}

/// The name of the column in the style of the declaration.
fn field_name(description: &Description<'_>, column: &str) -> String {
    let names = description.declaration.fields.iter().map(|field| field.name.as_str());
    match names::majority_style(names) {
        Style::Camel => names::camel_case(column),
        Style::Snake | Style::Either => column.to_owned(),
    }
}

/// The field of the nearest column before `column` that is written in the declaration itself, and its type.
fn field_before<'f>(
    description: &'f Description<'_>,
    entity: &Entity<'_>,
    column: &Column,
) -> Option<(&'f Location, &'f Location)> {
    let at = |name: &str| entity.columns.iter().position(|facts| facts.column.name == name);
    let limit = at(&column.name)?;
    let declared_at = &description.declaration.location;
    let own = description.pairing.pairs.iter().filter(|pair| {
        pair.field.location.file == declared_at.file && pair.field.location.span.start > declared_at.span.start
    });
    let before = own.filter(|pair| at(&pair.column.name).is_some_and(|at| at < limit));
    before.filter_map(|pair| Some((&pair.field.location, pair.field.value.as_ref()?))).next_back()
}

/// How a value of the type is written in TypeScript, and whether that is the only way.
fn type_text(ty: &ColumnType, config: &Config) -> Option<(String, bool)> {
    let shapes = accepted_kinds::accepted(ty, Layer::Driver, config);
    let item = match shapes.first()? {
        Shape::Json => "unknown",
        Shape::Any | Shape::Array => return None,
        shape => shape.name(),
    };
    let text = if ty.array { format!("{item}[]") } else { item.to_owned() };
    Some((text, shapes.len() == 1))
}

/// How a value of the column is validated, where there is one way to say it in Zod 3 and 4.
fn zod_text(facts: &ColumnFacts<'_>) -> Option<String> {
    let demands = &facts.demands;
    let Scalar::Builtin(name) = &facts.ty.scalar else { return None };
    let base = match name.as_str() {
        _with_values if demands.values.is_some() || facts.ty.array => return None,
        "text" | "character varying" => match demands.max_length {
            Some(max) => format!("z.string().max({max})"),
            None => "z.string()".to_owned(),
        },
        "uuid" => "z.string().uuid()".to_owned(),
        "boolean" => "z.boolean()".to_owned(),
        "integer" | "smallint" => "z.number().int()".to_owned(),
        "real" | "double precision" => "z.number()".to_owned(),
        _several_ways => return None,
    };
    Some(if facts.not_null { base } else { format!("{base}.nullable()") })
}
