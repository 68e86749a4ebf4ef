//! A `db-verify-ignore` comment ignores nothing.
//!
//! ## Why
//! What it ignored is fixed, or was never called so; the next finding of that type at that place
//! would be silenced without anybody having looked at it.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid NOT NULL);
//! ```
//! ```ts
//! // db-verify-ignore TYPE_MISMATCH: ids are numbers until the import is done
//! export interface UserTable {
//!   id: string;
//! }
//! ```
//! A comment stands above a declaration, a field, a route or a contract, names the type of the
//! finding, and says why.

use super::{CHECKS, Check};
use crate::config::Config;
use crate::facts::{Declaration, Facts, Field, Ignore};
use crate::report::{Category, Finding, Severity};
use crate::source::Location;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "UNUSED_IGNORE",
    category: Category::TypeAlignment,
    severity: Severity::Warning,
    critical: false,
    source: include_str!("unused_ignore.rs"),
    // Which comments are used is known only when all findings are.
    run: |_| Vec::new(),
    #[cfg(test)]
    cases: tests::CASES,
};

/// A comment and what it stands above.
struct IgnoreTarget<'a> {
    ignore: &'a Ignore,
    name: &'a str,
    place: &'a Location,
    /// Set for a whole declaration.
    declaration: Option<&'a Declaration>,
}

/// `findings` without those that a comment ignores, and with those about comments that ignore
/// nothing.
pub(super) fn applied(mut findings: Vec<Finding>, facts: &Facts, config: &Config) -> Vec<Finding> {
    let targets = targets(facts);
    let mut used = vec![false; targets.len()];
    findings.retain(|finding| {
        let mut ignored = false;
        for (target, used) in targets.iter().zip(&mut used) {
            if target.ignores(finding) {
                *used = true;
                ignored = true;
            }
        }
        !ignored
    });
    let off = |kind: &str| config.severity.get(kind).is_some_and(Option::is_none);
    // A comment on a field that several declarations inherit is read once for each: one use is
    // enough.
    let is_used = |ignore: &Ignore| {
        targets
            .iter()
            .zip(&used)
            .any(|(target, used)| *used && target.ignore.location == ignore.location)
    };
    let unused = targets
        .iter()
        .filter(|target| !is_used(target.ignore) && !off(&target.ignore.kind));
    let mut unused: Vec<Finding> = unused.map(unused_ignore).collect();
    unused.sort_by(|left, right| left.location().cmp(&right.location()));
    unused.dedup_by(|left, right| left.location() == right.location());
    unused.retain(|_| !off(CHECK.kind));
    findings.extend(unused);
    findings
}

impl IgnoreTarget<'_> {
    fn ignores(&self, finding: &Finding) -> bool {
        let at_place = finding
            .labels
            .iter()
            .any(|label| label.location == *self.place);
        let of_declaration = self.declaration.is_some_and(|declaration| {
            finding.declaration.as_ref() == Some(&declaration.name)
                && finding
                    .labels
                    .iter()
                    .any(|label| label.location.file == declaration.location.file)
        });
        self.ignore.kind == finding.kind && (at_place || of_declaration)
    }
}

/// The fields that contracts themselves hold. Those that they take from elsewhere are told there.
fn written_in_contracts(facts: &Facts) -> impl Iterator<Item = &Field> {
    let parameters = facts
        .contracts
        .iter()
        .flat_map(|contract| {
            contract
                .inputs
                .iter()
                .filter_map(|input| input.held.as_deref())
        })
        .flat_map(|held| &held.fields);
    let shapes = facts.contracts.iter().flat_map(|contract| {
        contract
            .request_shape
            .iter()
            .chain(&contract.response_shape)
    });
    let of_shapes = shapes.flat_map(|shape| {
        let whole = &shape.declaration.location;
        let fields = shape.declaration.fields.iter();
        fields.filter(|field| {
            let span = field.location.span;
            field.location.file == whole.file
                && whole.span.start <= span.start
                && span.end <= whole.span.end
        })
    });
    parameters.chain(of_shapes)
}

