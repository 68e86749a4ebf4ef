//! `db-verify --since --plan`: writes the migrations of a plan, and tries them: both codes must work
//! after the first release, the second one must make the schema of the branch, and each migration
//! gets its way back as `db-new --down` writes it.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::Options;
use crate::called_as;
use crate::commands::{Context, output};
use crate::migrations::scratch_environment::ScratchEnvironment;
use crate::migrations::{Down, ForeignName, Migration, OrderKey, is_no_transaction, reversal};
use crate::report::{DeployOrder, PlannedFile, ReleaseOrder, ReleaseStep};
use crate::rollout::{self, CodeDemands};
use crate::schema::diff::{Likeness, diff};
use crate::schema::model::Schema;
use crate::whole_file;

/// The folder of `--plan` without a name, below the folder of reports.
pub const PLAN_FOLDER: &str = "target/db-reports/plan";

/// The most differences between two schemas that are listed.
const LISTED: usize = 5;

/// The migrations and the code of both commits.
pub struct Sides<'s> {
    /// The migrations of the running code.
    pub base: &'s [Migration],
    /// Those of the branch.
    pub branch: &'s [Migration],
    /// What the running code wants of its schema.
    pub running: (&'s CodeDemands, &'s Schema),
    /// What the new code wants of the branch's.
    pub new: (&'s CodeDemands, &'s Schema),
}

/// A migration of the plan, or one of the branch that it takes as it is.
struct Planned {
    migration: Migration,
    /// The path of its file; none where the branch has it.
    path: Option<String>,
}

/// Writes the migrations of the plan where `--plan` asks for them, and says which. Files that are
/// there are left alone.
pub fn write(
    context: &Context,
    options: &Options,
    order: &DeployOrder,
    sides: &Sides<'_>,
) -> Result<()> {
    let Some(folder) = &options.plan else {
        return Ok(());
    };
    let releases = planned(order, folder, sides);
    let is_file = |one: &Planned| one.path.is_some();
    if !releases.iter().flatten().any(is_file) {
        let told = match order.order {
            ReleaseOrder::TwoReleases => {
                "no plan is known, so that none is written: the report says why\n"
            }
            _one_release => {
                "no plan is needed: one release does, in the order that the report says\n"
            }
        };
        return Ok(context.terminal.eprint(told)?);
    }
    for one in releases.iter().flatten() {
        if let Some(path) = &one.path {
            create(context, folder, path, &one.migration.sql)?;
        }
    }
    let downs = match options.offline || options.staged {
        true => Err("no scratch database was asked".to_owned()),
        false => match proven(context, &releases, sides) {
            Ok((told, downs)) => {
                context.terminal.eprint(&told)?;
                Ok(downs)
            }
            Err(error) => {
                let why = format!("{error:#}");
                context.terminal.eprint(&format!(
                    "the plan does not run on a scratch database, and has to be completed: {why}\n"
                ))?;
                Err("the plan does not run on a scratch database".to_owned())
            }
        },
    };
    for one in releases.iter().flatten() {
        let Some(path) = &one.path else { continue };
        let written = downs.as_ref().map(|all| {
            let mut named = all.iter();
            named.find(|(name, _)| *name == one.migration.to_string())
        });
        let text = match written {
            Ok(Some((_, text))) => text.clone(),
            Ok(None) => unwritten("it was not tried"),
            Err(why) => unwritten(why),
        };
        let down = format!("{}.down.sql", path.trim_end_matches(".sql"));
        create(context, folder, &down, &text)?;
    }
    Ok(())
}

/// The down file of a migration that was not tried.
fn unwritten(why: &str) -> String {
    format!(
        "-- irreversible: no exact way back is known: {why}\n-- `{} --down` writes it once the migration is complete and in its place.\n",
        called_as::command("new")
    )
}

fn create(context: &Context, folder: &str, path: &str, text: &str) -> Result<()> {
    let absolute = output::named_path(context, Path::new(path), "--plan")?;
    if absolute.exists() {
        context
            .terminal
            .eprint(&format!("`{path}` is there already, and stays as it is\n"))?;
        return Ok(());
    }
    if let Some(parent) = absolute.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make the folder of the plan `{folder}`"))?;
    }
    whole_file::write(&absolute, text, 0o644)
        .with_context(|| format!("cannot write the plan's migration `{path}`"))?;
    context.terminal.eprint(&format!("wrote `{path}`\n"))?;
    Ok(())
}

