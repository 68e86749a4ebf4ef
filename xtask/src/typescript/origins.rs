//! How TypeScript declares types. What a library declares in it says its origin in that library's
//! module.

use crate::facts::{Family, Origin, Syntax};

/// `interface X {…}`
pub const INTERFACE: Origin = Origin {
    id: "interface",
    noun: "type",
    family: Family::Type,
    names_table: false,
    enforced: true,
    names_rows: false,
    of_requests: false,
    syntax: Syntax::TypeMembers,
    example: None,
    null_is_empty: false,
    restricts_text: true,
    refuses_rows: false,
    queries_name_types: false,
    casts_enums: false,
};

/// `type X = …`
pub const ALIAS: Origin = Origin {
    id: "alias",
    ..INTERFACE
};

/// `class X {…}`
pub const CLASS: Origin = Origin {
    id: "class",
    ..INTERFACE
};
