//! Relations with their foreign-key columns: `@ManyToOne(() => User) @JoinColumn({ name: 'user_id' })`.

use std::rc::Rc;

use super::EntityColumn;
use super::columns::{ClassColumns, Embedding, EntityReader};
use super::keys::{Actions, RelationKey};
use super::options::ColumnOptions;
use crate::facts::{SqlColumn, SqlScalar, SqlType, StatedApart, StatedValue};
use crate::typescript::decorators::{Decorator, Decorators};
use crate::typescript::entities::{Class, target, text};
use crate::typescript::resolve::{Property, Resolver};
use crate::typescript::values::Value;
use crate::typescript::vocabulary::Library;

/// A property that leads to another entity, as far as it has columns.
pub(super) struct Relation<'p> {
    /// The property.
    pub held: Property<'p>,
    /// The path to it, through embedded classes.
    pub path: String,
    /// The class that it leads to, where that is known.
    pub target: Option<Class<'p>>,
    /// Where its columns are.
    pub columns: RelationColumns<'p>,
    /// Whether it may lead nowhere, where somebody says so.
    pub nullable: Option<bool>,
    /// Whether it is (part of) the primary key.
    pub primary: bool,
    /// Whether no other row leads to the same one.
    pub one_to_one: bool,
    /// Whether a constraint of the database holds it.
    pub constrained: bool,
    /// The effects of changes of the other row.
    pub actions: Actions,
    prefixes: Vec<String>,
}

/// Where the columns of a relation are.
pub(super) enum RelationColumns<'p> {
    /// In the table of the entity.
    Own(Vec<JoinColumn>),
    /// In a table that joins the two, with the options of `@JoinTable`.
    Joined(ColumnOptions<'p>),
    /// In the other table.
    Other,
}

/// `{ name: 'user_id', referencedColumnName: 'id' }`
#[derive(Debug, Clone, Default)]
pub(super) struct JoinColumn {
    pub name: Option<Rc<str>>,
    pub referenced: Option<Rc<str>>,
}

/// The relation that `decorators` make of a property of the class `declaring`; none of any other.
pub(super) fn relation<'p>(
    resolver: &Resolver<'p>,
    declaring: &Class<'p>,
    held: &Property<'p>,
    decorators: &Decorators<'p>,
    embedding: &Embedding,
) -> Option<Relation<'p>> {
    let of_typeorm = || decorators.of(Library::TypeOrm);
    let decorator = of_typeorm().find(|one| is_relation(&one.name))?;
    let find = |name: &str| decorators.find(Library::TypeOrm, name);
    let joins: Vec<JoinColumn> = of_typeorm()
        .filter(|one| &*one.name == "JoinColumn")
        .flat_map(|one| join_columns(resolver, &one.arguments(resolver).at(0)))
        .collect();
    let columns = match &*decorator.name {
        "ManyToOne" | "TreeParent" => RelationColumns::Own(joins),
        "OneToOne" if find("JoinColumn").is_some() => RelationColumns::Own(joins),
        "ManyToMany" => match find("JoinTable") {
            Some(table) => {
                RelationColumns::Joined(ColumnOptions::new(table.arguments(resolver).at(0)))
            }
            None => RelationColumns::Other,
        },
        _ => RelationColumns::Other,
    };
    let options = relation_options(resolver, decorator);
    Some(Relation {
        held: held.clone(),
        path: embedding.path_of(&held.name),
        target: match &*decorator.name {
            "TreeParent" => Some(declaring.clone()),
            _ => target(resolver, &decorator.arguments(resolver).at(0)),
        },
        columns,
        nullable: options.flag("nullable"),
        primary: options.flag("primary").unwrap_or(false) || find("PrimaryColumn").is_some(),
        one_to_one: &*decorator.name == "OneToOne",
        constrained: options.flag("createForeignKeyConstraints") != Some(false),
        actions: Actions::read(&options),
        prefixes: embedding.prefixes.clone(),
    })
}

fn is_relation(name: &str) -> bool {
    matches!(
        name,
        "ManyToOne"
            | "OneToOne"
            | "OneToMany"
            | "ManyToMany"
            | "TreeParent"
            | "TreeChildren"
            | "RelationId"
            | "RelationCount"
            | "VirtualColumn"
    )
}

/// The options behind the target and the inverse side.
fn relation_options<'p>(resolver: &Resolver<'p>, decorator: &Decorator<'p>) -> ColumnOptions<'p> {
    let arguments = decorator.arguments(resolver);
    let mut last_first = (0..arguments.count()).rev().map(|at| arguments.at(at));
    let options = last_first
        .find(|value| value.as_object().is_some())
        .unwrap_or(Value::Undefined);
    ColumnOptions::new(options)
}

/// One join column, or a list of them.
pub(super) fn join_columns<'p>(resolver: &Resolver<'p>, value: &Value<'p>) -> Vec<JoinColumn> {
    let items = match value.uncast() {
        Value::Undefined | Value::Null => return Vec::new(),
        Value::Array(_) => resolver.elements_of(value),
        _ => vec![value.clone()],
    };
    let join = |item: &Value<'p>| JoinColumn {
        name: item.property("name").and_then(text),
        referenced: item.property("referencedColumnName").and_then(text),
    };
    items.iter().map(join).collect()
}

