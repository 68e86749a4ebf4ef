//! The tables that join two entities: `@ManyToMany(() => Tag) @JoinTable()`.

use std::rc::Rc;

use super::columns::{ClassColumns, EntityReader};
use super::relations::{
    JoinColumn, Relation, RelationColumns, join_columns, naming_join, referenced,
};
use super::{EntityColumn, JoinTable, TableName};
use crate::facts::{ForeignKey, StatedApart, StatedValue};
use crate::typescript::entities::Class;
use crate::typescript::resolve::{PropertyPlace, reason};
use crate::typescript::values::Value;

impl<'p> EntityReader<'_, 'p> {
    /// The tables that the relations of an entity make.
    pub(super) fn join_tables(
        &self,
        class: &Class<'p>,
        table: &TableName,
        own: &ClassColumns<'p>,
    ) -> Vec<JoinTable<'p>> {
        own.relations
            .iter()
            .filter_map(|relation| self.join_table(class, table, own, relation))
            .collect()
    }

    fn join_table(
        &self,
        class: &Class<'p>,
        table: &TableName,
        own: &ClassColumns<'p>,
        relation: &Relation<'p>,
    ) -> Option<JoinTable<'p>> {
        let RelationColumns::Joined(options) = &relation.columns else {
            return None;
        };
        let target = relation.target.as_ref();
        let other = target.map(|class| self.columns(class));
        let other_name = target.and_then(|class| self.table_name(class));
        let named = options.text("name");
        let name = match (named, &other_name) {
            (Some(name), _) => name,
            (None, Some(other)) => {
                let path = &relation.path;
                self.naming
                    .join_table(&table.name, &other.name, path)
                    .into()
            }
            (None, None) => return None,
        };
        let joins = |single: &str, several: &str| {
            let given = options.get(single).or_else(|| options.get(several));
            let given = given.cloned().unwrap_or(Value::Undefined);
            join_columns(self.resolver, &given)
        };
        let own_joins = joins("joinColumn", "joinColumns");
        let mut columns = self.sides(own, &table.name, &own_joins, relation);
        let mut leads_to = vec![(table, columns.len(), referenced_names(own, &own_joins))];
        if let (Some(other), Some(other_name)) = (&other, &other_name) {
            let joins = joins("inverseJoinColumn", "inverseJoinColumns");
            let inverse = self.sides(other, &other_name.name, &joins, relation);
            leads_to.push((other_name, inverse.len(), referenced_names(other, &joins)));
            columns.extend(inverse);
        }
        tell_apart(&mut columns);
        let is_whole = columns.len() > 1 && other_name.is_some();
        let class_name = class.1.name.as_ref().map_or("", |(name, _)| name.as_str());
        Some(JoinTable {
            name: TableName {
                namespace: options.text("schema").or_else(|| table.namespace.clone()),
                name,
            },
            property: format!("{class_name}.{}", relation.path),
            location: relation.held.place.as_ref().map(PropertyPlace::location),
            foreign: is_whole
                .then(|| foreign(relation, &columns, leads_to))
                .flatten(),
            columns,
            open: (!is_whole).then(|| reason("one of the entities that it joins is not known")),
        })
    }

    /// The columns of one side.
    fn sides(
        &self,
        of: &ClassColumns<'p>,
        table: &str,
        joins: &[JoinColumn],
        relation: &Relation<'p>,
    ) -> Vec<EntityColumn<'p>> {
        let column = |referenced: &EntityColumn<'p>| {
            let named = naming_join(joins, &referenced.property);
            let part = referenced.given_name.as_deref();
            let part = part.unwrap_or(&referenced.property);
            let name = named.map_or_else(
                || self.naming.join_table_column(table, part),
                ToString::to_string,
            );
            let mut column = referenced.clone();
            column.typed_by = Some(referenced.held.clone());
            column.held = relation.held.clone();
            column.path = name.clone();
            column.property = Rc::from(name.as_str());
            column.name = name;
            column.sql.apart.value = StatedValue::Converted;
            column.filled_in = true;
            column.sql.database_default = false;
            column.sql.default_value = None;
            column.sql.apart = StatedApart {
                nullable: Some(false),
                inferred_type: true,
                never_inserted: false,
                value: StatedValue::Related,
            };
            column
        };
        referenced(of, joins).into_iter().map(column).collect()
    }
}

fn referenced_names(of: &ClassColumns<'_>, joins: &[JoinColumn]) -> Vec<String> {
    let columns = referenced(of, joins).into_iter();
    columns.map(|column| column.name.clone()).collect()
}

/// The foreign keys of a table, each with the number of its columns in their order. What is stated
/// of the other row is of the first key: the relation on the other side says it of the second.
fn foreign(
    relation: &Relation<'_>,
    columns: &[EntityColumn<'_>],
    leads_to: Vec<(&TableName, usize, Vec<String>)>,
) -> Option<Vec<ForeignKey>> {
    let mut names = columns.iter().map(|column| column.name.clone());
    let mut keys = Vec::new();
    for (table, count, referenced) in leads_to {
        let columns = names.by_ref().take(count).collect();
        let mut key = relation.foreign_key(columns, table, referenced)?;
        if !keys.is_empty() {
            (key.on_delete, key.on_update) = (None, None);
        }
        keys.push(key);
    }
    Some(keys)
}

/// Numbers columns of one name: both sides may be the same entity.
fn tell_apart(columns: &mut [EntityColumn<'_>]) {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    for (at, column) in columns.iter_mut().enumerate() {
        let same = || {
            names
                .iter()
                .enumerate()
                .filter(|(_, name)| **name == names[at])
        };
        if same().count() > 1 {
            let number = 1 + same().filter(|(other, _)| *other < at).count();
            column.name = format!("{}_{number}", column.name);
            column.path.clone_from(&column.name);
        }
    }
}
