//! Reading a monorepo's TypeScript against merely listing the same folder and reading the bytes of
//! all its `.ts` and `.tsx` files, on one thread, from the cache of the operating system. Every
//! file is a candidate for types and schemas; nothing is excluded.
//!
//! `cargo bench --bench typescript`: a tree of our own with 3,000 files; `BENCH_FILES=30000` gives it
//! so many, to see that time and memory grow with the number of files and no faster.
//! `BENCH_TREE=<folder>` takes another tree. They take turns, since a machine is not always equally fast. The ratio of a
//! run beside other work says little: two threads then get no more of the machine than one. On
//! Linux the times of the processor are printed too, which other work hardly changes.

mod generated;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use xtask::internals::config::Config;
use xtask::internals::readers::{self, Input};
use xtask::internals::tree::{IGNORED_FOLDERS, WorkingTree};

const RUNS: u32 = 21;

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = std::env::var("BENCH_FILES").ok();
    let files = files.map_or(generated::FILES, |text| {
        text.parse().expect("a number of files")
    });
    let root = std::env::var_os("BENCH_TREE")
        .map_or_else(|| generated::monorepo(folder.path(), files), PathBuf::from);
    let file = folder.path().join("db.toml");
    let keys = "types = ['**/*.ts', '**/*.tsx']\nvalidation = ['**/*.ts']\nexclude = []\n";
    std::fs::write(&file, keys).expect("a file");
    let config = Config::load(&root, Some(&file)).expect("a configuration");
    let tree = WorkingTree::new(&root);
    let read = || {
        readers::read(&Input {
            tree: &tree,
            config: &config,
            cache: None,
        })
        .expect("the tree can be read")
    };
    // The facts of a read are not freed, so that the first one says how much memory it takes.
    drop(read());
    println!("memory of one read at most: {} MB", most_memory());
    let mut bare = Measured::new("bare read");
    let mut everything = Measured::new("everything");
    for _ in 0..RUNS {
        bare.time(|| bare_read(&root), |files| *files);
        everything.time(read, |facts| facts.files_parsed);
    }
    bare.print();
    everything.print();
    println!(
        "ratio {:.2} (at most 7)",
        everything.shortest.as_secs_f64() / bare.shortest.as_secs_f64()
    );
    if bare.processor > 0.0 {
        println!(
            "ratio of processor time, all threads together: {:.2}",
            everything.processor / bare.processor
        );
    }
}

/// The most memory that the process has had, in MB; 0 where the system does not say.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes / 1024)
}

struct Measured {
    what: &'static str,
    files: usize,
    /// The shortest run. Other work of the machine only makes a run longer.
    shortest: Duration,
    /// The processor time of all runs, in clock ticks of the kernel. 0 where the system does not
    /// report it.
    processor: f64,
}

impl Measured {
    fn new(what: &'static str) -> Self {
        Self {
            what,
            files: 0,
            shortest: Duration::MAX,
            processor: 0.0,
        }
    }

    /// Measures one call of `run`. The result is freed after the time was taken.
    fn time<T>(&mut self, run: impl Fn() -> T, files: impl Fn(&T) -> usize) {
        let (ticks, start) = (processor_ticks(), Instant::now());
        let read = run();
        self.shortest = self.shortest.min(start.elapsed());
        self.processor += processor_ticks() - ticks;
        self.files = files(&read);
    }

    #[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
    fn print(&self) {
        let ticks = self.processor / f64::from(RUNS);
        println!(
            "{}: {} files in {:?}, processor {ticks:.1} ticks",
            self.what, self.files, self.shortest
        );
    }
}

/// `utime` and `stime` of the process.
fn processor_ticks() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    fields
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum()
}

fn bare_read(root: &Path) -> usize {
    let is_kept = |entry: &walkdir::DirEntry| {
        entry.depth() == 0
            || !IGNORED_FOLDERS
                .iter()
                .any(|ignored| entry.file_name() == *ignored)
    };
    let entries = walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(is_kept);
    let files = entries
        .map(|entry| entry.expect("a list"))
        .filter(|entry| !entry.file_type().is_dir());
    let sources = files.filter(|file| {
        file.path()
            .extension()
            .is_some_and(|end| end == "ts" || end == "tsx")
    });
    sources
        .filter(|file| std::fs::read(file.path()).is_ok_and(|bytes| !bytes.is_empty()))
        .count()
}
