//! The migrations that were reviewed before those on disk. A snapshot that was just written stands
//! for a migration that was just written, too: git knows which snapshot is older.

use crate::commands::Context;
use crate::git::Repository;
use crate::schema::snapshot::Snapshot;

/// The names and checksums of those of `all`, which the snapshot on disk stands for, that were
/// reviewed before. Without git that is all of them.
pub fn reviewed(context: &Context, all: &[(String, u64)]) -> Vec<(String, u64)> {
    let Ok(repository) = Repository::open(&context.root) else {
        return all.to_vec();
    };
    let path = &context.config.snapshot;
    let object = format!("HEAD:./{path}");
    match repository.bytes(&["cat-file", "blob", &object]) {
        Ok(bytes) => String::from_utf8(bytes)
            .ok()
            .and_then(|text| Snapshot::parse(&text, path).ok())
            .map_or_else(|| all.to_vec(), |committed| committed.migrations),
        // The snapshot was just adopted, and the migrations ran long ago.
        Err(_) if repository.commit("HEAD").is_ok() => all.to_vec(),
        // Nothing is committed: only the newest migration can be the one that is being written.
        Err(_) => all
            .split_last()
            .map_or(Vec::new(), |(_, older)| older.to_vec()),
    }
}
