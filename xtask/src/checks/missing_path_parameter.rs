//! A contract's schema for the parameters of its path lacks one of them, or a handler takes one that
//! the path does not hold.
//!
//! ## Why
//! The schema strips or rejects what the path carries: the handler never sees the parameter.
//!
//! ## Example
//! ```ts
//! const UserParams = z.object({ userId: z.uuid() });
//! export const getUser = { method: 'GET', path: '/api/users/:id', params: UserParams };
//! ```
//! The path has `:id`, the schema `userId`. So it is with `@Param('id')` of NestJS below
//! `@Get(':userId')`.

use super::endpoints::title;
use super::{Check, Model};
use crate::facts::path::parameters;
use crate::facts::{Contract, Facts, Parameters};
use crate::report::{Category, Finding, Severity};
use crate::source::Location;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "MISSING_PATH_PARAMETER",
    category: Category::ApiContracts,
    severity: Severity::Error,
    critical: false,
    source: include_str!("missing_path_parameter.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let facts = model.input.facts;
    let of_contract = |contract| {
        let Some((parameters, keys)) = known_keys(facts, contract) else {
            return Vec::new();
        };
        missing(contract, parameters, &keys)
    };
    let lacking = facts.contracts.iter().flat_map(of_contract);
    let not_in_path = |contract| not_in_path(facts, contract);
    lacking
        .chain(facts.contracts.iter().flat_map(not_in_path))
        .collect()
}

/// The parameters that a handler asks for, and none of its paths holds: they are always `undefined`.
fn not_in_path(facts: &Facts, contract: &Contract) -> Vec<Finding> {
    // A name behind a `*` is not kept.
    let taken = contract
        .parameters
        .iter()
        .filter(|_| !contract.path.contains('*'));
    let taken = taken.flat_map(|parameters| &parameters.taken);
    // A handler of several paths is a contract for each.
    let of_handler = |other: &&Contract| other.location == contract.location;
    let is_held = |name: &str| {
        let mut paths = facts.contracts.iter().filter(of_handler);
        paths.any(|one| parameters(&one.path).any(|held| held == name))
    };
    let finding = |(name, location): &(String, Location)| {
        let message = format!(
            "'{}' takes the parameter '{name}', which is not in its path",
            contract.name
        );
        CHECK
            .finding(&title(&contract.method, &contract.path), message)
            .with_field(name)
            .with_declaration(&contract.name)
            .at(location, "always `undefined`")
            .at(
                &contract.location,
                format!("the path is `{}`", contract.path),
            )
            .with_help(format!("put `:{name}` in the path, or take what it holds"))
    };
    taken
        .filter(|(name, _)| !is_held(name))
        .map(finding)
        .collect()
}

/// The keys of the contract's schema, where all of them are known.
fn known_keys<'f>(
    facts: &'f Facts,
    contract: &'f Contract,
) -> Option<(&'f Parameters, Vec<&'f str>)> {
    let parameters = contract.parameters.as_ref()?;
    if let Some(keys) = &parameters.keys {
        return Some((parameters, keys.iter().map(String::as_str).collect()));
    }
    let wanted = parameters.declaration.as_ref()?;
    let mut declared = facts.schemas.iter().chain(&facts.types);
    let found =
        declared.find(|one| one.name == wanted.name && *one.location.file == *wanted.file)?;
    let keys = found
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    found.unresolved.is_none().then_some((parameters, keys))
}

fn missing(contract: &Contract, parameters_schema: &Parameters, keys: &[&str]) -> Vec<Finding> {
    let is_inherited = |parameter: &str| {
        parameters_schema
            .inherited
            .iter()
            .any(|one| one == parameter)
    };
    let absent = parameters(&contract.path)
        .filter(|parameter| !keys.contains(parameter) && !is_inherited(parameter));
    let finding = |parameter: &str| {
        let message = format!(
            "Contract '{}' has ':{parameter}' in its path and not in its schema",
            contract.name
        );
        CHECK
            .finding(&title(&contract.method, &contract.path), message)
            .with_field(parameter)
            .with_declaration(&contract.name)
            .at(&parameters_schema.location, format!("has {}", listed(keys)))
            .at(
                &contract.location,
                format!("the path is `{}`", contract.path),
            )
            .with_help(format!(
                "add `{parameter}` to the schema, or correct the path"
            ))
    };
    absent.map(finding).collect()
}

fn listed(keys: &[&str]) -> String {
    match keys {
        [] => "no parameters".into(),
        keys => keys
            .iter()
            .map(|key| format!("`{key}`"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases, ENDPOINTS};

    pub const CASES: Cases = Cases {
        failing: &[
            Case {
                field: Some("id"),
                ..Case::endpoints(
                    "import { Controller, Delete, Param } from '@nestjs/common';\n@Controller('access') export class AccessController { @Delete(':accessId') remove(\n@Param('id') id: string) {} }",
                    3,
                )
            },
            Case {
                field: Some("id"),
                ..Case::endpoints(
                    "import { z } from 'zod'; export const P = z.object({ userId: z.string() });
                     export const e = { method: 'GET', path: '/users/:id', params: P };",
                    2,
                )
            },
            Case {
                field: Some("b"),
                ..Case::endpoints(
                    "import { z } from 'zod';
                     export const e = { method: 'PUT', path: '/x/{a}/y/{b}', pathParams: z.object({ a: z.string() }) };",
                    2,
                )
            },
        ],
        passing: &[
            Case { configuration: ENDPOINTS, ..Case::passing("", RIGHT) },
            // The class's path holds one, and one of two paths the other.
            Case {
                configuration: ENDPOINTS,
                ..Case::passing(
                    "",
                    "import { Controller, Get, Param } from '@nestjs/common';\n@Controller('teams/:team') export class TeamsController { @Get(':id') one(@Param('team') team: string, @Param('id') id: string, @Param() all: unknown) {} @Get(['a/:key', 'b']) two(@Param('key') key: string) {} }",
                )
            },
        ],
    };

    const RIGHT: &str = "import { z } from 'zod'; import { Far } from 'far'; const P = z.object({ id: z.string() }); const made = build();
        export const a = { method: 'GET', path: '/a/:id', params: P };
        export const b = { method: 'GET', path: '/b/:id', params: Far };
        export const c = { method: 'GET', path: '/c/:id', params: made };
        export const d = { method: 'GET', path: '/d/:id/:more', params: P.extend({ more: z.string() }) };
        export const e = { method: 'GET', path: '/e/:id', request: z.object({ q: z.string() }) };";
}
