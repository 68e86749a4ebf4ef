//! The methods of NestJS's controllers as contracts: what `@Body()`, `@Query()` and `@Param()` name
//! comes in, what the return type and `@ApiOkResponse({ type })` name goes out.

use super::nest_inputs;
use super::references::Referrer;
use crate::facts::{
    Contract, ContractReference, ContractShape, Parameters, RequestFields, RequestPart,
};
use crate::source::Location;
use crate::typescript::collect::in_place::{self, Unnamed};
use crate::typescript::collect::tags;
use crate::typescript::decorators::Decorators;
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::routes::{NestEndpoint, Server, path};
use crate::typescript::syntax::{
    Expr, ExprKind, Function, MemberKind, TypeKind, TypeNode, TypeParameter,
};
use crate::typescript::values::{Value, member_name};
use crate::typescript::vocabulary::Library;

/// Types around what an endpoint returns.
const AROUND: &[&str] = &["Promise", "Observable", "Array", "ReadonlyArray", "Awaited"];

/// How deep those are nested.
const DEPTH: usize = 4;

/// The statements of a method about its endpoint.
#[derive(Default)]
struct Said {
    body: Option<ContractReference>,
    query: Option<ContractReference>,
    parameters: Option<ContractReference>,
    /// The parameters of the path that it asks for one by one.
    taken: Vec<(String, Location)>,
    response: Option<ContractReference>,
    response_shape: Option<ContractShape>,
    inputs: Vec<RequestFields>,
    /// Whether something is said, though it names no declaration.
    anything: bool,
}

/// Reads the contracts of all endpoints that controllers have. A method that says nothing of what
/// comes in or goes out is none.
pub(super) fn read<'p>(resolver: &Resolver<'p>, server: &Server<'p>) -> Vec<Contract> {
    let still = Resolver::new(resolver.program);
    let mut contracts = Vec::new();
    for endpoint in server.nest_endpoints() {
        still.begin();
        let said = said(&still, &endpoint);
        if said.anything {
            contracts.extend(made(&still, &endpoint, &said));
        }
    }
    contracts
}

fn made<'p>(still: &Resolver<'p>, endpoint: &NestEndpoint<'p>, said: &Said) -> Vec<Contract> {
    let paths = match endpoint.path.as_deref().map(path::normalised) {
        Ok(Ok(paths)) => paths,
        // The route says why it is not known.
        Ok(Err(_)) | Err(_) => return Vec::new(),
    };
    let Some(module) = still.program.load(endpoint.site.file) else {
        return Vec::new();
    };
    let request = said.body.as_ref().or(said.query.as_ref()).cloned();
    let named = [&said.body, &said.query, &said.parameters, &said.response];
    let contract = |path: String| Contract {
        name: name(endpoint),
        method: endpoint.method.clone(),
        path,
        location: module.location(endpoint.site.span),
        request: request.clone(),
        response: said.response.clone(),
        request_shape: None,
        response_shape: said.response_shape.clone(),
        references: named.into_iter().flatten().cloned().collect(),
        parameters: parameters(said, module.location(endpoint.site.span)),
        request_part: match said.body {
            Some(_) => RequestPart::Body,
            None => RequestPart::Query,
        },
        inputs: said.inputs.clone(),
        in_document: false,
        served: true,
        application: None,
        alternatives: Vec::new(),
        document: None,
        tags: tags::read(module, endpoint.site.span),
    };
    paths.into_iter().map(contract).collect()
}

/// What the method says of the parameters of its path.
fn parameters(said: &Said, endpoint: Location) -> Option<Parameters> {
    let named = said.parameters.as_ref();
    (named.is_some() || !said.taken.is_empty()).then(|| Parameters {
        location: named.map_or(endpoint, |reference| reference.location.clone()),
        keys: None,
        declaration: named.and_then(|reference| reference.declaration.clone()),
        inherited: Vec::new(),
        taken: said.taken.clone(),
    })
}

/// `UsersController.create`
fn name(endpoint: &NestEndpoint<'_>) -> String {
    let class = endpoint.class.1.name.as_ref();
    let class = class.map_or("default", |(name, _span)| name.as_str());
    let method = member_name(endpoint.member).unwrap_or_default();
    format!("{class}.{method}")
}

fn said<'p>(still: &Resolver<'p>, endpoint: &NestEndpoint<'p>) -> Said {
    let mut said = Said::default();
    let MemberKind::Method(function) = &endpoint.member.kind else {
        return said;
    };
    let scope = Scope::module(endpoint.class.0.module);
    said.comes_in(still, &scope, &endpoint.class.1.type_parameters, function);
    said.inputs = nest_inputs::read(still, &scope, function, &name(endpoint));
    said.goes_out(still, &scope, endpoint, function);
    let of_class = Decorators::read(still, &scope, &endpoint.class.1.decorators);
    said.anything |= of_class.of(Library::NestSwagger).next().is_some();
    said
}

