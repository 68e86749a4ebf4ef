//! Breaks text to the width of a terminal, which itself would break words.

/// Breaks `text` between words, so that no line is longer than `room`, if no word is.
#[must_use]
pub fn broken_between_words(text: &str, room: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(last) if width(last) + 1 + width(word) <= room => {
                last.push(' ');
                last.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Breaks the lines of `text` that are longer than `room`, but those that begin with a blank:
/// excerpts of files are shown in columns.
#[must_use]
pub fn sentences_broken(text: &str, room: usize) -> String {
    let line = |line: &str| {
        if line.starts_with([' ', '\t']) {
            line.to_owned()
        } else {
            broken_between_words(line, room)
        }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_broken_and_excerpts_are_not() {
        let text = "error: one two three\n  at a.sql:1:1, which is long\n";
        assert_eq!(
            sentences_broken(text, 14),
            "error: one two\nthree\n  at a.sql:1:1, which is long\n"
        );
    }
}
