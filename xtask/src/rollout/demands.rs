//! What code wants of a schema, as its declarations say it: the columns that it reads, those that
//! its INSERT writes, and the values that it holds for possible.

use crate::checks::accepted_kinds::DescriptionLayer;
use crate::checks::entities::{ColumnFacts, Entity, EntityKind};
use crate::checks::matching::{Description, Role, Strength, TableMatches};
use crate::checks::{Compared, Input, Model};
use crate::facts::{Kind, SqlScalar};
use crate::schema::model::ObjectName;
use crate::source::Location;

/// The demands of all declarations of one commit.
#[derive(Debug, Clone, Default)]
pub struct CodeDemands {
    /// One for each declaration and table.
    pub tables: Vec<TableDemand>,
}

/// The demands of one declaration on one table or view.
#[derive(Debug, Clone)]
pub struct TableDemand {
    /// The table or view.
    pub table: ObjectName,
    /// `Drizzle table runs`
    pub declaration: String,
    /// Its name.
    pub location: Location,
    /// Whether rows are read by it.
    pub reads: bool,
    /// Whether rows are inserted by it.
    pub inserts: bool,
    /// Whether it is certain that the code reads or writes this table so. Otherwise what it lacks is
    /// possible only.
    pub firm: bool,
    /// Whether a row with a value that it does not know is refused when the program runs.
    pub refuses_rows: bool,
    /// The columns that it names.
    pub columns: Vec<ColumnDemand>,
}

/// The demands of one field on its column.
#[derive(Debug, Clone)]
pub struct ColumnDemand {
    /// The column.
    pub column: String,
    /// The field.
    pub location: Location,
    /// Whether an INSERT writes it.
    pub written: Written,
    /// Whether the code takes null from it, and may write null to it.
    pub nullable: bool,
    /// Whether the field may be absent.
    pub optional: bool,
    /// The kind of its values; none where that is not known, or is an ORM's own conversion.
    pub kind: Option<Kind>,
    /// The layer that the kind is of.
    pub layer: DescriptionLayer,
    /// All values that the code knows, where it lists them, as the database has them.
    pub values: Option<Vec<String>>,
    /// The type of the database to which the code casts each value by name.
    pub cast_to: Option<ObjectName>,
}

/// Whether an INSERT writes a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Each one does.
    Always,
    /// It may leave the value to the database.
    MayBeLeftOut,
    /// None does.
    Never,
}

impl TableDemand {
    /// The demand on `column`.
    #[must_use]
    pub fn column(&self, column: &str) -> Option<&ColumnDemand> {
        self.columns.iter().find(|demand| demand.column == column)
    }
}

/// Collects the demands of the declarations of `input` on the schema that they are compared with.
#[must_use]
pub fn of(input: Input<'_>) -> CodeDemands {
    let model = Model::new(input);
    let tables = model
        .judged()
        .filter_map(|(described, description)| of_description(&model, described, description));
    CodeDemands {
        tables: tables.collect(),
    }
}

fn of_description<'a>(
    model: &Model<'a>,
    described: &TableMatches<'a>,
    description: &Description<'a>,
) -> Option<TableDemand> {
    let (reads, inserts) = uses(model, described, description)?;
    let entity = &described.entity;
    let inserts = inserts && entity.kind == EntityKind::Table;
    let columns = Compared::all((described, description))
        .map(|compared| of_column(&compared, inserts))
        .collect();
    let origin = description.declaration.origin;
    Some(TableDemand {
        table: entity.name.clone(),
        declaration: format!("{} `{}`", description.noun(), description.declaration.name),
        location: description.declaration.location.clone(),
        reads,
        inserts,
        firm: is_firm(model, described, description),
        refuses_rows: origin.refuses_rows && reads,
        columns,
    })
}

/// Whether rows are read by a declaration, and whether they are inserted by it; none where it does
/// neither.
fn uses<'a>(
    model: &Model<'a>,
    described: &TableMatches<'a>,
    description: &Description<'a>,
) -> Option<(bool, bool)> {
    let uses = match description.role {
        Role::Orm => (true, true),
        Role::Row => (true, is_insert_too(description)),
        Role::Domain => (true, false),
        Role::Insert => (false, !described.is_of_request(description)),
        Role::Update => (false, false),
        Role::Schema | Role::OutputSchema => {
            let direction = model.direction(described, description);
            let shows_rows = direction.shows_rows(description)
                || (direction.comes_in() && description.holds_primary_key(&described.entity));
            (shows_rows, false)
        }
        // What comes in is completed by the server before it is inserted.
        Role::InsertSchema | Role::UpdateSchema => return None,
    };
    Some(uses)
}

