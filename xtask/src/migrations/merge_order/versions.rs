//! Versions that both branches gave, and the order of merging that the versions ask for.

use super::{CONFLICT, TwoBranches, statements};
use crate::called_as;
use crate::config::{LateMigration, Layout};
use crate::migrations::Migration;
use crate::report::{Category, Finding, Severity};
use crate::source::Span;

/// Finds migrations of both branches with one version.
pub(super) fn taken_twice(branches: &TwoBranches<'_>, layout: Option<Layout>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ours in &branches.ours {
        let twin = branches
            .theirs
            .iter()
            .find(|theirs| is_same_version(ours, theirs, layout));
        if let Some(theirs) = twin {
            findings.push(twice(branches, ours, theirs, layout));
        }
    }
    findings
}

fn twice(
    branches: &TwoBranches<'_>,
    ours: &Migration,
    theirs: &Migration,
    layout: Option<Layout>,
) -> Finding {
    let other = branches.other;
    let message = format!("`{other}` has `{theirs}`, too: one version, two migrations");
    let start = |migration| statements::place(migration, Span::default());
    let finding = Finding::new(
        CONFLICT,
        Category::Migrations,
        Severity::Error,
        &ours.to_string(),
        message,
    );
    finding
        .at(&start(ours), "this branch's")
        .at(&start(theirs), format!("that of `{other}`"))
        .with_help(format!(
            "whichever branch is merged second gets a new version: {}",
            way_behind(layout)
        ))
}

/// Whether two migrations have one version. Drizzle tells migrations apart by their times. It still
/// numbers them, and the number names a file of its own (`meta/0007_snapshot.json`).
fn is_same_version(one: &Migration, other: &Migration, layout: Option<Layout>) -> bool {
    if one.order() == other.order() {
        return true;
    }
    let is_numbered = layout == Some(Layout::Drizzle) && one.file.ends_with(".sql");
    match (&one.foreign, &other.foreign) {
        (Some(one), Some(other)) if is_numbered => {
            !one.version.is_empty() && one.version == other.version
        }
        _ => false,
    }
}

/// Says which branch must be merged first, where databases refuse or skip migrations that are older
/// than those that they have.
pub(super) fn order_of_merging(
    branches: &TwoBranches<'_>,
    layout: Option<Layout>,
) -> Option<String> {
    if layout.is_some_and(|layout| layout.late_migration() == LateMigration::Runs) {
        return None;
    }
    let range = |migrations: &[&Migration]| {
        let orders = || migrations.iter().map(|one| one.order());
        Some((orders().min()?, orders().max()?))
    };
    let ((our_first, our_last), (their_first, their_last)) =
        (range(&branches.ours)?, range(&branches.theirs)?);
    let other = branches.other;
    if our_last < their_first {
        return Some(format!(
            "by their versions this branch is to be merged before `{other}`; if it is merged later: {}",
            way_behind(layout)
        ));
    }
    if their_last < our_first {
        return Some(format!(
            "by their versions `{other}` is to be merged before this branch"
        ));
    }
    Some(format!(
        "the versions of this branch and of `{other}` overlap, so that the one that is merged second needs later ones: {}",
        way_behind(layout)
    ))
}

/// Says how a migration is moved behind others.
fn way_behind(layout: Option<Layout>) -> String {
    match layout {
        None => format!("there, run `{} --renumber`", called_as::command("new")),
        Some(layout) => made_anew(layout).to_owned(),
    }
}

/// Says how a migration of another tool is moved behind those of another branch.
#[must_use]
pub fn made_anew(layout: Layout) -> &'static str {
    match layout {
        Layout::Drizzle => {
            "merge or rebase, restore `meta/` as the other branch has it, delete this branch's own \
             migration with its `_snapshot.json`, and let drizzle-kit generate it again"
        }
        Layout::Prisma => {
            "give its folder a later time, or delete it and let Prisma make it again after the merge"
        }
        Layout::Hasura | Layout::Diesel => "give its folder a version after the others",
        Layout::Sqlx
        | Layout::GolangMigrate
        | Layout::Supabase
        | Layout::Dbmate
        | Layout::NodePgMigrate
        | Layout::Flyway
        | Layout::Postgrator => {
            "give its file a version after the others, and its down file, where it has one, too"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::{ForeignName, OrderKey};

    fn branches<'a>(ours: &'a Migration, theirs: &'a Migration) -> TwoBranches<'a> {
        TwoBranches {
            shared: Vec::new(),
            unseen: Vec::new(),
            ours: vec![ours],
            theirs: vec![theirs],
            target: "main",
            other: "b",
            is_merged: false,
        }
    }

    #[test]
    fn versions_say_which_branch_is_first() {
        let (one, two) = (
            Migration::sample(1, "a", "x", ""),
            Migration::sample(2, "b", "y", ""),
        );
        let told = |ours, theirs, layout| {
            order_of_merging(&branches(ours, theirs), layout).unwrap_or_default()
        };
        assert!(
            told(&one, &two, None).starts_with("by their versions this branch is to be merged")
        );
        assert!(told(&two, &one, None).starts_with("by their versions `b` is to be merged"));
        assert!(told(&one, &one, None).contains("overlap"));
        assert_eq!(told(&one, &two, Some(Layout::Prisma)), "");
    }

    #[test]
    fn drizzle_numbers_its_files_and_prisma_does_not() {
        let at = |when: u64, name: &str| Migration {
            foreign: Some(ForeignName {
                title: format!("0007_{name}"),
                version: "0007".into(),
                order: OrderKey {
                    numbers: vec![when],
                    text: name.into(),
                },
            }),
            ..Migration::sample(7, name, "select 1;", "")
        };
        let (ours, theirs) = (at(5, "a"), at(6, "b"));
        let found = taken_twice(&branches(&ours, &theirs), Some(Layout::Drizzle));
        assert_eq!(found.len(), 1);
        let help = found[0].help.as_deref().unwrap_or_default();
        assert!(help.contains("drizzle-kit"), "{help}");
        assert!(taken_twice(&branches(&ours, &theirs), Some(Layout::Prisma)).is_empty());
    }
}
