//! Random schemas, described in TypeScript and Zod exactly: nothing is found. One random change of
//! one description: exactly that is found, and so is all that a migration changes while its types
//! stay as they were. Works without a database, on the real reader and all checks.

mod neglect;
mod world;

use self::world::Change;
use proptest::prelude::*;
use proptest::test_runner::{self, FileFailurePersistence};
use xtask::internals::config::Config;
use xtask::internals::facts::Facts;
use xtask::internals::readers::{self, Input};
use xtask::internals::tree::MemoryTree;
use xtask::internals::typescript;

use crate::support::random::inputs;

/// Few enough for every run; `.ci/fuzz` tries more.
const FEW: usize = 500;

/// Seeds of failures are kept beside this file, and tried first from then on.
fn configuration() -> test_runner::Config {
    let seeds = FileFailurePersistence::WithSource("regressions");
    let cases = u32::try_from(inputs(FEW)).unwrap_or(u32::MAX);
    test_runner::Config {
        cases,
        failure_persistence: Some(Box::new(seeds)),
        ..test_runner::Config::default()
    }
}

/// The configuration of the tool with these keys.
fn config(keys: &str) -> Config {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("db.toml");
    std::fs::write(&file, keys).expect("a file");
    Config::load(folder.path(), Some(&file)).expect("a configuration")
}

/// Reads the facts of `tree`, and asserts that they are the same without the prefilter.
fn read(tree: &MemoryTree, config: &Config) -> Facts {
    let facts = readers::read(&Input {
        tree,
        config,
        cache: None,
    })
    .expect("files in memory");
    let unfiltered = typescript::read_unfiltered(tree, config).expect("files in memory");
    let same = Facts {
        files_parsed: facts.files_parsed,
        ..unfiltered
    };
    assert_eq!(
        format!("{facts:?}"),
        format!("{same:?}"),
        "with the prefilter, and without it"
    );
    facts
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn what_is_described_exactly_has_no_findings(world in world::worlds()) {
        let found = world.verify();
        prop_assert!(found.is_empty(), "{found:#?}\n{}\n{}", world.types(), world.schemas());
    }

    #[test]
    fn what_a_migration_does_and_no_type_follows_is_found(neglect in neglect::neglected()) {
        prop_assert_eq!(neglect.found(), neglect.expected(), "{:?}\n{}", neglect, neglect.types());
    }

    /// A change that is called safe leaves nothing to find.
    #[test]
    fn safe_changes_resolve_what_was_changed((world, change) in world::worlds_with_a_change()) {
        let changed = world.changed(&change);
        let found = changed.verify_fixed().unwrap_or_default();
        prop_assert!(found.is_empty(), "{found:#?} after {change:?}\n{}\n{}", changed.types(), changed.schemas());
    }

    #[test]
    fn one_change_gives_exactly_one_finding((world, change) in world::worlds_with_a_change()) {
        let changed = world.changed(&change);
        let found = changed.verify();
        let Change { table, column, .. } = &change;
        let expected = vec![(change.kind().to_owned(), world.tables[*table].name.clone(), world.field_of(&change))];
        prop_assert_eq!(&found, &expected, "{:?} of column {}\n{}\n{}", change, column, changed.types(), changed.schemas());
    }
}
