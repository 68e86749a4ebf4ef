//! Imports and exports of a file.

use std::sync::Arc;

use oxc_ast::ast::{self, ImportDeclarationSpecifier, Statement as AstStatement};
use rustc_hash::FxHashMap;

use super::bodies::DeferredFile;
use super::level::NestingLevel;
use super::{comments, statements};
use crate::source::LineIndex;
use crate::typescript::syntax::{
    Export, ExprKind, Import, Imported, Module, Statement, StatementKind, Text,
};

pub(super) fn empty(path: Arc<str>, lines: LineIndex) -> Module {
    Module {
        path,
        lines,
        statements: Vec::new(),
        names: FxHashMap::default(),
        imports: FxHashMap::default(),
        exports: FxHashMap::default(),
        ambient: Vec::new(),
        star_exports: Vec::new(),
        comments: Vec::new(),
        problems: Vec::new(),
    }
}

/// Fills `module` from the program. `speaks` says whether any comment may speak to this tool.
pub(super) fn fill(
    module: &mut Module,
    program: &ast::Program<'_>,
    text: &str,
    source: &Arc<DeferredFile>,
    speaks: bool,
) {
    module.statements.reserve(program.body.len());
    module
        .imports
        .reserve(program.body.iter().map(count_imports).sum());
    for statement in &program.body {
        statements::lower(statement, NestingLevel::top(source), &mut module.statements);
        linkage(statement, module);
    }
    module.names.reserve(module.statements.len());
    for (at, statement) in module.statements.iter().enumerate() {
        let name = statement
            .name()
            .or_else(|| is_anonymous(statement).then_some("default"));
        if let Some(name) = name {
            module.names.entry(Text::new(name)).or_default().push(at);
        }
        if matches!(&statement.kind, StatementKind::Namespace(namespace) if namespace.ambient) {
            module.ambient.push(at);
        }
        if let Some(local) = default_export(statement) {
            module
                .exports
                .insert("default".into(), Export::Local(local));
        }
    }
    if speaks {
        module.comments = comments::read(&program.comments, text);
    }
}

/// Whether it is `export default` of a value without a name of its own.
fn is_anonymous(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Default(value) if !matches!(value.kind, ExprKind::Name(_)))
}

/// The local name behind `export default`.
fn default_export(statement: &Statement) -> Option<Text> {
    match &statement.kind {
        StatementKind::Default(value) => match &value.kind {
            ExprKind::Name(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Records the names that `statement` imports, re-exports or exports under another name.
fn linkage(statement: &AstStatement<'_>, module: &mut Module) {
    match statement {
        AstStatement::ImportDeclaration(import) => imports(import, module),
        AstStatement::ExportAllDeclaration(export) => {
            let specifier = Text::new(export.source.value);
            match &export.exported {
                None => module.star_exports.push(specifier),
                Some(name) => {
                    let import = Import {
                        specifier,
                        imported: Imported::Namespace,
                    };
                    module
                        .exports
                        .insert(Text::new(name.name()), Export::From(import));
                }
            }
        }
        AstStatement::ExportNamedDeclaration(export) => {
            for specifier in &export.specifiers {
                let local = Export::Local(Text::new(specifier.local.name()));
                module
                    .exports
                    .insert(Text::new(specifier.exported.name()), local);
            }
        }
        AstStatement::ExportFromDeclaration(export) => {
            for specifier in &export.specifiers {
                let imported = Imported::Name(Text::new(specifier.local.name()));
                let import = Import {
                    specifier: Text::new(export.source.value),
                    imported,
                };
                module
                    .exports
                    .insert(Text::new(specifier.exported.name()), Export::From(import));
            }
        }
        AstStatement::ExportDefaultDeclaration(export) => {
            if let Some(local) = named_default(&export.declaration) {
                module
                    .exports
                    .insert("default".into(), Export::Local(local));
            }
        }
        AstStatement::TSImportEqualsDeclaration(import) => {
            if let ast::TSModuleReference::ExternalModuleReference(reference) =
                &import.module_reference
            {
                let specifier = Text::new(reference.expression.value);
                let import_as = Import {
                    specifier,
                    imported: Imported::Namespace,
                };
                module.imports.insert(Text::new(import.id.name), import_as);
            }
        }
        _ => {}
    }
}

fn named_default(declaration: &ast::ExportDefaultDeclarationKind<'_>) -> Option<Text> {
    let id = match declaration {
        ast::ExportDefaultDeclarationKind::FunctionDeclaration(function) => function.id.as_ref(),
        ast::ExportDefaultDeclarationKind::ClassDeclaration(class) => class.id.as_ref(),
        ast::ExportDefaultDeclarationKind::TSInterfaceDeclaration(interface) => Some(&interface.id),
        _ => None,
    };
    id.map(|id| Text::new(id.name))
}

fn count_imports(statement: &AstStatement<'_>) -> usize {
    match statement {
        AstStatement::ImportDeclaration(import) => import.specifiers.iter().flatten().count(),
        _ => 0,
    }
}

fn imports(import: &ast::ImportDeclaration<'_>, module: &mut Module) {
    let specifier = Text::new(import.source.value);
    for item in import.specifiers.iter().flatten() {
        let (local, imported) = match item {
            ImportDeclarationSpecifier::ImportSpecifier(item) => {
                (&item.local, Imported::Name(Text::new(item.imported.name())))
            }
            ImportDeclarationSpecifier::ImportDefaultSpecifier(item) => {
                (&item.local, Imported::Name("default".into()))
            }
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(item) => {
                (&item.local, Imported::Namespace)
            }
        };
        module.imports.insert(
            Text::new(local.name),
            Import {
                specifier: specifier.clone(),
                imported,
            },
        );
    }
}
