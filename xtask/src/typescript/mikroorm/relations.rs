//! Relations with their foreign-key columns: `@ManyToOne(() => User, { fieldName: 'owner' })`.

use std::rc::Rc;

use super::EntityColumn;
use super::columns::{ClassColumns, Embedding, EntityReader, nothing};
use super::types::Size;
use crate::facts::{
    ForeignKey, ReferentialAction, SqlColumn, SqlScalar, StatedAction, StatedApart, StatedValue,
};
use crate::typescript::collect::qualified;
use crate::typescript::decorators::Decorators;
use crate::typescript::entities::{Class, Options, target, text};
use crate::typescript::resolve::{Property, PropertyPlace, Resolver};
use crate::typescript::values::Value;
use crate::typescript::vocabulary::Library;

/// A property that leads to another entity.
pub(super) struct Relation<'p> {
    /// The property.
    pub held: Property<'p>,
    /// The path to it, through embedded classes.
    pub path: String,
    /// The class that it leads to, where the decorator says it.
    pub target: Option<Class<'p>>,
    /// What the decorator says beside the class.
    pub options: Options<'p>,
    /// Where its columns are.
    pub place: RelationPlace,
}

/// Where the columns of a relation are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RelationPlace {
    /// In the table of the entity; of the one row that leads to the other, where it is `true`.
    Own(bool),
    /// In a table that joins the two.
    Joined,
    /// In the other table.
    Other,
}

/// The foreign key of a relation: its columns, and those that they lead to.
pub(super) struct RelationKey<'p> {
    /// The columns.
    pub columns: Vec<EntityColumn<'p>>,
    /// The columns of the other table; none where that is not known.
    pub referenced: Option<Vec<String>>,
}

/// The relation that `decorators` make of a property; none of any other.
pub(super) fn relation<'p>(
    resolver: &Resolver<'p>,
    held: &Property<'p>,
    decorators: &Decorators<'p>,
    path: &str,
) -> Option<Relation<'p>> {
    let mut all = decorators.of(Library::MikroOrm);
    let decorator = all.find(|one| {
        matches!(
            &*one.name,
            "ManyToOne" | "OneToOne" | "OneToMany" | "ManyToMany"
        )
    })?;
    let arguments = decorator.arguments(resolver);
    let first = arguments.at(0);
    // The options stand alone, or behind the class and the other side.
    let mut later = (1..arguments.count()).rev().map(|at| arguments.at(at));
    let options = match first.uncast() {
        Value::Object(_) => first.clone(),
        _ => later
            .find(|value| value.as_object().is_some())
            .unwrap_or(Value::Undefined),
    };
    let entity = match first.uncast() {
        Value::Object(_) => first.property("entity").cloned(),
        _ => Some(first.clone()),
    };
    let options = Options(options);
    let second = arguments.at(1);
    let has_mapped_by = options.get("mappedBy").is_some()
        || matches!(second.uncast(), Value::Function(..) | Value::String(_));
    let owns = match options.flag("owner") {
        Some(owns) => owns,
        None => options.get("inversedBy").is_some() || !has_mapped_by,
    };
    let place = match &*decorator.name {
        "ManyToOne" => RelationPlace::Own(false),
        "OneToOne" if owns => RelationPlace::Own(true),
        "ManyToMany" if owns && options.get("pivotEntity").is_none() => RelationPlace::Joined,
        _ => RelationPlace::Other,
    };
    Some(Relation {
        held: held.clone(),
        path: path.to_owned(),
        target: entity.and_then(|entity| target(resolver, &entity)),
        options,
        place,
    })
}

/// The columns that `one` or `several` of the options name.
pub(super) fn given_names<'p>(
    resolver: &Resolver<'p>,
    options: &Options<'p>,
    names: &[&str],
) -> Vec<Rc<str>> {
    let Some(given) = names.iter().find_map(|name| options.get(name)) else {
        return Vec::new();
    };
    match given.uncast() {
        Value::Array(_) => resolver
            .elements_of(given)
            .iter()
            .filter_map(text)
            .collect(),
        _ => text(given).into_iter().collect(),
    }
}

