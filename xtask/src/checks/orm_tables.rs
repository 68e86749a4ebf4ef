//! A table of an ORM beside the table of the database that it describes: what the checks of keys
//! compare.

use super::entities::EntityKind;
use super::matching::{Description, TableMatches};
use super::table_names::is_table;
use super::{Check, Model, names};
use crate::facts::TableKeys;
use crate::report::Finding;
use crate::schema::model::Table;
use crate::source::Location;

/// A table of the database, and a declaration of an ORM that describes it.
pub(super) struct TableComparison<'c, 'a> {
    /// The model that both are of.
    pub model: &'c Model<'a>,
    /// The descriptions of the table.
    pub described: &'c TableMatches<'a>,
    /// The declaration.
    pub description: &'c Description<'a>,
    /// The table.
    pub table: &'c Table,
}

impl<'c, 'a> TableComparison<'c, 'a> {
    /// Returns every table whose declaration states keys, with these by the names of columns.
    pub fn of_keys(model: &'c Model<'a>) -> Vec<(Self, TableKeys)> {
        let mut found = Vec::new();
        for (described, description) in model.types() {
            let table = model.input.schema.tables.get(described.entity.name);
            let keys = description.declaration.keys.as_deref();
            if let (Some(table), Some(keys), EntityKind::Table) =
                (table, keys, described.entity.kind)
            {
                let comparison = Self {
                    model,
                    described,
                    description,
                    table,
                };
                let keys = comparison.by_columns(keys);
                found.push((comparison, keys));
            }
        }
        found
    }

    /// The same keys, with the database's names for columns that the declaration has under other
    /// ones: Drizzle's `casing` makes `team_id` of the key `teamId`.
    fn by_columns(&self, keys: &TableKeys) -> TableKeys {
        let mut keys = keys.clone();
        let uniques = keys.uniques.iter_mut().flatten();
        for key in keys.primary.iter_mut().chain(uniques) {
            rename(self.table, &mut key.columns);
        }
        for index in keys.indexes.iter_mut().flatten() {
            rename(self.table, &mut index.columns);
        }
        for key in keys.foreign.iter_mut().flatten() {
            rename(self.table, &mut key.columns);
            let tables = &self.model.input.schema.tables;
            if let Some((_, other)) = tables.iter().find(|(name, _)| is_table(name, &key.table)) {
                rename(other, &mut key.referenced);
            }
        }
        keys
    }

    /// The declaration with its noun: Prisma model `User`.
    pub fn named(&self) -> String {
        let name = &self.description.declaration.name;
        format!("{} `{name}`", self.description.noun())
    }

    /// Whether the table has all columns of a key. That one is missing is said of the field.
    pub fn has_columns(&self, columns: &[String]) -> bool {
        columns
            .iter()
            .all(|column| self.table.column(column).is_some())
    }

    /// Whether the declaration has a field for each of the columns.
    pub fn has_fields(&self, columns: &[String]) -> bool {
        let pairs = &self.description.pairing.pairs;
        columns
            .iter()
            .all(|column| pairs.iter().any(|pair| pair.column.name == *column))
    }

    /// The place of the field of the first column; the declaration's where it has none.
    pub fn place_of_first(&self, columns: &[String]) -> &'c Location {
        let mut pairs = self.description.pairing.pairs.iter();
        let of_first = pairs.find(|pair| Some(&pair.column.name) == columns.first());
        of_first.map_or(&self.description.declaration.location, |pair| {
            &pair.field.location
        })
    }

    /// A finding of `check` about the columns.
    pub fn finding(&self, check: &Check, columns: &[String], message: String) -> Finding {
        check
            .finding(&self.described.entity.title(), message)
            .about(self.description, &columns.join(", "))
    }
}

fn rename(table: &Table, columns: &mut [String]) {
    for written in columns {
        if table.column(written).is_some() {
            continue;
        }
        let key = names::key(written);
        let mut columns = table.columns.iter();
        if let Some(column) = columns.find(|column| names::key(&column.name) == key) {
            written.clone_from(&column.name);
        }
    }
}

impl Finding {
    /// Adds the migration line that last touched the first of the columns.
    pub(super) fn at_first_of(
        self,
        comparison: &TableComparison<'_, '_>,
        columns: &[String],
    ) -> Self {
        let column = columns
            .first()
            .and_then(|name| comparison.table.column(name));
        match column {
            Some(column) => self.at_column(
                comparison.described.entity.name,
                column,
                comparison.model.input.provenance,
            ),
            None => self,
        }
    }
}
