//! Habits that a compiler does not check: each module says why it exists, imports point one way,
//! only one file prints, files stay readable, and nothing of one person's machine is committed.
//! Every problem is reported at once.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The modules of this crate that each module may import, by the start of its path below
/// `xtask/src/`; the first match counts. Modules that are not listed (`commands`, `main.rs`) put
/// the parts together and may import everything.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("called_as", &[]),
    ("source", &[]),
    ("whole_file", &[]),
    ("regular_file", &[]),
    ("git", &["git", "regular_file"]),
    ("tree", &["tree", "git", "regular_file"]),
    ("progress", &[]),
    ("terminal", &["terminal", "progress"]),
    ("report", &["report", "source"]),
    ("schema/model", &[]),
    ("schema/types", &["schema"]),
    ("schema/provenance", &["schema", "source"]),
    (
        "schema",
        &["schema", "called_as", "source", "tree", "whole_file"],
    ),
    ("facts", &["facts", "source"]),
    ("readers/cache", &["tree"]),
    ("readers/reader", &["config", "facts", "readers", "tree"]),
    (
        "readers",
        &[
            "config",
            "facts",
            "openapi",
            "prisma",
            "readers",
            "tree",
            "typescript",
        ],
    ),
    (
        "openapi",
        &["openapi", "config", "facts", "readers", "source", "tree"],
    ),
    (
        "prisma",
        &["prisma", "config", "facts", "readers", "source", "tree"],
    ),
    (
        "typescript",
        &[
            "typescript",
            "prisma",
            "config",
            "facts",
            "readers",
            "source",
            "tree",
        ],
    ),
    (
        "postgres",
        &[
            "postgres",
            "schema",
            "config",
            "progress",
            "source",
            "cli",
            "whole_file",
        ],
    ),
    (
        "migrations",
        &[
            "migrations",
            "called_as",
            "postgres",
            "progress",
            "schema",
            "source",
            "tree",
            "config",
            "report",
        ],
    ),
    (
        "layouts",
        &["called_as", "config", "layouts", "migrations", "tree"],
    ),
    ("import", &["import", "layouts", "migrations"]),
    (
        "init",
        &["config", "init", "layouts", "migrations", "prisma", "tree"],
    ),
    ("fleet", &["fleet", "postgres"]),
    ("fixes", &["fixes", "report", "source", "typescript"]),
    (
        "checks",
        &["checks", "config", "facts", "report", "schema", "source"],
    ),
    (
        "rollout",
        &[
            "rollout",
            "checks",
            "config",
            "facts",
            "migrations",
            "report",
            "schema",
            "source",
        ],
    ),
    ("render", &["render", "report", "source", "terminal"]),
    (
        "config",
        &["config", "called_as", "regular_file", "report", "tree"],
    ),
];

/// Names that code without side effects must not mention.
const IO: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::io",
    "xshell",
    "walkdir",
    "postgres::",
];

/// Files above this many lines, not counting their tests, hold more than one idea. rustfmt gives
/// each call of a chain a line of its own, so that this is less text than it seems.
const LONG_FILE: usize = 500;

/// The exceptions, and why.
const LONG_ON_PURPOSE: &[(&str, &str)] = &[];

/// Parts of paths and addresses that exist on one machine only. Written in two pieces, so that this
/// file is no case.
const OF_ONE_MACHINE: &[(&str, &str)] = &[
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/Use", "rs/"),
    ("registry.np", "mjs"),
    ("static.cra", "tes"),
];

#[test]
fn the_repository_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask/ lies in the repository");
    let mut problems = Vec::new();
    for file in rust_files(&root.join("xtask")) {
        let text = std::fs::read_to_string(&file).expect("readable source");
        let name = file
            .strip_prefix(root)
            .expect("below the root")
            .to_string_lossy()
            .replace('\\', "/");
        check_header(&name, &text, &mut problems);
        if let Some(module) = name
            .strip_prefix("xtask/src/")
            .filter(|module| !is_test_support(module))
        {
            check_length(&name, &text, &mut problems);
            check_imports(module, &text, &mut problems);
            check_printing(module, &text, &mut problems);
            check_purity(module, &text, &mut problems);
            check_called_as(module, &text, &mut problems);
        }
    }
    for name in committed_files(root) {
        check_portable(root, &name, &mut problems);
    }
    check_every_test_runs(root, &mut problems);
    stale_exceptions(root, &mut problems);
    let list = problems.iter().fold(String::new(), |mut list, problem| {
        let _ = writeln!(list, "  {problem}");
        list
    });
    assert!(problems.is_empty(), "{} problems:\n{list}", problems.len());
}

fn check_header(name: &str, text: &str, problems: &mut Vec<String>) {
    if !text.starts_with("//! ") {
        problems.push(format!(
            "{name}: starts without `//!`: say why the module exists"
        ));
    }
}

fn check_length(name: &str, text: &str, problems: &mut Vec<String>) {
    let lines = lines_before_tests(text);
    if lines > LONG_FILE && !LONG_ON_PURPOSE.iter().any(|(file, _)| *file == name) {
        problems.push(format!(
            "{name}: {lines} lines, more than {LONG_FILE}: split it by ideas"
        ));
    }
}

