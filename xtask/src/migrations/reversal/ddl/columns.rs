//! Columns: in `CREATE TABLE`, in `ADD COLUMN`, and attribute by attribute.

use super::names::{comment, name, qualified, sequence_options, text};
use crate::schema::model::{Column, Identity, ObjectName, Schema, Sequence};

/// Writes a column as `CREATE TABLE` and `ADD COLUMN` take it.
pub fn definition(schema: &Schema, table: &ObjectName, column: &Column) -> String {
    let mut written = without_not_null(schema, table, column);
    if is_set_not_null(column) {
        written += " NOT NULL";
    }
    written
}

/// Whether the column itself says NOT NULL, and not only its domain or its identity.
pub fn is_set_not_null(column: &Column) -> bool {
    column.not_null && !column.not_null_by_domain && column.identity.is_none()
}

/// Writes a column without its NOT NULL.
pub fn without_not_null(schema: &Schema, table: &ObjectName, column: &Column) -> String {
    let mut written = format!("{} {}", name(&column.name), type_of(column));
    if let Some(compression) = &column.compression {
        written += &format!(" COMPRESSION {compression}");
    }
    if let Some(default) = &column.default {
        written += &format!(" DEFAULT {default}");
    }
    if let Some(expression) = &column.generated {
        written += &format!(" GENERATED ALWAYS AS ({expression}) {}", generation(column));
    }
    if column.identity.is_some() {
        written += &format!(" {}", identity(schema, table, column));
    }
    written
}

/// Writes the type with its collation.
pub fn type_of(column: &Column) -> String {
    match &column.collation {
        Some(collation) => format!("{} COLLATE {collation}", column.type_name),
        None => column.type_name.clone(),
    }
}

fn generation(column: &Column) -> &'static str {
    if column.generated_virtual {
        "VIRTUAL"
    } else {
        "STORED"
    }
}

/// Writes `GENERATED … AS IDENTITY` with the name and the options of its sequence.
pub fn identity(schema: &Schema, table: &ObjectName, column: &Column) -> String {
    let kind = identity_kind(column);
    let Some((sequence, options)) = identity_sequence(schema, table, &column.name) else {
        return format!("GENERATED {kind} AS IDENTITY");
    };
    let mut inside = format!("SEQUENCE NAME {}", qualified(sequence));
    if !options.options.is_empty() {
        inside += &format!(" {}", sequence_options(&options.options));
    }
    format!("GENERATED {kind} AS IDENTITY ({inside})")
}

/// `ALWAYS` or `BY DEFAULT`.
pub fn identity_kind(column: &Column) -> &'static str {
    match column.identity {
        Some(Identity::ByDefault) => "BY DEFAULT",
        Some(Identity::Always) | None => "ALWAYS",
    }
}

/// The sequence of an identity column.
pub fn identity_sequence<'s>(
    schema: &'s Schema,
    table: &ObjectName,
    column: &str,
) -> Option<(&'s ObjectName, &'s Sequence)> {
    schema.sequences.iter().find(|(_, sequence)| {
        sequence.identity
            && sequence
                .owned_by
                .as_deref()
                .is_some_and(|owner| is_path_of(owner, table, column))
    })
}

/// Whether `path`, which PostgreSQL wrote, names this column.
pub fn is_path_of(path: &str, table: &ObjectName, column: &str) -> bool {
    path_parts(path) == [table.namespace.as_str(), table.name.as_str(), column]
}

/// Takes `public."Odd".id` apart.
pub fn path_parts(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        let last = parts.len() - 1;
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                parts[last].push('"');
            }
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(String::new()),
            other => parts[last].push(other),
        }
    }
    parts
}

/// Statements that give a new column the attributes that its definition cannot hold.
pub fn attributes(table: &str, wanted: &Column, now: &Column) -> Vec<String> {
    let column = name(&wanted.name);
    let alter = format!("ALTER TABLE {table} ALTER COLUMN {column}");
    let mut all = Vec::new();
    if wanted.storage != now.storage {
        let storage = wanted.storage.as_deref().unwrap_or(usual_storage(wanted));
        all.push(format!("{alter} SET STORAGE {}", storage.to_uppercase()));
    }
    if wanted.compression != now.compression {
        let method = wanted.compression.as_deref().unwrap_or("DEFAULT");
        all.push(format!("{alter} SET COMPRESSION {method}"));
    }
    if wanted.statistics != now.statistics {
        let target = wanted.statistics.unwrap_or(-1);
        all.push(format!("{alter} SET STATISTICS {target}"));
    }
    all.extend(options(&alter, &wanted.options, &now.options));
    if wanted.comment != now.comment {
        let on = format!("COLUMN {table}.{column}");
        all.push(comment(&on, wanted.comment.as_ref()));
    }
    all
}

/// The storage of a type of variable length where nobody set another. `SET STORAGE DEFAULT` is only
/// there since PostgreSQL 16.
fn usual_storage(column: &Column) -> &'static str {
    let (name, _) = column
        .type_name
        .split_once('(')
        .unwrap_or((&column.type_name, ""));
    match name {
        "numeric" | "inet" | "cidr" => "main",
        "tsquery" => "plain",
        _ => "extended",
    }
}

/// Statements that set and reset options, which are listed as `name=value`.
pub fn options(alter: &str, wanted: &[String], now: &[String]) -> Vec<String> {
    let key = |option: &String| option.split('=').next().unwrap_or_default().to_owned();
    let set: Vec<String> = wanted
        .iter()
        .filter(|option| !now.contains(option))
        .map(|option| written_option(option))
        .collect();
    let wanted_keys: Vec<String> = wanted.iter().map(key).collect();
    let reset: Vec<String> = now
        .iter()
        .map(key)
        .filter(|key| !wanted_keys.contains(key))
        .collect();
    let mut all = Vec::new();
    if !set.is_empty() {
        all.push(format!("{alter} SET ({})", set.join(", ")));
    }
    if !reset.is_empty() {
        all.push(format!("{alter} RESET ({})", reset.join(", ")));
    }
    all
}

/// `fillfactor=70` with its value as SQL takes it.
pub fn written_option(option: &str) -> String {
    let Some((key, value)) = option.split_once('=') else {
        return option.to_owned();
    };
    let is_word = !value.is_empty()
        && value
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || ".-_".contains(character));
    match is_word {
        true => format!("{key} = {value}"),
        false => format!("{key} = {}", text(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        assert_eq!(path_parts("public.users.id"), ["public", "users", "id"]);
        assert_eq!(path_parts("a.\"B.\"\"c\".\"d e\""), ["a", "B.\"c", "d e"]);
    }

    #[test]
    fn options_are_set_and_reset() {
        let list = |options: &[&str]| options.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            options(
                "ALTER TABLE t",
                &list(&["fillfactor=70", "toast.autovacuum_enabled=false"]),
                &list(&["fillfactor=80", "parallel_workers=2"])
            ),
            [
                "ALTER TABLE t SET (fillfactor = 70, toast.autovacuum_enabled = false)",
                "ALTER TABLE t RESET (parallel_workers)"
            ]
        );
    }
}
