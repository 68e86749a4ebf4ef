//! Changes of the sources that would resolve a finding, in terms of declarations; where the bytes
//! go and how they are formatted, the file's text says later. A change is safe when there is one
//! way to say it, and code that was right before stays right.

mod columns;
mod models;

use super::Model;
use super::accepted_kinds::{self, DescriptionLayer, KindShape};
use super::entities::ColumnFacts;
use super::matching::{Description, Role, TableMatches};
use super::names::{self, NameStyle};
use super::pairing::Pair;
use crate::facts::{Field, Kind, Syntax};
use crate::report::{Edit, Proposal};
use crate::schema::model::Column;
use crate::schema::types::Scalar;
use crate::source::{Location, Span};

/// Adds a field for `column` after the field of the column before it.
pub(super) fn add_field(
    model: &Model<'_>,
    description: &Description<'_>,
    described: &TableMatches<'_>,
    column: &Column,
) -> Option<Proposal> {
    match description.declaration.origin.syntax {
        Syntax::ColumnCalls => return columns::add_column(description, described, column),
        Syntax::PrismaFields => return models::add_field(description, described, column),
        Syntax::TypeMembers | Syntax::ZodCalls | Syntax::Other => {}
    }
    is_written(description, Syntax::TypeMembers)?;
    let facts = described.entity.column(&column.name)?;
    let (ty, sure) = type_text(model, description, facts)?;
    // What describes the thing may leave out what only the database needs: a hash of a password.
    let sure = sure && description.role != Role::Domain;
    let null = if facts.not_null { "" } else { " | null" };
    add_member(description, described, column, format!("{ty}{null}"), sure)
}

/// Makes the column of `field`, in an ORM's table, one that cannot be null, or one that can.
pub(super) fn change_null(
    field: &Field,
    description: &Description<'_>,
    not_null: bool,
) -> Option<Proposal> {
    columns::change_null(field, description, not_null)
        .or_else(|| models::change_null(field, description, not_null))
}

/// Gives the column of `field` the default that `column` has, where that can be written in one way.
pub(super) fn add_default(
    field: &Field,
    description: &Description<'_>,
    column: &Column,
    literal: Option<&str>,
) -> Option<Proposal> {
    columns::add_default(field, description, column, literal)
        .or_else(|| models::add_default(field, description, column, literal))
}

/// Gives the column of `field`, in an ORM's table, the type of the database.
pub(super) fn change_type(
    field: &Field,
    description: &Description<'_>,
    facts: &ColumnFacts<'_>,
) -> Option<Proposal> {
    models::change_type(field, description, facts)
}

/// Adds a field for `column` to a Zod object, after the field of the column before it.
pub(super) fn add_schema_field(
    description: &Description<'_>,
    described: &TableMatches<'_>,
    column: &Column,
) -> Option<Proposal> {
    is_written(description, Syntax::ZodCalls)?;
    let schema = zod_text(described.entity.column(&column.name)?)?;
    // A uuid of a schema has a version, which one of the database need not have.
    let sure = !schema.contains(".uuid()");
    add_member(description, described, column, schema, sure)
}

/// Adds `| null` to the type of `field`.
pub(super) fn add_null(field: &Field, description: &Description<'_>) -> Option<Proposal> {
    let value = field.value?;
    is_written(description, Syntax::TypeMembers)?;
    let span = Span {
        start: value.end,
        end: value.end,
    };
    proposal(
        &field.location.file,
        "add `| null`".into(),
        Edit::Replace {
            span,
            replacement: " | null".into(),
        },
    )
}

/// Appends `.nullable()` to the schema of `field`.
pub(super) fn add_nullable(field: &Field, description: &Description<'_>) -> Option<Proposal> {
    is_written(description, Syntax::ZodCalls)?;
    let value = field.value?;
    proposal(
        &field.location.file,
        "add `.nullable()`".into(),
        Edit::Wrap {
            schema: value,
            call: ".nullable()".into(),
        },
    )
}

/// Makes the schema of `field` demand what `calls` say: `.min(1).max(5)`.
pub(super) fn add_checks(
    field: &Field,
    description: &Description<'_>,
    calls: &str,
) -> Option<Proposal> {
    is_written(description, Syntax::ZodCalls)?;
    let value = field.value?;
    let edit = Edit::AddCheck {
        schema: value,
        call: calls.to_owned(),
    };
    let mut found = proposal(&field.location.file, format!("add `{calls}`"), edit)?;
    found.safe = is_plain(field);
    Some(found)
}

/// Whether a schema is just the calls that are written. The schema behind a name may be of another
/// type than what comes out of it, and no value may be left where a pattern or a refinement demands
/// what a limit does not allow.
fn is_plain(field: &Field) -> bool {
    let constraints = &field.constraints;
    let demands_more = constraints.refined || constraints.pattern.is_some();
    field.reference.is_none() && !constraints.transformed && !demands_more
}

