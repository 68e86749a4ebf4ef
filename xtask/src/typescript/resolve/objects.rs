//! Object types: literals, interfaces with what they extend and are merged with, classes.

use std::rc::Rc;

use super::{Lazy, ObjectType, Property, PropertyPlace, Resolver, Scope, Type, reason, union};
use crate::source::Span;
use crate::typescript::syntax::{
    ClassDecl, ClassMember, ExprKind, Interface, KeyName, MemberKind, Parameter, PropertyKey,
    PropertySignature as PropertyNode, TypeMember, TypeNode,
};
use crate::typescript::values::Value;

impl<'p> Resolver<'p> {
    /// `{ … }`
    pub(super) fn object_type(&self, scope: &Scope<'p>, members: &'p [TypeMember]) -> Type<'p> {
        let mut object = ObjectType::default();
        object.properties.reserve(members.len());
        self.add_members(scope, members, &mut object);
        Type::Object(Rc::new(object))
    }

    /// An interface, all its declarations merged, with what it extends.
    pub(super) fn interface(
        &self,
        interfaces: &[(Scope<'p>, &'p Interface)],
        arguments: &[Lazy<'p>],
    ) -> Type<'p> {
        let mut object = ObjectType::default();
        let own = |(scope, interface): &(Scope<'p>, &'p Interface)| {
            scope.with_types(&interface.type_parameters, arguments)
        };
        for declared in interfaces {
            for base in &declared.1.extends {
                let base_type = self.node(&own(declared), base);
                inherit(self, &mut object, &base_type);
            }
        }
        object.properties.reserve(
            interfaces
                .iter()
                .map(|(_, interface)| interface.members.len())
                .sum(),
        );
        for declared in interfaces {
            self.add_members(&own(declared), &declared.1.members, &mut object);
        }
        Type::Object(Rc::new(object))
    }

    fn add_members(
        &self,
        scope: &Scope<'p>,
        members: &'p [TypeMember],
        object: &mut ObjectType<'p>,
    ) {
        for member in members {
            match member {
                TypeMember::Property(node) => self.add_property(scope, node, object),
                TypeMember::Index(of) => object.index = Some(Lazy::node(scope, &of[1])),
                TypeMember::Method => {}
                TypeMember::Call => object.callable = true,
            }
        }
    }

    fn add_property(&self, scope: &Scope<'p>, node: &'p PropertyNode, object: &mut ObjectType<'p>) {
        match self.key(scope, &node.key) {
            Ok(None) => {}
            Ok(Some(name)) => object.put(property(scope, name, node)),
            Err(why) => object.incomplete = Some(reason(why)),
        }
    }

    /// The name of a property; none of one that is no data (`#private`, `[Symbol.iterator]`).
    pub(in crate::typescript) fn key(
        &self,
        scope: &Scope<'p>,
        key: &'p PropertyKey,
    ) -> Result<Option<Rc<str>>, String> {
        match &key.name {
            KeyName::Literal(name) => Ok(Some(name.as_str().into())),
            KeyName::Private(_) => Ok(None),
            KeyName::Computed(expression) => match self.value(scope, expression).uncast() {
                Value::String(name) => Ok(Some(Rc::clone(name))),
                Value::Number(value) => Ok(Some(value.to_string().into())),
                Value::Symbol => Ok(None),
                _ => Err("the name of a property is computed".into()),
            },
        }
    }

    /// Returns the type of a class's instances: its properties and those that it inherits.
    pub(super) fn class(
        &self,
        scope: &Scope<'p>,
        class: &'p ClassDecl,
        arguments: &[Lazy<'p>],
    ) -> Type<'p> {
        let scope = scope.with_types(&class.type_parameters, arguments);
        let mut object = ObjectType::default();
        if let Some((base, base_arguments)) = &class.extends {
            let base = self.value(&scope, base);
            let arguments: Vec<_> = base_arguments
                .iter()
                .map(|node| Lazy::node(&scope, node))
                .collect();
            inherit(self, &mut object, &self.instance(&base, &arguments));
        }
        for member in &class.members {
            self.add_member(&scope, class, member, &mut object);
        }
        Type::Object(Rc::new(object))
    }

    fn add_member(
        &self,
        scope: &Scope<'p>,
        class: &'p ClassDecl,
        member: &'p ClassMember,
        object: &mut ObjectType<'p>,
    ) {
        if member.is_static || member.hidden {
            return;
        }
        match &member.kind {
            MemberKind::Field(None) => self.add_property(scope, &member.property, object),
            MemberKind::Field(Some(_)) if member.property.value.is_some() => {
                self.add_property(scope, &member.property, object);
            }
            MemberKind::Field(Some(value)) => {
                let Ok(Some(name)) = self.key(scope, &member.property.key) else {
                    return;
                };
                let inside = scope.clone();
                let widen = !member.readonly && !matches!(value.kind, ExprKind::AsConst(_));
                let value_type = Lazy::computed(move |resolver| {
                    let value = resolver.value(&inside, value);
                    resolver.type_of(&value, widen)
                });
                object.put(Property {
                    value: value_type,
                    ..property(scope, name, &member.property)
                });
            }
            // What is only computed is no data; what can be assigned too is kept somewhere.
            MemberKind::Getter(_)
                if member.property.value.is_some() && has_setter(class, member) =>
            {
                self.add_property(scope, &member.property, object);
            }
            MemberKind::Constructor(function) => {
                function
                    .parameters
                    .iter()
                    .for_each(|parameter| add_parameter(scope, parameter, object));
            }
            // What is computed here stands in the place of what was inherited.
            MemberKind::Getter(_) => {
                if let Ok(Some(name)) = self.key(scope, &member.property.key) {
                    object.properties.retain(|property| property.name != name);
                }
            }
            MemberKind::Method(_) | MemberKind::Setter | MemberKind::Other => {}
        }
    }

    /// Returns the type that `new class()` creates.
    pub(in crate::typescript) fn instance(
        &self,
        class: &Value<'p>,
        arguments: &[Lazy<'p>],
    ) -> Type<'p> {
        match class {
            Value::Class(scope, declaration) => self
                .deeper(|| self.class(scope, declaration, arguments))
                .unwrap_or_else(Type::unresolved),
            Value::ClassOf(made) => made.instance.get(self),
            Value::External(package, path) if package.is_empty() => {
                self.builtin(path.last().map_or("", |name| name), arguments)
            }
            Value::External(package, path) => self.external_type(package, path, arguments),
            Value::Unknown(why) => Type::Unresolved(Rc::clone(why)),
            _ => Type::unresolved("it extends a class that is computed"),
        }
    }
}

