//! The role of migrations on a cluster of ours: the owner of the database, and no superuser. A
//! superuser of PostgreSQL can run any program on the machine, and the replayed SQL comes from a
//! branch that perhaps nobody has read.

use anyhow::{Context as _, Result, anyhow};
use postgres::{Client, GenericClient};

use super::TargetSettings;
use crate::postgres::connect::APPLICATION_NAME;
use crate::postgres::error::ServerError;

/// The superuser who works for the tool. `postgres`, who made the cluster, is renamed, since
/// migrations may expect an ordinary role of that name.
pub const SUPERUSER: &str = "cargo_xtask";
/// The new name of the superuser who made the cluster.
pub const FOUNDER: &str = "cargo_xtask_founder";

/// PostgreSQL's own roles that have power over the machine, or reach other servers.
pub const OVER_THE_MACHINE: &[&str] = &[
    "pg_execute_server_program",
    "pg_read_server_files",
    "pg_write_server_files",
    "pg_create_subscription",
];

/// Connections to a database that is owned by a role without power over the machine.
pub struct Owned {
    /// As its owner.
    pub owner: Client,
    /// As a superuser.
    pub superuser: Client,
    /// As a superuser, too: the other connection may be in use.
    pub watcher: Client,
}

/// Makes the one database of a fresh cluster like the target, and connects to it. `parameters` are
/// those of the superuser who made the cluster.
pub(super) fn connect(parameters: &postgres::Config, likeness: &TargetSettings) -> Result<Owned> {
    let role = quoted(&likeness.role);
    let database = database(likeness);
    let as_role = |user: &str, database: &str| -> Result<Client> {
        let mut parameters = parameters.clone();
        parameters
            .user(user)
            .dbname(database)
            .application_name(APPLICATION_NAME);
        parameters
            .connect(postgres::NoTls)
            .context("cannot connect to the scratch database")
    };
    run(
        &mut as_role("postgres", "template1")?,
        &format!("CREATE ROLE {SUPERUSER} SUPERUSER LOGIN"),
    )?;
    // As another user and in another database: PostgreSQL renames neither the role nor the database
    // of the present session.
    let mut elsewhere = as_role(SUPERUSER, "template1")?;
    run(&mut elsewhere, &roles(&role))?;
    if database != "postgres" {
        run(
            &mut elsewhere,
            &format!("ALTER DATABASE postgres RENAME TO {}", quoted(database)),
        )?;
    }
    run(
        &mut elsewhere,
        &format!("ALTER DATABASE {} OWNER TO {role}", quoted(database)),
    )?;
    run(&mut elsewhere, &likeness.settings_sql(&quoted(database)))?;
    drop(elsewhere);
    let mut superuser = as_role(SUPERUSER, database)?;
    // The owner may drop it and make it again. Before PostgreSQL 15 it belonged to the superuser.
    let schema_owner = schema_owner(&mut superuser, &role)?;
    run(
        &mut superuser,
        &format!("ALTER SCHEMA public OWNER TO {schema_owner}"),
    )?;
    let watcher = as_role(SUPERUSER, database)?;
    Ok(Owned {
        owner: as_role(&likeness.role, database)?,
        superuser,
        watcher,
    })
}

/// The name of the database. That of a template is in use already.
pub(super) fn database(likeness: &TargetSettings) -> &str {
    if likeness.database.starts_with("template") {
        "postgres"
    } else {
        &likeness.database
    }
}

/// SQL that creates the role, with every right that gives no power over the machine.
fn roles(role: &str) -> String {
    let over_the_machine = OVER_THE_MACHINE
        .iter()
        .map(|name| literal(name))
        .collect::<Vec<_>>()
        .join(", ");
    // Migrations may name `postgres`, whatever role runs them.
    let also_postgres = match role {
        "\"postgres\"" => String::new(),
        role => format!("CREATE ROLE postgres; GRANT postgres TO {role} WITH ADMIN OPTION;"),
    };
    format!(
        "ALTER ROLE postgres RENAME TO {FOUNDER};
         CREATE ROLE {role} LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS;
         {also_postgres}
         -- Before PostgreSQL 16 whoever makes roles may give each role to anybody.
         DO $$ BEGIN
             IF pg_catalog.current_setting('server_version_num')::int < 160000 THEN
                 SET LOCAL allow_system_table_mods = on;
                 DELETE FROM pg_catalog.pg_authid WHERE rolname IN ({over_the_machine});
             END IF;
         END $$;
         DO $$ DECLARE known text; BEGIN
             FOR known IN SELECT rolname FROM pg_catalog.pg_roles
                          WHERE rolname ~ '^pg_' AND rolname NOT IN ('pg_database_owner', {over_the_machine})
             LOOP EXECUTE pg_catalog.format('GRANT %I TO %s WITH ADMIN OPTION', known, {});
             END LOOP;
         END $$;
         DO $$ BEGIN
             IF pg_catalog.current_setting('server_version_num')::int >= 150000 THEN
                 EXECUTE 'GRANT SET ON PARAMETER session_replication_role, track_counts TO ' || {};
             END IF;
         END $$",
        literal(role),
        literal(role)
    )
}

/// Returns the owner of the namespace `public`. Since PostgreSQL 15 it is a role whose only member
/// is the present owner of the database.
fn schema_owner(superuser: &mut Client, role: &str) -> Result<String> {
    let query = "SELECT pg_catalog.current_setting('server_version_num')::int >= 150000";
    let row = superuser.query_one(query, &[]).map_err(failed)?;
    Ok(if row.get(0) {
        "pg_database_owner".to_owned()
    } else {
        role.to_owned()
    })
}

fn run(client: &mut impl GenericClient, sql: &str) -> Result<()> {
    client.batch_execute(sql).map_err(failed)
}

fn failed(error: postgres::Error) -> anyhow::Error {
    anyhow!(ServerError::from(error)).context("cannot make the scratch database like the target")
}

/// Writes any name as an SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Writes a text as an SQL literal, under `standard_conforming_strings`.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
