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
    if let Some(unknown) = unknown(order) {
        lines.push(format!("  {unknown}"));
    }
    for (number, release) in order.releases.iter().enumerate() {
        lines.push(format!("  release {}: {}", number + 1, release.title));
        let steps = release.steps.iter();
        lines.extend(steps.map(|step| format!("    - {}", step.text)));
    }
    lines
}

/// Names the tables of which it is not known whether running code uses them.
pub(super) fn unknown(order: &DeployOrder) -> Option<String> {
    let names: Vec<_> = order
        .unknown
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "not judged: the running code declares nothing of {}, so nobody knows whether it uses what goes there",
            names.join(", ")
        )
    })
}
