//! The rows of the scratch database as texts, to find the rows that a way back lost or changed.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use postgres::GenericClient;

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
                    "SELECT {number}, to_jsonb(r)::text FROM {} AS r",
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
}
