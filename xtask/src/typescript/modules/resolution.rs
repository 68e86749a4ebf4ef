//! Names of modules → files, the way TypeScript finds them: relative paths, `paths` and `baseUrl`
//! of the nearest `tsconfig.json`, packages of the monorepo. Everything is looked up in the tree,
//! so that a staged or committed state resolves within itself.

use std::sync::OnceLock;

use elsa::sync::FrozenMap;

use super::Listing;
use super::packages::{self, Packages};
use super::tsconfig::TsConfig;
use crate::prisma::client::Clients;
use crate::tree::{Tree, joined};

/// The target of a module specifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// A file below the root.
    File(String),
    /// A package that is not part of the monorepo.
    External,
    /// A file that does not exist.
    Missing,
}

impl Resolved {
    pub(super) fn file(&self) -> Option<&str> {
        match self {
            Self::File(file) => Some(file),
            Self::External | Self::Missing => None,
        }
    }
}

/// Finds files by the names that imports use.
pub(super) struct ModuleResolver<'t> {
    tree: &'t dyn Tree,
    listing: Listing,
    /// A folder, a line break and a specifier → the meaning of the specifier there.
    resolved: FrozenMap<String, Box<Resolved>>,
    packages: OnceLock<Packages>,
    /// Folder → the configuration that holds in it.
    configs: FrozenMap<String, Box<TsConfig>>,
    /// Folder → whether its Zod is version 3.
    old_zods: FrozenMap<String, Box<bool>>,
    /// Prisma's generated clients, which need not be there.
    clients: Option<&'t Clients<'t>>,
}

impl<'t> ModuleResolver<'t> {
    pub fn new(tree: &'t dyn Tree, listing: Listing) -> Self {
        Self {
            tree,
            listing,
            resolved: FrozenMap::new(),
            packages: OnceLock::new(),
            configs: FrozenMap::new(),
            old_zods: FrozenMap::new(),
            clients: None,
        }
    }

    /// Lets imports of generated clients lead to `clients`.
    pub fn offer(&mut self, clients: &'t Clients<'t>) {
        self.clients = Some(clients);
    }

    pub fn clients(&self) -> Option<&'t Clients<'t>> {
        self.clients
    }

    /// The file or package that `specifier` means in the file `from`.
    pub fn resolve(&self, from: &str, specifier: &str) -> &Resolved {
        let folder = parent(from);
        let key = [folder, specifier].join("\n");
        if let Some(known) = self.resolved.get(&key) {
            return known;
        }
        let found = self.find(folder, specifier);
        self.resolved.insert(key, Box::new(found))
    }

    fn find(&self, folder: &str, specifier: &str) -> Resolved {
        // Bundlers take a query behind the name of a file. A name that begins with `#` has none.
        let specifier = specifier
            .split(['?', '#'])
            .next()
            .filter(|name| !name.is_empty())
            .unwrap_or(specifier);
        if specifier.starts_with("./")
            || specifier.starts_with("../")
            || specifier == "."
            || specifier == ".."
        {
            return self.first_file(&[joined(folder, specifier)]);
        }
        // `paths` come before packages, as in TypeScript.
        let by_path = self.first_file(&self.config(folder).candidates(specifier));
        if by_path != Resolved::Missing {
            return by_path;
        }
        match self.packages().candidates(specifier) {
            Some(candidates) => self.first_file(&candidates),
            None => {
                let client = self
                    .clients
                    .and_then(|clients| clients.of_package(specifier));
                client.map_or(Resolved::External, |path| Resolved::File(path.to_owned()))
            }
        }
    }

    /// The file that the first of `bases` means which means any.
    fn first_file(&self, bases: &[String]) -> Resolved {
        for base in bases {
            if let Some(file) = self.file(base) {
                return Resolved::File(file);
            }
        }
        Resolved::Missing
    }

