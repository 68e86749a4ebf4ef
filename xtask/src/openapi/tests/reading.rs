//! What is read of documents.

use super::super::OpenApi;
use super::{read, read_as, schema};
use crate::checks::test_utils;
use crate::facts::{Facts, Field, Kind};
use crate::readers::Reader;

/// `name? kind | null` of each field.
fn fields(facts: &Facts, name: &str) -> Vec<String> {
    schema(facts, name).fields.iter().map(field).collect()
}

fn field(field: &Field) -> String {
    let absent = if field.optional { "?" } else { "" };
    let null = if field.nullable { " | null" } else { "" };
    let kind = match &field.kind {
        Kind::Unresolved(why) => format!("unresolved: {why}"),
        kind => format!("{kind:?}"),
    };
    format!("{}{absent} {kind}{null}", field.name)
}

/// `name = METHOD path request response` of each contract.
fn contracts(facts: &Facts) -> Vec<String> {
    let of = |contract: &crate::facts::Contract| {
        let name = |side: &Option<crate::facts::ContractReference>| {
            side.as_ref().map_or("-".to_owned(), |one| one.name.clone())
        };
        let (request, response) = (name(&contract.request), name(&contract.response));
        format!(
            "{} = {} {} {request} {response}",
            contract.name, contract.method, contract.path
        )
    };
    facts.contracts.iter().map(of).collect()
}

