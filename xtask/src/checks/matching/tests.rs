//! Which declaration describes which table, and what the report says of those that are not judged.

use super::super::test_utils::{config, facts, schema};
use super::super::{Input, Model, verify};
use super::Role;
use crate::schema::provenance::Provenance;
use crate::source::{LineIndex, Span};

const TABLES: &str = "CREATE TABLE users (id uuid NOT NULL); CREATE TABLE bills (id uuid NOT NULL); \
                      CREATE TABLE votes (id uuid NOT NULL);";

/// `table role` of the declaration `name`.
fn described(name: &str, sql: &str, ts: &str, keys: &str) -> Vec<String> {
    let (schema, config, provenance) = (schema(sql), config(keys), Provenance::default());
    let facts = facts(ts, &config);
    let model = Model::new(Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &provenance,
    });
    let of_name = model
        .descriptions()
        .filter(|(_, description)| description.declaration.name == name);
    of_name
        .map(|(described, description)| {
            format!("{} {:?}", described.entity.title(), description.role)
        })
        .collect()
}

#[test]
fn the_configuration_comes_before_a_tag_a_tag_before_a_link_and_a_link_before_a_name() {
    let named = "export interface UserRow { id: string }";
    let linked = format!("{named}\nexport interface DB {{ votes: UserRow }}");
    let tagged = format!("/** @table bills */\n{linked}");
    let map = "map.users.insert = ['UserRow']";
    assert_eq!(described("UserRow", TABLES, named, ""), ["users Row"]);
    assert_eq!(described("UserRow", TABLES, &linked, ""), ["votes Row"]);
    assert_eq!(described("UserRow", TABLES, &tagged, ""), ["bills Row"]);
    assert_eq!(described("UserRow", TABLES, &tagged, map), ["users Insert"]);
}

#[test]
fn answers_and_inputs_are_called_by_verb_and_thing() {
    let users =
        "CREATE TABLE users (id text PRIMARY KEY, email text NOT NULL, role text NOT NULL);";
    let of_zod = "types = []\nvalidation = ['**/*.ts']";
    let object = "z.object({ id: z.string(), email: z.string() })";
    for (name, schema, expected) in [
        (
            "getUserOutputSchema",
            object.to_owned(),
            "users OutputSchema",
        ),
        (
            "listUsersOutputSchema",
            format!("z.array({object})"),
            "users OutputSchema",
        ),
        (
            "createUserOutputSchema",
            object.to_owned(),
            "users OutputSchema",
        ),
        ("zUserInput", object.to_owned(), "users UpdateSchema"),
        (
            "ZGetUserResponseSchema",
            object.to_owned(),
            "users OutputSchema",
        ),
    ] {
        let ts = format!("import {{ z }} from 'zod';\nexport const {name} = {schema};");
        assert_eq!(described(name, users, &ts, of_zod), [expected], "{name}");
    }
}

#[test]
fn what_nothing_is_named_after_is_described_by_what_is_much_like_it() {
    let jobs = "CREATE TABLE private_jobs (id bigint NOT NULL, task text NOT NULL, run_at timestamptz NOT NULL, note text);";
    let fields = "id: string; task: string; run_at: Date";
    let whole = format!("export interface DbJob {{ {fields}; note: string | null }}");
    assert_eq!(described("DbJob", jobs, &whole, ""), ["private_jobs Row"]);
    // A type of the table's own name comes first, and what has other fields or another name is
    // another thing.
    let own =
        format!("{whole}\nexport interface PrivateJobRow {{ {fields}; note: string | null }}");
    assert_eq!(described("DbJob", jobs, &own, ""), [""; 0]);
    for other in [
        "interface DbTask { id: string; task: string; run_at: Date }",
        "interface DbJob { id: string; url: string }",
    ] {
        assert_eq!(
            described("DbJob", jobs, &format!("export {other}"), ""),
            [""; 0],
            "{other}"
        );
    }
    let class = "import { PrivateJobs } from '@prisma/client';\nexport class Work implements PrivateJobs { id!: bigint; task!: string; runAt!: Date; note!: string | null }";
    assert_eq!(described("Work", jobs, class, ""), ["private_jobs Row"]);
}

