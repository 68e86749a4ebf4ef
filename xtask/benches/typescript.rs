//! Reading a monorepo's TypeScript against merely reading the bytes of the same files, on one thread.
//!
//! `cargo bench --bench typescript`: a tree of our own with 3,000 files. `BENCH_TREE=<folder>` takes another one.

mod generated;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use xtask::config::Config;
use xtask::tree::{Tree, WorkingTree};
use xtask::typescript;

const RUNS: usize = 7;

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = std::env::var_os("BENCH_TREE").map_or_else(|| generated::monorepo(folder.path()), PathBuf::from);
    let file = folder.path().join("db.toml");
    std::fs::write(&file, "types = ['**/*.ts', '**/*.tsx']\nvalidation = ['**/*.ts']\n").expect("a file");
    let config = Config::load(&root, Some(&file)).expect("a configuration");
    let tree = WorkingTree::new(&root);
    let bare = best(|| bare_read(&tree));
    let read = best(|| typescript::read(&tree, &config).expect("the tree can be read").files_walked);
    println!("bare read {} files: {:?}", bare.1, bare.0);
    println!("typescript::read {} files: {:?}", read.1, read.0);
    println!("ratio {:.2} (at most 3)", read.0.as_secs_f64() / bare.0.as_secs_f64());
}

/// The shortest of several runs: what else the machine does only makes a run longer.
fn best(run: impl Fn() -> usize) -> (Duration, usize) {
    let timed = || {
        let start = Instant::now();
        let count = run();
        (start.elapsed(), count)
    };
    (0..RUNS).map(|_| timed()).min().expect("several runs")
}

fn bare_read(tree: &WorkingTree) -> usize {
    let files = tree.files("").expect("a list");
    let sources = files.iter().filter(|file| file.ends_with(".ts") || file.ends_with(".tsx"));
    sources.filter(|file| tree.read(file).is_ok_and(|bytes| !bytes.is_empty())).count()
}
