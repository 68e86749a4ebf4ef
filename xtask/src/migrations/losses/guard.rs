//! Watches over a script without transaction, whose statements are committed one by one. No
//! statement is committed before all its losses were accepted by name.

use std::collections::BTreeSet;

use anyhow::Result;
use postgres::{Client, Transaction};

use super::audit::{AuditOutcome, BeforeLoss, LossAudit};
use super::destructive;
use super::options::LossOptions;
use super::written::Doubts;
use crate::migrations::journaled::StepObserver;
use crate::report::Loss;

/// Keeps an audit for each statement.
pub(in crate::migrations) struct StatementGuard<'a, 'o> {
    options: LossOptions<'a>,
    observer: &'o mut dyn StepObserver,
    /// See [`LossAudit::only`].
    at_stake: Option<&'a BTreeSet<u32>>,
    /// The audit of the statement that is not committed yet.
    audit: Option<LossAudit<'a>>,
    before: Option<BeforeLoss>,
    /// The losses and warnings of the statement that is not committed yet.
    pending: (Vec<Loss>, Vec<String>),
    losses: Vec<Loss>,
    warnings: Vec<String>,
}

impl<'a, 'o> StatementGuard<'a, 'o> {
    pub(in crate::migrations) fn new(
        options: LossOptions<'a>,
        observer: &'o mut dyn StepObserver,
    ) -> Self {
        Self {
            options,
            observer,
            at_stake: None,
            audit: None,
            before: None,
            pending: Default::default(),
            losses: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// See [`LossAudit::only`].
    pub(in crate::migrations) fn only(mut self, tables: Option<&'a BTreeSet<u32>>) -> Self {
        self.at_stake = tables;
        self
    }

    /// Returns the losses, and the warnings that a person should look at.
    pub(in crate::migrations) fn into_parts(self) -> (Vec<Loss>, Vec<String>) {
        (self.losses, self.warnings)
    }
}

impl StepObserver for StatementGuard<'_, '_> {
    fn catalog(&mut self, client: &mut Client) -> Result<String> {
        self.observer.catalog(client)
    }

    fn is_catalog(&mut self, client: &mut Client, noted: &str) -> Result<bool> {
        self.observer.is_catalog(client, noted)
    }

    fn tell(&mut self, text: &str) {
        self.observer.tell(text);
    }

    fn before_statement(
        &mut self,
        transaction: &mut Transaction<'_>,
        statement: &str,
    ) -> Result<()> {
        let (options, at_stake) = (self.options, self.at_stake);
        let begin = || {
            LossAudit::new(
                options,
                Doubts::of(statement),
                destructive::changes(statement),
            )
            .only(at_stake)
        };
        // A statement that runs again keeps its audit, which knows more changes by then.
        self.before = Some(self.audit.get_or_insert_with(begin).begin(transaction)?);
        Ok(())
    }

    fn statement_ran(&mut self, transaction: &mut Transaction<'_>) -> Result<()> {
        self.before
            .as_mut()
            .map_or(Ok(()), |before| before.look_at_session(transaction))
    }

    fn after_statement(&mut self, transaction: &mut Transaction<'_>) -> Result<bool> {
        let (Some(mut before), Some(audit)) = (self.before.take(), &mut self.audit) else {
            return Ok(true);
        };
        match audit.finish(transaction, &mut before)? {
            AuditOutcome::Rerun => Ok(false),
            AuditOutcome::Complete(losses, warnings) => {
                self.pending = (losses, warnings);
                Ok(true)
            }
        }
    }

    fn statement_done(&mut self) {
        self.losses.append(&mut self.pending.0);
        self.warnings.append(&mut self.pending.1);
        self.audit = None;
        if let Some(backup) = self.options.backup {
            backup.keep();
        }
    }
}
