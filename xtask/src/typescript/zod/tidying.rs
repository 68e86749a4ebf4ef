//! Functions of `.transform()` that only tidy a text: whatever length and format it may have before,
//! it may have after, as with Zod's own `.trim()`.

use crate::typescript::syntax::{Expr, ExprKind, StatementKind};
use crate::typescript::values::Value;

const TIDYING: &[&str] = &[
    "trim",
    "trimStart",
    "trimEnd",
    "toLowerCase",
    "toUpperCase",
    "normalize",
];

/// Whether a function only tidies the text that it is given: `(text) => text.trim()`.
pub(super) fn is_tidying(function: &Value<'_>) -> bool {
    let Value::Function(_, function) = function.uncast() else {
        return false;
    };
    let ([parameter], [only]) = (&*function.parameters, function.body.statements()) else {
        return false;
    };
    let (Some(name), StatementKind::Return(Some(returned))) = (&parameter.name, &only.kind) else {
        return false;
    };
    tidies(returned, name)
}

fn tidies(expression: &Expr, name: &str) -> bool {
    match &expression.kind {
        ExprKind::Name(given) => **given == *name,
        ExprKind::Call(callee, _, arguments) => match &callee.kind {
            ExprKind::Member(inner, method, _) => {
                arguments.is_empty() && TIDYING.contains(&&**method) && tidies(inner, name)
            }
            _ => false,
        },
        _ => false,
    }
}
