//! The power of a branch's SQL on a scratch database of our own: all that migrations do, and
//! nothing over the machine.

use crate::support::database::Database;
use crate::support::migrations::USERS;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{major, scratch_session, shared};
use xtask::internals::migrations::scratch_environment::ScratchSession;
use xtask::internals::migrations::script::Script;

fn run(session: &mut ScratchSession, sql: &str) -> Result<(), String> {
    session
        .run_script(Script::new("a.sql", sql, false))
        .map_err(|error| format!("{error:#}"))
}

/// Statements that must run on a scratch cluster. A superuser's rights are lent to some of them by
/// their kind. Others use roles that the migrations made, as a superuser may.
const ORDINARY: &[&str] = &[
    "CREATE EXTENSION pg_stat_statements; CREATE EXTENSION postgres_fdw; COMMENT ON EXTENSION postgres_fdw IS 'far'",
    "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far.example', dbname 'far')",
    "DROP EXTENSION pg_stat_statements",
    "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
     CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen(); DROP EVENT TRIGGER seen",
    "CREATE PUBLICATION everything FOR ALL TABLES; ALTER PUBLICATION everything SET (publish = 'insert')",
    "CREATE ROLE service NOLOGIN BYPASSRLS; CREATE ROLE streams REPLICATION; CREATE ROLE app; GRANT app TO service",
    "CREATE TABLE t (id int); ALTER TABLE t OWNER TO app; ALTER TABLE t OWNER TO service; SET ROLE app; SELECT 1",
    "DO $$ BEGIN CREATE ROLE authenticator NOINHERIT; GRANT app TO authenticator; GRANT postgres TO authenticator; END $$",
    "CREATE ROLE outer_one; GRANT postgres TO outer_one; GRANT CREATE ON SCHEMA public TO outer_one",
    "DO $$ BEGIN CREATE ROLE made_in_a_block; END $$; ALTER TABLE t OWNER TO made_in_a_block",
    "CREATE OPERATOR CLASS backwards FOR TYPE int4 USING btree AS OPERATOR 1 >, OPERATOR 3 =, FUNCTION 1 btint4cmp(int4, int4)",
    "GRANT pg_read_all_data TO app; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app",
    "ALTER DATABASE postgres SET timezone = 'UTC'; ALTER ROLE CURRENT_USER SET lock_timeout = '1s'",
    "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO postgres, public",
    "SET session_replication_role = replica; SET LOCAL row_security = off; SELECT 1",
];

#[test]
fn migrations_do_what_they_do_as_no_superuser() {
    let Some(mut session) = scratch_session() else {
        return;
    };
    // Since PostgreSQL 16 whoever makes a role is in it, so that it cannot be given to that role in
    // the same statement.
    let is_possible = |sql: &&&str| major() < 16 || !sql.contains("authenticator");
    for sql in ORDINARY.iter().filter(is_possible) {
        assert_eq!(run(&mut session, sql), Ok(()), "{sql}");
        let row = session.client.query_one(
            "SELECT current_setting('is_superuser'), rolsuper FROM pg_roles WHERE rolname = session_user",
            &[],
        );
        let row = row.expect("a role");
        assert_eq!(
            (row.get::<_, &str>(0), row.get::<_, bool>(1)),
            ("off", false),
            "after {sql}"
        );
    }
}

const NO_PRIVILEGE: &str = "(SQLSTATE 42501)";

