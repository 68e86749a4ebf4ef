//! Audits the losses of SQL that runs forward or back. Certain losses are counted, backed up and
//! accepted before its SQL runs. Other changes of the SQL are found before its COMMIT. The SQL is
//! then undone, and runs again with these changes in the audit.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, anyhow};
use postgres::{Client, GenericClient, Transaction};

use super::certain::{check, count};
use super::direction::AuditDirection;
use super::held_locks::{Lock, held};
use super::large_objects::{self, LargeObjects};
use super::options::LossOptions;
use super::populated_views::PopulatedViews;
use super::row_counters::RowCounters;
use super::row_hashes::RowHashes;
use super::sequence_positions::SequencePositions;
use super::storage_identity::{StorageChange, StorageIdentity, Stored, TenantReach};
use super::{deferred, distributed_tables, foreign_tables, intact, row_counters, written};
use crate::migrations::journal;
use crate::postgres::error::ServerError;
use crate::report::Loss;
use crate::schema::model::ObjectName;

/// The changes to the data that are known, from one attempt to the next.
#[derive(Debug)]
pub(in crate::migrations) struct LossAudit<'a> {
    options: LossOptions<'a>,
    doubts: written::Doubts,
    foreseen: BTreeSet<StorageChange>,
    /// Whether the SQL of a tenant changes more than its own schema and `public`.
    leaves_tenant: bool,
    /// The tables that may lose data; `None` where all may. A migration loses nothing of a table
    /// that the same run made.
    at_stake: Option<&'a BTreeSet<u32>>,
    /// The tables that the SQL locks against everybody, as far as that is known.
    exclusive: BTreeSet<ObjectName>,
    /// The temporary tables that were made for hashes before the transaction: the SQL that
    /// made each, and the SQL that drops it.
    prepared: BTreeMap<String, String>,
}

/// The state of the data before the SQL runs.
#[derive(Debug)]
pub(in crate::migrations) struct BeforeLoss {
    storage: StorageIdentity,
    drops: Vec<(StorageChange, Loss)>,
    hashes: Vec<RowHashes>,
    large_objects: LargeObjects,
    counters: RowCounters,
    positions: SequencePositions,
    views: PopulatedViews,
    /// History and journal, whose rows are ours to delete.
    own: Vec<u32>,
}

/// The outcome of an audit.
#[derive(Debug)]
pub(in crate::migrations) enum AuditOutcome {
    /// More changed than was foreseen: undo it, and run it again.
    Rerun,
    /// The losses, all of them accepted or empty, and warnings that a person should look at.
    Complete(Vec<Loss>, Vec<String>),
}

impl BeforeLoss {
    /// Checks whether rows are still counted, while the session is as some SQL left it.
    pub(in crate::migrations) fn look_at_session(
        &mut self,
        transaction: &mut Transaction<'_>,
    ) -> Result<()> {
        self.counters.are_true(transaction).map(drop)
    }
}

impl<'a> LossAudit<'a> {
    /// Begins with the changes `foreseen` and with the doubts that the text of the SQL leaves.
    pub(in crate::migrations) fn new(
        options: LossOptions<'a>,
        doubts: written::Doubts,
        foreseen: impl IntoIterator<Item = StorageChange>,
    ) -> Self {
        Self {
            options,
            doubts,
            foreseen: foreseen.into_iter().collect(),
            leaves_tenant: false,
            at_stake: None,
            exclusive: BTreeSet::new(),
            prepared: BTreeMap::new(),
        }
    }

    /// Takes the strongest lock on `tables` at once, which the SQL will take.
    pub(in crate::migrations) fn locking(mut self, tables: BTreeSet<ObjectName>) -> Self {
        self.exclusive = tables;
        self
    }

    /// Leaves out tables that are not among `tables`; none are left out without any.
    pub(in crate::migrations) fn only(mut self, tables: Option<&'a BTreeSet<u32>>) -> Self {
        self.at_stake = tables;
        self
    }

