//! The tables and views that are judged, with what each column's type, keys and constraints come
//! to.

use super::check_constraints::{self, Demands};
use super::filled_in;
use crate::config::{Config, Driver};
use crate::schema::model::{Column, ConstraintKind, ObjectName, Schema, Table, View};
use crate::schema::types::{ColumnType, Scalar};

/// A table or view that TypeScript may describe.
#[derive(Debug, Clone)]
pub struct Entity<'a> {
    /// Its name.
    pub name: &'a ObjectName,
    /// The kind of entity.
    pub kind: EntityKind,
    /// In physical order.
    pub columns: Vec<ColumnFacts<'a>>,
}

/// The kind of an entity in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntityKind {
    /// A table: its columns' nullability is known, and rows can be written.
    Table,
    /// A view or materialised view: PostgreSQL does not know whether its columns can be null.
    View,
}

/// A column with everything that follows from its type and the constraints on it.
#[derive(Debug, Clone)]
pub struct ColumnFacts<'a> {
    /// The column.
    pub column: &'a Column,
    /// Its type, taken apart.
    pub ty: ColumnType,
    /// Whether it is (part of) the primary key.
    pub primary_key: bool,
    /// Whether it is (part of) a foreign key.
    pub foreign_key: bool,
    /// The table that it alone leads to, without namespace.
    pub references: Option<String>,
    /// Whether the database fills it in by itself, and people never do: a key or an instant with a
    /// default, an identity, a generated column.
    pub made_by_server: bool,
    /// Whether something fills it in before a row is inserted, though it has no default.
    pub filled_in: bool,
    /// The demands on a value: those of the type, and those of CHECK constraints on the column and
    /// its domains.
    pub demands: Demands,
    /// Whether it cannot be null: by `NOT NULL` or by a CHECK.
    pub not_null: bool,
    /// Whether the client returns an empty array for null, as Prisma does.
    pub null_is_empty: bool,
}

impl ColumnFacts<'_> {
    /// The least and the greatest number that its type itself holds.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        let Scalar::Builtin(name) = &self.ty.scalar else {
            return None;
        };
        match name.as_str() {
            "smallint" => Some((-32_768.0, 32_767.0)),
            "integer" => Some((-2_147_483_648.0, 2_147_483_647.0)),
            "numeric" => {
                let precision = i32::try_from(self.ty.length?).ok()?;
                let limit =
                    10_f64.powi(precision - i32::try_from(self.ty.scale.unwrap_or(0)).ok()?);
                Some((-limit, limit))
            }
            _unbounded => None,
        }
    }
}

impl ColumnFacts<'_> {
    /// Whether it holds whole numbers only.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(
            &self.ty.scalar,
            Scalar::Builtin(name) if matches!(name.as_str(), "smallint" | "integer" | "bigint")
        )
    }
}

impl<'a> Entity<'a> {
    /// The name as people write it.
    #[must_use]
    pub fn title(&self) -> String {
        self.name.to_string()
    }

    /// The column `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnFacts<'a>> {
        self.columns.iter().find(|facts| facts.column.name == name)
    }
}

impl Entity<'_> {
    /// Whether its rows are nothing by themselves: it joins other tables, or lists the values that
    /// their columns may hold. Code that reads them through those has no use for a type of them.
    #[must_use]
    pub fn is_auxiliary(&self) -> bool {
        let joined = self
            .columns
            .iter()
            .filter(|facts| facts.foreign_key)
            .count();
        let is_key = |facts: &ColumnFacts<'_>| {
            facts.foreign_key || facts.primary_key || facts.made_by_server
        };
        let joins = joined > 1 && self.columns.iter().all(is_key);
        joins || self.lists_values()
    }

    /// A text as the key, and at most a text that explains it.
    fn lists_values(&self) -> bool {
        let is_text = |facts: &ColumnFacts<'_>| facts.ty.is_text();
        let mut columns = self.columns.iter();
        let key = columns
            .next()
            .is_some_and(|facts| facts.primary_key && is_text(facts));
        key && self.columns.len() <= 2 && columns.all(is_text)
    }
}

/// The tables and views of `schema` that `config` does not leave out: tables first, by name.
#[must_use]
pub fn entities<'a>(schema: &'a Schema, config: &Config) -> Vec<Entity<'a>> {
    // A partition is described by what describes the table that it is a part of.
    let tables = schema
        .tables
        .iter()
        .filter(|(_, table)| table.partition.is_none())
        .map(|(name, table)| table_entity(name, table, schema, config));
    let views = schema
        .views
        .iter()
        .map(|(name, view)| view_entity(name, view, schema, config));
    let mut entities: Vec<_> = tables
        .chain(views)
        .filter(|entity| is_judged(entity.name, config))
        .collect();
    entities.sort_by_key(|entity| (entity.kind, entity.name));
    entities
}

