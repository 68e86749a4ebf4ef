//! A schema as the checks see it: findings with their places and suggestions, and what is said of
//! schemas that are not judged.

use crate::checks::{self, test_utils};
use crate::facts::Facts;
use crate::fixes;
use crate::readers::{self, Input};
use crate::report::{Finding, SourceTexts};
use crate::schema::provenance::Provenance;
use crate::tree::MemoryTree;

const DATASOURCE: &str = "datasource db {\n  provider = \"postgresql\"\n}\n";

fn facts(files: &[(&str, &str)], keys: &str) -> Facts {
    let tree = MemoryTree::new(files.iter().copied());
    readers::read(&Input {
        tree: &tree,
        config: &test_utils::config(&format!("types = []\n{keys}")),
        cache: None,
    })
    .expect("files in memory")
}

fn findings(sql: &str, schema: &str) -> Vec<Finding> {
    let mut findings = findings_beside(sql, schema, "", "");
    let mut sources = SourceTexts::default();
    sources.insert("schema.prisma".into(), schema.into());
    fixes::place(&mut findings, &sources);
    findings
}

/// The findings of a schema and of `code` beside it, which `roles` names.
fn findings_beside(sql: &str, schema: &str, code: &str, roles: &str) -> Vec<Finding> {
    let roles = match roles {
        "" => "types = []",
        roles => roles,
    };
    let config = test_utils::config(&format!("{roles}\nprisma = ['*.prisma']"));
    let tree = MemoryTree::new([("schema.prisma", schema), ("code.ts", code)]);
    let facts = readers::read(&Input {
        tree: &tree,
        config: &config,
        cache: None,
    })
    .expect("files in memory");
    let input = checks::Input {
        schema: &test_utils::schema(sql),
        facts: &facts,
        config: &config,
        provenance: &Provenance::default(),
    };
    checks::verify(&input).0
}

/// The schema after the suggestion of the only finding.
fn suggested(sql: &str, schema: &str) -> String {
    let found = findings(sql, schema);
    let [finding] = found.as_slice() else {
        panic!("{found:#?}");
    };
    let suggestion = finding.suggestion.as_ref().expect("a suggestion");
    assert!(!suggestion.safe, "a person looks at it");
    let mut text = schema.to_owned();
    text.replace_range(suggestion.span.range(), &suggestion.replacement);
    text
}

#[test]
fn fields_get_what_their_columns_have() {
    let model = |line: &str| format!("model users {{\n  id Int @id\n{line}\n}}");
    let users = |column: &str| format!("CREATE TABLE users (id integer PRIMARY KEY, {column});");
    let cases = [
        ("bio text", "  bio String", "  bio String?"),
        (
            "bio text NOT NULL",
            "  bio String? @db.Text",
            "  bio String @db.Text",
        ),
        (
            "bio varchar(10) NOT NULL",
            "  bio String // short",
            "  bio String @db.VarChar(10) // short",
        ),
        (
            "bio text NOT NULL",
            "  bio String @map(\"bio\") @db.VarChar(10) @unique",
            "  bio String @map(\"bio\") @unique",
        ),
        ("age bigint", "  age Int? @db.SmallInt", "  age BigInt?"),
        ("tags int4[] NOT NULL", "  tags BigInt[]", "  tags Int[]"),
        (
            "made_at timestamp(3) NOT NULL DEFAULT now()",
            "  made DateTime @map(\"made_at\")",
            "  made DateTime @default(now()) @map(\"made_at\")",
        ),
        (
            "state text NOT NULL DEFAULT 'a'",
            "  state String",
            "  state String @default(\"a\")",
        ),
    ];
    for (column, before, after) in cases {
        let sql = if before.contains("@unique") {
            users(&format!("{column}, UNIQUE (bio)"))
        } else {
            users(column)
        };
        assert_eq!(suggested(&sql, &model(before)), model(after), "{column}");
    }
}

#[test]
fn a_missing_field_is_added_behind_that_of_the_column_before_it() {
    let sql = "CREATE TABLE users (id integer PRIMARY KEY, full_name varchar(20), made_at timestamp(3) NOT NULL);";
    let schema = "model User {\n  id Int @id // key\n  madeAt DateTime @map(\"made_at\")\n  @@map(\"users\")\n}";
    assert_eq!(
        suggested(sql, schema),
        "model User {\n  id Int @id // key\n  fullName String? @map(\"full_name\") @db.VarChar(20)\n  madeAt DateTime @map(\"made_at\")\n  @@map(\"users\")\n}"
    );
}

