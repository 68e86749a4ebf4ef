//! In which namespace the tables and types are that the migrations name without one. The search
//! path may be that of the role or the database, which the migrations do not say: then the schema
//! says it.

use std::borrow::Cow;

use super::Provenance;
use crate::schema::model::{ObjectName, Schema};

impl Provenance {
    /// Returns the same places under the names that `schema` has: where the search path is that of
    /// a role or a database, migrations do not say in which namespace their tables are. What
    /// `schema` has in one other namespace only is there.
    #[must_use]
    pub fn of_schema(&self, schema: &Schema) -> Cow<'_, Self> {
        let has = |name: &ObjectName| names_of(schema).any(|other| other == name);
        let homeless = self.tables.keys().chain(self.types.keys());
        let moves = homeless.filter(|name| !has(name)).filter_map(|name| {
            let mut there =
                names_of(schema).filter(|other| other.name == name.name && !self.knows(other));
            let only = there.next()?;
            there.next().is_none().then(|| (name.clone(), only.clone()))
        });
        let moves: Vec<_> = moves.collect();
        if moves.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut settled = self.clone();
        for (from, to) in &moves {
            settled.rename(from, to);
        }
        Cow::Owned(settled)
    }
}

/// The names of whatever in `schema` the migrations make with places of its own.
fn names_of(schema: &Schema) -> impl Iterator<Item = &ObjectName> {
    let tables = schema.tables.keys().chain(schema.views.keys());
    let types = schema.enums.keys().chain(schema.domains.keys());
    tables.chain(types)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::Table;
    use crate::source::{LineIndex, Span};

    #[test]
    fn a_table_of_another_search_path_is_where_the_schema_has_it() {
        let place = LineIndex::new("m.sql".into(), "x".into()).location(Span::default());
        let there = ObjectName {
            namespace: "app".into(),
            name: "t".into(),
        };
        let (named, gone) = (ObjectName::public("t"), ObjectName::public("u"));
        let mut provenance = Provenance::default();
        for table in [&named, &gone] {
            provenance.touch_table(table.clone(), place.clone());
        }
        provenance.touch_column(named.clone(), "a", place.clone());
        provenance.end_migration();
        provenance.rename_column(&named, "a", "b", place);
        provenance.end_migration();
        let mut schema = Schema::default();
        schema.tables.insert(there.clone(), Table::default());
        let settled = provenance.of_schema(&schema);
        assert!(settled.table(&there).is_some() && settled.table(&named).is_none());
        assert_eq!(settled.former_names(&there, "b").collect::<Vec<_>>(), ["a"]);
        assert_eq!(settled.column_history(&there).len(), 2);
        // Of what the schema has nowhere, and of what it has twice, nothing is known.
        assert!(settled.table(&gone).is_some());
        schema.tables.insert(
            ObjectName {
                namespace: "other".into(),
                name: "t".into(),
            },
            Table::default(),
        );
        assert!(matches!(provenance.of_schema(&schema), Cow::Borrowed(_)));
    }
}
