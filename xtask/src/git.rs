//! Git, run as a program: the place of a work tree, the staged files, the files of a commit.
//! Nothing here changes the index, the work tree or a reference.

mod configuration;
pub mod entries;
pub mod history;
pub mod objects;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, anyhow, bail};

/// The variables in which git tells its hooks about the repository that they run for. They hold for
/// the folder in which the hook was started, and mislead everywhere else.
const OF_THE_CALLER: [&str; 4] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/// A folder in the work tree of a repository.
#[derive(Debug, Clone)]
pub struct Repository {
    folder: PathBuf,
    top: PathBuf,
    git_dir: PathBuf,
    /// The index that `git commit` is about to commit; none for the usual one.
    index_file: Option<PathBuf>,
    surroundings: GitEnvironment,
}

/// The variables of the environment that git sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GitEnvironment {
    /// Without those that are about the caller's repository.
    Cleared,
    /// All of them: the repository is only found with them.
    Inherited,
}

impl Repository {
    /// The repository that `folder` lies in. In a hook its index is the one that is about to be
    /// committed. With `git commit -a` and `git commit <file>` that is not the usual one.
    ///
    /// # Errors
    /// When there is no git, or `folder` lies in no work tree.
    pub fn open(folder: &Path) -> Result<Self> {
        let found = Self::discover(folder, GitEnvironment::Cleared);
        let found = match found {
            Err(_) if std::env::var_os("GIT_DIR").is_some() => {
                Self::discover(folder, GitEnvironment::Inherited)
            }
            found => found,
        };
        let mut repository = found.with_context(|| {
            format!(
                "cannot use git in `{}`: is it in a git work tree?",
                folder.display()
            )
        })?;
        repository.index_file = repository.index_of_caller();
        Ok(repository)
    }

    /// The repository of the submodule in `folder`, with its usual index.
    ///
    /// # Errors
    /// As [`Repository::open`].
    pub fn open_submodule(folder: &Path) -> Result<Self> {
        Self::discover(folder, GitEnvironment::Cleared)
    }

    fn discover(folder: &Path, surroundings: GitEnvironment) -> Result<Self> {
        let unknown = PathBuf::new();
        let folder = folder.to_path_buf();
        let mut repository = Self {
            folder,
            top: unknown.clone(),
            git_dir: unknown,
            index_file: None,
            surroundings,
        };
        let found = repository.text(&["rev-parse", "--show-toplevel", "--absolute-git-dir"])?;
        let Some((top, git_dir)) = found.split_once('\n') else {
            bail!("git does not say where the work tree is")
        };
        (repository.top, repository.git_dir) = (top.into(), git_dir.into());
        Ok(repository)
    }

    /// `GIT_INDEX_FILE`, where it is about this repository. A relative one counts from the top of
    /// the work tree.
    fn index_of_caller(&self) -> Option<PathBuf> {
        let file = std::env::var_os("GIT_INDEX_FILE").filter(|file| !file.is_empty())?;
        let here = std::env::current_dir().ok()?;
        let is_ours = here == self.folder
            || Self::discover(&here, self.surroundings)
                .is_ok_and(|caller| caller.git_dir == self.git_dir);
        is_ours.then(|| self.top.join(file))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The top of the work tree.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The folder in which git looks for hooks: `core.hooksPath`, else the folder `hooks` that all
    /// work trees share.
    ///
    /// # Errors
    /// When git fails.
    pub fn hooks_folder(&self) -> Result<PathBuf> {
        let arguments = ["rev-parse", "--path-format=absolute", "--git-path", "hooks"];
        // With the user's configuration, which says where hooks are. This command runs none.
        let output = run(&mut self.configured_command(&arguments, &[]))?;
        if !output.status.success() {
            return Err(failure(&arguments, &output));
        }
        Ok(self.top.join(line(&output.stdout)))
    }

    /// The folder that holds objects and references, shared by all work trees.
    ///
    /// # Errors
    /// When git fails.
    pub fn common_folder(&self) -> Result<PathBuf> {
        Ok(self.top.join(self.text(&[
            "rev-parse",
            "--path-format=absolute",
            "--git-common-dir",
        ])?))
    }

    /// `git <arguments>` in the folder, not yet started. It runs no program that the repository's
    /// configuration names.
    #[must_use]
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        self.configured_command(arguments, &configuration::without_programs())
    }

    /// `git <arguments>` in the folder, with these settings over those of its configuration.
    fn configured_command<A: AsRef<OsStr>>(
        &self,
        arguments: &[A],
        settings: &[(String, String)],
    ) -> Command {
        let mut command = Command::new("git");
        command
            .current_dir(&self.folder)
            .args(arguments)
            .stdin(Stdio::null());
        configuration::set(&mut command, settings);
        if self.surroundings == GitEnvironment::Cleared {
            OF_THE_CALLER.iter().for_each(|name| {
                command.env_remove(name);
            });
        }
        if let Some(file) = &self.index_file {
            command.env("GIT_INDEX_FILE", file);
        }
        // A command that only reads must not refresh the index while another process commits.
        command.env("GIT_OPTIONAL_LOCKS", "0");
        command
    }

    /// Runs `git <arguments>` and returns its output.
    ///
    /// # Errors
    /// When it fails, with its message.
    pub fn bytes<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Vec<u8>> {
        let output = run(&mut self.command(arguments))?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(failure(arguments, &output))
        }
    }

    /// As [`Repository::bytes`], without the line break at the end.
    ///
    /// # Errors
    /// As [`Repository::bytes`].
    pub fn text<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String> {
        let bytes = self.bytes(arguments)?;
        Ok(line(&bytes))
    }

    /// Returns the output of git where the command succeeds. `None` where the command ends with 1,
    /// which is how git says no.
    ///
    /// # Errors
    /// When it ends with anything else.
    pub fn answer<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<Option<String>> {
        let output = run(&mut self.command(arguments))?;
        match output.status.code() {
            Some(0) => Ok(Some(line(&output.stdout))),
            Some(1) => Ok(None),
            Some(_) | None => Err(failure(arguments, &output)),
        }
    }
}

/// The output of git, without the line break at its end.
fn line(printed: &[u8]) -> String {
    String::from_utf8_lossy(printed)
        .trim_end_matches(['\n', '\r'])
        .to_owned()
}

fn run(command: &mut Command) -> Result<Output> {
    command
        .output()
        .context("cannot run `git`: install it, or put it on `PATH`")
}

/// The error of a failed command, with git's own message: `git ls-tree` failed.
fn failure<A: AsRef<OsStr>>(arguments: &[A], output: &Output) -> anyhow::Error {
    let name = arguments
        .first()
        .map(|name| name.as_ref().to_string_lossy().into_owned())
        .unwrap_or_default();
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("fatal: ");
    let said = if said.is_empty() {
        output.status.to_string()
    } else {
        said.replace('\n', "; ")
    };
    anyhow!("`git {name}` failed: {said}")
}

/// The parts of a list that git ended with NUL each. Names that are not UTF-8 are kept readable,
/// not exact.
fn list(bytes: &[u8]) -> impl Iterator<Item = String> {
    let parts = bytes
        .split(|byte| *byte == 0)
        .filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf8_lossy(part).into_owned())
}
