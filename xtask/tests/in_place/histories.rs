//! The tables in which the tools record what they applied, as each of them makes its own, and
//! `db-status` on them.

use serde_json::Value;

use super::layouts::{ADD, CREATE, Sample, samples};
use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::{shared, side_by_side};

/// The table of a tool, the record that the first migration of the sample is applied, and the one
/// that the second was begun and not ended, where the tool keeps that.
struct History {
    ddl: &'static str,
    first: &'static str,
    second_failed: Option<&'static str>,
    second: &'static str,
}

fn history(layout: &str) -> History {
    let plain = |ddl, first, second| History {
        ddl,
        first,
        second_failed: None,
        second,
    };
    match layout {
        "drizzle" => plain(
            "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations
                 (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)",
            "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('a', 1700000000000)",
            "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('b', 1700000000001)",
        ),
        "prisma" => History {
            ddl: "CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL,
                      finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
                      started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)",
            first: "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name)
                    VALUES ('0', 'x', NULL, '20240101000000_init'), ('1', 'x', '2024-01-01 12:00+02', '20240101000000_init');
                    UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = '0'",
            second_failed: Some(
                "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('2', 'x', '20240201_bio')",
            ),
            second: "INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name)
                     VALUES ('3', 'x', now(), '20240201_bio')",
        },
        "sqlx" => History {
            ddl: "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL,
                      installed_on timestamptz NOT NULL DEFAULT now(), success boolean NOT NULL, checksum bytea NOT NULL,
                      execution_time bigint NOT NULL)",
            first: "INSERT INTO _sqlx_migrations VALUES (1, 'users', '2024-01-01 12:00+02', true, '', 1)",
            second_failed: Some(
                "INSERT INTO _sqlx_migrations VALUES (20240201000000, 'bio', now(), false, '', 1)",
            ),
            second: "INSERT INTO _sqlx_migrations VALUES (20240201000000, 'bio', now(), true, '', 1)",
        },
        "diesel" => plain(
            "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now())",
            "INSERT INTO __diesel_schema_migrations VALUES ('20240101000000', '2024-01-01 10:00')",
            "INSERT INTO __diesel_schema_migrations VALUES ('20240201000000')",
        ),
        "golang-migrate" => History {
            ddl: "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)",
            first: "INSERT INTO schema_migrations VALUES (9, false)",
            second_failed: Some("UPDATE schema_migrations SET version = 10, dirty = true"),
            second: "UPDATE schema_migrations SET version = 10, dirty = false",
        },
        "supabase" => plain(
            "CREATE SCHEMA supabase_migrations; CREATE TABLE supabase_migrations.schema_migrations
                 (version text PRIMARY KEY, statements text[], name text)",
            "INSERT INTO supabase_migrations.schema_migrations VALUES ('20240101000000', '{}', 'users')",
            "INSERT INTO supabase_migrations.schema_migrations VALUES ('20240201000000', '{}', 'bio')",
        ),
        "dbmate" => plain(
            "CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY)",
            "INSERT INTO schema_migrations VALUES ('20240101000000')",
            "INSERT INTO schema_migrations VALUES ('20240201000000')",
        ),
        "node-pg-migrate" => plain(
            "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)",
            "INSERT INTO pgmigrations (name, run_on) VALUES ('1700000000000_users', '2024-01-01 10:00')",
            "INSERT INTO pgmigrations (name, run_on) VALUES ('1700000000001_bio', now())",
        ),
        "flyway" => History {
            ddl: "CREATE TABLE flyway_schema_history (installed_rank integer PRIMARY KEY, version varchar(50),
                      description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL,
                      checksum integer, installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(),
                      execution_time integer NOT NULL, success boolean NOT NULL)",
            first: "INSERT INTO flyway_schema_history VALUES
                        (0, NULL, '<< Flyway Schema Creation >>', 'SCHEMA', '\"a\"', NULL, 'me', now(), 0, true),
                        (1, '1.9', 'users', 'SQL', 'V1.9__users.sql', NULL, 'me', '2024-01-01 10:00', 1, true),
                        (2, '1.10', 'bio', 'SQL', 'V1.10__bio.sql', NULL, 'me', now(), 1, true),
                        (3, '1.10', 'bio', 'UNDO_SQL', 'U1.10__bio.sql', NULL, 'me', now(), 1, true)",
            second_failed: Some(
                "INSERT INTO flyway_schema_history VALUES (4, '1.10', 'bio', 'SQL', 'V1.10__bio.sql', NULL, 'me', now(), 1, false)",
            ),
            second: "INSERT INTO flyway_schema_history VALUES
                         (5, '1.10', 'bio', 'SQL', 'V1.10__bio.sql', NULL, 'me', now(), 1, true),
                         (6, NULL, 'names', 'SQL', 'R__names.sql', NULL, 'me', now(), 1, true);
                     CREATE VIEW bios AS SELECT bio FROM users",
        },
        "hasura" => History {
            ddl: "CREATE SCHEMA hdb_catalog; CREATE TABLE hdb_catalog.hdb_version (hasura_uuid uuid PRIMARY KEY DEFAULT
                      gen_random_uuid(), version text NOT NULL, upgraded_on timestamptz NOT NULL DEFAULT now(),
                      cli_state jsonb NOT NULL DEFAULT '{}', console_state jsonb NOT NULL DEFAULT '{}')",
            first: "INSERT INTO hdb_catalog.hdb_version (version, cli_state)
                    VALUES ('47', '{\"migrations\": {\"default\": {\"1599065830454\": false}}}')",
            second_failed: Some(
                "UPDATE hdb_catalog.hdb_version SET cli_state =
                    '{\"migrations\": {\"default\": {\"1599065830454\": false, \"1599065830455\": true}}}'",
            ),
            second: "UPDATE hdb_catalog.hdb_version SET cli_state =
                    '{\"migrations\": {\"default\": {\"1599065830454\": false, \"1599065830455\": false}}}'",
        },
        "postgrator" => plain(
            "CREATE TABLE schemaversion (version bigint PRIMARY KEY, name text, md5 text, run_at timestamptz);
             INSERT INTO schemaversion (version) VALUES (0)",
            "INSERT INTO schemaversion (version) VALUES (9)",
            "INSERT INTO schemaversion (version) VALUES (10)",
        ),
        other => panic!("no history of {other}"),
    }
}

