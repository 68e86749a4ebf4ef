//! The tables of tools whose migrations are code, and files that were edited after a tool applied
//! them, in `db-status`.

use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha384};

use super::layouts::{ADD, CREATE, samples};
use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::{major, shared, side_by_side};

/// A tool: its table, the files of two migrations, and the record of each.
struct CodeTool {
    name: &'static str,
    ddl: &'static str,
    files: [&'static str; 2],
    records: [&'static str; 2],
    /// Whether it writes down when a migration ran.
    has_times: bool,
}

const TOOLS: &[CodeTool] = &[
    CodeTool {
        name: "knex",
        ddl: "CREATE TABLE knex_migrations (id serial PRIMARY KEY, name varchar(255), batch integer,
                  migration_time timestamptz);
              CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked integer)",
        files: ["20240101000000_users.ts", "20240201000000_bio.ts"],
        records: [
            "INSERT INTO knex_migrations (name, batch, migration_time)
             VALUES ('20240101000000_users.js', 1, '2024-01-01 12:00+02')",
            "INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('20240201000000_bio.ts', 2, now())",
        ],
        has_times: true,
    },
    CodeTool {
        name: "typeorm",
        ddl: "CREATE TABLE migrations (id serial PRIMARY KEY, \"timestamp\" bigint NOT NULL, name varchar NOT NULL)",
        files: ["1704067200000-CreateUsers.ts", "1706745600000-AddBio.ts"],
        records: [
            "INSERT INTO migrations (\"timestamp\", name) VALUES (1704067200000, 'CreateUsers1704067200000')",
            "INSERT INTO migrations (\"timestamp\", name) VALUES (1706745600000, 'AddBio1706745600000')",
        ],
        has_times: false,
    },
    CodeTool {
        name: "kysely",
        ddl: "CREATE TABLE kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255) NOT NULL);
              CREATE TABLE kysely_migration_lock (id varchar(255) PRIMARY KEY, is_locked integer)",
        files: ["2024_01_01_users.ts", "2024_02_01_bio.ts"],
        records: [
            "INSERT INTO kysely_migration VALUES ('2024_01_01_users', '2024-01-01T10:00:00.000Z')",
            "INSERT INTO kysely_migration VALUES ('2024_02_01_bio', '2024-02-01T10:00:00.000Z')",
        ],
        has_times: true,
    },
    CodeTool {
        name: "mikro-orm",
        ddl: "CREATE TABLE mikro_orm_migrations (id serial PRIMARY KEY, name varchar(255),
                  executed_at timestamptz DEFAULT now())",
        files: ["Migration20240101000000.ts", "Migration20240201000000.ts"],
        records: [
            "INSERT INTO mikro_orm_migrations (name, executed_at)
             VALUES ('Migration20240101000000', '2024-01-01 12:00+02')",
            "INSERT INTO mikro_orm_migrations (name) VALUES ('Migration20240201000000')",
        ],
        has_times: true,
    },
    CodeTool {
        name: "sequelize",
        ddl: "CREATE TABLE \"SequelizeMeta\" (name varchar(255) PRIMARY KEY)",
        files: ["20240101000000-users.js", "20240201000000-bio.js"],
        records: [
            "INSERT INTO \"SequelizeMeta\" VALUES ('20240101000000-users.js')",
            "INSERT INTO \"SequelizeMeta\" VALUES ('20240201000000-bio.js')",
        ],
        has_times: false,
    },
    CodeTool {
        name: "node-pg-migrate",
        ddl: "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)",
        files: ["1704067200000_users.ts", "1706745600000_bio.ts"],
        records: [
            "INSERT INTO pgmigrations (name, run_on) VALUES ('1704067200000_users', '2024-01-01 10:00')",
            "INSERT INTO pgmigrations (name, run_on) VALUES ('1706745600000_bio', now())",
        ],
        has_times: true,
    },
];

fn repo(tool: &CodeTool) -> Monorepo {
    let repo = Monorepo::empty();
    for file in tool.files {
        repo.write(&format!("db/migrations/{file}"), "export const up = 1;\n");
    }
    repo.write(
        "db/migrations/helpers.ts",
        "export const no = 'migration';\n",
    );
    repo.write("migrate.sql", &format!("{CREATE}{ADD}"));
    repo.write(
        "db.toml",
        &format!(
            "postgres = \"{}\"\n[migrations]\ndir = \"db/migrations\"\n\
             replay = \"psql \\\"$DATABASE_URL\\\" -Xq -v ON_ERROR_STOP=1 -f migrate.sql\"\n",
            major()
        ),
    );
    repo
}

fn status(database: &Database<'_>, repo: &Monorepo) -> Value {
    database
        .run(repo, &["db-status", "--format", "json"])
        .must_exit(0)
        .json()
}

