//! The properties of a class that stand for columns: its own, inherited ones, and those of embedded
//! classes.

use std::rc::Rc;

use super::EntityColumn;
use super::relations::{Relation, relation};
use super::types::{self, Size, StatedType};
use crate::config::MikroOrmNaming;
use crate::facts::{SqlColumn, SqlScalar, SqlType, StatedApart, StatedValue};
use crate::source::Location;
use crate::typescript::decorators::{Decorator, Decorators};
use crate::typescript::entities::{
    Class, Member, Options, members, open_base, target, written_type,
};
use crate::typescript::resolve::{Property, Resolver, Type, reason};
use crate::typescript::values::Value;
use crate::typescript::vocabulary::Library;
use crate::typescript::written_default::written_default;

/// The deepest nesting of embedded classes.
const DEPTH: usize = 12;

/// The longest chain of keys that are made of others' keys.
const KEYS: usize = 6;

/// Reads classes as MikroORM does.
#[derive(Clone, Copy)]
pub(super) struct EntityReader<'r, 'p> {
    /// Evaluates decorators.
    pub resolver: &'r Resolver<'p>,
    /// Names what nobody named.
    pub naming: MikroOrmNaming,
    /// How many keys lead to the class that is read: keys of two classes may be made of each other.
    pub depth: usize,
}

/// The columns and relations of a class.
#[derive(Default)]
pub(super) struct ClassColumns<'p> {
    /// In order, each property once.
    pub columns: Vec<EntityColumn<'p>>,
    /// The properties that lead to other entities.
    pub relations: Vec<Relation<'p>>,
    /// The unique keys that decorators state: the paths of properties, and the place.
    pub uniques: Vec<(Vec<String>, Location)>,
    /// Whether there may be more of them.
    pub uniques_open: bool,
    /// Why there may be more columns.
    pub open: Option<Rc<str>>,
}

/// Where an embedded class stands in its entity.
#[derive(Clone, Default)]
pub(super) struct Embedding {
    path: Vec<Rc<str>>,
    prefix: String,
    nullable: bool,
}

impl Embedding {
    pub(super) fn path_of(&self, property: &str) -> String {
        let before = self.path.iter().map(|name| &**name);
        before.chain([property]).collect::<Vec<_>>().join(".")
    }
}

