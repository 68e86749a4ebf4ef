//! The request, response and parameters of a contract's endpoint.

use super::references::Referrer;
use crate::facts::{
    ContractReference, ContractShape, DeclarationName, Parameters, RequestFields, RequestPart,
};
use crate::typescript::collect::in_place::{self, Unnamed};
use crate::typescript::endpoints::{Endpoint, EndpointPart, ScopedExpression, parts_of};
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{Expr, ExprKind, TypeKind, TypeNode};
use crate::typescript::values::Value;

const REQUEST: &[&str] = &[
    "request",
    "requestSchema",
    "body",
    "bodySchema",
    "requestBody",
    "input",
    "inputSchema",
    "payload",
];
const PARAMETERS: &[&str] = &[
    "params",
    "paramsSchema",
    "pathParams",
    "pathParamsSchema",
    "pathParameters",
    "param",
];
const QUERY: &[&str] = &["query", "querySchema", "queryParams", "querystring"];
const HEADERS: &[&str] = &["headers", "headersSchema"];
const RESPONSE: &[&str] = &[
    "response",
    "responseSchema",
    "output",
    "outputSchema",
    "responses",
    "returns",
    "result",
];

/// The parts of an endpoint that were read.
#[derive(Debug, Default)]
pub(super) struct EndpointParts {
    pub request: Option<ContractReference>,
    pub response: Option<ContractReference>,
    pub references: Vec<ContractReference>,
    pub parameters: Option<Parameters>,
    /// The part of the request that `request` names.
    pub request_part: Option<RequestPart>,
    pub inputs: Vec<RequestFields>,
    pub request_shape: Option<ContractShape>,
    pub response_shape: Option<ContractShape>,
    /// The sides whose fields are not known, each with the reason.
    pub unread: Vec<(&'static str, String)>,
}

/// The places where an endpoint says what it takes and returns.
#[derive(Default)]
struct EndpointSides<'p> {
    request: Option<SideSource<'p>>,
    response: Option<SideSource<'p>>,
    inputs: Vec<InputSource<'p>>,
}

/// Where an endpoint says what it takes beside a body.
struct InputSource<'p> {
    part: RequestPart,
    expression: ScopedExpression<'p>,
    named: Option<DeclarationName>,
}

/// The source that says what one side of an endpoint is.
enum SideSource<'p> {
    Expression(ScopedExpression<'p>),
    Type(Scope<'p>, &'p TypeNode),
}

/// Reads the parts of the contract `name`.
pub(super) fn read<'p>(
    resolver: &Resolver<'p>,
    endpoint: &Endpoint<'p>,
    name: &str,
) -> EndpointParts {
    let mut parts = EndpointParts::default();
    let mut sides = EndpointSides::default();
    parts.said(resolver, &endpoint.parts, &mut sides, 0);
    if let Some((scope, expression)) = &endpoint.source {
        parts.casts(resolver, expression, scope, &mut sides);
    }
    parts.name_parameters(&endpoint.method);
    // A program that runs does not look into schemas: what these are is said by their expressions.
    let still = Resolver::new(resolver.program);
    parts.request_shape = parts.shape(&still, sides.request, "request", name);
    parts.response_shape = parts.shape(&still, sides.response, "response", name);
    for source in &sides.inputs {
        parts.inputs.extend(input(&still, source, name));
    }
    parts
}

/// The fields of a part of the request. What cannot be read is none, since nothing depends on it
/// alone.
fn input<'p>(still: &Resolver<'p>, source: &InputSource<'p>, name: &str) -> Option<RequestFields> {
    let (scope, expression) = &source.expression;
    let held = match &source.named {
        Some(_) => None,
        None => {
            let span = expression.span;
            let unnamed = Unnamed {
                scope,
                name,
                span,
                may_be_envelope: false,
            };
            Some(
                in_place::of_expression(still, unnamed, expression)
                    .ok()??
                    .declaration,
            )
        }
    };
    Some(RequestFields {
        part: source.part,
        named: source.named.iter().cloned().collect(),
        held,
        complete: true,
    })
}

impl<'p> EndpointSides<'p> {
    fn add_input(
        &mut self,
        part: RequestPart,
        said: &EndpointPart<'p>,
        named: Option<DeclarationName>,
    ) {
        let is_new = self.inputs.iter().all(|input| input.part != part);
        if let Some(expression) = said.source.clone().filter(|_| is_new) {
            self.inputs.push(InputSource {
                part,
                expression,
                named,
            });
        }
    }
}

