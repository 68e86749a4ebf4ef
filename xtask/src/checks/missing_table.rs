//! A declaration describes a table that does not exist.
//!
//! ## Why
//! Every query of it fails: the table was dropped or renamed under the code that reads it, or its
//! migration was never written.
//!
//! ## Example
//! ```sql
//! ALTER TABLE tools RENAME TO instruments;
//! ```
//! ```ts
//! export const tools = pgTable('tools', { id: uuid('id').primaryKey() });
//! ```
//! Judged is what says which table it describes: a table of an ORM, a generated type, the tag
//! `@table`; where the migrations dropped or renamed a table, also a type that is called like its
//! row (`ToolRow`, `ToolEntity`). Of a dropped table whose columns a type of its bare name still
//! has (`Tool`), it is a warning: that may be the thing itself. A table that others make belongs
//! into `ignored-tables`, its namespace into `foreign-namespaces`.

use std::collections::HashSet;

use super::entities::is_judged;
use super::matching::{Match, NameTable, Strength, is_shared};
use super::{Check, Model, names};
use crate::config::Config;
use crate::facts::{Declaration, Side};
use crate::report::{Category, Finding, Severity};
use crate::schema::model::ObjectName;
use crate::source::Location;

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
    let described: HashSet<*const Declaration> = model
        .descriptions()
        .map(|(_, description)| std::ptr::from_ref(description.declaration))
        .collect();
    let gone = DroppedTables::new(model);
    let mut seen = HashSet::new();
    let all = facts
        .tables
        .iter()
        .chain(&facts.types)
        .chain(&facts.schemas);
    let homeless = all.filter(|declaration| !described.contains(&std::ptr::from_ref(*declaration)));
    let missing =
        homeless.filter_map(|declaration| Some((declaration, missing(model, declaration, &gone)?)));
    let (certain, likely): (Vec<_>, Vec<_>) = missing.partition(|(_, missing)| missing.certain);
    // One table that is missing is one finding, however many declarations describe it.
    let once = certain
        .into_iter()
        .chain(likely)
        .filter(|(_, missing)| seen.insert(missing.table.clone()));
    once.map(|(declaration, missing)| finding(declaration, &missing))
        .collect()
}

/// A table that a declaration describes, and that is not there.
struct Missing<'m> {
    /// As it is written.
    table: String,
    /// The place where a migration dropped or renamed the table, if that is known.
    place: Option<&'m Location>,
    /// Whether the declaration says that it describes it.
    certain: bool,
}

/// The tables that the migrations dropped or renamed, and what is called like their rows.
struct DroppedTables<'m> {
    tables: Vec<(&'m ObjectName, &'m Location)>,
    names: NameTable,
    /// Where the fields of schemas stand: a type that is inferred from one is of what that lets in
    /// or out.
    schemas: HashSet<&'m Location>,
}

impl<'m> DroppedTables<'m> {
    fn new(model: &'m Model<'_>) -> Self {
        let tables: Vec<_> = model.input.provenance.gone_tables().collect();
        let names = NameTable::of(tables.iter().map(|(name, _)| *name), model.input.config);
        let fields = model
            .input
            .facts
            .schemas
            .iter()
            .flat_map(|schema| &schema.fields);
        Self {
            tables,
            names,
            schemas: fields.map(|field| &field.location).collect(),
        }
    }

    /// The table of this name, as it is written, and what took it away.
    fn named(&self, written: &str) -> Option<&'m Location> {
        self.tables
            .iter()
            .find(|(name, _)| is_named(name, written))
            .map(|(_, place)| *place)
    }
}

/// The table that a declaration describes, where there is none of that name.
fn missing<'m>(
    model: &Model<'_>,
    declaration: &Declaration,
    gone: &DroppedTables<'m>,
) -> Option<Missing<'m>> {
    let link = declaration.table_link.as_ref().map(|link| &link.table);
    if let Some(table) = declaration.tags.table.as_ref().or(link) {
        let place = gone.named(table);
        let certain = declaration.names_table() || place.is_some();
        let missing = Missing {
            table: table.clone(),
            place,
            certain,
        };
        return (certain && is_absent(model, table)).then_some(missing);
    }
    let of_row = |hit: &Match| hit.side == Side::Row && !declaration.origin.is_validation();
    let hit = gone.names.find(declaration).filter(of_row)?;
    let (name, place) = gone.tables[hit.entity];
    let certain = matches!(hit.strength, Strength::Row | Strength::Model);
    let is_inferred = || {
        declaration
            .fields
            .iter()
            .all(|field| gone.schemas.contains(&field.location))
    };
    let is_meant = certain
        || (is_shared(declaration) && !is_inferred() && has_columns_of(model, declaration, name));
    let missing = Missing {
        table: name.to_string(),
        place: Some(place),
        certain,
    };
    (is_meant && is_absent(model, &missing.table)).then_some(missing)
}

