//! Follows the pending statements: which tables they make, which rows they change, and how the
//! columns look by the time a later statement runs.

mod altered;
mod relatives;
mod simulated;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::Result;

pub(super) use simulated::Assigned;

use super::source::RowSource;
use super::target::{Target, TargetTable};
use crate::migrations::Migration;
use crate::migrations::sql::identifier;
use crate::migrations::statements::{
    Constraint, CreatedTable, Effect, Expression, Insertion, ParsedStatement, Reference,
};
use crate::schema::model::ObjectName;
use crate::source::{LineIndex, Span};

/// The place of an effect in the pending migrations.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) migration: &'p Migration,
    pub(super) statement: &'p ParsedStatement,
    pub(super) span: Span,
}

impl Place<'_> {
    /// `migrations/V7__x.sql:3`
    fn at(&self) -> String {
        let migration = self.migration;
        let lines = LineIndex::new(
            migration.file.as_str().into(),
            migration.sql.as_str().into(),
        );
        let location = lines.location(self.span);
        format!("{}:{}", location.file, location.line)
    }
}

/// A table, as the statements so far leave it.
#[derive(Debug, Clone)]
pub(super) struct PendingTable {
    /// The table of the target; none where a pending statement makes it.
    pub(super) table: Option<Rc<TargetTable>>,
    pub(super) source: Option<RowSource>,
    pub(super) columns: Vec<String>,
    /// The types of those columns that the target has or could have.
    pub(super) types: BTreeMap<String, String>,
    /// Columns whose values are not known, each with the reason.
    pub(super) unknown: BTreeMap<String, String>,
    /// Changes of rows: the columns, all where there are none, and the reason.
    changed: Vec<(Option<Vec<String>>, String)>,
    /// Whether it has no row that depends on those of the target.
    pub(super) empty: bool,
    /// Whether it has fixed rows of a pending statement: a scratch database had the same.
    pub(super) has_fixed_rows: bool,
    /// Whether it has been dropped, or has another name by now.
    gone: bool,
}

/// The state after the statements so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Pending {
    tables: BTreeMap<ObjectName, PendingTable>,
    schemas_gone: BTreeSet<String>,
    /// Types that pending statements make or change; the labels, where it is a new enum.
    types: BTreeMap<ObjectName, Option<Vec<String>>>,
    functions: BTreeSet<String>,
    /// Constraints that pending statements add, by table and name.
    pub(super) constraints: BTreeMap<(ObjectName, String), Constraint>,
    /// Indexes that pending statements make, with their columns.
    pub(super) indexes: BTreeMap<String, Vec<String>>,
    has_triggers: bool,
    /// The first statement that may have done anything.
    opaque: Option<String>,
}

impl PendingTable {
    fn of_target(name: &ObjectName, table: Rc<TargetTable>) -> Self {
        Self {
            source: Some(RowSource::new(
                name.clone(),
                table.key.clone(),
                table.has_children,
            )),
            columns: table.columns.iter().map(|one| one.name.clone()).collect(),
            types: table
                .columns
                .iter()
                .map(|one| (one.name.clone(), one.type_name.clone()))
                .collect(),
            table: Some(table),
            unknown: BTreeMap::new(),
            changed: Vec::new(),
            empty: false,
            has_fixed_rows: false,
            gone: false,
        }
    }

    fn made(gone: bool) -> Self {
        Self {
            table: None,
            source: None,
            columns: Vec::new(),
            types: BTreeMap::new(),
            unknown: BTreeMap::new(),
            changed: Vec::new(),
            empty: true,
            has_fixed_rows: false,
            gone,
        }
    }

    fn change(&mut self, columns: Option<Vec<String>>, why: String) {
        self.changed.push((columns, why));
        self.empty = false;
    }

