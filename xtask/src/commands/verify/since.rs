//! `db-verify --since <ref>`, for a pull request: reports the findings that a branch introduces.
//! Those are the findings of its last commit without those of its merge base, both read from git
//! without a checkout. The report also shows how the branch changes the schema and the history of
//! migrations.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, bail};

use super::{Examined, Options, examine, outcome, plan, publish, rollout, with};
use crate::called_as;
use crate::commands::{Context, Outcome};
use crate::config::{Config, SchemaSource};
use crate::git::Repository;
use crate::layouts::in_place;
use crate::migrations::branch::{self, Branch};
use crate::migrations::{Migration, advice};
use crate::report::{Baseline, Finding, Since, Verification};
use crate::rollout::{CodeDemands, give_way};
use crate::schema::diff;
use crate::schema::model::Schema;
use crate::schema::snapshot;
use crate::tree::{GitTree, Overlay, Tree};

/// The commits that a comparison is about.
struct Commits {
    /// The last commit of the branch; none where the staged files are judged.
    head: Option<String>,
    /// The merge base, where the branch parted.
    base: String,
    /// The last commit of the branch that it is to be merged into.
    tip: String,
}

/// The migrations of two commits.
pub(super) struct EarlierMigrations {
    /// Those of [`Commits::base`].
    pub base: Vec<Migration>,
    /// Those of [`Commits::tip`].
    pub tip: Vec<Migration>,
}

/// Judges what the branch of `context` introduces since it parted from `reference`.
pub fn run(
    context: &Context,
    repository: &Repository,
    reference: &str,
    options: &Options,
) -> Result<Outcome> {
    let commits = commits(repository, reference, options)?;
    let mut since = Since {
        reference: reference.to_owned(),
        merge_base: commits.base.clone(),
        head: commits.head.clone(),
        notes: uncommitted(repository, options)?,
        ..Since::default()
    };
    let after = examine(context, options)?;
    let mut findings = after.report.findings.clone();
    let base: Arc<dyn Tree> = Arc::new(GitTree::committed(repository.clone(), &commits.base)?);
    let tip = GitTree::committed(repository.clone(), &commits.tip)?;
    let earlier = EarlierMigrations {
        base: migrations_of(context, base.as_ref()),
        tip: migrations_of(context, &tip),
    };
    let is_adopted = is_adopted(context, base.as_ref(), &earlier.base);
    let mut running = None;
    match before(context, Arc::clone(&base), options) {
        Ok((before, schema, demands)) => {
            let renames = repository.renames(&commits.base, commits.head.as_deref())?;
            subtract(&mut findings, before.findings, &renames, &mut since);
            since.schema = Some(diff::diff(&schema, &after.expected.schema).in_words());
            if !is_adopted {
                since.deploy_order =
                    rollout::judged(context, &earlier.base, (&demands, &schema), &after);
            }
            running = Some((demands, schema));
        }
        Err(why) => since.notes.push(not_judged(&since, &why)),
    }
    let mut history = match is_adopted {
        true => Vec::new(),
        false => of_history(context, &earlier, &after, reference)?,
    };
    if let Some(order) = &since.deploy_order {
        give_way(&mut history, order);
        history.extend(crate::rollout::findings(order, &context.config));
    }
    let with = with::judge(
        context,
        (repository, &commits.tip),
        (&after.migrations, &earlier),
        options,
    )?;
    since.notes.extend(with.notes.iter().cloned());
    let Examined {
        report,
        judge,
        expected,
        migrations,
        ..
    } = after;
    let sources = judge.sources(&findings);
    let mut report = Verification {
        findings,
        sources,
        since: Some(since),
        ..report
    };
    judge.add(&mut report, history);
    judge.add(&mut report, with.findings);
    for (file, text) in with.sources {
        report.sources.insert(file, text);
    }
    publish::publish(context, &report)?;
    let order = report
        .since
        .as_ref()
        .and_then(|since| since.deploy_order.as_ref());
    if let (Some(order), Some((demands, schema))) = (order, &running) {
        let sides = plan::Sides {
            base: &earlier.base,
            branch: &migrations,
            running: (demands, schema),
            new: (&judge.demands(&expected.schema), &expected.schema),
        };
        plan::write(context, options, order, &sides)?;
    }
    Ok(outcome(&report))
}

fn commits(repository: &Repository, reference: &str, options: &Options) -> Result<Commits> {
    let tip = repository.commit(reference)?;
    let head = repository.commit("HEAD")?;
    let base = repository.merge_base(&head, &tip, reference)?;
    Ok(Commits {
        head: (!options.staged).then_some(head),
        base,
        tip,
    })
}

/// Returns a note about changes that are not committed: their author would wonder why the result
/// stays the same.
fn uncommitted(repository: &Repository, options: &Options) -> Result<Vec<String>> {
    let note =
        "changes that are not committed are not judged; `--staged` judges those that are staged";
    Ok(if !options.staged && repository.has_changes()? {
        vec![note.to_owned()]
    } else {
        Vec::new()
    })
}

