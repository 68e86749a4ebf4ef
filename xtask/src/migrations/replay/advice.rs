//! Advice where a migration does not run because the scratch database lacks something: extensions,
//! roles, namespaces, privileges or room.

use crate::config::Platform;

/// Returns advice where the scratch database is the cause: it lacks extensions, roles, namespaces,
/// privileges or room.
pub(super) fn way_out(error: &anyhow::Error) -> String {
    let message = format!("{error:#}");
    if let Some(extension) = lacked_extension(&message) {
        return format!(
            ", which lacks what the extension `{extension}` makes, and no migration creates it: {}",
            set_up_with(&format!("CREATE EXTENSION \"{extension}\";"))
        );
    }
    lacked_of_others(&message)
        .or_else(|| unavailable(&message))
        .unwrap_or_else(|| advice(&message).to_owned())
}

/// Says where the SQL goes that makes what others make in production.
fn set_up_with(statement: &str) -> String {
    format!(
        "write it into an SQL file, such as `{statement}` in `db/scratch.sql`, and name that file at the top level \
         of the configuration, above its first table: `scratch-setup = [\"db/scratch.sql\"]`"
    )
}

/// The advice where a role, a PostgreSQL schema or an extension is missing that others make in
/// production.
fn lacked_of_others(message: &str) -> Option<String> {
    let named = |before: &str, after: &str| {
        let (_, rest) = message.split_once(&format!("{before} \""))?;
        let (name, rest) = rest.split_once('"')?;
        rest.trim_start()
            .starts_with(after)
            .then(|| name.to_owned())
    };
    // 42704 stands for a missing object of many kinds: only the message tells that it is a role.
    let role = || named("role", "does not exist (SQLSTATE 42704)");
    let namespace = || named("schema", "does not exist (SQLSTATE 3F000)");
    let extension = || named("extension", "is not available");
    let of_supabase = ", which holds only what the migrations make. Supabase makes this one: write `platform = \"supabase\"` \
                       at the top level of the configuration, above its first table";
    if let Some(role) = role() {
        if Platform::Supabase.roles().contains(&role.as_str()) {
            return Some(of_supabase.to_owned());
        }
        return Some(lacks(&format!("CREATE ROLE \"{role}\";")));
    }
    if let Some(namespace) = namespace() {
        if Platform::Supabase
            .namespaces()
            .contains(&namespace.as_str())
        {
            return Some(of_supabase.to_owned());
        }
        return Some(lacks(&format!("CREATE SCHEMA \"{namespace}\";")));
    }
    let extension = extension()?;
    Platform::Supabase
        .stands_in_for(&extension)
        .then(|| of_supabase.to_owned())
}

fn lacks(statement: &str) -> String {
    format!(
        ", which holds only what the migrations make. Where others make it in production: {}",
        set_up_with(statement)
    )
}

/// Functions and types that well-known extensions make, by the words in which PostgreSQL misses
/// them.
const OF_EXTENSIONS: &[(&str, &str)] = &[
    ("function uuid_generate_v", "uuid-ossp"),
    ("function gen_random_bytes(", "pgcrypto"),
    ("function gen_salt(", "pgcrypto"),
    ("function crypt(", "pgcrypto"),
    ("function similarity(", "pg_trgm"),
    ("function unaccent(", "unaccent"),
    ("operator class \"gin_trgm_ops\"", "pg_trgm"),
    ("operator class \"gist_trgm_ops\"", "pg_trgm"),
    ("type \"citext\"", "citext"),
    ("type \"geography\"", "postgis"),
    ("type \"geometry\"", "postgis"),
    ("type \"hstore\"", "hstore"),
    ("type \"ltree\"", "ltree"),
    ("type \"vector\"", "vector"),
];

/// The extension that makes what PostgreSQL says does not exist.
fn lacked_extension(message: &str) -> Option<&'static str> {
    let is_missing = message.contains("(SQLSTATE 42883)") || message.contains("(SQLSTATE 42704)");
    let mut known = OF_EXTENSIONS.iter().filter(|_| is_missing);
    known
        .find(|(words, _)| message.contains(words) && message.contains("does not exist"))
        .map(|(_, extension)| *extension)
}

