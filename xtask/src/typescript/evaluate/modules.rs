//! Loading modules, and what their exports are worth.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::Evaluator;
use super::scope::{Scope, State, Thunk};
use super::value::{Opaque, Value};
use crate::typescript::modules::Resolved;
use crate::typescript::syntax::{Export, Import, Imported, Module, StatementKind, Text};

/// A module whose names are declared.
#[derive(Debug)]
pub(super) struct Loaded<'p> {
    pub module: &'p Module,
    pub scope: Rc<Scope<'p>>,
    ran: Cell<bool>,
    /// What `module.exports` was set to.
    pub common: RefCell<Option<Value<'p>>>,
}

const DEFAULT: &str = "default";

impl<'p> Evaluator<'p> {
    /// The module in `file` with its names declared; it has not necessarily run.
    pub(super) fn loaded(&mut self, file: &str) -> Option<Rc<Loaded<'p>>> {
        if let Some(found) = self.loaded.get(file) {
            return Some(Rc::clone(found));
        }
        let module = self.program.load(file)?;
        let scope = self.keep(Scope::module(&module.path));
        let loaded = Rc::new(Loaded { module, scope, ran: Cell::new(false), common: RefCell::new(None) });
        self.loaded.insert(&module.path, Rc::clone(&loaded));
        self.declare(&module.statements, &loaded.scope);
        self.declare_default(&loaded);
        Some(loaded)
    }

    fn declare_default(&mut self, loaded: &Loaded<'p>) {
        for statement in &loaded.module.statements {
            if let StatementKind::Default(value) = &statement.kind {
                loaded.scope.bind(DEFAULT, Thunk::pending(value, &loaded.scope));
            }
        }
    }

    /// Runs the statements of the module in `file`, once.
    pub fn run(&mut self, file: &str) {
        if let Some(loaded) = self.loaded(file) {
            self.run_loaded(&loaded);
        }
    }

    fn run_loaded(&mut self, loaded: &Loaded<'p>) {
        if !loaded.ran.replace(true) {
            self.execute(&loaded.module.statements, &loaded.scope);
        }
    }

    /// What `name` is bound to at the top of `file`.
    pub fn top_level(&mut self, file: &str, name: &str) -> Option<Thunk<'p>> {
        let loaded = self.loaded(file)?;
        loaded.scope.names.borrow().get(name).cloned()
    }

    /// What the module in `file` exports as `name`.
    pub fn export(&mut self, file: &str, name: &str) -> Value<'p> {
        let found = self.find_export(file, name, 0);
        found.unwrap_or_else(|| Value::unknown(format!("`{file}` does not export `{name}`")))
    }

    fn find_export(&mut self, file: &str, name: &str, depth: usize) -> Option<Value<'p>> {
        let loaded = self.loaded(file).filter(|_| depth < super::DEPTH)?;
        if may_register(loaded.module) {
            self.run_loaded(&loaded);
        }
        match loaded.module.exports.get(name) {
            Some(Export::Local(local)) => {
                let bound = loaded.scope.get(local);
                return match (bound, loaded.module.imports.get(local)) {
                    (Some(thunk), _) => Some(self.force(&thunk)),
                    (None, Some(import)) => Some(self.imported_at(file, import, depth + 1)),
                    (None, None) => None,
                };
            }
            Some(Export::From(import)) => return Some(self.imported_at(file, import, depth + 1)),
            None => {}
        }
        let is_exported = name == DEFAULT || loaded.module.declarations(name).any(|statement| statement.exported);
        if let Some(thunk) = loaded.scope.get(name).filter(|_| is_exported) {
            return Some(self.force(&thunk));
        }
        if let Some(value) = self.common_export(&loaded, name) {
            return Some(value);
        }
        let stars = loaded.module.star_exports.iter().filter(|_| name != DEFAULT);
        let targets: Vec<&Resolved> = stars.map(|specifier| self.program.resolve(loaded.module, specifier)).collect();
        targets.into_iter().find_map(|target| match target {
            Resolved::File(inner) => self.find_export(inner, name, depth + 1),
            Resolved::External | Resolved::Missing => None,
        })
    }

    fn common_export(&mut self, loaded: &Loaded<'p>, name: &str) -> Option<Value<'p>> {
        let common = loaded.common.borrow().clone()?;
        if name == DEFAULT { Some(common) } else { Some(self.member(&common, name)) }
    }

    /// What an import of the file `from` is worth.
    pub(super) fn imported(&mut self, from: &str, import: &Import) -> Value<'p> {
        self.imported_at(from, import, 0)
    }

    fn imported_at(&mut self, from: &str, import: &Import, depth: usize) -> Value<'p> {
        let Some(loaded) = self.loaded(from) else { return Value::unknown("its file cannot be read") };
        let name = match &import.imported {
            Imported::Name(name) => name.as_str(),
            Imported::Namespace => "*",
        };
        match self.program.resolve(loaded.module, &import.specifier) {
            Resolved::File(file) if import.imported == Imported::Namespace => match self.program.load(file) {
                Some(module) => Value::Module(&module.path),
                None => Value::unknown(format!("`{file}` cannot be read")),
            },
            Resolved::File(file) => {
                let found = self.find_export(file, name, depth);
                found.unwrap_or_else(|| Value::unknown(format!("`{file}` does not export `{name}`")))
            }
            Resolved::External if self.program.is_meant_to_be_a_file(loaded.module, &import.specifier) => {
                Value::unknown(format!("`{}`, which `{from}` imports, was not found", import.specifier))
            }
            Resolved::External => Value::opaque(Opaque::Export(import.specifier.as_str().into(), name.into())),
            Resolved::Missing => {
                Value::unknown(format!("`{}`, which `{from}` imports, was not found", import.specifier))
            }
        }
    }

    /// What `require(specifier)` or `await import(specifier)` in the file `from` is worth.
    pub(super) fn required(&mut self, from: &str, specifier: &Value<'p>, is_require: bool) -> Value<'p> {
        let Some(specifier) = specifier.text() else {
            return Value::unknown("which module it loads is only known when the program runs");
        };
        let import = Import { specifier: Text::new(specifier), imported: Imported::Namespace };
        let value = self.imported(from, &import);
        let Value::Module(file) = value else { return value };
        self.run(file);
        let loaded = self.loaded(file).filter(|_| is_require);
        loaded.and_then(|loaded| loaded.common.borrow().clone()).unwrap_or(value)
    }

    /// `module.exports = value`
    pub(super) fn set_common(&mut self, file: &str, value: Value<'p>) {
        if let Some(loaded) = self.loaded(file) {
            *loaded.common.borrow_mut() = Some(value);
        }
    }

    /// The names that a module exports; those of `export *` left out.
    pub(super) fn export_names(&mut self, file: &str) -> Vec<Rc<str>> {
        let Some(loaded) = self.loaded(file) else { return Vec::new() };
        let declared = loaded.module.statements.iter().filter(|statement| statement.exported);
        let declared =
            declared.filter_map(|statement| statement.name()).filter(|name| loaded.scope.get(name).is_some());
        let mut names: Vec<Rc<str>> = declared.map(Rc::from).collect();
        let mut renamed: Vec<Rc<str>> = loaded.module.exports.keys().map(|name| name.as_str().into()).collect();
        renamed.sort();
        names.extend(renamed);
        names
    }

    /// The values that a module declares at its top level, in the order of the source.
    pub fn top_level_values(&mut self, file: &str) -> Vec<(&'p str, crate::source::Span, Thunk<'p>)> {
        let Some(loaded) = self.loaded(file) else { return Vec::new() };
        let module = loaded.module;
        let mut values = Vec::new();
        for statement in &module.statements {
            let (name, span) = match (&statement.kind, statement.declared()) {
                (StatementKind::Default(value), _) => (DEFAULT, value.span),
                (_, Some(declared)) => declared,
                _ => continue,
            };
            let bound = loaded.scope.names.borrow().get(name).cloned();
            if let Some(thunk) = bound.filter(|thunk| !matches!(thunk.state(), State::Enum(..))) {
                values.push((name, span, thunk));
            }
        }
        values
    }
}

/// Whether loading the module may register a route: it calls something at its top level.
fn may_register(module: &Module) -> bool {
    module.statements.iter().any(|statement| {
        matches!(statement.kind, StatementKind::Expression(_) | StatementKind::Nested(_) | StatementKind::Switch(..))
    })
}
