//! Gaps: values that a schema accepts and its column does not.

use crate::checks::check_constraints::Bound;
use crate::checks::entities::ColumnFacts;
use crate::facts::{Constraints, Field, Kind};
use crate::schema::types::Scalar;

/// One thing that a schema does not demand.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Gap {
    /// Longer strings than the column holds, or than a CHECK allows; and what the schema allows.
    MaxLength(u32, Option<u32>),
    /// Shorter strings than a CHECK allows.
    MinLength(u32, Option<u32>),
    /// Greater numbers, and what the schema allows; whether a CHECK says so.
    Maximum(Bound, Option<f64>, BoundSource),
    /// Smaller numbers.
    Minimum(Bound, Option<f64>, BoundSource),
    /// Fractions for a column of whole numbers.
    Fraction,
    /// Any string for a pattern that a CHECK demands.
    Pattern(String),
    /// Any string for a uuid.
    Uuid,
}

/// Where a bound comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BoundSource {
    Check,
    Type,
}

/// Describes all of `gaps` in words, the two ends of a range at once.
pub(super) fn in_words(gaps: &[Gap]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut left = gaps;
    while let [first, rest @ ..] = left {
        if let (Gap::Minimum(least, None, _), [Gap::Maximum(greatest, None, _), after @ ..]) =
            (first, rest)
            && !least.exclusive
            && !greatest.exclusive
        {
            words.push(format!(
                "any number, but the database allows {} to {}",
                least.value, greatest.value
            ));
            left = after;
        } else {
            words.push(first.in_words());
            left = rest;
        }
    }
    words.join("; ")
}

impl Gap {
    /// Describes the values that the gap lets in.
    fn in_words(&self) -> String {
        match self {
            Self::MaxLength(limit, None) => {
                format!("any length, but the column holds {limit} characters")
            }
            Self::MaxLength(limit, Some(max)) => {
                format!("up to {max} characters, but the column holds {limit}")
            }
            Self::MinLength(limit, None | Some(0)) => {
                format!("any length, but a CHECK demands {limit} or more characters")
            }
            Self::MinLength(limit, Some(min)) => {
                format!("{min} characters, but a CHECK demands {limit} or more")
            }
            Self::Maximum(bound, None, _) => {
                format!(
                    "any number, but the database allows {} {}",
                    at_most(bound),
                    bound.value
                )
            }
            Self::Maximum(bound, Some(max), _) => {
                format!(
                    "up to {max}, but the database allows {} {}",
                    at_most(bound),
                    bound.value
                )
            }
            Self::Minimum(bound, None, _) => {
                format!(
                    "any number, but the database allows {} {}",
                    at_least(bound),
                    bound.value
                )
            }
            Self::Minimum(bound, Some(min), _) => {
                format!(
                    "{min} and more, but the database allows {} {}",
                    at_least(bound),
                    bound.value
                )
            }
            Self::Fraction => "fractions, but the column holds whole numbers".into(),
            Self::Pattern(pattern) => {
                format!("any string, but a CHECK demands the pattern `{pattern}`")
            }
            Self::Uuid => "any string, but the column holds a uuid".into(),
        }
    }

    /// The method that closes it: `.max(100)`.
    pub(super) fn method(&self) -> String {
        let (name, argument) = self.call();
        format!(".{name}({argument})")
    }

    /// The name of that method, and what it is called with.
    pub(super) fn call(&self) -> (&'static str, String) {
        match self {
            Self::MaxLength(limit, _) => ("max", limit.to_string()),
            Self::MinLength(limit, _) => ("min", limit.to_string()),
            Self::Maximum(bound, ..) if bound.exclusive => ("lt", bound.value.to_string()),
            Self::Maximum(bound, ..) => ("max", bound.value.to_string()),
            Self::Minimum(bound, ..) if bound.exclusive => ("gt", bound.value.to_string()),
            Self::Minimum(bound, ..) => ("min", bound.value.to_string()),
            Self::Fraction => ("int", String::new()),
            Self::Pattern(pattern) => ("regex", format!("/{}/", pattern.replace('/', "\\/"))),
            Self::Uuid => ("uuid", String::new()),
        }
    }

    /// Whether the schema says nothing about it, so that a method can be added.
    pub(super) fn is_absent(&self) -> bool {
        match self {
            Self::MaxLength(_, given) | Self::MinLength(_, given) => given.is_none(),
            Self::Maximum(_, given, _) | Self::Minimum(_, given, _) => given.is_none(),
            Self::Fraction | Self::Uuid => true,
            // PostgreSQL's notation is not quite JavaScript's.
            Self::Pattern(_) => false,
        }
    }

