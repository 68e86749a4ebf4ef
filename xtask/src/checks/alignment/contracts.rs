//! The statements of API contracts about a table. A contract describes a table through the
//! declarations that its requests and responses are, or hold (`{ data: User[] }`).

use crate::checks::matching::{Description, TableMatches};
use crate::checks::wording;
use crate::facts::{Contract, ContractReference, Declaration, Facts};
use crate::report::{ContractField, ContractSummary, Direction};

/// A contract, and a description of the table that it names.
pub(super) struct NamedDescription<'a> {
    contract: &'a Contract,
    direction: Direction,
    description: &'a Description<'a>,
}

/// The contracts that name descriptions of the table, in the order of the sources.
pub(super) fn naming<'a>(
    described: &'a TableMatches<'a>,
    facts: &'a Facts,
) -> Vec<NamedDescription<'a>> {
    let mut named = Vec::new();
    for contract in &facts.contracts {
        let sides = [
            (Direction::Taken, &contract.request),
            (Direction::Returned, &contract.response),
        ];
        for (direction, reference) in sides {
            let Some(reference) = reference else { continue };
            let held = described
                .descriptions
                .iter()
                .filter(|description| is_held(description, reference, facts));
            named.extend(held.map(|description| NamedDescription {
                contract,
                direction,
                description,
            }));
        }
    }
    named
}

/// Whether the reference is to the description, or to a declaration with a field of that type.
fn is_held(description: &Description<'_>, reference: &ContractReference, facts: &Facts) -> bool {
    let Some(name) = &reference.declaration else {
        return false;
    };
    let is_named = |declaration: &Declaration| {
        declaration.name == name.name && *declaration.location.file == *name.file
    };
    let declarations = || {
        facts
            .types
            .iter()
            .chain(&facts.schemas)
            .filter(|one| is_named(one))
    };
    let own = &description.declaration.name;
    is_named(description.declaration)
        || declarations().any(|one| {
            one.fields
                .iter()
                .any(|field| field.reference.as_ref() == Some(own))
        })
}

/// Each contract once.
pub(super) fn summaries(named: &[NamedDescription<'_>]) -> Vec<ContractSummary> {
    let mut summaries: Vec<ContractSummary> = Vec::new();
    for NamedDescription { contract, .. } in named {
        let endpoint = format!("{} {}", contract.method, contract.path);
        let summary = ContractSummary {
            name: contract.name.clone(),
            endpoint,
            location: contract.location.clone(),
        };
        if !summaries.contains(&summary) {
            summaries.push(summary);
        }
    }
    summaries
}

/// Returns the statements of contracts about one column, each different statement once.
pub(super) fn of_column(column: &str, named: &[NamedDescription<'_>]) -> Vec<ContractField> {
    let mut fields: Vec<ContractField> = Vec::new();
    for NamedDescription {
        direction,
        description,
        ..
    } in named
    {
        let mut pairs = description
            .pairing
            .pairs
            .iter()
            .filter(|pair| pair.column.name == column);
        let Some(pair) = pairs.next() else { continue };
        let field = ContractField {
            direction: *direction,
            says: wording::field_type(pair.field),
        };
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    fields.sort_by_key(|field| field.direction);
    fields
}
