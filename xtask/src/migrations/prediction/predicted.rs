//! A prediction, as data.

use crate::migrations::Migration;
use crate::migrations::fingerprint::Fingerprint;
use crate::schema::model::Schema;
use crate::schema::snapshot::Snapshot;

/// Where a prediction comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PredictionOrigin {
    /// The database itself: the last run compared it with the schema that the applied migrations
    /// make.
    Database,
    /// The migrations ran on a scratch database.
    Replay,
    /// The committed snapshot. It holds the schema in the end, and the effect of each migration
    /// when it ran on a scratch database.
    Snapshot,
    /// The committed snapshot, without a scratch database to fill its gaps.
    SnapshotAlone,
}

/// The schemas that pending migrations will make.
#[derive(Debug)]
pub struct Prediction {
    /// Where it comes from.
    pub origin: PredictionOrigin,
    /// The schema that the applied migrations should have made.
    pub base: Schema,
    /// One for each pending migration, in order.
    pub steps: Vec<PredictedStep>,
}

/// The effect of one pending migration.
#[derive(Debug)]
pub struct PredictedStep {
    /// Its version.
    pub version: i64,
    /// The fingerprint of its transaction; `None` for a migration without transaction, and where no
    /// fingerprint can be taken.
    pub fingerprint: Option<Fingerprint>,
    /// The schema after it, where it was read. It is always read after the last one to be applied.
    pub schema: Option<Schema>,
}

impl Prediction {
    /// The prediction that `snapshot` holds for `pending`, which are to be applied to `base`.
    #[must_use]
    pub fn of_snapshot(
        origin: PredictionOrigin,
        base: Schema,
        snapshot: Snapshot,
        pending: &[&Migration],
    ) -> Self {
        let step = |migration: &&Migration| PredictedStep {
            version: migration.version,
            fingerprint: snapshot
                .fingerprint(*migration)
                .and_then(Fingerprint::parse),
            schema: None,
        };
        let mut steps: Vec<PredictedStep> = pending.iter().map(step).collect();
        if let Some(last) = steps.last_mut() {
            last.schema = Some(snapshot.schema);
        }
        Self {
            origin,
            base,
            steps,
        }
    }

    /// The step of `version`.
    #[must_use]
    pub fn step(&self, version: i64) -> Option<&PredictedStep> {
        self.steps.iter().find(|step| step.version == version)
    }

    /// The schema after the first `count` pending migrations; where it was not read, the next one
    /// that was.
    #[must_use]
    pub fn after(&self, count: usize) -> &Schema {
        let Some(index) = count.checked_sub(1) else {
            return &self.base;
        };
        self.steps
            .iter()
            .skip(index)
            .find_map(|step| step.schema.as_ref())
            .unwrap_or(&self.base)
    }
}
