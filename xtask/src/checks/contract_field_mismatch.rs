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
//! Judged are the types and schemas that a contract names or holds, and types called `…Request` and
//! `…Response`, where their name or the contract's path says which entity they are about and most
//! of their fields are its. What describes a table itself is judged by the other checks. Of the
//! parameters of a path or query those that name a column are judged, where no row can have what
//! they say: an integer for a `uuid`.

mod parameters;

use std::collections::{HashMap, HashSet};

use super::accepted_kinds::{self, DescriptionLayer};
use super::entities::ColumnFacts;
use super::matching::{Description, Role, TableMatches};
use super::pairing::Pair;
use super::{Check, Model, endpoints, names, wording};
use crate::facts::{
    Contract, ContractReference, ContractShape, Declaration, Field, Kind, StatedValue,
};
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
    /// The name that the contract writes, where that is all or a part of what it says.
    reference: Option<&'a ContractReference>,
    declaration: &'a Declaration,
    /// Whether the contract itself holds it.
    in_place: bool,
}

/// One side of a contract or of a pair of types.
#[derive(Clone, Copy)]
struct Side<'a> {
    side: ContractSide,
    reference: Option<&'a ContractReference>,
    shape: Option<&'a ContractShape>,
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
    // Several contracts may be made of one constant.
    let mut places = HashSet::new();
    let owners = field_owners(model);
    let found = once.flat_map(|promise| {
        let side = promise.side;
        findings(model, &owners, &promise)
            .into_iter()
            .map(move |(place, finding)| ((place, side), finding))
    });
    let of_fields = found
        .filter(|(place, _)| places.insert(place.clone()))
        .map(|(_, finding)| finding);
    let mut findings: Vec<Finding> = of_fields.collect();
    findings.extend(parameters::run(model));
    findings
}

/// The requests and responses that are compared with the rows of a table.
pub(super) fn compared(model: &Model<'_>) -> HashSet<*const Declaration> {
    let owners = field_owners(model);
    let mut compared = HashSet::new();
    for promise in promises(model) {
        if entity(model, &owners, &promise).is_some() {
            compared.insert(std::ptr::from_ref(promise.declaration));
        }
    }
    compared
}

fn promises<'a>(model: &Model<'a>) -> Vec<Promise<'a>> {
    let facts = model.input.facts;
    let mut promises = Vec::new();
    for contract in &facts.contracts {
        let title = endpoints::title(&contract.method, &contract.path);
        for side in sides(contract) {
            promises.extend(promise(model, title.clone(), &contract.path, side));
            let inner = side.shape.and_then(|shape| shape.inner.as_deref());
            promises.extend(inner.map(|inner| Promise {
                title: title.clone(),
                path: &contract.path,
                side: side.side,
                reference: side.reference,
                declaration: &inner.declaration,
                in_place: true,
            }));
        }
    }
    for exchange in &facts.exchanges {
        let halves = [
            (ContractSide::Request, &exchange.request),
            (ContractSide::Response, &exchange.response),
        ];
        for (side, reference) in halves {
            let side = Side {
                side,
                reference: reference.as_ref(),
                shape: None,
            };
            promises.extend(promise(model, exchange.name.clone(), "", side));
        }
    }
    promises
}

fn sides(contract: &Contract) -> [Side<'_>; 2] {
    [
        Side {
            side: ContractSide::Request,
            reference: contract.request.as_ref(),
            shape: contract.request_shape.as_ref(),
        },
        Side {
            side: ContractSide::Response,
            reference: contract.response.as_ref(),
            shape: contract.response_shape.as_ref(),
        },
    ]
}

/// The promise of one side: the declaration that it names, else what it holds.
fn promise<'a>(
    model: &Model<'a>,
    title: String,
    path: &'a str,
    of: Side<'a>,
) -> Option<Promise<'a>> {
    let named = of
        .reference
        .filter(|reference| reference.whole)
        .and_then(|reference| declaration(model, reference));
    let held = of.shape.map(|shape| &*shape.declaration);
    Some(Promise {
        title,
        path,
        side: of.side,
        reference: of.reference,
        declaration: named.or(held)?,
        in_place: named.is_none(),
    })
}

