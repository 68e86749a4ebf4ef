//! The roles of TypeScript files, told by their imports and declarations.

use std::collections::BTreeSet;

use regex::Regex;

use super::contracts::ContractPatterns;
use super::kysely::KyselyUse;
use super::read;
use super::zod::ZodPatterns;
use crate::tree::Tree;

/// Larger files are generated or bundled; their roles are for a person to say.
const LARGEST: usize = 1_000_000;

/// Folders that hold descriptions of data.
const DATA_FOLDERS: &[&str] = &[
    "types",
    "entities",
    "entity",
    "models",
    "model",
    "database",
    "db",
    "domain",
    "tables",
    "interfaces",
    "schema",
    "schemas",
];

/// Folders of tests and their helpers.
const TEST_FOLDERS: &[&str] = &[
    "__tests__",
    "__mocks__",
    "test",
    "tests",
    "e2e",
    "cypress",
    "playwright",
];

/// Folders of what is shown: a type there is of a view, though it may be called like a table.
const VIEW_FOLDERS: &[&str] = &["components", "_components", "hooks", "pages", "views"];

/// Folders of programs that change data once.
const MIGRATION_FOLDERS: &[&str] = &["migration", "migrations", "alterations"];

/// The keys of the roles that a file itself shows, in the order of [`Patterns::roles`].
const ROLES: [&str; 7] = [
    "validation",
    "contracts",
    "routes",
    "drizzle",
    "typeorm",
    "mikroorm",
    "sequelize",
];

/// The roles of classes that are tables by the decorators of an ORM.
const ORMS: [&str; 3] = ["typeorm", "mikroorm", "sequelize"];

/// Folders of entities for other databases, which lie beside those for PostgreSQL in a product that
/// runs on several.
const OTHER_DATABASES: &[&str] = &[
    "mysql",
    "mariadb",
    "planetscale",
    "mssql",
    "sqlserver",
    "sqlite",
    "d1",
    "oracle",
    "mongo",
    "mongodb",
];

/// The packages of these decorators.
const ORM_PACKAGES: [&str; 4] = [
    "typeorm",
    "@mikro-orm/core",
    "@mikro-orm/decorators/legacy",
    "sequelize-typescript",
];

