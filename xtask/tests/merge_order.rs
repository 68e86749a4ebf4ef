//! `db-verify --since --with`: the migrations of two branches of a real repository, in both orders on
//! a real PostgreSQL; and `db-new --renumber`.

mod renumber;

use serde_json::Value;
use xtask::internals::postgres::scratch::Scratch;

use crate::support::git::{commit, git, init};
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{shared, side_by_side, url};

const BASE: &str = "\
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, email text, age int);
CREATE TABLE settings (key text PRIMARY KEY, value text);
CREATE TABLE marks (id serial PRIMARY KEY, name text);
CREATE VIEW grown AS SELECT id, name FROM users WHERE age > 17;
";

const DOWN: &str = "-- irreversible: a test\n";

/// Two branches, and what is said about them.
struct Pair {
    name: &'static str,
    ours: &'static str,
    theirs: &'static str,
    /// Each finding as type, severity and entity.
    found: &'static [&'static str],
    /// Parts of the report for people.
    told: &'static [&'static str],
}

const SAME: &str = "make the same schema in both orders (migrations: 1 and 1)";

/// Pairs that commute.
const COMMUTE: &[Pair] = &[
    Pair {
        name: "two new tables",
        ours: "CREATE TABLE notes (id int PRIMARY KEY, author int REFERENCES users);",
        theirs: "CREATE TABLE tags (id int PRIMARY KEY, name text);",
        found: &[],
        told: &[SAME],
    },
    Pair {
        name: "a column each, whose order in the table does not count",
        ours: "ALTER TABLE users ADD COLUMN bio text;",
        theirs: "ALTER TABLE users ADD COLUMN motto text DEFAULT '';",
        found: &[],
        told: &[SAME, "only the columns of `users` stand in another order"],
    },
    Pair {
        name: "an index and a constraint",
        ours: "CREATE INDEX users_name ON users (name);",
        theirs: "ALTER TABLE users ADD CONSTRAINT grown CHECK (age IN (1, 2) OR age BETWEEN 3 AND 9);",
        found: &[],
        told: &[SAME],
    },
    Pair {
        name: "the same table, made where it is missing",
        ours: "CREATE TABLE IF NOT EXISTS tags (id int PRIMARY KEY);",
        theirs: "CREATE TABLE IF NOT EXISTS tags (id int PRIMARY KEY);",
        found: &["BRANCH_CONFLICT warning tags"],
        told: &[SAME, "`other` makes the table as well, alike"],
    },
    Pair {
        name: "rows that are listed, and that do not collide",
        ours: "INSERT INTO settings VALUES ('colour', 'red');",
        theirs: "INSERT INTO settings VALUES ('size', '7');",
        found: &[],
        told: &[SAME],
    },
    Pair {
        name: "a value of an enum each, at a place that both know",
        ours: "ALTER TYPE mood ADD VALUE 'awful' BEFORE 'sad';",
        theirs: "ALTER TYPE mood ADD VALUE 'great' AFTER 'ok';",
        found: &[],
        told: &[SAME],
    },
    Pair {
        name: "rows of one table, and the catalogs of another",
        ours: "UPDATE users SET name = trim(name);",
        theirs: "ALTER TABLE settings ALTER COLUMN value SET NOT NULL;",
        found: &[],
        told: &[SAME],
    },
];

