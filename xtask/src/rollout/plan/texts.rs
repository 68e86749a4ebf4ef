//! The statements that a plan adds: two names or types of one column side by side, and the end of
//! the older one.

use crate::migrations::sql::{identifier, literal, quoted};
use crate::schema::model::{Column, ObjectName};

/// Lets INSERT leave a column out that is dropped later.
pub(super) fn drop_not_null(table: &ObjectName, column: &Column) -> String {
    let (table, column) = (quoted(table), identifier(&column.name));
    format!(
        "-- The new code does not write it; it is dropped in the second release.\n\
         ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;"
    )
}

/// Adds a column that the running code does not write.
pub(super) fn add_nullable(table: &ObjectName, column: &Column) -> String {
    format!(
        "-- Not NOT NULL yet: the running code does not write it. A constant default would do as well.\n\
         ALTER TABLE {} ADD COLUMN {} {};",
        quoted(table),
        identifier(&column.name),
        column.type_name
    )
}

/// Makes a column NOT NULL that was added without.
pub(super) fn fill_and_require(table: &ObjectName, column: &Column) -> String {
    let name = identifier(&column.name);
    format!(
        "-- Complete it: the value of rows that the old code wrote.\n\
         -- UPDATE {table} SET {name} = … WHERE {name} IS NULL;\n{}",
        require(table, column),
        table = quoted(table),
    )
}

/// `SET NOT NULL` without a lock that lasts as long as reading the table does.
fn require(table: &ObjectName, column: &Column) -> String {
    let check = identifier(&format!("{}_{}_is_there", table.name, column.name));
    let (table, name) = (quoted(table), identifier(&column.name));
    format!(
        "-- On a big table, put the VALIDATE into a migration of its own: it reads the table, and lets writers go on.\n\
         ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL) NOT VALID;\n\
         ALTER TABLE {table} VALIDATE CONSTRAINT {check};\n\
         ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL;\n\
         ALTER TABLE {table} DROP CONSTRAINT {check};"
    )
}

/// The name of the function and trigger that keep two columns the same.
fn keeper(table: &ObjectName, old: &Column) -> (String, String) {
    let name = format!("keep_{}_{}", table.name, old.name);
    let function = ObjectName {
        namespace: table.namespace.clone(),
        name: name.clone(),
    };
    (quoted(&function), identifier(&name))
}

/// Adds the column `other` beside `old`, with a trigger that keeps both the same.
fn beside(
    table: &ObjectName,
    old: &Column,
    other: (&str, &str),
    (to_new, to_old): (&str, &str),
) -> String {
    let (function, trigger) = keeper(table, old);
    let (other, type_name) = other;
    let (old_name, new_name) = (identifier(&old.name), identifier(other));
    let table = quoted(table);
    // The trigger takes over the default: else INSERT of the new code would have two values.
    let fallback = match &old.default {
        Some(default) => format!(
            "\n    IF NEW.{old_name} IS NULL AND NEW.{new_name} IS NULL THEN NEW.{old_name} := {default}; END IF;"
        ),
        None => String::new(),
    };
    let default = match &old.default {
        Some(_) => format!("ALTER TABLE {table} ALTER COLUMN {old_name} DROP DEFAULT;\n"),
        None => String::new(),
    };
    format!(
        "-- Both columns hold the same while old and new code run.\n\
         ALTER TABLE {table} ADD COLUMN {new_name} {type_name};\n\
         {default}\
         CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $keep$\n\
         BEGIN\n  \
         IF TG_OP = 'INSERT' THEN{fallback}\n    \
         IF NEW.{new_name} IS NULL THEN NEW.{new_name} := {to_new};\n    \
         ELSE NEW.{old_name} := {to_old}; END IF;\n  \
         ELSIF NEW.{new_name} IS DISTINCT FROM OLD.{new_name} THEN NEW.{old_name} := {to_old};\n  \
         ELSE NEW.{new_name} := {to_new}; END IF;\n  \
         RETURN NEW;\n\
         END $keep$;\n\
         CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();\n\
         -- On a big table, in batches: the trigger fills the new column in whichever row is written.\n\
         UPDATE {table} SET {old_name} = {old_name};"
    )
}

/// Ends the older of two columns.
fn only(table: &ObjectName, old: &Column, other: &str, now: &Column) -> String {
    let (function, trigger) = keeper(table, old);
    let named = Column {
        name: other.to_owned(),
        ..now.clone()
    };
    let mut text = format!(
        "DROP TRIGGER {trigger} ON {};\nDROP FUNCTION {function}();\n",
        quoted(table)
    );
    if let Some(default) = &now.default {
        text.push_str(&format!(
            "ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {default};\n",
            quoted(table),
            identifier(other)
        ));
    }
    if now.not_null {
        text.push_str(&require(table, &named));
        text.push('\n');
    }
    text.push_str(&format!(
        "-- Its indexes and constraints go with it: make those of `{other}` in the first release.\n\
         ALTER TABLE {} DROP COLUMN {};",
        quoted(table),
        identifier(&old.name)
    ));
    text
}

/// Gives a column a second name.
pub(super) fn second_name(table: &ObjectName, old: &Column, now: &Column) -> String {
    let (to_new, to_old) = (
        format!("NEW.{}", identifier(&old.name)),
        format!("NEW.{}", identifier(&now.name)),
    );
    beside(table, old, (&now.name, &now.type_name), (&to_new, &to_old))
}

/// Takes the older of two names away.
pub(super) fn one_name(table: &ObjectName, old: &Column, now: &Column) -> String {
    only(table, old, &now.name, now)
}

/// Gives a column of another type a name of its own.
pub(super) fn second_type(table: &ObjectName, old: &Column, now: &Column, other: &str) -> String {
    let (to_new, to_old) = (
        format!("NEW.{}::{}", identifier(&old.name), now.type_name),
        format!("NEW.{}::{}", identifier(other), old.type_name),
    );
    beside(table, old, (other, &now.type_name), (&to_new, &to_old))
}

/// Takes the column of the older type away.
pub(super) fn one_type(table: &ObjectName, old: &Column, now: &Column, other: &str) -> String {
    only(table, old, other, now)
}

/// Leaves the old name of a renamed table as a view, which takes reads and writes.
pub(super) fn old_name_as_view(table: &ObjectName, name: &str, columns: &[Column]) -> String {
    let renamed = ObjectName {
        namespace: table.namespace.clone(),
        name: name.to_owned(),
    };
    let columns: Vec<_> = columns
        .iter()
        .map(|column| identifier(&column.name))
        .collect();
    let mut text = format!(
        "-- The running code reads and writes it under its old name.\n\
         CREATE VIEW {} AS SELECT {} FROM {};",
        quoted(table),
        columns.join(", "),
        quoted(&renamed)
    );
    let comment = literal("until the old code is gone");
    text.push_str(&format!(
        "\nCOMMENT ON VIEW {} IS {comment};",
        quoted(table)
    ));
    text
}

/// Takes the old name of a table away.
pub(super) fn drop_view(table: &ObjectName) -> String {
    format!("DROP VIEW {};", quoted(table))
}
