//! The files that documents consist of, each read once, and what a `$ref` in one of them leads to.
//! References to the network, and out of the repository, are not followed.

use std::sync::Arc;

use elsa::FrozenMap;
use percent_encoding::percent_decode_str;

use super::document::{Document, NodeValue, Place};
use super::parse::parse;
use crate::facts::Problem;
use crate::readers::cache::Cache;
use crate::source::{LineIndex, Span};
use crate::tree::Tree;

/// So many references may lead to references. More are a circle.
const HOPS: usize = 32;

/// The files of documents.
pub(super) struct Documents<'t> {
    tree: &'t dyn Tree,
    cache: Option<&'t Cache>,
    loaded: FrozenMap<String, Box<Loaded>>,
}

type Loaded = Result<Arc<Document>, Problem>;

impl<'t> Documents<'t> {
    pub fn new(tree: &'t dyn Tree, cache: Option<&'t Cache>) -> Self {
        Self {
            tree,
            cache,
            loaded: FrozenMap::new(),
        }
    }

    /// The file `path`, or why it cannot be read.
    pub fn load(&self, path: &str) -> Result<&Document, &Problem> {
        let loaded = match self.loaded.get(path) {
            Some(loaded) => loaded,
            None => self
                .loaded
                .insert(path.to_owned(), Box::new(self.read(path))),
        };
        loaded.as_ref().map(Arc::as_ref)
    }

    fn read(&self, path: &str) -> Loaded {
        let known = self
            .cache
            .and_then(|cache| Some((cache, self.tree.stamp(path)?)));
        if let Some((cache, stamp)) = known
            && let Some(document) = cache.get::<Document>(path, stamp)
        {
            return Ok(document);
        }
        let bytes = self.tree.read(path).map_err(|error| Problem {
            location: LineIndex::new(path.into(), "".into()).location(Span::default()),
            message: format!("the file cannot be read: {error}"),
        })?;
        let document = Arc::new(parse(path, &bytes)?);
        if let Some((cache, stamp)) = known {
            cache.keep(path, stamp, Arc::clone(&document));
        }
        Ok(document)
    }

    /// The place that a `$ref` leads to, through other references; the place itself where it is none.
    ///
    /// # Errors
    /// Says why nothing is there.
    pub fn follow<'d>(&'d self, place: Place<'d>) -> Result<Place<'d>, String> {
        let mut place = place;
        for _ in 0..HOPS {
            let Some(reference) = reference(place) else {
                return Ok(place);
            };
            place = self.target(place, reference)?;
        }
        Err("its `$ref` leads in a circle".into())
    }

    /// The place that `reference`, written at `from`, names.
    ///
    /// # Errors
    /// Says why it names nothing.
    pub fn target<'d>(&'d self, from: Place<'d>, reference: &str) -> Result<Place<'d>, String> {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let document = match file {
            "" => from.document(),
            file => self.file(from, file, reference)?,
        };
        let mut place = document.root();
        let Some(steps) = pointer.strip_prefix('/') else {
            let is_whole = pointer.is_empty();
            let anchor = || format!("`{reference}` names an anchor, which is not looked for");
            return is_whole.then_some(place).ok_or_else(anchor);
        };
        for step in steps.split('/') {
            let step = unescaped(step);
            let next = step_into(place, &step).or_else(|| {
                // The target may be a reference itself.
                let through = self.target(place, self::reference(place)?).ok()?;
                step_into(through, &step)
            });
            place = next.ok_or_else(|| format!("`{reference}` leads to nothing"))?;
        }
        Ok(place)
    }

    fn file(&self, from: Place<'_>, file: &str, reference: &str) -> Result<&Document, String> {
        if file.contains("://") || file.starts_with("//") {
            return Err(format!(
                "`{reference}` leads to the network, which is not read"
            ));
        }
        let path = percent_decode_str(file).decode_utf8_lossy();
        let path = below(&from.document().file, &path)
            .ok_or_else(|| format!("`{reference}` leads out of the repository"))?;
        if !self.tree.is_file(&path) {
            return Err(format!("`{reference}` leads to a file that does not exist"));
        }
        self.load(&path).map_err(|problem| {
            let (place, message) = (&problem.location, &problem.message);
            format!("`{reference}` leads to a file that cannot be read: {place}: {message}")
        })
    }
}

/// The text of the `$ref` that stands in place of a value.
pub(super) fn reference(place: Place<'_>) -> Option<&str> {
    place.get("$ref")?.text()
}

fn step_into<'d>(place: Place<'d>, step: &str) -> Option<Place<'d>> {
    match place.value() {
        NodeValue::List(_) => place.items().nth(step.parse().ok()?),
        _object => place.get(step),
    }
}

/// A step of a JSON pointer as the key that it stands for.
pub(super) fn unescaped(step: &str) -> String {
    let step = percent_decode_str(step).decode_utf8_lossy();
    step.replace("~1", "/").replace("~0", "~")
}

/// The path of `relative` as the file `from` means it; none where it leaves the root.
fn below(from: &str, relative: &str) -> Option<String> {
    if relative.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_and_stay_in_the_repository() {
        assert_eq!(
            below("docs/api.yaml", "./schemas/user.yaml").as_deref(),
            Some("docs/schemas/user.yaml")
        );
        assert_eq!(
            below("docs/api.yaml", "../a.yaml").as_deref(),
            Some("a.yaml")
        );
        assert_eq!(below("docs/api.yaml", "../../a.yaml"), None);
        assert_eq!(below("docs/api.yaml", "/etc/passwd"), None);
    }

    #[test]
    fn steps_of_pointers_are_unescaped() {
        assert_eq!(unescaped("~1users~1%7Bid%7D~01"), "/users/{id}~1");
    }
}
