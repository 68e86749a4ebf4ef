//! The data that does not come back: values that the migration drops, cuts or writes over, and values
//! that the way back drops in its turn. A written way back says each by name.

use super::conversions::{self, Conversions};
use crate::migrations::losses::StorageIdentity;
use crate::schema::model::Schema;

/// A loss by name: `users.bio`, and why it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeseenLoss {
    /// A table, or a column of one.
    pub name: String,
    /// The reason, in words.
    pub why: String,
    /// Whether the data was there before the migration. Other data came after it, and goes with what
    /// the migration made.
    pub is_earlier: bool,
}

/// The tables and columns of a scratch database before a migration, after it, and after its way back.
pub(super) struct Identities {
    pub before: StorageIdentity,
    pub after: StorageIdentity,
    pub restored: StorageIdentity,
}

/// Lists the losses. `renamed` is the schema after the migration, in which everything has its
/// earlier name again.
pub(super) fn losses(
    identities: &Identities,
    sql: &str,
    (before, renamed): (&Schema, &Schema),
) -> Vec<ForeseenLoss> {
    let converted = Conversions::read(sql, before);
    let mut all = dropped(
        (&identities.before, &identities.after),
        "the migration drops it, and nothing is left to fill it again",
        true,
    );
    all.extend(dropped(
        (&identities.after, &identities.restored),
        "written since the migration",
        false,
    ));
    for (object, table) in &before.tables {
        let Some(now) = renamed.tables.get(object) else {
            continue;
        };
        for column in &table.columns {
            let Some(there) = now.column(&column.name).filter(|there| !there.inherited) else {
                continue;
            };
            let path = [&object.namespace, &object.name, &column.name].map(String::as_str);
            let name = identities.before.names().name(&path).object;
            if all.iter().any(|loss| loss.name == name) {
                continue;
            }
            let types = ((before, column), (renamed, there));
            let why = converted.of(object, &column.name, types);
            if let Some(why) = why {
                let is_earlier = true;
                all.push(ForeseenLoss {
                    name,
                    why,
                    is_earlier,
                });
            } else if let Some(why) = conversions::rounded_back(types) {
                let is_earlier = false;
                all.push(ForeseenLoss {
                    name,
                    why,
                    is_earlier,
                });
            }
        }
    }
    all
}

/// What one state has and a later one has not.
fn dropped(
    (from, to): (&StorageIdentity, &StorageIdentity),
    why: &str,
    is_earlier: bool,
) -> Vec<ForeseenLoss> {
    let names = from.names();
    from.changes(to)
        .iter()
        .filter(|change| change.is_drop())
        .map(|change| ForeseenLoss {
            name: names.name(&change.path()).object,
            why: why.to_owned(),
            is_earlier,
        })
        .collect()
}

/// Says that the schema alone comes back as it was, where data from before the migration does not.
pub(super) fn but_for_data(losses: &[ForeseenLoss], notes: &[String]) -> &'static str {
    let is_undone = |note: &String| !note.starts_with(NOT_UNDONE);
    if losses.iter().any(|loss| loss.is_earlier) || !notes.iter().all(is_undone) {
        return " for the schema, not for the data that is named below";
    }
    ""
}

/// The beginning of a note about what the way back leaves as the migration made it.
pub(super) const NOT_UNDONE: &str = "not undone: ";
