//! Reads statements that change rows, wherever they stand: by themselves, within `WITH`, within
//! `EXPLAIN ANALYZE`.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode as _};

use super::reader::Reader;
use super::rows;
use super::{Effect, Insertion, Update};

/// Functions of PostgreSQL that people call in migrations, and that write no rows of tables.
const HARMLESS_CALLS: &[&str] = &[
    "set_config",
    "setval",
    "nextval",
    "currval",
    "pg_get_serial_sequence",
    "max",
    "min",
    "count",
    "coalesce",
    "greatest",
    "pg_advisory_lock",
    "pg_advisory_xact_lock",
    "pg_advisory_unlock",
    "to_regclass",
    "now",
    "version",
    "current_setting",
    "pg_sleep",
];

/// Reads all changes of rows below `node`. Where a query calls functions that are not known, it may
/// do anything.
pub(super) fn read(reader: &mut Reader<'_>, node: &SyntaxNode) {
    for inner in node.descendants() {
        if let Some(effect) = effect_of(reader, &inner) {
            reader.add_at(&inner, effect);
        }
    }
    let expression = reader.expression(node);
    let unknown = expression
        .calls()
        .into_iter()
        .find(|name| !is_harmless_call(name));
    let is_select = ast::Select::can_cast(node.kind()) || ast::Execute::can_cast(node.kind());
    if let Some(name) = unknown.filter(|_| is_select) {
        reader.add(Effect::Opaque(format!("calls `{name}`")));
    }
}

/// Whether a call of that name is known to write no rows of tables.
pub(super) fn is_harmless_call(name: &str) -> bool {
    HARMLESS_CALLS.contains(&name) || is_syntax(name)
}

/// Whether the word before `(` is no function: `IN (…)`, `VALUES (…)`, `numeric(1, 2)`.
fn is_syntax(name: &str) -> bool {
    [
        "in",
        "values",
        "exists",
        "any",
        "all",
        "some",
        "and",
        "or",
        "not",
        "as",
        "from",
        "where",
        "using",
        "on",
        "by",
        "when",
        "then",
        "else",
        "case",
        "row",
        "array",
        "over",
        "filter",
        "select",
        "join",
        "numeric",
        "decimal",
        "varchar",
        "char",
        "union",
        "with",
        "into",
        "set",
        "cast",
        "distinct",
        "materialized",
    ]
    .contains(&name)
}

fn effect_of(reader: &Reader<'_>, node: &SyntaxNode) -> Option<Effect> {
    if let Some(delete) = ast::Delete::cast(node.clone()) {
        let (table, only) = reader.relation(delete.relation_name()?.syntax());
        return Some(Effect::Delete {
            table,
            only,
            all: delete.where_clause_or_current_of().is_none() && delete.using_clause().is_none(),
            rows: rows::read(reader.cursor(node), reader.is_in_with()).0,
        });
    }
    if let Some(update) = ast::Update::cast(node.clone()) {
        let (table, only) = reader.relation(update.relation_name()?.syntax());
        let (rows, values) = rows::read(reader.cursor(node), reader.is_in_with());
        return Some(Effect::Update(Update {
            table,
            only,
            columns: updated(reader, &update),
            all: update.where_clause_or_current_of().is_none() && update.from_clause().is_none(),
            rows,
            values,
        }));
    }
    if let Some(insert) = ast::Insert::cast(node.clone()) {
        return Some(Effect::Insert(Insertion {
            table: reader.reference(insert.relation_name_ref()?.syntax()),
            columns: reader.names(insert.column_target_list()),
            rows: fixed_rows(reader, &insert),
            on_conflict: insert.on_conflict_clause().is_some(),
            updates: insert
                .on_conflict_clause()
                .is_some_and(|clause| reader.cursor(clause.syntax()).skip_past(&["do", "update"])),
        }));
    }
    if let Some(merge) = ast::Merge::cast(node.clone()) {
        let table = reader.reference(merge.table_relation_name()?.syntax());
        return Some(Effect::Write(table));
    }
    None
}

/// The columns that an `UPDATE` sets.
fn updated(reader: &Reader<'_>, update: &ast::Update) -> Vec<String> {
    let mut columns = Vec::new();
    let list = update.set_clause().and_then(|set| set.set_column_list());
    for set in list.iter().flat_map(ast::SetColumnList::set_columns) {
        match set {
            ast::SetColumn::SetSingleColumn(single) => {
                let mut target = reader.cursor(single.syntax());
                columns.extend(target.identifier().map(|name| name.name));
            }
            ast::SetColumn::SetMultipleColumns(many) => {
                columns.extend(reader.names(many.column_target_list()));
            }
        }
    }
    columns
}

/// The rows of `VALUES`.
fn fixed_rows(reader: &Reader<'_>, insert: &ast::Insert) -> Option<Vec<Vec<super::Expression>>> {
    let ast::InsertSource::SelectVariant(ast::SelectVariant::Values(values)) =
        insert.insert_source()?
    else {
        return None;
    };
    let row = |row: ast::Row| {
        row.exprs()
            .map(|value| reader.expression(value.syntax()))
            .collect()
    };
    Some(values.row_list()?.rows().map(row).collect())
}
