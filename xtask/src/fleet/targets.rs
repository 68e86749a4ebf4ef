//! The databases of a fleet: each entry of the list with its address. Everything that is wrong with
//! the list is told at once, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use super::ListedTarget;
use super::template::UrlTemplate;
use crate::postgres::connect::Target;

/// More problems are not listed: the list itself is wrong then.
const LISTED: usize = 20;

/// The longest name: names stand in tables of reports.
const LONGEST_NAME: usize = 200;

/// One database of a fleet.
#[derive(Debug)]
pub struct FleetTarget {
    /// The name of the tenant.
    pub name: String,
    /// Words by which it is chosen.
    pub labels: Vec<String>,
    /// Its database.
    pub target: Arc<Target>,
}

impl FleetTarget {
    /// Whether `word` is its name, or one of its labels.
    #[must_use]
    pub fn is_called(&self, word: &str) -> bool {
        self.name == word || self.labels.iter().any(|label| label == word)
    }
}

/// Whether the URLs of a list may hold passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlTrust {
    /// They are made while the tool runs, and may hold passwords.
    Made,
    /// They are kept somewhere, and hold variables of the environment for passwords.
    Kept,
}

/// Finds the address of each listed database. `template` is `fleet.url`; `variable` knows the
/// environment.
///
/// # Errors
/// When names or databases occur twice, or an address cannot be made. No password is in the error.
pub fn resolve(
    listed: Vec<ListedTarget>,
    template: Option<&str>,
    trust: UrlTrust,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<FleetTarget>> {
    if listed.is_empty() {
        bail!("the fleet has no databases: its list is empty")
    }
    let template = template
        .map(|text| UrlTemplate::parse(text).context("cannot use `fleet.url`"))
        .transpose()?;
    if template
        .as_ref()
        .is_some_and(|template| !template.has_name())
    {
        bail!(
            "`fleet.url` has no `{{name}}`, so that all databases would be the same one: write the name where it belongs, \
             `postgresql://user@host/tenant_{{name}}`"
        )
    }
    let mut problems = listed_twice(&listed);
    let mut targets = Vec::new();
    for one in listed {
        let named = || format!("`{}`", one.name);
        if let Some(problem) = problem_of_name(&one.name) {
            problems.push(format!("{}: {problem}", named()));
            continue;
        }
        match target(&one, template.as_ref(), trust, variable) {
            Ok(target) => targets.push(FleetTarget {
                name: one.name,
                labels: one.labels,
                target: Arc::new(target),
            }),
            Err(error) => problems.push(format!("{}: {error:#}", named())),
        }
    }
    problems.extend(same_database(&targets));
    match problems.len() {
        0 => Ok(targets),
        count => {
            let more = count.saturating_sub(LISTED);
            let mut text = problems[..count - more].join("\n  ");
            if more > 0 {
                text.push_str(&format!("\n  and {more} more"));
            }
            bail!(
                "cannot use the list of the fleet's databases; nothing was connected to:\n  {text}"
            )
        }
    }
}

fn target(
    one: &ListedTarget,
    template: Option<&UrlTemplate>,
    trust: UrlTrust,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Target> {
    let origin = format!("the URL of `{}`", one.name);
    let url = match (&one.url, template, trust) {
        (Some(url), _, UrlTrust::Made) => url.clone(),
        (Some(url), _, UrlTrust::Kept) => UrlTemplate::parse(url)
            .and_then(|template| template.filled(&one.name, variable))
            .with_context(|| format!("cannot use {origin}"))?,
        (None, Some(template), _) => template
            .filled(&one.name, variable)
            .context("cannot use `fleet.url`")?,
        (None, None, _) => bail!("it has no URL, and `fleet.url` is not set"),
    };
    Target::of_url(&url, &origin)
}

fn problem_of_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("a name is empty");
    }
    if name.chars().any(char::is_control) {
        return Some("the name holds control characters");
    }
    (name.len() > LONGEST_NAME).then_some("the name is too long")
}

/// A line for each name that occurs more than once.
fn listed_twice(listed: &[ListedTarget]) -> Vec<String> {
    let mut entries: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (number, one) in (1..).zip(listed) {
        let number: usize = number;
        entries
            .entry(&one.name)
            .or_default()
            .push(number.to_string());
    }
    entries
        .into_iter()
        .filter(|(_, entries)| entries.len() > 1)
        .map(|(name, entries)| {
            format!(
                "`{name}` is listed {} times (entries {})",
                entries.len(),
                entries.join(", ")
            )
        })
        .collect()
}

/// A line for each database that several entries name.
fn same_database(targets: &[FleetTarget]) -> Vec<String> {
    let mut names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for one in targets {
        names.entry(one.target.place()).or_default().push(&one.name);
    }
    names
        .into_iter()
        // A name that is listed twice is told already.
        .filter(|(_, names)| names.iter().any(|name| *name != names[0]))
        .map(|(place, names)| format!("`{}` are the same database, `{place}`", names.join("`, `")))
        .collect()
}