impl EndpointParts {
    /// The fields of one side; what is not read is noted.
    fn shape<'p>(
        &mut self,
        still: &Resolver<'p>,
        source: Option<SideSource<'p>>,
        side: &'static str,
        name: &str,
    ) -> Option<ContractShape> {
        let unnamed = |scope, span| Unnamed {
            scope,
            name,
            span,
            may_be_envelope: true,
        };
        let found = match &source? {
            SideSource::Expression((scope, expression)) => {
                let span = expression.span;
                in_place::of_expression(still, unnamed(scope, span), expression)
            }
            SideSource::Type(scope, node) => {
                let span = node.span;
                in_place::of_type(still, unnamed(scope, span), node)
            }
        };
        found.unwrap_or_else(|reason| {
            self.unread.push((side, reason));
            None
        })
    }

    fn said<'p>(
        &mut self,
        resolver: &Resolver<'p>,
        said: &[EndpointPart<'p>],
        sides: &mut EndpointSides<'p>,
        depth: usize,
    ) {
        for part in said {
            let key = &*part.key;
            if key == "schema" || (key == "request" && matches!(part.value, Value::Object(_))) {
                if depth < 3 {
                    self.said(resolver, &parts_of(resolver, &part.value), sides, depth + 1);
                }
            } else if PARAMETERS.contains(&key) {
                self.parameters(resolver, part);
                let named = self
                    .parameters
                    .as_ref()
                    .and_then(|parameters| parameters.declaration.clone());
                sides.add_input(RequestPart::Path, part, named);
            } else if REQUEST.contains(&key) {
                let source = schema_of(resolver, part);
                let found = self.references(resolver, &source);
                self.name_request(found, RequestPart::Body);
                sides.request = sides.request.take().or(source.map(SideSource::Expression));
            } else if RESPONSE.contains(&key) {
                let source = success(resolver, part);
                let found = self.references(resolver, &source);
                self.response = self.response.take().or(found);
                sides.response = sides.response.take().or(source.map(SideSource::Expression));
            } else if QUERY.contains(&key) || HEADERS.contains(&key) {
                let place = match QUERY.contains(&key) {
                    true => RequestPart::Query,
                    false => RequestPart::Header,
                };
                let found = self.references(resolver, &part.source);
                let whole = found.clone().filter(|reference| reference.whole);
                sides.add_input(place, part, whole.and_then(|one| one.declaration));
                // What a GET takes is its query.
                self.name_request(found, place);
            }
        }
    }

    /// Names the request after `found`, unless it has a name.
    fn name_request(&mut self, found: Option<ContractReference>, part: RequestPart) {
        if self.request.is_none() && found.is_some() {
            self.request = found;
            self.request_part = Some(part);
        }
    }

    /// Adds the names in an expression; the first is the one that matters.
    fn references<'p>(
        &mut self,
        resolver: &Resolver<'p>,
        source: &Option<ScopedExpression<'p>>,
    ) -> Option<ContractReference> {
        let (scope, expression) = source.as_ref()?;
        let mut referrer = Referrer::new(resolver.program, scope);
        referrer.expression(expression, true);
        self.add(referrer.found)
    }

    fn add(&mut self, found: Vec<ContractReference>) -> Option<ContractReference> {
        let first = found.first().cloned();
        for reference in found {
            if !self.references.contains(&reference) {
                self.references.push(reference);
            }
        }
        first
    }

    fn parameters<'p>(&mut self, resolver: &Resolver<'p>, part: &EndpointPart<'p>) {
        let reference = self.references(resolver, &part.source);
        let keys = keys(resolver, &part.value);
        let location = match &reference {
            Some(reference) => Some(reference.location.clone()),
            None => resolver
                .program
                .load(part.site.file)
                .map(|module| module.location(part.site.span)),
        };
        let declaration = reference
            .filter(|reference| reference.whole)
            .and_then(|reference| reference.declaration);
        if let Some(location) = location.filter(|_| keys.is_some() || declaration.is_some()) {
            self.parameters = Some(Parameters {
                location,
                keys,
                declaration,
                inherited: Vec::new(),
                taken: Vec::new(),
            });
        }
    }

    /// `{ … } as Endpoint<Request, Response>`
    fn casts<'p>(
        &mut self,
        resolver: &Resolver<'p>,
        expression: &'p Expr,
        scope: &Scope<'p>,
        sides: &mut EndpointSides<'p>,
    ) {
        let mut inner = expression;
        loop {
            inner = match &inner.kind {
                ExprKind::As(value, declared) | ExprKind::Satisfies(value, declared) => {
                    self.cast(resolver, declared, scope, sides);
                    value
                }
                ExprKind::AsConst(value) => value,
                _ => return,
            };
        }
    }

    fn cast<'p>(
        &mut self,
        resolver: &Resolver<'p>,
        declared: &'p TypeNode,
        scope: &Scope<'p>,
        sides: &mut EndpointSides<'p>,
    ) {
        let TypeKind::Reference(named) = &declared.kind else {
            return;
        };
        let arguments = &named.arguments;
        let of_type = |node: &'p TypeNode| SideSource::Type(scope.clone(), node);
        sides.request = sides.request.take().or(arguments.first().map(of_type));
        sides.response = sides.response.take().or(arguments.get(1).map(of_type));
        let mut each = arguments.iter().map(|argument| {
            let mut referrer = Referrer::new(resolver.program, scope);
            referrer.type_node(argument, true);
            referrer.found
        });
        let (request, response) = (each.next(), each.next());
        let rest: Vec<ContractReference> = each.flatten().collect();
        let request = request.and_then(|found| self.add(found));
        let response = response.and_then(|found| self.add(found));
        self.request = self.request.take().or(request);
        self.response = self.response.take().or(response);
        self.add(rest);
    }

    /// `request: GetUserParamsSchema` of a GET is the schema of its path.
    fn name_parameters(&mut self, method: &str) {
        let reads = matches!(method, "GET" | "DELETE" | "HEAD");
        let Some(request) = self
            .request
            .as_ref()
            .filter(|_| self.parameters.is_none() && reads)
        else {
            return;
        };
        let name = request.name.trim_end_matches("Schema");
        if request.whole
            && (name.ends_with("Params") || name.ends_with("PathParameters"))
            && !name.contains("Query")
        {
            let location = request.location.clone();
            let declaration = request.declaration.clone();
            self.parameters = declaration.map(|found| Parameters {
                location,
                keys: None,
                declaration: Some(found),
                inherited: Vec::new(),
                taken: Vec::new(),
            });
        }
    }
}

