//! Values that look like contracts and were not reached: they are in a function that nothing calls,
//! in a loop, or in the argument of a call that is no contract library's. They are named, so that a
//! registry that cannot be followed is no pass.

use std::collections::HashSet;

use crate::facts::UnresolvedEndpoint;
use crate::typescript::endpoints::is_method;
use crate::typescript::syntax::{Expr, ExprKind, Module, ObjectMember};
use crate::typescript::values::Site;

/// The objects of `module` with a method and a path that are none of `reached`.
pub(super) fn read<'p>(module: &'p Module, reached: &HashSet<Site<'p>>) -> Vec<UnresolvedEndpoint> {
    let mut found = Vec::new();
    let mut visit = |expression: &'p Expr| {
        let ExprKind::Object(members) = &expression.kind else {
            return;
        };
        let Some(name) = title(members) else { return };
        let site = Site {
            file: &module.path,
            span: expression.span,
        };
        if !reached.contains(&site) {
            found.push(UnresolvedEndpoint {
                what: "contract",
                tail: None,
                name,
                location: module.location(expression.span),
                reason: "nothing that was read leads to it".into(),
            });
        }
    };
    for statement in &module.statements {
        statement.walk(&mut visit);
    }
    found
}

/// `GET /users` of an object with that method and path. A path that is not written out counts as
/// one where the method is.
fn title(members: &[ObjectMember]) -> Option<String> {
    let method = value(members, "method").and_then(text)?;
    let path = value(members, "path")?;
    let path = match text(path) {
        Some(path) => path,
        None if matches!(path.kind, ExprKind::Template(..)) => "…",
        None => return None,
    };
    let is_path = path == "…" || path.starts_with('/');
    (is_method(method) && is_path).then(|| format!("{} {path}", method.to_ascii_uppercase()))
}

fn value<'e>(members: &'e [ObjectMember], name: &str) -> Option<&'e Expr> {
    members.iter().find_map(|member| match member {
        ObjectMember::Property { key, value, .. } if key.literal() == Some(name) => Some(value),
        ObjectMember::Property { .. } | ObjectMember::Spread(_) => None,
    })
}

fn text(value: &Expr) -> Option<&str> {
    match &value.kind {
        ExprKind::String(text) => Some(text),
        ExprKind::As(inner, _) | ExprKind::Satisfies(inner, _) => text(inner),
        ExprKind::AsConst(inner) => text(inner),
        _ => None,
    }
}
