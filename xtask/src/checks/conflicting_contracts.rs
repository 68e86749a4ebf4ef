//! Two contracts describe one endpoint, and disagree.
//!
//! ## Why
//! Which of them a client follows is chance; one of them is wrong.
//!
//! ## Example
//! ```ts
//! export const users = { get: { method: 'GET', path: '/api/users/:id', response: UserSchema } };
//! export const admin = { user: { method: 'GET', path: '/api/users/:userId', response: AdminUserSchema } };
//! ```

use super::endpoints::title;
use super::{Check, Model};
use crate::facts::path::shape;
use crate::facts::{Contract, ContractReference};
use crate::report::{Category, Finding, Severity};

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "CONFLICTING_CONTRACTS",
    category: Category::ApiContracts,
    severity: Severity::Error,
    critical: false,
    source: include_str!("conflicting_contracts.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let contracts = &model.input.facts.contracts;
    let of_one = |at: usize, contract: &Contract| {
        let same = |other: &&Contract| {
            other.method == contract.method
                && shape(&other.path) == shape(&contract.path)
                && other.location != contract.location
        };
        let earlier = contracts.iter().take(at).find(same)?;
        let side = disagreement(earlier, contract)?;
        Some(finding(earlier, contract, side))
    };
    contracts
        .iter()
        .enumerate()
        .filter_map(|(at, contract)| of_one(at, contract))
        .collect()
}

fn disagreement(one: &Contract, other: &Contract) -> Option<&'static str> {
    if differ(one.request.as_ref(), other.request.as_ref()) {
        return Some("takes");
    }
    differ(one.response.as_ref(), other.response.as_ref()).then_some("returns")
}

/// Only two names that stand for all of it can be compared.
fn differ(one: Option<&ContractReference>, other: Option<&ContractReference>) -> bool {
    let (Some(one), Some(other)) = (one, other) else {
        return false;
    };
    let comparable =
        one.whole && other.whole && one.declaration.is_some() && other.declaration.is_some();
    comparable && one.declaration != other.declaration
}

fn finding(earlier: &Contract, contract: &Contract, side: &str) -> Finding {
    let message = format!(
        "Contracts '{}' and '{}' disagree on what it {side}",
        earlier.name, contract.name
    );
    CHECK
        .finding(&title(&contract.method, &contract.path), message)
        .with_declaration(&contract.name)
        .at(
            &contract.location,
            format!("`{}` says one thing", contract.name),
        )
        .at(
            &earlier.location,
            format!("`{}` says another", earlier.name),
        )
        .with_help("keep one of them")
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases, ENDPOINTS};

    pub const CASES: Cases = Cases {
        failing: &[Case::endpoints(
            "import { z } from 'zod'; export const A = z.string(); export const B = z.number();
             export const one = { method: 'GET', path: '/x/:id', response: A };
             export const two = { method: 'GET', path: '/x/:key', response: B };",
            3,
        )],
        passing: &[Case {
            configuration: ENDPOINTS,
            ..Case::passing("", SAME)
        }],
    };

    const SAME: &str = "import { z } from 'zod'; export const A = z.string();
        export const one = { method: 'GET', path: '/x/:id', response: A };
        export const two = { method: 'GET', path: '/x/:key', response: A };
        export const three = { method: 'PUT', path: '/x/:key', response: z.array(A) };
        export const four = { method: 'PUT', path: '/x/:key', request: A };";
}
