//! A field of a contract's request or response disagrees with the type of the entity that it is
//! about.
//!
//! ## Why
//! Clients are promised what the server cannot keep: the response holds null where the contract
//! excludes it, a set of values lacks one that rows have, a number is a string.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, bio text);
//! ```
//! ```ts
//! export interface UserRow { id: string; email: string; bio: string | null }
//! export interface GetUserRequest { id: string }
//! export interface GetUserResponse { id: string; email: string; bio: string }
//! ```
//! Judged are the types and schemas that a contract names, and types called `…Request` and
//! `…Response`, where their name or the contract's path says which entity they are about and most
//! of their fields are its. What describes a table itself is judged by the other checks.

use std::collections::HashSet;

use super::accepted_kinds::{self, DescriptionLayer};
use super::entities::ColumnFacts;
use super::matching::{Description, Role, TableMatches};
use super::pairing::Pair;
use super::{Check, Model, endpoints, names, wording};
use crate::facts::{ContractReference, Declaration, Field, Kind};
use crate::report::{Category, Finding, Severity};
use crate::source::Location;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "CONTRACT_FIELD_MISMATCH",
    category: Category::ApiContracts,
    severity: Severity::Error,
    critical: false,
    source: include_str!("contract_field_mismatch.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

/// Which way values travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum ContractSide {
    Request,
    Response,
}

/// The promise of a contract about one side of an endpoint.
struct Promise<'a> {
    /// The endpoint, or the name of the pair of types.
    title: String,
    /// The path, where it is known.
    path: &'a str,
    side: ContractSide,
    reference: &'a ContractReference,
    declaration: &'a Declaration,
}

fn run(model: &Model<'_>) -> Vec<Finding> {
    let described: HashSet<*const Declaration> = model
        .descriptions()
        .map(|(_, description)| std::ptr::from_ref(description.declaration))
        .collect();
    let mut seen = HashSet::new();
    let promises = promises(model)
        .into_iter()
        .filter(|promise| !described.contains(&std::ptr::from_ref(promise.declaration)));
    let once = promises
        .filter(|promise| seen.insert((std::ptr::from_ref(promise.declaration), promise.side)));
    once.flat_map(|promise| findings(model, &promise)).collect()
}

fn promises<'a>(model: &Model<'a>) -> Vec<Promise<'a>> {
    let facts = model.input.facts;
    let of_contracts = facts.contracts.iter().map(|contract| {
        let title = endpoints::title(&contract.method, &contract.path);
        (
            title,
            contract.path.as_str(),
            &contract.request,
            &contract.response,
        )
    });
    let of_exchanges = facts.exchanges.iter().map(|exchange| {
        (
            exchange.name.clone(),
            "",
            &exchange.request,
            &exchange.response,
        )
    });
    let sides = of_contracts
        .chain(of_exchanges)
        .flat_map(|(title, path, request, response)| {
            let of = |side: ContractSide, reference: &'a Option<ContractReference>| {
                let reference = reference.as_ref().filter(|reference| reference.whole)?;
                let declaration = declaration(model, reference)?;
                Some(Promise {
                    title: title.clone(),
                    path,
                    side,
                    reference,
                    declaration,
                })
            };
            [
                of(ContractSide::Request, request),
                of(ContractSide::Response, response),
            ]
        });
    sides.flatten().collect()
}

fn declaration<'a>(model: &Model<'a>, reference: &ContractReference) -> Option<&'a Declaration> {
    let named = reference.declaration.as_ref()?;
    let facts = model.input.facts;
    let mut all = facts.types.iter().chain(&facts.schemas);
    all.find(|one| {
        one.name == named.name && *one.location.file == *named.file && one.unresolved.is_none()
    })
}