#[test]
fn a_second_type_of_a_table_is_judged_beside_the_first() {
    let sql = "CREATE TABLE users (id uuid NOT NULL, name text NOT NULL, note text)";
    let row = "export interface UserModel { id: string; name: string; note: string | null }";
    let second =
        "export interface IUser { id: number; name: string; note: string | null; old: string[] }";
    let ts = format!("{row}\n{second}");
    assert_eq!(described("UserModel", sql, &ts, ""), ["users Row"]);
    assert_eq!(described("IUser", sql, &ts, ""), ["users Domain"]);
    assert_eq!(described("IUser", sql, second, ""), ["users Row"]);
    // What is much less, and what is called after another thing, is none.
    for other in [
        "interface IUser { id: string; name: string; a: 1; b: 2 }",
        "interface IUserNote { id: string; name: string; note: string | null }",
    ] {
        let name = other.split(' ').nth(1).expect("a name");
        let ts = format!("{row}\nexport {other}");
        assert_eq!(described(name, sql, &ts, ""), [""; 0], "{other}");
    }
}

#[test]
fn schemas_are_named_with_the_verb_before_or_after_the_thing() {
    let sql = "CREATE TABLE users (id uuid NOT NULL, name text NOT NULL);";
    let keys = "types = []\nvalidation = ['**/*.ts']";
    for (name, role) in [
        ("createUserSchema", "users InsertSchema"),
        ("userCreateSchema", "users InsertSchema"),
        ("UserInsertSchema", "users InsertSchema"),
        ("userUpdateSchema", "users UpdateSchema"),
        ("user_patch_schema", "users UpdateSchema"),
        ("userFormSchema", "users UpdateSchema"),
        ("userInputSchema", "users UpdateSchema"),
        ("newUserInput", "users UpdateSchema"),
        ("upsertUserSchema", "users UpdateSchema"),
        ("userEditFormSchema", "users UpdateSchema"),
        ("userResponseSchema", "users OutputSchema"),
        // Nothing says that it is of what comes in.
        ("editUser", ""),
        ("userPayload", ""),
        ("searchUserSchema", ""),
    ] {
        let ts = format!(
            "import {{ z }} from 'zod';\nexport const {name} = z.object({{ name: z.string() }});"
        );
        assert_eq!(described(name, sql, &ts, keys).concat(), role, "{name}");
    }
}

#[test]
fn what_a_query_returns_is_no_row() {
    let sql = "CREATE TABLE shares (id uuid NOT NULL, shop_id uuid NOT NULL, name text NOT NULL, note text);";
    let columns = "id: string; name: string; note: string | null";
    for (others, role) in [
        ("with: string[]; items: number", "shares Domain"),
        (
            "owner: string; items: number; seen: number",
            "shares Domain",
        ),
        // One or two were forgotten.
        ("owner: string; items: number", "shares Row"),
        ("with: string[]", "shares Row"),
    ] {
        let ts = format!("export interface ShareRow {{ {columns}; {others} }}");
        assert_eq!(described("ShareRow", sql, &ts, ""), [role], "{others}");
        // Whoever says that it is of the table means the row.
        let tagged = format!("/** @table shares */\n{ts}");
        assert_eq!(described("ShareRow", sql, &tagged, ""), ["shares Row"]);
    }
}

#[test]
fn a_schema_describes_what_the_type_does_that_it_says_to_be_of() {
    let sql = "CREATE TABLE users (id uuid NOT NULL, name text NOT NULL);";
    let types = "import { z } from 'zod';\nimport { Guard } from './guard';\n\
                 export type User = { id: string; name: string };\nexport type CreateUser = { id?: string; name: string };\n";
    let shape = "z.object({ id: z.string(), name: z.string() })";
    for (of, role) in [
        ("User", "users Schema"),
        ("CreateUser", "users InsertSchema"),
    ] {
        for declared in [
            format!("const guard: Guard<{of}> = {shape};"),
            format!("const guard: z.ZodType<{of}, z.ZodTypeDef, unknown> = {shape};"),
            format!("const guard = {shape} satisfies z.ZodType<{of}>;"),
        ] {
            let keys = "types = ['**/*.ts']\nvalidation = ['**/*.ts']";
            assert_eq!(
                described("guard", sql, &format!("{types}{declared}"), keys),
                [role],
                "{declared}"
            );
        }
    }
    let wide = "CREATE TABLE users (id uuid NOT NULL, name text NOT NULL, a text, b text, c text);";
    let part = format!("{types}const guard: Guard<User> = {shape};");
    assert_eq!(
        described(
            "guard",
            wide,
            &part,
            "types = ['**/*.ts']\nvalidation = ['**/*.ts']"
        ),
        [""; 0]
    );
}

#[test]
fn what_has_nearly_all_columns_outdoes_a_better_name() {
    let scopes = "CREATE TABLE scopes (id text NOT NULL, name text NOT NULL, tenant text NOT NULL, note text);";
    let whole =
        "export type Scope = { id: string; name: string; tenant: string; note: string | null };";
    let part = "export type ScopeEntity = { id: string; name: string };";
    let both = format!("{whole}\n{part}");
    assert_eq!(described("Scope", scopes, &both, ""), ["scopes Row"]);
    assert_eq!(
        described("ScopeEntity", scopes, &both, ""),
        ["scopes Domain"]
    );
    assert_eq!(described("ScopeEntity", scopes, part, ""), ["scopes Row"]);
}

