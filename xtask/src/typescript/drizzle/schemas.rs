//! drizzle-zod: `createInsertSchema(users, { email: (schema) => schema.email() })`.

use std::rc::Rc;

use super::{DrizzleColumn, DrizzleTable, TableColumn, declared};
use crate::facts::{Constraints, MadeOf, Side, SqlScalar};
use crate::typescript::resolve::{Lazy, Resolver, Type};
use crate::typescript::values::{ObjectEntry, ObjectValue, Value, made_object};
use crate::typescript::zod::{Schema, SchemaKind};

/// The operation that a schema is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// `createSelectSchema`
    Select,
    /// `createInsertSchema`
    Insert,
    /// `createUpdateSchema`
    Update,
}

impl Of {
    /// The operation that a function of drizzle-zod makes schemas for.
    pub(super) fn named(function: &str) -> Option<Self> {
        match function {
            "createSelectSchema" => Some(Self::Select),
            "createInsertSchema" => Some(Self::Insert),
            "createUpdateSchema" => Some(Self::Update),
            _other => None,
        }
    }

    fn side(self) -> Side {
        match self {
            Self::Select => Side::Row,
            Self::Insert => Side::Insert,
            Self::Update => Side::Update,
        }
    }
}

/// The purpose of a schema, and the kinds of values that it coerces, as the options of
/// `createSchemaFactory` call them.
#[derive(Clone, Copy)]
pub(super) struct Making<'m> {
    pub(super) of: Of,
    pub(super) coerced: &'m [&'m str],
}

/// The schema of a table.
pub(super) fn make<'p>(
    resolver: &Resolver<'p>,
    making: Making<'_>,
    arguments: &[Value<'p>],
) -> Value<'p> {
    let of = making.of;
    let table = match arguments.first().map(Value::uncast) {
        Some(Value::Table(table)) => table,
        Some(Value::PgEnum(declared)) => return enumeration(declared),
        Some(Value::Unknown(why)) => return Value::Unknown(Rc::clone(why)),
        Some(_) | None => return Value::unknown("the schema of a table that is not known"),
    };
    let overrides = arguments.get(1).and_then(Value::as_object);
    let replaced = |column: &TableColumn<'p>| {
        let over = overrides.and_then(|overrides| overrides.get(&column.key));
        over.is_some_and(|over| matches!(over.value.uncast(), Value::Zod(_)))
    };
    let generated =
        |column: &TableColumn<'p>| column.column.as_ref().is_ok_and(|column| column.generated);
    let written =
        |column: &&TableColumn<'p>| of == Of::Select || !generated(column) || replaced(column);
    let mut shape = ObjectValue {
        open: table.open.clone(),
        made_of: Some(Rc::new(MadeOf {
            table: declared::qualified_name(table),
            side: of.side(),
            omitted: Vec::new(),
            picked: false,
            refined: refined(table, overrides),
        })),
        ..ObjectValue::default()
    };
    for column in table.columns.iter().filter(written) {
        let over = overrides.and_then(|overrides| overrides.get(&column.key));
        let schema = schema(
            resolver,
            table,
            column,
            making,
            over.map(|over| &over.value),
        );
        let place = over
            .and_then(|over| over.place.clone())
            .or_else(|| column.place.clone());
        shape.put(ObjectEntry {
            name: Rc::clone(&column.key),
            value: Value::Zod(schema),
            place,
        });
    }
    Value::Zod(Schema::new(SchemaKind::Object(Rc::new(shape))))
}

/// The columns of which `overrides` say something.
fn refined<'p>(table: &DrizzleTable<'p>, overrides: Option<&Rc<ObjectValue<'p>>>) -> Vec<String> {
    let Some(overrides) = overrides else {
        return Vec::new();
    };
    let keys = table.columns.iter().map(|column| &column.key);
    keys.filter(|key| overrides.get(key).is_some())
        .map(ToString::to_string)
        .collect()
}

fn enumeration<'p>(declared: &super::PgEnum) -> Value<'p> {
    match &declared.values {
        Ok(values) => Value::Zod(Schema::new(SchemaKind::Values(
            values.iter().cloned().map(Value::String).collect(),
        ))),
        Err(why) => Value::Unknown(Rc::clone(why)),
    }
}

/// The kinds of values that a factory can be told to coerce.
const COERCIBLE: [&str; 5] = ["string", "number", "boolean", "bigint", "date"];