/// Pairs that do not commute, or of which that cannot be known.
const CONFLICT: &[Pair] = &[
    Pair {
        name: "an index, and its column dropped",
        ours: "SELECT 1;\nCREATE INDEX users_email ON users (email);",
        theirs: "ALTER TABLE users ALTER COLUMN age SET DEFAULT 1;\nALTER TABLE users DROP COLUMN email;",
        found: &["BRANCH_CONFLICT error V2__ours"],
        told: &[
            "fails if `other` is merged first: column \"email\" does not exist",
            "migrations/V2__ours.sql:2:",
            "migrations/V3__theirs.sql:2:1",
            "merge this branch first",
        ],
    },
    Pair {
        name: "a column dropped that the other branch indexes",
        ours: "ALTER TABLE users DROP COLUMN email;",
        theirs: "CREATE INDEX users_email ON users (email);",
        found: &["BRANCH_CONFLICT error V2__ours"],
        told: &[
            "`other` fails if this branch is merged first, in `V3__theirs` at migrations/V3__theirs.sql:1:",
        ],
    },
    Pair {
        name: "one column, renamed by both",
        ours: "ALTER TABLE users RENAME COLUMN name TO full_name;",
        theirs: "ALTER TABLE users RENAME COLUMN name TO title;",
        found: &["BRANCH_CONFLICT error V2__ours"],
        told: &[
            "whichever of this branch and `other` is merged second fails: column \"name\" does not exist",
        ],
    },
    Pair {
        name: "a view, replaced by both",
        ours: "CREATE OR REPLACE VIEW grown AS SELECT id, name FROM users WHERE age > 20;",
        theirs: "CREATE OR REPLACE VIEW grown AS SELECT id, name FROM users WHERE age > 15;",
        found: &["BRANCH_CONFLICT error grown"],
        told: &[
            "the view depends on the order of merging",
            "migrations/V2__ours.sql:1:1",
            "migrations/V3__theirs.sql:1:1",
        ],
    },
    Pair {
        name: "one table, made by both alike",
        ours: "CREATE TABLE tags (id int PRIMARY KEY);",
        theirs: "create table tags (id int primary key);",
        found: &["BRANCH_CONFLICT error V2__ours"],
        told: &[
            "`other` makes it as well (by the same statement)",
            "relation \"tags\" already exists",
        ],
    },
    Pair {
        name: "one table, made by both differently",
        ours: "CREATE TABLE IF NOT EXISTS tags (id int PRIMARY KEY);",
        theirs: "CREATE TABLE IF NOT EXISTS tags (id bigint PRIMARY KEY);",
        found: &["BRANCH_CONFLICT error tags"],
        told: &["the table depends on the order of merging", "bigint"],
    },
    Pair {
        name: "one default, set by both",
        ours: "ALTER TABLE users ALTER COLUMN age SET DEFAULT 1;",
        theirs: "ALTER TABLE users ALTER COLUMN age SET DEFAULT 2;",
        found: &["BRANCH_CONFLICT error users"],
        told: &[
            "default changed from 2 to 1",
            "the table depends on the order of merging",
        ],
    },
    Pair {
        name: "two values at the end of an enum",
        ours: "ALTER TYPE mood ADD VALUE 'fine';",
        theirs: "ALTER TYPE mood ADD VALUE 'great';",
        found: &["BRANCH_CONFLICT warning mood"],
        told: &["has its values in another order", "ADD VALUE … BEFORE"],
    },
    Pair {
        name: "a row that both add",
        ours: "INSERT INTO settings VALUES ('colour', 'red');",
        theirs: "INSERT INTO settings VALUES ('colour', 'blue');",
        found: &["BRANCH_CONFLICT error V2__ours"],
        told: &["duplicate key value violates unique constraint"],
    },
    Pair {
        name: "rows that one branch writes, and the other one restricts",
        ours: "UPDATE users SET name = trim(name);",
        theirs: "ALTER TABLE users ADD CONSTRAINT short CHECK (length(name) < 40);",
        found: &["BRANCH_ORDER_UNKNOWN warning users"],
        told: &[
            SAME,
            "cannot know whether the order of `V2__ours` and of `V3__theirs` of `other` matters to its rows",
        ],
    },
    Pair {
        name: "rows that a function changes",
        ours: "CREATE FUNCTION tidy() RETURNS void LANGUAGE sql AS 'UPDATE users SET name = trim(name)';\nSELECT tidy();",
        theirs: "UPDATE users SET name = lower(name);",
        found: &["BRANCH_ORDER_UNKNOWN warning users"],
        told: &[SAME, "migrations/V2__ours.sql:2:1"],
    },
    Pair {
        name: "the position of a sequence, and a row that takes its next number",
        ours: "SELECT setval('marks_id_seq', 100);",
        theirs: "INSERT INTO marks (name) VALUES ('a');",
        found: &["BRANCH_ORDER_UNKNOWN warning marks"],
        told: &[SAME],
    },
    Pair {
        name: "a statement that is built when it runs",
        ours: "DO $$ BEGIN EXECUTE 'UPDATE users SET name = ' || quote_literal('x'); END $$;",
        theirs: "CREATE TABLE tags (id int PRIMARY KEY);",
        found: &[],
        told: &[
            SAME,
            "not judged, since it cannot be seen which rows change: `V2__ours` at migrations/V2__ours.sql:1:1: it builds statements when it runs",
        ],
    },
    Pair {
        name: "a branch that does not run by itself",
        ours: "CREATE TABLE notes (id int);",
        theirs: "ALTER TABLE nowhere ADD COLUMN x int;",
        found: &["BRANCH_ORDER_UNKNOWN warning V3__theirs"],
        told: &[
            "fails by itself, at migrations/V3__theirs.sql:1:",
            "relation \"nowhere\" does not exist",
        ],
    },
];

