//! The documentation of every type of finding, from whichever part makes it. `explain`, the book
//! and reports with documentation show the same text.

use super::{drift, privilege_drift};
use crate::checks;
use crate::migrations::losses::advice;
use crate::migrations::{branch, data_preflight, lint};
use crate::report::Rule;

/// Below this likeness, in thousandths, two names have little in common, and no hint is better than
/// a wrong one.
const ALIKE: u32 = 750;

/// Returns the documentation of every type of finding: those of the checks first, in their order.
#[must_use]
pub fn rules() -> Vec<Rule> {
    let mut rules = checks::rules();
    rules.push(lint::documentation());
    rules.extend(advice::documentation());
    rules.push(data_preflight::documentation());
    rules.extend(branch::documentation());
    rules.extend([drift::documentation(), privilege_drift::documentation()]);
    rules
}

/// The type of finding whose name is the most like `name`, where one is like it at all.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_uppercase();
    // In thousandths, because `max_by_key` needs a total order, which floats lack.
    let likeness = |kind: &&str| (strsim::jaro_winkler(kind, &name) * 1000.0) as u32;
    let kinds = rules().into_iter().map(|rule| rule.kind);
    kinds
        .max_by_key(likeness)
        .filter(|kind| likeness(kind) > ALIKE)
}

/// Returns the page about a type of finding, as Markdown.
#[must_use]
pub fn page(rule: &Rule) -> String {
    format!("# {}\n\n{}\n", rule.kind, rule.help.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_finding_is_documented_once() {
        let rules = rules();
        let mut kinds: Vec<_> = rules.iter().map(|rule| rule.kind).collect();
        kinds.sort_unstable();
        let all = kinds.len();
        kinds.dedup();
        assert_eq!(kinds.len(), all);
        for rule in &rules {
            let page = page(rule);
            assert!(page.contains("\n## Why\n"), "{page}");
            assert!(page.contains("\n## Example\n"), "{page}");
        }
    }

    #[test]
    fn a_misspelt_name_has_a_nearest_one() {
        assert_eq!(nearest("type_mismach"), Some("TYPE_MISMATCH"));
        assert_eq!(nearest("weather"), None);
    }
}
