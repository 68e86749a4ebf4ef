//! The declarations of a file → facts.

mod constants;
mod fields;
mod links;
mod names;
pub(super) mod tags;
#[cfg(test)]
mod tests;
mod types;

use std::cell::RefCell;

use rustc_hash::FxHashSet;

use super::discover::Roles;
use super::facts::Facts;
use super::resolve::{Resolver, Scope};
use super::syntax::{Module, Namespace, Statement, StatementKind};
pub use links::Links;
pub(super) use names::qualified;

/// Adds what `module` declares to `facts`; returns what it says about declarations of other files.
pub fn collect<'p>(resolver: &Resolver<'p>, module: &'p Module, roles: Roles, facts: &mut Facts) -> Links {
    facts.problems.extend(module.problems.iter().cloned());
    let file = File { resolver, module, links: RefCell::default() };
    if roles.describes_data() {
        file.statements(&Scope::module(module), &module.statements, "", facts);
    }
    file.links.into_inner()
}

/// The prefix of what a namespace declares. `declare module './tables'` and `global` add to names that are known
/// without one; what belongs to a package is none of the monorepo's.
fn below(prefix: &str, namespace: &Namespace) -> String {
    let name = &namespace.name.text;
    let is_own = namespace.ambient && (name == "global" || name.starts_with('.'));
    if is_own { prefix.to_owned() } else { format!("{prefix}{name}.") }
}

/// A file whose declarations are read.
struct File<'e, 'p> {
    resolver: &'e Resolver<'p>,
    module: &'p Module,
    links: RefCell<Links>,
}

impl<'p> File<'_, 'p> {
    /// The declarations of a file or, below `prefix`, of a namespace.
    fn statements(&self, scope: &Scope<'p>, statements: &'p [Statement], prefix: &str, facts: &mut Facts) {
        let mut seen = FxHashSet::default();
        for statement in statements {
            self.resolver.begin();
            self.note_links(statement);
            match &statement.kind {
                StatementKind::Namespace(namespace) => {
                    let prefix = below(prefix, namespace);
                    self.statements(&scope.with_statements(&namespace.body), &namespace.body, &prefix, facts);
                }
                StatementKind::Variable(variable) => self.constant(scope, statement, variable, prefix, facts),
                StatementKind::Default(value) => self.default_export(scope, statement, value, facts),
                _ => match statement.name() {
                    Some(name) if seen.insert(name) => {
                        let same: Vec<_> = statements.iter().filter(|other| other.name() == Some(name)).collect();
                        self.declared_type(scope, &same, prefix, facts);
                    }
                    _ => {}
                },
            }
        }
    }
}
