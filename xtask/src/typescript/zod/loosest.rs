//! The demands of a union, which is as loose as the loosest of its options.

use crate::facts::{Constraints, Kind};

/// Returns the demands of a union of `options`: the loosest of their limits.
pub(super) fn loosest(options: &[Constraints]) -> Constraints {
    let Some((first, others)) = options.split_first() else {
        return Constraints::default();
    };
    if others.iter().all(|other| other == first) {
        return first.clone();
    }
    let all = options;
    let longest: Option<Vec<u32>> = all.iter().map(|one| one.max_length).collect();
    let shortest: Option<Vec<u32>> = all.iter().map(|one| one.min_length).collect();
    let (maximum, exclusive_maximum) =
        loosest_bound(all.iter().map(upper), |one, other| one > other);
    let (minimum, exclusive_minimum) =
        loosest_bound(all.iter().map(lower), |one, other| one < other);
    // What only one of them demands beyond its limits is not demanded of all.
    let demands_more = |one: &Constraints| {
        one.refined || one.format.is_some() || one.pattern.is_some() || one.items.is_some()
    };
    Constraints {
        max_length: longest.and_then(|lengths| lengths.into_iter().max()),
        min_length: shortest.and_then(|lengths| lengths.into_iter().min()),
        maximum,
        exclusive_maximum,
        minimum,
        exclusive_minimum,
        integer: all.iter().all(|one| one.integer),
        coerced: all.iter().any(|one| one.coerced),
        transformed: all.iter().any(|one| one.transformed),
        refined: all.iter().any(demands_more),
        ..Constraints::default()
    }
}

/// The constraints of an option that takes `kind`, with the limits of its values where those are
/// written out: the lengths of texts, and the least and the greatest of the numbers, `literals`. The
/// empty text is how forms say that nothing was entered: it is no shorter value.
pub(super) fn stated(
    kind: &Kind,
    constraints: &Constraints,
    literals: Option<(f64, f64)>,
) -> Constraints {
    let mut constraints = constraints.clone();
    if let Kind::Enum(values) = kind {
        let length = |value: &String| u32::try_from(value.chars().count()).unwrap_or(u32::MAX);
        let lengths: Vec<u32> = values.iter().map(length).collect();
        let shortest = lengths.iter().copied().filter(|length| *length > 0).min();
        constraints.max_length = lengths.into_iter().max();
        constraints.min_length = shortest.or(Some(u32::MAX));
    }
    if let Some((least, greatest)) = literals {
        (constraints.minimum, constraints.maximum) = (Some(least), Some(greatest));
    }
    constraints
}

/// A bound, and whether it is exclusive.
type LoosestBound = (f64, bool);

fn upper(of: &Constraints) -> Option<LoosestBound> {
    let exclusive = of.exclusive_maximum.map(|value| (value, true));
    match (of.maximum.map(|value| (value, false)), exclusive) {
        (Some(one), Some(other)) => Some(if one.0 < other.0 { one } else { other }),
        (one, other) => one.or(other),
    }
}

fn lower(of: &Constraints) -> Option<LoosestBound> {
    let exclusive = of.exclusive_minimum.map(|value| (value, true));
    match (of.minimum.map(|value| (value, false)), exclusive) {
        (Some(one), Some(other)) => Some(if one.0 > other.0 { one } else { other }),
        (one, other) => one.or(other),
    }
}

/// The loosest of `bounds`, as an inclusive or as an exclusive one; none where one of them is open.
fn loosest_bound(
    bounds: impl Iterator<Item = Option<LoosestBound>>,
    is_looser: fn(f64, f64) -> bool,
) -> (Option<f64>, Option<f64>) {
    let mut loosest: Option<LoosestBound> = None;
    for bound in bounds {
        let Some((value, exclusive)) = bound else {
            return (None, None);
        };
        let is_looser = loosest.is_none_or(|(known, known_exclusive)| {
            is_looser(value, known) || (!is_looser(known, value) && known_exclusive && !exclusive)
        });
        if is_looser {
            loosest = Some((value, exclusive));
        }
    }
    match loosest {
        Some((value, true)) => (None, Some(value)),
        Some((value, false)) => (Some(value), None),
        None => (None, None),
    }
}
