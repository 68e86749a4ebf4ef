//! A contract names a type or schema that does not exist.
//!
//! ## Why
//! The contract promises a shape that nobody has written down.
//!
//! ## Example
//! ```ts
//! import { GetUserResponseSchema } from './user.schemas';
//! export const getUser = { method: 'GET', path: '/api/users/:id', response: GetUserResponseSchema };
//! ```
//! `user.schemas.ts` exports no `GetUserResponseSchema`. Names of packages, and of files that are
//! not there because they are generated, are not judged.

use super::endpoints::title;
use super::{Check, Model};
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "UNKNOWN_CONTRACT_TYPE",
    category: Category::ApiContracts,
    severity: Severity::Error,
    critical: false,
    source: include_str!("unknown_contract_type.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let unknown = model.input.facts.contracts.iter().flat_map(|contract| {
        let references = contract
            .references
            .iter()
            .filter(|reference| !reference.resolved);
        references.map(move |reference| (contract, reference))
    });
    let finding =
        |(contract, reference): (&crate::facts::Contract, &crate::facts::ContractReference)| {
            let message = format!(
                "Contract '{}' names '{}', which does not exist",
                contract.name, reference.name
            );
            CHECK
                .finding(&title(&contract.method, &contract.path), message)
                .with_field(&reference.name)
                .with_declaration(&contract.name)
                .at(
                    &reference.location,
                    format!("`{}` is declared nowhere", reference.name),
                )
                .with_help("declare and export it, or name the one that is meant")
        };
    unknown.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases, ENDPOINTS};

    pub const CASES: Cases = Cases {
        failing: &[
            // The type of a controller's body.
            Case {
                field: Some("CreateUserDto"),
                ..Case::endpoints(
                    "import { Body, Controller, Post } from '@nestjs/common';\n@Controller('users') export class UsersController { @Post() create(\n@Body() data: CreateUserDto) {} }",
                    3,
                )
            },
            Case {
                field: Some("Missing"),
                ..Case::endpoints(
                    "import { z } from 'zod';
                     export const e = { method: 'GET', path: '/x', response: z.array(Missing) };",
                    2,
                )
            },
            Case {
                field: Some("Gone"),
                ..Case::endpoints(
                    "export const e = { method: 'GET', path: '/x' } as Endpoint<string, Gone>;\ntype Endpoint<A, B> = unknown;",
                    1,
                )
            },
        ],
        passing: &[
            // The type of a package, of the class, of the language.
            Case {
                configuration: ENDPOINTS,
                ..Case::passing(
                    "",
                    "import { Body, Controller, Post } from '@nestjs/common'; import { Far } from 'far';\n@Controller('users') export class UsersController<T> { @Post('a') a(@Body() data: T) {} @Post('b') b(@Body() data: Far) {} @Post('c') c(@Body() data: Record<string, unknown>) {} @Post('d') d(@Body('name') name: Missing) {} }",
                )
            },
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", PACKAGES)
            },
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", LOCALS)
            },
        ],
    };

    const PACKAGES: &str = "import { z } from 'zod'; import { Far, type Away } from 'far'; import { made } from './generated';
        export const e = { method: 'GET', path: '/x', request: Far, response: z.object({ a: made, b: Far.shape.b }) } satisfies Away<Date>;";
    const LOCALS: &str = "import { z } from 'zod'; const S = z.string(); interface T { a: string }
        const make = (schema) => ({ method: 'GET', path: '/x', response: schema }); export const e = make(S);
        export const f = { method: 'PUT', path: '/x', response: S } as Contract<T, T[]>; type Contract<A, B> = { a: A; b: B };";
}