/// In a table of three columns one odd field would say that the type is of another thing, if the
/// migrations did not know it.
#[test]
fn columns_that_were_speak_for_a_type() {
    let place = LineIndex::new("migrations/V2__x.sql".into(), "x".into()).location(Span::default());
    let (schema, config) = (
        schema("CREATE TABLE codes (code text NOT NULL, label text NOT NULL, value text)"),
        config(""),
    );
    let ts = "export interface Code { code: string; description: string; value: string | null }";
    let facts = facts(ts, &config);
    let mut provenance = Provenance::default();
    let table = schema.tables.keys().next().expect("a table").clone();
    provenance.touch_column(table.clone(), "description", place.clone());
    provenance.rename_column(&table, "description", "label", place);
    let input = Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &provenance,
    };
    let model = Model::new(input);
    assert_eq!(
        model
            .descriptions()
            .map(|(_, one)| one.role)
            .collect::<Vec<_>>(),
        [Role::Row]
    );
    let (findings, _) = verify(&input);
    let titles: Vec<_> = findings.iter().map(crate::report::Finding::title).collect();
    assert_eq!(
        titles,
        ["codes: Missing field 'label' in type `Code`, which has 'description'"]
    );
}

#[test]
fn a_type_that_is_called_like_a_row_of_a_table_that_was_dropped_is_found() {
    let place = LineIndex::new("migrations/V2__x.sql".into(), "x".into()).location(Span::default());
    let (schema, config) = (
        schema("CREATE TABLE codes (code text NOT NULL)"),
        config(""),
    );
    let ts = "export interface CodeRow { code: string }\nexport class ToolEntity { id!: string }\n\
              export interface Tool { colour: string }\nexport interface NewTool { id: string }";
    let facts = facts(ts, &config);
    let mut provenance = Provenance::default();
    provenance.lose_table(crate::schema::model::ObjectName::public("tools"), place);
    let input = Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &provenance,
    };
    let titles: Vec<_> = verify(&input)
        .0
        .iter()
        .map(crate::report::Finding::title)
        .collect();
    assert_eq!(
        titles,
        ["tools: Table 'tools' does not exist, and `ToolEntity` describes it"]
    );
}

#[test]
fn the_fields_of_a_projection_are_judged_and_what_it_lacks_is_one_note() {
    let sql = "CREATE TABLE users (id uuid NOT NULL, email text NOT NULL, bio text, age integer NOT NULL, city text);";
    let ts = "export interface UserRow { id: string; email: number }";
    let (schema, config, provenance) = (schema(sql), config(""), Provenance::default());
    let facts = facts(ts, &config);
    let (findings, coverage) = verify(&Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &provenance,
    });
    assert_eq!(
        findings
            .iter()
            .map(|one| (one.kind, one.field.as_deref()))
            .collect::<Vec<_>>(),
        [("TYPE_MISMATCH", Some("email"))]
    );
    let notes: Vec<_> = coverage
        .unjudged
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    assert_eq!(notes, ["holds 2 of 5 columns: taken for a projection"]);
}

#[test]
fn the_coverage_names_what_was_not_judged() {
    let ts = "import { z } from 'zod';\nimport { Far } from 'far-away';\nexport interface UserRow { id: string }\n\
              export type BillRow = Far<'x'>;\nexport type Props = Far<'y'>;\nexport const LoginSchema = z.object({ user: z.string(), password: z.string() });";
    let (schema, provenance) = (schema(TABLES), Provenance::default());
    let config = config(
        "types = ['**/*.ts']\nvalidation = ['**/*.ts']\nseverity = { MISSING_TYPE = 'off', MISSING_VALIDATION_SCHEMA = 'off', UNRESOLVED_TYPE = 'off' }",
    );
    let facts = facts(ts, &config);
    let (findings, coverage) = verify(&Input {
        schema: &schema,
        facts: &facts,
        config: &config,
        provenance: &provenance,
    });
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(
        (
            coverage.tables,
            coverage.tables_with_type,
            coverage.tables_with_schema
        ),
        (3, 2, 0)
    );
    // `Props` is compared with nothing, so that nothing is left out.
    let named: Vec<_> = coverage
        .unjudged
        .iter()
        .map(|one| (one.what, one.name.as_str()))
        .collect();
    assert_eq!(named, [("type", "BillRow"), ("schema", "LoginSchema")]);
}
