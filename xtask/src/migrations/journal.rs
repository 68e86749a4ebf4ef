//! The journal, which keeps facts that refinery's history does not. It says how to undo each
//! applied migration and holds digests of the catalogs before and after it. It also holds the
//! progress of a migration without transaction. The journal is a table beside the history table.

use anyhow::{Context as _, Result, bail};
use postgres::{GenericClient, SimpleQueryMessage, SimpleQueryRow};

use super::sql::literal;
use super::{Down, Migration, history, is_no_transaction};
use crate::postgres::catalog::JOURNAL_TABLE;

/// How far a migration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A migration without transaction is running, or was interrupted.
    Applying,
    /// Done.
    Applied,
    /// A down file without transaction is running, or was interrupted.
    RollingBack,
}

impl Phase {
    fn as_str(self) -> &'static str {
        match self {
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::RollingBack => "rolling back",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        match text {
            "applying" => Ok(Self::Applying),
            "applied" => Ok(Self::Applied),
            "rolling back" => Ok(Self::RollingBack),
            other => bail!(
                "`phase` is `{other}`, which is none of `applying`, `applied`, `rolling back`"
            ),
        }
    }
}

/// A row of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The number after `V`.
    pub version: i64,
    /// The part of the file name after `__`.
    pub name: String,
    /// How far it is.
    pub phase: Phase,
    /// The progress of a run without transaction that is not finished.
    pub progress: Option<Progress>,
    /// refinery's checksum of the SQL that was applied.
    pub checksum: String,
    /// How to undo it, as it was when it was applied.
    pub down: Down,
    /// Digest of the catalogs before it; `None` where none was taken.
    pub catalog_before: Option<String>,
    /// Digest of the catalogs after it; `None` where none was taken.
    pub catalog_after: Option<String>,
}

/// How far a run without transaction has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The text that is run, as it was when the run began.
    pub sql: String,
    /// The statement (from 1) that is next. Those before it are done.
    pub next: usize,
    /// The state before that statement; `None` when the statement has certainly not run.
    pub before: Option<StateBefore>,
}

/// The state just before a statement that may have run, or not, or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateBefore {
    /// Digest of the catalogs.
    pub catalog: String,
    /// The indexes that were not valid, as `namespace.name`.
    pub invalid_indexes: Vec<String>,
}

/// The journal's table, in the namespace of the history table `history_table`.
#[must_use]
pub fn table(history_table: &str) -> String {
    match history_table.rsplit_once('.') {
        Some((namespace, _)) => format!("{namespace}.{JOURNAL_TABLE}"),
        None => JOURNAL_TABLE.to_owned(),
    }
}

/// Creates the table where it does not exist.
pub fn create(client: &mut impl GenericClient, history_table: &str) -> Result<()> {
    let table = table(history_table);
    let ddl = format!(
        "CREATE TABLE IF NOT EXISTS {table} (
             version bigint PRIMARY KEY,
             name text NOT NULL,
             phase text NOT NULL CHECK (phase IN ('applying', 'applied', 'rolling back')),
             running_sql text,
             next_statement integer,
             catalog_at_statement text,
             invalid_indexes text[],
             checksum text NOT NULL,
             down_file text NOT NULL,
             down_sql text,
             irreversible text,
             catalog_before text,
             catalog_after text,
             catalog_stamp text,
             recorded_at timestamptz NOT NULL DEFAULT now(),
             CHECK ((down_sql IS NULL) <> (irreversible IS NULL))
         )"
    );
    client
        .batch_execute(&ddl)
        .with_context(|| format!("cannot create the journal `{table}`"))
}

/// Adds the column for stamps of the catalogs to a journal of an earlier version of the tool. It
/// gives up after 100 ms without the lock: a backup may be reading the table for hours, and the
/// next run will do.
pub fn add_stamps(client: &mut impl GenericClient, history_table: &str) -> Result<()> {
    let table = table(history_table);
    let failed = || format!("cannot extend the journal `{table}`");
    let mut transaction = client.transaction().with_context(failed)?;
    let ddl = format!(
        "SET LOCAL lock_timeout = '100ms'; ALTER TABLE {table} ADD COLUMN IF NOT EXISTS catalog_stamp text"
    );
    transaction.batch_execute(&ddl).with_context(failed)?;
    transaction.commit().with_context(failed)
}

/// Every entry by version; none where the table does not exist yet.
pub fn read(client: &mut impl GenericClient, history_table: &str) -> Result<Vec<JournalEntry>> {
    let table = table(history_table);
    if !history::exists(client, &table)? {
        return Ok(Vec::new());
    }
    let answer = client.simple_query(&select_sql(history_table));
    parse(
        &answer.with_context(|| format!("cannot read the journal `{table}`"))?,
        history_table,
    )
}

/// The SQL that reads the table, which can be sent together with other statements.
#[must_use]
pub fn select_sql(history_table: &str) -> String {
    format!(
        "SELECT version, name, phase, running_sql, next_statement, catalog_at_statement,
                pg_catalog.array_to_json(invalid_indexes) AS invalid_indexes, checksum, down_file, down_sql, irreversible,
                catalog_before, catalog_after FROM {} ORDER BY version",
        table(history_table)
    )
}

