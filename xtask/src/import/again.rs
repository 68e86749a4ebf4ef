//! Repeats an import, after the other tool has made new migrations. Present ones stay unchanged,
//! however people edited their files, and new ones get versions behind them.

use anyhow::{Result, bail};

use super::MigrationFiles;
use crate::layouts::Note;
use crate::migrations::preflight::{FileName, file_name};

/// A migration that is in the folder already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentMigration {
    /// The name of its file, taken apart.
    pub name: FileName,
    /// The text of its file.
    pub up: String,
}

/// Whether a pair is in the folder already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierImport {
    /// It is to be written.
    New,
    /// It is there.
    Present,
    /// It is there with another text, which a person wrote.
    PresentOtherwise,
}

/// Finds each of `pairs` among the `present` migrations, and gives it the version that it has
/// there. New pairs move behind their predecessors, because the versions of one import depend on
/// all that was imported with it.
///
/// # Errors
/// When a new migration comes before one that is there, and no version is free between them.
pub fn reconcile(
    pairs: &mut [MigrationFiles],
    present: &[PresentMigration],
    notes: &mut Vec<Note>,
) -> Result<Vec<EarlierImport>> {
    let found: Vec<Option<&PresentMigration>> =
        pairs.iter().map(|pair| find(pair, present)).collect();
    let mut newest = i64::MIN;
    for (at, pair) in pairs.iter_mut().enumerate() {
        let Some(own) = file_name(&format!("{}.sql", pair.stem)) else {
            continue;
        };
        if let Some(there) = found[at] {
            rename(pair, &stem(&there.name.digits, &there.name.name));
            newest = newest.max(there.name.version);
            continue;
        }
        let version = own.version.max(newest.saturating_add(1));
        let next = found[at..]
            .iter()
            .flatten()
            .find(|later| later.name.version <= version);
        if let Some(next) = next {
            bail!(
                "`{}` comes before `{}.sql`, which is imported already, and no version is free between them: give it a \
                 later one in its own folder, or import into an empty folder with `--to <folder>`",
                pair.from,
                stem(&next.name.digits, &next.name.name)
            )
        }
        if version != own.version {
            let digits = format!("{version:0width$}", width = own.digits.len());
            notes.push(Note::new(
                &pair.from,
                format!("became version {digits} to keep the order"),
            ));
            rename(pair, &stem(&digits, &own.name));
        }
        newest = version;
    }
    let standing = |(pair, found): (&MigrationFiles, &Option<&PresentMigration>)| match found {
        None => EarlierImport::New,
        Some(there) if there.up == pair.up => EarlierImport::Present,
        Some(_) => EarlierImport::PresentOtherwise,
    };
    Ok(pairs.iter().zip(&found).map(standing).collect())
}

/// The migration of the same version and name, else of the same name and text under another
/// version.
fn find<'p>(
    pair: &MigrationFiles,
    present: &'p [PresentMigration],
) -> Option<&'p PresentMigration> {
    let own = file_name(&format!("{}.sql", pair.stem))?;
    let named = || present.iter().filter(|there| there.name.name == own.name);
    named()
        .find(|there| there.name.version == own.version)
        .or_else(|| named().find(|there| there.up == pair.up))
}

fn stem(digits: &str, name: &str) -> String {
    format!("V{digits}__{name}")
}

fn rename(pair: &mut MigrationFiles, stem: &str) {
    for problem in &mut pair.problems {
        let end = problem
            .location
            .file
            .strip_prefix(pair.stem.as_str())
            .unwrap_or_default();
        problem.location.file = format!("{stem}{end}").into();
    }
    pair.stem = stem.to_owned();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(stem: &str, up: &str) -> MigrationFiles {
        let (from, up) = (format!("{stem}.from"), up.to_owned());
        MigrationFiles {
            stem: stem.into(),
            from,
            up,
            down: "select 0;\n".into(),
            reversible: true,
            problems: vec![],
        }
    }

    fn present(file: &str, up: &str) -> PresentMigration {
        PresentMigration {
            name: file_name(&format!("{file}.sql")).expect(file),
            up: up.into(),
        }
    }

    fn reconciled(pairs: &[(&str, &str)], there: &[(&str, &str)]) -> Result<String> {
        let mut pairs: Vec<_> = pairs.iter().map(|(stem, up)| pair(stem, up)).collect();
        let there: Vec<_> = there.iter().map(|(stem, up)| present(stem, up)).collect();
        let standings = reconcile(&mut pairs, &there, &mut Vec::new())?;
        let shown = pairs
            .iter()
            .zip(standings)
            .map(|(pair, standing)| format!("{} {standing:?}", pair.stem));
        Ok(shown.collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn what_is_there_stays_and_what_is_new_comes_behind_it() {
        let there = [("V0000__a", "a"), ("V0001__b", "mine")];
        let again = reconciled(
            &[("V0000__a", "a"), ("V0001__b", "b"), ("V0002__c", "c")],
            &there,
        )
        .expect("ordered");
        assert_eq!(
            again,
            "V0000__a Present, V0001__b PresentOtherwise, V0002__c New"
        );
        // One more makes the counter of dotted versions wider.
        let there = [("V1__a", "a"), ("V2__b", "b")];
        let again = reconciled(&[("V01__a", "a"), ("V02__b", "b"), ("V03__c", "c")], &there)
            .expect("ordered");
        assert_eq!(again, "V1__a Present, V2__b Present, V03__c New");
        // A later version of another length changes how all are written.
        let there = [("V20240101__a", "a")];
        let again = reconciled(
            &[("V202401010000__a", "a"), ("V202401010001__b", "b")],
            &there,
        )
        .expect("ordered");
        assert_eq!(again, "V20240101__a Present, V202401010001__b New");
        // Versions that moved, and one that would be taken.
        let there = [("V5__a", "a"), ("V6__b", "b")];
        let again =
            reconciled(&[("V1__a", "a"), ("V2__b", "b"), ("V3__c", "c")], &there).expect("ordered");
        assert_eq!(again, "V5__a Present, V6__b Present, V7__c New");
    }

    #[test]
    fn nothing_new_comes_before_what_is_there() {
        let there = [("V1__a", "a"), ("V2__c", "c")];
        let error = reconciled(&[("V1__a", "a"), ("V2__b", "b"), ("V3__c", "c")], &there)
            .expect_err("no room");
        assert!(
            error
                .to_string()
                .starts_with("`V2__b.from` comes before `V2__c.sql`"),
            "{error}"
        );
        let between = reconciled(
            &[("V1__a", "a"), ("V5__b", "b"), ("V9__c", "c")],
            &[("V1__a", "a"), ("V9__c", "c")],
        );
        assert_eq!(
            between.expect("room"),
            "V1__a Present, V5__b New, V9__c Present"
        );
    }
}