    /// The package that `specifier` means in the file `from`: `zod` of a package that depends on
    /// version 3 is `zod/v3`.
    pub fn versioned<'a>(&self, from: &str, specifier: &'a str) -> &'a str {
        if specifier == "zod" && self.has_old_zod(parent(from)) {
            "zod/v3"
        } else {
            specifier
        }
    }

    fn has_old_zod(&self, folder: &str) -> bool {
        if let Some(known) = self.old_zods.get(folder) {
            return *known;
        }
        let wanted = packages::dependency(self.tree, &joined(folder, "package.json"), "zod");
        // A range may begin with an operator: `^3.22`, `~3`.
        let is_old = match wanted {
            Some(range) => {
                let version = range.trim_start_matches(|one: char| !one.is_ascii_digit());
                version == "3" || version.starts_with("3.")
            }
            None => !folder.is_empty() && self.has_old_zod(parent(folder)),
        };
        *self.old_zods.insert(folder.to_owned(), Box::new(is_old))
    }

    /// Whether the file `from` takes `specifier` for a file of the monorepo, whether or not it is
    /// there.
    pub fn claims(&self, from: &str, specifier: &str) -> bool {
        self.config(parent(from)).claims(specifier)
    }

    /// Whether the compiler checks for null in the file `path`.
    pub fn checks_null(&self, path: &str) -> bool {
        self.config(parent(path)).checks_null()
    }

    fn packages(&self) -> &Packages {
        self.packages.get_or_init(|| Packages::read(self.tree))
    }

    /// The configuration of the nearest `tsconfig.json` above the files of `folder`.
    fn config(&self, folder: &str) -> &TsConfig {
        if let Some(config) = self.configs.get(folder) {
            return config;
        }
        let path = joined(folder, "tsconfig.json");
        let config = if self.is_file(&path) {
            TsConfig::read(self.tree, &path, &|extended| {
                self.packages().configurations(extended)
            })
        } else if folder.is_empty() {
            // Nx keeps the `paths` of the monorepo in this file, and has no `tsconfig.json` beside
            // it.
            let base = "tsconfig.base.json";
            if self.is_file(base) {
                TsConfig::read(self.tree, base, &|_| Vec::new())
            } else {
                TsConfig::default()
            }
        } else {
            self.config(parent(folder)).clone()
        };
        self.configs.insert(folder.to_owned(), Box::new(config))
    }

    fn is_file(&self, path: &str) -> bool {
        self.listing.is_file(self.tree, path)
    }

    /// The source file that `base` means: with an extension, or the index of a folder. A generated
    /// client is read from its schema, whether or not it is there.
    fn file(&self, base: &str) -> Option<String> {
        if let Some(path) = self.clients.and_then(|clients| clients.of_path(base)) {
            return Some(path.to_owned());
        }
        const EXTENSIONS: [&str; 8] = [
            ".ts",
            ".tsx",
            ".d.ts",
            ".mts",
            ".cts",
            "/index.ts",
            "/index.tsx",
            "/index.d.ts",
        ];
        let is_source = |path: &str| {
            [".ts", ".tsx", ".mts", ".cts"]
                .iter()
                .any(|end| path.ends_with(end))
        };
        let built = [
            (".js", ".ts"),
            (".js", ".tsx"),
            (".js", ".d.ts"),
            (".jsx", ".tsx"),
            (".mjs", ".mts"),
            (".cjs", ".cts"),
        ];
        let as_source = built
            .iter()
            .filter_map(|(end, source)| Some(format!("{}{source}", base.strip_suffix(end)?)));
        let exact = is_source(base).then(|| base.to_owned());
        let extended = EXTENSIONS.iter().map(|end| {
            if base.is_empty() {
                end.trim_start_matches('/').into()
            } else {
                format!("{base}{end}")
            }
        });
        let scripts = [".js", ".mjs", "/index.js"]
            .iter()
            .map(|end| format!("{base}{end}"));
        let script = (base.ends_with(".js") || base.ends_with(".mjs")).then(|| base.to_owned());
        // Sources come before scripts, which may be built from them.
        let mut candidates = exact
            .into_iter()
            .chain(as_source)
            .chain(extended)
            .chain(script)
            .chain(scripts);
        candidates.find(|candidate| self.is_file(candidate))
    }
}

/// The folder of a path.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