/// Ways to a program, a file, a superuser.
const HOSTILE: &[&str] = &[
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "COPY (SELECT 1) TO '/tmp/a_file_of_a_branch'",
    "CREATE TEMPORARY TABLE lines (line text); COPY lines FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "CREATE FUNCTION system(cstring) RETURNS int LANGUAGE c AS 'libc.so.6', 'system'",
    "RESET SESSION AUTHORIZATION; RESET ROLE; COPY (SELECT 1) TO PROGRAM 'id'",
    "SET SESSION AUTHORIZATION cargo_xtask",
    "SET ROLE cargo_xtask_founder",
    "GRANT cargo_xtask_founder TO CURRENT_USER",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; ALTER FUNCTION f() OWNER TO cargo_xtask",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "CREATE ROLE boss SUPERUSER REPLICATION",
    "GRANT pg_execute_server_program TO CURRENT_USER",
    "UPDATE pg_authid SET rolsuper = true",
    "CREATE EXTENSION file_fdw; CREATE SERVER f FOREIGN DATA WRAPPER file_fdw; CREATE FOREIGN TABLE p (a text) SERVER f OPTIONS (filename '/etc/passwd')",
    "CREATE EXTENSION dblink; SELECT dblink_connect_u('user=cargo_xtask')",
    "CREATE EXTENSION postgres_fdw; CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw;
     CREATE USER MAPPING FOR CURRENT_USER SERVER loop OPTIONS (user 'cargo_xtask', password_required 'false')",
    // Code of the branch that waits for a statement with the rights of a superuser.
    "CREATE FUNCTION rise() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE postgres SUPERUSER; END $$;
     CREATE EVENT TRIGGER rise ON ddl_command_end EXECUTE FUNCTION rise(); CREATE EXTENSION postgres_fdw",
    "CREATE FUNCTION rise() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE postgres SUPERUSER; END $$;
     CREATE EVENT TRIGGER rise ON ddl_command_end EXECUTE FUNCTION rise(); CREATE TABLE a (id int)",
    // Operators of the branch in the place of PostgreSQL's own.
    "CREATE SCHEMA evil;
     CREATE FUNCTION evil.rise(name, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE postgres SUPERUSER; RETURN true; END $$;
     CREATE OPERATOR evil.!~ (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.rise);
     SET search_path = evil, pg_catalog;
     CREATE ROLE joined; CREATE EXTENSION postgres_fdw; CREATE ROLE boss SUPERUSER",
    // The statement that had the rights has failed.
    "CREATE EXTENSION postgres_fdw; CREATE EXTENSION postgres_fdw",
];

#[test]
fn a_branch_has_no_power_over_the_machine() {
    let Some(mut session) = scratch_session() else {
        return;
    };
    for sql in HOSTILE {
        let error = run(&mut session, sql).expect_err(sql);
        let is_refused = error.contains(NO_PRIVILEGE)
            || error.contains("(SQLSTATE 42704)")
            || error.contains("already exists")
            || error.contains("2F003");
        assert!(is_refused, "{sql}\n{error}");
        let superusers =
            "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolsuper";
        let superusers: String = session
            .client
            .query_one(superusers, &[])
            .expect("roles")
            .get(0);
        assert_eq!(superusers, "cargo_xtask cargo_xtask_founder", "after {sql}");
        assert!(
            run(&mut session, HOSTILE[0]).is_err_and(|error| error.contains(NO_PRIVILEGE)),
            "after {sql}"
        );
    }
}

/// A superuser's rights must be requested, by a person who has read the SQL. The server does not
/// get the environment variables of the tool.
#[test]
fn a_superuser_must_be_asked_for() {
    if shared().is_none() {
        return;
    }
    let program = "COPY (SELECT 1) TO PROGRAM 'cat > /dev/null; test -z \"$CI_TOKEN\"'";
    let repo = Monorepo::of_migrations(&[USERS, ("V2__program", program, "SELECT 1;")]);
    let run = |arguments: &[&str]| {
        Ran::of(
            repo.command(arguments)
                .env("CI_TOKEN", "secret")
                .env_remove("DATABASE_URL"),
        )
    };
    run(&["db-snapshot"]).must_fail_at_length(&["V2__program", "42501", "`--scratch-superuser`"]);
    run(&["db-snapshot", "--scratch-superuser"]).must_exit(0);
}

/// Neither over a network nor through a socket, also where the system lets nobody take a program's
/// network away.
#[test]
fn verifying_reaches_no_other_server() {
    let Some(mut session) = scratch_session() else {
        return;
    };
    let far = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    far.set_nonblocking(true).expect("asks without waiting");
    let port = far.local_addr().expect("an address").port();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    let folder = tempfile::Builder::new()
        .permissions(open)
        .tempdir()
        .expect("a folder");
    let socket = folder.path().join(format!(".s.PGSQL.{port}"));
    let near = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    near.set_nonblocking(true).expect("asks without waiting");
    std::fs::set_permissions(&socket, std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .expect("for everybody");
    run(&mut session, "CREATE EXTENSION postgres_fdw").expect("an extension");
    for (name, host) in [
        ("far", "127.0.0.1"),
        ("near", folder.path().to_str().expect("UTF-8")),
    ] {
        let sql = format!(
            "CREATE SERVER {name} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{host}', port '{port}', dbname 'far');
             CREATE USER MAPPING FOR CURRENT_USER SERVER {name} OPTIONS (user 'far', password 'far');
             CREATE FOREIGN TABLE {name}_table (id int) SERVER {name};
             INSERT INTO {name}_table VALUES (1)"
        );
        let error = run(&mut session, &sql).expect_err("nobody answers");
        assert!(error.contains("(SQLSTATE 08001)"), "{error}");
    }
    assert_eq!(
        far.accept().expect_err("nobody asked").kind(),
        std::io::ErrorKind::WouldBlock
    );
    assert_eq!(
        near.accept().expect_err("nobody asked").kind(),
        std::io::ErrorKind::WouldBlock
    );
}

/// A scratch database beside the target changes nothing that belongs to both, and leaves no role
/// behind on any server.
#[test]
fn a_shared_server_is_left_as_it_was() {
    let Some(cluster) = shared() else { return };
    let role = (
        "V1__role",
        "CREATE ROLE reader_of_notes; CREATE TABLE notes (id int);\n",
        "DROP TABLE notes; DROP ROLE reader_of_notes;\n",
    );
    let repo = Monorepo::of_migrations(&[role]);
    let roles = || -> i64 {
        let query = "SELECT count(*) FROM pg_roles WHERE rolname = 'reader_of_notes'";
        crate::support::connect(cluster)
            .query_one(query, &[])
            .expect("roles")
            .get(0)
    };
    let shadow = crate::support::url(cluster);
    for _ in 0..2 {
        Ran::of(
            repo.command(&["db-snapshot"])
                .env("SHADOW_DATABASE_URL", &shadow),
        )
        .must_exit(0);
        assert_eq!(roles(), 0, "a replay can be repeated");
    }
    let database = Database::create(cluster, "beside");
    std::fs::remove_file(repo.path("snapshots/schema.json")).expect("no snapshot");
    for arguments in [&["db-migrate", "--dry-run"][..], &["db-migrate"]] {
        let ran = database.run(&repo, arguments);
        ran.must_fail_at_length(&[
            "`CREATE ROLE` is about the whole server",
            "also holds the target",
        ]);
        assert_eq!(roles(), 0);
    }
}
