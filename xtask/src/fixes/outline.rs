//! The parts of a file's syntax that matter for changing it. These are lists that something can be
//! added to, names of declarations with their whole text, and calls that make up a schema.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ArrayExpression, ArrayExpressionElement, CallExpression, Class, ClassBody, ClassElement,
    Expression, ObjectExpression, ObjectProperty, ObjectPropertyKind, PropertyKey, TSEnumBody,
    TSEnumDeclaration, TSInterfaceBody, TSInterfaceDeclaration, TSLiteral, TSLiteralType,
    TSSignature, TSType, TSTypeAliasDeclaration, TSTypeLiteral, TSUnionType, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};
use rustc_hash::FxHashSet;

use super::lists::{List, ListItem, ListKind};
use crate::source::Span;

/// The parts of a file's syntax that matter for changing it.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Every list, the outer before the inner.
    pub lists: Vec<List>,
    /// The name of each declaration, and all of it.
    pub declarations: Vec<(Span, Span)>,
    /// Every chain of calls, as long as it is: `z.string().max(5)`, and not `z.string()` in it.
    pub chains: Vec<CallChain>,
}

/// A chain of calls.
#[derive(Debug)]
pub(super) struct CallChain {
    /// All of it.
    pub span: Span,
    /// The names that are called, in order, each with the end of its call.
    pub calls: Vec<(String, u32)>,
}

impl Outline {
    /// Parses `text`, the content of the file `path`. `None` where it does not parse, or is in a
    /// language that this tool reads and does not change.
    pub(super) fn of(path: &str, text: &str) -> Option<Self> {
        let allocator = Allocator::default();
        let source_type = SourceType::from_path(path).ok()?;
        let parsed = Parser::new(&allocator, text, source_type).parse();
        if parsed.panicked {
            return None;
        }
        let mut reader = OutlineReader {
            text,
            outline: Self::default(),
            inside: FxHashSet::default(),
        };
        reader.visit_program(&parsed.program);
        Some(reader.outline)
    }

    /// The calls that `schema` is made of, which is a chain, or the first calls of one.
    pub(super) fn calls(&self, schema: Span) -> Option<&[(String, u32)]> {
        let chains = self
            .chains
            .iter()
            .filter(|chain| chain.span.start == schema.start);
        chains.into_iter().find_map(|chain| {
            let last = chain.calls.iter().position(|(_, end)| *end == schema.end)?;
            chain.calls.get(..=last)
        })
    }

    /// All of the declaration whose name is at `name`.
    pub(super) fn declaration(&self, name: Span) -> Option<Span> {
        let named = self
            .declarations
            .iter()
            .filter(|(at, _)| at.start == name.start);
        named
            .map(|(_, whole)| *whole)
            .min_by_key(|whole| whole.end - whole.start)
    }
}

struct OutlineReader<'t> {
    text: &'t str,
    outline: Outline,
    /// The first calls of chains that are in the outline.
    inside: FxHashSet<(u32, u32)>,
}

impl OutlineReader<'_> {
    fn declare(&mut self, name: oxc_span::Span, whole: oxc_span::Span) {
        self.outline.declarations.push((span(name), span(whole)));
    }

    fn list(&mut self, kind: ListKind, end: u32, items: Vec<ListItem>) {
        self.outline.lists.push(List { kind, items, end });
    }

    /// The item without what separates it from the next one.
    fn item(&self, whole: oxc_span::Span) -> ListItem {
        let whole = span(whole);
        let text = self.text.get(whole.range()).unwrap_or_default();
        let core = text.trim_end().trim_end_matches([';', ',']).trim_end();
        let end = whole.start + u32::try_from(core.len()).unwrap_or(0);
        ListItem {
            span: Span {
                start: whole.start,
                end,
            },
            name: None,
            value: None,
            simple: true,
        }
    }

    fn member(&self, signature: &TSSignature<'_>) -> ListItem {
        let name = match signature {
            TSSignature::TSPropertySignature(property) => key_name(&property.key),
            _ => None,
        };
        ListItem {
            name,
            ..self.item(signature.span())
        }
    }

    fn class_member(&self, element: &ClassElement<'_>) -> ListItem {
        let item = self.item(element.span());
        match element {
            // What a decorator says of a column, a member without it does not.
            ClassElement::PropertyDefinition(property) => ListItem {
                name: key_name(&property.key),
                simple: property.decorators.is_empty(),
                ..item
            },
            _ => ListItem {
                simple: false,
                ..item
            },
        }
    }

    fn entry(&self, property: &ObjectPropertyKind<'_>) -> ListItem {
        let item = self.item(property.span());
        match property {
            ObjectPropertyKind::ObjectProperty(property) => ListItem {
                name: key_name(&property.key),
                value: string(&property.value),
                ..item
            },
            ObjectPropertyKind::SpreadProperty(_) => item,
        }
    }

    fn element(&self, element: &ArrayExpressionElement<'_>) -> ListItem {
        ListItem {
            value: element.as_expression().and_then(string),
            ..self.item(element.span())
        }
    }

    fn union_member(&self, member: &TSType<'_>) -> ListItem {
        ListItem {
            value: literal(member),
            ..self.item(member.span())
        }
    }
}

