//! The findings that a team accepts for now: `snapshots/baseline.json`. Only other findings fail.
//! An entry names a finding by properties that stay the same when lines move. So the file changes
//! only when a finding is fixed or accepted, and a reviewer sees which.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Finding;

/// The effect of the baseline on a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BaselineSummary {
    /// The file.
    pub file: String,
    /// The number of findings that are left out because the baseline names them.
    pub count: usize,
    /// The entries of the baseline that are no longer found, one per line. They should be removed
    /// from the file.
    pub fixed: Vec<String>,
    /// The command that removes them, where there is one.
    pub update_command: Option<String>,
}

/// The accepted findings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baseline {
    /// Each entry, with the number of findings that it stands for.
    accepted: BTreeMap<BaselineEntry, usize>,
}

/// A finding by the properties that stay the same when lines move. The file is sorted by the fields
/// in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineEntry {
    file: String,
    entity: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    declaration: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    field: String,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    accepted: Vec<BaselineEntry>,
}

const FORMAT: u32 = 1;

impl BaselineEntry {
    fn of(finding: &Finding) -> Self {
        Self {
            file: finding
                .location()
                .map(|location| location.file.to_string())
                .unwrap_or_default(),
            entity: finding.entity.clone(),
            kind: finding.kind.to_owned(),
            declaration: finding.declaration.clone().unwrap_or_default(),
            field: finding.field.clone().unwrap_or_default(),
        }
    }

    /// `MISSING_FIELD_IN_TYPE users.bio in UserRow (shared-types/src/tables/user.ts)`
    fn in_words(&self) -> String {
        let field = if self.field.is_empty() {
            String::new()
        } else {
            format!(".{}", self.field)
        };
        let declaration = if self.declaration.is_empty() {
            String::new()
        } else {
            format!(" in {}", self.declaration)
        };
        let file = if self.file.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.file)
        };
        format!("{} {}{field}{declaration}{file}", self.kind, self.entity)
    }
}

impl Baseline {
    /// The baseline that accepts `findings`.
    #[must_use]
    pub fn accepting(findings: &[Finding]) -> Self {
        let mut accepted = BTreeMap::new();
        for finding in findings {
            *accepted.entry(BaselineEntry::of(finding)).or_insert(0) += 1;
        }
        Self { accepted }
    }

    /// The same findings under other names of their entities and files.
    #[must_use]
    pub fn renamed(self, names: &BTreeMap<String, String>) -> Self {
        let new = |name: String| names.get(&name).cloned().unwrap_or(name);
        let mut accepted = BTreeMap::new();
        for (mut entry, count) in self.accepted {
            entry.file = new(entry.file);
            entry.entity = new(entry.entity);
            *accepted.entry(entry).or_insert(0) += count;
        }
        Self { accepted }
    }

    /// The number of accepted findings.
    #[must_use]
    pub fn count(&self) -> usize {
        self.accepted.values().sum()
    }

    /// Reads what [`Baseline::to_text`] wrote.
    ///
    /// # Errors
    /// When the text is damaged or of another version, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Document = serde_json::from_str(text)
            .map_err(|error| format!("line {}: {error}", error.line()))?;
        if document.format != FORMAT {
            return Err(format!(
                "it has format {}, and this version of the tool writes format {FORMAT}",
                document.format
            ));
        }
        let mut accepted = BTreeMap::new();
        for entry in document.accepted {
            *accepted.entry(entry).or_insert(0) += 1;
        }
        Ok(Self { accepted })
    }

    /// The text of the file: one line for each finding, sorted by file, so that a diff reads well.
    #[must_use]
    pub fn to_text(&self) -> String {
        let entries = self
            .accepted
            .iter()
            .flat_map(|(entry, count)| std::iter::repeat_n(entry, *count));
        let lines: Vec<_> = entries
            .filter_map(|entry| serde_json::to_string(entry).ok())
            .collect();
        let body = lines
            .iter()
            .map(|line| format!("    {line}"))
            .collect::<Vec<_>>()
            .join(",\n");
        let body = if body.is_empty() {
            String::new()
        } else {
            format!("\n{body}\n  ")
        };
        format!("{{\n  \"format\": {FORMAT},\n  \"accepted\": [{body}]\n}}\n")
    }

    /// Takes the accepted findings out of `findings`. Returns the number of accepted findings, and
    /// the entries that are fixed.
    pub fn apply(&self, findings: &mut Vec<Finding>, file: &str) -> BaselineSummary {
        // The counts are used up: one finding more than was accepted is a new one.
        let mut left = self.accepted.clone();
        let before = findings.len();
        findings.retain(|finding| match left.get_mut(&BaselineEntry::of(finding)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            Some(_) | None => true,
        });
        let fixed = left
            .iter()
            .flat_map(|(entry, count)| std::iter::repeat_n(entry.in_words(), *count));
        BaselineSummary {
            file: file.to_owned(),
            count: before - findings.len(),
            fixed: fixed.collect(),
            update_command: None,
        }
    }
}

