//! Privileges and owners that somebody changed by hand: told where the migrations have them in
//! hand, and nowhere else.

use crate::support::database::Database;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::shared;

/// The message of every finding about privileges.
const TOLD: &str = "the privileges of the database are not what its migrations made them";

const TABLES: &str = "CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE notes (id int); \
                      CREATE FUNCTION secret() RETURNS int LANGUAGE sql AS 'SELECT 1';";

/// The roles of `database`, which are the server's: no other test may have them.
fn roles(database: &Database<'_>) -> [String; 3] {
    let roles = ["app", "intern", "anon"].map(|role| format!("{role}_{}", database.name()));
    for role in &roles {
        database
            .connect()
            .batch_execute(&format!("CREATE ROLE {role}"))
            .expect("a role");
    }
    roles
}

fn status(database: &Database<'_>, repo: &Monorepo) -> Ran {
    database.run(repo, &["db-status", "--exit-code"])
}

#[test]
fn grants_that_were_changed_by_hand_are_warnings() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "granted");
    let [app, intern, _] = roles(&database);
    let grants = format!(
        "GRANT SELECT, INSERT ON users TO {app}; REVOKE EXECUTE ON FUNCTION secret() FROM PUBLIC; \
         GRANT EXECUTE ON FUNCTION secret() TO {app};"
    );
    let repo = Monorepo::of_migrations(&[
        ("V1__tables", TABLES, "SELECT 1;"),
        ("V2__grants", &grants, "SELECT 1;"),
    ]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert!(!status(&database, &repo).must_exit(0).stdout.contains(TOLD));
    let by_hand = format!(
        "REVOKE INSERT ON users FROM {app}; GRANT SELECT ON users TO {intern}; GRANT EXECUTE ON FUNCTION secret() TO PUBLIC; \
         GRANT SELECT ON notes TO {intern}"
    );
    database.connect().batch_execute(&by_hand).expect("changes");
    let told = [
        format!("{app} may not INSERT on the table public.users"),
        format!("{intern} may SELECT on the table public.users"),
        "PUBLIC may EXECUTE on the routine public.secret()".to_owned(),
    ];
    let without_snapshot = status(&database, &repo).must_exit(0);
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    let migrated = database.run(&repo, &["db-migrate"]).must_exit(0);
    let verified = database
        .run(&repo, &["db-verify", "--database"])
        .must_exit(0);
    for ran in [
        without_snapshot,
        status(&database, &repo).must_exit(0),
        migrated,
        verified,
    ] {
        for part in &told {
            assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
        }
        assert!(!ran.stdout.contains("public.notes"), "{}", ran.stdout);
    }
    // Until somebody mends it, every run tells.
    assert!(
        database
            .run(&repo, &["db-migrate"])
            .must_exit(0)
            .stdout
            .contains(TOLD)
    );
    let text = repo.read("Cargo.toml");
    let accepted = format!(
        "[workspace.metadata.db]\naccepted-drift = [{{ object = 'grants to {intern}', reason = 'a summer' }}, \
         {{ object = 'grants on routine public.secret*', reason = 'no secret' }}]\n"
    );
    repo.write(
        "Cargo.toml",
        &text.replacen("[workspace.metadata.db]\n", &accepted, 1),
    );
    let ran = status(&database, &repo).must_exit(0);
    assert!(
        ran.stdout.contains(&told[0]) && ran.stdout.matches(TOLD).count() == 1,
        "{}",
        ran.stdout
    );
    repo.write("Cargo.toml", &format!("{text}PRIVILEGE_DRIFT = 'error'\n"));
    status(&database, &repo).must_exit(1);
    database.run(&repo, &["db-migrate"]).must_exit(1);
    repo.write("Cargo.toml", &format!("{text}PRIVILEGE_DRIFT = 'off'\n"));
    assert!(!status(&database, &repo).must_exit(0).stdout.contains(TOLD));
}

