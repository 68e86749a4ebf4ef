//! The formats of validation schemas beside the types of columns: which strings a column never
//! takes, and which a row never holds. The texts of rows are facts, not guesses: the test
//! `driver_oracle` lets Zod judge what PostgreSQL and the drivers write.

use super::entities::ColumnFacts;
use crate::config::Driver;
use crate::facts::{Constraints, FormatOptions};
use crate::schema::types::{ColumnType, Scalar};

/// Formats that say what a string is. Others (`hex`, `base64`, `hostname`) hold texts that are
/// something else as well, like a date or a uuid without hyphens.
const TELLING: &[&str] = &[
    "uuid", "cuid", "cuid2", "ulid", "nanoid", "xid", "ksuid", "email", "url", "datetime", "date",
    "time", "duration", "ip", "cidr", "mac", "e164", "emoji", "jwt",
];

/// Returns the formats that a column of `ty` takes strings of, the usual one first. `None` where it
/// takes any text, or is not known.
fn taken_by(ty: &ColumnType) -> Option<&'static [&'static str]> {
    let Scalar::Builtin(name) = &ty.scalar else {
        return None;
    };
    // What PostgreSQL's input functions take: `date` takes the date of an instant, `inet` a
    // network, `interval` the text of a time.
    Some(match name.as_str() {
        "uuid" => &["uuid"],
        "date" => &["date", "datetime"],
        "timestamp with time zone" | "timestamp without time zone" => &["datetime", "date"],
        "time with time zone" | "time without time zone" => &["time", "datetime"],
        "interval" => &["duration", "time"],
        "inet" => &["ip", "cidr"],
        "cidr" => &["cidr", "ip"],
        "macaddr" | "macaddr8" => &["mac"],
        // `+4915112345678` is a number.
        "bigint" | "numeric" => &["e164"],
        _any_text => return None,
    })
}

/// Returns the format of the texts that a column of `ty` takes, where it is of texts.
#[must_use]
pub fn usual(ty: &ColumnType) -> Option<&'static str> {
    let usual = taken_by(ty)?.first()?;
    (*usual != "e164").then_some(*usual)
}

/// Returns the format that is demanded, where a column of `ty` takes none of its strings.
#[must_use]
pub fn never_taken<'c>(ty: &ColumnType, constraints: &'c Constraints) -> Option<&'c str> {
    let format = constraints.format.as_deref()?;
    let taken = taken_by(ty)?;
    (TELLING.contains(&format) && !taken.contains(&format)).then_some(format)
}

/// Describes why no row passes the format that is demanded: what the driver, or the default of the
/// column, writes is always something else.
#[must_use]
pub fn never_held(
    facts: &ColumnFacts<'_>,
    constraints: &Constraints,
    driver: Option<Driver>,
) -> Option<String> {
    let format = constraints.format.as_deref()?;
    let Scalar::Builtin(name) = &facts.ty.scalar else {
        return None;
    };
    if let ("uuid", "uuid", Some(version)) =
        (name.as_str(), format, constraints.format_options.version)
    {
        let (made, by) = default_version(facts)?;
        return (made != version)
            .then(|| format!("uuids of version {version}, `{by}` makes version {made}"));
    }
    let text = refused_text(name, constraints, driver?)?;
    let FormatOptions { offset, local, .. } = text.options;
    let lacking = match format {
        "datetime" if text.format == "datetime" && offset => " without `offset: true`",
        "datetime" if text.format == "datetime" && local => " without `local: true`",
        _ => "",
    };
    Some(format!(
        "only the format `{format}`{lacking}, and rows hold texts like `{}`",
        text.example
    ))
}

/// Returns the text that `driver` returns for each value of the built-in type `name`, where the
/// format that is demanded refuses it.
#[must_use]
pub fn refused_text(name: &str, constraints: &Constraints, driver: Driver) -> Option<RowText> {
    let format = constraints.format.as_deref()?;
    let text = text(name, driver)?;
    let options = constraints.format_options;
    let is_wide_enough =
        (options.offset || !text.options.offset) && (options.local || !text.options.local);
    let passes = !TELLING.contains(&format) || (format == text.format && is_wide_enough);
    (!passes).then_some(text)
}

/// The version of the uuids that the default of a column makes, and the function that makes them.
fn default_version(facts: &ColumnFacts<'_>) -> Option<(u8, &'static str)> {
    const MAKERS: &[(&str, u8)] = &[
        ("gen_random_uuid()", 4),
        ("uuid_generate_v4()", 4),
        ("uuidv4()", 4),
        ("uuid_generate_v1()", 1),
        ("uuid_generate_v1mc()", 1),
        ("uuid_generate_v7()", 7),
        ("uuidv7()", 7),
    ];
    let default = facts.column.default.as_deref()?;
    let function = default.rsplit('.').next().unwrap_or(default);
    let maker = MAKERS.iter().find(|(maker, _)| *maker == function)?;
    Some((maker.1, maker.0))
}

/// The text of a row's value: the format that it is of, and an example. The format is empty where
/// no format of schemas takes it.
#[derive(Debug, Clone, Copy)]
pub struct RowText {
    format: &'static str,
    options: FormatOptions,
    /// One that a row may hold.
    pub example: &'static str,
}

/// Returns the text that `driver` gives for a built-in type; `None` where the driver does not
/// always give a text.
fn text(name: &str, driver: Driver) -> Option<RowText> {
    let of = |format, example| {
        Some(RowText {
            format,
            options: FormatOptions::default(),
            example,
        })
    };
    let instant = |offset, example| {
        Some(RowText {
            format: "datetime",
            options: FormatOptions {
                offset,
                local: !offset,
                version: None,
            },
            example,
        })
    };
    match (name, driver) {
        // Prisma has types of its own for these, or none.
        (_, Driver::Prisma) => None,
        ("timestamp with time zone", Driver::Postgrest) => {
            instant(true, "2026-11-29T14:20:44.135315+00:00")
        }
        ("timestamp without time zone", Driver::Postgrest) => {
            instant(false, "2026-11-29T14:20:44.135315")
        }
        ("date", Driver::Postgrest) => of("date", "2026-11-29"),
        ("interval", Driver::Postgrest | Driver::PostgresJs) => of("", "1 day 02:00:00"),
        ("time without time zone", _) => of("time", "14:20:44.135315"),
        ("time with time zone", _) => of("", "14:20:44.135315+00"),
        // A network always has its length.
        ("cidr", _) => of("cidr", "192.168.100.0/24"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::Schema;

    fn taken(type_name: &str, format: &str) -> bool {
        let constraints = Constraints {
            format: Some(format.to_owned()),
            ..Constraints::default()
        };
        never_taken(
            &ColumnType::resolve(type_name, &Schema::default()),
            &constraints,
        )
        .is_none()
    }

    #[test]
    fn a_format_that_says_what_a_string_is_says_what_it_is_not() {
        assert!(!taken("uuid", "ulid") && !taken("date", "time") && !taken("inet", "email"));
        assert!(!taken("bigint", "uuid") && !taken("interval", "datetime"));
        assert!(taken("uuid", "uuid") && taken("text", "ulid") && taken("citext", "email"));
    }

    #[test]
    fn what_a_column_reads_from_wider_texts_is_taken() {
        assert!(taken("date", "datetime") && taken("timestamp with time zone", "date"));
        assert!(taken("inet", "cidr") && taken("interval", "time"));
        assert!(taken("uuid", "hex") && taken("uuid", "base64") && taken("numeric", "e164"));
    }
}
