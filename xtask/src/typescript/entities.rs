//! What readers of classes with an ORM's decorators share: the decorated properties of a class, the
//! names that PostgreSQL gives to types, and the fields of their columns.

mod inheritance;

use std::rc::Rc;

use super::decorators::Decorators;
use super::resolve::{Property, Resolver, Scope, Type, declared_property, reason};
use super::syntax::{ClassDecl, ClassMember, MemberKind};
use super::values::{Value, member_name};
use super::vocabulary::{self, Library};
use crate::facts::{
    Family, Field, Kind, Origin, SqlColumn, SqlScalar, SqlType, StatedValue, Syntax, TableKeys,
    TableLink,
};
use crate::source::Location;

pub use inheritance::merge_children;

/// What the origins of all such classes have in common. Each states `id`, `noun` and `example`.
pub(super) const ORIGIN: Origin = Origin {
    id: "entities",
    noun: "entity",
    family: Family::Table,
    names_table: true,
    enforced: true,
    names_rows: true,
    of_requests: false,
    syntax: Syntax::Other,
    example: None,
    null_is_empty: false,
    restricts_text: true,
    refuses_rows: false,
    queries_name_types: false,
    casts_enums: false,
};

/// A class with the scope it was declared in.
pub(super) type Class<'p> = (Scope<'p>, &'p ClassDecl);

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

/// A property with decorators of an ORM.
pub(super) struct Member<'p> {
    /// The class that declares it.
    pub declaring: Class<'p>,
    /// The property as the type of instances has it.
    pub held: Property<'p>,
    /// Its decorators.
    pub decorators: Decorators<'p>,
    /// Whether its declaration gives it a value.
    pub initialised: bool,
}

/// Returns the properties of `lineage`, a class and those that it extends (the nearest first), that
/// decorators of `library` describe. Those of the furthest class come first.
pub(super) fn members<'p>(
    resolver: &Resolver<'p>,
    lineage: &[Class<'p>],
    library: Library,
) -> Vec<Member<'p>> {
    let mut found = Vec::new();
    let Some((scope, class)) = lineage.first() else {
        return found;
    };
    let instance = resolver.instance(&Value::Class(scope.clone(), class), &[]);
    for declaring in lineage.iter().rev() {
        let (scope, class) = declaring;
        for member in class.members.iter().filter(|member| !member.is_static) {
            let Some(name) = data_name(member) else {
                continue;
            };
            let decorators = Decorators::read(resolver, scope, &member.decorators);
            if decorators.of(library).next().is_none() {
                continue;
            }
            found.push(Member {
                declaring: declaring.clone(),
                held: held(resolver, &instance, scope, name, member),
                decorators,
                initialised: matches!(member.kind, MemberKind::Field(Some(_))),
            });
        }
    }
    found
}

/// The name of a property, field or accessor.
fn data_name(member: &ClassMember) -> Option<&str> {
    match member.kind {
        MemberKind::Field(_) | MemberKind::Getter(_) | MemberKind::Setter => member_name(member),
        MemberKind::Method(_) | MemberKind::Constructor(_) | MemberKind::Other => None,
    }
}

/// The property as the type of instances has it. Private ones are in no type.
fn held<'p>(
    resolver: &Resolver<'p>,
    instance: &Type<'p>,
    scope: &Scope<'p>,
    name: &str,
    member: &'p ClassMember,
) -> Property<'p> {
    let object = resolver.properties(instance).ok();
    let typed = object.and_then(|object| object.property(name).cloned());
    typed.unwrap_or_else(|| declared_property(scope, name.into(), &member.property))
}

/// Why the class at the end of a lineage may have other columns: what it extends is not read. The
/// base classes of libraries have none.
pub(super) fn open_base<'p>(resolver: &Resolver<'p>, lineage: &[Class<'p>]) -> Option<Rc<str>> {
    let (scope, class) = lineage.last()?;
    let (base, _types) = class.extends.as_ref()?;
    match resolver.value(scope, base).uncast() {
        Value::External(package, _)
            if package.is_empty()
                || vocabulary::library(package).is_some_and(Library::decorates) =>
        {
            None
        }
        Value::Class(..) => None,
        Value::External(package, path) => Some(reason(format!(
            "it extends `{}` of the package `{package}`",
            path.join(".")
        ))),
        Value::Unknown(why) => Some(Rc::clone(why)),
        _ => Some(reason("it extends a class that is computed")),
    }
}

/// The place of a class's name.
pub(super) fn location((scope, class): &Class<'_>) -> Option<Location> {
    let (_name, span) = class.name.as_ref()?;
    Some(scope.module.location(*span))
}

/// A column, as far as decorators describe it.
pub(super) struct ColumnParts {
    /// The property: `address.street` of an embedded class.
    pub path: String,
    /// The column.
    pub name: String,
    /// The type.
    pub scalar: SqlScalar,
    /// Whether it is an array.
    pub array: bool,
    /// Everything else; its type is filled in.
    pub sql: SqlColumn,
    /// Whether the ORM or the class fills it in.
    pub filled_in: bool,
    /// Whether it says when a row was deleted: then it is null in all that are read.
    pub soft_delete: bool,
}

