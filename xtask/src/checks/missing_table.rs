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
//! Judged is what says which table it describes: a table of an ORM, a generated type, an entry of a
//! list of tables (kysely's `DB`, kanel's `PublicSchema`) of which at least half are there, the tag `@table`; where the migrations dropped or renamed a table, also a type that is called like its
//! row (`ToolRow`, `ToolEntity`), unless most of its fields never were columns. Of a dropped table
//! whose columns a type of its bare name or a schema (`Tool`, `ToolSchema`) still has, it is a
//! warning: that may be the thing itself. A table in which a migration tool keeps its history is
//! there whatever the migrations say. Another table that others make belongs in `ignored-tables`,
//! its namespace in `foreign-namespaces`.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::entities::is_judged;
use super::matching::{NameTable, Strength, is_shared};
use super::{Check, Model, names, others};
use crate::config::Config;
use crate::facts::{Declaration, ListedTable, Side};
use crate::report::{Category, Finding, Severity};
use crate::schema::bookkeeping;
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
    let mut found: Vec<_> = once
        .map(|(declaration, missing)| finding(declaration, &missing))
        .collect();
    for entry in missing_entries(model, &gone) {
        if seen.insert(entry.table.clone()) {
            found.push(finding_of_entry(entry, gone.named(&entry.table)));
        }
    }
    found
}

/// The entries of lists of tables after which no table is called, whatever types stand beside them.
/// Where a list has the database's own names, its entries are exactly those.
fn missing_entries<'m>(model: &'m Model<'_>, gone: &DroppedTables<'m>) -> Vec<&'m ListedTable> {
    let mut lists: BTreeMap<&Location, Vec<&ListedTable>> = BTreeMap::new();
    for entry in &model.input.facts.listed_tables {
        if gone.lists.contains(&entry.list_location) {
            lists.entry(&entry.list_location).or_default().push(entry);
        }
    }
    let mut missing = Vec::new();
    for entries in lists.into_values() {
        let is_snake_case = |entry: &&ListedTable| entry.table.contains('_');
        let is_exact = entries
            .iter()
            .any(|entry| is_snake_case(entry) && is_called_exactly(model, &entry.table));
        missing.extend(entries.into_iter().filter(|entry| {
            let table = &entry.table;
            let is_there = match is_exact {
                true => is_called_exactly(model, table),
                false => is_known(model, table),
            };
            !is_there && is_ours(table, model.input.config) && !is_of_others(model, table, true)
        }));
    }
    missing
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
    /// The lists of tables (kysely's `DB`) of which at least half are there.
    lists: HashSet<&'m Location>,
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
            lists: lists(model),
        }
    }

    /// Whether a list of tables states what the declaration describes.
    fn lists(&self, declaration: &Declaration) -> bool {
        let link = declaration.table_link.as_ref();
        link.and_then(|link| link.listed.as_ref())
            .is_some_and(|list| self.lists.contains(list))
    }

    /// The table of this name, as it is written, and what took it away.
    fn named(&self, written: &str) -> Option<&'m Location> {
        self.tables
            .iter()
            .find(|(name, _)| is_named(name, written))
            .map(|(_, place)| *place)
    }
}

/// Whether others make the table of this name; where a list states it, whole namespaces may be
/// theirs.
fn is_of_others(model: &Model<'_>, written: &str, listed: bool) -> bool {
    let name = ObjectName::from_key(written);
    others::make_table(model, &name) || (listed && !others::is_our_namespace(model, &name))
}

/// Whether the declaration has the columns of a migration tool's history, whose name alone does not
/// tell.
fn is_history(declaration: &Declaration, written: &str) -> bool {
    let name = ObjectName::from_key(written);
    let columns = declaration.fields.iter();
    let columns = columns.map(|field| field.column.as_deref().unwrap_or(&field.name));
    bookkeeping::is_described(&name, &columns.collect())
}

