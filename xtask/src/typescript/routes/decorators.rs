//! NestJS controllers: classes whose decorators name paths.

use crate::typescript::decorators::Decorators;
use crate::typescript::endpoints::{joined, path_of, paths_of};
use crate::typescript::resolve::{Resolver, Scope};
use crate::typescript::syntax::{ClassDecl, ClassMember, Expr, ExprKind};
use crate::typescript::values::{PathText, Site, Value, member_name};
use crate::typescript::vocabulary::Library;

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
    pub member: &'p ClassMember,
    /// Where it stands.
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

/// Lists the requests that `class` answers, if it is a controller.
pub(super) fn verbs<'p>(
    resolver: &Resolver<'p>,
    scope: &Scope<'p>,
    class: &'p ClassDecl,
) -> Vec<Verb<'p>> {
    let of_class = Decorators::read(resolver, scope, &class.decorators);
    let Some(controller) = of_class.find(Library::Nest, "Controller") else {
        return Vec::new();
    };
    let (paths, version) = controller_options(resolver, &controller.arguments(resolver).at(0));
    let mut verbs = Vec::new();
    for member in class
        .members
        .iter()
        .filter(|member| member_name(member).is_some())
    {
        let calls = Decorators::read(resolver, scope, &member.decorators);
        let own = calls.find(Library::Nest, "Version");
        let own = own.map(|call| path_of(&call.arguments(resolver).at(0)));
        let site = Site {
            file: &scope.module.path,
            span: place(member),
        };
        let may_be_made = member
            .decorators
            .iter()
            .any(|decorator| is_custom(resolver, decorator, scope));
        let mut named = calls.of(Library::Nest).map(|call| &*call.name);
        if !named.any(|name| VERBS.iter().any(|verb| verb.0 == name)) && may_be_made {
            let path = Err(
                "its decorators name no method and path that are known before the program runs"
                    .into(),
            );
            verbs.push(Verb {
                method: "ALL".into(),
                path,
                version: None,
                member,
                site,
            });
        }
        for call in calls.of(Library::Nest) {
            let Some((_, method)) = VERBS.iter().find(|(name, _)| *name == &*call.name) else {
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
                        member,
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

/// Whether a decorator is one of the monorepo's own, and may be made of NestJS's.
fn is_custom<'p>(resolver: &Resolver<'p>, decorator: &'p Expr, scope: &Scope<'p>) -> bool {
    let ExprKind::Call(callee, ..) = &decorator.kind else {
        return false;
    };
    matches!(resolver.value(scope, callee), Value::Function(..))
}

fn place(member: &ClassMember) -> crate::source::Span {
    member
        .decorators
        .first()
        .map_or(member.property.key.span, |decorator| decorator.span)
}
