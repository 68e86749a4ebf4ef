//! The committed form of a schema, `snapshots/schema.json`. Reviewers read it, checks use it
//! without a database, and migrations are verified against it without a scratch database. It names
//! the migrations that it stands for, so that no database is needed to see whether it is current.
//! The same schema always makes the same text.

mod layout;
mod server_entries;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::model::Schema;
use crate::called_as;
use crate::tree::Tree;
use crate::whole_file;

/// The command that rewrites the snapshot.
#[must_use]
pub fn fix() -> String {
    called_as::command("snapshot")
}

/// The version of the format: a tool that reads another one says so instead of misreading it.
const FORMAT: u32 = 1;

/// A schema, and the migrations that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The major version of PostgreSQL that wrote the definitions.
    pub postgres: u32,
    /// Each migration in order, `V7__add_user_bio`, with refinery's checksum of its text.
    pub migrations: Vec<(String, u64)>,
    /// The fingerprint of each migration's effect on the catalogs, where that effect can be
    /// summarised. The order is that of the migrations.
    pub fingerprints: Vec<(String, String)>,
    /// The schema that they make.
    pub schema: Schema,
}

/// A migration, as a snapshot names it.
pub trait SnapshotMigration {
    /// `V7__add_user_bio`
    fn full_name(&self) -> String;
    /// refinery's checksum of its version, name and text.
    fn checksum(&self) -> u64;
}

/// The members of the file beside the schema.
#[derive(Deserialize)]
struct Header {
    format: u32,
    postgres: u32,
    migrations: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    fingerprints: serde_json::Map<String, serde_json::Value>,
    #[serde(flatten)]
    sections: BTreeMap<String, serde::de::IgnoredAny>,
}

impl Snapshot {
    /// The snapshot of `schema`, which `migrations` make on PostgreSQL `postgres`. `fingerprints`
    /// are of their effects.
    #[must_use]
    pub fn new<M: SnapshotMigration, F: ToString>(
        postgres: u32,
        migrations: &[M],
        fingerprints: &[Option<F>],
        schema: Schema,
    ) -> Self {
        let known = migrations
            .iter()
            .zip(fingerprints)
            .filter_map(|(migration, fingerprint)| {
                fingerprint
                    .as_ref()
                    .map(|fingerprint| (migration.full_name(), fingerprint.to_string()))
            });
        Self {
            postgres,
            migrations: migrations.iter().map(stamp).collect(),
            fingerprints: known.collect(),
            schema,
        }
    }

    /// Returns the fingerprint of `migration`'s effect on the catalogs, where it is known.
    #[must_use]
    pub fn fingerprint(&self, migration: &impl SnapshotMigration) -> Option<&str> {
        let name = migration.full_name();
        self.fingerprints
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, fingerprint)| fingerprint.as_str())
    }

    /// Whether it stands for exactly these migrations.
    #[must_use]
    pub fn is_fresh(&self, migrations: &[impl SnapshotMigration]) -> bool {
        self.migrations
            .iter()
            .cloned()
            .eq(migrations.iter().map(stamp))
    }

    /// The reasons why it does not stand for `migrations`: each one that is new, gone or changed.
    /// Empty when it does.
    #[must_use]
    pub fn staleness(&self, migrations: &[impl SnapshotMigration]) -> Vec<String> {
        let ours: BTreeMap<&str, u64> = self
            .migrations
            .iter()
            .map(|(name, sum)| (name.as_str(), *sum))
            .collect();
        let now: Vec<(String, u64)> = migrations.iter().map(stamp).collect();
        let fresh = now
            .iter()
            .filter_map(|(name, sum)| match ours.get(name.as_str()) {
                None => Some(format!("`{name}` is new")),
                Some(known) if known != sum => Some(format!("`{name}` changed")),
                Some(_) => None,
            });
        let gone = self
            .migrations
            .iter()
            .filter(|(name, _)| !now.iter().any(|(other, _)| other == name));
        let mut reasons: Vec<String> = fresh
            .chain(gone.map(|(name, _)| format!("`{name}` is gone")))
            .collect();
        if reasons.is_empty() && !self.is_fresh(migrations) {
            reasons.push("the order of the migrations changed".to_owned());
        }
        reasons
    }

    /// The text of `snapshots/schema.json`.
    #[must_use]
    pub fn to_text(&self) -> String {
        // As text: many JSON readers round numbers beyond 2^53.
        let checksums = self
            .migrations
            .iter()
            .map(|(name, sum)| (name.clone(), sum.to_string().into()));
        let mut file = serde_json::Map::new();
        file.insert("format".into(), FORMAT.into());
        file.insert("postgres".into(), self.postgres.into());
        file.insert(
            "migrations".into(),
            serde_json::Value::Object(checksums.collect()),
        );
        if !self.fingerprints.is_empty() {
            let fingerprints = self
                .fingerprints
                .iter()
                .map(|(name, text)| (name.clone(), text.as_str().into()));
            file.insert(
                "fingerprints".into(),
                serde_json::Value::Object(fingerprints.collect()),
            );
        }
        file.extend(sections(&self.schema));
        layout::write(&serde_json::Value::Object(file))
    }

    /// Reads what [`Snapshot::to_text`] wrote. `path` is for messages.
    ///
    /// # Errors
    /// When the text is damaged, with the line and what to do.
    pub fn parse(text: &str, path: &str) -> Result<Self> {
        let mut snapshot = Self::parse_as_written(text, path)?;
        // A dump that became the first migration may make the history tables of other tools.
        snapshot.schema = snapshot.schema.without_bookkeeping();
        if server_entries::remove(&mut snapshot.schema) {
            // The fingerprints were taken with these entries, so that no server will show them
            // again.
            snapshot.fingerprints.clear();
        }
        Ok(snapshot)
    }

    fn parse_as_written(text: &str, path: &str) -> Result<Self> {
        // Before JSON is parsed: its error would not name the cause.
        if let Some(at) = text.lines().position(|line| line.starts_with("<<<<<<<")) {
            bail!(
                "cannot read `{path}`: line {} is a merge conflict; run `{}` to write it anew",
                at + 1,
                fix()
            )
        }
        let broken = |error: serde_json::Error| {
            anyhow!(
                "cannot read `{path}`: line {}: {}; run `{}` to write it anew",
                error.line(),
                cause(&error),
                fix()
            )
        };
        let header: Header = serde_json::from_str(text).map_err(broken)?;
        // Before the schema is read: another format need not fit the model.
        if header.format != FORMAT {
            bail!(
                "cannot read `{path}`: it has format {}, and this version of the tool writes format {FORMAT}; run \
                 `{}` with the version that your colleagues use",
                header.format,
                fix()
            )
        }
        if let Some(section) = header.sections.keys().find(|section| !is_section(section)) {
            bail!(
                "cannot read `{path}`: it has an unknown section `{section}`; run `{}` to write it anew",
                fix()
            )
        }
        let mut schema: Schema = serde_json::from_str(text).map_err(broken)?;
        // Earlier versions of the tool kept `NOT NULL` constraints under the names that PostgreSQL
        // makes up.
        schema.tables.values_mut().for_each(|table| {
            table
                .constraints
                .retain(|name, constraint| !constraint.is_said_by_column(name));
        });
        let migrations = header.migrations.into_iter().map(|(name, sum)| {
            let sum = sum.as_str().and_then(|sum| sum.parse().ok());
            let sum = sum.with_context(|| {
                format!("cannot read `{path}`: the checksum of `{name}` is no number; run `{}` to write it anew", fix())
            });
            Ok((name, sum?))
        });
        // A value that is no text is ignored: the migration then runs on a scratch database
        // instead.
        let fingerprints = header
            .fingerprints
            .into_iter()
            .filter_map(|(name, text)| Some((name, text.as_str()?.into())));
        let migrations = migrations.collect::<Result<_>>()?;
        Ok(Self {
            postgres: header.postgres,
            migrations,
            fingerprints: fingerprints.collect(),
            schema,
        })
    }
}

