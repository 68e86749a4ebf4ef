//! Values.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::{RouterId, Scope, Thunk};
use crate::source::Span;
use crate::typescript::resolve::LONGEST_TEXT;
use crate::typescript::syntax::{ClassDecl, Function};

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Site<'p> {
    /// The file.
    pub file: &'p str,
    /// Where in it.
    pub span: Span,
}

/// What an expression is worth.
#[derive(Debug, Clone)]
pub enum Value<'p> {
    /// A string.
    Text(Rc<str>),
    /// A number.
    Number(f64),
    /// A boolean.
    Boolean(bool),
    /// `null` or `undefined`.
    Nothing,
    /// A regular expression.
    Pattern(Rc<str>),
    /// An object.
    Object(Rc<Object<'p>>),
    /// An array; its items are evaluated when they are needed.
    Array(Rc<Vec<Argument<'p>>>),
    /// A function.
    Function(Rc<Closure<'p>>),
    /// A class.
    Class(Rc<ClassValue<'p>>),
    /// An object of a class.
    Instance(Rc<Instance<'p>>),
    /// A module as a whole, by its file.
    Module(&'p str),
    /// An application or router of a framework.
    Router(RouterId),
    /// `router.route('/x')`
    RoutePath(RouterId, Rc<[Result<Rc<str>, String>]>),
    /// A NestJS application among [`super::Evaluator::nest_apps`].
    NestApp(usize),
    /// Known only at run time, or of a package.
    Opaque(Rc<Opaque<'p>>),
}

/// Why a text is not known that grew by joining.
pub(super) const TOO_LONG: &str = "it is a very long text";

/// A text that was made of others: each may double it.
pub(super) fn joined_text<'p>(text: String) -> Value<'p> {
    if text.len() > LONGEST_TEXT { Value::unknown(TOO_LONG) } else { Value::Text(text.into()) }
}

/// What is known of a value that is not.
#[derive(Debug)]
pub enum Opaque<'p> {
    /// An export of a package; `*` for the package itself.
    Export(Rc<str>, Rc<str>),
    /// A name that nothing declares: `process`, `Object`.
    Global(Rc<str>),
    /// A member of such a value.
    Member(Value<'p>, Rc<str>),
    /// The result of a call.
    Call(Value<'p>, Vec<Argument<'p>>),
    /// Anything else, and why.
    Unknown(String),
}

impl<'p> Value<'p> {
    /// A value that is not known, and why.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::opaque(Opaque::Unknown(reason.into()))
    }

    pub(super) fn opaque(opaque: Opaque<'p>) -> Self {
        Self::Opaque(Rc::new(opaque))
    }

    pub(super) fn array(items: Vec<Argument<'p>>) -> Self {
        Self::Array(Rc::new(items))
    }

    /// The string, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&Rc<str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is known of it.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        matches!(self, Self::Opaque(_))
    }

    /// Of an export of a package: the package, and the name with the members behind it, without `default`.
    #[must_use]
    pub fn external(&self) -> Option<(Rc<str>, String)> {
        let Self::Opaque(opaque) = self else { return None };
        match &**opaque {
            Opaque::Export(module, name) => Some((Rc::clone(module), name.to_string())),
            Opaque::Member(of, name) => {
                let (module, path) = of.external()?;
                let is_package = matches!(path.as_str(), "*" | "default");
                Some((module, if is_package { name.to_string() } else { format!("{path}.{name}") }))
            }
            Opaque::Global(_) | Opaque::Call(..) | Opaque::Unknown(_) => None,
        }
    }

    /// Why it is not a known string, in words that complete "… is not known: ".
    #[must_use]
    pub fn reason(&self) -> String {
        let Self::Opaque(opaque) = self else { return format!("it is {}, not a string", self.describe()) };
        match &**opaque {
            Opaque::Unknown(reason) => reason.clone(),
            Opaque::Call(callee, _) => format!("it is what `{}(…)` returns when the program runs", callee.describe()),
            Opaque::Export(..) | Opaque::Global(_) | Opaque::Member(..) => {
                format!("`{}` is only known when the program runs", self.describe())
            }
        }
    }

    /// What it is, for a message.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Text(text) => format!("'{text}'"),
            Self::Number(number) => number.to_string(),
            Self::Boolean(boolean) => boolean.to_string(),
            Self::Nothing => "undefined".into(),
            Self::Pattern(pattern) => format!("/{pattern}/"),
            Self::Object(_) | Self::Instance(_) | Self::NestApp(_) => "an object".into(),
            Self::Array(_) => "an array".into(),
            Self::Function(_) => "a function".into(),
            Self::Class(_) => "a class".into(),
            Self::Module(file) => format!("the module {file}"),
            Self::Router(_) | Self::RoutePath(..) => "a router".into(),
            Self::Opaque(opaque) => opaque.describe(),
        }
    }
}

impl Opaque<'_> {
    fn describe(&self) -> String {
        match self {
            Self::Export(module, name) if matches!(&**name, "*" | "default") => module.to_string(),
            Self::Export(_, name) | Self::Global(name) => name.to_string(),
            Self::Member(of, name) => format!("{}.{name}", of.describe()),
            Self::Call(callee, _) => format!("{}(…)", callee.describe()),
            Self::Unknown(_) => "…".into(),
        }
    }
}

/// An object literal.
#[derive(Debug)]
pub struct Object<'p> {
    /// The literal.
    pub site: Site<'p>,
    /// Its entries; of one key the last counts.
    pub entries: RefCell<Vec<Entry<'p>>>,
}

