//! The table of each tool: its name, its columns, and how its rows name migrations.

use anyhow::{Context as _, Result, bail};
use postgres::{GenericClient, SimpleQueryMessage};

use super::recorder::Recorder;
use crate::config::Layout;
use crate::migrations::Migration;
use crate::migrations::sql::literal;

/// One record of a tool about a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordedMigration {
    /// The version, name or date by which the tool knows it.
    pub key: String,
    /// When it ended, in RFC 3339.
    pub at: Option<String>,
    /// Whether it was begun and not ended.
    pub failed: bool,
    /// Whether the record stands for all migrations up to this one.
    pub is_limit: bool,
    /// The tool's checksum of the file.
    pub checksum: Option<String>,
}

impl RecordedMigration {
    /// Whether the record is about `migration`.
    pub fn covers(&self, recorder: Recorder, migration: &Migration) -> bool {
        let Some(foreign) = &migration.foreign else {
            return false;
        };
        let numbers = || {
            let parts = self.key.split(|one: char| !one.is_ascii_digit());
            let parts = parts.filter(|part| !part.is_empty());
            let mut numbers: Vec<u64> = parts.filter_map(|part| part.parse().ok()).collect();
            while numbers.len() > 1 && numbers.last() == Some(&0) {
                numbers.pop();
            }
            numbers
        };
        if self.is_limit {
            // A repeatable migration has no version, and none is below it.
            return !foreign.version.is_empty() && foreign.order.numbers <= numbers();
        }
        let layout = match recorder {
            Recorder::Of(layout) => layout,
            // The name of the class ends with the date with which the name of the file begins.
            Recorder::TypeOrm => {
                let digits = foreign.title.bytes().take_while(u8::is_ascii_digit).count();
                return digits > 0 && self.key.ends_with(&foreign.title[..digits]);
            }
            // The same code may have run as `.ts` and as the `.js` that was made of it.
            Recorder::Knex | Recorder::Sequelize | Recorder::MikroOrm | Recorder::Kysely => {
                return self.key == foreign.title
                    || self
                        .key
                        .rsplit_once('.')
                        .is_some_and(|(stem, _)| stem == foreign.title);
            }
        };
        match layout {
            Layout::Prisma | Layout::NodePgMigrate => self.key == foreign.title,
            Layout::Diesel => self.key == foreign.version.replace('-', ""),
            Layout::Supabase | Layout::Dbmate => self.key == foreign.version,
            Layout::Sqlx
            | Layout::GolangMigrate
            | Layout::Hasura
            | Layout::Drizzle
            | Layout::Postgrator => foreign.order.numbers == numbers(),
            Layout::Flyway => match foreign.version.as_str() {
                "" => self.key == format!("{}.sql", foreign.title),
                // pg-flyway, which is Flyway for node, only writes some versions down.
                _version if self.key.ends_with(".sql") => {
                    self.key == format!("{}.sql", foreign.title)
                }
                _version => foreign.order.numbers == numbers(),
            },
        }
    }

    /// The key, as a person looks for it.
    pub fn shown(&self) -> &str {
        &self.key
    }
}

/// The table of a tool.
struct HistoryTable {
    /// Its name.
    name: &'static str,
    /// Its namespace, where the tool does not let people choose it.
    namespace: Option<&'static str>,
    /// Columns that tell it from other tools' tables of that name.
    columns: &'static [&'static str],
    /// Columns that such a table of another tool has.
    not: &'static [&'static str],
}

/// The tables of a tool; a newer one comes first.
fn tables(recorder: Recorder) -> Vec<HistoryTable> {
    let table = |name, columns| HistoryTable {
        name,
        namespace: None,
        columns,
        not: &[],
    };
    let layout = match recorder {
        Recorder::Of(layout) => layout,
        Recorder::Knex => {
            return vec![table(
                "knex_migrations",
                &["name", "batch", "migration_time"],
            )];
        }
        Recorder::TypeOrm => return vec![table("migrations", &["id", "timestamp", "name"])],
        Recorder::Sequelize => return vec![table("SequelizeMeta", &["name"])],
        Recorder::MikroOrm => return vec![table("mikro_orm_migrations", &["name", "executed_at"])],
        Recorder::Kysely => return vec![table("kysely_migration", &["name", "timestamp"])],
    };
    match layout {
        Layout::Drizzle => vec![table("__drizzle_migrations", &["hash", "created_at"])],
        Layout::Prisma => vec![table(
            "_prisma_migrations",
            &["migration_name", "finished_at", "rolled_back_at"],
        )],
        Layout::Sqlx => vec![table("_sqlx_migrations", &["version", "success"])],
        Layout::Diesel => vec![table("__diesel_schema_migrations", &["version", "run_on"])],
        Layout::GolangMigrate => vec![table("schema_migrations", &["version", "dirty"])],
        Layout::Dbmate => vec![HistoryTable {
            not: &["dirty", "statements"],
            ..table("schema_migrations", &["version"])
        }],
        Layout::Supabase => vec![HistoryTable {
            namespace: Some("supabase_migrations"),
            ..table("schema_migrations", &["version"])
        }],
        Layout::NodePgMigrate => vec![table("pgmigrations", &["name", "run_on"])],
        Layout::Postgrator => vec![table("schemaversion", &["version", "md5"])],
        Layout::Flyway => {
            let columns = &["installed_rank", "script", "success"];
            // The second one is that of pg-flyway, which is Flyway for node.
            vec![
                table("flyway_schema_history", columns),
                table("__migrations", columns),
            ]
        }
        Layout::Hasura => vec![
            HistoryTable {
                namespace: Some("hdb_catalog"),
                ..table("hdb_version", &["cli_state"])
            },
            HistoryTable {
                namespace: Some("hdb_catalog"),
                ..table("schema_migrations", &["version", "dirty"])
            },
        ],
    }
}

