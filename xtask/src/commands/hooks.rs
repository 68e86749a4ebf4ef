//! `install-hooks`: writes the hook that verifies the staged files before each commit. A hook that
//! another program or a person wrote is never touched. Where a tool manages the hooks, the lines
//! for its configuration are shown instead.

mod managers;
mod script;

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::{Context, Outcome};
use crate::git::Repository;
use crate::whole_file;

/// Options of `install-hooks`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Remove the hook that this command wrote
    #[arg(long)]
    pub uninstall: bool,
}

/// The file that exists where the hook belongs.
enum PresentHook {
    Nothing,
    /// Written by this command.
    Ours(String),
    /// Written by another program or a person.
    Theirs(String),
}

/// Runs `install-hooks`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    let repository = Repository::open(&context.root)?;
    let file = repository.hooks_folder()?.join("pre-commit");
    let said = if options.uninstall {
        uninstall(&repository, &file)?
    } else {
        install(context, &repository, &file)?
    };
    context.terminal.tell(&format!("{said}\n"))?;
    Ok(Outcome::Clean)
}

fn install(context: &Context, repository: &Repository, file: &Path) -> Result<String> {
    let manager = managers::of(repository, file);
    // Whatever lies in the work tree, except git's own folder, is committed or may be.
    let is_committed =
        file.starts_with(repository.top()) && !file.starts_with(repository.common_folder()?);
    let is_shared = manager.is_some() || is_committed;
    let call = script::HookCall::new(
        &context.root,
        repository.top(),
        context.options.config.as_deref(),
        is_shared,
    )?;
    let name = shown(repository, file);
    let present = present(file).with_context(|| format!("cannot read the hook `{name}`"))?;
    // Asked before the managers: a hook that already calls the tool needs nothing more.
    if let PresentHook::Theirs(text) = &present
        && managers::is_called_in(text)
    {
        return Ok(format!("`{name}` verifies already what is staged"));
    }
    if let Some(manager) = manager {
        return manager.installed(&call);
    }
    refuse_shared(repository, file, &call)?;
    let text = call.hook();
    match present {
        PresentHook::Theirs(_) => bail!(
            "cannot install the hook: `{name}` is somebody else's, and is left as it is; add this line to it:\n\n    {}\n",
            call.line()
        ),
        PresentHook::Ours(old) if old == text => Ok(format!("`{name}` is up to date: each commit is verified first")),
        PresentHook::Ours(_) => write(file, &text).map(|()| format!("updated `{name}`: each commit is verified first")),
        PresentHook::Nothing => write(file, &text)
            .map(|()| format!("wrote `{name}`: each commit is verified first (`git commit --no-verify` goes without)")),
    }
}

fn uninstall(repository: &Repository, file: &Path) -> Result<String> {
    let name = shown(repository, file);
    match present(file).with_context(|| format!("cannot read the hook `{name}`"))? {
        PresentHook::Nothing => Ok(format!("there is no hook `{name}`")),
        PresentHook::Ours(_) => {
            std::fs::remove_file(file)
                .with_context(|| format!("cannot remove the hook `{name}`"))?;
            Ok(format!("removed `{name}`"))
        }
        PresentHook::Theirs(_) => {
            bail!("cannot remove the hook `{name}`: it is somebody else's; edit it by hand")
        }
    }
}

/// Reads the hook. A symbolic link is never ours, wherever it leads.
fn present(file: &Path) -> std::io::Result<PresentHook> {
    let is_link = std::fs::symlink_metadata(file).is_ok_and(|found| found.file_type().is_symlink());
    let text = match std::fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_link => {
            return Ok(PresentHook::Nothing);
        }
        // A link that leads nowhere still takes the place of the hook.
        Err(_) if is_link => String::new(),
        Err(error) => return Err(error),
    };
    Ok(if script::is_ours(&text) && !is_link {
        PresentHook::Ours(text)
    } else {
        PresentHook::Theirs(text)
    })
}

/// Refuses a folder outside this repository: `core.hooksPath` may name one that all repositories of
/// a person share.
fn refuse_shared(repository: &Repository, file: &Path, call: &script::HookCall) -> Result<()> {
    let common = repository.common_folder()?;
    if file.starts_with(&common) || file.starts_with(repository.top()) {
        return Ok(());
    }
    bail!(
        "cannot install the hook: `core.hooksPath` leads to `{}`, outside of this repository; unset it with `git config \
         core.hooksPath .git/hooks`, or add this line to the hook `pre-commit` there:\n\n    {}\n",
        file.parent().unwrap_or(file).display(),
        call.line()
    )
}

/// The path as people would type it.
fn shown(repository: &Repository, file: &Path) -> String {
    file.strip_prefix(repository.top())
        .unwrap_or(file)
        .display()
        .to_string()
}

fn write(file: &Path, text: &str) -> Result<()> {
    // Git runs a hook only where it is executable.
    whole_file::write(file, text, 0o755)
        .with_context(|| format!("cannot write the hook `{}`", file.display()))
}