/// The columns of a target that `joins` refer to, as TypeORM finds them.
pub(super) fn referenced<'c, 'p>(
    target: &'c ClassColumns<'p>,
    joins: &[JoinColumn],
) -> Vec<&'c EntityColumn<'p>> {
    let columns = &target.columns;
    if joins.iter().all(|join| join.referenced.is_none()) {
        return columns.iter().filter(|column| column.primary).collect();
    }
    let by_name = |join: &JoinColumn| {
        let name = join.referenced.as_deref()?;
        columns.iter().find(|column| &*column.property == name)
    };
    joins.iter().filter_map(by_name).collect()
}

/// The join column that names the foreign key of `referenced`.
pub(super) fn naming_join<'j>(joins: &'j [JoinColumn], referenced: &str) -> Option<&'j Rc<str>> {
    let fits = |join: &&JoinColumn| {
        join.name.is_some()
            && join
                .referenced
                .as_deref()
                .is_none_or(|name| name == referenced)
    };
    joins.iter().find(fits)?.name.as_ref()
}

/// Gives a column the type of the one that its foreign key leads to, as TypeORM does. Its length
/// stays its own.
fn take_type<'p>(known: &mut EntityColumn<'p>, key: EntityColumn<'p>) {
    match key.ty {
        Some(SqlScalar::Named(name, _)) => known.ty = Some(known.options.named(&name)),
        Some(SqlScalar::Enum(..)) => known.ty = key.ty,
        Some(SqlScalar::Unknown(_)) => return,
        None => (known.ty, known.typed_by) = (None, key.typed_by),
    }
    known.sql.apart.inferred_type = true;
}

impl<'p> EntityReader<'_, 'p> {
    /// Adds the foreign keys of the relations of `own`, those that a column of its own stands for
    /// left out.
    pub(super) fn add_foreign_keys(&self, own: &mut ClassColumns<'p>) {
        let mut added: Vec<EntityColumn<'p>> = Vec::new();
        for (at, relation) in own.relations.iter().enumerate() {
            let RelationColumns::Own(joins) = &relation.columns else {
                continue;
            };
            let mut columns = Vec::new();
            let mut referenced = Vec::new();
            for (name, key, leads_to) in self.foreign_keys(relation, joins) {
                referenced.push(leads_to);
                let is_known = |known: &&mut EntityColumn<'p>| {
                    let given = known.given_name.as_deref();
                    self.naming.column(&known.property, given, &[]) == *name
                };
                let mut all = own.columns.iter_mut().chain(&mut added);
                match all.find(is_known) {
                    Some(known) => {
                        columns.push(known.name.clone());
                        take_type(known, key);
                    }
                    None => {
                        columns.push(key.name.clone());
                        added.push(key);
                    }
                }
            }
            own.keys.push(RelationKey {
                relation: at,
                columns,
                referenced: referenced.into_iter().collect(),
            });
        }
        own.columns.extend(added);
    }

    /// The foreign keys of `relation`: their names without prefixes, and the columns that they lead
    /// to, where those are known.
    fn foreign_keys(
        &self,
        relation: &Relation<'p>,
        joins: &[JoinColumn],
    ) -> Vec<(Rc<str>, EntityColumn<'p>, Option<String>)> {
        let name = |referenced: &str| match naming_join(joins, referenced) {
            Some(name) => Rc::clone(name),
            None => self
                .naming
                .join_column(&relation.held.name, referenced)
                .into(),
        };
        let target = relation.target.as_ref().map(|class| self.columns(class));
        let found = target
            .as_ref()
            .map(|target| referenced(target, joins))
            .unwrap_or_default();
        if found.is_empty() {
            let why = "the entity that it leads to is not known";
            let name = name("id");
            let mut key = self.foreign_key(relation, Rc::clone(&name));
            key.ty = Some(SqlScalar::Unknown(why.into()));
            return vec![(name, key, None)];
        }
        let keys = found.into_iter().map(|column| {
            let name = name(&column.property);
            let mut key = self.foreign_key(relation, Rc::clone(&name));
            key.ty.clone_from(&column.ty);
            key.options = column.options.clone();
            key.typed_by = Some(column.held.clone());
            (name, key, Some(column.name.clone()))
        });
        keys.collect()
    }

    fn foreign_key(&self, relation: &Relation<'p>, name: Rc<str>) -> EntityColumn<'p> {
        let column = self
            .naming
            .column(&relation.held.name, Some(&name), &relation.prefixes);
        EntityColumn {
            path: relation.path.clone(),
            property: Rc::clone(&relation.held.name),
            name: column,
            given_name: Some(name),
            held: relation.held.clone(),
            ty: None,
            options: ColumnOptions::new(Value::Undefined),
            typed_by: None,
            array: false,
            sql: SqlColumn {
                ty: SqlType {
                    scalar: SqlScalar::Unknown(String::new()),
                    array: false,
                },
                database_default: false,
                default_value: None,
                application_values: None,
                apart: StatedApart {
                    nullable: relation.nullable.or(relation.primary.then_some(false)),
                    inferred_type: true,
                    never_inserted: false,
                    value: StatedValue::Related,
                },
            },
            primary: relation.primary,
            filled_in: true,
            soft_delete: false,
        }
    }
}
