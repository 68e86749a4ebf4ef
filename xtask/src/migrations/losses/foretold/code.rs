//! The code of the database that statements run besides what they say, which may destroy anything.

use std::collections::BTreeSet;

use anyhow::Result;
use postgres::Transaction;

use super::super::destructive::{self, Destruction, Name};
use super::super::storage_identity::StorageIdentity;
use super::counted::failed;
use crate::migrations::server_code::{self, RowEvent};
use crate::migrations::statements::{self, Effect, ParsedStatement};
use crate::schema::model::ObjectName;

/// The code that pending statements make, before the one that is looked at.
#[derive(Debug, Default)]
pub(super) struct MadeCode {
    functions: BTreeSet<String>,
    /// Tables of the target with a new trigger.
    triggered: BTreeSet<ObjectName>,
    /// Whether there is a new rule or event trigger, whose table is not read.
    has_rules: bool,
}

/// Whether `statement` of `text` may run code of the database.
pub(super) fn may_run(statement: &ParsedStatement, text: &str) -> bool {
    !statement.undone
        && (!server_code::events(statement).is_empty()
            || !statements::called(statement, text).is_empty())
}

impl MadeCode {
    /// Follows a statement.
    pub(super) fn follow(&mut self, storage: &StorageIdentity, statement: &ParsedStatement) {
        for placed in &statement.effects {
            match &placed.effect {
                Effect::CreateFunction(name) => {
                    self.functions.insert(name.name().to_owned());
                }
                Effect::CreateTrigger(Some(table)) => {
                    let table = Name::of(table, statement);
                    self.triggered
                        .extend(table.among(storage.table_names()).cloned());
                }
                Effect::CreateTrigger(None) => self.has_rules = true,
                _makes_no_code => {}
            }
        }
    }

    /// The reasons for which `statement` of `text` may destroy more than it says, each after "it".
    pub(super) fn reasons(
        &self,
        transaction: &mut Transaction<'_>,
        storage: &StorageIdentity,
        (statement, text): (&ParsedStatement, &str),
    ) -> Result<Vec<String>> {
        let is_opaque = |(_, one): &(_, Destruction)| matches!(one, Destruction::Opaque(_));
        // It is said already that such a statement may do anything.
        if statement.undone || destructive::destructions(statement).iter().any(is_opaque) {
            return Ok(Vec::new());
        }
        let called = statements::called(statement, text);
        let made = called.iter().find(|name| self.functions.contains(*name));
        let found = match made {
            Some(made) => Some(made.clone()),
            None => server_code::writing(transaction, &called).map_err(failed)?,
        };
        let mut reasons: Vec<String> = Vec::new();
        reasons.extend(found.map(|name| format!("calls `{name}`")));
        for (reference, event) in server_code::events(statement) {
            let name = Name::of(reference, statement);
            if let Some(table) = name.among(storage.table_names()) {
                reasons.extend(self.fired(transaction, storage, (table, event))?);
                continue;
            }
            let namespaces = name.namespaces();
            let view = server_code::view(transaction, &name.name, &namespaces).map_err(failed)?;
            reasons.extend(view.map(|_| format!("changes rows through the view `{}`", name.name)));
        }
        for placed in &statement.effects {
            if let Effect::Insert(insertion) = &placed.effect
                && insertion.updates
                && Name::of(&insertion.table, statement)
                    .among(storage.table_names())
                    .is_some()
            {
                reasons.push("writes over rows that it conflicts with".to_owned());
            }
        }
        Ok(reasons)
    }

    fn fired(
        &self,
        transaction: &mut Transaction<'_>,
        storage: &StorageIdentity,
        (table, event): (&ObjectName, RowEvent),
    ) -> Result<Vec<String>> {
        if self.has_rules || self.triggered.contains(table) {
            return Ok(vec!["fires a trigger or rule that is new".to_owned()]);
        }
        let Some((oid, _)) = storage.table(table) else {
            return Ok(Vec::new());
        };
        let fired = server_code::fired(transaction, oid, event).map_err(failed)?;
        let others = fired.iter().filter(|code| !code.is_instead);
        Ok(others.map(|code| format!("fires {}", code.what)).collect())
    }
}
