//! Fingerprints of transactions: their changes to the catalogs, in one cheap digest. Reading the
//! whole catalogs after each of hundreds of migrations would cost more than the migrations. The
//! rows that the transaction itself wrote are few. The same SQL on the same schema gives the same
//! fingerprint, on the scratch database and on the live one.

mod catalogs;
mod counters;
mod left;
mod shape;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, anyhow};
use postgres::{GenericClient, SimpleQueryMessage, SimpleQueryRow};
use sha2::{Digest as _, Sha256};

use counters::Counters;
use shape::Shape;

use crate::postgres::catalog::{OwnTables, settings};
use crate::postgres::error::ServerError;

/// A digest of a transaction's changes to the catalogs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    shape: Shape,
    /// How many rows of `pg_type` it wrote. The digest covers that catalog only where some of them
    /// are no types of relations.
    types: i64,
    /// A digest of the rows that it wrote. Deleted rows leave no trace, so after a deletion the
    /// digest also covers the names of all objects that are left.
    digest: String,
}

/// The version of the way in which fingerprints are taken. Fingerprints of different versions
/// cannot be compared.
const VERSION: &str = "1";

/// How many hexadecimal digits of the digest count: 128 bits rule out chance, and keep the
/// fingerprints in the committed snapshot short.
const DIGITS: usize = 32;

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{VERSION}-{}-{}-{}",
            self.shape.to_text(),
            self.types,
            self.digest
        )
    }
}

/// Takes fingerprints on one connection. Its queries are prepared on the server in SQL, so that
/// they can be sent together with other statements.
#[derive(Debug, Default)]
pub struct Fingerprinter {
    counters: bool,
    /// The shapes whose queries are prepared, each with whether it counts the types of relations.
    shapes: BTreeSet<(Shape, bool)>,
    /// The catalogs that the last transaction wrote to. The next one is likely to write to the
    /// same.
    last: Option<Shape>,
    /// Whether the server may have forgotten the prepared queries.
    is_doubtful: bool,
    /// The query for the objects that are left after a deletion.
    left: String,
}

/// SQL that asks which catalogs a transaction wrote to, once the query is
/// [prepared](Fingerprinter::prepare). It also sets how definitions are written out.
fn count() -> String {
    format!(
        "{}; EXECUTE db_fingerprint_counters",
        settings::set_search_path()
    )
}

/// Catalogs are small, but grow with each migration, so that their indexes are the better way.
const PLANS: (&str, &str) = ("enable_seqscan", "off");

/// SQL that undoes the settings for names and plans that taking a fingerprint leaves.
#[must_use]
pub fn forget_settings() -> String {
    settings::forget(&[PLANS.0])
}

/// Whether a text may make the server forget prepared queries or stop counting, so that no
/// fingerprint can be taken after it.
#[must_use]
pub fn forgets(sql: &str) -> bool {
    let sql = sql.to_ascii_lowercase();
    ["deallocate", "discard", "track_counts"]
        .iter()
        .any(|word| sql.contains(word))
}

impl Fingerprint {
    /// Reads the text that `Display` writes; `None` for another version.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [version, shape, types, digest] =
            text.split('-').collect::<Vec<_>>().try_into().ok()?;
        let (shape, types) = (Shape::parse(shape)?, types.parse().ok()?);
        (version == VERSION).then(|| Self {
            shape,
            types,
            digest: digest.to_owned(),
        })
    }

    /// The SQL at the end of a transaction that is expected to have this fingerprint, in a session
    /// whose settings were reset; [`Fingerprinter::matches`] reads the answer. It changes settings
    /// until the transaction ends.
    #[must_use]
    pub fn closing(&self) -> String {
        format!("{}; EXECUTE {}", count(), self.shape.name(false))
    }
}

impl Fingerprinter {
    /// Takes fingerprints of a database whose tables `own` are not the migrations'.
    #[must_use]
    pub fn new(own: &OwnTables) -> Self {
        Self {
            left: left::query(own),
            ..Self::default()
        }
    }

    /// Notes that a text ran that [`forgets`], or one without transaction.
    pub fn doubt(&mut self) {
        self.is_doubtful = true;
    }

    /// Prepares the queries for a transaction that is expected to have the fingerprint `expected`.
    /// Outside the transaction, because prepared queries stay when it is undone.
    pub fn prepare(
        &mut self,
        client: &mut impl GenericClient,
        expected: Option<&Fingerprint>,
    ) -> Result<()> {
        if self.is_doubtful {
            client.batch_execute("DEALLOCATE ALL").map_err(failed)?;
            *self = Self {
                left: std::mem::take(&mut self.left),
                ..Self::default()
            };
        }
        if !self.counters {
            let query = counters::query(&settings::expressions_beside_path(&[PLANS]));
            let sql = format!(
                "PREPARE db_fingerprint_counters AS {query}; SELECT {}",
                counters::RESET
            );
            client.batch_execute(&sql).map_err(failed)?;
            self.counters = true;
        }
        match expected {
            Some(expected) => self.prepare_shape(client, expected.shape, false),
            None => Ok(()),
        }
    }

    fn prepare_shape(
        &mut self,
        client: &mut impl GenericClient,
        shape: Shape,
        counted: bool,
    ) -> Result<()> {
        if !self.shapes.contains(&(shape, counted)) {
            let sql = format!(
                "PREPARE {} AS {}",
                shape.name(counted),
                shape.query(counted)
            );
            client.batch_execute(&sql).map_err(failed)?;
            self.shapes.insert((shape, counted));
        }
        Ok(())
    }

