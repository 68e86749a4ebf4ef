//! Functions and classes of the parser → [`Function`] and [`ClassDecl`].

use std::sync::Arc;

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::bodies::Flavor;
use super::expressions::{key, lower};
use super::level::NestingLevel;
use super::{bodies, types};
use crate::source::Span;
use crate::typescript::syntax::{
    Body, ClassDecl, ClassMember, Expr, Function, KeyName, MemberKind, Parameter, PatternName,
    PatternRest, PropertyKey, PropertySignature, Statement, StatementKind, Text,
};

pub(super) fn function(function: &ast::Function<'_>, level: NestingLevel<'_>) -> Function {
    let body = function.body.as_ref();
    let flavor = Flavor {
        is_async: function.r#async,
        generator: function.generator,
    };
    Function {
        type_parameters: types::type_parameters(function.type_parameters.as_deref(), level),
        parameters: parameters(&function.params, level),
        return_type: function
            .return_type
            .as_ref()
            .map(|node| types::lower(&node.type_annotation, level)),
        body: body.map_or_else(
            || Body::read(Vec::new()),
            |body| bodies::body(body, flavor, level),
        ),
        is_async: function.r#async,
        generator: function.generator,
    }
}

pub(super) fn arrow(arrow: &ast::ArrowFunctionExpression<'_>, level: NestingLevel<'_>) -> Function {
    let flavor = Flavor {
        is_async: arrow.r#async,
        generator: false,
    };
    let body = match &arrow.body {
        ast::ArrowFunctionBody::FunctionBody(body) => bodies::body(body, flavor, level),
        body => Body::read(
            body.as_expression()
                .into_iter()
                .map(|value| returned(value, level))
                .collect(),
        ),
    };
    Function {
        type_parameters: types::type_parameters(arrow.type_parameters.as_deref(), level),
        parameters: parameters(&arrow.params, level),
        return_type: arrow
            .return_type
            .as_ref()
            .map(|node| types::lower(&node.type_annotation, level)),
        body,
        is_async: arrow.r#async,
        generator: false,
    }
}

fn returned(value: &ast::Expression<'_>, level: NestingLevel<'_>) -> Statement {
    let kind = StatementKind::Return(Some(lower(value, level)));
    Statement {
        span: level.span(value.span()),
        exported: false,
        kind,
    }
}

fn parameters(parameters: &ast::FormalParameters<'_>, level: NestingLevel<'_>) -> Vec<Parameter> {
    let rest = parameters.rest.iter().map(|rest| Parameter {
        rest: true,
        annotation: rest
            .type_annotation
            .as_ref()
            .map(|node| types::lower(&node.type_annotation, level)),
        ..pattern(&rest.rest.argument, level)
    });
    parameters
        .items
        .iter()
        .map(|item| parameter(item, level))
        .chain(rest)
        .collect()
}

fn parameter(item: &ast::FormalParameter<'_>, level: NestingLevel<'_>) -> Parameter {
    let bound = pattern(&item.pattern, level);
    let hidden = matches!(
        item.accessibility,
        Some(ast::TSAccessibility::Private | ast::TSAccessibility::Protected)
    );
    let declares = item.accessibility.is_some() || item.readonly;
    Parameter {
        optional: item.optional,
        annotation: item
            .type_annotation
            .as_ref()
            .map(|node| types::lower(&node.type_annotation, level)),
        default: item.initializer.as_ref().map(|value| lower(value, level)),
        property: (declares && !hidden).then_some(bound.span),
        declares,
        decorators: decorators(&item.decorators, level),
        ..bound
    }
}

pub(super) fn pattern(pattern: &ast::BindingPattern<'_>, level: NestingLevel<'_>) -> Parameter {
    let mut parameter = Parameter {
        name: None,
        bindings: Vec::new(),
        left: None,
        rest: false,
        optional: false,
        annotation: None,
        default: None,
        property: None,
        declares: false,
        decorators: Vec::new(),
        span: level.span(pattern.span()),
    };
    match pattern {
        ast::BindingPattern::BindingIdentifier(name) => parameter.name = Some(Text::new(name.name)),
        ast::BindingPattern::ObjectPattern(object) => {
            parameter.bindings = bindings(object, level);
            parameter.left = left_over(object);
        }
        ast::BindingPattern::AssignmentPattern(inner) => return self::pattern(&inner.left, level),
        ast::BindingPattern::ArrayPattern(array) => parameter.bindings = elements(array, level),
    }
    parameter
}

fn bindings(object: &ast::ObjectPattern<'_>, level: NestingLevel<'_>) -> Vec<PatternName> {
    let binding = |property: &ast::BindingProperty<'_>| {
        let name = property.key.static_name()?;
        pattern_name(name.into(), &property.value, level)
    };
    object.properties.iter().filter_map(binding).collect()
}

/// The `...rest` of a pattern; none where its keys are computed.
fn left_over(object: &ast::ObjectPattern<'_>) -> Option<PatternRest> {
    let rest = object.rest.as_ref()?;
    Some(PatternRest {
        local: Text::new(rest.argument.get_identifier_name()?),
        keys: static_keys(object)?,
    })
}

/// The keys of a pattern; none where one of them is computed.
pub(super) fn static_keys(object: &ast::ObjectPattern<'_>) -> Option<Box<[Text]>> {
    let properties = object.properties.iter();
    properties
        .map(|property| Some(property.key.static_name()?.into()))
        .collect()
}

