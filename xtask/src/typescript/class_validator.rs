//! Classes whose properties class-validator judges, as validation schemas: what each decorator
//! demands, what class-transformer makes of a value before it is judged, and the classes that
//! NestJS makes of classes.

mod fields;
mod members;
mod rules;

use super::resolve::{ObjectType, Property, Resolver, Scope};
use super::syntax::ClassDecl;
use super::values::Value;
use crate::facts::{Family, Field, Origin, Syntax};

/// `class CreateUserDto { @IsEmail() email: string }`
pub const ORIGIN: Origin = Origin {
    id: "class-validator",
    noun: "validation class",
    family: Family::Validation,
    names_table: false,
    enforced: true,
    names_rows: false,
    of_requests: true,
    syntax: Syntax::Other,
    example: None,
    null_is_empty: false,
    restricts_text: true,
    refuses_rows: false,
    queries_name_types: false,
    casts_enums: false,
};

/// The content of a class that validators judge.
pub struct Declared {
    /// Its fields, inherited ones included.
    pub fields: Vec<Field>,
    /// Why there may be others.
    pub unresolved: Option<String>,
}

/// Returns the content of `class`, whose instances are of the type `instance`. `None` where no
/// validator judges a property of it. Decorators of the monorepo's own may be validators where
/// schemas are looked for. Each property has a field by its type, which `field` makes.
pub fn declared<'p>(
    resolver: &Resolver<'p>,
    validates: bool,
    (scope, class): (&Scope<'p>, &'p ClassDecl),
    instance: &ObjectType<'p>,
    field: impl Fn(&Property<'p>) -> Option<Field>,
) -> Option<Declared> {
    if !class.is_decorated() && class.extends.is_none() {
        return None;
    }
    let members = members::of_class(resolver, &Value::Class(scope.clone(), class));
    let may_be = |member: &members::Member<'p>| validates && member.decorators.own > 0;
    let mut list = members.list.iter();
    if !list.any(|member| member.is_judged() || may_be(member)) {
        return None;
    }
    let mut fields = Vec::with_capacity(instance.properties.len());
    for property in &instance.properties {
        let Some(typed) = field(property) else {
            continue;
        };
        fields.push(match members.find(&property.name) {
            Some(member) => fields::judged(resolver, member, typed),
            None => fields::unjudged(typed),
        });
    }
    let unresolved = members.open.or_else(|| instance.incomplete.clone());
    Some(Declared {
        fields,
        unresolved: unresolved.map(|why| why.to_string()),
    })
}

#[cfg(test)]
mod tests;
