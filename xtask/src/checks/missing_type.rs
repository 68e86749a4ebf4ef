//! A table has no corresponding TypeScript type.
//!
//! ## Why
//! Code that reads the table has to guess what a row holds, and nothing notices when the table changes.
//!
//! ## Example
//! ```sql
//! CREATE TABLE bill_votes (id uuid NOT NULL, position text NOT NULL);
//! ```
//! No type is called `BillVotesTable`, `BillVoteRow`, `BillVote`…, carries the tag `@table bill_votes`, or stands in the
//! configuration's `map`. A table that TypeScript never sees belongs into `ignored-tables`.

use super::entities::EntityKind;
use super::{Check, Model};
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
    let sources = &model.input.config.sources;
    if sources.types.is_empty() && sources.drizzle.is_empty() {
        return Vec::new();
    }
    let tables = model.described.iter().filter(|described| described.entity.kind == EntityKind::Table);
    tables.filter(|described| described.types().next().is_none()).map(|described| {
        let entity = described.entity.title();
        let name = format!("{}Table", super::names::row_name(&described.entity.name.name));
        let created = model.input.provenance.table(described.entity.name);
        CHECK
            .finding(&entity, format!("Table '{entity}' has no corresponding TypeScript type"))
            .at_some(created, format!("`{entity}` was last changed here"))
            .with_help(format!(
                "declare `interface {name}`, tag the type that describes it with `@table {entity}`, or list the table in `ignored-tables`"
            ))
    }).collect()
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE bill_votes (id uuid NOT NULL, position text NOT NULL);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case { sql: TABLE, ts: "", at: None, field: None, configuration: "" },
            Case {
                sql: TABLE,
                ts: "export interface Voter { id: string; position: string }",
                at: None,
                field: None,
                configuration: "",
            },
        ],
        passing: &[
            Case::passing(TABLE, "export interface BillVoteTable { id: string; position: string }"),
            Case::passing(TABLE, "export type BillVotes = { id: string; position: string }"),
            Case::passing(TABLE, "/** @table bill_votes */\nexport interface Ballot { id: string; position: string }"),
            Case { sql: TABLE, ts: "", at: None, field: None, configuration: "ignored-tables = ['bill_votes']" },
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
