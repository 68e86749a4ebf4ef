//! JSON text → nodes, by the parser of JavaScript, which has all of JSON. YAML is said to have that
//! too, but its parsers refuse the escapes of characters beyond 16 bits, and take ten times as long.

use oxc_allocator::Allocator;
use oxc_ast::ast::{ArrayExpressionElement, Expression, ObjectPropertyKind, PropertyKey};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};

use super::document::{Entries, Entry, NodeBuilder, NodeId, NodeValue};
use super::syntax_error::{DEPTH, SyntaxError};
use crate::source::Span;

/// Reads `text`.
pub(super) fn read(text: &str) -> Result<(NodeBuilder, NodeId), SyntaxError> {
    check_outline(text)?;
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::mjs()).parse_expression();
    let expression = parsed.map_err(|complaints| {
        let mut labels = complaints
            .iter()
            .filter_map(|one| one.labels.as_ref().first());
        let at = labels.next().map_or(0, |label| label.offset());
        no_json(Span { start: at, end: at })
    })?;
    let mut nodes = NodeBuilder::default();
    let root = value(&expression, &mut nodes)?;
    Ok((nodes, root))
}

fn no_json(span: Span) -> SyntaxError {
    SyntaxError {
        span,
        message: "the file is not valid JSON".into(),
    }
}

/// Refuses what is no JSON by its characters, and brackets that are nested too deeply. The parser is
/// recursive, and reads all of JavaScript: `!!!!…` would take its stack.
fn check_outline(text: &str) -> Result<(), SyntaxError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in (0_u32..).zip(text.bytes()) {
        let here = Span { start: at, end: at };
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'-' => {
                let next = text.as_bytes().get(at as usize + 1);
                if !next.is_some_and(u8::is_ascii_digit) {
                    return Err(no_json(here));
                }
            }
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'+' | b'.' => {}
            other if other.is_ascii_alphanumeric() => {}
            _other => return Err(no_json(here)),
        }
        if depth > DEPTH {
            return Err(SyntaxError::too_deep(here));
        }
    }
    Ok(())
}

fn span_of(of: &impl GetSpan) -> Span {
    let span = of.span();
    Span {
        start: span.start,
        end: span.end,
    }
}

fn value(expression: &Expression<'_>, nodes: &mut NodeBuilder) -> Result<NodeId, SyntaxError> {
    let span = span_of(expression);
    let found = match expression {
        Expression::NullLiteral(_) => NodeValue::Null,
        Expression::BooleanLiteral(literal) => NodeValue::Boolean(literal.value),
        Expression::NumericLiteral(literal) => NodeValue::Number(literal.value),
        Expression::StringLiteral(literal) => NodeValue::Text(literal.value.as_str().into()),
        Expression::UnaryExpression(unary) => match &unary.argument {
            Expression::NumericLiteral(literal) if unary.operator.as_str() == "-" => {
                NodeValue::Number(-literal.value)
            }
            _no_number => return Err(no_json(span)),
        },
        Expression::ArrayExpression(array) => {
            let mut items = Vec::with_capacity(array.elements.len());
            for element in &array.elements {
                items.push(item(element, nodes)?);
            }
            NodeValue::List(items)
        }
        Expression::ObjectExpression(object) => {
            let mut entries = Vec::with_capacity(object.properties.len());
            for property in &object.properties {
                entries.push(entry(property, nodes)?);
            }
            NodeValue::Map(Entries::new(entries))
        }
        _no_literal => return Err(no_json(span)),
    };
    Ok(nodes.add(span, found))
}

fn item(
    element: &ArrayExpressionElement<'_>,
    nodes: &mut NodeBuilder,
) -> Result<NodeId, SyntaxError> {
    match element.as_expression() {
        Some(expression) => value(expression, nodes),
        None => Err(no_json(span_of(element))),
    }
}

fn entry(property: &ObjectPropertyKind<'_>, nodes: &mut NodeBuilder) -> Result<Entry, SyntaxError> {
    let ObjectPropertyKind::ObjectProperty(property) = property else {
        return Err(no_json(span_of(property)));
    };
    let PropertyKey::StringLiteral(key) = &property.key else {
        return Err(no_json(span_of(&property.key)));
    };
    let quoted = span_of(&**key);
    Ok(Entry {
        key: key.value.as_str().into(),
        span: Span {
            start: quoted.start + 1,
            end: quoted.end - 1,
        },
        value: value(&property.value, nodes)?,
    })
}
