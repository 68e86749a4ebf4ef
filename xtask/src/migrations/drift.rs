//! Judges drift: objects that were made past the migrations. Migrations and their ways back neither
//! make drift nor have to repair it, so tolerated drift is left out of the verdict. But drift does
//! not stand still. A table that inherits from a migrated one gets, loses and renames the same
//! columns. An index or a view is written out with the present names of its columns. A foreign key
//! goes with the table that it refers to. PostgreSQL does that by itself, in this database and not
//! on the scratch database, which has no drift.
//!
//! The catalogs tell such a consequence from harm. A row that no transaction wrote to means the
//! same as before. An inherited part is as its parent has it. A part that is gone referred to an
//! object that is gone. Any other change of drift is a difference.
//!
//! Making the same drift on the scratch database would need no such rules. But it would need SQL
//! that makes the drift, and would call any change of it right.

mod identities;

use std::collections::BTreeSet;

use anyhow::Result;
use postgres::GenericClient;
use serde_json::Value;

use crate::config::AcceptedDrift;
use crate::schema::diff::{Change, ChangeKind, SchemaDiff, Sections, diff};
use crate::schema::model::Schema;
pub use identities::Identities;
use identities::{Identity, Subject};

/// Attributes of a table that name its parents.
const PARENTS: &[&str] = &["inherits", "partition"];

/// The differences between a database and the schema that its migrations made, before anything
/// runs.
#[derive(Debug, Default)]
pub struct Drift {
    /// The differences, each from the expected to the actual schema.
    pub changes: Vec<Change>,
    identities: Identities,
}

/// The effect of a migration or a way back on a database with drift.
#[derive(Debug, Default)]
pub struct Judged {
    /// The differences from the expected schema.
    pub difference: SchemaDiff,
    /// The changes of drift that are consequences.
    pub followed: SchemaDiff,
    /// The differences that are drift, in its present form.
    pub drift: Vec<Change>,
    /// Whether nothing else happened to drift.
    pub is_unharmed: bool,
}

impl Drift {
    /// The `changes` of the database of `client`.
    ///
    /// # Errors
    /// Those of the query.
    pub fn new(client: &mut impl GenericClient, changes: Vec<Change>) -> Result<Self> {
        let mut drift = Self {
            changes,
            identities: Identities::default(),
        };
        drift.identities = drift.identities(client)?;
        Ok(drift)
    }

    /// Reads the identities that [`Drift::judge`] needs from the database of `client`, also inside
    /// an open transaction.
    ///
    /// # Errors
    /// Those of the query.
    pub fn identities(&self, client: &mut impl GenericClient) -> Result<Identities> {
        if self.changes.is_empty() {
            Ok(Identities::default())
        } else {
            Identities::read(client)
        }
    }

    /// Judges `actual`, the schema of a database after something ran, which should be `expected`.
    /// The identities were read with it. `before` is the schema in which the drift was found. Drift
    /// that is `accepted` must still be there.
    #[must_use]
    pub fn judge(
        &self,
        after: &Identities,
        (before, expected, actual): (&Schema, &Schema, &Schema),
        accepted: &AcceptedDrift,
    ) -> Judged {
        let difference = diff(expected, actual).without_grants();
        if self.changes.is_empty() {
            return Judged {
                difference,
                ..Judged::default()
            };
        }
        // Some drift may be the same as objects of the earlier migrations. It is then judged as
        // they are.
        let beyond = diff(expected, before).without_grants().changes;
        let is_beyond = |change: &&Change| {
            matches!(change.what, ChangeKind::Added(_)) && beyond.contains(change)
        };
        let added: BTreeSet<Subject> = self
            .changes
            .iter()
            .filter(is_beyond)
            .map(Subject::of)
            .collect();
        let comparison = Comparison {
            drift: self,
            after,
            added,
            sections: (Sections::of(before), Sections::of(actual)),
            accepted,
        };
        comparison.judge(difference)
    }
}