impl BaselineSummary {
    /// Takes those out of further `findings` that the baseline names as well. Their entries no
    /// longer count as fixed.
    pub fn extend_to(&mut self, findings: &mut Vec<Finding>) {
        findings.retain(|finding| {
            let named = BaselineEntry::of(finding).in_words();
            let Some(at) = self.fixed.iter().position(|fixed| *fixed == named) else {
                return true;
            };
            self.fixed.remove(at);
            self.count += 1;
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Category, Severity};
    use crate::source::{LineIndex, Span};

    fn finding(entity: &str, line: usize) -> Finding {
        let text = "\n".repeat(line);
        let start = u32::try_from(line).expect("a small file");
        let place = LineIndex::new("a.ts".into(), text.as_str().into())
            .location(Span { start, end: start });
        Finding::new(
            "MISSING_TYPE",
            Category::TypeAlignment,
            Severity::Error,
            entity,
            "missing".into(),
        )
        .at(&place, "here")
    }

    #[test]
    fn only_new_findings_are_left_wherever_they_have_moved() {
        let baseline = Baseline::accepting(&[finding("users", 1), finding("bills", 2)]);
        let mut findings = vec![finding("users", 7), finding("votes", 3)];
        let accepted = baseline.apply(&mut findings, "baseline.json");
        assert_eq!(
            findings
                .iter()
                .map(|finding| finding.entity.as_str())
                .collect::<Vec<_>>(),
            ["votes"]
        );
        assert_eq!(
            (accepted.count, accepted.fixed),
            (1, vec!["MISSING_TYPE bills (a.ts)".to_owned()])
        );
    }

    #[test]
    fn what_is_found_later_is_accepted_as_well() {
        let baseline = Baseline::accepting(&[finding("users", 1), finding("V2__x", 1)]);
        let mut accepted = baseline.apply(&mut vec![finding("users", 3)], "b");
        assert_eq!(accepted.fixed, ["MISSING_TYPE V2__x (a.ts)"]);
        let mut later = vec![finding("V2__x", 9), finding("V3__y", 9)];
        accepted.extend_to(&mut later);
        assert_eq!(
            (accepted.count, accepted.fixed.len(), later.len()),
            (2, 0, 1)
        );
    }

    #[test]
    fn two_findings_of_one_name_are_accepted_one_by_one() {
        let baseline = Baseline::accepting(&[finding("users", 1)]);
        let mut findings = vec![finding("users", 1), finding("users", 2)];
        assert_eq!(baseline.apply(&mut findings, "b").count, 1);
        assert_eq!(findings.len(), 1);
    }

    #[test]
    fn the_file_is_read_back_as_it_was_written() {
        let baseline = Baseline::accepting(&[finding("users", 1), finding("a\"b", 1)]);
        assert_eq!(Baseline::parse(&baseline.to_text()), Ok(baseline.clone()));
        assert_eq!(baseline.to_text().lines().count(), 7);
        assert_eq!(
            Baseline::parse(&Baseline::default().to_text()),
            Ok(Baseline::default())
        );
        assert!(
            Baseline::parse("{}").is_err()
                && Baseline::parse("{\"format\": 9, \"accepted\": []}").is_err()
        );
    }
}
