//! Syntax → meaning: attributes of models and enums are read, and names are followed over all files
//! of a schema.

use super::columns;
use super::files::SchemaSource;
use super::model::{PrismaEnum, PrismaEnumValue, PrismaModel, PrismaSchema};
use super::names::{Declared, column_name, column_of, database_name, label};
use super::relations;
use super::source_file::SourceFile;
use super::syntax::{Attribute, EnumBlock, ModelBlock, ModelKind, attribute};
use super::tags;
use crate::facts::{StatedIndex, StatedKey};
use crate::source::Span;

/// The schema that `source` writes.
pub fn schema(source: &SchemaSource) -> PrismaSchema {
    let declared = Declared::new(source);
    let models = declared.models.iter();
    let mut schema = PrismaSchema {
        models: models
            .map(|(file, block)| model(file, block, &declared))
            .collect(),
        enums: declared
            .enums
            .iter()
            .map(|(file, block)| enumeration(file, block))
            .collect(),
        joins: Vec::new(),
    };
    relations::complete(&mut schema, source);
    schema
}

fn model(file: &SourceFile, block: &ModelBlock, declared: &Declared<'_>) -> PrismaModel {
    let columns = columns::columns(file, block, declared);
    PrismaModel {
        name: block.name.text.clone(),
        location: file.lines.location(block.name.span),
        table: database_name(&block.attributes, &block.name.text),
        is_view: block.kind == ModelKind::View,
        ignored: attribute(&block.attributes, "ignore").is_some(),
        relations: relations::relations(file, block, declared),
        primary_key: keys(file, block, "id").into_iter().next(),
        uniques: keys(file, block, "unique"),
        indexes: indexes(file, block),
        tags: tags::at(file, block.span.start, first_line(file, block)),
        columns,
    }
}

/// The end of the line that a block begins on, where a comment belongs to it.
fn first_line(file: &SourceFile, block: &ModelBlock) -> u32 {
    file.end_of_line(block.name.span.end)
}

/// The keys that `@id` and `@@id` state, or `@unique` and `@@unique`.
fn keys(file: &SourceFile, block: &ModelBlock, name: &str) -> Vec<StatedKey> {
    let key = |columns: Vec<String>, span: Span| StatedKey {
        columns,
        written: true,
        nulls_distinct: None,
        location: file.lines.location(span),
    };
    let of_fields = block.fields.iter().filter_map(|field| {
        let stated = attribute(&field.attributes, name).filter(|stated| !is_partial(stated))?;
        Some(key(vec![column_name(field)], stated.span))
    });
    let of_model = block
        .attributes
        .iter()
        // A key of some rows only is an index.
        .filter(|stated| stated.name == name && !is_partial(stated))
        .filter_map(|stated| Some(key(named_columns(block, stated)?, stated.span)));
    of_fields.chain(of_model).collect()
}

/// The indexes that `@@index` states.
fn indexes(file: &SourceFile, block: &ModelBlock) -> Vec<StatedIndex> {
    let stated = block.attributes.iter();
    let stated = stated.filter(|stated| stated.name == "index" && !is_partial(stated));
    let index = |stated: &Attribute| {
        let mut arguments = stated.arguments.iter();
        let method = arguments.find(|argument| argument.name.as_deref() == Some("type"));
        let method = method.and_then(|argument| argument.value.name());
        Some(StatedIndex {
            columns: named_columns(block, stated)?,
            method: method.unwrap_or("BTree").to_lowercase(),
            location: file.lines.location(stated.span),
        })
    };
    stated.filter_map(index).collect()
}

fn is_partial(stated: &Attribute) -> bool {
    let mut arguments = stated.arguments.iter();
    arguments.any(|argument| argument.name.as_deref() == Some("where"))
}

/// The columns of the fields that the first argument lists; none where a field is not known.
fn named_columns(block: &ModelBlock, stated: &Attribute) -> Option<Vec<String>> {
    let fields = stated.argument("fields", 0)?.items();
    fields.iter().map(|field| column_of(block, field)).collect()
}

fn enumeration(file: &SourceFile, block: &EnumBlock) -> PrismaEnum {
    let values = block.values.iter().map(|value| PrismaEnumValue {
        name: value.name.text.clone(),
        label: label(&value.attributes, &value.name.text),
        location: file.lines.location(value.name.span),
    });
    PrismaEnum {
        name: block.name.text.clone(),
        location: file.lines.location(block.name.span),
        database_name: database_name(&block.attributes, &block.name.text),
        values: values.collect(),
    }
}
