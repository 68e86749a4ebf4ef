//! The statements of one migration, as a plan gives them to its two releases.

use std::collections::BTreeSet;

use crate::schema::model::ObjectName;

/// The statements of two releases, each with its `;`.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// New values of enums, in a migration of their own: no other statement of the transaction that
    /// adds one may use it.
    pub values: Vec<String>,
    /// The first release.
    pub expand: Vec<String>,
    /// The end of the first release: what needs all of its statements.
    pub expand_last: Vec<String>,
    /// The beginning of the second release: what is in the way of its statements.
    pub contract_first: Vec<String>,
    /// The second release.
    pub contract: Vec<String>,
    /// Whether a statement is not as the migration has it.
    pub is_split: bool,
    /// The enums whose new values are among `values`.
    pub enums: BTreeSet<ObjectName>,
    /// The enums that the second release makes anew, since values of theirs are renamed.
    pub enums_anew: BTreeSet<ObjectName>,
}

/// The steps of a plan that no statement takes.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// Before anything of the branch goes live.
    pub before: Vec<String>,
    /// In the first release, before the new code is deployed.
    pub by_hand: Vec<String>,
    /// Why there is no plan.
    pub refused: Vec<String>,
}

impl Draft {
    /// Adds a statement to the second release.
    pub(super) fn put_off(&mut self, statement: impl Into<String>) {
        self.is_split = true;
        self.contract.push(statement.into());
    }

    /// Adds a statement to the first release that the migration does not have.
    pub(super) fn serve(&mut self, statement: impl Into<String>) {
        self.is_split = true;
        self.expand.push(statement.into());
    }

    /// All statements of the first release but for the values of enums.
    pub(super) fn first(&self) -> Vec<&String> {
        self.expand.iter().chain(&self.expand_last).collect()
    }

    /// All statements of the second release.
    pub(super) fn second(&self) -> Vec<&String> {
        self.contract_first.iter().chain(&self.contract).collect()
    }
}

impl Steps {
    /// Adds a step that a person takes, once.
    pub(super) fn by_hand(&mut self, step: String) {
        if !self.by_hand.contains(&step) {
            self.by_hand.push(step);
        }
    }

    /// Says why there is no plan, once.
    pub(super) fn refuse(&mut self, why: String) {
        if !self.refused.contains(&why) {
            self.refused.push(why);
        }
    }
}
