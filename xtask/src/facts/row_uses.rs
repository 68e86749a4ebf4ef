//! What code does with rows: schemas parse those that queries return, values of declarations are
//! written into tables, and values of declarations are made of rows by hand.

use compact_str::CompactString;

use super::DeclarationName;

/// A place at which values of a declaration come from the database or go into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowUse {
    /// The type or schema.
    pub declaration: DeclarationName,
    /// What is done.
    pub usage: RowUsage,
    /// The table, `users` or `audit.users`, where the code says it. Of rows that are parsed, it is
    /// said where they have all columns of that table, as it holds them, and no others.
    pub table: Option<String>,
}

/// A key of an object that code passes to what writes rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GivenKey {
    /// The object of the writing method, where the key is of that object's own rows:
    /// `symbolProfile` of `prisma.symbolProfile.create({ data: { url } })`. It may name a table.
    pub written_on: Option<CompactString>,
    /// The key.
    pub name: CompactString,
}

/// What code does with the values of a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowUsage {
    /// A schema parses rows that a query returned, or a query says that it returns this type.
    ParsesRows,
    /// They are inserted as they are: `insert(users).values(user)`.
    Inserted,
    /// They are part of what is inserted, or are what is updated: `values({ ...user, teamId })`.
    Written,
    /// Code reads the field of this name by itself, and decides what becomes of it.
    Read(String),
    /// They are the rows of a query that lists its columns, or are made of these by hand:
    /// `rows.map((row) => ({ deviceId: row.id }))`. Each key of what is made, with the column of the
    /// table whose value it holds as it is; none where it is computed.
    Selected(Vec<(String, Option<String>)>),
    /// They come from an API: the file that declares the type is a client of it.
    Fetched,
}
