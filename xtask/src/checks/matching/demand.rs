//! Which types the checks ask for: those that may describe a table, as far as their names say, those that schemas are
//! compared with, and those that contracts name. The checks find the same with these types as with all.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use compact_str::format_compact;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::likeness;
use super::names::{is_of_component, type_keys};
use crate::checks::names::Word;
use crate::checks::{names, schema_type_mismatch};
use crate::config::{Config, Mapping};
use crate::schema::model::{ObjectName, Schema};
use crate::schema::provenance::Provenance;
use crate::typescript::demand::{Ask, Asks, Demand};
use crate::typescript::facts::{Declaration, Facts, Parameters};

/// What is asked for to judge the TypeScript against one schema.
pub struct Asked<'s> {
    /// The tables that there are, and those that there were.
    tables: Vec<&'s ObjectName>,
    config: &'s Config,
    /// What the `map` of the configuration names.
    mapped: FxHashSet<&'s str>,
    /// What these come to: it is found once, while the files are being listed.
    prepared: OnceLock<Prepared>,
}

struct Prepared {
    /// As [`names::key`]s: what types of the tables are called; every way to name a row, since a class may implement a type
    /// of that name; the types in the `map` of the configuration.
    names: FxHashSet<Word>,
    /// The tables, in the words that name their rows.
    rows: Vec<Row>,
    fingerprint: u64,
}

/// A table.
struct Row {
    /// How declarations may name it: with its namespace, and by the [`names::key`] of its name, where that is no other's.
    named: Vec<Word>,
    /// The words of the name of its rows.
    words: Vec<Word>,
}

impl<'s> Asked<'s> {
    /// What is asked for to judge against `schema`.
    #[must_use]
    pub fn new(schema: &'s Schema, config: &'s Config, provenance: &'s Provenance) -> Self {
        let gone = provenance.gone_tables().map(|(name, _)| name);
        let tables: BTreeSet<&ObjectName> = schema.tables.keys().chain(schema.views.keys()).chain(gone).collect();
        let mapped = config.map.values().flat_map(types).map(String::as_str).collect();
        Self { tables: tables.into_iter().collect(), config, mapped, prepared: OnceLock::new() }
    }

    fn prepared(&self) -> &Prepared {
        self.prepared.get_or_init(|| {
            let Self { tables, config, mapped, .. } = self;
            let mut hasher = FxHasher::default();
            tables.hash(&mut hasher);
            format!("{:?} {:?}", config.names, config.map).hash(&mut hasher);
            let mut keys: FxHashMap<Word, u32> = FxHashMap::default();
            tables.iter().for_each(|table| *keys.entry(names::key(&table.name)).or_default() += 1);
            let row = |table: &&ObjectName| Row {
                named: std::iter::once(format_compact!("{}.{}", table.namespace, table.name))
                    .chain(Some(names::key(&table.name)).filter(|key| keys[key] == 1))
                    .collect(),
                words: likeness::row_words(&table.name),
            };
            let by_pattern = type_keys(tables, config);
            let mut names = FxHashSet::with_capacity_and_hasher(2 * by_pattern.len(), Default::default());
            names.extend(by_pattern);
            names.extend(tables.iter().flat_map(|table| names::row_names(&table.name)));
            names.extend(mapped.iter().map(|name| names::key(name)));
            Prepared { names, rows: tables.iter().map(row).collect(), fingerprint: hasher.finish() }
        })
    }

    /// What may be taken for a description of a table without one: what is called nearly like it.
    fn alike(&self, facts: &Facts) -> Alike {
        let described: FxHashSet<Word> =
            facts.tables.iter().chain(&facts.types).filter_map(|one| self.states(one)).collect();
        let lacking = self.prepared().rows.iter().filter(|row| !row.named.iter().any(|name| described.contains(name)));
        let mut rows: FxHashMap<Word, Vec<Vec<Word>>> = FxHashMap::default();
        for row in lacking {
            if let Some(last) = row.words.last() {
                rows.entry(last.clone()).or_default().push(row.words.clone());
            }
        }
        Alike { rows }
    }

