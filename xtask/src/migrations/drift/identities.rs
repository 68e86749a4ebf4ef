//! The objects of a database by PostgreSQL's own identities, whatever their names are. A row of the
//! catalogs that no transaction wrote to means the same as before. That holds even where PostgreSQL
//! writes its definition differently, because a column that it refers to has another name.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};
use postgres::{GenericClient, Row};

use crate::postgres::catalog::settings;
use crate::postgres::error::ServerError;
use crate::schema::diff::Change;
use crate::schema::model::ObjectName;

/// The name of an object or of a part: kind and name, and kind and name of the part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subject {
    pub kind: String,
    pub object: String,
    pub part: Option<(String, String)>,
}

impl Subject {
    /// The subject of a change.
    pub(super) fn of(change: &Change) -> Self {
        let Change {
            kind, object, part, ..
        } = change;
        Self {
            kind: kind.clone(),
            object: object.clone(),
            part: part.clone(),
        }
    }

    /// The object that a part belongs to; for an object, the object itself.
    pub(super) fn whole(&self) -> Self {
        Self {
            part: None,
            ..self.clone()
        }
    }
}

/// The identity of an object in the catalogs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// Its catalog, its OID, and the number of a column.
    pub id: String,
    /// The transaction that wrote its row last.
    version: String,
    /// The identities of the objects that it refers to, and of its parents.
    pub refers_to: Vec<String>,
}

impl Identity {
    /// Whether the object is unchanged since it was `earlier`.
    pub(super) fn is_untouched_since(&self, earlier: &Self) -> bool {
        // `version` is part of it: each change of a row of the catalogs is written by a transaction
        // of a higher number.
        self == earlier
    }
}

/// The identities of all objects of a database.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    of: BTreeMap<Subject, Identity>,
    subjects: BTreeMap<String, Subject>,
}

const IDENTITIES: &str = include_str!("identities.sql");

impl Identities {
    /// Reads them, also inside an open transaction, whose settings stay as they are.
    pub(super) fn read(client: &mut impl GenericClient) -> Result<Self> {
        let rows = Self::rows(client).map_err(|error| anyhow!(ServerError::from(error)));
        let rows = rows.context("cannot read what the objects of the database refer to")?;
        let mut all = Self::default();
        for row in &rows {
            let (subject, identity) = parsed(row)?;
            all.subjects.insert(identity.id.clone(), subject.clone());
            all.of.insert(subject, identity);
        }
        Ok(all)
    }

    fn rows(client: &mut impl GenericClient) -> Result<Vec<Row>, postgres::Error> {
        let mut transaction = client.transaction()?;
        transaction.batch_execute(&format!("SELECT {}", settings::expressions(&[])))?;
        let rows = transaction.query(IDENTITIES, &[])?;
        transaction.rollback()?;
        Ok(rows)
    }

    /// The identity of the object with this name.
    pub(super) fn of(&self, subject: &Subject) -> Option<&Identity> {
        self.of.get(subject)
    }

    /// The name of the object with this identity.
    pub(super) fn subject(&self, id: &str) -> Option<&Subject> {
        self.subjects.get(id)
    }

    /// The name in `others` of the object that is called `subject` here; `None` where it is not
    /// there.
    pub(super) fn called_in(&self, subject: &Subject, others: &Self) -> Option<Subject> {
        others.subject(&self.of(subject)?.id).cloned()
    }
}

fn parsed(row: &Row) -> Result<(Subject, Identity)> {
    let name: String = row.try_get("name")?;
    let named = |namespace: Option<String>, name: String| match namespace {
        Some(namespace) => ObjectName { namespace, name }.to_key(),
        None => name,
    };
    let part: Option<String> = row.try_get("part")?;
    let part_kind: Option<String> = row.try_get("part_kind")?;
    let part_namespace = row.try_get("part_namespace")?;
    let part = part_kind
        .zip(part)
        .map(|(kind, part)| (kind, named(part_namespace, part)));
    let subject = Subject {
        kind: row.try_get("kind")?,
        object: named(row.try_get("namespace")?, name),
        part,
    };
    let identity = Identity {
        id: row.try_get("id")?,
        version: row.try_get("version")?,
        refers_to: row.try_get("refers_to")?,
    };
    Ok((subject, identity))
}
