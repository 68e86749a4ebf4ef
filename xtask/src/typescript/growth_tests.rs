//! Declarations of some lines that would make more than there is memory, or take longer than
//! anybody waits: what they make doubles with each line. Each is read to its end, and what is too
//! large is unresolved.

use super::syntax::{TypeMember, TypeNode};
use crate::facts::{Facts, Field, Kind};

/// How often it doubles.
const LEVELS: u32 = 40;

fn read(text: &str) -> Facts {
    super::test_utils::read_in_all_roles([("a.ts", text)])
}

/// `first`, `line` with each level and the one before, and a type that the last level is part of.
fn doubled(first: &str, line: impl Fn(u32, u32) -> String, last: &str) -> String {
    let lines: String = (1..=LEVELS)
        .map(|level| line(level, level - 1) + ";\n")
        .collect();
    format!(
        "{first};\n{lines}{}",
        last.replace("LAST", &LEVELS.to_string())
    )
}

#[test]
fn what_doubles_with_each_line_is_read_to_its_end() {
    let row = "export interface UserRow { id: number; name: ALAST }";
    let constant = "export interface UserRow { id: number; name: typeof aLAST }";
    let zod = "import { z } from 'zod'; const a0 = z.object({ id: z.number() })";
    let schema = "export const UserSchema = aLAST; export type UserRow = z.infer<typeof aLAST>";
    let routes = "import express from 'express'; const a0 = ['/x']; const app = express()";
    for text in [
        doubled(
            "type A0 = [string]",
            |now, old| format!("type A{now} = [...A{old}, ...A{old}]"),
            row,
        ),
        doubled(
            "type A0 = 'a'",
            |now, old| format!("type A{now} = `${{A{old}}}${{A{old}}}`"),
            row,
        ),
        doubled(
            "type A0 = { id: number }",
            |now, old| format!("type A{now} = A{old} & A{old}"),
            row,
        ),
        doubled(
            "type A0 = { id: number }",
            |now, old| format!("type A{now} = {{ a: A{old}, b: A{old} }}"),
            row,
        ),
        doubled(
            "const a0 = ['x']",
            |now, old| format!("const a{now} = [...a{old}, ...a{old}]"),
            constant,
        ),
        doubled(
            "const a0 = ['x']",
            |now, old| format!("const a{now} = a{old}.concat(a{old})"),
            constant,
        ),
        doubled(
            "const a0 = 'x'",
            |now, old| format!("const a{now} = a{old} + a{old}"),
            constant,
        ),
        doubled(
            "const a0 = 'x'",
            |now, old| format!("const a{now} = `${{a{old}}}${{a{old}}}`"),
            constant,
        ),
        doubled(
            "const a0 = { x: 1 }",
            |now, old| format!("const a{now} = {{ ...a{old}, ...a{old} }}"),
            constant,
        ),
        doubled(
            zod,
            |now, old| format!("const a{now} = z.union([a{old}, a{old}])"),
            schema,
        ),
        doubled(
            zod,
            |now, old| format!("const a{now} = a{old}.or(a{old}.nullable())"),
            schema,
        ),
        doubled(
            zod,
            |now, old| format!("const a{now} = z.object({{ a: a{old}, b: a{old} }})"),
            schema,
        ),
        doubled(
            routes,
            |now, old| format!("const a{now} = [...a{old}, ...a{old}]"),
            "aLAST.forEach((path) => app.get(path, handler))",
        ),
        doubled(
            routes,
            |now, old| format!("const b{now} = b{old} + b{old}"),
            "const b0 = '/x'; app.get(bLAST, handler)",
        ),
    ] {
        let facts = read(&text);
        assert!(
            facts.problems.is_empty(),
            "{:?}\n{text}",
            facts.problems.first().map(|problem| &problem.message)
        );
    }
}

