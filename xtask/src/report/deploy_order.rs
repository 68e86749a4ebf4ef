//! The order in which a branch's migrations and its code may go live, as data: what the running
//! code loses, what the new code lacks, and the releases that hurt neither.

use crate::source::Location;

/// The type of findings about running code that the new schema breaks.
pub const BREAKS_RUNNING_CODE: &str = "BREAKS_RUNNING_CODE";

/// The type of notes about new code that the old schema does not serve.
pub const NEEDS_MIGRATION: &str = "NEEDS_MIGRATION";

/// The verdict about all four pairs of old and new code and schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployOrder {
    /// The order.
    pub order: ReleaseOrder,
    /// What the running code loses with the new schema.
    pub breaks: Vec<RolloutProblem>,
    /// What the new code lacks in the old schema.
    pub needs: Vec<RolloutProblem>,
    /// What the new code still uses that the new schema lacks: then no order helps.
    pub left_behind: Vec<RolloutProblem>,
    /// Tables that lose something, and of which the running code declares nothing: nobody knows
    /// whether it uses them.
    pub unknown: Vec<String>,
    /// Changes whose effect on running code does not follow from what it declares: `trigger `t` of
    /// `runs``.
    pub not_judged: Vec<String>,
    /// The releases that hurt no code; none where one release will do.
    pub releases: Vec<Release>,
}

/// The order in which migrations and code go live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseOrder {
    /// The new code needs the migrations, and the running code does not mind them.
    MigrateFirst,
    /// The running code breaks with the migrations, and the new code does not need them.
    DeployFirst,
    /// Neither minds the other.
    Either,
    /// The running code breaks with the migrations, and the new code needs them.
    TwoReleases,
}

/// One thing that code wants of a schema, and does not find there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutProblem {
    /// The table or view.
    pub entity: String,
    /// The column, where it is about one.
    pub field: Option<String>,
    /// The problem in one sentence.
    pub message: String,
    /// The declarations of the code that say what it wants, with their places in the commit that
    /// they are of.
    pub code: Vec<CodePlace>,
    /// The place in the migration that causes it, where it was found.
    pub migration: Option<Location>,
    /// Whether it happens for sure, rather than for some values only.
    pub certain: bool,
    /// What the code would have to do to work with both schemas, in the imperative.
    pub remedy: String,
    /// The reason for which the migration's file accepts it.
    pub accepted: Option<String>,
}

/// A declaration of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePlace {
    /// `Drizzle table runs`
    pub declaration: String,
    /// The line that states it.
    pub location: Location,
}

/// One release of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its purpose: `expand`, `contract`.
    pub title: String,
    /// In order.
    pub steps: Vec<ReleaseStep>,
}

/// One step of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseStep {
    /// What is done, in the imperative.
    pub text: String,
    /// The migration to write, where it is one.
    pub migration: Option<PlannedFile>,
    /// The migration of the branch that runs as it is, where it is one.
    pub keeps: Option<String>,
}

/// A migration that a plan proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its name without version: `expand_runs`.
    pub name: String,
    /// Its text.
    pub sql: String,
}

impl ReleaseOrder {
    /// The name in JSON.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::MigrateFirst => "migrate-first",
            Self::DeployFirst => "deploy-first",
            Self::Either => "either",
            Self::TwoReleases => "two-releases",
        }
    }

    /// The order in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::MigrateFirst => "migrate first",
            Self::DeployFirst => "deploy first",
            Self::Either => "either",
            Self::TwoReleases => "neither: two releases",
        }
    }

    /// The order and its reason.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::MigrateFirst => {
                "migrate first, then deploy: the running code works with the new schema, and the new code needs it"
            }
            Self::DeployFirst => {
                "deploy first, then migrate: the running code breaks with the new schema, and the new code works with both"
            }
            Self::Either => "either: running code and new code work with both schemas",
            Self::TwoReleases => {
                "neither, split it into two releases: the running code breaks with the new schema, and the new code does not work before and after it"
            }
        }
    }
}

impl DeployOrder {
    /// Whether the running code works with the new schema for sure.
    #[must_use]
    pub fn keeps_running_code(&self) -> bool {
        !self.breaks.iter().any(|one| one.certain)
    }
}

impl RolloutProblem {
    /// The problem with its first line of code: `runs: Column 'owner' … (Drizzle table `runs`,
    /// src/schema.ts:5)`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let accepted = self.accepted.as_ref();
        let accepted = accepted.map_or_else(String::new, |why| format!("; accepted: {why}"));
        format!(
            "{}: {}{}{accepted}",
            self.entity,
            self.message,
            self.code_in_words()
        )
    }

    /// The first declaration with its line, in brackets, and how many others there are.
    #[must_use]
    pub fn code_in_words(&self) -> String {
        let Some(first) = self.code.first() else {
            return String::new();
        };
        let CodePlace {
            declaration,
            location,
        } = first;
        let others = match self.code.len() - 1 {
            0 => String::new(),
            1 => ", and one more".to_owned(),
            more => format!(", and {more} more"),
        };
        format!(
            " ({declaration}, {}:{}{others})",
            location.file, location.line
        )
    }
}
