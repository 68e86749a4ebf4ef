//! Trees over a real repository, made with the real git.

use std::path::Path;
use std::process::Command;

use super::*;

/// A repository in a folder with a space in its name.
struct Sample {
    folder: tempfile::TempDir,
}

impl Sample {
    fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("git tree ")
            .tempdir()
            .expect("a temporary folder");
        let sample = Self { folder };
        sample.git(&["init", "-q", "-b", "main"]);
        sample
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) {
        git_in(self.root(), arguments);
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let file = self.root().join(name);
        std::fs::create_dir_all(file.parent().expect("below the root")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }

    fn staged(&self, folder: &str) -> GitTree {
        let repository = Repository::open(&self.root().join(folder)).expect("a repository");
        GitTree::staged(repository).expect("an index")
    }

    fn committed(&self, folder: &str, reference: &str) -> GitTree {
        let repository = Repository::open(&self.root().join(folder)).expect("a repository");
        let commit = repository.commit(reference).expect("a commit");
        GitTree::committed(repository, &commit).expect("a tree")
    }
}

fn git_in(folder: &Path, arguments: &[&str]) {
    let identity = [
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        "-c",
        "protocol.file.allow=always",
    ];
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(identity)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "");
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]
        .iter()
        .for_each(|name| {
            command.env_remove(name);
        });
    let output = command.output().expect("git");
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn text(tree: &dyn Tree, path: &str) -> String {
    String::from_utf8(
        tree.read(path)
            .unwrap_or_else(|error| panic!("{path}: {error}")),
    )
    .expect("UTF-8")
}

#[test]
fn what_is_staged_is_read_and_not_what_is_on_disk() {
    let sample = Sample::new();
    sample.write("a b/\"q\".ts", "committed");
    sample.write("gone.ts", "gone");
    sample.write("node_modules/x/a.ts", "no source");
    sample.git(&["add", "-f", "."]);
    sample.git(&["commit", "-q", "-m", "first"]);
    sample.write("a b/\"q\".ts", "staged");
    sample.git(&["add", "."]);
    sample.write("a b/\"q\".ts", "on disk");
    sample.write("untracked.ts", "untracked");
    sample.write("intended.ts", "intended");
    sample.git(&["add", "-N", "intended.ts"]);
    std::fs::remove_file(sample.root().join("gone.ts")).expect("removed");
    let tree = sample.staged("");
    assert_eq!(tree.files("").expect("a list"), ["a b/\"q\".ts", "gone.ts"]);
    assert_eq!(text(&tree, "a b/\"q\".ts"), "staged");
    assert_eq!(text(&tree, "gone.ts"), "gone");
    assert!(tree.is_file("gone.ts") && !tree.is_file("a b") && !tree.is_file("untracked.ts"));
    assert_eq!(
        tree.read("untracked.ts").expect_err("not staged").kind(),
        io::ErrorKind::NotFound
    );
    assert_eq!(
        text(&sample.committed("", "HEAD"), "a b/\"q\".ts"),
        "committed"
    );
    let error = tree
        .files("nowhere")
        .expect_err("no such folder")
        .to_string();
    assert_eq!(error, "`nowhere` is not in what is staged");
}

