//! Follows `ALTER TABLE`: each clause has its own line.

use super::StatementReader;
use super::constraint::is_constraint;
use crate::migrations::sql::{Cursor, TokenKind};
use crate::schema::model::ObjectName;

/// Reads the statement after `ALTER TABLE`.
pub(super) fn read(reader: &mut StatementReader<'_>, mut cursor: Cursor<'_>) {
    cursor.eat_all(&["if", "exists"]);
    cursor.eat("only");
    let Some(table) = reader.existing(&cursor.qualified()) else {
        return;
    };
    cursor.eat_text("*");
    cursor
        .split_at_commas()
        .into_iter()
        .for_each(|clause| read_clause(reader, &table, clause));
}

fn read_clause(reader: &mut StatementReader<'_>, table: &ObjectName, clause: Cursor<'_>) {
    let mut cursor = clause.clone();
    if cursor.eat("add") {
        add(reader, table, cursor, &clause);
    } else if cursor.eat("alter") {
        alter(reader, table, cursor, &clause);
    } else if cursor.eat("drop") {
        drop_column(reader, table, cursor, &clause);
    } else if cursor.eat("rename") {
        rename(reader, table, cursor, &clause);
    } else if cursor.eat_all(&["set", "schema"])
        && let Some(namespace) = cursor.identifier()
    {
        let moved = ObjectName {
            namespace: namespace.name,
            name: table.name.clone(),
        };
        let place = reader.place(&clause);
        reader.provenance.rename_table(table, moved, place);
    }
}

fn add(
    reader: &mut StatementReader<'_>,
    table: &ObjectName,
    mut cursor: Cursor<'_>,
    clause: &Cursor<'_>,
) {
    if is_constraint(&cursor) {
        return add_constraint(reader, table, cursor, clause);
    }
    let _noise = cursor.eat("column");
    let unless_exists = cursor.eat_all(&["if", "not", "exists"]);
    let Some(column) = cursor.identifier() else {
        return;
    };
    let exists = reader
        .provenance
        .columns(table)
        .any(|(name, _)| name == column.name);
    if !(unless_exists && exists) {
        reader
            .provenance
            .touch_column(table.clone(), column.name, reader.place(clause));
    }
}

/// Notes a constraint. A primary key makes columns `NOT NULL`, and a check restricts their values.
pub(super) fn add_constraint(
    reader: &mut StatementReader<'_>,
    table: &ObjectName,
    mut cursor: Cursor<'_>,
    clause: &Cursor<'_>,
) {
    if cursor.eat("constraint") {
        cursor.identifier();
    }
    let is_key = cursor.eat_all(&["primary", "key"]);
    if !is_key && !cursor.eat("check") {
        return;
    }
    let Some(inside) = cursor.parenthesised() else {
        return;
    };
    let place = reader.place(clause);
    for column in columns_in(reader, table, &inside) {
        if is_key {
            reader
                .provenance
                .touch_column(table.clone(), column, place.clone());
        } else {
            reader
                .provenance
                .touch_check(table.clone(), column, place.clone());
        }
    }
}

/// The columns of `table` that an expression names.
fn columns_in(
    reader: &StatementReader<'_>,
    table: &ObjectName,
    inside: &Cursor<'_>,
) -> Vec<String> {
    let named = inside.rest().iter().filter_map(|token| {
        let mut word = Cursor::new(inside.source(), std::slice::from_ref(token));
        let name = word.identifier()?.name;
        reader
            .provenance
            .columns(table)
            .any(|(column, _)| column == name)
            .then_some(name)
    });
    named.collect()
}

/// Reads `ALTER [COLUMN] c …`. Clauses about storage and planning are passed over: they do not
/// change what the column holds.
fn alter(
    reader: &mut StatementReader<'_>,
    table: &ObjectName,
    mut cursor: Cursor<'_>,
    clause: &Cursor<'_>,
) {
    if cursor.at("constraint") {
        return;
    }
    let _noise = cursor.eat("column");
    let Some(column) = cursor.identifier() else {
        return;
    };
    let storage = ["statistics", "storage", "compression"]
        .iter()
        .any(|word| cursor.at_all(&["set", word]));
    let options = cursor
        .rest()
        .get(1)
        .is_some_and(|token| token.kind == TokenKind::OpenParen);
    if !storage && !options {
        reader
            .provenance
            .touch_column(table.clone(), column.name, reader.place(clause));
    }
}

