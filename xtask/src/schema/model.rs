//! The part of PostgreSQL's catalogs that a migration can change. Two schemas are equal when every
//! field here is equal; OIDs, statistics and dates are left out. Privileges and owners are kept
//! apart ([`Schema::grants`]), since servers grant some that no migration mentions.

mod distribution;
mod name;
mod namespace;
mod objects;
mod relation;
mod types;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use distribution::{Distribution, DistributionMethod};
pub use name::ObjectName;
pub use namespace::Renaming;
pub use objects::{
    Extension, Namespace, Object, Policy, Routine, RoutineKind, Rule, Sequence, Trigger,
};
pub use relation::{
    Column, Constraint, ConstraintKind, Identity, Index, Partition, Statistics, Storage, Table,
    View,
};
pub use types::{Composite, Domain, Enum, Range};

/// A database schema.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Schema {
    /// Namespaces other than PostgreSQL's own (PostgreSQL calls them schemas).
    pub namespaces: BTreeMap<String, Namespace>,
    /// Extensions; their objects are not part of the schema.
    pub extensions: BTreeMap<String, Extension>,
    /// Enumerated types.
    pub enums: BTreeMap<ObjectName, Enum>,
    /// Domains.
    pub domains: BTreeMap<ObjectName, Domain>,
    /// Composite types.
    pub composites: BTreeMap<ObjectName, Composite>,
    /// Range types.
    pub ranges: BTreeMap<ObjectName, Range>,
    /// Sequences, those of `serial` and identity columns included.
    pub sequences: BTreeMap<ObjectName, Sequence>,
    /// Ordinary, partitioned and foreign tables, and partitions.
    pub tables: BTreeMap<ObjectName, Table>,
    /// Views and materialised views.
    pub views: BTreeMap<ObjectName, View>,
    /// Functions, procedures and aggregates, by name and identity arguments: `touch(public.users,
    /// integer)`.
    pub routines: BTreeMap<ObjectName, Routine>,
    /// Everything rarer, by kind (`cast`, `collation`, `event trigger`, …) and name.
    pub objects: BTreeMap<String, BTreeMap<String, Object>>,
    /// The privileges on each object (`table public.users`) that differ from PostgreSQL's defaults.
    /// Those granted are listed as `app: SELECT, INSERT`, those revoked as `not OWNER: DELETE`. An
    /// owner other than the database's is listed as `owned by app`.
    pub grants: BTreeMap<String, Vec<String>>,
}

impl Schema {
    /// Whether it is the schema of a new database: nothing but the namespace `public`. Privileges
    /// do not count. That of one tenant has no namespace.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let public = match self.namespaces.is_empty() {
            true => BTreeMap::new(),
            false => BTreeMap::from([("public".to_owned(), Namespace::default())]),
        };
        *self
            == Self {
                namespaces: public,
                grants: self.grants.clone(),
                ..Self::default()
            }
    }

    /// The schema without the objects in `namespaces`. References to them (a foreign key to
    /// `auth.users`) stay.
    #[must_use]
    pub fn without_namespaces(mut self, namespaces: &[String]) -> Self {
        if namespaces.is_empty() {
            return self;
        }
        fn retain<T>(objects: &mut BTreeMap<ObjectName, T>, namespaces: &[String]) {
            objects.retain(|name, _| !namespaces.contains(&name.namespace));
        }
        let is_in = |name: &str| {
            let of = |namespace: &String| {
                let rest = name
                    .strip_prefix(namespace.as_str())
                    .or_else(|| name.strip_prefix(&format!("\"{namespace}\"")));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            namespaces.iter().any(of)
        };
        self.namespaces.retain(|name, _| !namespaces.contains(name));
        retain(&mut self.enums, namespaces);
        retain(&mut self.domains, namespaces);
        retain(&mut self.composites, namespaces);
        retain(&mut self.ranges, namespaces);
        retain(&mut self.sequences, namespaces);
        retain(&mut self.tables, namespaces);
        retain(&mut self.views, namespaces);
        retain(&mut self.routines, namespaces);
        self.objects
            .values_mut()
            .for_each(|objects| objects.retain(|name, _| !is_in(name)));
        self.objects.retain(|_, objects| !objects.is_empty());
        self.grants
            .retain(|object, _| !object.split_once(' ').is_some_and(|(_, name)| is_in(name)));
        self
    }
}
