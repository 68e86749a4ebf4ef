//! Expressions.

use std::cell::RefCell;
use std::rc::Rc;

use super::Evaluator;
use super::scope::{Scope, State, Thunk};
use super::statements::{closure, is_nothing};
use super::value::{Argument, ClassValue, Entry, Object, Opaque, Site, Value, joined_text};
use crate::source::Span;
use crate::typescript::syntax::{self, Binary, Expr, ExprKind, KeyName, ObjectMember, Text};

impl<'p> Evaluator<'p> {
    /// What `expression` is worth in `scope`.
    pub fn evaluate(&mut self, expression: &'p Expr, scope: &Rc<Scope<'p>>) -> Value<'p> {
        if !self.step() {
            return Value::unknown("the program is too large to follow");
        }
        match &expression.kind {
            ExprKind::String(text) => Value::Text(text.as_str().into()),
            ExprKind::Number(number) => Value::Number(*number),
            ExprKind::Boolean(boolean) => Value::Boolean(*boolean),
            ExprKind::Null => Value::Nothing,
            ExprKind::Regex(parts) => Value::Pattern(parts[0].as_str().into()),
            ExprKind::Template(texts, values) => self.template(texts, values, scope),
            ExprKind::Name(name) => self.name(name, scope),
            ExprKind::This => scope.this.clone().unwrap_or_else(|| Value::unknown("`this` is not known here")),
            ExprKind::Member(object, property, _) => {
                let object = self.evaluate(object, scope);
                self.member(&object, property)
            }
            ExprKind::Index(object, index) => self.index(object, index, scope),
            ExprKind::Call(callee, _, arguments) => self.call_expression(callee, arguments, expression.span, scope),
            ExprKind::New(callee, _, arguments) => self.new_expression(callee, arguments, expression.span, scope),
            ExprKind::Object(members) => self.object(members, expression.span, scope),
            ExprKind::Array(items) => Value::array(self.elements(items, scope)),
            ExprKind::Function(function) => closure(function, scope),
            ExprKind::Class(class) => {
                let scope = Rc::clone(scope);
                Value::Class(Rc::new(ClassValue { class, scope, statics: RefCell::default() }))
            }
            ExprKind::Assignment(target, value) => self.assign(target, value, scope),
            ExprKind::Binary(operator, left, right) => self.binary(*operator, left, right, scope),
            ExprKind::Conditional(_, then, otherwise) => self.either(&[then, otherwise], scope),
            ExprKind::As(value, _)
            | ExprKind::AsConst(value)
            | ExprKind::Satisfies(value, _)
            | ExprKind::NonNull(value)
            | ExprKind::Await(value) => self.evaluate(value, scope),
            ExprKind::Other(reason) => Value::unknown(*reason),
            ExprKind::Bigint(_)
            | ExprKind::Tagged(..)
            | ExprKind::Negative(_)
            | ExprKind::Not(_)
            | ExprKind::TypeOf(_) => Value::unknown("it is computed when the program runs"),
        }
    }

    fn name(&mut self, name: &str, scope: &Rc<Scope<'p>>) -> Value<'p> {
        if let Some(thunk) = scope.get(name) {
            return self.force(&thunk);
        }
        let import = self.loaded(scope.file).and_then(|loaded| loaded.module.imports.get(name));
        match import {
            Some(import) => self.imported(scope.file, import),
            None if name == "undefined" => Value::Nothing,
            None => Value::opaque(Opaque::Global(name.into())),
        }
    }

    fn template(&mut self, texts: &[Text], values: &'p [Expr], scope: &Rc<Scope<'p>>) -> Value<'p> {
        let mut whole = String::new();
        for (index, text) in texts.iter().enumerate() {
            whole.push_str(text);
            let Some(value) = values.get(index) else { continue };
            match self.evaluate(value, scope) {
                Value::Text(text) => whole.push_str(&text),
                Value::Number(number) => whole.push_str(&number.to_string()),
                Value::Nothing => return Value::unknown("a part of it is undefined"),
                other => return Value::unknown(other.reason()),
            }
        }
        joined_text(whole)
    }

    fn binary(&mut self, operator: Binary, left: &'p Expr, right: &'p Expr, scope: &Rc<Scope<'p>>) -> Value<'p> {
        match operator {
            Binary::Or | Binary::Coalesce | Binary::Default => match self.evaluate(left, scope) {
                Value::Nothing | Value::Opaque(_) => self.evaluate(right, scope),
                value => value,
            },
            Binary::And => self.evaluate(right, scope),
            Binary::Add => match (self.evaluate(left, scope), self.evaluate(right, scope)) {
                (Value::Text(left), Value::Text(right)) => joined_text(format!("{left}{right}")),
                (Value::Text(left), Value::Number(right)) => joined_text(format!("{left}{right}")),
                (Value::Number(left), Value::Text(right)) => joined_text(format!("{left}{right}")),
                (Value::Text(_), other) | (other, _) => Value::unknown(other.reason()),
            },
            Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Power | Binary::Compare | Binary::Other => {
                Value::unknown("it is computed when the program runs")
            }
        }
    }

    /// Of several possible values, the one of which something is known; of two different strings, none.
    fn either(&mut self, values: &[&'p Expr], scope: &Rc<Scope<'p>>) -> Value<'p> {
        let values: Vec<Value<'p>> = values.iter().map(|value| self.evaluate(value, scope)).collect();
        let texts: Vec<&Rc<str>> = values.iter().filter_map(Value::text).collect();
        if let [first, second, ..] = texts.as_slice()
            && first != second
        {
            return Value::unknown(format!("it is '{first}' or '{second}'"));
        }
        let known = values.iter().find(|value| !value.is_opaque() && !is_nothing(value));
        known.or(values.first()).cloned().unwrap_or(Value::Nothing)
    }

    fn object(&mut self, members: &'p [ObjectMember], span: Span, scope: &Rc<Scope<'p>>) -> Value<'p> {
        let mut entries = Vec::new();
        for member in members {
            match member {
                ObjectMember::Property { key, value, .. } => {
                    let name: Option<Rc<str>> = match &key.name {
                        KeyName::Literal(name) => Some(name.as_str().into()),
                        KeyName::Computed(key) => self.evaluate(key, scope).text().cloned(),
                        KeyName::Private(_) => None,
                    };
                    let site = Site { file: scope.file, span: key.span };
                    entries.extend(name.map(|key| Entry { key, site, value: Thunk::pending(value, scope) }));
                }
                ObjectMember::Spread(value) => {
                    let value = self.evaluate(value, scope);
                    let more = self.entries(&value);
                    // Each spread may double it.
                    if !self.spend(more.len()) {
                        return Value::unknown("it is a very large object");
                    }
                    entries.extend(more);
                }
            }
        }
        Object::value(Site { file: scope.file, span }, entries)
    }

    /// The entries of an object or module.
    pub fn entries(&mut self, value: &Value<'p>) -> Vec<Entry<'p>> {
        match value {
            Value::Object(object) => object.entries.borrow().clone(),
            Value::Module(file) => {
                let site = Site { file, span: Span::default() };
                let entry = |key: Rc<str>| {
                    let state = State::Property(Thunk::done(value.clone()), Rc::clone(&key));
                    Entry { key, site, value: Thunk::of(state) }
                };
                self.export_names(file).into_iter().map(entry).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Arguments or elements; those behind `...` are spread where they are known.
    pub(super) fn elements(&mut self, items: &'p [syntax::Argument], scope: &Rc<Scope<'p>>) -> Vec<Argument<'p>> {
        let mut values = Vec::new();
        for item in items {
            let value = Thunk::pending(&item.value, scope);
            if !item.spread {
                values.push(Argument::of(value));
                continue;
            }
            match self.force(&value) {
                // Each spread may double it.
                Value::Array(inner) if self.spend(inner.len()) => values.extend(inner.iter().cloned()),
                _ => values.push(Argument { spread: true, value }),
            }
        }
        values
    }

    fn index(&mut self, object: &'p Expr, index: &'p Expr, scope: &Rc<Scope<'p>>) -> Value<'p> {
        let object = self.evaluate(object, scope);
        match (self.evaluate(index, scope), &object) {
            (Value::Text(key), _) => self.member(&object, &key),
            (Value::Number(at), Value::Array(items)) => {
                let item = items.get(at.max(0.0) as usize).cloned();
                item.map_or(Value::Nothing, |item| self.force(&item.value))
            }
            (other, _) => Value::unknown(other.reason()),
        }
    }

    /// `object.name`
    pub(super) fn member(&mut self, object: &Value<'p>, name: &str) -> Value<'p> {
        match object {
            Value::Object(inner) => match inner.entry(name) {
                Some(entry) => self.force(&entry.value),
                None => Value::Nothing,
            },
            Value::Module(file) => self.export(file, name),
            Value::Instance(instance) => self.instance_member(instance, name),
            Value::Class(class) => self.static_member(class, name),
            Value::Opaque(_) => Value::opaque(Opaque::Member(object.clone(), name.into())),
            Value::Nothing => Value::unknown(format!("`{name}` of undefined")),
            // `module.exports = router; module.exports.default = router`
            Value::Router(_) | Value::Function(_) if name == "default" => object.clone(),
            Value::Text(_)
            | Value::Number(_)
            | Value::Boolean(_)
            | Value::Pattern(_)
            | Value::Array(_)
            | Value::Function(_)
            | Value::Router(_)
            | Value::RoutePath(..)
            | Value::NestApp(_) => Value::opaque(Opaque::Member(object.clone(), name.into())),
        }
    }

    fn assign(&mut self, target: &'p Expr, value: &'p Expr, scope: &Rc<Scope<'p>>) -> Value<'p> {
        let value = self.evaluate(value, scope);
        match &target.kind {
            ExprKind::Name(name) => {
                if let Some(thunk) = scope.get(name) {
                    thunk.set(State::Done(value.clone()));
                }
            }
            ExprKind::Member(object, property, span) => {
                let site = Site { file: scope.file, span: *span };
                self.assign_member(object, property, site, &value, scope);
            }
            _ => {}
        }
        value
    }

    fn assign_member(
        &mut self,
        object: &'p Expr,
        name: &str,
        site: Site<'p>,
        value: &Value<'p>,
        scope: &Rc<Scope<'p>>,
    ) {
        let is = |expression: &Expr, name: &str| {
            matches!(&expression.kind, ExprKind::Name(found) if found == name) && scope.get(name).is_none()
        };
        if is(object, "module") && name == "exports" {
            return self.set_common(scope.file, value.clone());
        }
        let object = match &object.kind {
            ExprKind::Member(inner, exports, _) if exports == "exports" && is(inner, "module") => {
                self.common_object(site)
            }
            _ if is(object, "exports") => self.common_object(site),
            _ => self.evaluate(object, scope),
        };
        match object {
            Value::Instance(instance) => {
                instance.fields.borrow_mut().insert(name.into(), value.clone());
            }
            Value::Class(class) => {
                class.statics.borrow_mut().insert(name.into(), value.clone());
            }
            Value::Object(object) => {
                let entry = Entry { key: name.into(), site, value: Thunk::done(value.clone()) };
                object.entries.borrow_mut().push(entry);
            }
            _ => {}
        }
    }

    /// The object that `exports.x = …` adds to.
    fn common_object(&mut self, site: Site<'p>) -> Value<'p> {
        let Some(loaded) = self.loaded(site.file) else { return Value::Nothing };
        let found = loaded.common.borrow().clone();
        found.unwrap_or_else(|| {
            let value = Object::value(site, Vec::new());
            *loaded.common.borrow_mut() = Some(value.clone());
            value
        })
    }
}
