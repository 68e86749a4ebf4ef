//! A run over a fleet, whatever its direction: what is begun after the survey, and its report.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::connections::Connections;
use super::selection::{RunEnd, Selection};
use super::waves::{Ended, WaveResults, WaveRun, Work};
use super::{FleetRunOptions, output};
use crate::called_as;
use crate::commands::{Context, Outcome};
use crate::config::{FleetConfig, FleetMode};
use crate::fleet::{self, FleetTarget, RecordedOutcome, RunFile, RunStep, Wave};
use crate::postgres::connect::Target;
use crate::report::{
    FleetDatabase, FleetDirection, FleetOutcome, FleetResult, FleetRun, FleetStatus, FleetWave,
    Timestamp,
};
use crate::whole_file;

/// A run whose databases are surveyed.
pub(super) struct Run<'r> {
    /// The context of the command.
    pub context: &'r Context,
    /// The fleet.
    pub config: &'r FleetConfig,
    /// The options.
    pub options: &'r FleetRunOptions,
    /// Forward or back.
    pub direction: FleetDirection,
    /// Its identity.
    pub id: String,
    /// The folder of run files.
    pub folder: PathBuf,
    /// When it began.
    pub start: Instant,
    /// The databases.
    pub selection: Selection,
}

/// The databases of a run, by their places in the list.
struct Plan {
    /// Those that nothing is begun on, each with the reason.
    refused: BTreeMap<usize, String>,
    /// Those that are worked on.
    planned: Vec<usize>,
    /// The reason why none is begun; none where they are.
    stopped: Option<String>,
}

impl<'r> Run<'r> {
    /// Reads the list and selects the databases.
    ///
    /// # Errors
    /// As [`Selection::of`].
    pub(super) fn open(
        context: &'r Context,
        options: &'r FleetRunOptions,
        direction: FleetDirection,
    ) -> Result<Self> {
        let config = super::configured(context)?;
        let folder = context.report_dir()?;
        let selection = Selection::of(context, config, options, (name(direction), &folder))?;
        // A run keeps its name however often it is gone on with.
        let id = match &selection.earlier {
            Some(earlier) => earlier.id(),
            None => id(),
        };
        Ok(Self {
            context,
            config,
            options,
            direction,
            id,
            folder,
            start: Instant::now(),
            selection,
        })
    }

    /// Whether tenants share databases, with a schema for each.
    pub(super) fn is_of_tenants(&self) -> bool {
        matches!(self.config.mode, FleetMode::Schema(_))
    }

    /// Whether the catalogs of the next database are read while one is worked on. A rollback reads
    /// them in another way.
    fn reads_ahead(&self) -> bool {
        self.config.parallel == 1 && matches!(self.direction, FleetDirection::Forward)
    }

