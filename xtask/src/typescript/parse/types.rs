//! Type nodes of the parser → [`TypeNode`].

use oxc_ast::ast::{self, TSType, TSTypeName, TSTypeQueryExprName};
use oxc_span::GetSpan;

use super::expressions::key;
use super::level::NestingLevel;
use crate::typescript::syntax::{
    ConditionalType, ImportType, Keyword, MappedType, Modifier, NamedType, Path, PropertySignature,
    TemplateType, Text, TypeKind, TypeMember, TypeNode, TypeParameter,
};

pub(super) fn lower(node: &TSType<'_>, level: NestingLevel<'_>) -> TypeNode {
    let kind = if level.is_too_deep() {
        TypeKind::Other("it is nested too deeply")
    } else {
        kind(node, level.deeper())
    };
    TypeNode {
        span: level.span(node.span()),
        kind,
    }
}

pub(super) fn lower_all<'a, 'n>(
    nodes: impl IntoIterator<Item = &'n TSType<'a>>,
    level: NestingLevel<'_>,
) -> Box<[TypeNode]>
where
    'a: 'n,
{
    nodes.into_iter().map(|node| lower(node, level)).collect()
}

fn boxed(node: &TSType<'_>, level: NestingLevel<'_>) -> Box<TypeNode> {
    Box::new(lower(node, level))
}

fn kind(node: &TSType<'_>, level: NestingLevel<'_>) -> TypeKind {
    match node {
        TSType::TSAnyKeyword(_) => TypeKind::Keyword(Keyword::Any),
        TSType::TSBigIntKeyword(_) => TypeKind::Keyword(Keyword::Bigint),
        TSType::TSBooleanKeyword(_) => TypeKind::Keyword(Keyword::Boolean),
        TSType::TSNeverKeyword(_) => TypeKind::Keyword(Keyword::Never),
        TSType::TSNullKeyword(_) => TypeKind::Keyword(Keyword::Null),
        TSType::TSNumberKeyword(_) => TypeKind::Keyword(Keyword::Number),
        TSType::TSObjectKeyword(_) => TypeKind::Keyword(Keyword::Object),
        TSType::TSStringKeyword(_) => TypeKind::Keyword(Keyword::String),
        TSType::TSSymbolKeyword(_) => TypeKind::Keyword(Keyword::Symbol),
        TSType::TSUndefinedKeyword(_) => TypeKind::Keyword(Keyword::Undefined),
        TSType::TSUnknownKeyword(_) => TypeKind::Keyword(Keyword::Unknown),
        TSType::TSVoidKeyword(_) => TypeKind::Keyword(Keyword::Void),
        TSType::TSArrayType(array) => TypeKind::Array(boxed(&array.element_type, level)),
        TSType::TSConditionalType(conditional) => {
            TypeKind::Conditional(Box::new(ConditionalType {
                check: lower(&conditional.check_type, level),
                extends: lower(&conditional.extends_type, level),
                then: lower(&conditional.true_type, level),
                otherwise: lower(&conditional.false_type, level),
            }))
        }
        TSType::TSConstructorType(_) | TSType::TSFunctionType(_) => TypeKind::Function,
        TSType::TSImportType(import) => import_type(import, false, level),
        TSType::TSIndexedAccessType(access) => TypeKind::Indexed(
            boxed(&access.object_type, level),
            boxed(&access.index_type, level),
        ),
        TSType::TSInferType(infer) if infer.type_parameter.constraint.is_some() => {
            TypeKind::Other("`infer … extends` is not read")
        }
        TSType::TSInferType(infer) => {
            TypeKind::Infer(Box::new(Text::new(infer.type_parameter.name.name)))
        }
        TSType::TSIntersectionType(intersection) => {
            TypeKind::Intersection(lower_all(&intersection.types, level))
        }
        TSType::TSLiteralType(literal) => literal_type(&literal.literal, level),
        TSType::TSMappedType(mapped) => mapped_type(mapped, level),
        TSType::TSNamedTupleMember(member) => {
            tuple_element(&member.element_type, member.optional, level).kind
        }
        TSType::TSTemplateLiteralType(template) => TypeKind::Template(Box::new(TemplateType {
            texts: quasis(&template.quasis).into(),
            types: lower_all(&template.types, level),
        })),
        TSType::TSThisType(_) => TypeKind::This,
        TSType::TSTupleType(tuple) => TypeKind::Tuple(
            tuple
                .element_types
                .iter()
                .map(|element| tuple_element(element, false, level))
                .collect(),
        ),
        TSType::TSTypeLiteral(literal) => TypeKind::Object(members(&literal.members, level)),
        TSType::TSTypeOperatorType(operator) => match operator.operator {
            ast::TSTypeOperatorOperator::Keyof => {
                TypeKind::KeyOf(boxed(&operator.type_annotation, level))
            }
            ast::TSTypeOperatorOperator::Readonly => lower(&operator.type_annotation, level).kind,
            ast::TSTypeOperatorOperator::Unique => TypeKind::Keyword(Keyword::Symbol),
        },
        TSType::TSTypeQuery(query) => type_query(query, level),
        TSType::TSTypeReference(reference) => self::reference(
            &reference.type_name,
            reference.type_arguments.as_deref(),
            level,
        ),
        TSType::TSUnionType(union) => TypeKind::Union(lower_all(&union.types, level)),
        TSType::TSParenthesizedType(inner) => lower(&inner.type_annotation, level).kind,
        TSType::TSTypePredicate(_) => TypeKind::Keyword(Keyword::Boolean),
        TSType::TSIntrinsicKeyword(_) => TypeKind::Other("it is an intrinsic type"),
        TSType::JSDocNullableType(_)
        | TSType::JSDocNonNullableType(_)
        | TSType::JSDocUnknownType(_) => TypeKind::Other("it is a JSDoc type"),
    }
}