impl<'p> Object<'p> {
    pub(super) fn value(site: Site<'p>, entries: Vec<Entry<'p>>) -> Value<'p> {
        Value::Object(Rc::new(Self { site, entries: RefCell::new(entries) }))
    }

    /// The entry `key`.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<Entry<'p>> {
        self.entries.borrow().iter().rev().find(|entry| &*entry.key == key).cloned()
    }
}

/// A property of an object.
#[derive(Debug, Clone)]
pub struct Entry<'p> {
    /// The key.
    pub key: Rc<str>,
    /// Where the key stands.
    pub site: Site<'p>,
    /// The value.
    pub value: Thunk<'p>,
}

/// An argument or array element.
#[derive(Debug, Clone)]
pub struct Argument<'p> {
    /// Whether it stands behind `...` and is not known to be an array.
    pub spread: bool,
    /// The value.
    pub value: Thunk<'p>,
}

impl<'p> Argument<'p> {
    pub(super) fn known(value: Value<'p>) -> Self {
        Self { spread: false, value: Thunk::done(value) }
    }

    pub(super) fn of(value: Thunk<'p>) -> Self {
        Self { spread: false, value }
    }
}

/// A function with the scope it was made in.
#[derive(Debug, Clone)]
pub struct Closure<'p> {
    /// The function.
    pub function: &'p Function,
    /// What its free names mean.
    pub scope: Rc<Scope<'p>>,
    /// `this`, where it is bound.
    pub this: Option<Value<'p>>,
    /// The class that it is a method of.
    pub class: Option<Rc<ClassValue<'p>>>,
    /// Wrapped by fastify-plugin: registers on its parent.
    pub transparent: bool,
}

/// A class with the scope it was made in.
#[derive(Debug)]
pub struct ClassValue<'p> {
    /// The class.
    pub class: &'p ClassDecl,
    /// What its free names mean.
    pub scope: Rc<Scope<'p>>,
    /// Its static fields that were evaluated.
    pub statics: RefCell<HashMap<Rc<str>, Value<'p>>>,
}

/// An object of a class.
#[derive(Debug)]
pub struct Instance<'p> {
    /// Its class.
    pub class: Rc<ClassValue<'p>>,
    /// Its fields.
    pub fields: RefCell<BTreeMap<Rc<str>, Value<'p>>>,
}