/// The first of the members `keys` that a part has.
fn member<'p>(
    resolver: &Resolver<'p>,
    of: &EndpointPart<'p>,
    keys: &[&str],
) -> Option<EndpointPart<'p>> {
    let mut parts = match of.value {
        Value::Object(_) => parts_of(resolver, &of.value),
        _ => return None,
    };
    let at = keys
        .iter()
        .find_map(|key| parts.iter().position(|part| &*part.key == *key))?;
    Some(parts.swap_remove(at))
}

/// `{ content: { 'application/json': { schema: X } } }` and `{ body: X }` → `X`
fn schema_of<'p>(resolver: &Resolver<'p>, part: &EndpointPart<'p>) -> Option<ScopedExpression<'p>> {
    let mut found = part.clone();
    for _ in 0..4 {
        let Some(inner) = member(
            resolver,
            &found,
            &["content", "application/json", "schema", "body"],
        ) else {
            break;
        };
        found = inner;
    }
    found.source
}

/// `{ 200: X, 404: Y }` → `X`
fn success<'p>(resolver: &Resolver<'p>, part: &EndpointPart<'p>) -> Option<ScopedExpression<'p>> {
    const GOOD: &[&str] = &["200", "201", "202", "2xx", "2XX", "204", "default"];
    match member(resolver, part, GOOD) {
        Some(found) => schema_of(resolver, &found),
        None => schema_of(resolver, part),
    }
}

/// The keys of `z.object({ … })` or of an object that stands for one.
fn keys<'p>(resolver: &Resolver<'p>, value: &Value<'p>) -> Option<Vec<String>> {
    match value {
        Value::Object(_) => Some(
            resolver
                .entries(value)
                .iter()
                .map(|entry| entry.name.to_string())
                .collect(),
        ),
        Value::Called(call) => {
            let (_, name) = call.callee.external()?;
            let is_object = matches!(
                name.rsplit('.').next(),
                Some("object" | "strictObject" | "looseObject")
            );
            let arguments = call.arguments(resolver);
            (is_object && arguments.count() == 1)
                .then(|| keys(resolver, &arguments.at(0)))
                .flatten()
        }
        _ => None,
    }
}
