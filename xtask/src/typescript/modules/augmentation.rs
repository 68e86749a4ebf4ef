//! `declare module './user' { interface User { … } }` in one file adds to what another declares.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{Program, Resolved};
use crate::typescript::syntax::{Module, NamespaceDeclaration, Statement, StatementKind};

/// The path of a file → the files that add to it, each with the index of its statement.
#[derive(Default)]
pub(super) struct Augmentations(OnceLock<FxHashMap<String, Vec<(String, usize)>>>);

impl Program<'_> {
    /// Finds the declarations with which `modules` add to others. Before this call none are known.
    pub fn find_augmentations<'m>(&self, modules: impl Iterator<Item = &'m Module>) {
        let mut found: FxHashMap<String, Vec<(String, usize)>> = FxHashMap::default();
        for module in modules {
            for at in &module.ambient {
                let namespace = module.statements.get(*at).and_then(ambient);
                if let Some(target) =
                    namespace.and_then(|namespace| self.augmented(module, namespace))
                {
                    found
                        .entry(target.path.to_string())
                        .or_default()
                        .push((module.path.to_string(), *at));
                }
            }
        }
        // A later call finds the same, and need not be kept.
        let _ = self.augmentations.0.set(found);
    }

    /// The file that `namespace`, a `declare module '…'` in `module`, adds to; none where it is no
    /// file of the monorepo.
    pub fn augmented(&self, module: &Module, namespace: &NamespaceDeclaration) -> Option<&Module> {
        let name = namespace
            .ambient
            .then_some(&namespace.name.text)
            .filter(|name| *name != "global")?;
        match self.resolve(module, name) {
            Resolved::File(file) => self.load(file),
            Resolved::External | Resolved::Missing => None,
        }
    }

    /// Lists the `declare module` blocks of other files that add to `module`, each with its file.
    pub(in crate::typescript) fn augmenting(
        &self,
        module: &Module,
    ) -> Vec<(&Module, &NamespaceDeclaration)> {
        let all = self.augmentations.0.get();
        let places = all
            .and_then(|all| all.get(&*module.path))
            .into_iter()
            .flatten();
        let place = |(path, at): &(String, usize)| {
            let module = self.load(path)?;
            Some((module, ambient(module.statements.get(*at)?)?))
        };
        places.filter_map(place).collect()
    }
}

/// The `declare module` blocks of `module`.
pub(super) fn additions(module: &Module) -> impl Iterator<Item = &NamespaceDeclaration> {
    let statements = module.ambient.iter();
    statements.filter_map(|at| ambient(module.statements.get(*at)?))
}

fn ambient(statement: &Statement) -> Option<&NamespaceDeclaration> {
    match &statement.kind {
        StatementKind::Namespace(namespace) if namespace.ambient => Some(namespace),
        _ => None,
    }
}
