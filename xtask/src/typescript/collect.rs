//! The declarations of a file → facts.

mod classes;
mod constants;
mod fields;
pub(super) mod in_place;
mod links;
mod members;
mod names;
pub(super) mod tags;
#[cfg(test)]
mod tests;
mod types;

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::discover::Roles;
use super::resolve::{Resolver, Scope};
use super::syntax::{Module, NamespaceDeclaration, Statement, StatementKind};
use crate::config::OrmNaming;
use crate::facts::Facts;
pub use links::Links;
pub(super) use names::qualified;

/// Adds what `module` declares to `facts`; returns what it says about declarations of other files.
pub fn collect<'p>(
    resolver: &Resolver<'p>,
    module: &'p Module,
    roles: Roles,
    naming: OrmNaming,
    facts: &mut Facts,
) -> Links {
    let file = File {
        resolver,
        module,
        validates: roles.validation,
        naming,
        links: RefCell::default(),
        fields: RefCell::default(),
    };
    if roles.describes_data() {
        let place = DeclarationPlace {
            scope: Scope::module(module),
            known: None,
        };
        file.statements(&place, &module.statements, "", facts);
    }
    file.links.into_inner()
}

/// The prefix of what a namespace declares. `declare module './tables'` and `global` add to names
/// that are known without one; what belongs to a package is none of the monorepo's.
fn below(prefix: &str, namespace: &NamespaceDeclaration) -> String {
    let name = &namespace.name.text;
    let is_own = namespace.ambient && (name == "global" || name.starts_with('.'));
    if is_own {
        prefix.to_owned()
    } else {
        format!("{prefix}{name}.")
    }
}

/// A file whose declarations are read.
struct File<'e, 'p> {
    resolver: &'e Resolver<'p>,
    module: &'p Module,
    /// Whether validation schemas are looked for here: what looks like one and is not read is
    /// named.
    validates: bool,
    /// The names that ORMs give.
    naming: OrmNaming,
    links: RefCell<Links>,
    fields: RefCell<fields::FieldsOfProperties<'p>>,
}

/// Where declarations stand.
struct DeclarationPlace<'p> {
    scope: Scope<'p>,
    /// The file that they add to, inside a `declare module './user'`.
    known: Option<&'p Module>,
}

/// Whether an interface is added to one, or to a class, that `known` declares.
fn adds(statement: &Statement, known: &Module) -> bool {
    matches!(statement.kind, StatementKind::Interface(_))
        && statement
            .name()
            .is_some_and(|name| known.declarations(name).any(Statement::is_object_type))
}

/// The statements of a namespace by the names that they declare.
fn by_name(statements: &[Statement]) -> FxHashMap<&str, SmallVec<[&Statement; 1]>> {
    let mut of_name: FxHashMap<&str, SmallVec<[&Statement; 1]>> = FxHashMap::default();
    for (name, statement) in statements
        .iter()
        .filter_map(|statement| Some((statement.name()?, statement)))
    {
        of_name.entry(name).or_default().push(statement);
    }
    of_name
}

fn is_value_or_namespace(statement: &Statement) -> bool {
    matches!(
        statement.kind,
        StatementKind::Variable(_) | StatementKind::Namespace(_) | StatementKind::Default(_)
    )
}

impl<'p> File<'_, 'p> {
    /// The declarations of a file or, below `prefix`, of a namespace.
    fn statements(
        &self,
        place: &DeclarationPlace<'p>,
        statements: &'p [Statement],
        prefix: &str,
        facts: &mut Facts,
    ) {
        let scope = &place.scope;
        let is_top = std::ptr::eq(statements, self.module.statements.as_slice());
        let inside = (!is_top).then(|| by_name(statements));
        for statement in statements {
            self.resolver.begin();
            self.note_links(statement);
            self.schemas_of_members(scope, statement, prefix, facts);
            match &statement.kind {
                StatementKind::Namespace(namespace) => {
                    let prefix = below(prefix, namespace);
                    let known = self.resolver.program.augmented(self.module, namespace);
                    let scope = scope.with_statements(&namespace.body);
                    self.statements(
                        &DeclarationPlace { scope, known },
                        &namespace.body,
                        &prefix,
                        facts,
                    );
                }
                StatementKind::Variable(variable) => {
                    self.constant(scope, statement, variable, prefix, facts)
                }
                StatementKind::Default(value) => {
                    self.default_export(scope, statement, value, facts)
                }
                _ => match statement.name() {
                    // What is added to another file's is told there.
                    Some(_) if place.known.is_some_and(|known| adds(statement, known)) => {}
                    Some(name) => {
                        let same: SmallVec<[_; 1]> = match &inside {
                            Some(inside) => inside.get(name).cloned().unwrap_or_default(),
                            None => self.module.declarations(name).collect(),
                        };
                        let mut types = same.iter().filter(|same| !is_value_or_namespace(same));
                        if types
                            .next()
                            .is_some_and(|first| std::ptr::eq(*first, statement))
                        {
                            self.declared_type(scope, &same, prefix, facts);
                        }
                    }
                    None => {}
                },
            }
        }
    }
}