#[test]
fn a_folder_of_a_repository_is_a_tree_of_its_own() {
    let sample = Sample::new();
    sample.write("outside.ts", "outside");
    sample.write("mono/src/a.ts", "first");
    sample.git(&["add", "."]);
    sample.git(&["commit", "-q", "-m", "first"]);
    sample.write("mono/src/a.ts", "second");
    sample.git(&["commit", "-q", "-a", "-m", "second"]);
    let tree = sample.committed("mono", "HEAD~1");
    assert_eq!(tree.files("").expect("a list"), ["src/a.ts"]);
    assert_eq!(text(&tree, "src/a.ts"), "first");
    assert_eq!(text(&sample.staged("mono"), "src/a.ts"), "second");
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_tree() {
    use std::os::unix::fs::symlink;
    let sample = Sample::new();
    sample.write("packages/shared/src/a.ts", "shared");
    sample.write("packages/run.sh", "#!/bin/sh");
    std::fs::create_dir(sample.root().join("app")).expect("a folder");
    for (target, link) in [
        ("../packages/shared", "app/shared"),
        ("shared/src/a.ts", "app/a.ts"),
        ("/etc", "out"),
        ("loop", "loop"),
    ] {
        symlink(target, sample.root().join(link)).expect("a link");
    }
    sample.git(&["add", "."]);
    sample.git(&["commit", "-q", "-m", "first"]);
    for tree in [sample.staged(""), sample.committed("", "HEAD")] {
        assert_eq!(
            tree.files("app/shared").expect("a list"),
            ["app/shared/src/a.ts"]
        );
        assert_eq!(text(&tree, "app/shared/src/a.ts"), "shared");
        assert_eq!(text(&tree, "app/a.ts"), "shared");
        assert!(tree.is_file("app/a.ts") && !tree.is_file("app/shared"));
        for path in ["out/passwd", "loop", "loop/x", "app/a.ts/x"] {
            assert!(tree.read(path).is_err() && !tree.is_file(path), "{path}");
        }
        assert!(tree.files("out").is_err() && tree.files("loop").is_err());
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_do_no_harm() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let sample = Sample::new();
    let name = sample.root().join(OsStr::from_bytes(b"b\xff\n.ts"));
    std::fs::write(name, "strange").expect("a file");
    sample.write("ä\t.ts", "umlaut");
    sample.git(&["add", "."]);
    let tree = sample.staged("");
    assert_eq!(
        tree.files("").expect("a list"),
        ["b\u{fffd}\n.ts", "ä\t.ts"]
    );
    assert_eq!(text(&tree, "b\u{fffd}\n.ts"), "strange");
    assert_eq!(text(&tree, "ä\t.ts"), "umlaut");
}

#[test]
fn conflicts_and_pointers_say_what_to_do() {
    let sample = Sample::new();
    sample.write("a.ts", "base");
    let digest = "a".repeat(64);
    sample.write(
        "big.sql",
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 12\n"),
    );
    sample.git(&["add", "."]);
    sample.git(&["commit", "-q", "-m", "base"]);
    sample.git(&["checkout", "-q", "-b", "theirs"]);
    sample.write("a.ts", "theirs");
    sample.git(&["commit", "-q", "-a", "-m", "theirs"]);
    sample.git(&["checkout", "-q", "main"]);
    sample.write("a.ts", "ours");
    sample.git(&["commit", "-q", "-a", "-m", "ours"]);
    let merged = Command::new("git")
        .current_dir(sample.root())
        .args(["merge", "-q", "theirs"])
        .output()
        .expect("git");
    assert!(!merged.status.success());
    let tree = sample.staged("");
    assert!(
        tree.read("a.ts")
            .expect_err("a conflict")
            .to_string()
            .contains("merge conflict")
    );
    assert!(
        tree.read("big.sql")
            .expect_err("a pointer")
            .to_string()
            .contains("git lfs fetch")
    );
    sample.write(&format!(".git/lfs/objects/aa/aa/{digest}"), "select 1;");
    assert_eq!(text(&tree, "big.sql"), "select 1;");
}

#[test]
fn submodules_are_read_at_the_commit_that_is_staged() {
    let library = Sample::new();
    library.write("src/a.ts", "first");
    library.git(&["add", "."]);
    library.git(&["commit", "-q", "-m", "first"]);
    let sample = Sample::new();
    let url = library.root().to_str().expect("UTF-8").to_owned();
    sample.git(&["submodule", "--quiet", "add", &url, "lib"]);
    sample.git(&["commit", "-q", "-m", "first"]);
    let module = sample.root().join("lib");
    std::fs::write(module.join("src/a.ts"), "second").expect("a file");
    git_in(&module, &["commit", "-q", "-a", "-m", "second"]);
    let tree = sample.staged("");
    assert_eq!(tree.files("lib/src").expect("a list"), ["lib/src/a.ts"]);
    assert_eq!(
        tree.files("").expect("a list"),
        [".gitmodules", "lib/src/a.ts"]
    );
    assert!(tree.is_file("lib/src/a.ts"));
    assert_eq!(text(&tree, "lib/src/a.ts"), "first");
    sample.git(&["add", "lib"]);
    assert_eq!(text(&sample.staged(""), "lib/src/a.ts"), "second");
    sample.git(&["submodule", "--quiet", "deinit", "-f", "--all"]);
    let tree = sample.staged("");
    let error = tree
        .files("lib/src")
        .expect_err("not checked out")
        .to_string();
    assert!(error.contains("git submodule update --init"), "{error}");
    assert_eq!(tree.files("").expect("a list"), [".gitmodules"]);
}

#[test]
fn work_trees_and_sparse_checkouts_have_their_own_index() {
    let sample = Sample::new();
    sample.write("a/a.ts", "a");
    sample.write("b/b.ts", "b");
    sample.git(&["add", "."]);
    sample.git(&["commit", "-q", "-m", "first"]);
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let second = elsewhere.path().join("second tree");
    sample.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "second",
        second.to_str().expect("UTF-8"),
    ]);
    git_in(
        &second,
        &["sparse-checkout", "set", "--cone", "--sparse-index", "a"],
    );
    std::fs::write(second.join("a/a.ts"), "changed").expect("a file");
    git_in(&second, &["add", "a"]);
    let tree = GitTree::staged(Repository::open(&second).expect("a repository")).expect("an index");
    assert!(!second.join("b").exists());
    assert_eq!(tree.files("").expect("a list"), ["a/a.ts", "b/b.ts"]);
    assert_eq!(
        (text(&tree, "a/a.ts"), text(&tree, "b/b.ts")),
        ("changed".into(), "b".into())
    );
    assert_eq!(text(&sample.staged(""), "a/a.ts"), "a");
}

#[test]
fn many_threads_read_one_tree() {
    use rayon::prelude::*;
    let sample = Sample::new();
    for at in 0..200 {
        sample.write(&format!("f{at}.ts"), format!("staged {at}"));
    }
    sample.git(&["add", "."]);
    for at in 0..200 {
        sample.write(&format!("f{at}.ts"), "on disk");
    }
    let tree = sample.staged("");
    (0..200)
        .into_par_iter()
        .for_each(|at| assert_eq!(text(&tree, &format!("f{at}.ts")), format!("staged {at}")));
}

#[test]
fn objects_are_named_as_git_names_them() {
    assert_eq!(
        object_name(b"a\n", 40).as_deref(),
        Some("78981922613b2afb6025042ff6bd878ac1994e85")
    );
    assert_eq!(
        object_name(b"", 64).as_deref(),
        Some("473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813")
    );
    assert_eq!(object_name(b"", 7), None);
}

#[test]
fn what_is_no_repository_is_said_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = format!(
        "{:#}",
        Repository::open(folder.path()).expect_err("no repository")
    );
    assert!(
        error.contains("is it in a git work tree?") && error.contains("not a git repository"),
        "{error}"
    );
}
