//! The rarer kinds of objects, of which the model keeps one text each. Every kind can be dropped.
//! Those are written whose text holds all that their statement needs.

use serde_json::Value;

use super::names::{name, text};
use crate::schema::model::{Object, ObjectName, Schema};

/// Writes the statement that drops an object; none where no statement does.
pub fn drop(kind: &str, object: &str) -> Option<String> {
    let word = match kind {
        "cast" => return Some(format!("DROP CAST ({object})")),
        "operator" => {
            let (operator, arguments) = object.split_once('(')?;
            return Some(format!("DROP OPERATOR {operator} ({arguments}"));
        }
        "user mapping" => return Some(format!("DROP USER MAPPING FOR {object}")),
        "transform" => return Some(format!("DROP TRANSFORM FOR {object}")),
        // That an object depends on an extension is no object.
        "dependence" => return None,
        "base type" => "TYPE".to_owned(),
        other => other.to_uppercase(),
    };
    Some(format!("DROP {word} {object}"))
}

/// Writes the statements that make an object; none where its text does not hold all of it.
pub fn create(schema: &Schema, kind: &str, object: &str, wanted: &Object) -> Option<Vec<String>> {
    let definition = wanted.definition.as_str();
    match kind {
        "collation" => Some(vec![collation(object, definition)?]),
        "cast" => Some(vec![cast(object, definition)?]),
        "operator" => Some(vec![operator(object, definition)?]),
        "text search dictionary" => Some(vec![format!(
            "CREATE TEXT SEARCH DICTIONARY {object} ({definition})"
        )]),
        "text search configuration" => configuration(object, definition),
        "event trigger" => event_trigger(object, definition),
        "publication" => Some(vec![publication(schema, object, definition)?]),
        "foreign data wrapper" => Some(vec![foreign(
            &format!("CREATE FOREIGN DATA WRAPPER {object}"),
            definition,
        )?]),
        "server" => Some(vec![server(object, definition)?]),
        _ => None,
    }
}

/// Writes `COMMENT ON` for the kinds whose name stands there as the model has it.
pub fn comment_target(kind: &str, object: &str) -> Option<String> {
    match kind {
        "cast" => Some(format!("CAST ({object})")),
        "dependence" | "user mapping" | "transform" | "operator" => None,
        "base type" => Some(format!("TYPE {object}")),
        other => Some(format!("{} {object}", other.to_uppercase())),
    }
}

fn collation(object: &str, definition: &str) -> Option<String> {
    let row: Value = serde_json::from_str(definition).ok()?;
    let field = |key: &str| row.get(key).and_then(Value::as_str);
    let mut parts = Vec::new();
    match field("collprovider")? {
        "c" => {
            parts.push("PROVIDER = libc".to_owned());
            parts.push(format!("LC_COLLATE = {}", text(field("collcollate")?)));
            parts.push(format!("LC_CTYPE = {}", text(field("collctype")?)));
        }
        provider => {
            let word = if provider == "i" { "icu" } else { "builtin" };
            // PostgreSQL 15 and 16 have it under another name, and 14 as that of libc.
            let locale = field("colllocale")
                .or_else(|| field("colliculocale"))
                .or_else(|| field("collcollate"))?;
            parts.push(format!("PROVIDER = {word}"));
            parts.push(format!("LOCALE = {}", text(locale)));
        }
    }
    if row.get("collisdeterministic") == Some(&Value::Bool(false)) {
        parts.push("DETERMINISTIC = false".to_owned());
    }
    if let Some(rules) = field("collicurules") {
        parts.push(format!("RULES = {}", text(rules)));
    }
    Some(format!("CREATE COLLATION {object} ({})", parts.join(", ")))
}

/// `f a public.to_money(integer)`: method, context, function.
fn cast(object: &str, definition: &str) -> Option<String> {
    let mut words = definition.splitn(3, ' ');
    let (method, context, function) = (words.next()?, words.next()?, words.next());
    let how = match method {
        "f" => format!("WITH FUNCTION {}", function?),
        "i" => "WITH INOUT".to_owned(),
        _ => "WITHOUT FUNCTION".to_owned(),
    };
    let when = match context {
        "a" => " AS ASSIGNMENT",
        "i" => " AS IMPLICIT",
        _ => "",
    };
    Some(format!("CREATE CAST ({object}) {how}{when}"))
}

