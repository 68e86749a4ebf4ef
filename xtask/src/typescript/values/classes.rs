//! Classes of a program that runs: construction, fields, methods, inheritance.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::effects::StaticName;
use super::{Arguments, Value};
use crate::source::Span;
use crate::typescript::resolve::{Lazy, Receiver, Resolver, Scope};
use crate::typescript::syntax::{ClassDecl, ClassMember, Function, KeyName, MemberKind};

/// An object of a class.
pub struct ClassInstance<'p> {
    /// The scope of its class.
    pub scope: Scope<'p>,
    /// Its class.
    pub class: &'p ClassDecl,
    /// Its fields.
    fields: RefCell<BTreeMap<Rc<str>, Value<'p>>>,
}

/// A class with the scope it was declared in.
type Class<'p> = (Scope<'p>, &'p ClassDecl);

impl<'p> ClassInstance<'p> {
    /// `instance.name = value`
    pub(super) fn set(&self, name: &str, value: Value<'p>) {
        self.fields.borrow_mut().insert(name.into(), value);
    }

    /// Its fields that have a value.
    pub fn fields(&self) -> Vec<(Rc<str>, Value<'p>)> {
        self.fields.borrow().clone().into_iter().collect()
    }
}

impl<'p> Resolver<'p> {
    /// `new class(arguments)`
    pub fn instantiate(
        &self,
        scope: &Scope<'p>,
        class: &'p ClassDecl,
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        let fields = RefCell::default();
        let instance = Rc::new(ClassInstance {
            scope: scope.clone(),
            class,
            fields,
        });
        if let Some(running) = self.run_state() {
            running.made.borrow_mut().insert(std::ptr::from_ref(class));
            self.in_call(|| {
                let lineage = self.lineage(scope, class);
                self.initialise(&lineage, &instance);
                self.run_constructor(&lineage, &instance, arguments);
                Value::Undefined
            });
        }
        Value::Instance(instance)
    }

    /// Sets the fields that have a value, those of base classes first.
    fn initialise(&self, lineage: &[Class<'p>], instance: &Rc<ClassInstance<'p>>) {
        for (scope, class) in lineage.iter().rev() {
            let inside = method_scope(scope, class, Value::Instance(Rc::clone(instance)));
            for member in class.members.iter().filter(|member| !member.is_static) {
                if let (MemberKind::Field(Some(value)), Some(name)) =
                    (&member.kind, member_name(member))
                {
                    instance.set(name, self.value(&inside, value));
                }
            }
        }
    }

    /// Runs the first constructor of `lineage`.
    fn run_constructor(
        &self,
        lineage: &[Class<'p>],
        instance: &Rc<ClassInstance<'p>>,
        arguments: &Arguments<'_, 'p>,
    ) {
        let constructors = lineage
            .iter()
            .filter_map(|(scope, class)| Some((scope, *class, constructor(class)?)));
        let Some((scope, class, constructor)) = constructors.into_iter().next() else {
            return;
        };
        let inside = method_scope(scope, class, Value::Instance(Rc::clone(instance)));
        let inside = self.entered(&inside, constructor, arguments);
        for parameter in constructor
            .parameters
            .iter()
            .filter(|parameter| parameter.declares)
        {
            if let Some(name) = &parameter.name {
                instance.set(name, self.name(&inside, name).bare());
            }
        }
        self.execute(&inside, constructor.body.statements());
    }

    /// `class`, and those of the monorepo that it extends, the nearest first.
    pub(in crate::typescript) fn lineage(
        &self,
        scope: &Scope<'p>,
        class: &'p ClassDecl,
    ) -> Vec<Class<'p>> {
        let mut lineage = vec![(scope.clone(), class)];
        while let Some((scope, class)) = lineage.last() {
            let base = class
                .extends
                .as_ref()
                .map(|(base, _)| self.value(scope, base).bare());
            let Some(Value::Class(scope, base)) = base else {
                break;
            };
            // Classes that extend each other are an error of the program.
            if lineage.iter().any(|(_, known)| std::ptr::eq(*known, base)) {
                break;
            }
            lineage.push((scope, base));
        }
        lineage
    }

    /// `instance.name`
    pub(super) fn instance_member(
        &self,
        instance: &Rc<ClassInstance<'p>>,
        name: &str,
    ) -> Value<'p> {
        if let Some(value) = instance.fields.borrow().get(name) {
            return value.clone();
        }
        for (scope, class) in self.lineage(&instance.scope, instance.class) {
            if let Some(member) = find(class, name, false) {
                return self.found_member(&scope, class, member, instance);
            }
        }
        Value::unknown(format!("`{name}` is set when the program runs"))
    }