/// The files of each role, by the key of the configuration. `has_models` is whether Prisma makes the
/// types of rows.
pub(super) fn find(
    tree: &dyn Tree,
    files: &[String],
    tables: &BTreeSet<String>,
    kysely: &KyselyUse,
    has_models: bool,
) -> Vec<(&'static str, Vec<String>)> {
    let Some(patterns) = Patterns::new() else {
        return Vec::new();
    };
    let mut roles: Vec<(&'static str, Vec<String>)> = ROLES.map(|key| (key, Vec::new())).into();
    let (mut certain, mut possible) = (Vec::new(), Vec::new());
    for file in files.iter().filter(|file| is_source(file)) {
        let text = read(tree, file);
        if text.len() > LARGEST {
            continue;
        }
        if file.ends_with(".d.ts") {
            if is_generated_rows(&text) {
                certain.push(file.clone());
            }
            continue;
        }
        for ((_, files), has) in roles.iter_mut().zip(patterns.roles(&text, file)) {
            if has {
                files.push(file.clone());
            }
        }
        // A type `Row` in a page is a row of that page, and what decorators describe is no plain
        // type.
        if file.ends_with(".tsx")
            || is_inside(file, VIEW_FOLDERS)
            || patterns.is_decorated(file, &text)
        {
            continue;
        }
        match patterns.describes_rows(file, &text, tables) {
            Likelihood::Certain => certain.push(file.clone()),
            Likelihood::Possible => possible.push(file.clone()),
            Likelihood::None => {}
        }
    }
    for (key, files) in &mut roles {
        if ORMS.contains(key) {
            leave_out_other_databases(files);
        }
    }
    // Kysely's interface names every table and its type: whatever else looks like a row was made of
    // one.
    // Entities, and the types that Prisma makes of models, are the types of their tables: what only
    // may be one is another thing.
    let mut found = roles.iter();
    let has_entities =
        has_models || found.any(|(key, files)| ORMS.contains(key) && !files.is_empty());
    let types = if !kysely.files.is_empty() {
        kysely.files.clone()
    } else if certain.is_empty() && !has_entities {
        possible
    } else {
        certain
    };
    roles.insert(0, ("types", types));
    roles
}

/// Removes entities for other databases from those of an ORM. Where all are, a folder is only called
/// so.
fn leave_out_other_databases(files: &mut Vec<String>) {
    let is_of_ours = |file: &String| !is_inside(file, OTHER_DATABASES);
    if files.iter().any(is_of_ours) {
        files.retain(is_of_ours);
    }
}

/// The files of `drizzle` without copies. A copy declares only tables that a folder with more files
/// declares, too.
pub(super) fn without_copies(tree: &dyn Tree, drizzle: Vec<String>) -> Vec<String> {
    let Some(table) = table_call() else {
        return drizzle;
    };
    let folder = |file: &str| {
        file.rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .to_owned()
    };
    let declared: Vec<(String, BTreeSet<String>)> = drizzle
        .iter()
        .map(|file| {
            (
                folder(file),
                table
                    .captures_iter(&read(tree, file))
                    .map(|found| found[1].to_owned())
                    .collect(),
            )
        })
        .collect();
    let size = |folder: &String| declared.iter().filter(|(other, _)| other == folder).count();
    let is_copy = |(place, tables): &(String, BTreeSet<String>)| {
        let larger = declared
            .iter()
            .filter(|(other, _)| size(other) > size(place));
        let elsewhere: BTreeSet<&String> = larger.flat_map(|(_, tables)| tables).collect();
        !tables.is_empty() && tables.iter().all(|table| elsewhere.contains(table))
    };
    drizzle
        .iter()
        .zip(&declared)
        .filter(|(_, one)| !is_copy(one))
        .map(|(file, _)| file.clone())
        .collect()
}

fn table_call() -> Option<Regex> {
    Regex::new(r#"\b(?:pgTable|\w*[sS]chema\.table)\s*\(\s*['"](\w+)['"]"#).ok()
}

/// The likelihood that a file holds row types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likelihood {
    None,
    /// One sign: a suffix like `Row`, types named after several tables, or one such type in a
    /// folder for data.
    Possible,
    /// A suffix or several tables in a folder for data, more than two suffixes, or generated types.
    Certain,
}

/// The names of the tables that Drizzle declares, in lower case.
pub(super) fn drizzle_tables(tree: &dyn Tree, files: &[String]) -> BTreeSet<String> {
    let Some(table) = table_call() else {
        return BTreeSet::new();
    };
    let mut names = BTreeSet::new();
    for file in files.iter().filter(|file| is_source(file)) {
        let text = read(tree, file);
        names.extend(
            table
                .captures_iter(&text)
                .map(|found| found[1].to_lowercase()),
        );
    }
    names
}

pub(super) fn is_source(file: &str) -> bool {
    let typescript = [".ts", ".tsx", ".mts", ".cts"]
        .iter()
        .any(|end| file.ends_with(end));
    typescript && !is_test(file)
}

/// Whether a file is a test, or helps one.
pub(super) fn is_test(file: &str) -> bool {
    is_inside(file, TEST_FOLDERS)
        || [".test.", ".spec.", ".e2e-spec.", ".cy."]
            .iter()
            .any(|part| file.contains(part))
}

fn is_inside(file: &str, names: &[&str]) -> bool {
    let folders = file.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| names.contains(&folder))
}

/// Whether a file of declarations is what kysely-codegen wrote: an interface `DB` of all tables.
fn is_generated_rows(text: &str) -> bool {
    text.contains("kysely") && text.contains("interface DB ")
}

struct Patterns {
    declaration: Regex,
    zod: ZodPatterns,
    route: Regex,
    framework: Regex,
    contract: ContractPatterns,
    drizzle: Regex,
    entity: Regex,
    model: Regex,
    column: Regex,
    judged: Regex,
    message: Regex,
    decorated: Regex,
}