    /// Works on the databases for which `survey` has something to do and no objection, and reports.
    /// The run is one to `end`.
    ///
    /// # Errors
    /// When the run file cannot be begun, the report cannot be written, or nothing is left of the
    /// run that is gone on with while newer files wait.
    pub(super) fn finish(
        &self,
        survey: FleetStatus,
        end: &RunEnd<'_>,
        work: &Work<'_>,
    ) -> Result<Outcome> {
        let Plan {
            refused,
            planned,
            stopped,
        } = self.plan(&survey);
        // A part of its databases says nothing about the others.
        let is_whole = !self.options.retry_failed
            && self.options.targets.only.is_empty()
            && self.options.skip.is_empty();
        let has_ended = is_whole && planned.is_empty() && refused.is_empty();
        let standing = self.selection.standing(end, has_ended)?;
        let rollout = &self.config.rollout;
        let canaries = rollout.canaries.as_deref();
        let targets = &self.selection.targets;
        let waves = fleet::waves(targets, &planned, canaries, &rollout.waves);
        let mut file = None;
        let results = if stopped.is_none() && !planned.is_empty() && !self.options.survey {
            let run_file = self.begin_file(end.at.map(|at| at.version), &refused)?;
            let versions: Vec<Option<String>> = survey.databases.iter().map(version).collect();
            let run = WaveRun {
                context: self.context,
                config: self.config,
                file: &run_file,
                targets,
                versions: &versions,
                connections: &Connections::new(self.context, &self.id)
                    .reading_ahead(self.reads_ahead()),
                work,
            };
            let results = run.run(&waves);
            // The run is over: without its last line the file says the same.
            let _ = run_file.append(Timestamp::now().as_str(), &RunStep::Finished);
            file = Some(self.shown(run_file.path()));
            results
        } else {
            WaveResults {
                ended: BTreeMap::new(),
                stopped,
            }
        };
        let databases = results_in_order(&survey, &refused, results.ended);
        let is_done = databases.iter().all(|one| one.outcome.is_done());
        let go_on = || {
            let command = called_as::command(name(self.direction));
            format!("{command} --fleet --resume")
        };
        let report = FleetRun {
            id: self.id.clone(),
            direction: self.direction,
            timestamp: Timestamp::now(),
            go_on: (file.is_some() && !is_done).then(go_on),
            file,
            target: end.at.map(ToString::to_string),
            survey_only: self.options.survey,
            waves: waves.iter().map(|wave| self.wave(wave)).collect(),
            databases,
            stopped: results.stopped,
            notes: self
                .selection
                .notes
                .iter()
                .cloned()
                .chain(standing)
                .collect(),
            duration: self.start.elapsed(),
            survey,
        };
        output::write(self.context, &report)
    }

    /// Tells the databases to work on from those that the survey refuses.
    fn plan(&self, survey: &FleetStatus) -> Plan {
        let mut refused = BTreeMap::new();
        let mut planned = Vec::new();
        for (place, one) in survey.databases.iter().enumerate() {
            if let Some(why) = survey.refusal(one) {
                refused.insert(place, why);
            } else if one.is_behind() {
                planned.push(place);
            }
        }
        let stopped = self.refused_canary(&refused);
        Plan {
            refused,
            planned,
            // A survey begins nothing that could be stopped.
            stopped: stopped.filter(|_| !self.options.survey),
        }
    }

    fn wave(&self, wave: &Wave) -> FleetWave {
        let targets = &self.selection.targets;
        let name = |place: &usize| targets.get(*place).map(|one| one.name.clone());
        FleetWave {
            name: wave.name.clone(),
            databases: wave.databases.iter().filter_map(name).collect(),
        }
    }

    /// Says that a canary cannot be worked on: the databases after it would be the first to try.
    fn refused_canary(&self, refused: &BTreeMap<usize, String>) -> Option<String> {
        let canary = self.config.rollout.canaries.as_ref()?;
        let of_place = |place: &usize| self.selection.targets.get(*place);
        let first = refused
            .keys()
            .filter_map(of_place)
            .find(|one| one.labels.contains(canary))?;
        Some(format!(
            "the canary `{}` was refused; `--skip {}` goes on without it",
            first.name, first.name
        ))
    }

    /// Begins the run file, or goes on with it.
    fn begin_file(&self, to: Option<i64>, refused: &BTreeMap<usize, String>) -> Result<RunFile> {
        let file = match &self.selection.earlier {
            Some(earlier) => RunFile::go_on(earlier.path.clone())?,
            None => {
                let is_new = !self.folder.exists();
                let file = RunFile::create(&self.folder, &self.id)?;
                if is_new {
                    // A folder that cannot be ignored is no reason to fail.
                    let _ = whole_file::ignored_by_git(&self.folder);
                }
                file
            }
        };
        let now = Timestamp::now();
        let targets = &self.selection.targets;
        let databases = targets.iter().map(|one| one.name.clone()).collect();
        let begin = RunStep::Run {
            command: name(self.direction).to_owned(),
            to,
            databases,
            listed: self.selection.listed.clone(),
        };
        file.append(now.as_str(), &begin)?;
        for (place, why) in refused {
            let Some(one) = targets.get(*place) else {
                continue;
            };
            let step = RunStep::Ended {
                database: one.name.clone(),
                outcome: RecordedOutcome::Refused,
                migrations: Vec::new(),
                error: Some(why.clone()),
            };
            file.append(now.as_str(), &step)?;
        }
        Ok(file)
    }

