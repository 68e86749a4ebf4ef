//! Types of what a file fetches from an API: `getJson<{ users: User[] }>('/api/users')`. What a client
//! is told of a row is the server's choice, so that such a type is no row, whatever it is called. Only
//! types of the file itself are: one that the server shares with its clients may be of the rows.

use super::RowUseReader;
use crate::facts::RowUsage;
use crate::typescript::syntax::{
    Argument, Expr, ExprKind, NamedType, StatementKind, TypeKind, TypeMember, TypeNode,
};

/// How deep types are followed into one another: those that hold themselves end as well.
const DEPTH: usize = 8;

impl<'p> RowUseReader<'_, 'p> {
    /// Records the types of the file that a call with an address says its result to be of.
    pub(super) fn fetched(&mut self, types: &'p [TypeNode], arguments: &'p [Argument]) {
        let is_from_address = arguments
            .first()
            .and_then(|first| start_of(&first.value))
            .is_some_and(is_address);
        if !is_from_address {
            return;
        }
        for node in types {
            self.answer(node, DEPTH);
        }
    }

    fn answer(&mut self, node: &'p TypeNode, left: usize) {
        let Some(left) = left.checked_sub(1) else {
            return;
        };
        match &node.kind {
            TypeKind::Array(inner) => self.answer(inner, left),
            TypeKind::Union(members) => {
                for member in members {
                    self.answer(member, left);
                }
            }
            TypeKind::Object(members) => self.answer_members(members, left),
            TypeKind::Reference(named) => self.answer_of(named, left),
            _ => {}
        }
    }

    fn answer_members(&mut self, members: &'p [TypeMember], left: usize) {
        for property in TypeNode::properties(members) {
            if let Some(node) = &property.value {
                self.answer(node, left);
            }
        }
    }

    fn answer_of(&mut self, named: &'p NamedType, left: usize) {
        for argument in &named.arguments {
            self.answer(argument, left);
        }
        let [name] = named.path.as_slice() else {
            return;
        };
        let Some(declaration) = self.declared(&[name.as_str()]) else {
            return;
        };
        if declaration.file != *self.module.path {
            return;
        }
        self.add(declaration, RowUsage::Fetched, None);
        let module = self.module;
        for statement in module.declarations(name) {
            match &statement.kind {
                StatementKind::Interface(interface) => {
                    self.answer_members(&interface.members, left);
                }
                StatementKind::Alias(alias) => self.answer(&alias.value, left),
                _ => {}
            }
        }
    }
}

/// A text, or what a template begins with.
fn start_of(expression: &Expr) -> Option<&str> {
    match &expression.kind {
        ExprKind::String(text) => Some(text.as_str()),
        ExprKind::Template(texts, _) => Some(texts.first()?.as_str()),
        _ => None,
    }
}

/// Whether a text is a path or a URL.
fn is_address(text: &str) -> bool {
    let is_path = text.starts_with('/') && !text.contains(char::is_whitespace);
    is_path || text.starts_with("http://") || text.starts_with("https://")
}
