//! A change with its exact place in a text.

use crate::source::Span;

/// A change with its exact place in a text.
pub(super) struct Placed {
    /// The bytes that it replaces; none where it only adds.
    pub span: Span,
    /// The text that stands there then.
    pub replacement: String,
    /// The rank among changes at one place; the lowest comes first.
    pub rank: Option<u32>,
}
