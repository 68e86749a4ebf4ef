//! A written way back, and how good it is.

use super::losses::{self, ForeseenLoss};

/// A way back that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayBack {
    /// `V7__add_user_bio`
    pub name: String,
    /// The text of its down file.
    pub text: String,
    /// How good it is.
    pub standing: Standing,
    /// The data that does not come back.
    pub losses: Vec<ForeseenLoss>,
    /// What a person has to know: what it does not undo, and where it stops.
    pub notes: Vec<String>,
}

impl WayBack {
    /// The words behind "exact" where data from before the migration does not come back.
    #[must_use]
    pub fn but_for_data(&self) -> &'static str {
        losses::but_for_data(&self.losses, &self.notes)
    }
}

/// How good a written way back is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It restores the schema, as a rehearsal with rows proved.
    Exact,
    /// It does so but for the order of the columns of these tables.
    ExceptOrder(Vec<String>),
    /// It restores the schema by the model, and could not be rehearsed, for this reason.
    NotTried(String),
    /// No exact way back is known, for this reason: the file holds no statement.
    None(String),
}
