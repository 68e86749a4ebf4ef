//! Numbers that say when a declaration and its table have much in common, or little. The page about
//! matching (`checks/matching.rs`) says which of these decides what.

/// One in so many may be odd where nearly all must agree. A migration adds one or two columns to a
/// table of five to ten, and a type that nobody has changed since must still be judged; the item of
/// a list leaves out more than that. With a larger part such items would be judged as rows, which
/// is a false alarm; with a smaller one a forgotten column would hide its type.
const SMALL_PART: usize = 5;

/// In so few columns one may be odd, though it is more than one in [`SMALL_PART`]: else no change
/// of a small table would ever be found.
const SMALL_TABLE: usize = 4;

/// Where less than one in so many columns and fields agree, it is the names of table and
/// declaration that agree by accident: `id`, `name` and `createdAt` stand in nearly everything, and
/// make up to a third of a usual table.
pub(super) const ACCIDENT: usize = 3;

/// So many fields must have been columns for a declaration to be the table as it was: `{ id }` was
/// part of any.
pub(super) const FEWEST_FIELDS: usize = 2;

/// The same where only a name says that it is of the table: `{ id, name }` is anything.
pub(super) const FEWEST_FIELDS_BY_NAME: usize = 3;

/// So many fields that never were columns, of so few, are what a query joins and counts, not what
/// somebody forgot to migrate: one or two may be. The other side of it is that three columns whose
/// migration was never written, in a small type, are only named under "not judged".
const FEWEST_JOINED: usize = 3;
const JOINED_PART: usize = 2;

/// The same where some of them hold objects or lists, which columns seldom do.
const FEWEST_NESTED: usize = 2;
const NESTED_PART: usize = 3;

/// Whether `odd` of `all` fields are so many that a query returns them beside its table's columns;
/// `nested` says that some hold objects or lists.
pub(super) fn is_joined_part(odd: usize, all: usize, nested: bool) -> bool {
    (odd >= FEWEST_JOINED && odd * JOINED_PART >= all)
        || (nested && odd >= FEWEST_NESTED && odd * NESTED_PART >= all)
}

/// Whether `odd` of `all` is a small part.
pub(super) fn is_small_part(odd: usize, all: usize) -> bool {
    odd * SMALL_PART <= all || (odd == 1 && all >= SMALL_TABLE)
}
