//! What checks find about documents, none of which knows them.

use super::read_as;
use crate::checks::{self, test_utils};
use crate::report::Finding;
use crate::schema::provenance::Provenance;

const SQL: &str = "CREATE TYPE user_role AS ENUM ('admin', 'citizen');
CREATE TABLE users (id uuid PRIMARY KEY, email varchar(100) NOT NULL, role user_role NOT NULL, bio text, age integer NOT NULL, password_hash text NOT NULL);";

const SERVER: &str = "import express, { Router } from 'express';
const app = express(); const users = Router();
users.get('/', h);
users.post('/', h);
users.get('/:id', h);
app.use('/api/users', users);";

const ROW: &str = "export interface UserRow { id: string; email: string; role: 'admin' | 'citizen'; bio: string | null; age: number; password_hash: string }";

const KEYS: &str = "types = ['row.ts']\nroutes = ['server.ts']\nopenapi = ['docs/api.yaml']";

/// Lists the findings about a document beside the tables and routes.
fn findings(document: &str) -> Vec<Finding> {
    findings_with(document, SERVER, KEYS)
}

fn findings_with(document: &str, server: &str, keys: &str) -> Vec<Finding> {
    let files = [
        ("docs/api.yaml", document),
        ("server.ts", server),
        ("row.ts", ROW),
    ];
    let facts = read_as(&files, keys);
    let (schema, config, provenance) = (
        test_utils::schema(SQL),
        test_utils::config(keys),
        Provenance::default(),
    );
    let input = checks::Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &provenance,
    };
    checks::verify(&input).0
}

fn in_short(findings: &[Finding]) -> Vec<String> {
    let short = |finding: &Finding| {
        let place = finding
            .location()
            .map_or(String::new(), ToString::to_string);
        format!("{} {place} {}", finding.kind, finding.entity)
    };
    findings.iter().map(short).collect()
}

/// A document with these lines instead of those that begin with their number.
fn document(changes: &[(usize, &str)]) -> String {
    let mut lines: Vec<&str> = DOCUMENT.lines().collect();
    for (line, text) in changes {
        lines[line - 1] = text;
    }
    lines.join("\n")
}

const DOCUMENT: &str = "openapi: 3.0.3
servers: [{ url: 'https://example.com/api' }]
paths:
  /users:
    get:
      responses: { 200: { content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/User' } } } } } }
    post:
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/NewUser' } } } }
      responses: { 201: { content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } } }
  /users/{userId}:
    get:
      parameters:
        - { name: userId, in: path, required: true, schema: { type: string } }
      responses: { 200: { content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } } }
components:
  schemas:
    User:
      type: object
      required: [id, email, role, bio, age, postCount]
      properties:
        id: { type: string, format: uuid }
        email: { type: string }
        role: { type: string, enum: [admin, citizen] }
        bio: { type: string, nullable: true }
        age: { type: integer }
        postCount: { type: integer }
    NewUser:
      type: object
      required: [email, role, age]
      properties:
        email: { type: string, format: email, maxLength: 100 }
        role: { type: string, enum: [citizen] }
        age: { type: integer, minimum: 0, maximum: 150 }
        password: { type: string }
";

#[test]
fn what_agrees_has_no_findings() {
    assert_eq!(in_short(&findings(DOCUMENT)), [""; 0]);
}

#[test]
fn routes_and_operations_are_compared_both_ways() {
    let found = findings(&document(&[(10, "  /people/{userId}:")]));
    let expected = [
        "CONTRACT_WITHOUT_ROUTE docs/api.yaml:11:5 GET /api/people/:userId",
        "MISSING_API_CONTRACT server.ts:5:7 GET /api/users/:id",
    ];
    assert_eq!(in_short(&found), expected);
    let found = findings(&document(&[(7, "    put:")]));
    let expected = [
        "MISSING_API_CONTRACT server.ts:4:7 POST /api/users",
        "CONTRACT_WITHOUT_ROUTE docs/api.yaml:7:5 PUT /api/users",
    ];
    assert_eq!(in_short(&found), expected);
}

#[test]
fn one_base_path_holds_for_a_document() {
    let ours = |line| document(&[(2, line)]);
    let elsewhere =
        "servers: [{ url: 'https://example.com/v9' }, { url: 'http://localhost:3000/api' }]";
    assert_eq!(in_short(&findings(&ours(elsewhere))), [""; 0]);
    // A gateway takes the base path away.
    let server = SERVER.replace("/api/users", "/users");
    assert_eq!(in_short(&findings_with(DOCUMENT, &server, KEYS)), [""; 0]);
    // One route stands elsewhere.
    let server = format!("{SERVER}\napp.get('/people', h);");
    let people = "paths:\n  /people: { get: { responses: {} } }";
    let found = findings_with(&document(&[(3, people)]), &server, KEYS);
    let expected = [
        "CONTRACT_WITHOUT_ROUTE docs/api.yaml:4:14 GET /api/people",
        "MISSING_API_CONTRACT server.ts:7:5 GET /people",
    ];
    assert_eq!(in_short(&found), expected);
    // No server says the prefix.
    let found = findings(&ours("tags: []"));
    assert_eq!(
        in_short(&found),
        ["CONTRACT_WITHOUT_ROUTE docs/api.yaml:5:5 GET /users"]
    );
    let help = found[0].help.as_deref().unwrap_or_default();
    assert!(help.contains("contracts-base-path"), "{help}");
}

