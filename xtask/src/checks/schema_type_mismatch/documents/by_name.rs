//! Schemas of documents beside the types and schemas that are called like them, where no operation
//! tells which belongs to which. A name is less than an operation: only kinds and sets are compared.

use std::collections::{HashMap, HashSet};

use super::wire;
use crate::checks::matching::is_shared;
use crate::checks::names::{self, Word};
use crate::checks::schema_type_mismatch::{CHECK, FEW, are_alike, of_pair};
use crate::checks::{Model, wording};
use crate::facts::{Declaration, Field};
use crate::report::Finding;
use crate::source::Location;

/// The findings about schemas of documents that have one namesake in the code.
pub(super) fn run(model: &Model<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (document, code) in pairs(model) {
        let of_fields: Vec<Finding> = document
            .fields
            .iter()
            .filter_map(|field| of_field((document, field), code))
            .collect();
        if of_fields.len() > FEW {
            found.push(of_pair(document, code, &of_fields));
        } else {
            found.extend(of_fields);
        }
    }
    found
}

/// Each schema of a document that describes no table and that no operation compares, with its one
/// namesake.
pub(in crate::checks) fn pairs<'a>(model: &Model<'a>) -> Vec<(&'a Declaration, &'a Declaration)> {
    let facts = model.input.facts;
    let documents = || {
        facts
            .schemas
            .iter()
            .filter(|schema| !schema.origin.enforced)
    };
    if documents().next().is_none() {
        return Vec::new();
    }
    let described: HashSet<*const Declaration> = model
        .descriptions()
        .map(|(_, description)| std::ptr::from_ref(description.declaration))
        .collect();
    let compared: HashSet<&Location> = model
        .operations()
        .parts
        .iter()
        .flat_map(|part| &part.document.fields)
        .map(|field| &field.location)
        .collect();
    let schemas = facts.schemas.iter().filter(|schema| schema.origin.enforced);
    let of_code = [by_name(schemas), by_name(facts.types.iter())];
    let mut of_documents: HashMap<Word, Vec<&'a Declaration>> = HashMap::new();
    for document in documents() {
        let known = of_documents.entry(names::key(&document.name)).or_default();
        known.push(document);
    }
    let is_free = |one: &Declaration| {
        one.unresolved.is_none() && !described.contains(&std::ptr::from_ref(one))
    };
    let mut pairs = Vec::new();
    for document in documents().filter(|document| is_free(document)) {
        let key = names::key(&document.name);
        let is_one = of_documents.get(&key).is_some_and(|all| all.len() == 1);
        let is_compared = document
            .fields
            .iter()
            .any(|field| compared.contains(&field.location));
        if !is_one || is_compared {
            continue;
        }
        let namesakes = of_code.iter().find_map(|named| named.get(&key));
        if let Some([code]) = namesakes.map(Vec::as_slice)
            && is_free(code)
            && are_alike(document, code)
        {
            pairs.push((document, *code));
        }
    }
    pairs
}

/// Declarations by their names, without the word `Schema`.
fn by_name<'a>(
    declarations: impl Iterator<Item = &'a Declaration>,
) -> HashMap<Word, Vec<&'a Declaration>> {
    let mut named: HashMap<Word, Vec<&Declaration>> = HashMap::new();
    for declaration in declarations.filter(|one| is_shared(one)) {
        let key = names::key(&declaration.name);
        let stem = key.strip_suffix("schema").filter(|stem| !stem.is_empty());
        let stem = stem.map_or_else(|| key.clone(), Word::new);
        named.entry(stem).or_default().push(declaration);
    }
    named
}

fn of_field((document, field): (&Declaration, &Field), code: &Declaration) -> Option<Finding> {
    let other = code.field(&field.name)?;
    let what = wire::kinds(None, field, other)?;
    let message = format!(
        "Field '{}' differs between the document's `{}` and `{}`: {what}",
        field.name, document.name, code.name
    );
    let found = CHECK
        .finding(&document.name, message)
        .with_field(field.name.as_str())
        .about_declaration(document)
        .at(&field.location, what)
        .at(
            &other.location,
            format!("`{}` here", wording::field_type(other)),
        );
    Some(found)
}
