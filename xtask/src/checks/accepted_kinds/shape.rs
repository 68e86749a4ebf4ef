//! Kinds of values without what they hold: what types of columns and fields have in common.

/// A kind without what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindShape {
    /// A string, or literals of strings.
    String,
    /// A number.
    Number,
    /// A bigint.
    Bigint,
    /// A boolean.
    Boolean,
    /// A `Date`.
    Date,
    /// `Buffer`, `Uint8Array`.
    Bytes,
    /// Any object.
    Json,
    /// An array.
    Array,
    /// Anything: nothing is known about the type.
    Any,
}

impl KindShape {
    /// As it is written in TypeScript, and in the configuration's `type-map`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Bigint => "bigint",
            Self::Boolean => "boolean",
            Self::Date => "Date",
            Self::Bytes => "Buffer",
            Self::Json => "object",
            Self::Array => "array",
            Self::Any => "unknown",
        }
    }

    /// The shape of a name in the configuration's `type-map`.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "string" => Some(Self::String),
            "number" => Some(Self::Number),
            "bigint" => Some(Self::Bigint),
            "boolean" => Some(Self::Boolean),
            "date" => Some(Self::Date),
            "bytes" | "buffer" | "uint8array" => Some(Self::Bytes),
            "json" | "object" | "record" => Some(Self::Json),
            "array" => Some(Self::Array),
            "any" | "unknown" => Some(Self::Any),
            _unknown => None,
        }
    }
}
