//! Enums, composite types, domains, ranges and sequences.

use super::columns::type_of;
use super::names::{name, qualified, sequence_options, text};
use crate::schema::model::{Composite, Domain, Enum, ObjectName, Range, Sequence};

/// Writes `CREATE TYPE … AS ENUM`.
pub fn create_enum(object: &ObjectName, wanted: &Enum) -> String {
    let labels: Vec<String> = wanted.labels.iter().map(|label| text(label)).collect();
    format!(
        "CREATE TYPE {} AS ENUM ({})",
        qualified(object),
        labels.join(", ")
    )
}

/// Writes `CREATE TYPE … AS (…)`.
pub fn create_composite(object: &ObjectName, wanted: &Composite) -> String {
    let attributes: Vec<String> = wanted
        .columns
        .iter()
        .map(|column| format!("{} {}", name(&column.name), type_of(column)))
        .collect();
    format!(
        "CREATE TYPE {} AS ({})",
        qualified(object),
        attributes.join(", ")
    )
}

/// Writes `CREATE DOMAIN`.
pub fn create_domain(object: &ObjectName, wanted: &Domain) -> String {
    let mut written = format!(
        "CREATE DOMAIN {} AS {}",
        qualified(object),
        wanted.type_name
    );
    if let Some(collation) = &wanted.collation {
        written += &format!(" COLLATE {collation}");
    }
    if let Some(default) = &wanted.default {
        written += &format!(" DEFAULT {default}");
    }
    if wanted.not_null {
        written += " NOT NULL";
    }
    for (check, definition) in &wanted.checks {
        // `NOT VALID` is no part of `CREATE DOMAIN`: such a check is added afterwards.
        if !definition.ends_with(" NOT VALID") {
            written += &format!(" CONSTRAINT {} {definition}", name(check));
        }
    }
    written
}

/// Writes `CREATE TYPE … AS RANGE`.
pub fn create_range(object: &ObjectName, wanted: &Range) -> String {
    format!(
        "CREATE TYPE {} AS RANGE ({})",
        qualified(object),
        wanted.definition
    )
}

/// Writes `CREATE SEQUENCE`.
pub fn create_sequence(object: &ObjectName, wanted: &Sequence) -> String {
    let unlogged = if wanted.unlogged { "UNLOGGED " } else { "" };
    let mut written = format!("CREATE {unlogged}SEQUENCE {}", qualified(object));
    if wanted.type_name != "bigint" {
        written += &format!(" AS {}", wanted.type_name);
    }
    if !wanted.options.is_empty() {
        written += &format!(" {}", sequence_options(&wanted.options));
    }
    written
}

/// The bounds of a sequence, as SQL, and whether it descends.
pub fn bounds(sequence: &Sequence) -> (String, String, bool) {
    let words: Vec<&str> = sequence.options.split(' ').collect();
    let value = |option: &str| {
        let at = words.iter().position(|word| *word == option)?;
        words.get(at + 1).map(|word| (*word).to_owned())
    };
    let (least, most) = match sequence.type_name.as_str() {
        "smallint" => ("-32768", "32767"),
        "integer" => ("-2147483648", "2147483647"),
        _bigint => ("-9223372036854775808", "9223372036854775807"),
    };
    let descends = value("INCREMENT").is_some_and(|increment| increment.starts_with('-'));
    let (minimum, maximum) = if descends { (least, "-1") } else { ("1", most) };
    (
        value("MINVALUE").unwrap_or_else(|| minimum.to_owned()),
        value("MAXVALUE").unwrap_or_else(|| maximum.to_owned()),
        descends,
    )
}

/// Writes every option of a sequence, so that those that are left out return to their defaults.
pub fn all_sequence_options(wanted: &Sequence) -> String {
    let words: Vec<&str> = wanted.options.split(' ').collect();
    let value = |option: &str| {
        let at = words.iter().position(|word| *word == option)?;
        words.get(at + 1).map(ToString::to_string)
    };
    let increment = value("INCREMENT").unwrap_or_else(|| "1".into());
    let descends = increment.starts_with('-');
    let bound = |option: &str| match value(option) {
        Some(bound) => format!("{option} {bound}"),
        None => format!("NO {option}"),
    };
    let minimum = value("MINVALUE").unwrap_or_else(|| "1".into());
    let start = value("START").or((!descends).then_some(minimum));
    let start = start
        .or_else(|| value("MAXVALUE"))
        .unwrap_or_else(|| "-1".into());
    let cycle = if words.contains(&"CYCLE") {
        "CYCLE"
    } else {
        "NO CYCLE"
    };
    format!(
        "AS {} INCREMENT BY {increment} {} {} START WITH {start} CACHE {} {cycle}",
        wanted.type_name,
        bound("MINVALUE"),
        bound("MAXVALUE"),
        value("CACHE").unwrap_or_else(|| "1".into()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_are_left_out_are_the_defaults() {
        let sequence = |options: &str| Sequence {
            type_name: "integer".into(),
            options: options.into(),
            ..Sequence::default()
        };
        assert_eq!(
            all_sequence_options(&sequence("START 100 INCREMENT 10 CYCLE")),
            "AS integer INCREMENT BY 10 NO MINVALUE NO MAXVALUE START WITH 100 CACHE 1 CYCLE"
        );
        assert_eq!(
            all_sequence_options(&sequence("INCREMENT -1 MINVALUE -9 CACHE 5")),
            "AS integer INCREMENT BY -1 MINVALUE -9 NO MAXVALUE START WITH -1 CACHE 5 NO CYCLE"
        );
    }
}
