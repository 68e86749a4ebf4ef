//! NestJS controllers: classes whose decorators name paths.

use std::rc::Rc;

use crate::typescript::endpoints::{joined, path_of, paths_of};
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{ClassDecl, Expr, ExprKind};
use crate::typescript::values::{PathText, Site, UnknownCall, Value, member_name};

/// A method of a controller that answers requests.
#[derive(Debug, Clone)]
pub struct Verb<'p> {
    /// Upper case; `ALL`.
    pub method: String,
    /// The controller's path and the method's.
    pub path: PathText,
    /// The version that the controller or method names.
    pub version: Option<PathText>,
    /// The decorated method.
    pub site: Site<'p>,
}

const VERBS: &[(&str, &str)] = &[
    ("Get", "GET"),
    ("Post", "POST"),
    ("Put", "PUT"),
    ("Patch", "PATCH"),
    ("Delete", "DELETE"),
    ("Head", "HEAD"),
    ("Options", "OPTIONS"),
    ("All", "ALL"),
    ("Sse", "GET"),
];

const PACKAGE: &str = "@nestjs/common";

/// The deepest nesting of decorators that are made of others.
const DEPTH: usize = 8;

/// A call of one of NestJS's decorators, by the decorator's name.
pub(super) type Decorator<'p> = (String, Rc<UnknownCall<'p>>);

/// Lists the requests that `class` answers, if it is a controller.
pub(super) fn verbs<'p>(
    resolver: &Resolver<'p>,
    scope: &Scope<'p>,
    class: &'p ClassDecl,
) -> Vec<Verb<'p>> {
    let of_class = decorators(resolver, &class.decorators, scope);
    let Some((_, controller)) = of_class.iter().find(|(name, _)| name == "Controller") else {
        return Vec::new();
    };
    let (paths, version) = controller_options(resolver, &controller.arguments(resolver).at(0));
    let mut verbs = Vec::new();
    for member in class
        .members
        .iter()
        .filter(|member| member_name(member).is_some())
    {
        let calls = decorators(resolver, &member.decorators, scope);
        let own = calls.iter().find(|(name, _)| name == "Version");
        let own = own.map(|(_, call)| path_of(&call.arguments(resolver).at(0)));
        let site = Site {
            file: &scope.module.path,
            span: place(member),
        };
        let names_verb = |(name, _): &Decorator<'p>| VERBS.iter().any(|verb| verb.0 == name);
        let may_be_made = member
            .decorators
            .iter()
            .any(|decorator| is_custom(resolver, decorator, scope));
        if !calls.iter().any(names_verb) && may_be_made {
            let path = Err(
                "its decorators name no method and path that are known before the program runs"
                    .into(),
            );
            verbs.push(Verb {
                method: "ALL".into(),
                path,
                version: None,
                site,
            });
        }
        for (decorator, call) in &calls {
            let Some((_, method)) = VERBS.iter().find(|(name, _)| name == decorator) else {
                continue;
            };
            for path in paths_of(resolver, &call.arguments(resolver).at(0)) {
                for controller in &paths {
                    let version = own.clone().or(version.clone());
                    let path = joined(controller, &path);
                    verbs.push(Verb {
                        method: (*method).to_owned(),
                        path,
                        version,
                        site,
                    });
                }
            }
        }
    }
    verbs
}

fn controller_options<'p>(
    resolver: &Resolver<'p>,
    first: &Value<'p>,
) -> (Vec<PathText>, Option<PathText>) {
    if !matches!(first, Value::Object(_)) {
        return (paths_of(resolver, first), None);
    }
    let path = resolver
        .entry_value(first, "path")
        .unwrap_or(Value::Undefined);
    let version = resolver
        .entry_value(first, "version")
        .filter(|version| !version.is_nothing());
    (
        paths_of(resolver, &path),
        version.map(|version| path_of(&version)),
    )
}

/// The calls of NestJS's decorators, those that decorators of the monorepo are made of included.
pub(super) fn decorators<'p>(
    resolver: &Resolver<'p>,
    decorators: &'p [Expr],
    scope: &Scope<'p>,
) -> Vec<Decorator<'p>> {
    let mut calls = Vec::new();
    for decorator in decorators {
        let value = resolver.value(scope, decorator);
        decorator_calls(resolver, &value, &mut calls, 0);
    }
    calls
}

fn decorator_calls<'p>(
    resolver: &Resolver<'p>,
    value: &Value<'p>,
    calls: &mut Vec<Decorator<'p>>,
    depth: usize,
) {
    let Value::Called(call) = value else { return };
    match call.callee.external() {
        Some((PACKAGE, name)) if name == "applyDecorators" && depth < DEPTH => {
            let arguments = call.arguments(resolver);
            for at in 0..arguments.count() {
                decorator_calls(resolver, &arguments.at(at), calls, depth + 1);
            }
        }
        Some((PACKAGE, name)) => calls.push((name, Rc::clone(call))),
        _ => {}
    }
}

/// Whether a decorator is one of the monorepo's own, and may be made of NestJS's.
fn is_custom<'p>(resolver: &Resolver<'p>, decorator: &'p Expr, scope: &Scope<'p>) -> bool {
    let ExprKind::Call(callee, ..) = &decorator.kind else {
        return false;
    };
    matches!(resolver.value(scope, callee), Value::Function(..))
}

fn place(member: &crate::typescript::syntax::ClassMember) -> crate::source::Span {
    member
        .decorators
        .first()
        .map_or(member.property.key.span, |decorator| decorator.span)
}
