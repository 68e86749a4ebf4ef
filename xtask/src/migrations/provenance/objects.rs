//! Follows types, views and namespaces, and every `DROP`.

use super::StatementReader;
use crate::migrations::sql::{Cursor, Identifier};
use crate::schema::model::ObjectName;

/// The kind of object that a statement is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SubjectKind {
    Type,
    View,
    Table,
    Namespace,
}

/// Reads the words for a kind of object.
fn kind(cursor: &mut Cursor<'_>) -> Option<SubjectKind> {
    if cursor.eat("type") || cursor.eat("domain") {
        return Some(SubjectKind::Type);
    }
    let _prefix = cursor.eat("materialized") || cursor.eat("recursive") || cursor.eat("foreign");
    if cursor.eat("view") {
        return Some(SubjectKind::View);
    }
    if cursor.eat("table") {
        return Some(SubjectKind::Table);
    }
    cursor.eat("schema").then_some(SubjectKind::Namespace)
}

/// Reads the statement after `CREATE`, if it creates a type or a view.
pub(super) fn create(
    reader: &mut StatementReader<'_>,
    mut cursor: Cursor<'_>,
    statement: &Cursor<'_>,
) {
    cursor.eat_all(&["or", "replace"]);
    let Some(kind) = kind(&mut cursor) else {
        return;
    };
    cursor.eat_all(&["if", "not", "exists"]);
    let Some(name) = reader.new_name(&cursor.qualified()) else {
        return;
    };
    match kind {
        SubjectKind::Type => reader.provenance.touch_type(name, reader.place(statement)),
        SubjectKind::View => reader.provenance.touch_table(name, reader.place(statement)),
        SubjectKind::Table | SubjectKind::Namespace => {}
    }
}

/// Reads the statement after `ALTER`, if it changes a type, a view or a namespace.
pub(super) fn alter(
    reader: &mut StatementReader<'_>,
    mut cursor: Cursor<'_>,
    statement: &Cursor<'_>,
) {
    let Some(kind) = kind(&mut cursor) else {
        return;
    };
    cursor.eat_all(&["if", "exists"]);
    let parts = cursor.qualified();
    if kind == SubjectKind::Namespace {
        return rename_namespace(reader, &parts, cursor);
    }
    let Some(name) = reader.existing(&parts) else {
        return;
    };
    // A new owner changes nothing about the content of an object.
    if cursor.at("owner") {
        return;
    }
    if let Some(to) = renamed(&name, cursor) {
        reader.provenance.rename(&name, &to);
    } else if kind == SubjectKind::Type {
        reader.provenance.touch_type(name, reader.place(statement));
    } else {
        reader.provenance.touch_table(name, reader.place(statement));
    }
}

/// The new name after `RENAME TO` and `SET SCHEMA`.
fn renamed(name: &ObjectName, mut cursor: Cursor<'_>) -> Option<ObjectName> {
    if cursor.eat_all(&["rename", "to"]) {
        return Some(ObjectName {
            namespace: name.namespace.clone(),
            name: cursor.identifier()?.name,
        });
    }
    let namespace = cursor
        .eat_all(&["set", "schema"])
        .then(|| cursor.identifier())
        .flatten()?;
    Some(ObjectName {
        namespace: namespace.name,
        name: name.name.clone(),
    })
}

fn rename_namespace(
    reader: &mut StatementReader<'_>,
    parts: &[Identifier],
    mut cursor: Cursor<'_>,
) {
    let renames = cursor.eat_all(&["rename", "to"]);
    let (Some(from), Some(to)) = (parts.last(), cursor.identifier().filter(|_| renames)) else {
        return;
    };
    for name in reader.provenance.names_in(&from.name) {
        let new = ObjectName {
            namespace: to.name.clone(),
            name: name.name.clone(),
        };
        reader.provenance.rename(&name, &new);
    }
}

/// Reads the statement after `DROP`.
pub(super) fn drop(
    reader: &mut StatementReader<'_>,
    mut cursor: Cursor<'_>,
    statement: &Cursor<'_>,
) {
    let Some(kind) = kind(&mut cursor) else {
        return;
    };
    let if_exists = cursor.eat_all(&["if", "exists"]);
    for mut name in cursor.split_at_commas() {
        let parts = name.qualified();
        if kind == SubjectKind::Namespace {
            let names = parts
                .last()
                .map_or_else(Vec::new, |part| reader.provenance.names_in(&part.name));
            names
                .iter()
                .for_each(|name| forget(reader, name, statement));
        } else if let Some(name) = dropped(reader, &parts, if_exists) {
            forget(reader, &name, statement);
        }
    }
}

/// The objects that a `DROP` names; with `IF EXISTS`, none of them need exist.
fn dropped(
    reader: &StatementReader<'_>,
    parts: &[Identifier],
    if_exists: bool,
) -> Option<ObjectName> {
    if if_exists {
        reader.found(parts)
    } else {
        reader.existing(parts)
    }
}

fn forget(reader: &mut StatementReader<'_>, name: &ObjectName, statement: &Cursor<'_>) {
    if reader.provenance.table(name).is_some() {
        let place = reader.place(statement);
        reader.provenance.lose_table(name.clone(), place);
    }
    reader.provenance.forget_table(name);
    reader.provenance.forget_type(name);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{columns, object};

    #[test]
    fn types_are_followed_through_their_changes() {
        let create = "create type role as enum ('a');\ncreate domain app.email as text;";
        assert_eq!(
            object("role", &[create, "alter type role add value 'b'"]),
            Some("V2:1".into())
        );
        assert_eq!(
            object("kind", &[create, "alter type role rename to kind"]),
            Some("V1:1".into())
        );
        assert_eq!(object("app.email", &[create]), Some("V1:2".into()));
        assert_eq!(
            object("role", &[create, "drop type if exists other, role cascade"]),
            None
        );
    }

    #[test]
    fn views_have_the_place_of_their_last_definition() {
        let create =
            "create view v as select 1;\ncreate materialized view if not exists m as select 1";
        assert_eq!(
            object("v", &[create, "create or replace view v as select 2"]),
            Some("V2:1".into())
        );
        assert_eq!(
            object("m", &[create, "alter materialized view m owner to x"]),
            Some("V1:2".into())
        );
        assert_eq!(object("m", &[create, "drop materialized view m"]), None);
    }

    #[test]
    fn namespaces_take_their_tables_along() {
        let create = "create schema a; create table a.t (x int);";
        assert_eq!(
            columns("b.t", &[create, "alter schema a rename to b"]),
            ["x V1:1"]
        );
        assert_eq!(columns("a.t", &[create, "drop schema a cascade"]), [""; 0]);
        assert_eq!(columns("a.t", &[create, "drop table a.t"]), [""; 0]);
    }
}
