//! `{ [K in C]: T }`

use std::rc::Rc;

use super::{Binding, Lazy, ObjectType, Property, Resolver, Scope, Type, union};
use crate::typescript::syntax::{MappedType, Modifier, TypeKind, TypeNode};

impl<'p> Resolver<'p> {
    /// `{ [parameter in constraint as name]: value }`
    pub(super) fn mapped(&self, scope: &Scope<'p>, node: &'p MappedType) -> Type<'p> {
        let constraint = &node.constraint;
        let source = self.mapped_source(scope, constraint);
        if let Some(source @ (Type::Union(_) | Type::Never)) = &source
            && let TypeKind::KeyOf(inner) = &constraint.kind
            && let TypeKind::Reference(named) = &inner.kind
            && let [parameter_name] = named.path.as_slice()
        {
            let each = source.members().iter().map(|member| {
                let inside = scope.with_type(parameter_name, Lazy::known(member.clone()));
                self.mapped(&inside, node)
            });
            return union(each);
        }
        match &source {
            Some(
                same @ (Type::String
                | Type::Number
                | Type::Boolean
                | Type::Bigint
                | Type::Null
                | Type::Undefined
                | Type::StringLiteral(_)
                | Type::NumberLiteral(_)
                | Type::BooleanLiteral(_)
                | Type::Any),
            ) => return same.clone(),
            Some(Type::Array(_) | Type::Tuple(..)) => {
                return Type::unresolved("a mapped array is not read");
            }
            _ => {}
        }
        let source = source.and_then(|source| self.properties(&source).ok());
        // Each property of `T` is mapped by itself, also where an index signature makes `keyof T`
        // any string.
        let indexed = source
            .as_ref()
            .filter(|source| source.index.is_some() && is_key_of(constraint));
        let keys: Vec<Type<'p>> = match indexed {
            Some(source) => {
                let names = source
                    .properties
                    .iter()
                    .map(|property| Type::StringLiteral(Rc::clone(&property.name)));
                names.chain([Type::String]).collect()
            }
            None => self.node(scope, constraint).members().to_vec(),
        };
        let incomplete = indexed.and_then(|source| source.incomplete.clone());
        let mut object = ObjectType {
            incomplete,
            ..ObjectType::default()
        };
        for key in &keys {
            let inside = scope.with_type(&node.parameter, Lazy::known(key.clone()));
            self.mapped_key(&inside, key, node, source.as_deref(), &mut object);
        }
        Type::Object(Rc::new(object))
    }

    /// The type whose properties keep their `?`: `T` of `[K in keyof T]`, also behind `K extends
    /// keyof T`.
    fn mapped_source(&self, scope: &Scope<'p>, constraint: &'p TypeNode) -> Option<Type<'p>> {
        match &constraint.kind {
            TypeKind::KeyOf(inner) => Some(self.node(scope, inner)),
            TypeKind::Reference(named) => match scope.lookup(named.path.first()?)? {
                Binding::Type(
                    _,
                    Some(TypeNode {
                        kind: TypeKind::KeyOf(inner),
                        ..
                    }),
                ) => {
                    let source = self.node(scope, inner);
                    self.properties(&source).ok().map(Type::Object)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn mapped_key(
        &self,
        scope: &Scope<'p>,
        key: &Type<'p>,
        node: &'p MappedType,
        source: Option<&ObjectType<'p>>,
        object: &mut ObjectType<'p>,
    ) {
        let renamed = match &node.name {
            Some(name) => self.node(scope, name),
            None => key.clone(),
        };
        let original = match key {
            Type::StringLiteral(name) => source.and_then(|source| source.property(name)),
            _ => None,
        };
        let mapped = match &node.value {
            Some(value) => Lazy::node(scope, value),
            None => Lazy::known(Type::Any),
        };
        for name in renamed.members() {
            match name {
                Type::StringLiteral(name) => {
                    let mapped = mapped.clone();
                    object.put(mapped_property(name, original, mapped, node.optional));
                }
                Type::NumberLiteral(number) => {
                    let (name, mapped) = (number.to_string().into(), mapped.clone());
                    object.put(mapped_property(&name, original, mapped, node.optional));
                }
                Type::String | Type::Template(_) | Type::Number => {
                    object.index = Some(mapped.clone())
                }
                Type::Symbol => {}
                Type::Unresolved(why) => object.incomplete = Some(Rc::clone(why)),
                _ => {
                    object.incomplete =
                        Some(super::reason("the keys of a mapped type are not read"))
                }
            }
        }
    }
}

fn is_key_of(constraint: &TypeNode) -> bool {
    matches!(constraint.kind, TypeKind::KeyOf(_))
}

fn mapped_property<'p>(
    name: &Rc<str>,
    original: Option<&Property<'p>>,
    value: Lazy<'p>,
    modifier: Modifier,
) -> Property<'p> {
    let optional = match modifier {
        Modifier::Keep => original.is_some_and(|original| original.optional),
        Modifier::Add => true,
        Modifier::Remove => false,
    };
    let value = match modifier {
        Modifier::Remove => required(value),
        Modifier::Keep | Modifier::Add => value,
    };
    Property {
        name: Rc::clone(name),
        optional,
        value,
        place: original.and_then(|original| original.place.clone()),
    }
}

/// Without `undefined`.
pub(super) fn required(value: Lazy<'_>) -> Lazy<'_> {
    Lazy::computed(move |resolver| {
        value
            .get(resolver)
            .without(|member| matches!(member, Type::Undefined))
    })
}
