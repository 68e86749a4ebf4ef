//! A type, a schema or a field that describes a table could not be resolved.
//!
//! ## Why
//! What it holds is not known, so nothing about it was compared: drift behind it is not found.
//!
//! ## Example
//! ```sql
//! CREATE TABLE users (id uuid NOT NULL, email text NOT NULL);
//! ```
//! ```ts
//! export type UserRow = Awaited<ReturnType<typeof loadUser>>;
//! ```
//! The reason is given. Of what only is called like the table it is no finding where something else
//! describes it, nor of a field of a column of JSON, nor of a schema of a library that is not read. More than three of one reason are one finding; the coverage of every report counts all that was
//! not resolved.

use std::collections::HashMap;

use super::matching::{Description, Role, Strength, TableMatches};
use super::pairing::Pair;
use super::{Check, Model, wording};
use crate::facts::{Kind, NEVER, UNREAD_LIBRARY};
use crate::report::{Category, Finding, Severity};
use crate::source::Location;

/// See the file's documentation.
pub const CHECK: Check = Check {
    kind: "UNRESOLVED_TYPE",
    category: Category::TypeAlignment,
    severity: Severity::Warning,
    critical: false,
    source: include_str!("unresolved_type.rs"),
    run,
    #[cfg(test)]
    cases: tests::CASES,
};

fn run(model: &Model<'_>) -> Vec<Finding> {
    let relied_on = model
        .judged()
        .filter(|(described, description)| is_relied_on(described, description));
    let found =
        relied_on.flat_map(|(described, description)| findings(model, described, description));
    let mut each: Vec<Finding> = found.collect();
    let mut found = model.ignores().taken_out(&mut each);
    found.extend(of_reasons(each));
    found
}

/// So many findings of one reason are each worth one. More have one cause: a helper that cannot be
/// read, a package that is not there.
const FEW: usize = 3;

/// So many of the places are shown.
const SHOWN: usize = 5;

/// One finding for each reason that several declarations have.
fn of_reasons(findings: Vec<Finding>) -> Vec<Finding> {
    let reason = |finding: &Finding| finding.details.get("reason").map(ToString::to_string);
    let mut counts: HashMap<Option<String>, usize> = HashMap::new();
    for finding in &findings {
        *counts.entry(reason(finding)).or_default() += 1;
    }
    let mut kept: Vec<Finding> = Vec::new();
    let mut firsts: HashMap<Option<String>, usize> = HashMap::new();
    for mut finding in findings {
        let (key, count) = (reason(&finding), counts[&reason(&finding)]);
        if count <= FEW {
            kept.push(finding);
        } else if let Some(first) = firsts.get(&key) {
            let known = &mut kept[*first].labels;
            if known.len() < SHOWN {
                known.append(&mut finding.labels);
            }
        } else {
            firsts.insert(key, kept.len());
            finding.message = format!("{}; so it is in {} more places", finding.message, count - 1);
            kept.push(finding);
        }
    }
    kept
}

/// Whether nothing else says what it would say.
fn is_relied_on(described: &TableMatches<'_>, description: &Description<'_>) -> bool {
    let is_other = |other: &&Description<'_>| {
        !std::ptr::eq(*other, description)
            && other.role.is_validation() == description.role.is_validation()
            && other.declaration.unresolved.is_none()
    };
    let only_called_so = !matches!(description.strength, Strength::Stated | Strength::Row);
    let reason = description.declaration.unresolved.as_deref();
    // The coverage names it: that a library is not read is no drift.
    let is_unread = description.strength != Strength::Stated
        && reason.is_some_and(|reason| reason.starts_with(UNREAD_LIBRARY));
    description.role != Role::Domain
        && !is_unread
        && !(only_called_so && described.descriptions.iter().any(|other| is_other(&other)))
}

