//! The migration line that last touched each table and column, where a person finds the reason for
//! its state.

mod columns;
mod namespaces;
mod presence;

use std::collections::BTreeMap;

use self::columns::ColumnHistory;
pub use self::columns::ColumnNames;
pub use self::presence::Presence;
use super::model::ObjectName;
use crate::source::Location;

/// The places in migration files that last touched each table (views among them), column and type.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    tables: BTreeMap<ObjectName, Location>,
    columns: BTreeMap<(ObjectName, String), Location>,
    checks: BTreeMap<(ObjectName, String), Location>,
    types: BTreeMap<ObjectName, Location>,
    gone: BTreeMap<(ObjectName, String), DroppedColumn>,
    gone_tables: BTreeMap<ObjectName, GoneTable>,
    history: ColumnHistory,
}

/// A column that was dropped or renamed.
#[derive(Debug, Clone)]
struct DroppedColumn {
    /// The clause that dropped or renamed it.
    location: Location,
    /// The new name, where the column was renamed.
    now: Option<String>,
}

/// A table that was dropped or renamed.
#[derive(Debug, Clone)]
struct GoneTable {
    /// The statement that dropped or renamed it.
    location: Location,
    /// The columns that went with it; none where it was renamed.
    columns: ColumnNames,
    /// The columns that it had under this name, as far as is known.
    former_columns: ColumnNames,
}

impl Provenance {
    /// Records that the statement at `location` created or changed `table` as a whole.
    pub fn touch_table(&mut self, table: ObjectName, location: Location) {
        self.gone_tables.remove(&table);
        self.tables.insert(table, location);
    }

    /// Records that the clause at `location` created or changed a column.
    pub fn touch_column(
        &mut self,
        table: ObjectName,
        column: impl Into<String>,
        location: Location,
    ) {
        self.history.change(&table);
        let column = (table, column.into());
        self.gone.remove(&column);
        self.columns.insert(column, location);
    }

    /// Records that the clause at `location` restricts the values of a column.
    pub fn touch_check(
        &mut self,
        table: ObjectName,
        column: impl Into<String>,
        location: Location,
    ) {
        self.checks.insert((table, column.into()), location);
    }

    /// The place of the last CHECK of its own about `column`.
    #[must_use]
    pub fn check(&self, table: &ObjectName, column: &str) -> Option<&Location> {
        self.checks.get(&(table.clone(), column.to_owned()))
    }

    /// Whether any of the places concerns `entity`, a table or view as a finding names it.
    #[must_use]
    pub fn touches(&self, entity: &str) -> bool {
        let tables = self.tables.keys().chain(self.gone_tables.keys());
        let parts = self
            .columns
            .keys()
            .chain(self.checks.keys())
            .chain(self.gone.keys())
            .map(|(table, _)| table);
        tables.chain(parts).any(|table| table.to_string() == entity)
    }

    /// Whether any of the places concerns a column of `entity` that `is_meant`.
    pub fn touches_column(&self, entity: &str, is_meant: impl Fn(&str) -> bool) -> bool {
        let columns = self
            .columns
            .keys()
            .chain(self.checks.keys())
            .chain(self.gone.keys());
        columns
            .filter(|(_, column)| is_meant(column))
            .any(|(table, _)| table.to_string() == entity)
    }

    /// The place that last touched `table` as a whole.
    #[must_use]
    pub fn table(&self, table: &ObjectName) -> Option<&Location> {
        self.tables.get(table)
    }

    /// The place that last touched `column`, else its table.
    #[must_use]
    pub fn column(&self, table: &ObjectName, column: &str) -> Option<&Location> {
        self.columns
            .get(&(table.clone(), column.to_owned()))
            .or_else(|| self.table(table))
    }

    /// The place that dropped or renamed a column of `table` that `is_meant`.
    #[must_use]
    pub fn gone(&self, table: &ObjectName, is_meant: impl Fn(&str) -> bool) -> Option<&Location> {
        of_table(&self.gone, table)
            .find(|(column, _)| is_meant(column))
            .map(|(_, gone)| &gone.location)
    }

