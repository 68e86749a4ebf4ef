//! Finds out whether the order matters in which two branches are merged. The migrations of both run
//! on scratch databases in both orders. The findings name the lines of both branches that disagree.

mod documentation;
mod findings;
mod reach;
mod rows;
mod run;
mod statements;
mod versions;

use anyhow::Result;

pub use self::documentation::documentation;
pub use self::versions::made_anew;
use super::Migration;
use super::scratch_environment::ScratchEnvironment;
use crate::config::{Config, Layout};
use crate::report::Finding;

/// The type of findings about an order that fails, or that makes another schema.
pub const CONFLICT: &str = "BRANCH_CONFLICT";

/// The type of findings about an order that cannot be judged.
pub const UNKNOWN: &str = "BRANCH_ORDER_UNKNOWN";

/// Two branches that are to be merged into the same one.
#[derive(Debug)]
pub struct TwoBranches<'a> {
    /// The migrations that both are merged behind: those of the target, and those that both
    /// branches have.
    pub shared: Vec<&'a Migration>,
    /// Those of the target that the judged branch was not made on.
    pub unseen: Vec<&'a Migration>,
    /// The migrations of the judged branch alone.
    pub ours: Vec<&'a Migration>,
    /// The migrations of the other branch alone.
    pub theirs: Vec<&'a Migration>,
    /// The name of the target: `main`.
    pub target: &'a str,
    /// The name of the other branch.
    pub other: &'a str,
    /// Whether the other branch is merged already: then its versions are those of the target, and
    /// other findings are about them.
    pub is_merged: bool,
}

/// The result of a comparison.
#[derive(Debug, Default)]
pub struct Judged {
    /// The problems, at the severity that the configuration gives.
    pub findings: Vec<Finding>,
    /// Facts that are no problem.
    pub notes: Vec<String>,
}

impl<'a> TwoBranches<'a> {
    /// Sorts the migrations of the judged branch (`ours`), of the commit in which it left the
    /// target (`base`), of the target and of the other branch.
    #[must_use]
    pub fn new(
        (ours, base): (&'a [Migration], &[Migration]),
        (target, target_name): (&'a [Migration], &'a str),
        (theirs, other): (&'a [Migration], &'a str),
    ) -> Self {
        let alone = |branch: &'a [Migration], others: &[Migration]| {
            let is_alone = |one: &&Migration| !holds(target, one) && !holds(others, one);
            branch.iter().filter(is_alone).collect()
        };
        let is_in_both =
            |one: &&Migration| !holds(target, one) && holds(theirs, one) && !holds(base, one);
        Self {
            shared: target
                .iter()
                .chain(ours.iter().filter(is_in_both))
                .collect(),
            unseen: target
                .iter()
                .filter(|one| !holds(base, one) && !holds(ours, one))
                .collect(),
            ours: alone(ours, theirs),
            theirs: alone(theirs, ours),
            target: target_name,
            other,
            is_merged: false,
        }
    }

    /// Runs both orders and says what differs.
    ///
    /// # Errors
    /// When there is no scratch database, or it fails for reasons that are not in the migrations.
    pub fn judge(
        &self,
        environment: &ScratchEnvironment<'_>,
        layout: Option<Layout>,
    ) -> Result<Judged> {
        let config = environment.config;
        let mut judged = Judged::default();
        if self.ours.is_empty() || self.theirs.is_empty() {
            judged.notes.push(self.nothing_to_compare());
            return Ok(judged);
        }
        if !self.is_merged {
            judged.findings = versions::taken_twice(self, layout);
            judged
                .notes
                .extend(versions::order_of_merging(self, layout));
        }
        let outcome = run::in_both_orders(environment, self)?;
        findings::add(self, &outcome, &mut judged);
        judged.findings = judged
            .findings
            .into_iter()
            .filter_map(|finding| configured(finding, config))
            .collect();
        Ok(judged)
    }

    fn nothing_to_compare(&self) -> String {
        let (target, other) = (self.target, self.other);
        match (self.ours.is_empty(), self.theirs.is_empty()) {
            (true, true) => format!(
                "neither this branch nor `{other}` has migrations that the other one, or `{target}`, does not have"
            ),
            (true, false) => format!(
                "this branch has no migrations that neither `{target}` nor `{other}` has: the order of merging does not matter"
            ),
            (false, _) => format!(
                "`{other}` has no migrations that neither `{target}` nor this branch has: the order of merging does not matter"
            ),
        }
    }
}

/// Whether `migrations` hold this one, unchanged.
fn holds(migrations: &[Migration], one: &Migration) -> bool {
    migrations.iter().any(|other| {
        other.order() == one.order() && other.name == one.name && other.checksum == one.checksum
    })
}

fn configured(mut finding: Finding, config: &Config) -> Option<Finding> {
    if let Some(severity) = config.severity.get(finding.kind) {
        finding.severity = (*severity)?;
    }
    Some(finding)
}
