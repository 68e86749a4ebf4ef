//! Divides a fleet into waves: the canaries, then growing parts of the rest.

use super::FleetTarget;

/// The databases that are migrated before the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// Its name for people: `canaries`, `10%`, `the rest`.
    pub name: String,
    /// Whether the next wave begins only where all of these succeeded.
    pub is_canary: bool,
    /// The places of its databases in the list.
    pub databases: Vec<usize>,
}

/// Divides the databases at `places` of `targets`, which are to be migrated. `canaries` is the
/// label of the first ones. Each of `percentages` says how much of the databases is done after its
/// wave.
#[must_use]
pub fn waves(
    targets: &[FleetTarget],
    places: &[usize],
    canaries: Option<&str>,
    percentages: &[u32],
) -> Vec<Wave> {
    let is_canary = |place: &&usize| {
        let labels = targets.get(**place).map(|target| target.labels.as_slice());
        canaries.is_some_and(|canary| labels.unwrap_or_default().iter().any(|one| one == canary))
    };
    let (first, rest): (Vec<&usize>, Vec<&usize>) = places.iter().partition(is_canary);
    let mut waves = Vec::new();
    let mut add = |name: String, is_canary: bool, databases: &[&usize]| {
        if !databases.is_empty() {
            waves.push(Wave {
                name,
                is_canary,
                databases: databases.iter().map(|place| **place).collect(),
            });
        }
    };
    add("canaries".to_owned(), true, &first);
    let mut begun = 0;
    for percentage in percentages {
        let share = places.len() * usize::try_from(*percentage).unwrap_or(100);
        // Rounded up, so that no wave is empty. Canaries count among those that are done.
        let done = share.div_ceil(100).saturating_sub(first.len());
        let end = done.clamp(begun, rest.len());
        add(format!("{percentage}%"), false, &rest[begun..end]);
        begun = end;
    }
    let name = match (begun, first.len()) {
        (0, 0) => "all",
        _divided => "the rest",
    };
    add(name.to_owned(), false, &rest[begun..]);
    waves
}

#[cfg(test)]
mod tests {
    use super::super::{Templates, UrlTrust, parse, resolve};
    use super::*;

    fn shown(list: &str, canaries: Option<&str>, percentages: &[u32]) -> Vec<String> {
        let listed = parse(list).expect("a list");
        let templates = Templates {
            url: Some("postgresql://h/{name}"),
            schema: None,
        };
        let targets = resolve(listed, templates, UrlTrust::Kept, &|_| None).expect("targets");
        let places: Vec<usize> = (0..targets.len()).collect();
        let waves = waves(&targets, &places, canaries, percentages);
        let one = |wave: Wave| format!("{} {:?}", wave.name, wave.databases);
        waves.into_iter().map(one).collect()
    }

    #[test]
    fn canaries_come_first_and_then_growing_parts() {
        let list = "a\nb c\nc\nd\ne c\nf\ng\nh\ni\nj";
        assert_eq!(
            shown(list, None, &[]),
            ["all [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"]
        );
        assert_eq!(
            shown(list, Some("c"), &[10, 50]),
            [
                "canaries [1, 4]",
                "50% [0, 2, 3]",
                "the rest [5, 6, 7, 8, 9]"
            ]
        );
        assert_eq!(
            shown("a\nb\nc", None, &[1, 50, 100]),
            ["1% [0]", "50% [1]", "100% [2]"]
        );
        assert_eq!(shown("a c", Some("c"), &[50]), ["canaries [0]"]);
    }
}