impl Patterns {
    fn new() -> Option<Self> {
        let regex = |pattern| Regex::new(pattern).ok();
        Some(Self {
            declaration: regex(r"\b(?:interface|class|type)\s+(\w+)")?,
            zod: ZodPatterns::new()?,
            route: regex(
                r#"\.(?:get|post|put|patch|delete|route|all|use)\s*\(\s*(?:['"`]/|\{)|@Controller\s*\("#,
            )?,
            framework: regex(
                r#"from\s+['"](?:express|fastify|hono|koa|@koa/router|koa-router|@nestjs/common|@hono/[\w-]+)"#,
            )?,
            contract: ContractPatterns::new()?,
            drizzle: regex(
                r"\b(?:pgTable|pgEnum|pgSchema|pgTableCreator|\w*[sS]chema\.table)\s*\(",
            )?,
            entity: regex(r"@(?:View|Child)?Entity\s*\(")?,
            model: regex(r"@Table\b")?,
            column: regex(
                r"@(?:\w*Column|PrimaryKey|Property|Embeddable|(?:One|Many)To(?:One|Many))\b",
            )?,
            judged: regex(
                r"@(?:Is[A-Z]\w*|(?:Max|Min)?Length|Matches|Min|Max|ValidateNested|Api\w*Property\w*|Expose|Transform|Type)\s*\(",
            )?,
            message: regex(r"(?i)[./-]dtos?(?:/|\.ts$)")?,
            decorated: regex(r"(?m)^\s*@[A-Z]\w*\(")?,
        })
    }

    /// Whether decorators make something else than a type of its classes.
    fn is_decorated(&self, file: &str, text: &str) -> bool {
        self.is_of_entities(text) || self.is_of_judged(file, text)
    }

    /// Whether it holds classes of an ORM, those included that entities extend or hold.
    fn is_of_entities(&self, text: &str) -> bool {
        let is_of_orm = ORM_PACKAGES.iter().any(|package| imports(text, package));
        is_of_orm
            && (self.entity.is_match(text)
                || self.model.is_match(text)
                || self.column.is_match(text))
    }

    /// Whether it holds classes whose values decorators judge or describe: what comes in and goes
    /// out.
    fn is_of_judged(&self, file: &str, text: &str) -> bool {
        const PACKAGES: [&str; 4] = [
            "class-validator",
            "class-transformer",
            "@nestjs/swagger",
            "@nestjs/mapped-types",
        ];
        let makes = text.contains(" extends ") && text.contains("Type(");
        let is_called_so = self.message.is_match(file) && self.decorated.is_match(text);
        let is_judged = PACKAGES.iter().any(|package| imports(text, package))
            && (self.judged.is_match(text) || makes);
        (is_judged || is_called_so) && !text.contains("@Controller(") && !self.is_of_entities(text)
    }

    /// Whether it has each of [`ROLES`].
    fn roles(&self, text: &str, file: &str) -> [bool; 7] {
        let is_entity = self.entity.is_match(text);
        let typeorm = is_entity && imports(text, "typeorm");
        let mikroorm = is_entity
            && ORM_PACKAGES
                .iter()
                .any(|package| package.starts_with("@mikro-orm/") && imports(text, package));
        let sequelize = self.model.is_match(text) && imports(text, "sequelize-typescript");
        let drizzle = self.drizzle.is_match(text) && text.contains("drizzle-orm");
        // A form validates the input of a page, which is no description of an entity.
        let validation = self.zod.declares_objects(text) && !file.ends_with(".tsx");
        let validation =
            validation || (self.is_of_judged(file, text) && is_of_messages(file, text));
        let next_route =
            file.ends_with("/route.ts") && file.contains("app/") || is_pages_route(file, text);
        let routes = next_route
            || makes_nest_application(text)
            || (self.framework.is_match(text) && self.route.is_match(text));
        // A single pair is a call of `fetch`; several of them, or a name that says so, are a
        // contract.
        let enough = if file.contains("contract") { 1 } else { 3 };
        let pairs = self.contract.count(text);
        let contracts = text.contains("initContract(") || (pairs >= enough && !routes);
        [
            validation, contracts, routes, drizzle, typeorm, mikroorm, sequelize,
        ]
    }

