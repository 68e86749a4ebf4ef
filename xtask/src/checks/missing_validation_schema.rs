//! An entity has a TypeScript type and no validation schema.
//!
//! ## Why
//! Whatever comes in is written as it is: what the database would refuse fails there, and what it
//! would not refuse stays.
//!
//! ## Example
//! ```sql
//! CREATE TABLE tags (id uuid NOT NULL, name text NOT NULL);
//! ```
//! ```ts
//! export interface TagTable {
//!   id: string;
//!   name: string;
//! }
//! ```
//! No schema is called `TagSchema`, `CreateTagSchema`…, carries the tag `@table tags`, or stands in
//! the configuration's `map`, and none of another name has the columns that an INSERT demands. Where
//! more than three tables have none, that is one finding: a warning where it is most of those that
//! have a type, as in a monorepo whose schemas are of other things. A table that only joins others,
//! or lists values, needs none. Without `validation` in the configuration the check does not run.

use std::collections::HashSet;

use super::entities::{ColumnFacts, EntityKind};
use super::matching::{BesideRows, Description, Role, TableMatches};
use super::{Check, Model, names, wording};
use crate::facts::Declaration;
use crate::report::{Category, Finding, Severity};
use crate::source::Location;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_VALIDATION_SCHEMA",
    category: Category::ValidationSchemas,
    severity: Severity::Error,
    critical: true,
    source: include_str!("missing_validation_schema.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    if !model.input.facts.requested.validation {
        return Vec::new();
    }
    let tables = model
        .described
        .iter()
        .filter(|described| described.entity.kind == EntityKind::Table);
    let others = OtherSchemas::new(model);
    // A table without a type has one finding already.
    let typed: Vec<_> = tables
        .filter_map(|described| Some((described, type_of(described)?)))
        .collect();
    let bare: Vec<_> = typed
        .iter()
        .filter(|(described, _)| !described.is_validated())
        // Rows of a table that only joins others do not come in by themselves.
        .filter(|(described, _)| !described.entity.is_auxiliary())
        // The coverage of the report names a class of requests that holds something else of it.
        .filter(|(described, _)| !has_request(described))
        .filter(|(described, _)| !others.judge(described))
        .copied()
        .collect();
    let alone = |one: &(&TableMatches<'_>, &Description<'_>)| finding(model, one.0, one.1);
    let (ignored, bare): (Vec<_>, Vec<_>) = bare
        .into_iter()
        .partition(|one| model.ignores().is_ignored(&alone(one)));
    let mut found: Vec<Finding> = ignored.iter().map(alone).collect();
    if bare.len() > FEW {
        found.push(of_several(model, &bare, typed.len()));
    } else {
        found.extend(bare.iter().map(alone));
    }
    found
}

/// Whether something is called like a request for the table, and has too little in common with it.
fn has_request(described: &TableMatches<'_>) -> bool {
    let mut namesakes = described.namesakes.iter();
    namesakes.any(|namesake| namesake.declaration.origin.of_requests)
}

/// The schemas that describe no table. A request may be called by what is done: `RegisterDto` holds
/// what makes a user; or by a part of the table's name: `CreateSettingsDto` holds columns of
/// `user_settings`.
struct OtherSchemas {
    schemas: Vec<OtherSchema>,
}

/// A schema that describes no table.
struct OtherSchema {
    /// The words of its name that say what it is about, each in the singular.
    subject: Vec<names::Word>,
    /// The keys of its fields' names.
    fields: HashSet<names::Word>,
}

impl OtherSchemas {
    fn new(model: &Model<'_>) -> Self {
        let described = model.described.iter().flat_map(TableMatches::schemas);
        let known: HashSet<&Location> = described
            .map(|description| &description.declaration.location)
            .collect();
        let schemas = model.input.facts.schemas.iter();
        let others =
            schemas.filter(|schema| schema.origin.enforced && !known.contains(&schema.location));
        let keys = |schema: &Declaration| {
            let names = schema.fields.iter().map(|field| match &*field.column {
                Some(column) => names::key(column),
                None => names::key(&field.name),
            });
            names.collect()
        };
        let other = |schema: &Declaration| OtherSchema {
            subject: in_singular(names::subject(&schema.name)),
            fields: keys(schema),
        };
        Self {
            schemas: others.map(other).collect(),
        }
    }

