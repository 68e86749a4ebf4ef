//! Placeholders of Flyway, `${schema}`, in the SQL of migrations. Their values come from this
//! tool's configuration and from Flyway's, in the folder of the migrations or above it.

use std::collections::BTreeMap;

use crate::migrations::preflight::PreflightProblem;
use crate::migrations::sql::{self, TokenKind};
use crate::tree::Tree;

/// Flyway's own files, in any folder from that of the migrations to the root.
const FILES: [&str; 4] = [
    "flyway.conf",
    "flyway.toml",
    "conf/flyway.conf",
    "conf/flyway.toml",
];

/// The settings of placeholders. Names are in lower case, since Flyway does not tell them apart by
/// case.
#[derive(Debug)]
pub(super) struct Placeholders {
    values: BTreeMap<String, String>,
    prefix: String,
    suffix: String,
    is_on: bool,
}

impl Placeholders {
    /// The settings for the migrations in `dir`. `configured` comes first, then the nearest file.
    pub fn read(tree: &dyn Tree, dir: &str, configured: &BTreeMap<String, String>) -> Self {
        let mut settings: BTreeMap<String, String> = BTreeMap::new();
        for folder in folders(dir) {
            for name in FILES {
                let path = if folder.is_empty() {
                    name.to_owned()
                } else {
                    format!("{folder}/{name}")
                };
                if !tree.is_file(&path) {
                    continue;
                }
                // Without the file, its placeholders are told as unknown.
                let bytes = tree.read(&path).unwrap_or_default();
                for (key, value) in file_settings(&path, &String::from_utf8_lossy(&bytes)) {
                    settings.entry(key).or_insert(value);
                }
            }
        }
        let setting = |key: &str| settings.get(&format!("flyway.{key}")).cloned();
        let first = |names: String| names.split(',').next().map(|one| one.trim().to_owned());
        let schema = setting("defaultschema").or_else(|| setting("schemas").and_then(first));
        let mut values = BTreeMap::from([
            (
                "flyway:defaultschema".to_owned(),
                schema.unwrap_or_else(|| "public".to_owned()),
            ),
            (
                "flyway:table".to_owned(),
                setting("table").unwrap_or_else(|| "flyway_schema_history".to_owned()),
            ),
        ]);
        for (key, value) in &settings {
            if let Some(name) = key.strip_prefix("flyway.placeholders.") {
                values.insert(name.to_owned(), value.clone());
            }
        }
        let own = configured.iter();
        values.extend(own.map(|(name, value)| (name.to_lowercase(), value.clone())));
        Self {
            values,
            prefix: setting("placeholderprefix").unwrap_or_else(|| "${".to_owned()),
            suffix: setting("placeholdersuffix").unwrap_or_else(|| "}".to_owned()),
            is_on: setting("placeholderreplacement").as_deref() != Some("false"),
        }
    }

    /// The SQL `text` of `file` with the values of its placeholders, and a problem for each name
    /// that has none. Every line stays the line of the file. So does every byte, where blanks can
    /// make up for values of another length.
    pub fn fill(&self, file: &str, text: String) -> (String, Vec<PreflightProblem>) {
        if !self.is_on || !text.contains(&self.prefix) {
            return (text, Vec::new());
        }
        let mut filled = Filled::default();
        let mut problems = Vec::new();
        let mut unit = String::new();
        let mut start = 0;
        for token in sql::tokens(&text) {
            let own = token.text(&text);
            if token.is_significant() {
                unit += own;
                continue;
            }
            self.push(&mut filled, (file, &text, start), &unit, &mut problems);
            unit.clear();
            filled.push_blank(own, token.kind == TokenKind::Whitespace);
            start = token.span.range().end;
        }
        self.push(&mut filled, (file, &text, start), &unit, &mut problems);
        filled.pad();
        (filled.text, problems)
    }

    /// Adds `unit`, SQL without blanks but those in quotes, which begins at byte `start` of `text`.
    fn push(
        &self,
        filled: &mut Filled,
        (file, text, start): (&str, &str, usize),
        unit: &str,
        problems: &mut Vec<PreflightProblem>,
    ) {
        let mut rest = unit;
        let mut written = String::new();
        while let Some((before, after)) = rest.split_once(&self.prefix) {
            let Some((name, after)) = after.split_once(&self.suffix) else {
                break;
            };
            written += before;
            let is_name = name
                .chars()
                .all(|one| one.is_alphanumeric() || "_.:-".contains(one));
            let value = match name.to_lowercase().as_str() {
                "flyway:filename" => Some(file.rsplit('/').next().unwrap_or(file).to_owned()),
                known => self.values.get(known).cloned(),
            };
            match value {
                Some(value) => written += &value,
                None => {
                    let at = start + unit.len() - rest.len() + before.len();
                    if is_name {
                        problems.push(self.unknown(file, &text[..at], name));
                    }
                    written += &format!("{}{name}{}", self.prefix, self.suffix);
                }
            }
            rest = after;
        }
        written += rest;
        filled.push(&written, unit.len());
    }

    fn unknown(&self, file: &str, before: &str, name: &str) -> PreflightProblem {
        let mut problem = PreflightProblem::of_file(
            file,
            format!(
                "the placeholder `{}{name}{}` has no value in the files of Flyway",
                self.prefix, self.suffix
            ),
            "PostgreSQL would refuse it as it stands",
            format!(
                "write the value that Flyway gets elsewhere under `migrations`, as \
                 `placeholders = {{ \"{name}\" = \"…\" }}`"
            ),
        );
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        problem.location.line = u32::try_from(line).unwrap_or(u32::MAX);
        problem.location.column = u32::try_from(column).unwrap_or(u32::MAX);
        problem
    }
}

