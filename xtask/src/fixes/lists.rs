//! Lists in the sources: members of a type, entries of an object, values of a union.

use crate::source::Span;

/// A list, and where it ends.
#[derive(Debug)]
pub(super) struct List {
    /// What of.
    pub kind: ListKind,
    /// In order.
    pub items: Vec<Item>,
    /// Of a list in brackets, the closing one; of a union, its end.
    pub end: u32,
}

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListKind {
    /// Of an interface or a type in braces: `;`, `,`, or line by line.
    TypeMembers,
    /// Of a class: `;`, or line by line.
    ClassMembers,
    /// Of an object: `,`.
    Entries,
    /// Of an array: `,`.
    Elements,
    /// Of a TypeScript enum: `,`.
    EnumMembers,
    /// Of types: `|` in between.
    Union,
}

/// One of a list, without what separates it from the next one.
#[derive(Debug)]
pub(super) struct Item {
    /// Where it stands.
    pub span: Span,
    /// The name of a member or entry.
    pub name: Option<String>,
    /// The string that it is, or that is given to the name.
    pub value: Option<String>,
    /// Whether another one can be written like it.
    pub simple: bool,
}

impl List {
    /// Its first byte, as far as items tell.
    pub(super) fn start(&self) -> u32 {
        self.items.first().map_or(self.end, |item| item.span.start)
    }

    /// Whether all of it lies in `whole`.
    pub(super) fn is_within(&self, whole: Span) -> bool {
        whole.start <= self.start() && self.end <= whole.end
    }

    /// The item that holds the byte before `end`.
    pub(super) fn position(&self, end: u32) -> Option<usize> {
        self.items.iter().position(|item| item.span.start < end && end <= item.span.end)
    }
}
