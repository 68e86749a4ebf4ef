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
        for single in findings.iter().flat_map(Finding::singles) {
            *accepted.entry(BaselineEntry::of(single)).or_insert(0) += 1;
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
    /// the entries that are fixed. Of a finding that stands for several, those that were not
    /// accepted stay, each by itself: what joins others of one cause is new all the same.
    pub fn apply(&self, findings: &mut Vec<Finding>, file: &str) -> BaselineSummary {
        // The counts are used up: one finding more than was accepted is a new one.
        let mut left = self.accepted.clone();
        let accepted = retain_new(findings, |single| {
            match left.get_mut(&BaselineEntry::of(single)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    true
                }
                Some(_) | None => false,
            }
        });
        let fixed = left
            .iter()
            .flat_map(|(entry, count)| std::iter::repeat_n(entry.in_words(), *count));
        BaselineSummary {
            file: file.to_owned(),
            count: accepted,
            fixed: fixed.collect(),
            update_command: None,
        }
    }
}

impl BaselineSummary {
    /// Takes those out of further `findings` that the baseline names as well. Their entries no
    /// longer count as fixed.
    pub fn extend_to(&mut self, findings: &mut Vec<Finding>) {
        self.count += retain_new(findings, |single| {
            let named = BaselineEntry::of(single).in_words();
            let named = self.fixed.iter().position(|fixed| *fixed == named);
            if let Some(at) = named {
                self.fixed.remove(at);
            }
            named.is_some()
        });
    }
}

/// Takes those out of `findings` that are accepted, and returns their number. Each member of a
/// finding that stands for several is asked about.
fn retain_new(findings: &mut Vec<Finding>, mut is_accepted: impl FnMut(&Finding) -> bool) -> usize {
    let mut count = 0;
    let mut kept = Vec::new();
    for finding in findings.drain(..) {
        let singles = finding.singles();
        let new: Vec<Finding> = singles
            .iter()
            .filter(|single| !is_accepted(single))
            .cloned()
            .collect();
        count += singles.len() - new.len();
        if new.len() == singles.len() {
            kept.push(finding);
            continue;
        }
        kept.extend(new.into_iter().map(|single| Finding {
            // Where so many have one cause, they may matter less than one by itself would.
            severity: single.severity.max(finding.severity),
            ..single
        }));
    }
    *findings = kept;
    count
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

    /// A warning that stands for one finding about each of `entities`.
    fn group(entities: &[&str]) -> Finding {
        let members = entities.iter().map(|entity| finding(entity, 1)).collect();
        finding("types", 1).as_warning().with_members(members)
    }

    #[test]
    fn what_joins_accepted_findings_of_one_cause_is_new() {
        let baseline = Baseline::accepting(&[group(&["a", "b", "c", "d"])]);
        let mut findings = vec![group(&["a", "b", "new", "c", "d"])];
        let summary = baseline.apply(&mut findings, "b");
        assert_eq!((summary.count, summary.fixed.len()), (4, 0));
        let [new] = &findings[..] else {
            panic!("{findings:?}");
        };
        assert_eq!((&*new.entity, new.severity), ("new", Severity::Warning));
    }

    #[test]
    fn accepted_findings_of_one_cause_stay_accepted_when_fewer_are_left() {
        let baseline = Baseline::accepting(&[group(&["a", "b", "c", "d"])]);
        // Fewer are found together, and so few that each is found by itself.
        for mut findings in [
            vec![group(&["b", "d"])],
            vec![finding("d", 9), finding("b", 1)],
        ] {
            let summary = baseline.apply(&mut findings, "b");
            assert_eq!((summary.count, findings.len()), (2, 0));
            assert_eq!(summary.fixed.len(), 2);
        }
        let single = Baseline::accepting(&[finding("a", 1)]);
        let mut findings = vec![group(&["a", "b"])];
        single.apply(&mut findings, "b");
        assert_eq!((findings.len(), &*findings[0].entity), (1, "b"));
    }

    #[test]
    fn a_finding_about_several_stays_whole_where_all_are_new() {
        let mut findings = vec![group(&["a", "b"])];
        Baseline::default().apply(&mut findings, "b");
        assert_eq!(findings, [group(&["a", "b"])]);
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
