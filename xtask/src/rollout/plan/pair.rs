//! Two columns that hold the same while two releases of code run, and the trigger that keeps them so.

use crate::migrations::losses::consent;
use crate::migrations::reversal::ddl::grants;
use crate::migrations::reversal::ddl::names::{name, qualified};
use crate::schema::model::{ObjectName, Schema};
use crate::schema::privileges::{self, Privilege};

/// The name of the function and of the trigger that keep two columns of `table` the same.
fn keeper(table: &ObjectName, column: &str) -> (String, String) {
    let name_of_both = format!("keep_{}_{column}", table.name);
    let function = ObjectName {
        namespace: table.namespace.clone(),
        name: name_of_both.clone(),
    };
    (qualified(&function), name(&name_of_both))
}

/// Writes the function and the trigger. The texts are what they do before an INSERT and before an
/// UPDATE.
pub(super) fn keep(table: &ObjectName, column: &str, on_insert: &str, on_update: &str) -> String {
    let (function, trigger) = keeper(table, column);
    format!(
        "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $keep$\n\
         BEGIN\n  \
         IF TG_OP = 'INSERT' THEN\n{on_insert}  ELSE\n{on_update}  END IF;\n  \
         RETURN NEW;\n\
         END $keep$;\n\
         CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {function}();",
        qualified(table)
    )
}

/// Drops the trigger and its function.
pub(super) fn keep_no_longer(table: &ObjectName, column: &str) -> String {
    let (function, trigger) = keeper(table, column);
    format!(
        "DROP TRIGGER {trigger} ON {};\nDROP FUNCTION {function}();",
        qualified(table)
    )
}

/// Copies all values of the column `from` to its copy `to`, before there is a trigger.
pub(super) fn fill_first(table: &ObjectName, to: &str, from: &str) -> String {
    format!(
        "-- On a big table, do this in batches, in a migration after this one, and the CHECK below behind it.\n\
         UPDATE {} SET {to} = {from};",
        qualified(table)
    )
}

/// Has the trigger fill the other column of all rows.
pub(super) fn fill(table: &ObjectName, column: &str) -> String {
    format!(
        "-- On a big table, do this in batches, in a migration after this one.\n\
         UPDATE {} SET {column} = {column};",
        qualified(table),
        column = name(column)
    )
}

/// Drops a column whose values the other one holds as well, with the consent that this needs.
pub(super) fn drop_copy(table: &ObjectName, column: &str, other: &str) -> String {
    format!(
        "-- Its values are those of `{other}`.\n{}\nALTER TABLE {} DROP COLUMN {};",
        consent::line(&format!("{table}.{column}")),
        qualified(table),
        name(column)
    )
}

/// Grants on `column` what `schema` grants on the column `like` alone.
pub(super) fn grant_like(
    schema: &Schema,
    table: &ObjectName,
    like: &str,
    column: &str,
) -> Vec<String> {
    let object = |column: &str| format!("column {}.{}", qualified(table), name(column));
    let wanted = object(like);
    privileges::each(schema)
        .into_iter()
        .filter(|one| one.object == wanted)
        .filter_map(|one| {
            let moved = Privilege {
                object: object(column),
                ..one
            };
            Some(format!("{};", grants::change(&moved, true)?))
        })
        .collect()
}