/// A repository with the branches `main`, `other` and `ours`, which is checked out.
fn branches(ours: (&str, &str), theirs: (&str, &str)) -> Monorepo {
    let repo = Monorepo::of_migrations(&[("V1__base", BASE, DOWN)]);
    init(&repo);
    for (branch, (name, sql)) in [("other", theirs), ("ours", ours)] {
        git(&repo, &["checkout", "-q", "-b", branch, "main"]);
        add(&repo, name, sql);
    }
    repo
}

/// Commits a migration.
fn add(repo: &Monorepo, name: &str, sql: &str) {
    repo.write(&format!("migrations/{name}.sql"), sql);
    repo.write(&format!("migrations/{name}.down.sql"), DOWN);
    commit(repo, name);
}

fn verify(scratch: &Scratch, repo: &Monorepo, arguments: &[&str]) -> Ran {
    let mut command = repo.command(&[&["db-verify", "--since", "main"], arguments].concat());
    Ran::of(command.env("SHADOW_DATABASE_URL", url(scratch)))
}

/// The findings about branches, each as type, severity and entity.
fn found(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let list = |severity: &str| -> Vec<Value> {
        let found = &report["migrations"][format!("{severity}s")];
        found.as_array().cloned().unwrap_or_default()
    };
    let mut all = Vec::new();
    for severity in ["error", "warning"] {
        for one in list(severity) {
            let kind = one["type"].as_str().unwrap_or_default().to_owned();
            let entity = one["entity"].as_str().unwrap_or_default();
            if kind.starts_with("BRANCH") {
                all.push(format!("{kind} {severity} {entity}"));
            }
        }
    }
    all
}

fn is_told(scratch: &Scratch, pair: &Pair) {
    let repo = branches(("V2__ours", pair.ours), ("V3__theirs", pair.theirs));
    let json = verify(scratch, &repo, &["--with", "other", "--format", "json"]);
    assert_eq!(found(&json), pair.found, "{}: {json:?}", pair.name);
    let shown = verify(scratch, &repo, &["--with", "other"]);
    for part in pair.told {
        assert!(
            shown.stdout.contains(part),
            "{}: {part:?} is not in {}",
            pair.name,
            shown.stdout
        );
    }
    let is_error = pair.found.iter().any(|one| one.contains(" error "));
    assert_eq!(shown.code, i32::from(is_error), "{}: {shown:?}", pair.name);
}

#[test]
fn branches_that_commute_are_told_from_those_that_do_not() {
    let Some(scratch) = shared() else { return };
    let pairs: Vec<&Pair> = COMMUTE.iter().chain(CONFLICT).collect();
    side_by_side(&pairs, |pair| is_told(scratch, pair));
}

