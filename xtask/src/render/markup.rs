//! Text in HTML and XML.

/// Escapes text for elements and quoted attributes. Characters that XML 1.0 lacks are replaced, and
/// so are those that change the order in which others are shown.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            hidden if hidden.is_control() || is_odd(hidden) => escaped.push('\u{fffd}'),
            plain => escaped.push(plain),
        }
    }
    escaped
}

fn is_odd(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markup_cannot_hold_is_replaced() {
        assert_eq!(
            escape("a<b> & \"c\" ]]> \u{1b}"),
            "a&lt;b&gt; &amp; &quot;c&quot; ]]&gt; \u{fffd}"
        );
    }
}
