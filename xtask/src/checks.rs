//! The checks: pure functions from the model to findings. Each check is one file, named for the
//! problem. Adding one touches that file and one line of [`CHECKS`].

pub mod accepted_kinds;
mod alignment;
pub mod check_constraints;
mod compared;
pub mod entities;
pub mod formats;
pub mod matching;
pub mod names;
pub mod pairing;
pub mod wording;

mod coverage;
mod database_keys;
mod direction;
mod duplicates;
mod edits;
mod endpoints;
mod filled_in;
mod ignores;
mod one_cause;
mod operations;
mod orm_tables;
mod others;
mod row_uses;
mod shared_text;
mod table_names;
mod translated_values;

mod conflicting_contracts;
mod contract_field_mismatch;
mod contract_without_route;
mod enum_mismatch;
mod generated_column_in_insert;
mod loose_validation;
mod missing_api_contract;
mod missing_column_in_insert;
mod missing_field_in_schema;
mod missing_field_in_type;
mod missing_field_in_validation;
mod missing_object;
mod missing_path_parameter;
mod missing_table;
mod missing_type;
mod missing_validation_schema;
mod nullability_mismatch;
mod orm_default_mismatch;
mod orm_foreign_key_mismatch;
mod orm_index_mismatch;
mod orm_key_mismatch;
mod orm_type_mismatch;
mod schema_type_mismatch;
mod strict_validation;
mod type_mismatch;
mod unknown_contract_type;
mod unknown_field_in_validation;
mod unresolved_type;
mod unused_ignore;
mod validation_nullability_mismatch;
mod validation_type_mismatch;

#[cfg(test)]
pub(crate) mod test_utils;

use std::cell::OnceCell;
use std::fmt;

pub use compared::Compared;
use direction::{Direction, Directions};
use endpoints::{Endpoints, LackedPrefix};
use ignores::Ignores;
use matching::{BesideRows, Description, Strength, TableMatches};
use operations::Operations;

use crate::config::Config;
use crate::facts::Facts;
use crate::report::{Category, Coverage, EntityAlignment, Finding, Rule, Severity};
use crate::schema::model::Schema;
use crate::schema::provenance::Provenance;

/// Every check, in the order in which findings of one field are shown.
pub const CHECKS: &[Check] = &[
    missing_type::CHECK,
    missing_table::CHECK,
    missing_field_in_type::CHECK,
    missing_field_in_schema::CHECK,
    type_mismatch::CHECK,
    nullability_mismatch::CHECK,
    orm_type_mismatch::CHECK,
    orm_default_mismatch::CHECK,
    orm_key_mismatch::CHECK,
    orm_foreign_key_mismatch::CHECK,
    orm_index_mismatch::CHECK,
    enum_mismatch::CHECK,
    missing_object::CHECK,
    missing_column_in_insert::CHECK,
    generated_column_in_insert::CHECK,
    missing_api_contract::CHECK,
    contract_without_route::CHECK,
    unknown_contract_type::CHECK,
    contract_field_mismatch::CHECK,
    missing_path_parameter::CHECK,
    conflicting_contracts::CHECK,
    missing_validation_schema::CHECK,
    missing_field_in_validation::CHECK,
    unknown_field_in_validation::CHECK,
    validation_type_mismatch::CHECK,
    validation_nullability_mismatch::CHECK,
    loose_validation::CHECK,
    strict_validation::CHECK,
    schema_type_mismatch::CHECK,
    unresolved_type::CHECK,
    unused_ignore::CHECK,
];

/// The inputs that are compared.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The database.
    pub schema: &'a Schema,
    /// The descriptions of the application side.
    pub facts: &'a Facts,
    /// The monorepo's configuration.
    pub config: &'a Config,
    /// The migration line that last touched each column.
    pub provenance: &'a Provenance,
}

/// The model that every check works on: the inputs, and the declarations that describe each table.
#[derive(Debug)]
pub struct Model<'a> {
    /// The inputs that are compared.
    pub input: Input<'a>,
    /// Every table that is judged, by name, with what describes it.
    pub described: Vec<TableMatches<'a>>,
    /// The directions of schemas.
    directions: Directions<'a>,
    /// The routes and contracts by path; sorted where a check first asks.
    endpoints: OnceCell<Endpoints<'a>>,
    /// The prefixes that contracts lack; found where a check first asks.
    lacked_prefixes: OnceCell<Vec<LackedPrefix<'a>>>,
    /// The operations that documents and the code describe; paired where a check first asks.
    operations: OnceCell<Operations<'a>>,
    /// The comments that silence findings; collected where a check first asks.
    ignores: OnceCell<Ignores<'a>>,
}

