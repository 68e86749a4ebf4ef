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
    guard_all(body, &mut names);
    let told: Vec<&str> = names.clone();
    for statement in body {
        if let Some(name) = statement.name()
            && told.contains(&name)
        {
            aliased(statement, &mut names);
        }
    }
    names
}

/// The names behind a constant that is a condition: `const isKnown = user !== null`.
pub(super) fn aliased<'p>(statement: &'p Statement, names: &mut Vec<&'p str>) {
    if let StatementKind::Variable(variable) = &statement.kind
        && let Some(value) = &variable.value
    {
        named(value, names);
    }
}

fn guard_all<'p>(body: &'p [Statement], names: &mut Vec<&'p str>) {
    for statement in body {
        guard(statement, names);
    }
}

fn guard<'p>(statement: &'p Statement, names: &mut Vec<&'p str>) {
    match &statement.kind {
        StatementKind::Condition(test) => named(test, names),
        StatementKind::Nested(body) => guard_all(body, names),
        StatementKind::Switch(value, cases) => {
            named(value, names);
            for case in cases {
                guard_all(&case.body, names);
            }
        }
        StatementKind::Expression(value) => match &value.kind {
            ExprKind::Assignment(target, _) => named(target, names),
            ExprKind::Call(_, _, arguments) => match loop_body(value) {
                Some(body) => guard_all(body, names),
                // `assert(user)` may be an assertion.
                None => {
                    for argument in arguments {
                        named(&argument.value, names);
                    }
                }
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
