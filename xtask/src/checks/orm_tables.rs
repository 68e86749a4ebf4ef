//! A table of an ORM beside the table of the database that it describes: what the checks of keys
//! compare.

use super::entities::EntityKind;
use super::matching::{Description, TableMatches};
use super::{Check, Model};
use crate::facts::TableKeys;
use crate::report::Finding;
use crate::schema::model::Table;

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
    /// Returns every table whose declaration states keys, with these.
    pub fn of_keys(model: &'c Model<'a>) -> Vec<(Self, &'a TableKeys)> {
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
                found.push((comparison, keys));
            }
        }
        found
    }

    /// The declaration with its noun: Prisma model `User`.
    pub fn named(&self) -> String {
        let name = &self.description.declaration.name;
        format!("{} `{name}`", self.description.noun())
    }

    /// Whether the declaration has a field for each of the columns.
    pub fn has_fields(&self, columns: &[String]) -> bool {
        let pairs = &self.description.pairing.pairs;
        columns
            .iter()
            .all(|column| pairs.iter().any(|pair| pair.column.name == *column))
    }

    /// A finding of `check` about the columns.
    pub fn finding(&self, check: &Check, columns: &[String], message: String) -> Finding {
        check
            .finding(&self.described.entity.title(), message)
            .about(self.description, &columns.join(", "))
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
