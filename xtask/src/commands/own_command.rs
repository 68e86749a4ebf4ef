//! Runs a command of the monorepo's own, which the configuration names: its migrator. The command is
//! run by a shell at the root of the monorepo, as a person would run it there, with `DATABASE_URL`
//! set to the database that is meant.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};

use super::Context;
use crate::cli::Format;
use crate::postgres::database_url::DatabaseUrl;

/// How often a running command is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// Runs `command`; the key in the configuration is `key`. Its output goes to the terminal. In
/// formats for programs it is returned instead, so that it does not stand between their lines.
///
/// # Errors
/// When it cannot be run, fails, or takes longer than `limit`.
pub fn run(
    context: &Context,
    (key, command): (&str, &str),
    url: &DatabaseUrl,
    limit: Option<Duration>,
) -> Result<String> {
    let is_captured = context.options.format == Format::Json;
    let failed = || format!("cannot run `{command}`, which is `migrations.{key}`");
    let mut child = shell(context, command, url, is_captured)
        .spawn()
        .with_context(failed)?;
    let reader = child.stdout.take().map(|mut output| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // The part that was read before an error is shown.
            let _ = output.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    });
    let status = wait(&mut child, limit).with_context(failed)?;
    let output = reader
        .and_then(|reader| reader.join().ok())
        .unwrap_or_default();
    let Some(status) = status else {
        bail!(
            "{}: it took longer than {} s, the limit of `--replay-timeout`",
            failed(),
            limit.unwrap_or_default().as_secs()
        )
    };
    if !status.success() {
        let said = output.trim();
        let said = if said.is_empty() {
            String::new()
        } else {
            format!("; it said:\n{said}")
        };
        bail!(
            "`{command}`, which is `migrations.{key}`, failed ({status}){}{said}",
            hint(status)
        )
    }
    Ok(output)
}

/// The help where a shell did not find a program.
fn hint(status: ExitStatus) -> &'static str {
    const NOT_FOUND: i32 = 127;
    match status.code() {
        Some(NOT_FOUND) => {
            ": a program was not found; install the packages of the monorepo, with their development \
             dependencies"
        }
        Some(_) | None => "",
    }
}

/// Runs `command`, which names no database, and returns what it prints. The key in the configuration
/// is `key`. Its errors go to the terminal; its output, which may hold passwords, goes nowhere.
///
/// # Errors
/// When it cannot be run, or fails.
pub fn printed(context: &Context, (key, command): (&str, &str)) -> Result<String> {
    let failed = || format!("cannot run `{command}`, which is `{key}`");
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(&context.root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(failed)?;
    if !output.status.success() {
        bail!("`{command}`, which is `{key}`, failed ({})", output.status)
    }
    String::from_utf8(output.stdout)
        .map_err(|_| anyhow!("it printed what is no UTF-8"))
        .with_context(failed)
}

fn shell(context: &Context, command: &str, url: &DatabaseUrl, is_captured: bool) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(&context.root);
    // Variables of libpq from outside could lead to another database.
    if !url.variables.is_empty() {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                shell.env_remove(name);
            }
        }
    }
    shell
        .env("DATABASE_URL", &url.text)
        .envs(url.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null());
    if is_captured {
        shell.stdout(Stdio::piped());
    }
    shell
}

/// The end of the command; `None` when it took longer than `limit` and was ended.
fn wait(child: &mut Child, limit: Option<Duration>) -> std::io::Result<Option<ExitStatus>> {
    let Some(limit) = limit else {
        return child.wait().map(Some);
    };
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begin.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(INTERVAL);
    }
}
