//! The sentences about what code loses.

use super::commit::Side;
use super::loss::{Loss, Lost};

/// What is lost, in one sentence.
pub(super) fn message(loss: &Loss<'_>, side: Side, renamed: Option<&str>) -> String {
    let column = loss.column.as_deref().unwrap_or_default();
    let subject = format!("Column '{column}'");
    match side {
        Side::Running => of_running(loss, &subject, renamed),
        Side::New => of_new(loss, &subject),
    }
}

fn of_running(loss: &Loss<'_>, subject: &str, renamed: Option<&str>) -> String {
    let uses = match (loss.demand.reads, loss.demand.inserts) {
        (true, true) => "names it in SELECT and INSERT",
        (false, true) => "names it in INSERT",
        (true | false, false) => "names it",
    };
    match &loss.what {
        Lost::Table => "It is gone under this name, and the running code uses it".to_owned(),
        Lost::Column => match renamed {
            Some(now) => format!("{subject} is renamed to '{now}', and the running code {uses}"),
            None => format!("{subject} is dropped, and the running code {uses}"),
        },
        Lost::NotWritten if !loss.demand.inserts => format!(
            "{subject} is NOT NULL without a default: an INSERT of the running code fails, which does not know it"
        ),
        Lost::NotWritten => format!(
            "{subject} is NOT NULL without a default, and the running code does not write it: its INSERT fails"
        ),
        Lost::LeftOut => format!(
            "{subject} becomes NOT NULL without a default, and an INSERT of the running code may leave it out"
        ),
        Lost::NullRefused => {
            format!("{subject} becomes NOT NULL, and the running code may write null to it")
        }
        Lost::NullRead => {
            format!("{subject} may be null from now on, and the running code takes it for a value")
        }
        Lost::Computed if !loss.certain => format!(
            "{subject} is computed by the database from now on: an INSERT of the running code that writes a value of its own fails"
        ),
        Lost::Computed => format!(
            "{subject} is computed by the database from now on, and the running code writes it: its INSERT fails"
        ),
        Lost::MeansOther(former) if loss.column.is_none() => format!(
            "It is the former table '{former}' from now on: the running code reads and writes the other one's rows"
        ),
        Lost::MeansOther(former) => format!(
            "{subject} is the former column '{former}' from now on: the running code reads and writes the other one's values"
        ),
        Lost::TypeName(before, after) => format!(
            "{subject} changes its type's name from {before} to {after}, and the running code casts values to {before}"
        ),
        Lost::Kind(before, after) => format!(
            "{subject} changes its type from {before} to {after}, and the running code takes its values for those of {before}"
        ),
        Lost::Narrowed(before, after) => format!(
            "{subject} changes its type from {before} to {after}: values that the running code writes may be refused, or mean something else"
        ),
        Lost::ValuesGone(values) => format!(
            "{subject} does not allow {} any more, and the running code may write or ask for it",
            quoted(values)
        ),
        Lost::ValuesUnknown(values) => format!(
            "{subject} allows {} from now on, and the running code refuses rows with it",
            quoted(values)
        ),
        Lost::Restricted(kind, columns) => format!(
            "The running code may write rows that the new {} refuses",
            restriction(kind, columns)
        ),
    }
}