const USERS: &str = "openapi: 3.0.3
servers: [{ url: https://api.example.com/v1 }]
paths:
  /users/{userId}:
    parameters:
      - { name: userId, in: path, required: true, schema: { type: string } }
    get:
      operationId: getUser
      responses:
        '404': { description: none }
        '200':
          content:
            application/json:
              schema: { $ref: '#/components/schemas/User' }
    patch:
      requestBody: { $ref: '#/components/requestBodies/Change' }
      responses: { 2XX: { $ref: '#/components/responses/One' } }
  /users:
    get:
      operationId: listUsers
      responses:
        200:
          content:
            application/json:
              schema:
                type: object
                properties:
                  total: { type: integer }
                  data: { type: array, items: { $ref: '#/components/schemas/User' } }
components:
  requestBodies:
    Change: { content: { application/json: { schema: { $ref: '#/components/schemas/UserChange' } } } }
  responses:
    One: { content: { application/json; charset=utf-8: { schema: { $ref: '#/components/schemas/User' } } } }
  schemas:
    UserChange: { type: object, properties: { email: { type: string, format: email, maxLength: 20 } } }
    User:
      type: object
      required: [id, email, role]
      properties:
        id: { type: string, format: uuid, readOnly: true }
        email: { type: string, nullable: true }
        role: { $ref: '#/components/schemas/Role' }
        age: { type: integer, format: int32, minimum: 0 }
        tags: { type: array, items: { type: string, maxLength: 5 } }
        friend: { $ref: '#/components/schemas/User' }
    Role: { type: string, enum: [admin, citizen] }
";

#[test]
fn operations_are_contracts() {
    let facts = read(&[("docs/api.yaml", USERS)]);
    let found = contracts(&facts);
    let expected = [
        "getUser = GET /v1/users/:userId - User",
        "PATCH /users/{userId} = PATCH /v1/users/:userId UserChange User",
        "listUsers = GET /v1/users - User",
    ];
    assert_eq!(found, expected);
    let [one, change, list] = &facts.contracts[..] else {
        panic!("three contracts")
    };
    assert_eq!(one.location.line, 7);
    assert_eq!(one.alternatives, ["/users/:userId"]);
    let parameters = one.parameters.as_ref().expect("parameters");
    assert_eq!(parameters.keys.as_deref(), Some(&["userId".to_owned()][..]));
    assert!(change.request.as_ref().expect("a request").whole);
    let answer = list.response_shape.as_ref().expect("fields");
    assert!(!list.response.as_ref().expect("a name").whole);
    let inner = answer.inner.as_ref().expect("the thing itself");
    assert!(inner.list && inner.declaration.fields.len() == 6);
    assert!(facts.requested.contracts && facts.problems.is_empty());
    assert!(facts.unresolved_endpoints.is_empty());
}

#[test]
fn schemas_are_declarations() {
    let facts = read(&[("docs/api.yaml", USERS)]);
    let expected = [
        "id String",
        "email String | null",
        "role Enum([\"admin\", \"citizen\"])",
        "age? Number",
        "tags? Array(String)",
        "friend? Json",
    ];
    assert_eq!(fields(&facts, "User"), expected);
    let user = schema(&facts, "User");
    assert_eq!(user.location.to_string(), "docs/api.yaml:37:5");
    let field = |name| user.field(name).expect("a field");
    assert_eq!(field("email").location.line, 42);
    assert_eq!(field("friend").reference.as_deref(), Some("User"));
    let age = &field("age").constraints;
    assert_eq!(
        (age.integer, age.minimum, age.maximum),
        (true, Some(0.0), Some(2_147_483_647.0))
    );
    let items = field("tags").innermost().1;
    assert_eq!(items.max_length, Some(5));
    let email = &schema(&facts, "UserChange").fields[0].constraints;
    assert_eq!(
        (email.format.as_deref(), email.max_length),
        (Some("email"), Some(20))
    );
    assert_eq!(facts.schemas.len(), 2, "a set of values has no fields");
}

/// A document with these schemas, indented by four spaces.
fn with_schemas(schemas: &str) -> String {
    format!("openapi: 3.1.0\ncomponents:\n  schemas:\n{schemas}")
}

#[test]
fn schemas_are_put_together() {
    let text = with_schemas(
        "    Base: { properties: { id: { type: integer }, name: { type: [string, 'null'] } } }
    All:
      allOf:
        - $ref: '#/components/schemas/Base'
        - { properties: { extra: { const: a }, id: { minimum: 1 } }, required: [extra] }
        - { required: [id] }
    One:
      oneOf:
        - { properties: { kind: { enum: [a] }, size: { type: number } }, required: [kind, size] }
        - { properties: { kind: { enum: [b] } }, required: [kind] }
    Null:
      properties:
        a: { anyOf: [{ $ref: '#/components/schemas/Base' }, { type: 'null' }] }
        b: { oneOf: [{ type: string }, { type: integer }] }
        c: { allOf: [{ $ref: '#/components/schemas/Base' }], nullable: true }
        d: { type: [integer, string, 'null'] }
        e: { enum: [x, null] }
        f: {}
        g: { additionalProperties: { type: string } }
        h: { type: string, format: binary }
        i: true
        j: { type: number, exclusiveMinimum: 0, maximum: 5, exclusiveMaximum: true }
",
    );
    let facts = read(&[("docs/a.yml", &text)]);
    assert_eq!(
        fields(&facts, "All"),
        ["id Number", "name? String | null", "extra Enum([\"a\"])"]
    );
    assert_eq!(
        schema(&facts, "All").fields[0].constraints.minimum,
        Some(1.0)
    );
    assert_eq!(
        fields(&facts, "One"),
        ["kind Enum([\"a\", \"b\"])", "size? Number"]
    );
    let expected = [
        "a? Json | null",
        "b? Union([String, Number])",
        "c? Json | null",
        "d? Union([Number, String]) | null",
        "e? Enum([\"x\"]) | null",
        "f? Any",
        "g? Json",
        "h? Any",
        "i? Any",
        "j? Number",
    ];
    assert_eq!(fields(&facts, "Null"), expected);
    let null = schema(&facts, "Null");
    assert_eq!(null.fields[0].reference.as_deref(), Some("Base"));
    let bounds = &null.fields[9].constraints;
    assert_eq!(
        (
            bounds.exclusive_minimum,
            bounds.maximum,
            bounds.exclusive_maximum
        ),
        (Some(0.0), None, Some(5.0))
    );
}

#[test]
fn references_lead_to_other_files() {
    let api = "openapi: 3.0.0
paths:
  /users: { $ref: 'paths/users.yaml' }
  /posts: { $ref: '../shared/paths.json#/posts' }
components:
  schemas:
    Person: { $ref: 'schemas/person.yaml' }
";
    let users = "get: { responses: { 200: { content: { application/json: { schema: { $ref: '../schemas/person.yaml' } } } } } }";
    let person = "type: object\nproperties:\n  name: { type: string }\n  home: { $ref: 'place.yaml#/Home' }\n";
    let place = "Home: { type: object, properties: { city: { type: string } } }";
    let posts = r##"{ "posts": { "post": { "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/Post" } } } } } },
  "Post": { "properties": { "title": { "type": "string" } } } }"##;
    let facts = read(&[
        ("docs/api.yaml", api),
        ("docs/paths/users.yaml", users),
        ("docs/schemas/person.yaml", person),
        ("docs/schemas/place.yaml", place),
        ("shared/paths.json", posts),
    ]);
    assert_eq!(
        contracts(&facts),
        [
            "GET /users = GET /users - Person",
            "POST /posts = POST /posts Post -"
        ]
    );
    assert_eq!(&*facts.contracts[1].location.file, "shared/paths.json");
    assert_eq!(
        schema(&facts, "Person").fields[0].location.to_string(),
        "docs/schemas/person.yaml:3:3"
    );
    assert_eq!(
        schema(&facts, "Person").fields[1].reference.as_deref(),
        Some("Home")
    );
    assert_eq!(fields(&facts, "Home"), ["city? String"]);
    assert_eq!(fields(&facts, "Post"), ["title? String"]);
    assert!(facts.unresolved_endpoints.is_empty());
}

#[test]
fn json_is_read_with_its_escapes_and_tabs() {
    let text = "{\n\t\"openapi\": \"3.1.0\",\n\t\"info\": { \"title\": \"\\ud83d\\ude00 é\" },\n\t\"components\": { \"schemas\": { \"A\": { \"properties\": {\n\t\t\"b\": { \"type\": \"number\", \"minimum\": -1.5e0 } } } } }\n}";
    let facts = read(&[("docs/a.json", text)]);
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    let b = &schema(&facts, "A").fields[0];
    assert_eq!((b.location.line, b.location.column), (5, 4));
    assert_eq!(b.constraints.minimum, Some(-1.5));
}

#[test]
fn aliases_and_merged_keys_are_what_they_stand_for() {
    let text = with_schemas(
        "    A: { properties: &p { id: &i { type: string, maxLength: 3 }, é: *i } }
    B: { properties: { <<: *p, id: { type: integer }, more: *i } }
",
    );
    let facts = read(&[("docs/a.yaml", &text)]);
    assert_eq!(fields(&facts, "A"), ["id? String", "é? String"]);
    assert_eq!(
        fields(&facts, "B"),
        ["id? Number", "more? String", "é? String"]
    );
    let columns = schema(&facts, "A").fields.iter();
    let columns: Vec<u32> = columns.map(|field| field.location.column).collect();
    assert_eq!(columns, [27, 66]);
}

#[test]
fn what_leads_nowhere_or_in_a_circle_is_said() {
    let text = with_schemas(
        "    Self: { allOf: [{ $ref: '#/components/schemas/Self' }], properties: { a: { type: string } } }
    Ring: { $ref: '#/components/schemas/Wheel' }
    Wheel: { $ref: '#/components/schemas/Ring' }
    Tree: { properties: { children: { type: array, items: { $ref: '#/components/schemas/Tree' } } } }
    Gone:
      properties:
        a: { $ref: '#/components/schemas/Nothing' }
        b: { $ref: 'gone.yaml#/A' }
        c: { $ref: '../../outside.yaml' }
        d: { $ref: 'https://example.com/a.yaml' }
        e: { $ref: '#anchor' }
        f: { $ref: 'bad.yaml' }
",
    );
    let facts = read_as(
        &[("docs/a.yaml", &text), ("docs/bad.yaml", "a: [")],
        "types = []\nopenapi = ['docs/a.yaml']",
    );
    assert!(schema(&facts, "Self").unresolved.is_some());
    assert!(
        schema(&facts, "Ring").unresolved.is_some() && schema(&facts, "Wheel").unresolved.is_some()
    );
    assert_eq!(fields(&facts, "Tree"), ["children? Array(Json)"]);
    let expected = [
        "a? unresolved: `#/components/schemas/Nothing` leads to nothing",
        "b? unresolved: `gone.yaml#/A` leads to a file that does not exist",
        "c? unresolved: `../../outside.yaml` leads out of the repository",
        "d? unresolved: `https://example.com/a.yaml` leads to the network, which is not read",
        "e? unresolved: `#anchor` names an anchor, which is not looked for",
    ];
    let found = fields(&facts, "Gone");
    assert_eq!(&found[..5], expected);
    assert!(
        found[5].contains("docs/bad.yaml:1:5: the file is not valid YAML"),
        "{}",
        found[5]
    );
}

#[test]
fn files_that_are_no_documents_are_named() {
    let files = [
        ("docs/two.yaml", "swagger: '2.0'\npaths: {}"),
        ("docs/bad.yaml", "openapi: 3.0.0\npaths: [\n"),
        ("docs/bad.json", "{ \"openapi\": \"3.0.0\", paths: {} }"),
        ("docs/none.yaml", "a: 1"),
        ("docs/latin.yaml", "openapi: 3.0.0"),
    ];
    let keys = "types = []\nopenapi = ['docs/two.yaml', 'docs/bad.yaml', 'docs/bad.json', 'docs/none.yaml', 'docs/gone.yaml']";
    let facts = read_as(&files, keys);
    let problems: Vec<String> = facts
        .problems
        .iter()
        .map(|problem| format!("{}: {}", problem.location, problem.message))
        .collect();
    let expected = [
        "docs/bad.json:1:23: the file is not valid JSON",
        "docs/bad.yaml:3:1: the file is not valid YAML: while parsing a node, did not find expected node content",
        "docs/gone.yaml:1:1: the file does not exist: correct `openapi`",
        "docs/none.yaml:1:1: the file is no OpenAPI document: it has no key `openapi`",
        "docs/two.yaml:1:1: the document is of OpenAPI `2.0`, and only 3.x is read: convert it",
    ];
    assert_eq!(problems, expected);
    assert!(facts.contracts.is_empty());
}

#[test]
fn parts_that_cannot_be_read_are_named() {
    let text = "openapi: 3.0.0
paths:
  /a/{id}:archive: { get: { responses: {} } }
  /b/{id}: { get: { parameters: [{ $ref: '#/gone' }], responses: {} } }
  /c: { $ref: 'gone.yaml' }
  /d: { post: { requestBody: { content: { application/json: { schema: { $ref: '#/gone' } } } } } }
  x-internal: { get: {} }
webhooks: { made: { post: {} } }
";
    let facts = read(&[("docs/a.yaml", text)]);
    let unresolved: Vec<String> = facts
        .unresolved_endpoints
        .iter()
        .map(|one| format!("{}: {}", one.name, one.reason))
        .collect();
    let expected = [
        "GET /a/{id}:archive: `{id}:archive` is a pattern",
        "GET /b/{id}: its parameters are not read: `#/gone` leads to nothing",
        "/c: `gone.yaml` leads to a file that does not exist",
        "POST /d: its request is not read: `#/gone` leads to nothing",
        "made: it is a webhook: the server sends it, and no route answers to it",
    ];
    assert_eq!(unresolved, expected);
    let missing = facts.contracts.iter().flat_map(|one| &one.references);
    let missing: Vec<_> = missing
        .map(|one| (one.name.as_str(), one.resolved))
        .collect();
    assert_eq!(missing, [("#/gone", false)]);
}

#[test]
fn only_configured_documents_are_anybodys_concern() {
    let concerns = |keys: &str, file| OpenApi.concerns(&test_utils::config(keys), file);
    let keys = "openapi = ['docs/api.yaml']";
    assert!(concerns(keys, "docs/api.yaml") && concerns(keys, "docs/schemas/user.json"));
    assert!(!concerns(keys, "src/a.ts") && !concerns("types = []", "docs/api.yaml"));
    let files = [(
        "docs/api.yaml",
        "openapi: 3.0.0\npaths: { /a: { get: {} } }",
    )];
    let facts = read_as(&files, "types = []");
    assert!(facts.contracts.is_empty() && !facts.requested.contracts);
}

#[test]
fn servers_say_where_paths_begin() {
    let text = "openapi: 3.1.0
servers: [{ url: /v1 }, { url: 'http://localhost:3000' }]
paths:
  /a: { get: {} }
  /b: { servers: [{ url: /v2 }], get: {}, post: { servers: [{ url: / }] } }
";
    let facts = read_as(
        &[("docs/a.yaml", text)],
        "types = []\nopenapi = ['docs/*.yaml']\ncontracts-base-path = '/api'",
    );
    let paths: Vec<String> = facts
        .contracts
        .iter()
        .map(|one| format!("{} {}", one.path, one.alternatives.join(" ")))
        .collect();
    assert_eq!(paths, ["/api/v1/a /api/a", "/api/v2/b /api/b", "/api/b "]);
}
