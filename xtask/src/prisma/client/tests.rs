//! Types of the client, as the TypeScript reader finds them where no client is.

use crate::checks::test_utils;
use crate::checks::wording;
use crate::facts::{Declaration, Facts};
use crate::readers::{self, Input};
use crate::tree::MemoryTree;

const SCHEMA: &str = "datasource db {\n  provider = \"postgresql\"\n}\n\
    generator js {\n  provider = \"prisma-client-js\"\n}\n\
    generator ts {\n  provider = \"prisma-client\"\n  output = \"../src/generated\"\n}\n\
    enum Role {\n  ADMIN @map(\"admin\")\n  MEMBER @map(\"member\")\n}\n\
    model User {\n  id Int @id @default(autoincrement())\n  email String\n  name String? @map(\"full_name\")\n  role Role @default(MEMBER)\n\
      balance Decimal\n  visits BigInt\n  data Json?\n  tags String[]\n  createdAt DateTime @default(now())\n  secret String? @ignore\n\
      place Unsupported(\"circle\")?\n  posts Post[]\n}\n\
    model Post {\n  id String @id @default(cuid())\n  title String\n  authorId Int\n  author User @relation(fields: [authorId], references: [id])\n}\n";

fn read(ts: &str) -> Facts {
    let tree = MemoryTree::new([("prisma/schema.prisma", SCHEMA), ("src/a.ts", ts)]);
    let config = test_utils::config("types = ['src/*.ts']\nprisma = ['prisma/*.prisma']");
    readers::read(&Input {
        tree: &tree,
        config: &config,
        cache: None,
    })
    .expect("files in memory")
}

/// The fields of the type `name`: `id?: number | null`.
fn fields(facts: &Facts, name: &str) -> String {
    let mut types = facts.types.iter();
    let ty: &Declaration = types.find(|ty| ty.name == name).expect("a type");
    assert_eq!(ty.unresolved, None, "{name}");
    let field = |field: &crate::facts::Field| {
        let absent = if field.optional { "?" } else { "" };
        let null = if field.nullable { " | null" } else { "" };
        format!(
            "{}{absent}: {}{null}",
            field.name,
            wording::kind(&field.kind)
        )
    };
    let all: Vec<String> = ty.fields.iter().map(field).collect();
    all.join(", ")
}

#[test]
fn models_and_enums_are_what_the_schema_says() {
    let facts = read(
        "import { type User, Role, $Enums, Prisma } from '@prisma/client';\nimport type { Post } from './generated/client';\n\
         export type UserRow = User;\nexport type PostRow = Post;\n\
         export interface Mine { a: Role; b: $Enums.Role; c: typeof Role.ADMIN; d: Prisma.Decimal; e: Prisma.JsonValue }",
    );
    assert_eq!(
        fields(&facts, "UserRow"),
        "id: number, email: string, name: string | null, role: 'ADMIN' | 'MEMBER', balance: object, visits: bigint, \
         data: any, tags: string[], createdAt: Date"
    );
    assert_eq!(
        fields(&facts, "PostRow"),
        "id: string, title: string, authorId: number"
    );
    assert_eq!(
        fields(&facts, "Mine"),
        "a: 'ADMIN' | 'MEMBER', b: 'ADMIN' | 'MEMBER', c: 'ADMIN', d: object, e: any"
    );
}

#[test]
fn a_field_of_a_model_stands_in_the_schema() {
    let facts = read("import type { User } from '@prisma/client';\nexport type UserRow = User;");
    let field = facts.types[0].field("email").expect("a field");
    assert_eq!(field.location.to_string(), "prisma/schema.prisma:17:3");
    assert_eq!(field.value, None, "nothing of it can be changed here");
}

#[test]
fn payloads_have_what_a_query_asks_for() {
    let facts = read(
        "import { Prisma } from '@prisma/client';\n\
         export type All = Prisma.PostGetPayload<{ include: { author: true } }>;\n\
         export type Some = Prisma.UserGetPayload<{ select: { id: true; name: false; posts: { select: { title: true } } } }>;\n\
         const args = Prisma.validator<Prisma.PostDefaultArgs>()({ select: { id: true } });\n\
         export type Valid = Prisma.PostGetPayload<typeof args>;\n\
         const select = { id: true, title: true } satisfies Prisma.PostSelect;\n\
         export type Satisfied = Prisma.PostGetPayload<{ select: typeof select }>;\n\
         export type Omitted = Prisma.PostGetPayload<{ omit: { title: true } }>;",
    );
    assert_eq!(
        fields(&facts, "All"),
        "id: string, title: string, authorId: number, author: object"
    );
    assert_eq!(fields(&facts, "Some"), "id: number, posts: object[]");
    assert_eq!(fields(&facts, "Valid"), "id: string");
    assert_eq!(fields(&facts, "Satisfied"), "id: string, title: string");
    assert_eq!(fields(&facts, "Omitted"), "id: string, authorId: number");
}

#[test]
fn inputs_may_lack_what_is_filled_in() {
    let facts = read(
        "import type { Prisma } from '@prisma/client';\n\
         export type NewPost = Prisma.PostCreateInput;\nexport type NewPosts = Prisma.PostCreateManyInput;\n\
         export type UserPatch = Prisma.UserUpdateInput;",
    );
    assert_eq!(
        fields(&facts, "NewPost"),
        "id?: string, title: string, author: any",
        "the relation stands for its key"
    );
    assert_eq!(
        fields(&facts, "NewPosts"),
        "id?: string, title: string, authorId: number"
    );
    let patch = fields(&facts, "UserPatch");
    assert!(
        patch.starts_with("email?: string, name?: string | null"),
        "{patch}"
    );
}

#[test]
fn what_describes_no_data_is_of_the_package_still() {
    let facts = read(
        "import { PrismaClient, type Prisma } from '@prisma/client';\nexport interface Mine { a: PrismaClient; b: Prisma.UserWhereInput }",
    );
    let reasons: Vec<String> = facts.types[0]
        .fields
        .iter()
        .map(|field| format!("{:?}", field.kind))
        .collect();
    assert!(
        reasons[0].contains("`PrismaClient` comes from the package `@prisma/client`"),
        "{reasons:?}"
    );
    assert!(reasons[1].contains("`UserWhereInput`"), "{reasons:?}");
}

#[test]
fn the_client_and_its_schema_are_found_wrong_once() {
    let ts = "import type { User, Prisma } from '@prisma/client';\nexport type UserRow = User;\nexport type NewUser = Prisma.UserCreateInput;";
    let sql = "CREATE TYPE Role AS ENUM ('admin', 'member'); CREATE TABLE User (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, \
        full_name text, role Role NOT NULL DEFAULT 'member', balance numeric(65,30) NOT NULL, visits bigint NOT NULL, data jsonb, tags text[], \
        createdAt timestamp(3) NOT NULL DEFAULT now(), secret text, place circle); \
        CREATE TABLE Post (id text PRIMARY KEY, title text NOT NULL, authorId integer NOT NULL REFERENCES public.\"User\"(id));";
    let facts = read(ts);
    let config = test_utils::config("types = ['src/*.ts']\nprisma = ['prisma/*.prisma']");
    let found = crate::checks::verify(&crate::checks::Input {
        schema: &test_utils::schema(sql),
        facts: &facts,
        config: &config,
        provenance: &crate::schema::provenance::Provenance::default(),
    })
    .0;
    let messages: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "Nullability mismatch for field 'email': cannot be null in Prisma model `User`, nullable in the database"
        ]
    );
}