/// The migrations of each release, in their order.
fn planned(order: &DeployOrder, folder: &str, sides: &Sides<'_>) -> Vec<Vec<Planned>> {
    let mut number = 0;
    let mut version = sides.base.last().map_or(0, |last| last.version);
    let mut of_step = |step: &ReleaseStep| {
        version += 1;
        if let Some(file) = &step.migration {
            number += 1;
            let path = format!("{folder}/{number}_{}.sql", file.name);
            return Some(Planned {
                migration: migration(file, &path, version),
                path: Some(path),
            });
        }
        let kept = step.keeps.as_ref()?;
        let mut branch = sides.branch.iter();
        let migration = branch.find(|one| one.to_string() == *kept)?.clone();
        Some(Planned {
            migration: Migration {
                version,
                ..migration
            },
            path: None,
        })
    };
    let mut releases = Vec::new();
    for release in &order.releases {
        releases.push(release.steps.iter().filter_map(&mut of_step).collect());
    }
    releases
}

fn migration(file: &PlannedFile, path: &str, version: i64) -> Migration {
    Migration {
        version,
        name: file.name.clone(),
        foreign: Some(ForeignName {
            title: file.name.clone(),
            version: version.to_string(),
            order: OrderKey {
                numbers: vec![u64::try_from(version).unwrap_or_default()],
                text: String::new(),
            },
        }),
        file: path.to_owned(),
        sql: file.sql.clone(),
        down: Down::Irreversible {
            file: String::new(),
            reason: "the plan has none yet".to_owned(),
        },
        no_transaction: is_no_transaction(&file.sql),
        checksum: 0,
    }
}

/// Runs the releases on scratch databases. Returns what is said of them, and the down files by the
/// names of their migrations.
fn proven(
    context: &Context,
    releases: &[Vec<Planned>],
    sides: &Sides<'_>,
) -> Result<(String, Vec<(String, String)>)> {
    let environment = context.scratch_environment();
    let told = walked(context, &environment, releases, sides)?;
    let mut all = sides.base.to_vec();
    let mut which = Vec::new();
    for one in releases.iter().flatten() {
        if one.path.is_some() {
            which.push(all.len());
        }
        all.push(one.migration.clone());
    }
    let mut downs = Vec::new();
    reversal::write(&environment, &all, &which, &mut |_, way_back| {
        downs.push((way_back.name.clone(), way_back.text.clone()));
        Ok(())
    })?;
    Ok((told, downs))
}

/// Judges both codes after the first release, and the schema after the last one.
fn walked(
    context: &Context,
    environment: &ScratchEnvironment<'_>,
    releases: &[Vec<Planned>],
    sides: &Sides<'_>,
) -> Result<String> {
    let mut session = environment.open()?;
    session.replay(sides.base)?;
    let mut told = String::new();
    let config = &context.config;
    let (running, old_schema) = sides.running;
    let (new, new_schema) = sides.new;
    let mut schema = old_schema.clone();
    for (number, release) in (1..).zip(releases) {
        session.replay(release.iter().map(|one| &one.migration))?;
        schema = session.read()?;
        let mut codes = vec![("new", rollout::lacks(new, new_schema, &schema, config))];
        if number < releases.len() {
            codes.push((
                "running",
                rollout::lacks(running, old_schema, &schema, config),
            ));
        }
        for (code, lacks) in codes {
            for lack in lacks {
                told.push_str(&format!(
                    "after release {number} the {code} code does not work yet: {lack}\n"
                ));
            }
        }
    }
    if told.is_empty() {
        told.push_str("tried on a scratch database: both codes work with the first release\n");
    }
    let difference = diff(new_schema, &schema);
    if difference.likeness() == Likeness::Different {
        told.push_str("after the last release the schema is not the one of the branch:\n");
        for line in difference.in_words().iter().take(LISTED) {
            told.push_str(&format!("  {line}\n"));
        }
    }
    Ok(told)
}