pub(super) fn arguments(
    node: Option<&ast::TSTypeParameterInstantiation<'_>>,
    level: NestingLevel<'_>,
) -> Box<[TypeNode]> {
    node.map_or_else(Box::default, |node| lower_all(&node.params, level))
}

/// `a.b.C<T>`
pub(super) fn reference(
    name: &TSTypeName<'_>,
    type_arguments: Option<&ast::TSTypeParameterInstantiation<'_>>,
    level: NestingLevel<'_>,
) -> TypeKind {
    TypeKind::Reference(Box::new(NamedType {
        path: path(name),
        arguments: arguments(type_arguments, level),
    }))
}

/// `a.b.C` as its names.
pub(super) fn path(name: &TSTypeName<'_>) -> Path {
    let mut names = Path::new();
    // Qualified names nest to the left, so the names are found from the right.
    let mut name = name;
    loop {
        match name {
            TSTypeName::IdentifierReference(identifier) => names.push(Text::new(identifier.name)),
            TSTypeName::ThisExpression(_) => names.push("this".into()),
            TSTypeName::QualifiedName(qualified) => {
                names.push(Text::new(qualified.right.name));
                name = &qualified.left;
                continue;
            }
        }
        names.reverse();
        return names;
    }
}

fn type_query(query: &ast::TSTypeQuery<'_>, level: NestingLevel<'_>) -> TypeKind {
    match &query.expr_name {
        TSTypeQueryExprName::TSImportType(import) => import_type(import, true, level),
        name => match name.as_ts_type_name() {
            Some(name) => TypeKind::Query(Box::new(NamedType {
                path: path(name),
                arguments: arguments(query.type_arguments.as_deref(), level),
            })),
            None => TypeKind::Other("its `typeof` is not read"),
        },
    }
}

fn import_type(
    import: &ast::TSImportType<'_>,
    of_value: bool,
    level: NestingLevel<'_>,
) -> TypeKind {
    let mut names = Path::new();
    let mut qualifier = import.qualifier.as_ref();
    while let Some(name) = qualifier {
        qualifier = match name {
            ast::TSImportTypeQualifier::Identifier(name) => {
                names.push(Text::new(name.name));
                None
            }
            ast::TSImportTypeQualifier::QualifiedName(name) => {
                names.push(Text::new(name.right.name));
                Some(&name.left)
            }
        };
    }
    names.reverse();
    let arguments = arguments(import.type_arguments.as_deref(), level);
    TypeKind::Import(Box::new(ImportType {
        specifier: Text::new(import.source.value),
        named: NamedType {
            path: names,
            arguments,
        },
        of_value,
    }))
}

fn literal_type(literal: &ast::TSLiteral<'_>, level: NestingLevel<'_>) -> TypeKind {
    match literal {
        ast::TSLiteral::BooleanLiteral(literal) => TypeKind::Boolean(literal.value),
        ast::TSLiteral::NumericLiteral(literal) => TypeKind::Number(literal.value),
        ast::TSLiteral::BigIntLiteral(_) => TypeKind::Bigint,
        ast::TSLiteral::StringLiteral(literal) => TypeKind::String(Text::new(literal.value)),
        ast::TSLiteral::TemplateLiteral(template) => template_literal(template, level),
        ast::TSLiteral::UnaryExpression(unary) => match &unary.argument {
            ast::Expression::NumericLiteral(literal) => TypeKind::Number(-literal.value),
            ast::Expression::BigIntLiteral(_) => TypeKind::Bigint,
            _ => TypeKind::Other("it is no literal"),
        },
    }
}

