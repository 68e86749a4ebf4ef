//! What an operation takes and returns: the schema of its request's body and of its first good
//! response, as names of declarations and as fields.

use super::declared::declaration;
use super::document::Place;
use super::documents::reference;
use super::objects::{ObjectSchema, Property};
use super::schemas::Schemas;
use crate::facts::{ContractReference, ContractShape, Fields};

/// The responses that count, the best first.
const GOOD: &[&str] = &["200", "201", "202", "203", "2XX", "2xx", "206"];

/// How deep lists, and other schemas without a name, are looked into.
const DEPTH: usize = 6;

/// So many names of one side are listed: the first says what it is, the others where it is used.
const NAMES: usize = 32;

/// A side of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

impl Side {
    /// The noun in messages.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }

    /// Whether a property is only on the other side.
    fn lacks(self, property: &Property) -> bool {
        match self {
            Self::Request => property.is_read_only(),
            Self::Response => property.is_write_only(),
        }
    }
}

/// The statements of one side of an operation.
#[derive(Debug, Default)]
pub(super) struct SideContent {
    /// The schemas that it names, in order.
    pub references: Vec<ContractReference>,
    pub shape: Option<ContractShape>,
    /// Why its fields are not known.
    pub unread: Option<String>,
}

/// Reads one side of `operation`, which reports call `name`.
pub(super) fn read<'d>(
    schemas: &Schemas<'d>,
    operation: Place<'d>,
    side: Side,
    name: &str,
) -> SideContent {
    let mut content = SideContent::default();
    let schema = match schema(schemas, operation, side) {
        Ok(Some(schema)) => schema,
        Ok(None) => return content,
        Err(why) => {
            content.unread = Some(why);
            return content;
        }
    };
    content.add_names(schemas, schema, true, 0);
    match shape(schemas, schema, side, name, true) {
        Ok(shape) => content.shape = shape,
        Err(why) => content.unread = Some(why),
    }
    if content.shape.is_some() && has_other_side(schemas, schema, side) {
        // Only a part of what is named travels this way.
        content
            .references
            .iter_mut()
            .for_each(|reference| reference.whole = false);
    }
    content
}

/// Whether a property of the schema travels only the other way.
fn has_other_side<'d>(schemas: &Schemas<'d>, schema: Place<'d>, side: Side) -> bool {
    let object = schemas.object(schema);
    object.properties.iter().any(|one| side.lacks(one))
}

/// The schema of one side; none where it has no body, or one that is no JSON.
fn schema<'d>(
    schemas: &Schemas<'d>,
    operation: Place<'d>,
    side: Side,
) -> Result<Option<Place<'d>>, String> {
    let body = match side {
        Side::Request => operation.get("requestBody"),
        Side::Response => {
            let responses = operation.get("responses");
            let good = |all: Place<'d>| GOOD.iter().find_map(|status| all.get(status));
            responses.and_then(good)
        }
    };
    let Some(body) = body else { return Ok(None) };
    let content = schemas.documents.follow(body)?.get("content");
    let is_json = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or(kind).trim();
        kind == "application/json" || kind.ends_with("+json") || kind == "*/*"
    };
    let is_form = |kind: &str| {
        kind.starts_with("application/x-www-form-urlencoded")
            || kind.starts_with("multipart/form-data")
    };
    let mut kinds = content.into_iter().flat_map(Place::entries);
    let json = kinds.find(|entry| is_json(entry.key));
    let mut kinds = content.into_iter().flat_map(Place::entries);
    let media = json.or_else(|| kinds.find(|entry| is_form(entry.key)));
    Ok(media.and_then(|media| media.value.get("schema")))
}