fn declaration<'a>(model: &Model<'a>, reference: &ContractReference) -> Option<&'a Declaration> {
    let named = reference.declaration.as_ref()?;
    let facts = model.input.facts;
    let mut all = facts.types.iter().chain(&facts.schemas);
    all.find(|one| {
        one.name == named.name && *one.location.file == *named.file && one.unresolved.is_none()
    })
}

/// The tables of fields that describe columns, by the fields' places.
type FieldOwners<'m, 'a> = HashMap<&'m Location, &'m TableMatches<'a>>;

fn field_owners<'m, 'a>(model: &'m Model<'a>) -> FieldOwners<'m, 'a> {
    let mut owners = HashMap::new();
    for (described, description) in model.descriptions() {
        for field in &description.declaration.fields {
            owners.entry(&field.location).or_insert(described);
        }
    }
    owners
}

fn findings<'m, 'a>(
    model: &'m Model<'a>,
    owners: &FieldOwners<'m, 'a>,
    promise: &Promise<'a>,
) -> Vec<(Location, Finding)> {
    let mut found = Vec::new();
    if let Some((described, ty)) = entity(model, owners, promise) {
        let judged: HashSet<&Location> = described
            .descriptions
            .iter()
            .flat_map(|description| &description.declaration.fields)
            .map(|field| &field.location)
            .collect();
        for (field, pair) in shared(promise.declaration, ty) {
            // Fields of a description of the table are judged there.
            if judged.contains(&field.location) {
                continue;
            }
            let Some(facts) = described.entity.column(&pair.column.name) else {
                continue;
            };
            if let Some(what) = disagreement(model, promise, field, facts, pair.field) {
                let finding = finding(model, promise, described, ty, (field, pair), &what);
                found.push((field.location.clone(), finding));
            }
        }
    }
    found
}

/// The table that a request or response is about, and the type that describes its rows. It is the
/// table whose schema most of the fields were taken from (`safeUserSchema.extend({ … })`). Else it
/// is called like the declaration or the path's last part, and has most of the declaration's
/// fields; or an earlier part of the path is called like it, and it has all of them.
fn entity<'m, 'a>(
    model: &'m Model<'a>,
    owners: &FieldOwners<'m, 'a>,
    promise: &Promise<'_>,
) -> Option<(&'m TableMatches<'a>, &'m Description<'a>)> {
    let fields = promise.declaration.fields.len();
    if let Some(found) = source(owners, promise.declaration) {
        return Some(found);
    }
    let mut resources = resources(promise.path);
    let last = resources.next().unwrap_or_default();
    let near = subjects(promise).chain([last]);
    let near = near.filter_map(|name| named(model, &name)).find(|(_, ty)| {
        let shared = shared(promise.declaration, ty).len();
        shared > 1 && shared * 2 >= fields
    });
    near.or_else(|| {
        let far = resources.filter_map(|name| named(model, &name));
        far.into_iter().find(|(described, ty)| {
            let shared = shared(promise.declaration, ty).len();
            let columns = described.entity.columns.len();
            shared >= FAR_FIELDS && shared == fields && shared * 2 >= columns
        })
    })
}

/// The table whose descriptions themselves hold at least half of the fields of `declaration`.
fn source<'m, 'a>(
    owners: &FieldOwners<'m, 'a>,
    declaration: &Declaration,
) -> Option<(&'m TableMatches<'a>, &'m Description<'a>)> {
    let mut owned = Vec::new();
    for field in &declaration.fields {
        owned.extend(owners.get(&field.location).copied());
    }
    let first: &'m TableMatches<'a> = *owned.first()?;
    let taken = owned
        .iter()
        .filter(|one| std::ptr::eq(**one, first))
        .count();
    if taken < 2 || taken * 2 < declaration.fields.len() {
        return None;
    }
    Some((first, row_type(first)?))
}

