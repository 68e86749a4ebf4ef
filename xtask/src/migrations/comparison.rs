//! Compares a database with the schema that its migrations make. Two schemas are the same where
//! their objects mean the same, however they came there. A scratch database settles the differences
//! that are left. PostgreSQL's own parser knows whether two texts are one definition. A second
//! replay shows what the same SQL makes differently each time.

mod partitions;
mod public_namespace;
mod spelling;

use anyhow::Result;

pub use spelling::leave_out as without_spellings;

use super::Migration;
use super::drift::{Drift, Identities};
use super::scratch_environment::{PendingScratch, ScratchEnvironment, ScratchSession};
use crate::postgres::scratch::Unavailable;
use crate::schema::diff::{Change, Likeness, SchemaDiff, diff};
use crate::schema::model::Schema;

/// Compares a database with the schema that its migrations make.
pub struct Comparison<'a> {
    environment: ScratchEnvironment<'a>,
    /// Every migration file.
    files: &'a [Migration],
    /// Tolerated drift, and the schema in which it was found.
    tolerated: Option<(Drift, Schema)>,
    /// Differences that were found to be none in meaning.
    settled: Vec<Change>,
    /// Differences that were found to be tolerated drift, which followed the SQL that ran.
    followed: Vec<Change>,
    /// A scratch database that is being made.
    scratch: Option<PendingScratch>,
    replay: Option<LaggingReplay>,
}

impl<'a> Comparison<'a> {
    /// Compares databases to which some of `files` were applied.
    #[must_use]
    pub fn new(environment: ScratchEnvironment<'a>, files: &'a [Migration]) -> Self {
        Self {
            environment,
            files,
            tolerated: None,
            settled: Vec::new(),
            followed: Vec::new(),
            scratch: None,
            replay: None,
        }
    }

    /// Uses `scratch` for the replay, where one is needed at all.
    pub fn use_scratch(&mut self, scratch: PendingScratch) {
        self.scratch = Some(scratch);
    }

    /// Leaves `drift` out from now on, which was found in the schema `found_in` and is tolerated.
    pub fn tolerate(&mut self, drift: Drift, found_in: &Schema) {
        self.tolerated =
            Some((drift, found_in.clone())).filter(|(drift, _)| !drift.changes.is_empty());
    }

    /// The differences that were found to be none in meaning. They are none in another database
    /// with the same migrations, either.
    #[must_use]
    pub fn settled(&self) -> &[Change] {
        &self.settled
    }

    /// Leaves `settled` out from now on, which a comparison of another database found to be no
    /// differences in meaning.
    pub fn settle(&mut self, settled: Vec<Change>) {
        self.settled.extend(settled);
    }

    /// The drift that does not count.
    #[must_use]
    pub fn tolerated(&self) -> Option<&Drift> {
        self.tolerated.as_ref().map(|(drift, _)| drift)
    }

    /// Leaves out how that drift looks in `actual`, where it only followed the SQL that ran.
    /// `actual` should be `expected`; the identities were read with it.
    pub fn follow(&mut self, identities: &Identities, expected: &Schema, actual: &Schema) {
        let Some((drift, before)) = &self.tolerated else {
            return;
        };
        let judged = drift.judge(
            identities,
            (before, expected, actual),
            &self.environment.config.accepted_drift,
        );
        if judged.is_unharmed {
            self.followed.extend(judged.drift);
        }
    }

    /// Returns how `actual` differs in meaning from `expected`, which the migrations up to
    /// `version` make. Without a scratch database each difference in spelling counts.
    ///
    /// # Errors
    /// When the migrations do not run on the scratch database.
    pub fn difference(
        &mut self,
        expected: &Schema,
        actual: &Schema,
        version: i64,
    ) -> Result<SchemaDiff> {
        let apparent = self.apparent(expected, actual);
        if apparent.likeness() != Likeness::Different {
            return Ok(apparent);
        }
        match self.in_meaning(actual, version) {
            Err(error) if error.downcast_ref::<Unavailable>().is_some() => Ok(apparent),
            Err(error) => Err(error),
            Ok(left) => {
                let is_none = |change: &Change| !left.changes.contains(change);
                self.settled
                    .extend(apparent.changes.into_iter().filter(is_none));
                Ok(left)
            }
        }
    }

