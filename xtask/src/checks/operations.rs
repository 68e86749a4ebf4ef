//! The operations that a document and the code both describe, part by part: what the document says
//! of the query, the path, the headers, the body and the answer, beside the types and schemas that
//! the code has for the same part. The code says it in a contract, or in the handlers of a route.

use std::collections::{HashMap, HashSet};

use super::endpoints::{Endpoints, title};
use super::names;
use crate::facts::path::shape;
use crate::facts::{
    Contract, ContractReference, ContractShape, Declaration, DeclarationName, Facts, Field,
    RequestFields, RequestPart,
};

/// A part of an operation that both describe.
#[derive(Debug)]
pub(super) struct OperationPart<'a> {
    /// `POST /users`
    pub title: String,
    /// The part of the request; none is the answer.
    pub part: Option<RequestPart>,
    /// The contract of the document.
    pub documented: &'a Contract,
    /// The fields that the document says.
    pub document: &'a Declaration,
    /// The declarations that the code says it with.
    pub code: Vec<&'a Declaration>,
    /// Whether the code takes or returns nothing else.
    pub is_complete: bool,
}

/// A part that both describe, and that is not compared, with the reason.
#[derive(Debug)]
pub(super) struct UncomparedPart<'a> {
    /// The contract of the document.
    pub documented: &'a Contract,
    /// Why.
    pub reason: String,
}

/// The operations that a document and the code both describe.
#[derive(Debug, Default)]
pub(super) struct Operations<'a> {
    /// The parts that are compared.
    pub parts: Vec<OperationPart<'a>>,
    /// The parts that are not.
    pub uncompared: Vec<UncomparedPart<'a>>,
}

impl<'a> Operations<'a> {
    /// Pairs the contracts of documents with those of the code.
    pub fn new(facts: &'a Facts, endpoints: &Endpoints<'a>) -> Self {
        let mut operations = Self::default();
        if facts.contracts.iter().all(|one| !one.in_document) {
            return operations;
        }
        let of_code = of_code(facts);
        let declared = DeclarationIndex::new(facts);
        for documented in facts.contracts.iter().filter(|one| one.in_document) {
            let key = (
                documented.method.as_str(),
                shape(endpoints.path(documented)),
            );
            let places = of_code.get(&key).map_or(&[][..], Vec::as_slice);
            match places {
                [] => {
                    if let Some(route) = endpoints.validating_route(documented) {
                        operations.add_inputs(&declared, documented, &route.inputs);
                        operations.add_body(&declared, documented, &route.inputs);
                    }
                }
                [code] => operations.add(&declared, documented, code),
                several => operations.uncompared.push(UncomparedPart {
                    documented,
                    reason: format!(
                        "is not compared with the code: {} contracts there describe its endpoint",
                        several.len()
                    ),
                }),
            }
        }
        operations
    }

    fn add(
        &mut self,
        declared: &DeclarationIndex<'a>,
        documented: &'a Contract,
        code: &'a Contract,
    ) {
        self.add_inputs(declared, documented, &code.inputs);
        let body = code.request.as_ref();
        let body = body.filter(|_| code.request_part == RequestPart::Body);
        let sides = [
            (
                Some(RequestPart::Body),
                &documented.request_shape,
                (body, &code.request_shape),
            ),
            (
                None,
                &documented.response_shape,
                (code.response.as_ref(), &code.response_shape),
            ),
        ];
        for (part, document, (reference, held)) in sides {
            // A named declaration says more than its use in one place.
            let mut of_code: Vec<&'a Declaration> = declared.whole(reference).into_iter().collect();
            of_code.extend(held.iter().flat_map(with_inner));
            if let Some(document) = document {
                self.add_side(documented, part, document, (&of_code, true));
            }
        }
    }

    /// Adds the parts of a request beside its body.
    fn add_inputs(
        &mut self,
        declared: &DeclarationIndex<'a>,
        documented: &'a Contract,
        code: &'a [RequestFields],
    ) {
        for input in &documented.inputs {
            let taken = code.iter().find(|taken| taken.part == input.part);
            if let (Some(document), Some(taken)) = (input.held.as_deref(), taken) {
                let (code, is_complete) = declared.of_input(taken);
                self.add_part(
                    documented,
                    Some(input.part),
                    document,
                    (vec![code], is_complete),
                );
            }
        }
    }

    /// Adds the body that the handlers of a route validate.
    fn add_body(
        &mut self,
        declared: &DeclarationIndex<'a>,
        documented: &'a Contract,
        code: &'a [RequestFields],
    ) {
        let taken = code.iter().find(|taken| taken.part == RequestPart::Body);
        if let (Some(document), Some(taken)) = (&documented.request_shape, taken) {
            let (of_code, is_complete) = declared.of_input(taken);
            let part = Some(RequestPart::Body);
            self.add_side(documented, part, document, (&of_code, is_complete));
        }
    }

