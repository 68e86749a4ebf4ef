//! Ways back that are written from the schemas: of each kind of object, on a real database, with the
//! rehearsal's verdict and the losses that are told.

mod rows;

use xtask::internals::migrations::reversal::{self, Standing, WayBack};
use xtask::internals::migrations::{Down, Migration, checksum};

use crate::support::database::Database;
use crate::support::monorepo::Monorepo;
use crate::support::{config, scratch_environment, shared};

const CASES: &str = include_str!("ways_back/cases.sql");

/// One migration, and what must be said of its way back.
struct Case {
    name: String,
    before: String,
    migration: String,
    /// `exact`, `order` or `none`.
    standing: String,
    losses: Vec<String>,
}

fn cases() -> Vec<Case> {
    let part = |text: &str, from: &str, to: &str| {
        let (_, rest) = text
            .split_once(from)
            .unwrap_or_else(|| panic!("{from} in {text}"));
        rest.split_once(to)
            .map_or(rest, |(part, _)| part)
            .to_owned()
    };
    let all = CASES.split("-- case: ").skip(1).map(|text| {
        let expected = part(text, "-- expect: ", "\n");
        let (standing, losses) = expected.split_once("; loses ").unwrap_or((&expected, ""));
        Case {
            name: text.lines().next().unwrap_or_default().to_owned(),
            before: part(text, "-- before\n", "-- migration\n"),
            migration: part(text, "-- migration\n", "-- expect: "),
            standing: standing.to_owned(),
            losses: losses
                .split(", ")
                .filter(|loss| !loss.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    });
    all.collect()
}

fn migration(version: i64, name: &str, sql: &str) -> Migration {
    let file = format!("migrations/V{version}__{name}.sql");
    Migration {
        version,
        name: name.to_owned(),
        foreign: None,
        file: file.clone(),
        sql: sql.to_owned(),
        down: Down::Irreversible {
            file,
            reason: "it was not written".to_owned(),
        },
        no_transaction: false,
        checksum: checksum(version, name, sql).expect("a name that refinery takes"),
    }
}

fn standing(way_back: &WayBack) -> &'static str {
    match way_back.standing {
        Standing::Exact => "exact",
        Standing::ExceptOrder(_) => "order",
        Standing::NotTried(_) => "untried",
        Standing::None(_) => "none",
    }
}

/// The verdict is that of the rehearsal, which goes there, back and there again with rows.
#[test]
fn every_kind_of_object_has_a_way_back_or_it_is_said() {
    if shared().is_none() {
        return;
    }
    let cases = cases();
    assert!(cases.len() >= 60);
    let mut migrations = Vec::new();
    for (number, case) in (0..).zip(&cases) {
        migrations.push(migration(number * 2 + 1, "before", &case.before));
        migrations.push(migration(number * 2 + 2, "migration", &case.migration));
    }
    let which: Vec<usize> = (0..cases.len()).map(|number| number * 2 + 1).collect();
    let config = config();
    let environment = scratch_environment(&config);
    let mut problems = String::new();
    let mut told = 0;
    reversal::write(&environment, &migrations, &which, &mut |at, way_back| {
        let case = &cases[at / 2];
        told += 1;
        let mut losses: Vec<&str> = way_back
            .losses
            .iter()
            .map(|loss| loss.name.as_str())
            .collect();
        losses.sort_unstable();
        if standing(way_back) != case.standing || losses != case.losses {
            problems += &format!(
                "{}: expected {} and losses {:?}, found {} and {losses:?}:\n{}\n",
                case.name,
                case.standing,
                case.losses,
                standing(way_back),
                way_back.text
            );
        }
        Ok(())
    })
    .expect("the migrations run");
    assert!(problems.is_empty(), "{problems}");
    assert_eq!(told, cases.len());
}

const USERS: &str = "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);";

/// A monorepo with that table and more files of migrations.
fn repo(files: &[(&str, &str)]) -> Monorepo {
    let repo = Monorepo::of_migrations(&[("V1__users", USERS, "DROP TABLE users;")]);
    for (file, text) in files {
        repo.write(&format!("migrations/{file}"), text);
    }
    repo
}

#[test]
fn the_newest_migration_without_a_way_back_gets_one() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "new_down");
    let repo = repo(&[("V2__bio.sql", "ALTER TABLE users ADD COLUMN bio text;")]);
    let down = "migrations/V2__bio.down.sql";
    let ran = database.run(&repo, &["db-new", "--down"]).must_exit(0);
    assert!(
        ran.stdout.contains(
            "migrations/V2__bio.down.sql: exact\n    loses users.bio (written since the migration)"
        ),
        "{ran:?}"
    );
    let written = repo.read(down);
    assert!(
        written.ends_with("\n\nALTER TABLE public.users DROP COLUMN bio;\n")
            && written.contains("-- loses: users.bio (written since the migration)\n"),
        "{written}"
    );
    database.run(&repo, &["db-rollback", "--test"]).must_exit(0);
    // Nobody changed it: it may be written anew, when the migration is another one by now.
    repo.write(
        "migrations/V2__bio.sql",
        "ALTER TABLE users ADD COLUMN about text;",
    );
    database
        .run(&repo, &["db-new", "--down", "bio"])
        .must_exit(0);
    assert!(repo.read(down).contains("DROP COLUMN about;"));
    repo.edit(down, "DROP COLUMN about", "DROP COLUMN IF EXISTS about");
    let edited = repo.read(down);
    let ran = database
        .run(&repo, &["db-new", "--down", "V2"])
        .must_exit(2);
    assert!(
        ran.stderr.contains("a person wrote or changed it") && repo.read(down) == edited,
        "{ran:?}"
    );
    let ran = database.run(&repo, &["db-new", "--down"]).must_exit(2);
    assert!(
        ran.stderr.contains("each migration has a way back"),
        "{ran:?}"
    );
}