/// `createSchemaFactory({ zodInstance, coerce: { date: true } })`: the functions again, with the
/// kinds of values that they coerce after their names.
pub(super) fn factory<'p>(options: Option<&Value<'p>>) -> Value<'p> {
    let coerced = coerced_kinds(options);
    let functions = [
        "createSelectSchema",
        "createInsertSchema",
        "createUpdateSchema",
    ];
    made_object(functions.map(|name| {
        let path = [name].into_iter().chain(coerced.iter().copied());
        let path = path.map(Rc::from).collect();
        (name.into(), Value::External("drizzle-zod".into(), path))
    }))
}

/// The kinds of values that a factory with these options coerces. Options that cannot be read may
/// coerce everything.
fn coerced_kinds(options: Option<&Value<'_>>) -> Vec<&'static str> {
    let Some(options) = options else {
        return Vec::new();
    };
    let Some(options) = options.as_object() else {
        return COERCIBLE.to_vec();
    };
    let Some(coerce) = options.get("coerce") else {
        let is_known = options.open.is_none();
        return if is_known {
            Vec::new()
        } else {
            COERCIBLE.to_vec()
        };
    };
    match coerce.value.uncast() {
        Value::Undefined | Value::Boolean(false) => Vec::new(),
        Value::Object(kinds) if kinds.open.is_none() => {
            let is_coerced = |kind: &&str| {
                kinds.get(kind).is_some_and(|entry| {
                    !matches!(
                        entry.value.uncast(),
                        Value::Undefined | Value::Boolean(false)
                    )
                })
            };
            COERCIBLE.into_iter().filter(is_coerced).collect()
        }
        _all => COERCIBLE.to_vec(),
    }
}

/// A schema in place of the column's is taken as it is; a function gets the column's and changes
/// it.
fn schema<'p>(
    resolver: &Resolver<'p>,
    table: &DrizzleTable<'p>,
    column: &TableColumn<'p>,
    making: Making<'_>,
    over: Option<&Value<'p>>,
) -> Rc<Schema<'p>> {
    let of = making.of;
    let base = match &column.column {
        Ok(column) => coercing(base(resolver, column), making.coerced),
        Err(why) => Schema::new(SchemaKind::Unresolved(Rc::clone(why))),
    };
    let changed = match over.map(Value::uncast) {
        None | Some(Value::Undefined) => base,
        Some(Value::Zod(schema)) => return Rc::clone(schema),
        Some(function @ Value::Function(..)) => {
            let changed = wrapped(changed(resolver, table, base, function), column, of);
            return if of == Of::Insert {
                typed_as_there(changed)
            } else {
                changed
            };
        }
        Some(_) => Schema::unresolved("the schema in place of the column's is computed"),
    };
    wrapped(changed, column, of)
}

/// The schema of a column in a factory that coerces some kinds of values.
fn coercing<'p>(schema: Rc<Schema<'p>>, coerced: &[&str]) -> Rc<Schema<'p>> {
    let kind = match &schema.kind {
        SchemaKind::String => "string",
        SchemaKind::Number => "number",
        SchemaKind::Boolean => "boolean",
        SchemaKind::Bigint => "bigint",
        SchemaKind::Date => "date",
        _other => return schema,
    };
    if !coerced.contains(&kind) {
        return schema;
    }
    let mut schema = Rc::unwrap_or_clone(schema);
    schema.constraints.coerced = true;
    Rc::new(schema)
}

/// The function gets the column's schema; in old versions, an object of all columns' schemas.
fn changed<'p>(
    resolver: &Resolver<'p>,
    table: &DrizzleTable<'p>,
    base: Rc<Schema<'p>>,
    function: &Value<'p>,
) -> Rc<Schema<'p>> {
    if let Value::Zod(schema) = resolver.call(function, &[Value::Zod(base)]).uncast() {
        return Rc::clone(schema);
    }
    let bases = table.columns.iter().filter_map(|column| {
        let known = column.column.as_ref().ok()?;
        Some((
            Rc::clone(&column.key),
            Value::Zod(self::base(resolver, known)),
        ))
    });
    match resolver.call(function, &[made_object(bases)]).uncast() {
        Value::Zod(schema) => Rc::clone(schema),
        _ => Schema::unresolved("the schema in place of the column's is computed"),
    }
}

