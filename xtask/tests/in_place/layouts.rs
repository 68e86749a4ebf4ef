//! A small monorepo in each layout that is read in place: two migrations, of which the second adds a
//! column that the row type lacks.

use crate::support::major;
use crate::support::monorepo::Monorepo;

/// The first migration.
pub const CREATE: &str = "CREATE TABLE users (id integer PRIMARY KEY);\n";

/// The second one.
pub const ADD: &str = "ALTER TABLE users ADD COLUMN bio text;\n";

/// The ways back.
const DROP_TABLE: &str = "DROP TABLE users;\n";
const DROP_COLUMN: &str = "ALTER TABLE users DROP COLUMN bio;\n";

/// A monorepo of one layout, and the place of the second migration in it.
pub struct Sample {
    /// The name of the layout.
    pub layout: &'static str,
    /// The folder with the migrations.
    pub dir: &'static str,
    /// Each file and its text.
    pub files: Vec<(String, String)>,
    /// The names of both migrations, as the tool shows them.
    pub names: [&'static str; 2],
    /// The file and the line at which the column is added.
    pub added_at: (&'static str, usize),
    /// Whether the layout has ways back.
    pub has_downs: bool,
}

impl Sample {
    /// The files in a folder of their own, configured to be read in place.
    pub fn repo(&self) -> Monorepo {
        let repo = Monorepo::empty();
        for (name, text) in &self.files {
            repo.write(&format!("{}/{name}", self.dir), text);
        }
        repo.write("src/user.ts", "export interface UserRow { id: number }\n");
        repo.write(
            "db.toml",
            &format!(
                "postgres = \"{}\"\ntypes = [\"src/**/*.ts\"]\n\n[migrations]\nlayout = \"{}\"\ndir = \"{}\"\n",
                major(),
                self.layout,
                self.dir
            ),
        );
        repo
    }
}

fn files(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    files.iter().map(owned).collect()
}

/// Both directions in one file, with the ways back first: the layout does not care.
fn marked(up: &str, up_marker: &str, down: &str, down_marker: &str) -> String {
    format!("{down_marker}\n{down}\n{up_marker}\n{up}")
}

/// A sample of each layout.
pub fn samples() -> Vec<Sample> {
    vec![
        drizzle(),
        Sample {
            layout: "prisma",
            dir: "packages/db/prisma/migrations",
            files: files(&[
                ("migration_lock.toml", "provider = \"postgresql\"\n"),
                ("20240101000000_init/migration.sql", CREATE),
                // Prisma sorts names as texts: a number would come before the other.
                (
                    "20240201_bio/migration.sql",
                    &format!("-- AlterTable\n{ADD}"),
                ),
            ]),
            names: ["20240101000000_init", "20240201_bio"],
            added_at: ("20240201_bio/migration.sql", 2),
            has_downs: false,
        },
        Sample {
            layout: "sqlx",
            dir: "migrations",
            files: files(&[
                ("1_users.sql", CREATE),
                ("20240201000000_bio.up.sql", ADD),
                ("20240201000000_bio.down.sql", DROP_COLUMN),
            ]),
            names: ["1_users", "20240201000000_bio"],
            added_at: ("20240201000000_bio.up.sql", 1),
            has_downs: false,
        },
        Sample {
            layout: "diesel",
            dir: "migrations",
            files: files(&[
                ("2024-01-01-000000_users/up.sql", CREATE),
                ("2024-01-01-000000_users/down.sql", DROP_TABLE),
                ("2024-02-01-000000_bio/up.sql", ADD),
                ("2024-02-01-000000_bio/down.sql", DROP_COLUMN),
            ]),
            names: ["2024-01-01-000000_users", "2024-02-01-000000_bio"],
            added_at: ("2024-02-01-000000_bio/up.sql", 1),
            has_downs: true,
        },
        Sample {
            layout: "golang-migrate",
            dir: "db/migrations",
            files: files(&[
                ("9_users.up.sql", CREATE),
                ("9_users.down.sql", DROP_TABLE),
                ("10_bio.up.sql", &format!("BEGIN;\n{ADD}COMMIT;\n")),
                ("10_bio.down.sql", DROP_COLUMN),
            ]),
            names: ["9_users", "10_bio"],
            added_at: ("10_bio.up.sql", 2),
            has_downs: true,
        },
        Sample {
            layout: "supabase",
            dir: "supabase/migrations",
            files: files(&[
                ("20240101000000_users.sql", CREATE),
                ("20240201000000_bio.sql", &ADD.replace('\n', "\r\n")),
            ]),
            names: ["20240101000000_users", "20240201000000_bio"],
            added_at: ("20240201000000_bio.sql", 1),
            has_downs: false,
        },
        Sample {
            layout: "dbmate",
            dir: "db/migrations",
            files: files(&[
                (
                    "20240101000000_users.sql",
                    &marked(CREATE, "-- migrate:up", DROP_TABLE, "-- migrate:down"),
                ),
                (
                    "20240201000000_bio.sql",
                    &marked(
                        ADD,
                        "-- migrate:up transaction:false",
                        DROP_COLUMN,
                        "-- migrate:down",
                    ),
                ),
            ]),
            names: ["20240101000000_users", "20240201000000_bio"],
            added_at: ("20240201000000_bio.sql", 5),
            has_downs: true,
        },
        Sample {
            layout: "node-pg-migrate",
            dir: "migrations",
            files: files(&[
                (
                    "1700000000000_users.sql",
                    &marked(CREATE, "-- Up Migration", DROP_TABLE, "-- Down Migration"),
                ),
                (
                    "1700000000001_bio.sql",
                    &marked(ADD, "-- Up Migration", DROP_COLUMN, "-- Down Migration"),
                ),
            ]),
            names: ["1700000000000_users", "1700000000001_bio"],
            added_at: ("1700000000001_bio.sql", 5),
            has_downs: true,
        },
        Sample {
            layout: "flyway",
            dir: "src/main/resources/db/migration",
            files: files(&[
                ("V1.9__users.sql", CREATE),
                ("U1.9__users.sql", DROP_TABLE),
                ("V1.10__bio.sql", ADD),
                ("U1.10__bio.sql", DROP_COLUMN),
                (
                    "R__names.sql",
                    "CREATE OR REPLACE VIEW bios AS SELECT bio FROM users;\n",
                ),
            ]),
            names: ["V1.9__users", "V1.10__bio"],
            added_at: ("V1.10__bio.sql", 1),
            has_downs: false,
        },
        Sample {
            layout: "hasura",
            dir: "hasura/migrations/default",
            files: files(&[
                ("1599065830454_users/up.sql", CREATE),
                ("1599065830454_users/down.sql", DROP_TABLE),
                ("1599065830455_bio/up.sql", ADD),
                ("1599065830455_bio/down.sql", DROP_COLUMN),
            ]),
            names: ["1599065830454_users", "1599065830455_bio"],
            added_at: ("1599065830455_bio/up.sql", 1),
            has_downs: true,
        },
        Sample {
            layout: "postgrator",
            dir: "db/migrations",
            files: files(&[
                ("9.do.users.sql", CREATE),
                ("9.undo.users.sql", DROP_TABLE),
                ("010.do.sql", ADD),
                ("010.undo.sql", DROP_COLUMN),
            ]),
            names: ["9.do.users", "010.do"],
            added_at: ("010.do.sql", 1),
            has_downs: true,
        },
    ]
}

fn drizzle() -> Sample {
    let entry = |index: u64, tag: &str| {
        let when = 1_700_000_000_000 + index;
        format!("{{ \"idx\": {index}, \"version\": \"7\", \"when\": {when}, \"tag\": \"{tag}\" }}")
    };
    let entries = [entry(0, "0000_users"), entry(1, "0001_bio")].join(", ");
    let journal = format!("{{ \"dialect\": \"postgresql\", \"entries\": [{entries}] }}");
    Sample {
        layout: "drizzle",
        dir: "drizzle",
        files: files(&[
            ("meta/_journal.json", &journal),
            ("0000_users.sql", CREATE),
            // Without `;`, as Drizzle accepts it, and with a file that no entry names.
            (
                "0001_bio.sql",
                &format!(
                    "COMMENT ON TABLE users IS 'a'\n--> statement-breakpoint\n{}",
                    ADD.replace(';', "")
                ),
            ),
            ("0002_stray.sql", "DROP TABLE users;"),
        ]),
        names: ["0000_users", "0001_bio"],
        added_at: ("0001_bio.sql", 3),
        has_downs: false,
    }
}
