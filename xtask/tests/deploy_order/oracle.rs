//! The statements that declarations imply, run on a database: whether its schema serves the code.

use std::collections::BTreeSet;

use postgres::error::SqlState;
use postgres::{Client, Transaction};
use xtask::internals::rollout::{CodeDemands, ColumnDemand, TableDemand, Written};
use xtask::internals::schema::model::{ObjectName, Schema};

/// A statement that fails.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The table.
    pub table: String,
    /// The column, where the error names one.
    pub column: Option<String>,
    /// The value that the statement is about, where it is one that the code lists.
    pub value: Option<String>,
    /// The code of the error, where a row is refused: another one is another reason.
    pub state: Option<String>,
}

/// What fails of the statements that `demands` imply, on the database of `client`. The values that
/// are inserted are ones of `own`, the schema that the code was written for.
pub fn failures(client: &mut Client, demands: &CodeDemands, own: &Schema) -> BTreeSet<Failure> {
    let mut failed = BTreeSet::new();
    for demand in demands.tables.iter().filter(|demand| demand.firm) {
        of_table(client, demand, own, &mut failed);
    }
    failed
}

fn of_table(
    client: &mut Client,
    demand: &TableDemand,
    own: &Schema,
    failed: &mut BTreeSet<Failure>,
) {
    let (table, entity) = (quoted(&demand.table), demand.table.to_string());
    if client.prepare(&format!("SELECT 1 FROM {table}")).is_err() {
        failed.insert(Failure {
            table: entity,
            column: None,
            value: None,
            state: None,
        });
        return;
    }
    for wanted in &demand.columns {
        let column = identifier(&wanted.column);
        let select = client.prepare(&format!("SELECT {column} FROM {table}"));
        let update = format!("UPDATE {table} SET {column} = DEFAULT");
        let is_written = wanted.written != Written::Never;
        let update_fails = is_written && client.prepare(&update).is_err();
        let cast = wanted.cast_to.as_ref();
        let cast = cast.map(|name| format!("SELECT CAST(NULL::text AS {})", quoted(name)));
        let cast_fails = cast.is_some_and(|cast| client.prepare(&cast).is_err());
        if select.is_err() || update_fails || cast_fails {
            failed.insert(Failure {
                table: entity.clone(),
                column: Some(wanted.column.clone()),
                value: None,
                state: None,
            });
        }
    }
    if demand.inserts {
        inserts(client, demand, own, failed);
    }
}

/// Runs each INSERT that writes only what must be written, one for each value that the code lists.
fn inserts(
    client: &mut Client,
    demand: &TableDemand,
    own: &Schema,
    failed: &mut BTreeSet<Failure>,
) {
    let always: Vec<_> = demand
        .columns
        .iter()
        .filter(|wanted| wanted.written == Written::Always)
        .collect();
    insert(client, demand, own, &always, None, failed);
    for wanted in &demand.columns {
        for value in wanted.values.iter().flatten() {
            if wanted.written != Written::Never {
                insert(client, demand, own, &always, Some((wanted, value)), failed);
            }
        }
    }
}

fn insert(
    client: &mut Client,
    demand: &TableDemand,
    own: &Schema,
    always: &[&ColumnDemand],
    chosen: Option<(&ColumnDemand, &String)>,
    failed: &mut BTreeSet<Failure>,
) {
    let mut names = Vec::new();
    let mut values = Vec::new();
    for wanted in always {
        let value = match chosen {
            Some((other, value)) if other.column == wanted.column => {
                listed(&demand.table, wanted, value, own)
            }
            Some(_) | None => sample(&demand.table, wanted, own),
        };
        names.push(identifier(&wanted.column));
        values.push(value);
    }
    if let Some((wanted, value)) = chosen
        && !always.iter().any(|other| other.column == wanted.column)
    {
        names.push(identifier(&wanted.column));
        values.push(listed(&demand.table, wanted, value, own));
    }
    let table = quoted(&demand.table);
    let sql = match names.is_empty() {
        true => format!("INSERT INTO {table} DEFAULT VALUES"),
        false => format!(
            "INSERT INTO {table} ({}) VALUES ({})",
            names.join(", "),
            values.join(", ")
        ),
    };
    let mut transaction = client.transaction().expect("a transaction");
    if let Some((column, state)) = refused(&mut transaction, &sql, chosen) {
        failed.insert(Failure {
            table: demand.table.to_string(),
            column,
            value: chosen.map(|(_, value)| value.clone()),
            state: Some(state),
        });
    }
    transaction.rollback().expect("the end of the transaction");
}

