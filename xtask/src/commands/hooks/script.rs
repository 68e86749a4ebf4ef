//! The text of the hook, and the line that calls the tool from any other hook.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::called_as;

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
    /// The tool lies elsewhere.
    Binary(String),
}

impl HookCall {
    /// Creates the call for the monorepo at `root`, in a work tree with this `top`.
    ///
    /// # Errors
    /// When the path of the running program is unknown.
    pub fn new(root: &Path, top: &Path, config: Option<&Path>) -> Result<Self> {
        // Both without links, so that one path is a prefix of the other.
        let top = top.canonicalize().unwrap_or_else(|_| top.to_path_buf());
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let folder = root
            .strip_prefix(&top)
            .unwrap_or(Path::new(""))
            .to_string_lossy()
            .replace('\\', "/");
        let program = if has_alias(&root) {
            HookProgram::Cargo
        } else {
            let binary =
                std::env::current_exe().context("cannot tell where the running program lies")?;
            HookProgram::Binary(binary.to_string_lossy().replace('\\', "/"))
        };
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
            HookProgram::Cargo => "cargo xtask".to_owned(),
            HookProgram::Binary(binary) => format!("{} -C .", quoted(binary)),
        };
        let config = self
            .config
            .as_ref()
            .map_or_else(String::new, |file| format!(" --config {}", quoted(file)));
        format!("{program} db-verify --staged{config}")
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
            HookProgram::Binary(binary) => format!(
                "[ -x {0} ] || {{
    echo 'db-verify is gone: run `install-hooks` again, or remove this hook' >&2
    exit 1
}}",
                quoted(binary)
            ),
        }
    }
}

/// Whether `cargo xtask` works in this folder.
fn has_alias(root: &Path) -> bool {
    let text = std::fs::read_to_string(root.join(".cargo/config.toml"));
    text.is_ok_and(|text| {
        text.lines()
            .any(|line| line.trim_start().starts_with("xtask"))
    })
}

/// Quotes a word for a shell.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "_-./:".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
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
