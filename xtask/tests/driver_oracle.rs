//! The drivers themselves return for each of PostgreSQL's types what the tool says that they do:
//! node-postgres and postgres.js on a real PostgreSQL, PostgREST by the `row_to_json` that it sends.

use serde_json::{Value, json};
use xtask::internals::checks::accepted_kinds::{self, DescriptionLayer};
use xtask::internals::checks::formats;
use xtask::internals::config::{Config, Driver};
use xtask::internals::facts::{Constraints, FormatOptions, Kind};
use xtask::internals::schema::model::Schema;
use xtask::internals::schema::types::ColumnType;

use crate::oracle::Oracle;
use crate::support;
use crate::support::database::Database;

/// Each type by the name that `format_type` gives it, with a value.
const TYPES: &[(&str, &str)] = &[
    ("smallint", "1::smallint"),
    ("integer", "1"),
    ("bigint", "1::bigint"),
    ("oid", "1::oid"),
    ("real", "1.5::real"),
    ("double precision", "1.5::double precision"),
    ("numeric", "1.50"),
    ("numeric(10,0)", "3::numeric(10,0)"),
    ("money", "1.5::numeric::money"),
    ("boolean", "true"),
    ("text", "'a'::text"),
    ("character varying(3)", "'a'::varchar(3)"),
    ("character(3)", "'a'::char(3)"),
    ("\"char\"", "'a'::\"char\""),
    ("name", "'a'::name"),
    ("uuid", "'2b3ad03a-5ac0-4926-83e4-468e1c62ac2a'::uuid"),
    ("bytea", "'\\x01'::bytea"),
    ("date", "'2026-11-29'::date"),
    (
        "timestamp without time zone",
        "'2026-11-29 14:20:44.135315'::timestamp",
    ),
    (
        "timestamp with time zone",
        "'2026-11-29 14:20:44.135315+00'::timestamptz",
    ),
    ("time without time zone", "'14:20:44.135315'::time"),
    ("time with time zone", "'14:20:44.135315+00'::timetz"),
    ("interval", "'1 day 2 hours'::interval"),
    ("json", "'{\"a\": 1}'::json"),
    ("jsonb", "'{\"a\": 1}'::jsonb"),
    ("jsonpath", "'$.a'::jsonpath"),
    ("inet", "'192.168.100.1'::inet"),
    ("cidr", "'192.168.100.0/24'::cidr"),
    ("macaddr", "'08:00:2b:01:02:03'::macaddr"),
    ("macaddr8", "'08:00:2b:01:02:03:04:05'::macaddr8"),
    ("point", "'(1,2)'::point"),
    ("line", "'{1,2,3}'::line"),
    ("lseg", "'[(1,2),(3,4)]'::lseg"),
    ("box", "'(3,4),(1,2)'::box"),
    ("path", "'[(1,2),(3,4)]'::path"),
    ("polygon", "'((1,2),(3,4))'::polygon"),
    ("circle", "'<(1,2),3>'::circle"),
    ("bit(1)", "B'1'"),
    ("bit varying", "B'1'::varbit"),
    ("tsvector", "'a b'::tsvector"),
    ("tsquery", "'a'::tsquery"),
    ("int4range", "'[1,2)'::int4range"),
    ("int8range", "'[1,2)'::int8range"),
    ("numrange", "'[1,2)'::numrange"),
    ("tsrange", "'[2026-01-01,2026-01-02)'::tsrange"),
    ("tstzrange", "'[2026-01-01,2026-01-02)'::tstzrange"),
    ("daterange", "'[2026-01-01,2026-01-02)'::daterange"),
    ("int4multirange", "'{[1,2)}'::int4multirange"),
    ("regclass", "'pg_class'::regclass"),
    ("pg_lsn", "'0/1'::pg_lsn"),
    ("public.mood", "'sad'::mood"),
];

const DRIVERS: [(&str, Driver); 3] = [
    ("node-postgres", Driver::NodePostgres),
    ("postgres-js", Driver::PostgresJs),
    ("postgrest", Driver::Postgrest),
];

