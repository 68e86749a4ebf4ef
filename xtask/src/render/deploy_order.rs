//! The deploy order of a branch as lines of text, which most formats show.

use crate::report::{DeployOrder, RolloutProblem};

/// The order in the first line, then what it follows from, and the plan.
pub(super) fn lines(order: &DeployOrder) -> Vec<String> {
    let mut lines = vec![format!("Deploy order: {}", order.order.in_words())];
    let mut list = |what: &str, problems: &mut dyn Iterator<Item = &RolloutProblem>| {
        lines.extend(problems.map(|problem| format!("  {what}: {}", problem.in_words())));
    };
    list(
        "breaks running code",
        &mut order.breaks.iter().filter(|one| one.certain),
    );
    list(
        "may break running code",
        &mut order.breaks.iter().filter(|one| !one.certain),
    );
    list("needs the migration", &mut order.needs.iter());
    list("breaks the new code too", &mut order.left_behind.iter());
    lines.extend(unjudged(order).iter().map(|note| format!("  {note}")));
    for (number, release) in order.releases.iter().enumerate() {
        lines.push(format!("  release {}: {}", number + 1, release.title));
        let steps = release.steps.iter();
        lines.extend(steps.map(|step| format!("    - {}", step.text)));
    }
    lines
}

/// Notes about what the order does not take into account.
pub(super) fn unjudged(order: &DeployOrder) -> Vec<String> {
    let mut notes = Vec::new();
    if !order.unknown.is_empty() {
        let names: Vec<_> = order
            .unknown
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        notes.push(format!(
            "not judged: the running code declares nothing of {}, so nobody knows whether it uses what goes there",
            names.join(", ")
        ));
    }
    if !order.not_judged.is_empty() {
        notes.push(format!(
            "not judged, since no declaration tells what it does to the running code: {}",
            order.not_judged.join("; ")
        ));
    }
    notes
}