    /// Lists the former names of a column of `table`.
    pub fn former_names<'a>(
        &'a self,
        table: &ObjectName,
        column: &'a str,
    ) -> impl Iterator<Item = &'a str> + use<'a> {
        of_table(&self.gone, table)
            .filter(move |(_, gone)| gone.now.as_deref() == Some(column))
            .map(|(former, _)| former)
    }

    /// Records that the clause at `location` drops `table`.
    pub fn lose_table(&mut self, table: ObjectName, location: Location) {
        let columns = self.column_names(&table);
        let former_columns = columns.clone();
        let gone = GoneTable {
            location,
            columns,
            former_columns,
        };
        self.gone_tables.insert(table, gone);
    }

    fn column_names(&self, table: &ObjectName) -> ColumnNames {
        of_table(&self.columns, table)
            .map(|(column, _)| column.to_owned())
            .collect()
    }

    /// Records that the clause at `location` gives a table another name.
    pub fn rename_table(&mut self, from: &ObjectName, to: ObjectName, location: Location) {
        let former_columns = self.column_names(from);
        self.rename(from, &to);
        let gone = GoneTable {
            location: location.clone(),
            columns: ColumnNames::new(),
            former_columns,
        };
        self.gone_tables.insert(from.clone(), gone);
        self.touch_table(to, location);
    }

    /// The columns that a table had which was dropped or renamed.
    #[must_use]
    pub fn former_columns(&self, table: &ObjectName) -> ColumnNames {
        let gone = self.gone_tables.get(table);
        gone.map_or_else(ColumnNames::new, |gone| gone.former_columns.clone())
    }

    /// The former tables, with the places that dropped or renamed them.
    pub fn gone_tables(&self) -> impl Iterator<Item = (&ObjectName, &Location)> {
        self.gone_tables
            .iter()
            .map(|(table, gone)| (table, &gone.location))
    }

    /// The columns that a dropped table had; none for a renamed table, which still has them.
    pub fn dropped_columns(&self, table: &ObjectName) -> impl Iterator<Item = &str> {
        self.gone_tables
            .get(table)
            .into_iter()
            .flat_map(|gone| gone.columns.iter().map(String::as_str))
    }

    /// Records that the statement at `location` created or changed an enum, domain or composite
    /// type.
    pub fn touch_type(&mut self, name: ObjectName, location: Location) {
        self.types.insert(name, location);
    }

    /// The place that last touched the enum, domain or composite type `name`.
    #[must_use]
    pub fn type_(&self, name: &ObjectName) -> Option<&Location> {
        self.types.get(name)
    }

    /// The columns of `table` that were touched by themselves, with their places.
    pub fn columns<'a>(
        &'a self,
        table: &'a ObjectName,
    ) -> impl Iterator<Item = (&'a str, &'a Location)> {
        of_table(&self.columns, table)
    }

    /// Forgets a table that was dropped.
    pub fn forget_table(&mut self, table: &ObjectName) {
        self.tables.remove(table);
        remove_of_table(&mut self.columns, table);
        remove_of_table(&mut self.checks, table);
        remove_of_table(&mut self.gone, table);
        self.history.forget(table);
    }

    /// Ends one migration, and records the names of the columns that it leaves.
    pub fn end_migration(&mut self) {
        let columns = &self.columns;
        self.history.end_migration(|table| {
            of_table(columns, table)
                .map(|(column, _)| column.to_owned())
                .collect()
        });
    }

    /// Returns the column names of `table` after each migration that changed them, the oldest
    /// first.
    #[must_use]
    pub fn column_history(&self, table: &ObjectName) -> &[ColumnNames] {
        self.history.of(table)
    }

    /// Forgets a column that the clause at `location` drops, and keeps that place.
    pub fn drop_column(&mut self, table: &ObjectName, column: &str, location: Location) {
        self.history.change(table);
        let column = (table.clone(), column.to_owned());
        self.columns.remove(&column);
        self.checks.remove(&column);
        self.gone.insert(
            column,
            DroppedColumn {
                location,
                now: None,
            },
        );
    }

    /// Renames a column, as the clause at `location` does.
    pub fn rename_column(&mut self, table: &ObjectName, from: &str, to: &str, location: Location) {
        let check = self.checks.remove(&(table.clone(), from.to_owned()));
        self.drop_column(table, from, location.clone());
        // Earlier names follow: where `a` became `b` and `b` becomes `c`, `a` is `c`.
        for ((name, column), gone) in &mut self.gone {
            if name == table && (column == from || gone.now.as_deref() == Some(from)) {
                gone.now = Some(to.to_owned());
            }
        }
        self.touch_column(table.clone(), to, location);
        if let Some(check) = check {
            self.touch_check(table.clone(), to, check);
        }
    }

    /// Forgets a type that was dropped.
    pub fn forget_type(&mut self, name: &ObjectName) {
        self.types.remove(name);
    }

    /// Renames a table or a type, and keeps the places of its columns.
    pub fn rename(&mut self, from: &ObjectName, to: &ObjectName) {
        if let Some(location) = self.tables.remove(from) {
            self.tables.insert(to.clone(), location);
        }
        if let Some(location) = self.types.remove(from) {
            self.types.insert(to.clone(), location);
        }
        for places in [&mut self.columns, &mut self.checks] {
            move_to(places, from, to);
        }
        move_to(&mut self.gone, from, to);
        self.history.rename(from, to);
    }

    /// Whether a table or type of this name is there.
    #[must_use]
    pub fn knows(&self, name: &ObjectName) -> bool {
        self.tables.contains_key(name) || self.types.contains_key(name)
    }

    /// The table or type of this name, where only one namespace has one.
    #[must_use]
    pub fn only_one_named(&self, name: &str) -> Option<ObjectName> {
        let mut named = self
            .tables
            .keys()
            .chain(self.types.keys())
            .filter(|other| other.name == name);
        let only = named.next()?;
        named.all(|other| other == only).then(|| only.clone())
    }

    /// Every table and type in `namespace`.
    #[must_use]
    pub fn names_in(&self, namespace: &str) -> Vec<ObjectName> {
        let names = self.tables.keys().chain(self.types.keys());
        names
            .filter(|name| name.namespace == namespace)
            .cloned()
            .collect()
    }
}

