//! The steps of a way back, before their order is known.

/// A step. PostgreSQL decides its place: a step that fails is tried again after the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// The part of the way back in which it is tried first.
    pub phase: Phase,
    /// The statements, in each way in which they can be written. The first that works is taken.
    pub ways: Vec<Vec<String>>,
    /// The object whose dependents may be in the way of it.
    pub target: Option<Target>,
    /// What a person must know before running it.
    pub comment: Option<String>,
}

/// The parts of a way back, in the order in which they mostly work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    DropWatchers,
    DropViews,
    DropRules,
    DropConstraints,
    DropIndexes,
    DropTables,
    DropColumns,
    DropRoutines,
    DropTypes,
    Namespaces,
    Types,
    Sequences,
    Tables,
    Columns,
    Routines,
    Constraints,
    Indexes,
    ForeignKeys,
    Partitions,
    Views,
    Triggers,
    Attributes,
    Comments,
    Grants,
    DropNamespaces,
}

/// An object, as SQL finds it in the catalogs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A table, view, index or sequence: its qualified name.
    Relation(String),
    /// A column: its table's qualified name, and its own unquoted one.
    Column(String, String),
    /// A type: its qualified name.
    Type(String),
    /// A routine: its signature.
    Routine(String),
    /// A constraint: its table's qualified name, and its own unquoted one.
    Constraint(String, String),
}

impl Step {
    pub(super) fn new(phase: Phase, statement: String) -> Self {
        Self::of(phase, vec![statement])
    }

    pub(super) fn of(phase: Phase, statements: Vec<String>) -> Self {
        Self {
            phase,
            ways: vec![statements],
            target: None,
            comment: None,
        }
    }

    /// The same, or else in another way.
    pub(super) fn or(mut self, statements: Vec<String>) -> Self {
        self.ways.push(statements);
        self
    }

    pub(super) fn blocked_by(self, target: Target) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    pub(super) fn saying(self, comment: impl Into<String>) -> Self {
        Self {
            comment: Some(comment.into()),
            ..self
        }
    }
}