    /// Whether it declares types that are named after tables.
    fn describes_rows(&self, file: &str, text: &str, tables: &BTreeSet<String>) -> Likelihood {
        // A row type in a migration of data describes the table at that time.
        if is_inside(file, MIGRATION_FOLDERS) {
            return Likelihood::None;
        }
        let names: Vec<_> = self
            .declaration
            .captures_iter(text)
            .map(|found| found[1].to_owned())
            .collect();
        let of_tables: Vec<_> = names
            .iter()
            .filter_map(|name| table_of(name, tables))
            .collect();
        let suffixed = of_tables
            .iter()
            .filter(|(_, suffix)| !suffix.is_empty())
            .count();
        let distinct: BTreeSet<_> = of_tables.iter().map(|(table, _)| table).collect();
        let in_place = file
            .split(['/', '.'])
            .any(|part| DATA_FOLDERS.contains(&part));
        let generated = text.contains("Tables: {") && text.contains("Row: {");
        if generated || (in_place && (suffixed > 0 || distinct.len() > 2)) || suffixed > 2 {
            Likelihood::Certain
        } else if suffixed > 0 || distinct.len() > 2 || (in_place && !distinct.is_empty()) {
            Likelihood::Possible
        } else {
            Likelihood::None
        }
    }
}

/// Whether Next serves what a file exports: the pages of `pages/api/**` have a default export.
fn is_pages_route(file: &str, text: &str) -> bool {
    format!("/{file}").contains("/pages/api/") && text.contains("export default")
}

/// Whether a file makes an application of NestJS and says what stands before the paths of its
/// controllers.
fn makes_nest_application(text: &str) -> bool {
    text.contains("NestFactory.create")
        && ["setGlobalPrefix(", "enableVersioning("]
            .iter()
            .any(|call| text.contains(call))
}

/// Whether judged classes of a file may be of what comes in. Those of settings are of the
/// environment, and what is only described is a type.
fn is_of_messages(file: &str, text: &str) -> bool {
    let is_of_settings = file.ends_with("config.ts") || is_inside(file, &["config", "configs"]);
    let is_judged = imports(text, "class-validator") || file.contains("dto");
    is_judged && !is_of_settings
}

/// Whether a text imports from `package`.
fn imports(text: &str, package: &str) -> bool {
    ["'", "\""]
        .iter()
        .any(|quote| text.contains(&format!("from {quote}{package}{quote}")))
}

/// Whether a file names columns by `SnakeNamingStrategy`.
pub(super) fn names_in_snake_case(tree: &dyn Tree, files: &[String]) -> bool {
    let mut sources = files.iter().filter(|file| is_source(file));
    sources.any(|file| {
        let text = read(tree, file);
        text.contains("new SnakeNamingStrategy(")
    })
}

/// The table that `UserProfileRow` is named after, and the suffix.
fn table_of<'t>(name: &str, tables: &'t BTreeSet<String>) -> Option<(&'t str, &'static str)> {
    // The empty suffix comes last: `UserRow` is rather a row of `users` than named after
    // `user_row`.
    let suffixes = [
        "Table", "Row", "Entity", "Record", "Model", "Insert", "Update", "",
    ];
    suffixes.into_iter().find_map(|suffix| {
        let stem = name
            .strip_suffix(suffix)
            .filter(|stem| !stem.is_empty())?
            .to_lowercase();
        let same = |table: &&String| {
            let table = table.replace('_', "");
            table == stem || singular(&table) == stem
        };
        tables
            .iter()
            .find(same)
            .map(|table| (table.as_str(), suffix))
    })
}

