//! The fields of a model that are other models: the foreign keys behind them, and the tables of
//! many-to-many relations that Prisma makes by itself.

use super::files::SchemaSource;
use super::model::{JoinSide, JoinTable, PrismaModel, PrismaRelation, PrismaSchema};
use super::names::{Declared, column_of, database_name};
use super::source_file::SourceFile;
use super::syntax::{Attribute, Expression, FieldSyntax, ModelBlock, attribute};
use crate::facts::{ForeignKey, ReferentialAction, StatedAction};

/// The relations of `block`, in the order of its fields.
pub(super) fn relations(
    file: &SourceFile,
    block: &ModelBlock,
    declared: &Declared<'_>,
) -> Vec<PrismaRelation> {
    let fields = block.fields.iter();
    fields
        .filter_map(|field| {
            let other = declared.by_name.get(field.ty.name.text.as_str())?;
            (!field.ty.unsupported).then(|| relation(file, block, field, other))
        })
        .collect()
}

fn relation(
    file: &SourceFile,
    block: &ModelBlock,
    field: &FieldSyntax,
    other: &ModelBlock,
) -> PrismaRelation {
    let stated = attribute(&field.attributes, "relation");
    let own = stated.and_then(|stated| stated.argument("fields", 1));
    let own = own.map_or(&[][..], Expression::items);
    let names = own.iter().filter_map(Expression::name);
    let name = stated.and_then(|stated| stated.argument("name", 0)?.text());
    PrismaRelation {
        name: field.name.text.clone(),
        location: file.lines.location(field.name.span),
        model: other.name.text.clone(),
        list: field.ty.list,
        optional: field.ty.optional,
        relation: name.map(str::to_owned),
        fields: names.map(str::to_owned).collect(),
        key: stated.and_then(|stated| foreign_key(file, block, field, other, stated)),
        ignored: attribute(&field.attributes, "ignore").is_some(),
    }
}

fn foreign_key(
    file: &SourceFile,
    block: &ModelBlock,
    field: &FieldSyntax,
    other: &ModelBlock,
    stated: &Attribute,
) -> Option<ForeignKey> {
    let columns = |key: &str, place: usize, of: &ModelBlock| -> Option<Vec<String>> {
        let fields = stated.argument(key, place)?.items();
        fields.iter().map(|field| column_of(of, field)).collect()
    };
    let action = |key: &str, default: ReferentialAction| {
        let written = stated.argument(key, usize::MAX).and_then(Expression::name);
        match written.and_then(referential_action) {
            Some(action) => StatedAction {
                action,
                written: true,
            },
            None => StatedAction {
                action: default,
                written: false,
            },
        }
    };
    let on_delete = if field.ty.optional {
        ReferentialAction::SetNull
    } else {
        ReferentialAction::Restrict
    };
    Some(ForeignKey {
        columns: columns("fields", 1, block)?,
        table: database_name(&other.attributes, &other.name.text),
        referenced: columns("references", 2, other)?,
        on_delete: Some(action("onDelete", on_delete)),
        on_update: Some(action("onUpdate", ReferentialAction::Cascade)),
        constrained: true,
        location: file.lines.location(field.name.span),
    })
}

fn referential_action(name: &str) -> Option<ReferentialAction> {
    Some(match name {
        "NoAction" => ReferentialAction::NoAction,
        "Restrict" => ReferentialAction::Restrict,
        "Cascade" => ReferentialAction::Cascade,
        "SetNull" => ReferentialAction::SetNull,
        "SetDefault" => ReferentialAction::SetDefault,
        _ => return None,
    })
}

/// Finds the tables of many-to-many relations, and takes the foreign keys away where the datasource
/// keeps them out of the database.
pub(super) fn complete(schema: &mut PrismaSchema, source: &SchemaSource) {
    schema.joins = joins(&schema.models);
    if !source.foreign_keys {
        let relations = schema
            .models
            .iter_mut()
            .flat_map(|model| &mut model.relations);
        relations.for_each(|relation| relation.key = None);
    }
}

/// A relation of lists on both sides has a table of its own.
fn joins(models: &[PrismaModel]) -> Vec<JoinTable> {
    let mut joins: Vec<JoinTable> = Vec::new();
    for model in models {
        for relation in model.relations.iter().filter(|one| one.list) {
            let Some((other, back)) = opposite(models, model, relation) else {
                continue;
            };
            if !back.list || (&model.name, &relation.name) > (&other.name, &back.name) {
                continue;
            }
            joins.push(join(model, relation, other, back));
        }
    }
    joins
}

/// The other side of `relation`: the field of the other model that leads back under the same name.
pub fn opposite<'m>(
    models: &'m [PrismaModel],
    model: &PrismaModel,
    relation: &PrismaRelation,
) -> Option<(&'m PrismaModel, &'m PrismaRelation)> {
    let other = models.iter().find(|other| other.name == relation.model)?;
    let back = other.relations.iter().find(|back| {
        let is_itself = other.name == model.name && back.name == relation.name;
        back.model == model.name && back.relation == relation.relation && !is_itself
    })?;
    Some((other, back))
}

/// `model` comes first in the alphabet, as its column does.
fn join(
    model: &PrismaModel,
    relation: &PrismaRelation,
    other: &PrismaModel,
    back: &PrismaRelation,
) -> JoinTable {
    let name = match &relation.relation {
        Some(name) => format!("_{name}"),
        None => format!("_{}To{}", model.name, other.name),
    };
    // The table stands beside that of the first model.
    let table = match model.table.split_once('.') {
        Some((namespace, _)) => format!("{namespace}.{name}"),
        None => name,
    };
    // The column `A` leads to the first model, which the field of the other one is of.
    let side = |model: &PrismaModel, field: &PrismaRelation| JoinSide {
        model: model.name.clone(),
        location: field.location.clone(),
    };
    JoinTable {
        table,
        sides: [side(model, back), side(other, relation)],
    }
}
