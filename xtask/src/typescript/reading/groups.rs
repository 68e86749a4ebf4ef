//! Files in groups of neighbours, which are read one after the other: they import much the same,
//! which is evaluated once for them.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::{FileFacts, ParsedFile};

/// How many files a group has, and how many bytes before its last, at most.
const MOST: (usize, usize) = (16, 100_000);

/// Reads each group with `read`, and returns the results in the order of `files`. A group is freed
/// when it is read. The largest groups begin first: otherwise one thread ends with them while the
/// others wait. The grouping of neighbours depends on nothing but the files.
pub(super) fn each(
    files: Vec<ParsedFile>,
    read: &(dyn Fn(&[ParsedFile]) -> Vec<FileFacts> + Sync),
) -> Vec<FileFacts> {
    let mut groups: Vec<_> = neighbours(files).into_iter().enumerate().collect();
    groups.sort_by_key(|(_, group)| Reverse(group.bytes));
    let mut parts: Vec<_> = groups
        .into_iter()
        .par_bridge()
        .map(|(at, group)| (at, read(&group.files)))
        .collect();
    parts.sort_by_key(|(at, _)| *at);
    parts.into_iter().flat_map(|(_, parts)| parts).collect()
}

#[derive(Default)]
struct Group {
    files: Vec<ParsedFile>,
    /// How long their texts are.
    bytes: usize,
}

fn neighbours(files: Vec<ParsedFile>) -> Vec<Group> {
    let (most, most_bytes) = MOST;
    let mut groups = Vec::new();
    let mut group = Group::default();
    for file in files {
        group.bytes += file.module.lines.bytes();
        group.files.push(file);
        if group.files.len() == most || group.bytes >= most_bytes {
            groups.push(std::mem::take(&mut group));
        }
    }
    if !group.files.is_empty() {
        groups.push(group);
    }
    groups
}
