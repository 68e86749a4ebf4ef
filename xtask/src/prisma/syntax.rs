//! The syntax of Prisma's schema language as plain data, with the place of every part that a finding
//! may point at. The parser makes it, and knows nothing of the meaning of attributes.

use crate::source::Span;

/// One file of a schema.
#[derive(Debug, Default)]
pub struct SchemaFile {
    /// Its blocks, in their order.
    pub blocks: Vec<Block>,
    /// The comments of the file, in their order.
    pub comments: Vec<Comment>,
    /// The parts that could not be read.
    pub errors: Vec<SyntaxError>,
}

/// A part that could not be read.
#[derive(Debug)]
pub struct SyntaxError {
    /// The first token of it.
    pub span: Span,
    /// The reason.
    pub message: String,
}

/// A comment of one line, or of several between `/*` and `*/`.
#[derive(Debug)]
pub struct Comment {
    /// Its bytes, with the slashes.
    pub span: Span,
    /// Whether code stands before it on its line.
    pub trailing: bool,
}

/// A name with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Its bytes.
    pub span: Span,
}

/// A block at the top of a file.
#[derive(Debug)]
pub enum Block {
    /// `model`, `view` or `type`, with fields.
    Model(ModelBlock),
    /// `enum`, with values.
    Enum(EnumBlock),
    /// `datasource` or `generator`, with settings.
    Config(ConfigBlock),
}

/// The keyword of a block with fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// `model`: a table.
    Model,
    /// `view`
    View,
    /// `type`: a composite type, which only MongoDB has.
    CompositeType,
}

/// `model User { … }`
#[derive(Debug)]
pub struct ModelBlock {
    /// The keyword.
    pub kind: ModelKind,
    /// The name after it.
    pub name: Name,
    /// Its fields, in their order.
    pub fields: Vec<FieldSyntax>,
    /// Its attributes: `@@map("users")`.
    pub attributes: Vec<Attribute>,
    /// All of it, from the keyword to the brace.
    pub span: Span,
}

/// `email String? @unique @db.VarChar(255)`
#[derive(Debug)]
pub struct FieldSyntax {
    /// The name.
    pub name: Name,
    /// The type.
    pub ty: TypeSyntax,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// All of it, from the name to the last attribute.
    pub span: Span,
}

/// `String?`
#[derive(Debug)]
pub struct TypeSyntax {
    /// The name of a scalar, a model or an enum; of `Unsupported("…")` the text in it.
    pub name: Name,
    /// Whether it is `Unsupported("…")`.
    pub unsupported: bool,
    /// Whether `[]` follows.
    pub list: bool,
    /// Whether `?` follows.
    pub optional: bool,
    /// All of it.
    pub span: Span,
}

/// `enum Role { … }`
#[derive(Debug)]
pub struct EnumBlock {
    /// The name.
    pub name: Name,
    /// Its values, in their order.
    pub values: Vec<EnumValue>,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// A value of an enum.
#[derive(Debug)]
pub struct EnumValue {
    /// The name.
    pub name: Name,
    /// Its attributes: `@map("admin")`.
    pub attributes: Vec<Attribute>,
}

/// `datasource db { … }`, `generator client { … }`
#[derive(Debug)]
pub struct ConfigBlock {
    /// Whether it is a `datasource`, and not a `generator`.
    pub is_datasource: bool,
    /// The name.
    pub name: Name,
    /// Its settings, in their order.
    pub settings: Vec<(Name, Expression)>,
}

impl ConfigBlock {
    /// The value of the setting `key`.
    pub fn setting(&self, key: &str) -> Option<&Expression> {
        let mut settings = self.settings.iter();
        settings
            .find(|(name, _)| name.text == key)
            .map(|(_, value)| value)
    }
}

/// `@default(now())`, `@@unique([a, b], map: "a_b")`
#[derive(Debug)]
pub struct Attribute {
    /// The name without `@`: `default`, `db.VarChar`.
    pub name: String,
    /// Its arguments, in their order.
    pub arguments: Vec<Argument>,
    /// All of it.
    pub span: Span,
}

/// An argument of an attribute or a function.
#[derive(Debug)]
pub struct Argument {
    /// The name before the colon.
    pub name: Option<String>,
    /// The value.
    pub value: Expression,
}

impl Attribute {
    /// The argument `name`, or the unnamed one at this place.
    pub fn argument(&self, name: &str, place: usize) -> Option<&Expression> {
        let named = self
            .arguments
            .iter()
            .find(|argument| argument.name.as_deref() == Some(name));
        let unnamed = || {
            let mut arguments = self.arguments.iter();
            arguments
                .by_ref()
                .filter(|argument| argument.name.is_none())
                .nth(place)
        };
        named.or_else(unnamed).map(|argument| &argument.value)
    }
}

/// Finds the attribute `name`.
pub fn attribute<'s>(attributes: &'s [Attribute], name: &str) -> Option<&'s Attribute> {
    attributes.iter().find(|attribute| attribute.name == name)
}

/// A value.
#[derive(Debug)]
pub enum Expression {
    /// `"text"`, with its escapes read.
    Text(String),
    /// `-1.5`
    Number(String),
    /// `true`, `Cascade`, `author.name`
    Path(String),
    /// `[a, b]`
    List(Vec<Expression>),
    /// The name of a function, `now()`, or of a field with options, `title(sort: Desc)`, and these.
    Call(String, Vec<Argument>),
}

impl Expression {
    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) | Self::Path(_) | Self::List(_) | Self::Call(..) => None,
        }
    }

    /// The name that a path or a call begins with.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Path(name) | Self::Call(name, _) => Some(name),
            Self::Text(_) | Self::Number(_) | Self::List(_) => None,
        }
    }

    /// The items of a list; the value alone where it is none.
    pub fn items(&self) -> &[Expression] {
        match self {
            Self::List(items) => items,
            one => std::slice::from_ref(one),
        }
    }
}
