//! Files in a folder of plain SQL that undo others by their names: `0007_roles_rollback.sql` beside
//! `0006_roles.sql`. Whoever runs such a folder leaves them for the night on which they are needed.

/// The ends of names that say so.
const ENDS: &[&str] = &[
    "_rollback",
    "-rollback",
    ".rollback",
    "_undo",
    "-undo",
    ".undo",
    "_down",
    "-down",
];

/// The version and the name of a file.
pub(super) type VersionAndName = (String, String);

/// The place among `files` of the migration that a file undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undoes {
    /// It is the way back of this one.
    One(usize),
    /// It undoes several, the last of which is this one.
    Several(usize),
}

/// Returns what each of `files` undoes, which are sorted as they run; `None` for a migration. The
/// end of a name alone says little: a team that never goes back may roll back by a migration. So a file with the same
/// version must stand beside it, or an earlier one with the same name.
pub(super) fn undone(files: &[VersionAndName]) -> Vec<Option<Undoes>> {
    files
        .iter()
        .enumerate()
        .map(|(at, (version, name))| {
            let stem = stem(name)?;
            let is_forward = |other: &usize| *other != at && self::stem(&files[*other].1).is_none();
            let of_version: Vec<usize> = (0..files.len())
                .filter(is_forward)
                .filter(|other| number(&files[*other].0) == number(version))
                .collect();
            if let [only] = of_version[..] {
                return Some(Undoes::One(only));
            }
            if stem.is_empty() {
                return None;
            }
            let earlier = || (0..at).rev().filter(is_forward);
            let same = earlier().find(|other| files[*other].1 == stem);
            let parts = || earlier().find(|other| files[*other].1.starts_with(&format!("{stem}_")));
            same.map(Undoes::One)
                .or_else(|| parts().map(Undoes::Several))
        })
        .collect()
}

/// The name without the end that says that it undoes.
fn stem(name: &str) -> Option<&str> {
    let lower = name.to_ascii_lowercase();
    if ENDS.iter().any(|end| end[1..] == lower) {
        return Some("");
    }
    let end = ENDS.iter().find(|end| lower.ends_with(*end))?;
    name.get(..name.len() - end.len())
}

/// `1` and `001` are one version.
fn number(version: &str) -> &str {
    version.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Vec<Option<Undoes>> {
        let parts = names.iter().map(|name| {
            let (version, name) = name.split_once('_').expect("a version");
            (version.to_owned(), name.to_owned())
        });
        undone(&parts.collect::<Vec<_>>())
    }

    #[test]
    fn a_file_that_undoes_stands_beside_what_it_undoes() {
        assert_eq!(
            of(&["0001_a", "0001_a_down", "2_b.undo", "02_b"]),
            [None, Some(Undoes::One(0)), Some(Undoes::One(3)), None]
        );
        assert_eq!(
            of(&[
                "1_init",
                "2_chain_columns",
                "3_chain_checks",
                "4_chain_rollback",
                "5_rls",
                "6_rls_rollback"
            ]),
            [
                None,
                None,
                None,
                Some(Undoes::Several(2)),
                None,
                Some(Undoes::One(4))
            ]
        );
        assert_eq!(
            of(&[
                "1_prices",
                "2_discount_rollback",
                "3_break_down",
                "4_rollback"
            ]),
            [None, None, None, None]
        );
    }
}
