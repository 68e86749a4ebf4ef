//! Findings about new migrations that destroy data without consent in their file, by their
//! statements alone. `db-migrate` counts; here nothing tells whether there is any data, so that a
//! finding says which line to add, and is a warning.

mod heirs;
mod rules;

use std::collections::BTreeSet;

use super::consent::{self, ConsentLine};
use super::destructive::{self, Destruction, Name};
use super::harmless;
use super::storage_identity::ObjectNames;
use crate::config::Config;
use crate::migrations::Migration;
use crate::migrations::statements::{Effect, ParsedStatement, Reference, TableAction};
use crate::report::{Category, Finding, LossName, Severity};
use crate::schema::model::ObjectName;
use crate::source::LineIndex;
use heirs::Heirs;

pub use rules::documentation;

/// A statement that destroys data without consent.
pub const LOSS: &str = "DATA_LOSS";
/// A line of consent to a loss that does not happen.
pub const UNUSED: &str = "UNUSED_CONSENT";

/// Adds the data that the new ones of `migrations` destroy to the `risks` that were found in them.
/// Advice about the same statement gives way to a loss.
#[must_use]
pub fn with_losses(
    mut risks: Vec<Finding>,
    migrations: &[Migration],
    known: &[(String, u64)],
    config: &Config,
) -> Vec<Finding> {
    // A dump is no change: it shows what is there.
    if config.migrations.schema_from.is_some() {
        return risks;
    }
    let is_known = |migration: &Migration| {
        known.iter().any(|(name, checksum)| {
            *checksum == migration.checksum && *name == migration.to_string()
        })
    };
    let (known, new): (Vec<&Migration>, Vec<&Migration>) =
        migrations.iter().partition(|one| is_known(one));
    let mut heirs = Heirs::default();
    if !new.is_empty() {
        known.iter().for_each(|one| heirs.follow_all(one));
    }
    let found = losses(&new, heirs).into_iter();
    let losses: Vec<Finding> = found
        .filter_map(|finding| configured(finding, config))
        .collect();
    risks.retain(|risk| !losses.iter().any(|loss| replaces(loss, risk)));
    risks.extend(losses);
    risks
}

fn configured(mut finding: Finding, config: &Config) -> Option<Finding> {
    if let Some(severity) = config.severity.get(finding.kind) {
        finding.severity = (*severity)?;
    }
    Some(finding)
}

/// Whether `loss` is about the statement that `risk` warns of, for the same reason.
fn replaces(loss: &Finding, risk: &Finding) -> bool {
    let is_about_loss = risk
        .field
        .as_deref()
        .is_some_and(|rule| rule.starts_with("ban-drop") || rule.starts_with("ban-truncate"));
    let places = loss.labels.first().zip(risk.labels.first());
    loss.kind == LOSS
        && is_about_loss
        && places.is_some_and(|(loss, risk)| {
            let (loss, risk) = (&loss.location, &risk.location);
            loss.file == risk.file && loss.span.range().contains(&risk.span.range().start)
        })
}

/// The findings about `new` migrations, in order. A table that one of them makes holds no data yet,
/// and so does a column that one of them adds.
fn losses(new: &[&Migration], heirs: Heirs) -> Vec<Finding> {
    let mut made = Made {
        heirs,
        ..Made::default()
    };
    let mut findings = Vec::new();
    for migration in new {
        let lines = LineIndex::new(
            migration.file.as_str().into(),
            migration.sql.as_str().into(),
        );
        let consents = consent::lines(&migration.sql);
        let given: BTreeSet<&String> = consents.iter().flat_map(|line| &line.names).collect();
        let mut lost: Vec<LossName> = Vec::new();
        for statement in &destructive::read(&migration.sql) {
            let mut of_statement: Vec<LossName> = Vec::new();
            for (span, destruction) in destructive::destructions(statement) {
                for name in names(&destruction, &made) {
                    // `DROP TABLE animals, cats` says the second twice.
                    if of_statement.contains(&name) {
                        continue;
                    }
                    let is_given = given.contains(&name.object) || given.contains(&name.full);
                    if !is_given {
                        let place = lines.location(span);
                        let finding = loss(migration, &destruction, &name);
                        findings.push(finding.at(&place, format!("destroys `{name}`")));
                    }
                    of_statement.push(name);
                }
            }
            lost.extend(of_statement);
            made.follow(statement);
        }
        if tells_all(migration) {
            findings.extend(unused((migration, &made.heirs), &lines, (&consents, &lost)));
        }
    }
    findings
}

