//! Runs the TypeScript compiler, Zod, class-validator and ORMs, installed by npm under `target/`,
//! and compares what they say with db-inspect.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// The npm packages of `xtask/tests/oracle`, installed.
pub struct Oracle {
    folder: PathBuf,
}

impl Oracle {
    /// Installs the packages, once. Without node a developer is told that nothing is compared; CI
    /// fails.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub fn find() -> Option<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oracle");
        match INSTALLED.get_or_init(|| install(&folder)) {
            Ok(()) => Some(Self { folder }),
            Err(why) => {
                assert!(
                    std::env::var_os("CI").is_none(),
                    "the oracle is needed in CI: {why}"
                );
                println!("SKIPPED: nothing is compared with the TypeScript compiler: {why}");
                None
            }
        }
    }

    /// Returns the compiler's reading of the exported object types of `files` below `root`.
    pub fn types(&self, root: &Path, tsconfig: &str, files: &[String]) -> Value {
        self.run(
            "types.mjs",
            [root.to_str().expect("UTF-8"), tsconfig]
                .into_iter()
                .chain(files.iter().map(String::as_str)),
        )
    }

    /// Runs a script and returns its output.
    pub fn run<'a>(&self, script: &str, arguments: impl Iterator<Item = &'a str>) -> Value {
        let mut command = Command::new("node");
        command
            .arg("--max-old-space-size=4096")
            .arg(self.folder.join(script))
            .args(arguments);
        let output = command.output().expect("node runs");
        assert!(
            output.status.success(),
            "{script} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Where the packages are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Several tests come at once; one of them installs.
static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();

/// `npm ci` of the lockfile, unless that was done.
fn install(folder: &Path) -> Result<(), String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let lock =
        std::fs::read(source.join("package-lock.json")).map_err(|error| error.to_string())?;
    for name in [
        "package.json",
        "package-lock.json",
        ".npmrc",
        "types.mjs",
        "zod.mjs",
        "drivers.mjs",
        "openapi.mjs",
        "prisma.mjs",
        "prisma-ddl.mjs",
        "judge.mjs",
        "compile.mjs",
        "class_validator.mjs",
        "typeorm.mjs",
        "mikroorm.mjs",
        "sequelize.mjs",
    ] {
        if source.join(name).is_file() {
            std::fs::copy(source.join(name), folder.join(name))
                .map_err(|error| error.to_string())?;
        }
    }
    let stamp = folder.join("node_modules/.installed");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args([
        "ci",
        "--ignore-scripts",
        "--legacy-peer-deps",
        "--no-audit",
        "--no-fund",
    ]);
    let output = npm
        .output()
        .map_err(|error| format!("cannot run `npm`: {error}"))?;
    if !output.status.success() {
        return Err(format!(
            "`npm ci` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    std::fs::write(&stamp, lock).map_err(|error| error.to_string())
}

/// The fixtures.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/typescript")
}

/// The fixtures of a library whose decorators are read.
pub fn decorated(library: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/decorators")
        .join(library)
}

/// The TypeScript files below `root`, relative to it.
pub fn typescript_files(root: &Path) -> Vec<String> {
    let walk = walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok);
    let files = walk.filter(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "ts")
    });
    files
        .map(|entry| {
            entry
                .path()
                .strip_prefix(root)
                .expect("inside")
                .to_str()
                .expect("UTF-8")
                .to_owned()
        })
        .collect()
}

/// Returns the output of db-inspect for all files below `root`.
pub fn inspect(root: &Path) -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("oracle.toml");
    std::fs::write(
        &config,
        "types = ['**/*.ts']\nvalidation = ['**/*.ts']\ndrizzle = ['**/*.ts']\n",
    )
    .expect("a file");
    inspect_with(root, &config)
}

/// Returns the output of db-inspect with a configuration.
pub fn inspect_with(root: &Path, config: &Path) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("-C")
        .arg(root)
        .arg("--config")
        .arg(config)
        .args(["db-inspect", "--format", "json"]);
    let output = command.output().expect("xtask runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// How far two readings agree.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Declarations that the compiler names.
    pub declarations: usize,
    /// Their fields.
    pub fields: usize,
    /// Fields that db-inspect says it cannot resolve.
    pub unresolved: Vec<String>,
    /// Types and fields that the compiler and db-inspect describe differently.
    pub differences: Vec<String>,
    /// Fields that are `any` to the compiler, for want of a package, and not to db-inspect.
    pub any_to_compiler: Vec<String>,
}

