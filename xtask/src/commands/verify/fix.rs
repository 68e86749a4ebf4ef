//! `db-verify --fix` and `--diff`: applies the suggested changes that are safe. All changes are
//! made in memory first, in rounds, until none is left. So the written text is the judged one, and
//! `--diff` shows exactly the changes that `--fix` writes.

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context as _, Result};

use super::Examined;
use crate::commands::judge::Judge;
use crate::commands::{Context, Outcome};
use crate::fixes::apply;
use crate::render::human;
use crate::report::{Baseline, Finding, Fixes, Left, Suggestion, Verification};
use crate::tree::Overlay;

/// Overlapping changes take one round each. More rounds than this mean that changes undo each
/// other.
const ROUNDS: usize = 30;

/// The sources with every safe change made, and their findings.
#[derive(Debug)]
pub struct Fixing {
    /// The findings in the changed sources, and the changes that were made.
    pub report: Verification,
    /// The texts before and after, by file.
    files: BTreeMap<String, (String, String)>,
}

/// Makes every safe change in memory.
///
/// # Errors
/// When the changed sources cannot be read; nothing was written then.
pub fn fixed(context: &Context, examined: &Examined<'_>) -> Result<Fixing> {
    let refused = files::Refusals::new(context);
    let first = &examined.report;
    let mut fixing = Fixing {
        report: first.clone(),
        files: BTreeMap::new(),
    };
    let mut made = BTreeSet::new();
    for _round in 0..ROUNDS {
        if !fixing.change(&refused, &mut made) {
            break;
        }
        fixing.report = fixing
            .judged(context, examined)
            .context("cannot apply the suggested changes")?;
    }
    fixing.report.fixes = Some(Fixes {
        fixed: gone(&first.findings, &fixing.report.findings),
        files: fixing.files.keys().cloned().collect(),
        left: left(&fixing.report, &refused, &made),
    });
    Ok(fixing)
}

/// A change that was made once, by fingerprint and replacement. It is not made again: it did not
/// help.
type Made = (String, String);

fn key(finding: &Finding, suggestion: &Suggestion) -> Made {
    (finding.fingerprint(), suggestion.replacement.clone())
}

impl Fixing {
    /// Verifies the changed sources.
    fn judged(&self, context: &Context, examined: &Examined<'_>) -> Result<Verification> {
        let texts = self
            .files
            .iter()
            .map(|(file, (_, after))| (file.clone(), after.clone()));
        let context = context.at(Arc::new(Overlay::new(context.tree(), texts)))?;
        let judge = Judge::new(&context, &examined.migrations)?;
        let report = &examined.report;
        Ok(judge.judge(
            &examined.expected.schema,
            &report.against,
            report.migration_name.as_deref(),
        ))
    }

    /// Makes the safe changes that the findings suggest. Returns whether any text changed.
    fn change(&mut self, refused: &files::Refusals, made: &mut BTreeSet<Made>) -> bool {
        let mut by_file: BTreeMap<&str, Vec<(&Finding, &Suggestion)>> = BTreeMap::new();
        for finding in &self.report.findings {
            let safe = finding
                .suggestion
                .as_ref()
                .filter(|suggestion| suggestion.safe);
            let Some(suggestion) =
                safe.filter(|suggestion| refused.why(&suggestion.file).is_none())
            else {
                continue;
            };
            if !made.contains(&key(finding, suggestion)) {
                by_file
                    .entry(&suggestion.file)
                    .or_default()
                    .push((finding, suggestion));
            }
        }
        let mut changed = false;
        for (file, changes) in by_file {
            let Some(before) = self.report.sources.text(file) else {
                continue;
            };
            let suggestions: Vec<&Suggestion> =
                changes.iter().map(|(_, suggestion)| *suggestion).collect();
            let applied = apply(before, &suggestions);
            let taken = changes
                .iter()
                .zip(&applied.taken)
                .filter(|(_, taken)| **taken);
            made.extend(taken.map(|((finding, suggestion), _)| key(finding, suggestion)));
            changed |= applied.text != before;
            // The text before the first round stays: `write` compares it with the file on disk.
            let entry = self
                .files
                .entry(file.to_owned())
                .or_insert_with(|| (before.to_owned(), String::new()));
            entry.1 = applied.text;
        }
        changed
    }

    /// Writes the files, except those that changed since they were read. Returns the fixes, as far
    /// as they were written.
    ///
    /// # Errors
    /// When a file cannot be written. The error names it, and the files that were written.
    pub fn write(self, context: &Context) -> Result<Fixes> {
        let mut written = Vec::new();
        let mut left = Vec::new();
        for (file, (before, after)) in &self.files {
            match files::write(&context.root, file, before, after) {
                Ok(true) => written.push(file.clone()),
                Ok(false) => left.push(Left {
                    file: file.clone(),
                    line: 1,
                    text: "every change".into(),
                    reason: "the file has changed since it was read; run `--fix` again".into(),
                }),
                Err(error) => return Err(error.context(so_far(&written))),
            }
        }
        let mut fixes = self.report.fixes.unwrap_or_default();
        fixes.files = written;
        fixes.left.extend(left);
        Ok(fixes)
    }

    /// Prints what would be changed: exit code 1 where something would.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn show(&self, context: &Context) -> Result<Outcome> {
        let style = context.terminal.style();
        let diffs = self
            .files
            .iter()
            .map(|(file, (before, after))| human::fixes::diff(file, before, after, style));
        let diffs: String = diffs.collect();
        match style.color {
            true => context.terminal.print_styled(&diffs)?,
            false => context.terminal.print_exact(&diffs)?,
        }
        if let Some(fixes) = &self.report.fixes {
            let remaining = self.report.findings.len();
            context
                .terminal
                .eprint_styled(&human::fixes::would_fix(fixes, remaining, style))?;
        }
        Ok(if self.files.is_empty() {
            Outcome::Clean
        } else {
            Outcome::Errors
        })
    }
}

fn so_far(written: &[String]) -> String {
    match written {
        [] => "cannot apply the suggested changes, and nothing was written".to_owned(),
        written => format!(
            "cannot apply all suggested changes; these files are changed: `{}`",
            written.join("`, `")
        ),
    }
}

/// The number of findings of `before` that are not in `after`, though lines may have moved.
fn gone(before: &[Finding], after: &[Finding]) -> usize {
    let mut left = before.to_vec();
    Baseline::accepting(after).apply(&mut left, "");
    left.len()
}

fn left(report: &Verification, refused: &files::Refusals, made: &BTreeSet<Made>) -> Vec<Left> {
    let suggested = report
        .findings
        .iter()
        .filter_map(|finding| Some((finding, finding.suggestion.as_ref()?)));
    let left = suggested.map(|(finding, suggestion)| {
        let reason = match refused.why(&suggestion.file) {
            Some(why) => why,
            None if !suggestion.safe => "look at it first, it may concern other code".to_owned(),
            None if made.contains(&key(finding, suggestion)) => {
                "it was made, and did not help".to_owned()
            }
            None => "it overlaps with another change; run `--fix` again".to_owned(),
        };
        let text = report.sources.text(&suggestion.file).unwrap_or_default();
        let before = text
            .get(..suggestion.span.start as usize)
            .unwrap_or_default();
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
        Left {
            file: suggestion.file.clone(),
            line,
            text: suggestion.text.clone(),
            reason,
        }
    });
    left.collect()
}
