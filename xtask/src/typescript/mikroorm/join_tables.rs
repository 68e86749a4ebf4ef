//! The tables that join two entities: `@ManyToMany(() => Tag)`.

use super::EntityColumn;
use super::columns::{ClassColumns, EntityReader};
use super::entity::{TableName, fields};
use super::relations::{Relation, RelationPlace, given_names};
use crate::facts::{Field, StatedApart, StatedValue};
use crate::typescript::entities::{Class, Declared};
use crate::typescript::resolve::{Property, PropertyPlace};

impl<'p> EntityReader<'_, 'p> {
    /// The tables that the relations of an entity make.
    pub(super) fn join_tables(
        &self,
        class: &Class<'p>,
        table: &TableName,
        own: &ClassColumns<'p>,
        null_is_checked: bool,
        field: &impl Fn(&Property<'p>) -> Option<Field>,
    ) -> Vec<Declared> {
        let joined = own
            .relations
            .iter()
            .filter(|relation| relation.place == RelationPlace::Joined);
        let declared = joined.map(|relation| {
            let options = &relation.options;
            let name = match options.text("pivotTable") {
                Some(name) => name.to_string(),
                None => self.naming.join_table(&table.name, &relation.held.name),
            };
            let other = relation.target.as_ref();
            // The columns of a table that joins an entity with itself are numbered.
            let is_self = other.is_some_and(|other| std::ptr::eq(other.1, class.1));
            let (first, second) = if is_self { ("_1", "_2") } else { ("", "") };
            let mut columns = self.side(class, relation, &["joinColumn", "joinColumns"], first);
            let inverse = other.map(|other| {
                let names = ["inverseJoinColumn", "inverseJoinColumns"];
                self.side(other, relation, &names, second)
            });
            let inverse = inverse.unwrap_or_default();
            let is_whole = !columns.is_empty() && !inverse.is_empty();
            columns.extend(inverse);
            let class_name = class.1.name.as_ref().map_or("", |(name, _)| name.as_str());
            Declared {
                link: TableName {
                    namespace: table.namespace.clone(),
                    name,
                }
                .link(),
                property: Some((
                    format!("{class_name}.{}", relation.path),
                    relation.held.place.as_ref().map(PropertyPlace::location),
                )),
                fields: fields(&columns, null_is_checked, field),
                keys: None,
                // MikroORM itself writes to it, and knows no other column.
                partial: true,
                parent: None,
                unresolved: (!is_whole)
                    .then(|| "one of the entities that it joins is not known".to_owned()),
            }
        });
        declared.collect()
    }

    /// The columns that lead to `class`.
    fn side(
        &self,
        class: &Class<'p>,
        relation: &Relation<'p>,
        names: &[&str],
        number: &str,
    ) -> Vec<EntityColumn<'p>> {
        let given = given_names(self.resolver, &relation.options, names);
        let keys = self.key_of(class);
        let class_name = class.1.name.as_ref().map_or("", |(name, _)| name.as_str());
        let class_name = format!("{class_name}{number}");
        let columns = keys.iter().enumerate().map(|(at, key)| {
            let given = given.get(at).map(ToString::to_string);
            let name = given
                .unwrap_or_else(|| self.naming.join_key(&class_name, &key.name, keys.len() > 1));
            let mut column = key.clone();
            column.typed_by = Some(key.typed_by.clone().unwrap_or_else(|| key.held.clone()));
            column.held = relation.held.clone();
            column.path.clone_from(&name);
            column.name = name;
            column.filled_in = true;
            column.sql.database_default = false;
            column.sql.default_value = None;
            column.sql.apart = StatedApart {
                nullable: Some(false),
                inferred_type: true,
                value: StatedValue::Related,
                ..StatedApart::default()
            };
            column
        });
        columns.collect()
    }
}