    /// Adds a body or an answer. Either may stand in an envelope that only one of them speaks of.
    fn add_side(
        &mut self,
        documented: &'a Contract,
        part: Option<RequestPart>,
        document: &'a ContractShape,
        (code, is_complete): (&[&'a Declaration], bool),
    ) {
        let mut nearest: Option<(usize, &'a Declaration, &'a Declaration)> = None;
        for document in with_inner(document) {
            for declared in code {
                let shared = shared(document, declared);
                if nearest.is_none_or(|(most, ..)| shared > most) {
                    nearest = Some((shared, document, declared));
                }
            }
        }
        let Some((shared, document, code)) = nearest else {
            return;
        };
        let fewer = document.fields.len().min(code.fields.len());
        if shared * 2 >= fewer && shared > 0 {
            let is_complete = is_complete && code.unresolved.is_none();
            self.add_part(documented, part, document, (vec![vec![code]], is_complete));
            return;
        }
        let noun = part.map_or("answer", RequestPart::noun);
        let reason = format!(
            "its {noun} is not compared with `{}` of the code: {shared} of {fewer} fields are called alike",
            code.name
        );
        self.uncompared.push(UncomparedPart { documented, reason });
    }

    fn add_part(
        &mut self,
        documented: &'a Contract,
        part: Option<RequestPart>,
        document: &'a Declaration,
        (code, is_complete): (Vec<Vec<&'a Declaration>>, bool),
    ) {
        let code: Vec<&'a Declaration> = code.into_iter().flatten().collect();
        if !code.is_empty() {
            self.parts.push(OperationPart {
                title: title(&documented.method, &documented.path),
                part,
                documented,
                document,
                code,
                is_complete,
            });
        }
    }

    /// The declarations that are compared.
    pub fn compared(&self) -> HashSet<*const Declaration> {
        let each = self.parts.iter();
        let each = each.flat_map(|part| part.code.iter().copied().chain([part.document]));
        each.map(std::ptr::from_ref).collect()
    }
}

impl<'a> OperationPart<'a> {
    /// The field of the code for one of the document, with its declaration. Libraries write names
    /// in another style on the wire than in code.
    pub fn in_code(&self, documented: &Field) -> Option<(&'a Declaration, &'a Field)> {
        let named = |declared: &&'a Declaration| {
            let declared: &'a Declaration = declared;
            Some((declared, alike(declared, &documented.name)?))
        };
        self.code.iter().find_map(named)
    }
}

/// The field of `declaration` that is called `name`, in whatever style.
pub(super) fn alike<'a>(declaration: &'a Declaration, name: &str) -> Option<&'a Field> {
    declaration.field(name).or_else(|| {
        let key = names::key(name);
        let mut fields = declaration.fields.iter();
        fields.find(|field| names::key(&field.name) == key)
    })
}

fn shared(document: &Declaration, code: &Declaration) -> usize {
    let fields = document.fields.iter();
    fields
        .filter(|field| alike(code, &field.name).is_some())
        .count()
}

/// The declaration of a shape, and the one that it holds as an envelope.
fn with_inner(shape: &ContractShape) -> Vec<&Declaration> {
    let inner = shape.inner.as_deref();
    let inner = inner.map(|inner| &*inner.declaration);
    [&*shape.declaration].into_iter().chain(inner).collect()
}

/// The contracts of the code, by method and shape of the path. One that several applications offer
/// counts once.
fn of_code(facts: &Facts) -> HashMap<(&str, String), Vec<&Contract>> {
    let mut of_code: HashMap<(&str, String), Vec<&Contract>> = HashMap::new();
    for contract in facts.contracts.iter().filter(|one| !one.in_document) {
        let key = (contract.method.as_str(), shape(&contract.path));
        let known = of_code.entry(key).or_default();
        if known.iter().all(|one| one.location != contract.location) {
            known.push(contract);
        }
    }
    of_code
}

/// Declarations by their files and names.
struct DeclarationIndex<'a>(HashMap<(&'a str, &'a str), &'a Declaration>);

impl<'a> DeclarationIndex<'a> {
    fn new(facts: &'a Facts) -> Self {
        let mut index = HashMap::new();
        // The rules of a class say more than its types.
        for one in facts.schemas.iter().chain(&facts.types) {
            index
                .entry((&*one.location.file, one.name.as_str()))
                .or_insert(one);
        }
        Self(index)
    }

    fn find(&self, name: &DeclarationName) -> Option<&'a Declaration> {
        self.0
            .get(&(name.file.as_str(), name.name.as_str()))
            .copied()
    }

    /// The declaration that stands for all of what is named.
    fn whole(&self, reference: Option<&ContractReference>) -> Option<&'a Declaration> {
        let reference = reference.filter(|reference| reference.whole)?;
        self.find(reference.declaration.as_ref()?)
    }

    /// The declarations of a part of a request, and whether nothing else is taken there.
    fn of_input(&self, input: &'a RequestFields) -> (Vec<&'a Declaration>, bool) {
        let mut found: Vec<&'a Declaration> = Vec::new();
        let mut is_complete = input.complete;
        for name in &input.named {
            let declared = self.find(name);
            is_complete &= declared.is_some_and(|declared| declared.unresolved.is_none());
            found.extend(declared);
        }
        found.extend(input.held.as_deref());
        (found, is_complete)
    }
}
