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

use super::ignores::{IgnoreTarget, Ignores};
use super::{CHECKS, Check};
use crate::config::Config;
use crate::facts::Ignore;
use crate::report::{Category, Finding, Severity};

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

/// `findings` without those that a comment ignores, and with those about comments that ignore
/// nothing.
pub(super) fn applied(
    findings: Vec<Finding>,
    ignores: &Ignores<'_>,
    config: &Config,
) -> Vec<Finding> {
    let targets = &ignores.targets;
    let mut used = vec![false; targets.len()];
    let mut kept = Vec::new();
    for finding in findings {
        if ignores.covers(&finding, &mut used) {
            continue;
        }
        // A comment at one place of a finding about several speaks for that place alone. Checks
        // leave such places out of the finding; where one does not, each other place is told.
        let (ignored, rest): (Vec<Finding>, Vec<Finding>) = finding
            .members
            .iter()
            .cloned()
            .partition(|member| ignores.covers(member, &mut used));
        if ignored.is_empty() {
            kept.push(finding);
        } else {
            kept.extend(rest);
        }
    }
    let mut findings = kept;
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
