//! Colours and symbols, in one place. Where neither is wanted (`NO_COLOR`, a pipe, a file), words
//! stand in for them.

use std::fmt::{self, Write as _};

use crate::report::Coverage;
use crate::terminal::{Style, broken_between_words};
pub use crate::terminal::{harmless, harmless_line};

/// A sign in front of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `✅`, in words `ok`
    Passed,
    /// `❌`, in words `failed:`
    Failed,
    /// `⛔`, in words `refused:`
    Refused,
    /// `⚠️`, in words `warning:`
    Warning,
    /// `🔍`, without a word.
    Looking,
    /// `🚀`, without a word.
    Starting,
    /// `➖`
    NotJudged,
    /// `🔄`, without a word.
    RollingBack,
    /// `✓`, in words `-`
    Item,
}

/// The meaning of a word, for which the style chooses a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Errors and removed text.
    Red,
    /// Passed verifications and added text.
    Green,
    /// Warnings.
    Yellow,
    /// Help.
    Cyan,
    /// A verdict of failure, and data that would be lost.
    BoldRed,
    /// A verdict of success.
    BoldGreen,
    /// A verdict that a person should read before going on.
    BoldYellow,
    /// Emphasised text.
    Bold,
    /// Text of less importance.
    Dim,
}

/// `sign` with the space behind it, or the word that stands for it.
#[must_use]
pub fn sign(sign: Sign, style: Style) -> &'static str {
    match (sign, style.emoji) {
        (Sign::Passed, true) => "✅ ",
        (Sign::Passed, false) => "ok ",
        (Sign::Failed, true) => "❌ ",
        (Sign::Failed, false) => "failed: ",
        (Sign::Refused, true) => "⛔ ",
        (Sign::Refused, false) => "refused: ",
        (Sign::Warning, true) => "⚠️  ",
        (Sign::Warning, false) => "warning: ",
        (Sign::NotJudged, true) => "➖ ",
        (Sign::NotJudged, false) => "not judged: ",
        (Sign::Looking, true) => "🔍 ",
        (Sign::Starting, true) => "🚀 ",
        (Sign::RollingBack, true) => "🔄 ",
        (Sign::Looking | Sign::Starting | Sign::RollingBack, false) => "",
        (Sign::Item, true) => "✓ ",
        (Sign::Item, false) => "- ",
    }
}

/// `text` in a colour, where colours are wanted.
#[must_use]
pub fn paint(text: &str, paint: Paint, style: Style) -> String {
    if !style.color || text.is_empty() {
        return text.to_owned();
    }
    let code = match paint {
        Paint::Red => "31",
        Paint::Green => "32",
        Paint::Yellow => "33",
        Paint::Cyan => "36",
        Paint::BoldRed => "1;31",
        Paint::BoldGreen => "1;32",
        Paint::BoldYellow => "1;33",
        Paint::Bold => "1",
        Paint::Dim => "2",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// Breaks `text` between words, so that no line is longer than `room` on a terminal. Files and
/// pipes get it whole: programs search in lines.
#[must_use]
pub fn wrapped(text: &str, room: usize, style: Style) -> String {
    if !style.is_terminal {
        return text.to_owned();
    }
    broken_between_words(text, room)
}

/// `1 error`, `3 errors`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    }
}

/// Appends a line. Writing into a `String` cannot fail, so that the result is dropped here once for
/// all callers.
pub fn line(text: &mut String, arguments: fmt::Arguments<'_>) {
    let _ = text.write_fmt(arguments);
    text.push('\n');
}

/// The coverage in one sentence of plain text.
#[must_use]
pub fn judged(coverage: &Coverage) -> String {
    format!(
        "{} of {} have a type, {} a validation schema; {} of {} judged; {} and {} compared.",
        coverage.tables_with_type,
        count(coverage.tables, "table"),
        coverage.tables_with_schema,
        coverage.schemas_judged,
        count(coverage.schemas, "schema"),
        count(coverage.routes, "route"),
        count(coverage.contracts, "contract"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_on_a_terminal_only() {
        let style = Style {
            is_terminal: true,
            ..Style::PLAIN
        };
        assert_eq!(
            wrapped("declare `interface A`, or else", 12, style),
            "declare\n`interface\nA`, or else"
        );
        assert_eq!(wrapped("a b", 1, Style::PLAIN), "a b");
    }

    #[test]
    fn words_stand_in_for_signs_and_colours() {
        assert_eq!(sign(Sign::Passed, Style::PLAIN), "ok ");
        assert_eq!(paint("x", Paint::Red, Style::PLAIN), "x");
        assert_eq!(
            paint(
                "x",
                Paint::Red,
                Style {
                    color: true,
                    ..Style::PLAIN
                }
            ),
            "\u{1b}[31mx\u{1b}[0m"
        );
    }
}
