//! The tables that inherit from others, by the statements of all migrations. What destroys data of a
//! table destroys that of its heirs, and consent names each of them.

use std::collections::BTreeSet;

use super::super::destructive::{self, Name};
use crate::migrations::Migration;
use crate::migrations::statements::{Effect, ParsedStatement, Reference, TableAction};
use crate::schema::model::ObjectName;

/// Pairs of a table and one that inherits from it.
#[derive(Debug, Default)]
pub(super) struct Heirs(BTreeSet<(ObjectName, ObjectName)>);

impl Heirs {
    /// Follows a whole migration that was judged before.
    pub(super) fn follow_all(&mut self, migration: &Migration) {
        // Few migrations know inheritance, and reading all of them would take longer than the rest.
        if self.0.is_empty() && !migration.sql.to_ascii_lowercase().contains("inherit") {
            return;
        }
        for statement in &destructive::read(&migration.sql) {
            self.follow(statement);
        }
    }

    /// Follows a statement.
    pub(super) fn follow(&mut self, statement: &ParsedStatement) {
        let name = |reference: &Reference| Name::of(reference, statement).object();
        for placed in statement.effects.iter().filter(|_| !statement.undone) {
            match &placed.effect {
                Effect::CreateTable(created) => {
                    let heir = name(&created.name);
                    let parents = created.inherits.iter().map(name);
                    self.0.extend(parents.map(|parent| (parent, heir.clone())));
                }
                Effect::DropTables { tables, .. } => {
                    let gone: BTreeSet<ObjectName> = tables.iter().map(name).collect();
                    self.0
                        .retain(|(parent, heir)| !gone.contains(parent) && !gone.contains(heir));
                }
                Effect::AlterTable { table, action, .. } => match action {
                    TableAction::Inherit(parent) => {
                        self.0.insert((name(parent), name(table)));
                    }
                    TableAction::NoInherit(parent) => {
                        self.0.remove(&(name(parent), name(table)));
                    }
                    TableAction::RenameTo(to) => {
                        let from = name(table);
                        let namespace = from.namespace.clone();
                        let name = to.clone();
                        self.rename(&from, &ObjectName { namespace, name });
                    }
                    TableAction::SetSchema(to) => {
                        let from = name(table);
                        let (namespace, name) = (to.clone(), from.name.clone());
                        self.rename(&from, &ObjectName { namespace, name });
                    }
                    _other_action => {}
                },
                _other_effect => {}
            }
        }
    }

    fn rename(&mut self, from: &ObjectName, to: &ObjectName) {
        let renamed = |name: ObjectName| if name == *from { to.clone() } else { name };
        let all = std::mem::take(&mut self.0).into_iter();
        self.0 = all
            .map(|(parent, heir)| (renamed(parent), renamed(heir)))
            .collect();
    }

    /// The tables that inherit from `table`, at whatever distance.
    pub(super) fn of(&self, table: &ObjectName) -> BTreeSet<ObjectName> {
        let mut found = BTreeSet::new();
        let mut open = vec![table.clone()];
        while let Some(next) = open.pop() {
            for (parent, heir) in &self.0 {
                if *parent == next && found.insert(heir.clone()) {
                    open.push(heir.clone());
                }
            }
        }
        found
    }
}
