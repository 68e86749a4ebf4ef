//! What tests of readers and checks share.

use crate::config::Config;
use crate::tree::MemoryTree;
use crate::typescript::facts::Facts;

/// What is read from `files`: the same with the prefilter and without it.
pub fn read<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>, config: &Config) -> Facts {
    let tree = MemoryTree::new(files);
    let facts = super::read(&tree, config, None).expect("files in memory");
    let unfiltered = super::read_unfiltered(&tree, config).expect("files in memory");
    let same = Facts { files_parsed: facts.files_parsed, ..unfiltered };
    assert_eq!(format!("{facts:#?}"), format!("{same:#?}"), "with the prefilter, and without it");
    facts
}