/// To the types of drizzle-zod a column whose schema a function changed is never absent from what
/// is inserted; it may be.
fn typed_as_there<'p>(schema: Rc<Schema<'p>>) -> Rc<Schema<'p>> {
    match &schema.kind {
        SchemaKind::Optional(inner) => {
            let filled = Schema::new(SchemaKind::Preprocess(Rc::clone(inner)));
            Schema::new(SchemaKind::Pipe(Rc::clone(&schema), filled))
        }
        _ => schema,
    }
}

fn wrapped<'p>(schema: Rc<Schema<'p>>, column: &TableColumn<'p>, of: Of) -> Rc<Schema<'p>> {
    let Ok(column) = &column.column else {
        return schema;
    };
    let schema = if column.not_null {
        schema
    } else {
        Schema::new(SchemaKind::Nullable(schema))
    };
    let optional = match of {
        Of::Select => false,
        Of::Insert => column.has_default || !column.not_null,
        Of::Update => true,
    };
    if optional {
        Schema::new(SchemaKind::Optional(schema))
    } else {
        schema
    }
}

/// Returns the schema that drizzle-zod makes of a column, without null.
fn base<'p>(resolver: &Resolver<'p>, column: &DrizzleColumn<'p>) -> Rc<Schema<'p>> {
    let of = column.of.get(resolver);
    let schema = Rc::new(Schema {
        kind: kind(resolver, &of),
        constraints: demanded(column, &of),
    });
    (0..column.dimensions).fold(schema, |schema, _| Schema::new(SchemaKind::Array(schema)))
}

/// Returns the constraints that drizzle-zod puts on a column's values. Its bounds of `real()`,
/// `doublePrecision()` and big numbers are left out: they have nothing to do with the database.
fn demanded(column: &DrizzleColumn<'_>, of: &Type<'_>) -> Constraints {
    let mut constraints = column.constraints.clone();
    let range = match (&*column.builder, of) {
        ("smallint" | "smallserial", _) => Some((-32_768.0, 32_767.0)),
        ("integer" | "serial", _) => Some((-2_147_483_648.0, 2_147_483_647.0)),
        _ => None,
    };
    (constraints.minimum, constraints.maximum) = range.unzip();
    match (&*column.builder, of) {
        ("bigint" | "bigserial", Type::Number) => constraints.integer = true,
        ("char", Type::String) => constraints.min_length = constraints.max_length,
        ("vector" | "halfvec", _) => {
            let size = match &column.sql {
                SqlScalar::Named(_, modifiers) => modifiers.first().copied(),
                SqlScalar::Enum(..) | SqlScalar::Unknown(_) => None,
            };
            (constraints.min_length, constraints.max_length) = (size, size);
        }
        ("bit", _) => constraints.refined = true,
        // Whatever the type says, it takes any JSON, or anything at all.
        ("json" | "jsonb" | "customType", _) => constraints.coerced = true,
        _ => {}
    }
    constraints
}

fn kind<'p>(resolver: &Resolver<'p>, of: &Type<'p>) -> SchemaKind<'p> {
    let schema = |of: &Lazy<'p>| Schema::new(kind(resolver, &of.get(resolver)));
    match of {
        Type::Array(item) => SchemaKind::Array(schema(item)),
        Type::Tuple(items, rest) => SchemaKind::Tuple(
            items.iter().map(schema).collect(),
            rest.as_ref().map(schema),
        ),
        Type::String => SchemaKind::String,
        Type::Number => SchemaKind::Number,
        Type::Bigint => SchemaKind::Bigint,
        Type::Boolean => SchemaKind::Boolean,
        Type::Date => SchemaKind::Date,
        Type::StringLiteral(text) => SchemaKind::Values(Rc::new([Value::String(Rc::clone(text))])),
        Type::Union(members)
            if members
                .iter()
                .all(|member| matches!(member, Type::StringLiteral(_))) =>
        {
            let text = |member: &Type<'p>| match member {
                Type::StringLiteral(text) => Some(Value::String(Rc::clone(text))),
                _ => None,
            };
            SchemaKind::Values(members.iter().filter_map(text).collect())
        }
        Type::Unknown | Type::Any => SchemaKind::Any,
        Type::Unresolved(why) => SchemaKind::Unresolved(Rc::clone(why)),
        other => SchemaKind::Custom(Lazy::known(other.clone())),
    }
}