    /// A path as people type it.
    fn shown(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.context.root).unwrap_or(path);
        path.display().to_string()
    }
}

/// Refuses a fleet whose migrations another tool keeps. What that tool does is `applies` or
/// `undoes`.
///
/// # Errors
/// Where another tool keeps the migrations.
pub(super) fn refuse_in_place(context: &Context, does: &str) -> Result<()> {
    context.refuse_in_place(&format!(
        "it {does} them itself, one database at a time, and nothing of it can be verified before its commit; `{} --fleet` \
         shows where each database stands",
        called_as::subcommand("status")
    ))
}

/// The name of a direction in run files, and of its command.
fn name(direction: FleetDirection) -> &'static str {
    match direction {
        FleetDirection::Forward => "migrate",
        FleetDirection::Back => "rollback",
    }
}

/// The name of a run that begins now: the time in digits.
fn id() -> String {
    let now = Timestamp::now();
    let is_kept = |character: &char| !['-', ':', '.'].contains(character);
    now.as_str().chars().filter(is_kept).collect()
}

fn version(one: &FleetDatabase) -> Option<String> {
    one.state.as_ref().ok()?.version.clone()
}

/// The result of each database, in the order of the list.
fn results_in_order(
    survey: &FleetStatus,
    refused: &BTreeMap<usize, String>,
    mut ended: BTreeMap<usize, Ended>,
) -> Vec<FleetResult> {
    let result = |(place, one): (usize, &FleetDatabase)| {
        let has_all = one.state.as_ref().is_ok_and(|state| state.pending == 0);
        let untouched = match (refused.get(&place), has_all) {
            (Some(why), _) => FleetOutcome::Refused(why.clone()),
            (None, true) => FleetOutcome::Current,
            (None, false) => FleetOutcome::NotBegun,
        };
        let before = version(one);
        match ended.remove(&place) {
            None => FleetResult {
                name: one.name.clone(),
                database: one.database.clone(),
                wave: None,
                outcome: untouched,
                migrations: Vec::new(),
                version: before,
                notes: Vec::new(),
                duration: Duration::ZERO,
            },
            Some(Ended {
                worked,
                wave,
                duration,
            }) => FleetResult {
                name: one.name.clone(),
                database: one.database.clone(),
                wave: Some(wave),
                outcome: worked.outcome,
                version: worked.version.unwrap_or(before),
                migrations: worked.migrations,
                notes: worked.notes,
                duration,
            },
        }
    };
    survey.databases.iter().enumerate().map(result).collect()
}

/// The context of the work on `one` alone: confined to its schema, where it has one.
pub(super) fn context(context: &Context, one: &FleetTarget) -> Context {
    context.of_database(&one.name, |config| {
        if let Some(schema) = &one.schema {
            config.confine_to(schema);
        }
    })
}

/// The database `one`, whose sessions tell the run `id` and its name.
pub(super) fn named(id: &str, one: &FleetTarget) -> Arc<Target> {
    let application = format!("pgaccord {id} {}", one.name);
    match one.target.named(&application) {
        Some(named) => Arc::new(named),
        None => Arc::clone(&one.target),
    }
}

/// The name of a database as that of a folder.
pub(super) fn folder_name(name: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "-_".contains(character);
    let one = |character: char| match is_plain(character) {
        true => character.to_string(),
        false => format!("%{:X}", u32::from(character)),
    };
    name.chars().map(one).collect()
}
