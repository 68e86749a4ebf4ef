//! Advice about migrations that run, but hurt. They take locks that stop an application, rewrite
//! whole tables, or break the application's older version. The rules are squawk's; the problems
//! that this tool takes care of itself are left out.

use anyhow::{Result, anyhow, bail};
use squawk_linter::{Linter, Rule, Version, Violation};
use squawk_syntax::SourceFile;

use super::statements::guarded;
use super::{Migration, fails_on_rows};
use crate::config::Config;
use crate::report::{self as documented, Category, Finding, Severity};
use crate::source::{LineIndex, Span};

/// The type of these findings.
pub const KIND: &str = "RISKY_MIGRATION";

/// Returns the documentation of these findings, for reports that carry documentation.
#[must_use]
pub fn documentation() -> documented::Rule {
    documented::Rule {
        kind: KIND,
        summary: "A migration that is not applied yet does what hurts a running application.".into(),
        help: "A migration that is not applied yet does what hurts a running application.\n\n## Why\n\
               It runs, and while it does, or until the last old process is gone, the application fails: a lock that \
               every query waits for, a table that is written anew, a column that the old version still reads.\n\n\
               ## Example\n```sql\nCREATE INDEX users_name ON users (name);\n```\n\
               stops every write to `users` while the index is built; `CREATE INDEX CONCURRENTLY`, in a migration that \
               begins with `-- no-transaction`, does not. The rules are those of squawk; one is accepted where it \
               stands with `-- squawk-ignore <rule>`, or left out with `lint.exclude` in the configuration."
            .into(),
    }
}

/// The rules that are checked.
#[derive(Debug, Clone)]
pub struct LintRules {
    include: Vec<Rule>,
    exclude: Vec<Rule>,
    version: Version,
}

impl LintRules {
    /// Takes squawk's default rules for PostgreSQL `major`, with `include` and without `exclude`.
    ///
    /// # Errors
    /// Names that squawk does not know, with the nearest that it does.
    pub fn new(major: u32, include: &[String], exclude: &[String]) -> Result<Self> {
        let version = format!("{major}.0")
            .parse()
            .map_err(|_| anyhow!("`{major}` is no version of PostgreSQL"))?;
        Ok(Self {
            include: rules("include", include)?,
            exclude: rules("exclude", exclude)?,
            version,
        })
    }
}

fn rules(key: &str, names: &[String]) -> Result<Vec<Rule>> {
    names.iter().map(|name| named(key, name)).collect()
}

fn named(key: &str, name: &str) -> Result<Rule> {
    if let Ok(rule) = Rule::try_from(name) {
        return Ok(rule);
    }
    let likeness = |known: &String| (strsim::jaro_winkler(known, name) * 1000.0) as u32;
    let known = enum_iterator::all::<Rule>().map(|rule| rule.to_string());
    let nearest = known
        .max_by_key(likeness)
        // The names are long and share words (`ban-drop-…`): a lower bound would suggest another
        // rule.
        .filter(|known| likeness(known) > 800);
    let hint = nearest.map_or(String::new(), |known| format!(", did you mean `{known}`?"));
    bail!("`lint.{key}` holds `{name}`, which is no rule of squawk{hint}")
}

/// Runs squawk on `migrations`, each text by itself. Comments `-- squawk-ignore <rule>` are
/// followed.
#[must_use]
pub fn lint(migrations: &[Migration], rules: &LintRules) -> Vec<Finding> {
    migrations
        .iter()
        .flat_map(|migration| of_migration(migration, rules))
        .collect()
}

