//! Connections that are cut after a random number of bytes, in the middle of whatever is said then.

use super::cutter::Cutter;
use super::{Course, arrive, end, seed, start, told};
use crate::crashes::{check, digests, repo, settle};
use crate::support::database::Database;
use crate::support::scratch;

const CUTS: usize = 200;

#[test]
#[ignore = "takes long: `.ci/storm` runs it"]
fn connections_are_cut_after_a_random_number_of_bytes() {
    let Some(scratch) = scratch() else { return };
    let digests = digests(&Database::create(&scratch, "reference"));
    let (database, repo) = (Database::create(&scratch, "cut"), repo());
    // With a current snapshot nothing runs on a scratch database first, which takes most of the
    // time.
    database.run(&repo, &["db-snapshot"]).must_exit(0);
    let cutter = Cutter::start(&database);
    let (url, mut random, mut course) = (cutter.url(), seed(1), Course::new());
    let mut client = database.connect();
    // How much a whole run says, there and back.
    let mut whole = [0; 2];
    for bytes in &mut whole {
        cutter.allow(1 << 40);
        end(
            start(&database, &repo, course.arguments(), Some(&url)),
            "a run",
        )
        .expect("its end")
        .must_exit(0);
        *bytes = (1 << 40) - cutter.allow(1 << 40);
        course.at(check(&database, &mut client, &digests));
    }
    let (mut cut, mut in_doubt, mut refused) = (0, 0, 0);
    while cut < CUTS {
        let most = u64::try_from(whole[usize::from(!course.up)]).expect("positive");
        let after = random.below(most + most / 50);
        cutter.allow(i64::try_from(after).expect("small"));
        let what = format!("{} cut after {after} bytes", course.arguments().join(" "));
        let ran = end(
            start(&database, &repo, course.arguments(), Some(&url)),
            &what,
        )
        .expect("nobody kills it");
        let is_cut = cutter.allow(1 << 40) <= 0;
        cut += usize::from(is_cut);
        told(cut, CUTS, "cuts");
        settle(&mut client);
        let applied = check(&database, &mut client, &digests);
        if ran.code == 0 && !is_cut {
            assert_eq!(
                applied,
                if course.up { digests.len() - 1 } else { 0 },
                "{what}"
            );
        }
        in_doubt += usize::from(ran.stdout.contains("in doubt") || ran.stderr.contains("in doubt"));
        refused += usize::from(ran.code == 1);
        course.at(applied);
    }
    arrive(&database, &repo, &mut client, &digests);
    println!(
        "{cut} connections cut, {in_doubt} of them in doubt, {refused} refused, {} times at an end",
        course.ends
    );
}
