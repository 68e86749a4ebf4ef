//! A table that gets another name, or moves to another namespace: its old name stays as a view for
//! the running code, with the same privileges, and with its row-level security held for the reader.

use super::basis::Basis;
use super::draft::{Draft, Steps};
use super::required;
use crate::migrations::reversal::ddl::grants;
use crate::migrations::reversal::ddl::names::{name, qualified, text};
use crate::schema::model::{Column, ObjectName, Table};
use crate::schema::privileges::{self, Privilege};

/// The first version whose views run with the privileges of their reader (`security_invoker`).
const SECURITY_INVOKER: u32 = 15;

/// Plans the clause `clause`, which renames or moves the former table `table`.
pub(super) fn plan(
    basis: &Basis<'_>,
    table: &ObjectName,
    clause: &str,
    (draft, steps): (&mut Draft, &mut Steps),
) {
    let Some(now) = basis.renames.table_now(table) else {
        return steps.refuse(format!(
            "the statement that renames `{table}` was not understood, so that its old name cannot be kept as a view"
        ));
    };
    let (Some(old), Some(new)) = (basis.old_table(table), basis.new_table(now)) else {
        return;
    };
    if let Some(why) = cannot_be_kept(basis, table, now, (old, new)) {
        return steps.refuse(why);
    }
    draft.serve(clause);
    let mut columns = Vec::new();
    for column in &old.columns {
        match basis.renames.column_now(now, &column.name) {
            Some(renamed) => {
                columns.push(format!("{} AS {}", name(renamed), name(&column.name)));
            }
            None => columns.push(name(&column.name)),
        }
        // It is dropped in the second release, and the new code leaves it out.
        if is_dropped(basis, now, column, new) && !column.may_be_omitted() {
            draft
                .expand_last
                .push(required::drop_not_null(now, &column.name));
        }
    }
    let security = match basis.major >= SECURITY_INVOKER {
        true => " WITH (security_invoker = true)",
        false => "",
    };
    let view = qualified(table);
    draft.expand_last.push(format!(
        "-- The running code reads and writes it under its old name.\n\
         CREATE VIEW {view}{security} AS SELECT {} FROM {};\n\
         COMMENT ON VIEW {view} IS {};",
        columns.join(", "),
        qualified(now),
        text("until the running code is gone")
    ));
    draft.expand_last.extend(granted(basis, table));
    draft.contract_first.push(format!("DROP VIEW {view};"));
}

/// Why a view cannot stand for the former table.
fn cannot_be_kept(
    basis: &Basis<'_>,
    table: &ObjectName,
    now: &ObjectName,
    (old, new): (&Table, &Table),
) -> Option<String> {
    let advice = "make the change in two branches, of which the first one only renames it";
    if basis.new.schema.tables.contains_key(table) || basis.new.schema.views.contains_key(table) {
        return Some(format!(
            "`{table}` becomes `{now}`, and something else takes its name: no view can have it"
        ));
    }
    if (old.row_security || new.row_security) && basis.major < SECURITY_INVOKER {
        return Some(format!(
            "`{table}` becomes `{now}`, and has row-level security: a view of its old name holds that for its reader from PostgreSQL {SECURITY_INVOKER} on (`security_invoker`), and this is {}. Deploy with the service stopped, or leave the name",
            basis.major
        ));
    }
    let is_new = |column: &&Column| {
        let is_former = old.column(&column.name).is_some();
        !is_former && basis.renames.other_column(now, &column.name).is_none()
    };
    let mut needed = new.columns.iter().filter(is_new);
    if let Some(needed) = needed.find(|column| !column.may_be_omitted()) {
        return Some(format!(
            "`{table}` becomes `{now}`, and gets `{}`, which each INSERT needs: {advice}",
            needed.name
        ));
    }
    let has_other_type = |column: &&Column| {
        let name = basis.renames.column_now(now, &column.name);
        let after = new.column(name.unwrap_or(&column.name));
        after.is_some_and(|after| after.type_name != column.type_name)
    };
    let changed = old.columns.iter().find(has_other_type)?;
    Some(format!(
        "`{table}` becomes `{now}`, and `{}` changes its type: {advice}",
        changed.name
    ))
}

fn is_dropped(basis: &Basis<'_>, now: &ObjectName, column: &Column, new: &Table) -> bool {
    basis.renames.column_now(now, &column.name).is_none() && new.column(&column.name).is_none()
}

/// Grants on the view what the running schema grants on the table and on its columns.
fn granted(basis: &Basis<'_>, table: &ObjectName) -> Vec<String> {
    let on_table = format!("table {}", qualified(table));
    let on_columns = format!("column {}.", qualified(table));
    let mut all = Vec::new();
    for one in privileges::each(basis.running.schema) {
        let is_table = one.object == on_table;
        if !is_table && !one.object.starts_with(&on_columns) {
            continue;
        }
        let object = match is_table {
            true => format!("view {}", qualified(table)),
            false => one.object.clone(),
        };
        let moved = Privilege { object, ..one };
        all.extend(grants::change(&moved, true).map(|grant| format!("{grant};")));
    }
    all
}
