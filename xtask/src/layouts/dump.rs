//! Reads the output of `pg_dump --schema-only`, as a migration. Settings of its session, commands of
//! psql, and comments that say nothing about the schema are left out.

use super::part::blank;
use crate::migrations::sql::{self, Statement};

/// The first statement of a migration with functions: one may use a table that is made after it.
const BEFORE: &str = "SET LOCAL check_function_bodies = off;\n";

/// The statements of a dump that make the schema, one after the other.
#[must_use]
pub fn cleaned(dump: &str) -> String {
    let without_psql: String = dump
        .lines()
        .filter(|line| !is_psql(line))
        .flat_map(|line| [line, "\n"])
        .collect();
    let statements = sql::statements(&without_psql);
    let has_other_methods = statements.iter().any(sets_other_access_method);
    let kept: Vec<&Statement<'_>> = statements
        .iter()
        .filter(|statement| is_of_schema(statement, has_other_methods))
        .collect();
    let has_routines = kept.iter().any(|statement| is_routine(statement));
    let text: String = kept
        .iter()
        .map(|statement| format!("\n{};\n", statement.text()))
        .collect();
    format!("{}{text}", if has_routines { BEFORE } else { "" })
}

/// The text of a dump in which everything is blank but the statements that make the schema. They
/// stand at their places. Owners and privileges are blank, too: a dump does not make their roles.
#[must_use]
pub fn in_place(dump: &str) -> String {
    let mut lines = dump.to_owned().into_bytes();
    let mut start = 0;
    for line in dump.split_inclusive('\n') {
        if is_psql(line.trim_end()) || line.starts_with("\\connect ") {
            blank(&mut lines[start..start + line.len()]);
        }
        start += line.len();
    }
    let without_psql = String::from_utf8(lines).unwrap_or_default();
    let statements = sql::statements(&without_psql);
    let has_other_methods = statements.iter().any(sets_other_access_method);
    let mut text = without_psql.clone().into_bytes();
    let mut kept_until = 0;
    for statement in &statements {
        let is_kept = makes_schema(statement, has_other_methods);
        let range = statement.span.range();
        blank(&mut text[kept_until..range.start]);
        if is_kept {
            // With the semicolon behind it.
            kept_until = (range.end + 1).min(text.len());
        } else {
            blank(&mut text[range.clone()]);
            kept_until = range.end;
        }
    }
    blank(&mut text[kept_until..]);
    String::from_utf8(text).unwrap_or_default()
}

fn makes_schema(statement: &Statement<'_>, has_other_methods: bool) -> bool {
    let cursor = statement.cursor();
    let allows_any_order = cursor.at_all(&["set", "check_function_bodies"]);
    let owns = cursor.at("alter") && statement.text().contains(" OWNER TO ");
    let grants = cursor.at("grant")
        || cursor.at("revoke")
        || cursor.at_all(&["alter", "default", "privileges"]);
    // Rows of a tool's own table, which `structure.sql` and `schema.sql` end with.
    let loads = cursor.at("insert") || cursor.at("copy");
    // It is there on every database.
    let makes_public = cursor.at_all(&["create", "schema", "public"])
        || cursor.at_all(&["comment", "on", "schema", "public"]);
    if makes_public {
        return false;
    }
    allows_any_order || (is_of_schema(statement, has_other_methods) && !owns && !grants && !loads)
}

/// `\restrict` and `\unrestrict`, which dumps have since August 2025, each with a text that is
/// different each time. A line that begins so and goes on otherwise may belong to a function.
fn is_psql(line: &str) -> bool {
    let rest = line
        .strip_prefix("\\restrict ")
        .or_else(|| line.strip_prefix("\\unrestrict "));
    // A key is a long run of random letters and digits, unlike the words of a function.
    rest.is_some_and(|key| key.len() > 20 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether a statement makes a part of the schema. The comment on an extension comes with it, and
/// only its owner may set another.
fn is_of_schema(statement: &Statement<'_>, has_other_methods: bool) -> bool {
    let cursor = statement.cursor();
    let sets_search_path =
        cursor.at("select") && statement.text().contains("set_config('search_path'");
    let sets = cursor.at("set") && !(has_other_methods && sets_access_method(statement));
    !(sets || sets_search_path || cursor.at_all(&["comment", "on", "extension"]))
}

fn sets_access_method(statement: &Statement<'_>) -> bool {
    statement
        .cursor()
        .at_all(&["set", "default_table_access_method"])
}

/// Whether a statement chooses another access method than `heap` for the tables after it. Then each
/// such setting counts.
fn sets_other_access_method(statement: &Statement<'_>) -> bool {
    sets_access_method(statement) && !statement.text().trim_end().ends_with("heap")
}

fn is_routine(statement: &Statement<'_>) -> bool {
    let mut cursor = statement.cursor();
    cursor.eat("create") && (cursor.at("function") || cursor.at("procedure"))
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn what_is_no_part_of_the_schema_is_left_out() {
        let key = "VxkzYq3bqS0m2JYwq4cQ5m6vRr6a7bTtFh1t0y9uWcZlKqGh";
        let dump = format!(
            "--\n-- PostgreSQL database dump\n--\n\n\\restrict {key}\n\nSET statement_timeout = 0;\nSET transaction_timeout = 0;\n\
             SELECT pg_catalog.set_config('search_path', '', false);\nCREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;\n\
             COMMENT ON EXTENSION citext IS 'text';\n--\n-- Name: f; Type: FUNCTION\n--\nCREATE FUNCTION public.f() RETURNS text\n    \
             LANGUAGE sql\n    AS $$ SELECT ';' -- SET x\n$$;\nSET default_table_access_method = heap;\n\
             CREATE TABLE public.t (id int);\n\\unrestrict {key}\n"
        );
        assert_eq!(
            cleaned(&dump),
            "SET LOCAL check_function_bodies = off;\n\nCREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;\n\n\
             CREATE FUNCTION public.f() RETURNS text\n    LANGUAGE sql\n    AS $$ SELECT ';' -- SET x\n$$;\n\n\
             CREATE TABLE public.t (id int);\n"
        );
    }

    #[test]
    fn in_place_the_statements_stand_where_they_stood() {
        let dump = "-- x\nSET statement_timeout = 0;\nSET check_function_bodies = false;\n\nCREATE TABLE a (id int);\n\n\
                    ALTER TABLE a OWNER TO me;\nINSERT INTO schema_migrations VALUES ('1');\nCREATE TABLE b (id int)";
        let placed = super::in_place(dump);
        assert_eq!(placed.len(), dump.len());
        let lines: Vec<_> = placed.lines().map(str::trim).collect();
        assert_eq!(
            lines,
            [
                "",
                "",
                "SET check_function_bodies = false;",
                "",
                "CREATE TABLE a (id int);",
                "",
                "",
                "",
                "CREATE TABLE b (id int)"
            ]
        );
    }

    #[test]
    fn tables_keep_their_access_method() {
        let dump = "SET default_table_access_method = columnar;\nCREATE TABLE a ();\nSET default_table_access_method = heap;\n\
                    CREATE TABLE b ();\n";
        assert_eq!(
            cleaned(dump).matches("default_table_access_method").count(),
            2
        );
    }
}