fn not_judged(since: &Since, why: &anyhow::Error) -> String {
    let why = format!("{why:#}").replace('\n', " ");
    let (name, base) = (
        &since.reference,
        since.merge_base.get(..7).unwrap_or(&since.merge_base),
    );
    format!(
        "`{name}` at {base} cannot be judged, so that every finding counts as introduced: {why}"
    )
}

/// Verifies an earlier state, `tree`, with the configuration of that time.
fn before(
    context: &Context,
    tree: Arc<dyn Tree>,
    options: &Options,
) -> Result<(Verification, Schema, CodeDemands)> {
    let context = context.at(with_known_schema(context, tree)?)?;
    let options = Options {
        // A hook starts no database for the earlier state either.
        offline: options.offline || options.staged,
        staged: false,
        ..options.clone()
    };
    let Examined {
        report,
        expected,
        judge,
        ..
    } = examine(&context, &options)?;
    let demands = judge.demands(&expected.schema);
    Ok((report, expected.schema, demands))
}

/// The earlier state, `tree`, with the branch's snapshot where its own does not stand for its
/// migrations and the branch's does: the branch begins to use this tool, or makes up for a snapshot
/// that was forgotten.
///
/// # Errors
/// When nothing tells the schema of that time: no command runs for a commit, and a database is of
/// today.
fn with_known_schema(context: &Context, tree: Arc<dyn Tree>) -> Result<Arc<dyn Tree>> {
    let earlier = context.at(Arc::clone(&tree))?;
    // Problems of the files are told where they are read again.
    let Ok(migrations) = earlier.migrations() else {
        return Ok(tree);
    };
    let config = &earlier.config;
    let is_known = |tree: &dyn Tree, path: &str| {
        let snapshot = snapshot::read(tree, path);
        snapshot.is_ok_and(|read| read.is_some_and(|one| one.is_fresh(&migrations)))
    };
    if is_known(&tree, &config.snapshot) {
        return Ok(tree);
    }
    let (ours, path) = (context.tree(), &context.config.snapshot);
    if is_known(&ours, path) {
        let text = ours.read(path)?;
        return Ok(Arc::new(Overlay::new(
            tree,
            [(config.snapshot.clone(), text)],
        )));
    }
    let is_sql = config.migrations.replay.is_none()
        && config.migrations.schema_from != Some(SchemaSource::Database);
    if !is_sql {
        bail!(
            "no snapshot stands for its migrations, whose schema cannot be made for a commit: \
             commit `{}` there, or accept what is there already with `{} --update-baseline`",
            config.snapshot,
            called_as::command("verify")
        )
    }
    Ok(tree)
}

/// Takes the findings that were there before out of `findings`. A file that the branch renames
/// keeps its findings.
fn subtract(
    findings: &mut Vec<Finding>,
    mut before: Vec<Finding>,
    renames: &BTreeMap<String, String>,
    since: &mut Since,
) {
    for finding in &mut before {
        let place = finding.labels.first_mut().map(|label| &mut label.location);
        if let Some(place) = place
            && let Some(renamed) = renames.get(place.file.as_ref())
        {
            place.file = renamed.as_str().into();
        }
    }
    // As in a baseline, findings are matched without lines, which the branch may move.
    let left_out = Baseline::accepting(&before).apply(findings, "");
    since.known = left_out.count;
    since.resolved = left_out.fixed;
}

/// Finds the branch's changes to the history of migrations, and adds advice about its new
/// migrations.
fn of_history(
    context: &Context,
    earlier: &EarlierMigrations,
    after: &Examined<'_>,
    name: &str,
) -> Result<Vec<Finding>> {
    let branch = Branch {
        ours: &after.migrations,
        base: &earlier.base,
        theirs: &earlier.tip,
        name,
    };
    let mut findings = branch::problems(&branch, &context.config);
    findings.extend(advice::of_new(
        &after.migrations,
        &stamps(&earlier.base),
        &context.config,
    )?);
    Ok(findings)
}

/// Whether the branch begins to use this tool for the migrations, which ran long ago: the earlier
/// state, `before`, has no `migrations`, or keeps them in another layout.
pub fn is_adopted(context: &Context, before: &dyn Tree, migrations: &[Migration]) -> bool {
    let config = Config::of_tree(before, &context.root, context.options.config.as_deref());
    let layout = config.map_or(context.config.migrations.layout, |config| {
        config.migrations.layout
    });
    migrations.is_empty() || layout != context.config.migrations.layout
}

/// The migrations of a tree, as far as they can be read: before the branch there may have been
/// none.
pub fn migrations_of(context: &Context, tree: &dyn Tree) -> Vec<Migration> {
    let config = Config::of_tree(tree, &context.root, context.options.config.as_deref());
    let migrations = config.map_or_else(
        |_| context.config.migrations.clone(),
        |config| config.migrations,
    );
    in_place::read(tree, &migrations)
        .map(|(migrations, _problems)| migrations)
        .unwrap_or_default()
}

/// Returns the names and checksums by which [`advice::of_new`] knows migrations.
pub fn stamps(migrations: &[Migration]) -> Vec<(String, u64)> {
    migrations
        .iter()
        .map(|migration| (migration.to_string(), migration.checksum))
        .collect()
}
