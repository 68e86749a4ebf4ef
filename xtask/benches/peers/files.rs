//! The same migrations in the file format of each contender: number n creates a table `t<n>` and an
//! index on it.

use std::fs::{create_dir_all, write};
use std::path::Path;

use anyhow::Result;
use serde_json::json;

/// Timestamps as most tools begin their files with; all of them have the same length, so they sort
/// like numbers.
const FIRST_TIMESTAMP: usize = 20_200_101_000_000;

/// Milliseconds since 1970, as node-pg-migrate and drizzle want them.
const FIRST_MILLISECOND: usize = 1_600_000_000_000;

/// Two files each: `V1__t1.sql`, `V1__t1.down.sql`. refinery itself passes over the second.
pub fn pairs(folder: &Path, total: usize) -> Result<()> {
    for n in 1..=total {
        write(folder.join(format!("V{n}__t{n}.sql")), up(n))?;
        write(folder.join(format!("V{n}__t{n}.down.sql")), down(n))?;
    }
    Ok(())
}

/// One file of all that is pending, with one transaction around each migration.
pub fn one_script(folder: &Path, applied: usize, total: usize) -> Result<()> {
    let pending: String = (applied + 1..=total)
        .map(|n| format!("BEGIN;\n{}COMMIT;\n", up(n)))
        .collect();
    Ok(write(folder.join("all.sql"), pending)?)
}

/// `20200101000001_t1.sql`, with what separates the directions: `head` before the SQL, `middle`
/// between it and its opposite.
pub fn with_markers(folder: &Path, total: usize, head: &str, middle: &str) -> Result<()> {
    for n in 1..=total {
        let text = format!("{head}\n{}\n{middle}\n{}", up(n), down(n));
        write(
            folder.join(format!("{}_t{n}.sql", FIRST_TIMESTAMP + n)),
            text,
        )?;
    }
    Ok(())
}

/// `20200101000001_t1.up.sql`, `20200101000001_t1.down.sql`.
pub fn up_and_down(folder: &Path, total: usize) -> Result<()> {
    for n in 1..=total {
        let stem = format!("{}_t{n}", FIRST_TIMESTAMP + n);
        write(folder.join(format!("{stem}.up.sql")), up(n))?;
        write(folder.join(format!("{stem}.down.sql")), down(n))?;
    }
    Ok(())
}

/// JavaScript around the SQL.
pub fn knex(folder: &Path, total: usize) -> Result<()> {
    create_dir_all(folder)?;
    for n in 1..=total {
        let (up, down) = (json!(up(n)), json!(down(n)));
        let text = format!(
            "exports.up = (knex) => knex.raw({up});\nexports.down = (knex) => knex.raw({down});\n"
        );
        write(
            folder.join(format!("{}_t{n}.js", FIRST_TIMESTAMP + n)),
            text,
        )?;
    }
    Ok(())
}

/// SQL with a mark between the statements, as drizzle-kit writes it, and a journal that lists the
/// files.
pub fn drizzle(folder: &Path, total: usize) -> Result<()> {
    create_dir_all(folder.join("meta"))?;
    let mut entries = Vec::new();
    for n in 1..=total {
        let tag = format!("{n:04}_t{n}");
        let text = format!("{}--> statement-breakpoint\n{}", table(n), index(n));
        write(folder.join(format!("{tag}.sql")), text)?;
        let when = FIRST_MILLISECOND + n;
        entries.push(
            json!({ "idx": n - 1, "version": "7", "when": when, "tag": tag, "breakpoints": true }),
        );
    }
    let journal = json!({ "version": "7", "dialect": "postgresql", "entries": entries });
    Ok(write(
        folder.join("meta/_journal.json"),
        journal.to_string(),
    )?)
}

fn up(n: usize) -> String {
    table(n) + &index(n)
}

fn table(n: usize) -> String {
    format!(
        "CREATE TABLE t{n} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,\n    \
         created_at timestamptz NOT NULL DEFAULT now());\n"
    )
}

fn index(n: usize) -> String {
    format!("CREATE INDEX t{n}_name ON t{n} (name);\n")
}

fn down(n: usize) -> String {
    format!("DROP TABLE t{n};\n")
}
