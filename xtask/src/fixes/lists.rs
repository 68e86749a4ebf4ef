//! Lists in the sources: members of a type, entries of an object, values of a union.

use crate::source::Span;

/// A list, and where it ends.
#[derive(Debug)]
pub(super) struct List {
    /// The kind of list.
    pub kind: ListKind,
    /// In order.
    pub items: Vec<ListItem>,
    /// The offset of the closing bracket or, for a union, of its end.
    pub end: u32,
}

/// The kind of a list, with the separators of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListKind {
    /// The members of an interface or of a type in braces: `;`, `,`, or line by line.
    TypeMembers,
    /// The members of a class: `;`, or line by line.
    ClassMembers,
    /// The entries of an object: `,`.
    Entries,
    /// The elements of an array: `,`.
    Elements,
    /// The members of a TypeScript enum: `,`.
    EnumMembers,
    /// The types of a union: `|` in between.
    Union,
}

/// One of a list, without what separates it from the next one.
#[derive(Debug)]
pub(super) struct ListItem {
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
        self.items
            .iter()
            .position(|item| item.span.start < end && end <= item.span.end)
    }
}
