//! The results of `db-migrate` and `db-rollback` that every format is locked in on.

use std::time::Duration;

use xtask::internals::report::{
    AppliedMigration, Category, Consent, Finding, LockMode, Loss, LossName, MigrationLoss,
    MigrationPlan, MigrationResult, MigrationState, MigrationStatus, PlannedMigration,
    PlannedStatement, Rehearsal, Restoration, RollbackResult, RollbackVerdict, RolledBackMigration,
    Severity, StatementEffects, Status, TableLock, TableSize, Timestamp, Unit, Verification,
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
        command: None,
        unchecked: Vec::new(),
        losses: Vec::new(),
        notes: Vec::new(),
        pre,
        post,
        in_doubt: None,
        applied: Vec::new(),
        output: None,
        error: None,
    }
}

fn applied(name: &str) -> AppliedMigration {
    AppliedMigration {
        name: name.into(),
        duration: Duration::from_millis(12),
    }
}

/// Everything went well.
pub fn done() -> MigrationResult {
    let applied = vec![applied("V17__prioritise_bills"), applied(BIO)];
    MigrationResult {
        success: true,
        applied,
        ..migration(samples::passed(), Some(samples::passed()))
    }
}

/// The verification before found errors.
pub fn refused_before() -> MigrationResult {
    let error =
        Some("the verification before the migration found errors; nothing was applied".into());
    MigrationResult {
        stopped_before: true,
        error,
        ..migration(samples::failed(), None)
    }
}

/// Nothing was to be applied: what each statement would do.
pub fn dry_run() -> MigrationResult {
    let lock = |object: &str, mode| TableLock {
        object: object.into(),
        mode,
    };
    let statement = |line, sql: &str, effects| PlannedStatement {
        line,
        sql: sql.into(),
        effects,
    };
    let widen = StatementEffects::Observed {
        locks: vec![
            lock("bills", LockMode::AccessExclusive),
            lock("users", LockMode::AccessShare),
        ],
        rewritten: vec!["bills".into()],
        scanned: Vec::new(),
    };
    let reference = StatementEffects::Observed {
        locks: vec![lock("users", LockMode::ShareRowExclusive)],
        rewritten: Vec::new(),
        scanned: vec!["bills".into()],
    };
    let index = StatementEffects::NotObserved(
        "`CREATE INDEX CONCURRENTLY` lets reads and writes go on".into(),
    );
    let migration = |name: &str, in_transaction, statements| PlannedMigration {
        name: name.into(),
        file: format!("migrations/{name}.sql"),
        in_transaction,
        statements,
    };
    let migrations = vec![
        migration(
            "V17__prioritise_bills",
            true,
            vec![
                statement(
                    1,
                    "ALTER TABLE bills\n    ALTER COLUMN priority TYPE bigint",
                    widen,
                ),
                statement(
                    4,
                    "ALTER TABLE bills ADD FOREIGN KEY (owner) REFERENCES users",
                    reference,
                ),
            ],
        ),
        migration(
            BIO,
            false,
            vec![statement(
                2,
                "CREATE INDEX CONCURRENTLY bios ON user_profiles (bio)",
                index,
            )],
        ),
    ];
    let schema_diff = "~ table bills\n    ~ column priority: type integer → bigint\n".to_owned();
    MigrationResult {
        success: true,
        stopped_before: true,
        plan: Some(MigrationPlan {
            migrations,
            schema_diff,
            sizes: vec![TableSize {
                table: "bills".into(),
                bytes: 12 << 30,
                rows: Some(41_000_000),
            }],
        }),
        unchecked: vec![
            "what changes meanwhile: `cargo xtask` (pid 7) is migrating or rolling back".into(),
        ],
        ..self::migration(samples::passed(), None)
    }
}

/// Nothing was applied, because a person did not consent to all that would be lost.
pub fn losses_refused() -> MigrationResult {
    let loss = |object: &str, count, unit, line, consent| MigrationLoss {
        migration: BIO.into(),
        file: format!("migrations/{BIO}.sql"),
        line,
        loss: Loss {
            name: LossName {
                object: object.into(),
                full: format!("public.{object}"),
            },
            count,
            unit,
            dependents: vec!["view bill_overview".into()],
        },
        consent,
    };
    let error = format!(
        "data would be lost, and nothing was applied; if it may go, write into the file,\n\
         migrations/{BIO}.sql: -- accept-data-loss: user_profiles.bio\n\
         or say so by name for this run:\n\
         cargo xtask db-migrate --accept-data-loss user_profiles.bio"
    );
    MigrationResult {
        stopped_before: true,
        losses: vec![
            loss("user_profiles.bio", 1000, Unit::Values, Some(2), None),
            loss("votes", 1, Unit::Rows, Some(3), Some(Consent::File)),
            loss("bills", 2, Unit::Rows, None, Some(Consent::CommandLine)),
        ],
        notes: vec!["`--accept-data-loss users` names nothing that is lost".into()],
        error: Some(error),
        ..migration(samples::passed(), None)
    }
}

/// The verification of the last migration, before its commit, found errors.
pub fn failed_after() -> MigrationResult {
    let error = Some(format!(
        "the verification after `{BIO}` found errors, so it was undone"
    ));
    let applied = vec![applied("V17__prioritise_bills")];
    MigrationResult {
        error,
        applied,
        ..migration(samples::passed(), Some(samples::failed()))
    }
}

