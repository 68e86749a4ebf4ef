//! The namespace `public`, which no migration makes: every new database has it. People who keep
//! everything in other namespaces may drop it.

use crate::schema::diff::{ChangeKind, SchemaDiff};
use crate::schema::model::Schema;

const PUBLIC: &str = "public";

/// Leaves out a missing `public`, where the migrations put nothing there.
pub(super) fn leave_out(difference: &mut SchemaDiff, expected: &Schema) {
    if !expected.holds(PUBLIC) {
        difference.changes.retain(|change| {
            let is_public =
                change.kind == "namespace" && change.object == PUBLIC && change.part.is_none();
            !(is_public && matches!(change.what, ChangeKind::Removed(_)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::diff::diff;
    use crate::schema::model::{Namespace, ObjectName, Table};

    #[test]
    fn public_may_be_missing_where_nothing_is_in_it() {
        let mut made = Schema::default();
        made.namespaces.insert(PUBLIC.into(), Namespace::default());
        made.namespaces.insert("app".into(), Namespace::default());
        made.tables.insert(
            ObjectName {
                namespace: "app".into(),
                name: "t".into(),
            },
            Table::default(),
        );
        let mut live = made.clone();
        live.namespaces.remove(PUBLIC);
        let left = |made: &Schema, live: &Schema| {
            let mut difference = diff(made, live);
            leave_out(&mut difference, made);
            difference.changes.len()
        };
        assert_eq!(left(&made, &live), 0);
        // One that migrations dropped and that is there is a difference.
        assert_eq!(left(&live, &made), 1);
        live.namespaces.remove("app");
        assert_eq!(left(&made, &live), 1);
        made.tables
            .insert(ObjectName::public("t"), Table::default());
        assert!(left(&made, &live) >= 2);
    }
}
