//! The result of one verification.

use super::{
    BaselineSummary, Category, EntityAlignment, Finding, Fixes, Severity, Since, SourceTexts,
    Timestamp,
};
use crate::source::Location;

/// Something that was not judged, and why. Silence is never a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unjudged {
    /// `table`, `type`, `schema`, `field`, `route`, `contract` or `file`.
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// Why it was not judged.
    pub reason: String,
    /// The place of its declaration.
    pub location: Option<Location>,
}

/// The reason for not judging a validation schema that belongs to no table.
pub const NO_TABLE: &str = "no table or type is called like it";

/// The coverage of the verification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Tables of the database schema.
    pub tables: usize,
    /// The tables with at least one row type.
    pub tables_with_type: usize,
    /// The tables with at least one validation schema.
    pub tables_with_schema: usize,
    /// Object types that were read.
    pub types: usize,
    /// Validation schemas that were read.
    pub schemas: usize,
    /// Validation schemas that were compared with a table or a type.
    pub schemas_judged: usize,
    /// Routes that were read.
    pub routes: usize,
    /// Contracts that were read.
    pub contracts: usize,
    /// The contracts that are made of the declaration of their own route: comparing them with it
    /// would compare it with itself.
    pub contracts_of_routes: usize,
    /// Requests and responses of contracts that were compared with a table.
    pub contract_sides: usize,
    /// Fields that could not be resolved, of schemas, of an ORM's tables, and of the types that
    /// something is compared with.
    pub unresolved_fields: usize,
    /// Each thing that was not judged.
    pub unjudged: Vec<Unjudged>,
}

impl Coverage {
    fn nothing_compared(&self, category: Category) -> Option<&'static str> {
        match category {
            // Only shown where something was found.
            Category::Migrations => None,
            Category::TypeAlignment => {
                (self.tables_with_type == 0).then_some("no type describes a table")
            }
            Category::ApiContracts if self.contracts == 0 => {
                Some("no contract describes an endpoint")
            }
            Category::ApiContracts if self.contract_sides > 0 => None,
            Category::ApiContracts if self.contracts == self.contracts_of_routes => {
                Some("each contract is the declaration of its own route")
            }
            Category::ApiContracts => {
                (self.routes == 0).then_some("no route was read, and no contract is about a table")
            }
            Category::ValidationSchemas => (self.schemas_judged == 0)
                .then_some("no validation schema describes a table or a type"),
        }
    }
}

/// The result of one verification.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// When it was made.
    pub timestamp: Timestamp,
    /// The migration that it was made for.
    pub migration_name: Option<String>,
    /// The schema that the TypeScript was compared with: "snapshots/schema.json", "replay of 12
    /// migrations", a database.
    pub against: String,
    /// Every finding, in the order of category, entity, field.
    pub findings: Vec<Finding>,
    /// The coverage of the verification.
    pub coverage: Coverage,
    /// The text of the files that the findings name, for excerpts.
    pub sources: SourceTexts,
    /// The effect of the baseline on the findings; `None` where there is no baseline.
    pub accepted: Option<BaselineSummary>,
    /// The comparison with a branch, where one was requested. The findings are then only those that
    /// the branch introduces.
    pub since: Option<Since>,
    /// The changes that `--fix` made; `None` without that option.
    pub fixes: Option<Fixes>,
    /// The number of findings that a report for people shows in full; `None` for all of them.
    pub shown_at_most: Option<usize>,
    /// The schema changes of pending migrations, as a readable diff; `None` where no renderer
    /// requests them.
    pub schema_changes: Option<String>,
    /// The descriptions of every table side by side; empty where no renderer requests them.
    pub alignment: Vec<EntityAlignment>,
}

impl Verification {
    /// A verification of nothing, to which findings may be added.
    #[must_use]
    pub fn empty(against: &str) -> Self {
        Self {
            timestamp: Timestamp::now(),
            migration_name: None,
            against: against.to_owned(),
            findings: Vec::new(),
            coverage: Coverage::default(),
            sources: SourceTexts::default(),
            accepted: None,
            since: None,
            fixes: None,
            shown_at_most: None,
            schema_changes: None,
            alignment: Vec::new(),
        }
    }

    /// The parts of the report: that of the migrations where it has findings, then the three of the
    /// specification.
    pub fn parts(&self) -> impl Iterator<Item = Category> {
        let migrations = Some(Category::Migrations)
            .filter(|it| self.findings.iter().any(|one| one.category == *it));
        migrations.into_iter().chain([
            Category::TypeAlignment,
            Category::ApiContracts,
            Category::ValidationSchemas,
        ])
    }

    /// The errors of one part.
    pub fn errors(&self, category: Category) -> impl Iterator<Item = &Finding> {
        self.of(category, Severity::Error)
    }

    /// The warnings of one part.
    pub fn warnings(&self, category: Category) -> impl Iterator<Item = &Finding> {
        self.of(category, Severity::Warning)
    }

    /// Whether one part has no errors.
    #[must_use]
    pub fn passed(&self, category: Category) -> bool {
        self.errors(category).next().is_none()
    }

    /// The reason why one part was not judged; none where something was compared or found. Silence
    /// is never a pass.
    #[must_use]
    pub fn not_judged(&self, category: Category) -> Option<&'static str> {
        let is_silent = self
            .findings
            .iter()
            .all(|finding| finding.category != category);
        is_silent
            .then(|| self.coverage.nothing_compared(category))
            .flatten()
    }

    /// Whether there are no errors at all.
    #[must_use]
    pub fn overall_passed(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity != Severity::Error)
    }

    /// The number of findings of `severity`.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// The critical errors, a line each.
    #[must_use]
    pub fn critical_issues(&self) -> Vec<String> {
        self.findings
            .iter()
            .filter(|finding| finding.is_critical())
            .map(Finding::title)
            .collect()
    }

    fn of(&self, category: Category, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.category == category && finding.severity == severity)
    }
}