fn states(status: &Value) -> Vec<String> {
    let all = status["migrations"].as_array().expect("a list");
    all.iter()
        .map(|one| one["state"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn tools_that_run_code_say_what_ran() {
    let Some(scratch) = shared() else { return };
    side_by_side(TOOLS, |tool| {
        let database = Database::create(scratch, "code_history");
        told_by_table(tool, &database);
    });
}

fn told_by_table(tool: &CodeTool, database: &Database<'_>) {
    let (name, repo) = (tool.name, repo(tool));
    let empty = status(database, &repo);
    assert_eq!(states(&empty), ["pending", "pending"], "{name}: {empty:#}");
    let mut client = database.connect();
    client.batch_execute(CREATE).expect(CREATE);
    database
        .run(&repo, &["db-status"])
        .must_fail(&["has no table of Knex, TypeORM", "`history-table`"]);
    for text in [tool.ddl, tool.records[0]] {
        client.batch_execute(text).expect(text);
    }
    let begun = status(database, &repo);
    assert_eq!(states(&begun), ["applied", "pending"], "{name}: {begun:#}");
    let at = begun["migrations"][0]["appliedAt"].as_str();
    let is_told = at.is_some_and(|at| at.starts_with("2024-01-01T10:00:00"));
    assert_eq!(is_told, tool.has_times, "{name}: {begun:#}");
    assert!(
        begun["unchecked"]
            .to_string()
            .contains("no schema is known"),
        "{begun:#}"
    );

    for text in [ADD, tool.records[1]] {
        client.batch_execute(text).expect(text);
    }
    let all = status(database, &repo);
    assert_eq!(states(&all), ["applied", "applied"], "{name}: {all:#}");
    assert!(
        all["unchecked"].to_string().contains("--allow-replay"),
        "{all:#}"
    );
    if std::process::Command::new("psql")
        .arg("--version")
        .output()
        .is_err()
    {
        return;
    }
    repo.run(&["db-snapshot", "--allow-replay"]).must_exit(0);
    database
        .run(&repo, &["db-status", "--exit-code"])
        .must_exit(0);
    client
        .batch_execute("ALTER TABLE users ADD COLUMN by_hand text")
        .expect("a column");
    let drifted = status(database, &repo);
    assert!(
        drifted["drift"].to_string().contains("by_hand"),
        "{name}: {drifted:#}"
    );
}

/// The record of `layout` that a file with this text is applied.
fn record(layout: &str, name: &str, text: &str) -> String {
    let hexadecimal = |bytes: &[u8]| {
        let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
        digits.collect::<String>()
    };
    let sha256 = hexadecimal(&Sha256::digest(text));
    match layout {
        "drizzle" => format!(
            "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations
                 (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
             INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('{sha256}', 1700000000000)"
        ),
        "prisma" => format!(
            "CREATE TABLE _prisma_migrations (checksum varchar(64), finished_at timestamptz,
                 migration_name varchar(255), rolled_back_at timestamptz, started_at timestamptz);
             INSERT INTO _prisma_migrations VALUES ('{sha256}', now(), '{name}', NULL, now())"
        ),
        "sqlx" => format!(
            "CREATE TABLE _sqlx_migrations (version bigint, installed_on timestamptz, success boolean, checksum bytea);
             INSERT INTO _sqlx_migrations VALUES (1, now(), true, '\\x{}')",
            hexadecimal(&Sha384::digest(text))
        ),
        "flyway" => {
            let mut checksum = crc32fast::Hasher::new();
            text.lines().for_each(|line| checksum.update(line.as_bytes()));
            format!(
                "CREATE TABLE flyway_schema_history (installed_rank integer, version varchar(50), type varchar(20),
                     script varchar(1000), checksum integer, installed_on timestamp, success boolean);
                 INSERT INTO flyway_schema_history VALUES (1, '1.9', 'SQL', '{name}.sql', {}, now(), true)",
                checksum.finalize().cast_signed()
            )
        }
        other => panic!("{other} records no checksum"),
    }
}

#[test]
fn a_file_that_was_edited_after_it_was_applied_is_named() {
    let Some(scratch) = shared() else { return };
    let mut seen = 0;
    for sample in samples() {
        if !["drizzle", "prisma", "sqlx", "flyway"].contains(&sample.layout) {
            continue;
        }
        seen += 1;
        let (layout, repo) = (sample.layout, sample.repo());
        let (file, text) = sample
            .files
            .iter()
            .find(|(_, text)| text.contains("CREATE TABLE users"))
            .expect("the first migration");
        let database = Database::create(scratch, "edited");
        let mut client = database.connect();
        for sql in [&record(layout, sample.names[0], text), CREATE] {
            client.batch_execute(sql).expect(sql);
        }
        let first = |status: &Value| status["migrations"][0].clone();
        let before = first(&status(&database, &repo));
        assert_eq!(before["name"], sample.names[0]);
        assert_eq!(
            (&before["state"], &before["problem"]),
            (&"applied".into(), &Value::Null),
            "{layout}"
        );

        let path = format!("{}/{file}", sample.dir);
        repo.write(&path, &format!("-- edited\n{text}"));
        let after = first(&status(&database, &repo));
        assert_eq!(after["state"], "applied", "{layout}: {after:#}");
        let problem = after["problem"].as_str().unwrap_or_default();
        assert!(
            problem.contains(&format!("is not what {layout} applied")),
            "{layout}: {after:#}"
        );
        database
            .run(&repo, &["db-status", "--exit-code"])
            .must_exit(1);
        repo.write(&path, &text.replace('\n', "\r\n"));
        let line_ends = first(&status(&database, &repo));
        assert_eq!(line_ends["problem"], Value::Null, "{layout}");
    }
    assert_eq!(seen, 4);
}
