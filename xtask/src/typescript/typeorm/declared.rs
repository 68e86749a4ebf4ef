//! The facts about tables that TypeORM's entities declare.

use std::rc::Rc;

use super::columns::EntityReader;
use super::options::ColumnOptions;
use super::{EntityColumn, TableName};
use crate::config::NamingStrategy;
use crate::facts::{Field, Kind, Side, SqlScalar, SqlType, StatedValue, TableKeys, TableLink};
use crate::source::Location;
use crate::typescript::collect::qualified;
use crate::typescript::resolve::{Property, Resolver, Scope};
use crate::typescript::syntax::ClassDecl;

/// The content of the declaration of a table.
pub struct Declared {
    /// The table.
    pub link: TableLink,
    /// The name and the place of the property that makes it, of a table that joins two.
    pub property: Option<(String, Option<Location>)>,
    /// A field for each column.
    pub fields: Vec<Field>,
    /// Its keys, where it states any.
    pub keys: Option<TableKeys>,
    /// Whether it may have only some of the columns.
    pub partial: bool,
    /// The class whose table it shares.
    pub parent: Option<Location>,
    /// Why not all of it is known.
    pub unresolved: Option<String>,
}

/// Returns the tables that `class` declares, its own first; none of a class that is no entity. Each
/// property has a field by its type, which `field` makes. Where null is not checked, types say
/// nothing about it.
pub fn declared<'p>(
    resolver: &Resolver<'p>,
    naming: NamingStrategy,
    (scope, class): (&Scope<'p>, &'p ClassDecl),
    null_is_checked: bool,
    field: impl Fn(&Property<'p>) -> Option<Field>,
) -> Vec<Declared> {
    if class.decorators.is_empty() {
        return Vec::new();
    }
    let reader = EntityReader { resolver, naming };
    let Some(entity) = reader.entity(&(scope.clone(), class)) else {
        return Vec::new();
    };
    let fields = |columns: &[EntityColumn<'p>]| -> Vec<Field> {
        columns
            .iter()
            .filter_map(|column| {
                let own = field(&column.held)?;
                let typed_by = column.typed_by.as_ref().and_then(&field);
                Some(of_column(column, own, typed_by, null_is_checked))
            })
            .collect()
    };
    let own = Declared {
        link: link(&entity.name),
        property: None,
        fields: fields(&entity.columns),
        // TypeORM makes no key of a table that it does not keep.
        keys: entity.keys.filter(|_| !entity.partial),
        partial: entity.partial,
        parent: entity.parent,
        unresolved: entity.open.as_ref().map(Rc::to_string),
    };
    let joins = entity.join_tables.into_iter().map(|table| Declared {
        link: link(&table.name),
        fields: fields(&table.columns),
        keys: table.foreign.map(|foreign| TableKeys {
            foreign: Some(foreign),
            ..TableKeys::default()
        }),
        property: Some((table.property, table.location)),
        partial: false,
        parent: None,
        unresolved: table.open.as_ref().map(Rc::to_string),
    });
    std::iter::once(own).chain(joins).collect()
}

fn link(table: &TableName) -> TableLink {
    let namespace = table.namespace.as_deref().unwrap_or("public");
    TableLink {
        table: qualified(namespace, &table.name),
        side: Side::Row,
        listed: None,
    }
}

/// The field of a column, whose property is `typed`; `typed_by` is the property that says its type,
/// where that is another.
fn of_column(
    column: &EntityColumn<'_>,
    typed: Field,
    typed_by: Option<Field>,
    null_is_checked: bool,
) -> Field {
    let mut sql = column.sql.clone();
    let scalar = column.ty.clone().unwrap_or_else(|| {
        sql.apart.inferred_type = true;
        inferred(&typed_by.as_ref().unwrap_or(&typed).kind, &column.options)
    });
    sql.ty = SqlType {
        scalar,
        array: column.array,
    };
    // A relation may lead nowhere unless it says otherwise.
    let stated = sql.apart.nullable.unwrap_or(true);
    let is_typed =
        null_is_checked && column.sql.apart.value == StatedValue::Stored && typed.kind != Kind::Any;
    let by_type = typed.nullable || typed.optional || column.soft_delete;
    Field {
        name: column.path.as_str().into(),
        column: Some(column.name.clone()).into(),
        optional: false,
        nullable: if is_typed { by_type } else { stated },
        kind: match typed.kind {
            _ if column.sql.apart.value != StatedValue::Stored => Kind::Any,
            kind => among(&sql.ty.scalar, kind),
        },
        has_default: sql.database_default || column.filled_in,
        sql: Some(Box::new(sql)),
        ..typed
    }
}

/// The kind of a property whose column is of an enum: its values say more than `string`.
fn among(scalar: &SqlScalar, kind: Kind) -> Kind {
    match (scalar, kind) {
        (SqlScalar::Enum(_, values), Kind::String) => Kind::Enum(values.clone()),
        (SqlScalar::Enum(..), Kind::Array(items)) => Kind::Array(Box::new(among(scalar, *items))),
        (_, kind) => kind,
    }
}

/// The type that TypeORM takes where only the property's type says it.
fn inferred(kind: &Kind, options: &ColumnOptions<'_>) -> SqlScalar {
    options.named(match kind {
        Kind::String | Kind::Enum(_) => "varchar",
        Kind::Number => "integer",
        Kind::Boolean => "boolean",
        Kind::Date => "timestamp",
        _ => return SqlScalar::Unknown("its type does not follow from its property's".into()),
    })
}