    /// The differences that are not left to operations, not tolerated, and not explained. Needs no
    /// scratch database.
    #[must_use]
    pub fn apparent(&self, expected: &Schema, actual: &Schema) -> SchemaDiff {
        // Without privileges: servers grant some that no migration names, and operations grant
        // others.
        let mut difference = diff(expected, actual).without_grants();
        partitions::leave_out(&mut difference, expected, actual);
        public_namespace::leave_out(&mut difference, expected);
        let accepted = &self.environment.config.accepted_drift;
        let known = |change: &Change| {
            self.is_tolerated(change)
                || self.settled.contains(change)
                || self.followed.contains(change)
        };
        difference
            .changes
            .retain(|change| !known(change) && !accepted.covers(&change.subjects()));
        difference
    }

    fn is_tolerated(&self, change: &Change) -> bool {
        self.tolerated()
            .is_some_and(|drift| drift.changes.contains(change))
    }

    /// The schema after `version` on a scratch database.
    ///
    /// # Errors
    /// When there is none, or a migration does not run there.
    pub fn schema_after(&mut self, version: i64) -> Result<Schema> {
        let files = self.files;
        self.replay(version)?.schema_after(version, files)
    }

    /// Compares `actual` with a replay on a scratch database that is like it. The expected schema
    /// may come from a snapshot, which was made under other names and settings.
    fn in_meaning(&mut self, actual: &Schema, version: i64) -> Result<SchemaDiff> {
        let files = self.files;
        let replayed = self.replay(version)?.schema_after(version, files)?;
        let difference = self.apparent(&replayed, actual);
        let mut left = spelling::leave_out(&mut self.replay(version)?.session.client, &difference)?;
        if left.likeness() == Likeness::Different {
            // A second replay costs as much as the first, so it runs only where a difference is
            // left. A difference between the two replays says nothing about `actual`.
            let again = LaggingReplay::on(self.environment.open()?).schema_after(version, files)?;
            let varying = diff(&replayed, &again).changes;
            left.changes
                .retain(|change| !varying.iter().any(|varies| varies.is_about_same(change)));
        }
        Ok(left)
    }

    /// Returns a replay that has not gone beyond `version`: migrations are not undone on it.
    fn replay(&mut self, version: i64) -> Result<&mut LaggingReplay> {
        let replay = match self.replay.take().filter(|replay| replay.last <= version) {
            Some(replay) => replay,
            None => LaggingReplay::on(match self.scratch.take() {
                Some(scratch) => scratch.wait()?,
                None => self.environment.open()?,
            }),
        };
        Ok(self.replay.insert(replay))
    }
}

/// Leaves the changes of `difference` out that are two spellings of one definition. It is the
/// difference of two schemas that migrations made, one of them on the database of `session`.
///
/// # Errors
/// Those of the queries.
pub fn in_spelling(session: &mut ScratchSession, difference: &SchemaDiff) -> Result<SchemaDiff> {
    spelling::leave_out(&mut session.client, difference)
}

/// A scratch database whose migrations run only when the schema after them is needed.
struct LaggingReplay {
    session: ScratchSession,
    last: i64,
}

impl LaggingReplay {
    /// Begins on an empty scratch database.
    fn on(session: ScratchSession) -> Self {
        Self {
            session,
            last: i64::MIN,
        }
    }

    /// The schema after `version`, which must not be older than that of the last call.
    fn schema_after(&mut self, version: i64, files: &[Migration]) -> Result<Schema> {
        let last = self.last;
        let missing: Vec<&Migration> = files
            .iter()
            .filter(|file| file.version > last && file.version <= version)
            .collect();
        let work = self.session.replaying(missing.len());
        for file in missing {
            work.next(&file.to_string());
            self.session.replay([file])?;
            self.last = file.version;
        }
        self.session.read()
    }
}