    /// Makes the temporary tables for hashes of the tables that are known to be touched. Made in
    /// the transaction of a migration, they would be among the changes that its fingerprint counts.
    pub(in crate::migrations) fn prepare(&mut self, client: &mut Client) -> Result<()> {
        let is_touched = |change: &StorageChange| matches!(change, StorageChange::TouchedTable(_));
        if !self.foreseen.iter().any(is_touched) {
            return Ok(());
        }
        let storage = self.read(client)?;
        let mut prepared = BTreeMap::new();
        for change in self
            .foreseen
            .iter()
            .map(|change| storage.counted_in(change))
        {
            let table = change.table().filter(|_| is_touched(&change));
            if let Some(table) = table.and_then(|name| storage.table(name)) {
                let hashes = self.hashes(&storage, table);
                prepared.insert(hashes.create(), hashes.drop_sql());
            }
        }
        for create in prepared.keys() {
            let made = client.batch_execute(create);
            made.map_err(|error| anyhow!(ServerError::from(error)))
                .context("cannot make a temporary table for what may be lost")?;
        }
        client
            .batch_execute(row_counters::forget(self.options.settings))
            .context("cannot reset the counters of the session")?;
        self.prepared = prepared;
        Ok(())
    }

    /// SQL that drops the tables of [`Self::prepare`].
    pub(in crate::migrations) fn drop_prepared(&self) -> String {
        self.prepared.values().map(String::as_str).collect()
    }

    /// The hashes of a table, not taken yet.
    fn hashes(&self, storage: &StorageIdentity, table: (u32, &Stored)) -> RowHashes {
        let gone = self.gone(&table.1.name);
        RowHashes::new(storage, table, &gone, self.options.backup.is_some())
    }

    fn read(&self, client: &mut impl GenericClient) -> Result<StorageIdentity> {
        let settings = self.options.settings;
        let storage = match &settings.tenant {
            // Rows on Citus's workers are found by other means than locks.
            Some(tenant) if !self.leaves_tenant && !settings.is_distributed => {
                StorageIdentity::read_of_tenant(client, tenant)?
            }
            _all => StorageIdentity::read(client)?,
        };
        Ok(match self.at_stake {
            Some(tables) => storage.only(tables),
            None => storage,
        })
    }

    fn is_back(&self) -> bool {
        self.options.direction == AuditDirection::Back
    }

    /// Locks the tables that may lose data, counts the data and backs it up. Notes the facts that
    /// are needed to find losses afterwards.
    ///
    /// # Errors
    /// [`UnacceptedLosses`], among those of the queries.
    pub(in crate::migrations) fn begin(
        &mut self,
        transaction: &mut Transaction<'_>,
    ) -> Result<BeforeLoss> {
        let storage = self.read(transaction)?;
        self.foreseen = self
            .foreseen
            .iter()
            .map(|change| storage.counted_in(change))
            .collect();
        let foreseen: Vec<&StorageChange> = self
            .foreseen
            .iter()
            .filter(|change| storage.holds(change))
            .collect();
        if storage.has_citus() && !foreseen.is_empty() {
            in_sequence(transaction)?;
        }
        let at_stake = count(
            transaction,
            &storage,
            (&foreseen, &self.exclusive),
            self.options,
        )?;
        self.back_up(transaction, &storage, &at_stake)?;
        let is_backed_up = self.options.backup.is_some();
        // A drop loses everything that was counted. Of a touched table, only a comparison of its
        // rows tells the losses.
        let (drops, touched): (Vec<_>, Vec<_>) = at_stake
            .into_iter()
            .partition(|(change, _)| change.is_drop());
        let mut hashes = Vec::new();
        for (change, _) in touched.iter().filter(|(_, loss)| loss.count > 0) {
            if let Some(table) = change.table().and_then(|name| storage.table(name)) {
                let mut taken = self.hashes(&storage, table);
                let is_prepared = self.prepared.contains_key(&taken.create());
                taken.take(transaction, is_prepared)?;
                hashes.push(taken);
            }
        }
        let are_touched = self.foreseen.contains(&StorageChange::LargeObjects);
        let large_objects = LargeObjects::begin(transaction, are_touched, is_backed_up)?;
        clean(transaction, self.options)?;
        let own = own_tables(transaction, &self.options.settings.history_table)?;
        let reach = storage.reach();
        let positions = self.positions(transaction, reach)?;
        let views = self.views(transaction, reach)?;
        // The counters are read last, so that they hold nothing of this preparation.
        let counters = RowCounters::begin(
            transaction,
            self.doubts.may_stop_counting,
            self.options.direction,
        )?;
        Ok(BeforeLoss {
            storage,
            drops,
            hashes,
            large_objects,
            counters,
            positions,
            views,
            own,
        })
    }