    /// The limit that the schema states, which another can take the place of.
    pub(super) fn given(&self) -> Option<f64> {
        match self {
            Self::MaxLength(_, given) | Self::MinLength(_, given) => given.map(f64::from),
            Self::Maximum(_, given, _) | Self::Minimum(_, given, _) => *given,
            Self::Fraction | Self::Uuid | Self::Pattern(_) => None,
        }
    }

    /// Whether the schema states a limit of its own, which is too wide.
    pub(super) fn is_stated(&self) -> bool {
        match self {
            Self::MaxLength(_, given) => given.is_some(),
            Self::MinLength(_, given) => given.is_some_and(|given| given > 0),
            Self::Maximum(_, given, _) | Self::Minimum(_, given, _) => given.is_some(),
            Self::Fraction | Self::Uuid | Self::Pattern(_) => false,
        }
    }

    /// Whether a CHECK demands it, and not the column's type.
    pub(super) fn is_of_check(&self, facts: &ColumnFacts<'_>) -> bool {
        match self {
            Self::MaxLength(limit, _) => facts.ty.length != Some(*limit),
            Self::Maximum(_, _, source) | Self::Minimum(_, _, source) => {
                *source == BoundSource::Check
            }
            Self::MinLength(..) | Self::Pattern(_) => true,
            Self::Fraction | Self::Uuid => false,
        }
    }

    /// Whether it is an error: somebody wrote the limit down, in the migration or in the schema.
    pub(super) fn is_serious(&self) -> bool {
        match self {
            Self::MaxLength(..) | Self::MinLength(..) | Self::Pattern(_) => true,
            Self::Maximum(_, given, source) | Self::Minimum(_, given, source) => {
                *source == BoundSource::Check || given.is_some()
            }
            Self::Fraction | Self::Uuid => false,
        }
    }
}

fn at_most(bound: &Bound) -> &'static str {
    if bound.exclusive {
        "less than"
    } else {
        "at most"
    }
}

fn at_least(bound: &Bound) -> &'static str {
    if bound.exclusive {
        "more than"
    } else {
        "at least"
    }
}

/// Everything that `field`, or each item of it, lets in and the column refuses.
pub(super) fn gaps(facts: &ColumnFacts<'_>, field: &Field) -> Vec<Gap> {
    let (kind, constraints) = field.innermost();
    let is_array = matches!(field.kind, Kind::Array(_));
    if is_array != facts.ty.array {
        return Vec::new();
    }
    let refined = field.constraints.refined || constraints.refined;
    let mut gaps = match kind {
        Kind::String => of_string(facts, &constraints),
        Kind::Enum(_) if refined => Vec::new(),
        Kind::Enum(values) => too_long_value(facts, values).into_iter().collect(),
        // What is written is another number than the one that was checked.
        Kind::Number | Kind::Bigint if constraints.transformed => Vec::new(),
        Kind::Number | Kind::Bigint => of_number(facts, &constraints, kind),
        Kind::Boolean
        | Kind::Date
        | Kind::Bytes
        | Kind::Json
        | Kind::Array(_)
        | Kind::Union(_)
        | Kind::Any
        | Kind::Unresolved(_) => Vec::new(),
    };
    // A refinement may check what is not written. A limit that is written beside it is what its
    // author believes.
    if refined {
        gaps.retain(Gap::is_stated);
    }
    gaps
}

/// Whether values are left that pass the schema of `field` and fit the column, once `gaps` are
/// closed. Where none are, the two disagree about what the field means.
pub(super) fn leave_values(gaps: &[Gap], facts: &ColumnFacts<'_>, field: &Field) -> bool {
    let (kind, constraints) = field.innermost();
    match kind {
        Kind::String => {
            let format = constraints.format.as_deref();
            let mut least = constraints.min_length.max(format.and_then(shortest));
            let mut most = constraints.max_length.unwrap_or(u32::MAX);
            most = most.min(longest(&constraints).unwrap_or(u32::MAX));
            for gap in gaps {
                match gap {
                    Gap::MaxLength(limit, _) => most = most.min(*limit),
                    Gap::MinLength(limit, _) => least = least.max(Some(*limit)),
                    Gap::Uuid => least = least.max(shortest("uuid")),
                    Gap::Maximum(..) | Gap::Minimum(..) | Gap::Fraction | Gap::Pattern(_) => {}
                }
            }
            least.unwrap_or(0) <= most
        }
        Kind::Number | Kind::Bigint => {
            let whole = constraints.integer || gaps.contains(&Gap::Fraction) || facts.is_whole();
            let lowest = gaps.iter().filter_map(|gap| match gap {
                Gap::Minimum(bound, ..) => Some(*bound),
                _ => None,
            });
            let highest = gaps.iter().filter_map(|gap| match gap {
                Gap::Maximum(bound, ..) => Some(*bound),
                _ => None,
            });
            lower(&constraints).into_iter().chain(lowest).all(|low| {
                let mut above = upper(&constraints).into_iter().chain(highest.clone());
                above.all(|high| is_range(low, high, whole))
            })
        }
        // Values that are written out are no limits.
        _ => true,
    }
}

