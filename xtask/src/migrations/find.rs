//! Finds the migration that a person means: `7`, `0007`, `V7__add_user_bio`, `0007_add_user_bio`,
//! `add_user_bio`, or a file name.

use std::fmt::Display;

use anyhow::{Result, bail};

use super::preflight::FileName;
use super::{AppliedRow, ForeignName, Migration};
use crate::called_as;

/// How many migrations an error lists.
const LISTED: usize = 10;

/// A migration that can be named: a file, or a row of the history whose file may be gone.
pub trait NamedMigration: Display {
    /// The number after `V`.
    fn version(&self) -> i64;
    /// The text after `__`.
    fn name(&self) -> &str;
    /// Its name in the layout of another tool.
    fn foreign(&self) -> Option<&ForeignName> {
        None
    }
}

impl NamedMigration for Migration {
    fn version(&self) -> i64 {
        self.version
    }

    fn foreign(&self) -> Option<&ForeignName> {
        self.foreign.as_ref()
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl NamedMigration for FileName {
    fn version(&self) -> i64 {
        self.version
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl NamedMigration for AppliedRow {
    fn version(&self) -> i64 {
        self.version
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// The one migration that `text` names.
pub fn find<'a, M: NamedMigration>(migrations: &'a [M], text: &str) -> Result<&'a M> {
    let asked = stem(text);
    let by_version = migrations
        .iter()
        .find(|migration| names_version(*migration, asked));
    if let Some(migration) = by_version {
        return Ok(migration);
    }
    // The version comes first: a name may begin with digits too, and versions are unique.
    let same_name = |migration: &&M| plain(migration.name()) == plain(asked);
    match migrations
        .iter()
        .filter(same_name)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [migration] => Ok(migration),
        [] => unknown(migrations, text, asked),
        several => bail!(
            "`{text}` is the name of several migrations: say which of {}",
            list(several)
        ),
    }
}

/// The last part of a path, without its extension; the folder of a file that is called like all
/// others.
fn stem(text: &str) -> &str {
    let text = text.trim().trim_end_matches("/migration.sql");
    let text = text
        .trim_end_matches("/up.sql")
        .trim_end_matches("/down.sql");
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    let name = name.strip_suffix(".sql").unwrap_or(name);
    name.strip_suffix(".down").unwrap_or(name)
}

/// `7`, `V7`, `0007`, `V7__name`, `0007_name`, `7-name`
fn names_version(migration: &impl NamedMigration, asked: &str) -> bool {
    if let Some(foreign) = migration.foreign() {
        return names_foreign(foreign, asked);
    }
    let Some((version, rest)) = version(asked) else {
        return false;
    };
    version == migration.version() && (rest.is_empty() || plain(rest) == plain(migration.name()))
}

/// `20240101000000_init`, `20240101000000`, `0007` for `7`, `V1.2` for `1.2`
fn names_foreign(foreign: &ForeignName, asked: &str) -> bool {
    let digits = |text: &str| {
        let text = text.trim_start_matches(['V', 'v']).trim_start_matches('0');
        text.to_owned()
    };
    let is_version = !foreign.version.is_empty() && digits(asked) == digits(&foreign.version);
    plain(asked) == plain(&foreign.title) || is_version
}

fn version(asked: &str) -> Option<(i64, &str)> {
    let digits = asked.strip_prefix(['V', 'v']).unwrap_or(asked);
    let rest = digits.trim_start_matches(|character: char| character.is_ascii_digit());
    let version = digits[..digits.len() - rest.len()].parse().ok()?;
    let separated = rest.is_empty() || rest.starts_with(['_', '-', ' ']);
    separated.then(|| (version, rest.trim_start_matches(['_', '-', ' '])))
}

/// The form in which names are compared: people write `-` for `_`, and ignore capitals.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['-', ' '], "_")
}

fn unknown<'a, M: NamedMigration>(migrations: &'a [M], text: &str, asked: &str) -> Result<&'a M> {
    if migrations.is_empty() {
        bail!(
            "there is no migration `{text}`: there are no migrations, write the first with `{} <name>`",
            called_as::command("new")
        )
    }
    // A version that exists with another name is nearer than any likeness of names.
    let same_version =
        version(asked).and_then(|(version, _)| migrations.iter().find(|m| m.version() == version));
    let nearest = same_version.or_else(|| nearest(migrations, asked));
    let hint = nearest.map_or_else(
        || ":".to_owned(),
        |migration| format!(", did you mean `{migration}`?"),
    );
    let newest: Vec<_> = migrations.iter().rev().take(LISTED).collect();
    let which = if newest.len() < migrations.len() {
        "the newest are"
    } else {
        "there are"
    };
    bail!(
        "there is no migration `{text}`{hint} {which} {}",
        list(&newest)
    )
}

fn nearest<'a, M: NamedMigration>(migrations: &'a [M], asked: &str) -> Option<&'a M> {
    let asked = plain(version(asked).map_or(asked, |(_, name)| name));
    // In thousandths, since `max_by_key` needs an order and floats have none.
    let likeness =
        |migration: &&M| (strsim::jaro_winkler(&plain(migration.name()), &asked) * 1000.0) as u32;
    migrations
        .iter()
        .max_by_key(likeness)
        // Jaro-Winkler rewards a common beginning, and names of migrations begin alike
        // (`add_user_…`). A suggestion that is far off would mislead.
        .filter(|migration| likeness(migration) > 750)
}

fn list<M: NamedMigration>(migrations: &[&M]) -> String {
    migrations
        .iter()
        .map(|migration| format!("`{migration}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrations() -> Vec<Migration> {
        let names = [
            (1, "create_users"),
            (7, "add_user_bio"),
            (8, "seed"),
            (9, "seed"),
            (10, "2024_report"),
        ];
        names
            .iter()
            .map(|(version, name)| Migration::sample(*version, name, "select 1", "select 1"))
            .collect()
    }

    fn found(text: &str) -> String {
        find(&migrations(), text).map_or_else(|error| error.to_string(), ToString::to_string)
    }

    #[test]
    fn a_migration_is_named_however_people_write_it() {
        for text in [
            "7",
            "0007",
            "V7",
            "v7",
            "V7__add_user_bio",
            "V0007__add_user_bio",
            "0007_add_user_bio",
            "7-add-user-bio",
            "add_user_bio",
            "add-user-bio",
            "V7__add_user_bio.sql",
            "migrations/V7__add_user_bio.down.sql",
        ] {
            assert_eq!(found(text), "V7__add_user_bio", "{text}");
        }
        assert_eq!(found("2024_report"), "V10__2024_report");
    }

    #[test]
    fn what_is_unknown_or_ambiguous_is_said_with_a_way_out() {
        assert_eq!(
            found("seed"),
            "`seed` is the name of several migrations: say which of `V8__seed`, `V9__seed`"
        );
        assert_eq!(
            found("add_user_boi"),
            "there is no migration `add_user_boi`, did you mean `V7__add_user_bio`? there are `V10__2024_report`, \
             `V9__seed`, `V8__seed`, `V7__add_user_bio`, `V1__create_users`"
        );
        assert!(found("V7__add_user_avatar").contains("did you mean `V7__add_user_bio`?"));
        assert!(
            found("99999999999999999999")
                .starts_with("there is no migration `99999999999999999999`: there are `V10")
        );
        assert!(
            find::<Migration>(&[], "7").is_err_and(|error| error.to_string().contains("db-new"))
        );
    }
}
