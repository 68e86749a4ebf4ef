//! The request, response and parameters of a contract's endpoint.

use super::references::Referrer;
use crate::facts::{ContractReference, Parameters};
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
const QUERY: &[&str] = &[
    "query",
    "querySchema",
    "queryParams",
    "querystring",
    "headers",
];
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
}

pub(super) fn read<'p>(resolver: &Resolver<'p>, endpoint: &Endpoint<'p>) -> EndpointParts {
    let mut parts = EndpointParts::default();
    parts.said(resolver, &endpoint.parts, 0);
    if let Some((scope, expression)) = &endpoint.source {
        parts.casts(resolver, expression, scope);
    }
    parts.name_parameters(&endpoint.method);
    parts
}

impl EndpointParts {
    fn said<'p>(&mut self, resolver: &Resolver<'p>, said: &[EndpointPart<'p>], depth: usize) {
        for part in said {
            let key = &*part.key;
            if key == "schema" || (key == "request" && matches!(part.value, Value::Object(_))) {
                if depth < 3 {
                    self.said(resolver, &parts_of(resolver, &part.value), depth + 1);
                }
            } else if PARAMETERS.contains(&key) {
                self.parameters(resolver, part);
            } else if REQUEST.contains(&key) {
                let found = self.references(resolver, &schema_of(resolver, part));
                self.request = self.request.take().or(found);
            } else if RESPONSE.contains(&key) {
                let found = self.references(resolver, &success(resolver, part));
                self.response = self.response.take().or(found);
            } else if QUERY.contains(&key) {
                let found = self.references(resolver, &part.source);
                // What a GET takes is its query.
                self.request = self.request.take().or(found);
            }
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
            });
        }
    }

    /// `{ … } as Endpoint<Request, Response>`
    fn casts<'p>(&mut self, resolver: &Resolver<'p>, expression: &'p Expr, scope: &Scope<'p>) {
        let mut inner = expression;
        loop {
            inner = match &inner.kind {
                ExprKind::As(value, declared) | ExprKind::Satisfies(value, declared) => {
                    self.cast(resolver, declared, scope);
                    value
                }
                ExprKind::AsConst(value) => value,
                _ => return,
            };
        }
    }

    fn cast<'p>(&mut self, resolver: &Resolver<'p>, declared: &TypeNode, scope: &Scope<'p>) {
        let TypeKind::Reference(_, arguments) = &declared.kind else {
            return;
        };
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
