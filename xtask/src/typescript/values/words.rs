//! Values in words, for messages: what they are, and why they are not known.

use std::rc::Rc;

use super::{UnknownCall, Value};

impl<'p> Value<'p> {
    /// Whether nothing is known of it.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        matches!(
            self.uncast(),
            Value::Unknown(_)
                | Value::Called(_)
                | Value::External(..)
                | Value::Method(..)
                | Value::Text
                | Value::Typed(_)
                | Value::Bigint(_)
        )
    }

    /// Whether it is `null` or `undefined`.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(self.uncast(), Value::Null | Value::Undefined)
    }

    /// The package, and the name with the members behind it, without `default`; `*` for the package
    /// itself.
    #[must_use]
    pub fn external(&self) -> Option<(&str, String)> {
        let Value::External(package, path) = self.uncast() else {
            return None;
        };
        let names: Vec<&str> = path.iter().map(|name| &**name).collect();
        (!package.is_empty()).then(|| (&**package, export_name(&names)))
    }

    /// Why it is not a known string, in words that complete "… is not known: ".
    #[must_use]
    pub fn reason(&self) -> String {
        match self.uncast() {
            Value::Unknown(why) => why.to_string(),
            Value::Called(call) => format!(
                "it is what `{}` returns when the program runs",
                call.describe()
            ),
            Value::External(..) | Value::Method(..) => {
                format!("`{}` is only known when the program runs", self.describe())
            }
            Value::Text | Value::Typed(_) | Value::Bigint(_) => {
                "it is computed when the program runs".into()
            }
            other => format!("it is {}, not a string", other.describe()),
        }
    }

    /// The value in a few words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self.uncast() {
            Value::String(text) => format!("'{text}'"),
            Value::Number(number) => number.to_string(),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::Null | Value::Undefined => "undefined".into(),
            Value::Regex(source, _) => format!("/{source}/"),
            Value::Array(_) => "an array".into(),
            Value::Function(..) => "a function".into(),
            Value::Class(..) | Value::ClassOf(_) => "a class".into(),
            Value::Module(module) => format!("the module {}", module.path),
            Value::External(package, path) => describe_export(package, path),
            Value::Method(of, name) => format!("{}.{name}", of.describe()),
            Value::Called(call) => call.describe(),
            Value::Promised(inner) => inner.describe(),
            Value::Handle(_) => "a router".into(),
            Value::Unknown(_) | Value::Text | Value::Typed(_) | Value::Bigint(_) => "…".into(),
            _ => "an object".into(),
        }
    }
}

/// The name of an export with the members behind it, without `default`; `*` of the whole package.
pub(super) fn export_name(path: &[&str]) -> String {
    match path {
        [] => "*".to_owned(),
        ["default", rest @ ..] if !rest.is_empty() => rest.join("."),
        names => names.join("."),
    }
}

impl UnknownCall<'_> {
    fn describe(&self) -> String {
        format!("{}(…)", self.callee.describe())
    }
}

fn describe_export(package: &Rc<str>, path: &[Rc<str>]) -> String {
    let names: Vec<&str> = path.iter().map(|name| &**name).collect();
    match names.as_slice() {
        [] | ["default"] => package.to_string(),
        ["default", rest @ ..] => format!("{package}.{}", rest.join(".")),
        names => names.join("."),
    }
}
