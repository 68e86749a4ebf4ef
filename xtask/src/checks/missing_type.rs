//! A table has no corresponding TypeScript type.
//!
//! ## Why
//! Code that reads the table has to guess what a row holds, and nothing notices when the table
//! changes.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bill_votes (id uuid NOT NULL, position text NOT NULL);
//! ```
//! No type is called `BillVotesTable`, `BillVoteRow`, `BillVote`…, carries the tag `@table
//! bill_votes`, or stands in the configuration's `map`. A type that only is called so, and has few
//! fields that are columns, is not taken for it. A table that TypeScript never sees belongs in
//! `ignored-tables`. Of a table that only joins others, or only lists the values that they may
//! hold, it is a warning. Prisma generates the types of its rows: where most tables have no other,
//! that is one warning. Where most types of rows are inferred from schemas, a schema of the row is
//! enough.

use super::entities::EntityKind;
use super::matching::{Role, TableMatches};
use super::{Check, Model, wording};
use crate::config::Driver;
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_TYPE",
    category: Category::TypeAlignment,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_type.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let requested = model.input.facts.requested;
    if !requested.types && !requested.tables {
        return Vec::new();
    }
    let tables: Vec<_> = model
        .described
        .iter()
        .filter(|described| described.entity.kind == EntityKind::Table)
        .collect();
    let by_schemas = are_inferred(&tables);
    let untyped: Vec<_> = tables
        .iter()
        .copied()
        .filter(|described| described.types().next().is_none())
        .filter(|described| !(by_schemas && has_row_schema(described)))
        .collect();
    let (ignored, untyped): (Vec<_>, Vec<_>) = untyped
        .into_iter()
        .partition(|described| model.ignores().is_ignored(&finding(model, described)));
    let mut found = each(model, &ignored);
    let by_prisma = model.input.config.driver == Some(Driver::Prisma);
    if by_prisma && untyped.len() > FEW && untyped.len() * 2 > tables.len() {
        found.push(of_most(model, &untyped, tables.len()));
    } else if untyped.len() > MANY {
        found.push(of_many(model, &untyped, tables.len()));
    } else {
        found.extend(each(model, &untyped));
    }
    found
}

/// Whether most tables that have a type have one that is inferred from a schema: then the schemas are
/// what the monorepo writes, and a call that parses a row infers its type anywhere.
fn are_inferred(tables: &[&TableMatches<'_>]) -> bool {
    let typed = tables
        .iter()
        .filter(|described| described.types().next().is_some());
    let inferred = typed
        .clone()
        .filter(|described| described.types().any(|ty| ty.inferred));
    inferred.count() * 2 > typed.count()
}

fn has_row_schema(described: &TableMatches<'_>) -> bool {
    let mut schemas = described.of_role(Role::Schema);
    schemas.any(|schema| schema.is_whole())
}

/// So many tables without a type are each worth a finding, whatever the others have.
const FEW: usize = 3;

/// More tables than this were not forgotten one by one: code does not read them, or their types
/// stand elsewhere.
const MANY: usize = 5;

fn of_many(model: &Model<'_>, untyped: &[&TableMatches<'_>], tables: usize) -> Finding {
    let entities: Vec<String> = untyped
        .iter()
        .map(|described| described.entity.title())
        .collect();
    let names: Vec<&str> = entities.iter().map(String::as_str).collect();
    let message = format!(
        "{} of {tables} tables have no corresponding TypeScript type: {}",
        untyped.len(),
        wording::quoted_briefly(&names)
    );
    CHECK
        .finding("types", message)
        .with_detail("entities", entities.clone())
        .with_help(
            "add the files with their types to the configuration, tag types with `@table <table>`, or \
             list what code does not read in `ignored-tables`",
        )
        .with_members(each(model, untyped))
}

/// Where Prisma's own types are all that there is, nobody has forgotten them.
fn of_most(model: &Model<'_>, untyped: &[&TableMatches<'_>], tables: usize) -> Finding {
    let entities: Vec<String> = untyped
        .iter()
        .map(|described| described.entity.title())
        .collect();
    let message = format!(
        "{} of {tables} tables have no type beside those that Prisma generates",
        untyped.len()
    );
    let help = format!(
        "tag those that describe a table with `@table <table>`, or name their pattern in `names.row`; if only Prisma \
         describes rows, say `severity.{} = \"off\"`",
        CHECK.kind
    );
    CHECK
        .finding("types", message)
        .with_detail("entities", entities)
        .with_help(help)
        .with_members(each(model, untyped))
        .as_warning()
}

