//! Expressions of the parser → [`Expr`].

use std::sync::Arc;

use compact_str::format_compact;
use oxc_ast::ast::{self, Argument as AstArgument, Expression};
use oxc_span::GetSpan;
use oxc_syntax::operator::{AssignmentOperator, BinaryOperator, LogicalOperator, UnaryOperator};

use super::level::NestingLevel;
use super::{functions, types};
use crate::typescript::syntax::{
    Argument, Binary, Expr, ExprKind, KeyName, ObjectMember, PropertyKey, Text, TypeKind,
};

pub(super) fn lower(node: &Expression<'_>, level: NestingLevel<'_>) -> Expr {
    let kind = if level.is_too_deep() {
        ExprKind::Other("it is nested too deeply")
    } else {
        kind(node, level.deeper())
    };
    Expr {
        span: level.span(node.span()),
        kind,
    }
}

fn boxed(node: &Expression<'_>, level: NestingLevel<'_>) -> Box<Expr> {
    Box::new(lower(node, level))
}

fn kind(node: &Expression<'_>, level: NestingLevel<'_>) -> ExprKind {
    match node {
        Expression::BooleanLiteral(literal) => ExprKind::Boolean(literal.value),
        Expression::NullLiteral(_) => ExprKind::Null,
        Expression::NumericLiteral(literal) => ExprKind::Number(literal.value),
        Expression::BigIntLiteral(literal) => ExprKind::Bigint(Text::new(literal.value)),
        Expression::RegExpLiteral(literal) => {
            let flags = format_compact!("{}", literal.regex.flags);
            ExprKind::Regex(Box::new([Text::new(literal.regex.pattern.text), flags]))
        }
        Expression::StringLiteral(literal) => ExprKind::String(Text::new(literal.value)),
        Expression::TemplateLiteral(template) => template_literal(template, level),
        Expression::Identifier(identifier) => ExprKind::Name(Text::new(identifier.name)),
        Expression::ThisExpression(_) => ExprKind::This,
        Expression::ArrayExpression(array) => ExprKind::Array(elements(array, level)),
        Expression::ArrowFunctionExpression(arrow) => {
            ExprKind::Function(Arc::new(functions::arrow(arrow, level)))
        }
        Expression::FunctionExpression(function) => {
            ExprKind::Function(Arc::new(functions::function(function, level)))
        }
        Expression::ClassExpression(class) => {
            ExprKind::Class(Arc::new(functions::class(class, level)))
        }
        Expression::AssignmentExpression(assignment) => self::assignment(assignment, level),
        Expression::AwaitExpression(inner) => ExprKind::Await(boxed(&inner.argument, level)),
        Expression::BinaryExpression(binary) => ExprKind::Binary(
            binary_operator(binary.operator),
            boxed(&binary.left, level),
            boxed(&binary.right, level),
        ),
        Expression::LogicalExpression(logical) => ExprKind::Binary(
            logical_operator(logical.operator),
            boxed(&logical.left, level),
            boxed(&logical.right, level),
        ),
        Expression::CallExpression(call) => call_expression(call, level),
        Expression::NewExpression(call) => ExprKind::New(
            boxed(&call.callee, level),
            types::arguments(call.type_arguments.as_deref(), level),
            arguments(&call.arguments, level),
        ),
        Expression::ChainExpression(chain) => chain_element(&chain.expression, level),
        Expression::ConditionalExpression(conditional) => ExprKind::Conditional(
            boxed(&conditional.test, level),
            boxed(&conditional.consequent, level),
            boxed(&conditional.alternate, level),
        ),
        Expression::ObjectExpression(object) => ExprKind::Object(object_members(object, level)),
        Expression::ParenthesizedExpression(inner) => lower(&inner.expression, level).kind,
        Expression::SequenceExpression(sequence) => match sequence.expressions.last() {
            Some(last) => lower(last, level).kind,
            None => ExprKind::Other("it is empty"),
        },
        Expression::TaggedTemplateExpression(tagged) => {
            let quasi = Expr {
                span: level.span(tagged.quasi.span),
                kind: template_literal(&tagged.quasi, level),
            };
            ExprKind::Tagged(boxed(&tagged.tag, level), Box::new(quasi))
        }
        Expression::UnaryExpression(unary) => match unary.operator {
            UnaryOperator::UnaryNegation => ExprKind::Negative(boxed(&unary.argument, level)),
            UnaryOperator::UnaryPlus => lower(&unary.argument, level).kind,
            UnaryOperator::LogicalNot => ExprKind::Not(boxed(&unary.argument, level)),
            UnaryOperator::Void => ExprKind::Name("undefined".into()),
            UnaryOperator::Typeof => ExprKind::TypeOf(boxed(&unary.argument, level)),
            UnaryOperator::BitwiseNot | UnaryOperator::Delete => {
                ExprKind::Other("its operator is not evaluated")
            }
        },
        Expression::TSAsExpression(cast) => cast_to(&cast.expression, &cast.type_annotation, level),
        Expression::TSTypeAssertion(cast) => {
            cast_to(&cast.expression, &cast.type_annotation, level)
        }
        Expression::TSSatisfiesExpression(satisfies) => ExprKind::Satisfies(
            boxed(&satisfies.expression, level),
            Box::new(types::lower(&satisfies.type_annotation, level)),
        ),
        Expression::TSNonNullExpression(inner) => {
            ExprKind::NonNull(boxed(&inner.expression, level))
        }
        Expression::TSInstantiationExpression(inner) => lower(&inner.expression, level).kind,
        Expression::ComputedMemberExpression(member) => index(
            boxed(&member.object, level),
            lower(&member.expression, level),
        ),
        Expression::StaticMemberExpression(member) => ExprKind::Member(
            boxed(&member.object, level),
            Text::new(member.property.name),
            level.span(member.property.span),
        ),
        Expression::PrivateFieldExpression(member) => ExprKind::Member(
            boxed(&member.object, level),
            format_compact!("#{}", member.field.name),
            level.span(member.field.span),
        ),
        Expression::Super(_) => ExprKind::Name("super".into()),
        Expression::ImportExpression(import) => {
            let callee = Expr {
                span: level.span(import.span),
                kind: ExprKind::Name("import".into()),
            };
            let source = Argument {
                spread: false,
                value: lower(&import.source, level),
            };
            ExprKind::Call(Box::new(callee), Box::default(), Box::new([source]))
        }
        Expression::JSXElement(_) | Expression::JSXFragment(_) => ExprKind::Other("JSX is no data"),
        Expression::UpdateExpression(_)
        | Expression::YieldExpression(_)
        | Expression::PrivateInExpression(_)
        | Expression::ImportMeta(_)
        | Expression::NewTarget(_)
        | Expression::V8IntrinsicExpression(_) => {
            ExprKind::Other("its value is known only when it runs")
        }
    }
}

