//! The names of a schema: which blocks its files declare, and what the database calls them.

use std::collections::HashMap;

use super::files::SchemaSource;
use super::source_file::SourceFile;
use super::syntax::{
    Attribute, Block, EnumBlock, Expression, FieldSyntax, ModelBlock, ModelKind, attribute,
};

/// The blocks of all files, each with its file.
pub(super) struct Declared<'s> {
    /// Models and views.
    pub models: Vec<(&'s SourceFile, &'s ModelBlock)>,
    /// Models and views by name.
    pub by_name: HashMap<&'s str, &'s ModelBlock>,
    /// Enums.
    pub enums: Vec<(&'s SourceFile, &'s EnumBlock)>,
    /// Enums by name.
    pub enums_by_name: HashMap<&'s str, &'s EnumBlock>,
}

impl<'s> Declared<'s> {
    /// The blocks of `source`.
    pub fn new(source: &'s SchemaSource) -> Self {
        let blocks = || {
            let files = source.files.iter();
            files.flat_map(|file| file.syntax.blocks.iter().map(move |block| (file, block)))
        };
        let models: Vec<_> = blocks()
            .filter_map(|(file, block)| match block {
                Block::Model(block) if block.kind != ModelKind::CompositeType => {
                    Some((file, block))
                }
                _ => None,
            })
            .collect();
        let enums: Vec<_> = blocks()
            .filter_map(|(file, block)| match block {
                Block::Enum(block) => Some((file, block)),
                _ => None,
            })
            .collect();
        let of_models = models.iter();
        let of_enums = enums.iter();
        Self {
            by_name: of_models
                .map(|(_, block)| (block.name.text.as_str(), *block))
                .collect(),
            enums_by_name: of_enums
                .map(|(_, block)| (block.name.text.as_str(), *block))
                .collect(),
            models,
            enums,
        }
    }
}

/// The column of the field that `expression` names.
pub(super) fn column_of(block: &ModelBlock, expression: &Expression) -> Option<String> {
    let name = expression.name()?;
    let mut fields = block.fields.iter();
    fields
        .find(|field| field.name.text == name)
        .map(column_name)
}

/// The name of a field's column.
pub(super) fn column_name(field: &FieldSyntax) -> String {
    mapped(&field.attributes)
        .unwrap_or(&field.name.text)
        .to_owned()
}

/// The name in `@map("…")` or `@@map("…")`.
pub(super) fn mapped(attributes: &[Attribute]) -> Option<&str> {
    attribute(attributes, "map")?.argument("name", 0)?.text()
}

/// The name of a model's table or an enum's type, with its namespace where `@@schema` says it.
/// Where nothing says it, the connection does.
pub(super) fn database_name(attributes: &[Attribute], name: &str) -> String {
    let name = mapped(attributes).unwrap_or(name);
    let namespace = attribute(attributes, "schema")
        .and_then(|schema| schema.argument("name", 0)?.text())
        .filter(|namespace| *namespace != "public");
    match namespace {
        Some(namespace) => format!("{namespace}.{name}"),
        None => name.to_owned(),
    }
}

/// The value of an enum in the database.
pub(super) fn label(attributes: &[Attribute], name: &str) -> String {
    mapped(attributes).unwrap_or(name).to_owned()
}
