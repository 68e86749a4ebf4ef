//! The operations of a document as contracts: method and path, the parameters of the path, what
//! comes in and what goes out.

use std::sync::Arc;

use super::document::{KeyedPlace, Place};
use super::parameters::{self, OperationParameters};
use super::paths;
use super::schemas::Schemas;
use super::servers::base_paths;
use super::sides::{self, Side, SideContent};
use crate::facts::path;
use crate::facts::{Contract, Parameters, RequestPart, UnresolvedEndpoint};

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
    operations.webhooks(root);
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
        let parameters = self.parameters(schemas, offered, (&name, &path));
        self.callbacks(offered, &name);
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
            parameters: parameters.of_path,
            request_part: RequestPart::Body,
            inputs: parameters.inputs,
            in_document: true,
            served: false,
            application: None,
            tags: offered.operation.tags(),
            name,
        });
    }

    /// Reads the parameters of an operation; what of them is not read is noted.
    fn parameters<'d>(
        &mut self,
        schemas: &Schemas<'d>,
        offered: &OfferedOperation<'_, 'd>,
        (name, path): (&str, &str),
    ) -> OperationParameters {
        let holders = (offered.operation.value, offered.item);
        let mut found = match parameters::read(schemas, holders, name) {
            Ok(found) => found,
            Err(why) => {
                let reason = format!("its parameters are not read: {why}");
                self.unread(name.to_owned(), &offered.operation, reason);
                return OperationParameters::default();
            }
        };
        for reason in std::mem::take(&mut found.unread) {
            self.unread(name.to_owned(), &offered.operation, reason);
        }
        // An operation that declares no parameter of its path lacks each of them.
        found.of_path = match path::parameters(path).next() {
            None => None,
            Some(_) => Some(found.of_path.unwrap_or_else(|| Parameters {
                location: offered.operation.location(),
                keys: Some(Vec::new()),
                declaration: None,
                inherited: Vec::new(),
                taken: Vec::new(),
            })),
        };
        found
    }

    /// Says that the callbacks of an operation are not judged.
    fn callbacks(&mut self, offered: &OfferedOperation<'_, '_>, name: &str) {
        let Some(callbacks) = offered.operation.value.get("callbacks") else {
            return;
        };
        for callback in callbacks.entries() {
            let reason = format!("it is a callback: {SENT}");
            self.unread(format!("{name}, {}", callback.key), &callback, reason);
        }
    }

    /// Says that the webhooks of the document `root` are not judged.
    fn webhooks(&mut self, root: Place<'_>) {
        // Before 3.1 they stand under the name that Redocly gave them.
        for key in ["webhooks", "x-webhooks"] {
            for webhook in root.get(key).into_iter().flat_map(Place::entries) {
                let reason = format!("it is a webhook: {SENT}");
                self.unread(webhook.key.to_owned(), &webhook, reason);
            }
        }
    }
}

/// Why callbacks and webhooks are not compared with routes.
const SENT: &str = "the server sends it, and no route answers to it";
