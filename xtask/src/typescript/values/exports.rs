//! Exports of the files of a program that runs. A file runs when something of it is needed that
//! calls may have changed: a router that it registers routes on. `module.exports` counts where no
//! export is declared.

use std::rc::Rc;

use super::{EntryPlace, ObjectEntry, ObjectValue, Running, Value};
use crate::source::Span;
use crate::typescript::modules::{Resolved, Way};
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{Expr, ExprKind, Module, Statement, StatementKind};

/// A value that is declared at the top of a file.
pub struct TopLevel<'p> {
    /// Its name; `default` of a default export.
    pub name: &'p str,
    /// The name's bytes; of a default export those of its value.
    pub span: Span,
    statement: &'p Statement,
}

impl<'p> Resolver<'p> {
    /// Runs the files that pass a name on, where they may register something.
    pub(in crate::typescript) fn run_passed(&self, way: &Way<'p>) {
        if !self.runs() {
            return;
        }
        for (module, _) in &way.passed {
            if may_register(module) {
                self.run(module);
            }
        }
    }

    /// The value that `module`, a file of a program that runs, exports as `name`.
    pub(super) fn running_export(&self, module: &'p Module, name: &str) -> Value<'p> {
        let way = self.program.way_of_export(module, name);
        self.run_passed(&way);
        match way.symbol {
            Some(symbol) => self.symbol_value(symbol, name),
            None => self
                .common_export(&way)
                .unwrap_or_else(|| not_exported(module, name)),
        }
    }

    /// The value of an imported `name` that no file declares, in a program that runs.
    pub(super) fn missing_import(
        &self,
        module: &'p Module,
        name: &str,
        specifier: &str,
    ) -> Value<'p> {
        let way = self.program.way(module, name);
        if let Some(value) = self.common_export(&way) {
            return value;
        }
        match way.passed.last() {
            Some((module, name)) => not_exported(module, name),
            None => not_found(module, specifier),
        }
    }

