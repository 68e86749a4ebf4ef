//! `{ ...value }`

use std::rc::Rc;

use super::{ObjectEntry, ObjectValue, Value};
use crate::typescript::drizzle;
use crate::typescript::resolve::{Lazy, Property, Resolver, Type, reason, union};
use crate::typescript::syntax::Text;

impl<'p> Resolver<'p> {
    /// Adds what `value` holds to `object`.
    pub(super) fn spread(&self, value: &Value<'p>, object: &mut ObjectValue<'p>) {
        match value {
            Value::Object(inner) => {
                let kept =
                    |entry: &ObjectEntry<'p>| self.kept(entry.value.clone(), !inner.constant);
                let entries = inner.entries.iter().map(|entry| ObjectEntry {
                    value: kept(entry),
                    ..entry.clone()
                });
                open(object, inner.open.as_ref());
                entries.for_each(|entry| object.put(entry));
            }
            Value::Cast(inner, of) => match inner.uncast() {
                Value::Object(inner) => self.spread_declared(inner, of, object),
                Value::Null | Value::Undefined | Value::Unknown(_) | Value::Typed(_) => {
                    self.spread_typed(of, object)
                }
                _ => self.spread(inner, object),
            },
            Value::Typed(of) => self.spread_typed(of, object),
            Value::Table(table) => {
                let columns = drizzle::column_object(table);
                columns
                    .entries
                    .into_iter()
                    .for_each(|entry| object.put(entry));
            }
            Value::Null | Value::Undefined | Value::Boolean(_) => {}
            Value::Unknown(why) => open(object, Some(why)),
            _ => open(object, Some(&reason("a spread of it is not evaluated"))),
        }
    }

    /// What is left of `value` without `keys`: a copy.
    pub(super) fn rest(&self, value: &Value<'p>, keys: &[Text]) -> Value<'p> {
        let mut left = ObjectValue::default();
        self.spread(value, &mut left);
        let is_left = |entry: &ObjectEntry<'p>| keys.iter().all(|key| *key != *entry.name);
        left.entries.retain(is_left);
        if left.entries.is_empty()
            && let Some(why) = &left.open
        {
            return Value::Unknown(Rc::clone(why));
        }
        let made_of = value.as_object().and_then(|object| object.made_of.as_ref());
        if let Some(made_of) = made_of {
            let mut made_of = (**made_of).clone();
            made_of.omitted.extend(keys.iter().map(ToString::to_string));
            left.made_of = Some(Rc::new(made_of));
        }
        Value::Object(Rc::new(left))
    }

    /// An object with a declared type: its values, as that type has them, and what else the type
    /// has.
    fn spread_declared(
        &self,
        inner: &ObjectValue<'p>,
        of: &Lazy<'p>,
        object: &mut ObjectValue<'p>,
    ) {
        open(object, inner.open.as_ref());
        for entry in &inner.entries {
            let value = self.part(
                of,
                Type::StringLiteral(Rc::clone(&entry.name)),
                entry.value.clone(),
            );
            object.put(ObjectEntry {
                value,
                ..entry.clone()
            });
        }
        if let Ok(declared) = self.properties(&of.get(self)) {
            let others = declared
                .properties
                .iter()
                .filter(|property| inner.get(&property.name).is_none());
            others.for_each(|property| self.put_property(property, object));
        }
    }

    /// Some object of a type.
    fn spread_typed(&self, of: &Lazy<'p>, object: &mut ObjectValue<'p>) {
        let of = match of.get(self) {
            Type::Unresolved(why) => return open(object, Some(&why)),
            of => of,
        };
        match (&of, self.properties(&of)) {
            (Type::Object(_), Ok(declared)) if declared.index.is_none() => {
                open(object, declared.incomplete.as_ref());
                declared
                    .properties
                    .iter()
                    .for_each(|property| self.put_property(property, object));
            }
            _ => open(object, Some(&reason("a spread of it is not evaluated"))),
        }
    }

    /// Puts a property into an object. An optional property may leave the previous value in place,
    /// so that its type is the union of both.
    fn put_property(&self, property: &Property<'p>, object: &mut ObjectValue<'p>) {
        let before = object.get(&property.name).map(|entry| entry.value.clone());
        let (value, optional) = (property.value.clone(), property.optional);
        let of = Lazy::computed(move |resolver| {
            let value = value.get(resolver);
            match (&before, optional) {
                (_, false) => value,
                (None, true) => union([value, Type::Undefined]),
                (Some(before), true) => union([
                    resolver.type_of(before, true),
                    value.without(|member| matches!(member, Type::Undefined)),
                ]),
            }
        });
        object.put(ObjectEntry {
            name: Rc::clone(&property.name),
            value: Value::Typed(of),
            place: None,
        });
    }
}

/// Notes that there may be more in `object`, which may stand in the place of what is there.
fn open<'p>(object: &mut ObjectValue<'p>, why: Option<&Rc<str>>) {
    let Some(why) = why else { return };
    for entry in &mut object.entries {
        entry.value = entry
            .value
            .clone()
            .untyped("what is spread behind it may take its place");
    }
    object.open.get_or_insert_with(|| Rc::clone(why));
}