/// The lists of which at least half of the entries are tables or views: others only are called so,
/// and list anything.
fn lists<'m>(model: &Model<'m>) -> HashSet<&'m Location> {
    let mut entries: HashMap<&Location, (usize, usize)> = HashMap::new();
    for entry in &model.input.facts.listed_tables {
        if !is_of_others(model, &entry.table, true) {
            let (there, all) = entries.entry(&entry.list_location).or_default();
            *there += usize::from(is_known(model, &entry.table));
            *all += 1;
        }
    }
    let lists = entries.into_iter();
    lists
        .filter(|(_, (there, all))| there * 2 >= *all)
        .map(|(list, _)| list)
        .collect()
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
        let certain = declaration.names_table() || place.is_some() || gone.lists(declaration);
        let missing = Missing {
            table: table.clone(),
            place,
            certain,
        };
        let is_others =
            is_of_others(model, table, gone.lists(declaration)) || is_history(declaration, table);
        return (certain && !is_others && is_absent(model, table)).then_some(missing);
    }
    // A server may tell of a thing that another store holds now.
    if !declaration.origin.enforced {
        return None;
    }
    let hit = gone
        .names
        .find(declaration)
        .filter(|hit| hit.side == Side::Row)?;
    let (name, place) = gone.tables[hit.entity];
    let is_schema = declaration.origin.is_validation();
    // A schema is called after what it checks, which need not be a table.
    let is_called_row = matches!(hit.strength, Strength::Row | Strength::Model) && !is_schema;
    let certain = is_called_row && !is_another_thing(model, declaration, name);
    let is_inferred = || {
        declaration
            .fields
            .iter()
            .all(|field| gone.schemas.contains(&field.location))
    };
    let may_be_it = || is_shared(declaration) && has_columns_of(model, declaration, name);
    let is_meant = certain || (may_be_it() && (is_schema || !is_inferred()));
    let missing = Missing {
        table: name.to_string(),
        place: Some(place),
        certain,
    };
    (is_meant && is_absent(model, &missing.table)).then_some(missing)
}

/// Whether a type that is called like a row of the table that was has more fields than columns of
/// it: what a query returns is called so as well.
fn is_another_thing(model: &Model<'_>, declaration: &Declaration, table: &ObjectName) -> bool {
    let columns = model.input.provenance.former_columns(table);
    let is_column = |name: &str| {
        columns
            .iter()
            .any(|column| names::key(column) == names::key(name))
    };
    let fields = &declaration.fields;
    let shared = fields.iter().filter(|field| is_column(&field.name)).count();
    !columns.is_empty() && shared * 2 < fields.len()
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
    !is_known(model, written) && is_ours(written, model.input.config)
}

/// Whether a table or view is called so.
fn is_known(model: &Model<'_>, written: &str) -> bool {
    let schema = model.input.schema;
    let mut known = schema.tables.keys().chain(schema.views.keys());
    known.any(|name| is_named(name, written) || names::key(&name.name) == names::key(written))
}

/// Whether a table or view has exactly this name.
fn is_called_exactly(model: &Model<'_>, written: &str) -> bool {
    let schema = model.input.schema;
    let mut known = schema.tables.keys().chain(schema.views.keys());
    known.any(|name| is_named(name, written))
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
             that others make belongs in `ignored-tables`"
        ));
    if missing.certain {
        found
    } else {
        found.as_warning()
    }
}

