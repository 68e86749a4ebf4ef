//! Makes foreign text (of files, of SQL, of a server) safe for a terminal and for the log of a CI
//! job. A control character moves the cursor, hides lines or sets the clipboard, and runners of CI
//! jobs obey lines like `::stop-commands::`. All output of the tool goes through here, foreign or
//! not.

use std::borrow::Cow;

/// The command prefixes that CI runners look for anywhere in a line: GitHub's older commands,
/// Azure's, TeamCity's.
const COMMANDS: &[&str] = &["##[", "##vso[", "##teamcity["];

/// Replaces the characters that would move the terminal's cursor or hide text.
#[must_use]
pub fn harmless(text: &str) -> String {
    text.chars()
        .map(|character| {
            if is_harmful(character) {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect()
}

/// The same, on one line.
#[must_use]
pub fn harmless_line(text: &str) -> String {
    harmless(text).replace(['\n', '\t'], " ")
}

/// The same text without anything that a runner of CI jobs would obey.
#[must_use]
pub fn without_commands(text: &str) -> String {
    replace_commands(text, "| ::", "# #")
}

/// Replaces `::` at the start of a line by `line_start`, and the `##` of a command by `hashes`.
/// Blanks before `::` do not count, because runners skip them.
fn replace_commands(text: &str, line_start: &str, hashes: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_start();
        match content
            .strip_prefix("::")
            .filter(|rest| rest.starts_with(char::is_alphabetic))
        {
            Some(rest) => {
                safe.push_str(&line[..line.len() - content.len()]);
                safe.push_str(line_start);
                safe.push_str(rest);
            }
            None => safe.push_str(line),
        }
    }
    let replaced =
        |text: String, command: &&str| text.replace(command, &command.replacen("##", hashes, 1));
    COMMANDS.iter().fold(safe, replaced)
}

/// Makes text for people safe that has no colours of ours.
#[must_use]
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if is_safe(text) {
        return Cow::Borrowed(text);
    }
    // Line ends of Windows are no harm, and need no mark.
    Cow::Owned(without_commands(&harmless(&text.replace("\r\n", "\n"))))
}

/// Makes text for people safe, and keeps our own colours but no other escape sequence.
#[must_use]
pub(super) fn styled(text: &str) -> Cow<'_, str> {
    if is_safe(text) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    let mut safe = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(ESCAPE) {
        safe.push_str(&harmless(&rest[..at]));
        let length = color(&rest[at..]).unwrap_or(0);
        safe.push_str(&rest[at..at + length]);
        if length == 0 {
            safe.push('\u{fffd}');
        }
        rest = &rest[at + length.max(ESCAPE.len_utf8())..];
    }
    safe.push_str(&harmless(rest));
    Cow::Owned(without_commands(&safe))
}

/// Makes a JSON document safe. Harmful characters stand only in its strings, where they are written
/// as numeric escapes.
#[must_use]
pub(super) fn json(text: &str) -> Cow<'_, str> {
    if is_safe(text) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) && !is_space_of_json(character) {
            safe.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            safe.push(character);
        }
    }
    // `::` stays, because no line of a JSON document begins with foreign text.
    Cow::Owned(replace_commands(&safe, "::", "#\\u0023"))
}

/// Makes an XML or HTML document safe, whose renderer has replaced control characters. Commands are
/// written with character references.
#[must_use]
pub(super) fn markup(text: &str) -> Cow<'_, str> {
    if is_safe(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(replace_commands(text, "&#58;:", "&#35;#"))
}

const ESCAPE: char = '\u{1b}';

fn is_harmful(character: char) -> bool {
    let is_hidden = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    is_hidden || character.is_control() && !matches!(character, '\n' | '\t')
}

fn is_space_of_json(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\t')
}

/// Whether text is safe as it is. Most text is, and need not be copied.
fn is_safe(text: &str) -> bool {
    !text.contains("::") && !text.contains("##") && !text.chars().any(is_harmful)
}

/// The length of a sequence that sets one of the colours which the renderers use, at the start of
/// `text`. None of them hides text: a background, black, white and concealment are not among them.
fn color(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    // Our sequences are short: a longer one is foreign.
    let end = parameters.find('m').filter(|end| *end <= 8)?;
    let is_ours = |one: &str| matches!(one.parse::<u8>(), Ok(0..=4 | 22 | 31..=36 | 39 | 91..=96));
    parameters[..end]
        .split(';')
        .all(is_ours)
        .then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        assert_eq!(
            harmless("a\u{1b}[2Jb\u{202e}c\td"),
            "a\u{fffd}[2Jb\u{fffd}c\td"
        );
        assert_eq!(plain("a\r\nb\rc"), "a\nb\u{fffd}c");
        assert_eq!(
            plain("\u{1b}[31m\u{9b}2J\u{7f}"),
            "\u{fffd}[31m\u{fffd}2J\u{fffd}"
        );
        assert_eq!(plain("src::a ## b"), "src::a ## b");
    }

    #[test]
    fn colours_of_the_renderers_are_the_only_sequences() {
        assert_eq!(
            styled("\u{1b}[1m\u{1b}[91ma\u{1b}[0m"),
            "\u{1b}[1m\u{1b}[91ma\u{1b}[0m"
        );
        for other in [
            "[2J",
            "[8m",
            "[30m",
            "[41m",
            "[38;5;0m",
            "]0;title\u{7}",
            "[m;1",
            "[1",
            "",
        ] {
            let shown = styled(&format!("a\u{1b}{other}b\u{1b}[1m")).into_owned();
            assert!(
                shown.starts_with("a\u{fffd}") && shown.ends_with("b\u{1b}[1m"),
                "{other}: {shown:?}"
            );
        }
    }

    #[test]
    fn no_line_is_a_command_of_a_runner() {
        assert_eq!(
            plain("no\n::stop-commands::x\n \t::add-mask::e\n"),
            "no\n| ::stop-commands::x\n \t| ::add-mask::e\n"
        );
        assert_eq!(
            plain("a ##[add-mask]b ##vso[x]"),
            "a # #[add-mask]b # #vso[x]"
        );
        assert_eq!(
            styled("::error::x\n  ::: a.sql:1:1"),
            "| ::error::x\n  ::: a.sql:1:1"
        );
    }

    #[test]
    fn documents_hold_no_commands() {
        assert_eq!(
            markup("<a>\n ::error::b ##[c] d::e</a>"),
            "<a>\n &#58;:error::b &#35;#[c] d::e</a>"
        );
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "a": "\u{1b}[2J\u{9b}\u{7f}\u{202e}\n::x::", "b": "##[add-mask]é" });
        let text = format!("{value:#}\n");
        let safe = json(&text);
        assert!(
            !safe.chars().any(|one| one != '\n' && is_harmful(one)) && !safe.contains("##["),
            "{safe}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).expect("JSON"),
            value
        );
    }
}
