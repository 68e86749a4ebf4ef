//! Statements that PostgreSQL refuses inside a transaction. A migration that holds one says `-- no-transaction` in
//! its first line, so that everybody sees that it can stop half-way.

use super::{Problem, Script};
use crate::migrations::sql::{Cursor, Statement, TokenKind};

/// Finds such statements in scripts without the mark.
pub fn check(script: &Script<'_>) -> Vec<Problem> {
    if script.no_transaction {
        return Vec::new();
    }
    let found = script.statements.iter().filter_map(|statement| Some((statement, command(statement)?)));
    found.map(|(statement, command)| explain(script, statement, command)).collect()
}

fn explain(script: &Script<'_>, statement: &Statement<'_>, command: &str) -> Problem {
    let message = format!("`{command}` cannot run in a transaction");
    let why = "a migration runs in one unless it says otherwise";
    let help = "put it into a migration of its own whose first line is `-- no-transaction`";
    script.problem(statement.span, message, why, help)
}

/// The command, if PostgreSQL refuses it in a transaction.
#[must_use]
pub fn command(statement: &Statement<'_>) -> Option<&'static str> {
    let cursor = statement.cursor();
    let readers = [index, reindex, whole_cluster, table, subscription, session];
    readers.iter().find_map(|read| read(cursor.clone()))
}

fn index(mut cursor: Cursor<'_>) -> Option<&'static str> {
    if cursor.eat("create") {
        let _unique = cursor.eat("unique");
        return cursor.eat_all(&["index", "concurrently"]).then_some("CREATE INDEX CONCURRENTLY");
    }
    cursor.eat_all(&["drop", "index", "concurrently"]).then_some("DROP INDEX CONCURRENTLY")
}

fn reindex(mut cursor: Cursor<'_>) -> Option<&'static str> {
    if !cursor.eat("reindex") {
        return None;
    }
    let option = cursor.parenthesised().is_some_and(|options| is_switched_on(&options, "concurrently"));
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
    let found = commands.iter().find(|(words, _)| cursor.at_all(words)).map(|(_, command)| *command);
    found.or_else(|| {
        let moves = cursor.at_all(&["alter", "database"]) && cursor.clone().skip_past(&["set", "tablespace"]);
        moves.then_some("ALTER DATABASE SET TABLESPACE")
    })
}

fn table(mut cursor: Cursor<'_>) -> Option<&'static str> {
    let detaches = cursor.eat_all(&["alter", "table"]) && cursor.skip_past(&["detach", "partition"]);
    let concurrently = detaches && !cursor.qualified().is_empty() && cursor.eat("concurrently");
    concurrently.then_some("ALTER TABLE … DETACH PARTITION CONCURRENTLY")
}

/// Replication slots on another server cannot be rolled back.
fn subscription(mut cursor: Cursor<'_>) -> Option<&'static str> {
    if cursor.eat_all(&["create", "subscription"]) {
        let options = cursor.skip_past(&["with"]).then(|| cursor.parenthesised()).flatten();
        let off = |name| options.as_ref().is_some_and(|options| is_switched_off(options, name));
        return (!off("connect") && !off("create_slot")).then_some("CREATE SUBSCRIPTION");
    }
    if !cursor.eat_all(&["alter", "subscription"]) {
        return None;
    }
    let _name = cursor.identifier();
    if cursor.at_all(&["refresh", "publication"]) {
        return Some("ALTER SUBSCRIPTION … REFRESH PUBLICATION");
    }
    let changes = ["set", "add", "drop"].iter().any(|verb| cursor.at_all(&[*verb, "publication"]));
    let options = cursor.skip_past(&["with"]).then(|| cursor.parenthesised()).flatten();
    let refreshes = !options.is_some_and(|options| is_switched_off(&options, "refresh"));
    (changes && refreshes).then_some("ALTER SUBSCRIPTION … PUBLICATION")
}

fn session(mut cursor: Cursor<'_>) -> Option<&'static str> {
    if cursor.eat_all(&["discard", "all"]) {
        return Some("DISCARD ALL");
    }
    let cluster = cursor.eat("cluster");
    let _verbose = cluster && cursor.eat("verbose");
    (cluster && cursor.peek().is_none()).then_some("CLUSTER")
}

/// `name`, `name true`, `name = on`
fn is_switched_on(options: &Cursor<'_>, name: &str) -> bool {
    options.split_at_commas().into_iter().any(|mut option| option.eat(name) && !is_off(&mut option))
}

fn is_switched_off(options: &Cursor<'_>, name: &str) -> bool {
    options.split_at_commas().into_iter().any(|mut option| option.eat(name) && is_off(&mut option))
}

fn is_off(value: &mut Cursor<'_>) -> bool {
    value.eat_text("=");
    let text = value.peek().filter(|token| token.kind != TokenKind::Comma).map(|token| token.text(value.source()));
    text.is_some_and(|text| {
        let text = text.trim_matches('\'').to_ascii_lowercase();
        matches!(text.as_str(), "off" | "false" | "0" | "no")
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::problems;

    #[test]
    fn statements_that_refuse_transactions_are_refused_without_the_mark() {
        let statements = [
            "create index concurrently i on t (a)",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
            "drop index concurrently if exists i",
            "reindex table concurrently t",
            "reindex (verbose, concurrently) index i",
            "reindex database d",
            "vacuum (full) t",
            "create database d",
            "drop database d",
            "alter database d set tablespace s",
            "create tablespace s location '/s'",
            "alter system set work_mem = '1GB'",
            "alter table public.t detach partition p concurrently",
            "create subscription s connection 'c' publication p",
            "alter subscription s refresh publication with (copy_data = false)",
            "alter subscription s set publication p",
            "discard all",
            "cluster",
            "commit prepared 'x'",
        ];
        for statement in statements {
            let found = problems(&format!("select 1;\n  {statement};"));
            assert!(found.len() == 1 && found[0].ends_with("cannot run in a transaction"), "{statement}: {found:?}");
            assert!(found[0].starts_with("2:3: "), "{found:?}");
            assert_eq!(problems(&format!("-- no-transaction\n{statement};")), [""; 0], "{statement}");
        }
    }

    #[test]
    fn statements_that_only_look_like_them_are_not() {
        let statements = [
            "create index i on t (concurrently)",
            "create index \"concurrently\" on t (a)",
            "refresh materialized view concurrently v",
            "alter table t detach partition p",
            "alter table t detach partition p finalize",
            "create subscription s connection 'c' publication p with (connect = false)",
            "alter subscription s set publication p with (refresh = false)",
            "alter subscription s disable",
            "alter database d set work_mem = '1GB'",
            "analyze t",
            "reindex table t",
            "reindex (concurrently off) table t",
            "cluster t using i",
            "discard temp",
            "create function f() returns void language sql as 'vacuum'",
        ];
        for statement in statements {
            assert_eq!(problems(statement), [""; 0], "{statement}");
        }
    }
}
