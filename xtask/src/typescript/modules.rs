//! All files of the monorepo as one program: a file is read and parsed when a name of it is needed,
//! once, and then shared. This is where names are followed from file to file:
//!
//! - [`Program::load`]: the [`Module`] of a path.
//! - [`Program::lookup`]: what a name means inside a file: declared there, imported (through any
//!   number of re-exports), a namespace, or a name of a package that is not part of the monorepo.
//! - [`Program::exported`]: what a file exports under a name.
//!
//! Values of constants across files (strings, templates, objects) are found by `values`.

mod augmentation;
mod json;
mod listing;
mod packages;
mod resolution;
mod tsconfig;

use std::sync::Arc;

use elsa::sync::FrozenMap;
use rustc_hash::FxHashSet;

use super::parse;
use super::syntax::{Export, Import, Imported, Module, Text};
use crate::prisma::client::Clients;
use crate::readers::cache::Cache;
use crate::tree::{Stamp, Tree};
pub use listing::Listing;
pub use resolution::Resolved;

/// The files of a monorepo, read on demand.
pub struct Program<'t> {
    tree: &'t dyn Tree,
    modules: FrozenMap<String, Box<Option<Arc<Module>>>>,
    /// The contents of files that were searched for a name and not parsed.
    unparsed: FrozenMap<String, Vec<u8>>,
    resolver: resolution::ModuleResolver<'t>,
    augmentations: augmentation::Augmentations,
    cache: Option<&'t Cache>,
}

