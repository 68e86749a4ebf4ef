//! Reads what the statements of a migration do to tables and their rows, from squawk's syntax tree.
//! A statement that it cannot tell (a `DO` block, a function, text that the parser does not know) is
//! [`Effect::Opaque`]: it may do anything, and is never passed over.

mod alter_table;
mod called;
mod constraints;
mod definitions;
mod effect;
mod expression;
mod guarded;
mod queries;
mod reader;
mod rows;
mod savepoints;

use squawk_syntax::SourceFile;
use squawk_syntax::ast::Stmt;

pub use called::called;
pub use effect::{
    AddedColumn, Constraint, ConstraintKind, CreatedTable, DomainAction, Effect, ForeignKey,
    IndexElement, Insertion, NewIndex, PartitionBounds, Reference, TableAction, TypeAction, Update,
};
pub use expression::Expression;
pub use guarded::guarded;
pub use rows::AffectedRows;

use super::provenance::SearchPath;
use super::sql::{self, Statement};
use crate::source::Span;

/// One statement of a migration, and what it does.
#[derive(Debug, Clone)]
pub struct ParsedStatement {
    /// Its number among the statements of the file, from 0.
    pub index: usize,
    /// Its bytes in the file.
    pub span: Span,
    /// The search path that the statement runs with, as far as the file sets it.
    pub path: SearchPath,
    /// Whether a later `ROLLBACK TO SAVEPOINT` takes it back.
    pub undone: bool,
    /// What it does, in order. Empty where it does nothing to tables, types or rows.
    pub effects: Vec<PlacedEffect>,
}

/// An effect, with the bytes of the clause or the statement that has it.
#[derive(Debug, Clone)]
pub struct PlacedEffect {
    /// The bytes in the file.
    pub span: Span,
    /// The effect.
    pub effect: Effect,
}

/// Reads all statements of `text`, which begins with `path`.
#[must_use]
pub fn read(text: &str, path: &SearchPath) -> Vec<ParsedStatement> {
    let mut path = path.clone();
    let mut parsed = Vec::new();
    let statements = sql::statements(text);
    let undone = savepoints::undone(&statements);
    for ((index, statement), undone) in statements.iter().enumerate().zip(undone) {
        let is_setting = path.follow(statement.cursor());
        let effects = if is_setting {
            Vec::new()
        } else {
            effects_of(statement)
        };
        parsed.push(ParsedStatement {
            index,
            span: statement.span,
            path: path.clone(),
            undone,
            effects,
        });
    }
    parsed
}

/// Reads one statement. It is parsed by itself, so that text that the parser does not know hides no
/// other statement.
fn effects_of(statement: &Statement<'_>) -> Vec<PlacedEffect> {
    let text = statement.text();
    // The parser reads such a name with the escapes that are usual, which is another one.
    let mut tokens = statement.tokens.iter();
    if tokens.any(|token| token.is_word(statement.source, "uescape")) {
        return vec![PlacedEffect {
            span: statement.span,
            effect: Effect::Opaque("has names with `UESCAPE`".into()),
        }];
    }
    let read = guarded(text, || {
        let parse = SourceFile::parse(text);
        if !parse.errors().is_empty() {
            return None;
        }
        let statements: Vec<Stmt> = parse.tree().stmts().collect();
        let [only] = statements.as_slice() else {
            return None;
        };
        let mut reader = reader::Reader::new(statement);
        reader.read(only);
        Some(reader.effects)
    });
    read.flatten().unwrap_or_else(|| {
        vec![PlacedEffect {
            span: statement.span,
            effect: Effect::Opaque("cannot be read".into()),
        }]
    })
}

/// The bytes of `node` in the text of its statement.
fn range(node: &squawk_syntax::SyntaxNode) -> std::ops::Range<u32> {
    let range = node.text_range();
    range.start().into()..range.end().into()
}

/// The syntax node of a typed node, where there is one.
fn syntax<N: squawk_syntax::ast::AstNode>(node: Option<&N>) -> Option<&squawk_syntax::SyntaxNode> {
    node.map(|node| node.syntax())
}

#[cfg(test)]
mod tests;
