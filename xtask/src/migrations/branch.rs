//! Finds a branch's changes to the history of migrations that it is to be merged into. These are
//! edits of migrations that others have applied, versions that others took, and migrations that
//! would be too late. Pure: three lists of migrations in, findings out.

mod rules;

use std::collections::BTreeMap;

pub use self::rules::documentation;
use super::{Migration, OrderKey};
use crate::called_as;
use crate::config::{Config, LateMigration};
use crate::report::{Category, Finding, Severity};
use crate::source::{LineIndex, Span};

/// The migrations of a branch, of its base, and of the target of the merge.
#[derive(Debug, Clone, Copy)]
pub struct Branch<'a> {
    /// The migrations of the branch.
    pub ours: &'a [Migration],
    /// The migrations of the commit in which the branch parted.
    pub base: &'a [Migration],
    /// The migrations of the target of the merge, as it is now.
    pub theirs: &'a [Migration],
    /// The name of the target: `main`.
    pub name: &'a str,
}

/// The types of these findings, which `severity` in the configuration may name.
pub const KINDS: [&str; 5] = [
    "MIGRATION_EDITED",
    "MIGRATION_MISSING",
    "MIGRATION_OUT_OF_ORDER",
    "MIGRATION_RENAMED",
    "MIGRATION_VERSION_TAKEN",
];

/// By their places in the order, which tell them apart: the versions of our own.
type ByVersion<'a> = BTreeMap<OrderKey, &'a Migration>;

/// Finds the problems, in the order of versions, at the severity that the configuration gives.
#[must_use]
pub fn problems(branch: &Branch<'_>, config: &Config) -> Vec<Finding> {
    let [ours, base, theirs] = [branch.ours, branch.base, branch.theirs].map(by_version);
    let changed = base
        .values()
        .filter_map(|before| changed(branch, before, &ours, &theirs));
    let added = ours
        .values()
        .filter(|added| !base.contains_key(&added.order()));
    let added = added.filter_map(|added| {
        taken(branch, added, &theirs).or_else(|| late(branch, added, &theirs, config))
    });
    changed
        .chain(added)
        .filter_map(|finding| configured(finding, config))
        .collect()
}

fn by_version(migrations: &[Migration]) -> ByVersion<'_> {
    migrations
        .iter()
        .map(|migration| (migration.order(), migration))
        .collect()
}

fn configured(mut finding: Finding, config: &Config) -> Option<Finding> {
    if let Some(severity) = config.severity.get(finding.kind) {
        finding.severity = (*severity)?;
    }
    Some(finding)
}

fn is_same(one: &Migration, other: &Migration) -> bool {
    one.name == other.name && one.checksum == other.checksum
}

/// A migration that others may have applied, and that the branch edits, renames or deletes.
fn changed(
    branch: &Branch<'_>,
    before: &Migration,
    ours: &ByVersion<'_>,
    theirs: &ByVersion<'_>,
) -> Option<Finding> {
    let name = branch.name;
    let Some(after) = ours.get(&before.order()) else {
        // The target has no such version either: it deleted the migration too, or made the same
        // change.
        theirs.get(&before.order())?;
        // The same text under a version that the target does not have: renumbered, not deleted.
        let moved = ours
            .values()
            .find(|other| other.sql == before.sql && !theirs.contains_key(&other.order()));
        let message = match moved {
            Some(moved) => format!("`{name}` has it, and this branch renames it to `{moved}`"),
            None => format!("`{name}` has it, and this branch deletes it"),
        };
        let help = "restore it: databases that have it refuse to migrate without; to undo it, write a new migration";
        let finding = finding("MIGRATION_MISSING", before, message).with_help(help);
        return Some(at_start(
            finding,
            moved.unwrap_or(&before),
            "its file is gone",
        ));
    };
    if is_same(before, after)
        || theirs
            .get(&before.order())
            .is_some_and(|theirs| is_same(theirs, after))
    {
        return None;
    }
    let help =
        "restore it: databases that have it refuse to migrate; put the change into a new migration";
    if before.name != after.name {
        let message = format!("`{name}` has it, and this branch renames it to `{after}`");
        return Some(at_start(
            finding("MIGRATION_RENAMED", before, message).with_help(help),
            after,
            "renamed here",
        ));
    }
    let message = format!("`{name}` has it, and this branch edits it");
    let place = LineIndex::new(after.file.as_str().into(), after.sql.as_str().into());
    let location = place.location(first_difference(&before.sql, &after.sql));
    Some(
        finding("MIGRATION_EDITED", before, message)
            .at(&location, "the first line that differs")
            .with_help(help),
    )
}

