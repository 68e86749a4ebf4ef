//! Classes that are tables: `@Entity({ tableName: 'users' })`.

use std::rc::Rc;

use super::EntityColumn;
use super::columns::{ClassColumns, Embedding, EntityReader, nothing};
use super::relations::{RelationKey, RelationPlace};
use super::types::Size;
use crate::facts::{
    Field, Side, SqlColumn, SqlScalar, StatedApart, StatedKey, StatedValue, TableKeys, TableLink,
};
use crate::typescript::collect::qualified;
use crate::typescript::decorators::Decorators;
use crate::typescript::entities::{Class, Declared, Options, location};
use crate::typescript::resolve::{Lazy, Property, PropertyPlace, Type};
use crate::typescript::vocabulary::Library;

/// The name of a table, and the PostgreSQL schema that it is in, where the source says it.
#[derive(Debug, Clone)]
pub(super) struct TableName {
    pub namespace: Option<Rc<str>>,
    pub name: String,
}

impl TableName {
    /// The link of a declaration to the table.
    pub(super) fn link(&self) -> TableLink {
        TableLink {
            table: qualified(self.namespace.as_deref().unwrap_or("public"), &self.name),
            side: Side::Row,
            listed: None,
        }
    }
}

impl<'p> EntityReader<'_, 'p> {
    /// The tables that `class` declares, its own first; none of a class that is no entity.
    pub(super) fn declared(
        &self,
        class: &Class<'p>,
        null_is_checked: bool,
        field: &impl Fn(&Property<'p>) -> Option<Field>,
    ) -> Vec<Declared> {
        let Some((decorators, options)) = self.entity_options(class) else {
            return Vec::new();
        };
        let lineage = self.resolver.lineage(&class.0, class.1);
        let root = self.root(&lineage);
        let (read, named) = match &root {
            Some(at) => (&lineage[..*at], &lineage[*at]),
            None => (lineage.as_slice(), class),
        };
        let Some(name) = self.table_name(named) else {
            return Vec::new();
        };
        let mut own = self.columns_of(read, &Embedding::default());
        self.uniques_of_class(class, &decorators, &mut own);
        let keys = self.add_foreign_keys(&mut own);
        let stated = self.keys(class, &own, &keys);
        let joins = self.join_tables(class, &name, &own, null_is_checked, field);
        if root.is_some() {
            for column in &mut own.columns {
                column.sql.apart.nullable = Some(true);
            }
        } else {
            self.add_discriminator(&options, &mut own);
        }
        let open = own.open.as_ref().map(ToString::to_string);
        let table = Declared {
            link: name.link(),
            property: None,
            fields: fields(&own.columns, null_is_checked, field),
            keys: Some(stated),
            partial: false,
            parent: root.and_then(|at| location(&lineage[at])),
            unresolved: open.or_else(|| options.unknown()),
        };
        std::iter::once(table).chain(joins).collect()
    }

    /// The decorators of an entity that has a table, and its options.
    fn entity_options(&self, (scope, class): &Class<'p>) -> Option<(Decorators<'p>, Options<'p>)> {
        let decorators = Decorators::read(self.resolver, scope, &class.decorators);
        let entity = decorators.find(Library::MikroOrm, "Entity")?;
        let options = Options(entity.arguments(self.resolver).at(0));
        let has_none =
            options.flag("abstract") == Some(true) || options.get("expression").is_some();
        (!has_none).then_some((decorators, options))
    }

    /// The place in `lineage` of the class whose table the first one shares.
    fn root(&self, lineage: &[Class<'p>]) -> Option<usize> {
        let is_root = |class: &Class<'p>| {
            let entity = self.entity_options(class);
            entity.is_some_and(|(_, options)| {
                options.get("discriminatorColumn").is_some()
                    || options.get("discriminatorMap").is_some()
            })
        };
        let mut bases = lineage.iter().enumerate().skip(1);
        bases.find(|(_, base)| is_root(base)).map(|(at, _)| at)
    }

    /// The table of a class; none of one that has none.
    pub(super) fn table_name(&self, class: &Class<'p>) -> Option<TableName> {
        let (_, options) = self.entity_options(class)?;
        let given = options
            .text("tableName")
            .or_else(|| options.text("collection"));
        let name = match given {
            Some(name) => name.to_string(),
            None => self.naming.table(&class.1.name.as_ref()?.0),
        };
        Some(TableName {
            namespace: options.text("schema"),
            name,
        })
    }

    fn uniques_of_class(
        &self,
        (scope, _class): &Class<'p>,
        decorators: &Decorators<'p>,
        own: &mut ClassColumns<'p>,
    ) {
        own.uniques_open |= decorators.own > 0;
        for decorator in decorators.of(Library::MikroOrm) {
            if &*decorator.name != "Unique" {
                continue;
            }
            let options = Options(decorator.arguments(self.resolver).at(0));
            let names = super::relations::given_names(self.resolver, &options, &["properties"]);
            // An expression is no key over columns.
            if options.get("expression").is_some() || names.is_empty() {
                own.uniques_open = true;
                continue;
            }
            let paths = names.iter().map(ToString::to_string).collect();
            own.uniques
                .push((paths, scope.module.location(decorator.span)));
        }
    }

    /// Adds the foreign keys of the relations of `own`; returns them with the places of these.
    fn add_foreign_keys(&self, own: &mut ClassColumns<'p>) -> Vec<(usize, RelationKey<'p>)> {
        let mut keys = Vec::new();
        for (at, relation) in own.relations.iter().enumerate() {
            if let RelationPlace::Own(_) = relation.place {
                keys.push((at, self.foreign_key(relation)));
            }
        }
        for (_, key) in &keys {
            for column in &key.columns {
                let is_known = |known: &EntityColumn<'_>| known.name == column.name;
                if !own.columns.iter().any(is_known) {
                    own.columns.push(column.clone());
                }
            }
        }
        keys
    }

    fn keys(
        &self,
        class: &Class<'p>,
        own: &ClassColumns<'p>,
        keys: &[(usize, RelationKey<'p>)],
    ) -> TableKeys {
        let is_open = own.open.is_some();
        let primary = own.columns.iter().filter(|column| column.primary);
        let names: Vec<String> = primary.map(|column| column.name.clone()).collect();
        let primary = location(class).filter(|_| !names.is_empty() && !is_open);
        TableKeys {
            keyless: false,
            primary: primary.map(|location| StatedKey {
                columns: names,
                written: true,
                nulls_distinct: None,
                location,
            }),
            uniques: uniques(own, keys).filter(|_| !is_open && !own.uniques_open),
            foreign: keys
                .iter()
                .map(|(at, key)| {
                    let relation = &own.relations[*at];
                    let table = self.table_name(relation.target.as_ref()?)?;
                    let columns = key.columns.iter().map(|column| column.name.clone());
                    relation.stated_key(
                        columns.collect(),
                        (table.namespace.as_deref(), &table.name),
                        key.referenced.clone()?,
                    )
                })
                .collect::<Option<Vec<_>>>()
                .filter(|_| !is_open),
            indexes: None,
        }
    }

    /// `@Entity({ discriminatorColumn: 'kind' })`
    fn add_discriminator(&self, options: &Options<'p>, own: &mut ClassColumns<'p>) {
        let has_map = options.get("discriminatorMap").is_some();
        let given = options.text("discriminatorColumn");
        let Some(property) = given.or_else(|| has_map.then(|| "type".into())) else {
            return;
        };
        let name = self.naming.column(&property);
        if own.columns.iter().any(|known| known.name == name) {
            return;
        }
        let place = own
            .columns
            .first()
            .and_then(|column| column.held.place.clone());
        own.columns.push(EntityColumn {
            path: property.to_string(),
            name,
            held: Property {
                place,
                ..Property::synthetic(&property, Lazy::known(Type::Any))
            },
            stated: Some((
                SqlScalar::Unknown("the classes that share the table say its type".into()),
                false,
            )),
            size: Size::default(),
            typed_by: None,
            sql: SqlColumn {
                ty: nothing(),
                database_default: false,
                default_value: None,
                application_values: None,
                apart: StatedApart {
                    nullable: Some(false),
                    value: StatedValue::Converted,
                    ..StatedApart::default()
                },
            },
            primary: false,
            filled_in: true,
        });
    }
}

/// The unique keys, by columns; none where a column of one is not known.
fn uniques<'p>(
    own: &ClassColumns<'p>,
    keys: &[(usize, RelationKey<'p>)],
) -> Option<Vec<StatedKey>> {
    let mut found = Vec::new();
    for (paths, place) in &own.uniques {
        let mut columns = Vec::new();
        for path in paths {
            columns.extend(own.columns_at(path, keys)?);
        }
        found.push(StatedKey {
            columns,
            written: true,
            nulls_distinct: None,
            location: place.clone(),
        });
    }
    // One row at most leads to the other one of a `@OneToOne`.
    for (at, key) in keys {
        let relation = &own.relations[*at];
        let says_no = relation.options.flag("unique") == Some(false);
        let is_key = key.columns.iter().all(|column| column.primary);
        if relation.place == RelationPlace::Own(true) && !says_no && !is_key {
            found.push(StatedKey {
                columns: key
                    .columns
                    .iter()
                    .map(|column| column.name.clone())
                    .collect(),
                written: false,
                nulls_distinct: None,
                location: relation.held.place.as_ref().map(PropertyPlace::location)?,
            });
        }
    }
    Some(found)
}

/// The fields of columns.
pub(super) fn fields<'p>(
    columns: &[EntityColumn<'p>],
    null_is_checked: bool,
    field: &impl Fn(&Property<'p>) -> Option<Field>,
) -> Vec<Field> {
    let fields = columns.iter().filter_map(|column| {
        let typed = field(&column.held)?;
        let typed_by = column.typed_by.as_ref().and_then(field);
        Some(column.field(typed, typed_by, null_is_checked))
    });
    fields.collect()
}