#[test]
fn an_enum_gets_the_values_that_it_lacks() {
    let sql = "CREATE TYPE Role AS ENUM ('admin', 'user'); CREATE TABLE users (id integer PRIMARY KEY, role Role NOT NULL);";
    let schema = "enum Role {\n  admin\n}\nmodel users {\n  id Int @id\n  role Role\n}";
    let found = findings(sql, schema);
    assert_eq!(found.len(), 1, "{found:#?}");
    let suggestion = found[0].suggestion.as_ref().expect("a suggestion");
    assert_eq!(suggestion.replacement, "\n  user");
}

#[test]
fn values_of_an_enum_may_have_other_names_in_the_client() {
    let sql = "CREATE TYPE Role AS ENUM ('admin', 'user'); CREATE TABLE users (id integer PRIMARY KEY, role Role NOT NULL);";
    let right = "enum Role {\n  ADMIN @map(\"admin\")\n  USER @map(\"user\")\n}\nmodel users {\n  id Int @id\n  role Role @default(USER)\n}";
    let found = findings(
        &sql.replace("role Role NOT NULL", "role Role NOT NULL DEFAULT 'user'"),
        right,
    );
    assert!(found.is_empty(), "{found:#?}");
    let wrong = right.replace("\"user\"", "\"member\"");
    let kinds: Vec<_> = findings(sql, &wrong).iter().map(|one| one.kind).collect();
    assert_eq!(kinds, ["ORM_DEFAULT_MISMATCH", "ENUM_MISMATCH"]);
}

#[test]
fn lists_are_never_null_to_the_client() {
    let sql = "CREATE TABLE users (id integer PRIMARY KEY, tags text[], marks text[] NOT NULL);";
    let schema = "model users {\n  id Int @id\n  tags String[]\n  marks String[]\n}";
    assert!(findings(sql, schema).is_empty());
}

#[test]
fn tables_of_relations_need_no_model() {
    let sql = "CREATE TABLE Post (id integer PRIMARY KEY); CREATE TABLE Tag (id text PRIMARY KEY); \
        CREATE TABLE _PostToTag (A integer NOT NULL REFERENCES public.\"Post\"(id) ON DELETE CASCADE, B text NOT NULL REFERENCES public.\"Tag\"(id) ON DELETE CASCADE, UNIQUE (A, B));";
    let schema = "model Tag {\n  id String @id\n  posts Post[]\n}\nmodel Post {\n  id Int @id\n  tags Tag[]\n}";
    assert!(
        findings(sql, schema).is_empty(),
        "{:#?}",
        findings(sql, schema)
    );
    let without = sql.split_once(" CREATE TABLE _").expect("three tables").0;
    let found = findings(without, schema);
    let places: Vec<_> = found
        .iter()
        .map(|one| format!("{} {}", one.kind, one.location().expect("a place")))
        .collect();
    assert_eq!(places, ["MISSING_TABLE schema.prisma:7:3"]);
}

#[test]
fn a_finding_is_ignored_where_the_schema_says_so() {
    let sql = "CREATE TABLE users (id integer PRIMARY KEY, bio text);";
    let schema = "model users {\n  id Int @id\n  // db-verify-ignore NULLABILITY_MISMATCH: filled in\n  bio String\n}";
    assert!(findings(sql, schema).is_empty());
}

#[test]
fn schemas_are_looked_for_where_prisma_is_the_driver() {
    let schema = format!("{DATASOURCE}model A {{\n  id Int @id\n}}");
    let mysql = schema.replace("postgresql", "mysql");
    let files = [
        ("db/schema.prisma", schema.as_str()),
        ("other/schema.prisma", mysql.as_str()),
    ];
    let names = |facts: &Facts| -> Vec<String> {
        facts
            .tables
            .iter()
            .map(|one| one.location.to_string())
            .collect()
    };
    assert_eq!(names(&facts(&files, "")), [""; 0], "nobody asked for it");
    let found = facts(&files, "driver = 'prisma'");
    assert_eq!(names(&found), ["db/schema.prisma:4:7"]);
    assert_eq!(found.problems, []);
    let both = [files[0], ("b/schema.prisma", schema.as_str())];
    let several = facts(&both, "driver = 'prisma'");
    assert_eq!(names(&several), [""; 0]);
    assert!(
        several.problems[0]
            .message
            .starts_with("2 Prisma schemas are for PostgreSQL")
    );
    let beside = facts(&both, "driver = 'prisma'\nmigrations = 'b/migrations'");
    assert_eq!(names(&beside), ["b/schema.prisma:4:7"]);
}