/// Constants of a called function that each name the one before twice: they are evaluated once for
/// each call, and each call has its own.
#[test]
fn constants_of_a_called_function_are_evaluated_once() {
    const LAST: usize = 20;
    let lines: String = (1..=LAST)
        .map(|now| {
            let old = now - 1;
            format!("const a{now} = a{old}.extend({{ x{now}: a{old}.shape.id }});\n")
        })
        .collect();
    let facts = read(&format!(
        "import {{ z }} from 'zod';
        const derived = (id) => {{ const a0 = z.object({{ id }}); {lines} return {{ last: a{LAST} }}; }};
        export const UserSchema = derived(z.number()).last;
        export const TeamSchema = derived(z.string()).last;"
    ));
    let [user, team] = <[_; 2]>::try_from(facts.schemas).expect("two schemas");
    for (schema, kind) in [(user, Kind::Number), (team, Kind::String)] {
        assert_eq!(schema.unresolved, None);
        assert_eq!(schema.fields.len(), LAST + 1);
        assert!(schema.fields.iter().all(|field| field.kind == kind));
    }
}

/// A chain of thousands of calls, and an interface of thousands of fields, all on one line.
#[test]
fn long_chains_and_lines_are_read_to_their_end() {
    let chain = format!(
        "import {{ z }} from 'zod';\nexport const UserSchema = z.object({{ id: z.number(){} }});",
        ".optional()".repeat(2_000)
    );
    assert_eq!(read(&chain).schemas.len(), 1);
    let fields: String = (0..2_000)
        .map(|field| format!("field_{field}: string; "))
        .collect();
    assert_eq!(
        read(&format!("export interface UserRow {{ {fields} }}")).types[0]
            .fields
            .len(),
        2_000
    );
}

/// Classes that extend each other, files that pass on each other twice, calls that call twice: each
/// ends.
#[test]
fn programs_in_circles_end() {
    let classes =
        "import express from 'express'; class A extends B { x = 1 } class B extends A { y = 2 }
        const app = express(); app.get('/x', h); app.use(new A().z); new B(); A.made();";
    assert_eq!(read(classes).routes.len(), 1);
    let twice: String = (0..LEVELS)
        .map(|level| format!("function f{level}() {{ f{0}(); f{0}(); }}", level + 1))
        .collect();
    let calls = format!(
        "import express from 'express'; const app = express(); {twice} function f{LEVELS}() {{ app.get('/x', h); }} f0();"
    );
    assert_eq!(read(&calls).routes.len(), 1);
    let itself = "import express from 'express'; import { lib } from 'lib'; const app = express();
        const a = lib(...f(a)); const b = lib(f(b)); const c = lib({ c, method: 'GET', path: '/c' }, ...g());
        function f(x) { app.use(x); return [x]; } function g() { app.use(c); return [c]; } app.use(a); app.use(b); app.use(c);";
    assert_eq!(read(itself).contracts.len(), 1);
}

/// Memory grows with what is written, not with how often it is named.
#[test]
fn types_share_the_fields_that_they_have_in_common() {
    let text = "export interface User { id: number; name: string }
        export interface Admin extends User { rights: string[] }
        export type NewUser = Omit<User, 'id'>;
        export type UserChange = Partial<NewUser>;";
    let [user, admin, new, change] = <[_; 4]>::try_from(read(text).types).expect("four types");
    assert!(std::ptr::eq(&user.fields[0], &admin.fields[0]));
    assert!(std::ptr::eq(&user.fields[1], &new.fields[0]));
    // A field that may be absent is another one.
    assert!(!new.fields[0].optional && change.fields[0].optional);
}

/// 23 MB of generated types are a million nodes and as many fields: a word more in each of them is
/// 8 MB.
#[test]
fn nodes_and_fields_are_small() {
    assert!(size_of::<Field>() <= 144, "{}", size_of::<Field>());
    assert!(size_of::<TypeNode>() <= 32, "{}", size_of::<TypeNode>());
    assert!(size_of::<TypeMember>() <= 80, "{}", size_of::<TypeMember>());
}
