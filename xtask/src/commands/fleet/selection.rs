//! Selects the databases of a run: those that the options name, or those of an earlier run.

use std::path::Path;

use anyhow::{Result, bail};

use super::{FleetRunOptions, listed};
use crate::called_as;
use crate::commands::Context;
use crate::config::FleetConfig;
use crate::fleet::{self, EarlierRun, FleetTarget, RecordedOutcome};

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
        selection.targets = fleet::selected(selection.targets, &options.targets.only)?;
        selection.targets = fleet::without(selection.targets, &options.skip)?;
        if selection.targets.is_empty() {
            bail!("no database of the fleet is left to work on: all are skipped")
        }
        Ok(selection)
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
