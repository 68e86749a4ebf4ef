//! The parts of a run that need no database: the TypeScript, and the schemas that
//! the migration files make. It is prepared once, for one database or for a whole fleet. For one it
//! is read while the database answers, since the queries take about as long as reading the files.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};

use anyhow::{Context as _, Result, anyhow};

use crate::commands::Context;
use crate::commands::judge::Judge;
use crate::migrations::Migration;
use crate::migrations::comparison::Comparison;
use crate::migrations::prediction::KnownSchemas;
use crate::schema::diff::Change;
use crate::schema::model::Schema;
use crate::schema::snapshot;

/// The files of the repository, which are read in the background.
pub(in crate::commands) struct Prepared<'scope, 'a: 'scope> {
    judge: Awaited<'scope, Judge<'a>>,
    known: Awaited<'scope, Option<KnownSchemas>>,
    /// The tenant in whose schema the migrations were replayed, where databases hold several.
    replayed_for: Option<String>,
    /// The lessons of the databases of this run so far.
    pub(in crate::commands) learnt: Learnt,
}

impl<'scope, 'a: 'scope> Prepared<'scope, 'a> {
    /// Begins to read the TypeScript and the snapshot for the migrations in `files`.
    pub(in crate::commands) fn begin(
        scope: &'scope Scope<'scope, '_>,
        context: &'a Context,
        files: &'scope [Migration],
    ) -> Self {
        Self {
            judge: Awaited::begin(scope, move || Judge::new(context, files)),
            known: Awaited::begin(scope, move || of_snapshot(context, files)),
            replayed_for: None,
            learnt: Learnt::default(),
        }
    }

    /// Begins to read the TypeScript for tenants that share databases. The snapshot stands for the
    /// schema `public`, and tells nothing of theirs.
    pub(in crate::commands) fn begin_for_tenants(
        scope: &'scope Scope<'scope, '_>,
        context: &'a Context,
        files: &'scope [Migration],
    ) -> Self {
        Self {
            judge: Awaited::begin(scope, move || {
                Judge::new(context, files).map(Judge::of_tenants)
            }),
            known: Awaited::ready(None),
            replayed_for: None,
            learnt: Learnt::default(),
        }
    }

    /// Waits for the TypeScript.
    ///
    /// # Errors
    /// As [`Judge::new`].
    pub(in crate::commands) fn judge(&self) -> Result<&Judge<'a>> {
        self.judge.wait()
    }

    /// Waits for the schemas that are known without a scratch database of this run: those of a
    /// snapshot that stands for all of the files, on this major version.
    ///
    /// # Errors
    /// When the snapshot cannot be read.
    pub(in crate::commands) fn known(&self) -> Result<Option<&KnownSchemas>> {
        Ok(self.known.wait()?.as_ref())
    }

    /// The known schemas as they are in the schema of `tenant`; see [`Self::known`].
    ///
    /// # Errors
    /// When the snapshot cannot be read.
    pub(in crate::commands) fn known_in(
        &self,
        tenant: Option<&str>,
    ) -> Result<Option<Cow<'_, KnownSchemas>>> {
        let known = self.known()?;
        let renamed = |known: &'_ KnownSchemas| {
            let (from, to) = self.replayed_for.as_deref().zip(tenant)?;
            (from != to).then(|| known.renamed(from, to))
        };
        Ok(known.map(|known| renamed(known).map_or(Cow::Borrowed(known), Cow::Owned)))
    }

    /// Replaces the known schemas by others of the same files. They were replayed for `tenant`, where
    /// databases hold several.
    pub(in crate::commands) fn with_known(
        self,
        known: KnownSchemas,
        tenant: Option<String>,
    ) -> Self {
        Self {
            known: Awaited::ready(Some(known)),
            replayed_for: tenant,
            ..self
        }
    }
}

