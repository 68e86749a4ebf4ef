//! Constants that hold schemas, tables or sets of values.

use std::rc::Rc;

use super::File;
use super::fields::object_shape;
use super::types::value_strings;
use crate::facts::{Declaration, Enumeration, Facts, Fields, Tags, UNION_OF_OBJECTS};
use crate::source::{Location, Span};
use crate::typescript::drizzle::{self, DrizzleTable};
use crate::typescript::resolve::{Scope, Type};
use crate::typescript::syntax::{Expr, ExprKind, ObjectMember, Statement, Variable};
use crate::typescript::values::{ObjectEntry, ObjectValue, Value};
use crate::typescript::vocabulary;
use crate::typescript::zod::{self, Schema, SchemaKind};

/// The name of a constant, with its place, export, tags and annotated type.
pub(super) struct ConstantName<'n> {
    pub name: &'n str,
    pub span: Span,
    /// Where its value stands.
    pub value: Span,
    pub exported: bool,
    pub tags: Tags,
    pub of_type: Option<Location>,
    /// Where the values are declared that its schema takes.
    pub values: Option<Location>,
}

impl<'p> File<'_, 'p> {
    /// `const name = value`
    pub(super) fn constant(
        &self,
        scope: &Scope<'p>,
        statement: &'p Statement,
        variable: &'p Variable,
        prefix: &str,
        facts: &mut Facts,
    ) {
        let makes_schema = vocabulary::is_schema_maker(&variable.name.text)
            && matches!(
                variable.value.as_ref().map(|value| &value.kind),
                Some(ExprKind::Function(_))
            );
        if variable.value.as_ref().is_some_and(is_plain) && !makes_schema {
            return;
        }
        let name = format!("{prefix}{}", variable.name.text);
        let named = ConstantName {
            name: &name,
            span: variable.name.span,
            value: variable
                .value
                .as_ref()
                .map_or(statement.span, |value| value.span),
            exported: self.is_exported(statement, &variable.name.text),
            tags: self.tags(statement.span),
            of_type: variable
                .annotation
                .as_ref()
                .and_then(|node| self.argument_of(node))
                .or_else(|| self.satisfied(variable.value.as_ref()?)),
            values: variable
                .value
                .as_ref()
                .and_then(|value| self.declared_values(value)),
        };
        let value = self
            .resolver
            .declared_value(scope, &[statement], &variable.name.text);
        if makes_schema {
            return self.returned(&named, &value, facts);
        }
        if let Value::Unknown(_) = value.uncast() {
            let written = variable.value.as_ref();
            return self.unread_schema(&named, written, value.reason(), facts);
        }
        self.value(&named, &value, true, facts);
    }

    /// `export default value`; of a name, the name's own declaration says it all.
    pub(super) fn default_export(
        &self,
        scope: &Scope<'p>,
        statement: &'p Statement,
        value: &'p Expr,
        facts: &mut Facts,
    ) {
        let named = ConstantName {
            name: "default",
            span: statement.span,
            value: value.span,
            exported: true,
            tags: self.tags(statement.span),
            of_type: self.satisfied(value),
            values: self.declared_values(value),
        };
        if !matches!(value.kind, ExprKind::Name(_)) && !is_plain(value) {
            let value = self.resolver.value(scope, value);
            self.value(&named, &value, true, facts);
        }
    }

    fn value(&self, named: &ConstantName<'_>, value: &Value<'p>, top: bool, facts: &mut Facts) {
        match value.uncast() {
            Value::Zod(schema) => self.schema(named, schema, facts),
            Value::Table(table) => facts.tables.push(self.table(named, table)),
            Value::PgEnum(declared) => {
                if let Some((values, database_name)) = drizzle::declared_enum(declared) {
                    self.add_enumeration(named.name, named.span, values, database_name, facts);
                }
            }
            Value::Array(array) if top && array.constant => {
                if let Some(values) = value_strings(value) {
                    self.add_enumeration(named.name, named.span, values, None, facts);
                }
            }
            Value::Object(object) => {
                self.generated_constants(named.name, object, facts);
                if top {
                    self.nested_schemas(named, object, 0, facts);
                }
                self.object(named, object, facts);
            }
            _ => {}
        }
    }

    /// Whether an object has some entries of its own, and others that it takes from elsewhere.
    fn is_widened(&self, named: &ConstantName<'_>, object: &ObjectValue<'p>) -> bool {
        let is_own = |entry: &ObjectEntry<'p>| {
            entry.place.as_ref().is_some_and(|place| {
                let is_inside =
                    named.value.start <= place.span.start && place.span.end <= named.value.end;
                std::ptr::eq(place.scope.module, self.module) && is_inside
            })
        };
        object.entries.iter().any(is_own) && !object.entries.iter().all(is_own)
    }

    /// An object of strings is a set of values; one of schemas holds them under its name.
    fn object(&self, named: &ConstantName<'_>, object: &Rc<ObjectValue<'p>>, facts: &mut Facts) {
        if object.constant
            && let Some(values) = value_strings(&Value::Object(Rc::clone(object)))
        {
            self.add_enumeration(named.name, named.span, values, None, facts);
            if self.is_widened(named, object) {
                let own = |set: &&mut Enumeration| {
                    set.name == named.name && *set.location.file == *self.module.path
                };
                for set in facts.enums.iter_mut().filter(own) {
                    set.widened = true;
                }
            }
            return;
        }
        for entry in &object.entries {
            let is_here = entry
                .place
                .as_ref()
                .filter(|place| std::ptr::eq(place.scope.module, self.module));
            let (Some(place), Value::Zod(_)) = (is_here, entry.value.uncast()) else {
                continue;
            };
            if matches!(place.value.kind, ExprKind::Name(_)) {
                continue;
            }
            let name = format!("{}.{}", named.name, entry.name);
            let tags = super::tags::read(self.module, place.span);
            let of_type = self.satisfied(place.value);
            let inner = ConstantName {
                name: &name,
                span: place.key,
                value: place.value.span,
                exported: named.exported,
                tags,
                of_type,
                values: self.declared_values(place.value),
            };
            self.value(&inner, &entry.value, false, facts);
        }
    }

    /// Adds the declaration of an object schema, or the values of a set of texts.
    pub(super) fn schema(
        &self,
        named: &ConstantName<'_>,
        schema: &Rc<Schema<'p>>,
        facts: &mut Facts,
    ) {
        if let Some(body) = request_body(schema) {
            return self.schema(named, &body, facts);
        }
        if let Some(item) = self.item_in_place(named, schema) {
            return self.schema(named, &item, facts);
        }
        let piped = zod::piped_shape(schema).map(|shape| SchemaKind::Object(Rc::new(shape)));
        let kind = piped.as_ref().unwrap_or(&schema.innermost().kind);
        let made_of = match kind {
            SchemaKind::Object(shape) => shape.made_of.as_deref().cloned(),
            _other => None,
        };
        let (fields, unresolved) = match kind {
            SchemaKind::Object(shape) => (
                self.schema_fields(shape),
                shape.open.as_ref().map(Rc::to_string),
            ),
            SchemaKind::Values(values) => {
                let texts: Option<Vec<_>> = values
                    .iter()
                    .map(|value| value.as_str().map(str::to_owned))
                    .collect();
                if let Some(texts) = texts {
                    let own = || self.module.location(named.span);
                    let location = named.values.clone().unwrap_or_else(own);
                    self.add_enumeration_at(named.name, location, texts, None, facts);
                }
                return;
            }
            SchemaKind::Union(_) | SchemaKind::Intersection(..) | SchemaKind::Lazy(_) => {
                let input = zod::input(self.resolver, schema);
                match self.combined(&input, schema) {
                    Some(found) => found,
                    None => return,
                }
            }
            SchemaKind::Unresolved(why) => (Fields::default(), Some(why.to_string())),
            _ => return,
        };
        facts.schemas.push(Declaration {
            name: named.name.to_owned(),
            location: self.module.location(named.span),
            origin: zod::ORIGIN,
            exported: named.exported,
            tags: named.tags.clone(),
            table_link: None,
            of_type: named.of_type.clone(),
            made_of,
            keys: None,
            graphql: false,
            null_unchecked: false,
            implements: Vec::new(),
            fields,
            unresolved,
        });
    }

    /// The object schema of the items of a list, where it is written out in it: one that has a name
    /// speaks for itself.
    fn item_in_place(
        &self,
        named: &ConstantName<'_>,
        schema: &Rc<Schema<'p>>,
    ) -> Option<Rc<Schema<'p>>> {
        let SchemaKind::Array(item) = &schema.innermost().kind else {
            return None;
        };
        let SchemaKind::Object(shape) = &item.innermost().kind else {
            return None;
        };
        let is_inside = |entry: &ObjectEntry<'p>| {
            entry.place.as_ref().is_some_and(|place| {
                std::ptr::eq(place.scope.module, self.module)
                    && named.value.start <= place.key.start
                    && place.key.end <= named.value.end
            })
        };
        (!shape.entries.is_empty() && shape.entries.iter().all(is_inside)).then(|| Rc::clone(item))
    }

    /// The fields of a union or intersection of objects.
    fn combined(
        &self,
        input: &Type<'p>,
        schema: &Rc<Schema<'p>>,
    ) -> Option<(Fields, Option<String>)> {
        if !input
            .members()
            .iter()
            .all(|member| matches!(member, Type::Object(_)))
        {
            return None;
        }
        let mut alternatives = shapes(self.resolver, schema, 8)?;
        if let [only] = alternatives.as_slice() {
            return Some((
                self.schema_fields(only),
                only.open.as_ref().map(Rc::to_string),
            ));
        }
        let is_joined = matches!(schema.innermost().kind, SchemaKind::Intersection(..));
        let first = alternatives.pop()?;
        let common = ObjectValue {
            entries: first
                .entries
                .iter()
                .filter_map(|entry| of_any(entry, &alternatives))
                .map(|entry| match is_joined && self.is_null_in_some(&entry) {
                    true => unknown(entry),
                    false => entry,
                })
                .collect(),
            ..ObjectValue::default()
        };
        let fields = self.schema_fields(&common);
        let open = alternatives
            .iter()
            .chain([&first])
            .find_map(|one| one.open.as_ref().map(Rc::to_string));
        let others = alternatives
            .iter()
            .chain([&first])
            .any(|one| one.entries.len() != fields.len());
        let why = || UNION_OF_OBJECTS.to_owned();
        Some((fields, open.or_else(|| others.then(why))))
    }

    /// Whether only some options of a field take null. Where variants are joined to an object, they
    /// exclude each other (`{ userId }`, `{ userId?: null, newUser }`), and code tells them apart
    /// before it writes: such a field says nothing of the column.
    fn is_null_in_some(&self, entry: &ObjectEntry<'p>) -> bool {
        let schema = zod::schema_of(&entry.value);
        let SchemaKind::Union(options) = &schema.kind else {
            return false;
        };
        let is_nullable = |option: &Rc<Schema<'p>>| zod::describe(self.resolver, option).nullable;
        let nullable = options.iter().filter(|option| is_nullable(option)).count();
        nullable > 0 && nullable < options.len()
    }

    fn table(&self, named: &ConstantName<'_>, table: &DrizzleTable<'p>) -> Declaration {
        let location = self.module.location(named.span);
        let field = |property: &_| self.field(property);
        let declared = drizzle::declared(self.resolver, table, &location, field);
        Declaration {
            name: named.name.to_owned(),
            location,
            origin: declared.origin,
            exported: named.exported,
            tags: named.tags.clone(),
            table_link: declared.link,
            of_type: None,
            made_of: None,
            keys: declared.keys.map(Box::new),
            graphql: false,
            null_unchecked: false,
            implements: Vec::new(),
            fields: declared.fields,
            unresolved: declared.unresolved,
        }
    }
}

