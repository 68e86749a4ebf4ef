//! Makes a migration of the output of `pg_dump --schema-only`. Settings of its session, commands of
//! psql, and comments that say nothing about the schema are left out.

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
    fn tables_keep_their_access_method() {
        let dump = "SET default_table_access_method = columnar;\nCREATE TABLE a ();\nSET default_table_access_method = heap;\n\
                    CREATE TABLE b ();\n";
        assert_eq!(
            cleaned(dump).matches("default_table_access_method").count(),
            2
        );
    }
}
