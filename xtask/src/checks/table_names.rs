//! The names by which code calls tables: with their namespace or without it, in whichever style.

use super::names;
use crate::schema::model::ObjectName;

/// Whether code calls the table `name` so, perhaps in another style.
pub(super) fn is_table(name: &ObjectName, written: &str) -> bool {
    is_named(name, written) || (!written.contains('.') && is_alike(name, written))
}

/// Whether the table is called just so.
pub(super) fn is_named(name: &ObjectName, written: &str) -> bool {
    match written.split_once('.') {
        Some((namespace, table)) => name.namespace == namespace && name.name == table,
        None => name.name == written,
    }
}

/// Whether the table is called so in some style, its namespace aside.
pub(super) fn is_alike(name: &ObjectName, written: &str) -> bool {
    names::key(&name.name) == names::key(written)
}