fn of_new(loss: &Loss<'_>, subject: &str) -> String {
    const BEFORE: &str = "before the migration";
    match &loss.what {
        Lost::Table => format!("The new code uses it, and it is not there {BEFORE}"),
        Lost::Column => format!("{subject} is not there {BEFORE}, and the new code names it"),
        Lost::NotWritten => format!(
            "{subject} is NOT NULL without a default {BEFORE}, and the new code does not write it"
        ),
        Lost::LeftOut => format!(
            "{subject} is NOT NULL without a default {BEFORE}, and the new code may leave it out"
        ),
        Lost::NullRefused => {
            format!("{subject} is NOT NULL {BEFORE}, and the new code may write null to it")
        }
        Lost::NullRead => {
            format!("{subject} may be null {BEFORE}, and the new code takes it for a value")
        }
        Lost::Computed => {
            format!("{subject} is computed by the database {BEFORE}, and the new code writes it")
        }
        Lost::MeansOther(former) if loss.column.is_none() => {
            format!("It is another table {BEFORE}: the new code takes it for the former '{former}'")
        }
        Lost::MeansOther(former) => format!(
            "{subject} is another column {BEFORE}: the new code takes it for the former '{former}'"
        ),
        Lost::TypeName(new, old) => format!(
            "{subject} is of the type {old} {BEFORE}, and the new code casts values to {new}"
        ),
        // The types are those of the new schema and of the old one.
        Lost::Kind(new, old) | Lost::Narrowed(new, old) => format!(
            "{subject} is {old} {BEFORE}, and the new code takes its values for those of {new}"
        ),
        Lost::ValuesGone(values) => format!(
            "{subject} does not allow {} {BEFORE}, and the new code may write or ask for it",
            quoted(values)
        ),
        Lost::ValuesUnknown(values) => format!(
            "{subject} allows {} {BEFORE}, and the new code refuses rows with it",
            quoted(values)
        ),
        Lost::Restricted(kind, columns) => format!(
            "The new code may write rows that the {} refuses, which is there {BEFORE}",
            restriction(kind, columns)
        ),
    }
}

/// What a schema on the way of a plan does not give to code, whichever code that is.
pub(super) fn lacked(loss: &Loss<'_>) -> String {
    let table = &loss.demand.table;
    let name = match &loss.column {
        Some(column) => format!("`{table}.{column}`"),
        None => format!("`{table}`"),
    };
    match &loss.what {
        Lost::Table | Lost::Column => format!("{name} is not there"),
        Lost::NotWritten | Lost::LeftOut => format!("each INSERT needs {name}"),
        Lost::NullRefused => format!("{name} takes no null"),
        Lost::NullRead => format!("{name} may be null"),
        Lost::Computed => format!("{name} is computed by the database"),
        Lost::Kind(wanted, is) | Lost::Narrowed(wanted, is) | Lost::TypeName(wanted, is) => {
            format!("{name} is {is} instead of {wanted}")
        }
        Lost::ValuesGone(values) => format!("{name} does not allow {}", quoted(values)),
        Lost::ValuesUnknown(values) => format!("{name} allows {} as well", quoted(values)),
        Lost::Restricted(kind, columns) => {
            format!("`{table}` has a {}", restriction(kind, columns))
        }
        Lost::MeansOther(former) => format!("{name} is the former '{former}'"),
    }
}

/// What the new code has to do about a loss, so that it works with both schemas.
pub(super) fn remedy(loss: &Loss<'_>) -> String {
    let column = loss.column.as_deref();
    let name = column.map_or_else(|| loss.demand.table.to_string(), ToOwned::to_owned);
    match &loss.what {
        Lost::Table | Lost::Column => format!("take `{name}` out of the new code"),
        Lost::NotWritten | Lost::LeftOut => {
            format!("write `{name}` in each INSERT of the new code, which has no default any more")
        }
        Lost::NullRefused => format!("write a value to `{name}`, and never null, in the new code"),
        Lost::NullRead => format!("let the new code take null from `{name}`"),
        Lost::Computed => format!("do not write `{name}` in the new code"),
        Lost::Kind(_, after) | Lost::Narrowed(_, after) | Lost::TypeName(_, after) => {
            format!("declare `{name}` as {after} in the new code")
        }
        Lost::ValuesGone(values) => {
            format!("take {} of `{name}` out of the new code", quoted(values))
        }
        Lost::ValuesUnknown(values) => {
            format!("let the new code read {} from `{name}`", quoted(values))
        }
        Lost::Restricted(kind, columns) => format!(
            "write rows to `{}` that the new {} takes",
            loss.demand.table,
            restriction(kind, columns)
        ),
        Lost::MeansOther(_) => format!("give `{name}` a name that nothing had before"),
    }
}

fn restriction(kind: &str, columns: &[String]) -> String {
    match kind.starts_with("CHECK") {
        true => kind.to_owned(),
        false if columns.is_empty() => kind.to_owned(),
        false => format!("{kind} on ({})", columns.join(", ")),
    }
}

fn quoted(values: &[String]) -> String {
    let quoted: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    quoted.join(", ")
}
