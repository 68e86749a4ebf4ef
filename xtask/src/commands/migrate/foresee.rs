//! Predicts the schema that the pending migrations will make. A current snapshot tells it, because
//! they ran on a scratch database when it was written. The rest is found out on a scratch database
//! now. Where none can be had (a production container without binaries, npm and the right to create
//! databases), it stays unchecked, and the report says so.

use std::sync::Arc;

use anyhow::{Result, bail};
use postgres::Client;

use super::MigrationRun;
use super::prepared::Prepared;
use super::survey::Survey;
use crate::commands::{adoption, drift, live, privilege_drift, snapshot_fallback};
use crate::config::Platform;
use crate::migrations::Migration;
use crate::migrations::comparison::Comparison;
use crate::migrations::drift::Drift;
use crate::migrations::prediction::{self, KnownSchemas, Prediction, PredictionOrigin};
use crate::migrations::scratch_environment::PendingScratch;
use crate::postgres::scratch::Unavailable;
use crate::report::{Finding, Severity};
use crate::schema::model::Schema;
use crate::schema::snapshot;

/// The prediction, and the state of the database that it was made from.
#[derive(Debug)]
pub(super) struct Foreseen {
    pub(super) prediction: Prediction,
    /// Changes that were made in the database outside its migrations.
    pub(super) drift: Vec<Finding>,
    /// The digest of the catalogs, where they were read.
    pub(super) digest: Option<String>,
}

/// The facts that a prediction is made from.
pub(super) struct Evidence<'p> {
    /// The known schemas, if that after the last migration of this run is among them.
    known: Option<&'p KnownSchemas>,
    /// A scratch database that is being made, where one may be needed.
    scratch: Option<PendingScratch>,
    /// Whether the catalogs have to be read.
    pub(super) needs_catalogs: bool,
}