/// The column for which a statement is refused, and the code of the error. Only its form counts,
/// and not the rows that are there.
fn refused(
    transaction: &mut Transaction<'_>,
    sql: &str,
    chosen: Option<(&ColumnDemand, &String)>,
) -> Option<(Option<String>, String)> {
    let error = transaction.batch_execute(sql).err()?;
    // A column that is not there was found before.
    let of_form = [SqlState::NOT_NULL_VIOLATION, SqlState::GENERATED_ALWAYS];
    let code = error.code()?;
    let detail = error.as_db_error()?;
    if of_form.contains(code) {
        // That of a generated column stands in the message only: `… into column "id"`.
        let in_message = || {
            let (_, from_name) = detail.message().split_once(" column \"")?;
            from_name.split('"').next()
        };
        let column = detail.column().or_else(in_message).map(ToOwned::to_owned);
        return Some((column, code.code().to_owned()));
    }
    let of_value = [
        SqlState::INVALID_TEXT_REPRESENTATION,
        SqlState::CHECK_VIOLATION,
    ];
    let (wanted, value) = chosen.filter(|_| of_value.contains(code))?;
    let names_value =
        detail.message().contains(value.as_str()) || *code == SqlState::CHECK_VIOLATION;
    names_value.then(|| (Some(wanted.column.clone()), code.code().to_owned()))
}

/// A value that the code lists, or a list with it where the column holds lists.
fn listed(table: &ObjectName, wanted: &ColumnDemand, value: &str, own: &Schema) -> String {
    let column = own
        .tables
        .get(table)
        .and_then(|table| table.column(&wanted.column));
    let is_list = column.is_some_and(|column| column.type_name.ends_with("[]"));
    let written = match is_list {
        true => literal(&format!("{{\"{value}\"}}")),
        false => literal(value),
    };
    match &wanted.cast_to {
        Some(name) => {
            let list = if is_list { "[]" } else { "" };
            format!("CAST({written}::text AS {}{list})", quoted(name))
        }
        None => written,
    }
}

/// A value of the column's own type.
fn sample(table: &ObjectName, wanted: &ColumnDemand, own: &Schema) -> String {
    if let Some(value) = wanted.values.iter().flatten().next() {
        return listed(table, wanted, value, own);
    }
    let column = own
        .tables
        .get(table)
        .and_then(|table| table.column(&wanted.column));
    let Some(column) = column else {
        return "NULL".to_owned();
    };
    let name = column.type_name.as_str();
    if name.ends_with("[]") {
        return "'{}'".to_owned();
    }
    let stem = name.split('(').next().unwrap_or(name).trim();
    let value = match stem {
        "uuid" => "00000000-0000-0000-0000-000000000001",
        "date" => "2026-01-01",
        "json" | "jsonb" => "{}",
        "boolean" => "true",
        "bytea" => "\\x00",
        "inet" => "127.0.0.1",
        "interval" => "1 day",
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => "1",
        stem if stem.starts_with("timestamp") => "2026-01-01 00:00:00",
        stem if stem.starts_with("time") => "00:00:00",
        stem if own.enums.contains_key(&name_of(stem)) => {
            return own.enums[&name_of(stem)]
                .labels
                .first()
                .map_or_else(|| "NULL".to_owned(), |label| literal(label));
        }
        _text => "1",
    };
    literal(value)
}

fn name_of(text: &str) -> ObjectName {
    let (namespace, name) = text.split_once('.').unwrap_or(("public", text));
    ObjectName {
        namespace: namespace.trim_matches('"').to_owned(),
        name: name.trim_matches('"').to_owned(),
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quoted(name: &ObjectName) -> String {
    format!("{}.{}", identifier(&name.namespace), identifier(&name.name))
}