/// The target that a name resolves to.
#[derive(Debug, Clone, Copy)]
pub enum Symbol<'p> {
    /// The declarations of that name at the top of a file: [`Module::declarations`].
    Declared(&'p Module, &'p str),
    /// `import * as name`: all that the file exports.
    Namespace(&'p Module),
    /// A name of a package that is not part of the monorepo; none for all of it.
    External(&'p str, Option<&'p str>),
    /// A file or name that does not exist: the specifier of the import.
    Missing(&'p str),
}

/// The number of re-exports that are followed: more is a cycle.
const REEXPORTS: u32 = 32;

impl<'t> Program<'t> {
    /// The program of the files in `tree`.
    #[must_use]
    pub fn new(tree: &'t dyn Tree) -> Self {
        let resolver = resolution::ModuleResolver::new(tree, Listing::default());
        Self {
            tree,
            modules: FrozenMap::new(),
            unparsed: FrozenMap::new(),
            resolver,
            augmentations: Default::default(),
            cache: None,
        }
    }

    /// The same program, which need not ask for the files of `listing`.
    #[must_use]
    pub fn knowing(mut self, listing: Listing) -> Self {
        self.resolver = resolution::ModuleResolver::new(self.tree, listing);
        self
    }

    /// The same program, in which imports of Prisma's generated clients lead to `clients`.
    #[must_use]
    pub fn offering(mut self, clients: &'t Clients<'t>) -> Self {
        if !clients.are_none() {
            self.resolver.offer(clients);
        }
        self
    }

    /// The same program, which parses no file that `cache` has.
    #[must_use]
    pub fn remembering(mut self, cache: Option<&'t Cache>) -> Self {
        self.cache = cache;
        self
    }

    /// The files themselves, for the caller that frees them.
    pub(super) fn into_modules(self) -> impl Send + 'static {
        self.modules
    }

    /// The file `path`, parsed; none where it cannot be read. Needs [`parse::STACK_SIZE`] of stack.
    pub fn load(&self, path: &str) -> Option<&Module> {
        let read = || {
            // Taken before the file is read: see `Cache::keep`.
            let stamp = self.cache.and_then(|_| self.tree.stamp(path));
            let known = self
                .cache
                .zip(stamp)
                .and_then(|(cache, stamp)| cache.get(path, stamp));
            let parse = |bytes: &[u8]| self.parse(path, bytes, stamp);
            // A cache only keeps content that was read after its stamp was taken.
            let looked_at = || {
                self.unparsed
                    .get(path)
                    .filter(|_| stamp.is_none())
                    .map(parse)
            };
            known
                .or_else(|| self.generated(path))
                .or_else(looked_at)
                .or_else(|| Some(parse(&self.tree.read(path).ok()?)))
        };
        let module = self.modules.get(path);
        module
            .unwrap_or_else(|| self.modules.insert(path.to_owned(), Box::new(read())))
            .as_deref()
    }

    /// The declarations of a generated client.
    fn generated(&self, path: &str) -> Option<Arc<Module>> {
        let client = self.resolver.clients()?.module(path)?;
        let mut module = parse::parse(path, client.text.as_bytes());
        module.lines = module.lines.made_of(client.places);
        Some(Arc::new(module))
    }

    /// Adds a file that was parsed for this program.
    pub fn add(&self, module: &Arc<Module>) {
        let kept = Box::new(Some(Arc::clone(module)));
        self.modules.insert(module.path.to_string(), kept);
    }

    /// The files that `module` names in imports, exports and `declare module '…'`.
    pub fn named_by(&self, module: &Module) -> impl Iterator<Item = &str> {
        let imports = module.imports.values();
        let passed_on = module.exports.values().filter_map(Export::import);
        let specifiers = imports.chain(passed_on).map(|import| &import.specifier);
        let added_to = augmentation::additions(module).map(|namespace| &namespace.name.text);
        specifiers
            .chain(&module.star_exports)
            .chain(added_to)
            .filter_map(|specifier| self.resolve(module, specifier).file())
    }

    /// Parses the file `path` with the content `bytes`, which was read after its `stamp` was taken.
    pub fn parse(&self, path: &str, bytes: &[u8], stamp: Option<Stamp>) -> Arc<Module> {
        let module = Arc::new(parse::parse(path, bytes));
        if let Some((cache, stamp)) = self.cache.zip(stamp) {
            cache.keep(path, stamp, Arc::clone(&module));
        }
        module
    }

    /// The file or package that `specifier` means in `module`.
    #[must_use]
    pub fn resolve(&self, module: &Module, specifier: &str) -> &Resolved {
        self.resolver.resolve(&module.path, specifier)
    }

    /// Whether `specifier` is meant to be a file of the monorepo that `module` imports by one of
    /// its `paths`.
    pub(super) fn is_meant_to_be_a_file(&self, module: &Module, specifier: &str) -> bool {
        self.resolver.claims(&module.path, specifier)
    }

    /// Whether the compiler checks for null in `module` (`strictNullChecks`).
    #[must_use]
    pub fn checks_null(&self, module: &Module) -> bool {
        self.resolver.checks_null(&module.path)
    }

    /// Resolves `name` at the top of `module`; `None` for a global.
    pub fn lookup<'p>(&'p self, module: &'p Module, name: &str) -> Option<Symbol<'p>> {
        self.local(module, name, &mut Search::default())
    }

    /// As [`Program::lookup`], with the files that pass the name on.
    pub fn way<'p>(&'p self, module: &'p Module, name: &str) -> Way<'p> {
        let mut search = Search::default();
        let symbol = self.local(module, name, &mut search);
        Way {
            symbol,
            passed: search.way,
        }
    }

    /// As [`Program::exported`], with the files that pass the name on.
    pub fn way_of_export<'p>(&'p self, module: &'p Module, name: &str) -> Way<'p> {
        let mut search = Search::default();
        let symbol = self.export(module, name, &mut search);
        Way {
            symbol,
            passed: search.way,
        }
    }

    /// Resolves the export `name` of `module`.
    pub fn exported<'p>(&'p self, module: &'p Module, name: &str) -> Option<Symbol<'p>> {
        self.export(module, name, &mut Search::default())
    }

    fn local<'p>(
        &'p self,
        module: &'p Module,
        name: &str,
        search: &mut Search<'p>,
    ) -> Option<Symbol<'p>> {
        if let Some((name, _)) = module.names.get_key_value(name) {
            return Some(Symbol::Declared(module, name));
        }
        module
            .imports
            .get(name)
            .map(|import| self.follow(module, import, search))
    }

    fn export<'p>(
        &'p self,
        module: &'p Module,
        name: &str,
        search: &mut Search<'p>,
    ) -> Option<Symbol<'p>> {
        if search.depth == REEXPORTS {
            return None;
        }
        search.depth += 1;
        search.way.push((module, Text::new(name)));
        let found = self.export_of(module, name, search);
        search.depth -= 1;
        found
    }

    fn export_of<'p>(
        &'p self,
        module: &'p Module,
        name: &str,
        search: &mut Search<'p>,
    ) -> Option<Symbol<'p>> {
        // Declarations of a `.d.ts` file are exported without `export`.
        if let Some((local, _)) = module.names.get_key_value(name)
            && (module
                .declarations(name)
                .any(|statement| statement.exported)
                || module.path.ends_with(".d.ts"))
        {
            return Some(Symbol::Declared(module, local));
        }
        match module.exports.get(name) {
            Some(Export::Local(local)) => self.local(module, local, search),
            Some(Export::From(import)) => Some(self.follow(module, import, search)),
            // `export *` does not pass on the default export.
            None if name == "default" => None,
            None => self.star_export(module, name, search),
        }
    }

    fn star_export<'p>(
        &'p self,
        module: &'p Module,
        name: &str,
        search: &mut Search<'p>,
    ) -> Option<Symbol<'p>> {
        if !search
            .passed
            .insert((module.path.to_string(), name.to_owned()))
        {
            return None;
        }
        let targets = module
            .star_exports
            .iter()
            .map(|specifier| self.resolve(module, specifier));
        let files = targets
            .filter_map(|target| target.file())
            .filter(|file| self.may_export(file, name));
        let passed = search.way.len();
        for file in files {
            let found = self
                .load(file)
                .and_then(|module| self.export(module, name, search));
            if found.is_some() {
                return found;
            }
            // This file does not lead to the name.
            search.way.truncate(passed);
        }
        None
    }

    /// The name of the one package that `module` passes on whole: `export * from 'drizzle-orm'`.
    fn export_of_package<'p>(&'p self, module: &'p Module, name: &'p str) -> Option<Symbol<'p>> {
        let mut packages = module
            .star_exports
            .iter()
            .filter(|specifier| matches!(self.resolve(module, specifier), Resolved::External));
        let (package, None) = (packages.next()?, packages.next()) else {
            return None;
        };
        let package = self.resolver.versioned(&module.path, package);
        Some(Symbol::External(package, Some(name)))
    }

    /// Whether the file `path` may export `name`, as far as can be seen without parsing it: of many
    /// `export *`, one leads to the name.
    fn may_export(&self, path: &str, name: &str) -> bool {
        if self.modules.get(path).is_some() {
            return true;
        }
        let read = || {
            Some(
                self.unparsed
                    .insert(path.to_owned(), self.tree.read(path).ok()?),
            )
        };
        let may = |bytes: &[u8]| {
            memchr::memmem::find(bytes, name.as_bytes()).is_some() || passes_all_on(bytes)
        };
        self.unparsed.get(path).or_else(read).is_none_or(may)
    }

    fn follow<'p>(
        &'p self,
        module: &'p Module,
        import: &'p Import,
        search: &mut Search<'p>,
    ) -> Symbol<'p> {
        let missing = Symbol::Missing(&import.specifier);
        match (self.resolve(module, &import.specifier), &import.imported) {
            (Resolved::Missing, _) => missing,
            (Resolved::External, imported) => {
                let name = match imported {
                    Imported::Namespace => None,
                    Imported::Name(name) => Some(name.as_str()),
                };
                Symbol::External(
                    self.resolver.versioned(&module.path, &import.specifier),
                    name,
                )
            }
            (Resolved::File(file), imported) => match (self.load(file), imported) {
                (None, _) => missing,
                (Some(target), Imported::Namespace) => Symbol::Namespace(target),
                (Some(target), Imported::Name(name)) => {
                    // Only the types of data are known of a generated client.
                    let other = if target.lines.is_made() {
                        Symbol::External(&import.specifier, Some(name))
                    } else {
                        missing
                    };
                    self.export(target, name, search)
                        .or_else(|| self.export_of_package(target, name))
                        .unwrap_or(other)
                }
            },
        }
    }
}

