//! Lays out the tables of a diagram. Each stands to the right of the tables that it refers to.
//! Within a layer they are ordered so that few edges cross. An edge over several layers passes
//! between the boxes.

use std::collections::BTreeMap;

/// The number of sweeps of the barycenter heuristic, alternately to the right and to the left. It
/// is fixed because the heuristic need not come to rest.
const SWEEPS: usize = 12;

/// A box, or a place where an edge passes through a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// The table of this number.
    Table(usize),
    /// The edge of this number.
    Passage(usize),
}

/// Layers from left to right, each from top to bottom.
#[derive(Debug, Default)]
pub(super) struct MapLayout {
    /// The nodes of each layer.
    pub layers: Vec<Vec<Node>>,
}

/// Lays out `count` tables; `edges` lead from the table that refers to the one referred to.
pub(super) fn layout(count: usize, edges: &[(usize, usize)]) -> MapLayout {
    let ranks = ranks(count, edges);
    let depth = ranks.iter().max().map_or(0, |rank| rank + 1);
    let mut layers: Vec<Vec<Node>> = vec![Vec::new(); depth];
    for (table, rank) in ranks.iter().enumerate() {
        layers[*rank].push(Node::Table(table));
    }
    let mut links = LayerLinks::default();
    for (number, (from, to)) in edges.iter().enumerate() {
        let (low, high) = (ranks[*from].min(ranks[*to]), ranks[*from].max(ranks[*to]));
        let (left, right) = if ranks[*from] < ranks[*to] {
            (*from, *to)
        } else {
            (*to, *from)
        };
        let mut last = Node::Table(left);
        // Tables in neighbouring layers, or in the same one, need no passage.
        for layer in &mut layers[low + 1..high.max(low + 1)] {
            layer.push(Node::Passage(number));
            links.add(last, Node::Passage(number));
            last = Node::Passage(number);
        }
        if low != high {
            links.add(last, Node::Table(right));
        }
    }
    for sweep in 0..SWEEPS {
        links.improve(&mut layers, sweep % 2 == 0);
    }
    MapLayout { layers }
}

/// Returns the layer of each table, counted from the left: one more than the highest of the tables
/// that it refers to. In a circle of references, one edge leads back.
fn ranks(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut targets = vec![Vec::new(); count];
    for (from, to) in edges.iter().filter(|(from, to)| from != to) {
        targets[*from].push(*to);
    }
    let mut ranks: Vec<Option<usize>> = vec![None; count];
    let mut entered = vec![false; count];
    for table in 0..count {
        // Depth first, without recursion: a chain of references may be as long as there are tables.
        let mut stack = vec![(table, false)];
        while let Some((table, seen)) = stack.pop() {
            if seen {
                let below = targets[table].iter().filter_map(|target| ranks[*target]);
                ranks[table] = Some(below.max().map_or(0, |rank| rank + 1));
            } else if !entered[table] {
                entered[table] = true;
                stack.push((table, true));
                stack.extend(
                    targets[table]
                        .iter()
                        .filter(|target| !entered[**target])
                        .map(|target| (*target, false)),
                );
            }
        }
    }
    ranks.into_iter().map(Option::unwrap_or_default).collect()
}

/// The links between nodes of neighbouring layers.
#[derive(Debug, Default)]
struct LayerLinks {
    right: BTreeMap<NodeKey, Vec<NodeKey>>,
    left: BTreeMap<NodeKey, Vec<NodeKey>>,
}

/// The key of a node in a map. The passages of one edge share it, so that the neighbours in all of
/// its layers pull at them.
type NodeKey = (bool, usize);

fn key(node: Node) -> NodeKey {
    match node {
        Node::Table(table) => (true, table),
        Node::Passage(edge) => (false, edge),
    }
}

impl LayerLinks {
    fn add(&mut self, left: Node, right: Node) {
        if left != right {
            self.right.entry(key(left)).or_default().push(key(right));
            self.left.entry(key(right)).or_default().push(key(left));
        }
    }

    /// Moves each node to the middle of its neighbours: those on the left, going to the right, and
    /// the other way round.
    fn improve(&self, layers: &mut [Vec<Node>], rightwards: bool) {
        let order: Vec<usize> = if rightwards {
            (1..layers.len()).collect()
        } else {
            (0..layers.len().saturating_sub(1)).rev().collect()
        };
        for at in order {
            let (neighbours, links) = if rightwards {
                (&layers[at - 1], &self.left)
            } else {
                (&layers[at + 1], &self.right)
            };
            let places: BTreeMap<NodeKey, usize> = neighbours
                .iter()
                .enumerate()
                .map(|(place, node)| (key(*node), place))
                .collect();
            let middle = |(place, node): (usize, &Node)| {
                let all: Vec<usize> = match links.get(&key(*node)) {
                    Some(linked) => linked
                        .iter()
                        .filter_map(|other| places.get(other).copied())
                        .collect(),
                    None => Vec::new(),
                };
                // A node without neighbours keeps its relative place. Places are in hundredths, so
                // that a mean needs no fraction.
                let own = place * neighbours.len().max(1) / layers[at].len().max(1);
                if all.is_empty() {
                    own * 100
                } else {
                    all.iter().sum::<usize>() * 100 / all.len()
                }
            };
            let mut keyed: Vec<(usize, Node)> = layers[at]
                .iter()
                .enumerate()
                .map(|(place, node)| (middle((place, node)), *node))
                .collect();
            keyed.sort_by_key(|(middle, _)| *middle);
            layers[at] = keyed.into_iter().map(|(_, node)| node).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(layout: &MapLayout, node: Node) -> Option<(usize, usize)> {
        let found = layout.layers.iter().enumerate();
        found
            .filter_map(|(layer, nodes)| {
                Some((layer, nodes.iter().position(|other| *other == node)?))
            })
            .next()
    }

    #[test]
    fn what_refers_stands_to_the_right_and_long_edges_pass_between() {
        let layout = layout(4, &[(1, 0), (2, 1), (2, 0), (3, 3)]);
        let layer = |table| position(&layout, Node::Table(table)).map(|(layer, _)| layer);
        assert_eq!(
            [layer(0), layer(1), layer(2), layer(3)],
            [Some(0), Some(1), Some(2), Some(0)]
        );
        assert_eq!(
            position(&layout, Node::Passage(2)).map(|(layer, _)| layer),
            Some(1)
        );
    }

    #[test]
    fn circles_and_long_chains_have_a_place() {
        assert_eq!(layout(2, &[(0, 1), (1, 0)]).layers.len(), 2);
        let chain: Vec<_> = (1..5000).map(|table| (table, table - 1)).collect();
        assert_eq!(layout(5000, &chain).layers.len(), 5000);
        assert!(layout(0, &[]).layers.is_empty());
    }

    #[test]
    fn edges_that_would_cross_are_untangled() {
        let layout = layout(4, &[(2, 1), (3, 0)]);
        let row = |table| position(&layout, Node::Table(table)).map(|(_, row)| row);
        assert_eq!(row(2) < row(3), row(1) < row(0), "{layout:?}");
    }
}