    /// Whether one of them holds whatever a client has to say of a row.
    fn judge(&self, described: &TableMatches<'_>) -> bool {
        let is_demanded = |facts: &&ColumnFacts<'_>| {
            let is_given = facts.column.default.is_some() || facts.column.generated.is_some();
            facts.not_null && !is_given && !facts.filled_in && !facts.made_by_server
        };
        let columns = described.entity.columns.iter().filter(is_demanded);
        // The server knows the keys of rows, and of those that they lead to.
        let own = columns.filter(|facts| !facts.primary_key && !facts.foreign_key);
        let demanded: Vec<names::Word> = own.map(|facts| names::key(&facts.column.name)).collect();
        let holds_all =
            |schema: &OtherSchema| demanded.iter().all(|name| schema.fields.contains(name));
        let is_made = demanded.len() >= DISTINCT && self.schemas.iter().any(holds_all);
        is_made || self.holds_part(described)
    }

    /// Whether one of them is named after a part of the table's name, or after the table and more,
    /// and holds nothing but columns of it.
    fn holds_part(&self, described: &TableMatches<'_>) -> bool {
        let table = in_singular(names::words(&described.entity.name.name));
        let columns = described.entity.columns.iter();
        let columns: HashSet<names::Word> = columns
            .map(|facts| names::key(&facts.column.name))
            .collect();
        let is_part = |schema: &OtherSchema| {
            let (subject, fields) = (&schema.subject, &schema.fields);
            let (longer, shorter) = match subject.len() > table.len() {
                true => (subject, &table),
                false => (&table, subject),
            };
            !shorter.is_empty()
                && (longer.starts_with(shorter) || longer.ends_with(shorter))
                && fields.len() >= DISTINCT
                && fields.is_subset(&columns)
        };
        self.schemas.iter().any(is_part)
    }
}

fn in_singular(words: Vec<names::Word>) -> Vec<names::Word> {
    words.iter().map(|word| names::singular(word)).collect()
}

/// So many names of columns together are hardly those of another thing. One alone, like `name`, is
/// in many schemas.
const DISTINCT: usize = 2;

/// So many tables without a schema are each worth a finding. More have one cause: nobody validates
/// what nobody sends.
const FEW: usize = 3;

/// Returns the type that describes the table. A domain type comes before a row type, since code
/// uses it first.
fn type_of<'m, 'a>(described: &'m TableMatches<'a>) -> Option<&'m Description<'a>> {
    // A part of the row does not make an entity of it.
    let whole = |ty: &&Description<'_>| ty.is_whole() && ty.beside_rows == BesideRows::Itself;
    let described_by = |role: Role| described.of_role(role).find(whole);
    described_by(Role::Domain)
        .or_else(|| described_by(Role::Row))
        .or_else(|| described.types().find(|ty| ty.role != Role::Domain))
}

fn finding(model: &Model<'_>, described: &TableMatches<'_>, ty: &Description<'_>) -> Finding {
    let entity = described.entity.title();
    let name = &ty.declaration.name;
    CHECK
        .finding(&entity, format!("Entity '{entity}' has no validation schema"))
        .at(&ty.declaration.location, format!("`{name}` describes `{entity}`"))
        .at_some(model.input.provenance.table(described.entity.name), format!("`{entity}` was last changed here"))
        .with_help(format!(
            "declare a Zod schema with one of the configured names, or tag the one that validates it with `@table \
             {entity}`; where nothing of it comes in, write `// db-verify-ignore {}: <why>` above `{name}`",
            CHECK.kind
        ))
}

