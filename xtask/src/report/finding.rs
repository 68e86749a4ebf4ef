//! One disagreement between two descriptions of the data model.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::Proposal;
use crate::source::{Location, Span};

/// The parts of a verification: the three that the specification names, and that of the migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Migration files, their history, and a database against what its migrations make.
    Migrations,
    /// Database against TypeScript types.
    TypeAlignment,
    /// API contracts against routes and types.
    ApiContracts,
    /// Validation schemas against types and database.
    ValidationSchemas,
}

/// The documentation of a type of findings, for reports that carry documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// As [`Finding::kind`].
    pub kind: &'static str,
    /// One sentence.
    pub summary: String,
    /// The problem, its reason and an example, as Markdown.
    pub help: String,
}

impl Rule {
    /// Documents the type `kind`: its summary stands above `rest`, which says why and shows an
    /// example.
    #[must_use]
    pub fn new((kind, summary, rest): (&'static str, &str, &str)) -> Self {
        Self {
            kind,
            summary: summary.into(),
            help: format!("{summary}\n\n{rest}"),
        }
    }
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Fails the verification.
    Error,
    /// Is shown and counted, and fails nothing.
    Warning,
}

/// Relates a finding to the pending migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindingTiming {
    /// It is there today and stays.
    Present,
    /// It is there today; the named pending migration resolves it.
    ResolvedBy(String),
    /// It is not there today; the named pending migration introduces it.
    IntroducedBy(String),
}

/// A place that a finding concerns, with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub location: Location,
    /// The message for this place, in a few words: "`bio` is `string` here".
    pub text: String,
}

/// A change of one file that would resolve a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The description of the change, in the imperative: "add `| null`".
    pub text: String,
    /// The file, relative to the root.
    pub file: String,
    /// The bytes to replace; empty to insert.
    pub span: Span,
    /// The text to insert.
    pub replacement: String,
    /// Whether `--fix` may apply it without a person having looked at it.
    pub safe: bool,
    /// The rank of a member of a list. Others may be inserted at the same place, the lowest rank
    /// first.
    pub rank: Option<u32>,
}

impl Suggestion {
    /// The lines of the file's `text` that change, as they are and as they would be, with their
    /// line ends. `None` where `text` is not the text that the suggestion was made for.
    #[must_use]
    pub fn lines<'t>(&self, text: &'t str) -> Option<(&'t str, String)> {
        let range = self.span.range();
        let start = text.get(..range.start)?.rfind('\n').map_or(0, |at| at + 1);
        let end = text
            .get(range.end..)?
            .find('\n')
            .map_or(text.len(), |at| range.end + at + 1);
        let after = format!(
            "{}{}{}",
            text.get(start..range.start)?,
            self.replacement,
            text.get(range.end..end)?
        );
        Some((text.get(start..end)?, after))
    }
}

/// One disagreement.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The type of the specification, or one of ours: `TYPE_MISMATCH`.
    pub kind: &'static str,
    /// The part of the verification that it belongs to.
    pub category: Category,
    /// The severity.
    pub severity: Severity,
    /// Whether it is of the kinds that the specification calls critical: they stop a migration.
    pub critical: bool,
    /// The table, endpoint or declaration that it is about.
    pub entity: String,
    /// The column or field, where it is about one.
    pub field: Option<String>,
    /// The declaration in the sources that is wrong, where there is one: `UserTable`.
    pub declaration: Option<String>,
    /// The problem, in one sentence without the entity's name in front.
    pub message: String,
    /// The facts behind the message, for machines.
    pub details: Map<String, Value>,
    /// Every place concerned; the first is where the reader should look.
    pub labels: Vec<Label>,
    /// The advice on how to resolve the problem.
    pub help: Option<String>,
    /// A change that would resolve it, as the check says it.
    pub proposal: Option<Proposal>,
    /// The proposal, exact to the byte.
    pub suggestion: Option<Suggestion>,
    /// The findings that this one stands for, where one cause made several: each would be one of
    /// its own if there were fewer. Otherwise none.
    pub members: Vec<Self>,
    /// Set when pending migrations are in play.
    pub timing: Option<FindingTiming>,
}

impl Finding {
    /// A finding without a place; the methods `with_…` and [`Finding::at`] say more.
    #[must_use]
    pub fn new(
        kind: &'static str,
        category: Category,
        severity: Severity,
        entity: &str,
        message: String,
    ) -> Self {
        Self {
            kind,
            category,
            severity,
            critical: false,
            entity: entity.to_owned(),
            field: None,
            declaration: None,
            message,
            details: Map::new(),
            labels: Vec::new(),
            help: None,
            proposal: None,
            suggestion: None,
            members: Vec::new(),
            timing: None,
        }
    }

