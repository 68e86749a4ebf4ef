//! NestJS controllers: classes whose decorators name paths.

use std::rc::Rc;

use super::classes::name;
use super::routers::{PathText, self_path};
use super::value::{Argument, ClassValue, Opaque, Site, Value};
use super::{Evaluator, Scope};
use crate::typescript::syntax::{Expr, ExprKind};

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

impl<'p> Evaluator<'p> {
    /// What `class` answers to, if it is a controller.
    pub fn controller(&mut self, class: &Rc<ClassValue<'p>>) -> Vec<Verb<'p>> {
        let decorators = self.decorators(&class.class.decorators, &class.scope);
        let Some((_, arguments)) = decorators.iter().find(|(name, _)| name == "Controller") else { return Vec::new() };
        let first = self.argument(arguments, 0);
        let (paths, version) = self.controller_options(&first);
        let mut verbs = Vec::new();
        for member in &class.class.members {
            if name(member).is_none() {
                continue;
            }
            let decorators = self.decorators(&member.decorators, &class.scope);
            let own = decorators.iter().find(|(name, _)| name == "Version").map(|(_, arguments)| {
                let version = self.argument(arguments, 0);
                self_path(&version)
            });
            let site = Site { file: class.scope.file, span: place(member) };
            let names_verb = |(name, _): &(String, _)| VERBS.iter().any(|verb| verb.0 == name);
            if !decorators.iter().any(names_verb) && member.decorators.iter().any(|one| is_custom(one, class, self)) {
                let path = Err("its decorators name no method and path that are known before the program runs".into());
                verbs.push(Verb { method: "ALL".into(), path, version: None, site });
            }
            for (decorator, arguments) in &decorators {
                let Some((_, method)) = VERBS.iter().find(|(name, _)| name == decorator) else { continue };
                let path = self.argument(arguments, 0);
                for path in self.paths(&path) {
                    for controller in &paths {
                        let path = super::routers::joined(controller, &path);
                        let version = own.clone().or(version.clone());
                        verbs.push(Verb { method: (*method).to_owned(), path, version, site });
                    }
                }
            }
        }
        verbs
    }

    fn controller_options(&mut self, first: &Value<'p>) -> (Vec<PathText>, Option<PathText>) {
        let Value::Object(options) = first else { return (self.paths(first), None) };
        let path = self.entry_value(options, "path");
        let version = match self.entry_value(options, "version") {
            Value::Nothing => None,
            other => Some(self_path(&other)),
        };
        (self.paths(&path), version)
    }

    /// The calls of NestJS's decorators, those that decorators of the monorepo are made of included.
    pub(super) fn decorators(
        &mut self,
        decorators: &'p [Expr],
        scope: &Rc<Scope<'p>>,
    ) -> Vec<(String, Vec<Argument<'p>>)> {
        let mut calls = Vec::new();
        for decorator in decorators {
            let value = self.evaluate(decorator, scope);
            self.decorator_calls(&value, &mut calls, 0);
        }
        calls
    }

    fn decorator_calls(&mut self, value: &Value<'p>, calls: &mut Vec<(String, Vec<Argument<'p>>)>, depth: usize) {
        let Value::Opaque(opaque) = value else { return };
        let Opaque::Call(callee, arguments) = &**opaque else { return };
        match callee.external() {
            Some((package, name)) if &*package == PACKAGE && name == "applyDecorators" && depth < 8 => {
                for argument in arguments {
                    let inner = self.force(&argument.value);
                    self.decorator_calls(&inner, calls, depth + 1);
                }
            }
            Some((package, name)) if &*package == PACKAGE => calls.push((name, arguments.clone())),
            _ => {}
        }
    }
}

/// Whether a decorator is one of the monorepo's own, and may be made of NestJS's.
fn is_custom<'p>(decorator: &'p Expr, class: &Rc<ClassValue<'p>>, evaluator: &mut Evaluator<'p>) -> bool {
    let ExprKind::Call(callee, ..) = &decorator.kind else { return false };
    matches!(evaluator.evaluate(callee, &class.scope), Value::Function(_))
}

fn place(member: &crate::typescript::syntax::ClassMember) -> crate::source::Span {
    member.decorators.first().map_or(member.property.key.span, |decorator| decorator.span)
}