#[test]
fn each_call_writes_the_way_back_of_the_newest_migration_that_lacks_one() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "new_downs");
    let repo = repo(&[
        ("V2__bio.sql", "ALTER TABLE users ADD COLUMN bio text;"),
        ("V3__note.sql", "ALTER TABLE users ADD COLUMN note text;"),
    ]);
    for (written, lacking) in [("V3__note", Some("V2__bio")), ("V2__bio", None)] {
        database.run(&repo, &["db-new", "--down"]).must_exit(0);
        let down = |name: &str| repo.path(&format!("migrations/{name}.down.sql"));
        assert!(down(written).exists(), "{written}");
        assert!(lacking.is_none_or(|name| !down(name).exists()), "{written}");
    }
    database.run(&repo, &["db-rollback", "--test"]).must_exit(0);
}

/// The file that `db-new` makes is still to be written by somebody, and the migration is not.
#[test]
fn the_file_that_db_new_made_is_written() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "skeleton");
    let repo = repo(&[]);
    database.run(&repo, &["db-new", "drop_name"]).must_exit(0);
    repo.write(
        "migrations/V2__drop_name.sql",
        "ALTER TABLE users DROP COLUMN name;",
    );
    let ran = database
        .run(&repo, &["db-new", "--down", "--format", "json"])
        .must_exit(0);
    let one = &ran.json()["waysBack"][0];
    assert_eq!(one["standing"], "exact", "{one:#}");
    assert_eq!(one["losses"][0]["object"], "users.name", "{one:#}");
    let written = repo.read("migrations/V2__drop_name.down.sql");
    assert!(
        written.contains("-- Rows get '': their values are gone.\n"),
        "{written}"
    );
}

