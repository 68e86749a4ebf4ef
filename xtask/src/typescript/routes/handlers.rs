//! What the handlers of routes validate: `Schema.parse(req.body)` in a handler, `zValidator('json',
//! Schema)` before it, `{ schema: { body: Schema } }` of Fastify. It is looked for where a document
//! says of the same route what it takes.

use rustc_hash::FxHashMap;

use crate::facts::{RequestFields, RequestPart, Route};
use crate::source::Span;
use crate::typescript::collect::in_place::{self, Unnamed};
use crate::typescript::modules::{Program, Symbol};
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{
    Argument, Binary, Expr, ExprKind, Function, Module, ObjectMember, Statement, StatementKind,
};

/// How deep handlers are wrapped: `asyncHandler(withUser(handle))`.
const DEPTH: usize = 4;

/// Methods of a schema that validate their argument.
const PARSERS: &[&str] = &["parse", "parseAsync", "safeParse", "safeParseAsync"];

/// Members of a request, with the part of the request that each holds; of Koa's context too.
const MEMBERS: &[(&str, RequestPart)] = &[
    ("body", RequestPart::Body),
    ("query", RequestPart::Query),
    ("params", RequestPart::Path),
    ("headers", RequestPart::Header),
];

/// Methods of Hono's request, and the words of its validators.
const OF_HONO: &[(&str, RequestPart)] = &[
    ("json", RequestPart::Body),
    ("form", RequestPart::Body),
    ("parseBody", RequestPart::Body),
    ("query", RequestPart::Query),
    ("param", RequestPart::Path),
    ("header", RequestPart::Header),
];

/// Keys of Fastify's schemas of a route.
const OF_FASTIFY: &[(&str, RequestPart)] = &[
    ("body", RequestPart::Body),
    ("querystring", RequestPart::Query),
    ("query", RequestPart::Query),
    ("params", RequestPart::Path),
    ("headers", RequestPart::Header),
];

fn part_of(words: &[(&str, RequestPart)], word: &str) -> Option<RequestPart> {
    let known = words.iter().find(|(known, _)| *known == word);
    known.map(|(_, part)| *part)
}

/// Adds to `routes` what their handlers validate.
pub fn read<'p>(program: &'p Program<'p>, files: &[&str], routes: &mut [Route]) {
    let still = Resolver::new(program);
    for file in files {
        let Some(module) = program.load(file) else {
            continue;
        };
        let mut own: Vec<&mut Route> = routes
            .iter_mut()
            .filter(|route| *route.location.file == **file)
            .collect();
        if own.is_empty() {
            continue;
        }
        let calls = calls(module);
        for route in &mut own {
            let Some(arguments) = calls.get(&route.location.span.start) else {
                continue;
            };
            let mut found = Validated {
                still: &still,
                title: format!("{} {}", route.method, route.path),
                inputs: Vec::new(),
                ambiguous: Vec::new(),
                read_elsewhere: Vec::new(),
            };
            for argument in arguments.iter().skip(1) {
                found.argument(module, &argument.value, 0);
            }
            route.inputs = found.inputs();
        }
    }
}

/// The arguments of all calls of methods in `module`, by the places of the methods' names.
fn calls(module: &Module) -> FxHashMap<u32, &[Argument]> {
    let mut calls = FxHashMap::default();
    for statement in &module.statements {
        statement.walk(&mut |expression| {
            if let ExprKind::Call(callee, _, arguments) = &expression.kind
                && let ExprKind::Member(_, _, name) = &callee.kind
            {
                calls.insert(name.start, &**arguments);
            }
        });
    }
    calls
}

/// The schemas that the handlers of one route validate with.
struct Validated<'v, 'p> {
    still: &'v Resolver<'p>,
    title: String,
    inputs: Vec<RequestFields>,
    /// Parts that several schemas are for: which one counts, the request decides.
    ambiguous: Vec<RequestPart>,
    /// Parts of which a handler also takes what no schema lets through.
    read_elsewhere: Vec<RequestPart>,
}

/// What a function may read that is given the whole request: a page of a list, who asks for it. A
/// body that was validated is hardly read again.
const READ_BY_HELPERS: [RequestPart; 3] =
    [RequestPart::Path, RequestPart::Query, RequestPart::Header];