#[test]
fn parameters_of_the_path_are_declared() {
    let wrong = "        - { name: id, in: path, required: true, schema: { type: string } }";
    let found = findings(&document(&[(13, wrong)]));
    assert_eq!(
        in_short(&found),
        ["MISSING_PATH_PARAMETER docs/api.yaml:12:7 GET /api/users/:userId"]
    );
}

#[test]
fn schemas_are_compared_with_columns() {
    let changes = [
        (
            22,
            "        email: { type: integer }",
            "VALIDATION_TYPE_MISMATCH docs/api.yaml:22:9 users",
        ),
        (
            23,
            "        role: { type: string, enum: [admin] }",
            "ENUM_MISMATCH docs/api.yaml:23:9 users",
        ),
        (
            24,
            "        bio: { type: string }",
            "VALIDATION_NULLABILITY_MISMATCH docs/api.yaml:24:9 users",
        ),
        (
            31,
            "        email: { type: string, maxLength: 255 }",
            "LOOSE_VALIDATION docs/api.yaml:31:9 users",
        ),
        (
            31,
            "        email: { type: string, nullable: true }",
            "VALIDATION_NULLABILITY_MISMATCH docs/api.yaml:31:9 users",
        ),
        (
            32,
            "        role: { type: string, enum: [citizen, guest] }",
            "ENUM_MISMATCH docs/api.yaml:32:9 users",
        ),
        (
            33,
            "        age: { type: string }",
            "VALIDATION_TYPE_MISMATCH docs/api.yaml:33:9 users",
        ),
        (
            33,
            "        age: { type: integer, format: int64, maximum: 9007199254740991 }",
            "LOOSE_VALIDATION docs/api.yaml:33:9 users",
        ),
    ];
    for (line, text, expected) in changes {
        let found = findings(&document(&[(line, text)]));
        assert_eq!(in_short(&found), [expected], "{text}");
        let finding = &found[0];
        assert!(
            finding.proposal.is_none() && finding.suggestion.is_none(),
            "{finding:?}"
        );
    }
}

#[test]
fn what_a_document_leaves_unsaid_is_not_missed() {
    for (line, text) in [
        (31, "        email: { type: string }"),
        (33, "        age: { type: integer }"),
        (22, "        email: { type: string, format: email }"),
        (24, "        biography: { type: string }"),
        (23, "        role: { type: string }"),
        (
            23,
            "        role: { type: string, enum: [ROLE_ADMIN, ROLE_CITIZEN] }",
        ),
        (
            24,
            "        bio: { type: array, nullable: true, items: { type: string } }",
        ),
        (
            34,
            "        bio: { type: string, nullable: true }\n        password_hash: { type: string, nullable: true }",
        ),
    ] {
        let found = findings(&document(&[(line, text)]));
        assert_eq!(in_short(&found), [""; 0], "{text}");
    }
}

#[test]
fn documents_do_not_count_as_validation() {
    let keys = format!("{KEYS}\nvalidation = ['server.ts']");
    let found = findings_with(DOCUMENT, SERVER, &keys);
    assert_eq!(
        in_short(&found),
        ["MISSING_VALIDATION_SCHEMA row.ts:1:18 users"]
    );
}

#[test]
fn schemas_in_place_are_compared_with_the_type() {
    let text = "      responses: { 200: { content: { application/json: { schema: { properties: { data: { properties: {
        id: { type: string },
        email: { type: integer } }, required: [id, email] } } } } } } }";
    let found = findings(&document(&[(14, text)]));
    let expected = ["CONTRACT_FIELD_MISMATCH docs/api.yaml:16:9 GET /api/users/:userId"];
    assert_eq!(in_short(&found), expected);
}

#[test]
fn fields_that_only_go_out_are_not_taken() {
    let text = "        id: { type: integer, readOnly: true }";
    // In an answer it is a mismatch, told once.
    let both = document(&[
        (
            8,
            "      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } }",
        ),
        (21, text),
    ]);
    assert_eq!(
        in_short(&findings(&both)),
        ["VALIDATION_TYPE_MISMATCH docs/api.yaml:21:9 users"]
    );
}

#[test]
fn schemas_that_do_not_exist_are_named() {
    let text = "      responses: { 200: { content: { application/json: { schema: { $ref: '#/components/schemas/Usr' } } } } }";
    let found = findings(&document(&[(14, text)]));
    let expected = ["UNKNOWN_CONTRACT_TYPE docs/api.yaml:14:74 GET /api/users/:userId"];
    assert_eq!(in_short(&found), expected);
}

#[test]
fn comments_of_yaml_ignore_findings() {
    let text = "        # db-verify-ignore VALIDATION_TYPE_MISMATCH: ids were numbers\n        email: { type: integer }";
    assert_eq!(in_short(&findings(&document(&[(22, text)]))), [""; 0]);
    let behind =
        "        email: { type: integer } # db-verify-ignore VALIDATION_TYPE_MISMATCH: old";
    assert_eq!(in_short(&findings(&document(&[(22, behind)]))), [""; 0]);
    let unused = "  /users: # db-verify-ignore MISSING_TYPE: none\n    # db-verify-ignore CONTRACT_WITHOUT_ROUTE: none";
    let found = findings(&document(&[(4, unused)]));
    assert_eq!(
        in_short(&found),
        ["UNUSED_IGNORE docs/api.yaml:5:5 GET /users"]
    );
    let contract = document(&[(
        10,
        "  /people/{userId}:\n    # db-verify-ignore CONTRACT_WITHOUT_ROUTE: of another server",
    )]);
    assert_eq!(
        in_short(&findings(&contract)),
        ["MISSING_API_CONTRACT server.ts:5:7 GET /api/users/:id"]
    );
}