    /// Shows the columns so far, each under its name or another, without those for which `rename`
    /// gives none, and one more.
    fn layer(&mut self, rename: impl Fn(&str) -> Option<String>, added: Option<(String, String)>) {
        let mut list = Vec::new();
        for column in &self.columns {
            if let Some(name) = rename(column)
                && !self.unknown.contains_key(column)
            {
                list.push((name, identifier(column)));
            }
        }
        self.columns = self.columns.iter().filter_map(|one| rename(one)).collect();
        list.extend(added);
        if let Some(source) = &mut self.source {
            source.change(list);
        }
    }
}

impl Pending {
    /// The table of that name as it is by now, among those of the target and of pending statements.
    pub(super) fn resolve(
        &mut self,
        target: &mut Target<'_>,
        place: Place<'_>,
        reference: &Reference,
    ) -> Result<Option<ObjectName>> {
        let candidates: Vec<ObjectName> = if reference.is_qualified() {
            reference
                .object(&place.statement.path, |_| false)
                .into_iter()
                .collect()
        } else {
            let named = |namespace: &String| ObjectName {
                namespace: namespace.clone(),
                name: reference.name().to_owned(),
            };
            place
                .statement
                .path
                .namespaces()
                .iter()
                .map(named)
                .collect()
        };
        for name in candidates {
            if self.is_there(target, &name)? {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    pub(super) fn is_there(&mut self, target: &mut Target<'_>, name: &ObjectName) -> Result<bool> {
        if let Some(known) = self.tables.get(name) {
            return Ok(!known.gone);
        }
        if self.schemas_gone.contains(&name.namespace) {
            return Ok(false);
        }
        let Some(table) = target.table(name)? else {
            return Ok(false);
        };
        let known = PendingTable::of_target(name, table);
        self.tables.insert(name.clone(), known);
        Ok(true)
    }

    /// A table that [`Self::resolve`] found.
    pub(super) fn table(&self, name: &ObjectName) -> Option<&PendingTable> {
        self.tables.get(name).filter(|table| !table.gone)
    }

    /// Why the rows of `name` are not those that the target has now, in `columns`, or in any where
    /// there are none.
    pub(super) fn why_changed(
        &self,
        name: &ObjectName,
        columns: Option<&[String]>,
    ) -> Option<String> {
        if let Some(why) = &self.opaque {
            return Some(why.clone());
        }
        let table = self.table(name)?;
        let concerns = |changed: &&(Option<Vec<String>>, String)| match (&changed.0, columns) {
            (Some(changed), Some(columns)) => changed.iter().any(|one| columns.contains(one)),
            (None, _) | (_, None) => true,
        };
        table
            .changed
            .iter()
            .find(concerns)
            .map(|(_, why)| why.clone())
    }

    /// Why a table that a pending statement makes has rows of the target; `None` for other tables.
    pub(super) fn why_filled(&self, name: &ObjectName) -> Option<String> {
        let table = self.table(name)?;
        let is_made = table.table.is_none() && !table.empty;
        let (_, why) = table.changed.first().filter(|_| is_made)?;
        Some(why.clone())
    }

    /// Why an expression means something else on the target than when its statement runs.
    pub(super) fn why_unclear(
        &self,
        target: &mut Target<'_>,
        expression: &Expression,
    ) -> Result<Option<String>> {
        if expression.has_query() {
            return Ok(Some("its expression holds a query".into()));
        }
        let calls = expression.calls();
        if let Some(made) = calls.iter().find(|name| self.functions.contains(*name)) {
            return Ok(Some(format!(
                "a pending statement makes the function `{made}`"
            )));
        }
        let names = expression.names();
        if let Some(made) = names.iter().find(|name| self.is_pending_type(name)) {
            return Ok(Some(format!(
                "a pending statement makes or changes the type `{made}`"
            )));
        }
        Ok(target
            .volatile(&calls)?
            .map(|name| format!("the function `{name}` is volatile")))
    }

    /// The one of `called` that a pending statement makes.
    pub(super) fn made_function<'n>(&self, called: &'n [String]) -> Option<&'n String> {
        called.iter().find(|name| self.functions.contains(*name))
    }

    /// Whether a pending statement makes or changes a type of that name.
    pub(super) fn is_pending_type(&self, name: &str) -> bool {
        self.types.keys().any(|known| known.name == name)
    }

    /// The labels of an enum that a pending statement makes.
    pub(super) fn labels(&self, place: Place<'_>, reference: &Reference) -> Option<&[String]> {
        let name = reference.object(&place.statement.path, |name| self.types.contains_key(name))?;
        self.types.get(&name)?.as_deref()
    }

    /// Follows one effect.
    pub(super) fn apply(
        &mut self,
        target: &mut Target<'_>,
        place: Place<'_>,
        effect: &Effect,
    ) -> Result<()> {
        match effect {
            Effect::CreateTable(created) => self.create(target, place, created)?,
            Effect::CreateView(name) => self.make(place, name, Some("a pending query fills it")),
            Effect::AlterTable {
                table,
                only,
                action,
                ..
            } => {
                if let Some(name) = self.resolve(target, place, table)? {
                    if !only {
                        self.alter_below(target, place, (&name, action))?;
                    }
                    self.alter(target, place, &name, action)?;
                }
            }
            Effect::CreateIndex(index) => {
                let columns = index.elements.iter().filter_map(|one| one.column.clone());
                if let Some(name) = &index.name {
                    self.indexes.insert(name.clone(), columns.collect());
                }
            }
            Effect::CreateEnum { name, labels } => {
                self.make_type(place, name, Some(labels.clone()))
            }
            Effect::CreateType(name) | Effect::AlterDomain { name, .. } => {
                self.make_type(place, name, None);
            }
            Effect::AlterType { name, action } => self.alter_type(place, name, action),
            Effect::DropTypes { types, .. } => {
                types
                    .iter()
                    .for_each(|name| self.make_type(place, name, None));
            }
            Effect::CreateFunction(name) => {
                self.functions.insert(name.name().to_owned());
            }
            Effect::DropTables { tables, cascade }
            | Effect::DropViews {
                views: tables,
                cascade,
            } => {
                for table in tables {
                    if let Some(name) = self.resolve(target, place, table)? {
                        self.drop_table(target, place, (name, *cascade))?;
                    }
                }
            }
            Effect::DropSchemas { schemas, .. } => {
                self.schemas_gone.extend(schemas.iter().cloned());
                self.tables
                    .retain(|name, _| !schemas.contains(&name.namespace));
            }
            Effect::DropIndexes(_) | Effect::DropSequences(_) => {}
            Effect::DropOthers(what) => self.doubt(place, &format!("drops {what}")),
            Effect::Truncate { tables, cascade } => {
                for (table, only) in tables {
                    self.empty(target, place, table, (*cascade, *only))?;
                }
            }
            Effect::Delete {
                table,
                all: true,
                only,
                ..
            } => self.empty(target, place, table, (true, *only))?,
            Effect::Delete {
                table, only, rows, ..
            } if !self.is_same_on_scratch(target, place, table)? => {
                let left = match self.resolve(target, place, table)? {
                    Some(name) => self.deleted(target, &name, (rows, *only))?.ok(),
                    None => None,
                };
                let left = left.map(|(_gone, left)| left);
                self.change(target, place, table, None, left)?;
            }
            Effect::Update(update) if !self.is_same_on_scratch(target, place, &update.table)? => {
                let assigned = match self.resolve(target, place, &update.table)? {
                    Some(name) => self.assigned(target, &name, update)?.ok(),
                    None => None,
                };
                let after = assigned.map(|assigned| assigned.after);
                self.change(target, place, &update.table, Some(&update.columns), after)?;
            }
            Effect::Delete { .. } | Effect::Update(_) => {}
            Effect::Insert(Insertion { table, rows, .. }) => {
                let name = self.resolve(target, place, table)?;
                let made = name
                    .and_then(|name| self.tables.get_mut(&name))
                    .filter(|one| one.table.is_none());
                match made.filter(|_| rows.is_some()) {
                    Some(made) => made.has_fixed_rows = true,
                    None => self.change(target, place, table, None, None)?,
                }
            }
            Effect::Write(table) | Effect::Refresh(table) => {
                self.change(target, place, table, None, None)?;
            }
            Effect::CreateTrigger(_) => self.has_triggers = true,
            Effect::Opaque(why) => self.doubt(place, why),
        }
        Ok(())
    }

    /// Whether a pending statement makes the table, and no row of it comes from the target.
    fn is_same_on_scratch(
        &mut self,
        target: &mut Target<'_>,
        place: Place<'_>,
        reference: &Reference,
    ) -> Result<bool> {
        let name = self.resolve(target, place, reference)?;
        let table = name.and_then(|name| self.tables.get(&name));
        Ok(table.is_some_and(|table| table.table.is_none() && table.empty))
    }

    /// Notes a statement that may have done anything.
    pub(super) fn doubt(&mut self, place: Place<'_>, what: &str) {
        if self.opaque.is_none() {
            self.opaque = Some(format!("the statement at {} {what}", place.at()));
        }
    }

    fn make(&mut self, place: Place<'_>, name: &Reference, filled: Option<&str>) {
        let Some(name) = name.object(&place.statement.path, |_| false) else {
            return;
        };
        let mut made = PendingTable::made(false);
        if let Some(why) = filled {
            made.change(None, why.to_owned());
        }
        self.tables.insert(name, made);
    }

    fn create(
        &mut self,
        target: &mut Target<'_>,
        place: Place<'_>,
        created: &CreatedTable,
    ) -> Result<()> {
        let exists = self.resolve(target, place, &created.name)?.is_some();
        if created.if_not_exists && exists {
            return Ok(());
        }
        for parent in &created.inherits {
            self.move_below(target, place, parent)?;
        }
        let filled = created.from_query.then_some("a pending query fills it");
        self.make(place, &created.name, filled);
        Ok(())
    }

    /// Notes that rows of a table change, and those of the tables that follow it. `after` are the
    /// rows that are left, where they are known.
    fn change(
        &mut self,
        target: &mut Target<'_>,
        place: Place<'_>,
        reference: &Reference,
        columns: Option<&[String]>,
        after: Option<RowSource>,
    ) -> Result<()> {
        let Some(name) = self.resolve(target, place, reference)? else {
            return Ok(());
        };
        let why = format!("the statement at {} changes rows of `{name}`", place.at());
        let table = self.table(&name).and_then(|table| table.table.clone());
        if self.has_triggers || table.as_ref().is_some_and(|table| table.has_triggers) {
            self.doubt(place, &format!("fires triggers of `{name}`"));
        }
        for follower in table
            .map(|table| target.followers(table.oid, columns))
            .transpose()?
            .unwrap_or_default()
        {
            if let Some(table) = self.known(target, &follower)? {
                table.change(None, why.clone());
            }
        }
        self.change_relatives(target, &name, (columns, &why))?;
        if let Some(after) = after {
            self.leave(&name, after);
        } else if let Some(table) = self.tables.get_mut(&name) {
            table.change(columns.map(<[String]>::to_vec), why);
        }
        Ok(())
    }

    /// Notes that a table has no rows any more.
    fn empty(
        &mut self,
        target: &mut Target<'_>,
        place: Place<'_>,
        reference: &Reference,
        (cascade, only): (bool, bool),
    ) -> Result<()> {
        let Some(name) = self.resolve(target, place, reference)? else {
            return Ok(());
        };
        let has_triggers =
            |table: &PendingTable| table.table.as_ref().is_some_and(|table| table.has_triggers);
        let has_children =
            |table: &PendingTable| table.table.as_ref().is_some_and(|table| table.has_children);
        let is_left = only && self.table(&name).is_some_and(has_children);
        let is_plain =
            !is_left && !self.has_triggers && !self.table(&name).is_some_and(has_triggers);
        if cascade || !is_plain {
            self.change(target, place, reference, None, None)?;
        } else {
            let why = format!("the statement at {} empties `{name}`", place.at());
            self.change_relatives(target, &name, (None, &why))?;
        }
        if let Some(table) = self.tables.get_mut(&name).filter(|_| is_plain) {
            table.changed.clear();
            table.empty = true;
        }
        Ok(())
    }
}