/// Whether there are numbers from `low` to `high`.
fn is_range(low: Bound, high: Bound, whole: bool) -> bool {
    let (mut least, mut greatest) = (low.value, high.value);
    if whole {
        least = if low.exclusive {
            (least + 1.0).floor()
        } else {
            least.ceil()
        };
        greatest = if high.exclusive {
            (greatest - 1.0).ceil()
        } else {
            greatest.floor()
        };
        return least <= greatest;
    }
    least < greatest || (least <= greatest && !low.exclusive && !high.exclusive)
}

/// Formats whose strings are never shorter than this.
fn shortest(format: &str) -> Option<u32> {
    match format {
        "uuid" | "guid" | "uuidv4" | "uuidv6" | "uuidv7" => Some(36),
        "ksuid" => Some(27),
        "ulid" => Some(26),
        "nanoid" => Some(21),
        "xid" => Some(20),
        "datetime" | "mac" => Some(17),
        "date" => Some(10),
        "cuid" => Some(9),
        "e164" => Some(8),
        "email" => Some(6),
        "time" => Some(5),
        _of_any_length => None,
    }
}

/// Formats whose strings are never longer than this.
fn longest(constraints: &Constraints) -> Option<u32> {
    let version = constraints.format_options.version;
    match (constraints.format.as_deref()?, version) {
        ("uuid", _) => Some(36),
        ("ksuid", _) => Some(27),
        ("ulid", _) => Some(26),
        ("nanoid", _) => Some(21),
        ("xid", _) => Some(20),
        ("mac", _) => Some(17),
        ("e164", _) => Some(16),
        ("date", _) => Some(10),
        ("ip", Some(4)) => Some(15),
        ("ip", _) => Some(45),
        ("cidr", Some(4)) => Some(18),
        ("cidr", _) => Some(49),
        (_unbounded, _) => None,
    }
}

fn of_string(facts: &ColumnFacts<'_>, constraints: &Constraints) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let shaped = constraints.pattern.is_some();
    let max = constraints.max_length.or_else(|| longest(constraints));
    if let Some(limit) = facts.demands.max_length
        // A pattern may bound the length; which it does cannot be told.
        && (max.is_some_and(|max| max > limit) || (max.is_none() && !shaped))
    {
        gaps.push(Gap::MaxLength(limit, constraints.max_length));
    }
    let shaped = shaped || constraints.format.is_some();
    if let Some(limit) = facts.demands.min_length
        && !shaped
        && constraints.min_length.unwrap_or(0) < limit
    {
        gaps.push(Gap::MinLength(limit, constraints.min_length));
    }
    if let Some(pattern) = facts.demands.patterns.first()
        && !shaped
    {
        gaps.push(Gap::Pattern(pattern.clone()));
    }
    if matches!(&facts.ty.scalar, Scalar::Builtin(name) if name == "uuid") && !shaped {
        gaps.push(Gap::Uuid);
    }
    gaps
}

fn too_long_value(facts: &ColumnFacts<'_>, values: &[String]) -> Option<Gap> {
    let limit = facts.demands.max_length?;
    let length = |value: &String| u32::try_from(value.chars().count()).unwrap_or(u32::MAX);
    let longest = values.iter().map(length).max()?;
    (longest > limit).then_some(Gap::MaxLength(limit, Some(longest)))
}