/// How many fields something must share with the table of an earlier part of its path: an `id` and
/// a `name` are everything's.
const FAR_FIELDS: usize = 3;

/// The table whose rows are called `name`, and the type that describes them.
fn named<'m, 'a>(
    model: &'m Model<'a>,
    name: &str,
) -> Option<(&'m TableMatches<'a>, &'m Description<'a>)> {
    if name.is_empty() {
        return None;
    }
    // `/cards` lists the rows of the table `card`, and `/card` makes one of `cards`.
    let written = names::row_names(name);
    let is_called = |described: &&TableMatches<'a>| {
        let row_names = names::row_names(&described.entity.name.name);
        row_names.iter().any(|row| written.contains(row))
    };
    let described = model.described.iter().find(is_called)?;
    Some((described, row_type(described)?))
}

/// The type that describes whole rows of a table, best one that says to be of rows.
fn row_type<'m, 'a>(described: &'m TableMatches<'a>) -> Option<&'m Description<'a>> {
    let mut whole = described
        .types()
        .filter(|ty| ty.declaration.unresolved.is_none() && ty.is_whole());
    whole
        .find(|ty| ty.role == Role::Row)
        .or_else(|| described.types().find(|ty| ty.is_whole()))
}

/// Returns the subjects of the names that a contract writes: `user` for `GetUserByIdResponse`.
fn subjects<'n>(promise: &'n Promise<'_>) -> impl Iterator<Item = String> + use<'n> {
    let declared = (!promise.in_place).then_some(&promise.declaration.name);
    let named = promise.reference.map(|reference| &reference.name);
    declared.into_iter().chain(named).map(|name| {
        let subject = names::subject(name);
        let words: Vec<&str> = subject.iter().map(names::Word::as_str).collect();
        words.join("_")
    })
}