/// Keeps the targets that one of `wanted` names, by name or by label; all where nothing is wanted.
///
/// # Errors
/// When one of `wanted` names no database.
pub fn selected(targets: Vec<FleetTarget>, wanted: &[String]) -> Result<Vec<FleetTarget>> {
    if wanted.is_empty() {
        return Ok(targets);
    }
    refuse_unknown(&targets, wanted)?;
    let is_wanted = |target: &FleetTarget| wanted.iter().any(|word| target.is_called(word));
    Ok(targets.into_iter().filter(is_wanted).collect())
}

/// Leaves out the targets that one of `unwanted` names, by name or by label.
///
/// # Errors
/// When one of `unwanted` names no database: the database that was meant would be worked on.
pub fn without(targets: Vec<FleetTarget>, unwanted: &[String]) -> Result<Vec<FleetTarget>> {
    refuse_unknown(&targets, unwanted)?;
    let is_wanted = |target: &FleetTarget| !unwanted.iter().any(|word| target.is_called(word));
    Ok(targets.into_iter().filter(is_wanted).collect())
}

fn refuse_unknown(targets: &[FleetTarget], words: &[String]) -> Result<()> {
    for word in words {
        if targets.iter().any(|target| target.is_called(word)) {
            continue;
        }
        let likeness = |known: &&str| (strsim::jaro_winkler(word, known) * 1000.0) as u32;
        let known = targets
            .iter()
            .flat_map(|one| one.labels.iter().chain([&one.name]));
        // As elsewhere: below 750 thousandths two names have little in common.
        let nearest = known
            .map(String::as_str)
            .max_by_key(likeness)
            .filter(|known| likeness(known) > 750);
        let hint = nearest.map_or_else(String::new, |known| format!(", did you mean `{known}`?"));
        bail!("`{word}` is neither a name nor a label of the fleet{hint}")
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn resolved(list: &str, template: Option<&str>, trust: UrlTrust) -> String {
        let variable = |name: &str| (name == "SECRET").then(|| "hunter2".to_owned());
        let targets = resolve(parse(list).expect("a list"), template, trust, &variable);
        match targets {
            Ok(targets) => targets
                .iter()
                .map(|one| format!("{} {}", one.name, one.target.describe()))
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn each_database_has_an_address_without_its_password() {
        let template = Some("postgresql://app:${SECRET}@db.example/tenant_{name}");
        assert_eq!(
            resolved("acme canary\nbeta", template, UrlTrust::Kept),
            "acme postgresql://app@db.example:5432/tenant_acme; beta postgresql://app@db.example:5432/tenant_beta"
        );
        let made = r#"[{"name": "acme", "url": "postgresql://a:b$%7Bc@h/x"}]"#;
        assert_eq!(
            resolved(made, None, UrlTrust::Made),
            "acme postgresql://a@h:5432/x"
        );
    }

    #[test]
    fn every_problem_is_told_by_name() {
        let template = Some("postgresql://db.example/{name}");
        let told = resolved("acme\nbeta\nacme", template, UrlTrust::Kept);
        assert!(
            told.contains("`acme` is listed 2 times (entries 1, 3)"),
            "{told}"
        );
        assert!(!told.contains("same database"), "{told}");
        let list = r#"["acme", {"name": "other", "url": "postgresql://db.example/acme"},
            {"name": "open", "url": "postgresql://u:hunter2@h/x"}, {"name": "bad", "url": "mysql://h/x"}]"#;
        let told = resolved(list, template, UrlTrust::Kept);
        for part in [
            "`acme`, `other` are the same database, `db.example:5432/acme`",
            "`open`: cannot use the URL of `open`: it holds a password",
            "`bad`: cannot read the URL of `bad`: it is a URL of `mysql`",
        ] {
            assert!(told.contains(part), "{part:?} is not in {told}");
        }
        assert!(!told.contains("hunter2"), "{told}");
    }

    #[test]
    fn a_template_needs_the_name_and_a_list_needs_entries() {
        let told = resolved("acme", Some("postgresql://h/x"), UrlTrust::Kept);
        assert!(told.starts_with("`fleet.url` has no `{name}`"), "{told}");
        assert!(resolved("acme", None, UrlTrust::Kept).contains("it has no URL"));
        assert!(resolved("# none", None, UrlTrust::Kept).contains("its list is empty"));
    }

    #[test]
    fn databases_are_chosen_by_name_or_label() {
        let chosen = |wanted: &[&str]| {
            let listed = parse("acme canary\nbeta\ngamma canary").expect("a list");
            let template = Some("postgresql://h/{name}");
            let targets = resolve(listed, template, UrlTrust::Kept, &|_| None).expect("targets");
            let wanted: Vec<String> = wanted.iter().map(|word| (*word).to_owned()).collect();
            match selected(targets, &wanted) {
                Ok(targets) => targets.into_iter().map(|one| one.name).collect::<Vec<_>>(),
                Err(error) => vec![format!("{error:#}")],
            }
        };
        assert_eq!(chosen(&[]), ["acme", "beta", "gamma"]);
        assert_eq!(chosen(&["canary"]), ["acme", "gamma"]);
        assert_eq!(chosen(&["beta", "acme"]), ["acme", "beta"]);
        assert!(chosen(&["canry"])[0].ends_with("did you mean `canary`?"));
    }
}
