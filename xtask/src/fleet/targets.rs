//! The databases of a fleet: each entry of the list with its address. Everything that is wrong with
//! the list is told at once, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use super::template::UrlTemplate;
use super::{ListedTarget, Waiting};
use crate::postgres::connect::Target;

/// More problems are not listed: the list itself is wrong then.
const LISTED: usize = 20;

/// The longest name: names stand in tables of reports.
const LONGEST_NAME: usize = 200;

/// PostgreSQL cuts longer names silently.
const LONGEST_SCHEMA: usize = 63;

/// One database of a fleet.
#[derive(Debug)]
pub struct FleetTarget {
    /// The name of the tenant.
    pub name: String,
    /// Words by which it is chosen.
    pub labels: Vec<String>,
    /// Its database.
    pub target: Arc<Target>,
    /// Its schema, where it shares the database with other tenants.
    pub schema: Option<String>,
}

/// The texts of which addresses are made, with `{name}` for the name of a tenant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Templates<'t> {
    /// `fleet.url`
    pub url: Option<&'t str>,
    /// `fleet.schema`, in a fleet whose tenants share databases.
    pub schema: Option<&'t str>,
}

impl FleetTarget {
    /// Its place for people: the URL of the database without the password, and the schema.
    #[must_use]
    pub fn describe(&self) -> String {
        let database = self.target.describe();
        match &self.schema {
            Some(schema) => format!("{database} (schema {schema})"),
            None => database,
        }
    }

    /// It among others that wait for work, at `place` in the list.
    #[must_use]
    pub fn waiting(&self, place: usize) -> Waiting {
        Waiting {
            place,
            server: self.target.server(),
            shared: self.schema.as_ref().map(|_| self.target.place()),
        }
    }

    /// What tells it from all others: server, database and schema.
    fn place(&self) -> String {
        let database = self.target.place();
        match &self.schema {
            Some(schema) => format!("{database} (schema {schema})"),
            None => database,
        }
    }

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

/// Finds the address of each listed database. `variable` knows the environment.
///
/// # Errors
/// When names or databases occur twice, or an address cannot be made. No password is in the error.
pub fn resolve(
    listed: Vec<ListedTarget>,
    templates: Templates<'_>,
    trust: UrlTrust,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<FleetTarget>> {
    if listed.is_empty() {
        bail!("the fleet has no databases: its list is empty")
    }
    let template = templates
        .url
        .map(|text| UrlTemplate::parse(text).context("cannot use `fleet.url`"))
        .transpose()?;
    if template
        .as_ref()
        .is_some_and(|template| !template.has_name())
        // Tenants with a schema each may all be in one database.
        && templates.schema.is_none()
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
        let found = target(&one, template.as_ref(), trust, variable)
            .and_then(|target| in_schema(target, &one, templates.schema));
        match found {
            Ok((target, schema)) => targets.push(FleetTarget {
                name: one.name,
                labels: one.labels,
                target: Arc::new(target),
                schema,
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

/// The target of `one`, confined to its schema where `template` says that it has one.
fn in_schema(
    target: Target,
    one: &ListedTarget,
    template: Option<&str>,
) -> Result<(Target, Option<String>)> {
    let Some(template) = template else {
        if one.schema.is_some() {
            bail!("it names a schema, which only a fleet with `mode = \"schema\"` has")
        }
        return Ok((target, None));
    };
    let made = || template.replace("{name}", &one.name);
    let schema = one.schema.clone().unwrap_or_else(made);
    if let Some(problem) = problem_of_schema(&schema) {
        bail!("its schema would be `{schema}`, which {problem}")
    }
    let confined = target.in_schema(&schema).context("it has no URL")?;
    Ok((confined, Some(schema)))
}

fn problem_of_schema(schema: &str) -> Option<&'static str> {
    if schema.len() > LONGEST_SCHEMA {
        return Some("is longer than PostgreSQL's names");
    }
    if schema == "public" || schema == "information_schema" || schema.starts_with("pg_") {
        return Some("is no tenant's: objects of all tenants lie there");
    }
    // Such a name would be a way out of the options of a session.
    let is_strange = |one: char| one.is_control() || "'\\$".contains(one);
    (schema.is_empty() || schema.contains(is_strange)).then_some("is no name of a schema")
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
        names.entry(one.place()).or_default().push(&one.name);
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

    fn of_url(url: Option<&str>) -> Templates<'_> {
        Templates { url, schema: None }
    }

    fn resolved(list: &str, template: Option<&str>, trust: UrlTrust) -> String {
        resolved_by(list, of_url(template), trust)
    }

    fn resolved_by(list: &str, templates: Templates<'_>, trust: UrlTrust) -> String {
        let variable = |name: &str| (name == "SECRET").then(|| "hunter2".to_owned());
        let targets = resolve(parse(list).expect("a list"), templates, trust, &variable);
        match targets {
            Ok(targets) => targets
                .iter()
                .map(|one| format!("{} {}", one.name, one.describe()))
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
    fn tenants_of_one_database_have_a_schema_each() {
        let templates = Templates {
            url: Some("postgresql://u@h/app"),
            schema: Some("t_{name}"),
        };
        let told = |list: &str| resolved_by(list, templates, UrlTrust::Kept);
        let own = r#"["acme", {"name": "beta", "schema": "old beta"}]"#;
        assert_eq!(
            told(own),
            "acme postgresql://u@h:5432/app (schema t_acme); \
             beta postgresql://u@h:5432/app (schema old beta)"
        );
        let twice = r#"["acme", {"name": "beta", "schema": "t_acme"}, {"name": "c", "schema": "public"}, "it's"]"#;
        let told = told(twice);
        for part in [
            "`acme`, `beta` are the same database, `h:5432/app (schema t_acme)`",
            "`c`: its schema would be `public`, which is no tenant's",
            "`it's`: its schema would be `t_it's`, which is no name",
        ] {
            assert!(told.contains(part), "{part:?} is not in {told}");
        }
        let schema = resolved(
            r#"[{"name": "a", "schema": "b"}]"#,
            Some("postgresql://h/{name}"),
            UrlTrust::Kept,
        );
        assert!(schema.contains("only a fleet with"), "{schema}");
    }

    #[test]
    fn databases_are_chosen_by_name_or_label() {
        let chosen = |wanted: &[&str]| {
            let listed = parse("acme canary\nbeta\ngamma canary").expect("a list");
            let template = Some("postgresql://h/{name}");
            let targets =
                resolve(listed, of_url(template), UrlTrust::Kept, &|_| None).expect("targets");
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
