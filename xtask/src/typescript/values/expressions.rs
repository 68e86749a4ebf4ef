//! Expressions → values.

use std::rc::Rc;

use super::{ArrayValue, Entry, EntryPlace, ObjectValue, Value};
use crate::typescript::modules::Symbol;
use crate::typescript::resolve::{Binding, Lazy, Resolver, Scope};
use crate::typescript::syntax::{
    Argument, Binary, Expr, ExprKind, ObjectMember, Statement, StatementKind, Text, TypeKind, TypeNode, Variable,
};

impl<'p> Resolver<'p> {
    /// The value of `expression` in `scope`.
    pub fn value(&self, scope: &Scope<'p>, expression: &'p Expr) -> Value<'p> {
        self.deeper(|| self.evaluate(scope, expression)).unwrap_or_else(Value::unknown)
    }

    fn evaluate(&self, scope: &Scope<'p>, expression: &'p Expr) -> Value<'p> {
        match &expression.kind {
            ExprKind::String(text) => Value::String(text.as_str().into()),
            ExprKind::Number(value) => Value::Number(*value),
            ExprKind::Bigint(digits) => Value::Bigint(digits.as_str().into()),
            ExprKind::Boolean(value) => Value::Boolean(*value),
            ExprKind::Null => Value::Null,
            ExprKind::Regex(source, flags) => Value::Regex(source.as_str().into(), flags.as_str().into()),
            ExprKind::Template(texts, parts) => self.template_value(scope, texts, parts),
            ExprKind::Name(name) => self.name(scope, name),
            ExprKind::This => Value::unknown("`this` is not evaluated"),
            ExprKind::Array(items) => Value::Array(Rc::new(self.items(scope, items))),
            ExprKind::Object(members) => self.object(scope, members),
            ExprKind::Member(object, name, _) => {
                let object = self.value(scope, object);
                self.member(&object, name)
            }
            ExprKind::Index(object, index) => {
                let (object, index) = (self.value(scope, object), self.value(scope, index));
                self.at(&object, &index)
            }
            ExprKind::Call(callee, types, arguments) => {
                let callee = self.value(scope, callee);
                let types: Vec<_> = types.iter().map(|node| Lazy::node(scope, node)).collect();
                self.call_typed(&callee, &types, &self.arguments(scope, arguments))
            }
            ExprKind::New(class, types, arguments) => {
                let class = self.value(scope, class);
                let types: Vec<_> = types.iter().map(|node| Lazy::node(scope, node)).collect();
                self.construct(&class, &types, &self.arguments(scope, arguments))
            }
            ExprKind::Tagged(..) => Value::unknown("a tagged template is not evaluated"),
            ExprKind::Function(function) => Value::Function(scope.clone(), function),
            ExprKind::Class(class) => Value::Class(scope.clone(), class),
            ExprKind::As(value, annotation) => self.cast(scope, value, annotation),
            ExprKind::AsConst(value) => self.literal(constant(self.value(scope, value))),
            ExprKind::Satisfies(value, _) => self.value(scope, value),
            ExprKind::Conditional(test, then, otherwise) => match self.value(scope, test).uncast() {
                Value::Boolean(true) => self.value(scope, then),
                Value::Boolean(false) => self.value(scope, otherwise),
                _ => Value::unknown("it depends on a condition"),
            },
            ExprKind::Binary(operator, left, right) => self.binary(scope, *operator, left, right),
            ExprKind::Negative(value) => match self.value(scope, value) {
                Value::Number(value) => Value::Number(-value),
                Value::Bigint(digits) => Value::Bigint(format!("-{digits}").into()),
                _ => Value::unknown("its value is known only when it runs"),
            },
            ExprKind::Not(_) => Value::Typed(Lazy::known(crate::typescript::resolve::Type::Boolean)),
            ExprKind::Await(value) => self.value(scope, value),
            ExprKind::Assignment(_, value) => self.value(scope, value),
            ExprKind::Other(reason) => Value::unknown(*reason),
        }
    }

    /// `'a' as const` stays `'a'` where it can be assigned again.
    fn literal(&self, value: Value<'p>) -> Value<'p> {
        match value {
            Value::String(_) | Value::Number(_) | Value::Boolean(_) => {
                let of = Lazy::known(self.type_of(&value, false));
                Value::Cast(Rc::new(value), of)
            }
            other => other,
        }
    }

    fn template_value(&self, scope: &Scope<'p>, texts: &[Text], parts: &'p [Expr]) -> Value<'p> {
        let mut made = texts.first().cloned().unwrap_or_default();
        for (part, text) in parts.iter().zip(texts.iter().skip(1)) {
            match self.value(scope, part).uncast() {
                Value::String(value) => made.push_str(value),
                Value::Number(value) => made.push_str(&value.to_string()),
                _ => return Value::Text,
            }
            made.push_str(text);
        }
        Value::String(made.into())
    }

    /// The value of a name.
    pub fn name(&self, scope: &Scope<'p>, name: &'p str) -> Value<'p> {
        match scope.lookup(name) {
            Some(Binding::Value(value)) => return value,
            Some(Binding::Statements(inner, statements)) => return self.declared_value(&inner, &statements, name),
            Some(Binding::Type(..)) | None => {}
        }
        match self.lookup(scope.module, name) {
            Some(symbol) => self.symbol_value(symbol, name),
            None if name == "undefined" => Value::Undefined,
            None => Value::External("".into(), Rc::new([Rc::from(name)])),
        }
    }

    /// The value behind a name of a file.
    pub(in crate::typescript) fn symbol_value(&self, symbol: Symbol<'p>, name: &str) -> Value<'p> {
        match symbol {
            Symbol::Declared(module, name) => {
                let statements: Vec<_> = module.declarations(name).collect();
                self.declared_value(&Scope::module(module), &statements, name)
            }
            Symbol::Namespace(module) => Value::Module(module),
            Symbol::External(package, imported) => {
                Value::External(package.into(), imported.map(Rc::from).into_iter().collect())
            }
            Symbol::Missing(specifier) => Value::unknown(format!("`{name}` is not found in `{specifier}`")),
        }
    }

    /// The value that `statements`, all of one name, declare.
    pub(in crate::typescript) fn declared_value(
        &self,
        scope: &Scope<'p>,
        statements: &[&'p Statement],
        name: &str,
    ) -> Value<'p> {
        let value = statements.iter().find_map(|statement| match &statement.kind {
            StatementKind::Variable(variable) => Some(self.variable(scope, variable)),
            StatementKind::Function(_, function) => Some(Value::Function(scope.clone(), function)),
            StatementKind::Class(class) => Some(Value::Class(scope.clone(), class)),
            StatementKind::Enum(declaration) => Some(Value::Enum(scope.clone(), declaration)),
            StatementKind::Namespace(namespace) => Some(Value::Namespace(scope.clone(), namespace)),
            StatementKind::Default(value) => Some(self.value(scope, value)),
            _ => None,
        });
        value.unwrap_or_else(|| Value::unknown(format!("`{name}` is a type, not a value")))
    }

    fn variable(&self, scope: &Scope<'p>, variable: &'p Variable) -> Value<'p> {
        if scope.is_static() {
            return self.constant_once(variable, || self.initial(scope, variable));
        }
        self.initial(scope, variable)
    }

    fn initial(&self, scope: &Scope<'p>, variable: &'p Variable) -> Value<'p> {
        let annotation = variable.annotation.as_ref().map(|node| Lazy::node(scope, node));
        let value = variable.value.as_ref().map(|value| self.value(scope, value));
        match (value, annotation) {
            (Some(value), None) => value,
            (Some(value), Some(annotation)) => Value::Cast(Rc::new(value), annotation),
            (None, Some(annotation)) => Value::Typed(annotation),
            (None, None) => Value::unknown("its value is assigned elsewhere"),
        }
    }

    fn items(&self, scope: &Scope<'p>, items: &'p [Argument]) -> ArrayValue<'p> {
        let mut array = ArrayValue { items: Vec::with_capacity(items.len()), ..ArrayValue::default() };
        for item in items {
            let value = self.value(scope, &item.value);
            match value.uncast() {
                Value::Array(inner) if item.spread => {
                    array.items.extend(inner.items.iter().cloned());
                    array.open = array.open.take().or_else(|| inner.open.clone());
                }
                _ if item.spread => array.open = Some(super::super::resolve::reason("a spread of it is not evaluated")),
                _ => array.items.push(value),
            }
        }
        array
    }

    /// The arguments of a call; those behind a spread that is not known are left out.
    fn arguments(&self, scope: &Scope<'p>, arguments: &'p [Argument]) -> Vec<Value<'p>> {
        self.items(scope, arguments).items
    }

    fn object(&self, scope: &Scope<'p>, members: &'p [ObjectMember]) -> Value<'p> {
        let mut object = ObjectValue { entries: Vec::with_capacity(members.len()), ..ObjectValue::default() };
        for member in members {
            match member {
                ObjectMember::Spread(value) => self.spread(&self.value(scope, value), &mut object),
                ObjectMember::Property { span, key, value } => match self.key(scope, key) {
                    Ok(None) => {}
                    Ok(Some(name)) => {
                        let place = EntryPlace { module: scope.module, span: *span, key: key.span, value };
                        object.put(Entry { name, value: self.value(scope, value), place: Some(place) });
                    }
                    Err(why) => object.open = Some(super::super::resolve::reason(why)),
                },
            }
        }
        Value::Object(Rc::new(object))
    }

    fn spread(&self, value: &Value<'p>, object: &mut ObjectValue<'p>) {
        match value.uncast() {
            Value::Object(inner) => {
                inner.entries.iter().for_each(|entry| object.put(entry.clone()));
                object.open = object.open.take().or_else(|| inner.open.clone());
            }
            Value::Table(table) => {
                let columns = crate::typescript::drizzle::column_object(table);
                columns.entries.into_iter().for_each(|entry| object.put(entry));
            }
            Value::Null | Value::Undefined | Value::Boolean(_) => {}
            Value::Unknown(why) => object.open = Some(Rc::clone(why)),
            _ => object.open = Some(super::super::resolve::reason("a spread of it is not evaluated")),
        }
    }

    /// `a as T`; a cast to `any` or `unknown` is only a step to another.
    fn cast(&self, scope: &Scope<'p>, value: &'p Expr, annotation: &'p TypeNode) -> Value<'p> {
        let value = self.value(scope, value);
        match &annotation.kind {
            TypeKind::Keyword(_) if matches!(value, Value::Zod(_) | Value::Object(_) | Value::Table(_)) => value,
            _ => Value::Cast(Rc::new(value), Lazy::node(scope, annotation)),
        }
    }

    fn binary(&self, scope: &Scope<'p>, operator: Binary, left: &'p Expr, right: &'p Expr) -> Value<'p> {
        let (left, right) = (self.value(scope, left), self.value(scope, right));
        match (operator, left.uncast(), right.uncast()) {
            (Binary::Add, Value::String(left), Value::String(right)) => Value::String(format!("{left}{right}").into()),
            (Binary::Add, Value::String(left), Value::Number(right)) => Value::String(format!("{left}{right}").into()),
            (Binary::Add, Value::Number(left), Value::String(right)) => Value::String(format!("{left}{right}").into()),
            (Binary::Add, Value::String(_) | Value::Text, _) | (Binary::Add, _, Value::String(_) | Value::Text) => {
                Value::Text
            }
            (operator, Value::Number(left), Value::Number(right)) => match operator {
                Binary::Add => Value::Number(left + right),
                Binary::Subtract => Value::Number(left - right),
                Binary::Multiply => Value::Number(left * right),
                Binary::Divide => Value::Number(left / right),
                Binary::Power => Value::Number(left.powf(*right)),
                Binary::Or | Binary::And | Binary::Other => Value::unknown("its operator is not evaluated"),
            },
            (Binary::Or, Value::Null | Value::Undefined, _) => right,
            (Binary::Or, Value::String(text), _) if !text.is_empty() => left,
            (Binary::Or, Value::Object(_) | Value::Array(_) | Value::Zod(_), _) => left,
            _ => Value::unknown("its operator is not evaluated"),
        }
    }
}

/// `value as const`.
pub(super) fn constant<'p>(value: Value<'p>) -> Value<'p> {
    match value {
        Value::Array(array) => {
            let items = array.items.iter().cloned().map(constant).collect();
            Value::Array(Rc::new(ArrayValue { items, constant: true, open: array.open.clone() }))
        }
        Value::Object(object) => {
            let entry = |entry: &Entry<'p>| Entry { value: constant(entry.value.clone()), ..entry.clone() };
            let entries = object.entries.iter().map(entry).collect();
            Value::Object(Rc::new(ObjectValue { entries, constant: true, open: object.open.clone() }))
        }
        other => other,
    }
}
