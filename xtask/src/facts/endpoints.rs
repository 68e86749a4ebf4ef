//! Endpoints: those that a server offers, and those that contracts describe, with what comes in and
//! goes out.

use super::{Declaration, Tags};
use crate::source::Location;

/// An endpoint that a server offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Upper case: `GET`; `ALL` for every method.
    pub method: String,
    /// With `:name` for parameters, whatever the framework writes: `/api/users/:id`.
    pub path: String,
    /// Where it is declared.
    pub location: Location,
    /// Whether several applications serve what is declared there, at different paths.
    pub shared: bool,
    /// The parts of the request that its handlers validate; only looked for where documents are configured.
    pub inputs: Vec<RequestFields>,
    /// Comments that speak to this tool.
    pub tags: Tags,
}

impl Route {
    /// Whether it answers to the method of `contract`.
    #[must_use]
    pub fn answers(&self, contract: &Contract) -> bool {
        self.method == "ALL" || self.method == contract.method
    }
}

/// A schema or type that a contract holds, or makes of a named one.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractShape {
    /// Its fields, under the name of the contract.
    pub declaration: Box<Declaration>,
    /// Whether a list of it is meant.
    pub list: bool,
    /// The part of it that is the thing itself: `data` of `{ data: User[], total: number }`.
    pub inner: Option<Box<Self>>,
}

impl ContractShape {
    /// Keys of an answer under which the thing itself stands.
    pub const ENVELOPES: &'static [&'static str] = &[
        "data", "item", "items", "result", "results", "rows", "records",
    ];
}

/// An endpoint that a contract describes.
#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    /// `UserEndpoints.getById`.
    pub name: String,
    /// As [`Route::method`].
    pub method: String,
    /// As [`Route::path`].
    pub path: String,
    /// Other paths at which it may be offered instead: below the base paths of other servers, and
    /// below none. All contracts of a document are offered below the same.
    pub alternatives: Vec<String>,
    /// The document that it is a part of, where it stands in another file.
    pub document: Option<String>,
    /// Where it is declared.
    pub location: Location,
    /// The type or schema of the request.
    pub request: Option<ContractReference>,
    /// The type or schema of the response.
    pub response: Option<ContractReference>,
    /// The fields of the request, of whatever the contract writes there.
    pub request_shape: Option<ContractShape>,
    /// The fields of the response.
    pub response_shape: Option<ContractShape>,
    /// Every type and schema that it names, those two included, in order.
    pub references: Vec<ContractReference>,
    /// The parameters of the path that its schema of them has; none where there is no such schema.
    pub parameters: Option<Parameters>,
    /// The part of the request that [`Self::request`] names.
    pub request_part: RequestPart,
    /// The fields of the parts of the request beside its body, each part once.
    pub inputs: Vec<RequestFields>,
    /// Whether it stands in a document beside the program, and not in the program: it describes the
    /// JSON that travels, and may have been written by others.
    pub in_document: bool,
    /// Whether it is its own implementation: a contract of tRPC, a route of a framework that is
    /// made from it.
    pub served: bool,
    /// The application that was made of it, where one is seen: another may offer the same endpoint.
    pub application: Option<Location>,
    /// Comments that speak to this tool.
    pub tags: Tags,
}

impl Contract {
    /// The file that holds it and the contracts beside it.
    #[must_use]
    pub fn document(&self) -> &str {
        self.document.as_deref().unwrap_or(&self.location.file)
    }
}

/// A part of what an endpoint takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestPart {
    /// The parameters of the path.
    Path,
    /// What stands behind `?`.
    Query,
    /// The headers.
    Header,
    /// The body.
    Body,
}

impl RequestPart {
    /// The noun in messages.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "headers",
            Self::Body => "body",
        }
    }
}

/// The fields of a part of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestFields {
    /// The part.
    pub part: RequestPart,
    /// The declarations that the contract names for it. Each is a part of it where there are
    /// several.
    pub named: Vec<DeclarationName>,
    /// The fields that the contract itself holds.
    pub held: Option<Box<Declaration>>,
    /// Whether nothing else is taken there, as far as the contract says.
    pub complete: bool,
}

/// The path parameters that a contract's schema declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Where the contract names or holds it.
    pub location: Location,
    /// The keys of the schema where it is written out in the contract.
    pub keys: Option<Vec<String>>,
    /// The schema's declaration, where it is named.
    pub declaration: Option<DeclarationName>,
    /// The parameters of the prefixes before the contract's own path, which are passed on whatever
    /// the schema says.
    pub inherited: Vec<String>,
    /// Those that the handler asks for one by one, each where it does: `@Param('id')`.
    pub taken: Vec<(String, Location)>,
}

/// The types of `<Name>Request` and `<Name>Response`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// `CreateUser`
    pub name: String,
    /// `CreateUserRequest`
    pub request: Option<ContractReference>,
    /// `CreateUserResponse`
    pub response: Option<ContractReference>,
}

/// A route or contract whose path or place is only known when the program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedEndpoint {
    /// `route`, `mount` or `contract`.
    pub what: &'static str,
    /// The method and the end of the path, for a route of which only the beginning is unknown.
    pub tail: Option<(String, String)>,
    /// The known part of the endpoint: `GET /:id of router`, `UserEndpoints.getById`.
    pub name: String,
    /// Where it is declared.
    pub location: Location,
    /// Why.
    pub reason: String,
}

/// A type or schema that a contract names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractReference {
    /// The name as written.
    pub name: String,
    /// Where it is named.
    pub location: Location,
    /// Whether a declaration of that name can be reached from there. Names of packages count as
    /// resolved.
    pub resolved: bool,
    /// The declaration, where it is one of the monorepo's.
    pub declaration: Option<DeclarationName>,
    /// Whether the name stands for all of it, and not for a part (`z.array(User)`,
    /// `User.partial()`).
    pub whole: bool,
}

/// A declaration, by its file and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeclarationName {
    /// Path relative to the root.
    pub file: String,
    /// As it is declared there.
    pub name: String,
}