fn template_literal(template: &ast::TemplateLiteral<'_>, level: NestingLevel<'_>) -> ExprKind {
    let texts = types::quasis(&template.quasis);
    match texts.as_slice() {
        [only] => ExprKind::String(only.clone()),
        _ => ExprKind::Template(
            texts.into(),
            template
                .expressions
                .iter()
                .map(|part| lower(part, level))
                .collect(),
        ),
    }
}

fn elements(array: &ast::ArrayExpression<'_>, level: NestingLevel<'_>) -> Box<[Argument]> {
    let element = |element: &ast::ArrayExpressionElement<'_>| match element {
        ast::ArrayExpressionElement::SpreadElement(spread) => Some(Argument {
            spread: true,
            value: lower(&spread.argument, level),
        }),
        element => element.as_expression().map(|value| Argument {
            spread: false,
            value: lower(value, level),
        }),
    };
    list(&array.elements, element)
}

pub(super) fn arguments(arguments: &[AstArgument<'_>], level: NestingLevel<'_>) -> Box<[Argument]> {
    let argument = |argument: &AstArgument<'_>| match argument {
        AstArgument::SpreadElement(spread) => Some(Argument {
            spread: true,
            value: lower(&spread.argument, level),
        }),
        argument => argument.as_expression().map(|value| Argument {
            spread: false,
            value: lower(value, level),
        }),
    };
    list(arguments, argument)
}

/// Lowers each of `items` and collects the results. Room for all items is reserved, since hardly
/// any of them is left out.
fn list<A, T>(items: &[A], lower: impl FnMut(&A) -> Option<T>) -> Box<[T]> {
    let mut lowered = Vec::with_capacity(items.len());
    lowered.extend(items.iter().filter_map(lower));
    lowered.into()
}

fn call_expression(call: &ast::CallExpression<'_>, level: NestingLevel<'_>) -> ExprKind {
    ExprKind::Call(
        boxed(&call.callee, level),
        types::arguments(call.type_arguments.as_deref(), level),
        arguments(&call.arguments, level),
    )
}

fn chain_element(element: &ast::ChainElement<'_>, level: NestingLevel<'_>) -> ExprKind {
    match element {
        ast::ChainElement::CallExpression(call) => call_expression(call, level),
        ast::ChainElement::TSNonNullExpression(inner) => {
            ExprKind::NonNull(boxed(&inner.expression, level))
        }
        ast::ChainElement::ComputedMemberExpression(member) => index(
            boxed(&member.object, level),
            lower(&member.expression, level),
        ),
        ast::ChainElement::StaticMemberExpression(member) => ExprKind::Member(
            boxed(&member.object, level),
            Text::new(member.property.name),
            level.span(member.property.span),
        ),
        ast::ChainElement::PrivateFieldExpression(member) => ExprKind::Member(
            boxed(&member.object, level),
            format_compact!("#{}", member.field.name),
            level.span(member.field.span),
        ),
    }
}

/// `a['b']` is `a.b`.
fn index(object: Box<Expr>, at: Expr) -> ExprKind {
    match at.kind {
        ExprKind::String(name) => ExprKind::Member(object, name, at.span),
        kind => ExprKind::Index(
            object,
            Box::new(Expr {
                span: at.span,
                kind,
            }),
        ),
    }
}