fn has_setter(class: &ClassDecl, getter: &ClassMember) -> bool {
    let name = getter.property.key.literal();
    let same = |member: &ClassMember| {
        matches!(member.kind, MemberKind::Setter) && member.property.key.literal() == name
    };
    name.is_some() && class.members.iter().any(same)
}

/// A property as it is written.
pub(in crate::typescript) fn property<'p>(
    scope: &Scope<'p>,
    name: Rc<str>,
    node: &'p PropertyNode,
) -> Property<'p> {
    let value = node
        .value
        .as_ref()
        .map_or_else(|| Lazy::known(Type::Any), |value| Lazy::node(scope, value));
    let place = place(scope, node.span, node.key.span, node.value.as_ref());
    Property {
        name,
        optional: node.optional,
        value,
        place: Some(place),
    }
}

fn place<'p>(
    scope: &Scope<'p>,
    span: Span,
    key: Span,
    value: Option<&'p TypeNode>,
) -> PropertyPlace<'p> {
    PropertyPlace {
        module: scope.module,
        span,
        key,
        value: value.map(|value| value.span),
        node: value.map(|value| (scope.clone(), value)),
    }
}

/// `constructor(public name: T)` declares a property.
fn add_parameter<'p>(scope: &Scope<'p>, parameter: &'p Parameter, object: &mut ObjectType<'p>) {
    let (Some(span), Some(name)) = (parameter.property, &parameter.name) else {
        return;
    };
    let node = parameter.annotation.as_ref();
    let value = match (node, &parameter.default) {
        (Some(node), _) => Lazy::node(scope, node),
        (None, Some(default)) => {
            let inside = scope.clone();
            Lazy::computed(move |resolver| {
                resolver.type_of(&resolver.value(&inside, default), true)
            })
        }
        (None, None) => Lazy::known(Type::Any),
    };
    object.put(Property {
        name: name.as_str().into(),
        optional: parameter.optional && parameter.default.is_none(),
        value,
        place: Some(place(scope, span, span, node)),
    });
}