#[test]
fn what_cannot_be_read_is_a_problem_at_its_place() {
    let broken = format!(
        "{DATASOURCE}model A {{\n  id Int @id\n  broken\n  name String @default(\n  other String\n}}\nmodel B {{\n  id Int @id\n}}\nmodel"
    );
    let found = facts(&[("a.prisma", &broken)], "prisma = ['*.prisma']");
    let names: Vec<&str> = found.tables.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["A", "B"]);
    let fields: Vec<&str> = found.tables[0]
        .fields
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(fields[0], "id");
    let problems: Vec<String> = found
        .problems
        .iter()
        .map(|one| format!("{}: {}", one.location, one.message))
        .collect();
    assert_eq!(problems[0], "a.prisma:6:3: field `broken` has no type");
    assert!(
        problems
            .last()
            .expect("several")
            .contains("the name of the block"),
        "{problems:?}"
    );
    let mysql = facts(
        &[("a.prisma", "datasource db {\n  provider = \"mysql\"\n}")],
        "prisma = ['*.prisma']",
    );
    assert_eq!(
        mysql.problems[0].message,
        "the schema is not judged: its provider is `mysql`, not `postgresql`"
    );
}

#[test]
fn no_text_makes_the_parser_stop() {
    for text in [
        "",
        "}",
        "model",
        "model A {",
        "enum E { a @",
        "model A { b C(",
        "\"",
        "/*",
        "@@",
        "model A { x Int @default([[[[",
    ] {
        let found = facts(&[("a.prisma", text)], "prisma = ['*.prisma']");
        assert!(found.tables.len() < 2, "{text}");
    }
    let nested = format!("model A {{ b Int @c({}", "[".repeat(100_000));
    assert_eq!(
        facts(&[("a.prisma", &nested)], "prisma = ['*.prisma']")
            .tables
            .len(),
        0
    );
}

#[test]
fn a_schema_with_no_name_of_its_own_is_of_no_model_called_model() {
    let sql = "CREATE TABLE \"Model\" (id integer PRIMARY KEY, type text NOT NULL);";
    let model = "model Model {\n  id Int @id\n  type String\n}";
    let of = |name: &str| {
        let code = format!(
            "import {{ z }} from 'zod';\nexport const {name} = z.object({{ id: z.string(), type: z.string() }});"
        );
        let found = findings_beside(sql, model, &code, "types = []\nvalidation = ['*.ts']");
        let kinds = found.iter().map(|finding| finding.kind);
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(of("modelSchema"), ["VALIDATION_TYPE_MISMATCH"]);
    assert_eq!(of("schema"), ["MISSING_VALIDATION_SCHEMA"]);
}

#[test]
fn tables_of_a_query_builder_beside_the_models_have_values_of_another_driver() {
    let sql = "CREATE TABLE files (id integer PRIMARY KEY, size bigint NOT NULL);";
    let model = "model files {\n  id Int @id\n  size BigInt\n}";
    let roles = "driver = 'prisma'\ntypes = ['*.ts']";
    let of = |size: &str, database: &str| {
        let code = format!("export interface FileRow {{ id: number; size: {size} }}\n{database}");
        let found = findings_beside(sql, model, &code, roles);
        let kinds = found.iter().map(|finding| finding.kind);
        kinds.collect::<Vec<_>>()
    };
    let listed = "export interface DB { files: FileRow }";
    assert_eq!(of("bigint", ""), [""; 0]);
    assert_eq!(of("string", ""), ["TYPE_MISMATCH"]);
    assert_eq!(of("string", listed), [""; 0]);
    assert_eq!(of("boolean", listed), ["TYPE_MISMATCH"]);
}
