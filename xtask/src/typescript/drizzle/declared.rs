//! The facts about tables and enums that Drizzle declares. The collector of declarations takes
//! nothing else from here. Drizzle has no reader of its own: its tables are values of the
//! TypeScript program, with columns that functions make and other files spread, and types and
//! schemas are inferred from them. A second reader would evaluate that program twice.

use std::sync::Arc;

use super::keys::keys;
use super::{DrizzleColumn, DrizzleTable, ORIGIN, PgEnum, row_type};
use crate::facts::{Field, Fields, Origin, Side, TableKeys, TableLink};
use crate::source::Location;
use crate::typescript::collect::qualified;
use crate::typescript::resolve::{Property, Resolver};

/// The content of a declaration of a table.
pub struct Declared {
    /// How it is written.
    pub origin: Origin,
    /// The table that it says it is; none where its name is computed.
    pub link: Option<TableLink>,
    /// A field for each column.
    pub fields: Fields,
    /// Its keys, as far as they are known.
    pub keys: Option<TableKeys>,
    /// Why not all of it is known.
    pub unresolved: Option<String>,
}

/// Returns the content of `table`, which stands at `location`. Each column is a property of its row, and `field` makes a field
/// of it.
pub fn declared<'p>(
    resolver: &Resolver<'p>,
    table: &DrizzleTable<'p>,
    location: &Location,
    field: impl Fn(&Property<'p>) -> Option<Arc<Field>>,
) -> Declared {
    let link = qualified_name(table).map(|name| TableLink {
        table: name,
        side: Side::Row,
        listed: None,
    });
    let unnamed = table
        .name
        .is_none()
        .then(|| "the name of the table is computed".to_owned());
    Declared {
        origin: ORIGIN,
        link,
        fields: fields(resolver, table, field),
        keys: keys(resolver, table, location),
        unresolved: table.open.as_ref().map(ToString::to_string).or(unnamed),
    }
}

/// The name of a table with its namespace; none where it is computed.
pub(super) fn qualified_name(table: &DrizzleTable<'_>) -> Option<String> {
    let namespace = table.namespace.as_deref().unwrap_or("public");
    let name = table.name.as_ref()?;
    Some(qualified(namespace, name))
}

fn fields<'p>(
    resolver: &Resolver<'p>,
    table: &DrizzleTable<'p>,
    field: impl Fn(&Property<'p>) -> Option<Arc<Field>>,
) -> Fields {
    let Ok(object) = resolver.properties(&row_type(table)) else {
        return Fields::default();
    };
    let mut fields = Vec::with_capacity(table.columns.len());
    for (column, property) in table.columns.iter().zip(&object.properties) {
        let Some(field) = field(property) else {
            continue;
        };
        fields.push(match &column.column {
            Ok(known) => Arc::new(of_column(known, &field)),
            Err(_) => field,
        });
    }
    fields.into_iter().collect()
}

/// The field of a row, as the column itself has it.
fn of_column(column: &DrizzleColumn<'_>, field: &Field) -> Field {
    let mut constraints = column.constraints.clone();
    for _ in 0..column.dimensions {
        constraints = constraints.of_items();
    }
    Field {
        column: column.name.as_ref().map(|name| name.to_string()).into(),
        has_default: column.has_default || column.generated,
        constraints: constraints.into(),
        sql: Some(Box::new(column.sql())),
        ..field.clone()
    }
}

/// The values of an enum, and the database's name for it; none where the values are not known.
pub fn declared_enum(declared: &PgEnum) -> Option<(Vec<String>, Option<String>)> {
    let values = declared
        .values
        .as_ref()
        .ok()?
        .iter()
        .map(|value| value.to_string())
        .collect();
    let namespace = declared.namespace.as_deref().unwrap_or("public");
    Some((
        values,
        declared
            .name
            .as_ref()
            .map(|name| qualified(namespace, name)),
    ))
}