/// A new migration whose version the target has given to another migration since.
fn taken(branch: &Branch<'_>, added: &Migration, theirs: &ByVersion<'_>) -> Option<Finding> {
    let other = theirs
        .get(&added.order())
        .filter(|other| !is_same(other, added))?;
    let message = format!(
        "`{}` has `{other}` since this branch left it: one version, two migrations",
        branch.name
    );
    let finding =
        finding("MIGRATION_VERSION_TAKEN", added, message).with_help(later(added, theirs));
    Some(at_start(
        finding,
        added,
        format!("version {} is taken", version(added)),
    ))
}

/// A new migration that is older than the target's newest one. Databases that have the newest one
/// refuse it, or another tool passes over it.
fn late(
    branch: &Branch<'_>,
    added: &Migration,
    theirs: &ByVersion<'_>,
    config: &Config,
) -> Option<Finding> {
    let (_, newest) = theirs
        .last_key_value()
        .filter(|(newest, _)| **newest > added.order())?;
    if theirs.contains_key(&added.order()) {
        return None;
    }
    let why = match config
        .migrations
        .layout
        .map(|layout| (layout, layout.late_migration()))
    {
        None => "databases that have that refuse it".to_owned(),
        Some((_, LateMigration::Runs)) => return None,
        Some((layout, LateMigration::Skipped)) => format!(
            "{} never runs it on databases that have that, and says nothing",
            layout.name()
        ),
        Some((layout, LateMigration::Refused)) => {
            format!("{} refuses it on databases that have that", layout.name())
        }
    };
    let message = format!(
        "it is older than `{newest}`, which `{}` has: {why}",
        branch.name
    );
    let finding = finding("MIGRATION_OUT_OF_ORDER", added, message).with_help(later(added, theirs));
    Some(at_start(finding, added, format!("older than `{newest}`")))
}

/// The version of a migration, as it is written.
fn version(migration: &Migration) -> String {
    match &migration.foreign {
        Some(foreign) if foreign.version.is_empty() => foreign.title.clone(),
        Some(foreign) => foreign.version.clone(),
        None => migration.version.to_string(),
    }
}

fn later(added: &Migration, theirs: &ByVersion<'_>) -> String {
    let newest = theirs
        .last_key_value()
        .map_or_else(String::new, |(_, newest)| format!(" after `{newest}`"));
    let snapshot = called_as::command("snapshot");
    if added.foreign.is_some() {
        return format!("make it anew{newest}, and run `{snapshot}`");
    }
    let renumber = called_as::command("new");
    format!(
        "run `{renumber} --renumber`, which gives it a version{newest} (its down file too), and `{snapshot}`"
    )
}

fn finding(kind: &'static str, migration: &Migration, message: String) -> Finding {
    Finding::new(
        kind,
        Category::Migrations,
        Severity::Error,
        &migration.to_string(),
        message,
    )
}

fn at_start(finding: Finding, migration: &Migration, text: impl Into<String>) -> Finding {
    let lines = LineIndex::new(
        migration.file.as_str().into(),
        migration.sql.as_str().into(),
    );
    finding.at(&lines.location(Span::default()), text)
}

