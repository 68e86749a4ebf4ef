//! Tests of `state`.

use super::*;

fn migration(version: i64, name: &str, sql: &str) -> Migration {
    Migration::sample(version, name, sql, "select 1;")
}

fn row(version: i64, name: &str, sql: &str) -> AppliedRow {
    let checksum = checksum(version, name, sql).expect("a valid name");
    AppliedRow {
        version,
        name: name.into(),
        applied_on: "2024-01-15T10:30:00Z".into(),
        checksum,
    }
}

fn problems(rows: Vec<AppliedRow>, files: &[Migration]) -> Vec<HistoryProblem> {
    State::new(rows, files).problems
}

#[test]
fn what_is_recorded_is_applied_and_the_rest_is_pending() {
    let files = [
        migration(1, "a", "x"),
        migration(2, "b", "y"),
        migration(10, "c", "z"),
    ];
    let state = State::new(vec![row(1, "a", "x")], &files);
    assert_eq!(state.problems, []);
    assert_eq!(
        state
            .pending
            .iter()
            .map(|file| file.version)
            .collect::<Vec<_>>(),
        [2, 10]
    );
    assert_eq!(state.applied.len(), 1);
}

#[test]
fn an_edited_a_renamed_and_a_replaced_file_are_told_apart() {
    let name = || "V1__a".to_owned();
    let file = || "migrations/V1__a.sql".to_owned();
    assert_eq!(
        problems(vec![row(1, "a", "old")], &[migration(1, "a", "new")]),
        [HistoryProblem::Edited {
            name: name(),
            file: file()
        }]
    );
    let other = || "migrations/V1__b.sql".to_owned();
    assert_eq!(
        problems(vec![row(1, "a", "x")], &[migration(1, "b", "x")]),
        [HistoryProblem::Renamed {
            name: name(),
            file: other(),
            edited: false,
            moved: None
        }]
    );
    assert_eq!(
        problems(vec![row(1, "a", "x")], &[migration(1, "b", "y")]),
        [HistoryProblem::Renamed {
            name: name(),
            file: other(),
            edited: true,
            moved: None
        }]
    );
}

#[test]
fn a_deleted_and_a_renumbered_file_are_told_apart() {
    assert_eq!(
        problems(vec![row(1, "a", "x")], &[migration(2, "b", "y")]),
        [HistoryProblem::Missing {
            name: "V1__a".into(),
            renumbered: None,
            later: 0
        }]
    );
    assert_eq!(
        problems(vec![row(1, "a", "x")], &[migration(2, "a", "x")]),
        [HistoryProblem::Missing {
            name: "V1__a".into(),
            renumbered: Some("migrations/V2__a.sql".into()),
            later: 0
        }]
    );
}

#[test]
fn a_rollback_that_undoes_others_too_says_how_many() {
    let rows = |count: i64| {
        (50..50 + count)
            .map(|version| row(version, "a", "x"))
            .collect()
    };
    let help = |count| {
        problems(rows(count), &[])
            .first()
            .map(HistoryProblem::help)
            .unwrap_or_default()
    };
    assert_eq!(
        help(1),
        "restore the file, or undo the migration with `cargo xtask db-rollback V50__a`"
    );
    assert!(
        help(2).ends_with("would undo it and the one that came after it"),
        "{}",
        help(2)
    );
    assert!(
        help(75).ends_with(
            "`cargo xtask db-rollback V50__a` would undo it and all 74 that came after it"
        )
    );
}

#[test]
fn no_file_is_told_to_take_a_version_that_is_taken() {
    // Somebody else's migration took the version, and the file was moved out of its way.
    let files = [migration(1, "b", "y"), migration(2, "a", "x")];
    let moved = problems(vec![row(1, "a", "x")], &files);
    let help: Vec<String> = moved.iter().map(HistoryProblem::help).collect();
    let back = "give `migrations/V1__b.sql` a version of its own, and `migrations/V2__a.sql` its old name `V1__a.sql` back";
    assert_eq!(help, [back]);
    // Renamed to a version before the last one: it gets its name back, and no other.
    let files = [migration(1, "a", "x"), migration(2, "c", "z")];
    let rows = vec![row(1, "a", "x"), row(3, "c", "z")];
    let help: Vec<String> = problems(rows, &files)
        .iter()
        .map(HistoryProblem::help)
        .collect();
    assert_eq!(help, ["give the file its old name back"]);
    // Two that are late beside one that is pending.
    let files = [1, 2, 3, 5].map(|version| migration(version, "m", &version.to_string()));
    let help: Vec<String> = problems(vec![row(3, "m", "3")], &files)
        .iter()
        .map(HistoryProblem::help)
        .collect();
    assert!(
        help[0].ends_with("the version 6, which is free")
            && help[1].ends_with("the version 7, which is free")
    );
}

#[test]
fn a_file_below_the_last_applied_one_is_out_of_order() {
    let files = [
        migration(1, "a", "x"),
        migration(2, "b", "y"),
        migration(3, "c", "z"),
    ];
    let state = State::new(vec![row(1, "a", "x"), row(3, "c", "z")], &files);
    let expected = HistoryProblem::OutOfOrder {
        name: "V2__b".into(),
        file: "migrations/V2__b.sql".into(),
        last: "V3__c".into(),
        free: 4,
    };
    assert_eq!(state.problems, [expected]);
    assert!(state.pending.is_empty());
}
