//! Helpers shared by the tests of checks: SQL and TypeScript in, findings out. The TypeScript goes
//! through the real reader. The few forms of SQL that the cases use are read here, so that the
//! cases need no database.

use super::{Check, Input};
use crate::config::Config;
use crate::facts::Facts;
use crate::readers;
use crate::report::Finding;
use crate::schema::model::{
    Column, Constraint, ConstraintKind, Domain, Enum, Identity, Index, ObjectName, Schema, Table,
    View,
};
use crate::schema::provenance::Provenance;
use crate::source::{LineIndex, Span};
use crate::tree::MemoryTree;

/// Inputs of a check.
#[derive(Debug)]
pub struct Cases {
    /// On which it must find exactly one thing.
    pub failing: &'static [Case],
    /// On which no check may find anything.
    pub passing: &'static [Case],
}

/// An input of a check, and what it must find.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The database.
    pub sql: &'static str,
    /// The one TypeScript file.
    pub ts: &'static str,
    /// The line of the file at which the finding must be.
    pub at: Option<u32>,
    /// The field that it must be about.
    pub field: Option<&'static str>,
    /// Configuration keys.
    pub configuration: &'static str,
}

/// Only routes and contracts are read.
pub const ENDPOINTS: &str = "types = []\nroutes = ['**/*.ts']\ncontracts = ['**/*.ts']";

/// Only schemas are read, and zod is imported.
const ZOD: &str = "types = []\nvalidation = ['**/*.ts']";

/// The file is a Prisma schema.
const PRISMA: &str = "types = []\nprisma = ['*.prisma']";

impl Case {
    /// Nothing must be found.
    pub const fn passing(sql: &'static str, ts: &'static str) -> Self {
        Self {
            sql,
            ts,
            at: None,
            field: None,
            configuration: "",
        }
    }

