//! What JavaScript itself brings: arrays, strings, `Object<'p>.values`, `path.join`, promises.

use std::rc::Rc;

use super::Evaluator;
use super::value::{Argument, Opaque, TOO_LONG, Value, joined_text};
use crate::typescript::resolve::LONGEST_TEXT;

impl<'p> Evaluator<'p> {
    /// `promise.then(callback)`: what is awaited is what is there.
    pub(super) fn promise_method(
        &mut self,
        receiver: &Value<'p>,
        name: &str,
        arguments: &[Argument<'p>],
    ) -> Option<Value<'p>> {
        match name {
            "then" => {
                let callback = self.argument(arguments, 0);
                Some(self.call(&callback, &[known(receiver.clone())]))
            }
            "catch" | "finally" => Some(receiver.clone()),
            _ => None,
        }
    }

    pub(super) fn array_method(
        &mut self,
        items: &Rc<Vec<Argument<'p>>>,
        name: &str,
        arguments: &[Argument<'p>],
    ) -> Value<'p> {
        match name {
            "forEach" | "map" | "flatMap" => {
                let results = self.each(items, arguments);
                if name == "flatMap" { self.flattened(results) } else { Value::array(results) }
            }
            "flat" => self.flattened(items.to_vec()),
            "filter" | "sort" | "reverse" | "toSorted" | "toReversed" => Value::Array(Rc::clone(items)),
            "concat" => {
                let mut all = items.to_vec();
                for argument in arguments {
                    match self.force(&argument.value) {
                        Value::Array(more) if !self.spend(more.len()) => {
                            return Value::unknown("it is a very long list");
                        }
                        Value::Array(more) => all.extend(more.iter().cloned()),
                        other => all.push(known(other)),
                    }
                }
                Value::array(all)
            }
            "join" => self.joined(items, arguments),
            _ => Value::unknown(format!("it is what `{name}` of an array returns when the program runs")),
        }
    }

    fn each(&mut self, items: &Rc<Vec<Argument<'p>>>, arguments: &[Argument<'p>]) -> Vec<Argument<'p>> {
        let callback = self.argument(arguments, 0);
        let call = |(index, item): (usize, &Argument<'p>)| {
            known(self.call(&callback, &[item.clone(), known(Value::Number(index as f64))]))
        };
        items.iter().enumerate().map(call).collect()
    }

    fn flattened(&mut self, items: Vec<Argument<'p>>) -> Value<'p> {
        let mut all = Vec::new();
        for item in items {
            match self.force(&item.value) {
                // Each list may be there several times.
                Value::Array(inner) if !self.spend(inner.len()) => return Value::unknown("it is a very long list"),
                Value::Array(inner) => all.extend(inner.iter().cloned()),
                _ => all.push(item),
            }
        }
        Value::Array(Rc::new(all))
    }

    fn joined(&mut self, items: &[Argument<'p>], arguments: &[Argument<'p>]) -> Value<'p> {
        let separator = match self.argument(arguments, 0) {
            Value::Text(text) => text,
            Value::Nothing => ",".into(),
            other => return Value::unknown(other.reason()),
        };
        let mut texts = Vec::new();
        for item in items {
            match self.force(&item.value) {
                Value::Text(text) if !item.spread => texts.push(text),
                other => return Value::unknown(other.reason()),
            }
        }
        match texts.iter().map(|text| text.len() + separator.len()).sum::<usize>() {
            0..=LONGEST_TEXT => Value::Text(texts.join(&*separator).into()),
            _too_long => Value::unknown(TOO_LONG),
        }
    }

    pub(super) fn text_method(&mut self, text: &Rc<str>, name: &str, arguments: &[Argument<'p>]) -> Value<'p> {
        match name {
            "toLowerCase" => Value::Text(text.to_lowercase().into()),
            "toUpperCase" => Value::Text(text.to_uppercase().into()),
            "trim" => Value::Text(text.trim().into()),
            "toString" | "valueOf" => Value::Text(Rc::clone(text)),
            "concat" => {
                let mut whole = text.to_string();
                for argument in arguments {
                    match self.force(&argument.value) {
                        Value::Text(more) => whole.push_str(&more),
                        other => return Value::unknown(other.reason()),
                    }
                }
                joined_text(whole)
            }
            "replace" | "replaceAll" => match (self.argument(arguments, 0), self.argument(arguments, 1)) {
                (Value::Text(from), Value::Text(to)) if name == "replace" => joined_text(text.replacen(&*from, &to, 1)),
                (Value::Text(from), Value::Text(to)) => match text.matches(&*from).count().saturating_mul(to.len()) {
                    0..=LONGEST_TEXT => joined_text(text.replace(&*from, &to)),
                    _too_long => Value::unknown(TOO_LONG),
                },
                _ => Value::unknown("it is replaced by a pattern"),
            },
            _ => Value::unknown(format!("it is what `{name}` of a string returns when the program runs")),
        }
    }

    /// Functions of the language and of Node.js that values are built with.
    pub(super) fn global_call(&mut self, callee: &Value<'p>, arguments: &[Argument<'p>]) -> Option<Value<'p>> {
        if let Some((module, name)) = callee.external() {
            let is_path = matches!(&*module, "path" | "node:path" | "path/posix" | "url-join");
            let joins = matches!(name.as_str(), "join" | "posix.join" | "default");
            return (is_path && joins).then(|| self.path_join(arguments));
        }
        let Value::Opaque(opaque) = callee else { return None };
        match &**opaque {
            Opaque::Global(name) => match &**name {
                "String" => Some(self.argument(arguments, 0)),
                _ => None,
            },
            Opaque::Member(Value::Opaque(of), name) => match &**of {
                Opaque::Global(global) => self.static_call(global, name, arguments),
                _ => None,
            },
            Opaque::Member(..) | Opaque::Export(..) | Opaque::Call(..) | Opaque::Unknown(_) => None,
        }
    }

    fn static_call(&mut self, global: &str, name: &str, arguments: &[Argument<'p>]) -> Option<Value<'p>> {
        let first = |this: &mut Self| this.argument(arguments, 0);
        match (global, name) {
            ("Object", "freeze" | "seal") | ("Promise", "all" | "resolve" | "allSettled") => Some(first(self)),
            ("Object", "values") => {
                let object = first(self);
                let values = self.entries(&object).into_iter();
                let values = values.map(|entry| Argument::of(entry.value));
                Some(Value::Array(Rc::new(values.collect())))
            }
            ("Object", "keys") => {
                let object = first(self);
                let keys = self.entries(&object).into_iter().map(|entry| known(Value::Text(entry.key)));
                Some(Value::Array(Rc::new(keys.collect())))
            }
            ("Object", "entries") => {
                let object = first(self);
                let pair = |entry: super::Entry<'p>| {
                    let value = Argument { spread: false, value: entry.value };
                    known(Value::Array(Rc::new(vec![known(Value::Text(entry.key)), value])))
                };
                Some(Value::Array(Rc::new(self.entries(&object).into_iter().map(pair).collect())))
            }
            ("Array", "from") => match first(self) {
                Value::Array(items) => Some(Value::Array(items)),
                _ => None,
            },
            _ => None,
        }
    }

    fn path_join(&mut self, arguments: &[Argument<'p>]) -> Value<'p> {
        let mut parts = Vec::new();
        for argument in arguments {
            match self.force(&argument.value) {
                Value::Text(text) if !argument.spread => parts.push(text),
                other => return Value::unknown(other.reason()),
            }
        }
        Value::Text(parts.join("/").into())
    }
}

fn known(value: Value<'_>) -> Argument<'_> {
    Argument::known(value)
}
