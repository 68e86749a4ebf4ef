//! The parts of this crate that its tests and benchmarks use beside the binary. All others are
//! private, so that the compiler finds code that nobody calls.

#![expect(
    missing_docs,
    reason = "each module stands where it is in the crate, and is documented there"
)]

pub mod checks {
    pub use crate::checks::{CHECKS, Check, Input, accepted_kinds, formats, verify};
}

pub mod cli {
    pub use crate::cli::{Cli, ReportFormat};
}

pub mod config {
    pub use crate::config::{Config, Driver};
}

pub mod facts {
    pub use crate::facts::{Constraints, Facts, FormatOptions, Kind};
}

pub mod findings {
    pub use crate::commands::findings::{page, rules};
}

pub mod fixes {
    pub use crate::fixes::{apply, place};
}

pub mod migrations {
    pub use crate::migrations::{
        Down, Migration, branch, catalog_stamp, checksum, data_preflight, files, fingerprint, lint,
        provenance, scratch_environment, script, sql,
    };
}

pub mod postgres {
    pub use crate::postgres::{binaries, catalog, connect, embedded, scratch};
}

pub mod progress {
    pub use crate::progress::Progress;
}

pub mod readers {
    pub use crate::readers::{Input, read};
}

pub mod render {
    pub use crate::render::{github, gitlab, html, human, json, junit, markdown, sarif};
}

pub mod report {
    pub use crate::report::{
        AppliedMigration, Baseline, Category, ColumnAlignment, Consent, ContractField,
        ContractSummary, Coverage, DescriptionSummary, Direction, EntityAlignment, Finding,
        FindingTiming, Fixes, Layer, Left, LockMode, Loss, LossName, MigrationLoss, MigrationPlan,
        MigrationResult, MigrationState, MigrationStatus, PlannedMigration, PlannedStatement,
        Rehearsal, Restoration, RollbackResult, RollbackVerdict, RolledBackMigration, Rule,
        Severity, Since, SourceTexts, StatementEffects, Status, Suggestion, TableLock, TableSize,
        Timestamp, Unit, Unjudged, Verification,
    };
}

pub mod schema {
    pub use crate::schema::{diff, model, provenance, snapshot, types};
}

pub mod source {
    pub use crate::source::{LineIndex, Location, Span};
}

pub mod terminal {
    pub use crate::terminal::Style;
}

pub mod tree {
    pub use crate::tree::{IGNORED_FOLDERS, MemoryTree, Tree, WorkingTree};
}

pub mod typescript {
    pub use crate::typescript::read_unfiltered;
}