fn loss(migration: &Migration, destruction: &Destruction, name: &LossName) -> Finding {
    let what = match destruction {
        Destruction::Table(_) => format!("it drops `{name}`, with all its rows"),
        Destruction::Column(..) => format!("it drops `{name}`, with all its values"),
        Destruction::Truncated(..) => format!("it removes all rows of `{name}`"),
        Destruction::Deleted(..) => format!("it deletes rows of `{name}`"),
        Destruction::Updated(..) => format!("it writes over values of `{name}`"),
        Destruction::Converted(..) => format!("it may cut or round values of `{name}`"),
        Destruction::Merged(_)
        | Destruction::Relabelled(..)
        | Destruction::Schema(_)
        | Destruction::Opaque(_)
        | Destruction::Type(_) => format!("it may destroy data of `{name}`"),
    };
    let line = consent::line(&name.object);
    Finding::new(
        LOSS,
        Category::Migrations,
        Severity::Warning,
        &migration.to_string(),
        format!("{what}, and nobody has consented in its file"),
    )
    .with_field(name.object.clone())
    .with_help(format!(
        "if that data may go, add the line `{line}` to the file; without it a database that holds \
         such data refuses the migration"
    ))
    .with_detail("line", line)
}

/// The names by which consent to a destruction is given: of the table that it names, and of those that
/// inherit from it.
fn names(destruction: &Destruction, made: &Made) -> Vec<LossName> {
    let Some(named) = destruction.table() else {
        return Vec::new();
    };
    let table = named.object();
    let mut names = names_of(destruction, made, &table);
    if !named.only {
        for heir in made.heirs.of(&table) {
            names.extend(names_of(destruction, made, &heir));
        }
    }
    names
}

/// The names of what a destruction concerns in one table.
fn names_of(destruction: &Destruction, made: &Made, table: &ObjectName) -> Vec<LossName> {
    if made.tables.contains(table) {
        return Vec::new();
    }
    let column = |column: &str| {
        let is_made = made.columns.contains(&(table.clone(), column.to_owned()));
        (!is_made).then(|| loss_name(table, Some(column)))
    };
    match destruction {
        Destruction::Table(_) | Destruction::Truncated(..) | Destruction::Deleted(..) => {
            vec![loss_name(table, None)]
        }
        Destruction::Column(_, dropped) => column(dropped).into_iter().collect(),
        Destruction::Updated(_, new) => {
            let condition = new.rows.condition.as_deref();
            let written = new.columns.iter().filter(|name| {
                // Only NULLs are written over.
                !condition.is_some_and(|condition| asks_for_null(condition, name))
            });
            written.filter_map(|name| column(name)).collect()
        }
        Destruction::Converted(_, name, kind, using) if may_cut(kind, using.as_deref()) => {
            column(name).into_iter().collect()
        }
        Destruction::Converted(..)
        | Destruction::Merged(_)
        | Destruction::Relabelled(..)
        | Destruction::Schema(_)
        | Destruction::Opaque(_)
        | Destruction::Type(_) => Vec::new(),
    }
}

fn loss_name(table: &ObjectName, column: Option<&str>) -> LossName {
    let mut path = vec![table.namespace.as_str(), table.name.as_str()];
    path.extend(column);
    ObjectNames::default().name(&path)
}

fn asks_for_null(condition: &str, column: &str) -> bool {
    let words: Vec<String> = condition
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    let is_column = |word: &str| word.trim_matches(['(', '"']).rsplit('.').next() == Some(column);
    let only = !words.iter().any(|word| word == "or");
    only && words.windows(3).any(|words| {
        is_column(&words[0]) && words[1] == "is" && words[2].trim_matches(')') == "null"
    })
}

/// Whether a change to this type may cut or round values, whatever their type was. A change to most
/// other types fails where a value does not fit, or keeps it.
fn may_cut(kind: &str, using: Option<&str>) -> bool {
    let kind = kind.to_lowercase();
    let using = using.is_some_and(|using| using.contains('('));
    using || ["date", "real", "float4"].contains(&kind.as_str()) || kind.starts_with("numeric(")
}