fn singular(plural: &str) -> String {
    if let Some(stem) = plural.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let sibilant = ["sses", "shes", "ches", "xes"]
        .iter()
        .any(|end| plural.ends_with(end));
    let cut = if sibilant {
        2
    } else {
        usize::from(plural.ends_with('s'))
    };
    plural[..plural.len() - cut].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_by_the_tables_they_are_named_after() {
        let tables: BTreeSet<_> = ["users", "user_profiles", "categories", "boxes", "status"]
            .map(String::from)
            .into();
        let table = |name| table_of(name, &tables).map(|(table, _)| table);
        assert_eq!(table("UserProfileRow"), Some("user_profiles"));
        assert_eq!(table("Category"), Some("categories"));
        assert_eq!(
            (table("Box"), table("Status")),
            (Some("boxes"), Some("status"))
        );
        assert_eq!((table("UserProps"), table("Table")), (None, None));
    }

    #[test]
    fn entities_for_other_databases_are_left_out() {
        let left = |files: &[&str]| {
            let mut files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
            leave_out_other_databases(&mut files);
            files
        };
        let ours = "src/db/sql/entity/user.ts";
        let theirs = "src/db/sql/mssql/entity/user.ts";
        assert_eq!(left(&[ours, theirs]), [ours]);
        assert_eq!(left(&[theirs]), [theirs]);
    }

    #[test]
    fn roles_are_told_by_imports_and_calls() {
        let patterns = Patterns::new().expect("valid patterns");
        let roles = |file: &str, text: &str| -> Vec<&str> {
            let found = ROLES.into_iter().zip(patterns.roles(text, file));
            found.filter(|(_, has)| *has).map(|(key, _)| key).collect()
        };
        assert_eq!(
            roles("a.ts", "import { z } from 'zod/v4'; z.object({})"),
            ["validation"]
        );
        let contract = "export const e = { get: { method: 'GET', path: '/users' } }";
        assert_eq!(roles("contracts/a.ts", contract), ["contracts"]);
        assert_eq!(roles("a.ts", &contract.repeat(3)), ["contracts"]);
        assert!(roles("a.ts", contract).is_empty());
        let member = "interface A { method: 'GET'; path: '/users'; }\ntype B = { path: '/b', method: 'GET' | 'PUT' };\n";
        assert!(roles("contracts/a.ts", member).is_empty());
        let sent = "await client.request({ method: 'GET', path: '/users' });\n";
        assert!(roles("a.ts", &sent.repeat(3)).is_empty());
        let cookie =
            "set('a', b, { path: '/', secure });\nfetch(url, { method: 'GET', headers });\n";
        assert!(roles("a.ts", &cookie.repeat(3)).is_empty());
        let allowed = "const ALLOWED = [{ method: 'GET', path: '/a' }, { method: 'POST', path: '/b' }, { path: '/c', method: 'PUT' },\n];";
        assert!(roles("a.ts", allowed).is_empty());
        assert!(
            !is_source("cypress/e2e/users.ts")
                && !is_source("apps/api/test/util.ts")
                && is_source("src/test.ts")
        );
        // Without the mounts, the routes of the mounted routers have other paths.
        let mounts = "import express from 'express'; app.use('/users', users);";
        assert_eq!(roles("index.ts", mounts), ["routes"]);
        assert_eq!(
            roles("web/app/api/users/route.ts", "export function GET() {}"),
            ["routes"]
        );
        let page = "export default async function handler(req, res) {}";
        assert_eq!(roles("pages/api/users/[id].ts", page), ["routes"]);
        assert_eq!(roles("web/pages/api/users.ts", page), ["routes"]);
        assert!(roles("pages/users.ts", page).is_empty());
        let nest = "import { NestFactory } from '@nestjs/core'; const app = await NestFactory.create(App); ";
        assert!(roles("main.ts", nest).is_empty());
        let prefixed = format!("{nest} app.setGlobalPrefix('api');");
        assert_eq!(roles("main.ts", &prefixed), ["routes"]);
        let entity = "import { Entity, PrimaryKey } from '@mikro-orm/core'; @Entity() class A {}";
        assert_eq!(roles("a.ts", entity), ["mikroorm"]);
        let model = "import { Table } from 'sequelize-typescript'; @Table class A extends Model {}";
        assert_eq!(roles("a.ts", model), ["sequelize"]);
        assert!(patterns.is_decorated("a.ts", entity) && patterns.is_decorated("a.ts", model));
        let rows = |file: &str, text: &str| {
            patterns.describes_rows(file, text, &BTreeSet::from(["users".to_owned()]))
        };
        assert_eq!(rows("a.ts", "export interface User {}"), Likelihood::None);
        assert_eq!(
            rows("types/a.ts", "export interface User {}"),
            Likelihood::Possible
        );
        assert_eq!(
            rows("a.ts", "export interface UserRow {}"),
            Likelihood::Possible
        );
        assert_eq!(
            rows("database/a.ts", "export interface UserRow {}"),
            Likelihood::Certain
        );
        assert_eq!(
            rows(
                "database/migration/a/types.ts",
                "export interface UserRow {}"
            ),
            Likelihood::None
        );
    }
}