/// The field of a column, whose property is `typed`. Where the compiler does not check null, types
/// say nothing about it.
pub(super) fn field_of(column: ColumnParts, typed: Field, null_is_checked: bool) -> Field {
    let mut sql = column.sql;
    sql.ty = SqlType {
        scalar: column.scalar,
        array: column.array,
    };
    // A relation may lead nowhere unless it says otherwise.
    let stated = sql.apart.nullable.unwrap_or(true);
    let is_stored = sql.apart.value == StatedValue::Stored;
    let is_typed = null_is_checked && is_stored && typed.kind != Kind::Any;
    let by_type = typed.nullable || typed.optional || column.soft_delete;
    Field {
        name: column.path.into(),
        column: Some(column.name).into(),
        optional: false,
        nullable: if is_typed { by_type } else { stated },
        kind: match typed.kind {
            _ if !is_stored => Kind::Any,
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

/// The options of a decorator: `{ name: 'user_id', nullable: true }`.
#[derive(Clone)]
pub(super) struct Options<'p>(pub Value<'p>);

impl<'p> Options<'p> {
    /// The option `name`.
    pub(super) fn get(&self, name: &str) -> Option<&Value<'p>> {
        self.0
            .property(name)
            .filter(|value| !matches!(value.uncast(), Value::Undefined))
    }

    /// The option `name`, where it is a text.
    pub(super) fn text(&self, name: &str) -> Option<Rc<str>> {
        text(self.get(name)?)
    }

    /// The option `name`, where it is `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)?.uncast() {
            Value::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The option `name`, where it is a number, or a text of one.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        let value = self.get(name)?;
        let number = value
            .as_number()
            .or_else(|| value.as_str()?.parse::<f64>().ok())?;
        Some(number as u32)
    }

    /// Why the options are not known, where they are not.
    pub(super) fn unknown(&self) -> Option<String> {
        match self.0.uncast() {
            Value::Undefined | Value::Null => None,
            Value::Object(object) => object.open.as_ref().map(ToString::to_string),
            _ => Some("the options of its decorator are computed".into()),
        }
    }
}

/// The labels of an enum whose values are `values`: a list, or an object or TypeScript enum.
pub(super) fn labels<'p>(resolver: &Resolver<'p>, values: &Value<'p>) -> Option<Vec<String>> {
    let values = match values.uncast() {
        Value::Array(_) => values.clone(),
        _ => resolver.object_values(values),
    };
    let Value::Array(array) = values.uncast() else {
        return None;
    };
    let texts: Option<Vec<String>> = array.items.iter().map(label).collect();
    texts.filter(|_| array.open.is_none())
}

fn label(value: &Value<'_>) -> Option<String> {
    match value.uncast() {
        Value::String(text) => Some(text.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The class in `() => User`, or the class itself.
pub(super) fn target<'p>(resolver: &Resolver<'p>, value: &Value<'p>) -> Option<Class<'p>> {
    let class = match value.uncast() {
        Value::Function(..) => resolver.call(value, &[]),
        _ => value.clone(),
    };
    match class.uncast() {
        Value::Class(scope, class) => Some((scope.clone(), *class)),
        _ => None,
    }
}

/// A text.
pub(super) fn text(value: &Value<'_>) -> Option<Rc<str>> {
    match value.uncast() {
        Value::String(text) => Some(Rc::clone(text)),
        _ => None,
    }
}

/// The name that PostgreSQL gives to a type, in the words that TypeORM and PostgreSQL have for it.
pub(super) fn normalised(name: &str) -> &str {
    match name {
        "int" | "int4" | "serial" => "integer",
        "varchar" => "character varying",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        "time" => "time without time zone",
        "timetz" => "time with time zone",
        "bool" => "boolean",
        "simple-array" | "simple-json" => "text",
        "int2" | "smallserial" => "smallint",
        "int8" | "bigserial" => "bigint",
        "decimal" | "dec" => "numeric",
        "float8" | "float" => "double precision",
        "float4" => "real",
        "char" => "character",
        "varbit" => "bit varying",
        other => other,
    }
}

/// A type as SQL writes it, `numeric(10, 2)` or `varchar(20)[]`, and whether it is an array.
pub(super) fn written_type(text: &str) -> (SqlScalar, bool) {
    let text = text.trim().to_lowercase();
    let (text, array) = match text.strip_suffix("[]") {
        Some(items) => (items.trim_end(), true),
        None => (text.as_str(), false),
    };
    let (name, modifiers) = match text.split_once('(') {
        None => (text.to_owned(), Vec::new()),
        Some((before, rest)) => {
            let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
            let numbers = inside.split(',').map(|number| number.trim().parse().ok());
            let Some(numbers) = numbers.collect::<Option<Vec<u32>>>() else {
                return (SqlScalar::Unknown("its type is not read".into()), array);
            };
            (format!("{}{after}", before.trim_end()), numbers)
        }
    };
    let name = normalised(&name);
    let modifiers = match (name, modifiers.as_slice()) {
        ("numeric", [precision]) => vec![*precision, 0],
        ("character" | "bit", []) => vec![1],
        _ => modifiers,
    };
    (SqlScalar::Named(name.to_owned(), modifiers), array)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_sql_writes_them() {
        let read = |text: &str| {
            let (scalar, array) = written_type(text);
            SqlType { scalar, array }.to_string()
        };
        assert_eq!(read("VARCHAR(20)[]"), "character varying(20)[]");
        assert_eq!(read("numeric(10, 2)"), "numeric(10,2)");
        assert_eq!(read("decimal(10)"), "numeric(10,0)");
        assert_eq!(read("timestamptz(3)"), "timestamp(3) with time zone");
        assert_eq!(
            read("timestamp(0) without time zone"),
            "timestamp(0) without time zone"
        );
        assert_eq!(read("enum('a')"), "unknown");
    }
}
