//! The files to read in each role.

use anyhow::{Context, Result};
use globset::{Candidate, Glob, GlobSet, GlobSetBuilder};

use super::raw::{Driver, RawConfig};
use super::stay_inside;

/// The files to read in each role. A file may have several.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Row types, insert types, domain types.
    pub types: FilePatterns,
    /// Zod schemas.
    pub validation: FilePatterns,
    /// API contracts.
    pub contracts: FilePatterns,
    /// Routes of the server.
    pub routes: FilePatterns,
    /// Drizzle tables.
    pub drizzle: FilePatterns,
    /// OpenAPI documents that people write.
    pub openapi: FilePatterns,
    /// Prisma's schema: none where it is not Prisma's to describe the database.
    pub prisma: FilePatterns,
    /// Whether the configuration names the files of Prisma's schema. Where it does not and Prisma is
    /// the driver, they are looked for.
    pub prisma_is_stated: bool,
    /// TypeORM's entities.
    pub typeorm: FilePatterns,
    /// MikroORM's entities.
    pub mikroorm: FilePatterns,
    /// The models of sequelize-typescript.
    pub sequelize: FilePatterns,
    /// Files that have no role, though other globs may match them.
    pub exclude: GlobSet,
    /// Whether `.d.ts` files have no role unless a glob names them.
    pub exclude_declarations: bool,
}

impl Sources {
    /// Takes the globs out of `raw`.
    pub(super) fn new(raw: &mut RawConfig) -> Result<Self> {
        // The default glob is taken out of the set, because globs of roles may override it.
        let (declarations, exclude): (Vec<_>, Vec<_>) = std::mem::take(&mut raw.exclude)
            .into_iter()
            .partition(|glob| glob == ALL_DECLARATIONS);
        let prisma_is_stated = !raw.prisma.is_empty();
        if !prisma_is_stated && raw.driver == Some(Driver::Prisma) {
            raw.prisma.push(ALL_SCHEMAS.to_owned());
        }
        let of = |key, globs: &mut Vec<String>| patterns(key, std::mem::take(globs));
        Ok(Self {
            types: of("types", &mut raw.types)?,
            validation: of("validation", &mut raw.validation)?,
            contracts: of("contracts", &mut raw.contracts)?,
            routes: of("routes", &mut raw.routes)?,
            drizzle: of("drizzle", &mut raw.drizzle)?,
            openapi: of("openapi", &mut raw.openapi)?,
            prisma: of("prisma", &mut raw.prisma)?,
            prisma_is_stated,
            typeorm: of("typeorm", &mut raw.typeorm)?,
            mikroorm: of("mikroorm", &mut raw.mikroorm)?,
            sequelize: of("sequelize", &mut raw.sequelize)?,
            exclude: glob_set("exclude", &exclude)?,
            exclude_declarations: !declarations.is_empty(),
        })
    }

    /// Whether the file has no role, though the globs of roles may match it. kysely-codegen and
    /// others write types of the database to `.d.ts` files: a glob that ends like this means them.
    #[must_use]
    pub fn excludes(&self, file: &str) -> bool {
        let is_unnamed = || {
            file.ends_with(DECLARATIONS)
                && !self
                    .roles()
                    .iter()
                    .any(|patterns| patterns.declarations.is_match(file))
        };
        self.exclude.is_match(file) || (self.exclude_declarations && is_unnamed())
    }

    /// The patterns of every role of TypeScript files: types, validation, contracts, routes, Drizzle,
    /// TypeORM, MikroORM, Sequelize.
    #[must_use]
    pub fn roles(&self) -> [&FilePatterns; 8] {
        [
            &self.types,
            &self.validation,
            &self.contracts,
            &self.routes,
            &self.drizzle,
            &self.typeorm,
            &self.mikroorm,
            &self.sequelize,
        ]
    }
}

/// The glob of all files of Prisma's schemas.
const ALL_SCHEMAS: &str = "**/*.prisma";