/// Gives the check that this method makes in the schema of `field` another limit than `given`:
/// `max` and `100`.
pub(super) fn change_check(
    field: &Field,
    description: &Description<'_>,
    (method, limit): (&str, String),
    given: f64,
) -> Option<Proposal> {
    is_written(description, Syntax::ZodCalls)?;
    let value = field.value?;
    let text = format!("make it `.{method}({limit})`");
    let edit = Edit::ChangeCheck {
        schema: value,
        method: method.to_owned(),
        given: given.to_string(),
        limit,
    };
    let mut found = proposal(&field.location.file, text, edit)?;
    found.safe = is_plain(field);
    Some(found)
}

/// Adds the values of `wanted` that the set at `set` in `file` lacks.
pub(super) fn add_values(
    (file, set): (&str, Span),
    present: &[String],
    wanted: &[String],
) -> Option<Proposal> {
    let missing: Vec<_> = wanted
        .iter()
        .filter(|value| !present.contains(value))
        .collect();
    if missing.is_empty() {
        return None;
    }
    let names = missing
        .iter()
        .map(|value| format!("`'{value}'`"))
        .collect::<Vec<_>>()
        .join(", ");
    let edit = Edit::AddValues {
        set,
        present: present.to_vec(),
        wanted: wanted.to_vec(),
    };
    let mut found = proposal(file, format!("add {names}"), edit)?;
    // Another value that the database does not know may be a missing one under an old name.
    found.safe = present.iter().all(|value| wanted.contains(value));
    Some(found)
}

/// Calls `field` like `column`, in the style of its declaration.
pub(super) fn rename(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &Column,
    field: &Field,
) -> Option<Proposal> {
    // An ORM's table writes the name of the column beside the property.
    if field.column.is_some() {
        return name_column(field, description, column);
    }
    let name = field_name(described, description, &column.name);
    let name_differs = name != field.name;
    let written = (field.location.span.end - field.location.span.start) as usize;
    let edit = Edit::Replace {
        span: field.location.span,
        replacement: name.clone(),
    };
    let mut found = proposal(
        &field.location.file,
        format!("rename `{}` to `{name}`", field.name),
        edit,
    )?;
    // Whoever uses the field has to follow.
    found.safe = false;
    (written == field.name.len() && name_differs).then_some(found)
}

/// Goes on where changes of the declaration are written in `syntax`.
fn is_written(description: &Description<'_>, syntax: Syntax) -> Option<()> {
    (description.declaration.origin.syntax == syntax).then_some(())
}

/// Makes the column of `field`, in an ORM's table, name `column` of the database.
fn name_column(field: &Field, description: &Description<'_>, column: &Column) -> Option<Proposal> {
    match description.declaration.origin.syntax {
        Syntax::ColumnCalls | Syntax::PrismaFields => {}
        Syntax::TypeMembers | Syntax::ZodCalls | Syntax::Other => return None,
    }
    let edit = Edit::NameColumn {
        column: field.value?,
        present: field.column.as_ref()?.clone(),
        name: column.name.clone(),
    };
    let text = format!("name the column `{}`", column.name);
    suggested(&field.location.file, text, edit)
}

/// A change that a person has to look at.
fn suggested(file: &str, text: String, edit: Edit) -> Option<Proposal> {
    let found = proposal(file, text, edit)?;
    Some(Proposal {
        safe: false,
        ..found
    })
}

fn proposal(file: &str, text: String, edit: Edit) -> Option<Proposal> {
    Some(Proposal {
        text,
        file: file.to_owned(),
        edit,
        safe: true,
    })
}

fn add_member(
    description: &Description<'_>,
    described: &TableMatches<'_>,
    column: &Column,
    value: String,
    safe: bool,
) -> Option<Proposal> {
    let position = |name: &str| {
        described
            .entity
            .columns
            .iter()
            .position(|facts| facts.column.name == name)
    };
    let rank = position(&column.name)?;
    let after = neighbour(description, |pair| {
        position(&pair.column.name).is_some_and(|at| at < rank)
    })?;
    let name = field_name(described, description, &column.name);
    let text = format!("add the field `{name}`");
    let declaration = description.declaration.location.span;
    let rank = u32::try_from(rank).unwrap_or(u32::MAX);
    let edit = Edit::AddMember {
        declaration,
        after,
        rank,
        name,
        value,
    };
    Some(Proposal {
        safe,
        ..proposal(&description.declaration.location.file, text, edit)?
    })
}

/// The type of the last field written in the declaration that `is_before` is true of; of the last
/// one where it is true of none.
fn neighbour(description: &Description<'_>, is_before: impl Fn(&Pair<'_>) -> bool) -> Option<Span> {
    let declared_at = &description.declaration.location;
    let own = |location: &Location| {
        location.file == declared_at.file && location.span.start > declared_at.span.start
    };
    let pairs = || {
        description
            .pairing
            .pairs
            .iter()
            .filter(|pair| own(&pair.field.location))
    };
    let before = pairs()
        .filter(|pair| is_before(pair))
        .filter_map(|pair| pair.field.value)
        .next_back();
    before.or_else(|| pairs().filter_map(|pair| pair.field.value).next_back())
}

