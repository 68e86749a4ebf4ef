//! Methods of arrays and strings.

use std::rc::Rc;

use super::places::text;
use super::{ArrayValue, Value};
use crate::typescript::resolve::{LONGEST_LIST, LONGEST_TEXT, Lazy, Resolver, Type};

/// Why a list is not known that grew by joining others, which may double it.
const TOO_LONG: &str = "it is a very long list";

impl<'p> Resolver<'p> {
    /// The elements of `array`, each as it is read from `list`, which is that array with the type
    /// that it has there.
    pub(in crate::typescript) fn elements(
        &self,
        list: &Value<'p>,
        array: &ArrayValue<'p>,
    ) -> Vec<Value<'p>> {
        let element = |item: &Value<'p>| match list {
            Value::Cast(_, of) => self.part(of, Type::Number, item.clone()),
            _ => self.kept(item.clone(), !array.constant),
        };
        array.items.iter().map(element).collect()
    }

    pub(super) fn array_method(
        &self,
        list: &Value<'p>,
        array: &Rc<ArrayValue<'p>>,
        name: &str,
        arguments: &[Value<'p>],
    ) -> Value<'p> {
        let runs = self.runs();
        match (name, arguments) {
            ("map", [function, ..]) => listed(self.each(list, array, function), array),
            ("forEach", [function, ..]) if runs => {
                self.each(list, array, function);
                Value::Undefined
            }
            ("flatMap", [function, ..]) if runs => {
                self.flat(self.each(list, array, function), array)
            }
            ("flat", _) if runs => self.flat(self.elements(list, array), array),
            // What is left out or where it goes is not known; each may be there.
            ("filter" | "sort" | "reverse" | "toSorted" | "toReversed", _) if runs => list.clone(),
            ("concat", others) => {
                let mut joined = ArrayValue {
                    items: self.elements(list, array),
                    ..(**array).clone()
                };
                for other in others {
                    match other.uncast() {
                        Value::Array(array)
                            if joined.items.len() + array.items.len() > LONGEST_LIST =>
                        {
                            return Value::unknown(TOO_LONG);
                        }
                        Value::Array(array) => joined.items.extend(self.elements(other, array)),
                        other => joined.items.push(other.clone()),
                    }
                }
                Value::Array(Rc::new(joined))
            }
            ("join", _) => self.joined(array, arguments.first()),
            ("slice", []) => list.clone(),
            _ => Value::unknown(format!("`.{name}()` of an array is not evaluated")),
        }
    }

    /// Calls `function` with each element, and lists the results.
    fn each(
        &self,
        list: &Value<'p>,
        array: &ArrayValue<'p>,
        function: &Value<'p>,
    ) -> Vec<Value<'p>> {
        let elements = self.elements(list, array);
        let call = |(at, item): (usize, Value<'p>)| {
            let index = Value::Cast(Rc::new(Value::Number(at as f64)), Lazy::known(Type::Number));
            self.kept(self.call(function, &[item, index]), false)
        };
        elements.into_iter().enumerate().map(call).collect()
    }

    fn flat(&self, items: Vec<Value<'p>>, array: &ArrayValue<'p>) -> Value<'p> {
        let mut all = Vec::new();
        for item in items {
            match item.uncast() {
                Value::Array(inner) if all.len() + inner.items.len() > LONGEST_LIST => {
                    return Value::unknown(TOO_LONG);
                }
                Value::Array(inner) => all.extend(self.elements(&item, inner)),
                _ => all.push(item),
            }
        }
        listed(all, array)
    }

    fn joined(&self, array: &ArrayValue<'p>, separator: Option<&Value<'p>>) -> Value<'p> {
        let separator = match separator.map(|separator| (separator, separator.as_str())) {
            None => ",",
            Some((_, Some(separator))) => separator,
            Some((other, None)) => return self.some_text(other),
        };
        if let Some(other) = array.items.iter().find(|item| item.as_str().is_none()) {
            return self.some_text(other);
        }
        if array.open.is_some() {
            return Value::Text;
        }
        let texts: Vec<&str> = array.items.iter().filter_map(Value::as_str).collect();
        match texts
            .iter()
            .map(|text| text.len() + separator.len())
            .sum::<usize>()
        {
            0..=LONGEST_TEXT => text(texts.join(separator)),
            _too_long => Value::Text,
        }
    }

    /// Some string, of which `part` is not known.
    pub(super) fn some_text(&self, part: &Value<'p>) -> Value<'p> {
        match self.run_state() {
            Some(_) if part.is_nothing() => Value::unknown("a part of it is undefined"),
            Some(_) => Value::unknown(part.reason()),
            None => Value::Text,
        }
    }

    pub(super) fn string_method(
        &self,
        value: &Value<'p>,
        name: &str,
        arguments: &[Value<'p>],
    ) -> Value<'p> {
        let known = |of| Value::Typed(Lazy::known(of));
        let texts: Vec<Option<&str>> = arguments.iter().map(Value::as_str).collect();
        match (name, value.as_str(), texts.as_slice()) {
            ("toString" | "valueOf", Some(value), _) => text(value),
            ("toLowerCase", Some(value), _) => text(value.to_lowercase()),
            ("toUpperCase", Some(value), _) => text(value.to_uppercase()),
            ("trim", Some(value), _) => text(value.trim()),
            ("concat", Some(value), texts) if texts.iter().all(Option::is_some) => text(
                texts
                    .iter()
                    .flatten()
                    .fold(value.to_owned(), |whole, part| whole + part),
            ),
            ("replace", Some(value), [Some(from), Some(to)]) => text(value.replacen(from, to, 1)),
            ("replaceAll", Some(value), [Some(from), Some(to)])
                if value.matches(from).count().saturating_mul(to.len()) <= LONGEST_TEXT =>
            {
                text(value.replace(from, to))
            }
            (
                "toLowerCase" | "toUpperCase" | "trim" | "trimStart" | "trimEnd" | "replace"
                | "replaceAll" | "slice" | "substring" | "padStart" | "padEnd" | "normalize"
                | "concat" | "repeat" | "charAt",
                ..,
            ) => Value::Text,
            ("split", ..) => known(Type::Array(Lazy::known(Type::String))),
            ("length", ..) => known(Type::Number),
            ("startsWith", Some(value), [Some(start)]) => Value::Boolean(value.starts_with(start)),
            ("endsWith", Some(value), [Some(end)]) => Value::Boolean(value.ends_with(end)),
            ("includes", Some(value), [Some(part)]) => Value::Boolean(value.contains(part)),
            ("includes" | "startsWith" | "endsWith", ..) => known(Type::Boolean),
            _ => Value::unknown(format!("`.{name}()` of a string is not evaluated")),
        }
    }
}

fn listed<'p>(items: Vec<Value<'p>>, of: &ArrayValue<'p>) -> Value<'p> {
    Value::Array(Rc::new(ArrayValue {
        items,
        open: of.open.clone(),
        ..ArrayValue::default()
    }))
}