impl<'a> Visit<'a> for OutlineReader<'_> {
    fn visit_ts_interface_declaration(&mut self, it: &TSInterfaceDeclaration<'a>) {
        self.declare(it.id.span, it.span);
        walk::walk_ts_interface_declaration(self, it);
    }

    fn visit_ts_type_alias_declaration(&mut self, it: &TSTypeAliasDeclaration<'a>) {
        self.declare(it.id.span, it.span);
        walk::walk_ts_type_alias_declaration(self, it);
    }

    fn visit_ts_enum_declaration(&mut self, it: &TSEnumDeclaration<'a>) {
        self.declare(it.id.span, it.span);
        walk::walk_ts_enum_declaration(self, it);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        if let Some(id) = &it.id {
            self.declare(id.span, it.span);
        }
        walk::walk_class(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        self.declare(it.id.span(), it.span);
        walk::walk_variable_declarator(self, it);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        self.declare(it.key.span(), it.span);
        walk::walk_object_property(self, it);
    }

    fn visit_ts_interface_body(&mut self, it: &TSInterfaceBody<'a>) {
        let items = it.body.iter().map(|member| self.member(member)).collect();
        self.list(ListKind::TypeMembers, it.span.end - 1, items);
        walk::walk_ts_interface_body(self, it);
    }

    fn visit_ts_type_literal(&mut self, it: &TSTypeLiteral<'a>) {
        let items = it
            .members
            .iter()
            .map(|member| self.member(member))
            .collect();
        self.list(ListKind::TypeMembers, it.span.end - 1, items);
        walk::walk_ts_type_literal(self, it);
    }

    fn visit_class_body(&mut self, it: &ClassBody<'a>) {
        let items = it
            .body
            .iter()
            .map(|element| self.class_member(element))
            .collect();
        self.list(ListKind::ClassMembers, it.span.end - 1, items);
        walk::walk_class_body(self, it);
    }

    fn visit_object_expression(&mut self, it: &ObjectExpression<'a>) {
        let items = it
            .properties
            .iter()
            .map(|property| self.entry(property))
            .collect();
        self.list(ListKind::Entries, it.span.end - 1, items);
        walk::walk_object_expression(self, it);
    }

    fn visit_array_expression(&mut self, it: &ArrayExpression<'a>) {
        let items = it
            .elements
            .iter()
            .map(|element| self.element(element))
            .collect();
        self.list(ListKind::Elements, it.span.end - 1, items);
        walk::walk_array_expression(self, it);
    }

    fn visit_ts_enum_body(&mut self, it: &TSEnumBody<'a>) {
        let member = |member: &oxc_ast::ast::TSEnumMember<'_>| ListItem {
            name: Some(member.id.static_name().to_string()),
            value: member.initializer.as_ref().and_then(string),
            ..self.item(member.span)
        };
        let items = it.members.iter().map(member).collect();
        self.list(ListKind::EnumMembers, it.span.end - 1, items);
        walk::walk_ts_enum_body(self, it);
    }

    fn visit_ts_union_type(&mut self, it: &TSUnionType<'a>) {
        let items = it
            .types
            .iter()
            .map(|member| self.union_member(member))
            .collect();
        self.list(ListKind::Union, it.span.end, items);
        walk::walk_ts_union_type(self, it);
    }

    fn visit_ts_literal_type(&mut self, it: &TSLiteralType<'a>) {
        // A union of one.
        if let TSLiteral::StringLiteral(text) = &it.literal {
            let item = ListItem {
                value: Some(text.value.to_string()),
                ..self.item(it.span)
            };
            self.list(ListKind::Union, it.span.end, vec![item]);
        }
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if !self.inside.contains(&(it.span.start, it.span.end)) {
            let calls = calls(it);
            self.inside
                .extend(calls.iter().map(|(_, end)| (it.span.start, *end)));
            self.outline.chains.push(CallChain {
                span: span(it.span),
                calls,
            });
        }
        walk::walk_call_expression(self, it);
    }
}

/// The names that are called from the innermost call to `call`.
fn calls(call: &CallExpression<'_>) -> Vec<(String, u32)> {
    let mut calls = Vec::new();
    let mut next = Some(call);
    while let Some(call) = next {
        let (name, object) = match &call.callee {
            Expression::Identifier(name) => (name.name.to_string(), None),
            Expression::StaticMemberExpression(member) => {
                (member.property.name.to_string(), Some(&member.object))
            }
            _ => (String::new(), None),
        };
        calls.push((name, call.span.end));
        next = match object {
            Some(Expression::CallExpression(inner)) => Some(inner),
            _ => None,
        };
    }
    calls.reverse();
    calls
}

fn key_name(key: &PropertyKey<'_>) -> Option<String> {
    key.static_name().map(|name| name.to_string())
}

fn string(expression: &Expression<'_>) -> Option<String> {
    match expression {
        Expression::StringLiteral(text) => Some(text.value.to_string()),
        _ => None,
    }
}

fn literal(member: &TSType<'_>) -> Option<String> {
    match member {
        TSType::TSLiteralType(literal) => match &literal.literal {
            TSLiteral::StringLiteral(text) => Some(text.value.to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn span(span: oxc_span::Span) -> Span {
    Span {
        start: span.start,
        end: span.end,
    }
}
