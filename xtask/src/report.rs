//! The report to people and machines, as data. The report knows nothing of PostgreSQL, TypeScript
//! or output formats: the commands fill it, the renderers read it.

mod alignment;
mod baseline;
mod deploy_order;
mod finding;
mod fixes;
mod fleet;
mod fleet_run;
mod loss;
mod migration;
mod plan;
mod proposal;
mod rehearsal;
mod rollback;
mod since;
mod sources;
mod status;
mod verification;

pub use alignment::{
    ColumnAlignment, ContractField, ContractSummary, DescriptionSummary, Direction,
    EntityAlignment, Layer,
};
pub use baseline::{Baseline, BaselineSummary};
pub use deploy_order::{
    BREAKS_RUNNING_CODE, CodePlace, DeployOrder, NEEDS_MIGRATION, PlannedFile, Release,
    ReleaseOrder, ReleaseStep, RolloutProblem,
};
pub use finding::{Category, Finding, FindingTiming, Label, Rule, Severity, Suggestion};
pub use fixes::{Fixes, Left};
pub use fleet::{FleetDatabase, FleetDatabaseState, FleetFinding, FleetStatus, FleetVersion};
pub use fleet_run::{FleetDirection, FleetOutcome, FleetResult, FleetRun, FleetWave};
pub use loss::{Consent, Loss, LossName, MigrationLoss, Unit};
pub use migration::{AppliedMigration, MigrationResult};
pub use plan::{
    LockMode, MigrationPlan, PlannedMigration, PlannedStatement, StatementEffects, TableLock,
    TableSize,
};
pub use proposal::{Edit, Proposal};
pub use rehearsal::Rehearsal;
pub use rollback::{Restoration, RollbackResult, RollbackVerdict, RolledBackMigration};
pub use since::Since;
pub use sources::SourceTexts;
pub use status::{MigrationState, MigrationStatus, Status};
pub use verification::{Coverage, NO_TABLE, Unjudged, Verification};

/// An instant as the specification writes it: RFC 3339 in UTC with milliseconds,
/// `2024-01-15T10:30:00.000Z`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// The present instant.
    #[must_use]
    pub fn now() -> Self {
        Self(format!("{:.3}", jiff::Timestamp::now()))
    }

    /// The instant that `text` names, in any form of RFC 3339; none where it names none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(format!(
            "{:.3}",
            text.parse::<jiff::Timestamp>().ok()?
        )))
    }

    /// The instant as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
