//! The text of the files that a report names, so that renderers can show excerpts without reading
//! anything.

use std::collections::BTreeMap;
use std::sync::Arc;

/// File, relative to the root → its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceTexts(BTreeMap<Arc<str>, Arc<str>>);

impl SourceTexts {
    /// Keeps the text of `file`.
    pub fn insert(&mut self, file: Arc<str>, text: Arc<str>) {
        self.0.insert(file, text);
    }

    /// The text of `file`, if it was kept.
    #[must_use]
    pub fn text(&self, file: &str) -> Option<&str> {
        self.0.get(file).map(AsRef::as_ref)
    }
}