/// The end of the names of files that only hold declarations.
const DECLARATIONS: &str = ".d.ts";

/// The glob of all of them, as the defaults have it.
const ALL_DECLARATIONS: &str = "**/*.d.ts";

/// The globs of one role.
#[derive(Debug, Clone)]
pub struct FilePatterns {
    globs: Vec<String>,
    set: GlobSet,
    /// The globs that name `.d.ts` files.
    declarations: GlobSet,
}

impl FilePatterns {
    /// Whether the configuration has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// Whether the file has this role.
    #[must_use]
    pub fn matches(&self, file: &Candidate<'_>) -> bool {
        self.set.is_match_candidate(file)
    }

    /// The globs that match the file, by their places in the list.
    #[must_use]
    pub fn matching(&self, file: &Candidate<'_>) -> Vec<usize> {
        self.set.matches_candidate(file)
    }

    /// The folders to walk: the part of each glob before its first wildcard.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.globs.iter().map(|glob| literal_folder(glob))
    }

    /// The globs without a wildcard: each is one file.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.globs
            .iter()
            .map(String::as_str)
            .filter(|glob| !is_wild(glob))
    }

    /// The folders to walk for the globs that have a wildcard.
    pub fn wild_roots(&self) -> impl Iterator<Item = &str> {
        let wild = self.globs.iter().filter(|glob| is_wild(glob));
        wild.map(|glob| literal_folder(glob))
    }
}

fn patterns(key: &str, globs: Vec<String>) -> Result<FilePatterns> {
    globs.iter().try_for_each(|glob| stay_inside(key, glob))?;
    let declarations: Vec<String> = globs
        .iter()
        .filter(|glob| glob.ends_with(DECLARATIONS))
        .cloned()
        .collect();
    Ok(FilePatterns {
        set: glob_set(key, &globs)?,
        declarations: glob_set(key, &declarations)?,
        globs,
    })
}

pub(super) fn glob_set(key: &str, globs: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(
            Glob::new(glob).with_context(|| format!("`{key}` holds `{glob}`, which is no glob"))?,
        );
    }
    set.build()
        .with_context(|| format!("`{key}` holds too many globs"))
}

/// The characters of globs that stand for others.
const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

fn is_wild(glob: &str) -> bool {
    glob.contains(WILDCARDS)
}

fn literal_folder(glob: &str) -> &str {
    let wildcard = glob.find(WILDCARDS).unwrap_or(glob.len());
    glob[..wildcard]
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::super::{Config, raw};

    fn config(text: &str) -> Config {
        Config::validate(raw::parse(text, raw::Section::Whole).expect("keys")).expect("valid")
    }

    #[test]
    fn a_glob_is_walked_from_its_last_literal_folder() {
        let config = config("types = ['shared/types/**/*.ts', '*.ts', 'one/file.ts']");
        assert_eq!(
            config.sources.types.roots().collect::<Vec<_>>(),
            ["shared/types", "", "one"]
        );
        assert!(
            config
                .sources
                .types
                .matches(&globset::Candidate::new("shared/types/a/b.ts"))
        );
    }

    #[test]
    fn declaration_files_have_a_role_where_a_glob_names_them() {
        let excludes = |keys: &str, file: &str| config(keys).sources.excludes(file);
        assert!(excludes("types = ['src/**/*.ts']", "src/db.d.ts"));
        assert!(!excludes(
            "types = ['src/**/*.ts', 'src/db.d.ts']",
            "src/db.d.ts"
        ));
        assert!(excludes("types = ['src/db.d.ts']", "src/other.d.ts"));
        assert!(!excludes(
            "types = ['src/**/*.d.ts']\nexclude = []",
            "src/db.test.d.ts"
        ));
        assert!(
            excludes("types = ['src/**/*.d.ts']", "src/db.test.d.ts"),
            "tests stay out"
        );
    }
}
