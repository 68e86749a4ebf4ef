//! Tools that manage the hooks of a repository. They overwrite hooks that others write, so the call
//! belongs in their own configuration.

use std::path::Path;

use anyhow::{Result, bail};

use super::script::HookCall;
use crate::git::Repository;

/// A tool that manages hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tool {
    Husky,
    Lefthook,
    PreCommit,
}

/// A tool, and the file of its configuration that the call belongs in.
#[derive(Debug)]
pub struct Manager {
    tool: Tool,
    /// The path, relative to the top of the work tree.
    file: String,
    /// The content of the file.
    text: String,
}

const LEFTHOOK: &[&str] = &[
    "lefthook.yml",
    ".lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yaml",
    "lefthook.toml",
    ".lefthook.toml",
    "lefthook.json",
    ".lefthook.json",
    ".config/lefthook.yml",
];

/// Whether a hook or configuration of this text calls the tool.
pub fn is_called_in(text: &str) -> bool {
    let calls = |line: &str| line.contains("db-verify") || line.contains("pgaccord verify");
    text.lines()
        .any(|line| !line.trim_start().starts_with('#') && calls(line))
}

/// The tool that manages the hooks of `repository`, if there is one; `hook` is the path at which
/// git looks for the hook.
pub fn of(repository: &Repository, hook: &Path) -> Option<Manager> {
    let top = repository.top();
    let manager = |tool, file: &str| {
        let text = std::fs::read_to_string(top.join(file)).unwrap_or_default();
        Some(Manager {
            tool,
            file: file.to_owned(),
            text,
        })
    };
    if let Some(folder) = husky_folder(top, hook) {
        return manager(Tool::Husky, &format!("{folder}/pre-commit"));
    }
    if let Some(file) = LEFTHOOK.iter().find(|file| top.join(file).is_file()) {
        return manager(Tool::Lefthook, file);
    }
    let file = ".pre-commit-config.yaml";
    if top.join(file).is_file() {
        manager(Tool::PreCommit, file)
    } else {
        None
    }
}

/// Returns husky's folder. husky lets git look for hooks in `.husky/_`, and earlier versions in
/// `.husky`; the folder may lie in a package.
fn husky_folder(top: &Path, hook: &Path) -> Option<String> {
    let relative = hook
        .strip_prefix(top)
        .ok()?
        .to_string_lossy()
        .replace('\\', "/");
    let at = relative.find(".husky/").map(|at| at + ".husky".len());
    let configured = at.map(|end| relative[..end].to_owned());
    configured.or_else(|| top.join(".husky").is_dir().then(|| ".husky".to_owned()))
}

impl Manager {
    /// Returns a message for a configuration that has the call already.
    ///
    /// # Errors
    /// Where the call is missing. The error holds the lines to add.
    pub fn installed(&self, call: &HookCall) -> Result<String> {
        if is_called_in(&self.text) {
            return Ok(format!("`{}` verifies already what is staged", self.file));
        }
        let (tool, lines) = match self.tool {
            Tool::Husky => ("husky", self.husky(call)),
            Tool::Lefthook => ("lefthook", lefthook(call)),
            Tool::PreCommit => ("pre-commit", pre_commit(call)),
        };
        let lines: String = lines.lines().map(|line| format!("    {line}\n")).collect();
        bail!(
            "cannot install the hook: {tool} manages the hooks of this repository; add this to `{}`:\n\n{lines}",
            self.file
        )
    }

    /// husky starts hooks at the top of the work tree, and the status of the last command is the
    /// hook's. So a command that stands alone needs neither `cd` nor `|| exit 1`.
    fn husky(&self, call: &HookCall) -> String {
        if self.text.trim().is_empty() && call.folder().is_none() {
            call.command()
        } else {
            call.line()
        }
    }
}

fn lefthook(call: &HookCall) -> String {
    let root = call
        .folder()
        .map_or_else(String::new, |folder| format!("      root: {folder:?}\n"));
    format!(
        "pre-commit:\n  commands:\n    db-verify:\n{root}      run: {}\n",
        call.command()
    )
}

fn pre_commit(call: &HookCall) -> String {
    // pre-commit runs no shell by itself, which a `cd` needs.
    let entry = match call.folder() {
        Some(_) => format!("sh -c {:?}", call.line()),
        None => call.command(),
    };
    format!(
        "repos:
  - repo: local
    hooks:
      - id: db-verify
        name: SQL, types, contracts and schemas agree
        entry: {entry}
        language: system
        pass_filenames: false
        always_run: true
"
    )
}