/// Runs squawk on the new ones of `migrations`, at the severity that the configuration gives.
/// `known` holds the names and checksums of migrations that were linted before.
///
/// # Errors
/// Rules in the configuration that squawk does not know.
pub fn lint_new(
    migrations: &[Migration],
    known: &[(String, u64)],
    config: &Config,
) -> Result<Vec<Finding>> {
    let rules = LintRules::new(
        config.postgres_major,
        &config.lint.include,
        &config.lint.exclude,
    )?;
    let severity = config
        .severity
        .get(KIND)
        .copied()
        .unwrap_or(Some(Severity::Warning));
    let is_known = |migration: &&Migration| {
        known.iter().any(|(name, checksum)| {
            *checksum == migration.checksum && *name == migration.to_string()
        })
    };
    let new: Vec<_> = migrations
        .iter()
        .filter(|migration| !is_known(migration))
        .cloned()
        .collect();
    // A dump is no change: it shows what is there.
    let Some(severity) = severity.filter(|_| config.migrations.schema_from.is_none()) else {
        return Ok(Vec::new());
    };
    Ok(lint(&new, &rules)
        .into_iter()
        .map(|finding| Finding {
            severity,
            ..finding
        })
        .collect())
}

/// As [`lint_new`], with the statements that fail as soon as their table has rows. `migrations` holds
/// the new ones and those before them.
///
/// # Errors
/// As [`lint_new`].
pub fn advise(
    migrations: &[Migration],
    known: &[(String, u64)],
    config: &Config,
) -> Result<Vec<Finding>> {
    let advice = lint_new(migrations, known, config)?;
    let failing = fails_on_rows::find(migrations, known, config);
    Ok(giving_way(advice, failing))
}

/// Returns `findings` and the `advice` about other statements: who reads that a statement fails needs
/// no general advice about it.
#[must_use]
pub fn giving_way(advice: Vec<Finding>, mut findings: Vec<Finding>) -> Vec<Finding> {
    let is_covered = |one: &Finding| {
        let Some(place) = one.location() else {
            return false;
        };
        findings.iter().filter_map(Finding::location).any(|other| {
            other.file == place.file
                && place.span.start < other.span.end
                && other.span.start < place.span.end
        })
    };
    let left: Vec<_> = advice.into_iter().filter(|one| !is_covered(one)).collect();
    findings.extend(left);
    findings
}

fn of_migration(migration: &Migration, rules: &LintRules) -> Vec<Finding> {
    let lines = LineIndex::new(
        migration.file.as_str().into(),
        migration.sql.as_str().into(),
    );
    let violations = violations(migration, rules);
    violations
        .into_iter()
        .map(|violation| finding(migration, &lines, violation))
        .collect()
}

/// Returns the violations in a migration. A text on which squawk panics has none: PostgreSQL tells
/// whether it runs.
fn violations(migration: &Migration, rules: &LintRules) -> Vec<Violation> {
    let ask = || {
        let mut linter = Linter::with_rules(&rules.include, &rules.exclude);
        linter.settings.pg_version = rules.version;
        // squawk does not know whether a file runs in a transaction, on which some of its rules
        // depend.
        linter.settings.assume_in_transaction = !migration.no_transaction;
        linter.lint(&SourceFile::parse(&migration.sql), &migration.sql)
    };
    guarded(&migration.sql, ask).unwrap_or_default()
}

fn finding(migration: &Migration, lines: &LineIndex, violation: Violation) -> Finding {
    let rule = violation.code.to_string();
    let span = Span {
        start: violation.text_range.start().into(),
        end: violation.text_range.end().into(),
    };
    let message = violation.message.trim_end_matches('.').to_owned();
    Finding::new(
        KIND,
        Category::Migrations,
        Severity::Warning,
        &migration.to_string(),
        message,
    )
    .at(&lines.location(span), rule.clone())
    .with_field(rule.clone())
    .with_help(help(violation.help.as_deref(), &rule))
    .with_detail("rule", rule)
}

