//! `db-verify --since <ref> --with <ref>`: reads the migrations of another branch from git's objects,
//! and runs them and those of the judged branch in both orders.

use std::sync::Arc;

use anyhow::{Result, anyhow};

use super::Options;
use super::since::EarlierMigrations;
use crate::commands::Context;
use crate::config::{Config, MigrationsConfig, SchemaSource};
use crate::git::Repository;
use crate::layouts::in_place;
use crate::migrations::Migration;
use crate::migrations::merge_order::{Judged, TwoBranches};
use crate::report::Finding;
use crate::tree::{GitTree, Tree};

/// The result of the comparison with another branch.
#[derive(Default)]
pub struct WithBranch {
    /// The problems.
    pub findings: Vec<Finding>,
    /// Facts that are no problem, and parts that could not be judged.
    pub notes: Vec<String>,
    /// The migrations of the other branches, for excerpts.
    pub sources: Vec<(Arc<str>, Arc<str>)>,
}

/// Compares the migrations of the judged branch (`ours`) with those of the branch that `--with`
/// names. `tip` is the last commit of the target.
///
/// # Errors
/// When a reference means no commit, or there is no scratch database.
pub fn judge(
    context: &Context,
    (repository, tip): (&Repository, &str),
    (ours, earlier): (&[Migration], &EarlierMigrations),
    options: &Options,
) -> Result<WithBranch> {
    let (Some(other), Some(target_name)) = (&options.with, &options.since) else {
        return Ok(WithBranch::default());
    };
    let with = repository.commit(other)?;
    let theirs = match read(context, repository, &with) {
        Ok(Theirs::Sql(theirs)) => theirs,
        Ok(Theirs::Code(theirs)) => {
            let branches = TwoBranches::new(
                (ours, &earlier.base),
                (&earlier.tip, target_name),
                (&theirs, other),
            );
            return Ok(not_compared(other, &anyhow!(not_seen(&branches))));
        }
        Err(why) => return Ok(not_compared(other, &why)),
    };
    // A commit of the target itself: both stand on what the branch was made on, and the target's
    // newer migrations are the other side.
    let is_merged = repository.is_ancestor(&with, tip)?;
    let target = match is_merged {
        true => &earlier.base,
        false => &earlier.tip,
    };
    let branches = TwoBranches {
        is_merged,
        ..TwoBranches::new(
            (ours, &earlier.base),
            (target, target_name),
            (&theirs, other),
        )
    };
    let judged = branches.judge(
        &context.scratch_environment(),
        context.config.migrations.layout,
    )?;
    let Judged { findings, notes } = judged;
    // A file of both branches shows the text of the other one only where none of ours has its name.
    let foreign = branches.theirs.iter().chain(&branches.unseen);
    let sources = foreign
        .filter(|one| !ours.iter().any(|our| our.file == one.file))
        .map(|one| (one.file.as_str().into(), one.sql.as_str().into()))
        .collect();
    Ok(WithBranch {
        findings,
        notes,
        sources,
    })
}

/// The migrations of another branch.
enum Theirs {
    /// They run one by one.
    Sql(Vec<Migration>),
    /// They run by a command of the monorepo only.
    Code(Vec<Migration>),
}

/// Names the migrations of both branches that could not be run.
fn not_seen(branches: &TwoBranches<'_>) -> String {
    let list = |migrations: &[&Migration]| {
        let names: Vec<String> = migrations.iter().map(|one| format!("`{one}`")).collect();
        match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        }
    };
    format!(
        "the migrations are no files of SQL that run one by one; not seen are those of this branch ({}) and those of `{}` ({})",
        list(&branches.ours),
        branches.other,
        list(&branches.theirs)
    )
}

/// Reads the migrations of the commit `with`.
fn read(context: &Context, repository: &Repository, with: &str) -> Result<Theirs> {
    let tree: Arc<dyn Tree> = Arc::new(GitTree::committed(repository.clone(), with)?);
    let theirs = Config::of_tree(&tree, &context.root, context.options.config.as_deref())?;
    let (ours, theirs) = (&context.config.migrations, &theirs.migrations);
    if ours.layout != theirs.layout {
        anyhow::bail!("it keeps its migrations in another layout than this branch")
    }
    let migrations = in_place::load(&tree, theirs)?;
    Ok(
        match [ours, theirs].iter().any(|config| are_no_sql(config)) {
            true => Theirs::Code(migrations),
            false => Theirs::Sql(migrations),
        },
    )
}

/// Whether a schema is made by something else than migrations in SQL.
fn are_no_sql(config: &MigrationsConfig) -> bool {
    let is_other = matches!(
        config.schema_from,
        Some(SchemaSource::Database | SchemaSource::Dump(_))
    );
    config.replay.is_some() || is_other
}

fn not_compared(other: &str, why: &anyhow::Error) -> WithBranch {
    let why = format!("{why:#}").replace('\n', " ");
    WithBranch {
        notes: vec![format!(
            "cannot know whether this branch and `{other}` fit together: {why}"
        )],
        ..WithBranch::default()
    }
}
