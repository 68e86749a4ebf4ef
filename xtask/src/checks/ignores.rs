//! The `db-verify-ignore` comments, and the findings that each of them silences.

use crate::facts::{Declaration, Facts, Field, Ignore};
use crate::report::Finding;
use crate::source::Location;

/// All comments that silence findings.
#[derive(Debug)]
pub(super) struct Ignores<'a> {
    /// Each with what it stands above.
    pub(super) targets: Vec<IgnoreTarget<'a>>,
}

/// A comment and what it stands above.
#[derive(Debug)]
pub(super) struct IgnoreTarget<'a> {
    /// The comment.
    pub(super) ignore: &'a Ignore,
    /// The name of what it stands above.
    pub(super) name: &'a str,
    /// The place of that name.
    place: &'a Location,
    /// Set for a whole declaration.
    declaration: Option<&'a Declaration>,
}

impl<'a> Ignores<'a> {
    /// Collects the comments of `facts`.
    pub(super) fn new(facts: &'a Facts) -> Self {
        Self {
            targets: targets(facts),
        }
    }

    /// Returns whether a comment silences `finding`, which stands for no others. A check that makes
    /// one finding of several leaves such findings out of it: a comment speaks for its place, and
    /// never for the others of the same cause.
    pub(super) fn is_ignored(&self, finding: &Finding) -> bool {
        self.targets.iter().any(|target| target.ignores(finding))
    }

    /// Takes the findings that a comment silences out of `findings`, and returns them.
    pub(super) fn taken_out(&self, findings: &mut Vec<Finding>) -> Vec<Finding> {
        if self.targets.is_empty() {
            return Vec::new();
        }
        let (ignored, rest) = std::mem::take(findings)
            .into_iter()
            .partition(|finding| self.is_ignored(finding));
        *findings = rest;
        ignored
    }

    /// Returns whether comments silence the whole of `finding`, and marks them in `used`.
    pub(super) fn covers(&self, finding: &Finding, used: &mut [bool]) -> bool {
        let mut is_covered = false;
        for (target, used) in self.targets.iter().zip(used) {
            if target.ignores(finding) {
                *used = true;
                is_covered = true;
            }
        }
        is_covered
    }
}

impl IgnoreTarget<'_> {
    /// Whether the comment is about all of `finding`.
    fn ignores(&self, finding: &Finding) -> bool {
        if self.ignore.kind != finding.kind {
            return false;
        }
        // Where it stands for several, its places are theirs.
        let is_of_member = |member: &Finding| self.ignores(member);
        let members = &finding.members;
        if members.iter().any(is_of_member) && !members.iter().all(is_of_member) {
            return false;
        }
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
        at_place || of_declaration
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

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::{self, ENDPOINTS};
    use crate::checks::{Input, verify};
    use crate::schema::provenance::Provenance;

    const ROLES: &str = "CREATE TYPE role AS ENUM ('admin', 'member'); CREATE TABLE users (id uuid NOT NULL, role role NOT NULL); CREATE TABLE guests (id uuid NOT NULL, role role NOT NULL);";
    const BILLS: &str = "CREATE TABLE bills (id integer PRIMARY KEY, a integer NOT NULL DEFAULT 1, b integer NOT NULL DEFAULT 2, c integer NOT NULL DEFAULT 3, d integer NOT NULL DEFAULT 4, e integer NOT NULL DEFAULT 5);";
    const NOTES: &str = "CREATE TABLE notes (id uuid PRIMARY KEY, title text NOT NULL, body text NOT NULL, state text NOT NULL);";

    /// Lists the messages of all findings.
    fn messages(sql: &str, ts: &str, configuration: &str) -> Vec<String> {
        let config = test_utils::config(configuration);
        let input = Input {
            schema: &test_utils::schema(sql),
            facts: &test_utils::facts(ts, &config),
            config: &config,
            provenance: &Provenance::default(),
        };
        let found = verify(&input).0.into_iter();
        found.map(|finding| finding.message).collect()
    }

    /// Each place but the one that the comment stands above is still told, and the comment is used.
    #[test]
    fn a_comment_at_one_place_of_a_cause_leaves_the_others() {
        let cases = [
            (
                ROLES,
                "export interface GuestRow { id: string;\n // db-verify-ignore ENUM_MISMATCH: guests are admins\n role: 'admin' }\nexport interface UserRow { id: string; role: 'admin' }",
                "",
                "Enum values of field 'role' differ in `UserRow`: 'member' missing",
            ),
            (
                BILLS,
                "import { Column, Entity, PrimaryColumn } from 'typeorm';\n@Entity('bills') export class Bill { @PrimaryColumn() id: number;\n // db-verify-ignore ORM_DEFAULT_MISMATCH: set by hand\n @Column() a: number;\n @Column() b: number; @Column() c: number; @Column() d: number; @Column() e: number }",
                "",
                "Defaults of 4 columns are in the database only: 'bills.b', 'bills.c', 'bills.d', 'bills.e'",
            ),
            (
                "",
                "import express from 'express';\nexport const E = {\n // db-verify-ignore CONTRACT_WITHOUT_ROUTE: of another server\n z: { method: 'GET', path: '/z' } };\nconst app = express();\n// db-verify-ignore MISSING_API_CONTRACT: for the probe\napp.get('/health', h);\napp.get('/a', h);\napp.get('/b', h);\napp.get('/c', h);",
                ENDPOINTS,
                "3 endpoints in `.` have no API contract definition: 'GET /a', 'GET /b', 'GET /c'",
            ),
            (
                NOTES,
                "import { Text } from 'far-away';\nexport interface NoteRow { id: string;\n // db-verify-ignore UNRESOLVED_TYPE: of another repository\n title: Text;\n body: Text; state: Text }",
                "",
                "Fields 'body', 'state' of type `NoteRow` could not be resolved: `Text` comes from the package `far-away`",
            ),
            (
                NOTES,
                "import { IsOptional, IsString } from 'class-validator';\nexport class UpdateNoteDto {\n // db-verify-ignore VALIDATION_NULLABILITY_MISMATCH: never null\n @IsOptional() @IsString() title?: string;\n @IsOptional() @IsString() body?: string;\n @IsOptional() @IsString() state?: string }",
                "types = []\nvalidation = ['**/*.ts']",
                "Fields 'body', 'state' of validation schema `UpdateNoteDto` accept null where a value may be absent, NOT NULL in the database",
            ),
        ];
        for (sql, ts, configuration, rest) in cases {
            assert_eq!(messages(sql, ts, configuration), [rest], "{ts}");
        }
    }

    #[test]
    fn a_comment_above_a_declaration_speaks_for_all_of_its_fields() {
        let ts = "import { Text } from 'far-away';\n// db-verify-ignore UNRESOLVED_TYPE: of another repository\nexport interface NoteRow { id: string; title: Text; body: Text; state: Text }";
        assert_eq!(messages(NOTES, ts, ""), [""; 0]);
    }
}