/// The parts of a request of which a schema may be: Express has them side by side.
const REQUEST_PARTS: &[&str] = &["body", "params", "query", "headers", "cookies"];

/// The schema of the body, of a schema of whole requests: `z.object({ body: z.object({ … }), params:
/// … })`. What comes in for a table is its body.
fn request_body<'p>(schema: &Rc<Schema<'p>>) -> Option<Rc<Schema<'p>>> {
    let SchemaKind::Object(shape) = &schema.innermost().kind else {
        return None;
    };
    let is_part = |entry: &ObjectEntry<'p>| REQUEST_PARTS.contains(&&*entry.name);
    if shape.open.is_some() || !shape.entries.iter().all(is_part) {
        return None;
    }
    let body = zod::schema_of(&shape.get("body")?.value);
    matches!(body.innermost().kind, SchemaKind::Object(_)).then_some(body)
}

/// `entry`, with what each of `others` takes in its place; none where one of them lacks it.
fn of_any<'p>(entry: &ObjectEntry<'p>, others: &[ObjectValue<'p>]) -> Option<ObjectEntry<'p>> {
    let own = zod::schema_of(&entry.value);
    let others = others
        .iter()
        .map(|other| Some(zod::schema_of(&other.get(&entry.name)?.value)));
    let options: Rc<[_]> = others.chain([Some(own)]).collect::<Option<_>>()?;
    Some(ObjectEntry {
        value: Value::Zod(Schema::new(SchemaKind::Union(options))),
        ..entry.clone()
    })
}

/// `entry`, with nothing said of its values.
fn unknown(entry: ObjectEntry<'_>) -> ObjectEntry<'_> {
    ObjectEntry {
        value: Value::Zod(Schema::new(SchemaKind::Any)),
        ..entry
    }
}

/// Whether a value holds no schema, table or set of values, as is seen without evaluating it:
/// programs have large tables of data.
fn is_plain(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::As(inner, _) | ExprKind::Satisfies(inner, _) => is_plain(inner),
        ExprKind::Object(members) => members.iter().all(|member| holds(member, &is_deep_literal)),
        ExprKind::AsConst(inner) => match &inner.kind {
            // Supabase's `Constants` are objects in an object.
            ExprKind::Object(members) => {
                let is_other =
                    |value: &Expr| is_no_text(value) && !matches!(value.kind, ExprKind::Object(_));
                members.iter().all(|member| holds(member, &is_literal))
                    && members.iter().any(|member| holds(member, &is_other))
            }
            ExprKind::Array(items) => items
                .iter()
                .any(|item| !item.spread && is_no_text(&item.value)),
            _ => is_literal(inner),
        },
        ExprKind::New(..) | ExprKind::Class(_) | ExprKind::Regex(..) | ExprKind::Other(_) => true,
        _ => is_literal(value),
    }
}

fn holds(member: &ObjectMember, what: &dyn Fn(&Expr) -> bool) -> bool {
    match member {
        ObjectMember::Property { value, .. } => what(value),
        ObjectMember::Spread(_) => false,
    }
}

/// As [`is_literal`]; an object is one whose values all are.
fn is_deep_literal(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Object(members) => members.iter().all(|member| holds(member, &is_deep_literal)),
        _ => is_literal(value),
    }
}

