//! Scratch and embedded clusters on real binaries: as they are meant to be used, and after a killed run.

mod support;

use support::{connect, scratch};

#[test]
fn a_scratch_cluster_is_empty_and_vanishes_when_dropped() {
    let Some(scratch) = scratch() else { return };
    let row = connect(&scratch).query_one("SELECT current_setting('unix_socket_directories') AS folder", &[]);
    let folder: String = row.expect("a connection").get("folder");
    let folder = std::path::PathBuf::from(folder.trim_matches('"'));
    assert!(folder.join("data/PG_VERSION").exists());
    drop(scratch);
    assert!(!folder.exists(), "{}", folder.display());
}