#[test]
fn what_has_no_exact_way_back_says_so_and_does_nothing() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "no_down");
    let posts = "CREATE TABLE posts (id int PRIMARY KEY, author int NOT NULL REFERENCES users);";
    let repo = repo(&[
        ("V2__posts.sql", posts),
        ("V2__posts.down.sql", "DROP TABLE posts;"),
        ("V3__drop.sql", "ALTER TABLE posts DROP COLUMN author;"),
    ]);
    let ran = database.run(&repo, &["db-new", "--down"]).must_exit(1);
    assert!(
        ran.stdout.contains("no exact way back is known: "),
        "{ran:?}"
    );
    let written = repo.read("migrations/V3__drop.down.sql");
    assert!(
        written.contains("\n-- irreversible: no exact way back is known: ")
            && written.contains("\n--   ALTER TABLE public.posts ADD COLUMN author integer;\n")
            && written
                .lines()
                .all(|line| line.is_empty() || line.starts_with("--")),
        "{written}"
    );
    let ran = database.run(&repo, &["db-rollback", "--test"]).must_exit(0);
    assert!(ran.stdout.contains("V3__drop: irreversible: "), "{ran:?}");
}

#[test]
fn imported_migrations_get_ways_back() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "import_downs");
    let repo = Monorepo::of_migrations(&[]);
    for (name, sql) in [
        ("20240101000000_init", USERS),
        (
            "20240102000000_bio",
            "ALTER TABLE \"users\" ADD COLUMN \"bio\" TEXT;",
        ),
        (
            "20240103000000_rename",
            "ALTER TABLE users RENAME name TO full_name;",
        ),
    ] {
        repo.write(&format!("prisma/migrations/{name}/migration.sql"), sql);
    }
    let import = [
        "db-import",
        "--from",
        "prisma",
        "prisma/migrations",
        "--downs",
    ];
    let ran = database.run(&repo, &import).must_exit(0);
    assert!(
        ran.stdout
            .contains("3 ways back: 3 exact, 0 exact but for the order of columns")
            && ran.stdout.contains(", 0 without a way back, "),
        "{ran:?}"
    );
    let back = repo.read("migrations/V20240103000000__rename.down.sql");
    assert!(
        back.ends_with("ALTER TABLE public.users RENAME COLUMN full_name TO name;\n"),
        "{back}"
    );
    let ran = database.run(&repo, &["db-rollback", "--test"]).must_exit(0);
    assert!(ran.stdout.contains("3 migrations: 3 exact"), "{ran:?}");
}

/// A layout has a place for ways back, or the error says what to do.
#[test]
fn a_way_back_stands_where_the_layout_has_it() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "down_places");
    for (layout, up, down) in [
        ("golang-migrate", "1_users.up.sql", "1_users.down.sql"),
        ("flyway", "V1__users.sql", "U1__users.sql"),
        ("diesel", "1_users/up.sql", "1_users/down.sql"),
    ] {
        let repo = Monorepo::of_migrations(&[]);
        let configured =
            format!("[workspace.metadata.db.migrations]\nlayout = '{layout}'\ndir = 'db'\n");
        repo.write("Cargo.toml", &(repo.read("Cargo.toml") + &configured));
        repo.write(&format!("db/{up}"), USERS);
        database.run(&repo, &["db-new", "--down"]).must_exit(0);
        let written = repo.read(&format!("db/{down}"));
        assert!(
            written.ends_with("DROP TABLE public.users;\n"),
            "{layout}: {written}"
        );
    }
    for (layout, up, advice) in [
        (
            "prisma",
            "1_users/migration.sql",
            "db-import --from prisma --downs",
        ),
        ("dbmate", "1_users.sql", "changes no file of another"),
    ] {
        let repo = Monorepo::of_migrations(&[]);
        let configured =
            format!("[workspace.metadata.db.migrations]\nlayout = '{layout}'\ndir = 'db'\n");
        repo.write("Cargo.toml", &(repo.read("Cargo.toml") + &configured));
        repo.write(&format!("db/{up}"), &format!("-- migrate:up\n{USERS}"));
        let ran = database.run(&repo, &["db-new", "--down"]).must_exit(2);
        assert!(ran.stderr.contains(advice), "{layout}: {ran:?}");
    }
}