    fn found_member(
        &self,
        scope: &Scope<'p>,
        class: &'p ClassDecl,
        member: &'p ClassMember,
        instance: &Rc<ClassInstance<'p>>,
    ) -> Value<'p> {
        let name = member_name(member).unwrap_or_default();
        let inside = method_scope(scope, class, Value::Instance(Rc::clone(instance)));
        match &member.kind {
            MemberKind::Method(function) => Value::Function(inside, function),
            MemberKind::Getter(function) => self.call(&Value::Function(inside, function), &[]),
            MemberKind::Field(_)
            | MemberKind::Setter
            | MemberKind::Constructor(_)
            | MemberKind::Other => {
                let declared = member.property.value.as_ref();
                let given = declared
                    .and_then(|declared| self.given(scope, declared, member.property.key.span));
                let Some(value) = given else {
                    return Value::unknown(format!("`{name}` is set when the program runs"));
                };
                instance.set(name, value.clone());
                value
            }
        }
    }

    /// A value for a parameter or field that nobody gives, by its declared type.
    pub(super) fn given(
        &self,
        scope: &Scope<'p>,
        declared: &crate::typescript::syntax::TypeNode,
        span: Span,
    ) -> Option<Value<'p>> {
        self.run_state()?
            .effects
            .given(self, scope.module, declared, span)
    }

    /// `Class.name`
    pub(super) fn static_member(
        &self,
        scope: &Scope<'p>,
        class: &'p ClassDecl,
        name: &str,
    ) -> Value<'p> {
        let key = static_name(scope, class, name);
        let known = self
            .run_state()
            .and_then(|running| running.statics.borrow().get(&key).cloned());
        if let Some(value) = known {
            return value;
        }
        let unknown =
            || Value::unknown(format!("the class has no static `{name}` that can be read"));
        let mut lineage = self.lineage(scope, class).into_iter();
        let found =
            lineage.find_map(|(scope, class)| Some((scope, class, find(class, name, true)?)));
        let Some((of, owner, member)) = found else {
            return unknown();
        };
        if let MemberKind::Field(_) = member.kind
            && !std::ptr::eq(owner, class)
        {
            return self.static_member(&of, owner, name);
        }
        // A method or getter of a base class is called on the class that it is read from.
        let inside = match self.runs() {
            true => of.with_receiver(Receiver {
                this: Value::Class(scope.clone(), class),
                class: Some((of.clone(), owner)),
            }),
            false => of,
        };
        let value = match &member.kind {
            MemberKind::Method(function) => return Value::Function(inside, function),
            MemberKind::Getter(function) if self.runs() => {
                self.call(&Value::Function(inside, function), &[])
            }
            MemberKind::Field(Some(value)) => {
                let value = self.value(&inside, value);
                match &member.property.value {
                    Some(node) => value.placed(Lazy::node(scope, node)),
                    None => self.kept(value, !member.readonly),
                }
            }
            _ => unknown(),
        };
        self.set_static(scope, class, name, value.clone());
        value
    }

    /// `Class.name = value`
    pub(super) fn set_static(
        &self,
        scope: &Scope<'p>,
        class: &'p ClassDecl,
        name: &str,
        value: Value<'p>,
    ) {
        if let Some(running) = self.run_state() {
            running
                .statics
                .borrow_mut()
                .insert(static_name(scope, class, name), value);
        }
    }

    /// `super(arguments)`
    pub(super) fn super_call(&self, scope: &Scope<'p>, arguments: &Arguments<'_, 'p>) -> Value<'p> {
        let Some(Receiver {
            this: Value::Instance(instance),
            class: Some((around, class)),
        }) = scope.receiver()
        else {
            return Value::Undefined;
        };
        self.in_call(|| {
            self.run_constructor(&self.lineage(around, class)[1..], instance, arguments);
            Value::Undefined
        })
    }

    /// `super.name(arguments)`
    pub(super) fn super_method(
        &self,
        scope: &Scope<'p>,
        name: &str,
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        let Some(Receiver {
            this,
            class: Some((around, class)),
        }) = scope.receiver()
        else {
            return Value::Undefined;
        };
        for (around, base) in &self.lineage(around, class)[1..] {
            if let Some(MemberKind::Method(function)) =
                find(base, name, false).map(|member| &member.kind)
            {
                let method = Value::Function(method_scope(around, base, this.clone()), function);
                return self.call_typed(&method, &[], arguments);
            }
        }
        Value::unknown(format!("`super.{name}` is not known"))
    }
}

/// Inside a method of `class` that is called on `this`.
pub fn method_scope<'p>(scope: &Scope<'p>, class: &'p ClassDecl, this: Value<'p>) -> Scope<'p> {
    scope.with_receiver(Receiver {
        this,
        class: Some((scope.clone(), class)),
    })
}

/// The name of a member.
pub fn member_name(member: &ClassMember) -> Option<&str> {
    match &member.property.key.name {
        KeyName::Literal(name) => Some(name),
        KeyName::Private(name) if !name.is_empty() => Some(name),
        KeyName::Private(_) | KeyName::Computed(_) => None,
    }
}

fn static_name<'p>(scope: &Scope<'p>, class: &ClassDecl, name: &str) -> StaticName<'p> {
    let call = scope.call().map_or(std::ptr::null(), Rc::as_ptr);
    (std::ptr::from_ref(class), call, name.into())
}

fn find<'p>(class: &'p ClassDecl, wanted: &str, is_static: bool) -> Option<&'p ClassMember> {
    let mut members = class
        .members
        .iter()
        .filter(|member| member.is_static == is_static);
    members.find(|member| {
        member_name(member) == Some(wanted) && !matches!(member.kind, MemberKind::Setter)
    })
}

fn constructor(class: &ClassDecl) -> Option<&Function> {
    class.members.iter().find_map(|member| match &member.kind {
        MemberKind::Constructor(function) => Some(&**function),
        _ => None,
    })
}
