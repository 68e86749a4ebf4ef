//! Verifies the application side against a schema, wherever the schema comes from: a prediction, or
//! a transaction that is not committed yet. The application side is read once, for all schemas.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};

use super::Context;
use crate::called_as;
use crate::checks::{self, Input};
use crate::config::Config;
use crate::facts::Facts;
use crate::fixes;
use crate::migrations::Migration;
use crate::readers;
use crate::report::{
    Baseline, BaselineSummary, EntityAlignment, Finding, SourceTexts, Timestamp, Verification,
};
use crate::rollout::{self, CodeDemands};
use crate::schema::model::Schema;
use crate::schema::provenance::Provenance;
use crate::tree::Tree;

/// Compares schemas with the application side.
#[derive(Debug)]
pub struct Judge<'a> {
    context: &'a Context,
    config: Config,
    facts: Facts,
    provenance: Provenance,
    baseline: Option<Baseline>,
    /// Whether schemas are those of tenants, each in a namespace of its own.
    is_of_tenants: bool,
}

impl<'a> Judge<'a> {
    /// Reads the descriptions of the application side, and the migration that last touched each
    /// object. Any schema can then be judged.
    ///
    /// # Errors
    /// When a configured folder does not exist, or a file cannot be read: its declarations would
    /// count as missing, or worse, would not be missed.
    pub fn new(context: &'a Context, migrations: &[Migration]) -> Result<Self> {
        let facts = facts(context)?;
        let provenance = context.provenance(migrations);
        let baseline = baseline(&context.tree(), &context.config.baseline)?;
        Ok(Self {
            context,
            config: context.judged_config(migrations),
            facts,
            provenance,
            baseline,
            is_of_tenants: false,
        })
    }

    /// The same for schemas of tenants. The code names no tenant: it is compared with each schema as
    /// if that lay in `public`.
    #[must_use]
    pub fn of_tenants(self) -> Self {
        Self {
            is_of_tenants: true,
            ..self
        }
    }

    /// The schema as the code sees it.
    fn seen<'s>(&self, schema: &'s Schema) -> Cow<'s, Schema> {
        match schema.only_namespace().filter(|_| self.is_of_tenants) {
            Some(namespace) => Cow::Owned(schema.renamed(namespace, "public")),
            None => Cow::Borrowed(schema),
        }
    }

    /// The objects that one migration touches.
    #[must_use]
    pub fn touched(&self, migration: &Migration) -> Provenance {
        self.context.provenance([migration])
    }

    /// Verifies `schema`, which comes from `against`.
    #[must_use]
    pub fn judge(
        &self,
        schema: &Schema,
        against: &str,
        migration_name: Option<&str>,
    ) -> Verification {
        let schema = &*self.seen(schema);
        let provenance = self.provenance.of_schema(schema);
        let (mut findings, coverage) = checks::verify(&self.input(schema, &provenance));
        let file = &self.context.config.baseline;
        let accepted = self.baseline.as_ref().map(|baseline| BaselineSummary {
            update_command: Some(baseline_update()),
            ..baseline.apply(&mut findings, file)
        });
        // After the baseline was applied: accepted findings need neither excerpts nor suggestions.
        let sources = self.sources(&findings);
        fixes::place(&mut findings, &sources);
        Verification {
            timestamp: Timestamp::now(),
            migration_name: migration_name.map(str::to_owned),
            against: against.to_owned(),
            sources,
            findings,
            coverage,
            accepted,
            since: None,
            fixes: None,
            shown_at_most: None,
            schema_changes: None,
            alignment: Vec::new(),
        }
    }

    /// Adds findings from other sources than the comparison to `report`, without those that the
    /// baseline accepts.
    pub fn add(&self, report: &mut Verification, mut more: Vec<Finding>) {
        if let Some(accepted) = &mut report.accepted {
            accepted.extend_to(&mut more);
        }
        if !more.is_empty() {
            report.findings.extend(more);
            // A stable sort: within a category the findings of the comparison stay first.
            report.findings.sort_by_key(|finding| finding.category);
            report.sources = self.sources(&report.findings);
        }
    }

    /// Returns all findings, those that the baseline accepts included.
    #[must_use]
    pub fn findings(&self, schema: &Schema) -> Vec<Finding> {
        let schema = &*self.seen(schema);
        let provenance = self.provenance.of_schema(schema);
        checks::verify(&self.input(schema, &provenance)).0
    }

    /// What the code wants of `schema`.
    #[must_use]
    pub fn demands(&self, schema: &Schema) -> CodeDemands {
        let schema = &*self.seen(schema);
        let provenance = self.provenance.of_schema(schema);
        rollout::demands(self.input(schema, &provenance))
    }

    /// The descriptions of every table side by side.
    #[must_use]
    pub fn alignment(&self, schema: &Schema) -> Vec<EntityAlignment> {
        let schema = &*self.seen(schema);
        let provenance = self.provenance.of_schema(schema);
        checks::alignment(&self.input(schema, &provenance))
    }

    fn input<'i>(&'i self, schema: &'i Schema, provenance: &'i Provenance) -> Input<'i> {
        Input {
            schema,
            facts: &self.facts,
            config: &self.config,
            provenance,
        }
    }

    /// The texts of the files that `findings` name, for excerpts. A file that has vanished since is
    /// shown without an excerpt.
    #[must_use]
    pub fn sources(&self, findings: &[Finding]) -> SourceTexts {
        let tree = self.context.tree();
        let mut sources = SourceTexts::default();
        let of_labels = findings
            .iter()
            .flat_map(|finding| &finding.labels)
            .map(|label| Arc::clone(&label.location.file));
        let of_changes = findings
            .iter()
            .filter_map(|finding| finding.proposal.as_ref());
        for file in of_labels.chain(of_changes.map(|proposal| proposal.file.as_str().into())) {
            if sources.text(&file).is_none()
                && let Ok(bytes) = tree.read(&file)
            {
                sources.insert(file, String::from_utf8_lossy(&bytes).into());
            }
        }
        sources
    }
}

/// Reads the facts from the files.
fn facts(context: &Context) -> Result<Facts> {
    let _work = context
        .progress
        .begin("reading types, schemas and contracts");
    let cache = context.memory.as_ref().map(|memory| &memory.read);
    let facts = readers::read(&readers::Input {
        tree: &context.tree(),
        config: &context.config,
        cache,
    })?;
    refuse_unread(&facts)?;
    Ok(facts)
}

fn refuse_unread(facts: &Facts) -> Result<()> {
    let Some(first) = facts.problems.first() else {
        return Ok(());
    };
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

/// The command that writes the baseline.
fn baseline_update() -> String {
    format!("{} --update-baseline", called_as::command("verify"))
}

/// The accepted findings in the file `path`; none where there is no such file.
fn baseline(tree: &dyn Tree, path: &str) -> Result<Option<Baseline>> {
    let bytes = match tree.read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read the baseline `{path}`"));
        }
    };
    let parsed = Baseline::parse(&String::from_utf8_lossy(&bytes));
    let baseline = parsed.map_err(|why| {
        anyhow!(
            "cannot read the baseline `{path}`: {why}; write it anew with `{}`",
            baseline_update()
        )
    });
    baseline.map(Some)
}
