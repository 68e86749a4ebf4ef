//! The text of the hook, and the line that calls the tool from any other hook.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::called_as;
use crate::commands::shell_word::quoted;

/// The marks by which the hook is recognised when it is updated or removed. The program between
/// them is the one that wrote it, which need not be the one that updates it.
const MARK: (&str, &str) = ("# Written by `", " install-hooks`");

/// Whether this command wrote a hook of this text.
pub fn is_ours(text: &str) -> bool {
    let (start, end) = MARK;
    text.lines().any(|line| {
        line.strip_prefix(start)
            .is_some_and(|rest| rest.contains(end))
    })
}

/// The call of the tool from a hook. Git starts hooks at the top of the work tree.
#[derive(Debug)]
pub struct HookCall {
    /// The monorepo's folder, relative to the top; empty where it is the top.
    folder: String,
    program: HookProgram,
    /// A configuration file, relative to the monorepo's folder.
    config: Option<String>,
}

#[derive(Debug)]
enum HookProgram {
    /// The monorepo holds the tool: the version that is checked out runs.
    Cargo,
    /// One of the monorepo's packages is the tool: its path, relative to the monorepo's folder.
    /// `npx` would find it as well, in half a second.
    Package(String),
    /// The words that call the tool on any machine: `pgaccord`, `yarn pgaccord`.
    Words(String),
    /// The tool lies elsewhere on this machine.
    Binary(String),
}

impl HookProgram {
    /// Finds the program for the monorepo at `root`. A path of this machine is no answer where the
    /// hook is `shared` with other machines.
    fn find(root: &Path, top: &Path, shared: bool) -> Result<Self> {
        if has_alias(root) {
            return Ok(Self::Cargo);
        }
        if let Some(path) = package(root, top) {
            return Ok(Self::Package(path));
        }
        let called = called_as::program();
        if called.ends_with(" pgaccord") {
            return Ok(Self::Words(called.to_owned()));
        }
        if shared {
            return Ok(Self::Words("pgaccord".to_owned()));
        }
        let binary =
            std::env::current_exe().context("cannot tell where the running program lies")?;
        Ok(Self::Binary(binary.to_string_lossy().replace('\\', "/")))
    }
}

/// The path, relative to `root`, of the program that a package manager has installed there or in a
/// folder above it, up to `top`.
fn package(root: &Path, top: &Path) -> Option<String> {
    const PROGRAM: &str = "node_modules/.bin/pgaccord";
    let folders = root
        .ancestors()
        .take_while(|folder| folder.starts_with(top));
    for (above, folder) in folders.enumerate() {
        if folder.join(PROGRAM).exists() {
            return Some("../".repeat(above) + PROGRAM);
        }
    }
    None
}

impl HookCall {
    /// Creates the call for the monorepo at `root`, in a work tree with this `top`. A `shared` one
    /// is committed, and runs on other machines too.
    ///
    /// # Errors
    /// When the path of the running program is unknown.
    pub fn new(root: &Path, top: &Path, config: Option<&Path>, shared: bool) -> Result<Self> {
        // Both without links, so that one path is a prefix of the other.
        let top = top.canonicalize().unwrap_or_else(|_| top.to_path_buf());
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let folder = root
            .strip_prefix(&top)
            .unwrap_or(Path::new(""))
            .to_string_lossy()
            .replace('\\', "/");
        let program = HookProgram::find(&root, &top, shared)?;
        let config = config.map(|file| {
            let file = std::path::absolute(file).unwrap_or_else(|_| PathBuf::from(file));
            file.strip_prefix(&root)
                .unwrap_or(&file)
                .to_string_lossy()
                .replace('\\', "/")
        });
        Ok(Self {
            folder,
            program,
            config,
        })
    }

    /// One line for a hook that others wrote. It fails where the verification fails.
    pub fn line(&self) -> String {
        match self.folder.as_str() {
            "" => format!("{} || exit 1", self.command()),
            // In a subshell, so that the rest of the hook stays in its folder.
            folder => format!("(cd {} && {}) || exit 1", quoted(folder), self.command()),
        }
    }

    /// The command, to be run in the monorepo's folder.
    pub fn command(&self) -> String {
        let program = match &self.program {
            HookProgram::Cargo => "cargo xtask db-verify".to_owned(),
            HookProgram::Package(path) => format!("{path} verify"),
            HookProgram::Words(words) => format!("{words} verify"),
            HookProgram::Binary(binary) => {
                format!(
                    "{} -C . {}",
                    quoted(binary),
                    called_as::subcommand("verify")
                )
            }
        };
        let config = self
            .config
            .as_ref()
            .map_or_else(String::new, |file| format!(" --config {}", quoted(file)));
        format!("{program} --staged{config}")
    }