/// Tables and columns that the new migrations make.
#[derive(Default)]
struct Made {
    /// Of these, those of the earlier migrations too.
    heirs: Heirs,
    tables: BTreeSet<ObjectName>,
    columns: BTreeSet<(ObjectName, String)>,
}

impl Made {
    fn follow(&mut self, statement: &ParsedStatement) {
        self.heirs.follow(statement);
        let name = |reference: &Reference| Name::of(reference, statement).object();
        for placed in &statement.effects {
            match &placed.effect {
                // A table that may be there already may hold data.
                Effect::CreateTable(created) if !created.if_not_exists => {
                    self.tables.insert(name(&created.name));
                }
                Effect::AlterTable { table, action, .. } => match action {
                    TableAction::AddColumn(added) if !added.if_not_exists => {
                        self.columns.insert((name(table), added.name.clone()));
                    }
                    TableAction::RenameTo(to) => {
                        let table = name(table);
                        let renamed = ObjectName {
                            name: to.clone(),
                            ..table.clone()
                        };
                        if self.tables.contains(&table) {
                            self.tables.insert(renamed);
                        }
                    }
                    _other_action => {}
                },
                _other_effect => {}
            }
        }
    }
}

/// Whether the statements of a migration name all that they destroy: none deletes or updates rows,
/// with which others may go by foreign keys and triggers, and none runs code.
fn tells_all(migration: &Migration) -> bool {
    let names_all = |one: &Destruction| {
        matches!(
            one,
            Destruction::Table(_) | Destruction::Column(..) | Destruction::Converted(..)
        )
    };
    destructive::read(&migration.sql).iter().all(|statement| {
        let all = destructive::destructions(statement);
        if all.is_empty() {
            let text = migration.sql.get(statement.span.range());
            return text.is_some_and(harmless::is_harmless);
        }
        all.iter().all(|(_, one)| names_all(one))
    })
}

/// The lines that consent to what is not lost.
fn unused(
    (migration, heirs): (&Migration, &Heirs),
    lines: &LineIndex,
    (consents, lost): (&[ConsentLine], &[LossName]),
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for consent in consents {
        for name in &consent.names {
            let is_lost = |lost: &LossName| {
                lost.object == *name
                    || lost.full == *name
                    || lost.object.starts_with(&format!("{name}."))
            };
            if lost.iter().any(is_lost) || converts(migration, name, heirs) {
                continue;
            }
            let nearest = lost
                .iter()
                .max_by_key(|lost| (strsim::jaro_winkler(&lost.object, name) * 1000.0) as u32);
            let hint = nearest.map(|lost| format!("; it loses `{lost}`"));
            let finding = Finding::new(
                UNUSED,
                Category::Migrations,
                Severity::Warning,
                &migration.to_string(),
                format!(
                    "it consents to lose `{name}`, which nothing in it destroys{}",
                    hint.unwrap_or_default()
                ),
            );
            findings.push(
                finding
                    .with_field(name.clone())
                    .with_help("correct the name, or remove the line".to_owned())
                    .at(&lines.location(consent.span), "consents to no loss"),
            );
        }
    }
    findings
}