    /// One thing about a field must be found, at a line.
    pub const fn failing(
        sql: &'static str,
        ts: &'static str,
        (line, field): (u32, &'static str),
    ) -> Self {
        Self {
            sql,
            ts,
            at: Some(line),
            field: Some(field),
            configuration: "",
        }
    }

    /// One thing about the entity as a whole must be found, at a line.
    pub const fn failing_entity(sql: &'static str, ts: &'static str, line: u32) -> Self {
        Self {
            sql,
            ts,
            at: Some(line),
            field: None,
            configuration: "",
        }
    }

    /// One thing about an endpoint must be found, at a line.
    pub const fn endpoints(ts: &'static str, line: u32) -> Self {
        Self {
            sql: "",
            ts,
            at: Some(line),
            field: None,
            configuration: ENDPOINTS,
        }
    }

    /// As [`Case::failing`], of a Prisma schema.
    pub const fn prisma(sql: &'static str, text: &'static str, at: (u32, &'static str)) -> Self {
        Self {
            configuration: PRISMA,
            ..Self::failing(sql, text, at)
        }
    }

    /// As [`Case::passing`], of a Prisma schema.
    pub const fn prisma_passing(sql: &'static str, text: &'static str) -> Self {
        Self {
            configuration: PRISMA,
            ..Self::passing(sql, text)
        }
    }

    /// As [`Case::failing`], of a validation schema; `import { z } from 'zod'` is line 1.
    pub const fn validation(sql: &'static str, ts: &'static str, at: (u32, &'static str)) -> Self {
        Self {
            configuration: ZOD,
            ..Self::failing(sql, ts, at)
        }
    }

    /// As [`Case::passing`], of a validation schema.
    pub const fn valid(sql: &'static str, ts: &'static str) -> Self {
        Self {
            configuration: ZOD,
            ..Self::passing(sql, ts)
        }
    }

    /// Why the check, and no other, does not find the one thing; none when it does.
    pub fn not_found(&self, check: &Check) -> Option<String> {
        let findings = self.findings();
        let seen: Vec<_> = findings
            .iter()
            .map(|finding| (finding.kind, finding.field.as_deref(), ts_line(finding)))
            .collect();
        let wanted = [(check.kind, self.field, self.at)];
        (seen != wanted).then(|| {
            format!(
                "{}\n{}\n  wanted {wanted:?}\n  found {}",
                self.sql,
                self.ts,
                shown(&findings)
            )
        })
    }

    /// Describes the findings of a case in which nothing is wrong; `None` where there are none.
    pub fn false_alarm(&self) -> Option<String> {
        let findings = self.findings();
        (!findings.is_empty())
            .then(|| format!("{}\n{}\n  found {}", self.sql, self.ts, shown(&findings)))
    }

    fn findings(&self) -> Vec<Finding> {
        let (schema, config) = (schema(self.sql), config(self.configuration));
        let ts = if self.configuration == ZOD {
            format!("import {{ z }} from 'zod';\n{}", self.ts)
        } else {
            self.ts.into()
        };
        let provenance = provenance(self.sql);
        let facts = facts(&ts, &config);
        super::verify(&Input {
            schema: &schema,
            facts: &facts,
            config: &config,
            provenance: &provenance,
        })
        .0
    }
}

fn ts_line(finding: &Finding) -> Option<u32> {
    finding
        .labels
        .iter()
        .find(|label| !label.location.file.ends_with(".sql"))
        .map(|label| label.location.line)
}

fn shown(findings: &[Finding]) -> String {
    let each = findings.iter().map(|finding| {
        format!(
            "{} at {:?}: {}; {:?}",
            finding.kind,
            ts_line(finding),
            finding.title(),
            finding.proposal
        )
    });
    each.collect::<Vec<_>>().join("\n        ")
}

/// The configuration with these keys; `types` and `drizzle` are every file unless said otherwise.
pub fn config(keys: &str) -> Config {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("db.toml");
    let types = if keys.contains("types =") {
        ""
    } else {
        "types = ['**/*.ts']\ndrizzle = ['**/*.ts']\n"
    };
    std::fs::write(&file, format!("{types}{keys}")).expect("a file");
    Config::load(folder.path(), Some(&file)).expect("a configuration")
}

/// Returns the facts that the real reader finds in one file.
pub fn facts(ts: &str, config: &Config) -> Facts {
    if !config.sources.prisma_is_stated {
        return crate::typescript::test_utils::read([("case.ts", ts)], config);
    }
    let tree = MemoryTree::new([("case.prisma", ts)]);
    let input = readers::Input {
        tree: &tree,
        config,
        cache: None,
    };
    readers::read(&input).expect("a file in memory")
}

/// Returns the safe changes for the findings about `ts` beside the tables of `sql`, with everything
/// but contracts asked for.
pub fn safe_changes(sql: &str, ts: &str) -> Vec<String> {
    let (schema, config) = (schema(sql), config("validation = ['**/*.ts']"));
    let (provenance, facts) = (provenance(sql), facts(ts, &config));
    let input = Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &provenance,
    };
    let (findings, _coverage) = super::verify(&input);
    let proposals = findings.into_iter().filter_map(|finding| finding.proposal);
    let safe = proposals.filter(|proposal| proposal.safe);
    safe.map(|proposal| proposal.text).collect()
}

/// The schema that the statements make: `CREATE TABLE`, `VIEW` (with a list of columns), `TYPE … AS
/// ENUM`, `DOMAIN`, `DROP TABLE`.
pub fn schema(sql: &str) -> Schema {
    let mut schema = Schema::default();
    for statement in statements(sql) {
        match statement.strip_prefix(DROP) {
            Some(table) => drop(schema.tables.remove(&ObjectName::public(table))),
            None => create(&mut schema, statement),
        }
    }
    schema
}

const DROP: &str = "DROP TABLE ";

fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(';')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
}

/// Returns the provenance of the tables that the statements drop.
fn provenance(sql: &str) -> Provenance {
    let mut provenance = Provenance::default();
    let place =
        LineIndex::new("migrations/V1__case.sql".into(), sql.into()).location(Span::default());
    for (at, table) in statements(sql)
        .enumerate()
        .filter_map(|(at, one)| Some((at, one.strip_prefix(DROP)?)))
    {
        let name = ObjectName::public(table);
        let before: Vec<&str> = statements(sql).take(at).collect();
        let columns = schema(&before.join(";"))
            .tables
            .remove(&name)
            .expect("a table to drop")
            .columns;
        columns
            .into_iter()
            .for_each(|column| provenance.touch_column(name.clone(), column.name, place.clone()));
        provenance.lose_table(name.clone(), place.clone());
        provenance.forget_table(&name);
    }
    provenance
}

fn create(schema: &mut Schema, statement: &str) {
    let mut words = statement.split_whitespace().skip(1);
    let what = words.next().expect("an object kind");
    let name = ObjectName::public(words.next().expect("a name"));
    let body = statement.split_once('(').map_or("", |(_, rest)| {
        rest.trim_end().strip_suffix(')').unwrap_or(rest)
    });
    match what {
        "TYPE" => {
            let labels = items(body).iter().map(|item| unquote(item)).collect();
            schema.enums.insert(
                name,
                Enum {
                    labels,
                    ..Enum::default()
                },
            );
        }
        "DOMAIN" => drop(schema.domains.insert(name, domain(statement))),
        "TABLE" => {
            let table = table(schema, body);
            schema.tables.insert(name, table);
        }
        "VIEW" => {
            let columns = table(schema, body).columns;
            schema.views.insert(
                name,
                View {
                    columns,
                    ..View::default()
                },
            );
        }
        other => panic!("no {other} in cases"),
    }
}

fn domain(statement: &str) -> Domain {
    let (_, ty) = statement.split_once(" AS ").expect("a type");
    let (ty, check) = ty.split_once(" CHECK ").unwrap_or((ty, ""));
    let check = (!check.is_empty()).then(|| ("check".to_owned(), format!("CHECK ({check})")));
    Domain {
        type_name: format_type(ty, &Schema::default()),
        checks: check.into_iter().collect(),
        ..Domain::default()
    }
}

fn table(schema: &Schema, body: &str) -> Table {
    let mut table = Table::default();
    for item in items(body) {
        let key = [
            ("UNIQUE ", ConstraintKind::Unique),
            ("PRIMARY KEY ", ConstraintKind::PrimaryKey),
        ]
        .into_iter()
        .find(|(words, _)| item.starts_with(words));
        if let Some((_, kind)) = key {
            let columns = item.split_once('(').map_or("", |(_, columns)| columns);
            let columns = columns.trim_end_matches(')').split(", ");
            let columns = columns.map(str::to_owned).collect();
            constrain(&mut table, kind, columns, item);
        } else if let Some(index) = item.strip_prefix("INDEX USING ") {
            let name = format!("index_{}", table.indexes.len());
            let definition = format!("CREATE INDEX {name} ON public.t USING {index}");
            let index = Index {
                definition,
                ..Index::default()
            };
            table.indexes.insert(name, index);
        } else if let Some(check) = item.strip_prefix("CHECK ") {
            constrain(
                &mut table,
                ConstraintKind::Check,
                Vec::new(),
                format!("CHECK ({})", in_list_as_any(check)),
            );
        } else {
            let (column, keys) = column(schema, &item);
            for kind in keys {
                let target = item
                    .split_once(" REFERENCES ")
                    .filter(|_| kind == ConstraintKind::ForeignKey);
                let definition =
                    target.map(|(_, to)| format!("FOREIGN KEY ({}) REFERENCES {to}", column.name));
                constrain(
                    &mut table,
                    kind,
                    vec![column.name.clone()],
                    definition.unwrap_or_default(),
                );
            }
            table.columns.push(column);
        }
    }
    table
}

fn constrain(table: &mut Table, kind: ConstraintKind, columns: Vec<String>, definition: String) {
    let name = format!("constraint_{}", table.constraints.len());
    table.constraints.insert(
        name,
        Constraint {
            kind,
            columns,
            definition,
            ..Constraint::default()
        },
    );
}

fn column(schema: &Schema, item: &str) -> (Column, Vec<ConstraintKind>) {
    let (name, rest) = item.split_once(' ').expect("a name and a type");
    let clauses = [
        "NOT NULL",
        "DEFAULT",
        "GENERATED",
        "PRIMARY KEY",
        "REFERENCES",
    ];
    let end = clauses
        .iter()
        .filter_map(|clause| rest.find(clause))
        .min()
        .unwrap_or(rest.len());
    let (ty, options) = rest.split_at(end);
    let has = |clause: &str| options.contains(clause);
    let keys = [
        (ConstraintKind::PrimaryKey, "PRIMARY KEY"),
        (ConstraintKind::ForeignKey, "REFERENCES"),
    ];
    let column = Column {
        name: name.to_owned(),
        type_name: format_type(ty, schema),
        not_null: has("NOT NULL") || has("PRIMARY KEY") || has("AS IDENTITY"),
        default: options
            .split_once("DEFAULT ")
            .filter(|_| !has("AS IDENTITY"))
            .map(|(_, value)| value.to_owned()),
        identity: has("ALWAYS AS IDENTITY")
            .then_some(Identity::Always)
            .or(has("BY DEFAULT AS IDENTITY").then_some(Identity::ByDefault)),
        generated: has("STORED").then(|| options.to_owned()),
        ..Column::default()
    };
    (
        column,
        keys.into_iter()
            .filter(|(_, clause)| has(clause))
            .map(|(kind, _)| kind)
            .collect(),
    )
}

/// As PostgreSQL's `format_type` writes it.
fn format_type(ty: &str, schema: &Schema) -> String {
    let ty = ty.trim();
    let (element, array) = ty
        .strip_suffix("[]")
        .map_or((ty, ""), |element| (element, "[]"));
    let (name, modifiers) = element
        .find('(')
        .map_or((element, ""), |at| element.split_at(at));
    let object = ObjectName::public(name);
    let full = match name {
        "varchar" => "character varying",
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        "float8" => "double precision",
        other => other,
    };
    let known = schema.enums.contains_key(&object) || schema.domains.contains_key(&object);
    if known {
        format!("public.{name}{array}")
    } else {
        format!("{full}{modifiers}{array}")
    }
}

/// `(x IN ('a', 'b'))` as PostgreSQL gives it back.
fn in_list_as_any(check: &str) -> String {
    match check.split_once(" IN (") {
        Some((left, list)) => format!("{left} = ANY (ARRAY[{}", list.replacen(')', "])", 1)),
        None => check.to_owned(),
    }
}

/// The parts between commas outside of parentheses and quotes.
fn items(body: &str) -> Vec<String> {
    let (mut depth, mut quoted) = (0_i32, false);
    let parts = body.split(|character| {
        quoted ^= character == '\'';
        depth += match character {
            '(' => 1,
            ')' => -1,
            _other => 0,
        };
        character == ',' && depth == 0 && !quoted
    });
    parts
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|part| !part.is_empty())
        .collect()
}

fn unquote(text: &str) -> String {
    text.trim_matches('\'').to_owned()
}
