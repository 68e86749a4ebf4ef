//! Results that repeated verifications keep from one run to the next.

use std::sync::{Mutex, PoisonError};

use crate::migrations::Migration;
use crate::readers::Cache;
use crate::schema::model::Schema;

/// The results that are kept between runs.
#[derive(Debug, Default)]
pub struct Memory {
    /// The results of readers, by file.
    pub read: Cache,
    /// The migrations of the last replay, and their schema.
    replayed: Mutex<Option<(Vec<Migration>, Schema)>>,
}

impl Memory {
    /// The schema that `migrations` make, if the last replay was of exactly these.
    pub fn replayed(&self, migrations: &[Migration]) -> Option<Schema> {
        let replayed = self.replayed.lock().unwrap_or_else(PoisonError::into_inner);
        replayed
            .as_ref()
            .filter(|(known, _)| known == migrations)
            .map(|(_, schema)| schema.clone())
    }

    /// Keeps the schema of a replay.
    pub fn keep_replayed(&self, migrations: &[Migration], schema: &Schema) {
        *self.replayed.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((migrations.to_vec(), schema.clone()));
    }
}