/// The entries in the answer to [`select_sql`].
///
/// # Errors
/// When a row was changed by hand.
pub fn parse(answer: &[SimpleQueryMessage], history_table: &str) -> Result<Vec<JournalEntry>> {
    // The answer may hold rows of other statements: only ours have this column.
    let is_ours = |row: &&SimpleQueryRow| {
        row.columns()
            .iter()
            .any(|column| column.name() == "down_file")
    };
    let rows = answer.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _other => None,
    });
    let parsed = rows.filter(is_ours).map(parse_row).collect::<Result<_>>();
    parsed.with_context(|| {
        format!(
            "the journal `{}` was changed by hand; correct the row",
            table(history_table)
        )
    })
}

/// The entry of a migration as it is recorded.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The number after `V`.
    pub version: i64,
    /// The text after `__`.
    pub name: &'a str,
    /// refinery's checksum of the SQL that was applied.
    pub checksum: u64,
    /// How to undo it.
    pub down: &'a Down,
    /// How far it is.
    pub phase: Phase,
}

impl<'a> Record<'a> {
    /// The entry of `migration` in `phase`.
    #[must_use]
    pub fn of(migration: &'a Migration, phase: Phase) -> Self {
        let Migration {
            version,
            name,
            checksum,
            down,
            ..
        } = migration;
        Self {
            version: *version,
            name,
            checksum: *checksum,
            down,
            phase,
        }
    }
}

/// Records a migration, and replaces an earlier entry of its version.
pub fn record(
    client: &mut impl GenericClient,
    history_table: &str,
    record: Record<'_>,
) -> Result<()> {
    let failed = || {
        format!(
            "cannot record `V{}__{}` in the journal",
            record.version, record.name
        )
    };
    client
        .batch_execute(&record_sql(history_table, record))
        .with_context(failed)
}

/// The SQL of [`record`], which can be sent together with other statements. It clears the progress
/// and the digests of an earlier run of the version.
#[must_use]
pub fn record_sql(history_table: &str, record: Record<'_>) -> String {
    let (down_sql, irreversible) = match record.down {
        Down::Sql { sql, .. } => (literal(sql), "NULL".to_owned()),
        Down::Irreversible { reason, .. } => ("NULL".to_owned(), literal(reason)),
    };
    format!(
        "INSERT INTO {} (version, name, phase, checksum, down_file, down_sql, irreversible)
         VALUES ({}, {}, {}, {}, {}, {down_sql}, {irreversible})
         ON CONFLICT (version) DO UPDATE SET name = excluded.name, phase = excluded.phase,
             checksum = excluded.checksum, down_file = excluded.down_file, down_sql = excluded.down_sql,
             irreversible = excluded.irreversible, recorded_at = excluded.recorded_at,
             running_sql = NULL, next_statement = NULL, catalog_at_statement = NULL, invalid_indexes = NULL,
             catalog_before = NULL, catalog_after = NULL",
        table(history_table),
        record.version,
        literal(record.name),
        literal(record.phase.as_str()),
        literal(&record.checksum.to_string()),
        literal(record.down.file()),
    )
}

/// Records that the run of `sql`, forward or back, is in `phase` and begins with its first
/// statement.
pub fn begin_run(
    client: &mut impl GenericClient,
    history_table: &str,
    version: i64,
    phase: Phase,
    sql: &str,
) -> Result<()> {
    let statement = format!(
        "UPDATE {} SET phase = $2, running_sql = $3, next_statement = 1, catalog_at_statement = NULL,
                       invalid_indexes = NULL, recorded_at = now()
         WHERE version = $1",
        table(history_table)
    );
    client
        .execute(&statement, &[&version, &phase.as_str(), &sql])
        .context("cannot record the run in the journal")?;
    Ok(())
}

/// Records that statement `next` (from 1) of a run is next; with `before`, that it is about to run.
pub fn set_next(
    client: &mut impl GenericClient,
    history_table: &str,
    version: i64,
    next: usize,
    before: Option<&StateBefore>,
) -> Result<()> {
    let statement = format!(
        "UPDATE {} SET next_statement = $2, catalog_at_statement = $3, invalid_indexes = $4, recorded_at = now()
         WHERE version = $1",
        table(history_table)
    );
    let next = i32::try_from(next).context("too many statements")?;
    let catalog = before.map(|before| before.catalog.as_str());
    let invalid = before.map(|before| before.invalid_indexes.as_slice());
    client
        .execute(&statement, &[&version, &next, &catalog, &invalid])
        .with_context(|| format!("cannot record in the journal that statement {next} is next"))?;
    Ok(())
}

/// Records that a run back stopped before its first statement, so that the migration is applied as
/// it was.
pub fn abandon_run(
    client: &mut impl GenericClient,
    history_table: &str,
    version: i64,
) -> Result<()> {
    let statement = format!(
        "UPDATE {} SET phase = $2, running_sql = NULL, next_statement = NULL, catalog_at_statement = NULL,
                       invalid_indexes = NULL
         WHERE version = $1",
        table(history_table)
    );
    let applied = Phase::Applied.as_str();
    client
        .execute(&statement, &[&version, &applied])
        .context("cannot record in the journal that nothing was undone")?;
    Ok(())
}

