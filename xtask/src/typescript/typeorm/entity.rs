//! Classes that are tables: `@Entity`, `@ViewEntity`, `@ChildEntity`.

use std::rc::Rc;

use super::columns::{ClassColumns, Embedding, EntityReader};
use super::options::ColumnOptions;
use super::{Entity, EntityColumn, JoinTable, TableName};
use crate::facts::{StatedValue, TableKeys};
use crate::typescript::decorators::Decorators;
use crate::typescript::entities::{Class, location, text};
use crate::typescript::resolve::{Lazy, Property, Type, reason};
use crate::typescript::values::Value;
use crate::typescript::vocabulary::Library;

impl<'p> EntityReader<'_, 'p> {
    /// The table that `class` describes; none of a class that is no entity.
    pub(super) fn entity(&self, class: &Class<'p>) -> Option<Entity<'p>> {
        let decorators = self.class_decorators(class);
        if decorators.find(Library::TypeOrm, "ChildEntity").is_some() {
            return self.child(class);
        }
        let (name, options) = self.table(class, &decorators)?;
        let mut own = self.columns(class);
        self.add_foreign_keys(&mut own);
        let mut join_tables = self.join_tables(class, &name, &own);
        // A view has none.
        let is_table = decorators.find(Library::TypeOrm, "Entity").is_some();
        let keys = is_table.then(|| self.keys(class, &own));
        self.add_discriminator(&decorators, &mut own);
        self.add_tree(&decorators, &name, &mut own, &mut join_tables);
        Some(Entity {
            name,
            columns: own.columns,
            keys,
            join_tables,
            open: own.open.or_else(|| options.unknown().map(reason)),
            partial: options.flag("synchronize") == Some(false),
            parent: None,
        })
    }

    /// The table of a class; none of one that is no entity.
    pub(super) fn table_name(&self, class: &Class<'p>) -> Option<TableName> {
        let decorators = self.class_decorators(class);
        Some(self.table(class, &decorators)?.0)
    }

    fn class_decorators(&self, (scope, class): &Class<'p>) -> Decorators<'p> {
        Decorators::read(self.resolver, scope, &class.decorators)
    }

    fn table(
        &self,
        (_scope, class): &Class<'p>,
        decorators: &Decorators<'p>,
    ) -> Option<(TableName, ColumnOptions<'p>)> {
        let find = |name: &str| decorators.find(Library::TypeOrm, name);
        let decorator = find("Entity").or_else(|| find("ViewEntity"))?;
        let arguments = decorator.arguments(self.resolver);
        let first = arguments.at(0);
        let options = ColumnOptions::new(match first.uncast() {
            Value::Object(_) => first.clone(),
            _ => arguments.at(1),
        });
        let given = text(&first).or_else(|| options.text("name"));
        let name = given.filter(|name| !name.is_empty()).or_else(|| {
            let (name, _span) = class.name.as_ref()?;
            Some(self.naming.table(name).into())
        });
        let table = TableName {
            namespace: options.text("schema"),
            name: name?,
        };
        Some((table, options))
    }

    /// `@ChildEntity() class Dog extends Animal`: its own columns are in the table of `Animal`,
    /// where the rows of others have none.
    fn child(&self, class: &Class<'p>) -> Option<Entity<'p>> {
        let lineage = self.resolver.lineage(&class.0, class.1);
        let mut named = lineage.iter().enumerate().skip(1);
        let (at, parent, name) =
            named.find_map(|(at, base)| Some((at, base, self.table_name(base)?)))?;
        let mut own = self.columns_of(&lineage[..at], &Embedding::default());
        // The classes that the parent extends are the parent's.
        own.open = None;
        self.add_foreign_keys(&mut own);
        let join_tables = self.join_tables(class, &name, &own);
        let keys = TableKeys {
            primary: None,
            ..self.keys(class, &own)
        };
        for column in &mut own.columns {
            column.sql.apart.nullable = Some(true);
        }
        Some(Entity {
            name,
            columns: own.columns,
            keys: Some(keys),
            join_tables,
            open: own.open,
            partial: false,
            parent: location(parent),
        })
    }

    /// `@TableInheritance({ column: 'type' })`
    fn add_discriminator(&self, decorators: &Decorators<'p>, own: &mut ClassColumns<'p>) {
        let Some(inheritance) = decorators.find(Library::TypeOrm, "TableInheritance") else {
            return;
        };
        let given = inheritance.arguments(self.resolver).at(0);
        let Some(column) = given.property("column") else {
            return;
        };
        let options = match column.uncast() {
            Value::String(_) => ColumnOptions::new(Value::Undefined),
            _ => ColumnOptions::new(column.clone()),
        };
        let name = text(column).or_else(|| options.text("name"));
        let name = name.unwrap_or_else(|| "type".into());
        if own.columns.iter().any(|known| known.property == name) {
            return;
        }
        let mut added = self.made(&name, &options, own);
        if added.ty.is_none() {
            added.ty = Some(options.named("varchar"));
            added.sql.apart.inferred_type = true;
        }
        own.columns.push(added);
    }

    /// `@Tree('materialized-path')`
    fn add_tree(
        &self,
        decorators: &Decorators<'p>,
        table: &TableName,
        own: &mut ClassColumns<'p>,
        join_tables: &mut Vec<JoinTable<'p>>,
    ) {
        let Some(tree) = decorators.find(Library::TypeOrm, "Tree") else {
            return;
        };
        let added: &[(&str, &str)] = match text(&tree.arguments(self.resolver).at(0)).as_deref() {
            Some("materialized-path") => &[("mpath", "varchar")],
            Some("nested-set") => &[("nsleft", "integer"), ("nsright", "integer")],
            Some("closure-table") => {
                join_tables.push(closure(table, own));
                return;
            }
            _ => return,
        };
        for (name, ty) in added {
            let options = ColumnOptions::new(Value::Undefined);
            let mut column = self.made(name, &options, own);
            column.ty = Some(options.named(ty));
            column.sql.apart.nullable = Some(*name == "mpath");
            column.sql.database_default = true;
            own.columns.push(column);
        }
    }

    /// A column that a decorator of the class makes, and no property stands for.
    fn made(
        &self,
        name: &str,
        options: &ColumnOptions<'p>,
        own: &ClassColumns<'p>,
    ) -> EntityColumn<'p> {
        let held = Property {
            // Where something of the class stands: the column has no place of its own.
            place: own
                .columns
                .first()
                .and_then(|column| column.held.place.clone()),
            ..Property::synthetic(name, Lazy::known(Type::Any))
        };
        let mut column = self.plain(held, options, &Embedding::default());
        column.sql.apart.value = StatedValue::Converted;
        column.filled_in = true;
        column
    }
}

/// The table of all ancestors and descendants.
fn closure<'p>(table: &TableName, own: &ClassColumns<'p>) -> JoinTable<'p> {
    let mut columns = Vec::new();
    for side in ["ancestor", "descendant"] {
        for key in own.columns.iter().filter(|column| column.primary) {
            let mut column = key.clone();
            column.name = format!("{}_{side}", key.property);
            column.path.clone_from(&column.name);
            column.property = Rc::from(column.name.as_str());
            column.sql.apart.value = StatedValue::Converted;
            column.filled_in = true;
            column.sql.database_default = false;
            column.sql.apart.inferred_type = true;
            columns.push(column);
        }
    }
    JoinTable {
        name: TableName {
            namespace: table.namespace.clone(),
            name: format!("{}_closure", table.name).into(),
        },
        property: format!("{}.closure", table.name),
        location: None,
        columns,
        foreign: None,
        open: None,
    }
}
