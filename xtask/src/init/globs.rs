//! A few globs that cover many files: the folders they are in, joined where there are too many.

use std::collections::BTreeSet;

/// More folders than this are joined.
const MOST: usize = 6;

/// At most this many files are named one by one.
const FEW: usize = 2;

/// Globs that match all of `files`.
pub(super) fn cover(files: &[String]) -> Vec<String> {
    // The configuration leaves `.d.ts` files out unless a glob names them.
    let (declarations, files): (Vec<String>, Vec<String>) = files
        .iter()
        .cloned()
        .partition(|file| file.ends_with(".d.ts"));
    let declarations = declarations.iter().map(|file| globset::escape(file));
    let (endings, others) = by_ending(files);
    let globs = endings.into_iter().chain(globs_of(&others));
    globs.chain(declarations).collect()
}

/// Globs for the files whose names end like those of NestJS say what is in them
/// (`user.entity.ts`), and the files that have no such glob. A folder has files of many endings.
fn by_ending(files: Vec<String>) -> (Vec<String>, Vec<String>) {
    const TELLING: [&str; 6] = [
        "dto",
        "entity",
        "controller",
        "schema",
        "contract",
        "view-entity",
    ];
    let mut globs = Vec::new();
    let mut left = files;
    for ending in TELLING {
        let end = format!(".{ending}.ts");
        let same: Vec<&String> = left.iter().filter(|file| file.ends_with(&end)).collect();
        if same.len() > FEW {
            globs.push(format!("{}**/*{end}", common_folder(&same)));
            left.retain(|file| !file.ends_with(&end));
        }
    }
    (globs, left)
}

/// The folder that all of `files` are in, with a slash behind it; empty for the root.
fn common_folder(files: &[&String]) -> String {
    let folder = |file: &String| {
        file.rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .to_owned()
    };
    let mut common = files.first().map(|file| folder(file)).unwrap_or_default();
    for file in files {
        while !is_inside(&folder(file), &common) {
            common = parent(&common);
        }
    }
    if common.is_empty() {
        common
    } else {
        format!("{}/", globset::escape(&common))
    }
}

fn globs_of(files: &[String]) -> Vec<String> {
    if files.len() <= FEW {
        return files.iter().map(|file| globset::escape(file)).collect();
    }
    let folder = |file: &String| {
        file.rsplit_once('/')
            .map_or(String::new(), |(folder, _)| folder.to_owned())
    };
    let all: BTreeSet<String> = files.iter().map(folder).collect();
    let (single, rest): (Vec<&String>, Vec<&String>) = files
        .iter()
        .partition(|file| stands_above(&folder(file), files, &all));
    let mut folders = outermost(&rest.iter().map(|file| folder(file)).collect());
    // Only the deepest folders are joined in each step, so that the globs stay narrow.
    while folders.len() > MOST {
        let deepest = folders
            .iter()
            .map(|folder| depth(folder))
            .max()
            .unwrap_or_default();
        let up = |folder: &String| {
            if depth(folder) == deepest {
                parent(folder)
            } else {
                folder.clone()
            }
        };
        folders = outermost(&folders.iter().map(up).collect());
    }
    let extension = if files.iter().all(|file| file.ends_with(".ts")) {
        "ts"
    } else {
        "{ts,tsx,mts,cts}"
    };
    let glob = |folder: &String| {
        let slash = if folder.is_empty() { "" } else { "/" };
        format!("{}{slash}**/*.{extension}", globset::escape(folder))
    };
    let single = single
        .into_iter()
        .filter(|file| !folders.iter().any(|one| is_inside(&folder(file), one)));
    let single: Vec<String> = single.map(|file| globset::escape(file)).collect();
    folders.iter().map(glob).chain(single).collect()
}

/// Whether a folder holds a file or two, and one below it the others: a glob for it would take in
/// all that lies between.
fn stands_above(folder: &str, files: &[String], folders: &BTreeSet<String>) -> bool {
    let direct = files
        .iter()
        .filter(|file| file.rsplit_once('/').map_or("", |(folder, _)| folder) == folder)
        .count();
    direct <= FEW
        && folders
            .iter()
            .any(|other| other != folder && is_inside(other, folder))
}

fn is_inside(inner: &str, outer: &str) -> bool {
    outer.is_empty() || inner == outer || inner.starts_with(&format!("{outer}/"))
}

/// The folders that lie in no other of them.
fn outermost(folders: &BTreeSet<String>) -> BTreeSet<String> {
    let covered = |folder: &&String| {
        folders
            .iter()
            .any(|other| other != *folder && is_inside(folder, other))
    };
    folders
        .iter()
        .filter(|folder| !covered(folder))
        .cloned()
        .collect()
}

fn depth(folder: &str) -> usize {
    if folder.is_empty() {
        0
    } else {
        folder.split('/').count()
    }
}

fn parent(folder: &str) -> String {
    folder
        .rsplit_once('/')
        .map_or(String::new(), |(parent, _)| parent.to_owned())
}

#[cfg(test)]
mod tests {
    use super::cover;

    fn globs(files: &[&str]) -> Vec<String> {
        cover(&files.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn files_that_say_what_they_hold_are_covered_by_their_ending() {
        assert_eq!(
            globs(&[
                "src/a/a.dto.ts",
                "src/a/b.dto.ts",
                "src/b/c.dto.ts",
                "src/b/d.entity.ts",
                "src/other.ts",
            ]),
            ["src/**/*.dto.ts", "src/b/d.entity.ts", "src/other.ts"]
        );
    }

    #[test]
    fn folders_become_globs() {
        assert_eq!(
            globs(&["a/b/x.ts", "a/b/c/y.ts", "d/z.ts"]),
            ["a/b/c/**/*.ts", "d/**/*.ts", "a/b/x.ts"]
        );
        assert_eq!(
            globs(&["a/b/x.ts", "a/b/y.ts", "a/b/z.ts", "a/b/c/y.ts"]),
            ["a/b/**/*.ts"]
        );
        assert_eq!(
            globs(&["app/[id]/x.ts", "a.ts"]),
            ["app/[[]id[]]/x.ts", "a.ts"]
        );
        assert_eq!(
            globs(&["app/[id]/x.ts", "app/[id]/y.ts", "b/z.ts"]),
            ["app/[[]id[]]/**/*.ts", "b/**/*.ts"]
        );
        assert_eq!(
            globs(&["a/x.ts", "a/y.ts", "a/z.ts", "a/db.d.ts"]),
            ["a/**/*.ts", "a/db.d.ts"]
        );
        assert_eq!(
            globs(&["x.ts", "a/y.tsx", "z.ts"]),
            ["a/**/*.{ts,tsx,mts,cts}", "x.ts", "z.ts"]
        );
    }

    #[test]
    fn many_folders_are_joined() {
        let files: Vec<_> = (0..20)
            .map(|number| format!("server/f{number}/routes/x.ts"))
            .collect();
        assert_eq!(cover(&files), ["server/**/*.ts"]);
    }
}
