//! What documents say of an operation, beside what the code says of the same one.

use super::read_as;
use crate::checks::{self, test_utils};
use crate::facts::{Contract, Kind, RequestPart};
use crate::report::Coverage;
use crate::report::Finding;
use crate::schema::provenance::Provenance;

const KEYS: &str =
    "types = []\nroutes = ['server.ts']\nvalidation = ['server.ts']\nopenapi = ['docs/api.yaml']";

const SQL: &str = "CREATE TYPE user_role AS ENUM ('admin', 'citizen');
CREATE TABLE users (id uuid PRIMARY KEY, role user_role NOT NULL, age integer NOT NULL);";

const SERVER: &str = "import { Body, Controller, Get, Param, ParseIntPipe, Post, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsEmail, IsEnum, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
class ListDto { @IsOptional() @IsInt() @Min(1) @Max(100) limit?: number; @IsEnum(['asc', 'desc']) order: 'asc' | 'desc'; @IsOptional() @IsString() cursor?: string }
class InviteDto { @IsEmail() email: string; @IsString() @MaxLength(40) name: string; @IsOptional() @IsString() note?: string | null; @IsInt() weight: number }
class InviteAnswer { token: string; sentAt: Date; comment: string | null; tries: number }
@Controller('invitations')
export class Invitations {
  @Get() list(@Query() query: ListDto): Promise<InviteAnswer[]> { return h(query); }
  @Get(':number') one(@Param('number', ParseIntPipe) number: number, @Query('full') full?: boolean): Promise<InviteAnswer> { return h(number, full); }
  @Post() create(@Body() body: InviteDto): Promise<InviteAnswer> { return h(body); }
}
const app = await NestFactory.create(Root);
await app.listen(3000);";