/// Whether a type of rows says of what is inserted as well, as kysely's tables do.
fn is_insert_too(description: &Description<'_>) -> bool {
    let declaration = description.declaration;
    let is_listed = declaration
        .table_link
        .as_ref()
        .is_some_and(|link| link.listed.is_some());
    let is_generated = |column: &&crate::facts::Field| column.has_default && !column.optional;
    is_listed || declaration.fields.iter().any(|field| is_generated(&field))
}

fn is_firm<'a>(
    model: &Model<'a>,
    described: &TableMatches<'a>,
    description: &Description<'a>,
) -> bool {
    if description.declaration.unresolved.is_some() && !description.declaration.is_union() {
        return false;
    }
    match description.role {
        Role::Orm => true,
        Role::Row | Role::Insert | Role::Update | Role::Domain => described.is_firm(description),
        Role::Schema | Role::OutputSchema | Role::InsertSchema | Role::UpdateSchema => {
            let is_certain = matches!(
                description.strength,
                Strength::Stated | Strength::Derived | Strength::Row
            );
            let direction = model.direction(described, description);
            is_certain
                && description.declaration.origin.enforced
                && direction.shows_rows(description)
        }
    }
}

fn of_column(compared: &Compared<'_, '_>, inserts: bool) -> ColumnDemand {
    let (field, facts) = (compared.field(), compared.facts);
    let is_own_conversion = compared.is_of_custom_type();
    let is_known = !matches!(field.kind, Kind::Any | Kind::Unresolved(_));
    let written = match inserts {
        true => written(compared, facts),
        false => Written::Never,
    };
    ColumnDemand {
        column: facts.column.name.clone(),
        location: field.location.clone(),
        written,
        nullable: field.nullable || !is_known,
        optional: field.optional,
        kind: (is_known && !is_own_conversion).then(|| field.kind.clone()),
        layer: compared.layer(),
        values: values(compared),
        cast_to: cast_to(compared),
    }
}

/// The enum to which values are cast, where the code does that, by the name that it has for it.
fn cast_to(compared: &Compared<'_, '_>) -> Option<ObjectName> {
    let casts = compared.description.declaration.origin.casts_enums;
    match &compared.field().sql.as_ref().filter(|_| casts)?.ty.scalar {
        SqlScalar::Enum(name, _) => name.as_deref().map(ObjectName::from_key),
        SqlScalar::Named(..) | SqlScalar::Unknown(_) => None,
    }
}

fn written(compared: &Compared<'_, '_>, facts: &ColumnFacts<'_>) -> Written {
    let field = compared.field();
    if facts.column.must_be_omitted() {
        return Written::Never;
    }
    // Nothing is known of it but its name.
    if field.is_unread_column() {
        return Written::Always;
    }
    let is_left_to_database = match (&field.sql, compared.description.role) {
        (Some(sql), Role::Orm) => sql.database_default || (field.nullable && !field.has_default),
        (_, Role::Insert) => field.optional,
        (_, _) => field.has_default || field.optional || field.nullable,
    };
    match is_left_to_database {
        true => Written::MayBeLeftOut,
        false => Written::Always,
    }
}

/// The values that a field lists, as the database has them.
fn values(compared: &Compared<'_, '_>) -> Option<Vec<String>> {
    let field = compared.field();
    if let Some(sql) = &field.sql
        && let SqlScalar::Enum(_, labels) = &sql.ty.scalar
    {
        return Some(labels.clone()).filter(|labels| !labels.is_empty());
    }
    match &field.innermost().0 {
        Kind::Enum(values) if field.sql.is_none() => Some(values.clone()),
        _other => None,
    }
}

/// The entity of `table` among `entities`.
#[must_use]
pub(super) fn find<'e, 'a>(
    entities: &'e [Entity<'a>],
    table: &ObjectName,
) -> Option<&'e Entity<'a>> {
    entities.iter().find(|entity| entity.name == table)
}
