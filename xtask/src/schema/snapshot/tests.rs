//! A snapshot is read back as it was written, says when it is stale, and names what is wrong with a
//! damaged one.

use super::*;
use crate::migrations::Migration;
use crate::schema::model::{
    Column, Constraint, ConstraintKind, Enum, ObjectName, Routine, RoutineKind, Table,
};

fn schema() -> Schema {
    let mut schema = Schema::default();
    let column = |name: &str, type_name: &str| Column {
        name: name.into(),
        type_name: type_name.into(),
        ..Column::default()
    };
    let mut users = Table {
        columns: vec![
            Column {
                not_null: true,
                ..column("id", "uuid")
            },
            column("role", "public.user_role"),
        ],
        ..Table::default()
    };
    let key = Constraint {
        kind: ConstraintKind::PrimaryKey,
        columns: vec!["id".into()],
        definition: "PRIMARY KEY (id)".into(),
        ..Constraint::default()
    };
    users.constraints.insert("users_pkey".into(), key);
    schema.tables.insert(ObjectName::public("users"), users);
    let labels = vec!["admin".into(), "citizen".into()];
    schema.enums.insert(
        ObjectName::public("user_role"),
        Enum {
            labels,
            ..Enum::default()
        },
    );
    let definition = "CREATE FUNCTION public.f()\n RETURNS integer\nAS $$SELECT 1$$".into();
    let routine = Routine {
        kind: RoutineKind::Function,
        comment: None,
        definition,
    };
    schema.routines.insert(ObjectName::public("f()"), routine);
    schema
}

fn snapshot() -> Snapshot {
    let migrations = vec![("V1__a".into(), u64::MAX), ("V2__b".into(), 7)];
    Snapshot {
        postgres: 15,
        migrations,
        fingerprints: vec![("V2__b".into(), "1-21-2-00ff".into())],
        schema: schema(),
    }
}

fn migration(version: i64, name: &str, checksum: u64) -> Migration {
    let file = format!("migrations/V{version}__{name}.sql");
    let down = crate::migrations::Down::Irreversible {
        file: file.clone(),
        reason: "a test".into(),
    };
    Migration {
        version,
        name: name.into(),
        file,
        sql: String::new(),
        down,
        foreign: None,
        no_transaction: false,
        checksum,
    }
}

#[test]
fn one_line_per_column_constraint_and_enum() {
    insta::assert_snapshot!(snapshot().to_text(), @r#"
    {
      "format": 1,
      "postgres": 15,
      "migrations": {
        "V1__a": "18446744073709551615",
        "V2__b": "7"
      },
      "fingerprints": {
        "V2__b": "1-21-2-00ff"
      },
      "enums": {
        "user_role": { "labels": ["admin", "citizen"] }
      },
      "tables": {
        "users": {
          "columns": [
            { "name": "id", "type": "uuid", "not_null": true },
            { "name": "role", "type": "public.user_role" }
          ],
          "constraints": {
            "users_pkey": { "kind": "primary-key", "columns": ["id"], "definition": "PRIMARY KEY (id)" }
          }
        }
      },
      "routines": {
        "f()": {
          "kind": "function",
          "definition": [
            "CREATE FUNCTION public.f()",
            " RETURNS integer",
            "AS $$SELECT 1$$"
          ]
        }
      }
    }
    "#);
}

#[test]
fn a_snapshot_is_read_back_as_it_was_written() {
    let read = Snapshot::parse(&snapshot().to_text(), "schema.json").expect("just written");
    assert_eq!(read, snapshot());
    assert_eq!(read.to_text(), snapshot().to_text());
}

#[test]
fn staleness_names_what_changed() {
    let fresh = [migration(1, "a", u64::MAX), migration(2, "b", 7)];
    assert!(snapshot().is_fresh(&fresh));
    assert_eq!(snapshot().staleness(&fresh), [""; 0]);
    let stale = [migration(1, "a", 1), migration(3, "c", 7)];
    assert_eq!(
        snapshot().staleness(&stale),
        ["`V1__a` changed", "`V3__c` is new", "`V2__b` is gone"]
    );
}

#[test]
fn damage_is_named_with_its_line_and_the_way_out() {
    let text = snapshot().to_text();
    let error = |text: &str| {
        format!(
            "{:#}",
            Snapshot::parse(text, "snapshots/schema.json").expect_err("damaged")
        )
    };
    let cut = error(&text[..text.len() / 2]);
    assert!(
        cut.starts_with("cannot read `snapshots/schema.json`: line "),
        "{cut}"
    );
    assert!(
        cut.ends_with("run `cargo xtask db-snapshot` to write it anew"),
        "{cut}"
    );
    let conflict = error(&text.replace("  \"tables\"", "<<<<<<< HEAD\n  \"tables\""));
    assert!(conflict.contains("is a merge conflict"), "{conflict}");
    let format = error(&text.replace("\"format\": 1", "\"format\": 99"));
    assert!(format.contains("it has format 99"), "{format}");
    let unknown = error(&text.replace("\"labels\"", "\"lables\""));
    assert!(unknown.contains("`lables`"), "{unknown}");
    let checksum = error(&text.replace("\"7\"", "\"seven\""));
    assert!(
        checksum.contains("the checksum of `V2__b` is no number"),
        "{checksum}"
    );
}

#[test]
fn a_missing_file_is_no_error_and_writing_is_complete() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let tree = crate::tree::WorkingTree::new(folder.path());
    assert_eq!(
        read(&tree, "snapshots/schema.json").expect("no error"),
        None
    );
    write(&folder.path().join("snapshots/schema.json"), &snapshot()).expect("written");
    assert_eq!(
        read(&tree, "snapshots/schema.json").expect("readable"),
        Some(snapshot())
    );
    assert_eq!(
        std::fs::read_dir(folder.path().join("snapshots"))
            .expect("listed")
            .count(),
        1
    );
}

#[test]
fn the_digest_depends_on_the_schema_alone() {
    assert_eq!(digest(&schema()), digest(&schema()));
    let mut other = schema();
    other.enums.clear();
    assert_ne!(digest(&schema()), digest(&other));
}

#[test]
fn a_snapshot_with_entries_of_a_servers_own_goes_on_working() {
    let with = |options: &[&str]| {
        let mut snapshot = snapshot();
        let table = snapshot
            .schema
            .tables
            .get_mut(&ObjectName::public("users"))
            .expect("a table");
        table.columns[0].options = options.iter().map(|option| (*option).to_owned()).collect();
        snapshot
    };
    let written = with(&["pg_attver=22543944", "n_distinct=5"]).to_text();
    let read = Snapshot::parse(&written, "schema.json").expect("a snapshot");
    assert_eq!(
        read,
        Snapshot {
            fingerprints: Vec::new(),
            ..with(&["n_distinct=5"])
        }
    );
    assert_eq!(
        without_server_entries(written, "schema.json"),
        read.to_text()
    );
    let clean = with(&["n_distinct=5"]).to_text();
    assert_eq!(
        without_server_entries(clean.clone(), "schema.json"),
        clean,
        "nothing else is touched"
    );
}