fn drop_column(
    reader: &mut StatementReader<'_>,
    table: &ObjectName,
    mut cursor: Cursor<'_>,
    clause: &Cursor<'_>,
) {
    if cursor.at("constraint") {
        return;
    }
    let _noise = cursor.eat("column");
    cursor.eat_all(&["if", "exists"]);
    if let Some(column) = cursor.identifier() {
        let place = reader.place(clause);
        reader.provenance.drop_column(table, &column.name, place);
    }
}

/// `RENAME TO t`, `RENAME [COLUMN] a TO b`
fn rename(
    reader: &mut StatementReader<'_>,
    table: &ObjectName,
    mut cursor: Cursor<'_>,
    clause: &Cursor<'_>,
) {
    if cursor.eat("to") {
        if let Some(name) = cursor.identifier() {
            let to = ObjectName {
                namespace: table.namespace.clone(),
                name: name.name,
            };
            // The line of the RENAME tells where both names went.
            let place = reader.place(clause);
            reader.provenance.rename_table(table, to, place);
        }
        return;
    }
    if cursor.at("constraint") {
        return;
    }
    let _noise = cursor.eat("column");
    let Some(from) = cursor.identifier().filter(|_| cursor.eat("to")) else {
        return;
    };
    if let Some(to) = cursor.identifier() {
        let place = reader.place(clause);
        reader
            .provenance
            .rename_column(table, &from.name, &to.name, place);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_of, columns, object};

    const CREATE: &str = "create table t (\na int,\nb int);";

    #[test]
    fn each_clause_touches_its_column() {
        let alter = "alter table if exists only public.t\n add column c numeric(1, 2),\nalter b set not null,\n\
                     add if not exists a text,\nadd constraint k unique (a), drop constraint x";
        assert_eq!(
            columns("t", &[CREATE, alter]),
            ["a V1:2", "b V2:3", "c V2:2"]
        );
        assert_eq!(
            columns(
                "t",
                &[
                    CREATE,
                    "alter table t alter a set statistics 5, alter b set (n_distinct = 1)"
                ]
            ),
            ["a V1:2", "b V1:3"]
        );
    }

    #[test]
    fn dropped_and_renamed_columns_are_followed() {
        assert_eq!(
            columns(
                "t",
                &[CREATE, "alter table t drop column if exists a cascade"]
            ),
            ["b V1:3"]
        );
        assert_eq!(
            columns("t", &[CREATE, "alter table t rename a to \"A\""]),
            ["A V2:1", "b V1:3"]
        );
        assert_eq!(
            columns("t", &[CREATE, "alter table t rename constraint a to c"]),
            ["a V1:2", "b V1:3"]
        );
    }

    #[test]
    fn tables_keep_their_columns_under_another_name() {
        let rename = "alter table t rename to u;\nalter table u set schema app;\nalter table app.u add c int;";
        assert_eq!(
            columns("app.u", &[CREATE, rename]),
            ["a V1:2", "b V1:3", "c V2:3"]
        );
        assert_eq!(object("t", &[CREATE, rename]), None);
    }

    #[test]
    fn primary_keys_touch_the_columns_they_bind_and_checks_are_places_of_their_own() {
        let check = "alter table t\nadd constraint c check (a in (1, 2)),\nadd primary key (b)";
        assert_eq!(columns("t", &[CREATE, check]), ["a V1:2", "b V2:3"]);
        assert_eq!(check_of("t", "a", &[CREATE, check]), Some("V2:2".into()));
        let renamed = "alter table t rename a to z;\nalter table t rename to u";
        assert_eq!(
            check_of("u", "z", &[CREATE, check, renamed]),
            Some("V2:2".into())
        );
        assert_eq!(
            check_of("n", "a", &["create table n (\na int,\ncheck (a > 0)\n)"]),
            Some("V1:3".into())
        );
        assert_eq!(
            check_of("t", "a", &[CREATE, check, "alter table t drop column a"]),
            None
        );
    }
}
