//! Statements of the parser → [`Statement`].

use std::sync::Arc;

use oxc_ast::ast::{self, Declaration};
use oxc_span::GetSpan;

use super::level::NestingLevel;
use super::{expressions, functions, types};
use crate::source::Span;
use crate::typescript::syntax::{
    Alias, Argument, Binary, Body, Case, EnumDecl, EnumMember, Expr, ExprKind, Function, Interface,
    Name, NamespaceDeclaration, Statement, StatementKind, Text, TypeNode, Variable,
};

pub(super) fn lower_all(
    statements: &[ast::Statement<'_>],
    level: NestingLevel<'_>,
) -> Vec<Statement> {
    let mut lowered = Vec::new();
    if !level.is_too_deep() {
        statements
            .iter()
            .for_each(|statement| lower(statement, level.deeper(), &mut lowered));
    }
    lowered
}

/// Appends what `statement` declares or does. Imports, and exports of other files, are read by
/// `modules`.
pub(super) fn lower(
    statement: &ast::Statement<'_>,
    level: NestingLevel<'_>,
    out: &mut Vec<Statement>,
) {
    let at = level.span(statement.span());
    let mut push = |kind| {
        out.push(Statement {
            span: at,
            exported: false,
            kind,
        })
    };
    let nested = |test: Option<&ast::Expression<'_>>, bodies: &[&ast::Statement<'_>]| {
        let mut inside: Vec<_> = test
            .into_iter()
            .map(|test| condition(test, level))
            .collect();
        if !level.is_too_deep() {
            bodies
                .iter()
                .for_each(|body| lower(body, level.deeper(), &mut inside));
        }
        StatementKind::Nested(inside)
    };
    match statement {
        ast::Statement::ExpressionStatement(inner) => {
            push(StatementKind::Expression(expressions::lower(
                &inner.expression,
                level,
            )));
        }
        ast::Statement::ReturnStatement(inner) => {
            push(StatementKind::Return(
                inner
                    .argument
                    .as_ref()
                    .map(|value| expressions::lower(value, level)),
            ));
        }
        ast::Statement::BlockStatement(block) => {
            push(StatementKind::Nested(lower_all(&block.body, level)))
        }
        ast::Statement::IfStatement(inner) => {
            let otherwise = inner.alternate.iter();
            let bodies: Vec<_> = std::iter::once(&inner.consequent)
                .chain(otherwise)
                .collect();
            push(nested(Some(&inner.test), &bodies));
        }
        ast::Statement::ForStatement(inner) => push(nested(inner.test.as_ref(), &[&inner.body])),
        ast::Statement::ForInStatement(inner) => push(nested(None, &[&inner.body])),
        ast::Statement::ForOfStatement(inner) => push(for_of(inner, level)),
        ast::Statement::WhileStatement(inner) => push(nested(Some(&inner.test), &[&inner.body])),
        ast::Statement::DoWhileStatement(inner) => push(nested(Some(&inner.test), &[&inner.body])),
        ast::Statement::LabeledStatement(inner) => push(nested(None, &[&inner.body])),
        ast::Statement::WithStatement(inner) => push(nested(None, &[&inner.body])),
        ast::Statement::SwitchStatement(inner) => {
            let cases = inner
                .cases
                .iter()
                .map(|case| self::case(case, level))
                .collect();
            push(StatementKind::Switch(
                expressions::lower(&inner.discriminant, level),
                cases,
            ));
        }
        ast::Statement::TryStatement(inner) => {
            let blocks = [
                Some(&inner.block),
                inner.handler.as_ref().map(|handler| &handler.body),
                inner.finalizer.as_ref(),
            ];
            let bodies = blocks.into_iter().flatten().flat_map(|block| &block.body);
            push(nested(None, &bodies.collect::<Vec<_>>()));
        }
        ast::Statement::ExportDeclaration(export) => {
            // One declaration may declare several names.
            let first = out.len();
            declaration(&export.declaration, level, out);
            out[first..].iter_mut().for_each(|statement| {
                statement.exported = true;
                statement.span = at;
            });
        }
        ast::Statement::ExportDefaultDeclaration(export) => {
            out.push(default_export(export, at, level))
        }
        ast::Statement::TSExportAssignment(export) => {
            let value = expressions::lower(&export.expression, level);
            out.push(Statement {
                span: at,
                exported: true,
                kind: StatementKind::Default(value),
            });
        }
        ast::Statement::ThrowStatement(_)
        | ast::Statement::BreakStatement(_)
        | ast::Statement::ContinueStatement(_)
        | ast::Statement::DebuggerStatement(_)
        | ast::Statement::EmptyStatement(_)
        | ast::Statement::ImportDeclaration(_)
        | ast::Statement::ExportAllDeclaration(_)
        | ast::Statement::ExportNamedDeclaration(_)
        | ast::Statement::ExportFromDeclaration(_)
        | ast::Statement::TSNamespaceExportDeclaration(_) => {}
        statement => {
            if let Some(inner) = statement.as_declaration() {
                declaration(inner, level, out);
            }
        }
    }
}

