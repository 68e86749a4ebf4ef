//! Accepted differences between the database and its migrations: objects of a provider, changes by
//! the on-call.

use anyhow::{Result, bail};
use serde::Deserialize;

/// One accepted difference.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AcceptedObject {
    /// The object that differs: `publication analytics`, `index notes.notes_title`; `*` stands for
    /// any text (`table events_*`).
    pub object: String,
    /// The reason for accepting it.
    pub reason: String,
}

/// All accepted differences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AcceptedDrift(Vec<AcceptedObject>);

impl AcceptedDrift {
    pub(super) fn new(accepted: Vec<AcceptedObject>) -> Result<Self> {
        for AcceptedObject { object, reason } in &accepted {
            if !object.trim().contains(' ') {
                bail!(
                    "`accepted-drift` names `{object}`: write what kind of object it is and its name, `table {object}`"
                )
            }
            if reason.trim().is_empty() {
                bail!(
                    "`accepted-drift` says nothing of why `{object}` is accepted: add `reason = \"…\"`"
                )
            }
        }
        Ok(Self(accepted))
    }

    /// The same, also for the objects of these names in the namespace `tenant`.
    pub(super) fn in_namespace(&self, tenant: &str) -> Self {
        let in_tenant = |accepted: &AcceptedObject| {
            let (kind, name) = accepted.object.rsplit_once(' ')?;
            Some(AcceptedObject {
                object: format!("{kind} {tenant}.{name}"),
                reason: accepted.reason.clone(),
            })
        };
        let more = self.0.iter().filter_map(in_tenant);
        Self(self.0.iter().cloned().chain(more).collect())
    }

    /// Whether one of them covers an object that is called by one of these names.
    #[must_use]
    pub fn covers(&self, names: &[String]) -> bool {
        self.0
            .iter()
            .any(|accepted| names.iter().any(|name| is_like(&accepted.object, name)))
    }
}

/// Whether `text` is like `pattern`, in which `*` stands for any text.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    // The first match of each piece suffices: it leaves the most text for the others.
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let is_like = |pattern| is_like(pattern, "table events_2026_11");
        assert!(
            is_like("table events_2026_11")
                && is_like("table events_*")
                && is_like("*2026*")
                && is_like("t*e*1*1")
        );
        assert!(!is_like("table events") && !is_like("table events_*_2027") && !is_like("index *"));
        assert!(!super::is_like("ab*bc", "abc"), "no character counts twice");
    }

    #[test]
    fn an_entry_says_what_it_is_about_and_why() {
        let new = |object: &str, reason: &str| {
            AcceptedDrift::new(vec![AcceptedObject {
                object: object.into(),
                reason: reason.into(),
            }])
        };
        assert!(new("publication analytics", "the warehouse reads it").is_ok());
        assert!(
            new("analytics", "the warehouse reads it").is_err()
                && new("publication analytics", " ").is_err()
        );
    }
}
