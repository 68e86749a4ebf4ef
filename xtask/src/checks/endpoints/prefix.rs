//! The prefix that all contracts of a file lack: a client's base URL often holds it. One line says
//! so, where each endpoint would be two findings that do not know of each other.

use std::collections::BTreeMap;

use super::{are_judged, describes, needs_contract};
use crate::checks::Model;
use crate::facts::path::shape;
use crate::facts::{Contract, Facts, Route};

/// A prefix that the paths of contracts lack.
pub(in crate::checks) struct LackedPrefix<'f> {
    /// `/api`
    pub prefix: String,
    /// The contracts whose routes begin with it, in the order of the sources.
    pub contracts: Vec<&'f Contract>,
    /// How many contracts stand in the same files.
    pub beside: usize,
}

impl LackedPrefix<'_> {
    /// Whether a contract that lacks the prefix describes `route`.
    pub fn describes(&self, route: &Route) -> bool {
        self.contracts
            .iter()
            .any(|contract| prefix_of(contract, route).as_deref() == Some(&*self.prefix))
    }
}

/// The prefixes that contracts lack. A file counts where no contract of it describes a route as it
/// is, and one prefix makes more than half of them do so: a contract that is wrong by itself does
/// not hide the cause that the others share.
pub(in crate::checks) fn lacked<'f>(model: &Model<'f>) -> Vec<LackedPrefix<'f>> {
    let facts = model.input.facts;
    if !are_judged(model) {
        return Vec::new();
    }
    let undescribed: Vec<&Route> = facts
        .routes
        .iter()
        .filter(|route| needs_contract(model, route) && !is_described(facts, route))
        .collect();
    let mut lacked: BTreeMap<String, LackedPrefix<'f>> = BTreeMap::new();
    for contracts in by_file(facts) {
        let is_found = |contract: &&Contract| {
            let mut routes = facts.routes.iter();
            contract.served || routes.any(|route| describes(contract, route))
        };
        if contracts.iter().any(is_found) {
            continue;
        }
        let Some((prefix, lacking)) = commonest(&contracts, &undescribed) else {
            continue;
        };
        if lacking.len() * 2 > contracts.len() {
            let known = lacked.entry(prefix.clone()).or_insert(LackedPrefix {
                prefix,
                contracts: Vec::new(),
                beside: 0,
            });
            known.contracts.extend(lacking);
            known.beside += contracts.len();
        }
    }
    lacked.into_values().collect()
}

fn is_described(facts: &Facts, route: &Route) -> bool {
    let mut contracts = facts.contracts.iter();
    contracts.any(|contract| describes(contract, route))
}

fn by_file(facts: &Facts) -> impl Iterator<Item = Vec<&Contract>> {
    let mut files: BTreeMap<&str, Vec<&Contract>> = BTreeMap::new();
    for contract in &facts.contracts {
        files
            .entry(&contract.location.file)
            .or_default()
            .push(contract);
    }
    files.into_values()
}

/// The prefix with which most of `contracts` describe a route, the shortest of several, and those
/// contracts.
fn commonest<'f>(
    contracts: &[&'f Contract],
    routes: &[&Route],
) -> Option<(String, Vec<&'f Contract>)> {
    let mut found: BTreeMap<String, Vec<&'f Contract>> = BTreeMap::new();
    for contract in contracts {
        let mut prefixes: Vec<String> = routes
            .iter()
            .filter_map(|route| prefix_of(contract, route))
            .collect();
        prefixes.sort();
        prefixes.dedup();
        for prefix in prefixes {
            found.entry(prefix).or_default().push(contract);
        }
    }
    found
        .into_iter()
        .max_by_key(|(prefix, lacking)| (lacking.len(), std::cmp::Reverse(prefix.len())))
}

/// What stands before the path of `contract` in the path of `route`: `/api` of `/users/:id` and
/// `/api/users/:userId`.
fn prefix_of(contract: &Contract, route: &Route) -> Option<String> {
    // Most routes end otherwise, which is seen before paths are taken apart.
    let (end, own_end) = (last_segment(&route.path), last_segment(&contract.path));
    let may_match =
        own_end.is_empty() || own_end == end || (own_end.contains(':') && end.contains(':'));
    if !may_match {
        return None;
    }
    let own: Vec<&str> = contract
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let all: Vec<&str> = route
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let method = route.method == "ALL" || route.method == contract.method;
    let length = all
        .len()
        .checked_sub(own.len())
        .filter(|length| *length > 0)?;
    let (prefix, rest) = all.split_at(length);
    let is_same = rest
        .iter()
        .zip(&own)
        .all(|(one, other)| shape(one) == shape(other));
    (method && is_same).then(|| format!("/{}", prefix.join("/")))
}

fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