fn condition(test: &ast::Expression<'_>, level: NestingLevel<'_>) -> Statement {
    let kind = StatementKind::Condition(expressions::lower(test, level));
    Statement {
        span: level.span(test.span()),
        exported: false,
        kind,
    }
}

fn case(node: &ast::SwitchCase<'_>, level: NestingLevel<'_>) -> Case {
    let ends = |statement: &ast::Statement<'_>| match statement {
        ast::Statement::BlockStatement(block) => block.body.last().is_some_and(leaves),
        statement => leaves(statement),
    };
    Case {
        test: node
            .test
            .as_ref()
            .map(|test| expressions::lower(test, level)),
        body: lower_all(&node.consequent, level),
        falls_through: !node.consequent.last().is_some_and(ends),
    }
}

fn leaves(statement: &ast::Statement<'_>) -> bool {
    matches!(
        statement,
        ast::Statement::ReturnStatement(_)
            | ast::Statement::BreakStatement(_)
            | ast::Statement::ContinueStatement(_)
            | ast::Statement::ThrowStatement(_)
    )
}

/// `for (const a of b) { … }` is `b.forEach((a) => { … })`.
fn for_of(node: &ast::ForOfStatement<'_>, level: NestingLevel<'_>) -> StatementKind {
    let mut body = Vec::new();
    if !level.is_too_deep() {
        lower(&node.body, level.deeper(), &mut body);
    }
    let binding = match &node.left {
        ast::ForStatementLeft::VariableDeclaration(left) => left.declarations.first(),
        _ => None,
    };
    let function = Function {
        type_parameters: Vec::new(),
        parameters: binding
            .map(|binding| functions::pattern(&binding.id, level))
            .into_iter()
            .collect(),
        return_type: None,
        body: Body::read(body),
        is_async: false,
        generator: false,
    };
    let at = level.span(node.right.span());
    let items = Box::new(expressions::lower(&node.right, level));
    let callee = Expr {
        span: at,
        kind: ExprKind::Member(items, "forEach".into(), at),
    };
    let callback = Expr {
        span: level.span(node.body.span()),
        kind: ExprKind::Function(Arc::new(function)),
    };
    let arguments = Box::new([Argument {
        spread: false,
        value: callback,
    }]);
    StatementKind::Expression(Expr {
        span: level.span(node.span),
        kind: ExprKind::Call(Box::new(callee), Box::default(), arguments),
    })
}

