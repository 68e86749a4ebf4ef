//! A table that a migration changes while nobody changes its type: whatever it drops, adds and
//! renames, all of it is found, be the type called like a row or just like the table.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::subsequence;
use xtask::internals::checks::{self, Input};
use xtask::internals::migrations::{files, provenance};
use xtask::internals::schema::model::{Column, ObjectName, Schema, Table};
use xtask::internals::tree::MemoryTree;

const BEFORE: [&str; 8] = [
    "id",
    "email",
    "display_name",
    "address_line_1",
    "vote_count",
    "is_public",
    "notes",
    "external_ref",
];
const ADDED: [&str; 4] = ["quota", "last_seen_at", "locale", "archived"];
const RENAMED: [&str; 4] = ["zone", "headline", "badge", "origin"];

/// The changes that a migration makes to a table.
#[derive(Debug, Clone)]
pub struct Neglect {
    before: Vec<&'static str>,
    dropped: Vec<&'static str>,
    renamed: Vec<(&'static str, &'static str)>,
    added: Vec<&'static str>,
    type_name: &'static str,
}

/// A table of four columns and more, of which at least three stay, and no more come than stay.
pub fn neglected() -> impl Strategy<Value = Neglect> {
    let table = subsequence(BEFORE.to_vec(), 4..=8).prop_shuffle();
    let changes = (
        0..3_usize,
        0..3_usize,
        subsequence(ADDED.to_vec(), 0..=3),
        subsequence(RENAMED.to_vec(), 4),
    );
    let type_name = prop::sample::select(vec!["User", "UserRow", "UserEntity"]);
    let made = (table, changes, type_name).prop_map(
        |(before, (drops, renames, added, names), type_name)| {
            let dropped: Vec<_> = before
                .iter()
                .copied()
                .take(drops.min(before.len() - 3))
                .collect();
            let left = &before[dropped.len()..];
            let renamed: Vec<_> = left
                .iter()
                .copied()
                .zip(names)
                .take(renames.min(left.len() - 3))
                .collect();
            Neglect {
                dropped,
                renamed,
                added,
                type_name,
                before,
            }
        },
    );
    made.prop_filter("nothing is changed", |one| one.changes() > 0)
}

impl Neglect {
    fn changes(&self) -> usize {
        self.dropped.len() + self.renamed.len() + self.added.len()
    }

    /// The names that the findings must speak of: of what was dropped, of what came, and both of
    /// what was renamed.
    pub fn expected(&self) -> BTreeSet<String> {
        let renamed = self.renamed.iter().flat_map(|(old, new)| [*old, *new]);
        self.dropped
            .iter()
            .copied()
            .chain(self.added.iter().copied())
            .chain(renamed)
            .map(str::to_owned)
            .collect()
    }

    /// The names that they do speak of.
    pub fn found(&self) -> BTreeSet<String> {
        let tree = MemoryTree::new([
            ("migrations/V1__create.sql", self.create()),
            (
                "migrations/V1__create.down.sql",
                "DROP TABLE users;".to_owned(),
            ),
            ("migrations/V2__change.sql", self.change()),
            (
                "migrations/V2__change.down.sql",
                "-- irreversible: a test".to_owned(),
            ),
            ("src/types.ts", self.types()),
        ]);
        let config = super::config("types = ['src/types.ts']");
        let migrations = files::load(&tree, "migrations").expect("good migrations");
        let (schema, provenance) = (self.schema(), provenance::read(&migrations));
        let facts = super::read(&tree, &config);
        let input = Input {
            schema: &schema,
            facts: &facts,
            config: &config,
            provenance: &provenance,
        };
        let (findings, _) = checks::verify(&input);
        let kinds = ["MISSING_FIELD_IN_TYPE", "MISSING_FIELD_IN_SCHEMA"];
        assert!(
            findings.iter().all(|finding| kinds.contains(&finding.kind)),
            "{findings:#?}"
        );
        let names = findings.iter().flat_map(|finding| {
            let instead = finding
                .details
                .get("found")
                .and_then(|found| found.as_str().map(str::to_owned));
            finding.field.clone().into_iter().chain(instead)
        });
        names.collect()
    }

    fn create(&self) -> String {
        let columns: Vec<_> = self
            .before
            .iter()
            .map(|name| format!("{name} text NOT NULL"))
            .collect();
        format!("CREATE TABLE users ({});\n", columns.join(", "))
    }

    fn change(&self) -> String {
        let mut sql = String::new();
        for name in &self.dropped {
            let _ = writeln!(sql, "ALTER TABLE users DROP COLUMN {name};");
        }
        for (old, new) in &self.renamed {
            let _ = writeln!(sql, "ALTER TABLE users RENAME COLUMN {old} TO {new};");
        }
        for name in &self.added {
            let _ = writeln!(
                sql,
                "ALTER TABLE users ADD COLUMN {name} text NOT NULL DEFAULT '';"
            );
        }
        sql
    }

    /// The type as it was before.
    pub fn types(&self) -> String {
        let fields: String = self
            .before
            .iter()
            .map(|name| format!("  {name}: string;\n"))
            .collect();
        format!("export interface {} {{\n{fields}}}\n", self.type_name)
    }

    fn schema(&self) -> Schema {
        let kept = self
            .before
            .iter()
            .filter(|name| !self.dropped.contains(name));
        let now = kept.map(|name| {
            self.renamed
                .iter()
                .find(|(old, _)| old == name)
                .map_or(*name, |(_, new)| *new)
        });
        let column = |name: &str| Column {
            name: name.to_owned(),
            type_name: "text".into(),
            not_null: true,
            ..Column::default()
        };
        let columns = now.chain(self.added.iter().copied()).map(column).collect();
        let mut schema = Schema::default();
        schema.tables.insert(
            ObjectName::public("users"),
            Table {
                columns,
                ..Table::default()
            },
        );
        schema
    }
}