impl<'p> Validated<'_, 'p> {
    /// What is validated, each part once.
    fn inputs(self) -> Vec<RequestFields> {
        let mut inputs = self.inputs;
        inputs.retain(|input| !self.ambiguous.contains(&input.part));
        for input in &mut inputs {
            input.complete = !self.read_elsewhere.contains(&input.part);
        }
        inputs
    }

    /// Reads an argument of the call that registers the route.
    fn argument(&mut self, module: &'p Module, argument: &'p Expr, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match &argument.kind {
            ExprKind::Function(function) => self.handler(module, function),
            ExprKind::Name(name) => {
                if let Some((module, function)) = self.named(module, name) {
                    self.handler(module, function);
                }
            }
            ExprKind::Call(callee, _, arguments) => {
                let part = arguments.first().and_then(|first| match &first.value.kind {
                    ExprKind::String(word) => part_of(OF_HONO, word),
                    _ => None,
                });
                match (is_validator(callee), part, arguments.get(1)) {
                    (true, Some(part), Some(schema)) => self.add(module, part, &schema.value),
                    _ => arguments
                        .iter()
                        .for_each(|inner| self.argument(module, &inner.value, depth + 1)),
                }
            }
            ExprKind::Array(items) => items
                .iter()
                .for_each(|item| self.argument(module, &item.value, depth + 1)),
            ExprKind::Object(members) => self.options(module, members),
            _ => {}
        }
    }

    /// The function that a name stands for.
    fn named(&self, module: &'p Module, name: &str) -> Option<(&'p Module, &'p Function)> {
        let Symbol::Declared(module, name) = self.still.program.lookup(module, name)? else {
            return None;
        };
        let mut declared = module.declarations(name);
        declared.find_map(|statement| match &statement.kind {
            StatementKind::Function(_, function) => Some((module, &**function)),
            StatementKind::Variable(variable) => match &variable.value.as_ref()?.kind {
                ExprKind::Function(function) => Some((module, &**function)),
                // `export const create = asyncHandler(async (req, res) => …)`
                ExprKind::Call(_, _, arguments) => arguments.iter().find_map(|inner| {
                    let ExprKind::Function(function) = &inner.value.kind else {
                        return None;
                    };
                    Some((module, &**function))
                }),
                _ => None,
            },
            _ => None,
        })
    }

    /// `{ schema: { body: Schema }, handler }`
    fn options(&mut self, module: &'p Module, members: &'p [ObjectMember]) {
        let value = |members: &'p [ObjectMember], wanted: &str| {
            members.iter().find_map(|member| match member {
                ObjectMember::Property { key, value, .. } if key.literal() == Some(wanted) => {
                    Some(value)
                }
                ObjectMember::Property { .. } | ObjectMember::Spread(_) => None,
            })
        };
        if let Some(ExprKind::Object(schemas)) = value(members, "schema").map(|one| &one.kind) {
            for (key, part) in OF_FASTIFY {
                if let Some(schema) = value(schemas, key) {
                    self.add(module, *part, schema);
                }
            }
        }
        if let Some(handler) = value(members, "handler") {
            self.argument(module, handler, 1);
        }
    }

    fn handler(&mut self, module: &'p Module, function: &'p Function) {
        let mut names = RequestNames::of(function);
        names.add_locals(function.body.statements());
        let mut found = Vec::new();
        // The places where a part is validated, or given a name.
        let mut accounted = names.named_at.clone();
        let mut read = Vec::new();
        for statement in function.body.statements() {
            statement.walk(&mut |expression| {
                if let Some(part) = names
                    .part(expression)
                    .or_else(|| names.one_value(expression))
                {
                    read.push((part, expression.span));
                }
                if let ExprKind::Call(_, _, arguments) = &expression.kind
                    && arguments.iter().any(|one| names.is_request(&one.value))
                {
                    self.read_elsewhere.extend(READ_BY_HELPERS);
                }
                if let ExprKind::Call(callee, _, arguments) = &expression.kind
                    && let (ExprKind::Member(schema, method, _), [first, ..]) =
                        (&callee.kind, &**arguments)
                    && PARSERS.contains(&method.as_str())
                    && let Some(part) = names.part(&first.value)
                {
                    accounted.push(first.value.span);
                    found.push((part, &**schema));
                }
            });
        }
        let is_inside =
            |span: &Span, around: &Span| around.start <= span.start && span.end <= around.end;
        read.retain(|(_, span)| !accounted.iter().any(|around| is_inside(span, around)));
        self.read_elsewhere
            .extend(read.into_iter().map(|(part, _)| part));
        for (part, schema) in found {
            self.add(module, part, schema);
        }
    }

    /// Adds the fields of a schema; none where it is no object that can be read.
    fn add(&mut self, module: &'p Module, part: RequestPart, schema: &'p Expr) {
        if self.inputs.iter().any(|input| input.part == part) {
            self.ambiguous.push(part);
            return;
        }
        let scope = Scope::module(module);
        let name = match &schema.kind {
            ExprKind::Name(name) => name.as_str(),
            _ => self.title.as_str(),
        };
        let unnamed = Unnamed {
            scope: &scope,
            name,
            span: schema.span,
            may_be_envelope: false,
        };
        let shape = in_place::of_expression(self.still, unnamed, schema);
        if let Ok(Some(shape)) = shape {
            self.inputs.push(RequestFields {
                part,
                named: Vec::new(),
                held: Some(shape.declaration).filter(|_| !shape.list),
                complete: true,
            });
        }
    }
}

