//! Proves on a scratch database that migrations can be undone. Each is applied, undone, and applied
//! again, with rows in every table. The schema and the rows are compared each time.

mod allowances;
mod row_texts;
mod stage;
mod trial;

use std::ops::Range;

use anyhow::{Result, bail};

use crate::migrations::Migration;
use crate::migrations::scratch_environment::ScratchEnvironment;
use crate::progress::Work;
use crate::report::Rehearsal;
use stage::Stage;

/// From this number of migrations on, the later ones are rehearsed beside the earlier ones. Below
/// it, a second cluster costs more time than it saves.
const SHARED_FROM: usize = 60;

/// The part of the migrations that are the earlier ones. A rehearsal takes longer the more tables
/// there are, so the work grows with the square of the number. Half of it is done after the square
/// root of one half.
const EARLIER: f64 = 0.707;

/// Rehearses the last `last` of `migrations`, or all. `each` receives every verdict, in the order
/// of the migrations.
///
/// # Errors
/// When there is no scratch database, or a migration does not run on an empty one.
pub fn rehearse(
    environment: &ScratchEnvironment<'_>,
    migrations: &[Migration],
    last: Option<usize>,
    each: &mut dyn FnMut(&Rehearsal) -> Result<()>,
) -> Result<()> {
    let first = migrations
        .len()
        .saturating_sub(last.unwrap_or(migrations.len()));
    let what = "testing ways back on a scratch database";
    let work = &environment
        .progress
        .begin_counted(what, migrations.len() - first);
    let (earlier, later) = shares(first..migrations.len(), environment.shadow_url.is_some());
    std::thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let beside = scope.spawn(move || {
            // Sending fails when the receiver is gone: the earlier ones have failed.
            rehearse_share(environment, migrations, (later, work), &mut |one| {
                Ok(sender.send(one.clone())?)
            })
        });
        // The verdicts of the later ones wait in the channel until the earlier ones are all told.
        rehearse_share(environment, migrations, (earlier, work), each)?;
        receiver.iter().try_for_each(|one| each(&one))?;
        beside
            .join()
            .unwrap_or_else(|_| bail!("the rehearsal of the later migrations did not end"))
    })
}

/// Divides the migrations into those that are rehearsed first, and those beside them. On a server
/// that others share there is one scratch database only: roles belong to the whole server, and two
/// replays would make the same ones.
fn shares(all: Range<usize>, is_shared_server: bool) -> (Range<usize>, Range<usize>) {
    let count = (all.len() as f64 * EARLIER) as usize;
    let middle = if is_shared_server || all.len() < SHARED_FROM {
        all.end
    } else {
        all.start + count
    };
    (all.start..middle, middle..all.end)
}

fn rehearse_share(
    environment: &ScratchEnvironment<'_>,
    migrations: &[Migration],
    (share, work): (Range<usize>, &Work),
    each: &mut dyn FnMut(&Rehearsal) -> Result<()>,
) -> Result<()> {
    if share.is_empty() {
        return Ok(());
    }
    let mut stage = Stage::new(environment, migrations, share.start)?;
    for index in share {
        work.next(&migrations[index].to_string());
        each(&stage.rehearse(index)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn the_later_ones_are_fewer_since_each_takes_longer() {
        assert_eq!(shares(0..400, false), (0..282, 282..400));
        assert_eq!(shares(100..200, false), (100..170, 170..200));
        assert_eq!(shares(0..10, false), (0..10, 10..10));
        assert_eq!(shares(0..400, true), (0..400, 400..400));
    }
}
