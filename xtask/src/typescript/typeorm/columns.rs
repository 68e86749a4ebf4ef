//! The properties of a class that stand for columns: its own, inherited ones, and those of embedded
//! classes.

use std::rc::Rc;

use super::EntityColumn;
use super::keys::{RelationKey, UniqueProperties};
use super::options::ColumnOptions;
use super::relations::{Relation, relation};
use crate::config::NamingStrategy;
use crate::facts::SqlScalar;
use crate::typescript::decorators::{Decorator, Decorators};
use crate::typescript::entities::{Class, Member, members, open_base, text};
use crate::typescript::resolve::{Property, Resolver, reason};
use crate::typescript::values::Value;
use crate::typescript::vocabulary::Library;

/// The deepest nesting of embedded classes.
const DEPTH: usize = 12;

/// Reads classes as TypeORM does.
#[derive(Clone, Copy)]
pub(super) struct EntityReader<'r, 'p> {
    /// Evaluates decorators.
    pub resolver: &'r Resolver<'p>,
    /// Names what nobody named.
    pub naming: NamingStrategy,
}

/// The columns and relations of a class.
#[derive(Default)]
pub(super) struct ClassColumns<'p> {
    /// In order, each property once.
    pub columns: Vec<EntityColumn<'p>>,
    /// The properties that lead to other entities.
    pub relations: Vec<Relation<'p>>,
    /// The unique keys that decorators state.
    pub uniques: Vec<UniqueProperties>,
    /// Whether there may be more of them.
    pub uniques_open: bool,
    /// The columns of its relations, once they were added to its columns.
    pub keys: Vec<RelationKey>,
    /// Whether it may have more foreign keys than relations.
    pub foreign_open: bool,
    /// Why there may be more.
    pub open: Option<Rc<str>>,
}

/// Where an embedded class stands in its entity.
#[derive(Clone, Default)]
pub(super) struct Embedding {
    /// The properties that lead there.
    path: Vec<Rc<str>>,
    /// Their prefixes in names of columns.
    pub(super) prefixes: Vec<String>,
}

impl Embedding {
    pub(super) fn path_of(&self, property: &str) -> String {
        let before = self.path.iter().map(|name| &**name);
        before.chain([property]).collect::<Vec<_>>().join(".")
    }
}

impl<'p> EntityReader<'_, 'p> {
    /// The columns of a class and of those that it extends.
    pub(super) fn columns(&self, class: &Class<'p>) -> ClassColumns<'p> {
        let lineage = self.resolver.lineage(&class.0, class.1);
        self.columns_of(&lineage, &Embedding::default())
    }

    /// The columns of `lineage`, a class and those that it extends, the nearest first.
    pub(super) fn columns_of(
        &self,
        lineage: &[Class<'p>],
        embedding: &Embedding,
    ) -> ClassColumns<'p> {
        let mut found = ClassColumns::default();
        for declaring in lineage.iter().rev() {
            self.uniques_of_class(declaring, embedding, &mut found);
        }
        // Decorators of base classes run first, and of two columns for one property TypeORM keeps
        // the first.
        for member in members(self.resolver, lineage, Library::TypeOrm) {
            let Member {
                declaring,
                held,
                decorators,
                ..
            } = member;
            let name = Rc::clone(&held.name);
            self.uniques_of_property(&declaring, &name, &decorators, embedding, &mut found);
            self.member(&declaring, held, &decorators, embedding, &mut found);
        }
        let why = open_base(self.resolver, lineage);
        found.open = found.open.or(why);
        found
    }

    fn member(
        &self,
        declaring: &Class<'p>,
        held: Property<'p>,
        decorators: &Decorators<'p>,
        embedding: &Embedding,
        found: &mut ClassColumns<'p>,
    ) {
        if let Some(relation) = relation(self.resolver, declaring, &held, decorators, embedding) {
            let is_new = found
                .relations
                .iter()
                .all(|known| known.path != relation.path);
            return found.relations.extend(is_new.then_some(relation));
        }
        let columns = decorators.of(Library::TypeOrm);
        let columns = columns.filter_map(|one| Some((one, Mode::named(&one.name)?)));
        // The decorator that stands nearest to the property runs first, and TypeORM keeps the first:
        // of `@Column({ type: 'timestamp' }) @CreateDateColumn()` the second.
        if let Some((decorator, mode)) = columns.last() {
            self.column(held, (decorator, mode), decorators, embedding, found);
        }
    }

    fn column(
        &self,
        held: Property<'p>,
        (decorator, mode): (&Decorator<'p>, Mode),
        decorators: &Decorators<'p>,
        embedding: &Embedding,
        found: &mut ClassColumns<'p>,
    ) {
        let arguments = decorator.arguments(self.resolver);
        if mode == Mode::Regular
            && let Value::Function(..) = arguments.at(0).uncast()
        {
            let class = self.resolver.call(&arguments.at(0), &[]);
            let options = ColumnOptions::new(arguments.at(1));
            return self.embedded(&held, &class, &options, embedding, found);
        }
        let options = match mode {
            Mode::Generated => generated_options(self.resolver, decorator),
            _ => ColumnOptions::of_decorator(&arguments),
        };
        let mut column = self.plain(held, &options, embedding);
        let generated = decorators.find(Library::TypeOrm, "Generated");
        let strategy = generated.or((mode == Mode::Generated).then_some(decorator));
        if let Some(strategy) = strategy {
            let first = strategy.arguments(self.resolver).at(0);
            apply_strategy(&mut column, text(&first).as_deref());
        }
        mode.apply(&mut column, &options);
        if let Some(why) = options.unknown() {
            column.ty = Some(SqlScalar::Unknown(why));
            column.sql.apart.nullable = None;
        }
        match found
            .columns
            .iter_mut()
            .find(|known| known.path == column.path)
        {
            Some(known) => redeclare(known, column),
            None => found.columns.push(column),
        }
    }

    /// A column as its options describe it.
    pub(super) fn plain(
        &self,
        held: Property<'p>,
        options: &ColumnOptions<'p>,
        embedding: &Embedding,
    ) -> EntityColumn<'p> {
        let given_name = options.text("name");
        let property = Rc::clone(&held.name);
        let name = self
            .naming
            .column(&property, given_name.as_deref(), &embedding.prefixes);
        EntityColumn {
            path: embedding.path_of(&property),
            name,
            given_name,
            ty: options.scalar(self.resolver),
            options: options.clone(),
            typed_by: None,
            array: options.flag("array").unwrap_or(false),
            sql: options.column(self.resolver),
            primary: options.flag("primary").unwrap_or(false),
            filled_in: false,
            soft_delete: false,
            property,
            held,
        }
    }

    /// `@Column(() => Address, { prefix: 'home' })`
    fn embedded(
        &self,
        held: &Property<'p>,
        class: &Value<'p>,
        options: &ColumnOptions<'p>,
        embedding: &Embedding,
        found: &mut ClassColumns<'p>,
    ) {
        let mut inner = embedding.clone();
        inner.path.push(Rc::clone(&held.name));
        let given = options.get("prefix").map(Value::uncast);
        match given {
            None | Some(Value::Boolean(true)) => inner.prefixes.push(held.name.to_string()),
            Some(Value::String(prefix)) if !prefix.is_empty() => {
                inner.prefixes.push(prefix.to_string());
            }
            Some(_) => {}
        }
        let class = match class.uncast() {
            Value::Class(scope, class) if inner.path.len() < DEPTH => (scope.clone(), *class),
            _ => {
                let why = format!("the class of `{}` is not known", held.name);
                found.open = Some(reason(why));
                return;
            }
        };
        let lineage = self.resolver.lineage(&class.0, class.1);
        let embedded = self.columns_of(&lineage, &inner);
        found.columns.extend(embedded.columns);
        found.relations.extend(embedded.relations);
        found.uniques.extend(embedded.uniques);
        found.uniques_open |= embedded.uniques_open;
        found.foreign_open |= embedded.foreign_open;
        found.open = found.open.take().or(embedded.open);
    }
}

