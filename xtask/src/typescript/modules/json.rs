//! `tsconfig.json` is JSON with comments and trailing commas.

use serde_json::Value;

use crate::tree::Tree;

/// The file `path` as JSON; none where it is missing or broken: then it says nothing.
pub(super) fn read(tree: &dyn Tree, path: &str) -> Option<Value> {
    let bytes = tree.read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    serde_json::from_str(&plain(text.trim_start_matches('\u{feff}'))).ok()
}

/// `text` without comments and trailing commas.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            '/' if rest.starts_with("//") => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '/' if rest.starts_with("/*") => {
                rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
                continue;
            }
            // A comma before it was a trailing one.
            '}' | ']' => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                1
            }
            first => first.len_utf8(),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// The bytes of the string literal that `text` starts with.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, character)| {
        let ends = *character == '"' && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn comments_and_trailing_commas_go_but_strings_stay() {
        let text = r#"{ "a": "x//y,}", /* c */ "b": [1, 2, ], // d
        "c": "\"/*",}"#;
        assert_eq!(
            super::plain(text).split_whitespace().collect::<String>(),
            r#"{"a":"x//y,}","b":[1,2],"c":"\"/*"}"#
        );
    }
}
