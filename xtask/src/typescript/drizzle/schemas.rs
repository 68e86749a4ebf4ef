//! drizzle-zod: `createInsertSchema(users, { email: (schema) => schema.email() })`.

use std::rc::Rc;

use super::{Column, Table, TableColumn};
use crate::typescript::resolve::{Resolver, Type};
use crate::typescript::values::{Entry, ObjectValue, Value, made_object};
use crate::typescript::zod::{Schema, SchemaKind};

/// What a schema is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// `createSelectSchema`
    Select,
    /// `createInsertSchema`
    Insert,
    /// `createUpdateSchema`
    Update,
}

/// The schema of a table.
pub(super) fn make<'p>(resolver: &Resolver<'p>, of: Of, arguments: &[Value<'p>]) -> Value<'p> {
    let table = match arguments.first().map(Value::uncast) {
        Some(Value::Table(table)) => table,
        Some(Value::PgEnum(declared)) => return enumeration(declared),
        Some(Value::Unknown(why)) => return Value::Unknown(Rc::clone(why)),
        Some(_) | None => return Value::unknown("the schema of a table that is not known"),
    };
    let written =
        |column: &&TableColumn<'p>| of == Of::Select || !column.column.as_ref().is_ok_and(|column| column.generated);
    let overrides = arguments.get(1).and_then(Value::as_object);
    let mut shape = ObjectValue { open: table.open.clone(), ..ObjectValue::default() };
    for column in table.columns.iter().filter(written) {
        let over = overrides.and_then(|overrides| overrides.get(&column.key));
        let schema = schema(resolver, table, column, of, over.map(|over| &over.value));
        let place = over.and_then(|over| over.place).or(column.place);
        shape.put(Entry { name: Rc::clone(&column.key), value: Value::Zod(schema), place });
    }
    Value::Zod(Schema::new(SchemaKind::Object(Rc::new(shape))))
}

fn enumeration<'p>(declared: &super::PgEnum) -> Value<'p> {
    match &declared.values {
        Ok(values) => Value::Zod(Schema::new(SchemaKind::Values(values.iter().cloned().map(Value::String).collect()))),
        Err(why) => Value::Unknown(Rc::clone(why)),
    }
}

/// A schema in place of the column's is taken as it is; a function gets the column's and changes it.
fn schema<'p>(
    resolver: &Resolver<'p>,
    table: &Table<'p>,
    column: &TableColumn<'p>,
    of: Of,
    over: Option<&Value<'p>>,
) -> Rc<Schema<'p>> {
    let base = match &column.column {
        Ok(column) => base(resolver, column),
        Err(why) => Schema::new(SchemaKind::Unresolved(Rc::clone(why))),
    };
    let changed = match over.map(Value::uncast) {
        None | Some(Value::Undefined) => base,
        Some(Value::Zod(schema)) => return Rc::clone(schema),
        Some(function @ Value::Function(..)) => changed(resolver, table, base, function),
        Some(_) => Schema::unresolved("the schema in place of the column's is computed"),
    };
    wrapped(changed, column, of)
}

/// The function gets the column's schema; in old versions, an object of all columns' schemas.
fn changed<'p>(
    resolver: &Resolver<'p>,
    table: &Table<'p>,
    base: Rc<Schema<'p>>,
    function: &Value<'p>,
) -> Rc<Schema<'p>> {
    if let Value::Zod(schema) = resolver.call(function, &[Value::Zod(base)]).uncast() {
        return Rc::clone(schema);
    }
    let bases = table.columns.iter().filter_map(|column| {
        let known = column.column.as_ref().ok()?;
        Some((Rc::clone(&column.key), Value::Zod(self::base(resolver, known))))
    });
    match resolver.call(function, &[made_object(bases)]).uncast() {
        Value::Zod(schema) => Rc::clone(schema),
        _ => Schema::unresolved("the schema in place of the column's is computed"),
    }
}

fn wrapped<'p>(schema: Rc<Schema<'p>>, column: &TableColumn<'p>, of: Of) -> Rc<Schema<'p>> {
    let Ok(column) = &column.column else { return schema };
    let schema = if column.not_null { schema } else { Schema::new(SchemaKind::Nullable(schema)) };
    let optional = match of {
        Of::Select => false,
        Of::Insert => column.has_default || !column.not_null,
        Of::Update => true,
    };
    if optional { Schema::new(SchemaKind::Optional(schema)) } else { schema }
}

/// What drizzle-zod makes of a column, without null.
fn base<'p>(resolver: &Resolver<'p>, column: &Column<'p>) -> Rc<Schema<'p>> {
    let of = column.of.get(resolver);
    let schema = Rc::new(Schema { kind: kind(&of), constraints: column.constraints.clone() });
    (0..column.dimensions).fold(schema, |schema, _| Schema::new(SchemaKind::Array(schema)))
}

fn kind<'p>(of: &Type<'p>) -> SchemaKind<'p> {
    match of {
        Type::String => SchemaKind::String,
        Type::Number => SchemaKind::Number,
        Type::Bigint => SchemaKind::Bigint,
        Type::Boolean => SchemaKind::Boolean,
        Type::Date => SchemaKind::Date,
        Type::StringLiteral(text) => SchemaKind::Values(Rc::new([Value::String(Rc::clone(text))])),
        Type::Union(members) if members.iter().all(|member| matches!(member, Type::StringLiteral(_))) => {
            let text = |member: &Type<'p>| match member {
                Type::StringLiteral(text) => Some(Value::String(Rc::clone(text))),
                _ => None,
            };
            SchemaKind::Values(members.iter().filter_map(text).collect())
        }
        Type::Unknown | Type::Any => SchemaKind::Any,
        Type::Unresolved(why) => SchemaKind::Unresolved(Rc::clone(why)),
        other => SchemaKind::Custom(crate::typescript::resolve::Lazy::known(other.clone())),
    }
}