/// Whether the type of the column `name` is changed, which may or may not lose a value.
fn converts(migration: &Migration, name: &str, heirs: &Heirs) -> bool {
    destructive::read(&migration.sql)
        .iter()
        .flat_map(destructive::destructions)
        .any(|(_, one)| match &one {
            Destruction::Converted(table, column, ..) => {
                let mut tables = vec![table.object()];
                tables.extend(heirs.of(&table.object()));
                tables.iter().any(|table| {
                    [loss_name(table, Some(column)), loss_name(table, None)]
                        .iter()
                        .any(|known| known.object == name || known.full == name)
                })
            }
            _other => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &[&str]) -> Vec<String> {
        let migrations: Vec<Migration> = (1..)
            .zip(texts)
            .map(|(version, text)| Migration::sample(version, "x", text, ""))
            .collect();
        let all: Vec<&Migration> = migrations.iter().collect();
        let brief = |finding: &Finding| {
            let line = finding.labels[0].location.line;
            format!(
                "{} {line} {}",
                finding.kind,
                finding.field.as_deref().unwrap_or("")
            )
        };
        losses(&all, Heirs::default()).iter().map(brief).collect()
    }

    #[test]
    fn a_destroying_statement_without_consent_is_found() {
        for (text, name) in [
            ("ALTER TABLE runs DROP COLUMN note", "runs.note"),
            ("DROP TABLE audit.runs", "audit.runs"),
            ("TRUNCATE runs", "runs"),
            ("DELETE FROM runs WHERE id = 1", "runs"),
            ("UPDATE runs SET note = 'x'", "runs.note"),
            ("ALTER TABLE runs ALTER at TYPE date", "runs.at"),
            (
                "ALTER TABLE runs ALTER price TYPE numeric(10, 2)",
                "runs.price",
            ),
            (
                "ALTER TABLE runs ALTER note TYPE varchar(5) USING left(note, 5)",
                "runs.note",
            ),
        ] {
            assert_eq!(
                found(&[&format!("\n{text};")]),
                [format!("DATA_LOSS 2 {name}")]
            );
            let consent = consent::line(name);
            assert_eq!(found(&[&format!("{consent}\n{text};")]), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_destroys_nothing_is_not_found() {
        for texts in [
            &[
                "CREATE TABLE runs (id int, note text); ALTER TABLE runs DROP COLUMN note; DROP TABLE runs",
            ][..],
            &["CREATE TABLE runs (id int)", "DROP TABLE runs"],
            &["ALTER TABLE runs ADD COLUMN note text; UPDATE runs SET note = 'x'"],
            &["UPDATE runs SET note = '' WHERE note IS NULL"],
            &["ALTER TABLE runs ALTER note TYPE text; ALTER TABLE runs ALTER id TYPE bigint"],
            &["DROP INDEX i; DROP VIEW v; ALTER TABLE runs DROP CONSTRAINT k"],
        ] {
            assert_eq!(found(texts), [""; 0], "{texts:?}");
        }
    }

    #[test]
    fn tables_that_inherit_are_named_one_by_one() {
        let made = "CREATE TABLE animals (id int, name text); CREATE TABLE cats () INHERITS (animals); \
                    CREATE TABLE kittens () INHERITS (cats); ALTER TABLE kittens RENAME TO young;";
        let found = |text: &str| {
            let earlier = Migration::sample(1, "x", made, "");
            let new = Migration::sample(2, "x", text, "");
            let mut heirs = Heirs::default();
            heirs.follow_all(&earlier);
            let names = losses(&[&new], heirs);
            let names: Vec<_> = names
                .iter()
                .map(|one| format!("{} {}", one.kind, one.field.as_deref().unwrap_or("")))
                .collect();
            names.join(", ")
        };
        assert_eq!(
            found("DROP TABLE animals CASCADE"),
            "DATA_LOSS animals, DATA_LOSS cats, DATA_LOSS young"
        );
        assert_eq!(
            found("-- accept-data-loss: animals, cats\nDROP TABLE young, cats, animals"),
            "DATA_LOSS young"
        );
        assert_eq!(
            found("-- accept-data-loss: cats.name, young.name\nALTER TABLE animals DROP name"),
            "DATA_LOSS animals.name"
        );
        assert_eq!(found("TRUNCATE ONLY animals"), "DATA_LOSS animals");
        assert_eq!(
            found("ALTER TABLE cats NO INHERIT animals; TRUNCATE animals"),
            "DATA_LOSS animals"
        );
    }

    #[test]
    fn consent_that_names_nothing_is_found() {
        assert_eq!(
            found(&["-- accept-data-loss: runs.nte\nALTER TABLE runs DROP note"]),
            ["DATA_LOSS 2 runs.note", "UNUSED_CONSENT 1 runs.nte"]
        );
        assert_eq!(
            found(&["-- accept-data-loss: runs\nCREATE TABLE x (id int)"]),
            ["UNUSED_CONSENT 1 runs"]
        );
        // By a foreign key, rows of any other table may go.
        assert_eq!(
            found(&["-- accept-data-loss: runs, steps\nDELETE FROM runs"]),
            [""; 0]
        );
    }
}