fn findings(model: &Model<'_>, promise: &Promise<'_>) -> Vec<Finding> {
    let Some((described, ty)) = entity(model, promise) else {
        return Vec::new();
    };
    let shared = shared(promise.declaration, ty);
    let judged: HashSet<&Location> = described
        .descriptions
        .iter()
        .flat_map(|description| {
            description
                .declaration
                .fields
                .iter()
                .map(|field| &field.location)
        })
        .collect();
    // What is taken from what describes the table is judged there.
    let own = shared
        .into_iter()
        .filter(|(field, _)| !judged.contains(&field.location));
    let wrong = own.filter_map(|(field, pair)| {
        let facts = described.entity.column(&pair.column.name)?;
        let what = disagreement(model, promise.side, field, facts, pair.field)?;
        Some(finding(model, promise, described, ty, (field, pair), &what))
    });
    wrong.collect()
}

/// The table that a request or response is about, and the type that describes its rows: called like
/// the declaration or the path's last part, with most of the declaration's fields.
fn entity<'m, 'a>(
    model: &'m Model<'a>,
    promise: &Promise<'_>,
) -> Option<(&'m TableMatches<'a>, &'m Description<'a>)> {
    let names = [subject(&promise.declaration.name), resource(promise.path)];
    let is_meant = |described: &&TableMatches<'a>| {
        let row_names = names::row_names(&described.entity.name.name);
        names
            .iter()
            .any(|name| !name.is_empty() && row_names.contains(name))
    };
    let described = model.described.iter().find(is_meant)?;
    let mut types = described
        .types()
        .filter(|ty| ty.declaration.unresolved.is_none() && ty.is_whole());
    let ty = types
        .find(|ty| ty.role == Role::Row)
        .or_else(|| described.types().find(|ty| ty.is_whole()))?;
    let shared = shared(promise.declaration, ty).len();
    (shared > 1 && shared * 2 >= promise.declaration.fields.len()).then_some((described, ty))
}

/// Words of a declaration's name that do not say what it is about.
const VERBS: &[&str] = &[
    "get", "list", "find", "fetch", "create", "add", "new", "post", "put", "update", "patch",
    "delete", "remove", "search", "request", "response", "params", "query", "body", "payload",
    "input", "output", "result", "dto", "schema", "by", "id", "api", "data",
];

/// Returns the words of the subject of a name: `user` for `GetUserByIdResponse`.
fn subject(name: &str) -> names::Word {
    names::words(name)
        .into_iter()
        .filter(|word| !VERBS.contains(&word.as_str()))
        .collect()
}

/// Returns the resource of a path: `users` for `/api/users/:id`.
fn resource(path: &str) -> names::Word {
    let named = path
        .rsplit('/')
        .find(|part| !part.is_empty() && !part.starts_with(':'));
    named.map(names::key).unwrap_or_default()
}

fn shared<'f, 'p, 'a>(
    declaration: &'f Declaration,
    ty: &'p Description<'a>,
) -> Vec<(&'f Field, &'p Pair<'a>)> {
    let pair_of = |field: &'f Field| {
        let key = names::key(&field.name);
        let pair = ty
            .pairing
            .pairs
            .iter()
            .find(|pair| names::key(&pair.field.name) == key)?;
        Some((field, pair))
    };
    declaration.fields.iter().filter_map(pair_of).collect()
}

fn disagreement(
    model: &Model<'_>,
    side: ContractSide,
    field: &Field,
    facts: &ColumnFacts<'_>,
    of_type: &Field,
) -> Option<String> {
    let rules = &field.constraints;
    if rules.coerced || rules.transformed || matches!(field.kind, Kind::Any | Kind::Unresolved(_)) {
        return None;
    }
    if !accepted_kinds::accepts(
        &facts.ty,
        &field.kind,
        DescriptionLayer::Wire,
        model.input.config,
    ) {
        return Some(format!(
            "`{}` here, `{}` in the type",
            wording::kind(&field.kind),
            wording::kind(&of_type.kind)
        ));
    }
    let may_be_null = of_type.nullable && !facts.not_null && !facts.null_is_empty;
    match side {
        ContractSide::Response if may_be_null && !field.nullable && !field.optional => {
            Some("cannot be null here, can in the type".into())
        }
        ContractSide::Request if facts.not_null && !of_type.nullable && field.nullable => {
            Some("can be null here, cannot in the type".into())
        }
        ContractSide::Request | ContractSide::Response => {
            values(side, &field.kind, facts.demands.values.as_deref()?)
        }
    }
}