impl<'a> Model<'a> {
    /// Finds out which declaration describes which table.
    #[must_use]
    pub fn new(input: Input<'a>) -> Self {
        let entities = entities::entities(input.schema, input.config);
        let described = matching::describe(entities, input.facts, input.config, input.provenance);
        Self {
            input,
            described,
            directions: Directions::new(input.facts),
            endpoints: OnceCell::new(),
            lacked_prefixes: OnceCell::new(),
            operations: OnceCell::new(),
            ignores: OnceCell::new(),
        }
    }

    /// The routes and contracts, by the shapes of their paths.
    fn endpoints(&self) -> &Endpoints<'a> {
        self.endpoints
            .get_or_init(|| Endpoints::new(self.input.facts))
    }

    /// The prefixes that the contracts of whole files lack.
    fn lacked_prefixes(&self) -> &[LackedPrefix<'a>] {
        self.lacked_prefixes.get_or_init(|| {
            endpoints::lacked(self.input.facts, self.input.config, self.endpoints())
        })
    }

    /// The operations that documents and the code describe.
    fn operations(&self) -> &Operations<'a> {
        self.operations
            .get_or_init(|| Operations::new(self.input.facts, self.endpoints()))
    }

    /// The comments that silence findings.
    fn ignores(&self) -> &Ignores<'a> {
        self.ignores.get_or_init(|| Ignores::new(self.input.facts))
    }

    /// Every description of every table.
    pub fn descriptions(&self) -> impl Iterator<Item = (&TableMatches<'a>, &Description<'a>)> {
        self.described.iter().flat_map(|described| {
            described
                .descriptions
                .iter()
                .map(move |one| (described, one))
        })
    }

    /// Every description that is judged for itself. The fields of a union of objects are those of
    /// several things.
    pub fn judged(&self) -> impl Iterator<Item = (&TableMatches<'a>, &Description<'a>)> {
        self.descriptions().filter(|(_, description)| {
            let is_stated = description.strength == Strength::Stated;
            let is_union = description.declaration.is_union() && !is_stated;
            let is_mapped = description.beside_rows == BesideRows::Mapped;
            !description.inferred && !is_mapped && !is_union
        })
    }

    /// The types and ORM tables that are judged.
    pub fn types(&self) -> impl Iterator<Item = (&TableMatches<'a>, &Description<'a>)> {
        self.judged()
            .filter(|(_, description)| !description.role.is_validation())
    }

    /// The direction in which the values of a schema travel.
    #[must_use]
    pub fn direction(
        &self,
        described: &TableMatches<'a>,
        description: &Description<'a>,
    ) -> Direction {
        self.directions.of(description, &described.entity)
    }

    /// The directions of schemas.
    fn directions(&self) -> &Directions<'a> {
        &self.directions
    }

    /// The findings of `judge` about the fields of validation schemas. What comes in is judged by
    /// what parsing returns, since that is written; what is of rows by what it takes. Where nothing
    /// says the direction, a field is wrong that is wrong in both.
    pub fn judge_schemas(
        &self,
        judge: impl Fn(Compared<'_, 'a>, Direction) -> Option<Finding>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (described, description) in self.schemas() {
            let direction = self.direction(described, description);
            let judges = !description.declaration.origin.of_requests;
            if !judges && direction == Direction::Answer {
                continue;
            }
            for taken in Compared::all((described, description)) {
                let found = match (taken.returned(), direction) {
                    (Some(returned), Direction::Request) => judge(returned, direction),
                    (Some(returned), Direction::Unknown) => {
                        judge(returned, direction).and_then(|_| judge(taken, direction))
                    }
                    (_, _) => judge(taken, direction),
                };
                findings.extend(found);
            }
        }
        findings
    }

    /// Every field of a type that stands for a column.
    pub fn type_fields(&self) -> impl Iterator<Item = Compared<'_, 'a>> {
        self.types().flat_map(Compared::all)
    }

    /// The validation schemas that are judged.
    pub fn schemas(&self) -> impl Iterator<Item = (&TableMatches<'a>, &Description<'a>)> {
        self.judged()
            .filter(|(_, description)| description.role.is_validation())
    }
}

