//! Which declarations of a file are read.

use super::{File, links};
use crate::typescript::syntax::{Statement, StatementKind, TypeKind, TypeNode};

/// What is taken from a file.
#[derive(Clone, Copy)]
pub struct Selection<'s> {
    /// The types, by the paths of their files and their names with the namespaces that they are declared in.
    pub types: &'s (dyn Fn(&str, &str) -> bool + Sync),
    /// Whether sets of values are.
    pub values: bool,
    /// Whether constants are: schemas, tables of an ORM, sets of values.
    pub constants: bool,
}

impl File<'_, '_> {
    /// Whether the type that `statements`, all of one name, declare is selected: it is asked for, or says itself which table
    /// it describes.
    pub(super) fn selects(&self, statements: &[&Statement], prefix: &str) -> bool {
        let is_asked = |name: &str| match prefix {
            "" => self.selects_name(name),
            prefix => self.selects_name(&format!("{prefix}{name}")),
        };
        let says_itself =
            || !self.module.comments.is_empty() || statements.iter().any(|statement| self.says_itself(statement));
        // What says so is read together with the constants, and not once more.
        statements.first().and_then(|statement| statement.name()).is_some_and(is_asked)
            || self.selection.constants && says_itself()
    }

    fn selects_name(&self, name: &str) -> bool {
        (self.selection.types)(&self.module.path, name)
    }

    fn says_itself(&self, statement: &Statement) -> bool {
        match &statement.kind {
            StatementKind::Interface(interface) => links::maps_tables(&interface.name.text),
            StatementKind::Alias(alias) => links::maps_tables(&alias.name.text) || may_be_linked(&alias.value),
            StatementKind::Class(class) => class.implements.iter().any(|node| match &node.kind {
                TypeKind::Reference(path, _) => path.last().is_some_and(|name| self.selects_name(name)),
                _ => false,
            }),
            _ => false,
        }
    }
}

/// Whether a type may be a side of a table that it names: `Selectable<DB['users']>`, `typeof users.$inferSelect`.
fn may_be_linked(node: &TypeNode) -> bool {
    const LINKS: [&str; 8] = [
        "Selectable",
        "Insertable",
        "Updateable",
        "InferSelectModel",
        "InferInsertModel",
        "Tables",
        "TablesInsert",
        "TablesUpdate",
    ];
    match &node.kind {
        TypeKind::Reference(path, _) => path.last().is_some_and(|name| LINKS.contains(&name.as_str())),
        TypeKind::Query(path, _) => path.last().is_some_and(|name| name.starts_with("$infer")),
        TypeKind::Indexed(object, index) => match (&object.kind, &index.kind) {
            (TypeKind::Query(..), TypeKind::String(member)) => member.starts_with("$infer"),
            (TypeKind::Indexed(..), TypeKind::String(side)) => matches!(side.as_str(), "Row" | "Insert" | "Update"),
            _ => false,
        },
        _ => false,
    }
}