/// A text in which values stand for placeholders.
#[derive(Debug, Default)]
struct Filled {
    text: String,
    /// Bytes that the text lacks against that of the file.
    lacking: usize,
    /// Bytes that it has in excess.
    excess: usize,
}

impl Filled {
    fn push(&mut self, written: &str, length: usize) {
        self.text += written;
        let (lacking, excess) = (self.lacking + length, self.excess + written.len());
        let common = lacking.min(excess);
        (self.lacking, self.excess) = (lacking - common, excess - common);
    }

    /// Adds blanks or a comment. What lacks is made up for before them; what is in excess is taken
    /// from spaces, of which one stays.
    fn push_blank(&mut self, text: &str, is_white_space: bool) {
        self.pad();
        let mut kept = String::new();
        for one in text.chars() {
            if is_white_space && self.excess > 0 && one == ' ' && kept.ends_with([' ', '\n']) {
                self.excess -= 1;
            } else {
                kept.push(one);
            }
        }
        self.text += &kept;
    }

    fn pad(&mut self) {
        self.text += &" ".repeat(self.lacking);
        self.lacking = 0;
    }
}

/// `dir` and the folders above it, with the root as an empty text.
fn folders(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |folder| above(folder))
}

fn above(folder: &str) -> Option<&str> {
    if folder.is_empty() {
        return None;
    }
    Some(folder.rsplit_once('/').map_or("", |(above, _)| above))
}

/// The settings in a file of Flyway, by their names in lower case: `flyway.placeholders.schema`.
fn file_settings(path: &str, text: &str) -> Vec<(String, String)> {
    if path.ends_with(".toml") {
        let mut found = Vec::new();
        if let Ok(toml::Value::Table(table)) = text.parse::<toml::Table>().map(toml::Value::Table)
            && let Some(own) = table.get("flyway")
        {
            flatten("flyway", own, &mut found);
        }
        return found;
    }
    let lines = text.lines().map(str::trim);
    let settings = lines.filter(|line| !line.starts_with(['#', '!']));
    settings
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim().to_lowercase(), value.trim().to_owned()))
        .collect()
}

fn flatten(key: &str, value: &toml::Value, found: &mut Vec<(String, String)>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                flatten(&format!("{key}.{}", name.to_lowercase()), value, found);
            }
        }
        toml::Value::Array(values) => {
            let texts = values.iter().filter_map(toml::Value::as_str);
            found.push((key.to_owned(), texts.collect::<Vec<_>>().join(",")));
        }
        toml::Value::String(text) => found.push((key.to_owned(), text.clone())),
        other => found.push((key.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn read(files: &[(&str, &str)]) -> Placeholders {
        let tree = MemoryTree::new(files.iter().copied());
        let configured = BTreeMap::from([("Owner".to_owned(), "app".to_owned())]);
        Placeholders::read(&tree, "db/sql", &configured)
    }

    fn filled(placeholders: &Placeholders, text: &str) -> String {
        let (filled, problems) = placeholders.fill("db/sql/V1__a.sql", text.to_owned());
        assert!(problems.is_empty(), "{problems:?}");
        filled
    }

    #[test]
    fn values_come_from_the_nearest_file_and_the_configuration() {
        let conf = "# x\nflyway.placeholders.schema = shop\nflyway.schemas=core,other\n";
        let toml = "[flyway.placeholders]\nschema = \"far\"\nuser = \"me\"\n";
        let all = read(&[("db/flyway.conf", conf), ("flyway.toml", toml)]);
        assert_eq!(
            filled(
                &all,
                "${schema} ${USER} ${owner} ${flyway:defaultSchema} ${flyway:filename}"
            ),
            "shop      me      app      core                    V1__a.sql         "
        );
        let off = read(&[("flyway.conf", "flyway.placeholderReplacement=false")]);
        assert_eq!(filled(&off, "'${x}'"), "'${x}'");
        let other = read(&[(
            "conf/flyway.conf",
            "flyway.placeholderPrefix=<<\nflyway.placeholderSuffix=>>\nflyway.placeholders.a=1",
        )]);
        assert_eq!(filled(&other, "<<a>> ${b}"), "1     ${b}");
    }

    #[test]
    fn bytes_keep_their_places_where_blanks_can_make_up_for_them() {
        let all = read(&[(
            "flyway.conf",
            "flyway.placeholders.s=long_schema_name\nflyway.placeholders.table_name=t",
        )]);
        for text in [
            "CREATE TABLE ${table_name}_a(id int);\nCREATE TABLE b();",
            "SELECT '${table_name}'; SELECT 1;",
            "CREATE TABLE ${s}.t (\n            id int\n);\nCREATE TABLE b();",
        ] {
            let filled = filled(&all, text);
            assert_eq!(
                filled.find("CREATE TABLE b"),
                text.find("CREATE TABLE b"),
                "{filled}"
            );
            assert_eq!(filled.lines().count(), text.lines().count());
        }
        assert_eq!(
            filled(&all, "SELECT '${table_name}';"),
            "SELECT 't';            "
        );
        assert_eq!(
            filled(&all, "-- ${unknown}\nSELECT 1;"),
            "-- ${unknown}\nSELECT 1;"
        );
    }

    #[test]
    fn an_unknown_name_is_a_problem_at_its_place() {
        let (_, problems) = read(&[]).fill("V1.sql", "SELECT 1;\nSELECT '${who}';".to_owned());
        assert_eq!(problems.len(), 1);
        let shown = problems[0].to_string();
        assert!(
            shown.starts_with("V1.sql:2:9: the placeholder `${who}` has no value")
                && shown.contains("`placeholders = { \"who\" = \"…\" }`"),
            "{shown}"
        );
    }
}