/// A response names every value that a row may have, a request none that it may not.
fn values(side: ContractSide, kind: &Kind, allowed: &[String]) -> Option<String> {
    let Kind::Enum(values) = kind else {
        return None;
    };
    let only_in = |left: &[String], right: &[String]| -> Vec<String> {
        left.iter()
            .filter(|value| !right.contains(value))
            .cloned()
            .collect()
    };
    let (odd, what) = match side {
        ContractSide::Response => (only_in(allowed, values), "missing"),
        ContractSide::Request => (only_in(values, allowed), "not in the database"),
    };
    (!odd.is_empty()).then(|| format!("{} {what}", wording::quoted_briefly(&odd)))
}

fn finding(
    model: &Model<'_>,
    promise: &Promise<'_>,
    described: &TableMatches<'_>,
    ty: &Description<'_>,
    (field, pair): (&Field, &Pair<'_>),
    what: &str,
) -> Finding {
    let side = match promise.side {
        ContractSide::Request => "request",
        ContractSide::Response => "response",
    };
    let (name, column) = (&promise.declaration.name, pair.column);
    let message = format!(
        "Field '{}' of the {side} `{name}` disagrees with `{}`: {what}",
        field.name, ty.declaration.name
    );
    let found = CHECK
        .finding(&promise.title, message)
        .with_field(&field.name)
        .about_declaration(promise.declaration)
        .at(&field.location, what)
        .at(
            &pair.field.location,
            format!(
                "`{}` in `{}`",
                wording::field_type(pair.field),
                ty.declaration.name
            ),
        );
    let found = if promise.reference.location == promise.declaration.location {
        found
    } else {
        found.at(
            &promise.reference.location,
            format!("the contract names `{name}` here"),
        )
    };
    found.at_column(described.entity.name, column, model.input.provenance)
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TYPE user_role AS ENUM ('admin', 'citizen'); CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, role user_role NOT NULL, bio text);";
    const CONTRACTS: &str = "contracts = ['**/*.ts']";
    const fn failing(ts: &'static str, at: (u32, &'static str)) -> Case {
        Case {
            configuration: CONTRACTS,
            ..Case::failing(TABLE, ts, at)
        }
    }

    pub const CASES: Cases = Cases {
        failing: &[
            failing(
                "export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }\nexport interface GetUserRequest { id: string }\nexport interface GetUserResponse { id: string; email: string;\n bio: string }",
                (4, "bio"),
            ),
            failing(
                "export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }\nexport interface GetUserRequest { id: string }\nexport interface GetUserResponse { id: string;\n email: number }",
                (4, "email"),
            ),
            failing(
                "export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }\nexport interface CreateUserRequest { email: string;\n role: 'admin' | 'guest' }\nexport interface CreateUserResponse { id: string }",
                (3, "role"),
            ),
        ],
        passing: &[
            Case {
                configuration: CONTRACTS,
                ..Case::passing(
                    TABLE,
                    "export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }\nexport interface CreateUserRequest { email: string; role: 'citizen'; bio?: string }\nexport interface CreateUserResponse { id: string; email: string; bio?: string; role: 'admin' | 'citizen' }",
                )
            },
            // It is about something else.
            Case {
                configuration: CONTRACTS,
                ..Case::passing(
                    TABLE,
                    "export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }\nexport interface GetQuotaRequest { id: string }\nexport interface GetQuotaResponse { id: number; email: number }",
                )
            },
        ],
    };
}
