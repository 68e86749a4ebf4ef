//! A validation schema and the type that is called like it disagree, or a document and the code of
//! the same operation, and no table says which is right.
//!
//! ## Why
//! Code trusts the type after the schema let a value pass: a field that only one of them has, or
//! that only one of them demands, is a crash or a value that is lost.
//!
//! ## Example
//! ```ts
//! export interface SearchQuery {
//!   text: string;
//!   limit: number;
//! }
//! export const SearchQuerySchema = z.object({
//!   text: z.string(),
//!   limit: z.number().optional(),
//! });
//! ```
//! Judged is a pair only where it is certain: one schema and one type of that name in all of the
//! configured files, in one folder or in neighbouring ones, with most of their fields in common. A
//! type that is inferred from its schema agrees with it, whatever is made of the values. More than
//! three fields of one pair are one finding.
//!
//! A document of OpenAPI is compared with the code of the same method and path: the query, path,
//! headers, body and answer with the classes, types and schemas that the code names for them. It is
//! wrong where a client that follows it is refused (a field that the code demands, another kind, a
//! value or a limit beyond the code's), or gets what it excludes. What it leaves unsaid is not missed.

mod documents;

use std::collections::{BTreeMap, HashSet};

use super::matching::is_shared;
use super::names::Word;
use super::{Check, Model, names, wording};
use crate::facts::{Declaration, Field, Kind};
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "SCHEMA_TYPE_MISMATCH",
    category: Category::ValidationSchemas,
    severity: Severity::Warning,
    critical: false,
    source: include_str!("schema_type_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (schema, ty) in pairs(model) {
        if is_made_of(ty, schema) {
            continue;
        }
        let mut of_fields = findings(schema, ty);
        found.extend(model.ignores().taken_out(&mut of_fields));
        if of_fields.len() > FEW {
            found.push(of_pair(schema, ty, &of_fields));
        } else {
            found.extend(of_fields);
        }
    }
    found.extend(documents::run(model));
    found
}

/// Each schema of a document that is compared by its name alone, with its namesake.
pub(super) fn documented_pairs<'a>(model: &Model<'a>) -> Vec<(&'a Declaration, &'a Declaration)> {
    documents::by_name::pairs(model)
}

/// So many fields are each worth a finding. More have one cause: the two are of different things, or
/// one was never changed with the other.
const FEW: usize = 3;

/// One finding about a pair with many fields that differ.
fn of_pair(schema: &Declaration, ty: &Declaration, of_fields: &[Finding]) -> Finding {
    let fields: Vec<&str> = of_fields
        .iter()
        .filter_map(|finding| finding.field.as_deref())
        .collect();
    let message = format!(
        "Fields {} differ between `{}` and `{}`",
        wording::quoted_briefly(&fields),
        schema.name,
        ty.name
    );
    let found = CHECK
        .finding(&ty.name, message)
        .at(&schema.location, format!("it differs from `{}`", ty.name))
        .at(&ty.location, "the type".to_owned())
        .with_detail("fields", fields.clone())
        .with_members(of_fields.to_vec());
    with_places(found, of_fields)
}

/// Adds the places of the first fields of a finding about several.
fn with_places(found: Finding, of_fields: &[Finding]) -> Finding {
    let first = of_fields
        .iter()
        .filter_map(|finding| finding.labels.first());
    first.take(SHOWN).fold(found, |found, label| {
        found.at(&label.location, label.text.clone())
    })
}

/// So many of the fields are shown in their places.
const SHOWN: usize = 3;

/// Each schema of no table, with the one type that is called like it.
pub(super) fn pairs<'a>(model: &Model<'a>) -> Vec<(&'a Declaration, &'a Declaration)> {
    let described: HashSet<*const Declaration> = model
        .descriptions()
        .map(|(_, description)| std::ptr::from_ref(description.declaration))
        .collect();
    let facts = model.input.facts;
    let schemas = by_name(&facts.schemas, "schema");
    let types = by_name(&facts.types, "");
    let of_no_table = |one: &Declaration| {
        one.unresolved.is_none() && !described.contains(&std::ptr::from_ref(one))
    };
    let pair = |(name, schemas): (Word, Vec<&'a Declaration>)| match (
        schemas.as_slice(),
        types.get(&name)?.as_slice(),
    ) {
        ([schema], [ty]) => Some((*schema, *ty)),
        _several => None,
    };
    let pairs = schemas.into_iter().filter_map(pair);
    pairs
        .filter(|(schema, ty)| of_no_table(schema) && of_no_table(ty) && are_alike(schema, ty))
        .filter(|(schema, ty)| are_near(&schema.location.file, &ty.location.file))
        .collect()
}

