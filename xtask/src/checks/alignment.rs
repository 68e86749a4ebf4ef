//! The descriptions of every table side by side, for reports that show the whole picture.

mod contracts;

use super::Model;
use super::entities::{ColumnFacts, EntityKind};
use super::matching::{Description, Role, TableMatches};
use super::wording;
use crate::report::{ColumnAlignment, DescriptionSummary, EntityAlignment, Layer};
use crate::schema::model::{ConstraintKind, Schema};

/// Every entity with its columns and what each declaration says of them.
pub(super) fn alignment(model: &Model<'_>) -> Vec<EntityAlignment> {
    model
        .described
        .iter()
        .map(|described| of_entity(described, model))
        .collect()
}

fn of_entity(described: &TableMatches<'_>, model: &Model<'_>) -> EntityAlignment {
    let mut descriptions: Vec<_> = described
        .descriptions
        .iter()
        .filter(|one| !one.inferred)
        .collect();
    descriptions.sort_by_key(|description| (layer(description.role), description.role));
    let named = contracts::naming(described, model.input.facts);
    let columns = described
        .entity
        .columns
        .iter()
        .map(|facts| ColumnAlignment {
            contracts: contracts::of_column(&facts.column.name, &named),
            ..column(facts, &descriptions)
        });
    EntityAlignment {
        name: described.entity.title(),
        view: described.entity.kind == EntityKind::View,
        columns: columns.chain(extra(&descriptions)).collect(),
        contracts: contracts::summaries(&named),
        references: references(described, model.input.schema),
        descriptions: descriptions
            .iter()
            .map(|description| summary(description))
            .collect(),
    }
}

fn summary(description: &Description<'_>) -> DescriptionSummary {
    DescriptionSummary {
        name: description.declaration.name.clone(),
        layer: layer(description.role),
        noun: description.noun(),
        location: description.declaration.location.clone(),
    }
}

fn layer(role: Role) -> Layer {
    match role {
        Role::Row | Role::Domain | Role::Orm => Layer::Row,
        Role::Insert | Role::Update => Layer::Write,
        Role::Schema | Role::OutputSchema | Role::InsertSchema | Role::UpdateSchema => {
            Layer::Validation
        }
    }
}

fn column(facts: &ColumnFacts<'_>, descriptions: &[&Description<'_>]) -> ColumnAlignment {
    let cell = |description: &&Description<'_>| {
        let pairs = description
            .pairing
            .pairs
            .iter()
            .chain(&description.pairing.renamed);
        let mut of_column = pairs.filter(|pair| pair.column.name == facts.column.name);
        of_column.next().map(|pair| wording::field_type(pair.field))
    };
    ColumnAlignment {
        name: facts.column.name.clone(),
        database: wording::column_type(facts.column),
        primary_key: facts.primary_key,
        foreign_key: facts.foreign_key,
        cells: descriptions.iter().map(cell).collect(),
        contracts: Vec::new(),
    }
}

/// The fields that no column has, each once.
fn extra(descriptions: &[&Description<'_>]) -> Vec<ColumnAlignment> {
    let mut names: Vec<&str> = Vec::new();
    for field in descriptions
        .iter()
        .flat_map(|description| &description.pairing.extra)
    {
        if !names.contains(&field.name.as_str()) {
            names.push(&field.name);
        }
    }
    let cell = |description: &Description<'_>, name: &str| {
        let mut of_name = description
            .pairing
            .extra
            .iter()
            .filter(|field| field.name == name);
        of_name.next().map(|field| wording::field_type(field))
    };
    let row = |name: &str| ColumnAlignment {
        name: name.to_owned(),
        database: String::new(),
        primary_key: false,
        foreign_key: false,
        cells: descriptions
            .iter()
            .map(|description| cell(description, name))
            .collect(),
        contracts: Vec::new(),
    };
    names.into_iter().map(row).collect()
}

/// The tables behind `FOREIGN KEY (…) REFERENCES public.users(id)`.
fn references(described: &TableMatches<'_>, schema: &Schema) -> Vec<String> {
    let Some(table) = schema.tables.get(described.entity.name) else {
        return Vec::new();
    };
    let keys = table
        .constraints
        .values()
        .filter(|constraint| constraint.kind == ConstraintKind::ForeignKey);
    let target = |definition: &str| {
        let (_, target) = definition.split_once("REFERENCES ")?;
        let name = target
            .split('(')
            .next()?
            .trim()
            .trim_start_matches("public.");
        Some(name.trim_matches('"').to_owned())
    };
    let mut targets: Vec<String> = keys
        .filter_map(|constraint| target(&constraint.definition))
        .collect();
    targets.sort();
    targets.dedup();
    targets
}
