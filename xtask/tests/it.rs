//! All integration tests as one program: linked once, and their cases run side by side.

mod oracle;
mod support;

mod adoption;
mod alignment_properties;
mod annotations;
mod bad_input;
mod browser;
mod catalog;
mod catalog_stamp;
mod clusters;
mod connections;
mod crashes;
mod documents;
mod fix;
mod hooks;
mod inspect;
mod losses;
mod main_job;
mod migrate;
mod module_circles;
mod npm_binaries;
mod replay;
mod reports;
mod rollback;
mod sample;
mod schemas;
mod server_entries;
mod since;
mod single_changes;
mod staged;
mod tidy;
mod trouble;
mod typescript_oracle;
mod watch;
mod zod_oracle;
