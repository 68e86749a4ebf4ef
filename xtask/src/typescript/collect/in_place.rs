//! Types that contracts hold in place of a name: a schema that is written out, an `extend` of
//! another, a type argument. Each is a declaration like any other, except that no file can import
//! it.

use std::cell::RefCell;
use std::rc::Rc;

use super::File;
use super::constants::ConstantName;
use crate::config::OrmNaming;
use crate::facts::{ContractShape, Declaration, Facts, Tags};
use crate::source::Span;
use crate::typescript::origins;
use crate::typescript::resolve::{Resolver, Scope, Type};
use crate::typescript::syntax::{Expr, ExprKind, TypeNode};
use crate::typescript::values::Value;
use crate::typescript::zod::{self, Schema, SchemaKind};

/// How deep arrays are looked into.
const DEPTH: usize = 4;

/// Where something is written without a name of its own, and the name that reports give it.
#[derive(Clone, Copy)]
pub struct Unnamed<'s, 'p> {
    /// The scope of it.
    pub scope: &'s Scope<'p>,
    /// The name of what holds it.
    pub name: &'s str,
    /// Where it stands.
    pub span: Span,
    /// Whether the thing itself may stand under one of its keys.
    pub may_be_envelope: bool,
}

/// Returns the fields of the schema or type that `expression` is. `None` where it is no object.
///
/// # Errors
/// Says why the fields are not known.
pub fn of_expression<'p>(
    resolver: &Resolver<'p>,
    unnamed: Unnamed<'_, 'p>,
    expression: &'p Expr,
) -> Result<Option<ContractShape>, String> {
    resolver.begin();
    // `c.type<User>()`
    if let ExprKind::Call(_, types, arguments) = &expression.kind
        && let ([of], true) = (&**types, arguments.is_empty())
    {
        return of_type(resolver, unnamed, of);
    }
    if says_nothing(expression) {
        return Ok(None);
    }
    match resolver.value(unnamed.scope, expression) {
        Value::Cast(_, of) | Value::Typed(of) => shape_of_type(resolver, unnamed, of.get(resolver)),
        Value::Zod(schema) => shape_of_schema(resolver, unnamed, schema),
        Value::Object(object) => {
            let mut values = object.entries.iter().map(|entry| entry.value.uncast());
            if !values.any(|value| matches!(value, Value::Zod(_))) {
                return Ok(None);
            }
            let schema = Schema::new(SchemaKind::Object(object));
            shape_of_schema(resolver, unnamed, schema)
        }
        value @ (Value::Unknown(_) | Value::External(..) | Value::Method(..)) => {
            Err(value.reason())
        }
        _no_object => Ok(None),
    }
}

/// Whether a contract library's word for no body is written: `c.noBody()`, `ContractNoBody`.
fn says_nothing(expression: &Expr) -> bool {
    match &expression.kind {
        ExprKind::Call(callee, ..) => {
            matches!(&callee.kind, ExprKind::Member(_, name, _) if name == "noBody")
        }
        ExprKind::Name(name) => name == "ContractNoBody",
        _ => false,
    }
}

/// As [`of_expression`], of a type.
///
/// # Errors
/// Says why the fields are not known.
pub fn of_type<'p>(
    resolver: &Resolver<'p>,
    unnamed: Unnamed<'_, 'p>,
    node: &'p TypeNode,
) -> Result<Option<ContractShape>, String> {
    resolver.begin();
    shape_of_type(resolver, unnamed, resolver.node(unnamed.scope, node))
}

fn shape_of_schema<'p>(
    resolver: &Resolver<'p>,
    unnamed: Unnamed<'_, 'p>,
    mut schema: Rc<Schema<'p>>,
) -> Result<Option<ContractShape>, String> {
    let mut list = false;
    for _ in 0..DEPTH {
        let SchemaKind::Array(items) = &schema.innermost().kind else {
            break;
        };
        (list, schema) = (true, Rc::clone(items));
    }
    let named = ConstantName {
        name: unnamed.name,
        span: unnamed.span,
        value: unnamed.span,
        exported: true,
        tags: Tags::default(),
        of_type: None,
        values: None,
    };
    let mut facts = Facts::default();
    file(resolver, unnamed).schema(&named, &schema, &mut facts);
    let inner = match &schema.innermost().kind {
        SchemaKind::Object(fields) => ContractShape::ENVELOPES
            .iter()
            .find_map(|key| fields.get(key)),
        _ => None,
    };
    // What is in an envelope is looked into once: `data.data` is a column of JSON.
    let inner = inner.filter(|_| unnamed.may_be_envelope).map(|entry| {
        let unnamed = Unnamed {
            may_be_envelope: false,
            ..unnamed
        };
        shape_of_schema(resolver, unnamed, zod::schema_of(&entry.value))
    });
    shape(
        facts.schemas.pop(),
        list,
        inner.and_then(Result::ok).flatten(),
    )
}

fn shape_of_type<'p>(
    resolver: &Resolver<'p>,
    unnamed: Unnamed<'_, 'p>,
    mut of: Type<'p>,
) -> Result<Option<ContractShape>, String> {
    let mut list = false;
    for _ in 0..DEPTH {
        of = match &of {
            Type::Array(items) => {
                list = true;
                items.get(resolver)
            }
            Type::Promise(of) => of.get(resolver),
            _ => break,
        };
    }
    if let Type::Value(value) = &of
        && let Value::Zod(schema) = value.uncast()
    {
        return shape_of_schema(resolver, unnamed, Rc::clone(schema));
    }
    if let Some(why) = of.unresolved_reason() {
        return Err(why.to_string());
    }
    if !matches!(of, Type::Object(_)) {
        return Ok(None);
    }
    let object = resolver.properties(&of).map_err(|why| why.to_string())?;
    let file = file(resolver, unnamed);
    let location = file.module.location(unnamed.span);
    let fields = file.fields(&object);
    let declaration = Declaration {
        null_unchecked: !resolver.program.checks_null(file.module),
        unresolved: object.incomplete.as_ref().map(Rc::to_string),
        ..Declaration::of_fields(unnamed.name.to_owned(), location, origins::ALIAS, fields)
    };
    shape(Some(declaration), list, None)
}

fn shape(
    declaration: Option<Declaration>,
    list: bool,
    inner: Option<ContractShape>,
) -> Result<Option<ContractShape>, String> {
    match declaration {
        Some(Declaration {
            unresolved: Some(why),
            ..
        }) => Err(why),
        Some(declaration) if declaration.fields.is_empty() => Ok(None),
        Some(declaration) => Ok(Some(ContractShape {
            declaration: Box::new(declaration),
            list,
            inner: inner.map(Box::new),
        })),
        None => Ok(None),
    }
}

fn file<'e, 'p>(resolver: &'e Resolver<'p>, unnamed: Unnamed<'_, 'p>) -> File<'e, 'p> {
    File {
        resolver,
        module: unnamed.scope.module,
        validates: false,
        naming: OrmNaming::default(),
        links: RefCell::default(),
        fields: RefCell::default(),
    }
}
