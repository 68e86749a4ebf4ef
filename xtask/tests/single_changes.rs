//! One change of one file of the sample gives exactly one finding, at the right place. The changes
//! stand in `single_changes.toml`.

use crate::support::monorepo::Monorepo;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Table {
    change: Vec<Change>,
}

/// One change, and the finding it must give.
#[derive(Debug, Deserialize)]
pub struct Change {
    pub title: String,
    pub file: String,
    pub replace: String,
    pub with: String,
    expect: Expected,
}

impl Change {
    /// The type of the finding.
    pub fn kind(&self) -> &str {
        &self.expect.r#type
    }
}

/// A finding. Its place is the first line of `file` that holds `line`, after the change.
#[derive(Debug, Deserialize)]
struct Expected {
    r#type: String,
    entity: String,
    field: Option<String>,
    file: Option<String>,
    line: String,
}

/// All of them.
pub fn changes() -> Vec<Change> {
    let Table { change } =
        toml::from_str(include_str!("single_changes.toml")).expect("a table of changes");
    change
}

#[test]
fn one_change_gives_one_finding() {
    let changes = changes();
    assert!(changes.len() >= 40, "{} changes", changes.len());
    let repo = Monorepo::sample();
    assert_eq!(
        findings(&repo),
        Vec::<String>::new(),
        "the sample is clean before it is changed"
    );
    let wrong: Vec<String> = changes
        .iter()
        .filter_map(|change| judge(&repo, change).err())
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} changes:\n\n{}",
        wrong.len(),
        changes.len(),
        wrong.join("\n\n")
    );
}

/// Makes the change, compares the findings with the expected one, undoes the change.
fn judge(repo: &Monorepo, change: &Change) -> Result<(), String> {
    let original = repo.read(&change.file);
    repo.edit(&change.file, &change.replace, &change.with);
    let expected = change.expect.line_of(repo, &change.file);
    let found = findings(repo);
    repo.write(&change.file, &original);
    if found == [expected.clone()] {
        return Ok(());
    }
    Err(format!(
        "{}\n  expected {expected}\n  found    {}",
        change.title,
        found.join("\n           ")
    ))
}

impl Expected {
    /// `TYPE users.email shared-types/src/tables/user.ts:9`
    fn line_of(&self, repo: &Monorepo, changed: &str) -> String {
        let file = self.file.as_deref().unwrap_or(changed);
        let text = repo.read(file);
        let line = text.lines().position(|line| line.contains(&self.line));
        let line = line.unwrap_or_else(|| panic!("{file} has no line with {:?}", self.line)) + 1;
        let field = self
            .field
            .as_ref()
            .map_or(String::new(), |field| format!(".{field}"));
        format!("{} {}{field} {file}:{line}", self.r#type, self.entity)
    }
}

/// The findings of `db-verify`, errors and warnings, in the form of [`Expected::line_of`].
fn findings(repo: &Monorepo) -> Vec<String> {
    let run = repo.run(&["db-verify", "--format", "json"]);
    assert!(run.code <= 1, "{run:?}");
    let report = run.json();
    let parts = [
        "migrations",
        "typeAlignment",
        "apiContractCompatibility",
        "validationSchemaConsistency",
    ];
    let lists = parts
        .iter()
        .flat_map(|part| ["errors", "warnings"].map(|level| &report[part][level]));
    lists
        .filter_map(Value::as_array)
        .flatten()
        .map(one_line)
        .collect()
}

fn one_line(finding: &Value) -> String {
    let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let field = finding["field"]
        .as_str()
        .map_or(String::new(), |field| format!(".{field}"));
    let place = &finding["locations"][0];
    let file = place["file"].as_str().unwrap_or("no file");
    format!(
        "{} {}{field} {file}:{}",
        text("type"),
        text("entity"),
        place["line"]
    )
}
