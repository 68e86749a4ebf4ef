//! `typeof users.$inferSelect` and `typeof users.$inferInsert`.

use std::rc::Rc;

use super::{ColumnPlace, DrizzleColumn, DrizzleTable, TableColumn};
use crate::facts::Side;
use crate::typescript::resolve::{Lazy, ObjectType, Property, PropertyPlace, Type, union};
use crate::typescript::values::Value;
use crate::typescript::vocabulary;

/// `table.name`, where that is no method.
pub fn table_member<'p>(table: &Rc<DrizzleTable<'p>>, name: &str) -> Option<Value<'p>> {
    let typed = |of: Type<'p>| Some(Value::Typed(Lazy::known(of)));
    match vocabulary::side_of_member(name) {
        Some(Side::Row) => typed(row_type(table)),
        Some(Side::Insert | Side::Update) => typed(insert_type(table)),
        None => {
            let named = table.columns.iter().find(|column| &*column.key == name)?;
            let mut column = DrizzleColumn::clone(named.column.as_ref().ok()?);
            column.of_table = Some(Rc::new(ColumnPlace {
                namespace: table.namespace.clone(),
                table: table.name.clone(),
                key: Rc::clone(&named.key),
            }));
            Some(Value::Column(Rc::new(column)))
        }
    }
}

/// A row as it is read.
pub fn row_type<'p>(table: &DrizzleTable<'p>) -> Type<'p> {
    let columns = table.columns.iter();
    Type::Object(Rc::new(ObjectType {
        properties: columns.map(|column| property(column, false)).collect(),
        incomplete: table.open.clone(),
        ..ObjectType::default()
    }))
}

/// A row as it is inserted.
pub fn insert_type<'p>(table: &DrizzleTable<'p>) -> Type<'p> {
    let mut properties = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let is_generated = matches!(&column.column, Ok(known) if known.generated);
        if !is_generated {
            properties.push(property(column, true));
        }
    }
    Type::Object(Rc::new(ObjectType {
        properties,
        incomplete: table.open.clone(),
        ..ObjectType::default()
    }))
}

fn property<'p>(column: &TableColumn<'p>, insert: bool) -> Property<'p> {
    let optional = match &column.column {
        Ok(known) => insert && (known.has_default || !known.not_null),
        Err(_) => false,
    };
    let place = column.place.as_ref().map(|place| PropertyPlace {
        module: place.scope.module,
        span: place.span,
        key: place.key,
        value: Some(place.value.span),
        node: None,
    });
    Property {
        name: Rc::clone(&column.key),
        optional,
        value: column.held.clone(),
        place,
    }
}

/// Returns the type of a column's values, with arrays and null.
pub(super) fn held<'p>(column: &Rc<DrizzleColumn<'p>>) -> Lazy<'p> {
    let column = Rc::clone(column);
    Lazy::computed(move |resolver| {
        let mut of = column.of.get(resolver);
        for _ in 0..column.dimensions {
            of = Type::Array(Lazy::known(of));
        }
        if column.not_null {
            of
        } else {
            union([of, Type::Null])
        }
    })
}
