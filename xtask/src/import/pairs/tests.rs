//! Tests of `pairs`.

use super::*;

fn draft(up: &str, down: Option<&str>) -> ImportedMigrations {
    let part = |text: &str| DirectionPart {
        file: "7_x.sql".into(),
        text: text.into(),
        no_transaction: false,
    };
    let draft = Draft {
        version: "7".into(),
        name: "Add-Bio".into(),
        up: part(up),
        down: down.map(part),
    };
    ImportedMigrations {
        drafts: vec![draft],
        notes: Vec::new(),
    }
}

fn made(up: &str, down: Option<&str>) -> (MigrationFiles, Vec<String>) {
    let (mut pairs, notes) = pairs(&draft(up, down), "sqlx");
    (
        pairs.remove(0),
        notes.into_iter().map(|note| note.text).collect(),
    )
}

#[test]
fn a_pair_passes_the_preflight_as_far_as_it_can() {
    let (pair, notes) = made("select 1;", Some("select 2;"));
    assert_eq!(
        (pair.stem.as_str(), pair.reversible, notes.len()),
        ("V7__add_bio", true, 0)
    );
    assert_eq!(pair.problems, []);
}

#[test]
fn a_missing_way_back_says_so() {
    let (pair, _) = made("select 1;", None);
    assert_eq!(
        pair.down,
        "-- irreversible: imported from sqlx without a down migration\n"
    );
    let (pair, _) = made(
        "select 1;",
        Some("-- Could not auto-generate a down migration.\n-- drop x"),
    );
    assert!(
        !pair.reversible
            && pair
                .down
                .ends_with("\n\n-- Could not auto-generate a down migration.\n-- drop x\n")
    );
    assert_eq!(pair.problems, []);
}

#[test]
fn a_migration_that_does_nothing_is_undone_by_doing_nothing() {
    for (up, down) in [
        ("", Some("")),
        ("-- not here\n", Some("-- nor here")),
        ("", None),
    ] {
        let (pair, notes) = made(up, down);
        assert!(
            pair.reversible && !pair.down.contains("irreversible"),
            "{}",
            pair.down
        );
        assert_eq!(
            (pair.problems, notes),
            (
                vec![],
                vec!["holds no statement: it does nothing".to_owned()]
            )
        );
    }
    let (pair, _) = made("select 1;", Some(""));
    assert_eq!(
        pair.down,
        "-- irreversible: imported from sqlx with an empty down migration\n"
    );
}

#[test]
fn the_transaction_around_a_text_is_taken_off() {
    let (pair, notes) = made(
        "-- about\nBEGIN;\n\nselect 1;\nCOMMIT;\n",
        Some("begin; select 2; end"),
    );
    assert_eq!(
        (pair.up.as_str(), pair.down.as_str()),
        ("-- about\nselect 1;\n", "select 2;\n")
    );
    assert_eq!((notes.len(), pair.problems), (2, vec![]));
    let (pair, _) = made("begin; select 1; commit; begin; select 2; commit;", None);
    assert_eq!(pair.problems.len(), 4);
}

#[test]
fn a_transaction_among_other_statements_becomes_part_of_the_one() {
    let (pair, notes) = made(
        "select 1;\n-- AlterEnum\nBEGIN;\nselect 2;\nCOMMIT;\nselect 3;\n",
        None,
    );
    assert_eq!(
        pair.up,
        "select 1;\n-- AlterEnum\n\nselect 2;\n\nselect 3;\n"
    );
    assert_eq!((notes.len(), pair.problems), (1, vec![]), "{notes:?}");
}

#[test]
fn who_leaves_the_transaction_of_the_other_tool_has_none_here() {
    let (pair, notes) = made(
        "select 1;\ncommit;\ncreate index concurrently i on t (a);\n",
        None,
    );
    assert_eq!(
        pair.up,
        "-- no-transaction\nselect 1;\n\ncreate index concurrently i on t (a);\n"
    );
    assert_eq!((notes.len(), pair.problems), (1, vec![]), "{notes:?}");
}

#[test]
fn statements_that_refuse_transactions_are_marked() {
    let (pair, notes) = made("create index concurrently i on t (a);", None);
    assert!(pair.up.starts_with("-- no-transaction\n") && pair.problems.is_empty());
    assert_eq!(
        notes,
        ["holds a statement that refuses transactions, and was marked `-- no-transaction`"]
    );
}

#[test]
fn placeholders_stay_and_are_listed() {
    let (pair, _) = made("create table ${schema}.t ();", None);
    assert!(
        pair.up.contains("${schema}") && pair.problems[0].message == "`${schema}` is a placeholder"
    );
}
