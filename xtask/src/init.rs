//! Proposes a configuration for a monorepo from its files: the tool of its migrations, and the
//! files with row types, schemas, contracts, routes and tables. A person reads a proposal before it
//! counts, so that one folder too many is better than one too few.

mod code;
mod contracts;
mod driver;
mod flyway;
mod globs;
mod kysely;
mod openapi;
mod other_databases;
mod roles;
mod scripts;
mod served_elsewhere;
mod server;
mod supabase;
mod zod;

use std::collections::BTreeSet;

use anyhow::Result;
use regex::Regex;

use crate::config::{Layout, MigrationsConfig};
use crate::layouts::detect::{self, Layouts};
use crate::layouts::in_place;
use crate::prisma::proposal::{self as prisma, ProposedSchema};
use crate::tree::Tree;

/// The facts found in a monorepo, and the configuration proposed from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationProposal {
    /// The major version of PostgreSQL, and the file that says so.
    pub postgres: Option<(String, String)>,
    /// The source of the migrations.
    pub migrations: ProposedMigrations,
    /// Whether only the names of the files speak for Flyway, so that they may be this tool's.
    pub may_be_own: bool,
    /// The file by which the migrations are known to build on Supabase.
    pub supabase: Option<String>,
    /// Files among the migrations that undo others by their names.
    pub set_aside: Vec<String>,
    /// Migrations of other databases, and their folders.
    pub others: Vec<(Layout, String)>,
    /// The folders with migrations of another kind of database, and which that is.
    pub other_engines: Vec<(String, String)>,
    /// The packages whose descriptions of tables are of another database.
    pub other_packages: Vec<String>,
    /// The manifest of the program in another language that uses the database, where nothing in
    /// TypeScript does: then types and schemas are left out.
    pub served_by: Option<String>,
    /// Folders that look like migrations of another tool and cannot be read, and why.
    pub unreadable: Vec<(String, String)>,
    /// The driver whose values rows hold, where the program shows it.
    pub driver: Option<&'static str>,
    /// PostgreSQL types that the program parses itself, and the kind that they become.
    pub parsed: Vec<(&'static str, &'static str)>,
    /// Whether TypeORM names columns in snake case.
    pub snake_case: bool,
    /// Keys of the configuration with their globs, and how many files each matched.
    pub roles: Vec<(&'static str, Vec<String>, usize)>,
    /// OpenAPI documents that programs write, and how that is known. They are left out.
    pub generated_documents: Vec<(String, String)>,
    /// OpenAPI documents that a program may write, and that program.
    pub uncertain_documents: Vec<(String, String)>,
}

/// The source of the migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposedMigrations {
    /// A folder of this tool's own.
    Own(String),
    /// The folder of another tool, read in place.
    InPlace {
        /// The tool.
        layout: Layout,
        /// Its folder.
        dir: String,
        /// The command that applies them.
        apply: Option<String>,
    },
    /// Code, which a command runs.
    Code {
        /// The command.
        replay: String,
        /// The same command for a database that is there, where it only needs its URL.
        apply: Option<String>,
        /// Its folder.
        dir: Option<String>,
    },
    /// A dump, in this file.
    Dump(String),
    /// Code, and no command that runs it is known.
    Unrunnable {
        /// Its folder.
        dir: String,
    },
    /// None were found.
    None,
}