fn rollback() -> RollbackResult {
    RollbackResult {
        success: false,
        migration_name: Some(BIO.into()),
        timestamp: timestamp(),
        database: DATABASE.into(),
        planned: vec![(
            BIO.into(),
            Some("its file is gone; the journal's copy of the down SQL is used".into()),
        )],
        dry_run: false,
        notes: Vec::new(),
        pre: samples::failed(),
        post: None,
        in_doubt: None,
        rolled_back: Vec::new(),
        losses: Vec::new(),
        output: None,
        error: None,
        go_on: None,
        restoration: Restoration::default(),
    }
}

fn rolled_back(verdict: RollbackVerdict) -> Vec<RolledBackMigration> {
    vec![RolledBackMigration {
        name: BIO.into(),
        verdict,
    }]
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
        name: LossName {
            object: "user_profiles.bio".into(),
            full: "public.user_profiles.bio".into(),
        },
        count: 3,
        unit: Unit::Values,
        dependents: vec!["view bill_overview".into()],
    }];
    let post = Some(samples::passed());
    RollbackResult {
        success: true,
        rolled_back: rolled_back(RollbackVerdict::Exact),
        post,
        losses,
        restoration,
        ..rollback()
    }
}

/// Nothing was to be undone: what would be.
pub fn rollback_dry_run() -> RollbackResult {
    let losses = exact().losses;
    RollbackResult {
        success: true,
        dry_run: true,
        losses,
        ..rollback()
    }
}

/// Nothing was to be undone, and nothing would be without consent.
pub fn rollback_dry_run_refused() -> RollbackResult {
    let command = "cargo xtask db-rollback --accept-data-loss user_profiles.bio";
    let error = format!(
        "data would be lost, and nothing was undone; if it may go, say so by name:\n{command}"
    );
    RollbackResult {
        success: false,
        error: Some(error),
        ..rollback_dry_run()
    }
}

/// The first of two is undone and committed, the second fails.
pub fn rollback_stopped() -> RollbackResult {
    let go_on = "cargo xtask db-rollback V17__prioritise_bills --backup backups";
    let failing = ("V17__prioritise_bills".to_owned(), None);
    RollbackResult {
        planned: vec![(BIO.into(), None), failing],
        rolled_back: rolled_back(RollbackVerdict::Exact),
        error: Some("cannot undo `V17__prioritise_bills`; its transaction changed nothing: deadlock detected".into()),
        go_on: Some(go_on.into()),
        ..rollback()
    }
}

/// The schema is not what it was, and the rollback was undone.
pub fn not_restored() -> RollbackResult {
    let difference = "~ table user_profiles\n    + column bio text\n".to_owned();
    let error = "the way back of `V18__add_user_bio` does not restore the schema; the rollback was itself undone, the \
                 database is as it was";
    RollbackResult {
        rolled_back: rolled_back(RollbackVerdict::NotRestored(difference)),
        error: Some(error.into()),
        ..rollback()
    }
}

/// A migration was interrupted, and somebody works on it.
pub fn status() -> Status {
    let one = |name: &str, state, problem: Option<&str>| MigrationStatus {
        name: name.into(),
        state,
        problem: problem.map(str::to_owned),
    };
    Status {
        database: DATABASE.into(),
        migrations: vec![
            one(
                "V1__create_users",
                MigrationState::Applied {
                    at: Some("2024-01-15T10:30:00.127867698Z".into()),
                },
                None,
            ),
            one(
                "V2__index_users",
                MigrationState::PartlyApplied {
                    standing: "1 of 2 statements".into(),
                },
                Some("run `cargo xtask db-migrate` to continue"),
            ),
            one(BIO, MigrationState::Pending, None),
            one(
                "V0__forgotten",
                MigrationState::OutOfOrder,
                Some("it is older than the last applied one"),
            ),
        ],
        invalid_indexes: vec!["public.users_email_key".into()],
        locked_by: Some("pid 4711, db-migrate, since 10:29:00".into()),
        file_problems: vec!["migrations/x.sql: the name does not say a version".into()],
        drift: vec![Finding {
            help: Some("put the change into a migration, or undo it in the database".into()),
            ..Finding::new(
                "SCHEMA_DRIFT",
                Category::TypeAlignment,
                Severity::Error,
                "users",
                "it has a column more".into(),
            )
        }],
        unchecked: vec!["who may do what".into()],
    }
}

/// A migration of every verdict.
pub fn rehearsals() -> Vec<Rehearsal> {
    let one = |name: &str, verdict| Rehearsal {
        verdict,
        ..Rehearsal::new(name.into())
    };
    let unknown = RollbackVerdict::Unknown("not compared".into());
    vec![
        one("V1__create_users", RollbackVerdict::Exact),
        Rehearsal { lost_rows: vec![("users".into(), 3)], ..one("V2__drop_bio", RollbackVerdict::PhysicalOrderOnly) },
        one("V3__rename", RollbackVerdict::NotRestored("- column a text\n+ column b text\n".into())),
        Rehearsal { irreversible: Some("the old values are gone".into()), ..one("V4__hash", unknown.clone()) },
        Rehearsal { error: Some("error: syntax error at or near \"DORP\"".into()), ..one("V5__broken", unknown) },
        Rehearsal {
            warnings: vec![
                "the way back fails as soon as a row uses what the migration allows (`users.bio` is NULL)".into(),
            ],
            notes: vec!["it cannot be applied over made-up rows".into()],
            ..one("V6__optional", RollbackVerdict::Exact)
        },
        Rehearsal {
            empty_tables: vec![("votes".into(), "a CHECK that nothing satisfies".into())],
            ..one("V7__view", RollbackVerdict::PrivilegesDiffer("app may no longer SELECT on the view public.v".into()))
        },
    ]
}
