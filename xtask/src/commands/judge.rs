//! Verifies the TypeScript against a schema, wherever the schema comes from: a prediction, or a transaction that is not
//! committed yet. The TypeScript is read once.

use std::sync::Arc;

use anyhow::{Result, bail};

use super::Context;
use crate::checks::{self, Input};
use crate::migrations::{Migration, provenance};
use crate::report::{Finding, Sources, Timestamp, Verification};
use crate::schema::model::Schema;
use crate::schema::provenance::Provenance;
use crate::tree::Tree as _;
use crate::typescript;
use crate::typescript::facts::Facts;

/// Judges schemas.
#[derive(Debug)]
pub struct Judge<'a> {
    context: &'a Context,
    facts: Facts,
    provenance: Provenance,
}

impl<'a> Judge<'a> {
    /// Reads the TypeScript, and which migration last touched what.
    ///
    /// # Errors
    /// When a configured folder does not exist, or a file cannot be read: what it declares would be taken for missing,
    /// or worse, not be missed.
    pub fn new(context: &'a Context, migrations: &[Migration]) -> Result<Self> {
        let facts = typescript::read(&context.tree(), &context.config)?;
        refuse_unread(&facts)?;
        Ok(Self { context, facts, provenance: provenance::read(migrations) })
    }

    /// Verifies `schema`, which is that of `against`.
    #[must_use]
    pub fn judge(&self, schema: &Schema, against: &str, migration_name: Option<&str>) -> Verification {
        let input = Input { schema, facts: &self.facts, config: &self.context.config, provenance: &self.provenance };
        let (findings, coverage) = checks::verify(&input);
        Verification {
            timestamp: Timestamp::now(),
            migration_name: migration_name.map(str::to_owned),
            against: against.to_owned(),
            sources: self.sources(&findings),
            findings,
            coverage,
        }
    }

    /// The texts that excerpts are taken from. A file that has vanished since is shown without one.
    #[must_use]
    pub fn sources(&self, findings: &[Finding]) -> Sources {
        let tree = self.context.tree();
        let mut sources = Sources::default();
        for label in findings.iter().flat_map(|finding| &finding.labels) {
            let file = &label.location.file;
            if sources.text(file).is_none()
                && let Ok(bytes) = tree.read(file)
            {
                sources.insert(Arc::clone(file), String::from_utf8_lossy(&bytes).into());
            }
        }
        sources
    }
}

fn refuse_unread(facts: &Facts) -> Result<()> {
    let Some(first) = facts.problems.first() else { return Ok(()) };
    let others = match facts.problems.len() - 1 {
        0 => String::new(),
        1 => " (and one more file)".to_owned(),
        more => format!(" (and {more} more files)"),
    };
    bail!(
        "cannot read `{}`: {}{others}; correct it, or leave it out with `exclude` in the configuration",
        first.location,
        first.message
    )
}