impl<'p> EntityReader<'_, 'p> {
    /// The foreign key of `relation`, which is in the table of the entity.
    pub(super) fn foreign_key(&self, relation: &Relation<'p>) -> RelationKey<'p> {
        let options = &relation.options;
        let names = [
            "joinColumn",
            "joinColumns",
            "fieldName",
            "fieldNames",
            "name",
        ];
        let given = given_names(self.resolver, options, &names);
        let primary = options.flag("primary") == Some(true);
        let apart = StatedApart {
            nullable: if primary {
                Some(false)
            } else {
                options.flag("nullable")
            },
            inferred_type: true,
            value: StatedValue::Related,
            ..StatedApart::default()
        };
        let column = |name: String, of: Option<&EntityColumn<'p>>| EntityColumn {
            path: relation.path.clone(),
            name,
            held: relation.held.clone(),
            stated: match of {
                Some(of) => of.stated.clone(),
                None => {
                    let why = "the entity that it leads to is not known";
                    Some((SqlScalar::Unknown(why.into()), false))
                }
            },
            size: of.map_or_else(Size::default, |of| of.size),
            typed_by: of.map(|of| of.typed_by.clone().unwrap_or_else(|| of.held.clone())),
            sql: SqlColumn {
                ty: nothing(),
                database_default: false,
                default_value: None,
                application_values: None,
                apart,
            },
            primary,
            filled_in: true,
        };
        let keys = relation.target.as_ref().map(|class| self.key_of(class));
        let keys = keys.filter(|keys| !keys.is_empty());
        let Some(keys) = keys else {
            let name = given.first().map(ToString::to_string);
            let name =
                name.unwrap_or_else(|| self.naming.join_key(&relation.held.name, "id", false));
            return RelationKey {
                columns: vec![column(name, None)],
                referenced: None,
            };
        };
        let columns = keys.iter().enumerate().map(|(at, key)| {
            let name = given.get(at).map(ToString::to_string);
            let of = &relation.held.name;
            let name = name.unwrap_or_else(|| self.naming.join_key(of, &key.name, keys.len() > 1));
            column(name, Some(key))
        });
        let is_other = options.get("referenceColumnName").is_some()
            || options.get("referencedColumnNames").is_some();
        RelationKey {
            columns: columns.collect(),
            referenced: (!is_other).then(|| keys.iter().map(|key| key.name.clone()).collect()),
        }
    }

    /// The columns of the primary key of a class, those of its relations included.
    pub(super) fn key_of(&self, class: &Class<'p>) -> Vec<EntityColumn<'p>> {
        let lineage = self.resolver.lineage(&class.0, class.1);
        let own = self.columns_of(&lineage, &Embedding::default());
        let mut keys: Vec<_> = own
            .columns
            .iter()
            .filter(|key| key.primary)
            .cloned()
            .collect();
        // A key that leads back to the class itself would have no end.
        let by_relation = own.relations.iter().filter(|relation| {
            let target = relation.target.as_ref();
            matches!(relation.place, RelationPlace::Own(_))
                && relation.options.flag("primary") == Some(true)
                && target.is_some_and(|target| !std::ptr::eq(target.1, class.1))
        });
        for relation in by_relation {
            if let Some(reader) = self.deeper() {
                keys.extend(reader.foreign_key(relation).columns);
            }
        }
        keys
    }
}

impl Relation<'_> {
    /// The foreign key over `columns`; none where it has no place, or its actions are computed.
    pub(super) fn stated_key(
        &self,
        columns: Vec<String>,
        (namespace, table): (Option<&str>, &str),
        referenced: Vec<String>,
    ) -> Option<ForeignKey> {
        let on_delete = self.action(&["deleteRule", "onDelete"])?;
        let on_update = self.action(&["updateRule", "onUpdateIntegrity"])?;
        Some(ForeignKey {
            columns,
            table: qualified(namespace.unwrap_or("public"), table),
            referenced,
            on_delete,
            on_update,
            constrained: self.options.flag("createForeignKeyConstraint") != Some(false),
            location: self.held.place.as_ref().map(PropertyPlace::location)?,
        })
    }

    /// The action that one of the options states, if any; none where it is computed.
    fn action(&self, names: &[&str]) -> Option<Option<StatedAction>> {
        let Some(given) = names.iter().find_map(|name| self.options.get(name)) else {
            return Some(None);
        };
        let action = match given.as_str()?.to_lowercase().as_str() {
            "cascade" => ReferentialAction::Cascade,
            "set null" => ReferentialAction::SetNull,
            "set default" => ReferentialAction::SetDefault,
            "restrict" => ReferentialAction::Restrict,
            "no action" => ReferentialAction::NoAction,
            _ => return None,
        };
        Some(Some(StatedAction {
            action,
            written: true,
        }))
    }
}

impl<'p> ClassColumns<'p> {
    /// The columns of the property at `path`, among those of the relations in `keys`.
    pub(super) fn columns_at(
        &self,
        path: &str,
        keys: &[(usize, RelationKey<'p>)],
    ) -> Option<Vec<String>> {
        let mut columns = self.columns.iter();
        if let Some(column) = columns.find(|column| column.path == path) {
            return Some(vec![column.name.clone()]);
        }
        let mut of_relations = keys.iter();
        let (_, key) = of_relations.find(|(at, _)| self.relations[*at].path == path)?;
        Some(
            key.columns
                .iter()
                .map(|column| column.name.clone())
                .collect(),
        )
    }
}