#[test]
fn drivers_return_what_the_tool_says() {
    let (Some(scratch), Some(oracle)) = (support::shared(), Oracle::find()) else {
        return;
    };
    let database = Database::create(scratch, "driver_oracle");
    let mut client = database.connect();
    client
        .batch_execute("CREATE TYPE mood AS ENUM ('sad', 'glad')")
        .expect("an enum");
    let types: serde_json::Map<String, Value> = TYPES
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let asked = oracle.folder().join("asked-drivers.json");
    std::fs::write(&asked, json!({ "types": types }).to_string()).expect("a file");
    let url = database.url();
    let asked = asked.to_str().expect("UTF-8");
    let answer = oracle.run("drivers.mjs", [url.as_str(), asked].into_iter());
    let mut differences = Vec::new();
    for (type_name, _) in TYPES {
        for (name, driver) in DRIVERS {
            let found = &answer["found"][type_name][name];
            kinds(type_name, driver, found, &mut differences);
            texts(
                type_name,
                driver,
                found,
                &answer["formats"],
                &mut differences,
            );
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Compares the kinds that describe the type with the value that the driver returned.
fn kinds(type_name: &str, driver: Driver, found: &Value, differences: &mut Vec<String>) {
    let config = Config {
        driver: Some(driver),
        ..support::config()
    };
    let mut schema = Schema::default();
    let mood = xtask::internals::schema::model::Enum::default();
    schema.enums.insert(
        xtask::internals::schema::model::ObjectName::public("mood"),
        mood,
    );
    let array = format!("{type_name}[]");
    for (of, returned) in [
        (type_name, &found["scalar"]),
        (&array, &found["array"]),
        (&array, &found["nested"]),
    ] {
        let ty = ColumnType::resolve(of, &schema);
        for (kind, is_right) in candidates(returned) {
            let is_json = type_name.starts_with("json") && !type_name.ends_with("path");
            // Each value of JSON may be of another kind, and code may register parsers of arrays.
            let is_open = !is_right && (is_json || (ty.array && returned == "string"));
            let accepted = accepted_kinds::accepts(&ty, &kind, DescriptionLayer::Driver, &config);
            if accepted != is_right && !is_open {
                differences.push(format!(
                    "{driver:?} returns {returned} for {of}, {kind:?} is {}",
                    if accepted { "accepted" } else { "refused" }
                ));
            }
        }
    }
}

/// The kinds that a field may have, as deep as the returned value, each with whether it is right.
fn candidates(returned: &Value) -> Vec<(Kind, bool)> {
    match returned {
        Value::Array(items) => candidates(&items[0])
            .into_iter()
            .map(|(kind, is_right)| (Kind::Array(Box::new(kind)), is_right))
            .collect(),
        name => [
            ("string", Kind::String),
            ("number", Kind::Number),
            ("bigint", Kind::Bigint),
            ("boolean", Kind::Boolean),
            ("Date", Kind::Date),
            ("Buffer", Kind::Bytes),
            ("object", Kind::Json),
        ]
        .into_iter()
        .map(|(shape, kind)| (kind, name == shape))
        .collect(),
    }
}

/// Compares the formats that are said to refuse the driver's text with those that do.
fn texts(
    type_name: &str,
    driver: Driver,
    found: &Value,
    formats: &Value,
    differences: &mut Vec<String>,
) {
    let Some(passed) = found["formats"].as_array() else {
        return;
    };
    for format in formats.as_array().expect("a list") {
        let (name, option) = split(format.as_str().expect("a name"));
        let constraints = Constraints {
            format: Some(name.to_owned()),
            format_options: FormatOptions {
                offset: option == "offset",
                local: option == "local",
                version: None,
            },
            ..Constraints::default()
        };
        let refused = formats::refused_text(type_name, &constraints, driver).is_some();
        let passes = passed.contains(format);
        if refused == passes && refused {
            differences.push(format!(
                "{format} takes what {driver:?} returns for {type_name}, and is said to refuse it"
            ));
        }
    }
}

fn split(format: &str) -> (&str, &str) {
    format.split_once(' ').unwrap_or((format, ""))
}
