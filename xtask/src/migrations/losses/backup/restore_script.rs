//! Writes the script with which psql puts back the lost data, once the migrations are applied
//! again. Each file is read into a temporary table: the migrations may have made some of the rows
//! again, and others may have been added since.

use super::super::direction::AuditDirection;
use super::super::sequence_positions::LostPosition;
use super::part::{BackupPart, TablePart};
use crate::called_as;
use crate::migrations::sql::{identifier, literal, quoted};

/// The settings under which the files were written, so that their texts are read in the same way.
/// With `row_security = off` a policy that hides rows is an error. Constraints are deferred as far
/// as they can be: rows come back table by table.
const SETTINGS: &str = "\\set ON_ERROR_STOP on
\\encoding UTF8
BEGIN;
SET LOCAL datestyle = 'ISO, MDY';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL timezone = 'UTC';
SET LOCAL lc_monetary = 'C';
SET LOCAL row_security = off;
SET CONSTRAINTS ALL DEFERRED;
";

/// Names that no column of a table has by chance: the text of a row, and its number among the rows
/// with the same text.
const ROW: &str = "\"restored row\"";
const NUMBER: &str = "\"restored number\"";

/// The script for these files, by their names, and sequences.
pub(super) fn text(
    direction: AuditDirection,
    parts: &[(&str, &BackupPart)],
    positions: &[&LostPosition],
) -> String {
    let (lost_by, first) = match direction {
        AuditDirection::Back => (
            "a rollback",
            format!(
                "Apply the migrations again (`{}`)",
                called_as::command("migrate")
            ),
        ),
        AuditDirection::Forward => (
            "a migration",
            format!("Undo that migration (`{}`)", called_as::command("rollback")),
        ),
    };
    let mut text = format!(
        "-- Puts back what {lost_by} lost. {first}, then run in this folder:\n\
         --   psql -X -f restore.sql \"$DATABASE_URL\"\n\
         -- A row that is there under its key is made what it was; nothing else that is there is changed.\n{SETTINGS}"
    );
    let ordered = ordered(parts);
    for (command, part) in triggers(&ordered) {
        text += &format!(
            "ALTER TABLE {} DISABLE TRIGGER {};\n",
            quoted(&part.table),
            identifier(command.0)
        );
    }
    for (number, (file, part)) in ordered.iter().enumerate() {
        text += &format!(
            "\n-- {file}\n{}",
            one(&format!("pg_temp.restored_{number}"), file, part)
        );
    }
    for position in positions {
        text += &position.restore_sql();
    }
    // PostgreSQL refuses to alter a table with checks that wait for the end of the transaction.
    text += "\nSET CONSTRAINTS ALL IMMEDIATE;\n";
    for ((trigger, again), part) in triggers(&ordered) {
        text += &format!(
            "ALTER TABLE {} {again} {};\n",
            quoted(&part.table),
            identifier(trigger)
        );
    }
    text + "COMMIT;\n"
}

/// Orders the files: rows before values, and a referenced table before the one that refers to it,
/// as far as there is such an order.
fn ordered<'a>(parts: &[(&'a str, &'a BackupPart)]) -> Vec<(&'a str, &'a BackupPart)> {
    let (mut left, mut others): (Vec<_>, Vec<_>) = parts
        .iter()
        .partition(|(_, part)| matches!(part, BackupPart::Rows(_)));
    let mut all = Vec::new();
    while !left.is_empty() {
        let waits = |(_, part): &(&str, &BackupPart)| {
            match part {
            BackupPart::Rows(rows) => left.iter().any(|(_, other)| {
                matches!(other, BackupPart::Rows(other) if other.table != rows.table && rows.references.contains(&other.table))
            }),
            _ => false,
        }
        };
        // In a circle of references the first one is taken: deferrable constraints allow that.
        let next = left.iter().position(|part| !waits(part)).unwrap_or(0);
        all.push(left.remove(next));
    }
    all.append(&mut others);
    all
}

