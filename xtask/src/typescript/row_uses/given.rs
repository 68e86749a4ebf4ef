//! What code adds to a request before it writes it: `create({ data: { ...data, slug } })`.

use std::collections::BTreeSet;

use compact_str::CompactString;

use crate::facts::GivenKey;
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

/// Options that hold the values of a row: `create({ data: { slug } })`.
const VALUES: &[&str] = &["data", "create", "update"];

/// Adds the keys of the objects that a call of `method` on `object` writes.
pub(super) fn add(
    (object, method): (&Expr, &str),
    arguments: &[Argument],
    given: &mut BTreeSet<GivenKey>,
) {
    if WRITES.contains(&method) {
        let written_on = match &object.kind {
            ExprKind::Member(_, name, _) => Some(name.as_str()),
            _computed => None,
        };
        for argument in arguments {
            keys(&argument.value, written_on, DEPTH, given);
        }
    }
}

fn keys(expression: &Expr, written_on: Option<&str>, left: usize, given: &mut BTreeSet<GivenKey>) {
    let Some(left) = left.checked_sub(1) else {
        return;
    };
    let ExprKind::Object(members) = &expression.kind else {
        return expression.parts(&mut |part| keys(part, written_on, left, given));
    };
    for member in members {
        let ObjectMember::Property { key, value, .. } = member else {
            continue;
        };
        if let Some(name) = key.literal().filter(|name| !is_copied(name, value)) {
            given.insert(GivenKey {
                written_on: written_on.map(CompactString::from),
                name: name.into(),
            });
        }
        // An object that is nested elsewhere may be a row of another table.
        let holds_values = key.literal().is_some_and(|key| VALUES.contains(&key));
        keys(value, written_on.filter(|_| holds_values), left, given);
    }
}

/// Whether a value is that of another object under the same key: `email: body.email`.
fn is_copied(name: &str, value: &Expr) -> bool {
    matches!(&value.kind, ExprKind::Member(_, member, _) if member == name)
}
