//! Names the next migration: the version continues the style in use, and the name is made of the
//! user's words.

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::preflight::FileName;
use crate::called_as;

/// The longest name. The history table holds 255 characters and file systems as many bytes; the
/// rest is left for the version and `.down.sql`.
const LONGEST: usize = 200;

/// How versions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VersionStyle {
    /// 1, 2, 3, in so many digits.
    Counter(usize),
    /// The date and time in UTC, in this format.
    Date(&'static str),
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

/// The digits of the version after all of `files`. `timestamp` asks for a date and time, whatever
/// style is in use.
pub fn version(files: &[FileName], timestamp: bool, now: Timestamp) -> Result<String> {
    let newest = files.iter().max_by_key(|file| file.version);
    let style = if timestamp {
        VersionStyle::Date("%Y%m%d%H%M%S")
    } else {
        style(files)
    };
    let after = newest.map_or(Some(1), |file| file.version.checked_add(1));
    let after = after
        .context("there is no version after 9223372036854775807: rename the newest migration")?;
    let wanted = match style {
        VersionStyle::Counter(width) => return Ok(format!("{after:0width$}")),
        VersionStyle::Date(format) => date(now, format)?,
        VersionStyle::Seconds => now.as_second(),
        VersionStyle::Milliseconds => now.as_millisecond(),
    };
    // The newest version may lie in the future of this clock: the next one is still higher.
    Ok(wanted.max(after).to_string())
}

fn date(now: Timestamp, format: &str) -> Result<i64> {
    let text = now.to_zoned(TimeZone::UTC).strftime(format).to_string();
    text.parse()
        .with_context(|| format!("cannot make a version of the date `{text}`"))
}

/// Recognises the style by the digits of the newest version; a counter is padded if any version is.
/// 10 digits are seconds from 2001 to 2286, and 13 are milliseconds of the same years.
fn style(files: &[FileName]) -> VersionStyle {
    let newest = files.iter().max_by_key(|file| file.version);
    let digits = newest.map_or("", |file| file.digits.as_str());
    match digits.len() {
        14 => VersionStyle::Date("%Y%m%d%H%M%S"),
        12 => VersionStyle::Date("%Y%m%d%H%M"),
        13 => VersionStyle::Milliseconds,
        10 if !digits.starts_with('0') => VersionStyle::Seconds,
        width
            if files
                .iter()
                .any(|file| file.digits.starts_with('0') && file.version != 0) =>
        {
            VersionStyle::Counter(width)
        }
        _ => VersionStyle::Counter(0),
    }
}

/// Returns the name that `words` become in a file name: `Add user bio!` and `AddUserBio` are
/// `add_user_bio`.
pub fn name(words: &str) -> Result<String> {
    let words = words.trim();
    let words = words.strip_suffix(".sql").unwrap_or(words);
    if let Some((version, name)) = words
        .split_once("__")
        .filter(|(version, _)| is_version(version))
    {
        bail!(
            "`{words}` holds a version (`{version}`), but versions are counted by themselves: say only `{name}`"
        )
    }
    let slug = slug(words);
    if slug.is_empty() {
        bail!(
            "`{words}` holds no letters or digits: say what the migration does, `{} add_user_bio`",
            called_as::command("new")
        )
    }
    // A slug that was cut may be up to 3 bytes shorter than the limit: it ends between two
    // characters.
    if words.len() > LONGEST && slug.len() + 4 > LONGEST {
        bail!("the name is longer than {LONGEST} bytes: say it shorter, explain it inside the file")
    }
    Ok(slug)
}

/// The part of `words` that a file name can hold, cut to 200 bytes; empty where nothing is left.
#[must_use]
pub fn slug(words: &str) -> String {
    let mut slug = String::new();
    let mut previous = '_';
    for character in words.chars() {
        let boundary =
            character.is_uppercase() && (previous.is_lowercase() || previous.is_ascii_digit());
        if (boundary || !character.is_alphanumeric()) && !slug.ends_with('_') {
            slug.push('_');
        }
        slug.extend(
            character
                .to_lowercase()
                .filter(|lower| lower.is_alphanumeric()),
        );
        previous = character;
    }
    let slug = slug.trim_matches('_');
    let end = (0..=slug.len().min(LONGEST))
        .rev()
        .find(|at| slug.is_char_boundary(*at))
        .unwrap_or(0);
    slug[..end].to_owned()
}

fn is_version(text: &str) -> bool {
    let digits = text.strip_prefix(['V', 'v', 'U', 'u']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::preflight::file_name;

    fn next(versions: &[&str], timestamp: bool) -> String {
        let files: Vec<_> = versions
            .iter()
            .filter_map(|digits| file_name(&format!("V{digits}__x.sql")))
            .collect();
        assert_eq!(files.len(), versions.len());
        let now: Timestamp = "2024-01-15T10:30:59.123Z".parse().expect("an instant");
        version(&files, timestamp, now).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn the_style_in_use_goes_on() {
        assert_eq!(next(&[], false), "1");
        assert_eq!(next(&["1", "2", "9"], false), "10");
        assert_eq!(next(&["0001", "0012"], false), "0013");
        assert_eq!(next(&["001", "999"], false), "1000");
        assert_eq!(next(&["1", "20230101120000"], false), "20240115103059");
        assert_eq!(next(&["202301011200"], false), "202401151030");
        assert_eq!(next(&["1600000000"], false), "1705314659");
        assert_eq!(next(&["1600000000000"], false), "1705314659123");
        assert_eq!(next(&["1", "2"], true), "20240115103059");
    }

    #[test]
    fn a_clock_that_is_behind_does_not_go_back() {
        assert_eq!(next(&["20991231235959"], false), "20991231235960");
        assert_eq!(next(&["20240115103059"], true), "20240115103060");
        assert!(next(&["9223372036854775807"], false).starts_with("there is no version after"));
    }

    #[test]
    fn names_are_made_of_what_people_say() {
        for words in [
            "add_user_bio",
            "Add user bio!",
            "AddUserBio",
            "add-user-bio.sql",
            "  addUser  bio ",
        ] {
            assert_eq!(name(words).expect(words), "add_user_bio", "{words}");
        }
        assert_eq!(
            name("2024 Bericht über HTTPServer").expect("a name"),
            "2024_bericht_über_httpserver"
        );
        assert!(
            name("!!").is_err_and(|error| error.to_string().starts_with("`!!` holds no letters"))
        );
        assert!(
            name("V7__add_bio")
                .is_err_and(|error| error.to_string().contains("say only `add_bio`"))
        );
        assert!(name(&"x".repeat(300)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn every_name_makes_a_file_that_is_read(words in "\\PC{0,60}") {
            if let Ok(name) = name(&words) {
                assert!(file_name(&format!("V1__{name}.sql")).is_some(), "{name}");
            }
        }
    }
}
