//! The base path of the contracts of each document. A document lists several servers, and a gateway may
//! take the base path away before a route sees it: so the path counts at which most contracts of
//! the document have a route. It is one for all of them, so that a route below another path is missed.

use std::collections::HashMap;

use crate::facts::path::shape;
use crate::facts::{Contract, Facts, Route};

/// The place of each document's base path among the paths of its contracts, where it is not the first.
#[derive(Debug, Default)]
pub(super) struct Bases<'f>(HashMap<&'f str, usize>);

/// Finds the base path of each document whose contracts have alternatives.
pub(super) fn of_documents<'f>(
    facts: &'f Facts,
    routes: &HashMap<String, Vec<&'f Route>>,
) -> Bases<'f> {
    let mut offered: HashMap<&str, Vec<usize>> = HashMap::new();
    for contract in &facts.contracts {
        if contract.alternatives.is_empty() {
            continue;
        }
        let counts = offered.entry(contract.document()).or_default();
        for (at, path) in paths(contract).enumerate() {
            if counts.len() <= at {
                counts.push(0);
            }
            let alike = routes.get(&shape(path)).into_iter().flatten();
            let mut answered = alike.filter(|route| route.answers(contract));
            counts[at] += usize::from(answered.next().is_some());
        }
    }
    let best = |counts: Vec<usize>| {
        let most = counts.iter().max()?;
        counts.iter().position(|count| count == most)
    };
    let best = |(document, counts)| Some((document, best(counts)?));
    Bases(offered.into_iter().filter_map(best).collect())
}

/// The path of a contract and its alternatives.
fn paths(contract: &Contract) -> impl Iterator<Item = &str> {
    let own = std::iter::once(&contract.path);
    own.chain(&contract.alternatives).map(String::as_str)
}

impl Bases<'_> {
    /// The path of a contract below the base path of its document.
    pub fn path<'c>(&self, contract: &'c Contract) -> &'c str {
        let at = self.0.get(contract.document()).copied();
        let mut paths = paths(contract);
        let last = contract.alternatives.last().unwrap_or(&contract.path);
        paths.nth(at.unwrap_or(0)).unwrap_or(last)
    }
}