fn default_export(
    export: &ast::ExportDefaultDeclaration<'_>,
    at: Span,
    level: NestingLevel<'_>,
) -> Statement {
    let default = || Name {
        text: "default".into(),
        span: at,
    };
    let kind = match &export.declaration {
        ast::ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
            StatementKind::Function(
                function
                    .id
                    .as_ref()
                    .map_or_else(default, |id| name(id, level)),
                Arc::new(functions::function(function, level)),
            )
        }
        ast::ExportDefaultDeclarationKind::ClassDeclaration(class) => {
            let mut class = functions::class(class, level);
            class.name.get_or_insert(("default".into(), at));
            StatementKind::Class(Arc::new(class))
        }
        ast::ExportDefaultDeclarationKind::TSInterfaceDeclaration(node) => {
            StatementKind::Interface(interface(node, level))
        }
        kind => match kind.as_expression() {
            Some(value) => StatementKind::Default(expressions::lower(value, level)),
            None => StatementKind::Nested(Vec::new()),
        },
    };
    Statement {
        span: at,
        exported: true,
        kind,
    }
}

fn declaration(declaration: &Declaration<'_>, level: NestingLevel<'_>, out: &mut Vec<Statement>) {
    let at = level.span(declaration.span());
    let kind = match declaration {
        Declaration::VariableDeclaration(variables) => {
            return variables
                .declarations
                .iter()
                .for_each(|declarator| variable(declarator, variables.kind, level, out));
        }
        Declaration::FunctionDeclaration(function) => match &function.id {
            Some(id) => StatementKind::Function(
                name(id, level),
                Arc::new(functions::function(function, level)),
            ),
            None => return,
        },
        Declaration::ClassDeclaration(class) => {
            StatementKind::Class(Arc::new(functions::class(class, level)))
        }
        Declaration::TSTypeAliasDeclaration(alias) => StatementKind::Alias(Alias {
            name: name(&alias.id, level),
            type_parameters: types::type_parameters(alias.type_parameters.as_deref(), level),
            value: types::lower(&alias.type_annotation, level),
        }),
        Declaration::TSInterfaceDeclaration(node) => {
            StatementKind::Interface(interface(node, level))
        }
        Declaration::TSEnumDeclaration(node) => StatementKind::Enum(enumeration(node, level)),
        Declaration::TSExternalModuleDeclaration(module) => {
            StatementKind::Namespace(NamespaceDeclaration {
                name: Name {
                    text: Text::new(module.id.value),
                    span: level.span(module.id.span),
                },
                body: module
                    .body
                    .as_ref()
                    .map_or_else(Vec::new, |body| lower_all(&body.body, level)),
                ambient: true,
            })
        }
        Declaration::TSNamespaceDeclaration(node) => {
            StatementKind::Namespace(namespace(node, level))
        }
        Declaration::TSGlobalDeclaration(global) => {
            StatementKind::Namespace(NamespaceDeclaration {
                name: Name {
                    text: "global".into(),
                    span: level.span(global.global_span),
                },
                body: lower_all(&global.body.body, level),
                ambient: true,
            })
        }
        Declaration::TSImportEqualsDeclaration(_) => return,
    };
    out.push(Statement {
        span: at,
        exported: false,
        kind,
    });
}

fn name(id: &ast::BindingIdentifier<'_>, level: NestingLevel<'_>) -> Name {
    Name {
        text: Text::new(id.name),
        span: level.span(id.span),
    }
}

fn interface(node: &ast::TSInterfaceDeclaration<'_>, level: NestingLevel<'_>) -> Interface {
    let extends = node.extends.iter().map(|heritage| TypeNode {
        span: level.span(heritage.span),
        kind: types::reference(
            &heritage.type_name,
            heritage.type_arguments.as_deref(),
            level,
        ),
    });
    Interface {
        name: name(&node.id, level),
        type_parameters: types::type_parameters(node.type_parameters.as_deref(), level),
        extends: extends.collect(),
        members: types::members(&node.body.body, level),
    }
}

fn enumeration(node: &ast::TSEnumDeclaration<'_>, level: NestingLevel<'_>) -> EnumDecl {
    let members = node.body.members.iter().map(|member| EnumMember {
        name: Text::new(member.id.static_name()),
        value: member
            .initializer
            .as_ref()
            .map(|value| expressions::lower(value, level)),
    });
    EnumDecl {
        name: name(&node.id, level),
        members: members.collect(),
    }
}