/// The name of the column in the style of the declaration; where that has only single words, in
/// that of its siblings.
fn field_name(described: &TableMatches<'_>, description: &Description<'_>, column: &str) -> String {
    let style = match names::majority_style(field_names(description)) {
        NameStyle::Either => {
            names::majority_style(described.descriptions.iter().flat_map(field_names))
        }
        style => style,
    };
    match style {
        NameStyle::Camel => names::camel_case(column),
        NameStyle::Snake | NameStyle::Either => column.to_owned(),
    }
}

fn field_names<'a>(description: &Description<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    description
        .declaration
        .fields
        .iter()
        .map(|field| field.name.as_str())
}

/// How a value of the column is written in TypeScript, and whether that is the only way.
fn type_text(
    model: &Model<'_>,
    description: &Description<'_>,
    facts: &ColumnFacts<'_>,
) -> Option<(String, bool)> {
    let shapes = accepted_kinds::accepted(&facts.ty, DescriptionLayer::Driver, model.input.config);
    let siblings = Siblings::of(model, description, facts);
    let (item, sure) = match (&facts.demands.values, shapes.first()?) {
        (Some(values), KindShape::String) => (
            union(values)?,
            !siblings.named && !model.names_values(values),
        ),
        (_, KindShape::Any | KindShape::Array) => return None,
        (_, KindShape::Json) => ("unknown".to_owned(), false),
        (_, first) => match siblings.only.filter(|shape| shapes.contains(shape)) {
            Some(shape) => (
                shape.name().to_owned(),
                !siblings.named && shape != KindShape::Bytes,
            ),
            None => (
                first.name().to_owned(),
                !siblings.named && shapes.len() == 1,
            ),
        },
    };
    let item = if facts.ty.array && item.contains('|') {
        format!("({item})")
    } else {
        item
    };
    Some((
        if facts.ty.array {
            format!("{item}[]")
        } else {
            item
        },
        sure,
    ))
}

fn union(values: &[String]) -> Option<String> {
    let plain = values
        .iter()
        .all(|value| !value.contains(['\'', '\\', '\n', '"']));
    plain.then(|| {
        values
            .iter()
            .map(|value| format!("'{value}'"))
            .collect::<Vec<_>>()
            .join(" | ")
    })
}

impl Model<'_> {
    /// Whether a set of values with a name holds just these: whoever writes them by hand writes the
    /// name.
    fn names_values(&self, values: &[String]) -> bool {
        let same = |set: &[String]| {
            set.len() == values.len() && values.iter().all(|value| set.contains(value))
        };
        self.input.facts.enums.iter().any(|set| same(&set.values))
    }
}

/// How columns of the same type are described elsewhere.
struct Siblings {
    /// The one shape that all of them have; first in the declaration itself, else in others of its
    /// role.
    only: Option<KindShape>,
    /// Whether one in the declaration itself goes by the name of a type: a brand, or a house's own
    /// `Timestamp`.
    named: bool,
}

impl Siblings {
    fn of(model: &Model<'_>, description: &Description<'_>, facts: &ColumnFacts<'_>) -> Self {
        let same_type = |pair: &&Pair<'_>| pair.column.type_name == facts.column.type_name;
        let own: Vec<&Field> = description
            .pairing
            .pairs
            .iter()
            .filter(same_type)
            .map(|pair| pair.field)
            .collect();
        let alike = model
            .types()
            .filter(|(_, other)| other.role == description.role);
        let all = alike.flat_map(|(_, other)| {
            other
                .pairing
                .pairs
                .iter()
                .filter(same_type)
                .map(|pair| pair.field)
        });
        Self {
            only: if own.is_empty() {
                only(all)
            } else {
                only(own.iter().copied())
            },
            named: own.iter().any(|field| {
                field
                    .reference
                    .as_deref()
                    .is_some_and(|name| name != "Date")
            }),
        }
    }
}

fn only<'f>(fields: impl Iterator<Item = &'f Field>) -> Option<KindShape> {
    let mut shapes = fields.map(|field| shape(&field.kind));
    let first = shapes.next()??;
    shapes.all(|shape| shape == Some(first)).then_some(first)
}

fn shape(kind: &Kind) -> Option<KindShape> {
    match kind {
        Kind::String | Kind::Enum(_) => Some(KindShape::String),
        Kind::Number => Some(KindShape::Number),
        Kind::Bigint => Some(KindShape::Bigint),
        Kind::Boolean => Some(KindShape::Boolean),
        Kind::Date => Some(KindShape::Date),
        Kind::Bytes => Some(KindShape::Bytes),
        Kind::Array(items) => shape(items),
        Kind::Json | Kind::Any | Kind::Union(_) | Kind::Unresolved(_) => None,
    }
}

/// How a value of the column is validated, where there is one way to say it in Zod 3 and 4.
fn zod_text(facts: &ColumnFacts<'_>) -> Option<String> {
    let demands = &facts.demands;
    let Scalar::Builtin(name) = &facts.ty.scalar else {
        return None;
    };
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
    Some(if facts.not_null {
        base
    } else {
        format!("{base}.nullable()")
    })
}
