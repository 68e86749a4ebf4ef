//! A language of our own beside TypeScript: what a new reader reads is judged by every check, and
//! none of them knows it.
//!
//! ```text
//! table users { id number; name string? }
//! schema UserSchema { id number; name string? }
//! ```

use std::collections::HashSet;

use anyhow::Result;
use regex::{Captures, Match, Regex};

use super::{Input, READERS, Reader, read_with};
use crate::checks::{self, test_utils};
use crate::config::Config;
use crate::facts::{
    Declaration, Facts, Family, Field, Kind, Origin, Rare, Side, Syntax, TableLink, Tags,
};
use crate::fixes;
use crate::report::{Finding, SourceTexts};
use crate::schema::provenance::Provenance;
use crate::source::{LineIndex, Span};
use crate::tree::MemoryTree;
use crate::typescript::TypeScript;

struct Toy;

const TABLE: Origin = Origin {
    id: "toy",
    noun: "toy table",
    family: Family::Table,
    names_table: true,
    enforced: true,
    names_rows: false,
    of_requests: false,
    syntax: Syntax::Other,
    example: Some("table {table} { … }"),
    null_is_empty: false,
    restricts_text: true,
    refuses_rows: false,
    queries_name_types: true,
    casts_enums: false,
};

const SCHEMA: Origin = Origin {
    id: "toySchema",
    noun: "toy schema",
    family: Family::Validation,
    names_table: false,
    enforced: true,
    names_rows: false,
    of_requests: false,
    example: None,
    ..TABLE
};

impl Reader for Toy {
    fn origins(&self) -> &'static [Origin] {
        &[TABLE, SCHEMA]
    }

    fn read(&self, input: &Input<'_>) -> Result<Facts> {
        let mut facts = Facts::default();
        for path in input
            .tree
            .files("")?
            .iter()
            .filter(|path| self.concerns(input.config, path))
        {
            let text = String::from_utf8(input.tree.read(path)?)?;
            facts.requested.tables = true;
            facts.requested.validation |= text.contains("schema ");
            facts.files_walked += 1;
            facts.files_parsed += 1;
            declare(path, &text, &mut facts);
        }
        Ok(facts)
    }

    fn concerns(&self, _config: &Config, path: &str) -> bool {
        path.ends_with(".toy")
    }
}

fn declare(path: &str, text: &str, facts: &mut Facts) {
    let lines = LineIndex::new(path.into(), text.into());
    let declared = Regex::new(r"(table|schema) (\w+) \{([^}]*)\}").expect("a pattern");
    let member = Regex::new(r"(\w+) (number|string)(\?)?").expect("a pattern");
    for found in declared.captures_iter(text) {
        let body = found.get(3).expect("a body");
        let fields = member
            .captures_iter(body.as_str())
            .map(|found| field(&lines, body.start(), &found))
            .collect();
        let is_table = &found[1] == "table";
        let declaration = Declaration {
            name: found[2].to_owned(),
            location: lines.location(span(0, found.get(2).expect("a name"))),
            origin: if is_table { TABLE } else { SCHEMA },
            exported: true,
            tags: Tags::default(),
            table_link: is_table.then(|| TableLink {
                table: found[2].to_owned(),
                side: Side::Row,
                listed: None,
            }),
            of_type: None,
            made_of: None,
            keys: None,
            graphql: false,
            null_unchecked: false,
            implements: Vec::new(),
            fields,
            unresolved: None,
        };
        if is_table {
            facts.tables.push(declaration)
        } else {
            facts.schemas.push(declaration)
        }
    }
}

fn field(lines: &LineIndex, offset: usize, found: &Captures<'_>) -> Field {
    let kind = found.get(2).expect("a type");
    Field {
        name: found[1].into(),
        column: Rare::default(),
        location: lines.location(span(offset, found.get(1).expect("a name"))),
        optional: false,
        nullable: found.get(3).is_some(),
        kind: if kind.as_str() == "number" {
            Kind::Number
        } else {
            Kind::String
        },
        constraints: Rare::default(),
        reference: Rare::default(),
        has_default: false,
        sql: None,
        value: Some(span(offset, kind)),
        tags: Rare::default(),
        returned: None,
    }
}

fn span(offset: usize, found: Match<'_>) -> Span {
    let at = |place: usize| u32::try_from(offset + place).expect("a small file");
    Span {
        start: at(found.start()),
        end: at(found.end()),
    }
}

const SQL: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, email text NOT NULL);";

const RIGHT: (&str, &str) = (
    "users.toy",
    "table users {\n  id number;\n  name string?;\n  email string;\n}",
);

const NO_TYPESCRIPT: &str = "types = []";

fn facts(readers: &[&dyn Reader], files: &[(&str, &str)], keys: &str) -> Facts {
    let tree = MemoryTree::new(files.iter().copied());
    read_with(
        readers,
        &Input {
            tree: &tree,
            config: &test_utils::config(keys),
            cache: None,
        },
    )
    .expect("files in memory")
}