/// Proposes a configuration for the files of `tree`.
///
/// # Errors
/// When its files cannot be listed.
pub fn propose(tree: &dyn Tree) -> Result<ConfigurationProposal> {
    let mut rules = tree.ignore_rules();
    let mut files = tree.files("")?;
    files.retain(|file| !rules.is_ignored(file));
    let files = without_examples(files);
    let mut layouts = other_databases::without_sqlite(tree, &files, detect::find(tree, &files));
    // Code that Knex or TypeORM runs on PostgreSQL is no less theirs beside another database.
    let is_of_code =
        layouts.own.is_none() && layouts.foreign.is_empty() && code::find(tree, &files).is_none();
    let other_kysely = is_of_code
        .then(|| {
            let sources = files.iter().filter(|file| roles::is_source(file));
            kysely::other_engine(tree, sources)
        })
        .flatten();
    if let Some((file, engine)) = &other_kysely
        && let Some(folder) = code::unknown_folder(&files)
    {
        let found = (folder, format!("{engine}, as `{file}` says"));
        layouts.other_engines.push(found);
    }
    let proposed = match other_kysely {
        Some(_) => ProposedMigrations::None,
        None => migrations(tree, &files, &layouts),
    };
    let folder = proposed_folder(&layouts);
    let has_none = proposed == ProposedMigrations::None;
    let other_packages = other_databases::packages(&files, &layouts, (folder, has_none));
    let folders = layouts.foreign.iter().map(|(_, folder)| folder.as_str());
    let prisma = prisma::propose(tree, &files, folders.chain(layouts.own.as_deref()));
    let files = without_clients(files, prisma.as_ref());
    let mut tables = tables(tree, &files, folder);
    let of_models = prisma.iter().flat_map(|schema| &schema.tables);
    tables.extend(of_models.map(|table| table.to_lowercase()));
    let sources: Vec<&String> = files.iter().filter(|file| roles::is_source(file)).collect();
    let parsers = driver::parsers(tree, &sources);
    let kysely = kysely::find(tree, &sources);
    let roles = roles::find(tree, &files, &tables, &kysely, prisma.is_some());
    let roles = roles.into_iter().map(|(key, found)| match key {
        "drizzle" => (key, roles::without_copies(tree, found)),
        _other => (key, found),
    });
    let roles = roles.map(|(key, found)| {
        let found = other_databases::without(&other_packages, key, found);
        (key, found)
    });
    let documents = openapi::find(tree, &files);
    let has_prisma_migrations = matches!(layouts.foreign.first(), Some((Layout::Prisma, _)));
    let is_of_prisma = has_prisma_migrations || prisma.is_some();
    let prisma = prisma.map(|schema| ("prisma", schema.globs, schema.files));
    let served_by = served_elsewhere::manifest(tree, &files);
    let is_of_api = |key: &str| served_by.is_some() && served_elsewhere::is_by_name(key);
    let roles = roles.filter(|(key, found)| !found.is_empty() && !is_of_api(key));
    let roles: Vec<_> = roles.collect();
    let has_entities = roles.iter().any(|(key, _)| *key == "typeorm");
    let of_packages = || driver::of_packages(tree, &files).filter(|_| !is_of_prisma);
    let driver = kysely.driver.or_else(of_packages);
    let driver = driver.filter(|_| parsers.is_some());
    Ok(ConfigurationProposal {
        driver: driver.or(is_of_prisma.then_some("prisma")),
        parsed: match driver {
            Some(_) => parsers.into_iter().flatten().collect(),
            None => Vec::new(),
        },
        postgres: server::major(tree, &files),
        may_be_own: may_be_own(tree, &files, &layouts),
        supabase: match layouts.foreign.first() {
            Some((layout, folder)) if layouts.own.is_none() => {
                supabase::find(tree, &files, (*layout, folder))
            }
            _own => None,
        },
        set_aside: set_aside(tree, &layouts),
        migrations: proposed,
        others: match layouts.own {
            Some(_) => layouts.foreign,
            None => layouts.foreign.into_iter().skip(1).collect(),
        },
        unreadable: layouts.unreadable,
        other_engines: layouts.other_engines,
        other_packages,
        served_by,
        snake_case: has_entities && roles::names_in_snake_case(tree, &files),
        roles: roles
            .into_iter()
            .map(|(key, found)| (key, globs::cover(&found), found.len()))
            .chain(prisma)
            .chain(openapi_role(documents.written))
            .collect(),
        generated_documents: documents.generated,
        uncertain_documents: documents.uncertain,
    })
}

/// The folder of the migrations that are proposed.
fn proposed_folder(layouts: &Layouts) -> Option<&str> {
    let foreign = || layouts.foreign.first().map(|(_, folder)| folder);
    layouts.own.as_ref().or_else(foreign).map(String::as_str)
}

