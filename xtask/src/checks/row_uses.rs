//! The uses of declarations for rows: a schema that parses the rows of a query is of rows, a type
//! whose values are passed to an `insert` is of inserts, and one whose values are made of what a query
//! lists is no row.

use std::collections::HashMap;

use super::entities::Entity;
use super::table_names::is_table;
use crate::facts::{Declaration, Facts, RowUsage, RowUse};
use crate::schema::model::ObjectName;
use crate::source::Location;

/// The uses of a declaration's values for the rows of one table.
#[derive(Debug, Clone, Copy, Default)]
pub struct UsedForRows {
    /// It parses rows that queries return.
    pub parses_rows: bool,
    /// Some of these rows are whole ones of the table, as it holds them.
    pub parses_whole_rows: bool,
    /// Its values are inserted as they are.
    pub is_inserted: bool,
    /// Its values are a part of what is inserted or updated.
    pub is_written: bool,
    /// Its values come from an API, and the file that declares it fetches them.
    pub is_fetched: bool,
}

impl UsedForRows {
    /// Whether its values go into the table, and nothing else is known to be done with them.
    #[must_use]
    pub fn only_goes_in(self) -> bool {
        (self.is_inserted || self.is_written) && !self.parses_rows
    }

    /// Whether its values come from the table, and nothing else is known to be done with them.
    #[must_use]
    pub fn only_comes_out(self) -> bool {
        self.parses_rows && !self.is_inserted && !self.is_written
    }

    /// Whether a client of an API is told its values, and nothing that is known to be done with them
    /// has to do with rows.
    #[must_use]
    pub fn is_only_fetched(self) -> bool {
        self.is_fetched && !self.parses_rows && !self.is_inserted && !self.is_written
    }

    fn add(&mut self, one: &RowUse) {
        match &one.usage {
            RowUsage::ParsesRows => {
                self.parses_rows = true;
                self.parses_whole_rows |= one.table.is_some();
            }
            RowUsage::Inserted => self.is_inserted = true,
            RowUsage::Written => self.is_written = true,
            RowUsage::Fetched => self.is_fetched = true,
            // They say what a field is, and nothing of the side.
            RowUsage::Selected(_) | RowUsage::Read(_) => {}
        }
    }
}

/// The columns that code makes the values of a declaration of, where a query lists them: for each
/// field the column that it holds as it is.
#[derive(Debug, Default)]
pub struct SelectedFields<'a>(HashMap<&'a str, Option<&'a str>>);

impl<'a> SelectedFields<'a> {
    /// The column whose value a field holds, if that is not computed.
    #[must_use]
    pub fn column(&self, field: &str) -> Option<&'a str> {
        self.0.get(field).copied().flatten()
    }

    /// Takes up one place at which values are made: only what all places agree on is known.
    fn add(&mut self, fields: &'a [(String, Option<String>)]) {
        for (field, column) in fields {
            let column = column.as_deref();
            let known = self.0.entry(field).or_insert(column);
            *known = known.filter(|known| Some(*known) == column);
        }
    }
}

/// The uses of all declarations, by file and name.
#[derive(Debug)]
pub struct RowUses<'a>(HashMap<(&'a str, &'a str), Vec<&'a RowUse>>);

impl<'a> RowUses<'a> {
    /// Collects the uses that were read.
    #[must_use]
    pub fn new(facts: &'a Facts) -> Self {
        let mut uses: HashMap<(&'a str, &'a str), Vec<&'a RowUse>> = HashMap::new();
        for one in &facts.row_uses {
            let named = &one.declaration;
            let key = (named.file.as_str(), named.name.as_str());
            uses.entry(key).or_default().push(one);
        }
        let mut uses = Self(uses);
        if !uses.0.is_empty() {
            uses.follow_inferred_types(facts);
        }
        uses
    }

    /// Counts the uses of a type that is inferred from a schema as uses of the schema.
    fn follow_inferred_types(&mut self, facts: &'a Facts) {
        let mut schemas: HashMap<&Location, Vec<&'a Declaration>> = HashMap::new();
        for schema in &facts.schemas {
            if let Some(first) = schema.fields.first() {
                schemas.entry(&first.location).or_default().push(schema);
            }
        }
        for ty in &facts.types {
            let (Some(first), Some(of_type)) = (ty.fields.first(), self.0.get(&key(ty)).cloned())
            else {
                continue;
            };
            for schema in schemas.get(&first.location).into_iter().flatten() {
                let fields = ty.fields.iter().map(|field| &field.location);
                if fields.eq(schema.fields.iter().map(|field| &field.location)) {
                    self.0.entry(key(schema)).or_default().extend(&of_type);
                }
            }
        }
    }

    /// Returns the uses of the values of `declaration` for the rows of `entity`.
    #[must_use]
    pub fn of(&self, declaration: &Declaration, entity: &Entity<'_>) -> UsedForRows {
        let mut used = UsedForRows::default();
        let key = (&*declaration.location.file, declaration.name.as_str());
        for one in self.0.get(&key).into_iter().flatten() {
            let is_of_table = |table: &String| is_table(entity.name, table);
            if one.table.as_ref().is_none_or(is_of_table) {
                used.add(one);
            }
        }
        used
    }

    /// Returns what the values of `declaration` are made of, as far as it is of `entity`; none where
    /// no query lists it, or whole rows are of it as well.
    #[must_use]
    pub fn selected(
        &self,
        declaration: &Declaration,
        entity: &Entity<'_>,
    ) -> Option<SelectedFields<'a>> {
        if self.of(declaration, entity).parses_whole_rows {
            return None;
        }
        let uses = self.0.get(&key(declaration)).into_iter().flatten();
        let mut selected = None;
        for one in uses {
            let RowUsage::Selected(fields) = &one.usage else {
                continue;
            };
            let selected = selected.get_or_insert_with(SelectedFields::default);
            let table = one.table.as_ref();
            if table.is_some_and(|table| is_table(entity.name, table)) {
                selected.add(fields);
            }
        }
        selected
    }

    /// Whether all that is known to be done with the values of `declaration` is done with tables that
    /// the database does not have: they are of another database.
    #[must_use]
    pub fn is_elsewhere(&self, declaration: &Declaration, tables: &[&ObjectName]) -> bool {
        let Some(uses) = self.0.get(&key(declaration)) else {
            return false;
        };
        let is_known = |table: &String| tables.iter().any(|name| is_table(name, table));
        let is_of_rows =
            |one: &&&RowUse| !matches!(one.usage, RowUsage::Read(_) | RowUsage::Fetched);
        let mut of_rows = uses.iter().filter(is_of_rows).peekable();
        let is_foreign = |one: &&RowUse| one.table.as_ref().is_some_and(|table| !is_known(table));
        of_rows.peek().is_some() && of_rows.all(is_foreign)
    }

    /// Whether code reads a field of `declaration` by itself, rather than pass all of its values on.
    #[must_use]
    pub fn is_read(&self, declaration: &Declaration, field: &str) -> bool {
        let uses = self.0.get(&key(declaration)).into_iter().flatten();
        let mut usages = uses.map(|one| &one.usage);
        usages.any(|usage| matches!(usage, RowUsage::Read(read) if read == field))
    }
}

fn key(declaration: &Declaration) -> (&str, &str) {
    (&declaration.location.file, &declaration.name)
}