fn check_imports(module: &str, text: &str, problems: &mut Vec<String>) {
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(start, _)| below(module, start)) else {
        return;
    };
    let import = Regex::new(r"\bcrate::(?:\{([^}]*)\}|(\w+))").expect("a valid pattern");
    for (number, line) in code_lines(text) {
        for found in import.captures_iter(line) {
            let names = found
                .get(1)
                .or_else(|| found.get(2))
                .map_or("", |names| names.as_str());
            for name in names
                .split(',')
                .filter_map(|name| name.trim().split("::").next())
            {
                if !allowed.contains(&name) {
                    problems.push(format!(
                        "xtask/src/{module}:{number}: must not import `crate::{name}`"
                    ));
                }
            }
        }
    }
}

fn check_printing(module: &str, text: &str, problems: &mut Vec<String>) {
    if module == "terminal.rs" {
        return;
    }
    let printing =
        Regex::new(r"\be?print(ln)?!|io::std(out|err)\(\)|process::exit").expect("a valid pattern");
    for (number, line) in code_lines(text).filter(|(_, line)| printing.is_match(line)) {
        problems.push(format!(
            "xtask/src/{module}:{number}: only `terminal.rs` prints: `{}`",
            line.trim()
        ));
    }
}

fn check_purity(module: &str, text: &str, problems: &mut Vec<String>) {
    if !below(module, "checks")
        && !below(module, "render")
        && !below(module, "report")
        && !below(module, "fixes")
    {
        return;
    }
    for (number, line) in code_lines(text) {
        for name in IO.iter().filter(|name| line.contains(**name)) {
            problems.push(format!(
                "xtask/src/{module}:{number}: only computes, and must not name `{name}`"
            ));
        }
    }
}

/// Hints name the command by which the tool was called, which only `called_as.rs` knows.
fn check_called_as(module: &str, text: &str, problems: &mut Vec<String>) {
    // The key of a lock, and the hooks of a Cargo monorepo.
    let on_purpose =
        ["called_as.rs", "migrations/lock.rs"].contains(&module) || below(module, "commands/hooks");
    if on_purpose {
        return;
    }
    let command = Regex::new(
        r"cargo xtask|\bdb-(verify|migrate|rollback|snapshot|status|new|baseline|import|inspect)\b",
    )
    .expect("a valid pattern");
    for (number, line) in code_lines(text) {
        // The comment by which people ignore a finding is called so everywhere.
        if command.is_match(&line.replace("db-verify-ignore", "")) {
            problems.push(format!(
                "xtask/src/{module}:{number}: names a command: use `called_as::command`"
            ));
        }
    }
}

fn check_portable(root: &Path, name: &str, problems: &mut Vec<String>) {
    let Ok(text) = std::fs::read_to_string(root.join(name)) else {
        return;
    };
    for (number, line) in text.lines().enumerate() {
        for (head, tail) in OF_ONE_MACHINE {
            if line.contains(&format!("{head}{tail}")) && !is_example(line) {
                problems.push(format!(
                    "{name}:{}: names `{head}{tail}…`, which is of one machine",
                    number + 1
                ));
            }
        }
    }
}

/// Folders that are the same on every machine that has them, and those that examples make up.
fn is_example(line: &str) -> bool {
    ["/home/user", "/home/runner", "/home/linuxbrew"]
        .iter()
        .any(|known| line.contains(known))
}

/// A file that `xtask/tests/it.rs` does not name would be compiled by nobody, and its tests would
/// pass by not running.
fn check_every_test_runs(root: &Path, problems: &mut Vec<String>) {
    let folder = root.join("xtask/tests");
    let program = std::fs::read_to_string(folder.join("it.rs")).expect("the test program");
    for file in std::fs::read_dir(&folder)
        .expect("the tests")
        .flatten()
        .map(|entry| entry.path())
    {
        let name = file
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if file.extension().is_some_and(|kind| kind == "rs")
            && name != "it"
            && !program.contains(&format!("mod {name};"))
        {
            problems.push(format!(
                "xtask/tests/{name}.rs: runs nowhere: add `mod {name};` to xtask/tests/it.rs"
            ));
        }
    }
}

fn stale_exceptions(root: &Path, problems: &mut Vec<String>) {
    for (file, _) in LONG_ON_PURPOSE {
        let lines =
            std::fs::read_to_string(root.join(file)).map_or(0, |text| lines_before_tests(&text));
        if lines <= LONG_FILE {
            problems.push(format!(
                "{file}: no longer long: take it off the list in xtask/tests/tidy.rs"
            ));
        }
    }
}

/// Whether `module` (`checks/x.rs`) is `start` (`checks`) or lies below it.
fn below(module: &str, start: &str) -> bool {
    module
        .strip_prefix(start)
        .is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
}

/// Modules that exist for tests may import whatever they like.
fn is_test_support(module: &str) -> bool {
    module.ends_with("tests.rs") || module.ends_with("test_utils.rs") || module.contains("/tests/")
}

/// The lines of code with their numbers: no comments, and nothing below the file's `#[cfg(test)]
/// mod`.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_code = |(_, line): &(usize, &str)| !line.trim_start().starts_with("//");
    before_tests(text)
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(is_code)
}

fn before_tests(text: &str) -> &str {
    text.find("\n#[cfg(test)]\nmod ")
        .map_or(text, |at| &text[..at + 1])
}

fn lines_before_tests(text: &str) -> usize {
    before_tests(text).lines().count()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    let files = entries
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path);
    let files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    assert!(
        files.len() > 20,
        "the sources were not found in {}",
        folder.display()
    );
    files
}

/// The files that git tracks; none where this is no git checkout (a source archive).
fn committed_files(root: &Path) -> Vec<String> {
    let output = std::process::Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["ls-files", "-z"])
        .output();
    let Ok(output) = output else {
        return Vec::new();
    };
    String::from_utf8_lossy(&output.stdout)
        .split('\0')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
