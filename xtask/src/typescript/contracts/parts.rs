//! What an endpoint of a contract takes and returns.

use std::rc::Rc;

use super::references::Referrer;
use crate::typescript::evaluate::{Endpoint, Entry, Evaluator, Opaque, Scope, Thunk, Value};
use crate::typescript::facts::{ContractReference, Parameters};
use crate::typescript::syntax::{Expr, ExprKind, TypeKind, TypeNode};

const REQUEST: &[&str] =
    &["request", "requestSchema", "body", "bodySchema", "requestBody", "input", "inputSchema", "payload"];
const PARAMETERS: &[&str] = &["params", "paramsSchema", "pathParams", "pathParamsSchema", "pathParameters", "param"];
const QUERY: &[&str] = &["query", "querySchema", "queryParams", "querystring", "headers"];
const RESPONSE: &[&str] = &["response", "responseSchema", "output", "outputSchema", "responses", "returns", "result"];

/// What was read of an endpoint.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub request: Option<ContractReference>,
    pub response: Option<ContractReference>,
    pub references: Vec<ContractReference>,
    pub parameters: Option<Parameters>,
}

pub(super) fn read<'p>(evaluator: &mut Evaluator<'p>, endpoint: &Endpoint<'p>) -> Parts {
    let mut parts = Parts::default();
    parts.entries(evaluator, &endpoint.parts, 0);
    if let Some((expression, scope)) = &endpoint.source {
        parts.casts(evaluator, expression, scope);
    }
    parts.name_parameters(&endpoint.method);
    parts
}

impl Parts {
    fn entries<'p>(&mut self, evaluator: &mut Evaluator<'p>, entries: &[Entry<'p>], depth: usize) {
        for entry in entries {
            let key = &*entry.key;
            if key == "schema" || (key == "request" && is_object(evaluator, &entry.value)) {
                let value = evaluator.force(&entry.value);
                if depth < 3 {
                    let inner = evaluator.entries(&value);
                    self.entries(evaluator, &inner, depth + 1);
                }
            } else if PARAMETERS.contains(&key) {
                self.parameters(evaluator, entry);
            } else if REQUEST.contains(&key) {
                let schema = schema_of(evaluator, &entry.value);
                let found = self.references(evaluator, &schema);
                self.request = self.request.take().or(found);
            } else if RESPONSE.contains(&key) {
                let schema = success(evaluator, &entry.value);
                let found = self.references(evaluator, &schema);
                self.response = self.response.take().or(found);
            } else if QUERY.contains(&key) {
                let found = self.references(evaluator, &entry.value);
                // What a GET takes is its query.
                self.request = self.request.take().or(found);
            }
        }
    }

    /// Adds the names behind `thunk`; the first is the one that matters.
    fn references<'p>(&mut self, evaluator: &Evaluator<'p>, thunk: &Thunk<'p>) -> Option<ContractReference> {
        let (expression, scope) = thunk.source()?;
        let mut referrer = Referrer::new(evaluator.program(), scope);
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

    fn parameters<'p>(&mut self, evaluator: &mut Evaluator<'p>, entry: &Entry<'p>) {
        let reference = self.references(evaluator, &entry.value);
        let value = evaluator.force(&entry.value);
        let keys = keys(evaluator, &value);
        let location = match &reference {
            Some(reference) => Some(reference.location.clone()),
            None => evaluator.program().load(entry.site.file).map(|module| module.location(entry.site.span)),
        };
        let declaration = reference.filter(|reference| reference.whole).and_then(|reference| reference.declaration);
        if let Some(location) = location.filter(|_| keys.is_some() || declaration.is_some()) {
            self.parameters = Some(Parameters { location, keys, declaration });
        }
    }

    /// `{ … } as Endpoint<Request, Response>`
    fn casts<'p>(&mut self, evaluator: &Evaluator<'p>, expression: &'p Expr, scope: &Rc<Scope<'p>>) {
        let mut inner = expression;
        loop {
            inner = match &inner.kind {
                ExprKind::As(value, declared) | ExprKind::Satisfies(value, declared) => {
                    self.cast(evaluator, declared, scope);
                    value
                }
                ExprKind::AsConst(value) => value,
                _ => return,
            };
        }
    }

    fn cast<'p>(&mut self, evaluator: &Evaluator<'p>, declared: &TypeNode, scope: &Rc<Scope<'p>>) {
        let TypeKind::Reference(_, arguments) = &declared.kind else { return };
        let mut each = arguments.iter().map(|argument| {
            let mut referrer = Referrer::new(evaluator.program(), scope);
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
        let Some(request) = self.request.as_ref().filter(|_| self.parameters.is_none() && reads) else { return };
        let name = request.name.trim_end_matches("Schema");
        if request.whole && (name.ends_with("Params") || name.ends_with("PathParameters")) && !name.contains("Query") {
            let location = request.location.clone();
            let declaration = request.declaration.clone();
            self.parameters = declaration.map(|found| Parameters { location, keys: None, declaration: Some(found) });
        }
    }
}

fn is_object<'p>(evaluator: &mut Evaluator<'p>, thunk: &Thunk<'p>) -> bool {
    matches!(evaluator.force(thunk), Value::Object(_))
}

/// The entry `key` of an object.
fn entry<'p>(evaluator: &mut Evaluator<'p>, thunk: &Thunk<'p>, keys: &[&str]) -> Option<Entry<'p>> {
    let Value::Object(object) = evaluator.force(thunk) else { return None };
    keys.iter().find_map(|key| object.entry(key))
}

/// `{ content: { 'application/json': { schema: X } } }` and `{ body: X }` → `X`
fn schema_of<'p>(evaluator: &mut Evaluator<'p>, thunk: &Thunk<'p>) -> Thunk<'p> {
    let mut found = thunk.clone();
    for _ in 0..4 {
        let Some(inner) = entry(evaluator, &found, &["content", "application/json", "schema", "body"]) else { break };
        found = inner.value;
    }
    found
}

/// `{ 200: X, 404: Y }` → `X`
fn success<'p>(evaluator: &mut Evaluator<'p>, thunk: &Thunk<'p>) -> Thunk<'p> {
    const GOOD: &[&str] = &["200", "201", "202", "2xx", "2XX", "204", "default"];
    match entry(evaluator, thunk, GOOD) {
        Some(found) => schema_of(evaluator, &found.value),
        None => schema_of(evaluator, thunk),
    }
}

/// The keys of `z.object({ … })` or of an object that stands for one.
fn keys<'p>(evaluator: &mut Evaluator<'p>, value: &Value<'p>) -> Option<Vec<String>> {
    match value {
        Value::Object(_) => Some(evaluator.entries(value).iter().map(|entry| entry.key.to_string()).collect()),
        Value::Opaque(opaque) => match &**opaque {
            Opaque::Call(callee, arguments) => {
                let (_, name) = callee.external()?;
                let is_object = matches!(name.rsplit('.').next(), Some("object" | "strictObject" | "looseObject"));
                let first = arguments.first().filter(|_| is_object && arguments.len() == 1)?;
                let members = evaluator.force(&first.value);
                keys(evaluator, &members)
            }
            _ => None,
        },
        _ => None,
    }
}
