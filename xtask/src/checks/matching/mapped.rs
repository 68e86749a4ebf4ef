//! Declarations that people made of rows by hand, beside one that states the rows. Where a table of
//! an ORM, a list of tables or generated code says what a row is, other types of its name are what
//! the application makes of it: what a component shows, what a query returns, what a request asks
//! for. Of those only copies of the row are judged.

use super::{Match, Strength};
use crate::checks::names::{self, NameStyle};
use crate::checks::pairing::Pairing;
use crate::facts::{Declaration, Family, Field, Side};

/// The relation of a declaration to one that states the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BesideRows {
    /// No relation: no other declaration states the rows, or it is a copy of these.
    Itself,
    /// Some of the columns and nothing else, or a row of which one field is called otherwise. What
    /// it has is judged.
    Part,
    /// Something that was made of rows.
    Mapped,
}

/// A declaration that was kept for a table, with its evidence and its fields beside the columns.
pub(super) type Kept<'a> = (&'a Declaration, Match, Pairing<'a>);

/// The declarations that state what the rows of one table are.
pub(super) struct RowStatements<'a> {
    /// Tables of an ORM, and types that say of themselves which table they are of.
    types: Vec<&'a Declaration>,
    /// Schemas that have all columns and nothing else.
    schemas: Vec<&'a Declaration>,
}

impl<'a> RowStatements<'a> {
    pub(super) fn new(kept: &[Kept<'a>]) -> Self {
        let mut stated = Self {
            types: Vec::new(),
            schemas: Vec::new(),
        };
        for (declaration, hit, pairing) in kept {
            if hit.side != Side::Row {
                continue;
            }
            let is_exact = || pairing.is_nearly_whole() && pairing.odd() == 0;
            match declaration.origin.family {
                Family::Validation if is_exact() && pairing.relations.is_empty() => {
                    stated.schemas.push(declaration);
                }
                Family::Type | Family::Table
                    if hit.strength == Strength::Stated || is_of_builder(declaration, hit) =>
                {
                    stated.types.push(declaration);
                }
                Family::Validation | Family::Type | Family::Table => {}
            }
        }
        stated
    }

    /// The relation of a declaration to those that state the rows.
    pub(super) fn beside(&self, kept: &Kept<'a>) -> BesideRows {
        let (declaration, hit, pairing) = kept;
        let is_renamed = hit.strength == Strength::Row && pairing.is_whole_but_for_a_name();
        let is_part = declaration.origin.family == Family::Type
            && pairing.pairs.len() >= FEWEST_COLUMNS
            && (pairing.odd() == 0 || is_renamed)
            && pairing.relations.is_empty()
            && !self.is_in_other_style(declaration);
        match self.are_mapped_to(kept) {
            true if is_part => BesideRows::Part,
            true => BesideRows::Mapped,
            false => BesideRows::Itself,
        }
    }

    /// Whether a declaration is something that was made of the rows that others state.
    fn are_mapped_to(&self, (declaration, hit, pairing): &Kept<'a>) -> bool {
        let by_name = !matches!(hit.strength, Strength::Stated | Strength::Derived);
        let others = match declaration.origin.family {
            Family::Table => return false,
            Family::Type => &self.types,
            Family::Validation => &self.schemas,
        };
        let shares = |other: &&&Declaration| share_fields(declaration, other);
        if !by_name || hit.of_type || others.is_empty() || others.iter().any(|one| shares(&one)) {
            return false;
        }
        // A column may be left out on purpose, unless it was added after the copy was made.
        let lacks_nothing =
            pairing.odd() == 0 && (pairing.missing.is_empty() || pairing.was_whole_once());
        let is_whole =
            pairing.is_nearly_whole() && (declaration.origin.is_validation() || lacks_nothing);
        let is_copy = is_whole || pairing.outlives_columns();
        match (declaration.origin.family, hit.side) {
            (Family::Type, Side::Row) => {
                !is_copy || !pairing.relations.is_empty() || self.is_in_other_style(declaration)
            }
            // `CreateUser` is what a request asks for; `NewUser` is inserted.
            (Family::Type, Side::Insert | Side::Update) => {
                hit.strength != Strength::Row || !pairing.has_few_odd_fields()
            }
            (Family::Validation, Side::Row) => !is_copy,
            (Family::Validation, Side::Insert | Side::Update) | (Family::Table, _) => false,
        }
    }

    /// Whether the fields are `userId` where those of the rows are `user_id`.
    fn is_in_other_style(&self, declaration: &Declaration) -> bool {
        let rows = style(self.types.iter().flat_map(|one| &one.fields));
        let own = style(declaration.fields.iter());
        rows == NameStyle::Snake && own == NameStyle::Camel
    }
}

/// A type of fewer columns may be of anything: `id`, `name`.
const FEWEST_COLUMNS: usize = 3;

/// Whether a type called a row (`UserTable`) says which columns the database fills in (kysely's
/// `Generated`): queries are built from it.
fn is_of_builder(declaration: &Declaration, hit: &Match) -> bool {
    let is_generated = |field: &Field| field.has_default;
    hit.strength == Strength::Row && declaration.fields.iter().any(is_generated)
}

fn style<'f>(fields: impl Iterator<Item = &'f Field>) -> NameStyle {
    names::majority_style(fields.map(|field| field.name.as_str()))
}

/// Whether one takes fields from the other: `Pick<UserRow, 'id'>`.
fn share_fields(one: &Declaration, other: &Declaration) -> bool {
    one.fields.iter().any(|field| {
        other
            .fields
            .iter()
            .any(|stated| stated.location == field.location)
    })
}
