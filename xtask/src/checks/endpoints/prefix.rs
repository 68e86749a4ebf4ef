//! The prefix that all contracts of a file lack: a client's base URL often holds it. One line says
//! so, where each endpoint would be two findings that do not know of each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Endpoints, are_judged, needs_contract};
use crate::config::Config;
use crate::facts::path::shape;
use crate::facts::{Contract, Facts, Route};

/// A prefix that the paths of contracts lack.
#[derive(Debug)]
pub(in crate::checks) struct LackedPrefix<'f> {
    /// `/api`
    pub prefix: String,
    /// The contracts whose routes begin with it, in the order of the sources.
    pub contracts: Vec<&'f Contract>,
    /// The methods of these contracts, and the shapes of their paths behind the prefix.
    offered: HashSet<(String, String)>,
    /// How many contracts stand in the same files.
    pub beside: usize,
}

impl LackedPrefix<'_> {
    /// Whether a contract that lacks the prefix describes `route`.
    pub fn describes(&self, route: &Route) -> bool {
        let path = shape(&route.path);
        if route.method == "ALL" {
            return self.offered.iter().any(|(_, offered)| *offered == path);
        }
        self.offered.contains(&(route.method.clone(), path))
    }
}

/// The prefixes that contracts lack. A file counts where no contract of it describes a route as it
/// is, and one prefix makes more than half of them do so: a contract that is wrong by itself does
/// not hide the cause that the others share.
pub(in crate::checks) fn lacked<'f>(
    facts: &'f Facts,
    config: &Config,
    endpoints: &Endpoints<'f>,
) -> Vec<LackedPrefix<'f>> {
    if !are_judged(facts) {
        return Vec::new();
    }
    let undescribed = facts
        .routes
        .iter()
        .filter(|route| needs_contract(config, route) && !endpoints.is_described(route));
    let ends = Ends::new(undescribed);
    let mut lacked: BTreeMap<String, LackedPrefix<'f>> = BTreeMap::new();
    for contracts in by_file(facts) {
        let is_found = |contract: &&Contract| contract.served || endpoints.is_offered(contract);
        if contracts.iter().any(is_found) {
            continue;
        }
        let Some((prefix, lacking)) = commonest(&contracts, &ends) else {
            continue;
        };
        if lacking.len() * 2 > contracts.len() {
            let known = lacked.entry(prefix.clone()).or_insert(LackedPrefix {
                prefix,
                contracts: Vec::new(),
                offered: HashSet::new(),
                beside: 0,
            });
            let offered = lacking
                .iter()
                .map(|contract| offer(&known.prefix, contract));
            known.offered.extend(offered);
            known.contracts.extend(lacking);
            known.beside += contracts.len();
        }
    }
    lacked.into_values().collect()
}

/// The method of `contract`, and the shape of its path behind `prefix`.
fn offer(prefix: &str, contract: &Contract) -> (String, String) {
    let path = segments(&contract.path).join("/");
    (contract.method.clone(), shape(&format!("{prefix}/{path}")))
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// Routes by the shape of each end of their paths, with what stands before it.
struct Ends<'f>(HashMap<String, Vec<(&'f Route, String)>>);

impl<'f> Ends<'f> {
    fn new(routes: impl Iterator<Item = &'f Route>) -> Self {
        let mut ends: HashMap<String, Vec<(&Route, String)>> = HashMap::new();
        for route in routes {
            let all = segments(&route.path);
            for length in 1..=all.len() {
                let (prefix, rest) = all.split_at(length);
                let known = ends.entry(shape(&rest.join("/"))).or_default();
                known.push((route, format!("/{}", prefix.join("/"))));
            }
        }
        Self(ends)
    }

    /// Returns the texts before the path of `contract` in the paths of routes that answer to its
    /// method: `/api` for `/users/:id` and `/api/users/:userId`.
    fn prefixes(&self, contract: &Contract) -> BTreeSet<&str> {
        let own = shape(&segments(&contract.path).join("/"));
        let alike = self.0.get(&own).into_iter().flatten();
        alike
            .filter(|(route, _)| route.answers(contract))
            .map(|(_, prefix)| prefix.as_str())
            .collect()
    }
}

fn by_file(facts: &Facts) -> impl Iterator<Item = Vec<&Contract>> {
    let mut files: BTreeMap<&str, Vec<&Contract>> = BTreeMap::new();
    for contract in &facts.contracts {
        files.entry(contract.document()).or_default().push(contract);
    }
    files.into_values()
}

/// The prefix with which most of `contracts` describe a route, the shortest of several, and those
/// contracts.
fn commonest<'f>(
    contracts: &[&'f Contract],
    ends: &Ends<'_>,
) -> Option<(String, Vec<&'f Contract>)> {
    let mut found: BTreeMap<&str, Vec<&'f Contract>> = BTreeMap::new();
    for contract in contracts {
        for prefix in ends.prefixes(contract) {
            found.entry(prefix).or_default().push(contract);
        }
    }
    let (prefix, lacking) = found
        .into_iter()
        .max_by_key(|(prefix, lacking)| (lacking.len(), std::cmp::Reverse(prefix.len())))?;
    Some((prefix.to_owned(), lacking))
}