/// The query for the rows: key, time, whether it failed, whether it stands for all before it, and
/// where the tool has one its checksum.
fn query(recorder: Recorder, table: &str) -> String {
    // Times without a zone are shown as they are.
    let time = |column: &str| {
        format!(
            "pg_catalog.to_char({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS') || \
             CASE WHEN pg_catalog.pg_typeof({column}) = 'pg_catalog.timestamptz'::pg_catalog.regtype \
             THEN 'Z' ELSE '' END"
        )
    };
    let layout = match recorder {
        Recorder::Of(layout) => layout,
        Recorder::Knex => {
            return format!(
                "SELECT name, {}, 'f', 'f' FROM {table} ORDER BY id",
                time("migration_time")
            );
        }
        // `timestamp` is the date in the name, not of the run.
        Recorder::TypeOrm => {
            return format!("SELECT name, NULL, 'f', 'f' FROM {table} ORDER BY id");
        }
        Recorder::Sequelize => {
            return format!("SELECT name, NULL, 'f', 'f' FROM {table} ORDER BY name");
        }
        Recorder::MikroOrm => {
            return format!(
                "SELECT name, {}, 'f', 'f' FROM {table} ORDER BY id",
                time("executed_at")
            );
        }
        Recorder::Kysely => {
            return format!("SELECT name, timestamp, 'f', 'f' FROM {table} ORDER BY name");
        }
    };
    match layout {
        // `created_at` is the date of the journal, not of the run.
        Layout::Drizzle => {
            format!("SELECT created_at, NULL, 'f', 'f', hash FROM {table} ORDER BY id")
        }
        Layout::Prisma => format!(
            "SELECT migration_name, {}, finished_at IS NULL, 'f', checksum FROM {table} \
             WHERE rolled_back_at IS NULL ORDER BY started_at",
            time("finished_at")
        ),
        Layout::Sqlx => format!(
            "SELECT version, {}, NOT success, 'f', pg_catalog.encode(checksum, 'hex') FROM {table} \
             ORDER BY version",
            time("installed_on")
        ),
        Layout::Diesel => format!(
            "SELECT version, {}, 'f', 'f' FROM {table} ORDER BY version",
            time("run_on")
        ),
        // One row, with the newest version: `dirty` when it was not ended.
        Layout::GolangMigrate => format!(
            "SELECT version, NULL, 'f', 't' FROM {table} WHERE version >= 0 UNION ALL \
             SELECT version, NULL, 't', 'f' FROM {table} WHERE dirty"
        ),
        Layout::Dbmate | Layout::Supabase => {
            format!("SELECT version, NULL, 'f', 'f' FROM {table} ORDER BY version")
        }
        Layout::NodePgMigrate => format!(
            "SELECT name, {}, 'f', 'f' FROM {table} ORDER BY run_on, id",
            time("run_on")
        ),
        // Version 0 is written before the first migration. Older tables have no time.
        Layout::Postgrator => format!(
            "SELECT version, NULL, 'f', 'f' FROM {table} WHERE version > 0 ORDER BY version"
        ),
        // The last record of a version counts: it may be that it was undone.
        Layout::Flyway => format!(
            "SELECT key, at, failed, is_limit, checksum FROM (
                 SELECT DISTINCT ON (COALESCE(version, script), type = 'BASELINE')
                     COALESCE(version, pg_catalog.regexp_replace(script, '^.*/', '')) AS key, {} AS at,
                     NOT success AS failed, type = 'BASELINE' AS is_limit, type, checksum,
                     installed_rank
                 FROM {table} WHERE type NOT IN ('SCHEMA', 'DELETE')
                 ORDER BY COALESCE(version, script), type = 'BASELINE', installed_rank DESC
             ) AS last WHERE type NOT LIKE 'UNDO%' ORDER BY installed_rank",
            time("installed_on")
        ),
        Layout::Hasura if table.ends_with("hdb_version") => format!(
            "SELECT one.key, NULL, one.value::text = 'true', 'f' FROM {table},
                 LATERAL pg_catalog.jsonb_each(cli_state -> 'migrations') AS source,
                 LATERAL pg_catalog.jsonb_each(source.value) AS one
             ORDER BY one.key::pg_catalog.numeric"
        ),
        Layout::Hasura => {
            format!("SELECT version, NULL, dirty, 'f' FROM {table} ORDER BY version")
        }
    }
}

