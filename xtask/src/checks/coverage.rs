//! Counts the declarations that were judged, and names those that were read and not judged. Silence
//! is never a pass.

use std::collections::HashSet;

use super::Model;
use super::contract_field_mismatch;
use super::endpoints;
use super::entities::EntityKind;
use super::matching::{BesideRows, Description, Role, Strength, promised};
use super::schema_type_mismatch;
use super::translated_values;
use crate::facts::{Contract, Declaration, Facts, Kind};
use crate::report::{Coverage, NO_TABLE, Unjudged};

/// Counts what `model` compares, and names what it does not.
pub(super) fn coverage(model: &Model<'_>) -> Coverage {
    let facts = model.input.facts;
    let tables = || {
        model
            .described
            .iter()
            .filter(|described| described.entity.kind == EntityKind::Table)
    };
    let described = model
        .descriptions()
        .map(|(_, description)| description.declaration);
    let beside_types = schema_type_mismatch::pairs(model)
        .into_iter()
        .map(|(schema, _)| schema);
    let mut judged: HashSet<*const Declaration> = described
        .chain(beside_types)
        .map(std::ptr::from_ref)
        .collect();
    let sides = contract_field_mismatch::compared(model);
    let contract_sides = sides.len();
    judged.extend(sides);
    judged.extend(model.operations().compared());
    let of_documents = schema_type_mismatch::documented_pairs(model);
    judged.extend(
        of_documents
            .into_iter()
            .map(|(schema, _)| std::ptr::from_ref(schema)),
    );
    let is_judged = |schema: &&Declaration| judged.contains(&std::ptr::from_ref(*schema));
    let compared = compared_types(model);
    Coverage {
        tables: tables().count(),
        tables_with_type: tables()
            .filter(|described| described.types().next().is_some())
            .count(),
        tables_with_schema: tables()
            .filter(|described| described.is_validated())
            .count(),
        types: facts.types.len(),
        schemas: facts.schemas.len(),
        schemas_judged: facts.schemas.iter().filter(is_judged).count(),
        routes: facts.routes.len(),
        contracts: facts.contracts.len(),
        contracts_of_routes: facts.contracts.iter().filter(|one| one.served).count(),
        contract_sides,
        unresolved_fields: unresolved_fields(facts, &compared),
        unjudged: [
            projections(model),
            mapped(model),
            namesakes(model),
            translated_values::unjudged(model),
            unresolved(facts, &compared),
            problems(facts),
            unmatched_schemas(model, &judged),
            unchecked_nulls(model),
            endpoints(model),
            operations(model),
        ]
        .concat(),
    }
}

/// The object types that something is compared with: those that a table, a schema or a contract
/// leads to. Most types of a monorepo describe no data that a database holds, and what cannot be
/// resolved in them hides nothing.
fn compared_types<'a>(model: &Model<'a>) -> Vec<&'a Declaration> {
    let facts = model.input.facts;
    let described = model
        .descriptions()
        .map(|(_, description)| description.declaration);
    let namesakes = model
        .described
        .iter()
        .flat_map(|described| &described.namesakes)
        .map(|one| one.declaration);
    let beside_schemas = schema_type_mismatch::pairs(model)
        .into_iter()
        .map(|(_, ty)| ty);
    let compared: HashSet<*const Declaration> = described
        .chain(namesakes)
        .chain(beside_schemas)
        .map(std::ptr::from_ref)
        .collect();
    let named = named_by_contracts(facts);
    let is_compared = |ty: &&Declaration| {
        compared.contains(&std::ptr::from_ref(*ty))
            || named.contains(&(&*ty.location.file, ty.name.as_str()))
    };
    facts.types.iter().filter(is_compared).collect()
}

/// The declarations that contracts name, each as its file and its name.
fn named_by_contracts(facts: &Facts) -> HashSet<(&str, &str)> {
    let parameters = facts
        .contracts
        .iter()
        .filter_map(|contract| contract.parameters.as_ref()?.declaration.as_ref());
    let mut named = promised(facts);
    named.extend(
        parameters.map(|declaration| (declaration.file.as_str(), declaration.name.as_str())),
    );
    named
}

