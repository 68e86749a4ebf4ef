//! Defaults that the database computes, as PostgreSQL prints them and as an ORM has them. PostgreSQL
//! writes an expression anew: with casts, parentheses and the namespaces of functions. What differs
//! then is told only where both are simple enough to be sure: a value that is written out, or the
//! call of one function.

use super::literals::{differing, literal};
use crate::schema::types::ColumnType;

/// Functions that are each other's names, or serve the same end: each of their values is as good.
const ALIKE: &[&[&str]] = &[
    &[
        "now",
        "current_timestamp",
        "transaction_timestamp",
        "localtimestamp",
        "statement_timestamp",
        "clock_timestamp",
        "current_date",
        "timezone",
    ],
    &[
        "gen_random_uuid",
        "uuid_generate_v1",
        "uuid_generate_v1mc",
        "uuid_generate_v4",
        "uuid_generate_v7",
        "uuidv4",
        "uuidv7",
    ],
];

/// Whether the default of a column of type `ty` is another one than `stated`.
pub(super) fn is_another(stated: &str, actual: &str, ty: &ColumnType) -> bool {
    match (Simple::of(stated), Simple::of(actual)) {
        (Some(Simple::Value(one)), Some(Simple::Value(_))) => {
            let json = serde_json::Value::from(one.as_str()).to_string();
            differing((Some(&one), &json), without_cast(unwrapped(actual)), ty).is_some()
        }
        (Some(Simple::Call(one)), Some(Simple::Call(other))) => !are_alike(&one, &other),
        (Some(Simple::Value(_)), Some(Simple::Call(_)))
        | (Some(Simple::Call(_)), Some(Simple::Value(_))) => true,
        (None, _) | (_, None) => false,
    }
}

/// An expression that is simple enough to be compared.
enum Simple {
    /// The text of a value.
    Value(String),
    /// The name of a function, whose arguments hold no other call.
    Call(String),
}

impl Simple {
    fn of(expression: &str) -> Option<Self> {
        let expression = unwrapped(expression);
        let plain = without_cast(expression);
        if let Some(value) = literal(expression).or_else(|| literal(plain)) {
            return Some(Self::Value(value));
        }
        let lower = plain.to_lowercase();
        // Words of SQL that are called without parentheses.
        if matches!(
            lower.as_str(),
            "current_timestamp" | "localtimestamp" | "current_date"
        ) {
            return Some(Self::Call(lower));
        }
        let (name, arguments) = plain.strip_suffix(')')?.split_once('(')?;
        if arguments.contains(['(', ')']) {
            return None;
        }
        let name = name.trim().rsplit('.').next()?.trim_matches('"');
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|one| one.is_ascii_alphanumeric() || one == b'_');
        is_name.then(|| Self::Call(name.to_lowercase()))
    }
}

/// The expression without parentheses around the whole of it.
fn unwrapped(expression: &str) -> &str {
    let mut inner = expression.trim();
    while let Some(within) = inner
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .filter(|within| is_balanced(within))
    {
        inner = within.trim();
    }
    inner
}

/// Whether each parenthesis that closes has been opened before.
fn is_balanced(text: &str) -> bool {
    let mut open = 0_i32;
    text.chars().all(|one| {
        match one {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        open >= 0
    }) && open == 0
}

/// `gen_random_uuid()` of `(gen_random_uuid())::text`.
fn without_cast(expression: &str) -> &str {
    let Some((value, ty)) = expression.rsplit_once("::") else {
        return expression;
    };
    let is_type = ty
        .chars()
        .all(|one| one.is_alphanumeric() || "_ \".[](),".contains(one));
    // A quote in what looks like a type is the end of a text.
    if is_type && is_balanced(ty) && value.matches('\'').count() % 2 == 0 {
        without_cast(unwrapped(value))
    } else {
        expression
    }
}

fn are_alike(one: &str, other: &str) -> bool {
    let are_in = |names: &&[&str]| names.contains(&one) && names.contains(&other);
    one == other || ALIKE.iter().any(are_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::types::Scalar;

    /// The type of the column, by the cast of its default.
    fn ty(actual: &str) -> ColumnType {
        let name = match actual.rsplit_once("::") {
            Some((_, ty)) => ty.trim_end_matches("[]"),
            None => "integer",
        };
        ColumnType {
            scalar: Scalar::Builtin(name.to_owned()),
            array: actual.ends_with("[]"),
            length: None,
            scale: None,
            domains: Vec::new(),
        }
    }

    #[test]
    fn what_postgresql_writes_anew_is_the_same() {
        for (stated, actual) in [
            ("gen_random_uuid()", "gen_random_uuid()"),
            ("gen_random_uuid()", "(gen_random_uuid())::text"),
            ("uuid_generate_v4()", "extensions.uuid_generate_v4()"),
            ("public.make_id('a')", "make_id('a'::text)"),
            ("now()", "CURRENT_TIMESTAMP"),
            (
                "CURRENT_TIMESTAMP",
                "(now())::timestamp(3) without time zone",
            ),
            ("now()", "timezone('utc'::text, CURRENT_TIMESTAMP)"),
            ("'{\"a\":1}'", "'{\"a\": 1}'::jsonb"),
            ("'{}'::text[]", "'{}'::text[]"),
            ("'a'", "'a'::character varying"),
            ("0", "'0'::bigint"),
            // Not simple, so that nobody can be sure.
            (
                "(now() + '30 days'::interval)",
                "(now() + '60 days'::interval)",
            ),
            ("md5(random()::text)", "'x'::text"),
        ] {
            assert!(
                !is_another(stated, actual, &ty(actual)),
                "{stated} {actual}"
            );
        }
    }

    #[test]
    fn another_value_or_function_is_another_default() {
        for (stated, actual) in [
            ("gen_random_uuid()", "now()"),
            (
                "gen_random_uuid()",
                "'00000000-0000-0000-0000-000000000000'::uuid",
            ),
            ("'{}'::jsonb", "'[]'::jsonb"),
            ("nanoid(8)", "public.short_id()"),
            ("5", "6"),
        ] {
            assert!(is_another(stated, actual, &ty(actual)), "{stated} {actual}");
        }
    }
}