impl SideContent {
    /// Adds the names in a schema: its own, where it has one, else those in it.
    fn add_names<'d>(
        &mut self,
        schemas: &Schemas<'d>,
        schema: Place<'d>,
        whole: bool,
        depth: usize,
    ) {
        if depth > DEPTH || self.references.len() >= NAMES {
            return;
        }
        let Some(written) = reference(schema) else {
            return self.add_names_inside(schemas, schema, whole, depth);
        };
        let target = schemas.documents.target(schema, written);
        let target = target.and_then(|target| {
            schemas.documents.follow(target)?;
            Ok(target)
        });
        match target {
            Ok(target) => self.add_target(schemas, (schema, written), target, whole, depth),
            Err(_) => self.add(schema, written, None, whole),
        }
    }

    fn add_target<'d>(
        &mut self,
        schemas: &Schemas<'d>,
        (schema, written): (Place<'d>, &str),
        target: Place<'d>,
        whole: bool,
        depth: usize,
    ) {
        schemas.declare_reference(written, target);
        let end = schemas.documents.follow(target).unwrap_or(target);
        let declared = schemas.declaration_name(end);
        let is_object = !schemas.object(end).properties.is_empty();
        match declared.filter(|_| is_object) {
            Some(declared) => self.add(schema, &declared.name.clone(), Some(declared), whole),
            None => self.add_names(schemas, end, false, depth + 1),
        }
    }

    fn add(
        &mut self,
        at: Place<'_>,
        name: &str,
        declaration: Option<crate::facts::DeclarationName>,
        whole: bool,
    ) {
        let location = at.get("$ref").unwrap_or(at).location();
        let reference = ContractReference {
            name: name.to_owned(),
            location,
            // Packages of the network are not looked for.
            resolved: declaration.is_some() || name.contains("://"),
            declaration,
            whole,
        };
        if !self.references.contains(&reference) {
            self.references.push(reference);
        }
    }

    fn add_names_inside<'d>(
        &mut self,
        schemas: &Schemas<'d>,
        schema: Place<'d>,
        whole: bool,
        depth: usize,
    ) {
        let is_alone = schema.get("properties").is_none();
        for key in ["allOf", "oneOf", "anyOf"] {
            let members: Vec<_> = schema.get(key).into_iter().flat_map(Place::items).collect();
            let whole = whole && is_alone && members.len() == 1;
            for member in members {
                self.add_names(schemas, member, whole, depth + 1);
            }
        }
        let properties = schema
            .get("properties")
            .into_iter()
            .flat_map(Place::entries);
        let held = properties.map(|property| property.value);
        for held in held.chain(schema.get("items")) {
            self.add_names(schemas, held, false, depth + 1);
        }
    }
}

/// The fields of a schema, under the name of the contract.
///
/// # Errors
/// Says why they are not known.
fn shape<'d>(
    schemas: &Schemas<'d>,
    schema: Place<'d>,
    side: Side,
    name: &str,
    may_be_envelope: bool,
) -> Result<Option<ContractShape>, String> {
    let (mut schema, mut list) = (schema, false);
    for _ in 0..DEPTH {
        let place = schemas.documents.follow(schema)?;
        match place.get("items") {
            Some(items) => (schema, list) = (items, true),
            None => break,
        }
    }
    let ObjectSchema {
        properties,
        unresolved,
    } = schemas.object(schema);
    if let Some(why) = unresolved {
        return Err(why);
    }
    let inner = may_be_envelope
        .then(|| envelope(schemas, schema))
        .flatten()
        .and_then(|inner| shape(schemas, inner, side, name, false).ok().flatten());
    let there = properties.into_iter().filter(|one| !side.lacks(one));
    let fields: Fields = there.map(Property::field).collect();
    if fields.is_empty() {
        return Ok(None);
    }
    Ok(Some(ContractShape {
        declaration: Box::new(declaration(name.to_owned(), schema.location(), fields)),
        list,
        inner: inner.map(Box::new),
    }))
}

/// The property under which the thing itself stands, if there is one.
fn envelope<'d>(schemas: &Schemas<'d>, schema: Place<'d>) -> Option<Place<'d>> {
    let mut left = vec![schema];
    for _ in 0..DEPTH {
        let place = schemas.documents.follow(left.pop()?).ok()?;
        let properties = place.get("properties");
        let held = ContractShape::ENVELOPES
            .iter()
            .find_map(|key| properties?.get(key));
        if held.is_some() {
            return held;
        }
        left.extend(place.get("allOf").into_iter().flat_map(Place::items));
    }
    None
}
