//! Declarations, and what is read from them; whole programs stand in
//! `xtask/tests/fixtures/typescript`.

use crate::config::Config;
use crate::facts::{Declaration, Facts, Kind};
use crate::typescript::test_utils;

fn read(files: &[(&str, &str)]) -> Facts {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("db.toml");
    std::fs::write(
        &file,
        "types = ['**/*.ts']\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']\n",
    )
    .unwrap();
    let config = Config::load(folder.path(), Some(&file)).unwrap();
    test_utils::read(files.iter().copied(), &config)
}

fn of(text: &str) -> Facts {
    read(&[("a.ts", text)])
}

fn links(facts: &Facts) -> Vec<String> {
    let all = facts.types.iter().chain(&facts.tables);
    let linked = |declaration: &Declaration| {
        let link = declaration.table_link.as_ref()?;
        Some(format!(
            "{} {:?} of {}",
            declaration.name, link.side, link.table
        ))
    };
    all.filter_map(linked).collect()
}

/// A set of values is where its values are written, whatever file names it.
#[test]
fn sets_are_where_their_values_are_written() {
    let facts = read(&[
        (
            "sets.ts",
            "\nexport const ROLES = ['admin', 'guest'] as const;",
        ),
        (
            "types.ts",
            "import { ROLES } from './sets';\nexport type Role = (typeof ROLES)[number];",
        ),
    ]);
    let places: Vec<_> = facts
        .enums
        .iter()
        .map(|one| format!("{} at {}", one.name, one.location))
        .collect();
    assert_eq!(places, ["ROLES at sets.ts:2:14", "Role at sets.ts:2:14"]);
}

