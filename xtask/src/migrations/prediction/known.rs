//! The schemas that the migration files make, as far as they are known before a database is looked
//! at: from the committed snapshot, or from one replay that serves many databases.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use anyhow::Result;

use super::PredictionOrigin;
use super::rehearsal::PredictionRun;
use crate::migrations::Migration;
use crate::migrations::fingerprint::Fingerprint;
use crate::migrations::scratch_environment::ScratchSession;
use crate::schema::model::Schema;
use crate::schema::snapshot::Snapshot;

/// The known schemas of one list of migration files.
#[derive(Debug, Clone)]
pub struct KnownSchemas {
    /// Where they come from.
    pub origin: PredictionOrigin,
    /// The schema after a version, for some versions. Before the first one it is at `i64::MIN`.
    schemas: BTreeMap<i64, Arc<Schema>>,
    /// The effect of each migration, where it can be summarised.
    fingerprints: BTreeMap<i64, Fingerprint>,
}

impl KnownSchemas {
    /// Takes over what `snapshot` says, which stands for all of `files`.
    #[must_use]
    pub fn of_snapshot(snapshot: Snapshot, files: &[Migration]) -> Self {
        let texts: HashMap<&str, &str> = snapshot
            .fingerprints
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let fingerprint = |file: &Migration| {
            let text = texts.get(file.to_string().as_str())?;
            Some((file.version, Fingerprint::parse(text)?))
        };
        let last = files.last().map_or(i64::MIN, |file| file.version);
        Self {
            origin: PredictionOrigin::Snapshot,
            fingerprints: files.iter().filter_map(fingerprint).collect(),
            schemas: BTreeMap::from([(last, Arc::new(snapshot.schema))]),
        }
    }

    /// Runs `files` on the scratch database of `session`. The schema is read after each version in
    /// `read`, after the last one, and wherever no fingerprint can stand for it.
    ///
    /// # Errors
    /// When a migration does not run there.
    pub fn replayed(
        session: ScratchSession,
        files: &[Migration],
        read: &BTreeSet<i64>,
    ) -> Result<Self> {
        let mut run = PredictionRun::on(session);
        let work = run.session.replaying(files.len());
        let mut known = Self {
            origin: PredictionOrigin::Replay,
            schemas: BTreeMap::new(),
            fingerprints: BTreeMap::new(),
        };
        if read.contains(&i64::MIN) {
            known
                .schemas
                .insert(i64::MIN, Arc::new(run.session.read()?));
        }
        let last = files.last().map(|file| file.version);
        for file in files {
            work.next(&file.to_string());
            let is_read = read.contains(&file.version) || last == Some(file.version);
            let step = run.step(file, is_read)?;
            if let Some(schema) = step.schema {
                known.schemas.insert(file.version, schema);
            }
            if let Some(fingerprint) = step.fingerprint {
                known.fingerprints.insert(file.version, fingerprint);
            }
        }
        Ok(known)
    }

    /// The same schemas in the namespace `to` instead of `from`. Fingerprints hold names, and are left
    /// out: whole schemas stand for them.
    #[must_use]
    pub fn renamed(&self, from: &str, to: &str) -> Self {
        let schemas = self.schemas.iter();
        Self {
            origin: self.origin,
            schemas: schemas
                .map(|(version, schema)| (*version, Arc::new(schema.renamed(from, to))))
                .collect(),
            fingerprints: BTreeMap::new(),
        }
    }

    /// The schema after `version`, where it is known.
    #[must_use]
    pub fn after(&self, version: i64) -> Option<&Arc<Schema>> {
        self.schemas.get(&version)
    }

    /// The schema after the last of the files.
    #[must_use]
    pub fn last(&self) -> Arc<Schema> {
        let last = self.schemas.last_key_value();
        last.map_or_else(Arc::default, |(_, schema)| Arc::clone(schema))
    }

    /// The effect of the migration `version`, where it is known.
    #[must_use]
    pub fn fingerprint(&self, version: i64) -> Option<&Fingerprint> {
        self.fingerprints.get(&version)
    }

    /// Whether each of `migrations` can be verified without a scratch database: by its fingerprint,
    /// or by the schema after it.
    #[must_use]
    pub fn tells(&self, migrations: &[&Migration]) -> bool {
        migrations.iter().all(|one| {
            self.fingerprints.contains_key(&one.version) || self.schemas.contains_key(&one.version)
        })
    }
}