fn is_literal(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::String(_) | ExprKind::Template(..)) || is_no_text(value)
}

/// Whether a value is written out, and none of a set of texts.
fn is_no_text(value: &Expr) -> bool {
    let kind = &value.kind;
    matches!(
        kind,
        ExprKind::Number(_) | ExprKind::Boolean(_) | ExprKind::Null
    ) || matches!(
        kind,
        ExprKind::Function(_) | ExprKind::Array(_) | ExprKind::Object(_)
    )
}

/// More alternatives than this are not told apart.
const MOST_ALTERNATIVES: usize = 64;

/// The objects that a schema takes: one of several for a union, all together for an intersection.
fn shapes<'p>(
    resolver: &crate::typescript::resolve::Resolver<'p>,
    schema: &Schema<'p>,
    left: u32,
) -> Option<Vec<ObjectValue<'p>>> {
    let left = left.checked_sub(1)?;
    if let Some(piped) = zod::piped_shape(schema) {
        return Some(vec![piped]);
    }
    let found = match &schema.innermost().kind {
        SchemaKind::Object(shape) => vec![(**shape).clone()],
        SchemaKind::Union(options) => {
            let each = options
                .iter()
                .map(|option| shapes(resolver, option, left))
                .collect::<Option<Vec<_>>>()?;
            each.concat()
        }
        SchemaKind::Lazy(function) => {
            let forced = resolver.call(function, &[]);
            shapes(resolver, &*object_shape(&forced)?, left)?
        }
        SchemaKind::Intersection(one, other) => {
            let (one, other) = (shapes(resolver, one, left)?, shapes(resolver, other, left)?);
            one.iter()
                .flat_map(|one| other.iter().map(|other| together(one, other)))
                .collect()
        }
        _ => return None,
    };
    (found.len() <= MOST_ALTERNATIVES).then_some(found)
}

fn together<'p>(one: &ObjectValue<'p>, other: &ObjectValue<'p>) -> ObjectValue<'p> {
    let mut merged = one.clone();
    other
        .entries
        .iter()
        .for_each(|entry| merged.put(entry.clone()));
    merged.open = merged.open.take().or_else(|| other.open.clone());
    merged
}
