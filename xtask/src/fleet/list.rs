//! The list of a fleet's databases, as a file, a query or a command gives it: lines with a name and
//! labels, or JSON.

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// An entry of the list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedTarget {
    /// The name of the tenant, which people know.
    pub name: String,
    /// The URL of its database, where the configuration's template does not make it.
    #[serde(default)]
    pub url: Option<String>,
    /// The tenant's schema, where the configuration's template does not make it.
    #[serde(default)]
    pub schema: Option<String>,
    /// Words by which databases are chosen: `canary`.
    #[serde(default)]
    pub labels: Vec<String>,
}

/// Reads a list: JSON where it begins with `[`, else a line for each database with its name and its
/// labels. `#` begins a comment.
///
/// # Errors
/// When the JSON cannot be read. The error holds nothing of the text, which may hold passwords.
pub fn parse(text: &str) -> Result<Vec<ListedTarget>> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[') {
        let entries: Vec<Value> = match serde_json::from_str(text) {
            Ok(entries) => entries,
            Err(error) => bail!(
                "it is no JSON that can be read (line {}, column {})",
                error.line(),
                error.column()
            ),
        };
        return parse_entries(entries);
    }
    Ok(text.lines().filter_map(line).collect())
}

/// Reads entries of JSON: each a name, or an object with `name`, `url` and `labels`.
///
/// # Errors
/// When an entry is something else.
pub fn parse_entries(entries: Vec<Value>) -> Result<Vec<ListedTarget>> {
    let numbered = (1..).zip(entries);
    numbered
        .map(|(number, entry)| {
            let read = match entry {
                Value::String(name) => Some(ListedTarget {
                    name,
                    url: None,
                    schema: None,
                    labels: Vec::new(),
                }),
                entry => serde_json::from_value(entry).ok(),
            };
            read.with_context(|| {
                format!(
                    "entry {number} is neither a name nor an object with `name` and, if needed, `url`, `schema` and \
                     `labels` (a list of texts)"
                )
            })
        })
        .collect()
}

fn line(line: &str) -> Option<ListedTarget> {
    let line = line.split('#').next().unwrap_or(line);
    let mut words = line.split_whitespace().map(str::to_owned);
    Some(ListedTarget {
        name: words.next()?,
        url: None,
        schema: None,
        labels: words.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let listed = parse(text).expect("a list");
        let one = |target: ListedTarget| {
            format!(
                "{} {:?} {}",
                target.name,
                target.url,
                target.labels.join("+")
            )
        };
        listed.into_iter().map(one).collect()
    }

    #[test]
    fn lines_and_json_are_lists() {
        assert_eq!(
            shown("# tenants\nacme canary eu\n\n  beta  # soon\n"),
            ["acme None canary+eu", "beta None "]
        );
        assert_eq!(
            shown(r#" ["acme", {"name": "beta", "url": "postgresql://h/b", "labels": ["eu"]}]"#),
            ["acme None ", "beta Some(\"postgresql://h/b\") eu"]
        );
    }

    #[test]
    fn errors_hold_nothing_of_the_text() {
        for text in [
            r#"[{"name": "a", "url": "postgresql://u:secret@h/a"},]"#,
            r#"["a", {"nmae": "secret"}]"#,
            r#"["a", 7]"#,
        ] {
            let error = format!("{:#}", parse(text).expect_err("no list"));
            assert!(!error.contains("secret"), "{error}");
            assert!(
                error.contains("entry 2") || error.contains("line 1"),
                "{error}"
            );
        }
    }
}