/// The table of `recorder`, as SQL writes it; `None` where there is none yet. `configured` is its
/// name where the team chose one.
///
/// # Errors
/// Those of the query, and several tables of that name.
pub(super) fn locate(
    client: &mut impl GenericClient,
    recorder: Recorder,
    configured: Option<&str>,
) -> Result<Option<String>> {
    let mut known = tables(recorder);
    if let Some(configured) = configured {
        let (namespace, name) = match configured.split_once('.') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, configured),
        };
        known.truncate(1);
        return match known.first() {
            Some(table) => find(client, namespace, name, table),
            None => Ok(None),
        };
    }
    for table in &known {
        if let Some(found) = find(client, table.namespace, table.name, table)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn find(
    client: &mut impl GenericClient,
    namespace: Option<&str>,
    name: &str,
    table: &HistoryTable,
) -> Result<Option<String>> {
    let has = |column: &&str| {
        format!(
            "EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                     WHERE a.attrelid = c.oid AND a.attname = {} AND NOT a.attisdropped)",
            literal(column)
        )
    };
    let mut conditions: Vec<String> = table.columns.iter().map(has).collect();
    conditions.extend(
        table
            .not
            .iter()
            .map(|column| format!("NOT {}", has(column))),
    );
    conditions.extend(namespace.map(|namespace| format!("n.nspname = {}", literal(namespace))));
    let query = format!(
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
                pg_catalog.pg_table_is_visible(c.oid)
         FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relname = {} AND c.relkind IN ('r', 'p') AND {}
         ORDER BY 2 DESC, 1",
        literal(name),
        conditions.join(" AND ")
    );
    let failed = || format!("cannot look for the table `{name}` of applied migrations");
    let rows = rows(client, &query).with_context(failed)?;
    let names: Vec<&String> = rows
        .iter()
        .filter_map(|row| row.first()?.as_ref())
        .collect();
    let is_visible = |row: &Vec<Option<String>>| row.get(1) == Some(&Some("t".to_owned()));
    match names.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some((*only).clone())),
        [first, ..] if rows.first().is_some_and(is_visible) => Ok(Some((*first).clone())),
        several => bail!(
            "several tables of the database are called `{name}`: `{}`; say which one is meant with `history-table`",
            several
                .iter()
                .map(|name| name.as_str())
                .collect::<Vec<_>>()
                .join("`, `")
        ),
    }
}

/// The records in `table`.
///
/// # Errors
/// Those of the query: a table of another version of the tool.
pub(super) fn read(
    client: &mut impl GenericClient,
    recorder: Recorder,
    table: &str,
) -> Result<Vec<RecordedMigration>> {
    // Read only, so that nothing that a view of this name calls can write; and in one time zone.
    let mut transaction = client.transaction()?;
    transaction.batch_execute("SET TRANSACTION READ ONLY; SET LOCAL TIME ZONE 'UTC'")?;
    let rows = rows(&mut transaction, &query(recorder, table)).with_context(|| {
        format!(
            "cannot read `{table}`, in which {} records what it applied",
            recorder.name()
        )
    })?;
    let is_true = |value: Option<&Option<String>>| {
        value.is_some_and(|value| matches!(value.as_deref(), Some("t" | "true")))
    };
    let record = |row: Vec<Option<String>>| {
        Some(RecordedMigration {
            key: row.first()?.clone()?,
            at: row.get(1).cloned().flatten(),
            failed: is_true(row.get(2)),
            is_limit: is_true(row.get(3)),
            checksum: row.get(4).cloned().flatten(),
        })
    };
    Ok(rows.into_iter().filter_map(record).collect())
}

fn rows(client: &mut impl GenericClient, query: &str) -> Result<Vec<Vec<Option<String>>>> {
    let answer = client
        .simple_query(query)
        .map_err(|error| anyhow::anyhow!(crate::postgres::error::ServerError::from(error)))?;
    let mut rows = Vec::new();
    for message in answer {
        if let SimpleQueryMessage::Row(row) = message {
            let values = (0..row.len()).map(|at| row.get(at).map(str::to_owned));
            rows.push(values.collect());
        }
    }
    Ok(rows)
}
