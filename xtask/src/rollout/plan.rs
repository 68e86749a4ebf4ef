//! The plan of two releases where no order of one works: what the running code needs is taken away
//! in a second migration, after the new code is live. A plan is a proposal: nothing applies it.

mod clauses;
mod split;
mod texts;

use super::commit::Commit;
use super::loss::Loss;
use super::places::MigrationPlaces;
use crate::report::{PlannedFile, Release, ReleaseStep, RolloutProblem};
use split::Split;

/// The releases that hurt no code, the first one first.
pub(super) fn releases(
    losses: &[Loss<'_>],
    (running, new): (Commit<'_>, Commit<'_>),
    places: &MigrationPlaces<'_>,
    left_behind: &[RolloutProblem],
) -> Vec<Release> {
    let split = split::split(losses, (running, new), places);
    let replaced: Vec<_> = places
        .migrations()
        .iter()
        .map(|migration| format!("`{migration}`"))
        .collect();
    let name = places
        .migrations()
        .last()
        .map_or("changes", |migration| migration.name.as_str());
    vec![
        expand(&split, name, &replaced.join(", "), left_behind),
        contract(&split, name),
    ]
}

fn expand(split: &Split, name: &str, replaced: &str, left_behind: &[RolloutProblem]) -> Release {
    let mut steps = Vec::new();
    for problem in left_behind {
        let code = problem.code_in_words();
        let field = problem.field.as_deref().unwrap_or(&problem.entity);
        steps.push(step(format!("take `{field}` out of the new code{code}")));
    }
    if !split.expand.is_empty() {
        let file = planned(&format!("{name}_expand"), &split.expand);
        steps.push(ReleaseStep {
            text: format!(
                "migrate `{}`, in place of {replaced}: both codes work with it",
                file.name
            ),
            migration: Some(file),
        });
    }
    steps.extend(split.by_hand.iter().cloned().map(step));
    steps.push(step("deploy the new code".to_owned()));
    Release {
        title: "expand and switch".to_owned(),
        steps,
    }
}

fn contract(split: &Split, name: &str) -> Release {
    let file = planned(&format!("{name}_contract"), &split.contract);
    Release {
        title: "contract, once no instance of the old code is left".to_owned(),
        steps: vec![ReleaseStep {
            text: format!(
                "migrate `{}`: it takes away what only the old code used",
                file.name
            ),
            migration: Some(file),
        }],
    }
}

fn step(text: String) -> ReleaseStep {
    ReleaseStep {
        text,
        migration: None,
    }
}

fn planned(name: &str, statements: &[String]) -> PlannedFile {
    let mut sql = String::from("-- A proposal: read it, and complete it where it says so.\n\n");
    for statement in statements {
        sql.push_str(statement);
        sql.push('\n');
    }
    PlannedFile {
        name: name.to_owned(),
        sql,
    }
}
