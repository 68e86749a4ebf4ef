//! The fields of what a NestJS method takes beside the body: `@Query()` and `@Param()` of a class,
//! `@Query('page', ParseIntPipe)` and `@Headers('x-tenant')` of a part.

use compact_str::CompactString;

use super::nest::of_type;
use crate::facts::{Constraints, Declaration, Field, Kind, Rare, RequestFields, RequestPart};
use crate::typescript::decorators::Decorators;
use crate::typescript::kinds;
use crate::typescript::origins;
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{Argument, Expr, ExprKind, Function, ObjectMember, Parameter};
use crate::typescript::values::Value;
use crate::typescript::vocabulary::Library;

/// The decorators of parameters, with the part of the request that each takes from.
const PARTS: &[(&str, RequestPart)] = &[
    ("Query", RequestPart::Query),
    ("Param", RequestPart::Path),
    ("Headers", RequestPart::Header),
];

/// Decorators of parameters that take nothing which a client writes by name.
const OTHERS: &[&str] = &[
    "Body",
    "Res",
    "Response",
    "Next",
    "Ip",
    "HostParam",
    "Session",
    "UploadedFile",
    "UploadedFiles",
];

/// Reads what the parameters of `function` take, for the contract `name`.
pub(super) fn read<'p>(
    still: &Resolver<'p>,
    scope: &Scope<'p>,
    function: &'p Function,
    name: &str,
) -> Vec<RequestFields> {
    let mut parts: Vec<RequestFields> = PARTS.iter().map(|(_, part)| empty(*part)).collect();
    let mut is_followed = true;
    for parameter in &function.parameters {
        let decorators = Decorators::read(still, scope, &parameter.decorators);
        // A decorator of the monorepo's own may take anything of the request.
        is_followed &= decorators.others == 0;
        for decorator in decorators.of(Library::Nest) {
            let part = PARTS.iter().find(|(name, _)| *name == &*decorator.name);
            let Some((_, part)) = part else {
                is_followed &= OTHERS.contains(&&*decorator.name);
                continue;
            };
            let Some(fields) = parts.iter_mut().find(|one| one.part == *part) else {
                continue;
            };
            match decorator.arguments(still).at(0).uncast() {
                Value::String(key) => fields.hold(still, scope, (key, parameter), name),
                _whole => fields.name(still, scope, parameter),
            }
        }
    }
    for fields in &mut parts {
        fields.complete &= is_followed;
    }
    parts.retain(|fields| !fields.named.is_empty() || fields.held.is_some());
    parts
}

fn empty(part: RequestPart) -> RequestFields {
    RequestFields {
        part,
        named: Vec::new(),
        held: None,
        complete: true,
    }
}

impl RequestFields {
    /// Adds the class of a parameter that takes the whole part.
    fn name<'p>(&mut self, still: &Resolver<'p>, scope: &Scope<'p>, parameter: &'p Parameter) {
        let annotation = parameter.annotation.as_ref();
        let named = annotation.and_then(|node| of_type(still, scope, node));
        let named = named.filter(|reference| reference.whole);
        match named.and_then(|reference| reference.declaration) {
            Some(declaration) => self.named.push(declaration),
            None => self.complete = false,
        }
    }

    /// Adds a parameter that takes the value at `key`.
    fn hold<'p>(
        &mut self,
        still: &Resolver<'p>,
        scope: &Scope<'p>,
        (key, parameter): (&str, &'p Parameter),
        name: &str,
    ) {
        let location = scope.module.location(parameter.span);
        let field = field(still, scope, key, parameter);
        let fields = match self.held.take() {
            None => [field].into_iter().collect(),
            Some(held) => held.fields.iter().cloned().chain([field]).collect(),
        };
        self.held = Some(Box::new(Declaration {
            null_unchecked: !still.program.checks_null(scope.module),
            ..Declaration::of_fields(name.to_owned(), location, origins::CLASS, fields)
        }));
    }
}

fn field<'p>(
    still: &Resolver<'p>,
    scope: &Scope<'p>,
    key: &str,
    parameter: &'p Parameter,
) -> Field {
    let declared = parameter.annotation.as_ref();
    let declared = declared.map(|node| kinds::held(still, &still.node(scope, node)));
    let pipes = Pipes::of(&parameter.decorators);
    let is_declared_optional = declared.as_ref().is_some_and(|held| held.optional);
    let (kind, constraints) = match pipes.made {
        Some((kind, constraints)) => (kind, constraints),
        None => {
            let kind = declared.map_or(Kind::Any, |held| held.kind);
            (kind, Constraints::default())
        }
    };
    Field {
        name: CompactString::new(key),
        column: Rare::default(),
        location: scope.module.location(parameter.span),
        // Without a pipe nothing refuses a request that lacks it.
        optional: !pipes.demands || is_declared_optional || parameter.optional,
        nullable: false,
        kind,
        constraints: constraints.into(),
        reference: Rare::default(),
        has_default: pipes.fills_in || parameter.default.is_some(),
        sql: None,
        value: None,
        tags: Rare::default(),
        returned: None,
    }
}

/// What the pipes of a parameter do with its text.
#[derive(Default)]
struct Pipes {
    /// The values that pass.
    made: Option<(Kind, Constraints)>,
    /// Whether a request without it is refused.
    demands: bool,
    /// Whether a value is filled in where it is absent.
    fills_in: bool,
}

impl Pipes {
    fn of(decorators: &[Expr]) -> Self {
        let mut pipes = Self::default();
        for decorator in decorators {
            let ExprKind::Call(_, _, arguments) = &decorator.kind else {
                continue;
            };
            for argument in arguments.iter().skip(1) {
                pipes.add(argument);
            }
        }
        pipes
    }

    fn add(&mut self, argument: &Argument) {
        let (class, options): (&Expr, _) = match &argument.value.kind {
            ExprKind::New(class, _, arguments) => (class, arguments.first()),
            _ => (&argument.value, None),
        };
        let ExprKind::Name(name) = &class.kind else {
            return;
        };
        let whole = Constraints {
            integer: true,
            ..Constraints::default()
        };
        let uuid = Constraints {
            format: Some("uuid".into()),
            ..Constraints::default()
        };
        self.made = match name.as_str() {
            "DefaultValuePipe" => {
                self.fills_in = true;
                return;
            }
            "ParseIntPipe" => Some((Kind::Number, whole)),
            "ParseFloatPipe" => Some((Kind::Number, Constraints::default())),
            "ParseBoolPipe" => Some((Kind::Boolean, Constraints::default())),
            "ParseUUIDPipe" => Some((Kind::String, uuid)),
            // The annotation says which.
            "ParseEnumPipe" | "ParseArrayPipe" | "ParseDatePipe" => self.made.take(),
            _unknown => return,
        };
        self.demands |= !options.is_some_and(|options| is_optional(&options.value));
    }
}

/// Whether `optional: true` stands among the options of a pipe.
fn is_optional(options: &Expr) -> bool {
    let ExprKind::Object(members) = &options.kind else {
        return false;
    };
    members.iter().any(|member| match member {
        ObjectMember::Property { key, value, .. } => {
            key.literal() == Some("optional") && matches!(value.kind, ExprKind::Boolean(true))
        }
        ObjectMember::Spread(_) => false,
    })
}
