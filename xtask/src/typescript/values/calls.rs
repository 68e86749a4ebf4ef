//! `f(a)` and `new F(a)`: functions of the monorepo are evaluated, those of well-known packages are known.

use std::collections::HashMap;
use std::rc::Rc;

use super::{ArrayValue, Value, mapped};
use crate::typescript::resolve::{Lazy, Resolver, Scope, Type};
use crate::typescript::syntax::{Function, Parameter, Statement, StatementKind};
use crate::typescript::{drizzle, zod};

impl<'p> Resolver<'p> {
    /// `callee<types>(arguments)`
    pub fn call_typed(&self, callee: &Value<'p>, types: &[Lazy<'p>], arguments: &[Value<'p>]) -> Value<'p> {
        match callee {
            Value::Cast(inner, _) => self.call_typed(inner, types, arguments),
            Value::Function(scope, function) => {
                self.deeper(|| self.invoke(scope, function, types, arguments)).unwrap_or_else(Value::unknown)
            }
            Value::External(package, path) => self.call_external(package, path, types, arguments),
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
        self.call_typed(callee, &[], arguments)
    }

    fn call_external(
        &self,
        package: &Rc<str>,
        path: &Rc<[Rc<str>]>,
        types: &[Lazy<'p>],
        arguments: &[Value<'p>],
    ) -> Value<'p> {
        if package.is_empty() {
            return self.call_global(path, arguments);
        }
        if zod::is_zod(package) {
            return zod::build(self, package, path, types, arguments);
        }
        if drizzle::is_drizzle(package) {
            return drizzle::build(self, package, path, types, arguments);
        }
        // nestjs-zod: `class CreateUserDto extends createZodDto(schema)`.
        if let (Some("createZodDto"), Some(Value::Zod(schema))) =
            (path.last().map(|name| &**name), arguments.first().map(Value::uncast))
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

    fn call_method(&self, object: &Value<'p>, name: &str, types: &[Lazy<'p>], arguments: &[Value<'p>]) -> Value<'p> {
        match object.uncast() {
            Value::Zod(schema) => zod::method(self, schema, name, types, arguments),
            Value::Column(column) => drizzle::column_method(self, column, name, types, arguments),
            Value::Table(table) => drizzle::table_method(self, table, name, arguments),
            Value::TableMaker(maker) => drizzle::maker_method(self, maker, name, arguments),
            Value::Array(array) => self.array_method(array, name, arguments),
            Value::String(_) | Value::Text => string_method(object, name),
            Value::Typed(of) => self.typed_method(&of.get(self), name),
            _ => Value::unknown(format!("`.{name}()` is not evaluated")),
        }
    }

    fn invoke(
        &self,
        scope: &Scope<'p>,
        function: &'p Function,
        types: &[Lazy<'p>],
        arguments: &[Value<'p>],
    ) -> Value<'p> {
        let typed = scope.with_types(&function.type_parameters, types);
        let inside = typed.with_values(self.bind(&typed, &function.parameters, arguments));
        let body = &*function.body;
        let inside = inside.with_statements(body);
        let returned = match returns(body) {
            Returned::Once(value) => self.value(&inside, value),
            Returned::Never => Value::Undefined,
            Returned::Branches => Value::unknown("it depends on the control flow of a function"),
        };
        match (&returned, &function.return_type) {
            (Value::Unknown(_), Some(node)) => Value::Typed(Lazy::node(&typed, node)),
            (Value::Zod(_) | Value::Column(_) | Value::Table(_) | Value::Object(_), _) => returned,
            (_, Some(node)) => Value::Cast(Rc::new(returned), Lazy::node(&typed, node)),
            (_, None) => returned,
        }
    }

    /// The parameters with what they were given.
    fn bind(
        &self,
        scope: &Scope<'p>,
        parameters: &'p [Parameter],
        arguments: &[Value<'p>],
    ) -> HashMap<&'p str, Value<'p>> {
        let mut values = HashMap::new();
        for (at, parameter) in parameters.iter().enumerate() {
            let value = if parameter.rest {
                let items = arguments.get(at..).unwrap_or_default().to_vec();
                Value::Array(Rc::new(ArrayValue { items, ..ArrayValue::default() }))
            } else {
                self.argument(scope, parameter, arguments.get(at))
            };
            for (name, local) in &parameter.bindings {
                values.insert(local.as_str(), self.member(&value, name));
            }
            if let Some(name) = &parameter.name {
                values.insert(name.as_str(), value);
            }
        }
        values
    }

    fn argument(&self, scope: &Scope<'p>, parameter: &'p Parameter, given: Option<&Value<'p>>) -> Value<'p> {
        let typed = || match &parameter.annotation {
            Some(node) => Value::Typed(Lazy::node(scope, node)),
            None => Value::unknown("it depends on a parameter"),
        };
        match (given, &parameter.default) {
            (Some(Value::Undefined) | None, Some(default)) => self.value(scope, default),
            (Some(given), _) => given.clone(),
            (None, None) if parameter.optional => Value::Undefined,
            (None, None) => typed(),
        }
    }

    /// `new class(arguments)`
    pub(super) fn construct(&self, class: &Value<'p>, types: &[Lazy<'p>], arguments: &[Value<'p>]) -> Value<'p> {
        match class {
            Value::Class(..) | Value::ClassOf(_) => Value::Typed(Lazy::known(self.instance(class, types))),
            Value::External(package, path) if package.is_empty() => {
                let name = path.last().map_or("", |name| name);
                if name == "Set"
                    && let Some(items) = arguments.first()
                {
                    return items.clone();
                }
                Value::Typed(Lazy::known(self.builtin(name, types)))
            }
            _ => Value::unknown("an object of a class of a package is not evaluated"),
        }
    }

    fn array_method(&self, array: &Rc<ArrayValue<'p>>, name: &str, arguments: &[Value<'p>]) -> Value<'p> {
        match (name, arguments) {
            ("map", [function, ..]) => {
                let items = array.items.iter().map(|item| self.call(function, std::slice::from_ref(item))).collect();
                Value::Array(Rc::new(ArrayValue { items, constant: false, open: array.open.clone() }))
            }
            ("concat", others) => {
                let mut joined = (**array).clone();
                for other in others {
                    match other.uncast() {
                        Value::Array(other) => joined.items.extend(other.items.iter().cloned()),
                        other => joined.items.push(other.clone()),
                    }
                }
                Value::Array(Rc::new(joined))
            }
            ("join", [separator]) => {
                let texts: Option<Vec<&str>> = array.items.iter().map(Value::as_str).collect();
                match (texts, separator.as_str()) {
                    (Some(texts), Some(separator)) => Value::String(texts.join(separator).into()),
                    _ => Value::Text,
                }
            }
            ("slice", []) => Value::Array(Rc::clone(array)),
            _ => Value::unknown(format!("`.{name}()` of an array is not evaluated")),
        }
    }

    fn typed_method(&self, of: &Type<'p>, name: &str) -> Value<'p> {
        let known = |of: Type<'p>| Value::Typed(Lazy::known(of));
        match (of, name) {
            (_, "toString" | "toISOString" | "toFixed" | "toJSON") => Value::Text,
            (Type::String | Type::StringLiteral(_), _) => string_method(&Value::Text, name),
            (Type::Date, "getTime" | "valueOf") => known(Type::Number),
            _ => Value::unknown(format!("`.{name}()` is not evaluated")),
        }
    }
}

fn string_method<'p>(text: &Value<'p>, name: &str) -> Value<'p> {
    let known = |of| Value::Typed(Lazy::known(of));
    match (name, text.as_str()) {
        ("toString" | "valueOf", Some(text)) => Value::String(text.into()),
        ("toLowerCase", Some(text)) => Value::String(text.to_lowercase().into()),
        ("toUpperCase", Some(text)) => Value::String(text.to_uppercase().into()),
        ("trim", Some(text)) => Value::String(text.trim().into()),
        (
            "toLowerCase" | "toUpperCase" | "trim" | "trimStart" | "trimEnd" | "replace" | "replaceAll" | "slice"
            | "substring" | "padStart" | "padEnd" | "normalize" | "concat" | "repeat" | "charAt",
            _,
        ) => Value::Text,
        ("split", _) => known(Type::Array(Lazy::known(Type::String))),
        ("length", _) => known(Type::Number),
        ("includes" | "startsWith" | "endsWith", _) => known(Type::Boolean),
        _ => Value::unknown(format!("`.{name}()` of a string is not evaluated")),
    }
}

enum Returned<'p> {
    Once(&'p crate::typescript::syntax::Expr),
    Never,
    Branches,
}

/// What a function body returns, where that does not depend on control flow.
fn returns(body: &[Statement]) -> Returned<'_> {
    for statement in body {
        match &statement.kind {
            StatementKind::Return(Some(value)) => return Returned::Once(value),
            StatementKind::Return(None) => return Returned::Never,
            StatementKind::Nested(_) | StatementKind::Switch(..) if may_return(std::slice::from_ref(statement)) => {
                return Returned::Branches;
            }
            _ => {}
        }
    }
    Returned::Never
}

fn may_return(body: &[Statement]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StatementKind::Return(_) => true,
        StatementKind::Nested(inner) => may_return(inner),
        StatementKind::Switch(_, cases) => cases.iter().any(|case| may_return(&case.body)),
        _ => false,
    })
}
