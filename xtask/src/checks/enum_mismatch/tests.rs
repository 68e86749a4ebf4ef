//! Tests of `enum_mismatch`.

use crate::checks::test_utils::{Case, Cases};

const TABLE: &str = "CREATE TYPE user_role AS ENUM ('admin', 'citizen', 'expert');
    CREATE TABLE users (id uuid NOT NULL, role user_role NOT NULL, state text NOT NULL, CHECK (state IN ('on', 'off')));";

pub const CASES: Cases = Cases {
    failing: &[
        Case::failing(
            TABLE,
            "export interface UserTable { id: string;\n role: 'admin' | 'citizen'; state: 'on' | 'off' }",
            (2, "role"),
        ),
        Case::failing(
            TABLE,
            "export type Role = 'admin' | 'citizen' | 'expert' | 'guest';\nexport interface UserTable { id: string; role: Role; state: 'on' | 'off' }\nexport interface NewUser { id: string; role: Role; state: 'on' }",
            (1, "role"),
        ),
        Case::failing(
            TABLE,
            "export interface UserTable { id: string; role: 'admin' | 'citizen' | 'expert';\n state: 'on' }",
            (2, "state"),
        ),
        Case::failing(
            TABLE,
            "export interface UserTable { id: string; role: 'admin' | 'citizen' | 'expert';\n state: string }",
            (2, "state"),
        ),
        // An answer tells of it.
        Case::validation(
            "CREATE TYPE user_role AS ENUM ('admin', 'citizen'); CREATE TABLE users (id uuid PRIMARY KEY, name text NOT NULL, role user_role NOT NULL);",
            "export const UserResponseSchema = z.object({ id: z.uuid(), name: z.string(),\n role: z.enum(['admin']), rank: z.number() });",
            (3, "role"),
        ),
        // Of an enum that no table has.
        Case::failing_entity(
            "CREATE TYPE run_state AS ENUM ('on', 'off')",
            "export interface Database { public: { Tables: {}; Enums: {\n run_state: 'on' | 'broken' } } }",
            2,
        ),
        Case::failing_entity(
            "CREATE TYPE run_state AS ENUM ('on', 'off')",
            "import { pgEnum } from 'drizzle-orm/pg-core';\nexport const runState = pgEnum('run_state', ['on', 'off', 'broken']);",
            2,
        ),
        // Of generated constants, whose type is right.
        Case::failing_entity(
            TABLE,
            "export interface Database { public: { Enums: { user_role: 'admin' | 'citizen' | 'expert' } } }\nexport interface UserTable { id: string; role: Database['public']['Enums']['user_role']; state: 'on' | 'off' }\nexport const Constants = { public: { Enums: {\n user_role: ['admin', 'citizen'] } } } as const;",
            4,
        ),
        // Generated together, and wrong together.
        Case::failing_entity(
            "CREATE TYPE run_state AS ENUM ('on', 'off')",
            "export interface Database { public: { Tables: {}; Enums: {\n run_state: 'on' | 'broken' } } }\nexport const Constants = { public: { Enums: { run_state: ['on', 'broken'] } } } as const;",
            2,
        ),
        // What is wrong about a Drizzle table is wrong about the types that are inferred from
        // it.
        Case::failing(
            "CREATE TABLE users (id uuid NOT NULL, state text NOT NULL, CHECK (state IN ('on', 'off')));",
            "import { pgTable, uuid, text } from 'drizzle-orm/pg-core';\nexport const users = pgTable('users', { id: uuid('id').notNull(),\n state: text('state', { enum: ['on', 'broken'] }).notNull() });\nexport type User = typeof users.$inferSelect;\nexport type NewUser = typeof users.$inferInsert;",
            (3, "state"),
        ),
    ],
    passing: &[
        Case::passing(
            "CREATE TYPE run_state AS ENUM ('on', 'off')",
            "export type Database = { public: { Tables: {}; Enums: { run_state: 'off' | 'on'; other_state: 'a' } } }",
        ),
        Case::passing(
            "CREATE TYPE run_state AS ENUM ('on', 'off')",
            "export const Constants = { graphql_public: { Enums: {} }, public: { Enums: { run_state: ['on', 'off'] } } } as const;\nexport const Others = { public: { Enums: { run_state: ['a'] } } } as const;",
        ),
        // What only is called like the table may speak of other things.
        Case::passing(
            TABLE,
            "export interface UserTable { id: string; role: 'expert' | 'admin' | 'citizen'; state: 'on' | 'off' }\nexport interface User { id: string; label: string; role: 'host' | 'guest' | 'robot' | 'admin' }",
        ),
        Case::passing(
            TABLE,
            "export interface UserTable { id: string; role: 'expert' | 'admin' | 'citizen'; state: 'on' | 'off' }",
        ),
        Case::passing(
            TABLE,
            "enum Role { Admin = 'admin', Citizen = 'citizen', Expert = 'expert' }\nexport interface UserTable { id: string; role: Role; state: 'on' | 'off' }",
        ),
    ],
};
