//! Surveys the databases of a fleet, several at once. Each is only read.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;

use super::advice;
use super::drift::Suspects;
use super::look::{self, Questions};
use super::looked::Looked;
use crate::commands::migrate::Learnt;
use crate::commands::{Context, snapshot_fallback};
use crate::fleet::FleetTarget;
use crate::migrations::Migration;
use crate::report::{FleetDatabase, FleetDatabaseState, FleetFinding};

/// The states of the databases so far, and those that have to be compared.
#[derive(Default)]
struct Looks {
    states: Vec<(usize, Result<FleetDatabaseState, String>)>,
    newest: BTreeMap<usize, i64>,
    suspects: Suspects,
}

/// The results of a survey.
pub(super) struct Survey {
    /// The states, in the order of the list.
    pub databases: Vec<FleetDatabase>,
    /// The changes that were made outside the migrations.
    pub drift: Vec<FleetFinding>,
    /// The version of the newest applied migration of each database that answered, by its place in
    /// the list.
    pub newest: BTreeMap<usize, i64>,
}

/// Looks at each of `targets`, `parallel` at a time, and asks `questions`. What
/// comparing them settles is `learnt`.
///
/// # Errors
/// When a migration does not run on a scratch database. A database that cannot be reached is no
/// error: its state says so.
pub(super) fn survey(
    context: &Context,
    targets: &[FleetTarget],
    files: &[Migration],
    parallel: usize,
    (questions, learnt): (&Questions<'_>, &Learnt),
) -> Result<Survey> {
    let surveyed = Mutex::new(Looks::default());
    let next = AtomicUsize::new(0);
    let work = context
        .progress
        .begin_counted("surveying the fleet", targets.len());
    let worker = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = targets.get(place) else { break };
            work.beside(&one.name);
            let looked = look::look(context, one, files, questions);
            work.done();
            keep(&surveyed, place, looked);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..parallel.min(targets.len()) {
            scope.spawn(worker);
        }
    });
    drop(work);
    let Looks {
        mut states,
        newest,
        suspects,
    } = surveyed
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    states.sort_by_key(|(place, _)| *place);
    let drift = suspects.compared(context, files, learnt)?;
    for (place, why) in &drift.unchecked {
        let of = states.iter_mut().find(|(at, _)| at == place);
        if let Some((_, Ok(state))) = of {
            state.unchecked.push(why.clone());
        }
    }
    let names: Vec<&str> = targets.iter().map(|one| one.name.as_str()).collect();
    advise(&mut states, &names);
    let databases = targets
        .iter()
        .zip(states)
        .map(|(one, (_, state))| FleetDatabase {
            name: one.name.clone(),
            labels: one.labels.clone(),
            database: one.describe(),
            state,
        });
    Ok(Survey {
        databases: databases.collect(),
        drift: drift.named(&names),
        newest,
    })
}

fn keep(surveyed: &Mutex<Looks>, place: usize, looked: Result<Looked>) {
    let mut survey = surveyed
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let state = match looked {
        Ok(looked) => {
            survey.newest.insert(place, looked.newest);
            if let Some(suspect) = looked.suspect {
                survey.suspects.add(place, suspect);
            }
            Ok(looked.state)
        }
        Err(error) => Err(snapshot_fallback::one_line(&error)),
    };
    survey.states.push((place, state));
}

/// Has advice name the databases that it is about. Those with the same trouble get the same advice,
/// so that it is still told once.
fn advise(states: &mut [(usize, Result<FleetDatabaseState, String>)], names: &[&str]) {
    let mut of: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (place, state) in states.iter() {
        let Some(name) = names.get(*place) else {
            continue;
        };
        for text in troubles(state) {
            of.entry(text.clone()).or_default().push(name);
        }
    }
    let advised = |text: &mut String| {
        if let Some(names) = of.get(text.as_str()) {
            *text = advice::about(names, text);
        }
    };
    for (_, state) in states {
        match state {
            Ok(state) => state.problems.iter_mut().for_each(advised),
            Err(error) => advised(error),
        }
    }
}

fn troubles(state: &Result<FleetDatabaseState, String>) -> &[String] {
    match state {
        Ok(state) => &state.problems,
        Err(error) => std::slice::from_ref(error),
    }
}
