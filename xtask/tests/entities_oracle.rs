//! The tables, columns and keys that MikroORM and Sequelize themselves make of classes are those that
//! db-inspect reads.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::oracle::{self, Oracle};

#[test]
fn mikro_orm_makes_what_db_inspect_reads() {
    compare("mikroorm", "underscore", 70);
}

#[test]
fn mikro_orm_makes_what_db_inspect_reads_with_names_kept() {
    compare("mikroorm", "entity-case", 70);
}

#[test]
fn sequelize_makes_what_db_inspect_reads() {
    compare("sequelize", "default", 40);
}

#[test]
fn sequelize_makes_what_db_inspect_reads_with_names_in_snake_case() {
    compare("sequelize", "underscored", 40);
}

/// Columns and keys by their tables and names, in words.
type Lines = BTreeMap<String, String>;

/// Compares the fixtures of a library, read and made with a naming strategy.
fn compare(library: &str, naming: &str, at_least: usize) {
    let Some(oracle) = Oracle::find() else {
        return;
    };
    let fixtures = oracle::decorated(library);
    let config = oracle.folder().join(format!("{library}-{naming}.toml"));
    let keys = format!("{library} = ['**/*.ts']\n{library}-naming = '{naming}'\n");
    std::fs::write(&config, keys).expect("a file");
    let inspected = oracle::inspect_with(&fixtures, &config);
    let files = oracle::typescript_files(&fixtures);
    let made = oracle.run(
        &format!("{library}.mjs"),
        [fixtures.to_str().expect("UTF-8"), naming]
            .into_iter()
            .chain(files.iter().map(String::as_str)),
    );
    let (read, made) = (read_lines(&inspected[library]), made_lines(&made));
    assert!(made.len() >= at_least, "only {} columns", made.len());
    let mut differences = Vec::new();
    // Columns and keys, with those that agree.
    let mut counts = [("columns", 0, 0), ("keys", 0, 0)];
    for (name, line) in &made {
        let said = read.get(name).map_or("nothing", String::as_str);
        let is_same = is_same(said, line);
        let (_, same, all) = &mut counts[usize::from(name.contains(' '))];
        *same += usize::from(is_same);
        *all += 1;
        if !is_same {
            differences.push(format!(
                "{name}: the library makes {line}, db-inspect says {said}"
            ));
        }
    }
    for (what, same, all) in counts.into_iter().filter(|(.., all)| *all > 0) {
        oracle::print_agreement(&format!("{library}, {naming}, {what}"), same, all);
    }
    let unknown = read.keys().filter(|name| !made.contains_key(*name));
    differences.extend(unknown.map(|name| format!("{name} is made by nobody")));
    assert!(
        differences.is_empty(),
        "{} of {} lines differ:\n{}",
        differences.len(),
        made.len(),
        differences.join("\n")
    );
}

/// What db-inspect leaves open (`?`) may be anything.
fn is_same(said: &str, made: &str) -> bool {
    let words = said.split(' ').zip(made.split(' '));
    let mut same = words.map(|(one, other)| one == other || one == "?" || other == "?");
    said.split(' ').count() == made.split(' ').count() && same.all(|same| same)
}

fn read_lines(tables: &Value) -> Lines {
    let mut lines = Lines::new();
    for table in list(tables) {
        let name = text(&table["statedTable"]);
        for field in list(&table["fields"]) {
            let nullable = field["sqlNullable"].as_bool();
            let ty = text(&field["sqlType"]);
            let line = line(ty, nullable, field["sqlDefault"] == true);
            lines.insert(format!("{name}.{}", text(&field["column"])), line);
        }
        add_keys(name, &table["keys"], &mut lines);
    }
    lines
}

fn made_lines(made: &Value) -> Lines {
    let mut lines = Lines::new();
    for table in list(&made["tables"]) {
        let name = text(&table["table"]);
        for column in list(&table["columns"]) {
            let nullable = column["nullable"].as_bool();
            let line = line(text(&column["type"]), nullable, column["default"] == true);
            lines.insert(format!("{name}.{}", text(&column["name"])), line);
        }
        add_keys(name, &table["keys"], &mut lines);
    }
    lines
}

fn add_keys(table: &str, keys: &Value, lines: &mut Lines) {
    let names = |value: &Value| {
        let names: Vec<&str> = list(value).iter().map(text).collect();
        names.join(",")
    };
    for unique in list(&keys["uniques"]) {
        lines.insert(format!("{table} unique {}", names(unique)), String::new());
    }
    for key in list(&keys["foreign"]) {
        let leads = format!("to {} {}", text(&key["table"]), names(&key["referenced"]));
        lines.insert(format!("{table} foreign {}", names(&key["columns"])), leads);
    }
}

fn line(ty: &str, nullable: Option<bool>, default: bool) -> String {
    let null = match nullable {
        Some(true) => "null",
        Some(false) => "stated",
        None => "?",
    };
    let default = if default { "default" } else { "plain" };
    format!("{} {null} {default}", canonical(ty))
}

/// A type in the short words of SQL, without spaces.
fn canonical(ty: &str) -> String {
    if ty == "unknown" {
        return "?".to_owned();
    }
    let long = [
        ("character varying", "varchar"),
        ("character", "char"),
        ("bigserial", "bigint"),
        ("serial", "integer"),
        ("integer", "int"),
        (" without time zone", ""),
    ];
    let mut ty = ty.to_lowercase().replacen("decimal", "numeric", 1);
    if ty == "float" {
        return "doubleprecision".to_owned();
    }
    if let Some(before) = ty.strip_suffix(" with time zone") {
        ty = before.replacen("timestamp", "timestamptz", 1);
    }
    for (from, to) in long {
        ty = ty.replacen(from, to, 1);
    }
    ty.replace("timestamp with time zone", "timestamptz")
        .replace(' ', "")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