fn unresolved_fields(facts: &Facts, compared: &[&Declaration]) -> usize {
    let declarations = compared
        .iter()
        .copied()
        .chain(&facts.tables)
        .chain(&facts.schemas);
    let fields = declarations.flat_map(|declaration| &declaration.fields);
    fields
        .filter(|field| matches!(field.kind, Kind::Unresolved(_)))
        .count()
}

fn projections(model: &Model<'_>) -> Vec<Unjudged> {
    let each = model.described.iter().flat_map(|described| {
        let columns = described.entity.columns.len();
        let taken_for_one = described.descriptions.iter().filter(|description| is_taken_for_projection(description));
        taken_for_one.map(move |description| {
            let pairing = &description.pairing;
            let held = pairing.pairs.len();
            let is_part = pairing.odd() == 0 && pairing.relations.is_empty();
            let reason = if description.selected {
                format!("code makes it of what a query lists: {held} of its fields hold a column as it is, and are compared")
            } else if is_part || pairing.is_projection(description.declaration) {
                format!("holds {held} of {columns} columns: taken for a projection")
            } else {
                format!("holds {held} of {columns} columns, and what are no columns: taken for something made of a row")
            };
            unjudged("type", description.declaration, reason)
        })
    });
    each.collect()
}

/// Declarations that are made of rows which another one states.
fn mapped(model: &Model<'_>) -> Vec<Unjudged> {
    let mapped = model
        .descriptions()
        .filter(|(_, description)| description.beside_rows == BesideRows::Mapped);
    let each = mapped.map(|(described, description)| {
        let (held, columns) = (
            description.pairing.pairs.len(),
            described.entity.columns.len(),
        );
        let reason = format!(
            "holds {held} of {columns} columns, and another declaration states the rows: taken for something made of a row"
        );
        let is_schema = description.role.is_validation();
        let what = if is_schema { "schema" } else { "type" };
        unjudged(what, description.declaration, reason)
    });
    each.collect()
}

fn is_taken_for_projection(description: &Description<'_>) -> bool {
    if description.beside_rows == BesideRows::Mapped {
        return false;
    }
    let declaration = description.declaration;
    let complete =
        matches!(description.role, Role::Row | Role::Orm) && declaration.unresolved.is_none();
    // Another type is judged as the row.
    let is_beside = description.strength == Strength::Alike;
    let only_namesake =
        description.role == Role::Domain && !is_beside && !description.pairing.pairs.is_empty();
    (complete || only_namesake) && !declaration.tags.projection && !description.is_whole()
}

fn namesakes(model: &Model<'_>) -> Vec<Unjudged> {
    let each = model.described.iter().flat_map(|described| {
        let entity = described.entity.title();
        // What could not be resolved is named for that.
        let known = described
            .namesakes
            .iter()
            .filter(|namesake| namesake.declaration.unresolved.is_none());
        known.map(move |namesake| {
            let what = if namesake.declaration.origin.is_validation() {
                "schema"
            } else {
                "type"
            };
            let (shared, fields) = (namesake.shared, namesake.fields);
            let reason = format!(
                "is called like `{entity}`, and only {shared} of its {fields} fields are columns"
            );
            unjudged(what, namesake.declaration, reason)
        })
    });
    each.collect()
}

fn unresolved(facts: &Facts, compared: &[&Declaration]) -> Vec<Unjudged> {
    let types = compared
        .iter()
        .copied()
        .chain(&facts.tables)
        .map(|declaration| ("type", declaration));
    let schemas = facts
        .schemas
        .iter()
        .map(|declaration| ("schema", declaration));
    let unresolved = types.chain(schemas).filter_map(|(what, declaration)| {
        let reason = declaration.unresolved.as_ref()?;
        Some(unjudged(what, declaration, reason.clone()))
    });
    unresolved.collect()
}