fn finding_of_entry(entry: &ListedTable, place: Option<&Location>) -> Finding {
    let (list, table) = (&entry.list, &entry.table);
    let message = format!("Table '{table}' does not exist, and `{list}` lists it");
    CHECK
        .finding(table, message)
        .with_declaration(list)
        .at(&entry.location, format!("`{list}` lists `{table}`"))
        .at_some(place, format!("`{table}` was dropped or renamed here"))
        .with_help(
            "name the table as the database does, write the migration that makes it, or take the entry \
             out; a table that others make belongs in `ignored-tables`",
        )
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE tools (id uuid NOT NULL);";

    const SHEDS: &str =
        "CREATE TABLE garden_tools (id uuid NOT NULL); CREATE TABLE tool_sheds (id uuid NOT NULL);";

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
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::failing_entity(
                    DROPPED,
                    "import { z } from 'zod';\nexport interface ToolRow { id: string }\nexport const ToolSchema = z.object({ id: z.uuid() });\nexport const RemarkSchema = z.object({ id: z.string(), body: z.string(), authorId: z.string(), createdAt: z.date() });\nexport type Remark = z.infer<typeof RemarkSchema>;",
                    4,
                )
            },
            // The application's own table, called as some tools call theirs.
            Case {
                configuration: "types = []\ndrizzle = ['**/*.ts']",
                ..Case::failing_entity(
                    TABLE,
                    "import { pgTable, serial, text, uuid } from 'drizzle-orm/pg-core';\nexport const tools = pgTable('tools', { id: uuid().notNull() });\nexport const migrations = pgTable('migrations', { id: serial().primaryKey(), tenant: text().notNull() });",
                    3,
                )
            },
            // A list that names tables that are there.
            Case::failing_entity(
                TABLE,
                "export interface ToolRow { id: string }\nexport interface Draft { body: string }\nexport interface DB { tools: ToolRow; drafts: Draft }",
                2,
            ),
            Case::failing_entity(
                TABLE,
                "export interface ToolRow { id: string }\nexport interface Database { public: { Tables: { tools: {\n Row: { id: string } } }; Views: { sheds: {\n Row: { id: string | null } } } } }",
                4,
            ),
            // Kanel's list of tables: what queries name is the key, whatever its type describes.
            Case::failing_entity(
                SHEDS,
                "/** Represents the table public.garden_tools */\nexport interface GardenToolsTable { id: string }\n/** Represents the table public.tool_sheds */\nexport interface ToolShedsTable { id: string }\nexport interface PublicSchema {\n garden_tools: GardenToolsTable;\n toolSheds: ToolShedsTable }",
                7,
            ),
            // The types are declared where nobody looks.
            Case {
                configuration: "severity = { MISSING_TYPE = 'off' }",
                ..Case::failing_entity(
                    SHEDS,
                    "import type { GardenTools, ToolSheds } from './tables';\nexport interface Database {\n garden_tools: GardenTools;\n shed: ToolSheds }",
                    4,
                )
            },
        ],
        passing: &[
            // A list may have all names in camel case.
            Case::passing(
                SHEDS,
                "export interface GardenToolsTable { id: string }\nexport interface ToolShedsTable { id: string }\nexport interface PublicSchema { gardenTools: GardenToolsTable; toolSheds: ToolShedsTable }",
            ),
            // A type of that name which lists other things.
            Case::passing(
                SHEDS,
                "export interface GardenToolRow { id: string }\nexport interface ToolShedRow { id: string }\ninterface Shape { id: string }\nexport interface PublicSchema { body: Shape; query: Shape }",
            ),
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
            // What a query returns is called like a row, too.
            Case::passing(
                DROPPED,
                "export interface ToolRow { id: string }\nexport interface RemarkRow { id: string; author: string; votes: number; replies: string[] }",
            ),
            // A schema of some of its columns may check anything.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::passing(
                    DROPPED,
                    "import { z } from 'zod';\nexport interface ToolRow { id: string }\nexport const RemarkSchema = z.object({ id: z.string(), body: z.string() });\nexport const ToolSchema = z.object({ id: z.uuid() });",
                )
            },
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
            // It was made by others.
            Case {
                configuration: "ignored-tables = ['drafts']",
                ..Case::passing(
                    TABLE,
                    "export interface ToolRow { id: string }\nexport interface Draft { body: string }\nexport interface DB { tools: ToolRow; drafts: Draft }",
                )
            },
            // The tables of extensions, of other tools and of other namespaces are in the list as well.
            Case::passing(
                TABLE,
                "export interface ToolRow { id: string }\nexport interface Lock { id: string }\nexport interface Job { id: string }\nexport interface DB { tools: ToolRow; kysely_migration_lock: Lock; schemaMigrations: Lock; 'boss.job': Job }",
            ),
            // Code that reads which migrations ran has a table of the tool's own history.
            Case {
                configuration: "types = []\ndrizzle = ['**/*.ts']",
                ..Case::passing(
                    TABLE,
                    "import { bigint, integer, pgSchema, pgTable, serial, text, uuid, varchar } from 'drizzle-orm/pg-core';\nexport const tools = pgTable('tools', { id: uuid('id').notNull() });\nexport const runs = pgSchema('drizzle').table('__drizzle_migrations', { id: serial().primaryKey(), hash: text().notNull(), createdAt: bigint('created_at', { mode: 'number' }) });\nexport const knex = pgTable('knex_migrations', { id: serial().primaryKey(), name: varchar({ length: 255 }) });\nexport const typeorm = pgTable('migrations', { id: serial().primaryKey(), name: varchar().notNull(), timestamp: bigint({ mode: 'number' }).notNull() });",
                )
            },
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
