//! NestJS's classes made of classes: `class UpdateUserDto extends PartialType(CreateUserDto)`.

use std::rc::Rc;

use super::Value;
use crate::typescript::resolve::{Lazy, Resolver, Type, union};

type MappedInstance = for<'r, 'p> fn(&'r Resolver<'p>, &[Value<'p>]) -> Type<'p>;

/// A class that a function of a package makes.
pub struct MadeClass<'p> {
    /// The function: `PartialType`.
    pub function: &'static str,
    /// Its arguments.
    pub arguments: Rc<[Value<'p>]>,
    /// The type of the class's instances.
    pub instance: Lazy<'p>,
}

/// The class that `function` makes of `arguments`.
pub(super) fn made<'p>(
    function: &'static str,
    arguments: &[Value<'p>],
    instance: impl Fn(&Resolver<'p>, &[Value<'p>]) -> Type<'p> + 'p,
) -> Value<'p> {
    let arguments: Rc<[Value<'p>]> = arguments.into();
    let held = Rc::clone(&arguments);
    Value::ClassOf(Rc::new(MadeClass {
        function,
        arguments,
        instance: Lazy::computed(move |resolver| instance(resolver, &held)),
    }))
}

/// The class that a call of `package` makes of others; none of any other function.
pub(super) fn class<'p>(
    package: &str,
    path: &[&str],
    arguments: &[Value<'p>],
) -> Option<Value<'p>> {
    if !matches!(
        package,
        "@nestjs/mapped-types" | "@nestjs/swagger" | "@nestjs/graphql"
    ) {
        return None;
    }
    const FUNCTIONS: [(&str, MappedInstance); 4] = [
        ("PartialType", partial),
        ("PickType", picked),
        ("OmitType", omitted),
        ("IntersectionType", all),
    ];
    let name = *path.last()?;
    let (function, instance) = FUNCTIONS.into_iter().find(|(known, _)| *known == name)?;
    Some(made(function, arguments, instance))
}

fn partial<'p>(resolver: &Resolver<'p>, classes: &[Value<'p>]) -> Type<'p> {
    resolver.builtin("Partial", &[Lazy::known(first(resolver, classes))])
}

fn picked<'p>(resolver: &Resolver<'p>, arguments: &[Value<'p>]) -> Type<'p> {
    resolver.pick(&first(resolver, arguments), &keys(arguments))
}

fn omitted<'p>(resolver: &Resolver<'p>, arguments: &[Value<'p>]) -> Type<'p> {
    resolver.omit(&first(resolver, arguments), &keys(arguments))
}

fn first<'p>(resolver: &Resolver<'p>, classes: &[Value<'p>]) -> Type<'p> {
    match classes.first() {
        Some(class) => resolver.instance(class.uncast(), &[]),
        None => Type::unresolved("it lacks its class"),
    }
}

fn all<'p>(resolver: &Resolver<'p>, classes: &[Value<'p>]) -> Type<'p> {
    let instances = classes
        .iter()
        .map(|class| resolver.instance(class.uncast(), &[]));
    instances
        .reduce(|left, right| resolver.intersect(left, right))
        .unwrap_or(Type::Never)
}

/// The names in the list behind the class.
fn keys<'p>(arguments: &[Value<'p>]) -> Type<'p> {
    match arguments.get(1).map(Value::uncast) {
        Some(Value::Array(names)) if names.open.is_none() => {
            union(names.items.iter().map(|name| match name.uncast() {
                Value::String(name) => Type::StringLiteral(Rc::clone(name)),
                _ => Type::unresolved("the keys it names are computed"),
            }))
        }
        _ => Type::unresolved("the keys it names are computed"),
    }
}
