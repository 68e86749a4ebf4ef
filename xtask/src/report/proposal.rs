//! Changes that checks propose in the sources, in terms of declarations. Only the file's text tells
//! where the bytes go and how they are formatted. With that text, a proposal becomes a
//! [`Suggestion`](super::Suggestion).

use crate::source::Span;

/// A change that would resolve a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The description of the change, in the imperative: "add `| null`".
    pub text: String,
    /// The file, relative to the root.
    pub file: String,
    /// The edit that makes the change.
    pub edit: Edit,
    /// Whether `--fix` may apply it without a person having looked at it.
    pub safe: bool,
}

/// An edit of a declaration or schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// `replacement` takes the place of `span`.
    Replace {
        /// The bytes to replace; empty to insert.
        span: Span,
        /// The text to insert.
        replacement: String,
    },
    /// A type, class or Zod object gets another member.
    AddMember {
        /// The name of the declaration: the member must be written in it, not in one that it takes
        /// members from.
        declaration: Span,
        /// The type or value of the member that the new one follows.
        after: Span,
        /// The rank among members that follow the same one; the lowest comes first.
        rank: u32,
        /// Its name.
        name: String,
        /// Its type, or its schema in terms of `z`.
        value: String,
    },
    /// A schema gets a call that checks its type: `.max(255)` behind `z.string()`, in front of
    /// `.optional()`.
    AddCheck {
        /// The schema.
        schema: Span,
        /// The call, with its leading dot.
        call: String,
    },
    /// A check of a schema gets another limit: `.max(255)` becomes `.max(100)`.
    ChangeCheck {
        /// The schema.
        schema: Span,
        /// The name of the check's method: `max`.
        method: String,
        /// The limit that it has, as a number.
        given: String,
        /// The limit that it should have.
        limit: String,
    },
    /// A schema is wrapped: `.nullable()` behind everything else.
    Wrap {
        /// The schema.
        schema: Span,
        /// The call, with its leading dot.
        call: String,
    },
    /// A column of an ORM's table loses a call: `.notNull()`.
    RemoveCall {
        /// The column.
        column: Span,
        /// The name of the method.
        method: String,
    },
    /// A column of an ORM's table is called by another name: `text('fullTitle')` becomes
    /// `text('full_title')`.
    NameColumn {
        /// The column.
        column: Span,
        /// The name that it has.
        present: String,
        /// The name that it should have.
        name: String,
    },
    /// A line is added after the one on which `after` ends, with the same indentation.
    AddLine {
        /// A part of the line before it.
        after: Span,
        /// The rank among lines that follow the same one; the lowest comes first.
        rank: u32,
        /// The line without its indentation.
        line: String,
    },
    /// A field of a Prisma model gets another type; whether it is a list or optional stays.
    ChangeType {
        /// The type.
        ty: Span,
        /// The scalar type.
        name: String,
        /// The native type, where it needs one: `@db.Uuid`.
        native: Option<String>,
    },
    /// A set of string values gets those that it lacks.
    AddValues {
        /// The name of the set, or the type or schema that writes it out.
        set: Span,
        /// The values that it has.
        present: Vec<String>,
        /// The values that it should have, in order.
        wanted: Vec<String>,
    },
}