/// Lists the findings about `files`, read as toys and as TypeScript.
fn findings(sql: &str, files: &[(&str, &str)], keys: &str) -> Vec<Finding> {
    let facts = facts(&[&Toy, &TypeScript], files, keys);
    let (schema, config, provenance) = (
        test_utils::schema(sql),
        test_utils::config(keys),
        Provenance::default(),
    );
    let input = checks::Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &provenance,
    };
    let (mut findings, _) = checks::verify(&input);
    let mut sources = SourceTexts::default();
    files
        .iter()
        .for_each(|(file, text)| sources.insert((*file).into(), (*text).into()));
    fixes::place(&mut findings, &sources);
    findings
}

fn in_short(findings: &[Finding]) -> Vec<String> {
    let place = |finding: &Finding| {
        finding
            .location()
            .map_or_else(String::new, ToString::to_string)
    };
    findings
        .iter()
        .map(|finding| format!("{} {}", finding.kind, place(finding)))
        .collect()
}

#[test]
fn what_a_new_reader_reads_is_judged_by_every_check() {
    assert_eq!(in_short(&findings(SQL, &[RIGHT], NO_TYPESCRIPT)), [""; 0]);
    let wrong = (
        "users.toy",
        "table users {\n  id string;\n  name string;\n}\ntable tools { id number }",
    );
    let found = findings(SQL, &[wrong], NO_TYPESCRIPT);
    let expected = [
        "MISSING_TABLE users.toy:5:7",
        "TYPE_MISMATCH users.toy:2:3",
        "NULLABILITY_MISMATCH users.toy:3:3",
        "MISSING_FIELD_IN_TYPE users.toy:1:7",
    ];
    assert_eq!(in_short(&found), expected);
    assert_eq!(
        found[3].message, "Missing field 'email' in toy table `users`",
        "named by its origin"
    );
}

#[test]
fn schemas_of_another_language_get_no_suggestions_in_zod() {
    let schema = (
        "user.toy",
        "schema UserSchema {\n  id number;\n  name string;\n  email string;\n}",
    );
    let found = findings(SQL, &[RIGHT, schema], NO_TYPESCRIPT);
    assert_eq!(
        in_short(&found),
        [
            "LOOSE_VALIDATION user.toy:2:3",
            "VALIDATION_NULLABILITY_MISMATCH user.toy:3:3"
        ]
    );
    for finding in found {
        assert!(
            finding.proposal.is_none() && finding.suggestion.is_none() && finding.help.is_none(),
            "{finding:?}"
        );
    }
}

#[test]
fn a_table_is_missed_where_a_reader_was_asked_for_types() {
    let sql = &format!("{SQL} CREATE TABLE posts (id integer PRIMARY KEY, body text NOT NULL);");
    let found = findings(sql, &[RIGHT], NO_TYPESCRIPT);
    assert_eq!(in_short(&found), ["MISSING_TYPE "]);
    let help = found[0].help.as_deref().unwrap_or_default();
    assert!(help.starts_with("declare `table posts { … }`"), "{help}");
    assert_eq!(
        in_short(&findings(sql, &[], NO_TYPESCRIPT)),
        [""; 0],
        "nobody asked for any"
    );
    let post = (
        "post.ts",
        "export interface PostRow { id: number; body: string }",
    );
    assert_eq!(
        in_short(&findings(sql, &[RIGHT, post], "")),
        [""; 0],
        "each reader describes one"
    );
}

#[test]
fn facts_come_in_the_order_of_the_readers_and_are_counted_together() {
    let files = [
        ("b.ts", "export interface B { id: number }"),
        ("a.ts", "export interface A { id: number }"),
        RIGHT,
    ];
    let readers: [&dyn Reader; 2] = [&TypeScript, &Toy];
    let both = facts(&readers, &files, "");
    assert_eq!(
        both.types
            .iter()
            .map(|one| one.name.as_str())
            .collect::<Vec<_>>(),
        ["A", "B"]
    );
    assert_eq!(
        both.tables
            .iter()
            .map(|one| one.origin.id)
            .collect::<Vec<_>>(),
        ["toy"]
    );
    assert_eq!((both.files_walked, both.files_parsed), (3, 3));
    assert_eq!(
        format!("{both:?}"),
        format!("{:?}", facts(&readers, &files, ""))
    );
    let alone = |reader| facts(&[reader], &files, "");
    let mut merged = alone(readers[0]);
    merged.merge(alone(readers[1]));
    assert_eq!(format!("{both:?}"), format!("{merged:?}"));
}

#[test]
fn no_two_origins_have_one_name() {
    let toy: &dyn Reader = &Toy;
    let mut seen = HashSet::new();
    for origin in READERS
        .iter()
        .chain([&toy])
        .flat_map(|reader| reader.origins())
    {
        assert!(seen.insert(origin.id), "{origin:?} is the name of two");
    }
}