/// Whether the configuration does not leave a table of this name out.
pub(super) fn is_judged(name: &ObjectName, config: &Config) -> bool {
    let in_namespace = config.namespaces.is_empty() || config.namespaces.contains(&name.namespace);
    let qualified = format!("{}.{}", name.namespace, name.name);
    in_namespace
        && !config.setup_tables.contains(&qualified)
        && !config
            .ignored_tables
            .iter()
            .any(|ignored| *ignored == name.to_string() || *ignored == qualified)
}

fn table_entity<'a>(
    name: &'a ObjectName,
    table: &'a Table,
    schema: &Schema,
    config: &Config,
) -> Entity<'a> {
    let keyed = |kind: ConstraintKind, column: &Column| {
        let mut of_kind = table
            .constraints
            .values()
            .filter(|constraint| constraint.kind == kind);
        of_kind.any(|constraint| constraint.columns.contains(&column.name))
    };
    let facts = |column: &'a Column| {
        let mut facts = column_facts(column, schema, config);
        facts.primary_key = keyed(ConstraintKind::PrimaryKey, column);
        facts.foreign_key = keyed(ConstraintKind::ForeignKey, column);
        facts.references = referenced(table, &column.name);
        let checks = table
            .constraints
            .values()
            .filter(|constraint| constraint.kind == ConstraintKind::Check);
        let checks =
            checks.map(|check| check_constraints::demands(&check.definition, &column.name));
        facts.demands = checks.fold(facts.demands, Demands::and);
        facts.not_null |= facts.demands.not_null;
        facts
    };
    let triggered = filled_in::by_triggers(table, schema);
    let facts = |column: &'a Column| {
        let mut facts = facts(column);
        let alone_in_key = facts.primary_key
            && !facts.foreign_key
            && key_of(table).is_some_and(|key| key.len() == 1);
        let by_client = !column.may_be_omitted()
            && filled_in::by_client(column, &facts.ty, alone_in_key, config);
        facts.filled_in = by_client || triggered.contains(&column.name);
        facts.made_by_server = is_made_by_server(&facts) || (by_client && !facts.primary_key);
        facts
    };
    Entity {
        name,
        kind: EntityKind::Table,
        columns: table.columns.iter().map(facts).collect(),
    }
}

/// The table in `FOREIGN KEY (team_id) REFERENCES public."Teams"(id)`.
fn referenced(table: &Table, column: &str) -> Option<String> {
    let keys = table
        .constraints
        .values()
        .filter(|constraint| constraint.kind == ConstraintKind::ForeignKey);
    let mut alone = keys.filter(|key| key.columns.iter().map(String::as_str).eq([column]));
    let (_, rest) = alone.next()?.definition.split_once(" REFERENCES ")?;
    let name = rest.split_once('(')?.0;
    Some(
        name.rsplit('.')
            .next()
            .unwrap_or(name)
            .trim_matches('"')
            .to_owned(),
    )
}

fn key_of(table: &Table) -> Option<&[String]> {
    let key = table
        .constraints
        .values()
        .find(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
    key.map(|key| key.columns.as_slice())
}

fn is_made_by_server(facts: &ColumnFacts<'_>) -> bool {
    let column = facts.column;
    let says_now = |default: &String| {
        let default = default.to_lowercase();
        default.contains("now()") || default.contains("current_timestamp")
    };
    let by_default = column
        .default
        .as_ref()
        .is_some_and(|default| facts.primary_key || says_now(default));
    by_default || column.identity.is_some() || column.generated.is_some()
}

fn view_entity<'a>(
    name: &'a ObjectName,
    view: &'a View,
    schema: &Schema,
    config: &Config,
) -> Entity<'a> {
    let columns = view
        .columns
        .iter()
        .map(|column| column_facts(column, schema, config))
        .collect();
    Entity {
        name,
        kind: EntityKind::View,
        columns,
    }
}

/// Returns the facts that follow from the column alone.
fn column_facts<'a>(column: &'a Column, schema: &Schema, config: &Config) -> ColumnFacts<'a> {
    let ty = ColumnType::resolve(&column.type_name, schema);
    let of_domains = ty
        .domains
        .iter()
        .filter_map(|name| schema.domains.get(name));
    let checks = of_domains.flat_map(|domain| domain.checks.values());
    let demands = checks
        .map(|check| check_constraints::demands(check, "VALUE"))
        .fold(of_type(&ty), Demands::and);
    let not_null = column.not_null || demands.not_null;
    let null_is_empty = ty.array && config.driver == Some(Driver::Prisma);
    ColumnFacts {
        column,
        ty,
        primary_key: false,
        foreign_key: false,
        references: None,
        made_by_server: false,
        filled_in: false,
        demands,
        not_null,
        null_is_empty,
    }
}

/// Returns the demands of the type itself.
fn of_type(ty: &ColumnType) -> Demands {
    match &ty.scalar {
        Scalar::Enum(_, labels) => Demands {
            values: Some(labels.clone()),
            ..Demands::default()
        },
        Scalar::Builtin(name) if matches!(name.as_str(), "character varying" | "character") => {
            Demands {
                max_length: ty.length,
                ..Demands::default()
            }
        }
        Scalar::Builtin(_) | Scalar::Other(_) => Demands::default(),
    }
}
