//! Finds migrations that are code: the folders that hold them, and the command that runs them on
//! the database of `DATABASE_URL`, from the configuration of Knex and TypeORM.

use regex::Regex;

use super::read;
use super::roles::is_test;
use crate::tree::Tree;

/// The configuration of a tool whose migrations are code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CodeTool {
    /// The folder of the package that it belongs to.
    package: String,
    /// The command that runs the migrations, typed at the root.
    pub command: String,
    /// Variables that the command needs beside `DATABASE_URL`, as a shell sets them.
    pub variables: String,
}

/// Finds the configuration of a tool, where it is for PostgreSQL.
pub(super) fn find(tree: &dyn Tree, files: &[String]) -> Option<CodeTool> {
    let sources = || files.iter().filter(|file| !is_test(file));
    let knex = sources().find_map(|file| knex(file, &read(tree, file), files));
    knex.or_else(|| sources().find_map(|file| typeorm(file, &read_config(tree, file)?, files)))
}

/// The text of a file that is named like a data source.
fn read_config(tree: &dyn Tree, file: &str) -> Option<String> {
    const NAMES: [&str; 4] = ["data-source", "datasource", "ormconfig", "typeorm.config"];
    let name = file.rsplit('/').next()?.to_ascii_lowercase();
    let (stem, end) = name.rsplit_once('.')?;
    let is_named = NAMES.iter().any(|one| stem.ends_with(one));
    (is_named && is_script(end)).then(|| read(tree, file))
}

fn is_script(end: &str) -> bool {
    ["ts", "js", "mts", "mjs", "cts", "cjs"].contains(&end)
}

fn knex(file: &str, text: &str, files: &[String]) -> Option<CodeTool> {
    let (stem, end) = file.rsplit('/').next()?.rsplit_once('.')?;
    if stem != "knexfile" || !is_script(end) || is_for_another(text, "client") {
        return None;
    }
    let (package, inner) = package(file, files);
    let named = if inner.contains('/') {
        format!(" --knexfile {inner}")
    } else {
        String::new()
    };
    Some(CodeTool {
        command: within(&package, &format!("npx knex{named} migrate:latest")),
        variables: variables(text, ("client", "pg")),
        package,
    })
}

fn typeorm(file: &str, text: &str, files: &[String]) -> Option<CodeTool> {
    // `-d` takes a file that exports an instance. Options alone are another program's.
    let is_source =
        text.contains("typeorm") && text.contains("migrations") && text.contains("new DataSource(");
    if !is_source || is_for_another(text, "type") {
        return None;
    }
    let (package, inner) = package(file, files);
    let program = if inner.ends_with("ts") {
        "typeorm-ts-node-commonjs"
    } else {
        "typeorm"
    };
    Some(CodeTool {
        command: within(&package, &format!("npx {program} migration:run -d {inner}")),
        variables: variables(text, ("type", "postgres")),
        package,
    })
}

