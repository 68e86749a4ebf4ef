//! Imports and exports of a file.

use std::collections::HashMap;
use std::sync::Arc;

use oxc_ast::ast::{self, ImportDeclarationSpecifier, Statement as AstStatement};

use super::level::{Bodies, Level};
use super::{comments, statements};
use crate::source::LineIndex;
use crate::typescript::syntax::{Export, ExprKind, Import, Imported, Module, Statement, StatementKind};

pub(super) fn empty(path: Arc<str>, lines: LineIndex) -> Module {
    Module {
        path,
        lines,
        statements: Vec::new(),
        names: HashMap::new(),
        imports: HashMap::new(),
        exports: HashMap::new(),
        star_exports: Vec::new(),
        comments: Vec::new(),
        problems: Vec::new(),
    }
}

pub(super) fn fill(module: &mut Module, program: &ast::Program<'_>, text: &str, bodies: &Bodies) {
    for statement in &program.body {
        statements::lower(statement, Level::top(bodies), &mut module.statements);
        linkage(statement, module);
    }
    for (at, statement) in module.statements.iter().enumerate() {
        if let Some(name) = statement.name() {
            module.names.entry(name.to_owned()).or_default().push(at);
        }
        if let Some(local) = default_export(statement) {
            module.exports.insert("default".into(), Export::Local(local));
        }
    }
    module.comments = comments::read(&program.comments, text);
}

/// The local name behind `export default`.
fn default_export(statement: &Statement) -> Option<String> {
    match &statement.kind {
        StatementKind::Default(value) => match &value.kind {
            ExprKind::Name(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What `statement` imports, re-exports or exports under another name.
fn linkage(statement: &AstStatement<'_>, module: &mut Module) {
    match statement {
        AstStatement::ImportDeclaration(import) => imports(import, module),
        AstStatement::ExportAllDeclaration(export) => {
            let specifier = export.source.value.to_string();
            match &export.exported {
                None => module.star_exports.push(specifier),
                Some(name) => {
                    let import = Import { specifier, imported: Imported::Namespace };
                    module.exports.insert(name.name().to_string(), Export::From(import));
                }
            }
        }
        AstStatement::ExportNamedDeclaration(export) => {
            for specifier in &export.specifiers {
                let local = Export::Local(specifier.local.name().to_string());
                module.exports.insert(specifier.exported.name().to_string(), local);
            }
        }
        AstStatement::ExportFromDeclaration(export) => {
            for specifier in &export.specifiers {
                let imported = Imported::Name(specifier.local.name().to_string());
                let import = Import { specifier: export.source.value.to_string(), imported };
                module.exports.insert(specifier.exported.name().to_string(), Export::From(import));
            }
        }
        AstStatement::ExportDefaultDeclaration(export) => {
            if let Some(local) = named_default(&export.declaration) {
                module.exports.insert("default".into(), Export::Local(local));
            }
        }
        AstStatement::TSImportEqualsDeclaration(import) => {
            if let ast::TSModuleReference::ExternalModuleReference(reference) = &import.module_reference {
                let specifier = reference.expression.value.to_string();
                let import_as = Import { specifier, imported: Imported::Namespace };
                module.imports.insert(import.id.name.to_string(), import_as);
            }
        }
        _ => {}
    }
}

fn named_default(declaration: &ast::ExportDefaultDeclarationKind<'_>) -> Option<String> {
    let id = match declaration {
        ast::ExportDefaultDeclarationKind::FunctionDeclaration(function) => function.id.as_ref(),
        ast::ExportDefaultDeclarationKind::ClassDeclaration(class) => class.id.as_ref(),
        ast::ExportDefaultDeclarationKind::TSInterfaceDeclaration(interface) => Some(&interface.id),
        _ => None,
    };
    id.map(|id| id.name.to_string())
}

fn imports(import: &ast::ImportDeclaration<'_>, module: &mut Module) {
    let specifier = import.source.value.to_string();
    for item in import.specifiers.iter().flatten() {
        let (local, imported) = match item {
            ImportDeclarationSpecifier::ImportSpecifier(item) => {
                (&item.local, Imported::Name(item.imported.name().to_string()))
            }
            ImportDeclarationSpecifier::ImportDefaultSpecifier(item) => (&item.local, Imported::Name("default".into())),
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(item) => (&item.local, Imported::Namespace),
        };
        module.imports.insert(local.name.to_string(), Import { specifier: specifier.clone(), imported });
    }
}