    /// The monorepo's folder, relative to the top; none where it is the top.
    pub fn folder(&self) -> Option<&str> {
        Some(self.folder.as_str()).filter(|folder| !folder.is_empty())
    }

    /// The whole hook.
    pub fn hook(&self) -> String {
        let enter = match self.folder() {
            Some(folder) => format!(
                "# A branch without this folder has nothing to verify.\ncd {0} 2>/dev/null || exit 0\n",
                quoted(folder)
            ),
            None => String::new(),
        };
        format!(
            "#!/bin/sh
{}{}{}: verifies what is about to be committed.
# The same command updates this file, and removes it with `--uninstall`. `git commit --no-verify` goes without.

# Programs with windows start hooks without the PATH of a terminal.
PATH=\"$PATH:${{CARGO_HOME:-$HOME/.cargo}}/bin:/opt/homebrew/bin:/usr/local/bin\"
export PATH
{enter}{}
exec {}
",
            MARK.0,
            called_as::program(),
            MARK.1,
            self.guard(),
            self.command()
        )
    }

    /// Returns the lines of the script that check whether the tool can be called.
    fn guard(&self) -> String {
        match &self.program {
            HookProgram::Cargo => {
                "# Nor has a branch without the tool.
grep -q '^ *xtask' .cargo/config.toml 2>/dev/null || exit 0
[ -x \"${CARGO_TARGET_DIR:-target}/debug/xtask\" ] || echo 'db-verify: building the tool first' >&2"
                    .to_owned()
            }
            HookProgram::Package(path) => required(
                &format!("[ -x {path} ]"),
                "pgaccord is not installed: install the packages of this monorepo",
            ),
            HookProgram::Words(words) => {
                let first = words.split(' ').next().unwrap_or(words);
                required(
                    &format!("command -v {first} >/dev/null"),
                    &format!("`{first}` is not on PATH: install it"),
                )
            }
            HookProgram::Binary(binary) => required(
                &format!("[ -x {} ]", quoted(binary)),
                "the program that verifies is gone: run `install-hooks` again",
            ),
        }
    }
}

/// The lines that refuse a commit where `condition` does not hold. A hook that lets everything pass
/// would look like one that verifies.
fn required(condition: &str, why: &str) -> String {
    format!("{condition} || {{\n    echo '{why}, or remove this hook' >&2\n    exit 1\n}}")
}

/// Whether `cargo xtask` works in this folder.
fn has_alias(root: &Path) -> bool {
    let text = std::fs::read_to_string(root.join(".cargo/config.toml"));
    text.is_ok_and(|text| {
        text.lines()
            .any(|line| line.trim_start().starts_with("xtask"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_is_recognised_and_its_folder_is_quoted() {
        let call = HookCall {
            folder: "mono repo's".into(),
            program: HookProgram::Cargo,
            config: None,
        };
        assert!(
            is_ours(&call.hook()) && !is_ours("#!/bin/sh\nexec cargo xtask db-verify --staged\n")
        );
        assert!(
            call.hook()
                .contains("cd 'mono repo'\\''s' 2>/dev/null || exit 0\n"),
            "{}",
            call.hook()
        );
        assert_eq!(
            call.line(),
            "(cd 'mono repo'\\''s' && cargo xtask db-verify --staged) || exit 1"
        );
    }

    #[test]
    fn a_package_is_called_by_its_path_in_the_monorepo() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let top = folder.path();
        let (root, bin) = (top.join("packages/db"), top.join("node_modules/.bin"));
        std::fs::create_dir_all(&root).expect("a folder");
        std::fs::create_dir_all(&bin).expect("a folder");
        let line = |shared| {
            HookCall::new(&root, top, None, shared)
                .expect("a call")
                .line()
        };
        assert_eq!(
            line(true),
            "(cd packages/db && pgaccord verify --staged) || exit 1"
        );
        assert!(
            line(false).contains("-C . db-verify --staged"),
            "{}",
            line(false)
        );
        std::fs::write(bin.join("pgaccord"), "").expect("a file");
        assert_eq!(
            line(true),
            "(cd packages/db && ../../node_modules/.bin/pgaccord verify --staged) || exit 1"
        );
    }

    #[test]
    fn a_tool_that_lies_elsewhere_is_called_by_its_path() {
        let program = HookProgram::Binary("/opt/my tools/xtask".into());
        let call = HookCall {
            folder: String::new(),
            program,
            config: Some("db.toml".into()),
        };
        assert_eq!(
            call.line(),
            "'/opt/my tools/xtask' -C . db-verify --staged --config db.toml || exit 1"
        );
        assert!(
            call.hook().contains("[ -x '/opt/my tools/xtask' ] || {"),
            "{}",
            call.hook()
        );
    }
}
