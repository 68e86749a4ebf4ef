//! A scratch database that is brought to where the live one is only when that is asked for: for migrations that did
//! something else there than was predicted. Only the whole catalogs tell then whether that matters.

use anyhow::Result;

use crate::migrations::Migration;
use crate::migrations::scratch_environment::{ScratchEnvironment, ScratchSession};
use crate::schema::model::Schema;

/// Has run the migrations up to one of them.
pub struct LaggingReplay {
    session: ScratchSession,
    last: i64,
}

impl LaggingReplay {
    /// On an empty scratch database.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(environment: &ScratchEnvironment<'_>) -> Result<Self> {
        Ok(Self { session: environment.open()?, last: i64::MIN })
    }

    /// The schema after `version`, which is not older than the one before.
    ///
    /// # Errors
    /// When a migration does not run there.
    pub fn schema_after(&mut self, version: i64, files: &[Migration]) -> Result<Schema> {
        let last = self.last;
        for file in files.iter().filter(|file| file.version > last && file.version <= version) {
            self.session.replay([file])?;
            self.last = file.version;
        }
        self.session.read()
    }
}
