//! The differences of two schemas: as data for verdicts and reports, and as text for people,
//! grouped by object. The form of the snapshot is compared, so that all of the model is covered and
//! no field has to be listed twice.

mod compare;
mod sections;
mod text;
mod words;

use super::model::Schema;
use super::snapshot;
pub use sections::Sections;

/// The differences between two schemas, ordered by kind and name of the object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaDiff {
    /// Each difference.
    pub changes: Vec<Change>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Kind of the object: `table`, `enum`, `routine`, `grants`.
    pub kind: String,
    /// Its name: `users`, `audit.log`.
    pub object: String,
    /// The part of the object: kind (`column`, `constraint`) and name; none for the object itself.
    pub part: Option<(String, String)>,
    /// The kind of change.
    pub what: ChangeKind,
}

impl Change {
    /// The names of the object that it is about, the narrower first: `index notes.notes_title`,
    /// `table notes`.
    #[must_use]
    pub fn subjects(&self) -> Vec<String> {
        let part = self
            .part
            .as_ref()
            .map(|(kind, name)| format!("{kind} {}.{name}", self.object));
        part.into_iter()
            .chain([format!("{} {}", self.kind, self.object)])
            .collect()
    }

    /// Whether another change is one of the same object, part and attribute.
    #[must_use]
    pub fn is_about_same(&self, other: &Self) -> bool {
        let is_same_attribute = match (&self.what, &other.what) {
            (
                ChangeKind::Changed { attribute: one, .. },
                ChangeKind::Changed { attribute: two, .. },
            ) => one == two,
            (one, two) => std::mem::discriminant(one) == std::mem::discriminant(two),
        };
        (&self.kind, &self.object, &self.part) == (&other.kind, &other.object, &other.part)
            && is_same_attribute
    }
}

/// The kind of change to an object, or to a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new; holds a short description.
    Added(String),
    /// It is gone; holds a short description of it as it was.
    Removed(String),
    /// An attribute has another value.
    Changed {
        /// `type`, `not null`, `definition`.
        attribute: String,
        /// Its value before.
        before: String,
        /// Its value after.
        after: String,
    },
    /// The columns of a table are the same, and stand in another order.
    Reordered {
        /// Their order before.
        before: Vec<String>,
        /// Their order after.
        after: Vec<String>,
    },
}

/// How alike two schemas are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The same, down to the order of columns.
    Exact,
    /// The same but for the order in which tables hold their columns.
    PhysicalOrderOnly,
    /// Not the same.
    Different,
}

/// Compares two schemas.
#[must_use]
pub fn diff(before: &Schema, after: &Schema) -> SchemaDiff {
    if before == after {
        return SchemaDiff::default();
    }
    SchemaDiff {
        changes: compare::sections(&snapshot::sections(before), &snapshot::sections(after)),
    }
}

impl SchemaDiff {
    /// Whether there is no difference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How alike the schemas are.
    #[must_use]
    pub fn likeness(&self) -> Likeness {
        let is_order = |change: &Change| matches!(change.what, ChangeKind::Reordered { .. });
        match self.changes.as_slice() {
            [] => Likeness::Exact,
            changes if changes.iter().all(is_order) => Likeness::PhysicalOrderOnly,
            _ => Likeness::Different,
        }
    }

    /// The differences without those of privileges, which servers grant by themselves.
    #[must_use]
    pub fn without_grants(mut self) -> Self {
        self.changes.retain(|change| change.kind != compare::GRANTS);
        self
    }
}

#[cfg(test)]
mod tests;