/// How many columns a type must have for its name to mean anything: `{ id, name }` is anything.
const ENOUGH: usize = 3;

/// Whether the type has nearly all columns that the dropped table had, and hardly anything else.
fn has_columns_of(model: &Model<'_>, declaration: &Declaration, table: &ObjectName) -> bool {
    let columns: HashSet<names::Word> = model
        .input
        .provenance
        .dropped_columns(table)
        .map(names::key)
        .collect();
    let fields: HashSet<names::Word> = declaration
        .fields
        .iter()
        .map(|field| names::key(&field.name))
        .collect();
    let shared = columns.intersection(&fields).count();
    let nearly_all = |all: &HashSet<names::Word>| (all.len() - shared) * 5 <= all.len();
    shared >= ENOUGH && nearly_all(&columns) && nearly_all(&fields)
}

/// Whether no table or view is called so, and none should be found by that name.
fn is_absent(model: &Model<'_>, written: &str) -> bool {
    let schema = model.input.schema;
    let mut known = schema.tables.keys().chain(schema.views.keys());
    let known =
        known.any(|name| is_named(name, written) || names::key(&name.name) == names::key(written));
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

fn finding(declaration: &Declaration, missing: &Missing<'_>) -> Finding {
    let (name, table) = (&declaration.name, &missing.table);
    let (message, label) = if missing.certain {
        (
            format!("Table '{table}' does not exist, and `{name}` describes it"),
            format!("`{name}` describes `{table}`"),
        )
    } else {
        let message = format!(
            "Table '{table}' was dropped, and `{name}`, which is called like it, still has its columns"
        );
        (
            message,
            format!("`{name}` has the columns that `{table}` had"),
        )
    };
    let found = CHECK
        .finding(table, message)
        .about_declaration(declaration)
        .at(&declaration.location, label)
        .at_some(missing.place, format!("`{table}` was dropped or renamed here"))
        .with_help(format!(
            "write the migration that makes `{table}`, take `{name}` out or name the table that it describes now; a table \
             that others make belongs into `ignored-tables`"
        ));
    if missing.certain {
        found
    } else {
        found.as_warning()
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE tools (id uuid NOT NULL);";

    const DROPPED: &str = "CREATE TABLE tools (id uuid NOT NULL); CREATE TABLE remarks (id uuid NOT NULL, body text NOT NULL, author_id uuid NOT NULL, created_at timestamptz NOT NULL); DROP TABLE remarks;";

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
            Case::failing_entity(
                DROPPED,
                "export interface ToolRow { id: string }\nexport interface Remark { id: string; body: string; authorId: string; createdAt: Date }",
                2,
            ),
            // What has been added to it since does not make it another thing.
            Case::failing_entity(
                DROPPED,
                "export interface ToolRow { id: string }\nexport interface Remark { id: string; body: string; authorId: string; createdAt: Date; authorName: string }",
                2,
            ),
        ],
        passing: &[
            // It is called so, and is another thing.
            Case::passing(
                DROPPED,
                "export interface ToolRow { id: string }\nexport interface Remark { id: string; body: string; x: number; y: number }",
            ),
            // `{ id, body }` is anything.
            Case::passing(
                "CREATE TABLE tools (id uuid NOT NULL); CREATE TABLE remarks (id uuid NOT NULL, body text NOT NULL); DROP TABLE remarks;",
                "export interface ToolRow { id: string }\nexport interface Remark { id: string; body: string }",
            ),
            // It is of what goes in or out, which is told as it was.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::passing(
                    DROPPED,
                    "import { z } from 'zod';\nexport interface ToolRow { id: string }\nexport const LegacyRemarkSchema = z.object({ id: z.string(), body: z.string(), authorId: z.string(), createdAt: z.date() });\nexport type Remark = z.infer<typeof LegacyRemarkSchema>;\nexport const ToolSchema = z.object({ id: z.uuid() });",
                )
            },
            // A component keeps it to itself.
            Case::passing(
                DROPPED,
                "export interface ToolRow { id: string }\ninterface Remark { id: string; body: string; authorId: string; createdAt: Date }",
            ),
            // It was made again, as a view.
            Case::passing(
                "CREATE TABLE tools (id uuid NOT NULL); CREATE TABLE remarks (id uuid NOT NULL, body text NOT NULL, author_id uuid NOT NULL); DROP TABLE remarks; CREATE VIEW remarks (id uuid, body text, author_id uuid);",
                "export interface ToolRow { id: string }\nexport interface Remark { id: string | null; body: string | null; authorId: string | null }",
            ),
            Case::passing(
                TABLE,
                "/** @table tools */\nexport interface Instrument { id: string }",
            ),
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
