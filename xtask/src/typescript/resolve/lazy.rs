//! Types that are evaluated when they are needed, once.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use super::{Resolver, Scope, Type};
use crate::typescript::syntax::TypeNode;

/// A type that is evaluated when it is needed.
#[derive(Clone)]
pub struct Lazy<'p>(Rc<Inner<'p>>);

struct Inner<'p> {
    known: OnceCell<Type<'p>>,
    running: Cell<bool>,
    source: LazySource<'p>,
}

type Compute<'p> = dyn Fn(&Resolver<'p>) -> Type<'p> + 'p;

enum LazySource<'p> {
    Known,
    Node(Scope<'p>, &'p TypeNode),
    Computed(Box<Compute<'p>>),
}

impl<'p> Lazy<'p> {
    /// A type that is known already.
    pub fn known(known: Type<'p>) -> Self {
        Self(Rc::new(Inner {
            known: known.into(),
            running: Cell::new(false),
            source: LazySource::Known,
        }))
    }

    /// A type as it is written in `scope`.
    pub fn node(scope: &Scope<'p>, node: &'p TypeNode) -> Self {
        let source = LazySource::Node(scope.clone(), node);
        Self(Rc::new(Inner {
            known: OnceCell::new(),
            running: Cell::new(false),
            source,
        }))
    }

    /// A type that `compute` computes.
    pub fn computed(compute: impl Fn(&Resolver<'p>) -> Type<'p> + 'p) -> Self {
        let source = LazySource::Computed(Box::new(compute));
        Self(Rc::new(Inner {
            known: OnceCell::new(),
            running: Cell::new(false),
            source,
        }))
    }

    /// The same for two that are one.
    pub fn address(&self) -> *const () {
        Rc::as_ptr(&self.0).cast()
    }

    /// The type.
    pub fn get(&self, resolver: &Resolver<'p>) -> Type<'p> {
        if let Some(known) = self.0.known.get() {
            return known.clone();
        }
        if self.0.running.replace(true) {
            return Type::unresolved("it refers to itself");
        }
        let evaluated = match &self.0.source {
            LazySource::Known => Type::unresolved("it is not known"),
            LazySource::Node(scope, node) => resolver.node(scope, node),
            LazySource::Computed(compute) => resolver
                .deeper(|| compute(resolver))
                .unwrap_or_else(Type::unresolved),
        };
        self.0.running.set(false);
        self.0.known.get_or_init(|| evaluated).clone()
    }
}