#[test]
fn one_version_for_two_migrations_is_told_with_what_to_do() {
    let Some(scratch) = shared() else { return };
    let repo = branches(
        ("V2__ours", "CREATE TABLE notes (id int);"),
        ("V2__theirs", "CREATE TABLE tags (id int);"),
    );
    let ran = verify(scratch, &repo, &["--with", "other"]).must_exit(1);
    for part in [
        "`other` has `V2__theirs`, too: one version, two migrations",
        "--renumber",
        SAME,
    ] {
        assert!(
            ran.stdout.contains(part),
            "{part:?} is not in {}",
            ran.stdout
        );
    }
}

#[test]
fn a_branch_made_on_the_other_one_has_nothing_to_compare() {
    let Some(scratch) = shared() else { return };
    let repo = branches(
        ("V2__ours", "CREATE TABLE notes (id int);"),
        ("V3__theirs", "SELECT 1;"),
    );
    git(&repo, &["checkout", "-q", "-b", "stacked"]);
    add(&repo, "V4__more", "ALTER TABLE notes ADD COLUMN text text;");
    let ran = verify(scratch, &repo, &["--with", "ours"]).must_exit(0);
    let told = "`ours` has no migrations that neither `main` nor this branch has";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
}

#[test]
fn the_target_itself_may_be_the_other_branch() {
    let Some(scratch) = shared() else { return };
    let repo = branches(
        ("V3__ours", "CREATE INDEX users_email ON users (email);"),
        ("V9__theirs", "SELECT 1;"),
    );
    git(&repo, &["checkout", "-q", "main"]);
    add(&repo, "V2__gone", "ALTER TABLE users DROP COLUMN email;");
    git(&repo, &["checkout", "-q", "ours"]);
    let ran = verify(scratch, &repo, &["--with", "main", "--format", "json"]).must_exit(1);
    assert_eq!(found(&ran), ["BRANCH_CONFLICT error V3__ours"], "{ran:?}");
    // Behind what the target got in the meantime, it fails without the other branch.
    let ran = verify(scratch, &repo, &["--with", "other"]).must_exit(1);
    for part in [
        "it fails after the migrations that `main` got since this branch left it",
        "migrations/V2__gone.sql:1:1",
    ] {
        assert!(
            ran.stdout.contains(part),
            "{part:?} is not in {}",
            ran.stdout
        );
    }
}

#[test]
fn each_format_shows_the_conflict() {
    let Some(scratch) = shared() else { return };
    let repo = branches(
        (
            "V2__ours",
            "ALTER TABLE users RENAME COLUMN name TO full_name;",
        ),
        (
            "V3__theirs",
            "ALTER TABLE users RENAME COLUMN name TO title;",
        ),
    );
    for format in [
        "human", "json", "github", "gitlab", "sarif", "markdown", "junit", "html",
    ] {
        let ran = verify(scratch, &repo, &["--with", "other", "--format", format]).must_exit(1);
        let is_shown = ran.stdout.contains("is merged second fails");
        assert!(is_shown, "{format}: {}", ran.stdout);
    }
}

#[test]
fn a_severity_and_a_missing_branch_are_what_they_are_elsewhere() {
    let Some(scratch) = shared() else { return };
    let repo = branches(
        ("V2__ours", CONFLICT[2].ours),
        ("V3__theirs", CONFLICT[2].theirs),
    );
    let manifest = repo.read("Cargo.toml");
    repo.write(
        "Cargo.toml",
        &format!("{manifest}BRANCH_CONFLICT = 'warning'\n"),
    );
    commit(&repo, "a warning");
    let ran = verify(scratch, &repo, &["--with", "other", "--format", "json"]).must_exit(0);
    assert_eq!(found(&ran), ["BRANCH_CONFLICT warning V2__ours"]);
    verify(scratch, &repo, &["--with", "nowhere"]).must_fail(&["`nowhere` is no branch"]);
    repo.run(&["db-verify", "--with", "other"])
        .must_fail_at_length(&["--since"]);
}

