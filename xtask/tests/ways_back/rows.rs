//! Rows of many values, before a migration and after its written way back: whatever is another value
//! then is named in the file, and nothing else is called lost.

use super::{migration, standing};
use crate::support::database::Database;
use crate::support::{config, scratch_environment, shared};
use xtask::internals::migrations::Migration;
use xtask::internals::migrations::reversal::{self, WayBack};

/// What stands before a migration, its rows, the migration, and the columns whose values change. All
/// begin with a name that no other case has.
const CASES: &[(&str, &str, &str, &[&str])] = &[
    ("CREATE TABLE r1 (id int PRIMARY KEY, a text)", "('A'), ('a'), (' x '), (''), (NULL)", "ALTER TABLE r1 ALTER a TYPE text USING lower(a)", &["r1.a"]),
    ("CREATE TABLE r2 (id int PRIMARY KEY, a int)", "(1), (-5), (NULL)", "ALTER TABLE r2 ALTER a TYPE bigint USING a * 100", &["r2.a"]),
    ("CREATE TABLE r3 (id int PRIMARY KEY, a boolean)", "(true), (false), (NULL)", "ALTER TABLE r3 ALTER a TYPE boolean USING NOT a", &["r3.a"]),
    (
        "CREATE TABLE r4 (id int PRIMARY KEY, a timestamp)",
        "('2024-03-31 02:30'), ('2024-10-27 02:30'), ('infinity'), (NULL)",
        "SET timezone = 'Europe/Berlin'; ALTER TABLE r4 ALTER a TYPE timestamptz",
        &["r4.a"],
    ),
    (
        "CREATE TABLE r5 (id int PRIMARY KEY, a json)",
        r#"('{"b": 1, "a": 2, "a": 3}'), ('[1,  2]'), (NULL)"#,
        "ALTER TABLE r5 ALTER a TYPE jsonb",
        &["r5.a"],
    ),
    ("CREATE TABLE r6 (id int PRIMARY KEY, a timestamptz)", "('2024-01-01 10:11:12.5+00'), (NULL)", "ALTER TABLE r6 ALTER a TYPE date", &["r6.a"]),
    ("CREATE TABLE r7 (id int PRIMARY KEY, a numeric)", "(1.005), (1e20), (NULL)", "ALTER TABLE r7 ALTER a TYPE numeric(30, 2)", &["r7.a"]),
    ("CREATE TABLE r8 (id int PRIMARY KEY, a text)", "('ab   '), ('abc'), ('')", "ALTER TABLE r8 ALTER a TYPE varchar(3)", &["r8.a"]),
    ("CREATE TABLE r9 (id int PRIMARY KEY, a text)", "('ab  '), ('a'), ('')", "ALTER TABLE r9 ALTER a TYPE char(5)", &["r9.a"]),
    ("CREATE TABLE r10 (id int PRIMARY KEY, a text)", "('longer'), ('x')", "ALTER TABLE r10 ALTER a TYPE varchar(3) USING a::varchar(3)", &["r10.a"]),
    ("CREATE TABLE r11 (id int PRIMARY KEY, a float8)", "(1.1), (1e30), (0.30000000000000004)", "ALTER TABLE r11 ALTER a TYPE real", &["r11.a"]),
    ("CREATE TABLE r12 (id int PRIMARY KEY, a text)", "(' 42 '), ('007')", "ALTER TABLE r12 ALTER a TYPE int USING a::int", &["r12.a"]),
    ("CREATE TABLE r13 (id int PRIMARY KEY, a text, b text)", "('x', 'y'), (NULL, 'z')", "ALTER TABLE r13 DROP COLUMN b; UPDATE r13 SET a = 'n'", &["r13.a", "r13.b"]),
    ("CREATE TABLE r14 (id int PRIMARY KEY, a text, b text)", "('x', 'Y'), (NULL, 'z')", "ALTER TABLE r14 DROP COLUMN a; ALTER TABLE r14 RENAME b TO c; ALTER TABLE r14 ALTER c TYPE text USING upper(c)", &["r14.a", "r14.b"]),
    ("CREATE TABLE r15 (id int PRIMARY KEY, a text)", "('x'), ('y')", "DELETE FROM r15 WHERE a = 'x'", &["r15"]),
    (
        "CREATE TYPE r16_e AS ENUM ('a', 'b', 'c'); CREATE TABLE r16 (id int PRIMARY KEY, a r16_e)",
        "('a'), ('b'), ('c'), (NULL)",
        "ALTER TYPE r16_e RENAME TO r16_o; CREATE TYPE r16_e AS ENUM ('a', 'b');
         ALTER TABLE r16 ALTER a TYPE r16_e USING (CASE a::text WHEN 'c' THEN 'b' ELSE a::text END)::r16_e; DROP TYPE r16_o",
        &["r16.a"],
    ),
    ("CREATE TABLE r17 (id int PRIMARY KEY, a text)", "('1'), ('02')", "ALTER TABLE r17 ALTER a TYPE int USING a::int; ALTER TABLE r17 ALTER a TYPE text", &["r17.a"]),
    ("CREATE TABLE r18 (id int PRIMARY KEY, a int)", "(1), (2)", "DO $$ BEGIN EXECUTE 'ALTER TABLE r18 ALTER a TYPE bigint USING a + 1'; END $$", &["r18.a"]),
    // All of these come back.
    ("CREATE TABLE r30 (id int PRIMARY KEY, a int, b smallint)", "(1, 2), (-5, NULL)", "ALTER TABLE r30 ALTER a TYPE bigint, ALTER b TYPE numeric", &[]),
    ("CREATE TABLE r31 (id int PRIMARY KEY, a varchar(9), b char(5))", "('x ', 'y'), ('', NULL)", "ALTER TABLE r31 ALTER a TYPE text, ALTER b TYPE text", &[]),
    ("CREATE TABLE r32 (id int PRIMARY KEY, a jsonb, b uuid)", r#"('{"a":  1}', '00000000-0000-0000-0000-00000000000a'), (NULL, NULL)"#, "ALTER TABLE r32 ALTER a TYPE text USING a::text, ALTER b TYPE text", &[]),
    ("CREATE TABLE r33 (id int PRIMARY KEY, a text)", "('x'), (NULL)", "ALTER TABLE r33 RENAME TO r33_o; CREATE TABLE r33 (id int, z int)", &[]),
    ("CREATE TABLE r34 (id int PRIMARY KEY, a text)", "('x'), (NULL)", "ALTER TABLE r34 RENAME a TO b; ALTER TABLE r34 ADD a int DEFAULT 5", &[]),
    ("CREATE TABLE r35 (id int PRIMARY KEY, a int)", "(1), (2)", "ALTER TABLE r35 ADD b text NOT NULL DEFAULT 'x', ADD CHECK (a > 0), ADD UNIQUE (a)", &[]),
    ("CREATE TYPE r36_e AS ENUM ('a', 'b'); CREATE TABLE r36 (id int PRIMARY KEY, a r36_e)", "('a'), ('b')", "ALTER TYPE r36_e RENAME VALUE 'a' TO 'x'; ALTER TYPE r36_e RENAME VALUE 'b' TO 'a'", &[]),
    ("CREATE TABLE r37 (id int PRIMARY KEY, a int NOT NULL) PARTITION BY RANGE (id); CREATE TABLE r37_1 PARTITION OF r37 FOR VALUES FROM (0) TO (100)", "(1), (2)", "ALTER TABLE r37 DETACH PARTITION r37_1", &[]),
    ("CREATE TABLE r38 (id int GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 10 MAXVALUE 500) PRIMARY KEY, a int)", "(1), (2)", "ALTER TABLE r38 ALTER id DROP IDENTITY", &[]),
    ("CREATE TABLE r39 (id int PRIMARY KEY, a date, b numeric(10, 2), c timestamp(3))", "('2024-01-01', 1.25, '2024-01-01 10:11:12.345'), ('infinity', NULL, NULL)", "ALTER TABLE r39 ALTER a TYPE timestamp, ALTER b TYPE numeric(14, 4), ALTER c TYPE timestamp", &[]),
];

/// The rows of a table as texts, in order of their key.
fn rows(client: &mut postgres::Client, table: &str) -> Vec<Vec<(String, Option<String>)>> {
    let names = "SELECT attname::text FROM pg_attribute
                 WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname";
    let names = client.query(names, &[&table]).expect("a table");
    let names: Vec<String> = names.iter().map(|row| row.get(0)).collect();
    let list: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
    let query = format!("SELECT {} FROM {table} ORDER BY id", list.join(", "));
    let all = client.query(&query, &[]).expect("rows");
    let row = |row: &postgres::Row| {
        let cells = names.iter().enumerate();
        cells
            .map(|(at, name)| (name.clone(), row.get(at)))
            .collect()
    };
    all.iter().map(row).collect()
}

/// The columns whose values are others by now, and the table where rows are gone.
fn changed(
    table: &str,
    before: &[Vec<(String, Option<String>)>],
    after: &[Vec<(String, Option<String>)>],
) -> Vec<String> {
    if before.len() != after.len() {
        return vec![table.to_owned()];
    }
    let mut all = Vec::new();
    for (one, other) in before.iter().zip(after) {
        for ((name, value), (_, now)) in one.iter().zip(other) {
            if value != now {
                all.push(format!("{table}.{name}"));
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

#[test]
fn values_that_do_not_come_back_are_named_and_others_come_back() {
    let Some(scratch) = shared() else { return };
    let mut migrations: Vec<Migration> = Vec::new();
    for (number, (before, _, sql, _)) in (0..).zip(CASES) {
        migrations.push(migration(number * 2 + 1, "before", before));
        migrations.push(migration(number * 2 + 2, "change", sql));
    }
    let which: Vec<usize> = (0..CASES.len()).map(|number| number * 2 + 1).collect();
    let config = config();
    let mut written: Vec<WayBack> = Vec::new();
    reversal::write(
        &scratch_environment(&config),
        &migrations,
        &which,
        &mut |_, way_back| {
            written.push(way_back.clone());
            Ok(())
        },
    )
    .expect("the migrations run");
    let database = Database::create(scratch, "values_back");
    let mut client = database.connect();
    let mut problems = String::new();
    for ((before, values, sql, lost), way_back) in CASES.iter().zip(&written) {
        let table = before.split("TABLE ").nth(1).expect("a table");
        let table = table.split(' ').next().expect("its name");
        client.batch_execute(before).expect("what stands before");
        let columns = client
            .query_one(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                 WHERE attrelid = $1::text::regclass AND attnum > 0 AND attname <> 'id'",
                &[&table],
            )
            .expect("columns")
            .get::<_, String>(0);
        let types = client
            .query_one(
                "SELECT string_agg(quote_ident(attname) || '::' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
                 FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND attname <> 'id'",
                &[&table],
            )
            .expect("types")
            .get::<_, String>(0);
        let insert = format!(
            "INSERT INTO {table} (id, {columns}) OVERRIDING SYSTEM VALUE
             SELECT row_number() OVER () * 10, {types} FROM (VALUES {values}) AS made ({columns})"
        );
        client
            .batch_execute(&insert)
            .unwrap_or_else(|error| panic!("{insert}: {error:?}"));
        let held = rows(&mut client, table);
        client
            .batch_execute(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        client
            .batch_execute(&way_back.text)
            .unwrap_or_else(|error| panic!("{}: {error:?}", way_back.text));
        client.batch_execute("RESET ALL").expect("a session");
        let changed = changed(table, &held, &rows(&mut client, table));
        let named: Vec<&str> = way_back
            .losses
            .iter()
            .filter(|loss| loss.is_earlier)
            .map(|loss| loss.name.as_str())
            .collect();
        let is_named = |column: &String| {
            let of_rows = way_back
                .notes
                .iter()
                .any(|note| note.starts_with("not undone: "));
            named.contains(&column.as_str()) || of_rows
        };
        let is_said = way_back.text.contains("\n-- exact: ") == lost.is_empty();
        if changed != *lost
            || !changed.iter().all(is_named)
            || !is_said
            || !["exact", "order"].contains(&standing(way_back))
        {
            problems += &format!(
                "{sql}: changed {changed:?}, expected {lost:?}:\n{}\n",
                way_back.text
            );
        }
    }
    assert!(problems.is_empty(), "{problems}");
}