fn cast_to(
    value: &Expression<'_>,
    annotation: &ast::TSType<'_>,
    level: NestingLevel<'_>,
) -> ExprKind {
    let annotation = types::lower(annotation, level);
    match &annotation.kind {
        TypeKind::Reference(named) if named.is("const") => ExprKind::AsConst(boxed(value, level)),
        _ => ExprKind::As(boxed(value, level), Box::new(annotation)),
    }
}

fn assignment(assignment: &ast::AssignmentExpression<'_>, level: NestingLevel<'_>) -> ExprKind {
    let target = match &assignment.left {
        ast::AssignmentTarget::AssignmentTargetIdentifier(name) => Expr {
            span: level.span(name.span),
            kind: ExprKind::Name(Text::new(name.name)),
        },
        ast::AssignmentTarget::StaticMemberExpression(member) => Expr {
            span: level.span(member.span),
            kind: ExprKind::Member(
                boxed(&member.object, level),
                Text::new(member.property.name),
                level.span(member.property.span),
            ),
        },
        ast::AssignmentTarget::PrivateFieldExpression(member) => Expr {
            span: level.span(member.span),
            kind: ExprKind::Member(
                boxed(&member.object, level),
                format_compact!("#{}", member.field.name),
                level.span(member.field.span),
            ),
        },
        target => Expr {
            span: level.span(target.span()),
            kind: ExprKind::Other("it is assigned to a pattern"),
        },
    };
    match assignment.operator {
        AssignmentOperator::Assign => {
            ExprKind::Assignment(Box::new(target), boxed(&assignment.right, level))
        }
        AssignmentOperator::LogicalOr
        | AssignmentOperator::LogicalNullish
        | AssignmentOperator::LogicalAnd => {
            // `??=` is read like `||=`: both give one of their sides.
            let operator = match assignment.operator {
                AssignmentOperator::LogicalAnd => Binary::And,
                _ => Binary::Or,
            };
            let (before, right) = (Box::new(target.clone()), boxed(&assignment.right, level));
            let value = Expr {
                span: right.span,
                kind: ExprKind::Binary(operator, before, right),
            };
            ExprKind::Assignment(Box::new(target), Box::new(value))
        }
        _ => ExprKind::Other("its operator is not evaluated"),
    }
}

pub(super) fn object_members(
    object: &ast::ObjectExpression<'_>,
    level: NestingLevel<'_>,
) -> Box<[ObjectMember]> {
    let member = |member: &ast::ObjectPropertyKind<'_>| match member {
        ast::ObjectPropertyKind::SpreadProperty(spread) => {
            ObjectMember::Spread(lower(&spread.argument, level))
        }
        ast::ObjectPropertyKind::ObjectProperty(property) => ObjectMember::Property {
            span: level.span(property.span),
            key: key(&property.key, property.computed, level),
            value: match property.kind {
                ast::PropertyKind::Init => lower(&property.value, level),
                ast::PropertyKind::Get | ast::PropertyKind::Set => Expr {
                    span: level.span(property.span),
                    kind: ExprKind::Other("an accessor is not evaluated"),
                },
            },
        },
    };
    object.properties.iter().map(member).collect()
}

pub(super) fn key(
    key: &ast::PropertyKey<'_>,
    computed: bool,
    level: NestingLevel<'_>,
) -> PropertyKey {
    let name = match key {
        ast::PropertyKey::StaticIdentifier(name) => KeyName::Literal(Text::new(name.name)),
        ast::PropertyKey::PrivateIdentifier(name) => {
            KeyName::Private(Box::new(format_compact!("#{}", name.name)))
        }
        ast::PropertyKey::StringLiteral(literal) => KeyName::Literal(Text::new(literal.value)),
        ast::PropertyKey::NumericLiteral(literal) => KeyName::Literal(number_name(literal.value)),
        key => match key.as_expression() {
            Some(expression) if computed => KeyName::Computed(boxed(expression, level)),
            _ => KeyName::Private(Box::default()),
        },
    };
    PropertyKey {
        span: level.span(key.span()),
        name,
    }
}

/// `1.0` as a property name is `1`.
fn number_name(value: f64) -> Text {
    format_compact!("{value}")
}

fn binary_operator(operator: BinaryOperator) -> Binary {
    match operator {
        BinaryOperator::Addition => Binary::Add,
        BinaryOperator::Subtraction => Binary::Subtract,
        BinaryOperator::Multiplication => Binary::Multiply,
        BinaryOperator::Division => Binary::Divide,
        BinaryOperator::Exponential => Binary::Power,
        BinaryOperator::StrictEquality => Binary::Same,
        BinaryOperator::StrictInequality => Binary::Different,
        operator if operator.is_equality() || operator.is_compare() || operator.is_relational() => {
            Binary::Compare
        }
        _ => Binary::Other,
    }
}

fn logical_operator(operator: LogicalOperator) -> Binary {
    match operator {
        LogicalOperator::Or => Binary::Or,
        LogicalOperator::Coalesce => Binary::Coalesce,
        LogicalOperator::And => Binary::And,
    }
}