fn elements(array: &ast::ArrayPattern<'_>, level: NestingLevel<'_>) -> Vec<PatternName> {
    let element = |(index, element): (usize, &Option<ast::BindingPattern<'_>>)| {
        pattern_name(
            compact_str::format_compact!("{index}"),
            element.as_ref()?,
            level,
        )
    };
    array
        .elements
        .iter()
        .enumerate()
        .filter_map(element)
        .collect()
}

fn pattern_name(
    property: Text,
    value: &ast::BindingPattern<'_>,
    level: NestingLevel<'_>,
) -> Option<PatternName> {
    let (local, default) = match value {
        ast::BindingPattern::AssignmentPattern(inner) => {
            (inner.left.get_identifier_name(), Some(&inner.right))
        }
        value => (value.get_identifier_name(), None),
    };
    Some(PatternName {
        property,
        // A nested pattern has no name of this kind, and is left out.
        local: Text::new(local?),
        default: default.map(|value| lower(value, level)),
    })
}

pub(super) fn class(class: &ast::Class<'_>, level: NestingLevel<'_>) -> ClassDecl {
    let extends = class.heritage.as_ref().map(|heritage| {
        (
            lower(&heritage.expression, level),
            types::arguments(heritage.type_arguments.as_deref(), level),
        )
    });
    let implements =
        class
            .implements
            .iter()
            .map(|implemented| crate::typescript::syntax::TypeNode {
                span: level.span(implemented.span),
                kind: types::reference(
                    &implemented.expression,
                    implemented.type_arguments.as_deref(),
                    level,
                ),
            });
    ClassDecl {
        name: class
            .id
            .as_ref()
            .map(|id| (Text::new(id.name), level.span(id.span))),
        type_parameters: types::type_parameters(class.type_parameters.as_deref(), level),
        extends,
        implements: implements.collect(),
        decorators: decorators(&class.decorators, level),
        members: class
            .body
            .body
            .iter()
            .map(|member| class_member(member, level))
            .collect(),
    }
}

fn decorators(decorators: &[ast::Decorator<'_>], level: NestingLevel<'_>) -> Vec<Expr> {
    decorators
        .iter()
        .map(|decorator| lower(&decorator.expression, level))
        .collect()
}

fn class_member(member: &ast::ClassElement<'_>, level: NestingLevel<'_>) -> ClassMember {
    match member {
        ast::ClassElement::PropertyDefinition(property) => ClassMember {
            property: PropertySignature {
                span: level.span(property.span),
                key: key(&property.key, property.computed, level),
                optional: property.optional,
                value: property
                    .type_annotation
                    .as_ref()
                    .map(|node| types::lower(&node.type_annotation, level)),
            },
            is_static: property.r#static,
            readonly: property.readonly,
            hidden: hidden(property.accessibility),
            kind: MemberKind::Field(property.value.as_ref().map(|value| lower(value, level))),
            decorators: decorators(&property.decorators, level),
        },
        ast::ClassElement::AccessorProperty(property) => ClassMember {
            property: PropertySignature {
                span: level.span(property.span),
                key: key(&property.key, property.computed, level),
                optional: false,
                value: property
                    .type_annotation
                    .as_ref()
                    .map(|node| types::lower(&node.type_annotation, level)),
            },
            is_static: property.r#static,
            readonly: false,
            hidden: hidden(property.accessibility),
            kind: MemberKind::Field(property.value.as_ref().map(|value| lower(value, level))),
            decorators: decorators(&property.decorators, level),
        },
        ast::ClassElement::MethodDefinition(definition) => method(definition, level),
        ast::ClassElement::StaticBlock(block) => other(level.span(block.span)),
        ast::ClassElement::TSIndexSignature(index) => other(level.span(index.span)),
    }
}

fn method(method: &ast::MethodDefinition<'_>, level: NestingLevel<'_>) -> ClassMember {
    let function = Arc::new(function(&method.value, level));
    // A getter is read like a property of its return type.
    let value = match method.kind {
        ast::MethodDefinitionKind::Get => function.return_type.clone(),
        _ => None,
    };
    ClassMember {
        property: PropertySignature {
            span: level.span(method.span),
            key: key(&method.key, method.computed, level),
            optional: method.optional,
            value,
        },
        is_static: method.r#static,
        readonly: false,
        hidden: hidden(method.accessibility),
        kind: match method.kind {
            ast::MethodDefinitionKind::Constructor => MemberKind::Constructor(function),
            ast::MethodDefinitionKind::Method => MemberKind::Method(function),
            ast::MethodDefinitionKind::Get => MemberKind::Getter(function),
            ast::MethodDefinitionKind::Set => MemberKind::Setter,
        },
        decorators: decorators(&method.decorators, level),
    }
}

fn hidden(accessibility: Option<ast::TSAccessibility>) -> bool {
    matches!(
        accessibility,
        Some(ast::TSAccessibility::Private | ast::TSAccessibility::Protected)
    )
}

fn other(at: Span) -> ClassMember {
    let key = PropertyKey {
        span: at,
        name: KeyName::Private(Box::default()),
    };
    ClassMember {
        property: PropertySignature {
            span: at,
            key,
            optional: false,
            value: None,
        },
        // Static and hidden, so that it is no field of an instance.
        is_static: true,
        readonly: false,
        hidden: true,
        kind: MemberKind::Other,
        decorators: Vec::new(),
    }
}