    /// The value of an import that is meant to be a file of the monorepo, and is none.
    pub(super) fn missing_file(&self, module: &Module, specifier: &str) -> Option<Value<'p>> {
        let is_missing = self.program.is_meant_to_be_a_file(module, specifier);
        is_missing.then(|| not_found(module, specifier))
    }

    /// The value that the last file of a way has by `module.exports`.
    fn common_export(&self, way: &Way<'p>) -> Option<Value<'p>> {
        let (module, name) = way.passed.last()?;
        let common = self.common(module)?;
        Some(if name == "default" {
            common
        } else {
            self.member(&common, name)
        })
    }

    fn common(&self, module: &'p Module) -> Option<Value<'p>> {
        self.run_state()?
            .common
            .borrow()
            .get(&std::ptr::from_ref(module))
            .cloned()
    }

    /// `module.exports = value`
    pub(super) fn set_common(&self, module: &'p Module, value: Value<'p>) {
        if let Some(running) = self.run_state() {
            running
                .common
                .borrow_mut()
                .insert(std::ptr::from_ref(module), value);
        }
    }

    /// The object that `exports.x = …` adds to.
    pub(super) fn common_object(&self, module: &'p Module) -> Value<'p> {
        self.common(module).unwrap_or_else(|| {
            let value = Value::Object(Rc::new(ObjectValue::default()));
            self.set_common(module, value.clone());
            value
        })
    }

    /// The value of `require(specifier)` or `import(specifier)` in `module`.
    pub(super) fn required(
        &self,
        running: &Running<'p>,
        module: &'p Module,
        specifier: &Value<'p>,
        is_require: bool,
    ) -> Value<'p> {
        let Some(specifier) = specifier.as_str() else {
            return Value::unknown("which module it loads is only known when the program runs");
        };
        match self.program.resolve(module, specifier) {
            Resolved::File(file) => {
                let Some(target) = self.program.load(file) else {
                    return Value::unknown(format!("`{file}` cannot be read"));
                };
                self.run(target);
                let common = running
                    .common
                    .borrow()
                    .get(&std::ptr::from_ref(target))
                    .filter(|_| is_require)
                    .cloned();
                common.unwrap_or(Value::Module(target))
            }
            Resolved::External => match self.missing_file(module, specifier) {
                Some(missing) => missing,
                None => Value::External(specifier.into(), Rc::default()),
            },
            Resolved::Missing => not_found(module, specifier),
        }
    }

    /// Returns the module that `require` or `import` of `specifier` loads, without running it.
    pub(super) fn loaded(&self, module: &'p Module, specifier: &Value<'p>) -> Value<'p> {
        let Some(specifier) = specifier.as_str() else {
            return Value::unknown("which module it loads is only known when the program runs");
        };
        match self.program.resolve(module, specifier) {
            Resolved::File(file) => match self.program.load(file) {
                Some(target) => Value::Module(target),
                None => Value::unknown(format!("`{file}` cannot be read")),
            },
            Resolved::External => self
                .missing_file(module, specifier)
                .unwrap_or_else(|| Value::External(specifier.into(), Rc::default())),
            Resolved::Missing => not_found(module, specifier),
        }
    }

    /// The members of an object, a module or a namespace, with what was assigned to them; none of
    /// anything else.
    pub fn entries(&self, value: &Value<'p>) -> Vec<ObjectEntry<'p>> {
        match value.uncast() {
            Value::Object(object) => {
                let mut all = ObjectValue {
                    entries: object.entries.clone(),
                    ..ObjectValue::default()
                };
                self.assigned_entries(object)
                    .into_iter()
                    .for_each(|entry| all.put(entry));
                all.entries
            }
            Value::Module(module) => {
                let entry = |name: Rc<str>| ObjectEntry {
                    value: self.exported_value(module, &name),
                    name,
                    place: None,
                };
                export_names(module).into_iter().map(entry).collect()
            }
            Value::Namespace(scope, namespace) => {
                let scope = scope.with_statements(&namespace.body);
                let entry = |statement: &'p Statement| {
                    let (name, span) = statement.declared().filter(|_| is_value(statement))?;
                    let value = self.declared_value(&scope, &[statement], name);
                    let place = written(statement).map(|value| EntryPlace {
                        scope: scope.clone(),
                        span: statement.span,
                        key: span,
                        value,
                    });
                    Some(ObjectEntry {
                        name: name.into(),
                        value,
                        place,
                    })
                };
                namespace.body.iter().filter_map(entry).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The member `key` of an object, module or namespace; none where it has no such.
    pub fn entry_value(&self, value: &Value<'p>, key: &str) -> Option<Value<'p>> {
        let found = match value.uncast() {
            Value::Object(object) => {
                let own = || object.get(key).map(|entry| entry.value.clone());
                self.assigned_entry(object, key).or_else(own)
            }
            Value::Module(_) | Value::Namespace(..) => self
                .entries(value)
                .into_iter()
                .find(|entry| &*entry.name == key)
                .map(|entry| entry.value),
            _ => None,
        };
        found.map(Value::bare)
    }

    /// The elements of a list that are known; none of anything else.
    pub fn elements_of(&self, value: &Value<'p>) -> Vec<Value<'p>> {
        match value.uncast() {
            Value::Array(array) => array.items.iter().cloned().map(Value::bare).collect(),
            _ => Vec::new(),
        }
    }

    /// The values that `module` declares at its top, in order; enums are none.
    pub fn top_level(&self, module: &'p Module) -> Vec<TopLevel<'p>> {
        let mut declared = Vec::new();
        for statement in &module.statements {
            let (name, span) = match &statement.kind {
                StatementKind::Default(value) => ("default", value.span),
                _ => match statement.declared() {
                    Some(named) if is_value(statement) => named,
                    _ => continue,
                },
            };
            declared.push(TopLevel {
                name,
                span,
                statement,
            });
        }
        declared
    }

    /// The value of `one`, a declaration of `module`.
    pub fn top_level_value(&self, module: &'p Module, one: &TopLevel<'p>) -> Value<'p> {
        self.declared_value(&Scope::module(module), &[one.statement], one.name)
            .bare()
    }

    /// The function or class that a declaration of `module` is; none where it would have to be
    /// evaluated.
    pub fn peek(&self, module: &'p Module, one: &TopLevel<'p>) -> Option<Value<'p>> {
        let is_literal = match (&one.statement.kind, one.source()) {
            (StatementKind::Function(..) | StatementKind::Class(_), _) => true,
            (_, Some(value)) => matches!(value.kind, ExprKind::Function(_) | ExprKind::Class(_)),
            (_, None) => false,
        };
        if is_literal {
            return Some(self.top_level_value(module, one));
        }
        let known = match &one.statement.kind {
            StatementKind::Variable(variable) => self.known_constant(variable),
            _ => self.known_constant(one.statement),
        };
        known.map(Value::bare)
    }
}

impl<'p> TopLevel<'p> {
    /// The expression that it is declared with.
    #[must_use]
    pub fn source(&self) -> Option<&'p Expr> {
        written(self.statement)
    }

    /// Whether it is declared with a function.
    #[must_use]
    pub fn is_function(&self) -> bool {
        self.source()
            .is_some_and(|source| matches!(source.kind, ExprKind::Function(_)))
    }
}

fn written(statement: &Statement) -> Option<&Expr> {
    match &statement.kind {
        StatementKind::Variable(variable) => variable.value.as_ref(),
        StatementKind::Default(value) => Some(value),
        _ => None,
    }
}

fn is_value(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Variable(_) | StatementKind::Function(..) | StatementKind::Class(_) => true,
        StatementKind::Namespace(namespace) => !namespace.ambient,
        _ => false,
    }
}

/// The names that a module exports; those of `export *` left out.
fn export_names(module: &Module) -> Vec<Rc<str>> {
    let mut names: Vec<Rc<str>> = Vec::new();
    for statement in &module.statements {
        let is_enum = matches!(statement.kind, StatementKind::Enum(_));
        if statement.exported && (is_enum || is_value(statement)) {
            names.extend(statement.name().map(Rc::from));
        }
    }
    let mut renamed: Vec<&str> = module.exports.keys().map(|name| name.as_str()).collect();
    renamed.sort_unstable();
    names.extend(renamed.into_iter().map(Rc::from));
    names
}

fn not_exported<'p>(module: &Module, name: &str) -> Value<'p> {
    Value::unknown(format!("`{}` does not export `{name}`", module.path))
}

fn not_found<'p>(module: &Module, specifier: &str) -> Value<'p> {
    Value::unknown(format!(
        "`{specifier}`, which `{}` imports, was not found",
        module.path
    ))
}

/// Whether loading the module may register a route: it calls something at its top level.
fn may_register(module: &Module) -> bool {
    module.statements.iter().any(|statement| {
        matches!(
            statement.kind,
            StatementKind::Expression(_) | StatementKind::Nested(_) | StatementKind::Switch(..)
        )
    })
}
