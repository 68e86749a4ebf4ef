//! Finds rules that a migration loosens. Its way back may fail over rows that only the looser rule
//! allows.

mod combinations;

use std::collections::BTreeSet;

use crate::migrations::seed;
use crate::migrations::sql::{identifier, literal, quoted};
use crate::schema::model::{Column, Constraint, ConstraintKind, ObjectName, Schema, Table};
use crate::schema::types::{ColumnType, Scalar};

/// The most new values of one enum that are tried: each of them costs another run of the way back.
const ENUM_VALUES: usize = 3;

/// The longest text that is made up, in characters. A longer one proves nothing more.
const LONGEST: u32 = 10_000;

/// A property that rows may have after a migration and could not have before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allowance {
    /// The table.
    pub table: ObjectName,
    /// Columns with values, as SQL writes them. The first alternative that PostgreSQL accepts is
    /// taken.
    pub values: Vec<Vec<(String, String)>>,
    /// The earlier rule, where only PostgreSQL can tell whether a row breaks it.
    pub broken_rule: Option<String>,
    /// The description of such a row; none where its values say it.
    pub words: Option<String>,
}

/// Finds the rules that `after` has loosened in tables that `before` has too.
pub(super) fn allowances(before: &Schema, after: &Schema) -> Vec<Allowance> {
    let mut all = Vec::new();
    // The table of a column looks the same when its enum gets new values.
    let are_enums_same = before.enums == after.enums;
    for (name, now) in &after.tables {
        let Some(was) = before.tables.get(name) else {
            continue;
        };
        if (was == now && are_enums_same) || now.foreign.is_some() || now.partition.is_some() {
            continue;
        }
        let tables = TableChange {
            name,
            before,
            after,
            was,
            now,
        };
        all.extend(tables.of_columns());
        all.extend(tables.of_checks());
        all.extend(tables.of_keys());
        all.extend(tables.of_references());
    }
    all
}

/// A table before and after a migration.
struct TableChange<'s> {
    name: &'s ObjectName,
    before: &'s Schema,
    after: &'s Schema,
    was: &'s Table,
    now: &'s Table,
}

