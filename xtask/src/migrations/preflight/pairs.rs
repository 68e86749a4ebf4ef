//! Pairs up and down files. Refuses two files of one version, a migration without its down file,
//! and a down file without its migration.

use std::collections::BTreeMap;

use super::{FileDirection, FileName, NamedFile, PreflightProblem};
use crate::called_as;

/// The files of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionFiles {
    /// `V7__add_user_bio.sql`, with its path.
    pub up: NamedFile,
    /// The path of `V7__add_user_bio.down.sql`.
    pub down: String,
}

/// Pairs the files of each version. The second part of the result are the files that have no pair.
pub fn pair(files: &[NamedFile]) -> (Vec<VersionFiles>, Vec<PreflightProblem>) {
    let mut versions: BTreeMap<i64, Vec<&NamedFile>> = BTreeMap::new();
    for file in files {
        versions.entry(file.0.version).or_default().push(file);
    }
    let mut pairs = Vec::new();
    let mut problems = Vec::new();
    for (version, files) in versions {
        match of_version(version, &files) {
            Ok(pair) => pairs.push(pair),
            Err(found) => problems.extend(found),
        }
    }
    (pairs, problems)
}

fn of_version(version: i64, files: &[&NamedFile]) -> Result<VersionFiles, Vec<PreflightProblem>> {
    let of = |direction| {
        files
            .iter()
            .filter(move |file| file.0.direction == direction)
            .copied()
            .collect::<Vec<_>>()
    };
    let (ups, downs) = (of(FileDirection::Up), of(FileDirection::Down));
    match (ups.as_slice(), downs.as_slice()) {
        ([up], []) => Err(vec![no_way_back(up)]),
        ([], downs) => Err(downs.iter().map(|down| way_back_of_nothing(down)).collect()),
        ([up], [down]) if up.0.name == down.0.name => Ok(VersionFiles {
            up: (*up).clone(),
            down: down.1.clone(),
        }),
        ([up], downs) => {
            let strangers = downs
                .iter()
                .filter(|down| down.0.name != up.0.name || down.0.digits != up.0.digits);
            Err(strangers
                .map(|down| named_after_another(up, down))
                .collect())
        }
        ([first, others @ ..], _) => Err(others
            .iter()
            .map(|other| same_version(version, first, other))
            .collect()),
    }
}

fn no_way_back((name, path): &NamedFile) -> PreflightProblem {
    let down = down_path(name, path);
    let why = "a rollback would have nothing to run";
    let help = format!(
        "write `{down}`, let `{} --down V{}` write it, or say in it `-- irreversible: <why>`",
        called_as::command("new"),
        name.version
    );
    PreflightProblem::of_file(path, format!("`{}` is missing", file_of(&down)), why, help)
}

fn way_back_of_nothing((name, path): &NamedFile) -> PreflightProblem {
    let up = format!("V{}__{}.sql", name.digits, name.name);
    let why = "it undoes a migration that does not exist";
    PreflightProblem::of_file(
        path,
        format!("`{up}` is missing"),
        why,
        "restore it, or remove this file",
    )
}

fn named_after_another((up, path): &NamedFile, (_, down): &NamedFile) -> PreflightProblem {
    let message = format!(
        "the down file of version {} is not named like `{}`",
        up.version,
        file_of(path)
    );
    let why = "nobody can tell which of the two is meant";
    PreflightProblem::of_file(
        down,
        message,
        why,
        format!(
            "rename it to `{}`, or remove it",
            file_of(&down_path(up, path))
        ),
    )
}

fn same_version(version: i64, (_, first): &NamedFile, (_, other): &NamedFile) -> PreflightProblem {
    let message = format!("version {version} is taken by `{}`", file_of(first));
    let why = "both would run, but the history can hold only one of them";
    let help = "give one of them the next free version (its down file too)";
    PreflightProblem::of_file(other, message, why, help)
}

fn down_path(name: &FileName, up: &str) -> String {
    let folder = up
        .rsplit_once('/')
        .map_or(String::new(), |(folder, _)| format!("{folder}/"));
    format!("{folder}V{}__{}.down.sql", name.digits, name.name)
}

fn file_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::super::file_name;
    use super::*;

    fn problems(names: &[&str]) -> Vec<String> {
        let files = names
            .iter()
            .map(|name| (file_name(name).expect(name), format!("db/{name}")));
        let (_, problems) = pair(&files.collect::<Vec<_>>());
        problems
            .iter()
            .map(|problem| format!("{}: {}", problem.location.file, problem.message))
            .collect()
    }

    #[test]
    fn a_pair_for_each_version_passes() {
        assert_eq!(
            problems(&[
                "V1__a.sql",
                "V1__a.down.sql",
                "V02__b.down.sql",
                "V02__b.sql"
            ]),
            [""; 0]
        );
    }

    #[test]
    fn a_missing_side_is_named() {
        assert_eq!(
            problems(&["V1__a.sql"]),
            ["db/V1__a.sql: `V1__a.down.sql` is missing"]
        );
        assert_eq!(
            problems(&["V1__a.down.sql"]),
            ["db/V1__a.down.sql: `V1__a.sql` is missing"]
        );
        let other = problems(&["V1__a.sql", "V1__b.down.sql"]);
        assert_eq!(
            other,
            ["db/V1__b.down.sql: the down file of version 1 is not named like `V1__a.sql`"]
        );
    }

    #[test]
    fn a_version_belongs_to_one_migration() {
        let twice = problems(&[
            "V7__a.sql",
            "V7__a.down.sql",
            "V007__b.sql",
            "V007__b.down.sql",
        ]);
        assert_eq!(twice, ["db/V007__b.sql: version 7 is taken by `V7__a.sql`"]);
        let downs = problems(&["V7__a.sql", "V7__a.down.sql", "V007__a.down.sql"]);
        assert_eq!(
            downs,
            ["db/V007__a.down.sql: the down file of version 7 is not named like `V7__a.sql`"]
        );
    }
}