fn of_number(facts: &ColumnFacts<'_>, constraints: &Constraints, kind: &Kind) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let Scalar::Builtin(name) = &facts.ty.scalar else {
        return gaps;
    };
    let whole = matches!(name.as_str(), "smallint" | "integer" | "bigint");
    let range = facts.range();
    let lower = lower(constraints);
    if let Some((bound, source)) = tightest(
        facts.demands.minimum,
        range.map(|(min, _)| min),
        |check, ty| check >= ty,
    ) && is_below(lower, bound, whole)
        && (source == BoundSource::Check || lower.is_some())
    {
        gaps.push(Gap::Minimum(bound, lower.map(|bound| bound.value), source));
    }
    let upper = upper(constraints);
    if let Some((bound, source)) = tightest(
        facts.demands.maximum,
        range.map(|(_, max)| max),
        |check, ty| check <= ty,
    ) && is_above(upper, bound, whole)
        && (source == BoundSource::Check || upper.is_some() || name == "smallint")
    {
        gaps.push(Gap::Maximum(bound, upper.map(|bound| bound.value), source));
    }
    if whole && *kind == Kind::Number && !constraints.integer {
        gaps.push(Gap::Fraction);
    }
    gaps
}

fn tightest(
    check: Option<Bound>,
    ty: Option<f64>,
    is_tighter: fn(f64, f64) -> bool,
) -> Option<(Bound, BoundSource)> {
    match (check, ty) {
        (Some(check), Some(ty)) if !is_tighter(check.value, ty) => Some((
            Bound {
                value: ty,
                exclusive: false,
            },
            BoundSource::Type,
        )),
        (Some(check), _) => Some((check, BoundSource::Check)),
        (None, Some(ty)) => Some((
            Bound {
                value: ty,
                exclusive: false,
            },
            BoundSource::Type,
        )),
        (None, None) => None,
    }
}

fn upper(constraints: &Constraints) -> Option<Bound> {
    let inclusive = constraints.maximum.map(|value| Bound {
        value,
        exclusive: false,
    });
    let exclusive = constraints.exclusive_maximum.map(|value| Bound {
        value,
        exclusive: true,
    });
    [inclusive, exclusive]
        .into_iter()
        .flatten()
        .min_by(|left, right| left.value.total_cmp(&right.value))
}

fn lower(constraints: &Constraints) -> Option<Bound> {
    let inclusive = constraints.minimum.map(|value| Bound {
        value,
        exclusive: false,
    });
    let exclusive = constraints.exclusive_minimum.map(|value| Bound {
        value,
        exclusive: true,
    });
    [inclusive, exclusive]
        .into_iter()
        .flatten()
        .max_by(|left, right| left.value.total_cmp(&right.value))
}

/// Whether the schema's upper bound lets numbers in that are above the database's.
fn is_above(given: Option<Bound>, limit: Bound, whole: bool) -> bool {
    given.is_none_or(|given| greatest(given, whole) > greatest(limit, whole))
}

fn is_below(given: Option<Bound>, limit: Bound, whole: bool) -> bool {
    given.is_none_or(|given| least(given, whole) < least(limit, whole))
}

/// Returns the greatest value that the bound allows, for comparisons. For whole numbers, less than
/// 5 is at most 4; for others, a little less than 5.
fn greatest(bound: Bound, whole: bool) -> (f64, bool) {
    if bound.exclusive && whole {
        (bound.value - 1.0, true)
    } else {
        (bound.value, !bound.exclusive)
    }
}

fn least(bound: Bound, whole: bool) -> (f64, bool) {
    if bound.exclusive && whole {
        (bound.value + 1.0, false)
    } else {
        (bound.value, bound.exclusive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(value: f64, exclusive: bool) -> Bound {
        Bound { value, exclusive }
    }

    #[test]
    fn a_range_without_numbers_is_none() {
        assert!(is_range(bound(1.0, false), bound(1.0, false), true));
        assert!(!is_range(bound(10.0, false), bound(5.0, false), true));
        assert!(!is_range(bound(1.0, true), bound(2.0, true), true));
        assert!(is_range(bound(1.0, true), bound(2.0, true), false));
        assert!(!is_range(bound(1.0, true), bound(1.0, false), false));
        assert!(!is_range(bound(0.2, false), bound(0.8, false), true));
    }

    #[test]
    fn exclusive_and_inclusive_bounds_are_compared_as_what_they_let_in() {
        assert!(!is_above(Some(bound(6.0, true)), bound(5.0, false), true));
        assert!(is_above(Some(bound(6.0, true)), bound(5.0, false), false));
        assert!(is_above(Some(bound(5.0, false)), bound(5.0, true), false));
        assert!(!is_above(Some(bound(5.0, true)), bound(5.0, true), false));
        assert!(!is_below(Some(bound(0.0, true)), bound(0.0, false), false));
        assert!(is_below(Some(bound(0.0, false)), bound(0.0, true), false));
        assert!(!is_below(Some(bound(0.0, true)), bound(1.0, false), true));
        assert!(is_below(None, bound(0.0, false), true));
    }
}
