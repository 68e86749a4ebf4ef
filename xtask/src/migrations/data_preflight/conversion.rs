//! Counts the values that cannot be converted. `ALTER TABLE` assigns the value to the new type, which
//! is not what a cast does: `varchar(3)` cuts a text in a cast, and refuses it in an assignment. The
//! variables of PL/pgSQL are assigned in the same way. A block with an exception handler for each
//! row counts them, and needs no function, which a read-only transaction could not create.

use postgres::Transaction;

use super::answer::{Answer, KEYS, first, is_about_values};
use super::source::{KEY, RowSource};
use crate::migrations::sql::{self, Cursor, identifier, literal};

/// The conversion of each row.
pub(super) struct Conversion<'q> {
    pub(super) source: &'q RowSource,
    pub(super) expression: &'q str,
    pub(super) type_name: &'q str,
    /// The columns that the expression may name.
    pub(super) columns: &'q [String],
}

/// Counts the rows whose value cannot be converted.
pub(super) fn count(
    transaction: &mut Transaction<'_>,
    conversion: &Conversion<'_>,
) -> Result<Answer, postgres::Error> {
    // Without a limit in the type a cast fails where an assignment does, and is much faster.
    let has_limit = conversion.type_name.contains('(') || is_bare_character(conversion.type_name);
    if !has_limit {
        let query = format!(
            "SELECT count(({}\n)::{}) FROM {}",
            conversion.expression,
            conversion.type_name,
            conversion.source.sql()
        );
        let mut attempt = transaction.transaction()?;
        let counted = attempt.simple_query(&query);
        attempt.rollback()?;
        match counted {
            Ok(_) => return Ok(Answer::Free),
            Err(error) => {
                let code = error.code().map(|code| code.code().to_owned());
                if !code.is_some_and(|code| is_about_values(&code)) {
                    return Err(error);
                }
            }
        }
    }
    transaction.batch_execute(&format!("DO {}", literal(&block(conversion))))?;
    let answer = first(
        transaction,
        "SELECT current_setting('pgaccord.rows'), current_setting('pgaccord.keys')",
    )?;
    let value = |at: usize| {
        answer
            .as_ref()
            .and_then(|row| row.get(at))
            .unwrap_or_default()
    };
    let rows: i64 = value(0).parse().unwrap_or_default();
    if rows == 0 {
        return Ok(Answer::Free);
    }
    let keys = value(1).split('\u{1f}').filter(|key| !key.is_empty());
    Ok(Answer::InTheWay {
        rows: Some(rows),
        keys: keys.map(str::to_owned).collect(),
    })
}

/// `char` and `bit` have a length of one.
fn is_bare_character(type_name: &str) -> bool {
    ["char", "character", "bit", "bpchar"].contains(&type_name.to_ascii_lowercase().as_str())
}

/// The block of PL/pgSQL. Names with a space stand in no migration.
fn block(conversion: &Conversion<'_>) -> String {
    let named = names(conversion.expression);
    let used: Vec<_> = conversion
        .columns
        .iter()
        .filter(|column| named.contains(column))
        .map(|column| identifier(column))
        .collect();
    let shown: String = used.iter().map(|column| format!(", {column}")).collect();
    let given: Vec<_> = used
        .iter()
        .map(|column| format!("\"pgaccord r\".{column} AS {column}"))
        .collect();
    let given = if given.is_empty() {
        "1 AS \"pgaccord none\"".to_owned()
    } else {
        given.join(", ")
    };
    format!(
        "#variable_conflict use_column
         DECLARE
           \"pgaccord r\" record;
           \"pgaccord n\" bigint := 0;
           \"pgaccord k\" text := '';
         BEGIN
           FOR \"pgaccord r\" IN SELECT {KEY} AS \"pgaccord key\"{shown} FROM {source} LOOP
             BEGIN
               DECLARE \"pgaccord v\" {type_name} := (SELECT ({expression}\n) FROM (SELECT {given}) AS {alias});
               BEGIN
                 NULL;
               END;
             EXCEPTION WHEN OTHERS THEN
               IF left(SQLSTATE, 2) NOT IN ('22', '23') THEN
                 RAISE;
               END IF;
               \"pgaccord n\" := \"pgaccord n\" + 1;
               IF \"pgaccord n\" <= {KEYS} THEN
                 \"pgaccord k\" := \"pgaccord k\" || \"pgaccord r\".\"pgaccord key\" || E'\\x1f';
               END IF;
             END;
           END LOOP;
           PERFORM pg_catalog.set_config('pgaccord.rows', \"pgaccord n\"::text, true);
           PERFORM pg_catalog.set_config('pgaccord.keys', \"pgaccord k\", true);
         END",
        source = conversion.source.sql(),
        alias = identifier(&conversion.source.alias),
        type_name = conversion.type_name,
        expression = conversion.expression,
    )
}

/// All names in an expression.
fn names(expression: &str) -> Vec<String> {
    let name = |token: &sql::Token| {
        let mut word = Cursor::new(expression, std::slice::from_ref(token));
        word.identifier().map(|name| name.name)
    };
    sql::tokens(expression).iter().filter_map(name).collect()
}