/// A check: what it looks for, and how it is reported. The file's `//!` says what, why it hurts,
/// and shows an example.
pub struct Check {
    /// The type of its findings: `MISSING_TYPE`.
    pub kind: &'static str,
    /// Which part of the verification its findings belong to.
    pub category: Category,
    /// How bad they are, unless the configuration says otherwise.
    pub severity: Severity,
    /// Whether they are of the kinds that the specification calls critical.
    pub critical: bool,
    /// The text of its file; its `//!` lines are the documentation.
    pub source: &'static str,
    /// Looks for it.
    pub run: fn(&Model<'_>) -> Vec<Finding>,
    /// Inputs on which it must find something, and on which it must not.
    #[cfg(test)]
    pub cases: test_utils::Cases,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Check {
    /// A finding of this check about `entity`.
    #[must_use]
    pub fn finding(&self, entity: &str, message: String) -> Finding {
        let mut finding = Finding::new(self.kind, self.category, self.severity, entity, message);
        finding.critical = self.critical;
        finding
    }

    /// Returns the check's documentation as Markdown: the problem that the check looks for, why the
    /// problem hurts, and an example.
    #[must_use]
    pub fn documentation(&self) -> String {
        let lines = self
            .source
            .lines()
            .map_while(|line| line.strip_prefix("//!"));
        lines
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The first sentence of the documentation.
    #[must_use]
    pub fn summary(&self) -> String {
        let documentation = self.documentation();
        let paragraph = documentation.split("\n\n").next().unwrap_or_default();
        paragraph.replace('\n', " ")
    }
}

/// Compares the descriptions. Findings come in the order of category, entity, column, check; the
/// same input gives the same findings in the same order.
#[must_use]
pub fn verify(input: &Input<'_>) -> (Vec<Finding>, Coverage) {
    let model = Model::new(*input);
    let findings = CHECKS
        .iter()
        .flat_map(|check| findings_of(check, &model))
        .collect();
    let findings = duplicates::removed(findings, model.ignores());
    let mut findings = unused_ignore::applied(findings, model.ignores(), input.config);
    shared_text::left_to_people(&model, &mut findings);
    findings.sort_by_cached_key(|finding| order(finding, &model));
    (findings, coverage::coverage(&model))
}

/// Every table with its columns, and what each declaration says of them.
#[must_use]
pub fn alignment(input: &Input<'_>) -> Vec<EntityAlignment> {
    alignment::alignment(&Model::new(*input))
}

/// The documentation of every check, for reports that carry it.
#[must_use]
pub fn rules() -> Vec<Rule> {
    let rule = |check: &Check| Rule {
        kind: check.kind,
        summary: check.summary(),
        help: check.documentation(),
    };
    CHECKS.iter().map(rule).collect()
}

/// Runs `check` and gives its findings the severity that the configuration sets. The check does not
/// run where the configuration switches it off.
fn findings_of(check: &Check, model: &Model<'_>) -> Vec<Finding> {
    let configured = match model.input.config.severity.get(check.kind) {
        None => return (check.run)(model),
        Some(None) => return Vec::new(),
        Some(Some(severity)) => *severity,
    };
    let set = |mut finding: Finding| {
        finding.severity = configured;
        for member in &mut finding.members {
            member.severity = configured;
        }
        finding
    };
    (check.run)(model).into_iter().map(set).collect()
}

fn order(finding: &Finding, model: &Model<'_>) -> impl Ord + use<> {
    let entity = model
        .described
        .iter()
        .find(|described| described.entity.title() == finding.entity);
    let column = entity
        .zip(finding.field.as_deref())
        .and_then(|(described, field)| {
            described
                .entity
                .columns
                .iter()
                .position(|facts| facts.column.name == field)
        });
    let check = CHECKS.iter().position(|check| check.kind == finding.kind);
    let place = finding.location().cloned();
    (
        finding.category,
        finding.entity.clone(),
        column.unwrap_or(usize::MAX),
        finding.field.clone(),
        check,
        place,
    )
}

#[cfg(test)]
mod tests;
