//! Selects the databases of a run: those that the options name, or those of an earlier run.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, bail};

use super::{FleetRunOptions, listed};
use crate::called_as;
use crate::commands::Context;
use crate::config::FleetConfig;
use crate::fleet::{self, EarlierRun, FleetTarget, RecordedOutcome};
use crate::migrations::{self, Migration};

/// The databases of a run.
pub(super) struct Selection {
    /// The databases, in the order of the list.
    pub targets: Vec<FleetTarget>,
    /// The run that this one goes on with.
    pub earlier: Option<EarlierRun>,
    /// The names of all listed databases.
    pub listed: Vec<String>,
    /// Notes about the list, for people.
    pub notes: Vec<String>,
}

/// The end of a run.
pub(super) struct RunEnd<'f> {
    /// The last migration to apply, or the oldest to undo; none where there are no files.
    pub at: Option<&'f Migration>,
    /// The files that a run forward leaves pending, because it ends before them.
    pub newer: Vec<&'f Migration>,
}

/// The longest list of names in a note.
const NAMES: usize = 8;

impl Selection {
    /// Selects them. `command` is the run's: `migrate`. Run files lie in `folder`.
    ///
    /// # Errors
    /// When the list cannot be used, or there is no run to go on with.
    pub(super) fn of(
        context: &Context,
        config: &FleetConfig,
        options: &FleetRunOptions,
        (command, folder): (&str, &Path),
    ) -> Result<Self> {
        let all = listed(context, config)?;
        if let Some(canary) = &config.rollout.canaries
            && !all.iter().any(|one| one.labels.contains(canary))
        {
            bail!(
                "`fleet.canaries` is `{canary}`, and no database of the fleet has this label: nothing would be tried first"
            )
        }
        let names: Vec<String> = all.iter().map(|one| one.name.clone()).collect();
        let labels = all.iter().flat_map(|one| one.labels.iter().cloned());
        let of_fleet: BTreeSet<String> = names.iter().cloned().chain(labels).collect();
        let goes_on = options.resume.is_some() || options.retry_failed;
        let mut selection = match goes_on {
            true => {
                let id = options.resume.as_deref().filter(|id| !id.is_empty());
                let earlier = EarlierRun::find(folder, id)?;
                if earlier.command != command {
                    let other = match command {
                        "rollback" => "migrate",
                        _migrate => "rollback",
                    };
                    bail!(
                        "the run `{}` was one of `{}`: go on with it there, or begin a new run without `--resume`",
                        earlier.id(),
                        called_as::subcommand(other)
                    )
                }
                Self::of_earlier(all, earlier, options.retry_failed)
            }
            false => Self {
                targets: all,
                listed: Vec::new(),
                earlier: None,
                notes: Vec::new(),
            },
        };
        selection.listed = names;
        if let (Some(earlier), []) = (&selection.earlier, selection.targets.as_slice())
            && !options.retry_failed
        {
            bail!(
                "none of the databases of the run `{}` is listed any more: begin a new run without `--resume`",
                earlier.id()
            )
        }
        if let (true, Some(earlier), []) = (
            options.retry_failed,
            &selection.earlier,
            selection.targets.as_slice(),
        ) {
            bail!(
                "no database failed in the run `{}`; `--resume` goes on with all of its databases",
                earlier.id()
            )
        }
        for word in options.targets.only.iter().chain(&options.skip) {
            selection.refuse_outsider(word, &of_fleet)?;
        }
        selection.targets = fleet::selected(selection.targets, &options.targets.only)?;
        selection.targets = fleet::without(selection.targets, &options.skip)?;
        if selection.targets.is_empty() {
            bail!("no database of the fleet is left to work on: all are skipped")
        }
        Ok(selection)
    }

    /// Refuses a `word` of the fleet that names no database of the run that is gone on with.
    fn refuse_outsider(&self, word: &str, of_fleet: &BTreeSet<String>) -> Result<()> {
        if let Some(earlier) = &self.earlier
            && of_fleet.contains(word)
            && !self.targets.iter().any(|one| one.is_called(word))
        {
            bail!(
                "`{word}` is in the fleet, and names no database that the run `{}` has left: a new run without `--resume` \
                 works on it",
                earlier.id()
            )
        }
        Ok(())
    }

