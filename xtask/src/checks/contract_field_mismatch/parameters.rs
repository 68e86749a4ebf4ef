//! Parameters that name a column of the table that a path is about: `{id}` in `/users/{id}`, and
//! `?role=` of `/users`. They are texts, and names say less than in a body. So only what no row can
//! ever have is told.

use std::collections::HashMap;

use super::CHECK;
use crate::checks::entities::{ColumnFacts, Entity};
use crate::checks::names::{self, Word};
use crate::checks::{Model, endpoints, wording};
use crate::facts::path::parameters;
use crate::facts::{Contract, Field, Kind, RequestPart};
use crate::report::Finding;
use crate::schema::types::Scalar;

/// Compares the parameters that contracts themselves hold.
pub(super) fn run(model: &Model<'_>) -> Vec<Finding> {
    let contracts = &model.input.facts.contracts;
    let mut entities: Option<EntitiesByName<'_, '_>> = None;
    let mut found = Vec::new();
    for contract in contracts {
        for input in &contract.inputs {
            let Some(held) = &input.held else { continue };
            let entities = entities.get_or_insert_with(|| EntitiesByName::new(model));
            for field in &held.fields {
                let column = match input.part {
                    RequestPart::Path => entities.of_path(contract, &field.name),
                    RequestPart::Query => entities.of_query(contract, &field.name),
                    RequestPart::Header | RequestPart::Body => None,
                };
                let judged = column.and_then(|(entity, column)| {
                    let what = disagreement(entity, column, field)?;
                    Some(finding(model, contract, (entity, column), field, &what))
                });
                found.extend(judged);
            }
        }
    }
    found
}

/// The tables by the names of their rows.
struct EntitiesByName<'m, 'a>(HashMap<Word, &'m Entity<'a>>);

impl<'m, 'a> EntitiesByName<'m, 'a> {
    fn new(model: &'m Model<'a>) -> Self {
        let mut named = HashMap::new();
        for described in &model.described {
            for name in names::row_names(&described.entity.name.name) {
                named.entry(name).or_insert(&described.entity);
            }
        }
        Self(named)
    }

    fn called(&self, resource: &str) -> Option<&'m Entity<'a>> {
        let written = names::row_names(resource);
        written.iter().find_map(|name| self.0.get(name)).copied()
    }

    /// The column that a parameter of the path is of: that of the resource right before it.
    fn of_path(
        &self,
        contract: &Contract,
        parameter: &str,
    ) -> Option<(&'m Entity<'a>, &'m ColumnFacts<'a>)> {
        let wanted = names::key(parameter);
        let mut before = None;
        for segment in contract.path.split('/') {
            let is_it = segment.starts_with(':')
                && parameters(segment).any(|one| names::key(one) == wanted);
            if is_it {
                break;
            }
            before = Some(segment);
        }
        let resource = before.filter(|segment| !segment.is_empty() && !segment.contains(':'))?;
        let entity = self.called(resource)?;
        let of_row = names::row_names(resource)
            .iter()
            .any(|row| names::key(&format!("{row}_id")) == wanted);
        let name = if of_row { "id" } else { parameter };
        Some((entity, column(entity, name)?))
    }

    /// The column that a parameter of the query filters the listed rows by.
    fn of_query(
        &self,
        contract: &Contract,
        parameter: &str,
    ) -> Option<(&'m Entity<'a>, &'m ColumnFacts<'a>)> {
        let resource = contract.path.rsplit('/').next()?;
        let is_list = contract.method == "GET" && !resource.contains(':') && !resource.is_empty();
        let entity = self.called(resource).filter(|_| is_list)?;
        Some((entity, column(entity, parameter)?))
    }
}

fn column<'m, 'a>(entity: &'m Entity<'a>, name: &str) -> Option<&'m ColumnFacts<'a>> {
    let key = names::key(name);
    let mut columns = entity.columns.iter();
    columns.find(|facts| names::key(&facts.column.name) == key)
}

/// Words in the names of columns that people identify rows by.
const IDENTIFYING: &[&str] = &[
    "id",
    "uuid",
    "uid",
    "guid",
    "key",
    "slug",
    "code",
    "number",
    "no",
    "ref",
    "reference",
    "sid",
    "public",
    "external",
];

/// The values that a parameter takes and no row of the table can have, in words.
fn disagreement(entity: &Entity<'_>, column: &ColumnFacts<'_>, field: &Field) -> Option<String> {
    let is_identifying = |facts: &&ColumnFacts<'_>| {
        let words = names::words(&facts.column.name);
        words
            .iter()
            .any(|word| IDENTIFYING.contains(&word.as_str()))
    };
    // `{id}` may be another name of the row than its key.
    let mut others = entity.columns.iter().filter(is_identifying);
    let is_another = |facts: &ColumnFacts<'_>| {
        !std::ptr::eq(facts, column) && !facts.foreign_key && may_be(facts, field)
    };
    let may_be_another = is_identifying(&column) && others.any(is_another);
    if may_be(column, field) || may_be_another {
        return None;
    }
    let said = match field.constraints.format.as_deref() {
        Some(format) => format!("{} of format {format}", wording::kind(&field.kind)),
        None => wording::kind(&field.kind),
    };
    Some(format!(
        "`{said}` here, `{}` in the database",
        wording::bare_column_type(column.column)
    ))
}

/// Whether the text of some value that a parameter allows is one that the column holds.
fn may_be(column: &ColumnFacts<'_>, field: &Field) -> bool {
    let kind = match &field.kind {
        Kind::Array(items) => items,
        kind => kind,
    };
    if let (Kind::Enum(values), Some(known)) = (kind, column.demands.values.as_deref()) {
        return values.iter().any(|value| known.contains(value));
    }
    let Scalar::Builtin(name) = &column.ty.scalar else {
        return true;
    };
    let is_uuid = name == "uuid";
    let is_number = matches!(
        name.as_str(),
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision"
    );
    match kind {
        Kind::Number => !is_uuid && name != "boolean",
        Kind::Boolean => !is_uuid,
        Kind::Enum(values) if is_number => values.iter().any(|value| value.parse::<f64>().is_ok()),
        Kind::String => match field.constraints.format.as_deref() {
            Some("uuid" | "email") => !is_number && name != "boolean",
            _other => true,
        },
        _other => true,
    }
}

fn finding(
    model: &Model<'_>,
    contract: &Contract,
    (entity, column): (&Entity<'_>, &ColumnFacts<'_>),
    field: &Field,
    what: &str,
) -> Finding {
    let message = format!(
        "Parameter '{}' of '{}' disagrees with the column '{}' of `{}`: {what}",
        field.name,
        contract.name,
        column.column.name,
        entity.title()
    );
    CHECK
        .finding(&endpoints::title(&contract.method, &contract.path), message)
        .with_field(field.name.as_str())
        .with_declaration(&contract.name)
        .at(&field.location, what)
        .at_column(entity.name, column.column, model.input.provenance)
}
