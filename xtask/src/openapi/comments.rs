//! Comments of YAML that speak to this tool: `# db-verify-ignore TYPE: reason` above a key or behind
//! it. The parser of YAML drops comments, so that lines are looked through.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::{Ignore, Tags};
use crate::source::{LineIndex, Span};

/// The word that begins such a comment.
const IGNORE: &str = "db-verify-ignore";

/// The comments of a file, by the line that they are about.
#[derive(Debug, Default)]
pub(super) struct Comments(BTreeMap<u32, Vec<Ignore>>);

impl Comments {
    /// Reads the comments of `text`. Nearly all files have none, and cost one search.
    pub fn read(file: &Arc<str>, text: &str) -> Self {
        let mut comments = Self::default();
        if !text.contains(IGNORE) {
            return comments;
        }
        let lines = LineIndex::new(Arc::clone(file), text.into());
        let (mut start, mut above) = (0_usize, Vec::new());
        for (number, line) in (1_u32..).zip(text.split_inclusive('\n')) {
            let stands_alone = line.trim_start().starts_with('#');
            above.extend(ignore(line, start, &lines));
            if !stands_alone && !line.trim().is_empty() && !above.is_empty() {
                comments.0.insert(number, std::mem::take(&mut above));
            }
            start += line.len();
        }
        comments
    }

    /// The comments about what stands in this line.
    pub fn tags(&self, line: u32) -> Tags {
        Tags {
            ignores: self.0.get(&line).cloned().unwrap_or_default(),
            ..Tags::default()
        }
    }
}

/// The comment of a line that begins at the byte `start`.
fn ignore(line: &str, start: usize, lines: &LineIndex) -> Option<Ignore> {
    let word = line.find(IGNORE)?;
    let before = line[..word].trim_end();
    let hash = before.strip_suffix('#')?;
    if !(hash.is_empty() || hash.ends_with([' ', '\t'])) {
        return None;
    }
    let said = &line[word + IGNORE.len()..];
    if !said.starts_with([' ', '\t', ':']) {
        return None;
    }
    let said = said.trim_start_matches(':');
    let (kind, reason) = said.split_once(':').unwrap_or((said, ""));
    let offset = |at: usize| u32::try_from(start + at).unwrap_or(u32::MAX);
    Some(Ignore {
        kind: kind.trim().to_owned(),
        reason: reason.trim().to_owned(),
        location: lines.location(Span {
            start: offset(hash.len()),
            end: offset(line.trim_end().len()),
        }),
    })
}