fn targets(facts: &Facts) -> Vec<IgnoreTarget<'_>> {
    let declarations = facts
        .types
        .iter()
        .chain(&facts.tables)
        .chain(&facts.schemas);
    let mut targets = Vec::new();
    for declaration in declarations {
        targets.extend(declaration.tags.ignores.iter().map(|ignore| IgnoreTarget {
            ignore,
            name: &declaration.name,
            place: &declaration.location,
            declaration: Some(declaration),
        }));
        for field in &declaration.fields {
            let of_field = field.tags.ignores.iter();
            targets.extend(of_field.map(|ignore| IgnoreTarget {
                ignore,
                name: &field.name,
                place: &field.location,
                declaration: None,
            }));
        }
    }
    for field in written_in_contracts(facts) {
        targets.extend(field.tags.ignores.iter().map(|ignore| IgnoreTarget {
            ignore,
            name: &field.name,
            place: &field.location,
            declaration: None,
        }));
    }
    let routes = facts
        .routes
        .iter()
        .map(|route| (&route.tags, &route.path, &route.location));
    let contracts = facts
        .contracts
        .iter()
        .map(|contract| (&contract.tags, &contract.name, &contract.location));
    for (tags, name, place) in routes.chain(contracts) {
        targets.extend(tags.ignores.iter().map(|ignore| IgnoreTarget {
            ignore,
            name,
            place,
            declaration: None,
        }));
    }
    targets
}

fn unused_ignore(target: &IgnoreTarget<'_>) -> Finding {
    let kind = &target.ignore.kind;
    let finding = CHECK
        .finding(
            target.name,
            format!("`db-verify-ignore {kind}` ignores nothing"),
        )
        .at(
            &target.ignore.location,
            format!("nothing of type {kind} is found here"),
        );
    let likeness = |known: &&Check| (strsim::jaro_winkler(known.kind, kind) * 1000.0) as u32;
    let is_known = CHECKS.iter().any(|check| check.kind == kind);
    let nearest = CHECKS
        .iter()
        .max_by_key(likeness)
        .filter(|known| !is_known && likeness(known) > 800);
    match nearest {
        Some(known) => finding.with_help(format!("did you mean `{}`?", known.kind)),
        None => finding.with_help("remove the comment"),
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases, ENDPOINTS};

    const TABLE: &str = "CREATE TABLE users (id uuid NOT NULL, bio text);";
    const CONTRACT: &str = "import express from 'express';
        const app = express(); app.get('/users', h);
        export const E = {
          get: { method: 'GET', path: '/users' },
          // db-verify-ignore CONTRACT_WITHOUT_ROUTE: comes with the next release
          archive: { method: 'POST', path: '/users/:id/archive' },
        };";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::failing_entity(
                TABLE,
                "\n// db-verify-ignore TYPE_MISMATCH: no longer\nexport interface UserTable { id: string; bio: string | null }",
                2,
            ),
            Case::failing_entity(
                TABLE,
                "export interface UserTable {\n id: string;\n // db-verify-ignore NULLABILTY_MISMATCH: misspelt\n bio: string | null }",
                3,
            ),
        ],
        passing: &[
            Case::passing(
                TABLE,
                "// db-verify-ignore MISSING_FIELD_IN_TYPE: not for the web\nexport interface UserTable { id: string }",
            ),
            Case::passing(
                TABLE,
                "export interface UserTable {\n id: string;\n // db-verify-ignore NULLABILITY_MISMATCH: always filled in\n bio: string }",
            ),
            Case::passing(
                TABLE,
                "// db-verify-ignore NULLABILITY_MISMATCH: always filled in\nexport interface UserTable { id: string; bio: string }",
            ),
            Case::passing(
                TABLE,
                "export interface UserRow {\n id: string;\n // db-verify-ignore NULLABILITY_MISMATCH: always filled in\n bio: string }\nexport type UserUpdate = Partial<UserRow>;",
            ),
            Case {
                configuration: ENDPOINTS,
                ..Case::passing("", CONTRACT)
            },
        ],
    };
}
