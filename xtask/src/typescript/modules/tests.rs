//! Tests of `modules`.

use super::*;
use crate::tree::MemoryTree;

fn declared_in(files: &[(&str, &str)], name: &str) -> String {
    let tree = MemoryTree::new(files.iter().copied());
    let program = Program::new(&tree);
    let module = program.load(files[0].0).unwrap();
    match program.lookup(module, name) {
        Some(Symbol::Declared(module, name)) => format!("{name} in {}", module.path),
        Some(Symbol::Namespace(module)) => format!("* of {}", module.path),
        Some(Symbol::External(package, name)) => format!("{name:?} of {package}"),
        Some(Symbol::Missing(specifier)) => format!("missing {specifier}"),
        None => "global".into(),
    }
}

#[test]
fn names_are_followed_through_reexports() {
    let files = [
        (
            "a/main.ts",
            "import { User as U } from './index.js'; import D, * as all from '../b';",
        ),
        (
            "a/index.ts",
            "export * from './nothing'; export * from './loop'; export { Inner as User } from './user';",
        ),
        ("a/loop.ts", "export * from './index';"),
        ("a/user.ts", "interface Inner {} export { Inner };"),
        ("b/index.ts", "export default interface X {}"),
    ];
    assert_eq!(declared_in(&files, "U"), "Inner in a/user.ts");
    assert_eq!(declared_in(&files, "D"), "X in b/index.ts");
    assert_eq!(declared_in(&files, "all"), "* of b/index.ts");
    assert_eq!(declared_in(&files, "Date"), "global");
}

#[test]
fn of_many_files_that_are_passed_on_those_without_the_name_are_not_parsed() {
    let tree = MemoryTree::new([
        ("a.ts", "import { User } from './index';"),
        (
            "index.ts",
            "export * from './other'; export * from './all'; export * from './user';",
        ),
        ("other.ts", "export interface Person {}"),
        ("all.ts", "export *\n  from './other'"),
        ("user.ts", "export interface User {}"),
    ]);
    let program = Program::new(&tree);
    let found = program.lookup(program.load("a.ts").unwrap(), "User");
    assert!(matches!(found, Some(Symbol::Declared(module, "User")) if &*module.path == "user.ts"));
    let parsed = ["other.ts", "all.ts", "user.ts"].map(|file| program.modules.get(file).is_some());
    assert_eq!(parsed, [false, true, true]);
}

#[test]
fn files_that_pass_on_everything_twice_are_looked_through_once() {
    let twice =
        |level: usize| format!("export * from './a{0}'; export * from './b{0}';", level + 1);
    let mut files = vec![(
        "a.ts".to_owned(),
        "import { Nothing } from './a0';".to_owned(),
    )];
    files.extend(
        (0..30)
            .flat_map(|level| ["a", "b"].map(|side| (format!("{side}{level}.ts"), twice(level)))),
    );
    files.extend(
        ["a30.ts", "b30.ts"].map(|file| (file.to_owned(), "export interface User {}".to_owned())),
    );
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    assert_eq!(declared_in(&files, "Nothing"), "missing ./a0");
}

#[test]
fn packages_and_missing_files_are_told_apart() {
    let files = [(
        "a.ts",
        "import { z } from 'zod'; import { b } from './b'; import * as d from 'drizzle-orm/pg-core';",
    )];
    assert_eq!(declared_in(&files, "z"), "Some(\"z\") of zod");
    assert_eq!(declared_in(&files, "d"), "None of drizzle-orm/pg-core");
    assert_eq!(declared_in(&files, "b"), "missing ./b");
}

#[test]
fn tsconfig_paths_with_extends_are_followed() {
    let files = [
        (
            "app/src/main.ts",
            "import { A } from '@shared/a'; import { B } from 'lib/b'; import { C } from '~c';",
        ),
        (
            "app/tsconfig.json",
            "{ // comment\n \"extends\": \"../tsconfig.base\", \"compilerOptions\": { \"baseUrl\": \"src\", }, }",
        ),
        (
            "tsconfig.base.json",
            "{\"compilerOptions\": {\"paths\": {\"@shared/*\": [\"./nowhere/*\", \"./shared/*\"], \"~c\": [\"shared/a\"]}}}",
        ),
        ("shared/a.ts", "export interface A {} export interface C {}"),
        ("app/src/lib/b.ts", "export interface B {}"),
    ];
    assert_eq!(declared_in(&files, "A"), "A in shared/a.ts");
    assert_eq!(declared_in(&files, "B"), "B in app/src/lib/b.ts");
    assert_eq!(declared_in(&files, "C"), "C in shared/a.ts");
}

#[test]
fn workspace_packages_are_found_by_name() {
    let files = [
        (
            "apps/web/main.ts",
            "import { A } from '@acme/shared'; import { B } from '@acme/shared/deep'; import { C } from 'ui/c';",
        ),
        ("package.json", "{\"workspaces\": [\"packages/*\"]}"),
        (
            "packages/shared/package.json",
            "{\"name\": \"@acme/shared\", \"main\": \"dist/index.js\", \"exports\": {\".\": {\"types\": \"./dist/index.d.ts\"}, \"./deep\": \"./src/deep.ts\"}}",
        ),
        ("packages/shared/src/index.ts", "export interface A {}"),
        ("packages/shared/src/deep.ts", "export interface B {}"),
        (
            "packages/ui/package.json",
            "{\"name\": \"ui\", \"exports\": {\"./*\": \"./lib/*.ts\"}}",
        ),
        ("packages/ui/lib/c.ts", "export interface C {}"),
    ];
    assert_eq!(
        declared_in(&files, "A"),
        "A in packages/shared/src/index.ts"
    );
    assert_eq!(declared_in(&files, "B"), "B in packages/shared/src/deep.ts");
    assert_eq!(declared_in(&files, "C"), "C in packages/ui/lib/c.ts");
}
