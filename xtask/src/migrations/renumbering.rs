//! Gives migrations of a branch new versions, behind those of the branch that it is to be merged
//! into. Pure: names in, names out.

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::next;
use super::preflight::{FileName, file_name};
use super::sql::{self, TokenKind};

/// A migration that gets a new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renumbered {
    /// Its name before.
    pub before: FileName,
    /// Its name after.
    pub after: FileName,
}

/// Moves those of `ours`, a branch's own migrations, that are not behind all of `theirs`. Their
/// order among themselves stays. With `only`, that one is moved behind all others.
///
/// # Errors
/// When there is no later version.
pub fn plan(
    ours: &[FileName],
    theirs: &[FileName],
    only: Option<&FileName>,
    now: Timestamp,
) -> Result<Vec<Renumbered>> {
    let mut ours = ours.to_vec();
    ours.sort_by(|one, other| (one.version, &one.name).cmp(&(other.version, &other.name)));
    let mut placed = theirs.to_vec();
    let mut moved = Vec::new();
    if let Some(only) = only {
        placed.extend(ours.iter().filter(|one| *one != only).cloned());
        ours.retain(|one| one == only);
    }
    for before in ours {
        let is_behind = placed.iter().all(|other| other.version < before.version);
        let after = match is_behind {
            true => before.clone(),
            false => behind(&placed, &before, now)?,
        };
        if after != before {
            moved.push(Renumbered {
                before,
                after: after.clone(),
            });
        }
        placed.push(after);
    }
    Ok(moved)
}

fn behind(placed: &[FileName], before: &FileName, now: Timestamp) -> Result<FileName> {
    let digits = next::version(placed, false, now)?;
    file_name(&format!("V{digits}__{}.sql", before.name))
        .with_context(|| format!("`{before}` has no later version"))
}

/// Replaces the former names of `moves` in the comments of a migration's text, where people and
/// `db-new` write them. Nothing that runs is changed.
#[must_use]
pub fn in_comments(text: &str, moves: &[Renumbered]) -> String {
    let names: Vec<(String, String)> = moves
        .iter()
        .map(|moved| (moved.before.to_string(), moved.after.to_string()))
        .collect();
    let mut renamed = String::with_capacity(text.len());
    for token in sql::tokens(text) {
        let part = token.text(text);
        match token.kind {
            TokenKind::LineComment | TokenKind::BlockComment => {
                renamed.push_str(&whole_words(part, &names));
            }
            _other => renamed.push_str(part),
        }
    }
    renamed
}

/// Replaces all names at once: the new name of one migration may be the former one of another. A
/// part of a longer name is none.
fn whole_words(text: &str, names: &[(String, String)]) -> String {
    let mut replaced = String::with_capacity(text.len());
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|character| !is_name(character));
        let (word, tail) = rest.split_at(length.unwrap_or(rest.len()));
        let after = names.iter().find(|(before, _)| before == word);
        replaced.push_str(after.map_or(word, |(_, after)| after));
        // The character that is part of no name goes over as it is.
        let next = tail.find(is_name).unwrap_or(tail.len());
        replaced.push_str(&tail[..next]);
        rest = &tail[next..];
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(stems: &[&str]) -> Vec<FileName> {
        let name = |stem: &&str| file_name(&format!("{stem}.sql")).expect("a name");
        stems.iter().map(name).collect()
    }

    fn planned(ours: &[&str], theirs: &[&str], only: Option<&str>) -> Vec<String> {
        let only = only.map(|stem| names(&[stem]).remove(0));
        let now = "2024-01-15T10:30:59Z".parse().expect("an instant");
        plan(&names(ours), &names(theirs), only.as_ref(), now)
            .expect("a plan")
            .iter()
            .map(|moved| format!("{} {}", moved.before, moved.after))
            .collect()
    }

    #[test]
    fn migrations_move_behind_those_of_the_target_and_keep_their_order() {
        let theirs = ["V1__a", "V2__b", "V3__c"];
        assert_eq!(planned(&["V2__x"], &theirs, None), ["V2__x V4__x"]);
        assert_eq!(
            planned(&["V3__x", "V4__y", "V9__z"], &theirs, None),
            ["V3__x V4__x", "V4__y V5__y"]
        );
        assert_eq!(planned(&["V4__x"], &theirs, None), [""; 0]);
        assert_eq!(
            planned(&["V0002__x"], &["V0001__a", "V0002__b"], None),
            ["V0002__x V0003__x"]
        );
        assert_eq!(
            planned(&["V20230101000000__x"], &["V20230601000000__a"], None),
            ["V20230101000000__x V20240115103059__x"]
        );
    }

    #[test]
    fn one_migration_moves_behind_all_others() {
        let theirs = ["V1__a", "V2__b"];
        assert_eq!(
            planned(&["V2__x", "V3__y"], &theirs, Some("V2__x")),
            ["V2__x V4__x"]
        );
        assert_eq!(
            planned(&["V2__x", "V3__y"], &theirs, Some("V3__y")),
            [""; 0]
        );
    }

    #[test]
    fn only_comments_are_changed_and_only_whole_names() {
        let moves = |moves: &[(&str, &str)]| -> Vec<Renumbered> {
            let name = |stem: &str| names(&[stem]).remove(0);
            moves
                .iter()
                .map(|(before, after)| Renumbered {
                    before: name(before),
                    after: name(after),
                })
                .collect()
        };
        let text = "-- V2__x, see V2__xy\nSELECT 'V2__x'; /* V2__x */";
        assert_eq!(
            in_comments(text, &moves(&[("V2__x", "V4__x")])),
            "-- V4__x, see V2__xy\nSELECT 'V2__x'; /* V4__x */"
        );
        // The new name of one is the former one of the other.
        assert_eq!(
            in_comments(
                "-- V2__fix before V3__fix.",
                &moves(&[("V2__fix", "V3__fix"), ("V3__fix", "V4__fix")])
            ),
            "-- V3__fix before V4__fix."
        );
    }
}
