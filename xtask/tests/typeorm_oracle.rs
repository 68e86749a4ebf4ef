//! The tables and columns that TypeORM itself makes of entities are those that db-inspect reads.

use std::collections::{BTreeMap, BTreeSet};

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
    let inspected = oracle::inspect_with(&fixtures, &config);
    let read = read_columns(&inspected);
    let files = oracle::typescript_files(&fixtures);
    let made = oracle.run(
        "typeorm.mjs",
        [fixtures.to_str().expect("UTF-8"), naming]
            .into_iter()
            .chain(files.iter().map(String::as_str)),
    );
    compare_keys(&read_keys(&inspected), &made_keys(&made));
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
    let same = made.len() - differences.len();
    oracle::print_agreement(&format!("typeorm, {naming}, columns"), same, made.len());
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

/// Keys, each in a line with its table.
type Keys = BTreeSet<String>;

fn compare_keys(read: &Keys, made: &Keys) {
    assert!(made.len() >= 55, "only {} keys", made.len());
    let same = made.intersection(read).count();
    oracle::print_agreement("typeorm, keys", same, made.len());
    let missing: Vec<&String> = made.difference(read).collect();
    let added: Vec<&String> = read.difference(made).collect();
    assert!(
        missing.is_empty() && added.is_empty(),
        "of {} keys\nTypeORM alone makes {missing:#?}\ndb-inspect alone says {added:#?}",
        made.len()
    );
}

fn read_keys(inspected: &Value) -> Keys {
    let mut found = Keys::new();
    for table in list(&inspected["typeorm"]) {
        add_keys(text(&table["statedTable"]), &table["keys"], &mut found);
    }
    found
}

fn made_keys(made: &Value) -> Keys {
    let mut found = Keys::new();
    let tables = list(&made["tables"]).iter();
    for table in tables.filter(|table| table["view"] != true) {
        add_keys(text(&table["table"]), &table["keys"], &mut found);
    }
    found
}

/// Adds the keys of a table. Of a table that joins two, db-inspect states only where its foreign
/// keys lead, and of a closure table nothing.
fn add_keys(table: &str, keys: &Value, found: &mut Keys) {
    if table.ends_with("_closure") {
        return;
    }
    let names = |value: &Value| {
        let mut names: Vec<&str> = list(value).iter().map(text).collect();
        names.sort_unstable();
        names.join(",")
    };
    let is_join = keys["junction"] == true || keys["primary"].is_null();
    if !is_join {
        found.insert(format!("{table} primary {}", names(&keys["primary"])));
        for unique in list(&keys["uniques"]) {
            found.insert(format!("{table} unique {}", names(unique)));
        }
    }
    for key in list(&keys["foreign"]) {
        if key["constrained"] == false {
            continue;
        }
        let place = format!(
            "{table} foreign {} to {} {}",
            names(&key["columns"]),
            text(&key["table"]),
            names(&key["referenced"])
        );
        // What nobody states is TypeORM's default.
        let action = |name: &str| key[name].as_str().unwrap_or("NO ACTION").to_owned();
        let actions = format!("{}, {}", action("onDelete"), action("onUpdate"));
        found.insert(match is_join {
            true => place,
            false => format!("{place}: {actions}"),
        });
    }
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