impl<'p> EntityReader<'_, 'p> {
    /// The reader of a class whose key is a part of another's; none at the end of the chain.
    pub(super) fn deeper(self) -> Option<Self> {
        let depth = self.depth + 1;
        (depth < KEYS).then_some(Self { depth, ..self })
    }

    /// The columns of `lineage`, a class and those that it extends, the nearest first.
    pub(super) fn columns_of(
        &self,
        lineage: &[Class<'p>],
        embedding: &Embedding,
    ) -> ClassColumns<'p> {
        let mut found = ClassColumns::default();
        for member in members(self.resolver, lineage, Library::MikroOrm) {
            self.member(&member, embedding, &mut found);
        }
        let own = found.columns.iter().filter(|column| column.primary);
        let related = found.relations.iter();
        let related = related.filter(|relation| relation.options.flag("primary") == Some(true));
        let keys = own.count() + related.count();
        for column in &mut found.columns {
            // Numbers count up by themselves where they alone are the key.
            column.sql.database_default |= keys == 1 && self.counts_up(column);
        }
        found.open = found.open.or_else(|| open_base(self.resolver, lineage));
        found
    }

    /// Whether it is a key whose values the database may count.
    fn counts_up(&self, column: &EntityColumn<'p>) -> bool {
        let is_number = match &column.stated {
            Some((SqlScalar::Named(name, _), false)) => {
                matches!(name.as_str(), "integer" | "bigint" | "smallint")
            }
            Some(_) => false,
            None => matches!(column.held.value.get(self.resolver), Type::Number),
        };
        column.primary && is_number
    }

    fn member(&self, member: &Member<'p>, embedding: &Embedding, found: &mut ClassColumns<'p>) {
        let Member {
            held, decorators, ..
        } = member;
        found.uniques_open |= decorators.own > 0;
        let path = embedding.path_of(&held.name);
        if decorators.find(Library::MikroOrm, "Unique").is_some() {
            found.add_unique(path.clone(), held);
        }
        if let Some(relation) = relation(self.resolver, held, decorators, &path) {
            if relation.options.flag("unique") == Some(true) {
                found.add_unique(path, held);
            }
            found.relations.retain(|known| known.path != relation.path);
            return found.relations.push(relation);
        }
        let of_column = |name: &str| decorators.find(Library::MikroOrm, name);
        if let Some(decorator) = of_column("Embedded") {
            return self.embedded(held, decorator, embedding, found);
        }
        let names = ["PrimaryKey", "Enum", "Property"];
        let Some(decorator) = names.into_iter().find_map(of_column) else {
            return;
        };
        let Some(column) = self.column(member, decorator, decorators, embedding) else {
            return;
        };
        let options = Options(decorator.arguments(self.resolver).at(0));
        if options.flag("unique") == Some(true) {
            found.add_unique(path, held);
        }
        found.columns.retain(|known| known.path != column.path);
        found.columns.push(column);
    }

    fn column(
        &self,
        member: &Member<'p>,
        decorator: &Decorator<'p>,
        decorators: &Decorators<'p>,
        embedding: &Embedding,
    ) -> Option<EntityColumn<'p>> {
        let first = decorator.arguments(self.resolver).at(0);
        let (options, items) = match first.uncast() {
            Value::Function(..) => (Options(Value::Undefined), Some(first.clone())),
            _ => (Options(first.clone()), first.property("items").cloned()),
        };
        let is_computed = options.get("formula").is_some() || options.get("expression").is_some();
        if options.flag("persist") == Some(false) || is_computed {
            return None;
        }
        let property = &member.held.name;
        let mut apart = StatedApart {
            nullable: options.flag("nullable"),
            ..StatedApart::default()
        };
        let is_enum = &*decorator.name == "Enum" || items.is_some();
        let stated = match (is_enum, items) {
            (true, Some(items)) => Some(types::enumeration(self.resolver, &items, &options)),
            (true, None) => Some(unknown("it lacks the values of its enum")),
            (false, _) => match types::stated(self.resolver, &options) {
                StatedType::None => None,
                StatedType::Sql(scalar, array) => Some((scalar, array)),
                StatedType::Custom => {
                    apart.value = StatedValue::Converted;
                    Some(unknown("its type is the program's own"))
                }
            },
        };
        // The column type alone may be written of an enum too.
        let written = options.text("columnType").filter(|_| is_enum);
        let stated = written.map_or(stated, |ty| Some(written_type(&ty)));
        let stated = match options.unknown() {
            Some(why) => Some(unknown(&why)),
            None => stated,
        };
        let default = options.get("default").or_else(|| options.get("defaultRaw"));
        let is_null = default.is_some_and(Value::is_nothing);
        let default = default.filter(|_| !is_null);
        if is_null {
            apart.nullable = apart.nullable.or(Some(true));
        }
        let primary = &*decorator.name == "PrimaryKey" || options.flag("primary") == Some(true);
        if primary {
            apart.nullable = Some(false);
        } else if embedding.nullable {
            apart.nullable = Some(true);
        }
        let is_made = |name: &str| options.get(name).is_some();
        let counts = options.flag("autoincrement") == Some(true) || is_made("generated");
        let version = options.flag("version") == Some(true)
            || decorators.find(Library::MikroOrm, "Version").is_some();
        Some(EntityColumn {
            path: embedding.path_of(property),
            name: embedding.prefix.clone() + &self.column_name(property, &options),
            held: member.held.clone(),
            stated,
            size: Size::read(&options),
            typed_by: None,
            sql: SqlColumn {
                ty: nothing(),
                database_default: default.is_some() || counts || version,
                default_value: default
                    .filter(|_| options.get("default").is_some())
                    .and_then(written_default),
                application_values: None,
                apart,
            },
            primary,
            filled_in: primary || is_made("onCreate") || version || member.initialised,
        })
    }

    fn column_name(&self, property: &str, options: &Options<'p>) -> String {
        let given = options.text("fieldName").or_else(|| options.text("name"));
        given.map_or_else(|| self.naming.column(property), |name| name.to_string())
    }

    /// `@Embedded(() => Address, { prefix: 'home_' })`
    fn embedded(
        &self,
        held: &Property<'p>,
        decorator: &Decorator<'p>,
        embedding: &Embedding,
        found: &mut ClassColumns<'p>,
    ) {
        let arguments = decorator.arguments(self.resolver);
        let first = arguments.at(0);
        let (options, class) = match first.uncast() {
            Value::Object(_) => (first.clone(), first.property("entity").cloned()),
            _ => (arguments.at(1), Some(first.clone())),
        };
        let options = Options(options);
        let column = embedding.prefix.clone() + &self.column_name(&held.name, &options);
        let is_object = options.flag("object") == Some(true);
        if is_object || options.flag("array") == Some(true) {
            let json = SqlScalar::Named("jsonb".into(), Vec::new());
            let nullable = options.flag("nullable");
            found.columns.push(EntityColumn {
                path: embedding.path_of(&held.name),
                name: column,
                held: held.clone(),
                stated: Some((json, false)),
                size: Size::default(),
                typed_by: None,
                sql: SqlColumn {
                    ty: nothing(),
                    database_default: false,
                    default_value: None,
                    application_values: None,
                    apart: StatedApart {
                        nullable: if embedding.nullable {
                            Some(true)
                        } else {
                            nullable
                        },
                        ..StatedApart::default()
                    },
                },
                primary: false,
                filled_in: false,
            });
            return;
        }
        let mut inner = embedding.clone();
        inner.path.push(Rc::clone(&held.name));
        inner.nullable |= options.flag("nullable") == Some(true);
        match options.get("prefix").map(Value::uncast) {
            None | Some(Value::Boolean(true)) => inner.prefix = format!("{column}_"),
            Some(Value::String(prefix)) => inner.prefix = prefix.to_string(),
            Some(_) => {}
        }
        let class = class.and_then(|class| target(self.resolver, &class));
        let Some(class) = class.filter(|_| inner.path.len() < DEPTH) else {
            let why = format!("the class of `{}` is not known", held.name);
            found.open = Some(reason(why));
            return;
        };
        let lineage = self.resolver.lineage(&class.0, class.1);
        let embedded = self.columns_of(&lineage, &inner);
        found.columns.extend(embedded.columns);
        found.relations.extend(embedded.relations);
        found.uniques.extend(embedded.uniques);
        found.uniques_open |= embedded.uniques_open;
        found.open = found.open.take().or(embedded.open);
    }
}

impl ClassColumns<'_> {
    /// Adds the unique key of one property.
    fn add_unique(&mut self, path: String, held: &Property<'_>) {
        match &held.place {
            Some(place) => self.uniques.push((vec![path], place.location())),
            None => self.uniques_open = true,
        }
    }
}

fn unknown(why: &str) -> (SqlScalar, bool) {
    (SqlScalar::Unknown(why.into()), false)
}

/// The type of a column, until it is filled in.
pub(super) fn nothing() -> SqlType {
    SqlType {
        scalar: SqlScalar::Unknown(String::new()),
        array: false,
    }
}
