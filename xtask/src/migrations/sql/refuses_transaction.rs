//! Recognises statements that PostgreSQL refuses inside a transaction.

use super::{Cursor, Statement, TokenKind};

/// Returns the command, if PostgreSQL refuses it in a transaction.
#[must_use]
pub fn command(statement: &Statement<'_>) -> Option<&'static str> {
    let cursor = statement.cursor();
    let readers = [index, reindex, whole_cluster, table, subscription, session];
    readers.iter().find_map(|read| read(cursor.clone()))
}

fn index(mut cursor: Cursor<'_>) -> Option<&'static str> {
    if cursor.eat("create") {
        let _unique = cursor.eat("unique");
        return cursor
            .eat_all(&["index", "concurrently"])
            .then_some("CREATE INDEX CONCURRENTLY");
    }
    cursor
        .eat_all(&["drop", "index", "concurrently"])
        .then_some("DROP INDEX CONCURRENTLY")
}

fn reindex(mut cursor: Cursor<'_>) -> Option<&'static str> {
    if !cursor.eat("reindex") {
        return None;
    }
    let option = cursor
        .parenthesised()
        .is_some_and(|options| is_switched_on(&options, "concurrently"));
    // PostgreSQL commits after each table of these, also without CONCURRENTLY.
    if cursor.eat("schema") || cursor.eat("database") || cursor.eat("system") {
        return Some("REINDEX SCHEMA");
    }
    let _kind = cursor.eat("table") || cursor.eat("index");
    (option || cursor.at("concurrently")).then_some("REINDEX CONCURRENTLY")
}

/// Commands about the whole server or whole databases.
fn whole_cluster(cursor: Cursor<'_>) -> Option<&'static str> {
    let commands: &[(&[&str], &str)] = &[
        (&["vacuum"], "VACUUM"),
        (&["create", "database"], "CREATE DATABASE"),
        (&["drop", "database"], "DROP DATABASE"),
        (&["create", "tablespace"], "CREATE TABLESPACE"),
        (&["drop", "tablespace"], "DROP TABLESPACE"),
        (&["alter", "system"], "ALTER SYSTEM"),
        (&["commit", "prepared"], "COMMIT PREPARED"),
        (&["rollback", "prepared"], "ROLLBACK PREPARED"),
    ];
    let found = commands
        .iter()
        .find(|(words, _)| cursor.at_all(words))
        .map(|(_, command)| *command);
    found.or_else(|| {
        let moves = cursor.at_all(&["alter", "database"])
            && cursor.clone().skip_past(&["set", "tablespace"]);
        moves.then_some("ALTER DATABASE SET TABLESPACE")
    })
}

fn table(mut cursor: Cursor<'_>) -> Option<&'static str> {
    let detaches =
        cursor.eat_all(&["alter", "table"]) && cursor.skip_past(&["detach", "partition"]);
    let concurrently = detaches && !cursor.qualified().is_empty() && cursor.eat("concurrently");
    concurrently.then_some("ALTER TABLE … DETACH PARTITION CONCURRENTLY")
}

/// Commands of subscriptions that create or drop replication slots on another server: those cannot
/// be rolled back.
fn subscription(mut cursor: Cursor<'_>) -> Option<&'static str> {
    if cursor.eat_all(&["create", "subscription"]) {
        let options = cursor
            .skip_past(&["with"])
            .then(|| cursor.parenthesised())
            .flatten();
        let off = |name| {
            options
                .as_ref()
                .is_some_and(|options| is_switched_off(options, name))
        };
        // Without a connection or a slot it only changes catalogs, and may be undone.
        return (!off("connect") && !off("create_slot")).then_some("CREATE SUBSCRIPTION");
    }
    if !cursor.eat_all(&["alter", "subscription"]) {
        return None;
    }
    let _name = cursor.identifier();
    if cursor.at_all(&["refresh", "publication"]) {
        return Some("ALTER SUBSCRIPTION … REFRESH PUBLICATION");
    }
    let changes = ["set", "add", "drop"]
        .iter()
        .any(|verb| cursor.at_all(&[*verb, "publication"]));
    let options = cursor
        .skip_past(&["with"])
        .then(|| cursor.parenthesised())
        .flatten();
    let refreshes = !options.is_some_and(|options| is_switched_off(&options, "refresh"));
    (changes && refreshes).then_some("ALTER SUBSCRIPTION … PUBLICATION")
}

fn session(mut cursor: Cursor<'_>) -> Option<&'static str> {
    if cursor.eat_all(&["discard", "all"]) {
        return Some("DISCARD ALL");
    }
    // With the name of a table, `CLUSTER` is allowed in a transaction.
    let cluster = cursor.eat("cluster");
    let _verbose = cluster && cursor.eat("verbose");
    (cluster && cursor.peek().is_none()).then_some("CLUSTER")
}

/// `name`, `name true`, `name = on`
fn is_switched_on(options: &Cursor<'_>, name: &str) -> bool {
    options
        .split_at_commas()
        .into_iter()
        .any(|mut option| option.eat(name) && !is_off(&mut option))
}

fn is_switched_off(options: &Cursor<'_>, name: &str) -> bool {
    options
        .split_at_commas()
        .into_iter()
        .any(|mut option| option.eat(name) && is_off(&mut option))
}

fn is_off(value: &mut Cursor<'_>) -> bool {
    value.eat_text("=");
    let text = value
        .peek()
        .filter(|token| token.kind != TokenKind::Comma)
        .map(|token| token.text(value.source()));
    text.is_some_and(|text| {
        let text = text.trim_matches('\'').to_ascii_lowercase();
        matches!(text.as_str(), "off" | "false" | "0" | "no")
    })
}
