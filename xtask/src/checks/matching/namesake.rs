//! Declarations that only are called like a table.

use crate::facts::Declaration;

/// A declaration that is called like a table, and has too little in common with it to be judged by
/// it.
#[derive(Debug, Clone, Copy)]
pub struct Namesake<'a> {
    /// The declaration.
    pub declaration: &'a Declaration,
    /// How many of its fields are columns.
    pub shared: usize,
    /// How many fields it has.
    pub fields: usize,
}

impl Namesake<'_> {
    /// How much it has in common with the table.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self {
            declaration,
            shared,
            fields,
        } = self;
        if declaration.unresolved.is_some() && declaration.fields.is_empty() {
            return format!(
                "`{}` is called like it, and could not be resolved",
                declaration.name
            );
        }
        format!(
            "`{}` is called like it, and only {shared} of its {fields} fields are columns",
            declaration.name
        )
    }
}