fn problems(facts: &Facts) -> Vec<Unjudged> {
    let unread = facts.problems.iter().map(|problem| Unjudged {
        what: "file",
        name: problem.location.file.to_string(),
        reason: problem.message.clone(),
        location: Some(problem.location.clone()),
    });
    unread.collect()
}

fn unmatched_schemas(model: &Model<'_>, judged: &HashSet<*const Declaration>) -> Vec<Unjudged> {
    let facts = model.input.facts;
    let namesakes = model
        .described
        .iter()
        .flat_map(|described| &described.namesakes);
    let named: HashSet<*const Declaration> = namesakes
        .map(|one| std::ptr::from_ref(one.declaration))
        .collect();
    let unmatched = facts
        .schemas
        .iter()
        .filter(|schema| !judged.contains(&std::ptr::from_ref(*schema)));
    let resolved = unmatched.filter(|schema| {
        schema.unresolved.is_none() && !named.contains(&std::ptr::from_ref(*schema))
    });
    resolved
        .map(|schema| unjudged("schema", schema, NO_TABLE.into()))
        .collect()
}

/// Routes and contracts whose path or place is not known, and those that nothing can be compared
/// with.
fn endpoints(model: &Model<'_>) -> Vec<Unjudged> {
    let facts = model.input.facts;
    let unresolved = facts.unresolved_endpoints.iter().map(|one| Unjudged {
        what: if one.what == "contract" {
            "contract"
        } else {
            "route"
        },
        name: one.name.clone(),
        reason: one.reason.clone(),
        location: Some(one.location.clone()),
    });
    let offered = model.endpoints();
    // A contract that lacks the prefix of its routes has a finding.
    let lacked = model.lacked_prefixes().iter();
    let lacking: HashSet<*const Contract> = lacked
        .flat_map(|one| &one.contracts)
        .map(|contract| std::ptr::from_ref(*contract))
        .collect();
    let unserved = facts.contracts.iter().filter(|contract| {
        let is_served = contract.served || offered.is_offered(contract);
        let is_told = lacking.contains(&std::ptr::from_ref(*contract));
        !is_served && !is_told && endpoints::are_judged(model.input.facts)
    });
    let unserved = unserved.filter_map(|contract| {
        let reason = endpoints::may_be_unread(facts, contract)?;
        Some(Unjudged {
            what: "contract",
            name: contract.name.clone(),
            reason: format!("its route may be one that could not be followed: {reason}"),
            location: Some(contract.location.clone()),
        })
    });
    unresolved.chain(unserved).collect()
}

/// Parts of operations that a document and the code describe, and that are not compared.
fn operations(model: &Model<'_>) -> Vec<Unjudged> {
    let uncompared = model.operations().uncompared.iter();
    let each = uncompared.map(|part| Unjudged {
        what: "contract",
        name: part.documented.name.clone(),
        reason: part.reason.clone(),
        location: Some(part.documented.location.clone()),
    });
    each.collect()
}

/// Says once that types are not judged by null, where the compiler does not check it.
fn unchecked_nulls(model: &Model<'_>) -> Vec<Unjudged> {
    let mut types = model
        .types()
        .map(|(_, description)| description.declaration)
        .filter(|declaration| declaration.null_unchecked && declaration.origin.is_type());
    let Some(first) = types.next() else {
        return Vec::new();
    };
    let reason = match types.count() {
        0 => "is not judged by null: `strictNullChecks` is off".to_owned(),
        others => {
            format!("and {others} more types are not judged by null: `strictNullChecks` is off")
        }
    };
    vec![unjudged("type", first, reason)]
}

fn unjudged(what: &'static str, declaration: &Declaration, reason: String) -> Unjudged {
    Unjudged {
        what,
        name: declaration.name.clone(),
        reason,
        location: Some(declaration.location.clone()),
    }
}
