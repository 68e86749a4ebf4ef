//! The code of a database that statements run: functions, triggers and rules. The text of a migration
//! does not show what it does, and it may destroy anything.

use postgres::{GenericClient, Row};

use super::statements::{Effect, ParsedStatement, Reference};

/// A function of these names that is volatile: its second answer may be another one, and it may do
/// anything.
const VOLATILE: &str = "
    SELECT proname::text AS name FROM pg_catalog.pg_proc
    WHERE proname = ANY ($1) AND provolatile = 'v' ORDER BY 1 LIMIT 1";

/// Whether the function `p` in the language `l` may write rows: its text says so, or cannot be read.
/// Of the languages that come with PostgreSQL, `internal` and `c` are those of its own functions and
/// of extensions. A body that is parsed already (`BEGIN ATOMIC`) has no text, and `prosqlbody` exists
/// from PostgreSQL 14 on.
const MAY_WRITE: &str = r"CASE WHEN l.lanname IN ('internal', 'c') THEN false
              WHEN l.lanname NOT IN ('sql', 'plpgsql') THEN true
              WHEN pg_catalog.to_jsonb(p) ->> 'prosqlbody' IS NOT NULL THEN true
              ELSE p.prosrc ~* '\m(delete|update|truncate|merge|drop|alter|execute|perform|call|copy)\M' END";

/// Code that runs with a change of rows, besides the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiredCode {
    /// "the trigger `t` of `users`"
    pub what: String,
    /// Whether it runs instead of the change.
    pub is_instead: bool,
}

/// A change of rows, as triggers and rules tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowEvent {
    /// `INSERT`
    Insert,
    /// `DELETE`
    Delete,
    /// `UPDATE`
    Update,
    /// `TRUNCATE`, for which there are no rules.
    Truncate,
    /// `MERGE`, `COPY`: any of the first three.
    Any,
}

impl RowEvent {
    /// The bits of `pg_trigger.tgtype`, and the values of `pg_rewrite.ev_type`.
    fn codes(self) -> (i16, &'static [&'static str]) {
        match self {
            Self::Insert => (4, &["3"]),
            Self::Delete => (8, &["4"]),
            Self::Update => (16, &["2"]),
            Self::Truncate => (32, &[]),
            Self::Any => (28, &["2", "3", "4"]),
        }
    }
}

/// Returns one of `names` that is a volatile function.
///
/// # Errors
/// When the catalogs cannot be read.
pub fn volatile(
    client: &mut impl GenericClient,
    names: &[String],
) -> Result<Option<String>, postgres::Error> {
    one_of(client, VOLATILE, names)
}

/// Returns one of `names` that is a function which may write rows. PostgreSQL refuses that to one that
/// is not volatile.
///
/// # Errors
/// When the catalogs cannot be read.
pub fn writing(
    client: &mut impl GenericClient,
    names: &[String],
) -> Result<Option<String>, postgres::Error> {
    let sql = format!(
        "SELECT p.proname::text AS name FROM pg_catalog.pg_proc p
         JOIN pg_catalog.pg_language l ON l.oid = p.prolang
         WHERE p.proname = ANY ($1) AND p.provolatile = 'v' AND {MAY_WRITE} ORDER BY 1 LIMIT 1"
    );
    one_of(client, &sql, names)
}

fn one_of(
    client: &mut impl GenericClient,
    sql: &str,
    names: &[String],
) -> Result<Option<String>, postgres::Error> {
    if names.is_empty() {
        return Ok(None);
    }
    let row = client.query_opt(sql, &[&names])?;
    row.map(|row| row.try_get("name")).transpose()
}

/// Returns the triggers and rules that `event` on the table `oid` fires, with those of its partitions
/// and of what inherits from it, as far as they may write other rows.
///
/// # Errors
/// When the catalogs cannot be read.
pub fn fired(
    client: &mut impl GenericClient,
    oid: u32,
    event: RowEvent,
) -> Result<Vec<FiredCode>, postgres::Error> {
    let sql = format!(
        "WITH RECURSIVE tables AS (
             SELECT $1::oid AS oid
             UNION
             SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tables t ON t.oid = i.inhparent)
         SELECT 'trigger' AS kind, g.tgname::text AS name, g.tgrelid::pg_catalog.regclass::text AS of_table,
                false AS is_instead
         FROM pg_catalog.pg_trigger g JOIN tables t ON t.oid = g.tgrelid
         JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid JOIN pg_catalog.pg_language l ON l.oid = p.prolang
         WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & $2 <> 0 AND {MAY_WRITE}
         UNION ALL
         SELECT 'rule', r.rulename::text, r.ev_class::pg_catalog.regclass::text, r.is_instead
         FROM pg_catalog.pg_rewrite r
         WHERE r.ev_class = $1 AND r.ev_enabled <> 'D' AND r.ev_type::text = ANY ($3)
         ORDER BY 1, 3, 2"
    );
    let (bits, types) = event.codes();
    let rows = client.query(&sql, &[&oid, &bits, &types])?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<FiredCode, postgres::Error> {
    let kind: String = row.try_get("kind")?;
    let (name, table): (String, String) = (row.try_get("name")?, row.try_get("of_table")?);
    Ok(FiredCode {
        what: format!("the {kind} `{name}` of `{table}`"),
        is_instead: row.try_get("is_instead")?,
    })
}

/// Returns the namespace of the view `name`, the first one of `namespaces` that has it.
///
/// # Errors
/// When the catalogs cannot be read.
pub fn view(
    client: &mut impl GenericClient,
    name: &str,
    namespaces: &[String],
) -> Result<Option<String>, postgres::Error> {
    let sql = "SELECT n.nspname::text AS name
               FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relkind = 'v' AND c.relname = $1 AND n.nspname = ANY ($2)
               ORDER BY pg_catalog.array_position($2, n.nspname::text) LIMIT 1";
    let row = client.query_opt(sql, &[&name, &namespaces])?;
    row.map(|row| row.try_get("name")).transpose()
}

/// The tables whose rows `statement` changes, each with the event.
#[must_use]
pub fn events(statement: &ParsedStatement) -> Vec<(&Reference, RowEvent)> {
    let mut all = Vec::new();
    for placed in &statement.effects {
        match &placed.effect {
            Effect::Insert(insertion) => {
                all.push((&insertion.table, RowEvent::Insert));
                if insertion.updates {
                    all.push((&insertion.table, RowEvent::Update));
                }
            }
            Effect::Update(update) => all.push((&update.table, RowEvent::Update)),
            Effect::Delete { table, .. } => all.push((table, RowEvent::Delete)),
            Effect::Truncate { tables, .. } => {
                all.extend(tables.iter().map(|(table, _)| (table, RowEvent::Truncate)));
            }
            Effect::Write(table) => all.push((table, RowEvent::Any)),
            _changes_no_rows => {}
        }
    }
    all
}
