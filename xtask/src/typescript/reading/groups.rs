//! Files in groups of neighbours, which are read one after the other: they import much the same,
//! which is evaluated once for them.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::FileFacts;
use crate::typescript::discover::Candidate;
use crate::typescript::modules::Program;

/// How many files a group has, and how many bytes before its last, at most.
const MOST: (usize, usize) = (16, 100_000);

/// Reads each group with `read`, and returns the results in the order of `files`. The largest
/// groups begin first: otherwise one thread ends with them while the others wait. The grouping of
/// neighbours depends on nothing but the files.
pub(super) fn each(
    files: &[Candidate],
    program: &Program<'_>,
    read: &(dyn Fn(&[Candidate]) -> Vec<FileFacts> + Sync),
) -> Vec<FileFacts> {
    let mut groups: Vec<_> = neighbours(files, program).into_iter().enumerate().collect();
    groups.sort_by_key(|(_, group)| Reverse(group.bytes));
    let mut parts: Vec<_> = groups
        .into_iter()
        .par_bridge()
        .map(|(at, group)| (at, read(group.files)))
        .collect();
    parts.sort_by_key(|(at, _)| *at);
    parts.into_iter().flat_map(|(_, parts)| parts).collect()
}

struct Group<'g> {
    files: &'g [Candidate],
    /// How long their texts are.
    bytes: usize,
}

fn neighbours<'g>(mut files: &'g [Candidate], program: &Program<'_>) -> Vec<Group<'g>> {
    let (most, most_bytes) = MOST;
    let mut groups = Vec::new();
    while !files.is_empty() {
        let (mut count, mut bytes) = (0, 0);
        while count < most.min(files.len()) && bytes < most_bytes {
            bytes += program
                .load(&files[count].path)
                .map_or(0, |module| module.lines.bytes());
            count += 1;
        }
        let (these, rest) = files.split_at(count);
        groups.push(Group {
            files: these,
            bytes,
        });
        files = rest;
    }
    groups
}