/// Whether the type is made of what the schema returns, which may be another object than it takes. Its
/// fields stand in the schema then, or nowhere: those stand at the beginning of the file, where no
/// written field can.
fn is_made_of(ty: &Declaration, schema: &Declaration) -> bool {
    let places: HashSet<_> = schema.fields.iter().map(|field| &field.location).collect();
    ty.fields.iter().any(|field| {
        let place = &field.location;
        places.contains(place) || (place.line == 1 && place.column == 1)
    })
}

fn by_name<'a>(
    declarations: &'a [Declaration],
    suffix: &str,
) -> BTreeMap<Word, Vec<&'a Declaration>> {
    let mut named: BTreeMap<Word, Vec<&Declaration>> = BTreeMap::new();
    for declaration in declarations {
        let key = names::key(&declaration.name);
        if let Some(stem) = key
            .strip_suffix(suffix)
            .filter(|_| is_shared(declaration))
            .filter(|stem| !stem.is_empty())
        {
            named.entry(Word::new(stem)).or_default().push(declaration);
        }
    }
    named
}

/// Whether two files are of one part of the monorepo: they lie in one folder, in two folders of one
/// folder (`types/` and `validation/`), or one above the other. Elsewhere namesakes are of different
/// layers: an answer of the API, the argument of a mutation.
fn are_near(one: &str, other: &str) -> bool {
    let folder = |file: &str| {
        file.rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .to_owned()
    };
    let (one, other) = (folder(one), folder(other));
    let is_above = |above: &str, below: &str| {
        below
            .strip_prefix(above)
            .is_some_and(|rest| rest.is_empty() || above.is_empty() || rest.starts_with('/'))
    };
    folder(&one) == folder(&other) || is_above(&one, &other) || is_above(&other, &one)
}

/// How many fields both must have.
const SHARED: usize = 2;

/// Whether nearly all fields of each are the other's: at most one in five is not, of few fields
/// one.
fn are_alike(schema: &Declaration, ty: &Declaration) -> bool {
    let shared = schema
        .fields
        .iter()
        .filter(|field| ty.field(&field.name).is_some())
        .count();
    let nearly_all = |one: &Declaration| {
        let odd = one.fields.len() - shared;
        odd * 5 <= one.fields.len() || odd == 1
    };
    shared >= SHARED && nearly_all(schema) && nearly_all(ty)
}

fn findings(schema: &Declaration, ty: &Declaration) -> Vec<Finding> {
    let of_data = schema
        .fields
        .iter()
        .filter(|field| !matches!(field.kind, Kind::Any | Kind::Unresolved(_)));
    let of_schema = of_data.filter_map(|field| match ty.field(&field.name) {
        Some(other) => {
            disagreement(field, other).map(|what| finding(schema, ty, field, Some(other), &what))
        }
        None => Some(finding(
            schema,
            ty,
            field,
            None,
            &format!("`{}` has no such field", ty.name),
        )),
    });
    let of_type = ty
        .fields
        .iter()
        .filter(|field| schema.field(&field.name).is_none());
    let of_type = of_type.filter(|field| !is_method(field)).map(|field| {
        let what = format!(
            "`{}` has no such field, and would drop its value",
            schema.name
        );
        finding(schema, ty, field, None, &what)
    });
    of_schema.chain(of_type).collect()
}

fn is_method(field: &Field) -> bool {
    matches!(field.kind, Kind::Unresolved(_))
}

/// Describes the disagreement between a schema's field and a type's field. `None` where they agree,
/// and for a field inferred from the schema, which is the same text.
fn disagreement(schema: &Field, ty: &Field) -> Option<String> {
    let rules = &schema.constraints;
    if schema.location == ty.location || rules.transformed || rules.coerced {
        return None;
    }
    let may_be_absent = schema.optional && !schema.has_default;
    match (may_be_absent, ty.optional) {
        _any if matches!(schema.kind, Kind::Any) || matches!(ty.kind, Kind::Any) => return None,
        (true, false) => return Some("the schema lets it be absent, the type does not".into()),
        (false, true) if !schema.has_default => {
            return Some("the type lets it be absent, the schema does not".into());
        }
        _same => {}
    }
    if schema.nullable != ty.nullable {
        let (lets, refuses) = if schema.nullable {
            ("schema", "type")
        } else {
            ("type", "schema")
        };
        return Some(format!(
            "the {lets} lets it be null, the {refuses} does not"
        ));
    }
    differ(&schema.kind, &ty.kind).then(|| {
        format!(
            "the schema says `{}`, the type `{}`",
            wording::kind(&schema.kind),
            wording::kind(&ty.kind)
        )
    })
}

