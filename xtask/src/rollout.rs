//! Judges whether code and schema of two commits work together: a migration and the code that needs
//! it are never live at the same instant. Pure: what two commits declare and two schemas in, the
//! order of the release out.
//!
//! | code \ schema | old | new |
//! |---|---|---|
//! | old | runs today | [`changes::lost`] from old to new: `BREAKS_RUNNING_CODE` |
//! | new | [`changes::lost`] from new to old: `NEEDS_MIGRATION` | the ordinary checks |
//!
//! What code wants of a schema ([`demands`]) follows from its declarations beside the schema of its
//! own commit. Only what one of the two schemas gives and the other does not is told, so that drift
//! that was there before is not told again.

mod advice;
mod changes;
mod commit;
mod demands;
mod findings;
mod kinds;
mod loss;
mod not_judged;
mod places;
mod plan;
mod proof;
mod renames;
mod rules;
mod verdict;
mod wording;

pub use advice::give_way;
pub use commit::Commit;
pub use demands::{CodeDemands, ColumnDemand, TableDemand, Written, of as demands};
pub use findings::findings;
pub use places::MigrationPlaces;
pub use proof::lacks;
pub use rules::documentation;
pub use verdict::judge;
