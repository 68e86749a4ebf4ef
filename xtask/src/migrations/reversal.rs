//! Writes the ways back of migrations from the schemas before and after them, and proves them. The
//! schemas are those of a scratch database: each migration runs there, its objects get their earlier
//! names and their earlier definitions, and the statements that did it are the way back. The
//! rehearsal of ways back, which also judges those that people write, has the last word.
//!
//! A file is only called exact where that rehearsal says so. Where it does not, the file holds no
//! statement, but says why, and what could be written as comments for a person to complete.

mod attempt;
mod conversions;
pub mod ddl;
mod draft;
mod losses;
mod plan;
mod renames;
mod schemas;
mod step;
mod text;
mod unwritten;
mod way_back;

use anyhow::{Context as _, Result};

use super::losses::ObjectNames;
use super::rollback::rehearsal;
use super::scratch_environment::ScratchEnvironment;
use super::{Down, Migration};
use crate::report::{Rehearsal, RollbackVerdict};
use crate::schema::model::{Enum, ObjectName, Schema};
use draft::Draft;
pub use losses::ForeseenLoss;
pub use text::is_unedited;
pub use way_back::{Standing, WayBack};

/// Writes the ways back of those of `migrations` whose places are `which`, in their order. `each`
/// receives every one.
///
/// # Errors
/// When there is no scratch database, or a migration does not run on an empty one.
pub fn write(
    environment: &ScratchEnvironment<'_>,
    migrations: &[Migration],
    which: &[usize],
    each: &mut dyn FnMut(usize, &WayBack) -> Result<()>,
) -> Result<()> {
    let Some((first, last)) = which.first().zip(which.last()) else {
        return Ok(());
    };
    let mut drafts = Vec::new();
    let mut proven: Vec<Migration> = migrations[..=*last].to_vec();
    {
        let mut session = environment.open()?;
        let what = "writing ways back from the schemas";
        let work = environment.progress.begin_counted(what, last + 1);
        for (at, migration) in migrations[..=*last].iter().enumerate() {
            work.next(&migration.to_string());
            if !which.contains(&at) {
                session.replay([migration])?;
                continue;
            }
            let draft = Draft::write(&mut session, migration)?;
            proven[at].down = draft.down(migration);
            drafts.push((at, draft));
        }
    }
    let mut drafts = drafts.into_iter();
    let mut place = *first;
    let count = last + 1 - first;
    rehearsal::rehearse(environment, &proven, Some(count), &mut |rehearsal| {
        let at = place;
        place += 1;
        if !which.contains(&at) {
            return Ok(());
        }
        let (_, draft) = drafts.next().context("a rehearsal of no way back")?;
        each(at, &judged(&migrations[at], draft, rehearsal))
    })
}

/// Statements that add those labels of `wanted` to the enum `object` that `now` lacks.
#[must_use]
pub fn added_labels(object: &ObjectName, wanted: &Enum, now: &Enum) -> Vec<String> {
    plan::added_labels(object, wanted, now)
}

/// Statements that make the enum `object` of `schema` anew, so that it has the labels that it has
/// there and no others.
#[must_use]
pub fn with_other_labels(schema: &Schema, object: &ObjectName) -> Vec<String> {
    let schemas = schemas::Schemas {
        wanted: schema,
        now: schema,
    };
    plan::with_other_labels(schemas, object)
}

/// The way back as the rehearsal judges it.
fn judged(migration: &Migration, draft: Draft, rehearsal: &Rehearsal) -> WayBack {
    let standing = standing(&draft, rehearsal);
    let mut losses = draft.losses.clone();
    for path in &rehearsal.changed_values {
        let named = |path: &[String]| {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            ObjectNames::default().name(&path)
        };
        let is_told = |path: &[String]| {
            let name = named(path);
            let mut all = losses.iter().filter(|loss| loss.is_earlier);
            all.any(|loss| loss.name == name.object || loss.name == name.full)
        };
        // A table that is named goes with all its columns.
        if !is_told(path) && !is_told(&path[..2]) {
            losses.push(ForeseenLoss {
                name: named(path).object,
                why: "the migration changed it in rows of the rehearsal".to_owned(),
                is_earlier: true,
            });
        }
    }
    let mut notes = draft.notes.clone();
    notes.extend(rehearsal.warnings.iter().cloned());
    let text = text::file(&migration.to_string(), &draft, &standing, (&losses, &notes));
    WayBack {
        name: migration.to_string(),
        text,
        standing,
        losses,
        notes,
    }
}

fn standing(draft: &Draft, rehearsal: &Rehearsal) -> Standing {
    if let Some(difference) = &draft.difference {
        return Standing::None(format!("it would not restore the schema:\n{difference}"));
    }
    if let Some(error) = &rehearsal.error {
        return Standing::None(error.clone());
    }
    match &rehearsal.verdict {
        RollbackVerdict::Exact => Standing::Exact,
        RollbackVerdict::PhysicalOrderOnly => Standing::ExceptOrder(draft.reordered.clone()),
        RollbackVerdict::Unknown(why) => Standing::NotTried(why.clone()),
        RollbackVerdict::NotRestored(difference) => {
            Standing::None(format!("it would not restore the schema:\n{difference}"))
        }
        RollbackVerdict::PrivilegesDiffer(difference) => Standing::None(format!(
            "it would not restore privileges and owners:\n{difference}"
        )),
    }
}

impl Draft {
    /// The way back as the rehearsal takes it.
    fn down(&self, migration: &Migration) -> Down {
        let file = format!("{} (its way back)", migration.file);
        match &self.difference {
            Some(_) => Down::Irreversible {
                file,
                reason: "it would not restore the schema".to_owned(),
            },
            None => Down::Sql {
                file,
                sql: text::statements(&self.done),
                no_transaction: false,
            },
        }
    }
}