/// Enums of one name in one file are one enum.
#[test]
fn enums_merge() {
    let facts = of("export enum Role { Admin = 'admin', Editor = 'editor' }
        export enum Role { Viewer = 'viewer' }
        export const ROLES = Object.values(Role);
        export interface UserRow { role: Role; first: Role.Viewer }
        namespace Inner { export enum Role { Only = 'only' } }
        export interface Other { role: Inner.Role }");
    let kinds: Vec<_> = facts
        .types
        .iter()
        .flat_map(|one| &one.fields)
        .map(|field| field.kind.clone())
        .collect();
    let values = |values: &[&str]| Kind::Enum(values.iter().map(ToString::to_string).collect());
    let all = ["admin", "editor", "viewer"];
    assert_eq!(
        kinds,
        [values(&all), values(&["viewer"]), values(&["only"])]
    );
    assert_eq!(
        (facts.enums[0].values.len(), facts.enums[0].location.line),
        (3, 1)
    );
}

#[test]
fn schemas_are_found_wherever_they_come_from() {
    let facts = read(&[
        ("astro.ts", "import { z } from 'astro/zod'; export const A = z.object({ a: z.string() });"),
        ("deno.ts", "import { z } from 'npm:zod@4'; export const B = z.object({ a: z.string() });"),
        ("required.ts", "const { z } = require('zod'); export const C = z.object({ a: z.string() });"),
        (
            "form.ts",
            "import { zfd } from 'zod-form-data'; import { z } from 'zod';
             export const D = zfd.formData({ a: zfd.text(z.string().max(9)), b: zfd.checkbox() });",
        ),
        (
            "members.ts",
            "import { z } from 'zod'; export class Dto { static readonly schema = z.object({ a: z.string() }); }
             export const groups = { e: { create: z.object({ a: z.string() }) } };
             export const lists = z.array(z.object({ a: z.string() }));
             export const makeSchema = (say) => z.object({ a: z.string(say()) });
             export function alsoSchema() { return z.object({ a: z.string() }); }",
        ),
    ]);
    let names: Vec<&str> = facts
        .schemas
        .iter()
        .filter(|schema| schema.field("a").is_some() && schema.unresolved.is_none())
        .map(|schema| schema.name.as_str())
        .collect();
    let expected = [
        "A",
        "B",
        "D",
        "Dto.schema",
        "groups.e.create",
        "lists",
        "makeSchema",
        "alsoSchema",
        "C",
    ];
    assert_eq!(names, expected);
}

#[test]
fn schemas_of_other_libraries_are_named() {
    let facts = of("import * as v from 'valibot'; import { far } from 'far';
         export const User = v.object({ id: v.string() }); export const UserSchema = far({});
         export const count = far(1);");
    let unread: Vec<(&str, bool)> = facts
        .schemas
        .iter()
        .map(|schema| (schema.name.as_str(), schema.unresolved.is_some()))
        .collect();
    assert_eq!(unread, [("User", true), ("UserSchema", true)]);
}

#[test]
fn tables_are_linked_by_drizzle_kysely_supabase_and_kanel() {
    let drizzle = of(
        "import { pgSchema, pgTable, text } from 'drizzle-orm/pg-core';
        export const users = pgTable('app_users', { name: text('full_name') });
        export const logs = pgSchema('audit').table('logs', { a: text() });
        export type User = typeof users.$inferSelect;
        export type NewLog = (typeof logs)['$inferInsert'];",
    );
    let expected = [
        "User Row of app_users",
        "NewLog Insert of audit.logs",
        "users Row of app_users",
        "logs Row of audit.logs",
    ];
    assert_eq!(links(&drizzle), expected);
    assert_eq!(
        drizzle.tables[0].fields[0].column.as_deref(),
        Some("full_name")
    );
    let kysely = read(&[
        (
            "db.ts",
            "import type { Person } from './person'; export interface DB { person: Person; }",
        ),
        (
            "person.ts",
            "import type { Generated, Insertable } from 'kysely';
            export interface Person { id: Generated<number>; name: string }
            export type NewPerson = Insertable<Person>;",
        ),
    ]);
    assert_eq!(
        links(&kysely),
        ["Person Row of person", "NewPerson Insert of person"]
    );
    assert!(
        kysely.types[1].fields[0].has_default && kysely.types[1].fields[0].kind == Kind::Number
    );
    let codegen = of(
        "import type { ColumnType } from 'kysely';
        export type Generated<T> =
          T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;
        export type Timestamp = ColumnType<Date, Date | string, Date | string>;
        export interface Users { id: Generated<string>; createdAt: Generated<Timestamp>;
          active: Generated<boolean | null>; tags: Generated<string[] | null> }",
    );
    let users = codegen
        .types
        .iter()
        .find(|ty| ty.name == "Users")
        .expect("the interface");
    let held: Vec<_> = users
        .fields
        .iter()
        .map(|field| (field.kind.clone(), field.nullable, field.has_default))
        .collect();
    let expected = [
        (Kind::String, false, true),
        (Kind::Date, false, true),
        (Kind::Boolean, true, true),
        (Kind::Array(Box::new(Kind::String)), true, true),
    ];
    assert_eq!(held, expected);
    let supabase =
        of("export type Database = { public: { Tables: { a: { Row: { x: string }; Insert: { x?: string } } } } };
        export type A = Database['public']['Tables']['a']['Row'];");
    let expected = [
        "Database['public']['Tables']['a']['Row'] Row of a",
        "Database['public']['Tables']['a']['Insert'] Insert of a",
        "A Row of a",
    ];
    assert_eq!(links(&supabase), expected);
    let generated = of("export type Log = Tables<{ schema: 'audit' }, 'logs'>;
        export type NewUser = TablesInsert<{ schema: 'public' }, 'users'>;
        export type Tables<A, B = never> = { a: string };
        export type TablesInsert<A, B = never> = { a: string };");
    assert_eq!(
        links(&generated),
        ["Log Row of audit.logs", "NewUser Insert of users"]
    );
    let pg_to_ts = of("export interface Comment { id: string }
        export interface CommentInput { id?: string }
        export interface TableTypes { comments: { select: Comment; input: CommentInput } }");
    assert_eq!(
        links(&pg_to_ts),
        ["Comment Row of comments", "CommentInput Insert of comments"]
    );
    let prisma_kysely =
        of("export type Post = { id: string }; export type DB = { blogPosts: Post };");
    assert_eq!(links(&prisma_kysely), ["Post Row of blogPosts"]);
    let kanel = of(
        "/** Represents the initializer for the table public.actor */\nexport interface ActorInitializer { id: string }",
    );
    assert_eq!(links(&kanel), ["ActorInitializer Insert of actor"]);
}

#[test]
fn tags_speak_for_declarations_and_fields() {
    let facts = of(
        "/**\n * A user.\n * @table app.users\n * @projection\n */\nexport interface User {\n  // db-verify-ignore TYPE_MISMATCH: legacy\n  id: string;\n  name: string; // db-verify-ignore NULLABILITY_MISMATCH: filled in\n  last: string;\n}\n// db-verify-ignore MISSING_TYPE: later\nexport class Other { a!: string }",
    );
    let user = &facts.types[0];
    assert_eq!(
        (user.tags.table.as_deref(), user.tags.projection),
        (Some("app.users"), true)
    );
    let ignores = |at: usize| {
        user.fields[at]
            .tags
            .ignores
            .iter()
            .map(|one| (one.kind.as_str(), one.reason.as_str(), one.location.line))
            .collect::<Vec<_>>()
    };
    assert_eq!(ignores(0), [("TYPE_MISMATCH", "legacy", 7)]);
    assert_eq!(ignores(1), [("NULLABILITY_MISMATCH", "filled in", 9)]);
    assert_eq!(ignores(2), []);
    assert_eq!(facts.types[1].tags.ignores[0].kind, "MISSING_TYPE");
}

#[test]
fn classes_of_nestjs_zod_hold_what_their_schema_gives() {
    let facts = of("import { createZodDto } from 'nestjs-zod'; import { z } from 'zod';
        export namespace CreateUser { export const RequestSchema = z.object({ name: z.string(), age: z.number().nullish() }); }
        export class CreateUserDto extends createZodDto(CreateUser.RequestSchema) {}");
    let class = facts
        .types
        .iter()
        .find(|one| one.name == "CreateUserDto")
        .unwrap();
    let fields: Vec<_> = class
        .fields
        .iter()
        .map(|field| (&*field.name, field.optional, field.nullable))
        .collect();
    assert_eq!(
        (fields, class.unresolved.as_deref()),
        (vec![("name", false, false), ("age", true, true)], None)
    );
    assert_eq!(facts.schemas[0].name, "CreateUser.RequestSchema");
}

#[test]
fn enums_are_made_by_helpers() {
    let facts = of("import { pgTable, pgEnum } from 'drizzle-orm/pg-core';
        enum Mood { Good = 'good', Bad = 'bad' }
        const column = <T extends Record<string, string>>(options: { type: string; name: string; of: T }) =>
          pgEnum(options.type, Object.values(options.of).map((value) => value.toString()) as [string, ...string[]])(options.name);
        export const days = pgTable('days', { mood: column({ type: 'Mood', name: 'mood_of_day', of: Mood }).notNull() });");
    let mood = &facts.tables[0].fields[0];
    assert_eq!(mood.kind, Kind::Enum(vec!["good".into(), "bad".into()]));
    assert_eq!(mood.column.as_deref(), Some("mood_of_day"));
}

#[test]
fn columns_with_methods_of_their_own_keep_their_name_only() {
    let facts = of("import { pgTable, text, customType } from 'drizzle-orm/pg-core';
        const millis = customType<{ data: number }>({ dataType: () => 'timestamptz' });
        const stamp = (name: string) => { const base = millis(name); return Object.assign(base, { defaultNow() { return base.notNull(); } }); };
        export const logs = pgTable('logs', { at: stamp('logged_at'), by: Object.assign(text('logged_by'), { note: 1 }).notNull() });");
    let fields: Vec<_> = facts.tables[0]
        .fields
        .iter()
        .map(|one| (one.column.as_deref(), &one.kind, one.nullable))
        .collect();
    assert!(
        matches!(fields[0], (Some("logged_at"), Kind::Unresolved(_), _)),
        "{fields:?}"
    );
    assert_eq!(fields[1], (Some("logged_by"), &Kind::String, false));
}

#[test]
fn patterns_bind_what_is_nested_in_them() {
    let facts = of("import { z } from 'zod';
        const make = () => ({ select: z.object({ a: z.string() }), client: { insert: z.object({ b: z.number().int().or(z.literal(0)) }) } });
        export const { select: ASchema, client: { insert: BSchema } } = make();");
    let names: Vec<_> = facts
        .schemas
        .iter()
        .map(|schema| (&*schema.name, schema.fields.len()))
        .collect();
    assert_eq!(names, [("ASchema", 1), ("BSchema", 1)]);
    assert!(facts.schemas[1].fields[0].constraints.integer && facts.schemas[1].exported);
}

#[test]
fn classes_that_nestjs_makes_of_others_hold_their_fields() {
    let facts = of("import { IntersectionType, OmitType, PartialType, PickType } from '@nestjs/mapped-types';
        export class CreateUserDto { name!: string; age!: number | null }
        class Stamps { at!: Date }
        export class UpdateUserDto extends PartialType(CreateUserDto) { id!: string }
        export class NameDto extends PickType(CreateUserDto, ['name'] as const) {}
        export class AgeDto extends OmitType(CreateUserDto, ['name']) {}
        export class BothDto extends IntersectionType(PartialType(PickType(CreateUserDto, ['age'])), Stamps) {}");
    let fields = |name: &str| {
        let class = facts.types.iter().find(|one| one.name == name).unwrap();
        assert_eq!(class.unresolved, None);
        let fields = class.fields.iter();
        fields
            .map(|field| format!("{}{}", field.name, if field.optional { "?" } else { "" }))
            .collect::<Vec<_>>()
    };
    assert_eq!(fields("UpdateUserDto"), ["name?", "age?", "id"]);
    assert_eq!(fields("NameDto"), ["name"]);
    assert_eq!(fields("AgeDto"), ["age"]);
    assert_eq!(fields("BothDto"), ["age?", "at"]);
}

#[test]
fn the_version_of_zod_is_that_of_the_package() {
    let text = "import { z } from 'zod'; const A = z.object({ a: z.any() }); export type A = z.infer<typeof A>;";
    let facts = read(&[
        (
            "old/package.json",
            "{ \"dependencies\": { \"zod\": \"^3.23.8\" } }",
        ),
        ("old/src/a.ts", text),
        (
            "new/package.json",
            "{ \"devDependencies\": { \"zod\": \"~4.1.0\" } }",
        ),
        ("new/src/a.ts", text),
        ("package.json", "{}"),
        ("a.ts", text),
    ]);
    let optional = |file: &str| {
        let alias = facts
            .types
            .iter()
            .find(|one| &*one.location.file == file)
            .unwrap();
        alias.fields[0].optional
    };
    assert_eq!(
        [
            optional("old/src/a.ts"),
            optional("new/src/a.ts"),
            optional("a.ts")
        ],
        [true, false, false]
    );
}

#[test]
fn what_cannot_be_read_says_why() {
    let facts = of("import type { Foreign } from 'somewhere';
        import type { Missing } from './nowhere';
        export interface A { foreign: Foreign; missing: Missing; unknown: Undeclared; list: Foreign[] }
        export interface B extends Foreign { own: string }
        export type C = Foreign & { own: string };
        export type D = D & { own: string };
        type Either = { a: string } | { b: string };
        export interface E extends Either { own: string }");
    let reasons: Vec<_> = facts.types[0]
        .fields
        .iter()
        .map(|field| match &field.kind {
            Kind::Unresolved(why) => why.to_string(),
            Kind::Array(items) => format!("{items:?}"),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(reasons[0], "`Foreign` comes from the package `somewhere`");
    assert_eq!(reasons[1], "`Missing` is not found in `./nowhere`");
    assert_eq!(reasons[2], "`Undeclared` is not declared in the monorepo");
    let extended = facts.types[1..].iter().filter(|one| one.name != "Either");
    assert!(
        extended.clone().count() == 4
            && extended
                .clone()
                .all(|one| one.unresolved.is_some() && one.field("own").is_some()),
        "{facts:#?}"
    );
}

#[test]
fn what_a_pattern_leaves_over_is_known() {
    let facts = of("import { z } from 'zod';
        const user = { id: z.number(), name: z.string(), password: z.string() };
        const { password, ...shown } = user;
        const without = ({ id, ...left }: typeof user) => z.object(left);
        export const ShownSchema = z.object(shown);
        export const NewSchema = without(user);");
    let names = |schema: &Declaration| -> Vec<String> {
        let fields = schema.fields.iter();
        fields.map(|field| field.name.to_string()).collect()
    };
    let schemas = facts.schemas.iter();
    let found: Vec<_> = schemas
        .map(|schema| (schema.name.as_str(), names(schema)))
        .collect();
    let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    assert_eq!(
        found,
        [
            ("ShownSchema", names(["id", "name"])),
            ("NewSchema", names(["name", "password"]))
        ]
    );
}

#[test]
fn arrays_of_different_things_have_nothing_in_common_that_is_known() {
    let facts = of(
        "export interface A { same: string[] & string[]; other: string[] & number[]; shape: [string] & string[] }",
    );
    let fields = &facts.types[0].fields;
    assert_eq!(fields[0].kind, Kind::Array(Box::new(Kind::String)));
    assert!(
        matches!(&fields[1].kind, Kind::Array(items) if matches!(**items, Kind::Unresolved(_))),
        "{:?}",
        fields[1]
    );
    assert!(
        matches!(&fields[2].kind, Kind::Unresolved(_)),
        "{:?}",
        fields[2]
    );
}

#[test]
fn what_another_file_adds_to_an_interface_is_read_with_it_and_not_by_itself() {
    let facts = read(&[
        (
            "src/user.ts",
            "export interface User { id: string }\nexport interface Admin extends User { level: number }",
        ),
        (
            "src/more.ts",
            "declare module './user' { interface User { bio: string | null } interface Other { x: string } }",
        ),
        (
            "src/package.ts",
            "declare module 'express' { interface User { token: string } }",
        ),
    ]);
    let names = |one: &Declaration| {
        one.fields
            .iter()
            .map(|field| field.name.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let all: Vec<_> = facts
        .types
        .iter()
        .map(|one| format!("{}: {}", one.name, names(one)))
        .collect();
    assert_eq!(
        all,
        [
            "Other: x",
            "express.User: token",
            "User: id bio",
            "Admin: id bio level"
        ]
    );
}

#[test]
fn large_and_circular_types_end() {
    let members: Vec<String> = (0..800).map(|at| format!("'value_{at}'")).collect();
    let facts = of(&format!(
        "export type Huge = {};
        export interface Row {{ huge: Huge; both: Huge & ({}); deep: Loop['next']['next']; loop: Loop[] }}
        export interface Loop {{ next: Loop; other: Other<Loop> }}
        export type Other<T> = {{ more: Other<Other<T>>; plain: T }};
        export type Grow<T> = Grow<T[]>;
        export interface Uses {{ grow: Grow<string>; other: Other<string>['more']['more']['plain'] }}",
        members.join(" | "),
        members.iter().rev().cloned().collect::<Vec<_>>().join(" | ")
    ));
    assert_eq!(facts.enums[0].values.len(), 800);
    assert!(matches!(&facts.types[0].fields[0].kind, Kind::Enum(values) if values.len() == 800));
    assert!(
        matches!(
            facts.types.last().unwrap().fields[0].kind,
            Kind::Unresolved(_)
        ),
        "{:#?}",
        facts.types.last()
    );
}

#[test]
fn half_written_files_keep_what_is_whole() {
    let facts = of(
        "export interface A { a: string }\nexport interface B { b: string\n\nexport interface C { c: string }\n",
    );
    assert!(!facts.problems.is_empty());
    assert!(
        facts.types.iter().any(|one| one.name == "A"),
        "{:?}",
        facts.types
    );
}

#[test]
fn default_exports_without_a_name_are_read_where_they_are_imported() {
    let facts = read(&[
        (
            "a.ts",
            "import { z } from 'zod'; import Base from './base'; export const User = Base.extend({ name: z.string() });",
        ),
        (
            "base.ts",
            "import { z } from 'zod'; export default z.object({ id: z.number() });",
        ),
    ]);
    let user = facts
        .schemas
        .iter()
        .find(|schema| schema.name == "User")
        .unwrap();
    let names: Vec<&str> = user
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!((names, &user.unresolved), (vec!["id", "name"], &None));
}

#[test]
fn the_uuid_of_node_is_a_string() {
    let facts = of(
        "import { UUID } from 'node:crypto'; import type * as crypto from 'crypto'; export interface A { id: UUID; other: crypto.UUID | null }",
    );
    let kinds: Vec<&Kind> = facts.types[0]
        .fields
        .iter()
        .map(|field| &field.kind)
        .collect();
    assert_eq!(kinds, [&Kind::String, &Kind::String]);
}

#[test]
fn what_is_prefilled_has_the_type_of_what_is_parsed() {
    let facts = of(
        "import { z } from 'zod'; const Filter = z.object({ size: z.number().optional().prefault(50), from: z.number().optional().default(0) }); export type Filter = z.infer<typeof Filter>;",
    );
    let fields = &facts.types[0].fields;
    assert!(fields[0].optional && !fields[1].optional, "{fields:?}");
}