    /// The positions of sequences. Forward they are needed for a backup alone: the migration says
    /// itself what it does to a sequence.
    fn positions(
        &self,
        transaction: &mut Transaction<'_>,
        reach: Option<&TenantReach>,
    ) -> Result<SequencePositions> {
        if self.is_back() || self.options.backup.is_some() {
            return SequencePositions::read(transaction, reach.map(TenantReach::namespaces));
        }
        Ok(SequencePositions::default())
    }

    /// The materialized views, about which only a way back has to say anything.
    fn views(
        &self,
        transaction: &mut Transaction<'_>,
        reach: Option<&TenantReach>,
    ) -> Result<PopulatedViews> {
        match self.options.direction {
            AuditDirection::Back => {
                PopulatedViews::read(transaction, reach.map(TenantReach::namespaces))
            }
            AuditDirection::Forward => Ok(PopulatedViews::default()),
        }
    }

    /// Backs up the data that will certainly be lost.
    fn back_up(
        &self,
        transaction: &mut Transaction<'_>,
        storage: &StorageIdentity,
        at_stake: &[(StorageChange, Loss)],
    ) -> Result<()> {
        let Some(backup) = self.options.backup else {
            return Ok(());
        };
        for (change, loss) in at_stake
            .iter()
            .filter(|(change, loss)| change.is_drop() && loss.count > 0)
        {
            let is_of_table =
                |other: &&StorageChange| other.is_drop() && other.table() == change.table();
            let lost: BTreeSet<&str> = self
                .foreseen
                .iter()
                .filter(is_of_table)
                .filter_map(StorageChange::column)
                .collect();
            backup.write(
                transaction,
                storage,
                (change, &loss.name),
                &Vec::from_iter(lost),
            )?;
        }
        Ok(())
    }

    /// The columns of `table` that will be dropped.
    fn gone(&self, table: &ObjectName) -> Vec<&str> {
        let dropped = self.foreseen.iter().filter_map(|change| match change {
            StorageChange::DroppedColumn(of, column) if of == table => Some(column.as_str()),
            _ => None,
        });
        dropped.collect()
    }

    /// Audits the changes of the SQL, still uncommitted.
    ///
    /// # Errors
    /// [`UnacceptedLosses`], among those of the queries.
    pub(in crate::migrations) fn finish(
        &mut self,
        transaction: &mut Transaction<'_>,
        before: &mut BeforeLoss,
    ) -> Result<AuditOutcome> {
        let are_rows_counted = before.counters.are_true(transaction)?;
        deferred::run(transaction, are_rows_counted, self.options.direction)?;
        // A trigger may have stopped the counting too.
        let are_rows_counted = before.counters.are_true(transaction)?;
        if let Some(reach) = before.storage.reach()
            && reach.is_left(transaction, are_rows_counted)?
        {
            self.leaves_tenant = true;
            return Ok(AuditOutcome::Rerun);
        }
        let after = before
            .storage
            .read_again(transaction)?
            .continuing(&before.storage);
        let mut changed = before.counters.changed(transaction)?;
        // A table that the SQL distributes is one of them, too.
        let distributed = before.storage.distributed() | after.distributed();
        let may_call = self.doubts.may_call;
        for oid in distributed_tables::written(transaction, &distributed, may_call)? {
            changed.entry(oid).or_insert(0);
        }
        changed.retain(|oid, _| !before.own.contains(oid));
        let intact = match self.options.direction {
            AuditDirection::Back => BTreeSet::new(),
            AuditDirection::Forward => intact::rewritten(transaction, &before.storage, &after)?,
        };
        let mut changes: BTreeSet<StorageChange> = before
            .storage
            .changes_except(&after, &intact)
            .into_iter()
            .collect();
        changes.extend(
            changed
                .keys()
                .filter_map(|oid| before.storage.touched(*oid, &after)),
        );
        changes.extend(before.large_objects.change(transaction)?);
        let may_truncate = self.doubts.may_truncate;
        changes.extend(foreign_tables::written(
            transaction,
            &before.storage,
            &after,
            may_truncate,
        )?);
        if !changes.is_subset(&self.foreseen) {
            let locked = held(transaction, Lock::AccessExclusive)?;
            let tables = locked
                .iter()
                .filter_map(|oid| before.storage.table_of(*oid));
            self.exclusive
                .extend(tables.map(|table| table.name.clone()));
            self.foreseen.extend(changes);
            return Ok(AuditOutcome::Rerun);
        }
        let losses = self.losses(transaction, before, &changes, &after)?;
        let reach = before.storage.reach();
        let now = self.positions(transaction, reach)?;
        if let Some(backup) = self.options.backup {
            backup.write_script(before.positions.lost(&now))?;
        }
        let mut warnings = Vec::new();
        if self.is_back() {
            warnings.extend(updates(&changed, &before.storage));
            warnings.extend(before.positions.warnings(transaction, &now)?);
            warnings.extend(before.views.warnings(&self.views(transaction, reach)?));
        }
        Ok(AuditOutcome::Complete(losses, warnings))
    }

