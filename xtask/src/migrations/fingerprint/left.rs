//! The query for the objects that are left after a deletion.

use crate::migrations::sql::literal;
use crate::postgres::catalog::OwnTables;
use crate::schema::bookkeeping;

/// The query for a digest of the names of those objects, without the tables and namespaces in
/// `own`.
pub(super) fn query(own: &OwnTables) -> String {
    let array = |names: &[String]| {
        let names: Vec<_> = names.iter().map(|name| literal(name)).collect();
        format!("ARRAY[{}]::text[]", names.join(", "))
    };
    include_str!("left.sql")
        .replace(
            "{own}",
            &array(&with(
                own.tables(),
                &[bookkeeping::TABLES, bookkeeping::SEQUENCES],
            )),
        )
        .replace(
            "{foreign}",
            &array(&with(own.foreign_namespaces(), &[bookkeeping::NAMESPACES])),
        )
}

fn with(own: &[String], others: &[&[&str]]) -> Vec<String> {
    own.iter()
        .cloned()
        .chain(
            others
                .iter()
                .copied()
                .flatten()
                .map(|name| (*name).to_owned()),
        )
        .collect()
}