impl Said {
    fn comes_in<'p>(
        &mut self,
        still: &Resolver<'p>,
        scope: &Scope<'p>,
        of_class: &[TypeParameter],
        function: &'p Function,
    ) {
        for parameter in &function.parameters {
            let decorators = Decorators::read(still, scope, &parameter.decorators);
            for decorator in decorators.of(Library::Nest) {
                let first = decorator.arguments(still).at(0);
                // `@Param('id')` takes a part.
                let is_part = matches!(first.uncast(), Value::String(_));
                if let ("Param", Value::String(key)) = (&*decorator.name, first.uncast()) {
                    let location = scope.module.location(parameter.span);
                    self.taken.push((key.to_string(), location));
                }
                let named = || {
                    let node = parameter.annotation.as_ref().filter(|_| !is_part)?;
                    let generic = function.type_parameters.iter().chain(of_class);
                    let names: Vec<&str> = generic.map(|one| one.name.as_str()).collect();
                    of_type(still, scope, node).or_else(|| nowhere(still, scope, node, &names))
                };
                let place = match &*decorator.name {
                    "Body" => &mut self.body,
                    "Query" => &mut self.query,
                    "Param" => &mut self.parameters,
                    _ => continue,
                };
                self.anything = true;
                *place = place.take().or_else(named);
            }
        }
    }

    fn goes_out<'p>(
        &mut self,
        still: &Resolver<'p>,
        scope: &Scope<'p>,
        endpoint: &NestEndpoint<'p>,
        function: &'p Function,
    ) {
        let decorators = Decorators::read(still, scope, &endpoint.member.decorators);
        for decorator in decorators.of(Library::NestSwagger) {
            self.anything = true;
            let options = decorator.arguments(still).at(0);
            if !is_success(&decorator.name, &options) {
                continue;
            }
            let entry = options
                .as_object()
                .and_then(|options| options.get("type")?.place.clone());
            let found = entry.and_then(|place| of_expression(still, &place.scope, place.value));
            self.response = self.response.take().or(found);
        }
        let Some(node) = &function.return_type else {
            return;
        };
        self.anything = true;
        if self.response.is_some() {
            return;
        }
        self.response = of_type(still, scope, node);
        let unnamed = Unnamed {
            scope,
            name: &name(endpoint),
            span: node.span,
            may_be_envelope: true,
        };
        self.response_shape = in_place::of_type(still, unnamed, node).ok().flatten();
    }
}

/// Whether a decorator describes the answer to what succeeds.
fn is_success(name: &str, options: &Value<'_>) -> bool {
    match name {
        "ApiOkResponse" | "ApiCreatedResponse" | "ApiAcceptedResponse" | "ApiDefaultResponse" => {
            true
        }
        "ApiResponse" => {
            let status = options.property("status").and_then(Value::as_number);
            status.is_none_or(|status| (200.0..300.0).contains(&status))
        }
        _ => false,
    }
}

/// The declaration that a type names, behind promises and lists.
pub(super) fn of_type<'p>(
    still: &Resolver<'p>,
    scope: &Scope<'p>,
    node: &'p TypeNode,
) -> Option<ContractReference> {
    let mut node = node;
    for _ in 0..DEPTH {
        node = match &node.kind {
            TypeKind::Array(items) => items,
            TypeKind::Reference(named) => match (named.path.as_slice(), &*named.arguments) {
                ([name], [inner]) if AROUND.contains(&name.as_str()) => inner,
                _ => break,
            },
            _ => break,
        };
    }
    let mut referrer = Referrer::new(still.program, scope);
    referrer.type_node(node, true);
    declared(referrer)
}

/// The declaration in `UserDto` and `[UserDto]`.
fn of_expression<'p>(
    still: &Resolver<'p>,
    scope: &Scope<'p>,
    expression: &'p Expr,
) -> Option<ContractReference> {
    let inner = match &expression.kind {
        ExprKind::Array(items) => &items.first()?.value,
        _ => expression,
    };
    let mut referrer = Referrer::new(still.program, scope);
    referrer.expression(inner, true);
    declared(referrer)
}

/// The name of the type of what comes in that is declared nowhere: nothing is checked of it when the
/// program runs.
fn nowhere<'p>(
    still: &Resolver<'p>,
    scope: &Scope<'p>,
    node: &'p TypeNode,
    type_parameters: &[&str],
) -> Option<ContractReference> {
    let TypeKind::Reference(named) = &node.kind else {
        return None;
    };
    let mut referrer = Referrer::new(still.program, scope);
    referrer.type_node(node, true);
    let first = referrer.found.into_iter().next()?;
    let is_parameter = type_parameters.contains(&first.name.as_str());
    let is_plain = named.path.len() == 1 && !is_parameter;
    (!first.resolved && is_plain).then_some(first)
}

/// The first name, where it is a declaration of the monorepo.
fn declared(referrer: Referrer<'_, '_>) -> Option<ContractReference> {
    let first = referrer.found.into_iter().next()?;
    first.declaration.is_some().then_some(first)
}
