//! The prefilter costs time and never a verdict: of whole trees the same is read with it and
//! without it. The cases of the checks and the properties prove it of theirs where they read them.

use std::path::{Path, PathBuf};

use xtask::internals::config::Config;
use xtask::internals::facts::Facts;
use xtask::internals::readers::{self, Input};
use xtask::internals::tree::WorkingTree;
use xtask::internals::typescript;

use super::oracle;

/// All roles for all files: whatever a file can say is asked of it.
const EVERY_ROLE: &str = "types = ['**/*.ts']
validation = ['**/*.ts']
contracts = ['**/*.ts']
routes = ['**/*.ts']
drizzle = ['**/*.ts']
";

const ONLY_DATA: &str = "types = ['**/*.ts']\nvalidation = ['**/*.ts']\n";

#[test]
fn the_fixtures_and_the_sample_are_read_the_same_without_the_prefilter() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared-types/src");
    for root in [oracle::fixtures(), sample] {
        for keys in [EVERY_ROLE, ONLY_DATA] {
            same(&root, keys);
        }
    }
}

fn same(root: &PathBuf, keys: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("db.toml");
    std::fs::write(&file, keys).expect("a file");
    let config = Config::load(root, Some(&file)).expect("a configuration");
    let tree = WorkingTree::new(root);
    let facts = readers::read(&Input {
        tree: &tree,
        config: &config,
        cache: None,
    })
    .expect("the tree can be read");
    assert!(
        !facts.types.is_empty(),
        "nothing is read below {}",
        root.display()
    );
    let unfiltered = typescript::read_unfiltered(&tree, &config).expect("the tree can be read");
    let unfiltered = Facts {
        files_parsed: facts.files_parsed,
        ..unfiltered
    };
    assert_eq!(
        format!("{facts:#?}"),
        format!("{unfiltered:#?}"),
        "below {}",
        root.display()
    );
}