/// One finding about several tables. Where that is the rule rather than the exception, it is how the
/// monorepo is, and stops nothing.
fn of_several(
    model: &Model<'_>,
    bare: &[(&TableMatches<'_>, &Description<'_>)],
    typed: usize,
) -> Finding {
    let entities: Vec<String> = bare
        .iter()
        .map(|(described, _)| described.entity.title())
        .collect();
    let read = model.input.facts.schemas.len();
    let is_rule = bare.len() * 2 > typed;
    let names: Vec<&str> = entities.iter().map(String::as_str).collect();
    let which = if is_rule {
        String::new()
    } else {
        format!(": {}", wording::quoted_briefly(&names))
    };
    let message = format!(
        "{} of {typed} tables with a type have no validation schema{which}",
        bare.len()
    );
    let schemas = if read == 1 {
        "schema was"
    } else {
        "schemas were"
    };
    let help = format!(
        "{read} {schemas} read: tag those that validate a table with `@table <table>`, or name their pattern in \
         `names.schema`; if tables are not validated here, say `severity.{} = \"off\"`",
        CHECK.kind
    );
    let found = CHECK
        .finding("validation schemas", message)
        .with_detail("entities", entities)
        .with_help(help)
        .with_members(
            bare.iter()
                .map(|(described, ty)| finding(model, described, ty))
                .collect(),
        );
    if is_rule { found.as_warning() } else { found }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE tags (id uuid NOT NULL, name text NOT NULL);";
    const TYPE: &str = "export interface TagTable { id: string; name: string }";

    pub const CASES: Cases = Cases {
        failing: &[
            Case {
                configuration: "validation = ['**/*.ts']",
                ..Case::failing_entity(TABLE, TYPE, 1)
            },
            // Most tables have none: one finding, about no place in particular.
            Case {
                configuration: "validation = ['**/*.ts']",
                sql: "CREATE TABLE tags (id uuid NOT NULL); CREATE TABLE votes (id uuid NOT NULL); \
                      CREATE TABLE bills (id uuid NOT NULL); CREATE TABLE users (id uuid NOT NULL)",
                ts: "export interface TagRow { id: string }\nexport interface VoteRow { id: string }\n\
                     export interface BillRow { id: string }\nexport interface UserRow { id: string }",
                at: None,
                field: None,
            },
        ],
        passing: &[
            Case::passing(TABLE, TYPE),
            Case {
                configuration: "validation = ['**/*.ts']",
                ..Case::passing(
                    TABLE,
                    "import { z } from 'zod';\nexport interface TagTable { id: string; name: string }\nexport const TagSchema = z.object({ id: z.uuid(), name: z.string() });",
                )
            },
            // A request is called by what is done, and has what a client says of a row.
            Case {
                configuration: "validation = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text NOT NULL, password text NOT NULL, team uuid NOT NULL REFERENCES users, note text);",
                    "import { z } from 'zod';\nexport interface UserTable { id: string; email: string; password: string; team: string; note: string | null }\nexport const RegisterSchema = z.object({ email: z.email(), password: z.string(), code: z.string() });",
                )
            },
            // The same, and the server knows whose row it is.
            Case {
                configuration: "validation = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE user_settings (id uuid PRIMARY KEY, user_id uuid NOT NULL, dark boolean NOT NULL DEFAULT false, quiet boolean NOT NULL DEFAULT false);",
                    "import { z } from 'zod';\nexport interface UserSettingsTable { id: string; user_id: string; dark: boolean; quiet: boolean }\nexport const CreateSettingsDto = z.object({ dark: z.boolean().optional(), quiet: z.boolean().optional() });",
                )
            },
            // The schema is named after the end of the table's name, and leaves out what the server
            // fills in.
            Case {
                configuration: "validation = ['**/*.ts']",
                ..Case::passing(
                    "CREATE TABLE node_tags (id uuid PRIMARY KEY, name text NOT NULL, note text, created_at timestamptz NOT NULL DEFAULT now());",
                    "import { z } from 'zod';\nexport interface NodeTagTable { id: string; name: string; note: string | null; created_at: Date }\nexport const BaseTagSchema = z.object({ id: z.uuid(), name: z.string(), note: z.string().nullable() });",
                )
            },
        ],
    };
}
