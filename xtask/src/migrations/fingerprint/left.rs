//! What is left after a deletion.

use crate::migrations::sql::literal;
use crate::postgres::catalog::OwnTables;

/// The query for a digest of its names, without what `own` names.
pub(super) fn query(own: &OwnTables) -> String {
    let array = |names: &[String]| {
        let names: Vec<_> = names.iter().map(|name| literal(name)).collect();
        format!("ARRAY[{}]::text[]", names.join(", "))
    };
    include_str!("left.sql")
        .replace("{own}", &array(own.tables()))
        .replace("{foreign}", &array(own.foreign_namespaces()))
}
