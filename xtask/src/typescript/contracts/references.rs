//! The names of types and schemas in what a contract says, and whether they exist.

use crate::facts::{ContractReference, DeclarationName};
use crate::typescript::modules::{Program, Resolved, Symbol};
use crate::typescript::resolve::Scope;
use crate::typescript::syntax::{Expr, ExprKind, Module, ObjectMember, Text, TypeKind, TypeNode};

/// Names that every program has.
const GLOBALS: &[&str] = &[
    "Array",
    "ArrayBuffer",
    "Awaited",
    "Blob",
    "Boolean",
    "Buffer",
    "Date",
    "Error",
    "Exclude",
    "Extract",
    "File",
    "FormData",
    "Infinity",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "NonNullable",
    "NodeJS",
    "Number",
    "Object",
    "Omit",
    "Parameters",
    "Partial",
    "Pick",
    "Promise",
    "Readonly",
    "ReadonlyArray",
    "ReadableStream",
    "Record",
    "Request",
    "Required",
    "Response",
    "ReturnType",
    "Set",
    "String",
    "Symbol",
    "URL",
    "URLSearchParams",
    "Uint8Array",
    "globalThis",
    "process",
    "undefined",
    "window",
    "Express",
    "React",
    "JSX",
    "require",
    "module",
    "exports",
];

/// How deep expressions are searched.
const DEPTH: usize = 12;

/// Collects names.
pub(super) struct Referrer<'r, 'p> {
    program: &'p Program<'p>,
    scope: &'r Scope<'p>,
    depth: usize,
    /// In order.
    pub found: Vec<ContractReference>,
}

impl<'r, 'p> Referrer<'r, 'p> {
    pub fn new(program: &'p Program<'p>, scope: &'r Scope<'p>) -> Self {
        Self {
            program,
            scope,
            depth: 0,
            found: Vec::new(),
        }
    }

    /// The names in `expression`, which is all of what is described, or a part.
    pub fn expression(&mut self, expression: &Expr, whole: bool) {
        self.depth += 1;
        if self.depth < DEPTH {
            self.inside(expression, whole);
        }
        self.depth -= 1;
    }

    fn inside(&mut self, expression: &Expr, whole: bool) {
        match &expression.kind {
            ExprKind::Name(name) => self.name(&[name], expression, whole),
            ExprKind::Member(object, member, _) => match &object.kind {
                ExprKind::Name(name) => self.name(&[name, member], expression, whole),
                _ => self.expression(object, false),
            },
            ExprKind::Call(callee, types, arguments) => {
                types.iter().for_each(|node| self.type_node(node, false));
                if let ExprKind::Member(object, ..) = &callee.kind {
                    self.expression(object, false);
                }
                arguments
                    .iter()
                    .for_each(|argument| self.expression(&argument.value, false));
            }
            ExprKind::As(value, node) | ExprKind::Satisfies(value, node) => {
                self.expression(value, whole);
                self.type_node(node, false);
            }
            ExprKind::AsConst(value) | ExprKind::Await(value) => self.expression(value, whole),
            ExprKind::Object(members) => members.iter().for_each(|member| match member {
                ObjectMember::Property { value, .. } | ObjectMember::Spread(value) => {
                    self.expression(value, false)
                }
            }),
            ExprKind::Array(items) => items
                .iter()
                .for_each(|item| self.expression(&item.value, false)),
            ExprKind::Binary(_, left, right) | ExprKind::Conditional(_, left, right) => {
                self.expression(left, false);
                self.expression(right, false);
            }
            _ => {}
        }
    }

    /// The names in a type.
    pub fn type_node(&mut self, node: &TypeNode, whole: bool) {
        self.depth += 1;
        match &node.kind {
            _ if self.depth >= DEPTH => {}
            TypeKind::Reference(named) | TypeKind::Query(named) => {
                let path: Vec<&str> = named.path.iter().map(Text::as_str).collect();
                let is_wrapper = GLOBALS.contains(&path[0]) || path.len() > 1;
                self.add(&path, node.span, whole && !is_wrapper);
                for argument in &named.arguments {
                    self.type_node(argument, false);
                }
            }
            TypeKind::Union(nodes) | TypeKind::Intersection(nodes) => {
                nodes.iter().for_each(|node| self.type_node(node, false));
            }
            TypeKind::Array(inner) => self.type_node(inner, false),
            _ => {}
        }
        self.depth -= 1;
    }

    fn name(&mut self, path: &[&str], expression: &Expr, whole: bool) {
        self.add(path, expression.span, whole);
    }

    fn add(&mut self, path: &[&str], span: crate::source::Span, whole: bool) {
        let Some(first) = path.first() else { return };
        let module = self.scope.module;
        if self.scope.binding_call(first).is_some() || GLOBALS.contains(first) {
            return;
        }
        let (resolved, declaration) = match self.program.lookup(module, first) {
            Some(Symbol::External(..)) => return,
            Some(Symbol::Declared(module, name)) => (true, Some(declaration(module, name))),
            Some(Symbol::Namespace(target)) => match path.get(1) {
                None => return,
                Some(member) => match self.program.exported(target, member) {
                    Some(Symbol::Declared(module, name)) => (true, Some(declaration(module, name))),
                    Some(Symbol::Missing(_)) | None if !target.star_exports.is_empty() => return,
                    Some(Symbol::Missing(_)) | None => (false, None),
                    Some(Symbol::External(..) | Symbol::Namespace(_)) => return,
                },
            },
            Some(Symbol::Missing(specifier)) => {
                // The file may be generated; a name that its file lacks is not.
                let is_there = matches!(self.program.resolve(module, specifier), Resolved::File(_));
                (!is_there, None)
            }
            None => (false, None),
        };
        // A member of a constant is a part of it: `Schemas.user`, `UserSchema.shape`.
        let whole = whole && (path.len() == 1 || declaration.is_none());
        let (name, location) = (path.join("."), module.location(span));
        self.found.push(ContractReference {
            name,
            location,
            resolved,
            declaration,
            whole,
        });
    }
}

fn declaration(module: &Module, name: &str) -> DeclarationName {
    DeclarationName {
        file: module.path.to_string(),
        name: name.to_owned(),
    }
}
