//! Schemas that have no constant of their own: static members of classes, members of objects in
//! objects, and what a function returns that is called like a schema.

use std::rc::Rc;

use super::constants::ConstantName;
use super::{File, tags};
use crate::facts::{Declaration, Facts, Fields, UNREAD_LIBRARY};
use crate::typescript::modules::Symbol;
use crate::typescript::resolve::Scope;
use crate::typescript::syntax::{Expr, ExprKind, MemberKind, Statement, StatementKind};
use crate::typescript::values::{ObjectValue, Value, member_name};
use crate::typescript::{vocabulary, zod};

/// How deep objects of schemas are looked into.
const DEPTH: usize = 6;

impl<'p> File<'_, 'p> {
    /// Adds the schemas that are static members of a class, and the one that a function returns.
    pub(super) fn schemas_of_members(
        &self,
        scope: &Scope<'p>,
        statement: &'p Statement,
        prefix: &str,
        facts: &mut Facts,
    ) {
        match &statement.kind {
            StatementKind::Class(_) => self.statics(scope, statement, prefix, facts),
            StatementKind::Function(name, _) if vocabulary::is_schema_maker(&name.text) => {
                let function = self
                    .resolver
                    .declared_value(scope, &[statement], &name.text);
                let qualified = format!("{prefix}{}", name.text);
                let named = ConstantName {
                    name: &qualified,
                    span: name.span,
                    value: statement.span,
                    exported: self.is_exported(statement, &name.text),
                    tags: self.tags(statement.span),
                    of_type: None,
                    values: None,
                };
                self.returned(&named, &function, facts);
            }
            _ => {}
        }
    }

    /// Adds the schema that a function returns, whatever it is called with.
    pub(super) fn returned(
        &self,
        named: &ConstantName<'_>,
        function: &Value<'p>,
        facts: &mut Facts,
    ) {
        let returned = self.resolver.call(function, &[]);
        if let Value::Zod(schema) = returned.uncast()
            && matches!(schema.innermost().kind, zod::SchemaKind::Object(_))
        {
            self.schema(named, schema, facts);
        }
    }

    fn statics(
        &self,
        scope: &Scope<'p>,
        statement: &'p Statement,
        prefix: &str,
        facts: &mut Facts,
    ) {
        let (StatementKind::Class(class), Some(name)) = (&statement.kind, statement.name()) else {
            return;
        };
        for member in class.members.iter().filter(|member| member.is_static) {
            let (MemberKind::Field(Some(value)), Some(key)) = (&member.kind, member_name(member))
            else {
                continue;
            };
            if !matches!(value.kind, ExprKind::Call(..)) {
                continue;
            }
            let evaluated = self.resolver.value(scope, value);
            let Value::Zod(schema) = evaluated.uncast() else {
                continue;
            };
            let qualified = format!("{prefix}{name}.{key}");
            let named = ConstantName {
                name: &qualified,
                span: member.property.key.span,
                value: value.span,
                exported: self.is_exported(statement, name),
                tags: tags::read(self.module, member.property.key.span),
                of_type: self.satisfied(value),
                values: self.declared_values(value),
            };
            self.schema(&named, schema, facts);
        }
    }

    /// Adds the schemas of an object that stands in an object.
    pub(super) fn nested_schemas(
        &self,
        named: &ConstantName<'_>,
        object: &Rc<ObjectValue<'p>>,
        depth: usize,
        facts: &mut Facts,
    ) {
        // An object with a method and a path is a contract, and its schemas are judged as that.
        let is_contract = object.get("method").is_some() && object.get("path").is_some();
        if depth > DEPTH || is_contract || !self.validates {
            return;
        }
        for entry in &object.entries {
            let is_here = entry
                .place
                .as_ref()
                .filter(|place| std::ptr::eq(place.scope.module, self.module));
            let Some(place) = is_here.filter(|place| !is_name(place.value)) else {
                continue;
            };
            let name = format!("{}.{}", named.name, entry.name);
            let inner = ConstantName {
                name: &name,
                span: place.key,
                value: place.value.span,
                exported: named.exported,
                tags: tags::read(self.module, place.span),
                of_type: self.satisfied(place.value),
                values: self.declared_values(place.value),
            };
            match entry.value.uncast() {
                Value::Zod(schema) if depth > 0 => self.schema(&inner, schema, facts),
                Value::Object(object) => self.nested_schemas(&inner, object, depth + 1, facts),
                _ => {}
            }
        }
    }

    /// Names what looks like a schema and is not read: a call that an unknown package answers,
    /// where schemas are looked for.
    pub(super) fn unread_schema(
        &self,
        named: &ConstantName<'_>,
        written: Option<&Expr>,
        reason: String,
        facts: &mut Facts,
    ) {
        let Some(call) = written.filter(|written| matches!(written.kind, ExprKind::Call(..)))
        else {
            return;
        };
        let unread = self.unread_library(call);
        let looks_like_one = vocabulary::is_schema_maker(named.name) || unread.is_some();
        if !self.validates || !looks_like_one {
            return;
        }
        let reason = match unread {
            Some(package) => format!("{UNREAD_LIBRARY}, `{package}`"),
            None => reason,
        };
        facts.schemas.push(Declaration {
            name: named.name.to_owned(),
            location: self.module.location(named.span),
            origin: zod::ORIGIN,
            exported: named.exported,
            tags: named.tags.clone(),
            table_link: None,
            of_type: named.of_type.clone(),
            made_of: None,
            keys: None,
            graphql: false,
            null_unchecked: false,
            implements: Vec::new(),
            fields: Fields::default(),
            unresolved: Some(reason),
        });
    }

    /// The package at the beginning of a chain of calls, where it makes schemas that are not read.
    fn unread_library(&self, call: &Expr) -> Option<&'p str> {
        let mut root = call;
        loop {
            root = match &root.kind {
                ExprKind::Call(callee, ..) => callee,
                ExprKind::Member(object, ..) => object,
                ExprKind::Name(name) => {
                    return match self.resolver.program.lookup(self.module, name)? {
                        Symbol::External(package, _) if vocabulary::is_other_validator(package) => {
                            Some(package)
                        }
                        _ => None,
                    };
                }
                _ => return None,
            };
        }
    }
}

fn is_name(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Name(_))
}