/// Removes the entries for the parts of `table`. Entries of other tables are not visited, because
/// each `CREATE TABLE` does this.
fn remove_of_table<Place>(places: &mut BTreeMap<(ObjectName, String), Place>, table: &ObjectName) {
    let parts: Vec<String> = of_table(places, table)
        .map(|(part, _)| part.to_owned())
        .collect();
    for part in parts {
        places.remove(&(table.clone(), part));
    }
}

/// Lists the entries of `places` for the columns of `table`, by column name.
fn of_table<'a, Place>(
    places: &'a BTreeMap<(ObjectName, String), Place>,
    table: &ObjectName,
) -> impl Iterator<Item = (&'a str, &'a Place)> + use<'a, Place> {
    let table = table.clone();
    // The map is ordered by table, then column: the empty name comes before all columns of the
    // table.
    let from = (table.clone(), String::new());
    let of_table = places
        .range(from..)
        .take_while(move |((name, _), _)| *name == table);
    of_table.map(|((_, column), place)| (column.as_str(), place))
}

fn move_to<Place>(
    places: &mut BTreeMap<(ObjectName, String), Place>,
    from: &ObjectName,
    to: &ObjectName,
) {
    let of_table: Vec<_> = places.extract_if(.., |(name, _), _| name == from).collect();
    places.extend(
        of_table
            .into_iter()
            .map(|((_, column), place)| ((to.clone(), column), place)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::LineIndex;

    #[test]
    fn what_was_renamed_twice_is_known_by_its_first_name() {
        let place =
            LineIndex::new("m.sql".into(), "x".into()).location(crate::source::Span::default());
        let (table, mut provenance) = (ObjectName::public("t"), Provenance::default());
        provenance.touch_column(table.clone(), "a", place.clone());
        provenance.rename_column(&table, "a", "b", place.clone());
        provenance.rename_column(&table, "b", "c", place.clone());
        assert_eq!(
            provenance.former_names(&table, "c").collect::<Vec<_>>(),
            ["a", "b"]
        );
        provenance.touch_column(table.clone(), "a", place);
        assert_eq!(
            provenance.former_names(&table, "c").collect::<Vec<_>>(),
            ["b"]
        );
        assert!(provenance.gone(&table, |column| column == "a").is_none());
    }

    #[test]
    fn a_dropped_table_is_known_by_its_columns_and_a_renamed_one_still_has_them() {
        let place =
            LineIndex::new("m.sql".into(), "x".into()).location(crate::source::Span::default());
        let (one, other, mut provenance) = (
            ObjectName::public("a"),
            ObjectName::public("b"),
            Provenance::default(),
        );
        provenance.touch_column(one.clone(), "id", place.clone());
        provenance.rename_table(&one, other.clone(), place.clone());
        assert_eq!(provenance.dropped_columns(&one).count(), 0);
        assert_eq!(provenance.former_columns(&one).len(), 1);
        provenance.lose_table(other.clone(), place);
        provenance.forget_table(&other);
        assert_eq!(
            provenance.dropped_columns(&other).collect::<Vec<_>>(),
            ["id"]
        );
    }
}