/// The first line of `after` that `before` does not have at the same place.
fn first_difference(before: &str, after: &str) -> Span {
    let mut start = 0;
    let mut old = before.split_inclusive('\n');
    for line in after.split_inclusive('\n') {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        if old.next() != Some(line) {
            return Span {
                start: offset(start),
                end: offset(end),
            };
        }
        start += line.len();
    }
    Span {
        start: offset(start),
        end: offset(start),
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn migration(version: i64, name: &str, sql: &str) -> Migration {
        Migration::sample(version, name, sql, "select 1;")
    }

    fn found(
        ours: &[Migration],
        base: &[Migration],
        theirs: &[Migration],
        keys: &str,
    ) -> Vec<String> {
        let tree = MemoryTree::new([("db.toml", keys)]);
        let config =
            Config::of_tree(&tree, std::path::Path::new("nowhere"), None).expect("a configuration");
        let brief = |finding: &Finding| {
            let place = finding
                .location()
                .map(ToString::to_string)
                .unwrap_or_default();
            format!(
                "{} {} {place}: {}",
                finding.kind, finding.entity, finding.message
            )
        };
        problems(
            &Branch {
                ours,
                base,
                theirs,
                name: "main",
            },
            &config,
        )
        .iter()
        .map(brief)
        .collect()
    }

    #[test]
    fn new_migrations_after_all_others_are_fine() {
        let base = [migration(1, "a", "x")];
        let ours = [migration(1, "a", "x"), migration(3, "c", "z")];
        assert_eq!(found(&ours, &base, &base, ""), [""; 0]);
        let theirs = [migration(1, "a", "x"), migration(2, "b", "y")];
        assert_eq!(found(&ours, &base, &theirs, ""), [""; 0]);
    }

    #[test]
    fn a_version_that_was_given_twice_is_found_at_our_file() {
        let base = [migration(1, "a", "x")];
        let ours = [migration(1, "a", "x"), migration(2, "c", "z")];
        let theirs = [migration(1, "a", "x"), migration(2, "b", "y")];
        assert_eq!(
            found(&ours, &base, &theirs, ""),
            [
                "MIGRATION_VERSION_TAKEN V2__c migrations/V2__c.sql:1:1: `main` has `V2__b` since this branch left it: \
              one version, two migrations"
            ]
        );
        assert_eq!(
            found(&theirs, &base, &theirs, ""),
            [""; 0],
            "the same migration on both sides"
        );
        assert_eq!(
            found(
                &ours,
                &base,
                &theirs,
                "severity.MIGRATION_VERSION_TAKEN = 'off'"
            ),
            [""; 0]
        );
    }

    #[test]
    fn a_migration_that_comes_too_late_is_found() {
        let base = [migration(1, "a", "x")];
        let ours = [migration(1, "a", "x"), migration(2, "c", "z")];
        let theirs = [migration(1, "a", "x"), migration(5, "b", "y")];
        let problems = found(&ours, &base, &theirs, "");
        assert!(problems[0].starts_with(
            "MIGRATION_OUT_OF_ORDER V2__c migrations/V2__c.sql:1:1: it is older than `V5__b`"
        ));
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn edits_and_deletions_are_found_where_they_are() {
        let base = [
            migration(1, "a", "one\ntwo\n"),
            migration(2, "b", "y"),
            migration(3, "c", "z"),
        ];
        let ours = [migration(1, "a", "one\n2\n"), migration(3, "d", "z")];
        assert_eq!(
            found(&ours, &base, &base, ""),
            [
                "MIGRATION_EDITED V1__a migrations/V1__a.sql:2:1: `main` has it, and this branch edits it",
                "MIGRATION_MISSING V2__b migrations/V2__b.sql:1:1: `main` has it, and this branch deletes it",
                "MIGRATION_RENAMED V3__c migrations/V3__d.sql:1:1: `main` has it, and this branch renames it to `V3__d`",
            ]
        );
        assert_eq!(
            found(&ours, &base, &ours, ""),
            [""; 0],
            "they made the same changes"
        );
    }

    #[test]
    fn a_migration_under_another_version_is_named() {
        let base = [migration(1, "a", "x"), migration(2, "b", "y")];
        let ours = [migration(1, "a", "x"), migration(4, "b", "y")];
        let problems = found(&ours, &base, &base, "");
        let expected = "MIGRATION_MISSING V2__b migrations/V4__b.sql:1:1: `main` has it, and this branch renames it to `V4__b`";
        assert_eq!(problems, [expected]);
    }

    #[test]
    fn the_first_line_that_differs_may_be_the_end() {
        assert_eq!(first_difference("a\nb\n", "a\n"), Span { start: 2, end: 2 });
        assert_eq!(first_difference("a\n", "a\nb"), Span { start: 2, end: 3 });
    }
}
