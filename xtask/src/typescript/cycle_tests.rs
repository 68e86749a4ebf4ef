//! Modules that import each other in circles, and values, types and classes that are made of
//! themselves: wrong code, but there while somebody types, and in a stranger's branch. The reader
//! ends all the same, and follows each name once.

use proptest::prelude::*;

use super::test_utils::read_in_all_roles as read;

#[test]
fn what_is_made_of_itself_is_read_to_its_end() {
    for made in [
        "z.string().pipe(UserSchema)",
        "UserSchema.or(UserSchema).and(UserSchema)",
        "z.preprocess((value) => value, UserSchema)",
        "z.string().pipe(other); export const other = z.string().pipe(UserSchema)",
        "z.union([z.string(), UserSchema])",
        "z.object({ inner: UserSchema, ...UserSchema.shape })",
        "[UserSchema, ...UserSchema, UserSchema.map(() => UserSchema)]",
        "{ GET: UserSchema, path: UserSchema, ...UserSchema }",
        "contract.router(UserSchema, { pathPrefix: UserSchema }).meta(UserSchema)",
        "new UserSchema(UserSchema); class UserRow extends UserRow { a = UserSchema; b = this.a }",
    ] {
        let text = format!("import {{ z }} from 'zod'; export const UserSchema = {made};");
        read([("a.ts", text.as_str())]);
    }
}

/// How many modules import each other.
const MODULES: usize = 5;

/// A statement of one module, which names others.
fn statement() -> impl Strategy<Value = String> {
    (0..MODULES, 0..MODULES, 0..12_u8).prop_map(|(one, other, kind)| match kind {
        0 => format!("export * from './m{one}'"),
        1 => format!("export * as all{one} from './m{one}'"),
        2 => format!("export {{ Name{one}, Name{one} as Name{other} }} from './m{other}'"),
        3 => format!("import {{ Name{one} as x{one}{other} }} from './m{other}'; export {{ x{one}{other} as Name{one} }}"),
        4 => format!("import * as m{one}{other} from './m{one}'; export type Name{other} = m{one}{other}.Name{one}"),
        5 => format!("import {{ Name{one} as T{one}{other} }} from './m{other}'; export interface Name{one} extends T{one}{other} {{ a: T{one}{other} }}"),
        6 => format!("import {{ s{one} as r{one}{other} }} from './m{other}'; export const s{one} = z.object({{ a: r{one}{other} }}).extend(r{one}{other}.shape)"),
        7 => format!("import {{ s{one} as q{one}{other} }} from './m{other}'; export const s{other} = q{one}{other}.or(q{one}{other}).pipe(q{one}{other})"),
        8 => format!("import {{ router as r{one} }} from './m{one}'; router.use('/a{one}', r{one}); router.get('/b{other}', handler)"),
        9 => format!("import {{ f as f{one} }} from './m{one}'; export function f(x) {{ return f{one}(x) }}; f(router)"),
        10 => format!("import Base{one} from './m{one}'; export default class extends Base{one} {{ field = new Base{one}() }}"),
        _ => format!("import {{ s{one} as p{one} }} from './m{one}'; export type Name{other} = z.infer<typeof p{one}> | keyof Name{one}[]"),
    })
}

fn module() -> impl Strategy<Value = String> {
    proptest::collection::vec(statement(), 1..6).prop_map(|statements| {
        let start = "import { z } from 'zod'; import express from 'express'; export const router = express.Router()";
        format!("{start};\n{};\n", statements.join(";\n"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Names are followed through modules that import each other in circles, each once.
    #[test]
    fn modules_in_circles_are_read_to_their_end(modules in proptest::collection::vec(module(), MODULES)) {
        let paths: Vec<String> = (0..MODULES).map(|number| format!("m{number}.ts")).collect();
        read(paths.iter().map(String::as_str).zip(modules.iter().map(String::as_str)));
    }
}
