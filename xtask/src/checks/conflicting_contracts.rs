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

use std::collections::HashMap;

use super::endpoints::title;
use super::{Check, Model};
use crate::facts::path::shape;
use crate::facts::{
    Contract, ContractReference, ContractShape, DeclarationName, Facts, Field, Fields,
};
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
    let facts = model.input.facts;
    let mut before: HashMap<(&str, String), Vec<&Contract>> = HashMap::new();
    let mut findings = Vec::new();
    for contract in &facts.contracts {
        let endpoint = (contract.method.as_str(), shape(&contract.path));
        let alike = before.entry(endpoint).or_default();
        let earlier = alike.iter().find(|other| {
            // A document and the code are compared field by field.
            other.in_document == contract.in_document
                && other.location != contract.location
                && may_be_of_one_application(other, contract)
        });
        if let Some(earlier) = earlier
            && let Some(side) = disagreement(facts, earlier, contract)
        {
            findings.push(finding(earlier, contract, side));
        }
        alike.push(contract);
    }
    findings
}

/// Two applications may offer different things at one path.
fn may_be_of_one_application(one: &Contract, other: &Contract) -> bool {
    match (&one.application, &other.application) {
        (Some(one), Some(other)) => one == other,
        // Two methods that answer at one path are never registered together.
        (None, None) => !(one.served && other.served),
        _not_known => true,
    }
}

fn disagreement<'f>(
    facts: &'f Facts,
    one: &'f Contract,
    other: &'f Contract,
) -> Option<&'static str> {
    let ([request, response], [other_request, other_response]) =
        (Said::sides(facts, one), Said::sides(facts, other));
    if request.differs(&other_request) {
        return Some("takes");
    }
    response.differs(&other_response).then_some("returns")
}

/// The statement of a contract about one side of its endpoint.
struct Said<'f> {
    /// The declaration that stands for all of it.
    name: Option<&'f DeclarationName>,
    /// Its fields.
    fields: Option<&'f Fields>,
    /// Whether a list of them is meant.
    list: bool,
}

impl<'f> Said<'f> {
    /// Returns the request and the response of `contract`.
    fn sides(facts: &'f Facts, contract: &'f Contract) -> [Self; 2] {
        [
            Self::new(facts, &contract.request, &contract.request_shape),
            Self::new(facts, &contract.response, &contract.response_shape),
        ]
    }

    fn new(
        facts: &'f Facts,
        reference: &'f Option<ContractReference>,
        shape: &'f Option<ContractShape>,
    ) -> Self {
        let name = reference
            .as_ref()
            .filter(|reference| reference.whole)
            .and_then(|reference| reference.declaration.as_ref());
        if let Some(shape) = shape {
            return Self {
                name,
                fields: Some(&shape.declaration.fields),
                list: shape.list,
            };
        }
        let declared = name.and_then(|name| {
            let mut all = facts.schemas.iter().chain(&facts.types);
            all.find(|one| one.name == name.name && *one.location.file == *name.file)
        });
        Self {
            name,
            fields: declared
                .filter(|declared| declared.unresolved.is_none())
                .map(|declared| &declared.fields),
            list: false,
        }
    }

    /// Whether both are known, and differ: by their fields, however they are written, else by the
    /// names that stand for all of them.
    fn differs(&self, other: &Self) -> bool {
        if let (Some(one), Some(another)) = (self.name, other.name)
            && one == another
        {
            return false;
        }
        match (self.fields, other.fields) {
            (Some(one), Some(another)) => self.list != other.list || !are_same_fields(one, another),
            _not_known => self.name.is_some() && other.name.is_some(),
        }
    }
}

/// Whether two lists of fields promise the same, in whatever order.
fn are_same_fields(one: &Fields, other: &Fields) -> bool {
    let has_same = |field: &Field| {
        other.iter().any(|other| {
            (&other.name, &other.kind, other.optional, other.nullable)
                == (&field.name, &field.kind, field.optional, field.nullable)
        })
    };
    one.len() == other.len() && one.iter().all(has_same)
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
        failing: &[
            Case::endpoints(
                "import { z } from 'zod'; export const A = z.string(); export const B = z.number();
             export const one = { method: 'GET', path: '/x/:id', response: A };
             export const two = { method: 'GET', path: '/x/:key', response: B };",
                3,
            ),
            Case::endpoints(
                "import { z } from 'zod'; const A = z.object({ a: z.string() });
             export const one = { method: 'GET', path: '/x/:id', response: A };
             export const two = { method: 'GET', path: '/x/:key', response: A.extend({ b: z.string() }) };",
                3,
            ),
        ],
        passing: &[
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", SAME)
            },
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", SAME_FIELDS)
            },
        ],
    };

    const SAME_FIELDS: &str = "import { z } from 'zod'; const A = z.object({ a: z.string(), b: z.number() });
        export const one = { method: 'GET', path: '/x/:id', response: A };
        export const two = { method: 'GET', path: '/x/:key', response: z.object({ b: z.number(), a: z.string() }) };
        export const three = { method: 'GET', path: '/x/:name', response: A.extend({}) };";
    const SAME: &str = "import { z } from 'zod'; export const A = z.string();
        export const one = { method: 'GET', path: '/x/:id', response: A };
        export const two = { method: 'GET', path: '/x/:key', response: A };
        export const three = { method: 'PUT', path: '/x/:key', response: z.array(A) };
        export const four = { method: 'PUT', path: '/x/:key', request: A };";
}