    /// Whether it is a critical error. A configuration that makes it a warning makes it no less than
    /// that: it stops nothing.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        self.critical && self.severity == Severity::Error
    }

    /// Adds a place; the first one added is where the reader should look.
    #[must_use]
    pub fn at(mut self, location: &Location, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            location: location.clone(),
            text: text.into(),
        });
        self
    }

    /// Adds a place if there is one.
    #[must_use]
    pub fn at_some(self, location: Option<&Location>, text: impl Into<String>) -> Self {
        match location {
            Some(location) => self.at(location, text),
            None => self,
        }
    }

    /// Names the column or field that it is about.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Names the declaration that is wrong.
    #[must_use]
    pub fn with_declaration(mut self, declaration: impl Into<String>) -> Self {
        self.declaration = Some(declaration.into());
        self
    }

    /// Adds a fact for machines.
    #[must_use]
    pub fn with_detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names the findings that it stands for.
    #[must_use]
    pub fn with_members(mut self, members: Vec<Self>) -> Self {
        self.members = members;
        self
    }

    /// Returns the findings that this one stands for: itself, where it stands for no others.
    #[must_use]
    pub fn singles(&self) -> &[Self] {
        if self.members.is_empty() {
            std::slice::from_ref(self)
        } else {
            &self.members
        }
    }

    /// Adds the change that would resolve it.
    #[must_use]
    pub fn with_suggestion(mut self, suggestion: Option<Suggestion>) -> Self {
        self.suggestion = suggestion;
        self
    }

    /// Adds the change that would resolve it, to be placed in the file's text.
    #[must_use]
    pub fn with_proposal(mut self, proposal: Option<Proposal>) -> Self {
        self.proposal = proposal;
        self
    }

    /// Makes it a warning where it would have been an error.
    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The finding in one line, as the specification lists critical issues: `users: Missing field
    /// 'bio' …`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}: {}", self.entity, self.message)
    }

    /// Returns an identifier that stays the same as long as the finding does, whatever lines are
    /// added above it. It consists of 16 hexadecimal digits of a SHA-256. The hash covers the kind,
    /// entity, field, declaration and file. Where the finding stands for several, it covers theirs
    /// instead, in any order: one that joins them is not known yet.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        if !self.members.is_empty() {
            let mut of_members: Vec<String> = self.members.iter().map(Self::fingerprint).collect();
            of_members.sort();
            return hexadecimal(&of_members.join("\u{0}"));
        }
        let file = self
            .location()
            .map_or("", |location| location.file.as_ref());
        let declaration = self.declaration.as_deref().unwrap_or_default();
        let parts = [
            self.kind,
            &self.entity,
            self.field.as_deref().unwrap_or_default(),
            declaration,
            file,
        ];
        // NUL stands in no name, so that the parts of two findings never join to one text.
        hexadecimal(&parts.join("\u{0}"))
    }

    /// The fingerprint of each of `findings`; equal ones are told apart by their order.
    #[must_use]
    pub fn fingerprints(findings: &[Self]) -> Vec<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let unique = |finding: &Self| {
            let fingerprint = finding.fingerprint();
            let before = seen.entry(fingerprint.clone()).or_insert(0);
            *before += 1;
            if *before == 1 {
                fingerprint
            } else {
                hexadecimal(&format!("{fingerprint}\u{0}{before}"))
            }
        };
        findings.iter().map(unique).collect()
    }

    /// The place where the reader should look first, if there is one.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        self.labels.first().map(|label| &label.location)
    }
}

/// The first 16 digits of the SHA-256 of `text`.
fn hexadecimal(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_unique_and_do_not_depend_on_what_else_is_found() {
        let finding = |entity| {
            Finding::new(
                "MISSING_TYPE",
                Category::TypeAlignment,
                Severity::Error,
                entity,
                String::new(),
            )
        };
        let (users, bills) = (finding("users"), finding("bills"));
        let three = Finding::fingerprints(&[users.clone(), bills.clone(), users.clone()]);
        assert_eq!(three[..2], [users.fingerprint(), bills.fingerprint()]);
        assert!(three[2] != three[0] && three[2].len() == 16, "{three:?}");
    }

    #[test]
    fn a_finding_about_several_is_another_one_when_one_joins() {
        let finding = |entity: &str| {
            Finding::new(
                "MISSING_TYPE",
                Category::TypeAlignment,
                Severity::Error,
                entity,
                String::new(),
            )
        };
        let of = |names: &[&str]| {
            let members = names.iter().map(|name| finding(name)).collect();
            finding("types").with_members(members).fingerprint()
        };
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "b", "c"]));
    }
}
