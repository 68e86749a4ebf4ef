//! Follows `CREATE TABLE`: each column has its own line.

use super::StatementReader;
use super::alter_table::add_constraint;
use super::constraint::is_constraint;
use crate::migrations::sql::Cursor;
use crate::schema::model::ObjectName;

/// Reads the statement after `CREATE`, if it creates a table that stays.
pub(super) fn read(
    reader: &mut StatementReader<'_>,
    mut cursor: Cursor<'_>,
    statement: &Cursor<'_>,
) {
    let _unlogged = cursor.eat("unlogged") || cursor.eat("foreign");
    if !cursor.eat("table") {
        return;
    }
    let unless_exists = cursor.eat_all(&["if", "not", "exists"]);
    let Some(table) = reader.new_name(&cursor.qualified()) else {
        return;
    };
    if unless_exists && reader.provenance.table(&table).is_some() {
        return;
    }
    reader.provenance.forget_table(&table);
    reader
        .provenance
        .touch_table(table.clone(), reader.place(statement));
    // Both take their columns from elsewhere, and the parentheses hold something else.
    let partition = cursor.at_all(&["partition", "of"]) || cursor.at("of");
    if let Some(elements) = cursor.parenthesised().filter(|_| !partition) {
        inherit(reader, &table, cursor);
        elements
            .split_at_commas()
            .into_iter()
            .for_each(|element| read_element(reader, &table, element));
    }
}

/// Reads `INHERITS (parent, …)`: the columns come with the places that they have in the parent.
fn inherit(reader: &mut StatementReader<'_>, table: &ObjectName, mut cursor: Cursor<'_>) {
    let Some(parents) = cursor
        .eat("inherits")
        .then(|| cursor.parenthesised())
        .flatten()
    else {
        return;
    };
    for mut parent in parents.split_at_commas() {
        let Some(parent) = reader.existing(&parent.qualified()) else {
            continue;
        };
        let columns: Vec<_> = reader
            .provenance
            .columns(&parent)
            .map(|(n, l)| (n.to_owned(), l.clone()))
            .collect();
        for (column, location) in columns {
            reader
                .provenance
                .touch_column(table.clone(), column, location);
        }
    }
}

fn read_element(reader: &mut StatementReader<'_>, table: &ObjectName, element: Cursor<'_>) {
    let place = reader.place(&element);
    let mut cursor = element;
    if cursor.eat("like") {
        let Some(model) = reader.existing(&cursor.qualified()) else {
            return;
        };
        let columns: Vec<_> = reader
            .provenance
            .columns(&model)
            .map(|(name, _)| name.to_owned())
            .collect();
        for column in columns {
            reader
                .provenance
                .touch_column(table.clone(), column, place.clone());
        }
    } else if is_constraint(&cursor) {
        // A primary key belongs to each column's own line, which is the same statement. Checks have
        // places of their own.
        let mut of_check = cursor.clone();
        if of_check.eat("constraint") {
            of_check.identifier();
        }
        if of_check.at("check") {
            let clause = of_check.clone();
            add_constraint(reader, table, of_check, &clause);
        }
    } else if let Some(column) = cursor.identifier() {
        reader
            .provenance
            .touch_column(table.clone(), column.name, place);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{columns, object};

    #[test]
    fn each_column_has_its_line() {
        let sql = "create table if not exists public.\"Users\" (\n  id bigint generated always as identity,\n\
                   \"Full, name\" text default ','\n, price numeric(10,\n2) check (price > 0),\n exclude boolean,\n\
                   constraint u unique (id),\n primary key (id),\n exclude using gist (id with =)\n);";
        let expected = ["Full, name V1:3", "exclude V1:6", "id V1:2", "price V1:4"];
        assert_eq!(columns("Users", &[sql]), expected);
        assert_eq!(object("Users", &[sql]), Some("V1:1".into()));
    }

    #[test]
    fn a_table_that_exists_already_stays_what_it_was() {
        let second = "create table if not exists t (b int)";
        assert_eq!(
            columns("t", &["create table t (a int)", second]),
            ["a V1:1"]
        );
        assert_eq!(
            columns("t", &["create table t (a int); drop table t;", second]),
            ["b V2:1"]
        );
    }

    #[test]
    fn columns_come_from_other_tables_too() {
        let base = "create table a (\nx int,\ny int);";
        assert_eq!(
            columns(
                "b",
                &[base, "create table b (\nlike a including all,\nz int)"]
            ),
            ["x V2:2", "y V2:2", "z V2:3"]
        );
        assert_eq!(
            columns("b", &[base, "create table b (z int) inherits (a)"]),
            ["x V1:2", "y V1:3", "z V2:1"]
        );
        assert_eq!(
            columns("p", &["create table p partition of a for values in (1, 2)"]),
            [""; 0]
        );
        assert_eq!(
            object("q", &["create table q as select 1 as a"]),
            Some("V1:1".into())
        );
        assert_eq!(object("tmp", &["create temp table tmp (a int)"]), None);
    }
}