impl TableChange<'_> {
    fn allowance(&self, values: Vec<Vec<(String, String)>>, words: Option<String>) -> Allowance {
        Allowance {
            table: self.name.clone(),
            values,
            broken_rule: None,
            words,
        }
    }

    fn single(&self, column: &Column, value: String, words: Option<String>) -> Allowance {
        self.allowance(vec![vec![(column.name.clone(), value)]], words)
    }

    /// `members.phone`
    fn called(&self, column: &str) -> String {
        format!("`{}.{column}`", self.name)
    }

    /// Whether rows can be given a value of their own in each of `columns`.
    fn can_be_set(&self, columns: &[String]) -> bool {
        let can_be = |name: &String| {
            self.now
                .column(name)
                .is_some_and(|column| !column.must_be_omitted())
        };
        columns.iter().all(can_be)
    }

    fn of_columns(&self) -> Vec<Allowance> {
        let mut all = Vec::new();
        for now in self
            .now
            .columns
            .iter()
            .filter(|column| !column.must_be_omitted())
        {
            let Some(was) = self.was.column(&now.name) else {
                continue;
            };
            if was.not_null && !now.not_null {
                all.push(self.single(now, "NULL".into(), None));
            }
            if was.type_name != now.type_name {
                all.extend(self.of_type(was, now));
            }
            all.extend(self.of_enum(was, now));
        }
        all
    }

    fn of_enum(&self, was: &Column, now: &Column) -> Vec<Allowance> {
        let old = ColumnType::resolve(&was.type_name, self.before);
        let new = ColumnType::resolve(&now.type_name, self.after);
        let (Scalar::Enum(_, old), Scalar::Enum(_, labels)) = (&old.scalar, &new.scalar) else {
            return Vec::new();
        };
        let added = labels
            .iter()
            .filter(|label| !old.contains(label))
            .take(ENUM_VALUES);
        let value = |label: &String| match new.array {
            true => format!("ARRAY[{}]::{}", literal(label), now.type_name),
            false => format!("{}::{}", literal(label), now.type_name),
        };
        added
            .map(|label| self.single(now, value(label), None))
            .collect()
    }

    fn of_type(&self, was: &Column, now: &Column) -> Option<Allowance> {
        let old = ColumnType::resolve(&was.type_name, self.before);
        let new = ColumnType::resolve(&now.type_name, self.after);
        if old.is_text() && new.is_text() {
            let length = old
                .length
                .filter(|old| new.length.is_none_or(|new| new > *old))?;
            let longer = length.checked_add(1).filter(|longer| *longer <= LONGEST)?;
            let words = format!("{} has {longer} characters", self.called(&now.name));
            return Some(self.single(now, format!("repeat('x', {longer})"), Some(words)));
        }
        if new.is_text() {
            let texts = seed::likely_values(self.after, self.now, now, 1);
            let values = texts
                .into_iter()
                .map(|text| vec![(now.name.clone(), text)])
                .collect();
            return Some(self.allowance(values, None));
        }
        let (Scalar::Builtin(old_name), Scalar::Builtin(new_name)) = (&old.scalar, &new.scalar)
        else {
            return None;
        };
        if old.array || new.array {
            return None;
        }
        let beyond = match (old_name.as_str(), new_name.as_str()) {
            // One more than the largest value of the earlier type.
            ("smallint", "integer" | "bigint") => "32768",
            ("integer", "bigint") => "2147483648",
            _ => return None,
        };
        Some(self.single(now, format!("{beyond}::{}", now.type_name), None))
    }

    /// Checks that are gone, or demand less. PostgreSQL tells which values break the earlier one.
    fn of_checks(&self) -> Vec<Allowance> {
        let mut all = Vec::new();
        for check in gone(self.was, self.now, ConstraintKind::Check) {
            let Some(rule) =
                expression(&check.definition).filter(|_| self.can_be_set(&check.columns))
            else {
                continue;
            };
            let columns = check
                .columns
                .iter()
                .filter_map(|name| self.now.column(name));
            let choices: Vec<_> = columns
                .map(|column| {
                    (
                        column.name.clone(),
                        self.values_near(column, &check.definition),
                    )
                })
                .collect();
            let values = combinations::rows(&choices);
            all.push(Allowance {
                broken_rule: Some(rule.to_owned()),
                ..self.allowance(values, None)
            });
        }
        all
    }

    /// The values of a column that may break a check. A column of a foreign key holds a value of
    /// the other table, or none: PostgreSQL refuses other likely values there.
    fn values_near(&self, column: &Column, check: &str) -> Vec<String> {
        let candidates = seed::candidates(self.after, self.now, column, 1);
        let mut values = match candidates.iter().any(|value| seed::is_reference(value)) {
            true => candidates,
            false => seed::likely_values_near(self.after, self.now, column, check),
        };
        if !column.not_null {
            values.push("NULL".into());
        }
        values
    }

    /// Keys that are gone: two rows may then have the same values.
    fn of_keys(&self) -> Vec<Allowance> {
        let now = unique_keys(self.now);
        // A kept key over some of the columns still keeps rows from being equal in all of them.
        let is_gone = |key: &&BTreeSet<String>| !now.iter().any(|kept| kept.is_subset(key));
        let mut all = Vec::new();
        for key in unique_keys(self.was).iter().filter(is_gone) {
            let columns: Vec<String> = key.iter().cloned().collect();
            if !self.can_be_set(&columns) {
                continue;
            }
            let table = quoted(self.name);
            // The values of the first row: a second row with them breaks the former key.
            let first = |column: &String| {
                let value = identifier(column);
                format!("(SELECT d.{value} FROM {table} AS d ORDER BY d.tableoid, d.ctid LIMIT 1)")
            };
            let values = columns
                .iter()
                .map(|column| (column.clone(), first(column)))
                .collect();
            let names: Vec<String> = columns.iter().map(|column| self.called(column)).collect();
            all.push(self.allowance(
                vec![values],
                Some(format!("two rows have the same {}", names.join(", "))),
            ));
        }
        all
    }

    /// Foreign keys that are gone: a row may then refer to nothing.
    fn of_references(&self) -> Vec<Allowance> {
        let mut all = Vec::new();
        for key in gone(self.was, self.now, ConstraintKind::ForeignKey) {
            let is_kept = self
                .now
                .constraints
                .values()
                .any(|now| now.kind == key.kind && now.columns == key.columns);
            if is_kept || !self.can_be_set(&key.columns) {
                continue;
            }
            let columns = key.columns.iter().filter_map(|name| self.now.column(name));
            let choices: Vec<_> = columns
                .map(|column| (column.name.clone(), self.values_beyond(column)))
                .collect();
            let names: Vec<String> = key
                .columns
                .iter()
                .map(|column| self.called(column))
                .collect();
            let verb = if names.len() == 1 { "refers" } else { "refer" };
            let words = format!("{} {verb} to no row", names.join(", "));
            all.push(self.allowance(combinations::side_by_side(&choices), Some(words)));
        }
        all
    }

    /// Values of a column that no row has by now. Where another foreign key restricts the column,
    /// the values that this one allows.
    fn values_beyond(&self, column: &Column) -> Vec<String> {
        seed::candidates(
            self.after,
            self.now,
            column,
            usize::from(i8::MAX.unsigned_abs()),
        )
    }
}