fn findings(
    model: &Model<'_>,
    described: &TableMatches<'_>,
    description: &Description<'_>,
) -> Vec<Finding> {
    let declaration = description.declaration;
    if let Some(reason) = &declaration.unresolved {
        let what = format!("{} `{}`", description.noun(), declaration.name);
        return vec![finding(
            described,
            description,
            &what,
            reason,
            &declaration.location,
        )];
    }
    let pairs = description
        .pairing
        .pairs
        .iter()
        .filter_map(|pair| match &pair.field.kind {
            Kind::Unresolved(reason) if **reason != *NEVER => Some((pair, &**reason)),
            _known => None,
        })
        // A column of JSON holds whatever it is.
        .filter(|(pair, _)| !matches!(pair.column.type_name.as_str(), "json" | "jsonb"))
        // An ORM's column is compared by its type in the database.
        .filter(|(pair, _)| pair.field.sql.is_none());
    let of_fields = |pairs: &[(&Pair<'_>, &str)]| of_fields(described, description, pairs);
    let (ignored, pairs): (Vec<_>, Vec<_>) = pairs.partition(|pair| {
        let alone = of_fields(std::slice::from_ref(pair));
        alone.is_some_and(|alone| model.ignores().is_ignored(&alone))
    });
    let alone = ignored.iter().map(std::slice::from_ref);
    alone.chain([&*pairs]).filter_map(of_fields).collect()
}

/// The finding about fields of a declaration. One cause is one finding, however many fields it has.
fn of_fields(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    pairs: &[(&Pair<'_>, &str)],
) -> Option<Finding> {
    let declaration = description.declaration;
    let (first, reason) = pairs.first()?;
    let columns: Vec<&str> = pairs
        .iter()
        .map(|(pair, _)| pair.column.name.as_str())
        .collect();
    let noun = if columns.len() == 1 {
        "field"
    } else {
        "fields"
    };
    let names = wording::quoted_briefly(&columns);
    let what = format!(
        "{noun} {names} of {} `{}`",
        description.noun(),
        declaration.name
    );
    let found = finding(described, description, &what, reason, &first.field.location);
    if columns.len() == 1 {
        return Some(found.with_field(columns[0]));
    }
    let alone = pairs.iter().map(std::slice::from_ref);
    let members = alone.filter_map(|pair| of_fields(described, description, pair));
    let members = members.collect();
    Some(found.with_detail("fields", columns).with_members(members))
}

fn finding(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    what: &str,
    reason: &str,
    place: &Location,
) -> Finding {
    let mut capital = what.to_owned();
    if let Some(first) = capital.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let entity = described.entity.title();
    let mut found = CHECK
        .finding(
            &entity,
            format!("{capital} could not be resolved: {reason}"),
        )
        .about_declaration(description.declaration)
        .at(place, reason)
        .with_detail("reason", reason)
        .with_help(
            "write the type out, or name what the table's row is in the configuration's `map`",
        );
    if description.role.is_validation() {
        found.category = Category::ValidationSchemas;
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{Case, Cases};

    const TABLE: &str = "CREATE TABLE users (id uuid NOT NULL, email text NOT NULL);";

    pub const CASES: Cases = Cases {
        failing: &[
            Case::failing_entity(
                TABLE,
                "import { Row } from 'far-away';\nexport type UserRow = Row<'users'>;",
                2,
            ),
            Case::failing_entity(
                TABLE,
                "import { Email } from 'far-away';\nexport interface UserRow {\n id: Email; email: Email }\nexport type UserRecord = UserRow;",
                3,
            ),
            Case::failing(
                TABLE,
                "import { Email } from 'far-away';\nexport interface UserRow { id: string;\n email: Email }",
                (3, "email"),
            ),
        ],
        passing: &[
            // A library that is not read: the coverage names it.
            Case::valid(
                "CREATE TABLE footers (id integer PRIMARY KEY, content text NOT NULL);",
                "import { Type } from '@sinclair/typebox';\nexport const FooterSchema = Type.Object({ label: Type.String() });",
            ),
            Case::passing(
                "CREATE TABLE users (id uuid NOT NULL, options jsonb NOT NULL);",
                "import { Options } from 'far-away';\nexport interface UserRow { id: string; options: Options }",
            ),
            Case::passing(
                TABLE,
                "import { Row } from 'far-away';\nexport interface UserRow { id: string; email: string }\nexport type User = Row<'users'>;",
            ),
            Case::passing(
                TABLE,
                "export interface UserRow { id: string; email: string }\nexport interface UserUpdate { id?: never; email?: string }",
            ),
        ],
    };
}
