//! Which names are visible where a type or expression stands: type parameters, parameters and
//! locals of a function, declarations of a namespace, then the file.

use std::collections::HashMap;
use std::rc::Rc;

use super::Lazy;
use super::call_constants::CallConstants;
use super::locals::Locals;
use crate::typescript::syntax::{ClassDecl, Module, Statement, TypeNode, TypeParameter};
use crate::typescript::values::Value;

/// The names that are visible somewhere in a file.
#[derive(Clone)]
pub struct Scope<'p> {
    /// The file.
    pub module: &'p Module,
    innermost: Option<Rc<Frame<'p>>>,
}

struct Frame<'p> {
    names: ScopeNames<'p>,
    outer: Option<Rc<Frame<'p>>>,
}

enum ScopeNames<'p> {
    Types(Vec<TypeArgument<'p>>),
    Values(HashMap<&'p str, Value<'p>>),
    Statements(&'p [Statement]),
    /// The body of a called function, with the constants of that call.
    Body(&'p [Statement], Rc<CallConstants<'p>>),
    Locals(Rc<Locals<'p>>),
    Receiver(Receiver<'p>),
    /// Names whose types may be other ones than they are declared with.
    Unsure(Vec<&'p str>),
}

struct TypeArgument<'p> {
    name: &'p str,
    constraint: Option<&'p TypeNode>,
    value: Option<Lazy<'p>>,
}

/// The `this` of a method, and the class that the method belongs to.
#[derive(Clone)]
pub struct Receiver<'p> {
    /// `this`
    pub this: Value<'p>,
    /// The class, with the scope it was declared in.
    pub class: Option<(Scope<'p>, &'p ClassDecl)>,
}

/// The meaning of a name inside a scope, before the file is consulted.
pub enum Binding<'p> {
    /// A type parameter with its argument; none where it has none. With its constraint.
    Type(Option<Lazy<'p>>, Option<&'p TypeNode>),
    /// A parameter.
    Value(Value<'p>),
    /// Declarations in a namespace or function body, with the scope they stand in.
    Statements(Scope<'p>, Vec<&'p Statement>),
}

impl<'p> Scope<'p> {
    /// The top of a file.
    pub fn module(module: &'p Module) -> Self {
        Self {
            module,
            innermost: None,
        }
    }

    /// Whether only the names of the file are visible.
    pub fn is_top(&self) -> bool {
        self.innermost.is_none()
    }

    /// Whether what is visible is the same for every reader: no type or value was passed in.
    pub fn is_static(&self) -> bool {
        let mut frame = self.innermost.as_ref();
        while let Some(current) = frame {
            if !matches!(current.names, ScopeNames::Statements(_)) {
                return false;
            }
            frame = current.outer.as_ref();
        }
        true
    }

    fn with(&self, names: ScopeNames<'p>) -> Self {
        Self {
            module: self.module,
            innermost: Some(Rc::new(Frame {
                names,
                outer: self.innermost.clone(),
            })),
        }
    }

    /// Inside a declaration with type `parameters` that were given `arguments`.
    #[must_use]
    pub fn with_types(&self, parameters: &'p [TypeParameter], arguments: &[Lazy<'p>]) -> Self {
        if parameters.is_empty() {
            return self.clone();
        }
        let mut scope = self.clone();
        for (at, parameter) in parameters.iter().enumerate() {
            let default = || {
                parameter
                    .default
                    .as_ref()
                    .map(|default| Lazy::node(&scope, default))
            };
            let value = arguments.get(at).cloned().or_else(default);
            let (name, constraint) = (parameter.name.as_str(), parameter.constraint.as_ref());
            scope = scope.with(ScopeNames::Types(vec![TypeArgument {
                name,
                constraint,
                value,
            }]));
        }
        scope
    }

    /// Inside a type that binds the type `name` to `value`.
    #[must_use]
    pub fn with_type(&self, name: &'p str, value: Lazy<'p>) -> Self {
        self.with(ScopeNames::Types(vec![TypeArgument {
            name,
            constraint: None,
            value: Some(value),
        }]))
    }

    /// Inside a function with these parameters.
    #[must_use]
    pub fn with_values(&self, values: HashMap<&'p str, Value<'p>>) -> Self {
        self.with(ScopeNames::Values(values))
    }

    /// Inside a namespace.
    #[must_use]
    pub fn with_statements(&self, statements: &'p [Statement]) -> Self {
        self.with(ScopeNames::Statements(statements))
    }

    /// Inside the body of a function that was called.
    #[must_use]
    pub fn with_body(&self, statements: &'p [Statement]) -> Self {
        self.with(ScopeNames::Body(statements, Rc::default()))
    }

    /// The constants of the called function whose body this is.
    pub fn call_constants(&self) -> Option<&Rc<CallConstants<'p>>> {
        match &self.innermost.as_ref()?.names {
            ScopeNames::Body(_, constants) => Some(constants),
            _ => None,
        }
    }

    /// Inside a function whose statements may say more about the types of `names`.
    #[must_use]
    pub fn with_unsure(&self, names: Vec<&'p str>) -> Self {
        if names.is_empty() {
            self.clone()
        } else {
            self.with(ScopeNames::Unsure(names))
        }
    }

    /// Whether a statement of the function that declares `name`, or of one inside it, may say more
    /// about its type.
    pub fn is_unsure(&self, name: &str) -> bool {
        let mut frame = self.innermost.as_ref();
        let mut declared = false;
        while let Some(current) = frame {
            match &current.names {
                ScopeNames::Unsure(names) if names.contains(&name) => return true,
                ScopeNames::Unsure(_) if declared => return false,
                ScopeNames::Statements(statements) | ScopeNames::Body(statements, _) => {
                    declared |= !declared_in(statements, name).is_empty()
                }
                ScopeNames::Values(values) if values.contains_key(name) || declared => {
                    return false;
                }
                ScopeNames::Unsure(_) | ScopeNames::Values(_) | ScopeNames::Types(_) => {}
                ScopeNames::Locals(_) | ScopeNames::Receiver(_) => {}
            }
            frame = current.outer.as_ref();
        }
        false
    }

    /// Inside a function or block that runs.
    #[must_use]
    pub fn with_locals(&self, locals: Rc<Locals<'p>>) -> Self {
        self.with(ScopeNames::Locals(locals))
    }

    /// Inside a method that was called.
    #[must_use]
    pub fn with_receiver(&self, receiver: Receiver<'p>) -> Self {
        self.with(ScopeNames::Receiver(receiver))
    }

    /// The names of the function or block that runs, where this is the inside of one.
    pub fn locals(&self) -> Option<&Rc<Locals<'p>>> {
        match &self.innermost.as_ref()?.names {
            ScopeNames::Locals(locals) => Some(locals),
            _ => None,
        }
    }

    /// Whether a function of this scope has a `this` of its own, whatever it is called on.
    pub fn is_bound(&self) -> bool {
        matches!(
            self.innermost.as_ref().map(|frame| &frame.names),
            Some(ScopeNames::Receiver(_))
        )
    }

    /// The `this` of a program that runs.
    pub fn receiver(&self) -> Option<&Receiver<'p>> {
        self.frames().find_map(|names| match names {
            ScopeNames::Receiver(receiver) => Some(receiver),
            _ => None,
        })
    }

    /// The names of the call that this is inside of.
    pub fn call(&self) -> Option<&Rc<Locals<'p>>> {
        self.frames().find_map(|names| match names {
            ScopeNames::Locals(locals) => Some(locals),
            _ => None,
        })
    }

    /// The names of the call that binds `name`; none of a name at the top of the file.
    pub fn binding_call(&self, name: &str) -> Option<&Rc<Locals<'p>>> {
        self.frames().find_map(|names| match names {
            ScopeNames::Locals(locals) if locals.binds(name) => Some(locals),
            _ => None,
        })
    }

    fn frames(&self) -> impl Iterator<Item = &ScopeNames<'p>> {
        let frames = std::iter::successors(self.innermost.as_ref(), |frame| frame.outer.as_ref());
        frames.map(|frame| &frame.names)
    }

    /// Looks up `name` in the scopes inside the file; `None` where the file must be consulted.
    pub fn lookup(&self, name: &str) -> Option<Binding<'p>> {
        let mut frame = self.innermost.as_ref();
        while let Some(current) = frame {
            if let Some(binding) = self.lookup_in(current, name) {
                return Some(binding);
            }
            frame = current.outer.as_ref();
        }
        None
    }

    fn lookup_in(&self, frame: &Rc<Frame<'p>>, name: &str) -> Option<Binding<'p>> {
        match &frame.names {
            ScopeNames::Types(arguments) => {
                let argument = arguments.iter().find(|argument| argument.name == name)?;
                Some(Binding::Type(argument.value.clone(), argument.constraint))
            }
            ScopeNames::Values(values) => values.get(name).cloned().map(Binding::Value),
            ScopeNames::Statements(statements) | ScopeNames::Body(statements, _) => {
                let declared = declared_in(statements, name);
                let scope = Self {
                    module: self.module,
                    innermost: Some(Rc::clone(frame)),
                };
                (!declared.is_empty()).then_some(Binding::Statements(scope, declared))
            }
            ScopeNames::Locals(locals) => {
                let scope = || Self {
                    module: self.module,
                    innermost: Some(Rc::clone(frame)),
                };
                locals.binding(name, scope)
            }
            ScopeNames::Unsure(_) | ScopeNames::Receiver(_) => None,
        }
    }
}

/// The statements of a body that declare `name`.
pub(crate) fn declared_in<'p>(statements: &'p [Statement], name: &str) -> Vec<&'p Statement> {
    statements
        .iter()
        .filter(|statement| statement.name() == Some(name))
        .collect()
}
