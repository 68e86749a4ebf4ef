//! sequelize-typescript's description of tables: classes with `@Table`, whose properties with
//! `@Column` stand for columns. Models that `sequelize.define` and `Model.init` build are not read.

mod columns;
mod naming;
mod through;
mod types;

use std::rc::Rc;

use super::collect::qualified;
use super::decorators::Decorators;
use super::entities::{Class, Declared, Options, field_of, location, open_base};
use super::resolve::{Property, Resolver, Scope};
use super::syntax::ClassDecl;
use super::values::Value;
use super::vocabulary::Library;
use crate::config::SequelizeNaming;
use crate::facts::{Field, Origin, Side, StatedKey, TableKeys, TableLink};
use columns::ModelReader;

/// `@Table({ tableName: 'users' }) class User extends Model {…}`
pub const ORIGIN: Origin = Origin {
    id: "sequelize",
    noun: "Sequelize model",
    example: Some("@Table({ tableName: '{table}' }) class … extends Model"),
    ..super::entities::ORIGIN
};

/// Returns the table that `class` declares; none of a class that is no model. Each property has a
/// field by its type, which `field` makes. Where null is not checked, types say nothing about it.
pub fn declared<'p>(
    resolver: &Resolver<'p>,
    naming: SequelizeNaming,
    (scope, class): (&Scope<'p>, &'p ClassDecl),
    null_is_checked: bool,
    field: impl Fn(&Property<'p>) -> Option<Field>,
) -> Option<Declared> {
    if class.decorators.is_empty() {
        return None;
    }
    let class = (scope.clone(), class);
    let options = table_options(resolver, &class)?;
    let lineage = resolver.lineage(&class.0, class.1);
    let reader = ModelReader::new(resolver, naming, &options);
    let columns = reader.columns(&lineage);
    let open = open_base(resolver, &lineage).map(|why| why.to_string());
    let unresolved = open.or_else(|| options.unknown());
    let key: Vec<String> = columns
        .iter()
        .filter(|column| column.primary)
        .map(|column| column.name.clone())
        .collect();
    let fields = columns.into_iter().filter_map(|column| {
        let typed = field(&column.held)?;
        let size = column.size;
        let mut parts = column.into_parts();
        if parts.sql.apart.inferred_type {
            (parts.scalar, parts.array) = size.inferred(&typed.kind);
        }
        Some(field_of(parts, typed, null_is_checked))
    });
    let table = table_name(&class, &options, reader.underscored)?;
    Some(Declared {
        link: TableLink {
            table: qualified(
                options.text("schema").as_deref().unwrap_or("public"),
                &table,
            ),
            side: Side::Row,
            listed: None,
        },
        property: None,
        fields: fields.collect(),
        keys: primary(&class, key).filter(|_| unresolved.is_none()),
        partial: false,
        parent: None,
        unresolved,
    })
}

/// The key alone: unique and foreign keys are made by migrations, and models leave most of them out.
fn primary(class: &Class<'_>, columns: Vec<String>) -> Option<TableKeys> {
    let key = StatedKey {
        columns,
        written: true,
        nulls_distinct: None,
        location: location(class)?,
    };
    Some(TableKeys {
        primary: Some(key),
        ..TableKeys::default()
    })
}

/// The options of `@Table`; none of a class that is no model.
fn table_options<'p>(resolver: &Resolver<'p>, (scope, class): &Class<'p>) -> Option<Options<'p>> {
    let decorators = Decorators::read(resolver, scope, &class.decorators);
    let table = decorators.find(Library::Sequelize, "Table")?;
    let first = table.arguments(resolver).at(0);
    Some(Options(match first.uncast() {
        Value::String(_) => Value::Undefined,
        _ => first,
    }))
}

fn table_name(class: &Class<'_>, options: &Options<'_>, underscored: bool) -> Option<String> {
    if let Some(name) = options.text("tableName") {
        return Some(name.to_string());
    }
    let declared: Rc<str> = class.1.name.as_ref()?.0.as_str().into();
    let model = options.text("modelName").unwrap_or(declared);
    if options.flag("freezeTableName") == Some(true) {
        return Some(model.to_string());
    }
    let plural = naming::plural(&model);
    Some(if underscored {
        naming::underscored(&plural)
    } else {
        plural
    })
}

#[cfg(test)]
mod tests;