/// Returns the resources of a path, the last one first: `posts` and `users` for
/// `/users/:id/posts/:post`.
fn resources(path: &str) -> impl Iterator<Item = String> {
    path.rsplit('/')
        .filter(|part| !part.is_empty() && !part.starts_with(':'))
        .map(str::to_owned)
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
    promise: &Promise<'_>,
    field: &Field,
    facts: &ColumnFacts<'_>,
    of_type: &Field,
) -> Option<String> {
    let (side, declaration) = (promise.side, promise.declaration);
    let rules = &field.constraints;
    if rules.coerced || rules.transformed || matches!(field.kind, Kind::Any | Kind::Unresolved(_)) {
        return None;
    }
    // The ORM's value is not the column's.
    if of_type.stated_value() != StatedValue::Stored {
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
    let checks_null = !declaration.null_unchecked && !declaration.origin.of_requests;
    let may_be_null = of_type.nullable && !facts.not_null && !facts.null_is_empty;
    match side {
        ContractSide::Response
            if may_be_null && checks_null && !field.nullable && !field.optional =>
        {
            Some("cannot be null here, can in the type".into())
        }
        ContractSide::Request
            if facts.not_null && !of_type.nullable && field.nullable && !rules.null_as_absent =>
        {
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
    let of = if promise.in_place { "of " } else { "" };
    let message = format!(
        "Field '{}' of the {side} {of}`{name}` disagrees with `{}`: {what}",
        field.name, ty.declaration.name
    );
    let found = CHECK
        .finding(&promise.title, message)
        .with_field(field.name.as_str())
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
    let naming = promise.reference.filter(|reference| {
        !promise.in_place && reference.location != promise.declaration.location
    });
    let found = match naming {
        Some(reference) => found.at(
            &reference.location,
            format!("the contract names `{name}` here"),
        ),
        None => found,
    };
    found.at_column(described.entity.name, column, model.input.provenance)
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TYPE user_role AS ENUM ('admin', 'citizen'); CREATE TABLE users (id uuid PRIMARY KEY, email text NOT NULL, role user_role NOT NULL, bio text);";
    const CONTRACTS: &str = "contracts = ['**/*.ts']";
    const EXTENDED_PART: &str = "import { initContract } from '@ts-rest/core'; import { z } from 'zod'; export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }
export const userRowSchema = z.object({ id: z.string().uuid(), email: z.string(), role: z.enum(['admin', 'citizen']), bio: z.string().nullable() }); const safe = userRowSchema.omit({ bio: true }).strict();
const c = initContract(); export const api = c.router({ me: { method: 'GET', path: '/me', responses: { 200: safe.extend({
email: z.number(), team: z.object({}) }) } } });";
    const EXTENDED: &str = "import { z } from 'zod'; export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }
const UserSchema = z.object({ id: z.uuid(), email: z.string(), role: z.enum(['admin', 'citizen']), bio: z.string().nullable() });
export const api = {
  invite: { method: 'POST', path: '/invitations', body: UserSchema.omit({ id: true, bio: true }).extend({
    email: z.number() }) } };";
    const WRITTEN_OUT: &str = "import { z } from 'zod'; export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }
export const api = {
  profile: { method: 'GET', path: '/users/:id/profile', responses: { 200: z.object({ id: z.string(), email: z.string(),
    bio: z.string() }) } } };";
    const LISTED: &str = "import { z } from 'zod'; export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }
export const api = { all: { method: 'GET', path: '/users', response: z.array(z.object({ id: z.string(),
  email: z.boolean() })) } };";
    const ENVELOPED: &str = "import { z } from 'zod'; export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }
export const api = { all: { method: 'GET', path: '/users', response: z.object({ total: z.number(), data: z.array(z.object({ id: z.string(),
  email: z.boolean() })) }) } };";
    const OF_A_TYPE: &str = "export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }
export const api = { all: { method: 'GET', path: '/users', response: {} as { id: string;
  email: number }[] } };";
    const SINGULAR: &str = "import { z } from 'zod'; export interface CardRow { id: string; label: string }
export const api = { one: { method: 'GET', path: '/cards/:id', response: z.object({ id: z.string(), label: z.number() }) } };";
    const IN_PLACE_RIGHT: &str = "import { z } from 'zod'; export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }
const UserSchema = z.object({ id: z.uuid(), email: z.string(), role: z.enum(['admin', 'citizen']), bio: z.string().nullable() });
export const api = { one: { method: 'GET', path: '/users/:id', response: UserSchema.extend({ posts: z.number() }) },
  all: { method: 'GET', path: '/users', response: z.array(UserSchema.pick({ id: true, email: true })) },
  change: { method: 'PATCH', path: '/users/:id', body: UserSchema.omit({ id: true }).partial(), response: z.object({ done: z.boolean() }) } };";
    const OF_A_USER: &str = "import { z } from 'zod'; export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null }
export const api = { badges: { method: 'GET', path: '/users/:id/badges', response: z.array(z.object({ id: z.number(), email: z.boolean() })) } };";
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
            failing(EXTENDED, (5, "email")),
            failing(EXTENDED_PART, (4, "email")),
            failing(WRITTEN_OUT, (4, "bio")),
            failing(LISTED, (3, "email")),
            failing(ENVELOPED, (3, "email")),
            failing(OF_A_TYPE, (3, "email")),
            Case {
                configuration: CONTRACTS,
                ..Case::failing(
                    "CREATE TABLE card (id uuid PRIMARY KEY, label text NOT NULL);",
                    SINGULAR,
                    (2, "label"),
                )
            },
        ],
        passing: &[
            Case {
                configuration: CONTRACTS,
                ..Case::passing(TABLE, IN_PLACE_RIGHT)
            },
            // Of a user, and no user.
            Case {
                configuration: CONTRACTS,
                ..Case::passing(TABLE, OF_A_USER)
            },
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
