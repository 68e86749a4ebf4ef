//! The plan of two releases where no order of one works: what the running code needs is taken away
//! in a second migration, after the new code is live. A plan is a proposal: nothing applies it.

mod basis;
mod draft;
mod enum_values;
mod identity;
mod old_name;
mod other_type;
mod pair;
mod renamed_column;
mod required;
mod split;
mod type_name;

use super::loss::{Loss, Lost};
use super::places::words;
use crate::migrations::Migration;
use crate::migrations::sql;
use crate::report::{PlannedFile, Release, ReleaseStep, RolloutProblem};
use crate::schema::types::{ColumnType, Scalar};
pub(super) use basis::Basis;
use draft::{Draft, Steps};
use split::{Caused, ChangedEnum, Splitter};

/// The releases that hurt no code, the first one first; one without a migration, which says why,
/// where no plan is known.
pub(super) fn releases(
    losses: &[Loss<'_>],
    basis: Basis<'_>,
    left_behind: &[RolloutProblem],
) -> Vec<Release> {
    let mut steps = Steps::default();
    for problem in left_behind {
        let step = format!("{}{}", problem.remedy, problem.code_in_words());
        steps.before.push(step);
    }
    let certain: Vec<&Loss<'_>> = losses.iter().filter(|loss| loss.certain).collect();
    let caused = caused(&certain, &basis, &mut steps);
    let enums = changed_enums(&certain, &basis);
    for loss in &certain {
        if let Lost::MeansOther(former) = &loss.what {
            let of_column = loss.column.as_ref();
            let name = of_column.map_or_else(
                || loss.demand.table.to_string(),
                |column| format!("{}.{column}", loss.demand.table),
            );
            steps.refuse(format!(
                "the name `{name}` goes to the former `{former}`, and no release in between can have it mean both: give it a name that nothing had before"
            ));
        }
    }
    let splitter = Splitter {
        basis,
        caused: &caused,
        enums: &enums,
    };
    let mut drafts: Vec<(&Migration, Draft)> = basis
        .places
        .migrations()
        .iter()
        .map(|migration| (*migration, splitter.split(migration, &mut steps)))
        .collect();
    if let Some((_, last)) = drafts.last_mut() {
        type_name::keep(&certain, &basis, last, &mut steps);
    }
    if !steps.refused.is_empty() {
        return vec![refused(steps.refused)];
    }
    vec![expand(&drafts, steps), contract(&drafts)]
}

/// The losses with their causes; each thing that is lost is told once, whatever declarations say it.
fn caused<'l>(losses: &[&'l Loss<'l>], basis: &Basis<'_>, steps: &mut Steps) -> Vec<Caused<'l>> {
    let mut caused: Vec<Caused<'l>> = Vec::new();
    for loss in losses {
        // A name is no matter of one statement.
        if matches!(loss.what, Lost::TypeName(..) | Lost::MeansOther(_)) {
            continue;
        }
        let is_told = caused.iter().any(|other| {
            other.loss.demand.table == loss.demand.table
                && other.loss.column == loss.column
                && other.loss.what == loss.what
        });
        if is_told {
            continue;
        }
        let names = words(loss, [basis.new.schema, basis.running.schema]);
        let (table, column) = (&loss.demand.table, loss.column.as_deref());
        match basis.places.cause(table, column, &loss.what, &names) {
            Some(cause) => caused.push(Caused { loss, cause }),
            None => steps.by_hand(format!(
                "find the statement that changes `{}`, and put it into the second release",
                column.map_or_else(|| table.to_string(), |column| format!("{table}.{column}"))
            )),
        }
    }
    caused
}

/// The enums of which running code loses values.
fn changed_enums(losses: &[&Loss<'_>], basis: &Basis<'_>) -> Vec<ChangedEnum> {
    let mut all: Vec<ChangedEnum> = Vec::new();
    for loss in losses {
        let (Lost::ValuesGone(gone), Some(column)) = (&loss.what, &loss.column) else {
            continue;
        };
        let Some(column) = basis.old_column(&loss.demand.table, column) else {
            continue;
        };
        let ty = ColumnType::resolve(&column.type_name, basis.running.schema);
        if let Scalar::Enum(object, _) = ty.scalar
            && !all.iter().any(|one| one.object == object)
        {
            all.push(ChangedEnum {
                object,
                gone: gone.clone(),
            });
        }
    }
    all
}

fn expand(drafts: &[(&Migration, Draft)], steps: Steps) -> Release {
    let mut all: Vec<ReleaseStep> = steps.before.into_iter().map(step).collect();
    for (migration, draft) in drafts {
        if !draft.is_split {
            all.push(ReleaseStep {
                keeps: Some(migration.to_string()),
                ..step(format!("migrate `{migration}` as it is"))
            });
            continue;
        }
        let values: Vec<&String> = draft.values.iter().collect();
        if !values.is_empty() {
            let file = planned(&format!("{}_values", migration.name), &values);
            all.push(of_file(
                format!(
                    "migrate `{}`: no statement of the transaction that adds values may use them",
                    file.name
                ),
                file,
            ));
        }
        let first = draft.first();
        if !first.is_empty() {
            let file = planned(&format!("{}_expand", migration.name), &first);
            all.push(of_file(
                format!(
                    "migrate `{}`, in place of `{migration}`: both codes work with it",
                    file.name
                ),
                file,
            ));
        }
    }
    all.extend(steps.by_hand.into_iter().map(step));
    all.push(step("deploy the new code".to_owned()));
    Release {
        title: "expand and switch".to_owned(),
        steps: all,
    }
}

fn contract(drafts: &[(&Migration, Draft)]) -> Release {
    let mut steps = Vec::new();
    for (migration, draft) in drafts {
        let second = draft.second();
        if !second.is_empty() {
            let file = planned(&format!("{}_contract", migration.name), &second);
            let text = format!(
                "migrate `{}`: it takes away what only the old code used",
                file.name
            );
            steps.push(of_file(text, file));
        }
    }
    Release {
        title: "contract, once no instance of the old code is left".to_owned(),
        steps,
    }
}

fn refused(why: Vec<String>) -> Release {
    Release {
        title: "by hand: no plan is known".to_owned(),
        steps: why.into_iter().map(step).collect(),
    }
}

fn step(text: String) -> ReleaseStep {
    ReleaseStep {
        text,
        migration: None,
        keeps: None,
    }
}

fn of_file(text: String, file: PlannedFile) -> ReleaseStep {
    ReleaseStep {
        text,
        migration: Some(file),
        keeps: None,
    }
}

fn planned(name: &str, statements: &[&String]) -> PlannedFile {
    let mut body = String::new();
    for statement in statements {
        body.push_str(statement);
        body.push('\n');
    }
    let refuses = sql::statements(&body)
        .iter()
        .any(|one| sql::refuses_transaction(one).is_some());
    let mode = match refuses {
        true => "-- no-transaction\n",
        false => "",
    };
    PlannedFile {
        name: name.to_owned(),
        sql: format!("{mode}-- A proposal: read it, and complete it where it says so.\n\n{body}"),
    }
}