fn namespace(
    node: &ast::TSNamespaceDeclaration<'_>,
    level: NestingLevel<'_>,
) -> NamespaceDeclaration {
    let body = match &node.body {
        ast::TSNamespaceDeclarationBody::TSModuleBlock(block) => lower_all(&block.body, level),
        ast::TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) if !level.is_too_deep() => {
            vec![Statement {
                span: level.span(inner.span),
                exported: true,
                kind: StatementKind::Namespace(namespace(inner, level.deeper())),
            }]
        }
        ast::TSNamespaceDeclarationBody::TSNamespaceDeclaration(_) => Vec::new(),
    };
    NamespaceDeclaration {
        name: name(&node.id, level),
        body,
        ambient: false,
    }
}

fn variable(
    declarator: &ast::VariableDeclarator<'_>,
    kind: ast::VariableDeclarationKind,
    level: NestingLevel<'_>,
    out: &mut Vec<Statement>,
) {
    let constant = kind == ast::VariableDeclarationKind::Const;
    let value = declarator
        .init
        .as_ref()
        .map(|value| expressions::lower(value, level));
    let annotation = declarator
        .type_annotation
        .as_ref()
        .map(|node| types::lower(&node.type_annotation, level));
    let mut push = |name: Name, annotation, value| {
        let kind = StatementKind::Variable(Variable {
            name,
            annotation,
            value,
            constant,
        });
        out.push(Statement {
            span: level.span(declarator.span),
            exported: false,
            kind,
        });
    };
    bind(&declarator.id, annotation, value, level, &mut push);
}

type Push<'s> = dyn FnMut(Name, Option<TypeNode>, Option<Expr>) + 's;

/// The names that a pattern binds, each to its part of `value`: `{ a, b: { c = 1 }, d: [e] }`.
fn bind(
    pattern: &ast::BindingPattern<'_>,
    annotation: Option<TypeNode>,
    value: Option<Expr>,
    level: NestingLevel<'_>,
    push: &mut Push<'_>,
) {
    match pattern {
        ast::BindingPattern::BindingIdentifier(id) => push(name(id, level), annotation, value),
        ast::BindingPattern::ObjectPattern(pattern) => {
            for property in &pattern.properties {
                let Some(key) = property.key.static_name() else {
                    continue;
                };
                let member = value.clone().map(|value| Expr {
                    span: value.span,
                    kind: ExprKind::Member(
                        Box::new(value),
                        key.into(),
                        level.span(property.key.span()),
                    ),
                });
                bind(&property.value, None, member, level, push);
            }
            if let Some(rest) = &pattern.rest {
                let left = value.map(|value| left_over(value, pattern));
                bind(&rest.argument, None, left, level, push);
            }
        }
        ast::BindingPattern::ArrayPattern(pattern) => {
            for (index, element) in pattern.elements.iter().enumerate() {
                let Some(element) = element else { continue };
                let at = Box::new(Expr {
                    span: level.span(element.span()),
                    kind: ExprKind::Number(index as f64),
                });
                let part = value.clone().map(|value| Expr {
                    span: value.span,
                    kind: ExprKind::Index(Box::new(value), at),
                });
                bind(element, None, part, level, push);
            }
        }
        ast::BindingPattern::AssignmentPattern(inner) => {
            let with_default = |value: Expr| {
                let default = Box::new(expressions::lower(&inner.right, level));
                Expr {
                    span: value.span,
                    kind: ExprKind::Binary(Binary::Default, Box::new(value), default),
                }
            };
            bind(
                &inner.left,
                annotation,
                value.map(with_default),
                level,
                push,
            );
        }
    }
}

/// What `pattern` leaves of `value` in its `...rest`.
fn left_over(value: Expr, pattern: &ast::ObjectPattern<'_>) -> Expr {
    let span = value.span;
    let kind = match functions::static_keys(pattern) {
        Some(keys) => ExprKind::Rest(Box::new(value), keys),
        None => ExprKind::Other("which keys are left of it is computed"),
    };
    Expr { span, kind }
}