/// Whether a call makes a validator of Hono: `zValidator('json', Schema)`.
fn is_validator(callee: &Expr) -> bool {
    let name = match &callee.kind {
        ExprKind::Name(name) | ExprKind::Member(_, name, _) => name.as_str(),
        _ => return false,
    };
    name.to_ascii_lowercase().ends_with("validator")
}

/// The names that a handler has for its request and the parts of it.
#[derive(Default)]
struct RequestNames<'p> {
    /// The request, or a context that holds it.
    request: Option<&'p str>,
    parts: FxHashMap<&'p str, RequestPart>,
    /// Where parts were given names.
    named_at: Vec<Span>,
}

impl<'p> RequestNames<'p> {
    fn of(function: &'p Function) -> Self {
        let mut names = Self::default();
        let Some(first) = function.parameters.first() else {
            return names;
        };
        names.request = first.name.as_ref().map(|name| name.as_str());
        for bound in &first.bindings {
            if let Some(part) = part_of(MEMBERS, &bound.property) {
                names.parts.insert(bound.local.as_str(), part);
            }
        }
        names
    }

    /// Adds `const body = await c.req.json()`.
    fn add_locals(&mut self, statements: &'p [Statement]) {
        for statement in statements {
            match &statement.kind {
                StatementKind::Variable(variable) => {
                    let value = variable.value.as_ref();
                    let part = value.and_then(|value| self.part(value));
                    if let (Some(name), Some(part), Some(value)) = (statement.name(), part, value) {
                        self.parts.insert(name, part);
                        self.named_at.push(value.span);
                    }
                }
                StatementKind::Nested(inner) => self.add_locals(inner),
                _ => {}
            }
        }
    }

    /// The part of the request that an expression is.
    fn part(&self, expression: &Expr) -> Option<RequestPart> {
        match &expression.kind {
            ExprKind::Name(name) => self.parts.get(name.as_str()).copied(),
            ExprKind::Await(inner)
            | ExprKind::NonNull(inner)
            | ExprKind::As(inner, _)
            | ExprKind::Satisfies(inner, _) => self.part(inner),
            ExprKind::Binary(Binary::Coalesce | Binary::Or, inner, _) => self.part(inner),
            ExprKind::Member(object, member, _) if self.is_request(object) => {
                part_of(MEMBERS, member)
            }
            // `await c.req.json().catch(() => ({}))`
            ExprKind::Call(callee, _, _) => {
                let ExprKind::Member(object, method, _) = &callee.kind else {
                    return None;
                };
                match method.as_str() {
                    "catch" | "then" => self.part(object),
                    // One value is no whole part.
                    _ => {
                        let is_whole = matches!(&expression.kind, ExprKind::Call(_, _, given) if given.is_empty());
                        let is_request = is_whole && self.is_request(object);
                        is_request.then(|| part_of(OF_HONO, method)).flatten()
                    }
                }
            }
            _ => None,
        }
    }

    /// The part of which an expression is one value: `c.req.query('page')`.
    fn one_value(&self, expression: &Expr) -> Option<RequestPart> {
        let ExprKind::Call(callee, _, arguments) = &expression.kind else {
            return None;
        };
        let ExprKind::Member(object, method, _) = &callee.kind else {
            return None;
        };
        let is_one = !arguments.is_empty() && self.is_request(object);
        is_one.then(|| part_of(OF_HONO, method)).flatten()
    }

    /// `req`, `c.req`, `ctx.request`
    fn is_request(&self, expression: &Expr) -> bool {
        let is_name = |expression: &Expr| matches!(&expression.kind, ExprKind::Name(name) if Some(name.as_str()) == self.request);
        match &expression.kind {
            ExprKind::Member(object, member, _) => {
                matches!(member.as_str(), "req" | "request") && is_name(object)
            }
            _ => is_name(expression),
        }
    }
}