/// Takes up what a class says of a column that it inherits. Only a default replaces the inherited
/// one.
fn redeclare<'p>(known: &mut EntityColumn<'p>, column: EntityColumn<'p>) {
    if column.sql.database_default {
        known.sql.database_default = true;
        known.sql.default_value = column.sql.default_value;
    }
}

/// The column that a decorator makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Regular,
    Primary,
    Generated,
    CreateDate,
    UpdateDate,
    DeleteDate,
    Version,
    TreeLevel,
    View,
}

impl Mode {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Column" => Self::Regular,
            "PrimaryColumn" => Self::Primary,
            "PrimaryGeneratedColumn" => Self::Generated,
            "CreateDateColumn" => Self::CreateDate,
            "UpdateDateColumn" => Self::UpdateDate,
            "DeleteDateColumn" => Self::DeleteDate,
            "VersionColumn" => Self::Version,
            "TreeLevelColumn" => Self::TreeLevel,
            "ViewColumn" => Self::View,
            _ => return None,
        })
    }

    fn apply(self, column: &mut EntityColumn<'_>, options: &ColumnOptions<'_>) {
        let usual = match self {
            Self::CreateDate | Self::UpdateDate | Self::DeleteDate => Some("timestamp"),
            Self::Version | Self::TreeLevel | Self::Generated => Some("integer"),
            Self::Regular | Self::Primary | Self::View => None,
        };
        if let Some(usual) = usual.filter(|_| column.ty.is_none()) {
            column.ty = Some(options.named(usual));
            column.sql.apart.inferred_type = true;
        }
        match self {
            Self::Primary | Self::Generated => {
                column.primary = true;
                column.sql.apart.nullable = Some(false);
            }
            Self::CreateDate | Self::UpdateDate => column.sql.database_default = true,
            Self::DeleteDate => {
                column.sql.apart.nullable = Some(true);
                column.soft_delete = true;
            }
            Self::Version | Self::TreeLevel => column.filled_in = true,
            Self::View => {
                let why = "the query of a view says its type";
                column.ty = Some(SqlScalar::Unknown(why.into()));
                column.sql.apart.nullable = None;
            }
            Self::Regular => {}
        }
    }
}

/// `@PrimaryGeneratedColumn('uuid', { name: 'key' })`
fn generated_options<'p>(resolver: &Resolver<'p>, decorator: &Decorator<'p>) -> ColumnOptions<'p> {
    let arguments = decorator.arguments(resolver);
    let first = arguments.at(0);
    ColumnOptions::new(match first.uncast() {
        Value::Object(_) => first,
        _ => arguments.at(1),
    })
}

fn apply_strategy(column: &mut EntityColumn<'_>, strategy: Option<&str>) {
    column.sql.database_default = true;
    if strategy == Some("uuid") {
        column.ty = Some(SqlScalar::Named("uuid".into(), Vec::new()));
    } else if column.ty.is_none() {
        column.ty = Some(SqlScalar::Named("integer".into(), Vec::new()));
        column.sql.apart.inferred_type = true;
    }
}
