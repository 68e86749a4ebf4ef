//! Variants of the rows of one table: the members of a discriminated union, which say together what
//! the rows are.

use super::{Description, TableMatches};
use crate::facts::{Field, Kind};

impl TableMatches<'_> {
    /// Whether a schema or type is of one variant of the rows: another one of its kind says another
    /// single value for the same column (`type: z.literal('card')`).
    #[must_use]
    pub fn is_variant(&self, description: &Description<'_>) -> bool {
        let others = self.descriptions.iter().filter(|other| {
            other.declaration.origin.family == description.declaration.origin.family
        });
        let others: Vec<_> = others.collect();
        let mut single = description
            .pairing
            .pairs
            .iter()
            .filter_map(|pair| Some((&pair.column.name, single_value(pair.field)?)));
        single.any(|(column, value)| {
            let mut pairs = others.iter().flat_map(|other| &other.pairing.pairs);
            pairs.any(|pair| {
                pair.column.name == *column
                    && single_value(pair.field).is_some_and(|other| other != value)
            })
        })
    }
}

/// The one value that a field may have.
fn single_value(field: &Field) -> Option<&str> {
    match &field.kind {
        Kind::Enum(values) => match values.as_slice() {
            [value] => Some(value),
            _several => None,
        },
        _other => None,
    }
}
