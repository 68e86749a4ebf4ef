//! Interfaces, aliases, classes and enums.

use std::rc::Rc;

use super::File;
use crate::facts::{Declaration, Enumeration, Facts, Fields, Origin, UNION_OF_OBJECTS};
use crate::source::{Location, Span};
use crate::typescript::modules::Symbol;
use crate::typescript::origins;
use crate::typescript::resolve::{ObjectType, Scope, Type};
use crate::typescript::syntax::{
    Alias, Expr, ExprKind, Statement, StatementKind, TypeKind, TypeNode,
};
use crate::typescript::values::Value;

impl<'p> File<'_, 'p> {
    /// The type that `statements`, all of one name, declare.
    pub(super) fn declared_type(
        &self,
        scope: &Scope<'p>,
        statements: &[&'p Statement],
        prefix: &str,
        facts: &mut Facts,
    ) {
        let Some((statement, origin)) = statements
            .iter()
            .find_map(|statement| Some((*statement, origin(statement)?)))
        else {
            return self.enumeration(scope, statements, prefix, facts);
        };
        let evaluated = self.resolver.own_declaration(scope, statements);
        if let StatementKind::Alias(alias) = &statement.kind {
            if let Some(values) = string_values(&evaluated) {
                return self.enumerate(statement, prefix, values, facts);
            }
            if !may_be_object(alias, &evaluated) {
                return;
            }
        }
        let declaration = self.declaration(statement, origin, prefix, &evaluated);
        if let StatementKind::Class(class) = &statement.kind
            && self.entity((scope, class), &declaration, facts)
        {
            return;
        }
        if let StatementKind::Class(class) = &statement.kind
            && let Some(judged) = self.judged_class((scope, class), &evaluated, &declaration)
        {
            return facts.schemas.push(judged);
        }
        let generated = self.generated_tables(&declaration, &evaluated);
        self.generated_enums(&declaration, &evaluated, facts);
        self.generated_objects(&declaration, &evaluated, facts);
        facts.types.push(declaration);
        facts.types.extend(generated);
    }

    /// A declaration with the fields of `evaluated`.
    pub(super) fn declaration(
        &self,
        statement: &'p Statement,
        origin: Origin,
        prefix: &str,
        evaluated: &Type<'p>,
    ) -> Declaration {
        let (name, span) = statement.declared().unwrap_or(("default", statement.span));
        let (fields, unresolved) = match self.resolver.properties(evaluated) {
            Ok(object) => (self.fields(&object), incomplete(evaluated, &object)),
            Err(why) => (Fields::default(), Some(why.to_string())),
        };
        Declaration {
            name: format!("{prefix}{name}"),
            location: self.module.location(span),
            origin,
            exported: self.is_exported(statement, name),
            tags: self.tags(statement.span),
            table_link: self
                .table_link(statement)
                .or_else(|| self.commented_link(statement)),
            of_type: None,
            made_of: None,
            keys: None,
            graphql: self.is_graphql(statement),
            null_unchecked: !self.resolver.program.checks_null(self.module),
            implements: implemented(statement),
            fields,
            unresolved,
        }
    }

    /// `@ObjectType() class User`, unless an ORM makes a table of it too.
    fn is_graphql(&self, statement: &Statement) -> bool {
        const FRAMEWORKS: [&str; 2] = ["@nestjs/graphql", "type-graphql"];
        let StatementKind::Class(class) = &statement.kind else {
            return false;
        };
        let package = |decorator: &Expr| {
            let mut callee = decorator;
            while let ExprKind::Call(inner, ..) | ExprKind::Member(inner, ..) = &callee.kind {
                callee = inner;
            }
            match &callee.kind {
                ExprKind::Name(name) => self
                    .module
                    .imports
                    .get(name)
                    .map(|import| import.specifier.clone()),
                _ => None,
            }
        };
        let mut packages = class.decorators.iter().filter_map(package).peekable();
        packages.peek().is_some() && packages.all(|package| FRAMEWORKS.contains(&package.as_str()))
    }

    pub(super) fn is_exported(&self, statement: &Statement, name: &str) -> bool {
        statement.exported || self.module.is_exported(name)
    }

    fn enumeration(
        &self,
        scope: &Scope<'p>,
        statements: &[&'p Statement],
        prefix: &str,
        facts: &mut Facts,
    ) {
        for statement in statements {
            if let StatementKind::Enum(_) = &statement.kind {
                let evaluated = self.resolver.declaration(scope, &[*statement], &[]);
                if let Some(values) = string_values(&evaluated) {
                    self.enumerate(statement, prefix, values, facts);
                }
            }
        }
    }

    pub(super) fn enumerate(
        &self,
        statement: &'p Statement,
        prefix: &str,
        values: Vec<String>,
        facts: &mut Facts,
    ) {
        let (name, span) = statement.declared().unwrap_or(("default", statement.span));
        let name = format!("{prefix}{name}");
        let location = self.constant_behind(statement);
        let location = location.unwrap_or_else(|| self.module.location(span));
        self.add_enumeration_at(&name, location, values, None, facts);
    }

    /// Where the values of `type Role = (typeof ROLES)[number]` are written: at `ROLES`, in
    /// whatever file that is.
    fn constant_behind(&self, statement: &'p Statement) -> Option<Location> {
        let StatementKind::Alias(alias) = &statement.kind else {
            return None;
        };
        let TypeKind::Indexed(object, _key) = &alias.value.kind else {
            return None;
        };
        let TypeKind::Query(named) = &object.kind else {
            return None;
        };
        let [name] = named.path.as_slice() else {
            return None;
        };
        let Some(Symbol::Declared(module, name)) = self.resolver.lookup(self.module, name) else {
            return None;
        };
        let mut declared = module.declarations(name);
        let (_name, span) = declared.find_map(Statement::declared)?;
        Some(module.location(span))
    }

    /// A constant and a type of one name are one set of values.
    pub(super) fn add_enumeration(
        &self,
        name: &str,
        span: Span,
        values: Vec<String>,
        database_name: Option<String>,
        facts: &mut Facts,
    ) {
        let location = self.module.location(span);
        self.add_enumeration_at(name, location, values, database_name, facts);
    }

    /// As [`Self::add_enumeration`], of values that may be declared in another file.
    pub(super) fn add_enumeration_at(
        &self,
        name: &str,
        location: Location,
        values: Vec<String>,
        database_name: Option<String>,
        facts: &mut Facts,
    ) {
        let known =
            |other: &&Enumeration| other.name == name && other.location.file == location.file;
        if !facts.enums.iter().any(|other| known(&other)) {
            facts.enums.push(Enumeration {
                name: name.to_owned(),
                location,
                values,
                database_name,
                widened: false,
            });
        }
    }
}

/// The names of the types that a class implements.
fn implemented(statement: &Statement) -> Vec<String> {
    let StatementKind::Class(class) = &statement.kind else {
        return Vec::new();
    };
    let name = |node: &TypeNode| match &node.kind {
        TypeKind::Reference(named) => named.path.last().map(ToString::to_string),
        _ => None,
    };
    class.implements.iter().filter_map(name).collect()
}

/// Returns the kind of declaration that declares an object type; `None` for other statements.
fn origin(statement: &Statement) -> Option<Origin> {
    match &statement.kind {
        StatementKind::Interface(_) => Some(origins::INTERFACE),
        StatementKind::Alias(_) => Some(origins::ALIAS),
        StatementKind::Class(_) => Some(origins::CLASS),
        _ => None,
    }
}

/// Whether an alias names an object type: one with properties, or one that cannot be read and may
/// be.
fn may_be_object(alias: &Alias, evaluated: &Type<'_>) -> bool {
    match evaluated {
        Type::Object(object) => {
            !object.properties.is_empty()
                || object.incomplete.is_some()
                || matches!(&alias.value.kind, TypeKind::Object(members) if members.is_empty())
        }
        Type::Union(members) => members
            .iter()
            .all(|member| matches!(member, Type::Object(_) | Type::Unresolved(_))),
        Type::Unresolved(_) => !matches!(alias.value.kind, TypeKind::Function),
        _ => false,
    }
}

fn incomplete(evaluated: &Type<'_>, object: &ObjectType<'_>) -> Option<String> {
    let union = matches!(evaluated, Type::Union(_));
    let union = union.then(|| UNION_OF_OBJECTS.to_owned());
    object.incomplete.as_ref().map(Rc::to_string).or(union)
}

/// The strings of a union of literals, `null` aside.
pub(super) fn string_values(of: &Type<'_>) -> Option<Vec<String>> {
    if let Type::Value(value) = of {
        return value_strings(value);
    }
    let members = of.members().iter().filter(|member| !member.is_nothing());
    let text = |member: &Type<'_>| match member {
        Type::StringLiteral(text) => Some(text.to_string()),
        _ => None,
    };
    members
        .map(text)
        .collect::<Option<Vec<_>>>()
        .filter(|values| !values.is_empty())
}

/// The strings of a list or an object that holds nothing else.
pub(super) fn value_strings(value: &Value<'_>) -> Option<Vec<String>> {
    let texts: Vec<Option<&str>> = match value.uncast() {
        Value::Array(array) if array.open.is_none() => {
            array.items.iter().map(Value::as_str).collect()
        }
        Value::Object(object) if object.open.is_none() => object
            .entries
            .iter()
            .map(|entry| entry.value.as_str())
            .collect(),
        _ => return None,
    };
    let texts: Option<Vec<String>> = texts
        .into_iter()
        .map(|text| text.map(str::to_owned))
        .collect();
    texts.filter(|values| !values.is_empty())
}