fn set_aside(tree: &dyn Tree, layouts: &Layouts) -> Vec<String> {
    let Some((layout, dir)) = layouts.foreign.first().filter(|_| layouts.own.is_none()) else {
        return Vec::new();
    };
    let config = MigrationsConfig {
        layout: Some(*layout),
        ..MigrationsConfig::own(dir)
    };
    in_place::set_aside(tree, &config)
}

/// Documents are named one by one: beside them stand other files of YAML and JSON.
fn openapi_role(written: Vec<String>) -> Option<(&'static str, Vec<String>, usize)> {
    let count = written.len();
    (count > 0).then_some(("openapi", written, count))
}

/// Leaves out the files of examples. They show how to use a product, and describe a database of
/// their own. Where there are no other sources, the examples are kept: then they are meant.
fn without_examples(files: Vec<String>) -> Vec<String> {
    const EXAMPLES: &[&str] = &[
        "example",
        "examples",
        "playground",
        "playgrounds",
        "demo",
        "demos",
        "fixtures",
    ];
    let is_example = |file: &String| file.split('/').any(|folder| EXAMPLES.contains(&folder));
    let (examples, others): (Vec<_>, Vec<_>) = files.into_iter().partition(is_example);
    let has_sources = others
        .iter()
        .any(|file| file.ends_with(".ts") || file.ends_with(".sql"));
    if has_sources {
        others
    } else {
        examples.into_iter().chain(others).collect()
    }
}

/// Leaves out the files of Prisma's clients, whose types follow from the schema.
fn without_clients(files: Vec<String>, prisma: Option<&ProposedSchema>) -> Vec<String> {
    let outputs: Vec<&String> = prisma.iter().flat_map(|schema| &schema.outputs).collect();
    let is_client = |file: &String| {
        outputs
            .iter()
            .any(|output| file.starts_with(&format!("{output}/")))
    };
    files.into_iter().filter(|file| !is_client(file)).collect()
}

