//! `f(a)` and `new F(a)`: functions of the monorepo are evaluated, those of well-known packages are
//! known.

use std::collections::HashMap;
use std::rc::Rc;

use smallvec::SmallVec;

use super::control_flow::{Returned, guards, returns};
use super::running::is_unbound;
use super::{Arguments, Value, mapped};
use crate::typescript::resolve::{Lazy, Resolver, Scope, Type};
use crate::typescript::syntax::{Expr, ExprKind, Function};
use crate::typescript::vocabulary::{self, Library};
use crate::typescript::{drizzle, zod};

impl<'p> Resolver<'p> {
    /// `callee<types>(arguments)` as it is written.
    pub(super) fn call_written(
        &self,
        scope: &Scope<'p>,
        callee: &'p Expr,
        types: &[Lazy<'p>],
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        if let Some(running) = self.run_state()
            && let Some(returned) = self.run_written(running, scope, callee, arguments)
        {
            return returned;
        }
        match &callee.kind {
            ExprKind::Name(name)
                if matches!(name.as_str(), "require" | "import") && is_unbound(scope, name) =>
            {
                self.loaded(scope.module, &arguments.at(0))
            }
            ExprKind::Member(object, name, _) => {
                let object = self.value(scope, object);
                self.call_member(scope, (callee, object, name), types, arguments)
            }
            _ => self.call_typed(&self.value(scope, callee), types, arguments),
        }
    }

    /// `object.name<types>(arguments)`. In a chain of methods each makes a value that nobody else
    /// has, and that the next may change.
    fn call_member(
        &self,
        scope: &Scope<'p>,
        (callee, object, name): (&'p Expr, Value<'p>, &str),
        types: &[Lazy<'p>],
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        match object {
            Value::Column(column) => drizzle::column_method(column, name, types, arguments),
            Value::Zod(schema) => match zod::member(self, &schema, name) {
                Some(member) => {
                    self.call_typed(&self.guarded(scope, callee, member), types, arguments)
                }
                None => zod::method(self, schema, name, types, arguments),
            },
            Value::External(package, path) if !package.is_empty() => {
                let path: SmallVec<[&str; 4]> =
                    path.iter().map(|name| &**name).chain([name]).collect();
                self.call_external(&package, &path, types, arguments)
            }
            object => {
                let method = self
                    .run_state()
                    .and_then(|running| self.run_method(running, &object, name, arguments));
                method.unwrap_or_else(|| {
                    let callee = self.guarded(scope, callee, self.member(&object, name));
                    self.call_typed(&callee, types, arguments)
                })
            }
        }
    }

    /// `callee<types>(arguments)`
    pub fn call_typed(
        &self,
        callee: &Value<'p>,
        types: &[Lazy<'p>],
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        match callee {
            Value::Cast(inner, of) => {
                let declared = matches!(**inner, Value::Function(..))
                    && !matches!(of.get(self), Type::Value(_));
                let returned = self.call_typed(inner, types, arguments);
                if declared {
                    returned.untyped("the type of its function is not read")
                } else {
                    returned
                }
            }
            Value::Member(inner, _) => self.call_typed(inner, types, arguments),
            Value::Function(scope, function) => self
                .deeper(|| self.invoke(scope, function, types, arguments))
                .unwrap_or_else(Value::unknown),
            Value::External(package, path) if package.is_empty() => {
                match self.call_global(path, arguments) {
                    Value::Unknown(why) => self.unanswered(callee, arguments, why),
                    known => known,
                }
            }
            Value::External(package, path) => {
                let path: SmallVec<[&str; 4]> = path.iter().map(|name| &**name).collect();
                self.call_external(package, &path, types, arguments)
            }
            Value::Method(object, name) => match self.call_method(object, name, types, arguments) {
                Some(returned) => returned,
                None => self.unanswered(callee, arguments, format!("`.{name}()` is not evaluated")),
            },
            Value::TableMaker(maker) => drizzle::make_table(self, maker, arguments),
            Value::PgEnum(declared) => drizzle::enum_column(declared, arguments),
            Value::Unknown(why) => self.unanswered(callee, arguments, Rc::clone(why)),
            Value::Typed(_) => self.unanswered(
                callee,
                arguments,
                "it is returned by a function that is not known",
            ),
            _ => self.unanswered(callee, arguments, "it is called but is no function"),
        }
    }

    /// `callee(arguments)`
    pub(in crate::typescript) fn call(
        &self,
        callee: &Value<'p>,
        arguments: &[Value<'p>],
    ) -> Value<'p> {
        self.call_typed(callee, &[], &Arguments::Given(arguments))
    }

    fn call_external(
        &self,
        package: &str,
        path: &[&str],
        types: &[Lazy<'p>],
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        if let Some(running) = self.run_state() {
            return self.run_external(running, package, path, arguments);
        }
        if let Some(made) = self.package_function(package, path, arguments) {
            return made;
        }
        match vocabulary::library(package) {
            Some(Library::Zod) => return zod::build(self, package, path, types, arguments),
            Some(Library::Drizzle) => return drizzle::build(self, package, path, types, arguments),
            Some(Library::ZodFormData) => {
                if let Some(schema) = zod::form::build(path, arguments) {
                    return Value::Zod(schema);
                }
            }
            Some(_) | None => {}
        }
        // nestjs-zod: `class CreateUserDto extends createZodDto(schema)`.
        if path.last() == Some(&"createZodDto")
            && let Some(Value::Zod(schema)) = arguments.first().map(Value::uncast)
        {
            let schema = Rc::clone(schema);
            return mapped::made("createZodDto", arguments, move |resolver, _classes| {
                zod::output(resolver, &schema)
            });
        }
        if let Some(class) = mapped::class(package, path, arguments) {
            return class;
        }
        if vocabulary::library(package).is_some_and(Library::decorates) {
            let path = path.iter().map(|name| Rc::from(*name)).collect();
            let callee = Value::External(package.into(), path);
            return Value::Called(Rc::new(arguments.call_of(callee)));
        }
        let path = path.join(".");
        Value::unknown(format!("`{path}` comes from the package `{package}`"))
    }

    /// `object.name<types>(arguments)`; none where nothing is known of such a method.
    fn call_method(
        &self,
        object: &Value<'p>,
        name: &str,
        types: &[Lazy<'p>],
        arguments: &Arguments<'_, 'p>,
    ) -> Option<Value<'p>> {
        Some(match object.uncast() {
            Value::Zod(schema) => zod::method(self, Rc::clone(schema), name, types, arguments),
            Value::Column(column) => {
                drizzle::column_method(Rc::clone(column), name, types, arguments)
            }
            Value::Table(table) => drizzle::table_method(self, table, name, arguments),
            Value::TableMaker(maker) => drizzle::maker_method(self, maker, name, arguments),
            Value::Array(array) => self.array_method(object, array, name, arguments),
            Value::String(_) | Value::Text => self.string_method(object, name, arguments),
            Value::Typed(of) if !self.runs() => self.typed_method(&of.get(self), name),
            _ => return None,
        })
    }

    fn invoke(
        &self,
        scope: &Scope<'p>,
        function: &'p Function,
        types: &[Lazy<'p>],
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        if self.runs() {
            return self.run_function(scope, function, arguments);
        }
        let types = self.type_arguments(scope, function, types, arguments);
        let typed = scope.with_types(&function.type_parameters, &types);
        let mut values = HashMap::new();
        self.bind(
            &typed,
            &function.parameters,
            arguments,
            &mut |name, value| drop(values.insert(name, value)),
        );
        let inside = typed.with_values(values);
        let body = function.body.statements();
        let inside = inside.with_unsure(guards(body)).with_body(body);
        let returned = match returns(body) {
            Returned::Once(value) => self.value(&inside, value),
            Returned::Never => Value::Undefined,
            Returned::Branches => Value::unknown("it depends on the control flow of a function"),
        };
        match (returned, &function.return_type) {
            (Value::Unknown(_), Some(node)) => Value::Typed(Lazy::node(&typed, node)),
            (returned, Some(node)) => returned.promised(function).placed(Lazy::node(&typed, node)),
            (returned, None) if function.generator => {
                returned.untyped("what a generator yields is not read")
            }
            // Of several literals each stays one.
            (returned @ (Value::Either(_) | Value::Fallback(..)), None)
                if self.holds_several(&returned) =>
            {
                returned.promised(function)
            }
            (returned, None) => self.kept(returned, true).promised(function),
        }
    }

    fn holds_several(&self, value: &Value<'p>) -> bool {
        self.type_of(value, false).members().len() > 1
    }

    /// `new class(arguments)`
    pub(super) fn construct(
        &self,
        class: Value<'p>,
        types: Vec<Lazy<'p>>,
        arguments: &Arguments<'_, 'p>,
    ) -> Value<'p> {
        match class {
            Value::Class(scope, class) if self.runs() => self.instantiate(&scope, class, arguments),
            class if self.runs() => self.call_typed(&class, &types, arguments),
            Value::Class(..) | Value::ClassOf(_) => Value::Typed(Lazy::computed(move |resolver| {
                resolver.instance(&class, &types)
            })),
            Value::External(package, path) if package.is_empty() => {
                let name = path.last().map_or("", |name| name);
                let items = (name == "Set")
                    .then(|| arguments.first().cloned())
                    .flatten();
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
