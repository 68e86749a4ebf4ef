//! Says what a run is doing. A run on one database of a fleet is one of many: people get all results
//! together, and its remarks name the database.

use std::io;
use std::sync::Arc;

use crate::terminal::Terminal;

/// Speaks to the person who waits. Clones speak alike.
#[derive(Debug, Clone)]
pub struct Voice {
    terminal: Terminal,
    /// The database of a fleet, where this is a run on one.
    database: Option<Arc<str>>,
}

impl Voice {
    /// Speaks for a whole command.
    #[must_use]
    pub fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            database: None,
        }
    }

    /// Speaks for a run on `database` alone.
    #[must_use]
    pub fn of_database(&self, database: &str) -> Self {
        Self {
            terminal: self.terminal,
            database: Some(database.into()),
        }
    }

    /// Whether it speaks for one database of several.
    #[must_use]
    pub fn is_one_of_many(&self) -> bool {
        self.database.is_some()
    }

    /// Writes a remark to stderr, with the name of the database where it is one of several.
    ///
    /// # Errors
    /// When stderr cannot be written.
    pub fn remark(&self, text: &str) -> io::Result<()> {
        match &self.database {
            Some(database) => self.terminal.eprint(&format!("{database}: {text}")),
            None => self.terminal.eprint(text),
        }
    }
}