const DOCUMENT: &str = "openapi: 3.1.0
paths:
  /invitations:
    get:
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100 } }
        - { name: order, in: query, required: true, schema: { type: string, enum: [asc, desc] } }
      responses: { 200: { content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Invite' } } } } } }
    post:
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/NewInvite' } } } }
      responses: { 201: { content: { application/json: { schema: { $ref: '#/components/schemas/Invite' } } } } }
  /invitations/{number}:
    parameters:
      - { name: number, in: path, required: true, schema: { type: integer } }
    get:
      parameters:
        - { name: full, in: query, schema: { type: boolean } }
      responses: { 200: { content: { application/json: { schema: { $ref: '#/components/schemas/Invite' } } } } }
components:
  schemas:
    Invite:
      type: object
      required: [token, sentAt, comment]
      properties:
        token: { type: string }
        sentAt: { type: string, format: date-time }
        comment: { type: [string, 'null'] }
        tries: { type: integer }
    NewInvite:
      type: object
      required: [email, name, weight]
      properties:
        email: { type: string, format: email }
        name: { type: string, maxLength: 40 }
        note: { type: string }
        weight: { type: integer }
";

fn document(changes: &[(usize, &str)]) -> String {
    let mut lines: Vec<&str> = DOCUMENT.lines().collect();
    for (line, text) in changes {
        lines[line - 1] = text;
    }
    lines.join("\n")
}

fn verified(document: &str, server: &str, keys: &str) -> (Vec<Finding>, Coverage) {
    let facts = read_as(&[("docs/api.yaml", document), ("server.ts", server)], keys);
    let (schema, config, provenance) = (
        test_utils::schema(SQL),
        test_utils::config(keys),
        Provenance::default(),
    );
    checks::verify(&checks::Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &provenance,
    })
}

fn findings(document: &str) -> Vec<Finding> {
    let (mut found, _) = verified(document, SERVER, KEYS);
    // The table of the parameters has no type here.
    found.retain(|finding| !finding.kind.starts_with("MISSING_"));
    found
}

fn in_short(findings: &[Finding]) -> Vec<String> {
    let short = |finding: &Finding| {
        let place = finding
            .location()
            .map_or(String::new(), ToString::to_string);
        format!("{} {place}", finding.kind)
    };
    findings.iter().map(short).collect()
}

fn contract(document: &str, name: &str) -> Contract {
    let facts = read_as(&[("docs/api.yaml", document)], KEYS);
    let mut contracts = facts.contracts.into_iter();
    contracts
        .find(|contract| contract.name == name)
        .expect("the operation")
}

#[test]
fn parameters_are_read_with_their_schemas() {
    let one = contract(DOCUMENT, "GET /invitations/{number}");
    let parts: Vec<RequestPart> = one.inputs.iter().map(|input| input.part).collect();
    assert_eq!(parts, [RequestPart::Query, RequestPart::Path]);
    let path = one.inputs[1].held.as_ref().expect("fields");
    let number = path.field("number").expect("a parameter");
    assert_eq!((&number.kind, number.optional), (&Kind::Number, false));
    assert_eq!(number.location.line, 14);
    let list = contract(DOCUMENT, "GET /invitations");
    let query = list.inputs[0].held.as_ref().expect("fields");
    let limit = query.field("limit").expect("a parameter");
    assert!(limit.optional && limit.constraints.maximum == Some(100.0));
}

#[test]
fn an_operation_hides_the_parameter_of_its_path() {
    let hidden = "        - { name: number, in: path, required: true, schema: { type: string } }\n        - { name: X-Tenant, in: header, schema: { type: string } }\n        - { name: Accept, in: header, schema: { type: string } }\n        - { name: session, in: cookie, schema: { type: string } }";
    let text = document(&[(17, hidden)]);
    let one = contract(&text, "GET /invitations/{number}");
    let [path, header] = one.inputs.as_slice() else {
        panic!("{:?}", one.inputs)
    };
    let of = |part: &crate::facts::RequestFields| {
        let held = part.held.as_ref().expect("fields");
        (held.fields.len(), held.fields[0].kind.clone())
    };
    assert_eq!(of(path), (1, Kind::String));
    assert_eq!(
        (header.part, of(header)),
        (RequestPart::Header, (1, Kind::String))
    );
    let (_, coverage) = verified(&text, SERVER, KEYS);
    let reasons: Vec<&str> = coverage
        .unjudged
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    assert!(
        reasons
            .iter()
            .any(|reason| reason.contains("cookie `session`")),
        "{reasons:?}"
    );
}

#[test]
fn what_agrees_with_the_code_has_no_findings() {
    assert_eq!(in_short(&findings(DOCUMENT)), [""; 0]);
}

#[test]
fn parameters_are_compared_with_what_the_handler_takes() {
    for (line, text, expected) in [
        (
            6,
            "        - { name: limit, in: query, schema: { type: integer, maximum: 500 } }",
            6,
        ),
        (
            6,
            "        - { name: limit, in: query, schema: { type: string, format: uuid } }",
            6,
        ),
        (
            6,
            "        - { name: page, in: query, schema: { type: integer } }",
            6,
        ),
        (
            7,
            "        - { name: order, in: query, schema: { type: string, enum: [asc, desc] } }",
            7,
        ),
        (
            7,
            "        - { name: order, in: query, required: true, schema: { type: string, enum: [up, down] } }",
            7,
        ),
        // The code demands it.
        (7, "", 4),
        (
            14,
            "      - { name: number, in: path, required: true, schema: { type: string, format: uuid } }",
            14,
        ),
        (
            17,
            "        - { name: full, in: query, schema: { type: string, format: email } }",
            17,
        ),
    ] {
        let found = findings(&document(&[(line, text)]));
        let column = match (line, text) {
            (7, "") => 5,
            (14, _) => 11,
            _ => 13,
        };
        assert_eq!(
            in_short(&found),
            [format!(
                "SCHEMA_TYPE_MISMATCH docs/api.yaml:{expected}:{column}"
            )],
            "{text}"
        );
    }
}

#[test]
fn bodies_are_compared_with_classes_that_validate() {
    for (line, text) in [
        (33, "        email: { type: integer }"),
        (34, "        name: { type: string, maxLength: 80 }"),
        (
            34,
            "        name: { type: [string, 'null'], maxLength: 40 }",
        ),
        (35, "        reason: { type: string }"),
        (36, "        weight: { type: string }"),
    ] {
        let found = findings(&document(&[(line, text)]));
        let expected = format!("SCHEMA_TYPE_MISMATCH docs/api.yaml:{line}:9");
        assert_eq!(in_short(&found), [expected], "{text}");
    }
    let found = findings(&document(&[(31, "      required: [email, name]")]));
    assert_eq!(
        in_short(&found),
        ["SCHEMA_TYPE_MISMATCH docs/api.yaml:36:9"]
    );
}

#[test]
fn answers_are_compared_with_what_handlers_return() {
    for (line, text) in [
        (25, "        token: { type: integer }"),
        (27, "        comment: { type: string }"),
        (28, "        tries: { type: string }"),
    ] {
        let found = findings(&document(&[(line, text)]));
        let expected = format!("SCHEMA_TYPE_MISMATCH docs/api.yaml:{line}:9");
        // The same schema stands in three answers, and is compared with one class.
        assert_eq!(in_short(&found), [expected], "{text}");
    }
    let promised = [
        (23, "      required: [token, sentAt, comment, link]"),
        (28, "        link: { type: string }"),
    ];
    assert_eq!(
        in_short(&findings(&document(&promised))),
        ["SCHEMA_TYPE_MISMATCH docs/api.yaml:28:9"]
    );
}

#[test]
fn what_a_document_leaves_unsaid_of_an_operation_is_not_missed() {
    for (line, text) in [
        (
            6,
            "        - { name: limit, in: query, schema: { type: integer } }",
        ),
        (
            6,
            "        - { name: limit, in: query, schema: { type: string } }",
        ),
        (6, ""),
        (33, "        email: { type: string }"),
        (28, ""),
        (
            25,
            "        token: { type: string, format: uuid, maxLength: 10 }",
        ),
    ] {
        let found = findings(&document(&[(line, text)]));
        assert_eq!(in_short(&found), [""; 0], "{text}");
    }
}

#[test]
fn many_fields_of_one_part_are_one_finding() {
    let changes = [
        (33, "        email: { type: integer }"),
        (34, "        name: { type: integer }"),
        (35, "        note: { type: integer }"),
        (36, "        weight: { type: string }"),
    ];
    let found = findings(&document(&changes));
    assert_eq!(in_short(&found), ["SCHEMA_TYPE_MISMATCH docs/api.yaml:9:5"]);
}

#[test]
fn zod_schemas_of_the_same_operation_are_compared() {
    let contracts = "import { z } from 'zod'; import express from 'express';
export const invite = { method: 'POST', path: '/invitations', query: z.object({ dry: z.enum(['yes', 'no']).optional() }),
  body: z.object({ email: z.string(), name: z.string().max(40), note: z.string().optional(), weight: z.number() }) };
const app = express(); app.post('/invitations', h); app.get('/invitations', h); app.get('/invitations/:n', h);";
    let keys = format!("{KEYS}\ncontracts = ['server.ts']");
    let of = |text: &str| {
        let (mut found, _) = verified(text, contracts, &keys);
        found.retain(|finding| finding.kind == "SCHEMA_TYPE_MISMATCH");
        in_short(&found)
    };
    assert_eq!(of(DOCUMENT), [""; 0]);
    let wrong = [(36, "        weight: { type: string }")];
    assert_eq!(
        of(&document(&wrong)),
        ["SCHEMA_TYPE_MISMATCH docs/api.yaml:36:9"]
    );
    let query = [(
        9,
        "    post:\n      parameters: [{ name: dry, in: query, schema: { type: boolean } }, { name: dry2, in: query, schema: { type: string } }]",
    )];
    assert_eq!(
        of(&document(&query)),
        ["SCHEMA_TYPE_MISMATCH docs/api.yaml:10:75"]
    );
}

#[test]
fn schemas_are_compared_with_their_namesakes() {
    let code = "import { z } from 'zod';
export const BadgeSchema = z.object({ label: z.string(), level: z.enum(['low', 'high']), count: z.number() });";
    let schema = "components:\n  schemas:\n    Badge:\n      properties:\n        label: { type: string }\n        level: { type: string, enum: [low, high] }\n        count: { type: integer }";
    let of = |schema: &str| {
        let document = format!("openapi: 3.0.0\npaths: {{}}\n{schema}");
        let (mut found, _) = verified(&document, code, KEYS);
        found.retain(|finding| finding.kind == "SCHEMA_TYPE_MISMATCH");
        in_short(&found)
    };
    assert_eq!(of(schema), [""; 0]);
    assert_eq!(
        of(&schema.replace("enum: [low, high]", "enum: [low, medium, high]")),
        ["SCHEMA_TYPE_MISMATCH docs/api.yaml:8:9"]
    );
    assert_eq!(
        of(&schema.replace("count: { type: integer }", "count: { type: string }")),
        ["SCHEMA_TYPE_MISMATCH docs/api.yaml:9:9"]
    );
}

#[test]
fn parameters_that_name_a_column_are_compared_with_it() {
    let document = |id: &str, role: &str| {
        format!(
            "openapi: 3.0.0\npaths:\n  /users/{{userId}}:\n    get:\n      parameters:\n        - {{ name: userId, in: path, required: true, schema: {id} }}\n      responses: {{}}\n  /users:\n    get:\n      parameters:\n        - {{ name: role, in: query, schema: {role} }}\n      responses: {{}}\n"
        )
    };
    let of = |text: &str| {
        let (mut found, _) = verified(text, "", KEYS);
        found.retain(|finding| finding.kind == "CONTRACT_FIELD_MISMATCH");
        in_short(&found)
    };
    let (uuid, role) = (
        "{ type: string, format: uuid }",
        "{ type: string, enum: [admin, all] }",
    );
    assert_eq!(of(&document(uuid, role)), [""; 0]);
    assert_eq!(
        of(&document("{ type: string }", "{ type: string }")),
        [""; 0]
    );
    assert_eq!(
        of(&document("{ type: integer }", role)),
        ["CONTRACT_FIELD_MISMATCH docs/api.yaml:6:13"]
    );
    assert_eq!(
        of(&document(uuid, "{ type: string, enum: [owner, guest] }")),
        ["CONTRACT_FIELD_MISMATCH docs/api.yaml:11:13"]
    );
}

#[test]
fn callbacks_and_webhooks_are_named_as_not_judged() {
    let text = document(&[
        (
            9,
            "    post:\n      callbacks: { done: { '{$request.body#/url}': { post: { responses: {} } } } }",
        ),
        (
            19,
            "webhooks: { invited: { post: { responses: {} } } }\ncomponents:",
        ),
    ]);
    let (found, coverage) = verified(&text, SERVER, KEYS);
    assert!(found.iter().all(|one| one.kind.starts_with("MISSING_")));
    let named: Vec<String> = coverage
        .unjudged
        .iter()
        .filter(|one| one.reason.contains("the server sends it"))
        .map(|one| format!("{} {}", one.what, one.name))
        .collect();
    assert_eq!(
        named,
        ["contract POST /invitations, done", "contract invited"]
    );
}

#[test]
fn what_handlers_validate_is_compared() {
    let server = "import express from 'express'; import { z } from 'zod';
export const NewInvite = z.object({ email: z.email(), name: z.string().max(40), note: z.string().optional(), weight: z.number() });
const List = z.object({ limit: z.coerce.number().max(100).optional(), order: z.enum(['asc', 'desc']) });
const wrap = (f: any) => f;
async function create(req: any, res: any) { const { data } = NewInvite.safeParse(req.body); res.json(data); }
const app = express();
app.post('/invitations', create);
app.get('/invitations', wrap(async ({ query }: any, res: any) => { const parsed = List.parse(query); res.json(parsed); }));
app.get('/invitations/:n', (req: any, res: any) => { res.json(z.object({ full: z.enum(['a', 'b']).optional() }).parse(req.query)); });";
    let hono = "import { Hono } from 'hono'; import { z } from 'zod'; import { zValidator } from '@hono/zod-validator';
const NewInvite = z.object({ email: z.email(), name: z.string().max(40), note: z.string().optional(), weight: z.number() });
const List = z.object({ limit: z.coerce.number().max(100).optional(), order: z.enum(['asc', 'desc']) });
const app = new Hono();
app.post('/invitations', async (c) => { const body = await c.req.json().catch(() => ({})); return c.json(NewInvite.parse(body)); });
app.get('/invitations', zValidator('query', List), (c) => c.json([]));
app.get('/invitations/:n', zValidator('query', z.object({ full: z.enum(['a', 'b']).optional() })), (c) => c.json({}));
export default app;";
    let fastify = "import Fastify from 'fastify'; import { z } from 'zod';
const NewInvite = z.object({ email: z.email(), name: z.string().max(40), note: z.string().optional(), weight: z.number() });
const List = z.object({ limit: z.coerce.number().max(100).optional(), order: z.enum(['asc', 'desc']) });
const app = Fastify();
app.post('/invitations', { schema: { body: NewInvite } }, async (request) => request.body);
app.get('/invitations', { schema: { querystring: List } }, async () => []);
app.get('/invitations/:n', async (request) => z.object({ full: z.enum(['a', 'b']).optional() }).parse(request.query));";
    let changes = [
        (
            7,
            "        - { name: order, in: query, schema: { type: string, enum: [asc, desc] } }",
        ),
        (
            17,
            "        - { name: full, in: query, schema: { type: integer } }",
        ),
        (36, "        weight: { type: string }"),
    ];
    let wrong = document(&changes);
    let right = document(&[(
        17,
        "        - { name: full, in: query, schema: { type: string } }",
    )]);
    for code in [server, hono, fastify] {
        let of = |text: &str| {
            let (mut found, _) = verified(text, code, KEYS);
            found.retain(|finding| finding.kind == "SCHEMA_TYPE_MISMATCH");
            in_short(&found)
        };
        assert_eq!(of(&right), [""; 0], "{code}");
        let expected = [
            "SCHEMA_TYPE_MISMATCH docs/api.yaml:7:13",
            "SCHEMA_TYPE_MISMATCH docs/api.yaml:17:13",
            "SCHEMA_TYPE_MISMATCH docs/api.yaml:36:9",
        ];
        assert_eq!(of(&wrong), expected, "{code}");
    }
}

#[test]
fn the_signature_of_a_handler_does_not_stand_for_a_document() {
    let text = document(&[(9, "    x-post:")]);
    let (found, _) = verified(&text, SERVER, KEYS);
    assert_eq!(in_short(&found), ["MISSING_API_CONTRACT server.ts:11:4"]);
}

#[test]
fn sets_that_differ_are_told_by_their_differences() {
    let document = "openapi: 3.0.0\npaths: {}\ncomponents:\n  schemas:\n    Notice:\n      type: object\n      properties:\n        kind: { type: string, enum: [a, b, old] }\n        text: { type: string }\n";
    let code = "import { z } from 'zod';\nexport const NoticeSchema = z.object({ kind: z.enum(['a', 'b', 'new']), text: z.string() });";
    let (mut found, _) = verified(document, code, KEYS);
    found.retain(|finding| finding.kind == "SCHEMA_TYPE_MISMATCH");
    let [finding] = found.as_slice() else {
        panic!("{found:#?}");
    };
    let end = "only the document has 'old', only the code has 'new'";
    assert!(finding.message.ends_with(end), "{}", finding.message);
}

#[test]
fn what_a_handler_reads_beside_a_schema_is_not_dropped() {
    let document = "openapi: 3.0.0\npaths:\n  /things:\n    get:\n      parameters:\n        - { name: limit, in: query, schema: { type: integer } }\n        - { name: search, in: query, schema: { type: string } }\n      responses: {}\n";
    let server = |reads: &str| {
        format!(
            "import express from 'express'; import {{ z }} from 'zod';
const Page = z.object({{ limit: z.coerce.number().optional() }});
const app = express();
app.get('/things', (req: any, res: any) => {{ const page = Page.parse(req.query); {reads} res.json(page); }});"
        )
    };
    let of = |reads: &str| {
        let (mut found, _) = verified(document, &server(reads), KEYS);
        found.retain(|finding| finding.kind == "SCHEMA_TYPE_MISMATCH");
        in_short(&found)
    };
    assert_eq!(of(""), ["SCHEMA_TYPE_MISMATCH docs/api.yaml:7:13"]);
    for reads in [
        "find(req.query.search);",
        "const { search } = req.query;",
        "const query = req.query; find(query.search);",
        "find(req.query);",
        "find(paged(req));",
    ] {
        assert_eq!(of(reads), [""; 0], "{reads}");
    }
}
