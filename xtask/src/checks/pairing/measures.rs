//! How much a declaration and its table have in common, in numbers. The page about matching ([`crate::checks::matching`]) says
//! which of these decides what.

use super::Pairing;
use crate::schema::model::Column;
use crate::typescript::facts::{Declaration, Field};

/// One in so many may be odd where nearly all must agree. A migration adds one or two columns to a table of five to ten, and
/// a type that nobody has changed since must still be judged; the item of a list leaves out more than that. With a
/// larger part such items would be judged as rows, which is a false alarm; with a smaller one a forgotten column would hide its
/// type.
const SMALL_PART: usize = 5;

/// In so few columns one may be odd, though it is more than one in [`SMALL_PART`]: else no change of a small table would
/// ever be found.
const SMALL_TABLE: usize = 4;

/// Where less than one in so many columns and fields agree, it is the names of table and declaration that agree by accident:
/// `id`, `name` and `createdAt` stand in nearly everything, and make up to a third of a usual table.
const ACCIDENT: usize = 3;

/// So many fields must have been columns for a declaration to be the table as it was: `{ id }` was part of any.
pub(super) const FEWEST_FIELDS: usize = 2;

/// The same where only a name says that it is of the table: `{ id, name }` is anything.
pub(super) const FEWEST_FIELDS_BY_NAME: usize = 3;

/// Whether `odd` of `all` is a small part.
pub(super) fn is_small_part(odd: usize, all: usize) -> bool {
    odd * SMALL_PART <= all || (odd == 1 && all >= SMALL_TABLE)
}

impl<'a> Pairing<'a> {
    /// Whether the declaration holds only some of the columns, on purpose: most are missing.
    #[must_use]
    pub fn is_projection(&self, declaration: &Declaration) -> bool {
        declaration.tags.projection || (self.missing.len() > self.named() && !self.was_whole)
    }

    /// Whether the declaration and the table have so little in common that their names agree by accident.
    #[must_use]
    pub fn is_accidental(&self) -> bool {
        let columns = self.pairs.len() + self.missing.len();
        let fields = self.pairs.len() + self.extra.len() + self.relations.len();
        self.pairs.len() * ACCIDENT < columns && self.pairs.len() * ACCIDENT < fields
    }

    /// How many columns have a field, under whatever name.
    #[must_use]
    pub fn named(&self) -> usize {
        self.pairs.len() + self.renamed.len()
    }

    /// Whether nearly all columns have fields, and nearly all fields are columns, see [`SMALL_PART`].
    #[must_use]
    pub fn is_nearly_whole(&self) -> bool {
        self.is_nearly_whole_but_for(|_| false)
    }

    /// The same, where nobody expects the columns that `is_unasked`.
    #[must_use]
    pub fn is_nearly_whole_but_for(&self, is_unasked: impl Fn(&Column) -> bool) -> bool {
        let missing = self.missing.iter().filter(|column| !is_unasked(column)).count();
        let renamed = self.renamed.iter().filter(|pair| !self.is_former(pair.field)).count();
        is_small_part(missing + renamed, self.named() + missing) && self.has_few_odd_fields()
    }

    /// Whether it is nearly whole, or was all of the table once.
    #[must_use]
    pub fn is_or_was_whole(&self) -> bool {
        self.is_nearly_whole() || self.was_whole
    }

    /// Whether it was all of the table once, and still has what a migration took away since.
    #[must_use]
    pub fn outlives_columns(&self) -> bool {
        self.was_whole && !self.former.is_empty()
    }

    /// Whether nearly all fields are called like columns.
    #[must_use]
    pub fn has_few_odd_fields(&self) -> bool {
        is_small_part(self.odd(), self.named() + self.extra.len())
    }

    /// How many fields are not called like columns, nor like what was one.
    #[must_use]
    pub fn odd(&self) -> usize {
        self.extra.len() + self.renamed.len() - self.former.len()
    }

    /// How many fields are called like columns, or like what was one.
    #[must_use]
    pub fn columns_ever(&self) -> usize {
        self.pairs.len() + self.former.len()
    }

    /// Whether a field without a column was one, as the migrations say, of what else is like the table: then nobody has
    /// followed them, even where much of the table is not described.
    #[must_use]
    pub fn outlives_its_column(&self, field: &Field) -> bool {
        self.is_former(field) && self.pairs.len() >= FEWEST_FIELDS_BY_NAME && self.has_few_odd_fields()
    }
}
