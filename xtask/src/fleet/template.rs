//! The URL of a fleet's databases, with places for the name and for variables of the environment.
//! Both are written as URLs need it, whatever characters they hold.

use std::sync::Arc;

use anyhow::{Result, bail};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::postgres::address::Address;

/// The characters that are written as `%XX`: all but those that URLs use for nothing else.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A URL with places to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UrlTemplate(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Text as it is.
    Text(Arc<str>),
    /// `{name}`
    Name,
    /// `${PASSWORD}`
    Variable(String),
}

impl UrlTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// When it holds another place, or a password, which belongs in no file.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let is_variable = rest[..at].ends_with('$');
            parts.push(Part::Text(rest[..at - usize::from(is_variable)].into()));
            let Some((place, after)) = rest[at + 1..].split_once('}') else {
                bail!("it has a `{{` without a `}}`")
            };
            parts.push(match (is_variable, place) {
                (true, name) => Part::Variable(name.to_owned()),
                (false, "name") => Part::Name,
                (false, _) => bail!(
                    "it has a place that is neither `{{name}}` nor a variable of the environment (`${{PASSWORD}}`)"
                ),
            });
            rest = after;
        }
        parts.push(Part::Text(rest.into()));
        let template = Self(parts);
        // Without its variables a template holds no secret.
        let without = template.filled("name", &|_| Some(String::new()))?;
        if Address::holds_password(&without) {
            bail!(
                "it holds a password, and the file is committed: name a variable of the environment instead, \
                 `postgresql://user:${{FLEET_PASSWORD}}@host/{{name}}`"
            )
        }
        Ok(template)
    }

    /// Whether the URL depends on the name.
    pub(super) fn has_name(&self) -> bool {
        self.0.contains(&Part::Name)
    }

    /// The URL of the database of `name`; `variable` knows the environment.
    ///
    /// # Errors
    /// When a variable is not set.
    pub(super) fn filled(
        &self,
        name: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<String> {
        let mut url = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => url.push_str(text),
                Part::Name => url.extend(utf8_percent_encode(name, ENCODED)),
                Part::Variable(variable_name) => match variable(variable_name) {
                    Some(value) => url.extend(utf8_percent_encode(&value, ENCODED)),
                    None => bail!(
                        "it names the variable `{variable_name}`, which is not set in the environment"
                    ),
                },
            }
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, name: &str) -> String {
        let variable = |asked: &str| (asked == "SECRET").then(|| "p@ss/{name}".to_owned());
        UrlTemplate::parse(template)
            .and_then(|template| template.filled(name, &variable))
            .unwrap_or_else(|error| format!("{error:#}"))
    }

    #[test]
    fn names_and_variables_are_encoded() {
        assert_eq!(
            filled(
                "postgresql://u:${SECRET}@h/tenant_{name}?sslmode=disable",
                "a b/ü"
            ),
            "postgresql://u:p%40ss%2F%7Bname%7D@h/tenant_a%20b%2F%C3%BC?sslmode=disable"
        );
    }

    #[test]
    fn what_is_wrong_is_said_without_the_text() {
        for (template, expected) in [
            ("postgresql://u:hunter2@h/{name}", "it holds a password"),
            (
                "postgresql://h/{name}?password=hunter2",
                "it holds a password",
            ),
            ("postgresql://h/{tenant}", "neither `{name}`"),
            ("postgresql://h/{name", "without a `}`"),
            (
                "postgresql://u:${OTHER}@h/{name}",
                "`OTHER`, which is not set",
            ),
        ] {
            let shown = filled(template, "a");
            assert!(shown.contains(expected), "{template}: {shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
