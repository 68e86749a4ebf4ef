//! What code adds to a request before it writes it: `create({ data: { ...data, slug } })`.

use std::collections::BTreeSet;

use compact_str::CompactString;

use crate::typescript::syntax::{Argument, Expr, ExprKind, ObjectMember};

/// Methods that write rows, of all libraries that are read.
const WRITES: &[&str] = &[
    "create",
    "createMany",
    "createManyAndReturn",
    "insert",
    "save",
    "upsert",
    "values",
];

/// How deep objects are searched: `{ create: { data: { slug } } }`.
const DEPTH: usize = 4;

/// Adds the keys of the objects that a call of `method` writes.
pub(super) fn add(method: &str, arguments: &[Argument], given: &mut BTreeSet<CompactString>) {
    if WRITES.contains(&method) {
        for argument in arguments {
            keys(&argument.value, DEPTH, given);
        }
    }
}

fn keys(expression: &Expr, left: usize, given: &mut BTreeSet<CompactString>) {
    let Some(left) = left.checked_sub(1) else {
        return;
    };
    let ExprKind::Object(members) = &expression.kind else {
        return expression.parts(&mut |part| keys(part, left, given));
    };
    for member in members {
        let ObjectMember::Property { key, value, .. } = member else {
            continue;
        };
        if let Some(name) = key.literal().filter(|name| !is_copied(name, value)) {
            given.insert(name.into());
        }
        keys(value, left, given);
    }
}

/// Whether a value is that of another object under the same key: `email: body.email`.
fn is_copied(name: &str, value: &Expr) -> bool {
    matches!(&value.kind, ExprKind::Member(_, member, _) if member == name)
}
