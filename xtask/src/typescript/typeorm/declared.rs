//! The facts about tables that TypeORM's entities declare.

use std::rc::Rc;

use super::columns::EntityReader;
use super::options::ColumnOptions;
use super::{EntityColumn, TableName};
use crate::config::NamingStrategy;
use crate::facts::{Field, Kind, Side, SqlScalar, TableKeys, TableLink};
use crate::typescript::collect::qualified;
use crate::typescript::entities::{ColumnParts, Declared, field_of};
use crate::typescript::resolve::{Property, Resolver, Scope};
use crate::typescript::syntax::ClassDecl;

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
        // TypeORM itself writes to it, and knows no other column.
        partial: true,
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
    let parts = ColumnParts {
        path: column.path.clone(),
        name: column.name.clone(),
        scalar,
        array: column.array,
        sql,
        filled_in: column.filled_in,
        soft_delete: column.soft_delete,
    };
    field_of(parts, typed, null_is_checked)
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