/// Lists each trigger once, with the command that switches it on again.
fn triggers<'a>(parts: &[(&str, &'a BackupPart)]) -> Vec<((&'a str, &'static str), &'a TablePart)> {
    let mut all: Vec<((&str, &'static str), &TablePart)> = Vec::new();
    for (_, part) in parts {
        let (BackupPart::Rows(table) | BackupPart::Values(table, _)) = part else {
            continue;
        };
        let is_there = all.iter().any(|(_, other)| other.table == table.table);
        if !is_there {
            all.extend(
                table
                    .triggers
                    .iter()
                    .map(|(name, again)| ((name.as_str(), *again), table)),
            );
        }
    }
    all
}

/// Returns SQL that reads a file into the temporary table `place` and puts it back from there.
fn one(place: &str, file: &str, part: &BackupPart) -> String {
    // `place` without `pg_temp.` is the name of the table that is made.
    let read =
        |columns: &str| format!("{columns}\\copy {place} FROM '{file}' (FORMAT csv, HEADER)\n");
    let of_table = |table: &TablePart| {
        let name = quoted(&table.table);
        read(&format!(
            "CREATE TEMPORARY TABLE {} AS SELECT {} FROM {name} WITH NO DATA;\n",
            &place[8..],
            list("", &table.columns)
        ))
    };
    match part {
        BackupPart::Rows(table) if table.key.is_empty() => format!("{}{}", of_table(table), missing_rows(place, table)),
        BackupPart::Rows(table) => format!("{}{}", of_table(table), rows_by_key(place, table)),
        BackupPart::Values(table, lost) => {
            let values = if table.key.is_empty() { values_by_row(place, table, lost) } else { values_by_key(place, table, lost) };
            let (before, after) = always_generated(table, lost);
            format!("{}{before}{values}{after}", of_table(table))
        }
        BackupPart::LargeObjects => {
            let columns = read(&format!("CREATE TEMPORARY TABLE {} (oid oid, data bytea);\n", &place[8..]));
            // `lo_from_bytea` refuses a number that is in use: large objects that were only written
            // over are removed first.
            let there = "oid IN (SELECT oid FROM pg_catalog.pg_largeobject_metadata)";
            format!(
                "{columns}SELECT count(pg_catalog.lo_unlink(oid)) FROM {place} WHERE {there};\n\
                 SELECT count(pg_catalog.lo_from_bytea(oid, data)) FROM {place};\n"
            )
        }
        BackupPart::ForeignTable => {
            "-- The rows behind this foreign table as they were before: which of them are lost, only the server that holds them can \
             tell.\n"
                .to_owned()
        }
    }
}

/// Restores the rows that are there under their key, and inserts the others.
fn rows_by_key(place: &str, part: &TablePart) -> String {
    let (name, source) = (quoted(&part.table), &part.source);
    // An `UPDATE` may not set a column `GENERATED ALWAYS`; an `INSERT` may, with `OVERRIDING SYSTEM
    // VALUE`.
    let is_other =
        |column: &&String| !part.key.contains(column) && !part.always_generated.contains(column);
    let others: Vec<String> = part.columns.iter().filter(is_other).cloned().collect();
    let same = same(&part.key);
    let update = if others.is_empty() {
        String::new()
    } else {
        format!(
            "UPDATE {source} AS live SET {} FROM {place} AS lost\n    WHERE {same} AND {} IS DISTINCT FROM {};\n",
            assignments(&others),
            row("live.", &others),
            row("lost.", &others)
        )
    };
    format!(
        "{update}INSERT INTO {name} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {place} AS lost\n    \
         WHERE NOT EXISTS (SELECT FROM {source} AS live WHERE {same});\n",
        list("", &part.columns),
        list("lost.", &part.columns)
    )
}

/// Inserts as many of each row as are missing.
fn missing_rows(place: &str, part: &TablePart) -> String {
    let (name, source) = (quoted(&part.table), &part.source);
    let row = row("", &part.columns);
    format!(
        "INSERT INTO {name} ({}) OVERRIDING SYSTEM VALUE\n    SELECT {} FROM (SELECT *, {row} AS {ROW}, \
         row_number() OVER (PARTITION BY {row}) AS {NUMBER} FROM {place}) AS lost\n    \
         LEFT JOIN (SELECT {row} AS {ROW}, count(*) AS {NUMBER} FROM {source} GROUP BY 1) AS live ON live.{ROW} = lost.{ROW}\n    \
         WHERE lost.{NUMBER} > coalesce(live.{NUMBER}, 0);\n",
        list("", &part.columns),
        list("lost.", &part.columns)
    )
}

fn values_by_key(place: &str, part: &TablePart, lost: &[String]) -> String {
    let (source, same) = (&part.source, same(&part.key));
    format!(
        "UPDATE {source} AS live SET {} FROM {place} AS lost WHERE {same};\n",
        assignments(lost)
    )
}

/// Puts back values where no key identifies the rows. Rows that agree in all other columns get the
/// values in any order: nobody could tell the difference. A row is found again by `tableoid` and
/// `ctid`, since a `ctid` is unique in one partition only.
fn values_by_row(place: &str, part: &TablePart, lost: &[String]) -> String {
    let source = &part.source;
    let others: Vec<String> = part
        .columns
        .iter()
        .filter(|column| !lost.contains(column))
        .cloned()
        .collect();
    let numbered = format!(
        "{0} AS {ROW}, row_number() OVER (PARTITION BY {0}) AS {NUMBER}",
        row("", &others)
    );
    format!(
        "UPDATE {source} AS live SET {}\n    FROM (SELECT tableoid AS in_table, ctid AS at, {numbered} FROM {source}) AS here\n    \
         JOIN (SELECT *, {numbered} FROM {place}) AS lost USING ({ROW}, {NUMBER})\n    \
         WHERE live.tableoid = here.in_table AND live.ctid = here.at;\n",
        assignments(lost)
    )
}

/// The SQL before and after an `UPDATE` of columns `GENERATED ALWAYS`, which PostgreSQL would
/// refuse to set.
fn always_generated(part: &TablePart, lost: &[String]) -> (String, String) {
    let columns = part
        .always_generated
        .iter()
        .filter(|column| lost.contains(column));
    let alter = |column: &String, when: &str| {
        format!(
            "ALTER TABLE {} ALTER COLUMN {} SET GENERATED {when};\n",
            quoted(&part.table),
            identifier(column)
        )
    };
    columns
        .map(|column| (alter(column, "BY DEFAULT"), alter(column, "ALWAYS")))
        .unzip()
}

fn same(key: &[String]) -> String {
    let same: Vec<String> = key
        .iter()
        .map(|column| format!("live.{0} = lost.{0}", identifier(column)))
        .collect();
    same.join(" AND ")
}

fn assignments(columns: &[String]) -> String {
    let each: Vec<String> = columns
        .iter()
        .map(|column| format!("{0} = lost.{0}", identifier(column)))
        .collect();
    each.join(", ")
}

/// A row of these columns as text: some types have no `=` (`json`, `point`).
fn row(of: &str, columns: &[String]) -> String {
    format!("CAST(ROW({}) AS text)", list(of, columns))
}

fn list(of: &str, columns: &[String]) -> String {
    columns
        .iter()
        .map(|column| format!("{of}{}", identifier(column)))
        .collect::<Vec<_>>()
        .join(", ")
}

impl LostPosition {
    /// SQL that moves the sequence to its earlier position, unless it has come further since.
    fn restore_sql(&self) -> String {
        let (name, position) = (literal(&self.quoted), self.position);
        let before = if self.ascends { "<" } else { ">" };
        format!(
            "SELECT pg_catalog.setval({name}, {position})\n    \
             WHERE coalesce(pg_catalog.pg_sequence_last_value({name}) {before} {position}, true);\n"
        )
    }
}
