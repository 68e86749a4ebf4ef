//! The results of `db-migrate` and `db-rollback` that every format is locked in on.

use std::time::Duration;

use xtask::report::{
    AppliedMigration, Loss, MigrationResult, Restoration, RollbackResult, RolledBackMigration, Timestamp, Unit,
    Verdict, Verification,
};

use super::samples;

const DATABASE: &str = "postgresql://app@db.example.com:5432/platform";
const BIO: &str = "V18__add_user_bio";

fn timestamp() -> Timestamp {
    Timestamp::parse("2024-01-15T10:30:00.000Z").expect("RFC 3339")
}

fn migration(pre: Verification, post: Option<Verification>) -> MigrationResult {
    MigrationResult {
        success: false,
        migration_name: Some(BIO.into()),
        timestamp: timestamp(),
        database: DATABASE.into(),
        planned: vec!["V17__prioritise_bills".into(), BIO.into()],
        stopped_before: false,
        plan: None,
        unchecked: Vec::new(),
        pre,
        post,
        applied: Vec::new(),
        output: None,
        error: None,
    }
}

fn applied(name: &str) -> AppliedMigration {
    AppliedMigration { name: name.into(), duration: Duration::from_millis(12) }
}

/// Everything went well.
pub fn done() -> MigrationResult {
    let applied = vec![applied("V17__prioritise_bills"), applied(BIO)];
    MigrationResult { success: true, applied, ..migration(samples::passed(), Some(samples::passed())) }
}

/// The verification before found errors.
pub fn refused_before() -> MigrationResult {
    let error = Some("the verification before the migration found errors; nothing was applied".into());
    MigrationResult { stopped_before: true, error, ..migration(samples::failed(), None) }
}

/// The verification of the last migration, before its commit, found errors.
pub fn failed_after() -> MigrationResult {
    let error = Some(format!("the verification after `{BIO}` found errors, so it was undone"));
    let applied = vec![applied("V17__prioritise_bills")];
    MigrationResult { error, applied, ..migration(samples::passed(), Some(samples::failed())) }
}

fn rollback() -> RollbackResult {
    RollbackResult {
        success: false,
        migration_name: Some(BIO.into()),
        timestamp: timestamp(),
        database: DATABASE.into(),
        planned: vec![(BIO.into(), Some("its file is gone; the journal's copy of the down SQL is used".into()))],
        dry_run: false,
        notes: Vec::new(),
        pre: samples::failed(),
        post: None,
        rolled_back: Vec::new(),
        losses: Vec::new(),
        output: None,
        error: None,
        restoration: Restoration::default(),
    }
}

fn rolled_back(verdict: Verdict) -> Vec<RolledBackMigration> {
    vec![RolledBackMigration { name: BIO.into(), verdict }]
}

/// The schema is exactly what it was.
pub fn exact() -> RollbackResult {
    let restoration = Restoration {
        type_alignment_restored: true,
        api_contracts_restored: true,
        validation_schemas_restored: true,
        new_issues_introduced: Vec::new(),
        issues_resolved: samples::failed().critical_issues(),
    };
    let losses = vec![Loss {
        object: "user_profiles.bio".into(),
        count: 3,
        unit: Unit::Values,
        dependents: vec!["view bill_overview".into()],
    }];
    let post = Some(samples::passed());
    RollbackResult { success: true, rolled_back: rolled_back(Verdict::Exact), post, losses, restoration, ..rollback() }
}

/// The schema is not what it was, and the rollback was undone.
pub fn not_restored() -> RollbackResult {
    let difference = "~ table user_profiles\n    + column bio text\n".to_owned();
    let error = "the way back of `V18__add_user_bio` does not restore the schema; the rollback was itself undone, the \
                 database is as it was";
    RollbackResult {
        rolled_back: rolled_back(Verdict::NotRestored(difference)),
        error: Some(error.into()),
        ..rollback()
    }
}