/// Extensions that PostgreSQL's own packages lack, and images of servers that have them.
const IMAGES: &[(&str, &str)] = &[
    ("age", "apache/age"),
    ("postgis", "postgis/postgis"),
    ("timescaledb", "timescale/timescaledb"),
    ("vector", "pgvector/pgvector"),
];

/// The advice where the server does not have the files of an extension.
fn unavailable(message: &str) -> Option<String> {
    let (before, _) = message.split_once("\" is not available")?;
    let (_, extension) = before.rsplit_once("extension \"")?;
    let image = IMAGES.iter().find(|(known, _)| *known == extension);
    let image = image.map_or(String::new(), |(_, image)| {
        format!(", such as the image `{image}` runs")
    });
    Some(format!(
        ", which lacks the extension `{extension}`: set `SHADOW_DATABASE_URL` to a server that has it{image}, or install \
         it for the PostgreSQL of this machine"
    ))
}

/// The advice for a message of PostgreSQL.
fn advice(message: &str) -> &'static str {
    if message.contains("role \"") && message.contains("already exists (SQLSTATE 42710)") {
        ", where the role is there already: roles belong to the whole server, and the one that migrates is there before the first \
         migration; make it only where it is missing"
    } else if message.contains("(SQLSTATE 42501)") {
        LACKS_PRIVILEGES
    } else if message.contains("(SQLSTATE 08001)") {
        ", which reaches no other server, so that verifying changes nothing elsewhere; if it should, allow it with \
         `--scratch-superuser`, or let `SHADOW_DATABASE_URL` name a server"
    } else if message.contains("(SQLSTATE 53100)") {
        ", which has no room left: set `TMPDIR` to a folder with more, or `SHADOW_DATABASE_URL` to another server"
    } else if message.contains("(SQLSTATE 2D000)") {
        "; a block or procedure that commits cannot run in a migration, not even without a transaction: after a crash \
         nobody could tell how far it came. Write its parts as statements"
    } else {
        ""
    }
}

/// The advice where a migration lacks a privilege.
pub(super) const LACKS_PRIVILEGES: &str = ", where it runs as the owner of the database and not as a superuser, so that a branch has no power \
    over the machine that verifies it; if you have read its SQL, allow it with `--scratch-superuser`";

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn shown(text: &str) -> String {
        way_out(&anyhow!(text.to_owned()))
    }

    #[test]
    fn what_others_make_in_production_has_a_way_out() {
        let role = shown("role \"reporting\" does not exist (SQLSTATE 42704)");
        let expected = "such as `CREATE ROLE \"reporting\";` in `db/scratch.sql`, and name that file at the top level of the \
                        configuration, above its first table: `scratch-setup = [\"db/scratch.sql\"]`";
        assert!(role.ends_with(expected), "{role}");
        let namespace = shown("schema \"hdb_catalog\" does not exist (SQLSTATE 3F000)");
        assert!(
            namespace.contains("`CREATE SCHEMA \"hdb_catalog\";`"),
            "{namespace}"
        );
        assert_eq!(shown("type \"mood\" does not exist (SQLSTATE 42704)"), "");
        let uuid = shown("function uuid_generate_v4() does not exist (SQLSTATE 42883)");
        assert!(uuid.contains("`CREATE EXTENSION \"uuid-ossp\";`"), "{uuid}");
    }

    #[test]
    fn an_extension_that_the_server_lacks_is_named_with_a_server_that_has_it() {
        let postgis = shown("extension \"postgis\" is not available (SQLSTATE 0A000)");
        assert!(
            postgis.contains("extension `postgis`: set `SHADOW_DATABASE_URL`")
                && postgis.contains("the image `postgis/postgis` runs"),
            "{postgis}"
        );
        let rare = shown("extension \"plv8\" is not available (SQLSTATE 0A000)");
        assert!(!rare.contains("image"), "{rare}");
    }

    #[test]
    fn what_supabase_makes_needs_one_word() {
        for message in [
            "role \"anon\" does not exist (SQLSTATE 42704)",
            "schema \"auth\" does not exist (SQLSTATE 3F000)",
            "extension \"pg_cron\" is not available (SQLSTATE 0A000)",
        ] {
            let shown = shown(message);
            assert!(
                shown.contains("`platform = \"supabase\"` at the top level"),
                "{shown}"
            );
        }
    }
}
