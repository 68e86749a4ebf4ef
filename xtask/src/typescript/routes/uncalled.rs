//! Functions and classes that nobody calls in what was read: a framework does (`export default async function
//! (fastify: FastifyInstance)`), or a file that is not among the configured ones.

use std::rc::Rc;

use crate::typescript::evaluate::{Birth, ClassValue, Evaluator, Framework, Value};
use crate::typescript::syntax::{StatementKind, TypeKind, Variable};

/// Calls the functions of `file` that take an application or router and that nothing has called, and makes the classes
/// that nothing has made.
pub(super) fn run(evaluator: &mut Evaluator<'_>, file: &str) {
    let plugins = plugins(evaluator, file);
    for (name, span, thunk) in evaluator.top_level_values(file) {
        let value = evaluator.peek(&thunk);
        match value {
            Some(Value::Function(closure)) if !evaluator.was_called(closure.function) => {
                if plugins.iter().any(|plugin| plugin == name) {
                    evaluator.call_with_router(&closure, Framework::Fastify, Birth::GivenRouter, span);
                } else if evaluator.deals_with_routers(closure.function, file) {
                    evaluator.call(&Value::Function(closure), &[]);
                }
            }
            Some(Value::Class(class)) => run_class(evaluator, &class),
            _ => {}
        }
    }
}

/// The variables that are declared to be plugins of Fastify: `const routes: FastifyPluginAsync = …`.
fn plugins(evaluator: &Evaluator<'_>, file: &str) -> Vec<String> {
    let Some(module) = evaluator.program().load(file) else { return Vec::new() };
    let plugin = |variable: &Variable| match variable.annotation.as_ref().map(|annotation| &annotation.kind) {
        Some(TypeKind::Reference(path, _)) => path.last().is_some_and(|name| name.starts_with("FastifyPlugin")),
        _ => false,
    };
    let variables = module.statements.iter().filter_map(|statement| match &statement.kind {
        StatementKind::Variable(variable) => Some(variable),
        _ => None,
    });
    variables.filter(|variable| plugin(variable)).map(|variable| variable.name.text.to_string()).collect()
}

fn run_class<'p>(evaluator: &mut Evaluator<'p>, class: &Rc<ClassValue<'p>>) {
    let methods = evaluator.router_methods(class);
    let made = evaluator.was_made(class.class);
    if made && methods.is_empty() {
        return;
    }
    if !made && !evaluator.mentions_routers(class) && methods.is_empty() {
        return;
    }
    let instance = evaluator.instantiate(class, &[]);
    for method in methods {
        let method = evaluator.method(class, method, instance.clone());
        evaluator.call(&method, &[]);
    }
}
