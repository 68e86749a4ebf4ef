//! Tests of `allowances`.

use super::*;

fn column(name: &str, type_name: &str) -> Column {
    Column {
        name: name.into(),
        type_name: type_name.into(),
        ..Column::default()
    }
}

fn schema(table: Table) -> Schema {
    Schema {
        tables: [(ObjectName::public("t"), table)].into(),
        ..Schema::default()
    }
}

fn of(columns: Vec<Column>) -> Schema {
    schema(Table {
        columns,
        ..Table::default()
    })
}

fn first_values(before: &Schema, after: &Schema) -> Vec<String> {
    let found = allowances(before, after);
    found
        .iter()
        .map(|one| {
            one.values
                .first()
                .map(|row| row[0].1.clone())
                .unwrap_or_default()
        })
        .collect()
}

#[test]
fn null_lengths_and_ranges_that_are_new_are_used() {
    let before = of(vec![
        Column {
            not_null: true,
            ..column("a", "text")
        },
        column("b", "character varying(3)"),
        column("c", "integer"),
    ]);
    let after = of(vec![
        column("a", "text"),
        column("b", "text"),
        column("c", "bigint"),
    ]);
    assert_eq!(
        first_values(&before, &after),
        ["NULL", "repeat('x', 4)", "2147483648::bigint"]
    );
    assert_eq!(
        first_values(&after, &before),
        [""; 0],
        "stricter rules allow nothing"
    );
    assert_eq!(first_values(&before, &before), [""; 0]);
}

#[test]
fn only_keys_without_a_narrower_one_let_in_duplicates() {
    let unique = |columns: &[&str]| Constraint {
        kind: ConstraintKind::Unique,
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        definition: format!("UNIQUE ({})", columns.join(", ")),
        validated: true,
        disabled: false,
        inherited: false,
        clustered: false,
        index_valid: true,
        storage: Default::default(),
        comment: None,
    };
    let with = |keys: &[&[&str]]| {
        let constraints = keys
            .iter()
            .map(|key| (key.join("_"), unique(key)))
            .collect();
        schema(Table {
            columns: vec![column("a", "text"), column("b", "text")],
            constraints,
            ..Table::default()
        })
    };
    let words = |before: &Schema, after: &Schema| {
        allowances(before, after)
            .into_iter()
            .filter_map(|one| one.words)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words(&with(&[&["a"]]), &with(&[&["a", "b"]])),
        ["two rows have the same `t.a`"]
    );
    assert_eq!(words(&with(&[&["a", "b"]]), &with(&[&["a"]])), [""; 0]);
}

#[test]
fn the_rule_of_a_check_is_read_from_its_definition() {
    assert_eq!(expression("CHECK ((a > 0)) NOT VALID"), Some("((a > 0))"));
}
