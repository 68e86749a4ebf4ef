//! The operations of a document as contracts: method and path, the parameters of the path, what
//! comes in and what goes out.

use std::sync::Arc;

use super::document::{KeyedPlace, Place};
use super::paths;
use super::schemas::Schemas;
use super::servers::base_paths;
use super::sides::{self, Side, SideContent};
use crate::facts::path::parameters;
use crate::facts::{Contract, Parameters, UnresolvedEndpoint};

/// The methods that a path may have.
const METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The contracts of a document, and what of them could not be read.
#[derive(Debug, Default)]
pub(super) struct Operations {
    pub contracts: Vec<Contract>,
    pub unresolved: Vec<UnresolvedEndpoint>,
}

/// Reads the operations of the document `root`. `base` stands before all paths.
pub(super) fn read<'d>(schemas: &Schemas<'d>, root: Place<'d>, base: &str) -> Operations {
    let mut operations = Operations::default();
    let of_document = base_paths(root);
    for path in root.get("paths").into_iter().flat_map(Place::entries) {
        if path.key.starts_with("x-") {
            continue;
        }
        let item = match schemas.documents.follow(path.value) {
            Ok(item) => item,
            Err(why) => {
                operations.unread(path.key.to_owned(), &path, why);
                continue;
            }
        };
        let of_path = base_paths(item);
        for operation in item.entries().filter(|entry| METHODS.contains(&entry.key)) {
            let of_operation = base_paths(operation.value);
            let servers = of_operation.as_ref().or(of_path.as_ref());
            let offered = OfferedOperation {
                document: Arc::clone(&root.document().file),
                path: path.key,
                item,
                operation,
                servers: servers.or(of_document.as_ref()).map_or(&[], Vec::as_slice),
            };
            operations.add(schemas, &offered, base);
        }
    }
    operations
}

/// An operation, with what its path says of it.
struct OfferedOperation<'o, 'd> {
    document: Arc<str>,
    path: &'d str,
    item: Place<'d>,
    operation: KeyedPlace<'d>,
    /// The base paths of its servers.
    servers: &'o [String],
}

impl OfferedOperation<'_, '_> {
    fn method(&self) -> String {
        self.operation.key.to_ascii_uppercase()
    }

    /// Its `operationId`, else its method and path.
    fn name(&self) -> String {
        let id = self.operation.value.get("operationId");
        match id.and_then(Place::text) {
            Some(id) => id.to_owned(),
            None => format!("{} {}", self.method(), self.path),
        }
    }
}

impl Operations {
    fn unread(&mut self, name: String, at: &KeyedPlace<'_>, reason: String) {
        self.unresolved.push(UnresolvedEndpoint {
            what: "contract",
            tail: None,
            name,
            location: at.location(),
            reason,
        });
    }

    fn add<'d>(&mut self, schemas: &Schemas<'d>, offered: &OfferedOperation<'_, 'd>, base: &str) {
        let name = offered.name();
        let mut paths = match paths::all(base, offered.servers, offered.path) {
            Ok(paths) => paths.into_iter(),
            Err(why) => return self.unread(name, &offered.operation, why),
        };
        let Some(path) = paths.next() else { return };
        let operation = offered.operation.value;
        let mut side = |side: Side| {
            let content = sides::read(schemas, operation, side, &name);
            if let Some(why) = &content.unread {
                let reason = format!("its {} is not read: {why}", side.noun());
                self.unread(name.clone(), &offered.operation, reason);
            }
            content
        };
        let (request, response) = (side(Side::Request), side(Side::Response));
        let parameters = path_parameters(schemas, offered, &path).unwrap_or_else(|why| {
            let reason = format!("its parameters are not read: {why}");
            self.unread(name.clone(), &offered.operation, reason);
            None
        });
        let location = offered.operation.location();
        let references = [request.references.clone(), response.references.clone()].concat();
        let named = |side: &SideContent| side.references.first().cloned();
        self.contracts.push(Contract {
            method: offered.method(),
            path,
            alternatives: paths.collect(),
            document: (location.file != offered.document).then(|| offered.document.to_string()),
            location,
            request: named(&request),
            response: named(&response),
            request_shape: request.shape,
            response_shape: response.shape,
            references,
            parameters,
            served: false,
            application: None,
            tags: offered.operation.tags(),
            name,
        });
    }
}

/// The parameters that the operation and its path declare to be in the path.
fn path_parameters<'d>(
    schemas: &Schemas<'d>,
    offered: &OfferedOperation<'_, 'd>,
    path: &str,
) -> Result<Option<Parameters>, String> {
    if parameters(path).next().is_none() {
        return Ok(None);
    }
    let mut keys = Vec::new();
    let mut location = None;
    for holder in [offered.operation.value, offered.item] {
        let Some(list) = holder.entry("parameters") else {
            continue;
        };
        for parameter in list.value.items() {
            let parameter = schemas.documents.follow(parameter)?;
            let text = |key| parameter.get(key).and_then(Place::text);
            if text("in") == Some("path") {
                keys.extend(text("name").map(paths::parameter_name));
                location = location.or_else(|| Some(list.location()));
            }
        }
    }
    Ok(Some(Parameters {
        location: location.unwrap_or_else(|| offered.operation.location()),
        keys: Some(keys),
        declaration: None,
        inherited: Vec::new(),
        taken: Vec::new(),
    }))
}