/// The names of tables that the migrations in `folder` create or Drizzle declares, in lower case.
fn tables(tree: &dyn Tree, files: &[String], folder: Option<&str>) -> BTreeSet<String> {
    let Ok(create) =
        Regex::new(r#"(?i)create\s+table\s+(?:if\s+not\s+exists\s+)?(?:"?\w+"?\.)?"?(\w+)"?\s*\("#)
    else {
        return BTreeSet::new();
    };
    let inside = |file: &&String| {
        let is_in = |folder: &str| folder.is_empty() || file.starts_with(&format!("{folder}/"));
        file.ends_with(".sql") && folder.is_some_and(is_in)
    };
    let mut names = BTreeSet::new();
    for file in files.iter().filter(inside) {
        let text = read(tree, file);
        names.extend(
            create
                .captures_iter(&text)
                .map(|found| found[1].to_lowercase()),
        );
    }
    names.extend(roles::drizzle_tables(tree, files));
    names
}

/// The text of a file; empty if it cannot be read, since this is only a proposal.
fn read(tree: &dyn Tree, file: &str) -> String {
    tree.read(file).map_or_else(
        |_| String::new(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

/// Proposes the source of the migrations.
fn migrations(tree: &dyn Tree, files: &[String], layouts: &Layouts) -> ProposedMigrations {
    if let Some(own) = &layouts.own {
        return ProposedMigrations::Own(own.clone());
    }
    let scripts = scripts::find(tree, files);
    if let Some((layout, dir)) = layouts.foreign.first() {
        return ProposedMigrations::InPlace {
            layout: *layout,
            dir: dir.clone(),
            apply: scripts::applying(&scripts, *layout),
        };
    }
    let tool = code::find(tree, files);
    let command = scripts::replaying(&scripts).or_else(|| kysely_migrator(tree, files, &scripts));
    if let Some(command) = command.or_else(|| tool.as_ref().map(|tool| tool.command.clone())) {
        let variables = tool.as_ref().map_or("", |tool| tool.variables.as_str());
        return ProposedMigrations::Code {
            replay: with_variables(variables, &command),
            apply: variables.is_empty().then_some(command),
            dir: code::folder(files, tool.as_ref()),
        };
    }
    if let Some(dump) = dump(tree, files) {
        return ProposedMigrations::Dump(dump);
    }
    match code::unknown_folder(files) {
        Some(dir) => ProposedMigrations::Unrunnable { dir },
        None => ProposedMigrations::None,
    }
}

/// The script that runs the program which migrates with Kysely.
fn kysely_migrator(
    tree: &dyn Tree,
    files: &[String],
    scripts: &[scripts::Script],
) -> Option<String> {
    let is_migrator = |file: &&String| {
        let text = || read(tree, file);
        roles::is_source(file) && text().contains(".migrateToLatest(")
    };
    let mut programs = files.iter().filter(is_migrator);
    programs.find_map(|file| scripts::running(scripts, file))
}

/// Whether the files are read as Flyway's, and nothing but the names of those that go forward
/// speaks for it.
fn may_be_own(tree: &dyn Tree, files: &[String], layouts: &Layouts) -> bool {
    let Some((Layout::Flyway, dir)) = layouts.foreign.first() else {
        return false;
    };
    let is_of_flyway_alone = |file: &String| {
        let name = file.strip_prefix(dir.as_str()).unwrap_or("");
        let name = name.trim_start_matches('/');
        name.starts_with('U') || name.starts_with("R__") || name.starts_with('B')
    };
    layouts.own.is_none()
        && !files.iter().any(is_of_flyway_alone)
        && !flyway::is_mentioned(tree, files)
}

/// `command`, for which a shell sets `variables` first.
fn with_variables(variables: &str, command: &str) -> String {
    match (variables, command.split_once(" && ")) {
        ("", _) => command.to_owned(),
        // In front of `cd`, they would be set for that alone.
        (_, Some((cd, rest))) if cd.starts_with("cd ") => format!("{cd} && {variables} {rest}"),
        _ => format!("{variables} {command}"),
    }
}

/// A dump of the schema that the team commits.
fn dump(tree: &dyn Tree, files: &[String]) -> Option<String> {
    let is_named = |file: &&String| {
        let name = file.rsplit('/').next().unwrap_or(file);
        ["structure.sql", "schema.sql"].contains(&name)
    };
    let is_dump = |file: &&String| read(tree, file).contains("PostgreSQL database dump");
    files.iter().filter(is_named).find(is_dump).cloned()
}

impl ProposedMigrations {
    /// The line before all tables; none where the migrations have a table of their own.
    fn line(&self) -> String {
        match self {
            Self::Own(dir) => format!("migrations = {}\n", quoted(dir)),
            _in_a_table => String::new(),
        }
    }

    /// The table at the end, under `section`.
    fn table(&self, section: Option<&str>) -> String {
        let keys: Vec<(&str, String)> = match self {
            Self::Own(_) | Self::None => return String::new(),
            // The keys would name nothing yet.
            Self::Unrunnable { dir } => {
                return format!(
                    "\n# [{}migrations]\n# replay = \"<the command that runs them>\"\n# dir = {}\n",
                    section.map_or_else(String::new, |section| format!("{section}.")),
                    quoted(dir)
                );
            }
            Self::InPlace { layout, dir, .. } => {
                let dir = if dir.is_empty() { "." } else { dir };
                vec![("layout", layout.name()), ("dir", dir.to_owned())]
            }
            Self::Code { replay, dir, .. } => {
                let dir = dir.clone().map(|dir| ("dir", dir));
                dir.into_iter()
                    .chain([("replay", replay.clone())])
                    .collect()
            }
            Self::Dump(dump) => vec![("schema-from", dump.clone())],
        };
        let head = section.map_or_else(String::new, |section| format!("{section}."));
        let mut text = format!("\n[{head}migrations]\n");
        for (key, value) in keys {
            text += &format!("{key} = {}\n", quoted(&value));
        }
        if let Self::InPlace { apply, .. } | Self::Code { apply, .. } = self {
            text += &match apply {
                Some(apply) => format!("apply = {}\n", quoted(apply)),
                None => "# apply = \"<the command that migrates>\"\n".to_owned(),
            };
        }
        text
    }
}

impl ConfigurationProposal {
    /// The configuration under `section`, or without one for a file of its own.
    #[must_use]
    pub fn toml(&self, section: Option<&str>) -> String {
        let mut text = section.map_or_else(String::new, |section| format!("[{section}]\n"));
        let (major, from) = self
            .postgres
            .as_ref()
            .map_or(("15", "the default"), |(major, from)| (major, from));
        text += &format!("postgres = \"{major}\" # {from}\n");
        text += &self.migrations.line();
        text += "snapshot = \"snapshots/schema.json\"\n";
        if let Some(file) = &self.supabase {
            text += &format!("platform = \"supabase\" # {file}\n");
        }
        if let Some(driver) = self.driver {
            text += &format!("driver = \"{driver}\"\n");
            let parsed = self.parsed.iter();
            let parsed: Vec<_> = parsed
                .map(|(ty, kind)| format!("{ty} = [\"{kind}\"]"))
                .collect();
            if !parsed.is_empty() {
                text += &format!("type-map = {{ {} }}\n", parsed.join(", "));
            }
        }
        if self.snake_case {
            text += "typeorm-naming = \"snake\"\n";
        }
        for (key, globs, count) in &self.roles {
            let globs: Vec<_> = globs.iter().map(|glob| quoted(glob)).collect();
            let files = if *count == 1 {
                "1 file".to_owned()
            } else {
                format!("{count} files")
            };
            text += &format!("{key} = [{}] # {files}\n", globs.join(", "));
        }
        text + &self.migrations.table(section)
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::WorkingTree;

    pub(super) fn proposed(files: &[(&str, &str)]) -> ConfigurationProposal {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("inside the folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        propose(&WorkingTree::new(folder.path())).expect("readable")
    }

    #[test]
    fn a_drizzle_repo_gets_a_configuration_that_is_valid() {
        let proposal = proposed(&[
            (
                "docker-compose.yml",
                "services:\n  db:\n    image: postgres:16-alpine\n",
            ),
            (
                "drizzle/meta/_journal.json",
                r#"{"entries":[{"idx":0,"tag":"0000_a"}]}"#,
            ),
            (
                "drizzle/0000_a.sql",
                "CREATE TABLE \"users\" (\n\"id\" uuid);",
            ),
            (
                "server/schema/users.ts",
                "import { pgTable } from 'drizzle-orm/pg-core';\nexport const u = pgTable('users', {});",
            ),
            (
                "shared/types/user.ts",
                "export interface User { id: string }",
            ),
            (
                "shared/validation/user.ts",
                "import { z } from 'zod';\nexport const s = z.object({});",
            ),
            (
                "server/routes/user.ts",
                "import express from 'express';\nrouter.get('/users', f);",
            ),
            (
                "client/src/button.tsx",
                "export interface ButtonProps { id: string }",
            ),
        ]);
        assert_eq!(
            proposal.toml(Some("workspace.metadata.db")),
            "[workspace.metadata.db]\npostgres = \"16\" # docker-compose.yml\n\
             snapshot = \"snapshots/schema.json\"\ntypes = [\"shared/types/user.ts\"] # 1 file\n\
             validation = [\"shared/validation/user.ts\"] # 1 file\nroutes = [\"server/routes/user.ts\"] # 1 file\n\
             drizzle = [\"server/schema/users.ts\"] # 1 file\n\n[workspace.metadata.db.migrations]\n\
             layout = \"drizzle\"\ndir = \"drizzle\"\n# apply = \"<the command that migrates>\"\n"
        );
    }

    #[test]
    fn entities_and_judged_classes_are_no_plain_types() {
        let proposal = proposed(&[
            ("db/migrations/1.sql", "CREATE TABLE users (id int);"),
            (
                "src/users/entities/user.entity.ts",
                "import { Column, Entity } from 'typeorm';\n@Entity('users')\nexport class User { @Column() name: string }",
            ),
            (
                "src/common/entities/base.ts",
                "import { PrimaryGeneratedColumn } from \"typeorm\";\nexport abstract class UserEntity { @PrimaryGeneratedColumn() id: number }",
            ),
            (
                "src/users/entities/create-user.dto.ts",
                "import { IsEmail } from 'class-validator';\nexport class User { @IsEmail() email: string }",
            ),
            (
                "src/users/entities/update-user.dto.ts",
                "import { PartialType } from '@nestjs/mapped-types';\nexport class UserUpdate extends PartialType(CreateUserDto) {}",
            ),
            (
                "src/users.controller.ts",
                "import { Controller, Get } from '@nestjs/common';\nimport { ApiProperty } from '@nestjs/swagger';\n@Controller('users') export class UserController {}",
            ),
            (
                "src/data-source.ts",
                "export default new DataSource({ namingStrategy: new SnakeNamingStrategy() });",
            ),
        ]);
        let expected = [
            (
                "validation",
                vec![
                    "src/users/entities/create-user.dto.ts".to_owned(),
                    "src/users/entities/update-user.dto.ts".to_owned(),
                ],
                2,
            ),
            ("routes", vec!["src/users.controller.ts".to_owned()], 1),
            (
                "typeorm",
                vec!["src/users/entities/user.entity.ts".to_owned()],
                1,
            ),
        ];
        assert_eq!(proposal.roles, expected);
        assert!(proposal.toml(None).contains("typeorm-naming = \"snake\""));
    }

    #[test]
    fn copies_and_pages_have_no_part_in_it() {
        let table = |name: &str| {
            format!(
                "import {{ pgTable }} from 'drizzle-orm/pg-core';\nexport const t = pgTable('{name}', {{}});"
            )
        };
        let (users, bills, votes) = (table("users"), table("bills"), table("votes"));
        let proposal = proposed(&[
            ("server/db/users.ts", &users),
            ("server/db/bills.ts", &bills),
            ("server/db/votes.ts", &votes),
            ("server/generated-auth.ts", &users),
            (
                "web/components/users.tsx",
                "import { z } from 'zod';\nexport interface UserRow {}\nz.object({});",
            ),
        ]);
        assert_eq!(
            proposal.roles,
            [("drizzle", vec!["server/db/**/*.ts".to_owned()], 3)]
        );
    }

    #[test]
    fn tables_of_a_schema_generated_types_and_examples() {
        let proposal = proposed(&[
            (
                "db/helpers.ts",
                "import { pgSchema } from 'drizzle-orm/pg-core';\nexport const appSchema = pgSchema('app');",
            ),
            (
                "db/tables/users.ts",
                "import { uuid } from 'drizzle-orm/pg-core';\nexport const u = appSchema.table('users', { id: uuid() });",
            ),
            (
                "db/types/db.d.ts",
                "// generated by kysely-codegen\nimport type { ColumnType } from 'kysely';\nexport interface DB { users: Users }",
            ),
            ("db/types/a.d.ts", "declare module 'a';"),
            (
                "examples/shop/db.ts",
                "import { pgTable } from 'drizzle-orm/pg-core';\nexport const t = pgTable('t', {});",
            ),
        ]);
        let expected = [
            ("types", vec!["db/types/db.d.ts".to_owned()], 1),
            (
                "drizzle",
                vec!["db/helpers.ts".to_owned(), "db/tables/users.ts".to_owned()],
                2,
            ),
        ];
        assert_eq!(proposal.roles, expected);
    }

    #[test]
    fn the_sample_monorepo_is_proposed_as_it_is_configured() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let proposal = propose(&WorkingTree::new(root)).expect("readable");
        assert_eq!(
            (&proposal.migrations, proposal.others.as_slice()),
            (
                &ProposedMigrations::Own("migrations".to_owned()),
                [].as_slice()
            )
        );
        let keys: Vec<_> = proposal.roles.iter().map(|(key, _, _)| *key).collect();
        assert!(
            ["types", "validation", "contracts", "routes"]
                .iter()
                .all(|key| keys.contains(key)),
            "{proposal:?}"
        );
        let types = proposal
            .roles
            .iter()
            .find(|(key, _, _)| *key == "types")
            .map(|(_, globs, _)| globs.join(" "));
        assert!(
            types.is_some_and(|globs| globs.contains("shared-types/src")),
            "{proposal:?}"
        );
    }
}
