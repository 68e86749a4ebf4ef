//! Watches over a down file without transaction, whose statements are committed one by one: none of them before all that
//! it loses was accepted by name.

use anyhow::Result;
use postgres::{Client, Transaction};

use super::account::{Account, Closed, Opened};
use super::execute::{Order, RollbackObserver};
use crate::migrations::steps::StepObserver;
use crate::report::Loss;

/// Keeps an account for each statement.
pub(super) struct Guard<'a, 'o> {
    order: Order<'a>,
    observer: &'o mut dyn RollbackObserver,
    account: Account<'a>,
    opened: Option<Opened>,
    /// Of the statement that is not committed yet.
    pending: (Vec<Loss>, Vec<String>),
    losses: Vec<Loss>,
    warnings: Vec<String>,
}

impl<'a, 'o> Guard<'a, 'o> {
    pub(super) fn new(order: Order<'a>, observer: &'o mut dyn RollbackObserver) -> Self {
        Self {
            order,
            observer,
            account: Account::new(order, &[]),
            opened: None,
            pending: Default::default(),
            losses: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// What was lost, and what a person should look at.
    pub(super) fn into_parts(self) -> (Vec<Loss>, Vec<String>) {
        (self.losses, self.warnings)
    }
}

impl StepObserver for Guard<'_, '_> {
    fn catalog(&mut self, client: &mut Client) -> Result<String> {
        self.observer.catalog(client)
    }

    fn is_catalog(&mut self, client: &mut Client, noted: &str) -> Result<bool> {
        self.observer.is_catalog(client, noted)
    }

    fn tell(&mut self, text: &str) {
        self.observer.tell(text);
    }

    fn before_statement(&mut self, transaction: &mut Transaction<'_>) -> Result<()> {
        self.opened = Some(self.account.open(transaction)?);
        Ok(())
    }

    fn after_statement(&mut self, transaction: &mut Transaction<'_>) -> Result<bool> {
        let Some(opened) = self.opened.take() else { return Ok(true) };
        match self.account.close(transaction, &opened)? {
            Closed::Unforeseen => Ok(false),
            Closed::Settled(losses, warnings) => {
                self.pending = (losses, warnings);
                Ok(true)
            }
        }
    }

    fn statement_done(&mut self) {
        self.losses.append(&mut self.pending.0);
        self.warnings.append(&mut self.pending.1);
        self.account = Account::new(self.order, &[]);
        if let Some(backup) = self.order.backup {
            backup.keep();
        }
    }
}
