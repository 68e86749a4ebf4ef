//! The keys that entities state: `@Unique(['a', 'b'])`, `@Index({ unique: true })`, and the foreign
//! keys behind relations with their actions.

use super::columns::{ClassColumns, Embedding, EntityReader};
use super::options::ColumnOptions;
use super::relations::Relation;
use super::{EntityColumn, TableName};
use crate::facts::{
    ForeignKey, ReferentialAction, StatedAction, StatedKey, StatedValue, TableKeys,
};
use crate::source::Location;
use crate::typescript::collect::qualified;
use crate::typescript::decorators::{Decorator, Decorators};
use crate::typescript::entities::{self, Class};
use crate::typescript::resolve::PropertyPlace;
use crate::typescript::values::Value;
use crate::typescript::vocabulary::Library;

/// A unique key as a decorator states it, by properties.
pub(super) struct UniqueProperties {
    /// The paths of the properties; none where they are computed.
    pub paths: Option<Vec<String>>,
    /// Where it is stated.
    pub location: Location,
}

/// The columns of the entity's table behind one of its relations.
pub(super) struct RelationKey {
    /// The place of the relation among those of the class.
    pub relation: usize,
    /// The columns in the table of the entity.
    pub columns: Vec<String>,
    /// The columns that they lead to; none where the other entity is not known.
    pub referenced: Option<Vec<String>>,
}

/// The actions that the options of a relation state. What they leave out is only said to the
/// migrations that TypeORM generates, and most teams mean nothing by it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Actions {
    on_delete: Option<ReferentialAction>,
    on_update: Option<ReferentialAction>,
    /// Whether the options state one that is not known.
    open: bool,
}

impl Actions {
    /// The actions in the options of a relation.
    pub(super) fn read(options: &ColumnOptions<'_>) -> Self {
        let mut actions = Self::default();
        let mut action = |name: &str| {
            let stated = options.get(name).filter(|value| !value.is_nothing())?;
            let known = stated.as_str().and_then(named_action);
            actions.open |= known.is_none();
            known
        };
        let (on_delete, on_update) = (action("onDelete"), action("onUpdate"));
        Self {
            on_delete,
            on_update,
            open: actions.open || options.unknown().is_some(),
        }
    }
}

fn named_action(name: &str) -> Option<ReferentialAction> {
    Some(match name {
        "NO ACTION" => ReferentialAction::NoAction,
        "RESTRICT" => ReferentialAction::Restrict,
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        _ => return None,
    })
}

/// What decorators say of unique keys.
enum UniqueStatement<'p> {
    /// Nothing.
    None,
    /// A key over the properties in the value, or over the decorated one.
    Key(Option<Value<'p>>),
    /// An index that migrations keep, which may be unique or not.
    Elsewhere,
}

impl<'p> EntityReader<'_, 'p> {
    /// The unique keys that the decorators of a class state.
    pub(super) fn uniques_of_class(
        &self,
        (scope, class): &Class<'p>,
        embedding: &Embedding,
        found: &mut ClassColumns<'p>,
    ) {
        if class.decorators.is_empty() {
            return;
        }
        let decorators = Decorators::read(self.resolver, scope, &class.decorators);
        found.uniques_open |= decorators.own > 0;
        for decorator in decorators.of(Library::TypeOrm) {
            let properties = match self.unique(decorator) {
                UniqueStatement::None => continue,
                UniqueStatement::Elsewhere => None,
                UniqueStatement::Key(properties) => properties,
            };
            let paths = properties.and_then(|value| self.property_names(&value));
            found.uniques.push(UniqueProperties {
                paths: paths.map(|names| {
                    let paths = names.iter().map(|name| embedding.path_of(name.trim()));
                    paths.collect()
                }),
                location: scope.module.location(decorator.span),
            });
        }
    }

    /// The unique keys that the decorators of a property state.
    pub(super) fn uniques_of_property(
        &self,
        (scope, _class): &Class<'p>,
        name: &str,
        decorators: &Decorators<'p>,
        embedding: &Embedding,
        found: &mut ClassColumns<'p>,
    ) {
        found.uniques_open |= decorators.own > 0;
        for decorator in decorators.of(Library::TypeOrm) {
            found.foreign_open |= &*decorator.name == "ForeignKey";
            let is_unique = match &*decorator.name {
                "Column" => ColumnOptions::of_decorator(&decorator.arguments(self.resolver))
                    .flag("unique")
                    .unwrap_or(false),
                _ => match self.unique(decorator) {
                    UniqueStatement::None => false,
                    UniqueStatement::Key(_) => true,
                    UniqueStatement::Elsewhere => {
                        found.uniques_open = true;
                        false
                    }
                },
            };
            if is_unique {
                found.uniques.push(UniqueProperties {
                    paths: Some(vec![embedding.path_of(name)]),
                    location: scope.module.location(decorator.span),
                });
            }
        }
    }

    /// `@Unique('name', ['a', 'b'])`, `@Index(['a'], { unique: true })`
    fn unique(&self, decorator: &Decorator<'p>) -> UniqueStatement<'p> {
        let is_index = match &*decorator.name {
            "Unique" => false,
            "Index" => true,
            _ => return UniqueStatement::None,
        };
        let arguments = decorator.arguments(self.resolver);
        let given = || (0..arguments.count()).map(|at| arguments.at(at));
        let properties =
            given().find(|value| matches!(value.uncast(), Value::Array(_) | Value::Function(..)));
        if !is_index {
            return UniqueStatement::Key(properties);
        }
        let options = given().find(|value| matches!(value.uncast(), Value::Object(_)));
        let options = ColumnOptions::new(options.unwrap_or(Value::Undefined));
        if options.flag("synchronize") == Some(false) || options.unknown().is_some() {
            return UniqueStatement::Elsewhere;
        }
        // What is unique among some rows only is no key of the table.
        let is_partial = options.get("where").is_some();
        if options.flag("unique") == Some(true) && !is_partial {
            UniqueStatement::Key(properties)
        } else {
            UniqueStatement::None
        }
    }

    fn property_names(&self, properties: &Value<'p>) -> Option<Vec<String>> {
        let Value::Array(array) = properties.uncast() else {
            return None;
        };
        let names = array
            .items
            .iter()
            .map(|item| Some(item.as_str()?.to_owned()));
        names
            .collect::<Option<Vec<_>>>()
            .filter(|_| array.open.is_none())
    }

    /// The keys of the table of an entity, whose foreign keys were added to its columns.
    pub(super) fn keys(&self, class: &Class<'p>, own: &ClassColumns<'p>) -> TableKeys {
        let is_open = own.open.is_some();
        TableKeys {
            keyless: false,
            primary: primary(class, &own.columns).filter(|_| !is_open),
            uniques: uniques(own).filter(|_| !is_open && !own.uniques_open),
            foreign: self.foreign(own).filter(|_| !is_open && !own.foreign_open),
            indexes: None,
        }
    }

    fn foreign(&self, own: &ClassColumns<'p>) -> Option<Vec<ForeignKey>> {
        let keys = own.keys.iter().map(|key| {
            let relation = &own.relations[key.relation];
            let table = self.table_name(relation.target.as_ref()?)?;
            let columns = key.columns.clone();
            let referenced = key.referenced.clone()?;
            relation.foreign_key(columns, &table, referenced)
        });
        keys.collect()
    }
}