/// Adds the properties of `base` to `object`.
fn inherit<'p>(resolver: &Resolver<'p>, object: &mut ObjectType<'p>, base: &Type<'p>) {
    match base {
        Type::Function => return object.callable = true,
        Type::Opaque | Type::Promise(_) => {
            return object.incomplete = Some(reason("it extends a type of the language"));
        }
        // The compiler refuses it, and knows no field of it.
        Type::Union(_) => return object.incomplete = Some(reason("it extends a union")),
        _ => {}
    }
    match resolver.properties(base) {
        Ok(base) => {
            object.callable |= base.callable;
            base.properties
                .iter()
                .for_each(|property| object.put(property.clone()));
            object.index = base.index.clone().or(object.index.take());
            object.incomplete = base.incomplete.clone().or(object.incomplete.take());
        }
        Err(why) => object.incomplete = Some(why),
    }
}

impl<'p> Resolver<'p> {
    /// The properties of any type: of a union those that all members have.
    pub fn properties(&self, of: &Type<'p>) -> Result<Rc<ObjectType<'p>>, Rc<str>> {
        match of {
            Type::Object(object) => Ok(Rc::clone(object)),
            Type::Opaque | Type::Promise(_) => Ok(Rc::new(ObjectType::default())),
            Type::Any => Err(reason("it is `any`")),
            Type::Unresolved(why) => Err(Rc::clone(why)),
            Type::Union(members) => self.common_properties(members).map(Rc::new),
            Type::Value(value) => match self.type_of(value, false) {
                Type::Value(_) => Err(reason(
                    "it is a schema, table or class, not what that holds",
                )),
                other => self.properties(&other),
            },
            _ => Err(reason("it is no object type")),
        }
    }

    fn common_properties(&self, members: &[Type<'p>]) -> Result<ObjectType<'p>, Rc<str>> {
        let objects = members
            .iter()
            .map(|member| self.properties(member))
            .collect::<Result<Vec<_>, _>>()?;
        let Some((first, others)) = objects.split_first() else {
            return Ok(ObjectType::default());
        };
        let mut common = ObjectType {
            incomplete: first.incomplete.clone(),
            ..ObjectType::default()
        };
        for property in &first.properties {
            let found: Option<Vec<_>> = others
                .iter()
                .map(|object| object.property(&property.name))
                .collect();
            if let Some(found) = found {
                common.put(either(property, &found));
            }
        }
        common.incomplete = objects.iter().find_map(|object| object.incomplete.clone());
        Ok(common)
    }
}

fn either<'p>(property: &Property<'p>, others: &[&Property<'p>]) -> Property<'p> {
    let values: Vec<_> = std::iter::once(property)
        .chain(others.iter().copied())
        .map(|one| one.value.clone())
        .collect();
    let value =
        Lazy::computed(move |resolver| union(values.iter().map(|value| value.get(resolver))));
    let optional = property.optional || others.iter().any(|other| other.optional);
    Property {
        optional,
        value,
        ..property.clone()
    }
}