    /// Whether a transaction has the fingerprint `expected`, according to the `answer` to
    /// [`Fingerprint::closing`].
    pub fn matches(
        &self,
        transaction: &mut impl GenericClient,
        answer: &[SimpleQueryMessage],
        expected: &Fingerprint,
    ) -> Result<bool> {
        let Some(wrote) = counters(answer)? else {
            return Ok(false);
        };
        let wrote_alike = !wrote.has_no_fingerprint()
            && wrote.shape().is_alike(expected.shape)
            && wrote.types() == expected.types;
        Ok(wrote_alike && self.digest(transaction, answer, &wrote)? == expected.digest)
    }

    /// The fingerprint of a transaction; `None` where the server does not count, or where only the
    /// whole catalogs tell. `reset` is the SQL that puts the settings of the session back. It
    /// changes settings until the transaction ends.
    pub fn take(
        &mut self,
        transaction: &mut impl GenericClient,
        reset: &str,
    ) -> Result<Option<Fingerprint>> {
        // The query of the last shape is sent along: most migrations resemble the one before them,
        // and a right guess saves a round trip.
        let guess = self
            .last
            .filter(|last| self.shapes.contains(&(*last, true)));
        let question = guess
            .map(|shape| format!("; EXECUTE {}", shape.name(true)))
            .unwrap_or_default();
        let sql = format!("{reset}; {}{question}", count());
        let mut answer = transaction.simple_query(&sql).map_err(failed)?;
        let Some(wrote) = counters(&answer)? else {
            return Ok(None);
        };
        if wrote.has_no_fingerprint() {
            return Ok(None);
        }
        let wrote_to = wrote.shape();
        let guessed = guess.filter(|guess| guess.is_alike(wrote_to));
        let mut shape = guessed.unwrap_or(wrote_to);
        if guessed.is_none() {
            answer = self.look(transaction, shape)?;
        }
        // More types than the relations account for: the others are seen in `pg_type` only, so it
        // is read as well.
        let has_other_types = wrote.types().to_string() != text(&answer, shape::ROW_TYPES)?;
        if has_other_types && !shape.has_types() {
            shape = shape.with_types();
            answer = self.look(transaction, shape)?;
        }
        self.last = Some(if has_other_types { shape } else { wrote_to });
        let digest = self.digest(transaction, &answer, &wrote)?;
        Ok(Some(Fingerprint {
            shape,
            types: wrote.types(),
            digest,
        }))
    }

    fn look(
        &mut self,
        transaction: &mut impl GenericClient,
        shape: Shape,
    ) -> Result<Vec<SimpleQueryMessage>> {
        self.prepare_shape(transaction, shape, true)?;
        transaction
            .simple_query(&format!("EXECUTE {}", shape.name(true)))
            .map_err(failed)
    }

    /// The digest of a fingerprint, from the answer to a query of a shape.
    fn digest(
        &self,
        transaction: &mut impl GenericClient,
        answer: &[SimpleQueryMessage],
        wrote: &Counters,
    ) -> Result<String> {
        let mut digest = Sha256::new();
        digest.update(text(answer, shape::DIGEST)?);
        if wrote.deleted() {
            let left = transaction.simple_query(&self.left).map_err(failed)?;
            digest.update(text(&left, shape::DIGEST)?);
        }
        let mut digest: String = digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        digest.truncate(DIGITS);
        Ok(digest)
    }
}

const NO_ANSWER: &str = "PostgreSQL did not say what the transaction wrote to the catalogs";

/// Reads PostgreSQL's counters from the answer to a text. `None` where the text did not ask with
/// [`count`], or PostgreSQL does not count.
fn counters(answer: &[SimpleQueryMessage]) -> Result<Option<Counters>> {
    let Some(row) = row(answer, counters::COLUMN) else {
        return Ok(None);
    };
    row.try_get(counters::COLUMN)?
        .map(Counters::parse)
        .transpose()
}

fn row<'a>(answer: &'a [SimpleQueryMessage], column: &str) -> Option<&'a SimpleQueryRow> {
    answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row)
            if row.columns().iter().any(|found| found.name() == column) =>
        {
            Some(row)
        }
        _other => None,
    })
}

fn text<'a>(answer: &'a [SimpleQueryMessage], column: &str) -> Result<&'a str> {
    let row = row(answer, column).context(NO_ANSWER)?;
    row.try_get(column)?.context(NO_ANSWER)
}

fn failed(error: postgres::Error) -> anyhow::Error {
    anyhow!(ServerError::from(error)).context("cannot take the fingerprint of the catalogs")
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, Shape};

    #[test]
    fn a_fingerprint_is_read_back_as_it_was_written() {
        for shape in [
            [0, 5].into_iter().collect::<Shape>(),
            Shape::default().with_types(),
        ] {
            let fingerprint = Fingerprint {
                shape,
                types: 2,
                digest: "00ff".into(),
            };
            assert_eq!(
                Fingerprint::parse(&fingerprint.to_string()),
                Some(fingerprint)
            );
        }
        assert_eq!(
            Fingerprint::parse("1-21-2-00ff")
                .map(|read| read.to_string())
                .as_deref(),
            Some("1-21-2-00ff")
        );
        for other in [
            "0-21-2-00ff",
            "1-fffffffff-2-00ff",
            "1-21-2",
            "",
            "1-21-x-00ff",
        ] {
            assert_eq!(Fingerprint::parse(other), None, "{other}");
        }
    }
}
