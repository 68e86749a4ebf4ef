//! A prediction, as data.

use std::sync::Arc;

use super::KnownSchemas;
use crate::migrations::Migration;
use crate::migrations::fingerprint::Fingerprint;
use crate::schema::model::Schema;

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
    pub base: Arc<Schema>,
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
    pub schema: Option<Arc<Schema>>,
}

impl Prediction {
    /// The prediction that `known` holds for `pending`, which are to be applied to `base`; this run
    /// applies the first `count` of them.
    #[must_use]
    pub fn of_known(
        origin: PredictionOrigin,
        base: Arc<Schema>,
        known: &KnownSchemas,
        (pending, count): (&[&Migration], usize),
    ) -> Self {
        let step = |(index, migration): (usize, &&Migration)| {
            let fingerprint = known.fingerprint(migration.version).cloned();
            // Where a fingerprint stands for the schema, comparing whole catalogs would only take
            // longer.
            let is_compared =
                fingerprint.is_none() || [count, pending.len()].contains(&(index + 1));
            PredictedStep {
                version: migration.version,
                schema: known
                    .after(migration.version)
                    .filter(|_| is_compared)
                    .cloned(),
                fingerprint,
            }
        };
        Self {
            origin,
            base,
            steps: pending.iter().enumerate().map(step).collect(),
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
            .find_map(|step| step.schema.as_deref())
            .unwrap_or(&self.base)
    }
}