fn operator(object: &str, definition: &str) -> Option<String> {
    let (called, arguments) = object.strip_suffix(')')?.split_once('(')?;
    let (left, right) = arguments.split_once(',')?;
    let (function, rest) = definition
        .strip_prefix("FUNCTION ")?
        .split_once(" RETURNS ")?;
    let (function, _) = function.split_once('(')?;
    let mut parts = vec![format!("FUNCTION = {function}")];
    for (key, side) in [("LEFTARG", left), ("RIGHTARG", right)] {
        if side != "NONE" {
            parts.push(format!("{key} = {side}"));
        }
    }
    let words: Vec<&str> = rest.split(' ').collect();
    for key in ["COMMUTATOR", "NEGATOR", "RESTRICT", "JOIN"] {
        let Some(at) = words.iter().position(|word| *word == key) else {
            continue;
        };
        let value = words.get(at + 1)?;
        match key {
            "COMMUTATOR" | "NEGATOR" => {
                let (other, _) = value.split_once('(')?;
                parts.push(format!("{key} = OPERATOR({other})"));
            }
            _ => parts.push(format!("{key} = {value}")),
        }
    }
    for flag in ["HASHES", "MERGES"] {
        if words.contains(&flag) {
            parts.push(flag.to_owned());
        }
    }
    Some(format!("CREATE OPERATOR {called} ({})", parts.join(", ")))
}

/// `PARSER default, asciiword WITH english_stem, …`: a word with several dictionaries comes several
/// times.
fn configuration(object: &str, definition: &str) -> Option<Vec<String>> {
    let mut parts = definition.split(", ");
    let parser = parts.next()?.strip_prefix("PARSER ")?;
    let mut all = vec![format!(
        "CREATE TEXT SEARCH CONFIGURATION {object} (PARSER = {})",
        name(parser)
    )];
    let mut mappings: Vec<(&str, Vec<&str>)> = Vec::new();
    for part in parts.filter(|part| !part.is_empty()) {
        let (word, dictionary) = part.split_once(" WITH ")?;
        match mappings.last_mut() {
            Some((last, dictionaries)) if *last == word => dictionaries.push(dictionary),
            _ => mappings.push((word, vec![dictionary])),
        }
    }
    for (word, dictionaries) in mappings {
        all.push(format!(
            "ALTER TEXT SEARCH CONFIGURATION {object} ADD MAPPING FOR {} WITH {}",
            name(word),
            dictionaries.join(", ")
        ));
    }
    Some(all)
}

/// `ON ddl_command_end WHEN TAG IN (CREATE TABLE) EXECUTE public.f() ENABLED O`
fn event_trigger(object: &str, definition: &str) -> Option<Vec<String>> {
    let (rest, enabled) = definition.rsplit_once(" ENABLED ")?;
    let (on, function) = rest.rsplit_once(" EXECUTE ")?;
    let on = match on.split_once(" WHEN TAG IN (") {
        None => on.to_owned(),
        Some((on, tags)) => {
            let tags: Vec<String> = tags.strip_suffix(')')?.split(", ").map(text).collect();
            format!("{on} WHEN TAG IN ({})", tags.join(", "))
        }
    };
    let mut all = vec![format!(
        "CREATE EVENT TRIGGER {object} {on} EXECUTE FUNCTION {function}"
    )];
    let firing = match enabled {
        "D" => "DISABLE",
        "R" => "ENABLE REPLICA",
        "A" => "ENABLE ALWAYS",
        _ => return Some(all),
    };
    all.push(format!("ALTER EVENT TRIGGER {object} {firing}"));
    Some(all)
}

fn publication(schema: &Schema, object: &str, definition: &str) -> Option<String> {
    let mut values = serde_json::Deserializer::from_str(definition).into_iter::<Value>();
    let row = values.next()?.ok()?;
    let flag = |key: &str| row.get(key).and_then(Value::as_bool).unwrap_or_default();
    let mut written = format!("CREATE PUBLICATION {object}");
    if flag("puballtables") {
        written += " FOR ALL TABLES";
    } else if let Some(Ok(Value::Array(tables))) = values.next() {
        let offset = values.byte_offset();
        // Namespaces that are published as a whole follow as text.
        if !definition.get(offset..)?.trim().is_empty() {
            return None;
        }
        let tables: Option<Vec<String>> = tables
            .iter()
            .map(|table| published(schema, table))
            .collect();
        written += &format!(" FOR TABLE {}", tables?.join(", "));
    }
    let published: Vec<&str> = ["insert", "update", "delete", "truncate"]
        .into_iter()
        .filter(|action| flag(&format!("pub{action}")))
        .collect();
    written += &format!(" WITH (publish = {}", text(&published.join(", ")));
    if flag("pubviaroot") {
        written += ", publish_via_partition_root = true";
    }
    Some(written + ")")
}

