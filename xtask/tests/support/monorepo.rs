//! A copy of the sample monorepo in a folder of its own, and the tool run on it as people run it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

const SNAPSHOT_FILE: &str = "snapshots/schema.json";

/// A monorepo in a temporary folder. Its path holds a space, as people's paths do.
pub struct Monorepo {
    root: PathBuf,
    _folder: TempDir,
}

impl Monorepo {
    /// A copy of the sample: configuration, migrations, snapshot, TypeScript sources. It is
    /// configured for the PostgreSQL of the tests.
    pub fn sample() -> Self {
        let repo = Self::committed_sample();
        if super::major() != super::committed_config().postgres_major {
            // Another major has other catalogs and prints some views differently: the committed
            // snapshot is not its own.
            static SNAPSHOT: OnceLock<String> = OnceLock::new();
            repo.configure_major();
            repo.write(SNAPSHOT_FILE, SNAPSHOT.get_or_init(snapshot_of_sample));
        }
        repo
    }

    fn committed_sample() -> Self {
        let mut builder = tempfile::Builder::new();
        // As root the embedded server runs as somebody else, who must be able to reach its files.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
        let folder = builder
            .prefix("mono repo ")
            .tempdir()
            .expect("a temporary folder");
        let repo = Self {
            root: folder.path().to_path_buf(),
            _folder: folder,
        };
        let sample = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("xtask/ lies in the repository");
        repo.copy(sample, "Cargo.toml");
        for folder in ["migrations", "snapshots", "shared-types/src"] {
            for entry in walkdir::WalkDir::new(sample.join(folder)).sort_by_file_name() {
                let entry = entry.expect("the sample can be listed");
                if entry.file_type().is_file() {
                    let name = entry.path().strip_prefix(sample).expect("below the sample");
                    repo.copy(sample, name.to_str().expect("the sample's names are UTF-8"));
                }
            }
        }
        repo
    }

    /// A folder with nothing in it.
    pub fn empty() -> Self {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
        let folder = builder
            .prefix("mono repo ")
            .tempdir()
            .expect("a temporary folder");
        Self {
            root: folder.path().to_path_buf(),
            _folder: folder,
        }
    }

    /// A monorepo without TypeScript, with these migrations: name, SQL forward, SQL back.
    pub fn of_migrations(migrations: &[(&str, &str, &str)]) -> Self {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
        let folder = builder
            .prefix("mono repo ")
            .tempdir()
            .expect("a temporary folder");
        let repo = Self {
            root: folder.path().to_path_buf(),
            _folder: folder,
        };
        let off = "[workspace.metadata.db.severity]\nMISSING_TYPE = 'off'\nMISSING_VALIDATION_SCHEMA = 'off'\n";
        repo.write(
            "Cargo.toml",
            &format!(
                "[workspace.metadata.db]\npostgres = '{}'\n{off}",
                super::major()
            ),
        );
        for (name, up, down) in migrations {
            repo.write(&format!("migrations/{name}.sql"), up);
            repo.write(&format!("migrations/{name}.down.sql"), down);
        }
        repo
    }

    /// Lets migrations run that rows are foretold to stop, for tests of what happens then.
    pub fn let_rows_stop_migrations(&self) {
        let off = "MISSING_TYPE = 'off'\n";
        self.edit(
            "Cargo.toml",
            off,
            &format!("{off}FAILS_ON_ROWS = 'warning'\n"),
        );
    }

    fn configure_major(&self) {
        let key = |major: u32| format!("postgres = \"{major}\"");
        self.edit(
            "Cargo.toml",
            &key(super::committed_config().postgres_major),
            &key(super::major()),
        );
    }

    fn copy(&self, from: &Path, name: &str) {
        let target = self.path(name);
        std::fs::create_dir_all(target.parent().expect("below the root"))
            .expect("a folder for the copy");
        std::fs::copy(from.join(name), target).expect("the sample's file can be copied");
    }

    /// The absolute path of one file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The text of one file.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file of the monorepo but the embedded database's, with its content.
    pub fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let is_kept = |entry: &walkdir::DirEntry| entry.file_name() != "target";
        let entries = walkdir::WalkDir::new(&self.root)
            .into_iter()
            .filter_entry(is_kept);
        let files = entries
            .map(|entry| entry.expect("the monorepo can be listed").into_path())
            .filter(|path| path.is_file());
        files
            .map(|path| (path.clone(), std::fs::read(&path).expect("readable")))
            .collect()
    }

    /// Writes one file.
    pub fn write(&self, name: &str, text: &str) {
        let target = self.path(name);
        std::fs::create_dir_all(target.parent().expect("below the root"))
            .expect("a folder for the file");
        std::fs::write(target, text).expect("the file can be written");
    }

    /// Replaces the one occurrence of `old` in a file.
    pub fn edit(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert_eq!(
            text.matches(old).count(),
            1,
            "{name} must hold this text exactly once: {old:?}"
        );
        self.write(name, &text.replacen(old, new, 1));
    }

    /// The tool in this monorepo, without the surroundings of whoever runs the tests.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .current_dir(&self.root)
            .args(arguments)
            .env("NO_COLOR", "1");
        let of_libpq = std::env::vars_os()
            .map(|(name, _)| name)
            .filter(|name| name.to_string_lossy().starts_with("PG"));
        for name in of_libpq.chain(["DATABASE_URL".into(), "SHADOW_DATABASE_URL".into()]) {
            command.env_remove(name);
        }
        command
    }

    /// Runs the tool.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }
}

/// The sample's snapshot on the PostgreSQL of the tests.
fn snapshot_of_sample() -> String {
    let repo = Monorepo::committed_sample();
    repo.configure_major();
    repo.run(&["db-snapshot"]).must_exit(0);
    repo.read(SNAPSHOT_FILE)
}

/// How a run of the tool ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the tool was not killed"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Ran {
    /// Runs `command` to its end.
    pub fn of(command: &mut Command) -> Self {
        Self::from(command.output().expect("the tool can be started"))
    }

    /// Waits for a run that was started with its output piped.
    pub fn of_child(child: Child) -> Self {
        Self::from(child.wait_with_output().expect("the tool ends"))
    }

    /// The report, of a run with `--format json`.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The run must have ended with `code`.
    #[track_caller]
    pub fn must_exit(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The run must have failed with one error of one paragraph that holds each of `parts`; it is
    /// returned.
    #[track_caller]
    pub fn must_fail(&self, parts: &[&str]) -> &str {
        let error = self.must_fail_at_length(parts);
        assert!(!error.contains("\n\n"), "more than a paragraph: {error}");
        error
    }

    /// The same, for errors that show a statement or a list.
    #[track_caller]
    pub fn must_fail_at_length(&self, parts: &[&str]) -> &str {
        assert_eq!(self.code, 2, "{}\n{}", self.stdout, self.stderr);
        let error = self.stderr.trim_end();
        let begins = error.starts_with("error: ") || error.contains("\nerror: ");
        assert!(
            begins && !error.contains("panicked"),
            "not an error of the tool: {error}"
        );
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
        error
    }
}