    /// The table that a declaration says to describe, as [`Row::named`]: then it describes it, whatever it holds.
    fn states(&self, declaration: &Declaration) -> Option<Word> {
        let link = declaration.table_link.as_ref().map(|link| &link.table);
        let table =
            declaration.tags.table.as_ref().or(link).filter(|_| !self.mapped.contains(declaration.name.as_str()))?;
        Some(if table.contains('.') { Word::from(table) } else { names::key(table) })
    }
}

/// What is called nearly like a table.
struct Alike {
    /// The words of the names of the tables' rows, by the last of them.
    rows: FxHashMap<Word, Vec<Vec<Word>>>,
}

impl Alike {
    fn holds(&self, name: &str) -> bool {
        let Some(rows) = likeness::last_word(name).and_then(|last| self.rows.get(&last)) else { return false };
        let thing = likeness::thing(name);
        rows.iter().any(|row| likeness::are_alike(row, &thing))
    }
}

fn types(mapping: &Mapping) -> impl Iterator<Item = &String> {
    mapping.row.iter().chain(&mapping.insert).chain(&mapping.update)
}

impl Demand for Asked<'_> {
    fn prepare(&self) {
        self.prepared();
    }

    fn asks_for(&self, name: &str) -> bool {
        self.prepared().names.contains(&names::key(name))
    }

    fn follow_up(&self, facts: &Facts) -> Option<Asks> {
        let of_exchanges =
            facts.exchanges.iter().flat_map(|exchange| exchange.request.iter().chain(&exchange.response));
        let references = facts.contracts.iter().flat_map(|contract| &contract.references).chain(of_exchanges);
        let of_parameters = facts.contracts.iter().filter_map(|contract| contract.parameters.as_ref());
        let named = references.filter_map(|reference| reference.declaration.as_ref());
        let named = named.chain(of_parameters.filter_map(|Parameters { declaration, .. }| declaration.as_ref()));
        let named: FxHashSet<String> = named.map(|declaration| declaration.name.clone()).collect();
        let (stems, alike) = rayon::join(|| schema_type_mismatch::stems(&facts.schemas), || self.alike(facts));
        Some(Box::new(move |file: &str, name: &str| {
            let may_describe = !is_of_component(file);
            if named.contains(name) || may_describe && alike.holds(name) {
                Ask::Always
            } else if may_describe && stems.contains(&names::key(name)) {
                // A schema is compared with a type that is the only one of its name.
                Ask::Alone
            } else {
                Ask::Not
            }
        }))
    }

    fn fingerprint(&self) -> u64 {
        self.prepared().fingerprint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::test_utils::{config, schema};
    use crate::checks::{Input, verify};
    use crate::tree::MemoryTree;
    use crate::typescript::demand::Everything;
    use crate::typescript::read_asked;

    const KEYS: &str = "types = ['**/*.ts']\nvalidation = ['**/*.ts']\ncontracts = ['api.ts']\nnames.row = ['{Singular}', '{Singular}Row']";
    const SQL: &str = "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE users (id uuid NOT NULL, mood mood NOT NULL, name text NOT NULL); \
                       CREATE TABLE known_jobs (id bigint NOT NULL, task text NOT NULL, run_at timestamptz NOT NULL);";

    /// Each with what is to be found in it by those who see all of it.
    const FILES: &[(&str, &str)] = &[
        ("mood.ts", "export type Mood = 'good' | 'worse';\nexport interface Unasked { a: string }"),
        ("base.ts", "export interface Base { id: number }"),
        (
            "user.ts",
            "import { Mood } from './mood';\nimport { Base } from './base';\nexport interface UserRow extends Base { mood: Mood; name: string | null }",
        ),
        // Kysely says in another file which table it is of.
        ("person.ts", "export interface Person {\n  id: string;\n  mood: 'good' | 'bad';\n  name: number;\n}"),
        ("db.ts", "import { Person } from './person';\nexport interface DB { users: Person }"),
        // Nearly all columns, and the end of the table's name.
        ("job.ts", "export interface DbJob { id: string; task: number; run_at: Date }"),
        // A pair of a type and a schema that describe no table.
        ("query.ts", "export interface SearchQuery { text: string; limit: number }"),
        (
            "schema.ts",
            "import { z } from 'zod';\nexport const SearchQuerySchema = z.object({ text: z.string(), limit: z.number().optional() });\n\
             export const PageSchema = z.object({ text: z.string(), limit: z.number() });",
        ),
        // No pair, since two types have the name: in files that nobody asks for, and in one that is read.
        ("page.ts", "export interface Page { text: string }"),
        ("pages.ts", "export interface Page { limit: number; size: number }"),
        ("book.ts", "export interface Page { text: string; limit: number }\nexport interface User { id: string }"),
        // What a contract names.
        ("answer.ts", "export interface Found { id: string; mood: 'good'; name: string }"),
        (
            "api.ts",
            "import { Found } from './answer';\nexport interface GetUserRequest { id: string }\nexport type GetUserResponse = Found;",
        ),
        ("more.ts", "declare module './user' { interface UserRow { surplus: string } }"),
        (
            "tagged.ts",
            "/** @table users */\nexport interface Anything { id: string; mood: 'good' | 'bad'; name: boolean }",
        ),
    ];

    #[test]
    fn what_is_asked_for_is_found_whatever_file_it_is_in() {
        let (schema, config, provenance) = (schema(SQL), config(KEYS), Provenance::default());
        let tree = MemoryTree::new(FILES.iter().copied());
        let asked = Asked::new(&schema, &config, &provenance);
        let found = |demand: &dyn Demand| {
            let facts = read_asked(&tree, &config, demand, None).unwrap();
            let input = Input { schema: &schema, facts: &facts, config: &config, provenance: &provenance };
            let pages = facts.types.iter().filter(|of| of.name == "Page").count();
            (pages, facts.types.len(), format!("{:#?}", verify(&input).0))
        };
        let (of_asked, of_all) = (found(&asked), found(&Everything));
        assert_eq!(of_asked.2, of_all.2);
        for file in ["mood.ts", "base.ts", "user.ts", "person.ts", "job.ts", "query.ts", "tagged.ts"] {
            assert!(of_asked.2.contains(file), "{file} is not in {}", of_asked.2);
        }
        assert!(of_asked.1 < of_all.1, "{} of {} types", of_asked.1, of_all.1);
        assert_eq!((of_asked.0, of_all.0), (0, 3), "read for their name alone");
    }

    #[test]
    fn names_that_may_be_of_a_table_are_asked_for_and_others_are_not() {
        let (schema, config, provenance) = (schema(SQL), config(KEYS), Provenance::default());
        let asked = Asked::new(&schema, &config, &provenance);
        for name in ["User", "UserRow", "users", "Users.Row", "KnownJobs"] {
            assert!(asked.asks_for(name), "{name}");
        }
        for name in ["Unasked", "UserList", "JobQueue", "Found", "DbJob"] {
            assert!(!asked.asks_for(name), "{name}");
        }
    }

    #[test]
    fn names_that_are_nearly_those_of_a_table_are_asked_for_where_nothing_says_to_describe_it() {
        let (schema, config, provenance) = (schema(SQL), config(KEYS), Provenance::default());
        let asked = Asked::new(&schema, &config, &provenance);
        let facts = |ts: &str| crate::checks::test_utils::facts(ts, &config);
        let nothing = asked.follow_up(&facts("")).unwrap();
        let asks = |file: &str, name: &str| nothing(file, name) == Ask::Always;
        assert!(asks("a.ts", "DbJob") && asks("a.ts", "IJobEntity") && !asks("a.ts", "JobQueue"));
        assert!(!asks("a.tsx", "DbJob"));
        for (table, is_ours) in [("known_jobs", true), ("public.known_jobs", true), ("audit.known_jobs", false)] {
            let tagged = facts(&format!("/** @table {table} */ export interface Work {{ id: string }}"));
            assert_eq!(asked.follow_up(&tagged).unwrap()("a.ts", "DbJob") == Ask::Not, is_ours, "{table}");
        }
    }
}