/// Grants that a provider makes by itself are no drift, nor are any where migrations set no
/// privileges.
#[test]
fn what_servers_grant_by_themselves_is_no_drift() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "provided");
    let [app, intern, anon] = roles(&database);
    let repo = Monorepo::of_migrations(&[("V1__tables", TABLES, "SELECT 1;")]);
    let provider = format!(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO {anon};
         ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO {anon}; GRANT ALL ON SCHEMA public TO {anon};"
    );
    database
        .connect()
        .batch_execute(&provider)
        .expect("what a provider does");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let by_hand = format!("GRANT SELECT ON users TO {intern}; ALTER TABLE notes OWNER TO {intern}");
    database.connect().batch_execute(&by_hand).expect("changes");
    assert!(!status(&database, &repo).must_exit(0).stdout.contains(TOLD));
    repo.write(
        "migrations/V2__grants.sql",
        &format!("GRANT SELECT ON notes TO {app}; GRANT USAGE ON SCHEMA public TO {app};"),
    );
    repo.write("migrations/V2__grants.down.sql", "SELECT 1;");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    assert!(!status(&database, &repo).must_exit(0).stdout.contains(TOLD));
    // Owners are looked at as soon as migrations make some.
    repo.write(
        "migrations/V3__owner.sql",
        &format!("ALTER TABLE users OWNER TO {app};"),
    );
    repo.write("migrations/V3__owner.down.sql", "SELECT 1;");
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let ran = status(&database, &repo).must_exit(0);
    assert!(
        ran.stdout
            .contains(&format!("`{intern}` owns the table public.notes")),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stdout.matches(TOLD).count(), 1, "{}", ran.stdout);
}

/// The privileges that new tables will have are told like those of the tables that there are.
#[test]
fn default_privileges_that_were_changed_by_hand_are_warnings() {
    let Some(scratch) = shared() else { return };
    let database = Database::create(scratch, "by_default");
    let [app, intern, anon] = roles(&database);
    let grants = format!(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {app};
         ALTER DEFAULT PRIVILEGES FOR ROLE {app} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;"
    );
    let repo = Monorepo::of_migrations(&[
        ("V1__tables", TABLES, "SELECT 1;"),
        ("V2__grants", &grants, "SELECT 1;"),
    ]);
    database.run(&repo, &["db-migrate"]).must_exit(0);
    let by_others = format!("ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO {anon}");
    database
        .connect()
        .batch_execute(&by_others)
        .expect("what no migration has in hand");
    assert!(!status(&database, &repo).must_exit(0).stdout.contains(TOLD));
    let by_hand = format!(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE INSERT ON TABLES FROM {app};
         ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {intern};
         ALTER DEFAULT PRIVILEGES FOR ROLE {app} GRANT EXECUTE ON FUNCTIONS TO PUBLIC;"
    );
    database.connect().batch_execute(&by_hand).expect("changes");
    let without_snapshot = status(&database, &repo).must_exit(0);
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    let migrated = database.run(&repo, &["db-migrate"]).must_exit(0);
    let told = [
        format!("{app} may not INSERT on the new tables of postgres in public"),
        format!("{intern} may SELECT on the new tables of postgres in public"),
        format!("PUBLIC may EXECUTE on the new routines of {app}"),
    ];
    for ran in [
        without_snapshot,
        status(&database, &repo).must_exit(0),
        migrated,
    ] {
        for part in &told {
            assert!(ran.stdout.contains(part), "{part} is not in {}", ran.stdout);
        }
        assert!(!ran.stdout.contains(&anon), "{}", ran.stdout);
    }
    let accepted = "[workspace.metadata.db]\naccepted-drift = [{ object = 'grants on new *', reason = 'new rules' }]\n";
    repo.write(
        "Cargo.toml",
        &repo
            .read("Cargo.toml")
            .replacen("[workspace.metadata.db]\n", accepted, 1),
    );
    assert!(!status(&database, &repo).must_exit(0).stdout.contains(TOLD));
}