/// The meaning of a name, and the way there.
pub struct Way<'p> {
    /// The meaning; none for a global.
    pub symbol: Option<Symbol<'p>>,
    /// The files that export it, each with the name that it has there, up to the one that declares
    /// it or lacks it.
    pub passed: Vec<(&'p Module, Text)>,
}

/// The search for one name.
#[derive(Default)]
struct Search<'p> {
    /// The files that re-export it.
    way: Vec<(&'p Module, Text)>,
    /// The number of re-exports in a row.
    depth: u32,
    /// The files whose `export *` were searched, each with the name. Many ways may lead to one
    /// file, and it need not be searched again.
    passed: FxHashSet<(String, String)>,
}

/// Whether a file may have `export * from`.
fn passes_all_on(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'*', bytes)
        .any(|star| bytes[star + 1..].trim_ascii_start().starts_with(b"from"))
}

#[cfg(test)]
mod tests {
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
    fn names_of_the_one_package_that_is_passed_on_whole_are_its() {
        let files = [
            (
                "a/main.ts",
                "import { Row, own } from './index'; import { Other } from './two';",
            ),
            ("a/index.ts", "export * from 'far'; export const own = 1;"),
            ("a/two.ts", "export * from 'far'; export * from 'away';"),
        ];
        assert_eq!(declared_in(&files, "Row"), "Some(\"Row\") of far");
        assert_eq!(declared_in(&files, "own"), "own in a/index.ts");
        assert_eq!(declared_in(&files, "Other"), "missing ./two");
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
        assert!(
            matches!(found, Some(Symbol::Declared(module, "User")) if &*module.path == "user.ts")
        );
        let parsed =
            ["other.ts", "all.ts", "user.ts"].map(|file| program.modules.get(file).is_some());
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
            (0..30).flat_map(|level| {
                ["a", "b"].map(|side| (format!("{side}{level}.ts"), twice(level)))
            }),
        );
        files.extend(
            ["a30.ts", "b30.ts"]
                .map(|file| (file.to_owned(), "export interface User {}".to_owned())),
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
    fn a_tsconfig_extends_one_of_a_workspace_package() {
        for extended in [
            "@acme/tsconfig/base.json",
            "@acme/tsconfig/base",
            "@acme/tsconfig",
        ] {
            let config = format!("{{\"extends\": \"{extended}\"}}");
            let files = [
                ("app/main.ts", "import { A } from '~/a';"),
                ("app/tsconfig.json", config.as_str()),
                ("package.json", "{\"workspaces\": [\"packages/*\"]}"),
                (
                    "packages/tsconfig/package.json",
                    "{\"name\": \"@acme/tsconfig\"}",
                ),
                (
                    "packages/tsconfig/base.json",
                    "{\"compilerOptions\": {\"paths\": {\"~/*\": [\"../../app/*\"]}}}",
                ),
                (
                    "packages/tsconfig/tsconfig.json",
                    "{\"extends\": \"./base\"}",
                ),
                ("app/a.ts", "export interface A {}"),
            ];
            assert_eq!(declared_in(&files, "A"), "A in app/a.ts", "{extended}");
        }
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
}
