//! Where a declaration comes from, as data: what checks, messages and reports ask about it. Each
//! reader declares the origins of what it reads as constants, so that a new one changes no check.

use std::fmt;

/// How a declaration was written, and what follows from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The name in JSON: `interface`.
    pub id: &'static str,
    /// The noun in messages: `type`, `Drizzle table`.
    pub noun: &'static str,
    /// The statement about a table, in whatever language.
    pub family: Family,
    /// Whether it says by itself of which table it is, so that its name and its likeness need not
    /// be asked.
    pub names_table: bool,
    /// Whether a program is held to it, by the compiler or when it runs. A document is only believed:
    /// what it leaves unsaid is not missed, and its schemas are called like the things themselves
    /// (`User`).
    pub enforced: bool,
    /// Whether it is called like a row, whatever its table is called: the class `User` of the table
    /// `app_users`.
    pub names_rows: bool,
    /// Whether it only judges what comes in, as the validators of a server do: what goes out passes
    /// whatever it says.
    pub of_requests: bool,
    /// How changes of it are written.
    pub syntax: Syntax,
    /// The declaration to propose where a table lacks one, with `{table}` for its name. Only tables
    /// of an ORM have one: the names of types are configured.
    pub example: Option<&'static str>,
    /// Whether rows have an empty list for a list that is null in the database.
    pub null_is_empty: bool,
    /// Whether a text can be declared with the values that a CHECK allows.
    pub restricts_text: bool,
    /// Whether a row is refused, when it is read, that holds what is not declared: null, or another
    /// value of an enum.
    pub refuses_rows: bool,
    /// Whether queries name the types of enums: then another name in the database fails.
    pub queries_name_types: bool,
    /// Whether each value of an enum is cast to its type by name when it is written or compared, as
    /// Prisma's client does: then the code that runs fails as soon as the type has another name.
    pub casts_enums: bool,
}

/// The statement that declarations make about a table. A family is not a language: a model of
/// Prisma is a [`Family::Table`], as a table of Drizzle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// A type that code holds values in: of a row, of what is inserted or updated, of the thing
    /// itself. It is found by `names.row`, `names.insert`, `names.update` and the same keys of
    /// `map`. A table without one is a finding.
    Type,
    /// A check of values when the program runs. It is found by `names.schema` and its like. An
    /// entity without one is a finding.
    Validation,
    /// A table of an ORM, from which rows get their types: a table that has one needs no other
    /// type. It says which table it is of, and the name of its declaration says nothing. `map`
    /// knows it as a type.
    Table,
}

/// How changes of a declaration are written, as far as this tool can write them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// As members of a TypeScript type: `bio: string | null`.
    TypeMembers,
    /// As calls of Zod: `bio: z.string().nullable()`.
    ZodCalls,
    /// As calls of the builders of an ORM's columns: `bio: text('bio').notNull()`.
    ColumnCalls,
    /// As fields of a Prisma model: `bio String? @db.VarChar(200)`.
    PrismaFields,
    /// In another way: then only names and values are changed.
    Other,
}

impl Origin {
    /// Whether it is a type, and no table of an ORM.
    #[must_use]
    pub fn is_type(self) -> bool {
        self.family == Family::Type
    }

    /// Whether it is a validation schema.
    #[must_use]
    pub fn is_validation(self) -> bool {
        self.family == Family::Validation
    }

    /// The noun of several.
    #[must_use]
    pub fn plural(self) -> String {
        match self.noun.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None => format!("{}s", self.noun),
        }
    }

    /// Whether it is a table of an ORM.
    #[must_use]
    pub fn is_table(self) -> bool {
        self.family == Family::Table
    }
}

/// Its name alone: facts are compared and shown as text.
impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
