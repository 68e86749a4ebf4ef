//! Reads one statement: the tree says which parts it has, and PostgreSQL's lexical rules what the
//! names in them are.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{AstNode, DropBehavior};

use super::{Effect, Expression, PlacedEffect, Reference, range, syntax};
use crate::migrations::sql::{Cursor, Statement, Token, TokenKind};
use crate::source::Span;

/// Reads one statement.
pub(super) struct Reader<'s> {
    statement: &'s Statement<'s>,
    /// The effects so far.
    pub(super) effects: Vec<PlacedEffect>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(statement: &'s Statement<'s>) -> Self {
        Self {
            statement,
            effects: Vec::new(),
        }
    }

    /// Adds an effect of the whole statement.
    pub(super) fn add(&mut self, effect: Effect) {
        let span = self.statement.span;
        self.effects.push(PlacedEffect { span, effect });
    }

    /// Adds an effect of the clause `node`.
    pub(super) fn add_at(&mut self, node: &SyntaxNode, effect: Effect) {
        let span = self.span(node);
        self.effects.push(PlacedEffect { span, effect });
    }

    /// Whether the statement begins with `WITH`, whose queries take part in what follows.
    pub(super) fn is_in_with(&self) -> bool {
        self.statement.cursor().at("with")
    }

    /// The bytes of a node in the file.
    pub(super) fn span(&self, node: &SyntaxNode) -> Span {
        let (range, base) = (range(node), self.statement.span.start);
        Span {
            start: base + range.start,
            end: base + range.end,
        }
    }

    /// The tokens of a node.
    pub(super) fn cursor(&self, node: &SyntaxNode) -> Cursor<'s> {
        let span = self.span(node);
        let tokens: &'s [Token] = &self.statement.tokens;
        let first = tokens.partition_point(|token| token.span.start < span.start);
        let last = tokens.partition_point(|token| token.span.end <= span.end);
        Cursor::new(self.statement.source, &tokens[first..last.max(first)])
    }

    /// The text of a node, without the white space around it.
    pub(super) fn text(&self, node: &SyntaxNode) -> String {
        let span = self.cursor(node).span().unwrap_or_default();
        let text = self.statement.source.get(span.range());
        text.unwrap_or_default().to_owned()
    }

    /// The expression of a node.
    pub(super) fn expression(&self, node: &SyntaxNode) -> Expression {
        Expression {
            sql: self.text(node),
            span: self.cursor(node).span().unwrap_or_default(),
        }
    }

    /// The expression of a node that may be missing.
    pub(super) fn maybe<N: AstNode>(&self, node: Option<N>) -> Option<Expression> {
        syntax(node.as_ref()).map(|node| self.expression(node))
    }

    /// The name in a node, and whether it says `ONLY`.
    pub(super) fn relation(&self, node: &SyntaxNode) -> (Reference, bool) {
        let mut cursor = self.cursor(node);
        let only = cursor.eat("only");
        let mut inside = cursor.parenthesised().unwrap_or(cursor);
        let parts = inside.qualified();
        (Reference { parts }, only)
    }

    /// The name in a node.
    pub(super) fn reference(&self, node: &SyntaxNode) -> Reference {
        self.relation(node).0
    }

    /// The names in the nodes.
    pub(super) fn references<N: AstNode>(&self, nodes: impl Iterator<Item = N>) -> Vec<Reference> {
        nodes.map(|node| self.reference(node.syntax())).collect()
    }

    /// The last name in a node: that of a column or a constraint.
    pub(super) fn name<N: AstNode>(&self, node: Option<N>) -> Option<String> {
        let parts = self.cursor(syntax(node.as_ref())?).qualified();
        parts.into_iter().next_back().map(|part| part.name)
    }

    /// The names in a list in parentheses.
    pub(super) fn names<N: AstNode>(&self, list: Option<N>) -> Vec<String> {
        let inside = syntax(list.as_ref()).and_then(|list| self.cursor(list).parenthesised());
        let parts = inside.map(|inside| inside.split_at_commas());
        let name = |mut part: Cursor<'_>| part.identifier().map(|name| name.name);
        parts.into_iter().flatten().filter_map(name).collect()
    }

    /// The value of a string literal.
    pub(super) fn string(&self, node: &SyntaxNode) -> Option<String> {
        let token = self.cursor(node).next()?;
        let text = token.text(self.statement.source);
        // Labels with escapes (`E'…'`) are as good as never written.
        let inside = text.strip_prefix('\'')?.strip_suffix('\'')?;
        (token.kind == TokenKind::String).then(|| inside.replace("''", "'"))
    }

    /// The name of a type, without its modifiers and brackets.
    pub(super) fn type_reference(&self, node: &SyntaxNode) -> Option<Reference> {
        let parts = self.cursor(node).qualified();
        (!parts.is_empty()).then_some(Reference { parts })
    }
}

/// Whether it says `CASCADE`.
pub(super) fn is_cascade(behavior: Option<DropBehavior>) -> bool {
    matches!(behavior, Some(DropBehavior::Cascade(_)))
}