/// A table of a publication. All of its columns are those that none were chosen of.
fn published(schema: &Schema, row: &Value) -> Option<String> {
    let field = |key: &str| row.get(key).and_then(Value::as_str);
    let object = ObjectName {
        namespace: field("schemaname")?.to_owned(),
        name: field("tablename")?.to_owned(),
    };
    let mut written = super::names::qualified(&object);
    let columns: Option<Vec<String>> = row.get("attnames").and_then(Value::as_array).map(|all| {
        all.iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    });
    if let Some(columns) = columns {
        let table = schema.tables.get(&object)?;
        if columns.len() != table.columns.len() {
            written += &format!(" ({})", super::names::list(&columns));
        }
    }
    if let Some(filter) = field("rowfilter") {
        written += &format!(" WHERE ({filter})");
    }
    Some(written)
}

/// `TYPE x VERSION y FOREIGN DATA WRAPPER files {host=a}`
fn server(object: &str, definition: &str) -> Option<String> {
    let (before, wrapper) = definition.split_once("FOREIGN DATA WRAPPER ")?;
    // A type or a version may be any text, and is not quoted here.
    if !before.is_empty() {
        return None;
    }
    let (wrapper, options) = match wrapper.split_once(' ') {
        Some((wrapper, options)) => (wrapper, options),
        None => (wrapper, ""),
    };
    foreign(
        &format!(
            "CREATE SERVER {object} FOREIGN DATA WRAPPER {}",
            name(wrapper)
        ),
        options,
    )
}

/// Adds options that are kept as `{a=b,c=d}`. None where one of them was quoted.
fn foreign(create: &str, definition: &str) -> Option<String> {
    let (words, options) = match definition.split_once('{') {
        Some((words, options)) => (words.trim_end(), options.strip_suffix('}')?),
        None => (definition, ""),
    };
    let mut written = create.to_owned();
    if !words.is_empty() {
        written += &format!(" {words}");
    }
    if options.is_empty() {
        return Some(written);
    }
    if options.contains(['"', '\\']) {
        return None;
    }
    let options: Option<Vec<String>> = options
        .split(',')
        .map(|option| {
            let (key, value) = option.split_once('=')?;
            Some(format!("{} {}", name(key), text(value)))
        })
        .collect();
    Some(format!("{written} OPTIONS ({})", options?.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(kind: &str, object: &str, definition: &str) -> Option<String> {
        let wanted = Object {
            definition: definition.into(),
            comment: None,
        };
        create(&Schema::default(), kind, object, &wanted).map(|all| all.join("; "))
    }

    #[test]
    fn rarer_objects_are_made_of_their_texts() {
        for (kind, object, definition, expected) in [
            (
                "cast",
                "text AS public.mood",
                "f a public.to_mood(text)",
                "CREATE CAST (text AS public.mood) WITH FUNCTION public.to_mood(text) AS ASSIGNMENT",
            ),
            (
                "operator",
                "public.===(integer,integer)",
                "FUNCTION public.same(integer,integer) RETURNS boolean COMMUTATOR public.===(integer,integer) HASHES",
                "CREATE OPERATOR public.=== (FUNCTION = public.same, LEFTARG = integer, RIGHTARG = integer, \
                 COMMUTATOR = OPERATOR(public.===), HASHES)",
            ),
            (
                "event trigger",
                "watch",
                "ON ddl_command_end WHEN TAG IN (CREATE TABLE, DROP TABLE) EXECUTE public.f() ENABLED D",
                "CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') \
                 EXECUTE FUNCTION public.f(); ALTER EVENT TRIGGER watch DISABLE",
            ),
            (
                "text search configuration",
                "public.plain",
                "PARSER default, asciiword WITH simple, asciiword WITH english_stem, word WITH simple",
                "CREATE TEXT SEARCH CONFIGURATION public.plain (PARSER = \"default\"); \
                 ALTER TEXT SEARCH CONFIGURATION public.plain ADD MAPPING FOR asciiword WITH simple, english_stem; \
                 ALTER TEXT SEARCH CONFIGURATION public.plain ADD MAPPING FOR word WITH simple",
            ),
            (
                "server",
                "far",
                "FOREIGN DATA WRAPPER postgres_fdw {host=h,dbname=d}",
                "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h', dbname 'd')",
            ),
        ] {
            assert_eq!(made(kind, object, definition).as_deref(), Some(expected));
        }
        // Passwords are not in the model.
        assert_eq!(made("user mapping", "app SERVER far", ""), None);
        assert_eq!(
            drop("operator", "public.===(integer,integer)").as_deref(),
            Some("DROP OPERATOR public.=== (integer,integer)")
        );
        assert_eq!(drop("dependence", "x"), None);
    }
}
