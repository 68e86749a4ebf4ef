//! Refuses file names that refinery would skip without a word, or would run otherwise than people
//! think. Examples are a hyphen, a small `v`, a missing `__`, a sub-folder, and the prefix `U`.

use std::collections::BTreeMap;
use std::fmt;

use super::PreflightProblem;

/// The direction of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileDirection {
    /// `V7__add_user_bio.sql`
    Up,
    /// `V7__add_user_bio.down.sql`
    Down,
}

/// A file name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    /// The number after `V`.
    pub version: i64,
    /// How the number is written: `0007`.
    pub digits: String,
    /// The part after `__`.
    pub name: String,
    /// Forward or back.
    pub direction: FileDirection,
}

/// `V0007__add_user_bio`, as the files of both directions are called.
impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V{}__{}", self.digits, self.name)
    }
}

/// A file name, taken apart, and its whole path.
pub type NamedFile = (FileName, String);

/// Reads `name`, a file name without folders. `None` if it is not the name of a migration.
#[must_use]
pub fn file_name(name: &str) -> Option<FileName> {
    let stem = name.strip_suffix(".sql")?;
    let (stem, direction) = stem
        .strip_suffix(".down")
        .map_or((stem, FileDirection::Up), |stem| {
            (stem, FileDirection::Down)
        });
    let (digits, name) = stem.strip_prefix('V')?.split_once("__")?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = !name.is_empty() && name.chars().all(is_name_character);
    let version = digits.parse().ok().filter(|_| is_number && is_name)?;
    Some(FileName {
        version,
        digits: digits.to_owned(),
        name: name.to_owned(),
        direction,
    })
}