fn template_literal(template: &ast::TemplateLiteral<'_>, _level: NestingLevel) -> TypeKind {
    match quasis(&template.quasis).as_slice() {
        [only] => TypeKind::String(only.clone()),
        // A template with expressions may be any text.
        _ => TypeKind::Keyword(Keyword::String),
    }
}

pub(super) fn quasis(quasis: &[ast::TemplateElement<'_>]) -> Vec<Text> {
    quasis
        .iter()
        .map(|quasi| Text::new(quasi.value.cooked.unwrap_or(quasi.value.raw)))
        .collect()
}

fn mapped_type(mapped: &ast::TSMappedType<'_>, level: NestingLevel<'_>) -> TypeKind {
    use ast::TSMappedTypeModifierOperator as Operator;
    TypeKind::Mapped(Box::new(MappedType {
        parameter: Text::new(mapped.key.name),
        constraint: lower(&mapped.constraint, level),
        name: mapped.name_type.as_ref().map(|name| lower(name, level)),
        value: mapped
            .type_annotation
            .as_ref()
            .map(|value| lower(value, level)),
        optional: match mapped.optional {
            None => Modifier::Keep,
            Some(Operator::True | Operator::Plus) => Modifier::Add,
            Some(Operator::Minus) => Modifier::Remove,
        },
    }))
}

fn tuple_element(
    element: &ast::TSTupleElement<'_>,
    optional: bool,
    level: NestingLevel<'_>,
) -> TypeNode {
    let mut node = match element {
        ast::TSTupleElement::TSOptionalType(inner) => {
            return or_undefined(lower(&inner.type_annotation, level));
        }
        ast::TSTupleElement::TSRestType(rest) => TypeNode {
            span: level.span(rest.span),
            kind: TypeKind::Rest(boxed(&rest.type_annotation, level)),
        },
        element => match element.as_ts_type() {
            Some(node) => lower(node, level),
            None => TypeNode {
                span: level.span(element.span()),
                kind: TypeKind::Other("it is no type"),
            },
        },
    };
    if optional {
        node = or_undefined(node);
    }
    node
}

fn or_undefined(node: TypeNode) -> TypeNode {
    let span = node.span;
    let undefined = TypeNode {
        span,
        kind: TypeKind::Keyword(Keyword::Undefined),
    };
    TypeNode {
        span,
        kind: TypeKind::Union(Box::new([node, undefined])),
    }
}

pub(super) fn members(
    members: &[ast::TSSignature<'_>],
    level: NestingLevel<'_>,
) -> Box<[TypeMember]> {
    members
        .iter()
        .map(|member| type_member(member, level))
        .collect()
}

fn type_member(member: &ast::TSSignature<'_>, level: NestingLevel<'_>) -> TypeMember {
    match member {
        ast::TSSignature::TSPropertySignature(property) => {
            TypeMember::Property(PropertySignature {
                span: level.span(property.span),
                key: key(&property.key, property.computed, level),
                optional: property.optional,
                value: property
                    .type_annotation
                    .as_ref()
                    .map(|annotation| lower(&annotation.type_annotation, level)),
            })
        }
        ast::TSSignature::TSIndexSignature(index) => TypeMember::Index(Box::new([
            lower(&index.parameter.type_annotation.type_annotation, level),
            lower(&index.type_annotation.type_annotation, level),
        ])),
        ast::TSSignature::TSMethodSignature(method)
            if method.kind == ast::TSMethodSignatureKind::Get =>
        {
            let annotation = method.return_type.as_ref();
            TypeMember::Property(PropertySignature {
                span: level.span(method.span),
                key: key(&method.key, method.computed, level),
                optional: false,
                value: annotation.map(|annotation| lower(&annotation.type_annotation, level)),
            })
        }
        ast::TSSignature::TSMethodSignature(_) => TypeMember::Method,
        ast::TSSignature::TSCallSignatureDeclaration(_)
        | ast::TSSignature::TSConstructSignatureDeclaration(_) => TypeMember::Call,
    }
}

pub(super) fn type_parameters(
    node: Option<&ast::TSTypeParameterDeclaration<'_>>,
    level: NestingLevel<'_>,
) -> Vec<TypeParameter> {
    let parameters = node.into_iter().flat_map(|node| &node.params);
    let lower_parameter = |parameter: &ast::TSTypeParameter<'_>| TypeParameter {
        name: Text::new(parameter.name.name),
        constraint: parameter
            .constraint
            .as_ref()
            .map(|constraint| lower(constraint, level)),
        default: parameter
            .default
            .as_ref()
            .map(|default| lower(default, level)),
        constant: parameter.r#const,
    };
    parameters.map(lower_parameter).collect()
}