fn help(advice: Option<&str>, rule: &str) -> String {
    let accept = format!("accept it with `-- squawk-ignore {rule}` on the line above");
    match advice {
        Some(advice) => format!("{}; or {accept}", advice.trim_end_matches('.')),
        None => format!("make sure that the running application survives it, then {accept}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LINT_EXCLUDE;

    fn lint_sql(text: &str, exclude: &[&str]) -> Vec<String> {
        let exclude: Vec<_> = exclude.iter().map(ToString::to_string).collect();
        let rules = LintRules::new(15, &[], &exclude).expect("known rules");
        let migration = Migration::sample(7, "x", text, "");
        let brief = |finding: &Finding| {
            let label = &finding.labels[0];
            format!(
                "{}:{} {}",
                label.location.line, label.location.column, label.text
            )
        };
        lint(&[migration], &rules).iter().map(brief).collect()
    }

    #[test]
    fn risky_statements_are_found_where_they_stand() {
        let text = "create table t (id bigint);\n\ncreate index i on users (name);\nalter table users drop column bio;";
        assert_eq!(
            lint_sql(text, LINT_EXCLUDE),
            [
                "3:1 require-concurrent-index-creation",
                "4:19 ban-drop-column"
            ]
        );
    }

    #[test]
    fn rules_are_switched_off_by_configuration_and_by_comment() {
        let text = "alter table users drop column bio;";
        assert_eq!(
            lint_sql(text, &[LINT_EXCLUDE, &["ban-drop-column"]].concat()),
            [""; 0]
        );
        let text = "-- squawk-ignore ban-drop-column\nalter table users drop column bio;";
        assert_eq!(lint_sql(text, LINT_EXCLUDE), [""; 0]);
    }

    #[test]
    fn comments_switch_off_one_rule_or_several_or_a_file() {
        let text = "alter table users drop column bio;\ncreate index i on users (name);";
        let ignored = |comment: &str| lint_sql(&format!("{comment}\n{text}"), LINT_EXCLUDE);
        assert_eq!(ignored("-- a comment").len(), 2);
        assert_eq!(
            ignored("-- squawk-ignore ban-drop-column"),
            ["3:1 require-concurrent-index-creation"]
        );
        assert_eq!(
            ignored("-- squawk-ignore ban-drop-table, ban-drop-column").len(),
            1
        );
        assert_eq!(ignored("-- squawk-ignore-file").len(), 0);
        assert_eq!(
            ignored("-- squawk-ignore-file require-concurrent-index-creation"),
            ["2:19 ban-drop-column"]
        );
        assert_eq!(
            ignored("-- squawk-ignore require-concurrent-index-creation").len(),
            2,
            "of the next statement only"
        );
    }

    #[test]
    fn a_migration_without_transaction_is_judged_as_one() {
        let text = "-- no-transaction\ncreate index concurrently i on users (name);";
        assert_eq!(lint_sql(text, LINT_EXCLUDE), ["2:1 prefer-robust-stmts"]);
        let text = "alter table users add column bio text; create table t (a bigint)";
        assert_eq!(lint_sql(text, LINT_EXCLUDE), [""; 0]);
        assert!(lint_sql(&format!("-- no-transaction\n{text}"), LINT_EXCLUDE).len() > 1);
    }

    #[test]
    fn only_migrations_that_nobody_looked_at_are_judged() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("db.toml");
        std::fs::write(&file, "severity = { RISKY_MIGRATION = 'error' }").expect("a file");
        let config = Config::load(folder.path(), Some(&file)).expect("valid");
        let drop =
            |version| Migration::sample(version, "x", "alter table users drop column bio;", "");
        let known = [
            ("V1__x".to_owned(), drop(1).checksum),
            ("V2__x".to_owned(), 0),
        ];
        let findings = lint_new(&[drop(1), drop(2)], &known, &config).expect("known rules");
        let brief: Vec<_> = findings
            .iter()
            .map(|finding| (finding.entity.as_str(), finding.severity))
            .collect();
        assert_eq!(brief, [("V2__x", Severity::Error)]);
    }

    #[test]
    fn unknown_rules_are_named_with_the_nearest() {
        let error = LintRules::new(15, &[], &["ban-drop-colum".into()])
            .expect_err("unknown")
            .to_string();
        assert_eq!(
            error,
            "`lint.exclude` holds `ban-drop-colum`, which is no rule of squawk, did you mean `ban-drop-column`?"
        );
    }

    #[test]
    fn text_that_no_parser_likes_has_no_advice_and_does_no_harm() {
        for text in [
            "select (((",
            &"(".repeat(100_000),
            "\0",
            "create table",
            "'",
            "alter table é add \u{a0}",
        ] {
            lint_sql(text, LINT_EXCLUDE);
        }
    }
}
