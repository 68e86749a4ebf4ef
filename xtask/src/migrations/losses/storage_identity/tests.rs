//! Tests of `storage_identity`.

use super::*;

const TEXT: u32 = 25;
const INTEGER: u32 = 23;

fn table(name: &str, file: u32, columns: &[(i16, &str, u32)]) -> Stored {
    let column = |(number, name, kind): &(i16, &str, u32)| {
        (
            *number,
            StoredColumn {
                name: (*name).into(),
                kind: (*kind, -1),
                inherited: false,
            },
        )
    };
    Stored {
        name: ObjectName::public(name),
        file,
        partitioned: false,
        parent: None,
        is_partition: false,
        columns: columns.iter().map(column).collect(),
        key: Vec::new(),
    }
}

fn storage_identity(tables: Vec<(u32, Stored)>) -> StorageIdentity {
    StorageIdentity {
        tables: tables.into_iter().collect(),
        ..StorageIdentity::default()
    }
}

fn part_of(parent: u32, mut table: Stored) -> Stored {
    (table.parent, table.is_partition) = (Some(parent), true);
    table
        .columns
        .values_mut()
        .for_each(|column| column.inherited = true);
    table
}

fn whole(name: &str) -> Stored {
    let mut table = table(name, 0, &[(1, "x", TEXT)]);
    table.partitioned = true;
    table
}

#[test]
fn a_table_or_column_made_again_under_its_name_is_still_a_loss() {
    let before = storage_identity(vec![
        (1, table("a", 1, &[(1, "x", TEXT)])),
        (2, table("b", 2, &[(1, "y", TEXT)])),
    ]);
    let after = storage_identity(vec![
        (1, table("a", 1, &[(2, "x", TEXT)])),
        (9, table("b", 9, &[(1, "y", TEXT)])),
    ]);
    let expected = [
        StorageChange::DroppedTable(ObjectName::public("b")),
        StorageChange::DroppedColumn(ObjectName::public("a"), "x".into()),
    ];
    assert_eq!(before.changes(&after), expected);
}

#[test]
fn a_renamed_table_and_column_lose_nothing() {
    let before = storage_identity(vec![(1, table("a", 1, &[(1, "x", TEXT)]))]);
    let after = storage_identity(vec![(1, table("b", 1, &[(1, "y", TEXT)]))]);
    assert_eq!(before.changes(&after), []);
}

#[test]
fn rows_that_are_written_anew_or_read_otherwise_are_touched() {
    let before = storage_identity(vec![(1, table("a", 1, &[(1, "x", TEXT)]))]);
    let touched = [StorageChange::TouchedTable(ObjectName::public("a"))];
    assert_eq!(
        before.changes(&storage_identity(vec![(
            1,
            table("a", 2, &[(1, "x", TEXT)])
        )])),
        touched
    );
    assert_eq!(
        before.changes(&storage_identity(vec![(
            1,
            table("a", 1, &[(1, "x", INTEGER)])
        )])),
        touched
    );
}

#[test]
fn partitions_go_and_change_with_their_table() {
    let whole = |columns: &[(i16, &str, u32)]| Stored {
        partitioned: true,
        ..table("whole", 0, columns)
    };
    let columns: &[_] = &[(1, "x", TEXT), (2, "y", TEXT)];
    let before = storage_identity(vec![
        (1, whole(columns)),
        (2, part_of(1, table("part", 2, columns))),
    ]);
    assert_eq!(
        before.changes(&storage_identity(vec![])),
        [StorageChange::DroppedTable(ObjectName::public("whole"))]
    );
    let truncated = storage_identity(vec![
        (1, whole(columns)),
        (2, part_of(1, table("part", 3, columns))),
    ]);
    assert_eq!(
        before.changes(&truncated),
        [StorageChange::TouchedTable(ObjectName::public("whole"))]
    );
    let narrower = storage_identity(vec![
        (1, whole(&columns[..1])),
        (2, part_of(1, table("part", 2, &columns[..1]))),
    ]);
    assert_eq!(
        before.changes(&narrower),
        [StorageChange::DroppedColumn(
            ObjectName::public("whole"),
            "y".into()
        )]
    );
    // A partition that is detached first loses a column of its own.
    let detached = storage_identity(vec![
        (1, whole(columns)),
        (2, table("part", 2, &columns[..1])),
    ]);
    assert_eq!(
        before.changes(&detached),
        [StorageChange::DroppedColumn(
            ObjectName::public("part"),
            "y".into()
        )]
    );
}

#[test]
fn a_table_that_citus_makes_again_is_compared_with_the_earlier_one() {
    let mut before = storage_identity(vec![
        (1, table("a", 1, &[(2, "x", TEXT), (3, "y", TEXT)])),
        (2, table("gone", 2, &[(1, "x", TEXT)])),
        (3, whole("p")),
        (4, part_of(3, table("part", 4, &[(1, "x", TEXT)]))),
    ]);
    before.has_citus = true;
    let mut after = storage_identity(vec![
        (8, part_of(9, table("part", 8, &[(1, "x", TEXT)]))),
        (9, whole("p")),
        (10, table("a", 10, &[(1, "x", TEXT), (2, "z", TEXT)])),
    ]);
    (after.has_citus, after.distributed) = (true, BTreeSet::from([10]));
    let a = ObjectName::public("a");
    let expected = [
        StorageChange::DroppedTable(ObjectName::public("gone")),
        StorageChange::DroppedColumn(a.clone(), "y".into()),
        StorageChange::TouchedTable(a),
        StorageChange::TouchedTable(ObjectName::public("p")),
    ];
    assert_eq!(before.changes(&after), expected);
    let after = after.continuing(&before);
    assert_eq!(after.distributed, BTreeSet::from([1]));
    let numbers: Vec<_> = after.tables[&1].columns.keys().collect();
    assert_eq!(numbers, [&2, &4], "`z` is no earlier column");
}
