//! Expressions → values.

use std::rc::Rc;
use std::sync::Arc;

use super::arguments::Written;
use super::context::ExpressionContext;
use super::places::text;
use super::{Arguments, ArrayValue, EntryPlace, ObjectEntry, ObjectValue, Site, Value};
use crate::source::Span;
use crate::typescript::modules::Symbol;
use crate::typescript::resolve::{
    Binding, LONGEST_LIST, LONGEST_TEXT, Lazy, Resolver, Scope, Type,
};
use crate::typescript::syntax::{
    Argument, Expr, ExprKind, Function, ObjectMember, Statement, StatementKind, Text, TypeKind,
    TypeNode, Variable,
};
use crate::typescript::vocabulary::{self, Library};
use crate::typescript::zod;

impl<'p> Resolver<'p> {
    /// The value of `expression` in `scope`.
    pub fn value(&self, scope: &Scope<'p>, expression: &'p Expr) -> Value<'p> {
        let value = self
            .deeper(|| self.evaluate(scope, expression))
            .unwrap_or_else(Value::unknown);
        // A program that runs needs no types.
        if self.runs() { value.bare() } else { value }
    }

    fn evaluate(&self, scope: &Scope<'p>, expression: &'p Expr) -> Value<'p> {
        match &expression.kind {
            ExprKind::String(text) => Value::String(text.as_str().into()),
            ExprKind::Number(value) => Value::Number(*value),
            ExprKind::Bigint(digits) => Value::Bigint(digits.as_str().into()),
            ExprKind::Boolean(value) => Value::Boolean(*value),
            ExprKind::Null => Value::Null,
            ExprKind::Regex(parts) => {
                let [source, flags] = &**parts;
                Value::Regex(source.as_str().into(), flags.as_str().into())
            }
            ExprKind::Template(texts, parts) => self.template_value(scope, texts, parts),
            ExprKind::Name(name) => self.guarded(scope, expression, self.name(scope, name)),
            ExprKind::This => match scope.receiver() {
                Some(receiver) => receiver.this.clone(),
                None => Value::unknown("`this` is not evaluated"),
            },
            ExprKind::Array(items) => self.list(scope, items, &ExpressionContext::Free),
            ExprKind::Object(members) => {
                self.object(scope, members, expression.span, &ExpressionContext::Free)
            }
            ExprKind::Member(object, name, _) => {
                let object = self.value(scope, object);
                self.guarded(scope, expression, self.member(&object, name))
            }
            ExprKind::Index(object, index) => {
                let (object, index) = (self.value(scope, object), self.value(scope, index));
                self.guarded(scope, expression, self.at(&object, &index))
            }
            ExprKind::Rest(object, keys) => {
                let object = self.value(scope, object);
                self.guarded(scope, expression, self.rest(&object, keys))
            }
            ExprKind::Call(callee, types, arguments) => {
                let types: Vec<_> = types.iter().map(|node| Lazy::node(scope, node)).collect();
                let written = Written::new(
                    scope,
                    arguments,
                    call_span(callee, arguments, expression.span),
                );
                self.call_written(scope, callee, &types, &Arguments::Written(self, &written))
            }
            ExprKind::New(class, types, arguments) => {
                let class = self.value(scope, class);
                let types: Vec<_> = types.iter().map(|node| Lazy::node(scope, node)).collect();
                let written = Written::new(scope, arguments, expression.span);
                self.construct(class, types, &Arguments::Written(self, &written))
            }
            ExprKind::Tagged(tag, text) => self.tagged(scope, tag, text),
            ExprKind::Function(function) => Value::Function(scope.clone(), function),
            ExprKind::Class(class) => Value::Class(scope.clone(), class),
            ExprKind::As(value, annotation) => self.cast(scope, value, annotation),
            ExprKind::AsConst(value) => self.value_in(scope, value, &ExpressionContext::Constant),
            ExprKind::Satisfies(value, node) => self.value_in(
                scope,
                value,
                &ExpressionContext::Typed(Lazy::node(scope, node)),
            ),
            ExprKind::NonNull(value) => self.there(self.value(scope, value)),
            ExprKind::Conditional(test, then, otherwise) => {
                self.conditional_value(scope, test, then, otherwise)
            }
            ExprKind::Binary(operator, left, right) => self.binary(scope, *operator, left, right),
            ExprKind::Negative(value) => match self.value(scope, value).uncast() {
                Value::Number(value) => Value::Number(-value),
                Value::Bigint(digits) => Value::Bigint(format!("-{digits}").into()),
                _ => Value::unknown("its value is known only when it runs"),
            },
            ExprKind::Not(value) => match self.value(scope, value).uncast() {
                Value::Boolean(value) => Value::Boolean(!value),
                _ => Value::Typed(Lazy::known(crate::typescript::resolve::Type::Boolean)),
            },
            ExprKind::TypeOf(_) => Value::unknown("its operator is not evaluated"),
            ExprKind::Await(value) => self.await_value(self.value(scope, value)),
            ExprKind::Assignment(target, value) => self.assign(scope, target, value),
            ExprKind::Other(reason) => Value::unknown(*reason),
        }
    }

    /// `` sql`null` `` is the null of SQL; other tagged templates are computed.
    fn tagged(&self, scope: &Scope<'p>, tag: &'p Expr, text: &'p Expr) -> Value<'p> {
        let is_null = match &text.kind {
            ExprKind::String(sql) => {
                let value = sql.split("::").next().unwrap_or_default();
                value.trim().eq_ignore_ascii_case("null")
            }
            _computed => false,
        };
        let is_sql = |tag: &Value<'p>| {
            tag.external().is_some_and(|(package, name)| {
                name == "sql" && vocabulary::library(package) == Some(Library::Drizzle)
            })
        };
        if is_null && is_sql(&self.value(scope, tag)) {
            return Value::Null;
        }
        Value::unknown("a tagged template is not evaluated")
    }

    /// `value!`
    fn there(&self, value: Value<'p>) -> Value<'p> {
        let nothing = |member: &Type<'p>| matches!(member, Type::Null | Type::Undefined);
        match value {
            Value::Typed(of) => Value::Typed(Lazy::computed(move |resolver| {
                of.get(resolver).without(nothing)
            })),
            Value::Cast(inner, of) => Value::Cast(
                inner,
                Lazy::computed(move |resolver| of.get(resolver).without(nothing)),
            ),
            other => other,
        }
    }

    /// `await value`
    fn await_value(&self, value: Value<'p>) -> Value<'p> {
        let awaited =
            |of: Lazy<'p>| Lazy::computed(move |resolver| resolver.awaited(&of.get(resolver)));
        match value {
            Value::Promised(inner) => self.await_value((*inner).clone()),
            Value::Cast(inner, of) => {
                Value::Cast(Rc::new(self.await_value((*inner).clone())), awaited(of))
            }
            Value::Typed(of) => Value::Typed(awaited(of)),
            other => other,
        }
    }

    /// A literal to the compiler where each part is the name of one.
    fn template_value(&self, scope: &Scope<'p>, texts: &[Text], parts: &'p [Expr]) -> Value<'p> {
        let mut made = texts.first().cloned().unwrap_or_default();
        let (mut literal, mut known) = (true, true);
        for (part, text) in parts.iter().zip(texts.iter().skip(1)) {
            let value = self.value(scope, part);
            known &= matches!(part.kind, ExprKind::Name(_)) || !value.is_plain();
            literal &= value.is_plain();
            match value.uncast() {
                Value::String(value) => made.push_str(value),
                Value::Number(value) => made.push_str(&value.to_string()),
                other => return self.some_text(other),
            }
            made.push_str(text);
        }
        match (literal, known) {
            (true, true) if made.len() > LONGEST_TEXT => Value::Text,
            (true, true) => Value::String(made.into()),
            (false, true) => text(made.as_str()),
            (_, false) => {
                text(made.as_str()).untyped("whether its parts are constants is not read")
            }
        }
    }

    /// The value of a name.
    pub fn name(&self, scope: &Scope<'p>, name: &'p str) -> Value<'p> {
        match scope.lookup(name) {
            Some(Binding::Value(value)) => return value,
            Some(Binding::Statements(inner, statements)) => {
                return self.declared_value(&inner, &statements, name);
            }
            Some(Binding::Type(..)) | None => {}
        }
        match self.lookup(scope.module, name) {
            Some(Symbol::Missing(specifier)) if self.runs() => {
                self.missing_import(scope.module, name, specifier)
            }
            Some(Symbol::External(package, _))
                if self.runs()
                    && let Some(missing) = self.missing_file(scope.module, package) =>
            {
                missing
            }
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
            Symbol::External(package, imported) => self.external(package, imported),
            Symbol::Missing(specifier) => {
                Value::unknown(format!("`{name}` is not found in `{specifier}`"))
            }
        }
    }

    /// The value that `statements`, all of one name, declare.
    pub(in crate::typescript) fn declared_value(
        &self,
        scope: &Scope<'p>,
        statements: &[&'p Statement],
        name: &str,
    ) -> Value<'p> {
        let value = statements
            .iter()
            .find_map(|statement| match &statement.kind {
                StatementKind::Variable(variable) => Some(self.variable(scope, variable)),
                StatementKind::Function(_, function) => {
                    Some(overloaded(scope, statements, function))
                }
                StatementKind::Class(class) => Some(Value::Class(scope.clone(), class)),
                StatementKind::Enum(declaration) => Some(Value::Enum(scope.clone(), declaration)),
                StatementKind::Namespace(namespace) => {
                    Some(Value::Namespace(scope.clone(), namespace))
                }
                StatementKind::Default(value) => {
                    Some(self.constant_once(*statement, || self.value(scope, value)))
                }
                _ => None,
            });
        value.unwrap_or_else(|| Value::unknown(format!("`{name}` is a type, not a value")))
    }

    fn variable(&self, scope: &Scope<'p>, variable: &'p Variable) -> Value<'p> {
        if scope.is_static() {
            return self.constant_once(variable, || self.variable_value(scope, variable));
        }
        if let Some(constants) = scope.call_constants() {
            return self
                .call_constant_once(constants, variable, || self.variable_value(scope, variable));
        }
        if let Some(locals) = scope.locals() {
            return locals.once(&variable.name.text, || self.variable_value(scope, variable));
        }
        self.variable_value(scope, variable)
    }

    /// `[…]` in `context`.
    pub(super) fn list(
        &self,
        scope: &Scope<'p>,
        items: &'p [Argument],
        context: &ExpressionContext<'p>,
    ) -> Value<'p> {
        let element = context.element();
        let item = |at: usize| self.value_in(scope, &items[at].value, &element);
        Value::Array(Rc::new(self.items(scope, items, context, &item)))
    }

    /// The elements in `[…]` or the arguments of a call, each of which is evaluated by `element`.
    /// Arguments behind an unknown spread are left out.
    pub(super) fn items(
        &self,
        scope: &Scope<'p>,
        items: &'p [Argument],
        context: &ExpressionContext<'p>,
        element: &dyn Fn(usize) -> Value<'p>,
    ) -> ArrayValue<'p> {
        let constant = context.is_constant();
        let written = self.run_state().map(|_| (scope.clone(), items));
        let mut array = ArrayValue {
            items: Vec::with_capacity(items.len()),
            constant,
            open: None,
            written,
        };
        for (at, item) in items.iter().enumerate() {
            if !item.spread {
                array.items.push(element(at));
                continue;
            }
            let spread = self.value(scope, &item.value);
            match spread.uncast() {
                Value::Array(inner) if array.items.len() + inner.items.len() > LONGEST_LIST => {
                    array.open = Some(super::super::resolve::reason("it is a very long list"));
                }
                Value::Array(inner) => {
                    array.items.extend(self.elements(&spread, inner));
                    array.open = array.open.take().or_else(|| inner.open.clone());
                }
                _ => {
                    array.open = Some(super::super::resolve::reason(
                        "a spread of it is not evaluated",
                    ))
                }
            }
        }
        array
    }

    /// `{…}` in `context`.
    pub(super) fn object(
        &self,
        scope: &Scope<'p>,
        members: &'p [ObjectMember],
        span: Span,
        context: &ExpressionContext<'p>,
    ) -> Value<'p> {
        let site = Some(Site {
            file: &scope.module.path,
            span,
        });
        let entries = Vec::with_capacity(members.len());
        let mut object = ObjectValue {
            entries,
            constant: context.is_constant(),
            open: None,
            site,
            made_of: None,
        };
        for member in members {
            match member {
                ObjectMember::Spread(value) => self.spread(&self.value(scope, value), &mut object),
                ObjectMember::Property { span, key, value } => match self.key(scope, key) {
                    Ok(None) => {}
                    Ok(Some(name)) => {
                        let place = EntryPlace {
                            scope: scope.clone(),
                            span: *span,
                            key: key.span,
                            value,
                        };
                        let value = self.value_in(scope, value, &context.property(&name));
                        object.put(ObjectEntry {
                            name,
                            value,
                            place: Some(place),
                        });
                    }
                    Err(why) => object.open = Some(super::super::resolve::reason(why)),
                },
            }
        }
        Value::Object(Rc::new(object))
    }

    /// `a as T`; a cast to `any` or `unknown` is only a step to another.
    fn cast(&self, scope: &Scope<'p>, value: &'p Expr, annotation: &'p TypeNode) -> Value<'p> {
        let value = self.value(scope, value);
        if let Some(schema) = zod::declared(&value, annotation, &Lazy::node(scope, annotation)) {
            return schema;
        }
        match &annotation.kind {
            TypeKind::Keyword(_) if matches!(value, Value::Zod(_) | Value::Table(_)) => value,
            _ => Value::Cast(Rc::new(value), Lazy::node(scope, annotation)),
        }
    }
}

/// From the called member to the first argument: the line that people think of as the call.
fn call_span(callee: &Expr, arguments: &[Argument], span: Span) -> Span {
    let ExprKind::Member(_, _, member) = &callee.kind else {
        return span;
    };
    let end = arguments
        .first()
        .map_or(member.end, |first| match first.value.kind {
            ExprKind::Function(_) | ExprKind::Object(_) | ExprKind::Array(_) => member.end,
            _ => first.value.span.end,
        });
    Span {
        start: member.start,
        end,
    }
}

/// Returns the function that runs among several of one name, which is the last. Its return type is
/// unresolved, since it depends on the overload that is called.
fn overloaded<'p>(
    scope: &Scope<'p>,
    statements: &[&'p Statement],
    first: &'p Arc<Function>,
) -> Value<'p> {
    let functions = statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Function(_, function) => Some(function),
            _ => None,
        });
    match functions.skip(1).last() {
        Some(last) => {
            let of = Lazy::known(Type::unresolved("its function is overloaded"));
            Value::Cast(Rc::new(Value::Function(scope.clone(), last)), of)
        }
        None => Value::Function(scope.clone(), first),
    }
}
