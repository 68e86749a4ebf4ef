//! A scratch database that follows the live one, for migrations that did something else there than was predicted: only the
//! whole catalogs tell then whether that matters.

use anyhow::Result;

use super::{Rehearsal, ScratchEnvironment};
use crate::migrations::Migration;
use crate::schema::model::Schema;

/// Has run the migrations up to one of them.
pub struct LaggingReplay {
    rehearsal: Rehearsal,
    last: i64,
}

impl LaggingReplay {
    /// On an empty scratch database.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(environment: &ScratchEnvironment<'_>) -> Result<Self> {
        let rehearsal = Rehearsal::on(environment, environment.scratch()?)?;
        Ok(Self { rehearsal, last: i64::MIN })
    }

    /// The schema after `version`, which is not older than the one before.
    ///
    /// # Errors
    /// When a migration does not run there.
    pub fn schema_after(&mut self, version: i64, files: &[Migration]) -> Result<Schema> {
        let last = self.last;
        for file in files.iter().filter(|file| file.version > last && file.version <= version) {
            self.rehearsal.run(file)?;
            self.last = file.version;
        }
        self.rehearsal.read()
    }
}
