//! Partitions that operations add: a job makes one for each month. The migrations decide that a
//! table has partitions, but not how many.

use crate::schema::diff::{Change, ChangeKind, SchemaDiff};
use crate::schema::model::{ObjectName, Schema};

/// Leaves out of `difference` the partitions that only `actual` has, of tables that `expected` has
/// partitioned.
pub(super) fn leave_out(difference: &mut SchemaDiff, expected: &Schema, actual: &Schema) {
    difference
        .changes
        .retain(|change| !is_of_new_partition(change, expected, actual));
}

fn is_of_new_partition(change: &Change, expected: &Schema, actual: &Schema) -> bool {
    if change.kind != "table" || !matches!(change.what, ChangeKind::Added(_)) {
        return false;
    }
    let name = ObjectName::from_key(&change.object);
    !expected.tables.contains_key(&name) && has_partitioned_ancestor(&name, expected, actual)
}

/// Whether the table is a partition of a table of the migrations, or of another such partition.
fn has_partitioned_ancestor(name: &ObjectName, expected: &Schema, actual: &Schema) -> bool {
    let mut parent = actual
        .tables
        .get(name)
        .and_then(|table| table.partition.as_ref());
    while let Some(partition) = parent {
        if expected
            .tables
            .get(&partition.of)
            .is_some_and(|table| table.partition_by.is_some())
        {
            return true;
        }
        parent = actual
            .tables
            .get(&partition.of)
            .and_then(|table| table.partition.as_ref());
    }
    false
}
