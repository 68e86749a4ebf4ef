//! The rows of the scratch database as texts, to find the rows that a way back lost or changed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use postgres::GenericClient;
use serde_json::{Map, Value};

use crate::migrations::seed::TABLES_AT_ONCE;
use crate::migrations::sql::quoted;
use crate::schema::model::{ObjectName, Schema};

/// Every row of every table as JSON, in which the order of the columns does not count.
pub(super) struct RowTexts(BTreeMap<ObjectName, Vec<String>>);

impl RowTexts {
    /// Reads the rows of the tables of `schema`.
    pub(super) fn read(client: &mut impl GenericClient, schema: &Schema) -> Result<Self> {
        let tables: Vec<&ObjectName> = schema
            .tables
            .iter()
            .filter(|(_, table)| table.foreign.is_none())
            .map(|(name, _)| name)
            .collect();
        let mut all: BTreeMap<ObjectName, Vec<String>> = tables
            .iter()
            .map(|name| ((*name).clone(), Vec::new()))
            .collect();
        for some in tables.chunks(TABLES_AT_ONCE) {
            let select = |(number, name): (usize, &&ObjectName)| {
                format!(
                    "SELECT {number}, to_jsonb(r.*)::text FROM {} AS r",
                    quoted(name)
                )
            };
            let query = some
                .iter()
                .enumerate()
                .map(select)
                .collect::<Vec<_>>()
                .join(" UNION ALL ");
            for row in client
                .query(&query, &[])
                .context("cannot read the rows of the scratch database")?
            {
                let (number, text): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
                let name = usize::try_from(number)
                    .ok()
                    .and_then(|number| some.get(number));
                if let Some(rows) = name.and_then(|name| all.get_mut(*name)) {
                    rows.push(text);
                }
            }
        }
        Ok(Self(all))
    }

    /// Counts the rows that each table has lost or changed since.
    pub(super) fn missing_in(&self, later: &Self) -> Vec<(String, usize)> {
        let missing = self.0.iter().map(|(name, rows)| {
            let left = later.0.get(name).map(Vec::as_slice).unwrap_or_default();
            (
                name.to_string(),
                rows.iter().filter(|row| !left.contains(row)).count(),
            )
        });
        missing.filter(|(_, count)| *count > 0).collect()
    }

    /// The columns whose values are others since: namespace, table and column. A row that is gone
    /// stands as namespace and table.
    pub(super) fn changed_in(&self, later: &Self) -> Vec<Vec<String>> {
        let mut all = BTreeSet::new();
        for (name, rows) in &self.0 {
            let left = later.0.get(name).map(Vec::as_slice).unwrap_or_default();
            let missing: Vec<&String> = rows.iter().filter(|row| !left.contains(row)).collect();
            let mut others: Vec<&String> = left.iter().filter(|row| !rows.contains(row)).collect();
            for row in missing {
                let table = vec![name.namespace.clone(), name.name.clone()];
                let differences = others.iter().map(|other| differing(row, other));
                // The row that it is most likely to have become.
                let nearest = differences
                    .enumerate()
                    .min_by_key(|(_, columns)| columns.len());
                let Some((at, columns)) = nearest else {
                    all.insert(table);
                    continue;
                };
                others.remove(at);
                for column in columns {
                    all.insert([table.clone(), vec![column]].concat());
                }
            }
        }
        all.into_iter().collect()
    }
}

/// The members in which two JSON objects differ.
fn differing(one: &str, other: &str) -> Vec<String> {
    let object = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Object(members)) => members,
        _no_object => Map::new(),
    };
    let (one, other) = (object(one), object(other));
    let is_other = |name: &&String| one.get(*name) != other.get(*name);
    one.keys().filter(is_other).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_row_is_told_by_its_columns_and_a_missing_one_by_its_table() {
        let texts = |rows: &[&str]| {
            let rows = rows.iter().map(|row| (*row).to_owned()).collect();
            RowTexts([(ObjectName::public("t"), rows)].into())
        };
        let before = texts(&[
            r#"{"a":1,"b":"x"}"#,
            r#"{"a":2,"b":"y"}"#,
            r#"{"a":3,"b":"z"}"#,
        ]);
        let after = texts(&[r#"{"a":2,"b":"Y"}"#, r#"{"a":1,"b":"x"}"#]);
        let told: Vec<String> = before
            .changed_in(&after)
            .iter()
            .map(|path| path.join("."))
            .collect();
        assert_eq!(told, ["public.t", "public.t.b"]);
        assert_eq!(before.changed_in(&before), Vec::<Vec<String>>::new());
    }
}
