//! Versions of other tools, and the numbers that they become: the same digits where that keeps the
//! order.

use super::source::title;
use super::{Draft, OrderKey};
use crate::config::Layout;

/// The numbers in a version: `2024-01-15` is 2024, 1, 15. Numbers too long for the type count as
/// its largest.
fn numbers(version: &str) -> Vec<u64> {
    let parts = version
        .split(|character: char| !character.is_ascii_digit())
        .filter(|part| !part.is_empty());
    parts.map(|part| part.parse().unwrap_or(u64::MAX)).collect()
}

/// Puts the migrations into the order in which the tool runs them.
pub(super) fn sort(drafts: &mut [Draft], layout: Layout) {
    let has_own_order = drafts
        .iter()
        .all(|draft| draft.order != OrderKey::default());
    if has_own_order {
        return;
    }
    for draft in drafts.iter_mut() {
        draft.order = order(draft, layout);
    }
    drafts.sort_by(|a, b| a.order.cmp(&b.order));
}

/// The key by which the tool sorts a migration.
fn order(draft: &Draft, layout: Layout) -> OrderKey {
    let numbers = numbers(&draft.version);
    let text = |text: &str| OrderKey {
        numbers: Vec::new(),
        text: text.to_owned(),
    };
    match layout {
        Layout::Sqlx | Layout::GolangMigrate | Layout::Hasura | Layout::Postgrator => OrderKey {
            numbers,
            text: String::new(),
        },
        Layout::Flyway => OrderKey {
            // `1` and `1.0` are one version.
            numbers: without_trailing_zeros(numbers),
            text: String::new(),
        },
        Layout::NodePgMigrate => OrderKey {
            numbers,
            text: draft.name.clone(),
        },
        // Compared as texts, without the dashes.
        Layout::Diesel => text(&draft.version.replace('-', "")),
        Layout::Prisma | Layout::Drizzle | Layout::Supabase | Layout::Dbmate => {
            text(title(&draft.up.file))
        }
    }
}

fn without_trailing_zeros(mut numbers: Vec<u64>) -> Vec<u64> {
    while numbers.len() > 1 && numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

/// Returns the digits of each version, for file names. Dotted versions become a counter; digits that would
/// break the order are counted up.
pub fn assign(versions: &[&str]) -> Vec<String> {
    // A version of this tool is one number, in which dots have no place.
    if versions.iter().any(|version| version.contains('.')) {
        let width = versions.len().to_string().len();
        return (1..=versions.len())
            .map(|number| format!("{number:0width$}"))
            .collect();
    }
    let written: Vec<String> = versions
        .iter()
        .map(|version| version.replace('-', ""))
        .collect();
    let written = one_length(written);
    // Below 0, so that a first version 0 stays.
    let mut last = -1_i64;
    let next = |digits: &String| {
        let fallback = match digits.as_str() {
            "" => 0,
            _too_long => i64::MAX - 1,
        };
        let number: i64 = digits.parse().unwrap_or(fallback);
        let number = number.max(last.saturating_add(1));
        last = number;
        format!("{number:0width$}", width = digits.len())
    };
    written.iter().map(next).collect()
}

/// `2024-01-15-103000` and `2024-01-15-103000-0000` are of one kind, and differ in length: the
/// shorter length if that keeps them apart, else the longer one.
fn one_length(versions: Vec<String>) -> Vec<String> {
    let shortest = versions.iter().map(String::len).min().unwrap_or_default();
    let longest = versions.iter().map(String::len).max().unwrap_or_default();
    // Eight digits are a date; shorter versions are counters. Eighteen digits always fit an `i64`,
    // which versions are.
    if shortest < 8 || longest > 18 || shortest == longest {
        return versions;
    }
    let cut: Vec<_> = versions
        .iter()
        .map(|digits| digits[..shortest].to_owned())
        .collect();
    if cut.is_sorted_by(|a, b| a < b) {
        return cut;
    }
    versions
        .iter()
        .map(|digits| format!("{digits:0<longest$}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::assign;

    #[test]
    fn digits_stay_where_they_keep_the_order() {
        assert_eq!(assign(&["0000", "0001", "0010"]), ["0000", "0001", "0010"]);
        assert_eq!(
            assign(&["00000000000000", "2024-01-15-103000"]),
            ["00000000000000", "20240115103000"]
        );
        assert_eq!(assign(&["1", "1", "2"]), ["1", "2", "3"]);
        assert_eq!(assign(&["1", "1.2", "1.10"]), ["1", "2", "3"]);
        let mixed = ["2024-01-15-103000", "2024-01-16-103000-0000"];
        assert_eq!(assign(&mixed), ["20240115103000", "20240116103000"]);
        let close = ["2024-01-15-103000", "2024-01-15-103000-0001"];
        assert_eq!(assign(&close), ["202401151030000000", "202401151030000001"]);
    }
}
