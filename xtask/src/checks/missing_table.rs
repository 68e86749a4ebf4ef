//! A declaration describes a table that does not exist.
//!
//! ## Why
//! Every query of it fails: the table was dropped or renamed under the code that reads it, or its migration was never
//! written.
//!
//! ## Example
//! ```sql
//! ALTER TABLE tools RENAME TO instruments;
//! ```
//! ```ts
//! export const tools = pgTable('tools', { id: uuid('id').primaryKey() });
//! ```
//! Judged is what says which table it describes: a table of an ORM, a generated type, the tag `@table`; where the
//! migrations dropped or renamed a table, also a type that is called like its row (`ToolRow`, `ToolEntity`). A table that
//! others make belongs into `ignored-tables`, its namespace into `foreign-namespaces`.

use std::collections::HashSet;

use super::entities::is_judged;
use super::matching::{Match, NameTable, Strength};
use super::{Check, Model};
use crate::config::Config;
use crate::report::{Category, Finding, Severity};
use crate::schema::model::ObjectName;
use crate::source::Location;
use crate::typescript::facts::{Declaration, Origin, Side};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_TABLE",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_table.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let facts = model.input.facts;
    let described: HashSet<*const Declaration> =
        model.descriptions().map(|(_, description)| std::ptr::from_ref(description.declaration)).collect();
    let gone = Gone::new(model);
    let mut seen = HashSet::new();
    let all = facts.tables.iter().chain(&facts.types).chain(&facts.schemas);
    let homeless = all.filter(|declaration| !described.contains(&std::ptr::from_ref(*declaration)));
    let missing = homeless.filter_map(|declaration| Some((declaration, missing(model, declaration, &gone)?)));
    // One table that is missing is one finding, however many declarations describe it.
    let once = missing.filter(|(_, (table, _))| seen.insert(table.clone()));
    once.map(|(declaration, (table, place))| finding(declaration, &table, place)).collect()
}

/// The tables that the migrations dropped or renamed, and what is called like their rows.
struct Gone<'m> {
    tables: Vec<(&'m ObjectName, &'m Location)>,
    names: NameTable,
}

impl<'m> Gone<'m> {
    fn new(model: &'m Model<'_>) -> Self {
        let tables: Vec<_> = model.input.provenance.gone_tables().collect();
        let names = NameTable::of(tables.iter().map(|(name, _)| *name), model.input.config);
        Self { tables, names }
    }

    /// The table of this name, as it is written, and what took it away.
    fn named(&self, written: &str) -> Option<&'m Location> {
        self.tables.iter().find(|(name, _)| is_named(name, written)).map(|(_, place)| *place)
    }
}

/// The table that a declaration says it describes, where there is none of that name; and where it went, if that is known.
fn missing<'m>(
    model: &Model<'_>,
    declaration: &Declaration,
    gone: &Gone<'m>,
) -> Option<(String, Option<&'m Location>)> {
    let link = declaration.table_link.as_ref().map(|link| &link.table);
    if let Some(table) = declaration.tags.table.as_ref().or(link) {
        let place = gone.named(table);
        let certain = declaration.tags.table.is_some() || is_generated(declaration) || place.is_some();
        return (certain && is_absent(model, table)).then(|| (table.clone(), place));
    }
    let called_so = |hit: &Match| matches!(hit.strength, Strength::Row | Strength::Model) && hit.side == Side::Row;
    let hit = gone.names.find(declaration).filter(called_so)?;
    let (table, place) = gone.tables[hit.entity];
    let is_type = declaration.origin != Origin::Zod;
    (is_type && is_absent(model, &table.to_string())).then(|| (table.to_string(), Some(place)))
}

/// Whether it names a table, and not only something that may be one.
fn is_generated(declaration: &Declaration) -> bool {
    declaration.origin == Origin::Drizzle || declaration.name.contains("['Tables']")
}

/// Whether no table or view is called so, and none should be found by that name.
fn is_absent(model: &Model<'_>, written: &str) -> bool {
    let schema = model.input.schema;
    let mut names = schema.tables.keys().chain(schema.views.keys());
    let known =
        names.any(|name| is_named(name, written) || super::names::key(&name.name) == super::names::key(written));
    !known && is_ours(written, model.input.config)
}

fn is_ours(written: &str, config: &Config) -> bool {
    let name = ObjectName::from_key(written);
    is_judged(&name, config) && !config.foreign_namespaces.contains(&name.namespace)
}

fn is_named(name: &ObjectName, written: &str) -> bool {
    match written.split_once('.') {
        Some((namespace, table)) => name.namespace == namespace && name.name == table,
        None => name.name == written,
    }
}

fn finding(declaration: &Declaration, table: &str, gone: Option<&Location>) -> Finding {
    let name = &declaration.name;
    CHECK
        .finding(table, format!("Table '{table}' does not exist, and `{name}` describes it"))
        .about_declaration(declaration)
        .at(&declaration.location, format!("`{name}` describes `{table}`"))
        .at_some(gone, format!("`{table}` was dropped or renamed here"))
        .with_help(format!(
            "write the migration that makes `{table}`, take `{name}` out or name the table that it describes now; a table \
             that others make belongs into `ignored-tables`"
        ))
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE tools (id uuid NOT NULL);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::failing_entity(
                TABLE,
                "export interface ToolRow { id: string }\n/** @table instruments */\nexport interface Instrument { id: string }",
                3,
            ),
            Case::failing_entity(
                TABLE,
                "import { pgTable, uuid } from 'drizzle-orm/pg-core';\nexport interface ToolRow { id: string }\nexport const instruments = pgTable('instruments', { id: uuid('id').notNull() });\nexport type Instrument = typeof instruments.$inferSelect;",
                3,
            ),
            Case::failing_entity(
                TABLE,
                "export interface ToolRow { id: string }\nexport interface Database { public: { Tables: { instruments: {\n Row: { id: string }; Insert: { id: string } } } } }",
                3,
            ),
        ],
        passing: &[
            Case::passing(TABLE, "/** @table tools */\nexport interface Instrument { id: string }"),
            // Of what only may be a map of tables, nothing follows.
            Case::passing(
                TABLE,
                "export interface ToolRow { id: string }\ninterface Pool { size: number }\nexport interface ToolDB { pool: Pool }",
            ),
            Case {
                configuration: "ignored-tables = ['instruments']",
                ..Case::passing(
                    TABLE,
                    "export interface ToolRow { id: string }\n/** @table instruments */\nexport interface Instrument { id: string }",
                )
            },
        ],
    };
}