/// Whether refinery's pattern for names, `\w`, matches.
fn is_name_character(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// Returns the name of the migration in `path`, a file in `folder`. `None` if the file has nothing
/// to do with migrations (`README.md`).
pub fn classify(folder: &str, path: &str) -> Result<Option<FileName>, PreflightProblem> {
    let inside = path
        .strip_prefix(folder)
        .unwrap_or(path)
        .trim_start_matches('/');
    let name = inside.rsplit('/').next().unwrap_or(inside);
    if !looks_like_migration(name) {
        return Ok(None);
    }
    if inside != name {
        return Err(PreflightProblem::of_file(
            path,
            format!("`{inside}` stands in a sub-folder"),
            "refinery runs the files of sub-folders forward, whatever the folder is called",
            format!("move it to `{folder}/`, or out of it"),
        ));
    }
    file_name(name).map(Some).ok_or_else(|| explain(path, name))
}

/// Whether a person could think that the file is run: SQL of any kind, and anything that begins
/// like a version.
fn looks_like_migration(name: &str) -> bool {
    let lower = name.to_lowercase();
    let mut characters = lower.chars();
    // refinery's pattern `[U|V]` matches the bar as well.
    let versioned = matches!(characters.next(), Some('v' | 'u' | '|'))
        && characters.next().is_some_and(is_digit);
    !lower.starts_with('.') && (versioned || lower.ends_with(".sql") || lower.contains(".sql."))
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

fn explain(path: &str, name: &str) -> PreflightProblem {
    let (wrong, why) = fault(name);
    let help = match repaired(name) {
        Some(better) => format!("rename it to `{better}`"),
        None => "name it `V<version>__<name>.sql`, or move it out of the folder".to_owned(),
    };
    PreflightProblem::of_file(path, format!("`{name}` {wrong}"), why, help)
}

const SKIPPED: &str = "it would be skipped without a word";

/// Returns the fault of a name, and its consequence.
fn fault(name: &str) -> (&'static str, &'static str) {
    let stem = name.strip_suffix(".sql").unwrap_or(name);
    let rest = stem.get(1..).unwrap_or_default();
    let after_digits = rest.trim_start_matches(|character: char| character.is_ascii_digit());
    match name.chars().next() {
        _ if !name.ends_with(".sql") => ("does not end in `.sql`", SKIPPED),
        Some('U') if after_digits.starts_with("__") => (
            "has the prefix `U`",
            "refinery takes it for an unversioned migration and runs it forward",
        ),
        Some('v') => ("begins with a small `v`", SKIPPED),
        Some('V') if after_digits == rest => ("has no number after `V`", SKIPPED),
        Some('V') if after_digits.starts_with('.') => (
            "has a dotted version",
            "versions are whole numbers: refinery stops at it",
        ),
        Some('V') if !after_digits.starts_with("__") => ("has no `__` after the version", SKIPPED),
        Some('V') if after_digits == "__" => ("has no name after `__`", SKIPPED),
        Some('V') if after_digits.chars().all(is_name_character) => (
            "has a version beyond 9223372036854775807",
            "the history table holds 64-bit numbers",
        ),
        Some('V') => (
            "has characters other than letters, digits and `_` in its name",
            SKIPPED,
        ),
        Some(_) | None => ("is not named `V<version>__<name>.sql`", SKIPPED),
    }
}

/// Corrects the advice to rename a file to a version that another file has: it gets the next free
/// version.
pub fn advise_free_versions(problems: &mut [PreflightProblem], files: &[NamedFile]) {
    let mut taken: BTreeMap<i64, (String, FileDirection, String)> = BTreeMap::new();
    for (name, path) in files {
        taken.entry(name.version).or_insert((
            name.name.clone(),
            name.direction,
            base(path).to_owned(),
        ));
    }
    // The down file of a migration that got another version gets the same.
    let mut given: BTreeMap<(i64, String), i64> = BTreeMap::new();
    for problem in problems {
        let better = repaired(base(&problem.location.file)).and_then(|better| file_name(&better));
        let Some(FileName {
            version,
            digits,
            name,
            direction,
        }) = better
        else {
            continue;
        };
        let owner = taken.get(&version);
        let is_free = owner.is_none_or(|(other, side, _)| *other == name && *side != direction);
        if is_free && !given.contains_key(&(version, name.clone())) {
            taken.entry(version).or_insert((
                name,
                direction,
                base(&problem.location.file).to_owned(),
            ));
            continue;
        }
        let Some(owner) = owner.map(|(_, _, file)| file.clone()) else {
            continue;
        };
        let next = taken
            .keys()
            .max()
            .map_or(1, |newest| newest.saturating_add(1));
        let next = *given.entry((version, name.clone())).or_insert(next);
        taken.entry(next).or_insert((
            name.clone(),
            direction,
            base(&problem.location.file).to_owned(),
        ));
        let down = if direction == FileDirection::Down {
            ".down"
        } else {
            ""
        };
        let width = digits.len();
        problem.help = format!(
            "version {version} is taken by `{owner}`: rename it to `V{next:0width$}__{name}{down}.sql`"
        );
    }
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns the name that was probably meant.
fn repaired(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let stem = lower.strip_suffix(".sql")?;
    let (stem, down) = stem
        .strip_suffix(".down")
        .or_else(|| stem.strip_suffix("_down"))
        .map_or_else(
            || {
                (
                    stem.strip_suffix(".up")
                        .or_else(|| stem.strip_suffix("_up"))
                        .unwrap_or(stem),
                    "",
                )
            },
            |stem| (stem, ".down"),
        );
    let numbered = stem
        .strip_prefix(['v', 'u'])
        .filter(|rest| rest.starts_with(is_digit))
        .unwrap_or(stem);
    // Flyway writes `U7__…` for the way back of version 7.
    let down = if stem.starts_with('u') && numbered != stem {
        ".down"
    } else {
        down
    };
    let rest = numbered.trim_start_matches(is_digit);
    let digits = &numbered[..numbered.len() - rest.len()];
    let words: Vec<_> = rest
        .split(|character| !is_name_character(character) || character == '_')
        .collect();
    let name = words
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_");
    let dotted = rest.starts_with('.') && rest[1..].starts_with(is_digit);
    let better = format!("V{digits}__{name}{down}.sql");
    (!dotted && file_name(&better).is_some()).then_some(better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_not_told_to_take_a_version_that_is_taken() {
        let advice = |good: &[&str], bad: &[&str]| -> Vec<String> {
            let named = |name: &&str| (file_name(name).expect(name), format!("migrations/{name}"));
            let refused = |name: &&str| {
                classify("migrations", &format!("migrations/{name}")).expect_err(name)
            };
            let mut problems: Vec<PreflightProblem> = bad.iter().map(refused).collect();
            advise_free_versions(&mut problems, &good.iter().map(named).collect::<Vec<_>>());
            problems.into_iter().map(|problem| problem.help).collect()
        };
        let taken = advice(
            &["V0004__a.sql", "V0007__z.sql"],
            &["0004_b.up.sql", "0004_b.down.sql", "0005_c.sql"],
        );
        let expected = [
            "version 4 is taken by `V0004__a.sql`: rename it to `V0008__b.sql`",
            "version 4 is taken by `V0004__a.sql`: rename it to `V0008__b.down.sql`",
            "rename it to `V0005__c.sql`",
        ];
        assert_eq!(taken, expected);
        assert_eq!(
            advice(&["V4__a.sql"], &["V4_a.down.sql"]),
            ["rename it to `V4__a.down.sql`"]
        );
        let twice = advice(&[], &["V4_a.sql", "V4_b.sql"]);
        assert_eq!(
            twice,
            [
                "rename it to `V4__a.sql`",
                "version 4 is taken by `V4_a.sql`: rename it to `V5__b.sql`"
            ]
        );
    }

    fn refused(path: &str) -> String {
        let problem = classify("migrations", &format!("migrations/{path}")).expect_err(path);
        format!("{}; {}", problem.message, problem.help)
    }

    #[test]
    fn names_are_taken_apart_as_refinery_does() {
        let name = file_name("V0007__add_Bïo_2.sql").expect("a migration");
        assert_eq!(
            (name.version, name.name.as_str(), name.direction),
            (7, "add_Bïo_2", FileDirection::Up)
        );
        let name = file_name("V20240115103000__x.down.sql").expect("a down file");
        assert_eq!(
            (name.version, name.direction),
            (20_240_115_103_000, FileDirection::Down)
        );
        for name in [
            "V1__.sql",
            "V__x.sql",
            "v1__x.sql",
            "V1_x.sql",
            "V1__x-y.sql",
            "V1.2__x.sql",
            "V-1__x.sql",
        ] {
            assert_eq!(file_name(name), None, "{name}");
        }
    }

    #[test]
    fn files_that_are_no_migrations_are_left_alone() {
        for path in [
            "README.md",
            ".gitkeep",
            ".V1__x.sql.swp",
            "meta/_journal.json",
            "schema.prisma",
            "vendor.toml",
        ] {
            assert_eq!(
                classify("migrations", &format!("migrations/{path}")),
                Ok(None),
                "{path}"
            );
        }
    }

    #[test]
    fn files_that_people_would_expect_to_run_are_refused_with_the_name_they_meant() {
        assert_eq!(
            refused("v4__x.sql"),
            "`v4__x.sql` begins with a small `v`; rename it to `V4__x.sql`"
        );
        assert_eq!(
            refused("V4__add-bio.sql"),
            "`V4__add-bio.sql` has characters other than letters, digits and `_` in its name; \
             rename it to `V4__add_bio.sql`"
        );
        assert_eq!(
            refused("V4_x.sql"),
            "`V4_x.sql` has no `__` after the version; rename it to `V4__x.sql`"
        );
        assert_eq!(
            refused("U4__x.sql"),
            "`U4__x.sql` has the prefix `U`; rename it to `V4__x.down.sql`"
        );
        assert_eq!(
            refused("0004_x.up.sql"),
            "`0004_x.up.sql` is not named `V<version>__<name>.sql`; rename it to `V0004__x.sql`"
        );
        assert_eq!(
            refused("V1.2__x.sql"),
            "`V1.2__x.sql` has a dotted version; name it `V<version>__<name>.sql`, or move it out of the folder"
        );
        assert_eq!(
            refused("down/V4__x.sql"),
            "`down/V4__x.sql` stands in a sub-folder; move it to `migrations/`, or out of it"
        );
    }

    #[test]
    fn every_other_oddity_is_named() {
        let faults = [
            ("V4__x.SQL", "does not end in `.sql`"),
            ("V4__x.sql.orig", "does not end in `.sql`"),
            ("V4__x.rs", "does not end in `.sql`"),
            ("V4__.sql", "has no name after `__`"),
            ("Vfour__x.sql", "has no number after `V`"),
            (
                "V9223372036854775808__x.sql",
                "has a version beyond 9223372036854775807",
            ),
            ("schema.sql", "is not named `V<version>__<name>.sql`"),
            ("é.sql", "is not named `V<version>__<name>.sql`"),
            ("|4__x.sql", "is not named `V<version>__<name>.sql`"),
        ];
        for (name, fault) in faults {
            assert!(
                refused(name).starts_with(&format!("`{name}` {fault};")),
                "{}",
                refused(name)
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_name_is_too_strange(name in "\\PC*", folder in "[a-z/]*") {
            let _ = classify(&folder, &name);
            let _ = classify("migrations", &format!("migrations/{name}.sql"));
        }
    }
}