/// Whether no value can be of both kinds, or a set of values differs. What may be read in several
/// ways agrees.
fn differ(left: &Kind, right: &Kind) -> bool {
    match (left, right) {
        (Kind::Enum(left), Kind::Enum(right)) => {
            left.iter().any(|value| !right.contains(value))
                || right.iter().any(|value| !left.contains(value))
        }
        (Kind::Array(left), Kind::Array(right)) => differ(left, right),
        (Kind::String | Kind::Enum(_), other) | (other, Kind::String | Kind::Enum(_)) => {
            matches!(
                other,
                Kind::Number | Kind::Boolean | Kind::Array(_) | Kind::Json
            )
        }
        (Kind::Number, other) | (other, Kind::Number) => {
            matches!(other, Kind::Boolean | Kind::Array(_) | Kind::Json)
        }
        (Kind::Boolean, other) | (other, Kind::Boolean) => {
            matches!(other, Kind::Array(_) | Kind::Json | Kind::Date)
        }
        (Kind::Array(_), Kind::Json) | (Kind::Json, Kind::Array(_)) => true,
        _may_agree => false,
    }
}

fn finding(
    schema: &Declaration,
    ty: &Declaration,
    field: &Field,
    other: Option<&Field>,
    what: &str,
) -> Finding {
    let message = format!(
        "Field '{}' differs between `{}` and `{}`: {what}",
        field.name, schema.name, ty.name
    );
    let found = CHECK
        .finding(&ty.name, message)
        .with_field(field.name.as_str())
        .about_declaration(schema)
        .at(&field.location, what);
    let partner = if schema.field(&field.name).is_some() {
        ty
    } else {
        schema
    };
    match other {
        Some(other) => found.at(
            &other.location,
            format!("`{}` here", wording::field_type(other)),
        ),
        None => found.at(
            &partner.location,
            format!("`{}` is declared here", partner.name),
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const BOTH: &str = "validation = ['**/*.ts']";
    const fn failing(ts: &'static str, at: (u32, &'static str)) -> Case {
        Case {
            configuration: BOTH,
            ..Case::failing("", ts, at)
        }
    }
    const fn passing(ts: &'static str) -> Case {
        Case {
            configuration: BOTH,
            ..Case::passing("", ts)
        }
    }

    pub const CASES: Cases = Cases {
        failing: &[
            failing(
                "import { z } from 'zod';\nexport interface SearchQuery { text: string; limit: number }\nexport const SearchQuerySchema = z.object({ text: z.string(),\n limit: z.number().optional() });",
                (4, "limit"),
            ),
            failing(
                "import { z } from 'zod';\nexport interface SearchQuery { text: string; limit: number;\n order: string }\nexport const SearchQuerySchema = z.object({ text: z.string(), limit: z.number() });",
                (3, "order"),
            ),
            failing(
                "import { z } from 'zod';\nexport interface SearchQuery { text: string; order: 'up' | 'down' }\nexport const searchQuerySchema = z.object({ text: z.string(),\n order: z.enum(['up']) });",
                (4, "order"),
            ),
            // Many fields of one pair have one cause.
            Case {
                field: None,
                ..failing(
                    "import { z } from 'zod';\nexport interface Filter { a: string; b: string; c: string; d: string }\nexport const filterSchema = z.object({ a: z.string().optional(), b: z.string().optional(), c: z.string().optional(), d: z.string().optional() });",
                    (3, ""),
                )
            },
        ],
        passing: &[
            // Parsing makes another object of it.
            Case {
                configuration: "types = ['**/*.ts']\nvalidation = ['**/*.ts']",
                ..Case::passing(
                    "",
                    "import { z } from 'zod';\nexport const AccessSchema = z.object({ active: z.boolean(), edit: z.boolean(), credit: z.string(), secret: z.string().nullable() }).transform(({ secret, ...rest }) => ({ ...rest, hasSecret: secret !== null }));\nexport type Access = z.infer<typeof AccessSchema>;",
                )
            },
            passing(
                "import { z } from 'zod';\nexport const SearchQuerySchema = z.object({ text: z.string(), limit: z.number().optional() });\nexport type SearchQuery = z.infer<typeof SearchQuerySchema>;",
            ),
            passing(
                "import { z } from 'zod';\nexport interface SearchQuery { text: string; limit: number; since?: Date }\nexport const SearchQuerySchema = z.object({ text: z.string(), limit: z.coerce.number().default(20), since: z.string().optional() });",
            ),
            // Two types are called so: nobody knows which is meant.
            passing(
                "import { z } from 'zod';\nexport interface SearchQuery { text: string; limit: number }\nexport namespace old { export interface searchQuery { text: string; limit: number } }\nexport interface Search_Query { text: string; limit: string }\nexport const SearchQuerySchema = z.object({ text: z.string(), limit: z.string() });",
            ),
        ],
    };
}