    /// Returns the losses by `changes`, all of which were foreseen. Lost rows of tables that stay
    /// are written to the backup now: only now are they known.
    ///
    /// # Errors
    /// [`UnacceptedLosses`], among those of the queries.
    fn losses(
        &self,
        transaction: &mut Transaction<'_>,
        before: &BeforeLoss,
        changes: &BTreeSet<StorageChange>,
        after: &StorageIdentity,
    ) -> Result<Vec<Loss>> {
        let drops = before
            .drops
            .iter()
            .filter(|(change, _)| changes.contains(change));
        let mut losses: Vec<Loss> = drops.map(|(_, loss)| loss.clone()).collect();
        if after.has_citus() && !before.hashes.is_empty() {
            in_sequence(transaction)?;
        }
        let mut rows = Vec::new();
        for row_hashes in &before.hashes {
            let lost = row_hashes.lost(transaction, after)?;
            losses.extend(lost.losses);
            rows.extend(lost.rows.map(|query| (row_hashes, query)));
        }
        let large_objects = before.large_objects.lost(transaction, &before.storage)?;
        losses.extend(large_objects.clone());
        let losses = check(losses, self.options)?;
        if let Some(backup) = self.options.backup {
            for (row_hashes, query) in rows {
                backup.write_lost_rows(
                    transaction,
                    row_hashes.table(),
                    (&row_hashes.name(), &query),
                )?;
            }
            if let Some(loss) = large_objects {
                backup.write_large_objects(transaction, &loss.name, large_objects::LOST)?;
            }
        }
        if !before.hashes.is_empty() || self.options.backup.is_some() {
            clean(transaction, self.options)?;
        }
        Ok(losses)
    }
}

/// Reads distributed tables so that the SQL may still change them. [`clean`] ends it.
fn in_sequence(transaction: &mut Transaction<'_>) -> Result<()> {
    transaction
        .batch_execute(distributed_tables::READ_IN_SEQUENCE)
        .context("cannot prepare the session for Citus")
}

/// Reports how many rows of each earlier table were updated.
fn updates(changed: &BTreeMap<u32, i64>, before: &StorageIdentity) -> Vec<String> {
    let mut tables: BTreeMap<&ObjectName, i64> = BTreeMap::new();
    for (oid, updated) in changed.iter().filter(|(_, updated)| **updated > 0) {
        if let Some(table) = before.table_of(*oid) {
            *tables.entry(&table.name).or_default() += updated;
        }
    }
    tables
        .iter()
        .map(|(table, updated)| format!("{updated} rows of `{table}` were updated"))
        .collect()
}

/// Resets the settings that counting and comparing needed.
fn clean(transaction: &mut Transaction<'_>, options: LossOptions<'_>) -> Result<()> {
    transaction
        .batch_execute(&options.settings.reset())
        .context("cannot clean the session")
}

/// Returns the OIDs of the history table and the journal.
fn own_tables(transaction: &mut Transaction<'_>, history_table: &str) -> Result<Vec<u32>> {
    let names = [history_table.to_owned(), journal::table(history_table)];
    let query = "SELECT coalesce(pg_catalog.to_regclass(name)::oid, 0::oid) FROM unnest($1::text[]) AS name";
    let rows = transaction
        .query(query, &[&names.as_slice()])
        .context("cannot find the history table")?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