/// Records the text of a run that was edited after it began.
pub fn set_running_sql(
    client: &mut impl GenericClient,
    history_table: &str,
    version: i64,
    sql: &str,
) -> Result<()> {
    let statement = format!(
        "UPDATE {} SET running_sql = $2 WHERE version = $1",
        table(history_table)
    );
    client
        .execute(&statement, &[&version, &sql])
        .context("cannot record the edited text in the journal")?;
    Ok(())
}

/// The SQL that reads the stamp recorded with the newest migration, as the column `last_stamp`.
#[must_use]
pub fn last_stamp_sql(history_table: &str) -> String {
    format!(
        "SELECT catalog_stamp AS last_stamp FROM {} ORDER BY version DESC LIMIT 1",
        table(history_table)
    )
}

/// Records the stamp of catalogs that were compared whole, outside of a run. It gives up after 100
/// ms without the lock: a stamp only saves time.
pub fn leave_stamp(
    client: &mut impl GenericClient,
    history_table: &str,
    version: i64,
    stamp: &str,
) -> Result<()> {
    let failed = "cannot record the stamp of the catalogs in the journal";
    let mut transaction = client.transaction().context(failed)?;
    transaction
        .batch_execute("SET LOCAL lock_timeout = '100ms'")
        .context(failed)?;
    set_stamp(&mut transaction, history_table, version, stamp)?;
    transaction.commit().context(failed)
}

/// Records the stamp of catalogs that were compared whole, with the newest migration.
pub fn set_stamp(
    client: &mut impl GenericClient,
    history_table: &str,
    version: i64,
    stamp: &str,
) -> Result<()> {
    let statement = format!(
        "UPDATE {} SET catalog_stamp = {} WHERE version = {version}",
        table(history_table),
        literal(stamp)
    );
    client
        .batch_execute(&statement)
        .context("cannot record the stamp of the catalogs in the journal")
}

/// Records the digests of the catalogs before and after a migration. `None` keeps the digest that
/// is there.
pub fn set_catalogs(
    client: &mut impl GenericClient,
    history_table: &str,
    version: i64,
    before: Option<&str>,
    after: Option<&str>,
) -> Result<()> {
    let statement = format!(
        "UPDATE {} SET catalog_before = coalesce($2, catalog_before), catalog_after = coalesce($3, catalog_after)
         WHERE version = $1",
        table(history_table)
    );
    client
        .execute(&statement, &[&version, &before, &after])
        .context("cannot record the digests of the catalogs in the journal")?;
    Ok(())
}

fn progress(row: &SimpleQueryRow) -> Result<Option<Progress>> {
    let (Some(sql), Some(next)) = (row.try_get("running_sql")?, row.try_get("next_statement")?)
    else {
        return Ok(None);
    };
    let invalid_indexes = match row.try_get("invalid_indexes")? {
        Some(list) => {
            serde_json::from_str(list).context("`invalid_indexes` is no list of names")?
        }
        None => Vec::new(),
    };
    let catalog = row.try_get("catalog_at_statement")?;
    let before = catalog.map(|catalog| StateBefore {
        catalog: catalog.to_owned(),
        invalid_indexes,
    });
    let next = next.parse().context("`next_statement` is negative")?;
    Ok(Some(Progress {
        sql: sql.to_owned(),
        next,
        before,
    }))
}

/// Removes the entry of `version`, if there is one: a migration of another tool has none.
pub fn delete(client: &mut impl GenericClient, history_table: &str, version: i64) -> Result<()> {
    client
        .execute(
            &format!("DELETE FROM {} WHERE version = $1", table(history_table)),
            &[&version],
        )
        .with_context(|| format!("cannot delete version {version} from the journal"))?;
    Ok(())
}

fn parse_row(row: &SimpleQueryRow) -> Result<JournalEntry> {
    let file = column(row, "down_file")?;
    let down = match (row.try_get("down_sql")?, row.try_get("irreversible")?) {
        (Some(sql), None) => Down::Sql {
            no_transaction: is_no_transaction(sql),
            file,
            sql: sql.to_owned(),
        },
        (None, Some(reason)) => Down::Irreversible {
            file,
            reason: reason.to_owned(),
        },
        (Some(_), Some(_)) | (None, None) => {
            bail!("one of `down_sql` and `irreversible` must be NULL, the other not")
        }
    };
    Ok(JournalEntry {
        version: column(row, "version")?
            .parse()
            .context("`version` is no whole number")?,
        name: column(row, "name")?,
        phase: Phase::parse(&column(row, "phase")?)?,
        progress: progress(row)?,
        checksum: column(row, "checksum")?,
        down,
        catalog_before: row.try_get("catalog_before")?.map(str::to_owned),
        catalog_after: row.try_get("catalog_after")?.map(str::to_owned),
    })
}

fn column(row: &SimpleQueryRow, name: &str) -> Result<String> {
    row.try_get(name)?
        .map(str::to_owned)
        .with_context(|| format!("`{name}` is NULL"))
}
