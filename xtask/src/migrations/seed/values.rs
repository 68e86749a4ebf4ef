//! Likely values of a column, as SQL expressions, the likeliest first.

use super::pattern;
use crate::schema::types::{ColumnType, Scalar};

/// Returns values for a column of this type. `hints` are the definitions of the checks that name
/// the column: the literals in them are often values that pass.
pub fn candidates(
    kind: &ColumnType,
    type_name: &str,
    hints: &[&str],
    number: usize,
) -> Vec<String> {
    let scalar: Vec<String> = match &kind.scalar {
        Scalar::Enum(_, labels) => rotated(labels, number)
            .iter()
            .map(|label| literal(label))
            .collect(),
        Scalar::Builtin(name) => builtin(name, kind, hints, number),
        Scalar::Other(_) => Vec::new(),
    };
    if kind.array {
        let some = scalar
            .into_iter()
            .take(4)
            .map(|value| format!("ARRAY[{value}]::{type_name}"));
        return some.chain([format!("'{{}}'::{type_name}")]).collect();
    }
    scalar
        .into_iter()
        .map(|value| format!("{value}::{type_name}"))
        .collect()
}

/// The labels of an enum in another order for each row, so that a unique column gets different
/// ones.
fn rotated(labels: &[String], number: usize) -> Vec<String> {
    let start = if labels.is_empty() {
        0
    } else {
        number % labels.len()
    };
    labels
        .iter()
        .cycle()
        .skip(start)
        .take(labels.len())
        .cloned()
        .collect()
}

fn builtin(name: &str, kind: &ColumnType, hints: &[&str], number: usize) -> Vec<String> {
    let literals: Vec<String> = hints
        .iter()
        .flat_map(|hint| quoted_literals(hint))
        .collect();
    match name {
        "text" | "character varying" | "character" | "bpchar" | "name" | "citext" => {
            texts(kind, &literals, number)
        }
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" | "money"
        | "oid" => numbers(hints, number),
        "boolean" => vec!["true".into(), "false".into()],
        "uuid" => vec!["gen_random_uuid()".into()],
        "json" | "jsonb" => vec![
            format!("'{{\"n\": {number}}}'"),
            "'[]'".into(),
            "'{}'".into(),
        ],
        "date" => vec![
            format!("(date '2024-01-01' + {number})"),
            "current_date".into(),
            "(current_date + 30)".into(),
        ],
        "timestamp with time zone" | "timestamp without time zone" => vec![
            format!("(timestamptz '2024-01-01 00:00:00Z' + interval '{number} day')"),
            "now()".into(),
            "(now() + interval '30 days')".into(),
            "(now() - interval '30 days')".into(),
        ],
        "time without time zone" | "time with time zone" => {
            vec![format!("'10:{:02}:00'", number % 60)]
        }
        "interval" => vec![format!("interval '{number} minutes'")],
        "bytea" => vec![
            format!("'\\x{:02x}'", number % 256),
            format!("sha256('{number}')"),
        ],
        "inet" | "cidr" => vec![format!("'10.0.0.{}'", number % 250 + 1)],
        "macaddr" => vec![format!("'08:00:2b:01:02:{:02x}'", number % 256)],
        "tsvector" => vec![format!("to_tsvector('simple', 'word{number}')")],
        "xml" => vec!["'<a/>'".into()],
        "point" => vec![format!("point({number}, {number})")],
        "bit" | "bit varying" => vec![format!("repeat('1', {})", kind.length.unwrap_or(1))],
        other if other.ends_with("range") => vec!["'empty'".into()],
        other if other.ends_with("multirange") => vec!["'{}'".into()],
        _ => Vec::new(),
    }
}

/// Returns texts to try: first the literals that a check compares with, then the shapes that checks
/// ask for most.
fn texts(kind: &ColumnType, literals: &[String], number: usize) -> Vec<String> {
    let shapes = [
        format!("text {number}"),
        format!("user{number}@example.com"),
        format!("https://example.com/{number}"),
        format!("slug-{number}"),
        format!("name_{number}"),
        format!("+25470000{number:04}"),
        format!("a{number}"),
        format!("AB{number}"),
        format!("{number}"),
        "KE".to_owned(),
        "KES".to_owned(),
        "en".to_owned(),
        "#a1b2c3".to_owned(),
        "1.0.0".to_owned(),
        // As long as a SHA-256 in hexadecimal digits.
        format!("{number:064x}"),
        "a long enough text, of some hundred characters, for whoever wants to read more than a few words of it, and yet more"
            .to_owned(),
        "A".to_owned(),
        String::new(),
    ];
    let plain = literals
        .iter()
        .filter(|text| !looks_like_pattern(text))
        .cloned();
    let matching = literals
        .iter()
        .filter(|text| looks_like_pattern(text))
        .filter_map(|text| pattern::example(text, number));
    let fits = |text: &String| {
        kind.length
            .is_none_or(|length| text.chars().count() <= length as usize)
    };
    plain
        .chain(matching)
        .chain(shapes)
        .filter(fits)
        .map(|text| literal(&text))
        .collect()
}

fn looks_like_pattern(text: &str) -> bool {
    text.contains(['^', '$', '\\', '[', '%'])
}

/// Small numbers, and the numbers in a check with their neighbours. Numbers from 1,000,000,000 on
/// are left out: an `integer` ends soon after.
fn numbers(hints: &[&str], number: usize) -> Vec<String> {
    let mut all = vec![
        number.to_string(),
        "1".into(),
        "0".into(),
        "0.5".into(),
        "10".into(),
        "100".into(),
        "-1".into(),
    ];
    for hint in hints {
        let words = hint
            .split(|character: char| !character.is_ascii_digit())
            .filter_map(|word| word.parse::<i64>().ok());
        for found in words.filter(|found| *found < 1_000_000_000) {
            all.extend([
                found.to_string(),
                (found + 1).to_string(),
                (found - 1).to_string(),
            ]);
        }
    }
    all.into_iter().map(|value| format!("({value})")).collect()
}

/// The texts between quotes in a definition. A doubled quote is replaced by a character that no
/// text has while the others are split.
fn quoted_literals(definition: &str) -> Vec<String> {
    definition
        .replace("''", "\u{1}")
        .split('\'')
        .skip(1)
        .step_by(2)
        .map(|text| text.replace('\u{1}', "'"))
        .collect()
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_a_check_are_read_from_its_definition() {
        let check = "CHECK ((status = ANY (ARRAY['draft'::text, 'it''s'::text])))";
        assert_eq!(quoted_literals(check), ["draft", "it's"]);
    }

    #[test]
    fn the_labels_of_an_enum_begin_elsewhere_in_each_row() {
        let labels: Vec<String> = ["a", "b", "c"]
            .iter()
            .map(|label| (*label).to_owned())
            .collect();
        assert_eq!(rotated(&labels, 1), ["b", "c", "a"]);
    }
}
