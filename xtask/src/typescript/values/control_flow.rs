//! Facts about a function that need no analysis of its control flow. They are the value that the
//! function returns, if that is one expression, and the names whose types may have changed.
//! Conditions, assertions and assignments change types.

use crate::typescript::syntax::{Expr, ExprKind, Statement, StatementKind};

/// The return value of a function body.
pub(super) enum Returned<'p> {
    /// This, whatever happens before.
    Once(&'p Expr),
    /// Nothing.
    Never,
    /// One of several.
    Branches,
}

/// Determines the return value of a function body, where that does not depend on control flow.
pub(super) fn returns(body: &[Statement]) -> Returned<'_> {
    for statement in body {
        match &statement.kind {
            StatementKind::Return(Some(value)) => return Returned::Once(value),
            StatementKind::Return(None) => return Returned::Never,
            StatementKind::Nested(_) | StatementKind::Switch(..)
                if may_return(std::slice::from_ref(statement)) =>
            {
                return Returned::Branches;
            }
            StatementKind::Expression(loop_) if loop_body(loop_).is_some_and(may_return) => {
                return Returned::Branches;
            }
            _ => {}
        }
    }
    Returned::Never
}

fn may_return(body: &[Statement]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StatementKind::Return(_) => true,
        StatementKind::Nested(inner) => may_return(inner),
        StatementKind::Switch(_, cases) => cases.iter().any(|case| may_return(&case.body)),
        StatementKind::Expression(loop_) => loop_body(loop_).is_some_and(may_return),
        _ => false,
    })
}

/// The names whose types may be other ones behind a statement of `body`.
pub(super) fn guards(body: &[Statement]) -> Vec<&str> {
    let mut names = Vec::new();
    body.iter()
        .for_each(|statement| guard(statement, &mut names));
    let told: Vec<&str> = names.clone();
    body.iter()
        .filter(|one| one.name().is_some_and(|name| told.contains(&name)))
        .for_each(|one| aliased(one, &mut names));
    names
}

/// The names behind a constant that is a condition: `const isKnown = user !== null`.
pub(super) fn aliased<'p>(statement: &'p Statement, names: &mut Vec<&'p str>) {
    if let StatementKind::Variable(variable) = &statement.kind {
        variable.value.iter().for_each(|value| named(value, names));
    }
}

fn guard<'p>(statement: &'p Statement, names: &mut Vec<&'p str>) {
    match &statement.kind {
        StatementKind::Condition(test) => named(test, names),
        StatementKind::Nested(body) => body.iter().for_each(|statement| guard(statement, names)),
        StatementKind::Switch(value, cases) => {
            named(value, names);
            let bodies = cases.iter().flat_map(|case| &case.body);
            bodies.for_each(|statement| guard(statement, names));
        }
        StatementKind::Expression(value) => match &value.kind {
            ExprKind::Assignment(target, _) => named(target, names),
            ExprKind::Call(_, _, arguments) => match loop_body(value) {
                Some(body) => body.iter().for_each(|statement| guard(statement, names)),
                // `assert(user)` may be an assertion.
                None => arguments
                    .iter()
                    .for_each(|argument| named(&argument.value, names)),
            },
            _ => named(value, names),
        },
        _ => {}
    }
}

/// The names in `value`, those inside functions left out.
pub(super) fn named<'p>(value: &'p Expr, names: &mut Vec<&'p str>) {
    if let ExprKind::Function(_) = &value.kind {
        return;
    }
    value.walk(&mut |inner| {
        if let ExprKind::Name(name) = &inner.kind {
            names.push(name);
        }
    });
}

/// The body of `for (a of b)`, which is kept as the call of a function.
fn loop_body(value: &Expr) -> Option<&[Statement]> {
    let ExprKind::Call(callee, _, arguments) = &value.kind else {
        return None;
    };
    let (ExprKind::Member(_, name, at), [callback]) = (&callee.kind, &**arguments) else {
        return None;
    };
    let ExprKind::Function(function) = &callback.value.kind else {
        return None;
    };
    (name == "forEach" && *at == callee.span).then(|| function.body.statements())
}
