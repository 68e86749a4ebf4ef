//! Reads and writes refinery's history table. It is read with care: refinery itself panics on a row
//! that was edited by hand.

use anyhow::{Context as _, Result, anyhow, ensure};
use postgres::{GenericClient, SimpleQueryMessage, SimpleQueryRow};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::sql::literal;
use super::{AppliedRow, Migration};

/// Whether `table` (as SQL writes it: `refinery_schema_history`, `ops.history`) exists.
pub fn exists(client: &mut impl GenericClient, table: &str) -> Result<bool> {
    let row = client
        .query_one("SELECT pg_catalog.to_regclass($1) IS NOT NULL", &[&table])
        .with_context(|| format!("cannot look for the history table `{table}`"))?;
    row.try_get(0)
        .context("cannot read what PostgreSQL answered")
}

/// The applied migrations in the order of their versions; none where the table does not exist yet.
pub fn read(client: &mut impl GenericClient, table: &str) -> Result<Vec<AppliedRow>> {
    if !exists(client, table)? {
        return Ok(Vec::new());
    }
    let answer = client.simple_query(&select_sql(table));
    parse(
        &answer.with_context(|| format!("cannot read the history table `{table}`"))?,
        table,
    )
}

/// The SQL that reads the table, which can be sent together with other statements.
#[must_use]
pub fn select_sql(table: &str) -> String {
    // Everything as text: a table that an older refinery or a person made may hold other types than
    // ours. `version` is sorted as the table's column: the text of the same name would put 10
    // before 9.
    format!(
        "SELECT version::text AS version, name::text AS name, applied_on::text AS applied_on, \
         checksum::text AS checksum FROM {table} ORDER BY {table}.version"
    )
}

/// The rows in the answer to [`select_sql`].
///
/// # Errors
/// When a row was changed by hand.
pub fn parse(answer: &[SimpleQueryMessage], table: &str) -> Result<Vec<AppliedRow>> {
    // The answer may hold rows of other statements: only ours have this column.
    let is_ours = |row: &&SimpleQueryRow| {
        row.columns()
            .iter()
            .any(|column| column.name() == "applied_on")
    };
    let rows = answer.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _other => None,
    });
    rows.filter(is_ours)
        .map(|row| parse_row(row).with_context(|| malformed(table, row)))
        .collect()
}

/// The SQL that records `migration` as applied at this moment, as refinery writes it.
#[must_use]
pub fn insert_sql(table: &str, migration: &Migration) -> String {
    format!(
        "INSERT INTO {table} (version, name, applied_on, checksum) VALUES ({}, {}, '{}', '{}')",
        migration.version,
        literal(&migration.name),
        jiff::Timestamp::now(),
        migration.checksum
    )
}

/// Removes the row of `version`; an error when there is not exactly one.
pub fn delete(client: &mut impl GenericClient, table: &str, version: i64) -> Result<()> {
    // `$1` is a text, since the column may be `integer` in a table of an older refinery, and the
    // driver would refuse an `i64` for that.
    let deleted = client
        .execute(
            &format!("DELETE FROM {table} WHERE version = $1::text::bigint"),
            &[&version.to_string()],
        )
        .with_context(|| {
            format!("cannot delete version {version} from the history table `{table}`")
        })?;
    ensure!(
        deleted == 1,
        "the history table `{table}` held {deleted} rows of version {version} instead of one"
    );
    Ok(())
}

/// Converts a row to the type that refinery expects.
pub fn as_refinery(row: &AppliedRow) -> Result<refinery_core::Migration> {
    let applied_on = parse_time(&row.applied_on)?;
    Ok(refinery_core::Migration::applied(
        row.version,
        row.name.clone(),
        applied_on,
        row.checksum,
    ))
}

fn parse_row(row: &SimpleQueryRow) -> Result<AppliedRow> {
    let version = column(row, "version")?;
    let applied_on = column(row, "applied_on")?;
    let checksum = column(row, "checksum")?;
    Ok(AppliedRow {
        version: version
            .parse()
            .map_err(|_| anyhow!("`version` is `{version}`, which is no whole number"))?,
        name: column(row, "name")?,
        applied_on: parse_time(&applied_on).map(|_| applied_on)?,
        checksum: checksum
            .parse()
            .map_err(|_| anyhow!("`checksum` is `{checksum}`, which is no unsigned number"))?,
    })
}

fn parse_time(text: &str) -> Result<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
        anyhow!("`applied_on` is `{text}`, which is not written as `2024-01-15T10:30:00Z`")
    })
}

fn column(row: &SimpleQueryRow, name: &str) -> Result<String> {
    row.try_get(name)?
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("`{name}` is NULL"))
}

fn malformed(table: &str, row: &SimpleQueryRow) -> String {
    let version = row.try_get("version").ok().flatten().unwrap_or("NULL");
    format!(
        "the row of version {version} in the history table `{table}` was changed by hand; \
         correct it, or restore it from a backup, before anything else"
    )
}