#[test]
fn the_tools_own_tables_say_what_ran() {
    let Some(scratch) = shared() else { return };
    side_by_side(&samples(), |sample| {
        let database = Database::create(scratch, "in_place");
        told_by_table(sample, &database);
    });
}

fn told_by_table(sample: &Sample, database: &Database<'_>) {
    let (layout, repo) = (sample.layout, sample.repo());
    let none = status(database, &repo);
    assert_eq!(states(sample, &none), ["pending", "pending"], "{layout}");
    assert_eq!(none["unchecked"], serde_json::json!([]), "{layout}");

    let history = history(layout);
    let mut client = database.connect();
    client.batch_execute(CREATE).expect(CREATE);
    let unknown = status(database, &repo);
    assert!(
        unknown["unchecked"]
            .to_string()
            .contains("none of its tables"),
        "{layout}"
    );
    for text in [history.ddl, history.first] {
        client.batch_execute(text).expect(text);
    }
    let begun = status(database, &repo);
    assert_eq!(
        states(sample, &begun),
        ["applied", "pending"],
        "{layout}: {begun:#}"
    );
    assert_eq!(begun["drift"], Value::Array(vec![]), "{layout}: {begun:#}");
    let at = &begun["migrations"][0]["appliedAt"];
    let is_noted = ["prisma", "sqlx", "diesel", "node-pg-migrate", "flyway"].contains(&layout);
    assert_eq!(
        at.as_str()
            .is_some_and(|at| at.starts_with("2024-01-01T10:00:00")),
        is_noted,
        "{layout}: {at}"
    );

    if let Some(failed) = history.second_failed {
        client.batch_execute(failed).expect(failed);
        let failed = status(database, &repo);
        assert_eq!(
            states(sample, &failed),
            ["applied", "failed"],
            "{layout}: {failed:#}"
        );
        let text = database.run(&repo, &["db-status"]).must_exit(0).stdout;
        assert!(
            text.contains("failed") && text.contains("did not end it"),
            "{text}"
        );
        let remove = match layout {
            "prisma" => {
                "DELETE FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL"
            }
            "sqlx" => "DELETE FROM _sqlx_migrations WHERE NOT success",
            "flyway" => "DELETE FROM flyway_schema_history WHERE NOT success",
            _overwritten => "SELECT",
        };
        client.batch_execute(remove).expect(remove);
    }
    let added = if layout == "drizzle" {
        format!("COMMENT ON TABLE users IS 'a'; {ADD}")
    } else {
        ADD.to_owned()
    };
    for text in [added.as_str(), history.second] {
        client.batch_execute(text).expect(text);
    }
    let ran = database
        .run(&repo, &["db-status", "--exit-code", "--format", "json"])
        .must_exit(0)
        .json();
    assert_eq!(
        states(sample, &ran),
        ["applied", "applied"],
        "{layout}: {ran:#}"
    );

    client
        .batch_execute("ALTER TABLE users ADD COLUMN by_hand text")
        .expect("a column");
    let drifted = status(database, &repo);
    assert!(
        drifted["drift"].to_string().contains("by_hand"),
        "{layout}: {drifted:#}"
    );
}

fn status(database: &Database<'_>, repo: &Monorepo) -> Value {
    database
        .run(repo, &["db-status", "--format", "json"])
        .must_exit(0)
        .json()
}

fn states(sample: &Sample, status: &Value) -> Vec<String> {
    let all = status["migrations"].as_array().expect("a list");
    let state = |name: &&str| {
        let one = all.iter().find(|one| one["name"] == **name);
        one.and_then(|one| one["state"].as_str())
            .unwrap_or("missing")
            .to_owned()
    };
    sample.names.iter().map(state).collect()
}

#[test]
fn what_is_late_is_told_as_the_tool_treats_it() {
    let Some(scratch) = shared() else { return };
    let expected = [
        ("drizzle", "out-of-order", "passes over it"),
        ("golang-migrate", "applied", "null"),
        ("prisma", "pending", "null"),
        ("flyway", "out-of-order", "refuses it"),
    ];
    for sample in samples() {
        let Some((_, state, problem)) = expected.iter().find(|(name, ..)| *name == sample.layout)
        else {
            continue;
        };
        let database = Database::create(scratch, "late");
        let history = history(sample.layout);
        let mut client = database.connect();
        client.batch_execute(history.ddl).expect("a table");
        // Only the second one.
        let second = history.second.split(";\n").next().unwrap_or_default();
        let insert = match sample.layout {
            "golang-migrate" => "INSERT INTO schema_migrations VALUES (10, false)",
            _other => second,
        };
        client.batch_execute(insert).expect(insert);
        let status = status(&database, &sample.repo());
        let first = &status["migrations"][0];
        assert_eq!(first["name"], sample.names[0]);
        assert_eq!(first["state"], *state, "{}: {status:#}", sample.layout);
        assert!(
            first["problem"].to_string().contains(problem),
            "{}: {status:#}",
            sample.layout
        );
    }
}
