//! The script with which psql puts back what a rollback lost, once the migrations are applied
//! again. Each file is read into a temporary table: the migrations may have made some of the rows
//! again, and others may be there by then.

use super::super::sequence_positions::LostPosition;
use super::part::{BackupPart, TablePart};
use crate::migrations::sql::{identifier, literal, quoted};

/// How texts of the files are read, as they were written.
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

/// Names that no column of a table has by chance: the text of a row, and its number among those
/// with the same text.
const ROW: &str = "\"restored row\"";
const NUMBER: &str = "\"restored number\"";

/// The script for these files, by their names, and sequences.
pub(super) fn text(parts: &[(&str, &BackupPart)], positions: &[&LostPosition]) -> String {
    let mut text = format!(
        "-- Puts back what a rollback lost. Apply the migrations again (`cargo xtask db-migrate`), then run in this folder:\n\
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
    // A table with checks that wait for the end of the transaction cannot be altered.
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

/// Rows before values, and what foreign keys refer to before what refers to it, as far as there is
/// such an order.
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
        let next = left.iter().position(|part| !waits(part)).unwrap_or(0);
        all.push(left.remove(next));
    }
    all.append(&mut others);
    all
}

/// Each trigger once, with what switches it on again.
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

/// SQL that reads a file into the temporary table `place` and puts it back from there.
fn one(place: &str, file: &str, part: &BackupPart) -> String {
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

/// Rows that are there under their key become what they were, the others come back.
fn rows_by_key(place: &str, part: &TablePart) -> String {
    let name = quoted(&part.table);
    let is_other =
        |column: &&String| !part.key.contains(column) && !part.always_generated.contains(column);
    let others: Vec<String> = part.columns.iter().filter(is_other).cloned().collect();
    let same = same(&part.key);
    let update = if others.is_empty() {
        String::new()
    } else {
        format!(
            "UPDATE {name} AS live SET {} FROM {place} AS lost\n    WHERE {same} AND {} IS DISTINCT FROM {};\n",
            assignments(&others),
            row("live.", &others),
            row("lost.", &others)
        )
    };
    format!(
        "{update}INSERT INTO {name} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {place} AS lost\n    \
         WHERE NOT EXISTS (SELECT FROM {name} AS live WHERE {same});\n",
        list("", &part.columns),
        list("lost.", &part.columns)
    )
}

/// As many of each row come back as are missing.
fn missing_rows(place: &str, part: &TablePart) -> String {
    let (name, row) = (quoted(&part.table), row("", &part.columns));
    format!(
        "INSERT INTO {name} ({}) OVERRIDING SYSTEM VALUE\n    SELECT {} FROM (SELECT *, {row} AS {ROW}, \
         row_number() OVER (PARTITION BY {row}) AS {NUMBER} FROM {place}) AS lost\n    \
         LEFT JOIN (SELECT {row} AS {ROW}, count(*) AS {NUMBER} FROM {name} GROUP BY 1) AS live ON live.{ROW} = lost.{ROW}\n    \
         WHERE lost.{NUMBER} > coalesce(live.{NUMBER}, 0);\n",
        list("", &part.columns),
        list("lost.", &part.columns)
    )
}

fn values_by_key(place: &str, part: &TablePart, lost: &[String]) -> String {
    let (name, same) = (quoted(&part.table), same(&part.key));
    format!(
        "UPDATE {name} AS live SET {} FROM {place} AS lost WHERE {same};\n",
        assignments(lost)
    )
}

/// Rows that the other columns do not tell apart get the values in any order: nobody could tell the
/// difference.
fn values_by_row(place: &str, part: &TablePart, lost: &[String]) -> String {
    let name = quoted(&part.table);
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
        "UPDATE {name} AS live SET {}\n    FROM (SELECT tableoid AS in_table, ctid AS at, {numbered} FROM {name}) AS here\n    \
         JOIN (SELECT *, {numbered} FROM {place}) AS lost USING ({ROW}, {NUMBER})\n    \
         WHERE live.tableoid = here.in_table AND live.ctid = here.at;\n",
        assignments(lost)
    )
}

/// The SQL before and after an `UPDATE` of columns that PostgreSQL alone gives values.
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

/// A row of these columns as text: not every type can be compared.
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
    /// SQL that takes the sequence to where it stood, if it has not come further since.
    fn restore_sql(&self) -> String {
        let (name, position) = (literal(&self.quoted), self.position);
        let before = if self.ascends { "<" } else { ">" };
        format!(
            "SELECT pg_catalog.setval({name}, {position})\n    \
             WHERE coalesce(pg_catalog.pg_sequence_last_value({name}) {before} {position}, true);\n"
        )
    }
}
