//! Starts programs, and takes the time from their start to their end.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Returns the path in an environment variable, absolute. Cargo runs benchmarks in the folder of
/// their package, but the caller meant the repository.
pub fn path_in_variable(name: &str) -> Option<PathBuf> {
    let given = std::env::var_os(name).filter(|path| !path.is_empty())?;
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    Some(repository.join(given))
}

/// Makes a command that heeds no variable of the caller which names a database.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("PG") || text == "DATABASE_URL" || text == "SHADOW_DATABASE_URL" {
            command.env_remove(&name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Times a whole process. What it prints goes to a file in `folder`: an error shows it.
pub fn time(command: &mut Command, folder: &Path) -> Result<Duration> {
    let log = folder.join("output");
    let output = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
    command.stdout(output.try_clone()?).stderr(output);
    let begin = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    let time = begin.elapsed();
    if !status.success() {
        bail!(
            "{command:?} ended with {status}:\n{}",
            String::from_utf8_lossy(&std::fs::read(&log)?)
        )
    }
    Ok(time)
}

/// Returns what `command` prints, without the line's end.
pub fn read(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?} ended with {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Returns the median: one slow run does not move it.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
