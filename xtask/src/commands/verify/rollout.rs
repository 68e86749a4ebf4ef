//! The deploy order of a branch: old code and schema from git's objects, new ones from the judged
//! files. `--plan` writes the migrations of its two releases.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::since::stamps;
use super::{Examined, Options};
use crate::commands::{Context, output};
use crate::migrations::Migration;
use crate::report::{DeployOrder, PlannedFile};
use crate::rollout::{self, CodeDemands, Commit, MigrationPlaces};
use crate::schema::model::Schema;
use crate::whole_file;

/// The folder of `--plan` without a name, below the folder of reports.
pub const PLAN_FOLDER: &str = "target/db-reports/plan";

/// Judges the order beside `base`, the migrations of the running code; none where the schema stays.
pub fn judged(
    context: &Context,
    base: &[Migration],
    (demands, schema): (&CodeDemands, &Schema),
    after: &Examined<'_>,
) -> Option<DeployOrder> {
    let new_schema = &after.expected.schema;
    if schema == new_schema {
        return None;
    }
    let known = stamps(base);
    let is_new = |one: &&Migration| !known.contains(&(one.to_string(), one.checksum));
    let migrations = after.migrations.iter().filter(is_new).collect();
    let provenance = context.provenance(&after.migrations);
    let places = MigrationPlaces::new(migrations, &provenance);
    let new_demands = after.judge.demands(new_schema);
    let kept = after.judge.demands(schema);
    let running = Commit { demands, schema };
    let new = Commit {
        demands: &new_demands,
        schema: new_schema,
    };
    rollout::judge(running, new, &kept, &places, &context.config)
}

/// Writes the migrations of the plan where `--plan` asks for them, and says which. Files that are
/// there are left alone.
pub fn write_plan(context: &Context, options: &Options, order: &DeployOrder) -> Result<()> {
    let Some(folder) = &options.plan else {
        return Ok(());
    };
    let steps = order.releases.iter().flat_map(|release| &release.steps);
    let files: Vec<&PlannedFile> = steps.filter_map(|step| step.migration.as_ref()).collect();
    if files.is_empty() {
        context
            .terminal
            .eprint("no plan is needed: one release does, in the order that the report says\n")?;
        return Ok(());
    }
    for (number, file) in files.into_iter().enumerate() {
        let path = format!("{folder}/{}_{}.sql", number + 1, file.name);
        let absolute = output::path(context, Path::new(&path))?;
        if absolute.exists() {
            context
                .terminal
                .eprint(&format!("`{path}` is there already, and stays as it is\n"))?;
            continue;
        }
        if let Some(parent) = absolute.parent() {
            std::fs::create_dir_all(parent)
                .with_context(|| format!("cannot make the folder of the plan `{folder}`"))?;
        }
        whole_file::write(&absolute, &file.sql, 0o644)
            .with_context(|| format!("cannot write the plan's migration `{path}`"))?;
        context.terminal.eprint(&format!("wrote `{path}`\n"))?;
    }
    Ok(())
}
