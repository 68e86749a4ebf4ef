//! The file of a run over a fleet: a line of JSON for each step, on disk before the next one begins.
//! It says what to go on with after a run that was stopped or killed. The truth about a database is
//! its own history; the file only remembers what the run was about.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

/// The beginning of the names of such files.
const PREFIX: &str = "fleet-";

/// The end of their names.
const SUFFIX: &str = ".jsonl";

/// A step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum RunStep {
    /// The run begins, or goes on.
    Run {
        /// The command: `migrate`, `rollback`.
        command: String,
        /// The version that the databases are to have, or the oldest that is undone.
        to: Option<i64>,
        /// The databases that it is about.
        databases: Vec<String>,
        /// All databases that were listed then.
        listed: Vec<String>,
    },
    /// A wave begins.
    Wave {
        /// Its name.
        wave: String,
        /// Its databases.
        databases: Vec<String>,
    },
    /// Work on a database begins.
    Begun {
        /// The database.
        database: String,
        /// The last applied migration as the survey saw it.
        version: Option<String>,
    },
    /// Work on a database ended, or it was refused before it began.
    Ended {
        /// The database.
        database: String,
        /// `done`, `failed`, `refused`
        outcome: RecordedOutcome,
        /// The migrations that this run applied or undid there.
        migrations: Vec<String>,
        /// Why it is not done.
        error: Option<String>,
    },
    /// No other database begins.
    Stopped {
        /// The reason.
        why: String,
    },
    /// The run is over.
    Finished,
}

/// The end of the work on one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordedOutcome {
    /// It has what was asked for.
    Done,
    /// It failed, and is left after its last good migration.
    Failed,
    /// Nothing was begun, because of what the survey found.
    Refused,
}

#[derive(Serialize)]
struct Line<'a> {
    at: &'a str,
    #[serde(flatten)]
    step: &'a RunStep,
}

/// The file of a run, which grows.
#[derive(Debug)]
pub struct RunFile {
    path: PathBuf,
    file: Mutex<File>,
}

impl RunFile {
    /// Begins the file of the run `id` in `folder`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(folder: &Path, id: &str) -> Result<Self> {
        let path = folder.join(format!("{PREFIX}{id}{SUFFIX}"));
        let file = std::fs::create_dir_all(folder).and_then(|()| {
            let mut options = OpenOptions::new();
            options.append(true).create_new(true);
            // It names the databases and their errors, which concern nobody else.
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&path)
        });
        Self::locked(path, file)
    }

    /// Opens the file at `path` to go on with it.
    ///
    /// # Errors
    /// When it cannot be written, or another process goes on with it.
    pub fn go_on(path: PathBuf) -> Result<Self> {
        let file = OpenOptions::new().append(true).open(&path);
        let run = Self::locked(path, file)?;
        // A run that was killed may have left a part of its last line, which ends here.
        run.write("\n")?;
        Ok(run)
    }

    fn locked(path: PathBuf, file: io::Result<File>) -> Result<Self> {
        let file =
            file.with_context(|| format!("cannot write the run file `{}`", path.display()))?;
        if file.try_lock().is_err() {
            bail!(
                "another process is writing the run file `{}`: that run is still going on",
                path.display()
            )
        }
        Ok(Self {
            path,
            file: Mutex::new(file),
        })
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends a step at the time `at`, and waits until it is on disk.
    ///
    /// # Errors
    /// When it cannot be written: without it nobody could go on with the run.
    pub fn append(&self, at: &str, step: &RunStep) -> Result<()> {
        let failed = || format!("cannot write the run file `{}`", self.path.display());
        let line = serde_json::to_string(&Line { at, step }).with_context(failed)?;
        self.write(&format!("{line}\n"))
    }

    fn write(&self, line: &str) -> Result<()> {
        let failed = || format!("cannot write the run file `{}`", self.path.display());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).with_context(failed)?;
        file.sync_data().with_context(failed)
    }
}

/// A run as its file remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRun {
    /// Its file.
    pub path: PathBuf,
    /// The command: `migrate`, `rollback`.
    pub command: String,
    /// The version that the databases were to have, or the oldest that was undone.
    pub to: Option<i64>,
    /// Its databases.
    pub databases: Vec<String>,
    /// All databases that were listed then.
    pub listed: Vec<String>,
    /// Those that ended, the last word of each.
    pub ended: Vec<(String, RecordedOutcome)>,
    /// Those that had begun and did not end.
    pub unfinished: Vec<String>,
}

impl EarlierRun {
    /// Its identity, as `--resume` takes it.
    #[must_use]
    pub fn id(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_prefix(PREFIX).unwrap_or(&name);
        name.strip_suffix(SUFFIX).unwrap_or(name).to_owned()
    }

