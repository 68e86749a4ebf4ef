//! The side of a table that a declaration describes, by what code does with its values.

use super::{Match, Strength};
use crate::checks::entities::Entity;
use crate::checks::pairing::Pairing;
use crate::checks::row_uses::UsedForRows;
use crate::facts::{Declaration, Side};

/// Returns `hit` with the side that the uses of the declaration say. Somebody's word for the side,
/// and what a schema was made of, say more than one use. Of what a client of an API is told, only
/// what it has is judged.
pub(super) fn by_use(
    declaration: &Declaration,
    hit: Match,
    entity: &Entity<'_>,
    pairing: &Pairing<'_>,
    used: UsedForRows,
) -> Match {
    if matches!(hit.strength, Strength::Stated | Strength::Derived) {
        return hit;
    }
    let is_schema = declaration.origin.is_validation();
    if !is_schema && hit.side == Side::Row && used.is_only_fetched() {
        return Match {
            strength: Strength::Alike,
            ..hit
        };
    }
    let side = if is_schema && used.only_comes_out() && hit.side != Side::Row {
        Side::Row
    } else if used.only_goes_in()
        && hit.side == Side::Row
        && (is_schema || used.is_inserted || lacks_key(entity, pairing))
        && !is_of_rows_as_well(entity, pairing, is_schema)
    {
        // A part of what is written may leave out every column.
        match used.is_inserted {
            true => Side::Insert,
            false => Side::Update,
        }
    } else {
        hit.side
    };
    Match { side, ..hit }
}

/// Whether what is inserted is of rows that exist, too: a schema that demands what the server makes,
/// and a type of the whole row. Copies of rows are inserted where data is imported.
fn is_of_rows_as_well(entity: &Entity<'_>, pairing: &Pairing<'_>, is_schema: bool) -> bool {
    let is_made = |column: &str| {
        entity
            .column(column)
            .is_some_and(|facts| facts.made_by_server)
    };
    let mut pairs = pairing.pairs.iter();
    let demands_what_is_made = pairs
        .any(|pair| !pair.field.optional && !pair.field.has_default && is_made(&pair.column.name));
    demands_what_is_made || (!is_schema && pairing.is_nearly_whole() && !lacks_key(entity, pairing))
}

/// Whether a part of the primary key has no field: a row without its key is on its way into the
/// table, where the key is made or stands beside it.
fn lacks_key(entity: &Entity<'_>, pairing: &Pairing<'_>) -> bool {
    let is_key = |column: &str| entity.column(column).is_some_and(|facts| facts.primary_key);
    pairing.missing.iter().any(|column| is_key(&column.name))
}
