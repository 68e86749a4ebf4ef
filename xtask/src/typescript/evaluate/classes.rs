//! Classes: construction, fields, methods, inheritance.

use std::cell::RefCell;
use std::rc::Rc;

use super::Evaluator;
use super::scope::Scope;
use super::value::{Argument, ClassValue, Closure, Instance, Value};
use crate::typescript::syntax::{ClassDecl, ClassMember, Function, KeyName, MemberKind};

impl<'p> Evaluator<'p> {
    /// `new class(arguments)`
    pub fn instantiate(&mut self, class: &Rc<ClassValue<'p>>, arguments: &[Argument<'p>]) -> Value<'p> {
        self.instantiated.insert(std::ptr::from_ref(class.class));
        let instance = Rc::new(Instance { class: Rc::clone(class), fields: RefCell::default() });
        if self.depth < super::DEPTH {
            self.depth += 1;
            self.initialise(class, &instance);
            self.construct(class, &instance, arguments);
            self.depth -= 1;
        }
        Value::Instance(instance)
    }

    /// Sets the fields that have a value, those of the base class first.
    fn initialise(&mut self, class: &Rc<ClassValue<'p>>, instance: &Rc<Instance<'p>>) {
        if let Some(base) = self.base(class)
            && self.step()
        {
            self.initialise(&base, instance);
        }
        let scope = self.class_scope(class, Value::Instance(Rc::clone(instance)));
        for member in class.class.members.iter().filter(|member| !member.is_static) {
            if let (MemberKind::Field(Some(value)), Some(name)) = (&member.kind, name(member)) {
                let value = self.evaluate(value, &scope);
                instance.fields.borrow_mut().insert(name.into(), value);
            }
        }
    }

    /// Runs the constructor; without one, that of the base class.
    pub(super) fn construct(
        &mut self,
        class: &Rc<ClassValue<'p>>,
        instance: &Rc<Instance<'p>>,
        arguments: &[Argument<'p>],
    ) {
        let Some(constructor) = constructor(class.class) else {
            if let Some(base) = self.base(class)
                && self.step()
            {
                self.construct(&base, instance, arguments);
            }
            return;
        };
        let scope = self.class_scope(class, Value::Instance(Rc::clone(instance)));
        let inner = self.keep(Scope::inside(&scope));
        self.bind_parameters(constructor, arguments, &inner);
        for parameter in constructor.parameters.iter().filter(|parameter| parameter.declares) {
            let Some(name) = &parameter.name else { continue };
            if let Some(thunk) = inner.get(name) {
                let value = self.force(&thunk);
                instance.fields.borrow_mut().insert(name.as_str().into(), value);
            }
        }
        self.called.insert(std::ptr::from_ref(constructor));
        self.run_body(constructor, &inner);
    }

    /// The class that `class` extends, where it is one of the monorepo.
    pub(super) fn base(&mut self, class: &Rc<ClassValue<'p>>) -> Option<Rc<ClassValue<'p>>> {
        let (base, _) = class.class.extends.as_ref()?;
        match self.evaluate(base, &class.scope) {
            Value::Class(base) if !std::ptr::eq(base.class, class.class) => Some(base),
            _ => None,
        }
    }

    pub(super) fn class_scope(&mut self, class: &Rc<ClassValue<'p>>, this: Value<'p>) -> Rc<Scope<'p>> {
        let scope = Scope { this: Some(this), class: Some(Rc::clone(class)), ..Scope::inside(&class.scope) };
        self.keep(scope)
    }

    /// A method of `class`, bound to `this`.
    pub fn method(&mut self, class: &Rc<ClassValue<'p>>, function: &'p Function, this: Value<'p>) -> Value<'p> {
        let scope = Rc::clone(&class.scope);
        let class = Some(Rc::clone(class));
        Value::Function(Rc::new(Closure { function, scope, this: Some(this), class, transparent: false }))
    }

    /// `instance.name`
    pub(super) fn instance_member(&mut self, instance: &Rc<Instance<'p>>, name: &str) -> Value<'p> {
        if let Some(value) = instance.fields.borrow().get(name) {
            return value.clone();
        }
        let mut class = Some(Rc::clone(&instance.class));
        while let Some(here) = class.filter(|_| self.step()) {
            if let Some(member) = find(here.class, name, false) {
                return self.found_member(&here, member, instance);
            }
            class = self.base(&here);
        }
        Value::unknown(format!("`{name}` is set when the program runs"))
    }

    fn found_member(
        &mut self,
        class: &Rc<ClassValue<'p>>,
        member: &'p ClassMember,
        instance: &Rc<Instance<'p>>,
    ) -> Value<'p> {
        let this = Value::Instance(Rc::clone(instance));
        let name = name(member).unwrap_or_default();
        match &member.kind {
            MemberKind::Method(function) => self.method(class, function, this),
            MemberKind::Getter(function) => {
                let getter = self.method(class, function, this);
                self.call(&getter, &[])
            }
            MemberKind::Field(_) | MemberKind::Setter | MemberKind::Constructor(_) | MemberKind::Other => {
                let declared = member.property.value.as_ref();
                let router = declared.and_then(|declared| self.router_type(class.scope.file, declared));
                let Some(router) = router else {
                    return Value::unknown(format!("`{name}` is set when the program runs"));
                };
                let value = self.given_router(router, class.scope.file, member.property.key.span);
                instance.fields.borrow_mut().insert(name.into(), value.clone());
                value
            }
        }
    }

    /// `Class.name`
    pub(super) fn static_member(&mut self, class: &Rc<ClassValue<'p>>, name: &str) -> Value<'p> {
        if let Some(value) = class.statics.borrow().get(name) {
            return value.clone();
        }
        let Some(member) = find(class.class, name, true) else {
            return match self.base(class) {
                Some(base) if self.step() => self.static_member(&base, name),
                _ => Value::unknown(format!("`{name}` is no static member")),
            };
        };
        let this = Value::Class(Rc::clone(class));
        let value = match &member.kind {
            MemberKind::Method(function) => return self.method(class, function, this),
            MemberKind::Getter(function) => {
                let getter = self.method(class, function, this);
                self.call(&getter, &[])
            }
            MemberKind::Field(Some(value)) => {
                let scope = self.class_scope(class, this);
                self.evaluate(value, &scope)
            }
            MemberKind::Field(None) | MemberKind::Setter | MemberKind::Constructor(_) | MemberKind::Other => {
                Value::Nothing
            }
        };
        class.statics.borrow_mut().insert(name.into(), value.clone());
        value
    }
}

/// The name of a member.
pub(super) fn name(member: &ClassMember) -> Option<&str> {
    match &member.property.key.name {
        KeyName::Literal(name) => Some(name),
        KeyName::Private(name) if !name.is_empty() => Some(name),
        KeyName::Private(_) | KeyName::Computed(_) => None,
    }
}

fn find<'p>(class: &'p ClassDecl, wanted: &str, is_static: bool) -> Option<&'p ClassMember> {
    let mut members = class.members.iter().filter(|member| member.is_static == is_static);
    members.find(|member| name(member) == Some(wanted) && !matches!(member.kind, MemberKind::Setter))
}

fn constructor(class: &ClassDecl) -> Option<&Function> {
    class.members.iter().find_map(|member| match &member.kind {
        MemberKind::Constructor(function) => Some(&**function),
        _ => None,
    })
}
