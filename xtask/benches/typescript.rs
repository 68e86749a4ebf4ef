//! Reading a monorepo's TypeScript against merely reading the bytes of the same files, on one thread.
//!
//! `cargo bench --bench typescript`: a tree of our own with 3,000 files. `BENCH_TREE=<folder>` takes another one.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use xtask::config::Config;
use xtask::tree::{Tree, WorkingTree};
use xtask::typescript;

const RUNS: usize = 7;

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = std::env::var_os("BENCH_TREE").map_or_else(|| generate(folder.path()), PathBuf::from);
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

/// 3,000 files as monorepos have them: one in five declares types, one in twenty schemas, the others are code.
fn generate(root: &Path) -> PathBuf {
    for at in 0..3_000 {
        let folder = root.join(format!("src/part{}", at % 40));
        std::fs::create_dir_all(&folder).expect("a folder");
        let text = match at {
            _ if at % 20 == 0 => schema(at),
            _ if at % 5 == 0 => types(at),
            _ => code(at),
        };
        std::fs::write(folder.join(format!("file{at}.ts")), text).expect("a file");
    }
    root.to_path_buf()
}

fn types(at: usize) -> String {
    let fields: String =
        (0..25).map(|field| format!("  field_{field}: string | null;\n  other{field}?: number[];\n")).collect();
    format!(
        "export interface Row{at} {{\n{fields}}}\nexport type New{at} = Omit<Row{at}, 'field_1'> & Partial<Pick<Row{at}, 'field_1'>>;\n"
    )
}

fn schema(at: usize) -> String {
    let fields: String =
        (0..25).map(|field| format!("  field_{field}: z.string().min(1).max(200).nullable(),\n")).collect();
    format!(
        "import {{ z }} from 'zod';\nexport const Schema{at} = z.object({{\n{fields}}});\nexport type Value{at} = z.infer<typeof Schema{at}>;\n"
    )
}

fn code(at: usize) -> String {
    let functions: String = (0..40)
        .map(|name| format!("export function step{name}(value) {{\n  if (value > {name}) return `${{value}}-{at}`;\n  return [value, {name}].map((item) => item + 1).join(', ');\n}}\n"))
        .collect();
    format!("import {{ log }} from '../log';\n{functions}\nlog(step1(2));\n")
}