fn each(model: &Model<'_>, untyped: &[&TableMatches<'_>]) -> Vec<Finding> {
    untyped
        .iter()
        .map(|described| finding(model, described))
        .collect()
}

fn finding(model: &Model<'_>, described: &TableMatches<'_>) -> Finding {
    let entity = described.entity.title();
    let declare = declaration(model, described);
    let created = model.input.provenance.table(described.entity.name);
    let found = CHECK
        .finding(
            &entity,
            format!("Table '{entity}' has no corresponding TypeScript type"),
        )
        .at_some(created, format!("`{entity}` was last changed here"));
    let found = if described.entity.is_auxiliary() {
        found.as_warning()
    } else {
        found
    };
    let namesakes = described
        .namesakes
        .iter()
        .filter(|one| !one.declaration.origin.is_validation());
    match namesakes.max_by_key(|one| one.shared) {
        Some(namesake) => found.at(&namesake.declaration.location, namesake.in_words()).with_help(format!(
            "if `{}` is its row, tag it with `@table {entity}`; else declare {declare}, or list the table in `ignored-tables`",
            namesake.declaration.name
        )),
        None => found.with_help(format!(
            "declare {declare}, tag the type that describes it with `@table {entity}`, or list the table in `ignored-tables`"
        )),
    }
}

/// Returns the form in which the monorepo declares its tables: as tables of an ORM where it has
/// any.
fn declaration(model: &Model<'_>, described: &TableMatches<'_>) -> String {
    let table = &described.entity.name.name;
    match model
        .input
        .facts
        .tables
        .iter()
        .find_map(|table| table.origin.example)
    {
        Some(example) => format!("`{}`", example.replace("{table}", table)),
        None => format!("`interface {}Table`", super::names::row_name(table)),
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bill_votes (id uuid NOT NULL, position text NOT NULL);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::failing_entity(
                TABLE,
                "export interface BillVote { label: string; colour: string; onClick: string; id: string }",
                1,
            ),
            Case {
                sql: TABLE,
                ts: "",
                at: None,
                field: None,
                configuration: "",
            },
            // Prisma describes most of them.
            Case {
                configuration: "driver = 'prisma'",
                sql: "CREATE TABLE tags (id uuid NOT NULL); CREATE TABLE votes (id uuid NOT NULL); \
                      CREATE TABLE bills (id uuid NOT NULL); CREATE TABLE users (id uuid NOT NULL); \
                      CREATE TABLE notes (id uuid NOT NULL)",
                ts: "export interface TagRow { id: string }",
                at: None,
                field: None,
            },
            // What a component keeps to itself, and cannot be read, describes no table.
            Case::failing_entity(
                TABLE,
                "import { Loaded } from 'far-away';\ntype BillVote = Loaded<'votes'>;",
                2,
            ),
            Case {
                sql: TABLE,
                ts: "export interface Voter { id: string; position: string }",
                at: None,
                field: None,
                configuration: "",
            },
        ],
        passing: &[
            // Rows are parsed by schemas, of which types are inferred where one needs a name.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE bills (id uuid PRIMARY KEY, name text NOT NULL); CREATE TABLE votes (id uuid PRIMARY KEY, position text NOT NULL);",
                    "import { z } from 'zod';\nexport const BillSchema = z.object({ id: z.uuid(), name: z.string() });\nexport type Bill = z.infer<typeof BillSchema>;\nexport const VoteSchema = z.object({ id: z.uuid(), position: z.string() });",
                )
            },
            Case::passing(
                TABLE,
                "export interface BillVoteTable { id: string; position: string }",
            ),
            Case::passing(
                TABLE,
                "export type BillVotes = { id: string; position: string }",
            ),
            // A class that implements the row of an ORM, whatever it is called.
            Case::passing(
                TABLE,
                "import { BillVotes } from '@prisma/client';\nexport class BallotEntity implements BillVotes { id!: string; position!: string }",
            ),
            // A type that is named after the end of the table's name, and has its columns.
            Case::passing(
                "CREATE TABLE _private_known_crontabs (identifier text NOT NULL, known_since timestamptz NOT NULL, last_execution timestamptz);",
                "export interface DbCrontab { identifier: string; known_since: Date; last_execution: Date | null }",
            ),
            Case::passing(
                TABLE,
                "/** @table bill_votes */\nexport interface Ballot { id: string; position: string }",
            ),
            Case {
                sql: TABLE,
                ts: "",
                at: None,
                field: None,
                configuration: "ignored-tables = ['bill_votes']",
            },
            Case {
                sql: TABLE,
                ts: "export interface Ballot { id: string; position: string }",
                at: None,
                field: None,
                configuration: "map.bill_votes.row = ['Ballot']",
            },
        ],
    };
}