/// A repository with drizzle's files, whose entry 1 is `tag`, made at `when`.
fn drizzle(repo: &Monorepo, tag: &str, when: u32, sql: &str) {
    let journal = format!(
        r#"{{"version":"7","dialect":"postgresql","entries":[{{"idx":0,"when":1,"tag":"0000_base"}},{{"idx":1,"when":{when},"tag":"{tag}"}}]}}"#
    );
    repo.write("drizzle/meta/_journal.json", &journal);
    repo.write(&format!("drizzle/{tag}.sql"), sql);
    commit(repo, tag);
}

#[test]
fn drizzles_number_that_both_branches_gave_is_told() {
    let Some(scratch) = shared() else { return };
    let repo = Monorepo::empty();
    let major = crate::support::major();
    repo.write(
        "db.toml",
        &format!(
            "postgres = \"{major}\"\n[migrations]\nlayout = \"drizzle\"\ndir = \"drizzle\"\n\
             [severity]\nMISSING_TYPE = 'off'\nMISSING_VALIDATION_SCHEMA = 'off'\n"
        ),
    );
    repo.write(
        "drizzle/meta/_journal.json",
        r#"{"version":"7","dialect":"postgresql","entries":[{"idx":0,"when":1,"tag":"0000_base"}]}"#,
    );
    repo.write("drizzle/0000_base.sql", BASE);
    init(&repo);
    git(&repo, &["checkout", "-q", "-b", "other", "main"]);
    drizzle(&repo, "0001_tame_ant", 7, "CREATE TABLE tags (id int);");
    git(&repo, &["checkout", "-q", "-b", "ours", "main"]);
    drizzle(&repo, "0001_wild_bee", 9, "CREATE TABLE notes (id int);");
    let ran = verify(scratch, &repo, &["--with", "other"]).must_exit(1);
    for part in [
        "`other` has `0001_tame_ant`, too: one version, two migrations",
        "let drizzle-kit generate it again",
        SAME,
        "by their versions `other` is to be merged before this branch",
    ] {
        assert!(
            ran.stdout.contains(part),
            "{part:?} is not in {}",
            ran.stdout
        );
    }
    repo.run(&["db-new", "--renumber"]).must_fail(&[
        "drizzle numbers these migrations",
        "let drizzle-kit generate it again",
    ]);
}

/// Migrations that are code are not run one by one: which ones were not seen is said.
#[test]
fn migrations_that_are_code_are_named() {
    let Some(scratch) = shared() else { return };
    // It stands for a migrator.
    if crate::support::psql().is_none() {
        return;
    }
    let repo = Monorepo::empty();
    let major = crate::support::major();
    repo.write(
        "db.toml",
        &format!(
            "postgres = \"{major}\"\n[migrations]\ndir = \"migrations\"\nreplay = \"psql \\\"$DATABASE_URL\\\" -Xq -f migrate.sql\"\n\
             [severity]\nMISSING_TYPE = 'off'\nMISSING_VALIDATION_SCHEMA = 'off'\n"
        ),
    );
    repo.write("migrate.sql", BASE);
    let of_code = |file: &str| {
        repo.write(
            &format!("migrations/{file}.ts"),
            "export async function up() {}\n",
        );
        let mut command = repo.command(&["db-snapshot", "--allow-replay"]);
        Ran::of(command.env("SHADOW_DATABASE_URL", url(scratch))).must_exit(0);
    };
    of_code("0001_base");
    init(&repo);
    for branch in ["theirs", "ours"] {
        git(&repo, &["checkout", "-q", "-b", branch, "main"]);
        of_code(&format!("0002_{branch}"));
        commit(&repo, branch);
    }
    let ran = verify(scratch, &repo, &["--with", "theirs"]).must_exit(0);
    for part in [
        "cannot know whether this branch and `theirs` fit together",
        "0002_ours",
        "0002_theirs",
    ] {
        assert!(ran.stdout.contains(part), "{part:?} is not in {ran:?}");
    }
}
