//! Recognises SQL that destroys nothing and runs no code of the database, so that its transaction
//! needs no audit. Most migrations are of this kind, and an audit reads the catalogs twice. What is
//! not recognised is audited; what is, is still checked by [`super::safety_net`].

use crate::migrations::sql::{self, Cursor, Statement, TokenKind};

/// Objects whose definition runs no code and holds no rows.
const CREATED: &[&str] = &[
    "aggregate",
    "cast",
    "collation",
    "domain",
    "function",
    "operator",
    "policy",
    "procedure",
    "role",
    "sequence",
    "statistics",
    "trigger",
    "type",
    "view",
];

/// Objects whose change runs no code and holds no rows.
const ALTERED: &[&str] = &[
    "default", "function", "index", "policy", "role", "sequence", "view",
];

/// Whether nothing in `sql` destroys data or runs code.
#[must_use]
pub fn is_harmless(sql: &str) -> bool {
    let statements = sql::statements(sql);
    !sql.to_ascii_lowercase().contains("track_counts")
        && statements.iter().all(is_harmless_statement)
        && !may_swap_values(&statements)
}

/// Whether values of an enum may get each other's names, so that rows are read otherwise. That takes
/// two of these statements.
fn may_swap_values(statements: &[Statement<'_>]) -> bool {
    let renames = |statement: &&Statement<'_>| {
        let mut cursor = statement.cursor();
        cursor.eat_all(&["alter", "type"]) && holds(&cursor, &["rename", "value"])
    };
    statements.iter().filter(renames).count() > 1
}

fn is_harmless_statement(statement: &Statement<'_>) -> bool {
    let mut cursor = statement.cursor();
    if ["comment", "grant", "revoke", "set", "reset"]
        .iter()
        .any(|word| cursor.at(word))
    {
        return true;
    }
    if cursor.eat("create") {
        return creates(cursor);
    }
    if !cursor.eat("alter") {
        return false;
    }
    if cursor.eat("table") {
        return alters_table(cursor);
    }
    if cursor.eat("type") {
        let _name = cursor.qualified();
        return cursor.at_all(&["add", "value"]) || cursor.at("rename") || cursor.at("owner");
    }
    ALTERED.iter().any(|word| cursor.at(word))
}

fn creates(mut cursor: Cursor<'_>) -> bool {
    let _replace = cursor.eat_all(&["or", "replace"]);
    for word in ["global", "local", "temporary", "temp", "unlogged", "unique"] {
        let _option = cursor.eat(word);
    }
    if cursor.eat("table") {
        // A query may call functions.
        return !cursor.skip_past(&["as"]);
    }
    if cursor.eat("index") {
        return !has_expression(cursor);
    }
    if cursor.eat("schema") {
        return !holds(&cursor, &["create"]);
    }
    CREATED.iter().any(|word| cursor.at(word))
}

/// Whether an index calls functions: for its values, or to choose its rows.
fn has_expression(mut cursor: Cursor<'_>) -> bool {
    let mut ahead = cursor.clone();
    if ahead.skip_past(&["where"]) {
        return true;
    }
    while let Some(token) = cursor.peek() {
        if let Some(inside) = cursor.parenthesised() {
            return inside
                .rest()
                .iter()
                .any(|token| token.kind == TokenKind::OpenParen);
        }
        debug_assert!(token.is_significant(), "comments are left out");
        cursor.skip_one();
    }
    false
}

fn alters_table(mut cursor: Cursor<'_>) -> bool {
    let _noise = cursor.eat_all(&["if", "exists"]);
    let _only = cursor.eat("only");
    let _name = cursor.qualified();
    cursor.split_at_commas().into_iter().all(is_harmless_action)
}

fn is_harmless_action(mut action: Cursor<'_>) -> bool {
    if action.eat("add") {
        if action.eat("constraint") {
            let _name = action.identifier();
        }
        if ["unique", "primary", "foreign"]
            .iter()
            .any(|word| action.at(word))
        {
            return true;
        }
        if ["check", "exclude"].iter().any(|word| action.at(word)) {
            return false;
        }
        return adds_plain_column(action);
    }
    if action.eat("alter") {
        let _column = action.eat("column");
        let _name = action.identifier();
        return action.at("set")
            && !action.at_all(&["set", "data"])
            && !action.at_all(&["set", "expression"])
            || action.at_all(&["drop", "not"])
            || action.at_all(&["drop", "default"]);
    }
    ["validate", "owner", "rename", "replica"]
        .iter()
        .any(|word| action.at(word))
        || action.at_all(&["set", "schema"])
        || action.at_all(&["drop", "constraint"])
        || holds(&action, &["row", "level", "security"])
}

/// Whether a column is added for which no code runs and no row is written anew.
fn adds_plain_column(action: Cursor<'_>) -> bool {
    let writes = [
        "generated",
        "identity",
        "check",
        "serial",
        "bigserial",
        "smallserial",
    ];
    if writes.iter().any(|word| holds(&action, &[word])) {
        return false;
    }
    let mut default = action;
    if !default.skip_past(&["default"]) {
        return true;
    }
    let calls_now = default.eat("now");
    calls_now
        || !default
            .rest()
            .iter()
            .any(|token| token.kind == TokenKind::OpenParen)
}

fn holds(cursor: &Cursor<'_>, words: &[&str]) -> bool {
    cursor.clone().skip_past(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_need_no_audit() {
        for sql in [
            "CREATE TABLE a (id serial PRIMARY KEY, b numeric(10, 2) DEFAULT random())",
            "create unique index on a (b, c); create index i on a using gin (b)",
            "ALTER TABLE a ADD COLUMN b varchar(20) NOT NULL DEFAULT 'x', ADD c timestamptz DEFAULT now()",
            "alter table only a add constraint k foreign key (b) references c (d), alter column b set not null, alter c drop default",
            "create type t as enum ('a'); alter type t add value 'b'; alter type t rename value 'a' to 'c'; comment on table a is 'x'; grant select on a to b",
            "create or replace function f() returns int language sql as 'delete from a returning 1'; create trigger t before insert on a execute function f()",
            "alter table a enable row level security; alter table a rename column b to c; set search_path = app",
        ] {
            assert!(is_harmless(sql), "{sql}");
        }
    }

    #[test]
    fn everything_else_is_audited() {
        for sql in [
            "drop table a",
            "drop index i",
            "alter table a drop column b",
            "delete from a",
            "update a set b = 1",
            "insert into a values (1)",
            "truncate a",
            "do $$ begin end $$",
            "select f()",
            "call p()",
            "create extension x",
            "create table b as select f() from a",
            "create index on a (lower(b))",
            "create index on a (b) where f(b)",
            "alter table a alter column b type text",
            "alter table a alter b set data type text",
            "alter table a add check (f(b))",
            "alter table a add b uuid default gen_random_uuid()",
            "alter table a add b int generated always as identity",
            "alter type t drop attribute b cascade",
            "create materialized view v as select f()",
            "set track_counts = off",
            "refresh materialized view v",
            "merge into a using b on true when matched then delete",
            "alter type t rename value 'a' to 'x'; alter type t rename value 'b' to 'a'",
            "with x as (delete from a returning 1) select 1",
            "create event trigger e on ddl_command_end execute function f()",
        ] {
            assert!(!is_harmless(sql), "{sql}");
        }
    }
}
