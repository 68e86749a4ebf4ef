//! The tables and columns that TypeORM itself makes of entities are those that db-inspect reads.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::oracle::{self, Oracle};

#[test]
fn typeorm_makes_what_db_inspect_reads() {
    compare("default", 140);
}

#[test]
fn typeorm_makes_what_db_inspect_reads_with_names_in_snake_case() {
    compare("snake", 140);
}

/// Columns by table and name, in words.
type Columns = BTreeMap<String, String>;

/// Compares the metadata of the fixtures with a naming strategy.
fn compare(naming: &str, at_least: usize) {
    let Some(oracle) = Oracle::find() else {
        return;
    };
    let fixtures = oracle::decorated("typeorm");
    let config = oracle.folder().join(format!("typeorm-{naming}.toml"));
    let keys = format!("typeorm = ['**/*.ts']\ntypeorm-naming = '{naming}'\n");
    std::fs::write(&config, keys).expect("a file");
    let read = read_columns(&oracle::inspect_with(&fixtures, &config));
    let files = oracle::typescript_files(&fixtures);
    let made = oracle.run(
        "typeorm.mjs",
        [fixtures.to_str().expect("UTF-8"), naming]
            .into_iter()
            .chain(files.iter().map(String::as_str)),
    );
    let made = made_columns(&made);
    assert!(made.len() >= at_least, "only {} columns", made.len());
    let mut differences = Vec::new();
    for (name, column) in &made {
        let said = read.get(name).map_or("nothing", String::as_str);
        if said != column {
            differences.push(format!(
                "{name}: TypeORM makes {column}, db-inspect says {said}"
            ));
        }
    }
    let unknown = read.keys().filter(|name| !made.contains_key(*name));
    differences.extend(unknown.map(|name| format!("{name} is made by nobody")));
    assert!(
        differences.is_empty(),
        "{} of {} columns differ:\n{}",
        differences.len(),
        made.len(),
        differences.join("\n")
    );
}

fn read_columns(inspected: &Value) -> Columns {
    let mut columns = Columns::new();
    for table in list(&inspected["typeorm"]) {
        for field in list(&table["fields"]) {
            let name = format!("{}.{}", text(&table["statedTable"]), text(&field["column"]));
            let stated = field["sqlNullable"].as_bool();
            let nullable = stated.unwrap_or(field["nullable"] == true);
            let default = field["sqlDefault"] == true;
            columns.insert(name, described(text(&field["sqlType"]), nullable, default));
        }
    }
    columns
}

fn made_columns(made: &Value) -> Columns {
    let mut columns = Columns::new();
    for table in list(&made["tables"]) {
        for column in list(&table["columns"]) {
            let name = format!("{}.{}", text(&table["table"]), text(&column["name"]));
            // A view says nothing of its columns.
            let line = if table["view"] == true {
                described("unknown", false, false)
            } else {
                let (nullable, default) = (column["nullable"] == true, column["default"] == true);
                described(text(&column["type"]), nullable, default)
            };
            columns.insert(name, line);
        }
    }
    columns
}

fn described(ty: &str, nullable: bool, default: bool) -> String {
    let null = if nullable { " null" } else { " not null" };
    let default = if default { " default" } else { "" };
    format!("{ty}{null}{default}")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
