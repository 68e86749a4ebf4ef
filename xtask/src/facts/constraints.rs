//! The constraints of a validation schema: what a value must satisfy beyond being of its kind.

use compact_str::CompactString;

/// The constraints of a validation schema beyond the kind. Lengths count characters, or the items
/// of an array. Bounds are inclusive unless they are `exclusive_…`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Constraints {
    /// `email`, `uuid`, `url`, `datetime`, `date`…
    pub format: Option<String>,
    /// Options that narrow or widen the format.
    pub format_options: FormatOptions,
    /// `.min(n)` of a string.
    pub min_length: Option<u32>,
    /// `.max(n)` of a string.
    pub max_length: Option<u32>,
    /// `.min(n)` of a number.
    pub minimum: Option<f64>,
    /// `.max(n)` of a number.
    pub maximum: Option<f64>,
    /// `.gt(n)`, `.positive()`.
    pub exclusive_minimum: Option<f64>,
    /// `.lt(n)`, `.negative()`.
    pub exclusive_maximum: Option<f64>,
    /// `.int()`.
    pub integer: bool,
    /// `.regex(/…/)`, the source between the slashes.
    pub pattern: Option<String>,
    /// `z.coerce`, `.catch(…)`, `z.preprocess(…)`: takes other values too, and makes them fit.
    pub coerced: bool,
    /// `.transform(…)`: what comes out is another value than what goes in.
    pub transformed: bool,
    /// `.refine(…)` and the like: demands something that cannot be read.
    pub refined: bool,
    /// Null passes as what is absent does, whether that is meant or not (`@IsOptional()`).
    pub null_as_absent: bool,
    /// The one boolean or number that passes (`z.literal(true)`, `version: 1`), as it is written.
    pub only: Option<CompactString>,
    /// The constraints on each item of an array; `None` where there are none.
    pub items: Option<Box<Self>>,
}

impl Constraints {
    /// Whether another value comes out than goes in, or another item of an array.
    #[must_use]
    pub fn changes_value(&self) -> bool {
        self.transformed
            || self
                .items
                .as_ref()
                .is_some_and(|items| items.changes_value())
    }

    /// The constraints of an array whose items are to satisfy `self`.
    #[must_use]
    pub fn of_items(self) -> Self {
        let items = (self != Self::default()).then(|| Box::new(self));
        Self {
            items,
            ..Self::default()
        }
    }
}

/// Options that narrow or widen a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FormatOptions {
    /// The version of a uuid or an IP address, where only one is accepted.
    pub version: Option<u8>,
    /// Whether an instant may have an offset other than `Z`.
    pub offset: bool,
    /// Whether an instant may be without offset.
    pub local: bool,
}