    /// The migration at which the run ends: `named` on the command line, or the one at which the run
    /// was to end that is gone on with. None where neither says.
    ///
    /// # Errors
    /// When no file has it, or the command line names another one than the run that is gone on with.
    pub(super) fn end<'f>(
        &self,
        files: &'f [Migration],
        named: Option<&str>,
    ) -> Result<Option<&'f Migration>> {
        let named = named
            .map(|name| migrations::find(files, name))
            .transpose()?;
        let Some(earlier) = &self.earlier else {
            return Ok(named);
        };
        let id = earlier.id();
        let end = files.iter().find(|file| Some(file.version) == earlier.to);
        let Some(end) = end else {
            let to = earlier.to.map_or_else(String::new, |to| format!(" V{to}"));
            bail!(
                "the run `{id}` was about the migration{to}, which no file has any more: begin a new run without `--resume`"
            )
        };
        if named.is_some_and(|named| named.version != end.version) {
            bail!(
                "the run `{id}` was about `{end}`: leave the name of the migration out, or begin a new run without `--resume`"
            )
        }
        Ok(Some(end))
    }

    /// Says how the run that is gone on with stands, where nothing of it is left or files are newer.
    /// `has_ended` is what the survey sees of its databases.
    ///
    /// # Errors
    /// When nothing of it is left to do, and newer files wait for another run. Whoever resumes would
    /// believe that these are applied.
    pub(super) fn standing(&self, end: &RunEnd<'_>, has_ended: bool) -> Result<Option<String>> {
        let (Some(earlier), Some(last)) = (&self.earlier, end.at) else {
            return Ok(None);
        };
        let id = earlier.id();
        let ended = format!("the run `{id}` has ended: nothing of it is left to do (`{last}`)");
        let newer = match end.newer.as_slice() {
            [] => return Ok(has_ended.then_some(ended)),
            [one] => format!("`{one}` is newer"),
            [first, rest @ ..] => format!("`{first}` and {} more are newer", rest.len()),
        };
        if has_ended {
            bail!("{ended}; {newer}, which a run without `--resume` applies")
        }
        Ok(Some(format!(
            "the run `{id}` ends at `{last}`; {newer}, which a run without `--resume` applies afterwards"
        )))
    }

    fn of_earlier(all: Vec<FleetTarget>, earlier: EarlierRun, only_failed: bool) -> Self {
        let mut notes = Vec::new();
        let is_listed = |name: &&String| all.iter().any(|one| one.name == **name);
        let gone: Vec<&str> = earlier
            .databases
            .iter()
            .filter(|name| !is_listed(name))
            .map(String::as_str)
            .collect();
        notes.extend(note(
            &gone,
            "was in that run and is no longer listed",
            "were in that run and are no longer listed",
        ));
        let new: Vec<&str> = all
            .iter()
            .map(|one| one.name.as_str())
            .filter(|name| !earlier.listed.iter().any(|known| known == name))
            .collect();
        notes.extend(note(
            &new,
            "is new in the list and no part of that run",
            "are new in the list and no part of that run",
        ));
        let wanted = match only_failed {
            false => earlier.databases.clone(),
            true => {
                let mut wanted =
                    earlier.with_outcome(&[RecordedOutcome::Failed, RecordedOutcome::Refused]);
                wanted.extend(earlier.unfinished.iter().cloned());
                wanted
            }
        };
        let is_wanted = |one: &FleetTarget| wanted.contains(&one.name);
        Self {
            targets: all.into_iter().filter(is_wanted).collect(),
            listed: Vec::new(),
            earlier: Some(earlier),
            notes,
        }
    }
}

/// `` `a`, `b` and 3 more were … ``
fn note(names: &[&str], one: &str, many: &str) -> Option<String> {
    let verb = match names {
        [] => return None,
        [_] => one,
        _several => many,
    };
    let shown: Vec<String> = names
        .iter()
        .take(NAMES)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = match names.len().saturating_sub(NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("{}{more} {verb}", shown.join(", ")))
}
