//! Fleets: many databases with the same migrations. Reads the list of them, and finds out what is
//! wrong with it before anything connects.

mod list;
mod targets;
mod template;

pub use list::{ListedTarget, parse, parse_entries};
pub use targets::{FleetTarget, UrlTrust, resolve, selected};