impl MigrationRun<'_> {
    /// Gathers the evidence for a prediction, and begins to make a scratch database where one may
    /// be needed. The first `count` pending migrations of `survey` are to be applied. `known` are
    /// the schemas that are known already.
    pub(super) fn gather<'p>(
        &self,
        survey: &Survey<'_>,
        count: usize,
        known: Option<&'p KnownSchemas>,
    ) -> Evidence<'p> {
        let pending = &survey.state.pending;
        let last = match count.checked_sub(1).and_then(|last| pending.get(last)) {
            Some(last) => last.version,
            None => survey.newest(),
        };
        let known = known.filter(|known| pending.is_empty() || known.after(last).is_some());
        let is_rehearsed = known.is_none() && !pending.is_empty();
        let is_base_known = known.is_some_and(|known| known.after(survey.newest()).is_some());
        let may_be_known =
            self.starts_empty(survey) || survey.is_unchanged || survey.noted_digest().is_some();
        let may_lack_base = !may_be_known && !is_base_known;
        // Begun now, so that it starts in the background while the catalogs are read.
        let scratch =
            (is_rehearsed || may_lack_base).then(|| self.environment().open_in_background());
        let needs_catalogs = !pending.is_empty()
            || !survey.is_unchanged
            || survey.interrupted().is_some()
            || known.is_none();
        Evidence {
            known,
            scratch,
            needs_catalogs,
        }
    }

    /// The schema of the database. Its catalogs tell it; where they are unchanged since a digest was
    /// noted, another database of the run that has the same digest tells it, too.
    pub(super) fn live(
        &mut self,
        client: &mut Client,
        survey: &Survey<'_>,
        prepared: &Prepared<'_, '_>,
    ) -> Result<Arc<Schema>> {
        let noted = survey.noted_digest().filter(|_| survey.is_unchanged);
        let read = noted.and_then(|noted| prepared.learnt.schema(survey.newest(), noted));
        match read {
            Some(schema) => Ok(schema),
            None => live::read_with(&mut self.reader, client).map(Arc::new),
        }
    }

    /// Predicts the pending migrations of `survey`, of which the first `count` are to be applied.
    /// `live` is the schema of the database; none where it need not be read.
    pub(super) fn foresee(
        &mut self,
        client: &mut Client,
        survey: &Survey<'_>,
        (evidence, prepared): (Evidence<'_>, &Prepared<'_, '_>),
        live: Option<Arc<Schema>>,
        (count, files): (usize, &[Migration]),
        comparison: &mut Comparison<'_>,
    ) -> Result<Foreseen> {
        let known = evidence.known;
        let schema_now = known.and_then(|known| known.after(survey.newest()));
        let Some(live) = live else {
            let schema = schema_now.cloned().unwrap_or_default();
            let prediction = Prediction {
                origin: PredictionOrigin::Database,
                base: schema,
                steps: Vec::new(),
            };
            return Ok(Foreseen {
                prediction,
                drift: Vec::new(),
                digest: None,
            });
        };
        let digest = match survey.noted_digest() {
            // The catalogs are unchanged since this digest was noted, so it need not be computed.
            Some(noted) if survey.is_unchanged => noted.to_owned(),
            Some(_) | None => snapshot::digest(&live),
        };
        let is_verified = survey.interrupted().is_none()
            && (survey.is_unchanged
                || self.starts_empty(survey) && live.is_empty()
                || match survey.noted_digest() {
                    Some(noted) => noted == digest || live::is_digest_of(noted, &live, client)?,
                    None => false,
                }
                || prepared.learnt.is_sound(survey.newest(), &digest));
        prepared
            .learnt
            .learn_schema(survey.newest(), &digest, &live);
        let granted = schema_now.filter(|_| survey.state.pending.is_empty());
        let prediction = self.predict(
            evidence,
            survey,
            &live,
            is_verified,
            (count, files),
            comparison,
        )?;
        let is_comparable = !is_verified && survey.interrupted().is_none();
        let mut drift = match is_comparable {
            true => self.drift(client, comparison, (&prediction.base, &live), survey)?,
            false => Vec::new(),
        };
        let is_replayed = is_comparable && prediction.origin != PredictionOrigin::SnapshotAlone;
        let granted = granted.or(Some(&prediction.base).filter(|_| is_replayed));
        if let Some(granted) = granted.filter(|_| self.looks_at_privileges(survey)) {
            drift.extend(privilege_drift::look(self.context, client, granted, &live)?);
        }
        Ok(Foreseen {
            prediction,
            drift,
            digest: Some(digest),
        })
    }

    /// Whether privileges are compared. It is asked only where the expected ones are known without
    /// an extra replay.
    fn looks_at_privileges(&self, survey: &Survey<'_>) -> bool {
        survey.interrupted().is_none()
            && privilege_drift::is_asked_for(&self.context.config, survey.applied())
    }

    /// Looks for changes that were made in the database outside its migrations. Where the
    /// configuration does not count them as errors, they do not stop the migrations either.
    fn drift(
        &self,
        client: &mut Client,
        comparison: &mut Comparison<'_>,
        (expected, live): (&Schema, &Schema),
        survey: &Survey<'_>,
    ) -> Result<Vec<Finding>> {
        let difference = comparison.difference(expected, live, survey.newest())?;
        let severity = drift::severity(&self.context.config);
        let findings = drift::findings(&difference, severity);
        if severity != Some(Severity::Error) {
            comparison.tolerate(Drift::new(client, difference.changes)?, live);
        }
        Ok(findings)
    }

    /// The finding about a database without history that already has the objects of pending
    /// migrations.
    pub(super) fn adoptable(&self, survey: &Survey<'_>, live: &Schema) -> Option<Finding> {
        if !survey.history.is_empty() || !survey.journal.is_empty() {
            return None;
        }
        let last = adoption::last_present(self.context, &survey.state.pending, live)?;
        Some(adoption::finding(last, live))
    }

    /// Whether the migrations begin on an empty database: without history, and without
    /// `scratch-setup`, which stands for objects that others made before.
    fn starts_empty(&self, survey: &Survey<'_>) -> bool {
        let config = &self.context.config;
        survey.history.is_empty()
            && config.scratch_setup.is_empty()
            && config.platform == Platform::None
    }

    /// Predicts the schemas. `is_verified` says that `live` is the schema that the applied
    /// migrations should have made, as the last run saw it.
    fn predict(
        &mut self,
        evidence: Evidence<'_>,
        survey: &Survey<'_>,
        live: &Arc<Schema>,
        is_verified: bool,
        (count, files): (usize, &[Migration]),
        comparison: &mut Comparison<'_>,
    ) -> Result<Prediction> {
        let Evidence { known, scratch, .. } = evidence;
        let base = is_verified.then_some(live);
        let pending = &survey.state.pending;
        if let (Some(base), []) = (base, pending.as_slice()) {
            return Ok(Prediction {
                origin: PredictionOrigin::Database,
                base: Arc::clone(base),
                steps: Vec::new(),
            });
        }
        if let Some(known) = known {
            let of_known = |base| Prediction::of_known(known.origin, base, known, (pending, count));
            if let Some(base) = base {
                return Ok(of_known(Arc::clone(base)));
            }
            if let Some(base) = known.after(survey.newest()) {
                return Ok(of_known(Arc::clone(base)));
            }
            if let Some(scratch) = scratch {
                comparison.use_scratch(scratch);
            }
            return match comparison.schema_after(survey.newest()) {
                Err(error) if error.downcast_ref::<Unavailable>().is_some() => self
                    .with_snapshot_alone(
                        known,
                        live,
                        (pending, count),
                        &snapshot_fallback::one_line(&error),
                    ),
                Ok(base) => Ok(of_known(Arc::new(base))),
                Err(error) => Err(error),
            };
        }
        let scratch = scratch.unwrap_or_else(|| self.environment().open_in_background());
        let rehearsed = scratch.wait().and_then(|session| {
            prediction::rehearse(
                session,
                &survey.applied(),
                base.map(|base| Schema::clone(base)),
                pending,
                count,
            )
        });
        match rehearsed {
            Err(error) if error.downcast_ref::<Unavailable>().is_some() => {
                let (snapshot, why) = snapshot_fallback::snapshot(self.context, files, error)?;
                let known = KnownSchemas::of_snapshot(snapshot, files);
                self.with_snapshot_alone(&known, live, (pending, count), &why)
            }
            rehearsed => rehearsed,
        }
    }

    /// The prediction without a scratch database; the report lists the checks that could not be
    /// made. `live` counts as the schema of the applied migrations. Where nothing is pending, the
    /// snapshot is that schema.
    fn with_snapshot_alone(
        &mut self,
        known: &KnownSchemas,
        live: &Schema,
        (pending, count): (&[&Migration], usize),
        why: &str,
    ) -> Result<Prediction> {
        let path = &self.context.config.snapshot;
        if let (Some(last), true) = (pending.last(), count > 0 && count < pending.len()) {
            bail!(
                "cannot verify an earlier target: there is no scratch database, and `{path}` only tells the schema after \
                 `{last}`; apply all pending migrations, or set `SHADOW_DATABASE_URL`; {why}"
            )
        }
        let base = match pending.first() {
            None => known.last(),
            Some(_) => Arc::new(live.clone()),
        };
        let origin = PredictionOrigin::SnapshotAlone;
        let prediction = Prediction::of_known(origin, base, known, (pending, count));
        let mut unchecked = Vec::new();
        if !pending.is_empty() {
            unchecked
                .push("whether the live database is what its applied migrations made".to_owned());
        }
        let between = prediction
            .steps
            .split_last()
            .map(|(_, between)| between)
            .unwrap_or_default();
        if between.iter().any(|step| step.fingerprint.is_none()) {
            unchecked.push(format!(
                "the schema after each migration but the last, where `{path}` does not tell what it does"
            ));
        }
        if count > 0 {
            unchecked.push(
                "the migrations on a scratch database, before the live one is touched".to_owned(),
            );
        }
        if let Some(last) = unchecked.last_mut() {
            *last = format!("{last}; `{path}` stands in for a scratch database, because {why}");
        }
        self.result.unchecked.extend(unchecked);
        Ok(prediction)
    }
}

/// Whether the objects in the database stop the migrations, or were not compared with them.
pub(super) fn is_no_database_of_ours(drift: &[Finding], prediction: &Prediction) -> bool {
    prediction.origin == PredictionOrigin::SnapshotAlone
        || drift
            .iter()
            .any(|finding| finding.severity == Severity::Error)
}
