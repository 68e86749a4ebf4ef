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
pub struct Instance<'p> {
    /// The scope of its class.
    pub scope: Scope<'p>,
    /// Its class.
    pub class: &'p ClassDecl,
    /// Its fields.
    fields: RefCell<BTreeMap<Rc<str>, Value<'p>>>,
}

impl<'p> Instance<'p> {
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
    pub fn instantiate(&self, scope: &Scope<'p>, class: &'p ClassDecl, arguments: &Arguments<'_, 'p>) -> Value<'p> {
        let fields = RefCell::default();
        let instance = Rc::new(Instance { scope: scope.clone(), class, fields });
        if let Some(running) = self.run_state() {
            running.made.borrow_mut().insert(std::ptr::from_ref(class));
            self.in_call(|| {
                self.initialise(scope, class, &instance);
                self.construct_in(scope, class, &instance, arguments);
                Value::Undefined
            });
        }
        Value::Instance(instance)
    }

    /// Sets the fields that have a value, those of the base class first.
    fn initialise(&self, scope: &Scope<'p>, class: &'p ClassDecl, instance: &Rc<Instance<'p>>) {
        if let Some((scope, base)) = self.base(scope, class)
            && self.spend(1)
        {
            self.initialise(&scope, base, instance);
        }
        let inside = method_scope(scope, class, Value::Instance(Rc::clone(instance)));
        for member in class.members.iter().filter(|member| !member.is_static) {
            if let (MemberKind::Field(Some(value)), Some(name)) = (&member.kind, member_name(member)) {
                instance.set(name, self.value(&inside, value));
            }
        }
    }

    /// Runs the constructor; without one, that of the base class.
    fn construct_in(
        &self,
        scope: &Scope<'p>,
        class: &'p ClassDecl,
        instance: &Rc<Instance<'p>>,
        arguments: &Arguments<'_, 'p>,
    ) {
        let Some(constructor) = constructor(class) else {
            if let Some((scope, base)) = self.base(scope, class)
                && self.spend(1)
            {
                self.construct_in(&scope, base, instance, arguments);
            }
            return;
        };
        let inside = method_scope(scope, class, Value::Instance(Rc::clone(instance)));
        let inside = self.entered(&inside, constructor, arguments);
        for parameter in constructor.parameters.iter().filter(|parameter| parameter.declares) {
            if let Some(name) = &parameter.name {
                instance.set(name, self.name(&inside, name).bare());
            }
        }
        self.execute(&inside, &constructor.body);
    }

    /// The class that `class` extends, where it is one of the monorepo.
    fn base(&self, scope: &Scope<'p>, class: &'p ClassDecl) -> Option<(Scope<'p>, &'p ClassDecl)> {
        let (base, _) = class.extends.as_ref()?;
        match self.value(scope, base).bare() {
            Value::Class(scope, base) if !std::ptr::eq(base, class) => Some((scope, base)),
            _ => None,
        }
    }

    /// `instance.name`
    pub(super) fn instance_member(&self, instance: &Rc<Instance<'p>>, name: &str) -> Value<'p> {
        if let Some(value) = instance.fields.borrow().get(name) {
            return value.clone();
        }
        let mut class = Some((instance.scope.clone(), instance.class));
        while let Some((scope, here)) = class.filter(|_| self.spend(1)) {
            if let Some(member) = find(here, name, false) {
                return self.found_member(&scope, here, member, instance);
            }
            class = self.base(&scope, here);
        }
        Value::unknown(format!("`{name}` is set when the program runs"))
    }

    fn found_member(
        &self,
        scope: &Scope<'p>,
        class: &'p ClassDecl,
        member: &'p ClassMember,
        instance: &Rc<Instance<'p>>,
    ) -> Value<'p> {
        let name = member_name(member).unwrap_or_default();
        let inside = method_scope(scope, class, Value::Instance(Rc::clone(instance)));
        match &member.kind {
            MemberKind::Method(function) => Value::Function(inside, function),
            MemberKind::Getter(function) => self.call(&Value::Function(inside, function), &[]),
            MemberKind::Field(_) | MemberKind::Setter | MemberKind::Constructor(_) | MemberKind::Other => {
                let declared = member.property.value.as_ref();
                let given = declared.and_then(|declared| self.given(scope, declared, member.property.key.span));
                let Some(value) = given else {
                    return Value::unknown(format!("`{name}` is set when the program runs"));
                };
                instance.set(name, value.clone());
                value
            }
        }
    }

    /// What stands for a parameter or field that nobody gives, by its declared type.
    pub(super) fn given(
        &self,
        scope: &Scope<'p>,
        declared: &crate::typescript::syntax::TypeNode,
        span: Span,
    ) -> Option<Value<'p>> {
        self.run_state()?.effects.given(self, scope.module, declared, span)
    }

    /// `Class.name`
    pub(super) fn static_member(&self, scope: &Scope<'p>, class: &'p ClassDecl, name: &str) -> Value<'p> {
        let key = static_name(scope, class, name);
        let known = self.run_state().and_then(|running| running.statics.borrow().get(&key).cloned());
        if let Some(value) = known {
            return value;
        }
        let Some(member) = find(class, name, true) else {
            return match self.base(scope, class) {
                Some((scope, base)) if self.spend(1) => self.static_member(&scope, base, name),
                _ => Value::unknown(format!("the class has no static `{name}` that can be read")),
            };
        };
        let inside = match self.run_state() {
            Some(_) => method_scope(scope, class, Value::Class(scope.clone(), class)),
            None => scope.clone(),
        };
        let value = match &member.kind {
            MemberKind::Method(function) => return Value::Function(inside, function),
            MemberKind::Getter(function) if self.runs() => self.call(&Value::Function(inside, function), &[]),
            MemberKind::Field(Some(value)) => {
                let value = self.value(&inside, value);
                match &member.property.value {
                    Some(node) => value.placed(Lazy::node(scope, node)),
                    None => self.kept(value, !member.readonly),
                }
            }
            _ => Value::unknown(format!("the class has no static `{name}` that can be read")),
        };
        self.set_static(scope, class, name, value.clone());
        value
    }

    /// `Class.name = value`
    pub(super) fn set_static(&self, scope: &Scope<'p>, class: &'p ClassDecl, name: &str, value: Value<'p>) {
        if let Some(running) = self.run_state() {
            running.statics.borrow_mut().insert(static_name(scope, class, name), value);
        }
    }

    /// `super(arguments)`
    pub(super) fn super_call(&self, scope: &Scope<'p>, arguments: &Arguments<'_, 'p>) -> Value<'p> {
        let Some(Receiver { this: Value::Instance(instance), class: Some((around, class)) }) = scope.receiver() else {
            return Value::Undefined;
        };
        if let Some((around, base)) = self.base(around, class) {
            self.in_call(|| {
                self.construct_in(&around, base, instance, arguments);
                Value::Undefined
            });
        }
        Value::Undefined
    }

    /// `super.name(arguments)`
    pub(super) fn super_method(&self, scope: &Scope<'p>, name: &str, arguments: &Arguments<'_, 'p>) -> Value<'p> {
        let Some(Receiver { this, class: Some((around, class)) }) = scope.receiver() else { return Value::Undefined };
        let mut base = self.base(around, class);
        while let Some((around, here)) = base.filter(|_| self.spend(1)) {
            if let Some(MemberKind::Method(function)) = find(here, name, false).map(|member| &member.kind) {
                let method = Value::Function(method_scope(&around, here, this.clone()), function);
                return self.call_typed(&method, &[], arguments);
            }
            base = self.base(&around, here);
        }
        Value::unknown(format!("`super.{name}` is not known"))
    }
}

/// Inside a method of `class` that is called on `this`.
pub fn method_scope<'p>(scope: &Scope<'p>, class: &'p ClassDecl, this: Value<'p>) -> Scope<'p> {
    scope.with_receiver(Receiver { this, class: Some((scope.clone(), class)) })
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
    let mut members = class.members.iter().filter(|member| member.is_static == is_static);
    members.find(|member| member_name(member) == Some(wanted) && !matches!(member.kind, MemberKind::Setter))
}

fn constructor(class: &ClassDecl) -> Option<&Function> {
    class.members.iter().find_map(|member| match &member.kind {
        MemberKind::Constructor(function) => Some(&**function),
        _ => None,
    })
}
