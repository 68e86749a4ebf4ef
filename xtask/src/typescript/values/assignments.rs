//! `a = b` in a program that runs. Values themselves do not change: what is assigned to a member of
//! an object is kept beside it.

use std::rc::Rc;

use super::{EntryPlace, ObjectEntry, ObjectValue, Value};
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{Expr, ExprKind, StatementKind};

impl<'p> Resolver<'p> {
    /// `target = written`
    pub(super) fn assign(
        &self,
        scope: &Scope<'p>,
        target: &'p Expr,
        written: &'p Expr,
    ) -> Value<'p> {
        let value = self.value(scope, written);
        match &target.kind {
            _ if !self.runs() => {}
            ExprKind::Name(name) => self.assign_name(scope, name, &value),
            ExprKind::Member(object, name, span) => {
                let place = EntryPlace {
                    scope: scope.clone(),
                    span: *span,
                    key: *span,
                    value: written,
                };
                self.assign_member(object, name, place, &value);
            }
            _ => {}
        }
        value
    }

    fn assign_name(&self, scope: &Scope<'p>, name: &'p str, value: &Value<'p>) {
        if let Some(call) = scope.binding_call(name) {
            return call.set(name, value.clone());
        }
        for statement in scope.module.declarations(name) {
            if let StatementKind::Variable(variable) = &statement.kind {
                self.set_constant(variable, value.clone());
            }
        }
    }

    fn assign_member(
        &self,
        object: &'p Expr,
        name: &'p str,
        place: EntryPlace<'p>,
        value: &Value<'p>,
    ) {
        let module = place.scope.module;
        let is = |expression: &Expr, name: &str| {
            let is_named = matches!(&expression.kind, ExprKind::Name(found) if found == name);
            is_named && place.scope.binding_call(name).is_none() && !module.names.contains_key(name)
        };
        if is(object, "module") && name == "exports" {
            return self.set_common(module, value.clone());
        }
        let target = match &object.kind {
            ExprKind::Member(inner, exports, _) if exports == "exports" && is(inner, "module") => {
                self.common_object(module)
            }
            _ if is(object, "exports") => self.common_object(module),
            _ => self.value(&place.scope, object),
        };
        match target {
            Value::Instance(instance) => instance.set(name, value.clone()),
            Value::Class(scope, class) => self.set_static(&scope, class, name, value.clone()),
            Value::Object(object) => {
                let entry = ObjectEntry {
                    name: name.into(),
                    value: value.clone(),
                    place: Some(place),
                };
                self.assign_entry(&object, entry);
            }
            _ => {}
        }
    }

    fn assign_entry(&self, object: &Rc<ObjectValue<'p>>, entry: ObjectEntry<'p>) {
        let Some(running) = self.run_state() else {
            return;
        };
        let mut assigned = running.assigned.borrow_mut();
        let of_object = assigned
            .entry(Rc::as_ptr(object))
            .or_insert_with(|| (Rc::clone(object), Vec::new()));
        of_object.1.push(entry);
    }

    /// The members that were assigned to `object`, in order.
    pub(super) fn assigned_entries(&self, object: &Rc<ObjectValue<'p>>) -> Vec<ObjectEntry<'p>> {
        let Some(running) = self.run_state() else {
            return Vec::new();
        };
        let assigned = running.assigned.borrow();
        assigned
            .get(&Rc::as_ptr(object))
            .map(|(_, entries)| entries.clone())
            .unwrap_or_default()
    }

    /// The value that was assigned to `object.name` last.
    pub(super) fn assigned_entry(
        &self,
        object: &Rc<ObjectValue<'p>>,
        name: &str,
    ) -> Option<Value<'p>> {
        let assigned = self.run_state()?.assigned.borrow();
        let (_, entries) = assigned.get(&Rc::as_ptr(object))?;
        entries
            .iter()
            .rev()
            .find(|entry| &*entry.name == name)
            .map(|entry| entry.value.clone())
    }
}