impl Relation<'_> {
    /// The foreign key of the relation; none where its actions are computed, or it has no place.
    pub(super) fn foreign_key(
        &self,
        columns: Vec<String>,
        table: &TableName,
        referenced: Vec<String>,
    ) -> Option<ForeignKey> {
        let stated = |action: Option<ReferentialAction>| {
            action.map(|action| StatedAction {
                action,
                written: true,
            })
        };
        let namespace = table.namespace.as_deref().unwrap_or("public");
        (!self.actions.open).then_some(ForeignKey {
            columns,
            table: qualified(namespace, &table.name),
            referenced,
            on_delete: stated(self.actions.on_delete),
            on_update: stated(self.actions.on_update),
            constrained: self.constrained,
            location: self.held.place.as_ref().map(PropertyPlace::location)?,
        })
    }
}

fn primary(class: &Class<'_>, columns: &[EntityColumn<'_>]) -> Option<StatedKey> {
    let mut keys = columns.iter().filter(|column| column.primary).peekable();
    let place = keys.peek()?.held.place.as_ref();
    Some(StatedKey {
        written: true,
        nulls_distinct: None,
        location: match place {
            Some(place) => place.location(),
            None => entities::location(class)?,
        },
        columns: keys.map(|column| column.name.clone()).collect(),
    })
}

/// The unique keys, by columns; none where a column of one is not known.
fn uniques(own: &ClassColumns<'_>) -> Option<Vec<StatedKey>> {
    let mut keys = Vec::new();
    for stated in &own.uniques {
        let mut columns = Vec::new();
        for path in stated.paths.as_ref()? {
            columns.extend(columns_of(own, path)?);
        }
        keys.push(StatedKey {
            columns,
            written: true,
            nulls_distinct: None,
            location: stated.location.clone(),
        });
    }
    // One row at most leads to the other one of a `@OneToOne`.
    for key in &own.keys {
        let relation = &own.relations[key.relation];
        let is_key = |name: &String| {
            let mut columns = own.columns.iter();
            columns.any(|column| column.primary && column.name == *name)
        };
        if relation.one_to_one && relation.constrained && !key.columns.iter().all(is_key) {
            keys.push(StatedKey {
                columns: key.columns.clone(),
                written: false,
                nulls_distinct: None,
                location: relation.held.place.as_ref().map(PropertyPlace::location)?,
            });
        }
    }
    Some(keys)
}

/// The columns of the property at `path`, which may lead to another entity.
fn columns_of(own: &ClassColumns<'_>, path: &str) -> Option<Vec<String>> {
    let mut columns = own.columns.iter();
    let is_related = |column: &&EntityColumn<'_>| column.sql.apart.value == StatedValue::Related;
    if let Some(column) = columns.find(|column| column.path == path && !is_related(column)) {
        return Some(vec![column.name.clone()]);
    }
    let mut keys = own.keys.iter();
    let key = keys.find(|key| own.relations[key.relation].path == path)?;
    Some(key.columns.clone())
}
