//! MikroORM's description of tables: classes whose decorators say which table they are of, and what
//! columns their properties stand for. Tables that are built by `defineEntity` or `EntitySchema` are
//! not read.

mod columns;
mod entity;
mod join_tables;
mod naming;
mod relations;
mod types;

use super::entities::{ColumnParts, Declared, field_of};
use super::resolve::{Property, Resolver, Scope};
use super::syntax::ClassDecl;
use crate::config::MikroOrmNaming;
use crate::facts::{Field, Origin, SqlColumn, SqlScalar};

/// `@Entity({ tableName: 'users' }) class User {…}`
pub const ORIGIN: Origin = Origin {
    id: "mikroorm",
    noun: "MikroORM entity",
    example: Some("@Entity({ tableName: '{table}' }) class …"),
    ..super::entities::ORIGIN
};

/// Returns the tables that `class` declares, its own first; none of a class that is no entity. Each
/// property has a field by its type, which `field` makes. Where null is not checked, types say
/// nothing about it.
pub fn declared<'p>(
    resolver: &Resolver<'p>,
    naming: MikroOrmNaming,
    (scope, class): (&Scope<'p>, &'p ClassDecl),
    null_is_checked: bool,
    field: impl Fn(&Property<'p>) -> Option<Field>,
) -> Vec<Declared> {
    if class.decorators.is_empty() {
        return Vec::new();
    }
    let reader = columns::EntityReader {
        resolver,
        naming,
        depth: 0,
    };
    reader.declared(&(scope.clone(), class), null_is_checked, &field)
}

/// A column of an entity.
#[derive(Clone)]
struct EntityColumn<'p> {
    /// The property: `address.street` of an embedded class.
    path: String,
    /// The column.
    name: String,
    /// The property as a member of its class's type.
    held: Property<'p>,
    /// The type that somebody stated, and whether it is an array.
    stated: Option<(SqlScalar, bool)>,
    /// The options that say how long a value is.
    size: types::Size,
    /// The property that the type follows from, where that is another: of the column that a foreign
    /// key leads to.
    typed_by: Option<Property<'p>>,
    /// Everything else; its type is filled in.
    sql: SqlColumn,
    /// Whether it is (part of) the primary key.
    primary: bool,
    /// Whether MikroORM or the class fills it in.
    filled_in: bool,
}

impl<'p> EntityColumn<'p> {
    /// The field of the column, whose property is `typed`; `typed_by` is the property that says its
    /// type, where that is another.
    fn field(&self, typed: Field, typed_by: Option<Field>, null_is_checked: bool) -> Field {
        let mut sql = self.sql.clone();
        let (scalar, array) = self.stated.clone().unwrap_or_else(|| {
            sql.apart.inferred_type = true;
            self.size
                .inferred(&typed_by.as_ref().unwrap_or(&typed).kind)
        });
        // Some providers of metadata take it from the type that a column may be null.
        if sql.apart.nullable.is_none() && !(typed.nullable || typed.optional) {
            sql.apart.nullable = Some(false);
        }
        let parts = ColumnParts {
            path: self.path.clone(),
            name: self.name.clone(),
            scalar,
            array,
            sql,
            filled_in: self.filled_in,
            soft_delete: false,
        };
        field_of(parts, typed, null_is_checked)
    }
}

#[cfg(test)]
mod tests;
