//! The tables that a program gives to Kysely: the interface in `Kysely<Database>`, and the values
//! that its rows hold.

use std::collections::BTreeSet;

use regex::Regex;

use super::read;
use crate::tree::Tree;

/// The types whose parsers programs replace, by the name or number that `setTypeParser` takes.
const PARSED_TYPES: &[(&str, &str, &str)] =
    &[("INT8", "20", "int8"), ("NUMERIC", "1700", "numeric")];

/// What is known of a program's use of Kysely.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KyselyUse {
    /// The files that declare an interface of all tables, or the type of one of them.
    pub(super) files: Vec<String>,
    /// The driver below it, where it is seen, and nothing parses values in an unknown way.
    pub(super) driver: Option<&'static str>,
    /// PostgreSQL types that the program parses itself, and the kind that they become.
    pub(super) parsed: Vec<(&'static str, &'static str)>,
}

/// Looks for `Kysely<…>` in the sources `files`.
pub(super) fn find(tree: &dyn Tree, files: &[&String]) -> KyselyUse {
    let Some(patterns) = Patterns::new() else {
        return KyselyUse::default();
    };
    let mut names = BTreeSet::new();
    let mut drivers = BTreeSet::new();
    let mut parsers = Some(BTreeSet::new());
    for file in files {
        let text = read(tree, file);
        if text.contains("Kysely<") {
            let given = patterns.given.captures_iter(&text);
            names.extend(given.map(|found| found[1].to_owned()));
        }
        if text.contains("PostgresDialect") && text.contains("kysely") {
            drivers.insert("node-postgres");
        }
        if text.contains("PostgresJSDialect") {
            drivers.insert("postgres-js");
        }
        if text.contains("setTypeParser") {
            let own = patterns.parsers(&text);
            parsers = parsers.zip(own).map(|(mut all, own)| {
                all.extend(own);
                all
            });
        }
    }
    if names.is_empty() {
        return KyselyUse::default();
    }
    let declaring = |names: &BTreeSet<String>| -> BTreeSet<String> {
        let declares = |file: &&&String| patterns.declares_any(&read(tree, file), names);
        files
            .iter()
            .filter(declares)
            .map(|file| (*file).clone())
            .collect()
    };
    let lists = declaring(&names);
    let texts = lists.iter().map(|file| read(tree, file));
    let listed = texts.flat_map(|text| patterns.listed(&text, &names));
    let listed: BTreeSet<String> = listed.collect();
    let files = lists.union(&declaring(&listed)).cloned().collect();
    KyselyUse {
        files,
        driver: drivers
            .first()
            .copied()
            .filter(|_| drivers.len() == 1 && parsers.is_some()),
        parsed: parsers.unwrap_or_default().into_iter().collect(),
    }
}

struct Patterns {
    given: Regex,
    declared: Regex,
    member: Regex,
    parser: Regex,
}

impl Patterns {
    fn new() -> Option<Self> {
        let regex = |pattern| Regex::new(pattern).ok();
        Some(Self {
            given: regex(r"\bKysely<\s*(\w+)\s*>")?,
            declared: regex(r"\b(?:interface|type)\s+(\w+)\b[^;{]*\{")?,
            member: regex(r"\w\W*?:\s*(\w+)\s*[;,\n}]")?,
            parser: regex(r"\bsetTypeParser\s*\(\s*(?:[\w.]*\.)?(\w+)\s*,([^;]*)")?,
        })
    }

    fn declares_any(&self, text: &str, names: &BTreeSet<String>) -> bool {
        let mut declared = self.declared.captures_iter(text);
        declared.any(|found| names.contains(&found[1]))
    }

    /// The types of the members of those interfaces in `text` that have one of `names`.
    fn listed(&self, text: &str, names: &BTreeSet<String>) -> BTreeSet<String> {
        let mut listed = BTreeSet::new();
        for found in self.declared.captures_iter(text) {
            let (Some(whole), true) = (found.get(0), names.contains(&found[1])) else {
                continue;
            };
            let rest = &text[whole.end()..];
            let body = &rest[..rest.find('}').map_or(rest.len(), |end| end + 1)];
            let members = self.member.captures_iter(body);
            listed.extend(members.map(|member| member[1].to_owned()));
        }
        listed
    }

    /// The types that `text` parses, and what they become; `None` where one is not understood.
    fn parsers(&self, text: &str) -> Option<Vec<(&'static str, &'static str)>> {
        let found = self.parser.captures_iter(text);
        found
            .map(|found| Some((parsed_type(&found[1])?, kind(&found[2])?)))
            .collect()
    }
}

fn parsed_type(name: &str) -> Option<&'static str> {
    let row = PARSED_TYPES
        .iter()
        .find(|row| row.0 == name || row.1 == name)?;
    Some(row.2)
}

fn kind(parser: &str) -> Option<&'static str> {
    if parser.contains("BigInt") {
        return Some("bigint");
    }
    let numbers = ["parseInt", "parseFloat", "Number"];
    numbers
        .iter()
        .any(|name| parser.contains(name))
        .then_some("number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn found(files: &[(&str, &str)]) -> KyselyUse {
        let tree = MemoryTree::new(files.iter().copied());
        let names: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        find(&tree, &names.iter().collect::<Vec<_>>())
    }

    const TABLES: (&str, &str) = (
        "src/tables.ts",
        "import { Users } from './users';\nexport interface Database {\n  users: Users;\n}",
    );

    #[test]
    fn the_interface_that_kysely_is_given_is_found_with_its_driver() {
        let opened = "import { Kysely, PostgresDialect } from 'kysely';
             import type { Database } from './tables';
             export const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });";
        let users = ("src/users.ts", "export interface Users { id: string }");
        let used = found(&[TABLES, ("src/db.ts", opened), users]);
        assert_eq!(used.files, ["src/tables.ts", "src/users.ts"]);
        assert_eq!(used.driver, Some("node-postgres"));
        assert_eq!(used.parsed, []);
    }

    #[test]
    fn values_that_the_program_parses_are_known_or_leave_the_driver_open() {
        let program = |parser: &str| {
            let text = format!(
                "import {{ Kysely, PostgresDialect }} from 'kysely';\n{parser}\nlet db: Kysely<Database>;"
            );
            found(&[TABLES, ("src/db.ts", &text)])
        };
        let number =
            program("pg.types.setTypeParser(pg.types.builtins.INT8, (v) => parseInt(v, 10));");
        assert_eq!(number.parsed, [("int8", "number")]);
        assert_eq!(number.driver, Some("node-postgres"));
        let by_number = program("types.setTypeParser(20, BigInt);");
        assert_eq!(by_number.parsed, [("int8", "bigint")]);
        let own =
            program("types.setTypeParser(types.builtins.TIMESTAMPTZ, Temporal.Instant.from);");
        assert_eq!(own.driver, None);
    }

    #[test]
    fn nothing_is_said_without_kysely() {
        let used = found(&[
            TABLES,
            ("src/a.ts", "import { PostgresDialect } from 'kysely';"),
        ]);
        assert_eq!(used, KyselyUse::default());
    }
}
