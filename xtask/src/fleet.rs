//! Fleets: many databases with the same migrations. Reads the list of them, finds
//! out what is wrong with it before anything connects, and knows in which order they are worked on.

mod list;
mod run_file;
mod schedule;
mod targets;
mod template;
mod waves;

pub use list::{ListedTarget, parse, parse_entries};
pub use run_file::{EarlierRun, RecordedOutcome, RunFile, RunStep};
pub use schedule::{Ending, Limits, Schedule, Waiting};
pub use targets::{FleetTarget, Templates, UrlTrust, resolve, selected, without};
pub use waves::{Wave, waves};