/// Whether `key` names other databases, and not PostgreSQL.
fn is_for_another(text: &str, key: &str) -> bool {
    let Ok(value) = Regex::new(&format!(r#"\b{key}\s*:\s*['"`]([\w-]+)['"`]"#)) else {
        return false;
    };
    let mut named = value
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .filter(|name| name != "commonjs" && name != "module")
        .peekable();
    named.peek().is_some()
        && !named.any(|name| name.starts_with("pg") || name.starts_with("postgres"))
}

/// The folder of the innermost package that holds `file`, and the rest of its path.
pub(super) fn package(file: &str, files: &[String]) -> (String, String) {
    let mut folder = file;
    while let Some((above, _)) = folder.rsplit_once('/') {
        if files
            .iter()
            .any(|one| *one == format!("{above}/package.json"))
        {
            return (above.to_owned(), file[above.len() + 1..].to_owned());
        }
        folder = above;
    }
    (String::new(), file.to_owned())
}

fn within(package: &str, command: &str) -> String {
    if package.is_empty() {
        command.to_owned()
    } else {
        format!("cd {package} && {command}")
    }
}

/// The settings of a connection that a configuration reads from other variables than
/// `DATABASE_URL`, each set from those that a command of the configuration has.
fn variables(text: &str, (kind, database): (&str, &str)) -> String {
    let variable = |keys: &str| {
        let pattern = format!(
            r#"\b(?:{keys})\s*:\s*(?:\w+\(\s*)?(?:(?:process\.)?env(?:\.|\[['"])|\w+\.get(?:OrThrow)?(?:<\w+>)?\(\s*['"])(\w+)"#
        );
        let found = Regex::new(&pattern).ok()?.captures(text)?;
        Some(found[1].to_owned())
    };
    let mut set: Vec<String> = Vec::new();
    set.extend(variable(kind).map(|name| format!("{name}={database}")));
    let url = variable("url|connectionString|connection");
    match url {
        Some(url) if url != "DATABASE_URL" => set.push(format!("{url}=$DATABASE_URL")),
        Some(_known) => {}
        None if text.contains("DATABASE_URL") => {}
        None => {
            let parts = [
                ("host", "PGHOST"),
                ("port", "PGPORT"),
                ("username|user", "PGUSER"),
                ("password", "PGPASSWORD"),
                ("database", "PGDATABASE"),
            ];
            for (keys, from) in parts {
                let name = variable(keys).filter(|name| name != from);
                set.extend(name.map(|name| format!("{name}=${from}")));
            }
        }
    }
    set.join(" ")
}

/// The folder that holds the migrations that are code, and no more where one does: those of the
/// package of `tool`, where there is one.
pub(super) fn folder(files: &[String], tool: Option<&CodeTool>) -> Option<String> {
    let package = tool.map_or("", |tool| tool.package.as_str());
    let is_inside = |file: &&String| package.is_empty() || file.starts_with(&format!("{package}/"));
    let mut found: Vec<(&str, &str)> = Vec::new();
    for file in files.iter().filter(is_inside) {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        let is_code = name.rsplit_once('.').is_some_and(|(_, end)| is_script(end));
        let last = folder.rsplit('/').next().unwrap_or(folder);
        if is_code && last.contains("migration") && !is_test(file) {
            found.push((folder, name));
        }
    }
    // Tools begin the names of migrations with a date or a number; others are helpers.
    let is_numbered = |(_, name): &(&str, &str)| name.starts_with(|one: char| one.is_ascii_digit());
    if found.iter().any(is_numbered) {
        found.retain(is_numbered);
    }
    let mut folders = found.iter().map(|(folder, _)| *folder);
    let first = folders.next()?;
    let common = folders.fold(first, common_folder);
    (!common.is_empty()).then(|| common.to_owned())
}

/// The folder of migrations that are code, where no tool is known: files whose names begin with a date or
/// a number. Others are helpers beside SQL.
pub(super) fn unknown_folder(files: &[String]) -> Option<String> {
    let is_numbered = |file: &&String| {
        let name = file.rsplit('/').next().unwrap_or(file);
        name.starts_with(|one: char| one.is_ascii_digit())
    };
    let numbered: Vec<String> = files.iter().filter(is_numbered).cloned().collect();
    folder(&numbered, None)
}

/// The innermost folder that holds both.
fn common_folder<'f>(one: &'f str, other: &str) -> &'f str {
    let mut folder = one;
    while folder != other && !other.starts_with(&format!("{folder}/")) {
        match folder.rsplit_once('/') {
            Some((above, _)) => folder = above,
            None => return "",
        }
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn found(files: &[(&str, &str)]) -> (Option<CodeTool>, Option<String>) {
        let tree = MemoryTree::new(files.iter().copied());
        let files = tree.files("").expect("in memory");
        let tool = find(&tree, &files);
        let folder = folder(&files, tool.as_ref());
        (tool, folder)
    }

    #[test]
    fn a_knexfile_says_how_the_migrations_of_its_package_run() {
        let knexfile = "export default { client: 'pg', connection: { host: env.DB_HOST, port: Number(process.env.DB_PORT),\n\
                        user: env.DB_USER, password: env['DB_PASSWORD'], database: env.DB_NAME } };";
        let (tool, folder) = found(&[
            ("apps/api/package.json", "{}"),
            ("apps/api/knexfile.ts", knexfile),
            ("apps/api/src/users/migrations/20240101000000_users.ts", ""),
            ("apps/api/src/posts/migrations/20240102000000_posts.ts", ""),
            ("apps/api/src/posts/migrations/helpers.ts", ""),
            ("apps/web/migrations/1_other.ts", ""),
        ]);
        let tool = tool.expect("found");
        assert_eq!(tool.command, "cd apps/api && npx knex migrate:latest");
        assert_eq!(
            tool.variables,
            "DB_HOST=$PGHOST DB_PORT=$PGPORT DB_USER=$PGUSER DB_PASSWORD=$PGPASSWORD DB_NAME=$PGDATABASE"
        );
        assert_eq!(folder.as_deref(), Some("apps/api/src"));
        let mysql = found(&[("knexfile.js", "module.exports = { client: 'mysql2' }")]);
        assert_eq!(mysql.0, None);
    }

    #[test]
    fn a_data_source_says_how_the_migrations_of_typeorm_run() {
        let source = "import { DataSource } from 'typeorm';\nexport default new DataSource({ type: process.env.DB_TYPE,\n\
                      url: process.env.DATABASE_URL, migrations: [`migrations/*.ts`] });";
        let (tool, folder) = found(&[
            ("package.json", "{}"),
            ("src/db/data-source.ts", source),
            ("src/db/migrations/1700000000000-users.ts", ""),
        ]);
        let tool = tool.expect("found");
        assert_eq!(
            tool.command,
            "npx typeorm-ts-node-commonjs migration:run -d src/db/data-source.ts"
        );
        assert_eq!(tool.variables, "DB_TYPE=postgres");
        assert_eq!(folder.as_deref(), Some("src/db/migrations"));
        let nest = variables("url: config.get<string>('PG_URL'),", ("type", "postgres"));
        assert_eq!(nest, "PG_URL=$DATABASE_URL");
    }
}