/// A database before and after something ran.
struct Comparison<'a> {
    drift: &'a Drift,
    after: &'a Identities,
    /// The objects that were made past the migrations, under their names of that time.
    added: BTreeSet<Subject>,
    sections: (Sections, Sections),
    accepted: &'a AcceptedDrift,
}

impl Comparison<'_> {
    fn before(&self) -> &Identities {
        &self.drift.identities
    }

    fn judge(&self, difference: SchemaDiff) -> Judged {
        let mut judged = Judged {
            is_unharmed: true,
            ..Judged::default()
        };
        for change in difference.changes {
            let earlier = self.earlier(&Subject::of(&change));
            let is_drift = self.is_added(&earlier) || self.is_drift(&change, &earlier);
            let all = if is_drift {
                &mut judged.drift
            } else {
                &mut judged.difference.changes
            };
            all.push(change);
        }
        let objects: BTreeSet<Subject> = self.added.iter().map(Subject::whole).collect();
        for object in objects {
            for change in self.changes_of(&object) {
                if self.is_consequence(&object, &change) {
                    judged.followed.changes.push(change);
                } else if self.has_to_be_kept(&change) {
                    judged.is_unharmed = false;
                    judged.difference.changes.push(change);
                }
            }
        }
        judged
    }

    /// The name that an object or part had before. Where only the object had another name, a new
    /// part is looked up under that.
    fn earlier(&self, now: &Subject) -> Subject {
        if let Some(earlier) = self.after.called_in(now, self.before()) {
            return earlier;
        }
        let whole = self.after.called_in(&now.whole(), self.before());
        whole.map_or_else(
            || now.clone(),
            |whole| Subject {
                part: now.part.clone(),
                ..whole
            },
        )
    }

    fn is_added(&self, subject: &Subject) -> bool {
        self.added.contains(subject) || self.added.contains(&subject.whole())
    }

    /// Whether a difference was there before, maybe under another name, or only reads differently
    /// and means the same.
    fn is_drift(&self, change: &Change, earlier: &Subject) -> bool {
        let Subject { kind, object, part } = earlier.clone();
        let change = Change {
            kind,
            object,
            part,
            what: change.what.clone(),
        };
        let is_same = |drift: &Change| *drift == change;
        let means_same =
            |drift: &Change| drift.is_about_same(&change) && self.is_untouched(earlier);
        self.drift
            .changes
            .iter()
            .any(|drift| is_same(drift) || means_same(drift))
    }

    /// The changes of an object and of drift on it, under the name that the object had.
    fn changes_of(&self, object: &Subject) -> Vec<Change> {
        let now = self.now(object);
        let (before, after) = &self.sections;
        let changes = before.changes_of(&object.kind, &object.object, after, &now.object);
        let is_whole = self.added.contains(object);
        let is_of_drift =
            |change: &Change| is_whole || self.added.contains(&subject_under(object, change));
        changes.into_iter().filter(is_of_drift).collect()
    }

    /// The present name of an object. Where the object is gone, another one with its name is taken
    /// for it.
    fn now(&self, object: &Subject) -> Subject {
        self.before()
            .called_in(object, self.after)
            .unwrap_or_else(|| object.clone())
    }

    /// Whether a change of drift is one that PostgreSQL makes by itself.
    fn is_consequence(&self, object: &Subject, change: &Change) -> bool {
        let was = subject_under(object, change);
        let now = Subject {
            part: was.part.clone(),
            ..self.now(object)
        };
        match &change.what {
            ChangeKind::Reordered { .. } => true,
            ChangeKind::Added(_) => self.comes_with_parent(&now),
            ChangeKind::Removed(_) => self.goes_with_another(&was),
            ChangeKind::Changed { attribute, .. } if was.part.is_some() => {
                // Whether a column is the table's own, beside being its parents', is decided where
                // a parent loses it.
                attribute == "inherited"
                    || self.is_untouched(&was)
                    || self.is_as_in_parent(&now, attribute)
                    || self.refers_to_changed(&was)
            }
            ChangeKind::Changed { attribute, .. } => {
                let is_of_table = object.kind == "table";
                let is_about_parents = PARENTS.contains(&attribute.as_str());
                // PostgreSQL itself changes no attribute of a whole table except its parents. Other
                // kinds have no parents, and any attribute may follow.
                is_of_table == is_about_parents
                    && (self.is_untouched(&was) || self.refers_to_changed(&was))
            }
        }
    }

    /// Whether a change harms drift. Drift that was not accepted may be removed.
    fn has_to_be_kept(&self, change: &Change) -> bool {
        !matches!(change.what, ChangeKind::Removed(_)) || self.accepted.covers(&change.subjects())
    }

    fn is_untouched(&self, was: &Subject) -> bool {
        let before = self.before().of(was);
        let after = self
            .before()
            .called_in(was, self.after)
            .and_then(|now| self.after.of(&now));
        before
            .zip(after)
            .is_some_and(|(before, after)| after.is_untouched_since(before))
    }

    /// Whether a part that is new under its name is inherited.
    fn comes_with_parent(&self, now: &Subject) -> bool {
        self.after
            .of(now)
            .is_some_and(|identity| self.has_parent(now, identity))
    }

    /// Whether a parent has a part of the same kind from which this one is inherited.
    fn has_parent(&self, now: &Subject, identity: &Identity) -> bool {
        self.parents(now, identity).next().is_some()
    }

    /// The parts of other objects that a part is inherited from.
    fn parents<'s>(
        &'s self,
        now: &'s Subject,
        identity: &'s Identity,
    ) -> impl Iterator<Item = &'s Subject> {
        let subjects = identity
            .refers_to
            .iter()
            .filter_map(|id| self.after.subject(id));
        subjects.filter(|parent| {
            let kind = |subject: &Subject| subject.part.as_ref().map(|(kind, _)| kind.clone());
            kind(parent) == kind(now) && parent.object != now.object
        })
    }

    /// Whether an object that is gone under its name was renamed as its parent was, or referred to
    /// an object that is gone.
    fn goes_with_another(&self, was: &Subject) -> bool {
        let Some(identity) = self.before().of(was) else {
            return false;
        };
        if let Some(now) = self.after.subject(&identity.id) {
            return now.part.is_some() && self.comes_with_parent(now);
        }
        self.has_lost_reference(identity)
    }

    fn has_lost_reference(&self, identity: &Identity) -> bool {
        let is_gone =
            |id: &&String| self.before().subject(id).is_some() && self.after.subject(id).is_none();
        identity.refers_to.iter().any(|id| is_gone(&id))
    }

    fn is_as_in_parent(&self, now: &Subject, attribute: &str) -> bool {
        let (_, sections) = &self.sections;
        let value = |subject: &Subject| attribute_of(sections, subject, attribute);
        let Some((identity, ours)) = self.after.of(now).zip(value(now)) else {
            return false;
        };
        self.parents(now, identity)
            .any(|parent| value(parent).as_ref() == Some(&ours))
    }

    /// Whether PostgreSQL had to make an object anew: an object that it refers to is gone, or a
    /// column that it refers to has another type.
    fn refers_to_changed(&self, was: &Subject) -> bool {
        let Some(identity) = self.before().of(was) else {
            return false;
        };
        self.has_lost_reference(identity) || identity.refers_to.iter().any(|id| self.is_retyped(id))
    }

    fn is_retyped(&self, id: &str) -> bool {
        let (before, after) = &self.sections;
        let was = self
            .before()
            .subject(id)
            .and_then(|subject| attribute_of(before, subject, "type"));
        let is = self
            .after
            .subject(id)
            .and_then(|subject| attribute_of(after, subject, "type"));
        was.zip(is).is_some_and(|(was, is)| was != is)
    }
}

/// An attribute of a part of an object; none of an object itself.
fn attribute_of(sections: &Sections, subject: &Subject, attribute: &str) -> Option<Value> {
    let (kind, name) = subject.part.as_ref()?;
    sections.attribute(&subject.kind, &subject.object, (kind, name), attribute)
}

/// The subject of a change of `object`, under the name that the object had.
fn subject_under(object: &Subject, change: &Change) -> Subject {
    Subject {
        part: change.part.clone(),
        ..object.clone()
    }
}
