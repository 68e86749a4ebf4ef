//! `db-verify --watch`: verifies again when a file is saved. Parsed files are kept, so that only
//! changed ones are read. A state that cannot be verified (a half-written file, a branch being
//! checked out) is shown as an error, until the next change.

mod changes;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::{Options, completed, examine, publish};
use crate::cli::ReportFormat;
use crate::commands::memory::Memory;
use crate::commands::{Context, Outcome};
use changes::Changes;

/// Verifies, waits for a change, and verifies again, until the process is interrupted.
pub fn run(context: Context, options: &Options) -> Result<Outcome> {
    if context.options.report_format != ReportFormat::Human {
        bail!("`--watch` is for people: leave out `--format`")
    }
    if context.options.output.is_some() {
        bail!("`--watch` never ends: leave out `--output`")
    }
    let memory = Arc::new(Memory::default());
    // The watch begins before the first reading, so that a change in between is seen.
    let mut changes = Changes::of(&context)?;
    let mut context = Context {
        memory: Some(Arc::clone(&memory)),
        ..context
    };
    loop {
        let start = Instant::now();
        let said = once(&context, options);
        let took = start.elapsed();
        show(&context, &said, took)?;
        // Otherwise a long session would keep the results of all files that ever were.
        memory.read.forget_deleted(&context.tree());
        changes.next(&context)?;
        context = reloaded(&context, &mut changes)?;
    }
}

/// Returns the context with the current configuration. A broken one is reported, until the next
/// change.
fn reloaded(context: &Context, changes: &mut Changes) -> Result<Context> {
    loop {
        match context.at(context.tree()) {
            Ok(fresh) => {
                return Ok(Context {
                    memory: context.memory.clone(),
                    ..fresh
                });
            }
            Err(error) => {
                show(context, &format!("error: {error:#}\n"), Duration::ZERO)?;
                changes.next(context)?;
            }
        }
    }
}

/// The text of one verification, or the error that prevented it.
fn once(context: &Context, options: &Options) -> String {
    match examine(context, options).and_then(|examined| completed(context, options, examined)) {
        Ok(report) => publish::rendered(context, &report),
        Err(error) => format!("error: {error:#}\n"),
    }
}

fn show(context: &Context, said: &str, took: Duration) -> Result<()> {
    let terminal = &context.terminal;
    let time = jiff::Zoned::now().strftime("%H:%M:%S");
    let took = took.as_millis();
    terminal.clear()?;
    publish::show(context, said)?;
    terminal.tell(&format!(
        "\n[{time}] verified in {took} ms; waiting for changes (Ctrl-C ends)\n"
    ))?;
    Ok(())
}