/// The schemas that the snapshot tells; none where it is not current.
fn of_snapshot(context: &Context, files: &[Migration]) -> Result<Option<KnownSchemas>> {
    let config = &context.config;
    let snapshot = snapshot::read(&context.tree(), &config.snapshot)?;
    // The server words the definitions, and another major version words them differently.
    let current =
        snapshot.filter(|found| found.is_fresh(files) && found.postgres == config.postgres_major);
    Ok(current.map(|snapshot| KnownSchemas::of_snapshot(snapshot, files)))
}

/// A value that a thread of the scope makes.
struct Awaited<'scope, T> {
    value: OnceLock<T>,
    thread: Mutex<Option<ScopedJoinHandle<'scope, Result<T>>>>,
}

impl<'scope, T: Send + 'scope> Awaited<'scope, T> {
    fn begin(
        scope: &'scope Scope<'scope, '_>,
        make: impl FnOnce() -> Result<T> + Send + 'scope,
    ) -> Self {
        Self {
            value: OnceLock::new(),
            thread: Mutex::new(Some(scope.spawn(make))),
        }
    }

    fn ready(value: T) -> Self {
        Self {
            value: OnceLock::from(value),
            thread: Mutex::new(None),
        }
    }

    /// Waits for the value. Only the first call gets the error of the thread.
    fn wait(&self) -> Result<&T> {
        // The lock is held while the thread is waited for, so that nobody looks too early.
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            let made = thread.join().unwrap_or_else(|_panic| {
                Err(anyhow!("reading the files of the repository failed"))
            });
            let _ = self.value.set(made?);
        }
        self.value
            .get()
            .context("reading the files of the repository failed")
    }
}

/// The lessons that databases of a fleet teach about the others. What was read or settled for one of
/// them need not be read or settled again for those that are alike.
#[derive(Debug, Default)]
pub(in crate::commands) struct Learnt(Mutex<Lessons>);

#[derive(Debug, Default)]
struct Lessons {
    /// Digests of schemas that were compared, with the version of the newest applied migration.
    sound: BTreeSet<(i64, String)>,
    /// Differences between texts, which are none in meaning.
    settled: Vec<Change>,
    /// The schema of the first database that was read at a version, with its digest. One for each
    /// version is enough, since databases at one version are rarely different.
    read: BTreeMap<i64, (String, Arc<Schema>)>,
}

impl Learnt {
    /// Notes that the schema of this digest is what the migrations up to `newest` make.
    pub(in crate::commands) fn is_sound_from_now(&self, newest: i64, digest: String) {
        self.lessons().sound.insert((newest, digest));
    }

    /// Whether the schema of this digest is known to be what the migrations up to `newest` make.
    pub(super) fn is_sound(&self, newest: i64, digest: &str) -> bool {
        self.lessons().sound.contains(&(newest, digest.to_owned()))
    }

    /// Notes that a database whose newest migration is `newest` has `schema`, of this digest.
    pub(super) fn learn_schema(&self, newest: i64, digest: &str, schema: &Arc<Schema>) {
        let mut lessons = self.lessons();
        let first = lessons.read.entry(newest);
        first.or_insert_with(|| (digest.to_owned(), Arc::clone(schema)));
    }

    /// The schema of this digest, where the first database at version `newest` had it.
    pub(super) fn schema(&self, newest: i64, digest: &str) -> Option<Arc<Schema>> {
        let lessons = self.lessons();
        let (read, schema) = lessons.read.get(&newest)?;
        (read == digest).then(|| Arc::clone(schema))
    }

    /// Gives `comparison` the differences that others settled.
    pub(super) fn teach(&self, comparison: &mut Comparison<'_>) {
        comparison.settle(self.lessons().settled.clone());
    }

    /// Takes over the differences that `comparison` settled.
    pub(in crate::commands) fn learn(&self, comparison: &Comparison<'_>) {
        let mut lessons = self.lessons();
        for change in comparison.settled() {
            if !lessons.settled.contains(change) {
                lessons.settled.push(change.clone());
            }
        }
    }

    fn lessons(&self) -> std::sync::MutexGuard<'_, Lessons> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
