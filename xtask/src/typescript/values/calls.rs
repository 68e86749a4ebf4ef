//! `f(a)` and `new F(a)`: functions of the monorepo are evaluated, those of well-known packages are known.

use std::collections::HashMap;
use std::rc::Rc;

use smallvec::SmallVec;

use super::control_flow::{Returned, guards, returns};
use super::{Arguments, ArrayValue, Value, mapped};
use crate::typescript::resolve::{Lazy, Resolver, Scope, Type, union};
use crate::typescript::syntax::{Expr, ExprKind, Function, Parameter};
use crate::typescript::vocabulary::{self, Library};
use crate::typescript::{drizzle, zod};

impl<'p> Resolver<'p> {
    /// `callee<types>(arguments)` as it is written. In a chain of methods each makes a value that nobody else has, and that
    /// the next may change.
    pub(super) fn call_written(
        &self,
        scope: &Scope<'p>,
        callee: &'p Expr,
        types: &[Lazy<'p>],
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        let ExprKind::Member(object, name, _) = &callee.kind else {
            return self.call_typed(&self.value(scope, callee), types, arguments);
        };
        match self.value(scope, object) {
            Value::Column(column) => drizzle::column_method(column, name, types, arguments),
            Value::Zod(schema) => match zod::member(self, &schema, name) {
                Some(member) => self.call_typed(&self.guarded(scope, callee, member), types, arguments),
                None => zod::method(self, schema, name, types, arguments),
            },
            Value::External(package, path) if !package.is_empty() => {
                let path: SmallVec<[&str; 4]> = path.iter().map(|name| &**name).chain([name.as_str()]).collect();
                self.call_external(&package, &path, types, arguments)
            }
            object => {
                let callee = self.guarded(scope, callee, self.member(&object, name));
                self.call_typed(&callee, types, arguments)
            }
        }
    }

    /// `callee<types>(arguments)`
    pub fn call_typed(&self, callee: &Value<'p>, types: &[Lazy<'p>], arguments: &Arguments<'_, 'p>) -> Value<'p> {
        match callee {
            Value::Cast(inner, of) => {
                let declared = matches!(**inner, Value::Function(..)) && !matches!(of.get(self), Type::Value(_));
                let returned = self.call_typed(inner, types, arguments);
                if declared { returned.untyped("the type of its function is not read") } else { returned }
            }
            Value::Member(inner, _) => self.call_typed(inner, types, arguments),
            Value::Function(scope, function) => {
                self.deeper(|| self.invoke(scope, function, types, arguments)).unwrap_or_else(Value::unknown)
            }
            Value::External(package, path) if package.is_empty() => self.call_global(path, arguments),
            Value::External(package, path) => {
                let path: SmallVec<[&str; 4]> = path.iter().map(|name| &**name).collect();
                self.call_external(package, &path, types, arguments)
            }
            Value::Method(object, name) => self.call_method(object, name, types, arguments),
            Value::TableMaker(maker) => drizzle::make_table(self, maker, arguments),
            Value::PgEnum(declared) => drizzle::enum_column(declared, arguments),
            Value::Unknown(_) => callee.clone(),
            Value::Typed(_) => Value::unknown("it is returned by a function that is not known"),
            _ => Value::unknown("it is called but is no function"),
        }
    }

    /// `callee(arguments)`
    pub(in crate::typescript) fn call(&self, callee: &Value<'p>, arguments: &[Value<'p>]) -> Value<'p> {
        self.call_typed(callee, &[], &Arguments::Given(arguments))
    }

    fn call_external(
        &self,
        package: &str,
        path: &[&str],
        types: &[Lazy<'p>],
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        if let Some(made) = self.package_function(package, path, arguments) {
            return made;
        }
        match vocabulary::library(package) {
            Some(Library::Zod) => return zod::build(self, package, path, types, arguments),
            Some(Library::Drizzle) => return drizzle::build(self, package, path, types, arguments),
            Some(Library::Kysely | Library::TypeFest) | None => {}
        }
        // nestjs-zod: `class CreateUserDto extends createZodDto(schema)`.
        if path.last() == Some(&"createZodDto")
            && let Some(Value::Zod(schema)) = arguments.first().map(Value::uncast)
        {
            let schema = Rc::clone(schema);
            return Value::ClassOf(Lazy::computed(move |resolver| zod::output(resolver, &schema)));
        }
        if let Some(class) = mapped::class(package, path, arguments) {
            return class;
        }
        let path = path.join(".");
        Value::unknown(format!("`{path}` comes from the package `{package}`"))
    }

    pub(super) fn call_method(
        &self,
        object: &Value<'p>,
        name: &str,
        types: &[Lazy<'p>],
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        match object.uncast() {
            Value::Zod(schema) => zod::method(self, Rc::clone(schema), name, types, arguments),
            Value::Column(column) => drizzle::column_method(Rc::clone(column), name, types, arguments),
            Value::Table(table) => drizzle::table_method(self, table, name, arguments),
            Value::TableMaker(maker) => drizzle::maker_method(self, maker, name, arguments),
            Value::Array(array) => self.array_method(object, array, name, arguments),
            Value::String(_) | Value::Text => self.string_method(object, name, arguments),
            Value::Typed(of) => self.typed_method(&of.get(self), name),
            _ => Value::unknown(format!("`.{name}()` is not evaluated")),
        }
    }

    fn invoke(
        &self,
        scope: &Scope<'p>,
        function: &'p Function,
        types: &[Lazy<'p>],
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        if self.run_state().is_some() {
            return self.run_function(scope, function, arguments);
        }
        let types = self.type_arguments(scope, function, types, arguments);
        let typed = scope.with_types(&function.type_parameters, &types);
        let mut values = HashMap::new();
        self.bind(&typed, &function.parameters, arguments, &mut |name, value| drop(values.insert(name, value)));
        let inside = typed.with_values(values);
        let body = function.body.statements();
        let inside = inside.with_unsure(guards(body)).with_statements(body);
        let returned = match returns(body) {
            Returned::Once(value) => self.value(&inside, value),
            Returned::Never => Value::Undefined,
            Returned::Branches => Value::unknown("it depends on the control flow of a function"),
        };
        match (returned, &function.return_type) {
            (Value::Unknown(_), Some(node)) => Value::Typed(Lazy::node(&typed, node)),
            (returned, Some(node)) => returned.promised(function).placed(Lazy::node(&typed, node)),
            (returned, None) if function.generator => returned.untyped("what a generator yields is not read"),
            // Of several literals each stays one.
            (returned @ (Value::Either(_) | Value::Fallback(..)), None) if self.holds_several(&returned) => {
                returned.promised(function)
            }
            (returned, None) => self.kept(returned, true).promised(function),
        }
    }

    fn holds_several(&self, value: &Value<'p>) -> bool {
        self.type_of(value, false).members().len() > 1
    }

    /// Hands each name of the parameters to `set`, with what it was given. Defaults are evaluated in `scope`.
    pub(super) fn bind(
        &self,
        scope: &Scope<'p>,
        parameters: &'p [Parameter],
        arguments: &Arguments<'_, 'p>,
        set: &mut dyn FnMut(&'p str, Value<'p>),
    ) {
        for (at, parameter) in parameters.iter().enumerate() {
            let value = self.parameter(scope, parameter, arguments, at);
            for name in &parameter.bindings {
                let part = self.member_or_element(&value, &name.property);
                let part = match &name.default {
                    Some(default) => self.defaulted(part, self.value(scope, default)),
                    None => part,
                };
                set(&name.local, part);
            }
            if let Some(name) = &parameter.name {
                set(name, value);
            }
        }
    }

    /// What the parameter `at` was given.
    fn parameter(
        &self,
        scope: &Scope<'p>,
        parameter: &'p Parameter,
        arguments: &Arguments<'_, 'p>,
        at: usize,
    ) -> Value<'p> {
        if parameter.rest {
            let items = arguments.get(at..).unwrap_or_default().to_vec();
            let list = Value::Array(Rc::new(ArrayValue { items, ..ArrayValue::default() }));
            return typed_as(list, parameter.annotation.as_ref().map(|node| Lazy::node(scope, node)));
        }
        if self.run_state().is_none() {
            return self.argument(scope, parameter, arguments.get(at));
        }
        let given = match arguments {
            // Nobody is seen to call it.
            Arguments::Given([]) => Value::unknown("it is a parameter of a function"),
            _ => arguments.at(at),
        };
        let value = self.argument(scope, parameter, Some(&given)).bare();
        let declared = parameter.annotation.as_ref().filter(|_| value.is_opaque() || value.is_nothing());
        declared.and_then(|declared| self.given(scope, declared, parameter.span)).unwrap_or(value)
    }

    fn argument(&self, scope: &Scope<'p>, parameter: &'p Parameter, given: Option<&Value<'p>>) -> Value<'p> {
        let declared = parameter.annotation.as_ref().map(|node| {
            let of = Lazy::node(scope, node);
            match (&parameter.default, parameter.optional) {
                (None, true) => Lazy::computed(move |resolver| union([of.get(resolver), Type::Undefined])),
                _ => of,
            }
        });
        match (given, &parameter.default, declared) {
            (Some(Value::Undefined) | None, Some(default), None) => self.kept(self.value(scope, default), true),
            (Some(given), Some(default), None) => {
                let (scope, kept) = (scope.clone(), given.clone());
                kept.placed(Lazy::computed(move |resolver| resolver.type_of(&resolver.value(&scope, default), true)))
            }
            (Some(Value::Undefined) | None, Some(default), declared) => typed_as(self.value(scope, default), declared),
            (Some(given), _, declared) => typed_as(given.clone(), declared),
            (None, None, Some(of)) if parameter.optional => Value::Cast(Rc::new(Value::Undefined), of),
            (None, None, Some(of)) => Value::Typed(of),
            (None, None, None) if parameter.optional => Value::Undefined.untyped("it depends on a parameter"),
            (None, None, None) => Value::unknown("it depends on a parameter"),
        }
    }

    /// `value.name`, `value[0]`
    fn member_or_element(&self, value: &Value<'p>, name: &str) -> Value<'p> {
        match name.parse() {
            Ok(at) => self.at(value, &Value::Number(at)),
            Err(_) => self.member(value, name),
        }
    }

    /// `new class(arguments)`
    pub(super) fn construct(&self, class: Value<'p>, types: Vec<Lazy<'p>>, arguments: &Arguments<'_, 'p>) -> Value<'p> {
        match class {
            Value::Class(..) | Value::ClassOf(_) => {
                Value::Typed(Lazy::computed(move |resolver| resolver.instance(&class, &types)))
            }
            Value::External(package, path) if package.is_empty() => {
                let name = path.last().map_or("", |name| name);
                let items = (name == "Set").then(|| arguments.first().cloned()).flatten();
                match items {
                    Some(items) => items.placed(Lazy::known(Type::Opaque)),
                    None => Value::Typed(Lazy::known(self.builtin(name, &types))),
                }
            }
            _ => Value::unknown("an object of a class of a package is not evaluated"),
        }
    }

    fn typed_method(&self, of: &Type<'p>, name: &str) -> Value<'p> {
        let known = |of: Type<'p>| Value::Typed(Lazy::known(of));
        match (of, name) {
            (_, "toString" | "toISOString" | "toFixed" | "toJSON") => Value::Text,
            (Type::String | Type::Template(_) | Type::StringLiteral(_), _) => {
                self.string_method(&Value::Text, name, &[])
            }
            (Type::Date, "getTime" | "valueOf") => known(Type::Number),
            (Type::Any, _) => known(Type::Any),
            _ => Value::unknown(format!("`.{name}()` is not evaluated")),
        }
    }
}

/// A value in a place of the type `of`; without one, as it is.
fn typed_as<'p>(value: Value<'p>, of: Option<Lazy<'p>>) -> Value<'p> {
    match of {
        Some(of) => value.placed(of),
        None => value,
    }
}
