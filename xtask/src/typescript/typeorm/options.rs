//! The options of column decorators: `@Column('varchar', { length: 100, nullable: true })`.

use std::ops::Deref;

use crate::facts::{SqlColumn, SqlDefault, SqlScalar, SqlType, StatedApart, StatedValue};
use crate::typescript::entities::{Options, labels, normalised};
use crate::typescript::resolve::Resolver;
use crate::typescript::values::{Arguments, Value};
use crate::typescript::written_default::written_default;

/// The options of a column.
#[derive(Clone)]
pub(super) struct ColumnOptions<'p> {
    /// The name of the type, or a constructor that stands for one.
    ty: Option<Value<'p>>,
    options: Options<'p>,
}

impl<'p> Deref for ColumnOptions<'p> {
    type Target = Options<'p>;

    fn deref(&self) -> &Options<'p> {
        &self.options
    }
}

impl<'p> ColumnOptions<'p> {
    /// The options in the first two arguments of a decorator: a type and options, or one of them.
    pub(super) fn of_decorator(arguments: &Arguments<'_, 'p>) -> Self {
        let first = arguments.at(0);
        match first.uncast() {
            Value::Object(_) => Self::new(first),
            Value::Undefined => Self::new(arguments.at(1)),
            Value::String(_) | Value::External(..) => Self {
                ty: Some(first),
                options: Options(arguments.at(1)),
            },
            _computed => Self::new(first),
        }
    }

    /// Options alone.
    pub(super) fn new(options: Value<'p>) -> Self {
        Self {
            ty: options
                .property("type")
                .filter(|ty| !ty.is_nothing())
                .cloned(),
            options: Options(options),
        }
    }

    /// The type that the options state; none where it follows from the property's.
    pub(super) fn scalar(&self, resolver: &Resolver<'p>) -> Option<SqlScalar> {
        let ty = self.ty.as_ref()?;
        let name = match ty.uncast() {
            Value::String(name) => name.to_string(),
            Value::External(package, path) if package.is_empty() => {
                constructor(path.last().map_or("", |name| &**name))?.to_owned()
            }
            _ => return Some(SqlScalar::Unknown("its type is computed".into())),
        };
        if matches!(name.as_str(), "enum" | "simple-enum") {
            return Some(self.enumeration(resolver));
        }
        Some(self.named(&name))
    }

    /// The same, of a property whose type says that it is called `name` in SQL.
    pub(super) fn named(&self, name: &str) -> SqlScalar {
        let name = normalised(name);
        let length = self.number("length").filter(|length| *length > 0);
        let (precision, scale) = (self.number("precision"), self.number("scale"));
        let modifiers: Vec<u32> = match (length, precision, scale) {
            (Some(length), ..) => vec![length],
            (None, Some(precision), Some(scale)) => vec![precision, scale],
            // `numeric(10)` is `numeric(10,0)`.
            (None, Some(precision), None) if name == "numeric" => vec![precision, 0],
            (None, Some(precision), None) => vec![precision],
            (None, None, _) if name == "character" || name == "bit" => vec![1],
            (None, None, _) => Vec::new(),
        };
        if matches!(name, "geometry" | "geography") {
            return SqlScalar::Unknown(format!("`{name}` is not compared"));
        }
        SqlScalar::Named(name.to_owned(), modifiers)
    }

    fn enumeration(&self, resolver: &Resolver<'p>) -> SqlScalar {
        let Some(values) = self.get("enum") else {
            return SqlScalar::Unknown("it lacks the values of its enum".into());
        };
        match labels(resolver, values) {
            Some(texts) => {
                SqlScalar::Enum(self.text("enumName").map(|name| name.to_string()), texts)
            }
            None => SqlScalar::Unknown("the values of its enum are computed".into()),
        }
    }

    /// Whether TypeORM makes other values of the column's than the driver does.
    fn converts(&self) -> bool {
        let of_type = |name: &str| matches!(name, "simple-array" | "simple-json" | "hstore");
        let by_type = self.ty.as_ref().and_then(|ty| ty.as_str().map(of_type));
        by_type == Some(true) || self.get("transformer").is_some_and(|it| !it.is_nothing())
    }

    /// Everything but the type.
    pub(super) fn column(&self, resolver: &Resolver<'p>) -> SqlColumn {
        let default = self.get("default");
        let is_null = default.is_some_and(|default| matches!(default.uncast(), Value::Null));
        let computed = self.get("asExpression").is_some() || self.get("generated").is_some();
        let stated = default.filter(|_| !is_null);
        SqlColumn {
            ty: SqlType {
                scalar: SqlScalar::Unknown(String::new()),
                array: false,
            },
            database_default: stated.is_some() || computed,
            default_value: stated.and_then(|default| default_value(resolver, default)),
            application_values: None,
            apart: StatedApart {
                nullable: Some(self.flag("nullable").unwrap_or(is_null)),
                inferred_type: false,
                never_inserted: self.flag("insert") == Some(false),
                value: match self.converts() {
                    true => StatedValue::Converted,
                    false => StatedValue::Stored,
                },
            },
        }
    }
}

/// A default that is written out, or that a function returns as the text of an SQL literal.
fn default_value<'p>(resolver: &Resolver<'p>, default: &Value<'p>) -> Option<SqlDefault> {
    if !matches!(default.uncast(), Value::Function(..)) {
        return written_default(default);
    }
    let returned = resolver.call(default, &[]);
    let literal = returned.as_str()?;
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains('\'')).then(|| SqlDefault::Value {
        text: Some(inner.to_owned()),
        json: serde_json::Value::from(inner).to_string(),
    })
}

/// The type that a constructor stands for: `@Column({ type: String })`.
fn constructor(name: &str) -> Option<&'static str> {
    Some(match name {
        "String" => "varchar",
        "Number" => "integer",
        "Boolean" => "boolean",
        "Date" => "timestamp",
        _ => return None,
    })
}