impl Comparison {
    /// In a line.
    pub fn summary(&self) -> String {
        format!(
            "{} declarations, {} fields: {} unresolved, {} different, {} any to the compiler only",
            self.declarations,
            self.fields,
            self.unresolved.len(),
            self.differences.len(),
            self.any_to_compiler.len()
        )
    }
}

/// Compares what the compiler says with what db-inspect says.
pub fn compare(compiled: &Value, inspected: &Value) -> Comparison {
    let key = |one: &Value| (text(&one["file"]).to_owned(), text(&one["name"]).to_owned());
    let known: HashMap<_, _> = list(&inspected["types"])
        .iter()
        .map(|one| (key(one), one))
        .collect();
    let mut comparison = Comparison::default();
    for expected in list(&compiled["types"]) {
        comparison.declarations += 1;
        comparison.fields += list(&expected["fields"]).len();
        let place = format!("{}: {}", text(&expected["file"]), text(&expected["name"]));
        match known.get(&key(expected)) {
            None => comparison
                .differences
                .push(format!("{place} is not listed")),
            Some(found) => compare_fields(&place, expected, found, &mut comparison),
        }
    }
    comparison
}

fn compare_fields(place: &str, expected: &Value, found: &Value, comparison: &mut Comparison) {
    let incomplete = found["unresolved"].as_str();
    let by_name = |of: &Value, name: &str| {
        list(&of["fields"])
            .iter()
            .find(|field| text(&field["name"]) == name)
            .cloned()
    };
    for field in list(&expected["fields"]) {
        let name = text(&field["name"]);
        match (by_name(found, name), incomplete) {
            (None, Some(why)) => comparison.unresolved.push(format!("{place}.{name}: {why}")),
            (None, None) => comparison
                .differences
                .push(format!("{place}.{name} is missing")),
            (Some(found), _) if text(&found["kind"]) == "unresolved" => {
                if text(&field["kind"]) != "unresolved" {
                    comparison
                        .unresolved
                        .push(format!("{place}.{name}: {}", text(&found["reason"])));
                }
            }
            (Some(found), _) => {
                let (expected, said) = (canonical(field), canonical(&found));
                if expected != said && said.contains("unresolved") {
                    comparison
                        .unresolved
                        .push(format!("{place}.{name}: {said}"));
                } else if expected != said && expected.contains(" any") {
                    comparison
                        .any_to_compiler
                        .push(format!("{place}.{name}: db-inspect says {said}"));
                } else if expected != said {
                    comparison.differences.push(format!(
                        "{place}.{name}: the compiler says {expected}, db-inspect {said}"
                    ));
                }
            }
        }
    }
    for field in list(&found["fields"]) {
        if by_name(expected, text(&field["name"])).is_none() {
            comparison
                .differences
                .push(format!("{place}.{} does not exist", text(&field["name"])));
        }
    }
}

/// Describes a field in one comparable line.
fn canonical(field: &Value) -> String {
    let absent = if field["optional"].as_bool() == Some(true) {
        "optional "
    } else {
        ""
    };
    let null = if field["nullable"].as_bool() == Some(true) {
        "nullable "
    } else {
        ""
    };
    format!("{absent}{null}{}", kind(field))
}

fn kind(of: &Value) -> String {
    match text(&of["kind"]) {
        "array" => format!("array({})", kind(&of["items"])),
        "enum" => {
            let mut values: Vec<&str> = list(&of["values"]).iter().map(text).collect();
            values.sort_unstable();
            format!("enum({})", values.join(","))
        }
        "union" => {
            let mut members: Vec<String> = list(&of["members"]).iter().map(kind).collect();
            members.sort();
            format!("union({})", members.join(","))
        }
        name if of["any"].as_bool() == Some(true) => format!("{name} any"),
        name => name.to_owned(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Prints how many of `of` things were found to be the same, `what` they are.
#[expect(clippy::print_stdout, reason = "the figure is what the test is for")]
pub fn print_agreement(what: &str, same: usize, of: usize) {
    let percent = 100.0 * same as f64 / of.max(1) as f64;
    println!("{what}: {same} of {of} agree ({percent:.1} %)");
}