/// The constraints of a kind that `now` does not have under any name.
fn gone<'t>(was: &'t Table, now: &Table, kind: ConstraintKind) -> Vec<&'t Constraint> {
    let is_kept = |constraint: &&Constraint| {
        now.constraints
            .values()
            .any(|kept| kept.definition == constraint.definition)
    };
    was.constraints
        .values()
        .filter(|constraint| constraint.kind == kind && !is_kept(constraint))
        .collect()
}

/// `(a > 0)` of `CHECK ((a > 0)) NOT VALID`.
fn expression(definition: &str) -> Option<&str> {
    let (start, end) = (definition.find('(')?, definition.rfind(')')?);
    definition.get(start..=end)
}

/// The sets of columns in which no two rows agree. Only keys of plain columns over all rows are
/// listed: an index over an expression or with a condition demands less.
fn unique_keys(table: &Table) -> Vec<BTreeSet<String>> {
    let constraints = table.constraints.values().filter(|constraint| {
        matches!(
            constraint.kind,
            ConstraintKind::PrimaryKey | ConstraintKind::Unique
        )
    });
    let mut keys: Vec<BTreeSet<String>> = constraints
        .map(|constraint| constraint.columns.iter().cloned().collect())
        .collect();
    for index in table.indexes.values() {
        let definition = index.definition.as_str();
        let Some((head, rest)) = definition.split_once(" USING btree (") else {
            continue;
        };
        let Some(columns) = rest
            .strip_suffix(')')
            .filter(|_| head.starts_with("CREATE UNIQUE INDEX "))
        else {
            continue;
        };
        let named = |text: &str| {
            table
                .columns
                .iter()
                .find(|column| identifier(&column.name) == text || column.name == text)
        };
        let columns: Option<BTreeSet<String>> = columns
            .split(", ")
            .map(|text| named(text).map(|column| column.name.clone()))
            .collect();
        keys.extend(columns);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, type_name: &str) -> Column {
        Column {
            name: name.into(),
            type_name: type_name.into(),
            ..Column::default()
        }
    }

    fn schema(table: Table) -> Schema {
        Schema {
            tables: [(ObjectName::public("t"), table)].into(),
            ..Schema::default()
        }
    }

    fn of(columns: Vec<Column>) -> Schema {
        schema(Table {
            columns,
            ..Table::default()
        })
    }

    fn first_values(before: &Schema, after: &Schema) -> Vec<String> {
        let found = allowances(before, after);
        found
            .iter()
            .map(|one| {
                one.values
                    .first()
                    .map(|row| row[0].1.clone())
                    .unwrap_or_default()
            })
            .collect()
    }

    #[test]
    fn null_lengths_and_ranges_that_are_new_are_used() {
        let before = of(vec![
            Column {
                not_null: true,
                ..column("a", "text")
            },
            column("b", "character varying(3)"),
            column("c", "integer"),
        ]);
        let after = of(vec![
            column("a", "text"),
            column("b", "text"),
            column("c", "bigint"),
        ]);
        assert_eq!(
            first_values(&before, &after),
            ["NULL", "repeat('x', 4)", "2147483648::bigint"]
        );
        assert_eq!(
            first_values(&after, &before),
            [""; 0],
            "stricter rules allow nothing"
        );
        assert_eq!(first_values(&before, &before), [""; 0]);
    }

    #[test]
    fn only_keys_without_a_narrower_one_let_in_duplicates() {
        let unique = |columns: &[&str]| Constraint {
            kind: ConstraintKind::Unique,
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            definition: format!("UNIQUE ({})", columns.join(", ")),
            validated: true,
            disabled: false,
            inherited: false,
            clustered: false,
            index_valid: true,
            storage: Default::default(),
            comment: None,
        };
        let with = |keys: &[&[&str]]| {
            let constraints = keys
                .iter()
                .map(|key| (key.join("_"), unique(key)))
                .collect();
            schema(Table {
                columns: vec![column("a", "text"), column("b", "text")],
                constraints,
                ..Table::default()
            })
        };
        let words = |before: &Schema, after: &Schema| {
            allowances(before, after)
                .into_iter()
                .filter_map(|one| one.words)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            words(&with(&[&["a"]]), &with(&[&["a", "b"]])),
            ["two rows have the same `t.a`"]
        );
        assert_eq!(words(&with(&[&["a", "b"]]), &with(&[&["a"]])), [""; 0]);
    }

    #[test]
    fn the_rule_of_a_check_is_read_from_its_definition() {
        assert_eq!(expression("CHECK ((a > 0)) NOT VALID"), Some("((a > 0))"));
    }
}