/// The text of a committed snapshot without entries of a server's own, which earlier versions of
/// the tool wrote. A text without such entries, or one that cannot be read, is returned unchanged.
#[must_use]
pub fn without_server_entries(text: String, path: &str) -> String {
    let Ok(mut snapshot) = Snapshot::parse_as_written(&text, path) else {
        return text;
    };
    if !server_entries::remove(&mut snapshot.schema) {
        return text;
    }
    snapshot.fingerprints.clear();
    snapshot.to_text()
}

/// The snapshot in the file `path` of `tree`; none where there is no such file.
///
/// # Errors
/// When the file cannot be read or is damaged.
pub fn read(tree: &dyn Tree, path: &str) -> Result<Option<Snapshot>> {
    let bytes = match tree.read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read `{path}`")),
    };
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| {
        anyhow!(
            "cannot read `{path}`: it is not UTF-8; run `{}` to write it anew",
            fix()
        )
    })?;
    Snapshot::parse(&text, path).map(Some)
}

/// Writes `snapshot` to `file`, all of it or nothing.
///
/// # Errors
/// When the folder cannot be created or written.
pub fn write(file: &Path, snapshot: &Snapshot) -> Result<()> {
    whole_file::write(file, &snapshot.to_text(), 0o666)
        .with_context(|| format!("cannot write the snapshot `{}`", file.display()))
}

/// The SHA-256 of the schema's canonical text, in hexadecimal: equal where the schemas are.
#[must_use]
pub fn digest(schema: &Schema) -> String {
    let text = layout::write(&serde_json::Value::Object(sections(schema)));
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The kinds of objects that the schema has, as JSON.
pub(super) fn sections(schema: &Schema) -> serde_json::Map<String, serde_json::Value> {
    let Ok(serde_json::Value::Object(mut sections)) = serde_json::to_value(schema) else {
        // A schema holds strings, numbers, lists and maps with string keys: all of them are JSON.
        return serde_json::Map::new();
    };
    sections.retain(|_, section| {
        section
            .as_object()
            .is_some_and(|section| !section.is_empty())
    });
    sections
}

/// Whether a schema has objects under this name.
fn is_section(name: &str) -> bool {
    serde_json::to_value(Schema::default()).is_ok_and(|schema| schema.get(name).is_some())
}

fn stamp(migration: &impl SnapshotMigration) -> (String, u64) {
    (migration.full_name(), migration.checksum())
}

/// Returns the message of the error, without the position that serde appends.
fn cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.clone(), |(cause, _)| cause.to_owned())
}

#[cfg(test)]
mod tests;
