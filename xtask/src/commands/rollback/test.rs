//! `db-rollback --test`: touches no database but a scratch one.

use anyhow::Result;

use super::Options;
use crate::cli::Format;
use crate::commands::{Context, Outcome};
use crate::migrations::rollback::rehearsal;
use crate::render::{human, json};
use crate::report::Rehearsal;

/// Rehearses the migrations and reports.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    let files = context.migrations()?;
    let style = context.terminal.style();
    let is_human = context.options.format == Format::Human;
    let say = |text: &str| {
        if is_human {
            context.terminal.print_styled(text)
        } else {
            Ok(())
        }
    };
    let mut all: Vec<Rehearsal> = Vec::new();
    say(&human::rehearsal::opening(style))?;
    rehearsal::rehearse(
        &context.scratch_environment(),
        &files,
        options.last,
        &mut |one| {
            all.push(one.clone());
            Ok(say(&human::rehearsal::rehearsal(one, style))?)
        },
    )?;
    match context.options.format {
        Format::Human => context
            .terminal
            .print_styled(&human::rehearsal::closing(&all, style))?,
        Format::Json => context.print_result(&json::rehearsals(&all))?,
    }
    Ok(if all.iter().all(Rehearsal::passed) {
        Outcome::Clean
    } else {
        Outcome::Errors
    })
}
