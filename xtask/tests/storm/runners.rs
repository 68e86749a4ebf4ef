//! Eight runners at once, each with another command. One works at a time, and what the others wait
//! for may be done or undone by then: some are refused, and nothing is done twice.

use std::collections::BTreeMap;

use super::{LAST, arrive, end, seed, start};
use crate::crashes::{LOST, check, digests, repo, settle};
use crate::support::database::Database;
use crate::support::scratch;

const ROUNDS: usize = 20;
const RUNNERS: usize = 8;

const COMMANDS: &[&[&str]] = &[
    &["db-migrate", "--lock-timeout", "300"],
    &["db-migrate", "3", "--lock-timeout", "300"],
    &["db-migrate", "--lock-timeout", "300"],
    &[
        "db-rollback",
        "--lock-timeout",
        "300",
        "--accept-data-loss",
        LOST,
    ],
    &[
        "db-rollback",
        "--last",
        "2",
        "--lock-timeout",
        "300",
        "--accept-data-loss",
        LOST,
    ],
    &[
        "db-rollback",
        "4",
        "--lock-timeout",
        "300",
        "--accept-data-loss",
        LOST,
    ],
    &["db-baseline", "8", "--lock-timeout", "300"],
    &["db-status"],
    &["db-verify", "--database"],
];

/// How the errors begin that a runner may get because of what another did.
const EXPECTED: &[&str] = &[
    "cannot undo",
    "there is nothing to undo",
    "cannot adopt the database",
    "cannot tell which applied migration to undo",
];

#[test]
#[ignore = "takes long: `.ci/storm` runs it"]
fn eight_runners_at_once_leave_one_history() {
    let Some(scratch) = scratch() else { return };
    let digests = digests(&Database::create(&scratch, "reference"));
    let (database, repo) = (Database::create(&scratch, "runners"), repo());
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    let (mut random, mut client) = (seed(20), database.connect());
    let (mut codes, mut errors): (BTreeMap<i32, usize>, BTreeMap<String, usize>) =
        Default::default();
    for round in 0..ROUNDS {
        let commands: Vec<&[&str]> = (0..RUNNERS)
            .map(|_| COMMANDS[usize::try_from(random.below(COMMANDS.len() as u64)).expect("small")])
            .collect();
        let children: Vec<_> = commands
            .iter()
            .map(|arguments| start(&database, &repo, arguments, None))
            .collect();
        for (child, arguments) in children.into_iter().zip(&commands) {
            let what = format!("{} in round {round}", arguments.join(" "));
            let ran = end(child, &what).expect("nobody kills it");
            *codes.entry(ran.code).or_default() += 1;
            if ran.code == 2 {
                let error = ran.stderr.rsplit("error: ").next().unwrap_or_default();
                let known = EXPECTED.iter().find(|begin| error.starts_with(**begin));
                assert!(known.is_some(), "{what}: {ran:?}");
                *errors
                    .entry(known.map_or_else(String::new, |begin| (*begin).to_owned()))
                    .or_default() += 1;
            }
        }
        settle(&mut client);
        let applied = check(&database, &mut client, &digests);
        assert!(applied <= LAST);
    }
    arrive(&database, &repo, &mut client, &digests);
    println!("{ROUNDS} rounds of {RUNNERS} runners: exit codes {codes:?}, errors {errors:?}");
}
