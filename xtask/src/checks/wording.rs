//! How columns, kinds and places are put into words, the same in every check.

use super::entities::ColumnFacts;
use super::matching::{Description, Strength};
use super::names;
use crate::facts::{Declaration, Field, Kind};
use crate::report::{Finding, Label};
use crate::schema::model::{Column, ObjectName};
use crate::schema::provenance::Provenance;
use crate::schema::types::Scalar;
use crate::source::Location;

/// A kind as TypeScript writes it: `'admin' | 'citizen'`, `string[]`.
#[must_use]
pub fn kind(kind: &Kind) -> String {
    match kind {
        Kind::String => "string".into(),
        Kind::Number => "number".into(),
        Kind::Bigint => "bigint".into(),
        Kind::Boolean => "boolean".into(),
        Kind::Date => "Date".into(),
        Kind::Bytes => "Buffer".into(),
        Kind::Json => "object".into(),
        Kind::Enum(values) => values
            .iter()
            .map(|value| format!("'{value}'"))
            .collect::<Vec<_>>()
            .join(" | "),
        Kind::Array(items) => match items.as_ref() {
            Kind::Enum(_) | Kind::Union(_) => format!("({})[]", self::kind(items)),
            _simple => format!("{}[]", self::kind(items)),
        },
        Kind::Union(members) => members
            .iter()
            .map(self::kind)
            .collect::<Vec<_>>()
            .join(" | "),
        Kind::Any => "any".into(),
        Kind::Unresolved(_) => "unknown".into(),
    }
}

/// A field's type with what may stand in for a value: `string | null | undefined`. An object goes
/// by its name.
#[must_use]
pub fn field_type(field: &Field) -> String {
    let mut text = match (&field.kind, &*field.reference) {
        (Kind::Json, Some(name)) => name.clone(),
        (other, _) => kind(other),
    };
    if field.nullable {
        text.push_str(" | null");
    }
    if field.optional {
        text.push_str(" | undefined");
    }
    text
}

/// A column's type as people write it: `varchar(100) NOT NULL`.
#[must_use]
pub fn column_type(column: &Column) -> String {
    let text = bare_column_type(column);
    if column.not_null {
        format!("{text} NOT NULL")
    } else {
        text
    }
}

/// A column's type as people write it, without its nullability: `varchar(100)`.
#[must_use]
pub fn bare_column_type(column: &Column) -> String {
    sql_type(&column.type_name)
}

/// A type of PostgreSQL as people write it: `varchar(100)`.
#[must_use]
pub fn sql_type(name: &str) -> String {
    let text = name
        .replace("character varying", "varchar")
        .replace("timestamp with time zone", "timestamptz");
    text.replace("timestamp without time zone", "timestamp")
        .replace("public.", "")
}

/// Describes the field that a declaration has instead of the column: `which has 'biography'`.
#[must_use]
pub fn instead(column: &Column, field: &Field) -> String {
    if let Some(other) = &*field.column {
        return format!("which has '{}' for a column '{other}'", field.name);
    }
    if names::key(&column.name) == names::key(&field.name) {
        let style = if names::style(&field.name) == names::NameStyle::Snake {
            "snake_case"
        } else {
            "camelCase"
        };
        return format!(
            "which writes '{}' in {style}, unlike its other fields",
            field.name
        );
    }
    format!("which has '{}'", field.name)
}

/// Values as a list of quoted words: `'admin', 'citizen'`.
#[must_use]
pub fn quoted(values: &[impl AsRef<str>]) -> String {
    values
        .iter()
        .map(|value| format!("'{}'", value.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The first of many values as a list of quoted words: `'a', 'b', 'c', 'd', 'e', 'f' and 41 more`.
#[must_use]
pub fn quoted_briefly(values: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 6;
    match values.len() {
        few if few <= SHOWN + 1 => quoted(values),
        many => format!("{} and {} more", quoted(&values[..SHOWN]), many - SHOWN),
    }
}

/// The migration line that dropped or renamed the column that `field` stands for.
#[must_use]
pub fn gone<'p>(
    table: &ObjectName,
    field: &Field,
    provenance: &'p Provenance,
) -> Option<&'p Location> {
    provenance.gone(table, |column| {
        names::key(column) == names::key(&field.name)
    })
}

impl Finding {
    /// Adds the migration line that last touched the column.
    #[must_use]
    pub(crate) fn at_column(
        self,
        table: &ObjectName,
        column: &Column,
        provenance: &Provenance,
    ) -> Self {
        self.at_some(
            provenance.column(table, &column.name),
            format!("`{}` is {} here", column.name, column_type(column)),
        )
    }

    /// Adds the migration line that dropped or renamed the column that `field` stands for; where
    /// there never was one, that of the table.
    #[must_use]
    pub(crate) fn at_table_without(
        self,
        table: &ObjectName,
        field: &Field,
        provenance: &Provenance,
    ) -> Self {
        match gone(table, field, provenance) {
            Some(place) => self.at(
                place,
                format!("the column of `{}` was dropped or renamed here", field.name),
            ),
            None => self.at_some(
                provenance.table(table),
                format!("`{table}` was last changed here"),
            ),
        }
    }

    /// Adds the migration line that says which values the column may hold: of its enum, of the
    /// CHECK on it, else of the column itself.
    #[must_use]
    pub(crate) fn at_values(
        self,
        table: &ObjectName,
        facts: &ColumnFacts<'_>,
        provenance: &Provenance,
    ) -> Self {
        let column = facts.column;
        match &facts.ty.scalar {
            Scalar::Enum(name, _) if provenance.type_(name).is_some() => self.at_some(
                provenance.type_(name),
                format!("`{name}` was last changed here"),
            ),
            _other => self.at_check(table, column, provenance),
        }
    }

    /// Adds the line of the CHECK on the column; where it has none of its own, that of the column.
    #[must_use]
    pub(crate) fn at_check(
        self,
        table: &ObjectName,
        column: &Column,
        provenance: &Provenance,
    ) -> Self {
        match provenance.check(table, &column.name) {
            Some(place) => self.at(place, format!("`{}` is restricted here", column.name)),
            None => self.at_column(table, column, provenance),
        }
    }

    /// Adds a place in front of the others.
    #[must_use]
    pub(crate) fn first_at(mut self, location: &Location, text: String) -> Self {
        self.labels.insert(
            0,
            Label {
                location: location.clone(),
                text,
            },
        );
        self
    }

    /// Names the field, and the declaration that holds it.
    #[must_use]
    pub(crate) fn about(self, description: &Description<'_>, column: &str) -> Self {
        let found = self
            .with_field(column)
            .about_declaration(description.declaration);
        // What is made of a request may be another thing.
        if description.strength == Strength::Message {
            found.as_warning()
        } else {
            found
        }
    }

    /// Names the declaration.
    #[must_use]
    pub(crate) fn about_declaration(self, declaration: &Declaration) -> Self {
        self.with_declaration(&declaration.name)
    }
}