    /// The databases that ended with one of `outcomes`.
    pub fn with_outcome(&self, outcomes: &[RecordedOutcome]) -> Vec<String> {
        let ended = self.ended.iter();
        ended
            .filter(|(_, outcome)| outcomes.contains(outcome))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Reads the run `id` in `folder`; without one the newest.
    ///
    /// # Errors
    /// When there is none, or its file cannot be read.
    pub fn find(folder: &Path, id: Option<&str>) -> Result<Self> {
        let known = ids(folder);
        let found = match id {
            Some(id) => known.iter().find(|known| *known == id),
            // Their names begin with the time.
            None => known.last(),
        };
        let Some(found) = found else {
            let folder = folder.display();
            match (id, known.last()) {
                (Some(id), Some(last)) => {
                    bail!("there is no run `{id}` in `{folder}`; the last one is `{last}`")
                }
                _none => bail!(
                    "there is no run to go on with in `{folder}`: without `--resume` a new one begins"
                ),
            }
        };
        Self::read(folder.join(format!("{PREFIX}{found}{SUFFIX}")))
    }

    fn read(path: PathBuf) -> Result<Self> {
        let text = std::fs::read(&path)
            .with_context(|| format!("cannot read the run file `{}`", path.display()))?;
        Self::parse(path, &String::from_utf8_lossy(&text))
    }

    fn parse(path: PathBuf, text: &str) -> Result<Self> {
        let mut run = Self {
            path,
            command: String::new(),
            to: None,
            databases: Vec::new(),
            listed: Vec::new(),
            ended: Vec::new(),
            unfinished: Vec::new(),
        };
        // A run that was killed may have left a part of its last line.
        for step in text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
        {
            match step {
                RunStep::Run {
                    command,
                    to,
                    databases,
                    listed,
                } if run.databases.is_empty() => {
                    (run.command, run.to) = (command, to);
                    (run.databases, run.listed) = (databases, listed);
                }
                RunStep::Begun { database, .. } => run.unfinished.push(database),
                RunStep::Ended {
                    database, outcome, ..
                } => {
                    run.unfinished.retain(|name| *name != database);
                    run.ended.retain(|(name, _)| *name != database);
                    run.ended.push((database, outcome));
                }
                RunStep::Run { .. }
                | RunStep::Wave { .. }
                | RunStep::Stopped { .. }
                | RunStep::Finished => {}
            }
        }
        if run.databases.is_empty() {
            bail!(
                "the run file `{}` does not say what the run was about: begin a new one without `--resume`",
                run.path.display()
            )
        }
        Ok(run)
    }
}

/// The runs in `folder`, oldest first.
fn ids(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let id = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
        Some(id.to_owned())
    };
    let mut ids: Vec<String> = entries.filter_map(id).collect();
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(database: &str, outcome: RecordedOutcome) -> RunStep {
        RunStep::Ended {
            database: database.into(),
            outcome,
            migrations: Vec::new(),
            error: None,
        }
    }

    #[test]
    fn a_run_is_read_back_even_where_it_was_killed() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(EarlierRun::find(folder.path(), None).is_err());
        let file = RunFile::create(folder.path(), "2024-1").expect("a file");
        assert!(RunFile::go_on(file.path().to_owned()).is_err());
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let begun = |name: &str| RunStep::Begun {
            database: name.into(),
            version: None,
        };
        for step in [
            RunStep::Run {
                command: "migrate".into(),
                to: Some(7),
                databases: names.clone(),
                listed: names.clone(),
            },
            begun("a"),
            begun("b"),
            ended("a", RecordedOutcome::Failed),
            ended("a", RecordedOutcome::Done),
        ] {
            file.append("2024-01-01T00:00:00Z", &step).expect("written");
        }
        let path = file.path().to_owned();
        drop(file);
        let mut text = std::fs::read_to_string(&path).expect("readable");
        text.push_str("{\"at\":\"2024-01-01T00:00:00Z\",\"st");
        std::fs::write(&path, text).expect("writable");
        let run = EarlierRun::find(folder.path(), None).expect("a run");
        assert_eq!(
            (run.id().as_str(), run.to, &run.databases),
            ("2024-1", Some(7), &names)
        );
        assert_eq!(run.ended, [("a".to_owned(), RecordedOutcome::Done)]);
        assert_eq!(run.unfinished, ["b"]);
        let unknown = EarlierRun::find(folder.path(), Some("x")).expect_err("none");
        assert!(unknown.to_string().contains("the last one is `2024-1`"));
    }
}
