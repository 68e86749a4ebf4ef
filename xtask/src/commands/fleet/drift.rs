//! Drift in a fleet. Databases with the same migrations and the same schema are compared once, and a
//! finding that several have alike is one finding.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::looked::Suspect;
use crate::commands::migrate::Learnt;
use crate::commands::{Context, drift as drift_of_one, snapshot_fallback};
use crate::migrations::Migration;
use crate::migrations::comparison::Comparison;
use crate::migrations::scratch_environment::ScratchEnvironment;
use crate::postgres::scratch::{TargetSettings, Unavailable};
use crate::report::{Finding, FleetFinding};
use crate::schema::diff::{Likeness, SchemaDiff};
use crate::schema::model::{Renaming, Schema};
use crate::schema::snapshot;

/// Databases with one schema, by the version of their newest migration.
#[derive(Default)]
pub(super) struct Suspects(BTreeMap<(i64, String), Alike>);

/// Databases that are alike.
struct Alike {
    schema: Schema,
    /// The name of that schema, where tenants share databases.
    tenant: Option<String>,
    /// Those of the first one.
    likeness: TargetSettings,
    /// The digests of their schemas, with their privileges.
    digests: BTreeSet<String>,
    /// Their places in the list.
    databases: Vec<usize>,
}

/// The results of the comparison.
#[derive(Default)]
pub(super) struct FleetDrift {
    /// Each finding, and the places of the databases that have it.
    pub findings: Vec<(Finding, Vec<usize>)>,
    /// The places of databases that were not compared, with the reason.
    pub unchecked: Vec<(usize, String)>,
}

impl Suspects {
    /// Adds the database at `place` in the list. Only the first of several that are alike is kept.
    pub(super) fn add(&mut self, place: usize, suspect: Suspect) {
        let Suspect {
            newest,
            mut schema,
            tenant,
            likeness,
        } = suspect;
        let digest = snapshot::digest(&schema);
        // Tenants have roles of their own: privileges are no part of this comparison.
        schema.grants.clear();
        let key = (
            newest,
            snapshot::digest(&of_public(&schema, tenant.as_deref())),
        );
        let alike = self.0.entry(key).or_insert_with(|| Alike {
            schema,
            tenant,
            likeness,
            digests: BTreeSet::new(),
            databases: Vec::new(),
        });
        alike.digests.insert(digest);
        alike.databases.push(place);
    }

    /// Compares each schema with what the migrations up to its version make. The versions come in
    /// their order, so that one scratch database serves them all.
    ///
    /// # Errors
    /// When a migration does not run on the scratch database.
    pub(super) fn compared(
        self,
        context: &Context,
        files: &[Migration],
        learnt: &Learnt,
    ) -> Result<FleetDrift> {
        let mut drift = FleetDrift::default();
        let Some(first) = self.0.values().next() else {
            return Ok(drift);
        };
        let work = context
            .progress
            .begin_counted("comparing schemas", self.0.len());
        let shared = first.likeness.clone();
        let of_first = first.tenant.clone();
        let of_first_alone = confined(context, of_first.as_deref());
        let shared_context = of_first_alone.as_ref().unwrap_or(context);
        let mut comparison = comparison(shared_context, &shared, files);
        for ((newest, _), alike) in &self.0 {
            work.next(&format!("V{newest}"));
            let live = match (&alike.tenant, &of_first) {
                (Some(own), Some(first)) => alike.schema.renamed(own, first),
                _databases => alike.schema.clone(),
            };
            let difference =
                match difference(shared_context, &mut comparison, files, *newest, &live) {
                    Err(error) if error.downcast_ref::<Unavailable>().is_some() => {
                        let why = format!("drift: {}", snapshot_fallback::one_line(&error));
                        let places = alike.databases.iter();
                        drift
                            .unchecked
                            .extend(places.map(|place| (*place, why.clone())));
                        continue;
                    }
                    difference => difference?,
                };
            // SQL that asks for names makes another schema in each database, and a name that was put
            // in the place of a tenant's may stand where it means something else.
            let is_own = tells_names(&difference, &[&shared, &alike.likeness])
                || alike.tenant != of_first && difference.likeness() == Likeness::Different;
            let difference = match is_own {
                true => {
                    let confined = confined(context, alike.tenant.as_deref());
                    let context = confined.as_ref().unwrap_or(context);
                    let mut own = self::comparison(context, &alike.likeness, files);
                    self::difference(context, &mut own, files, *newest, &alike.schema)?
                }
                false => difference,
            };
            if difference.likeness() != Likeness::Different {
                for digest in &alike.digests {
                    learnt.is_sound_from_now(*newest, digest.clone());
                }
            }
            let severity = drift_of_one::severity(&context.config);
            let tenant = if is_own { &alike.tenant } else { &of_first };
            for finding in drift_of_one::findings(&difference, severity) {
                let finding = match tenant {
                    Some(tenant) => without_namespace(finding, tenant),
                    None => finding,
                };
                drift.add(finding, &alike.databases);
            }
        }
        learnt.learn(&comparison);
        Ok(drift)
    }
}

impl FleetDrift {
    fn add(&mut self, finding: Finding, databases: &[usize]) {
        match self
            .findings
            .iter_mut()
            .find(|(known, _)| *known == finding)
        {
            Some((_, known)) => known.extend(databases),
            None => self.findings.push((finding, databases.to_vec())),
        }
    }

    /// The findings with the names of the databases.
    pub(super) fn named(self, names: &[&str]) -> Vec<FleetFinding> {
        self.findings
            .into_iter()
            .map(|(finding, mut places)| {
                places.sort_unstable();
                let of = places.iter().filter_map(|place| names.get(*place));
                FleetFinding {
                    finding,
                    databases: of.map(|name| (*name).to_owned()).collect(),
                }
            })
            .collect()
    }
}

/// The context for the schema of `tenant`; none where the database is one tenant's.
fn confined(context: &Context, tenant: Option<&str>) -> Option<Context> {
    tenant.map(|tenant| context.of_database(tenant, |config| config.confine_to(tenant)))
}

/// The same schema as if it lay in `public`.
fn of_public<'s>(schema: &'s Schema, tenant: Option<&str>) -> Cow<'s, Schema> {
    match tenant {
        Some(tenant) => Cow::Owned(schema.renamed(tenant, "public")),
        None => Cow::Borrowed(schema),
    }
}

/// The finding without the namespace of one tenant, so that all that drifted alike have the same.
pub(super) fn without_namespace(mut finding: Finding, tenant: &str) -> Finding {
    let away = Renaming::away(tenant);
    finding.entity = away.text(&finding.entity);
    finding.message = away.text(&finding.message);
    finding.help = finding.help.map(|help| away.text(&help));
    for detail in finding.details.values_mut() {
        *detail = away.value(detail.take());
    }
    finding
}

fn comparison<'a>(
    context: &'a Context,
    likeness: &TargetSettings,
    files: &'a [Migration],
) -> Comparison<'a> {
    let environment = ScratchEnvironment {
        likeness: likeness.clone(),
        ..context.scratch_environment()
    };
    Comparison::new(environment, files)
}

fn difference(
    context: &Context,
    comparison: &mut Comparison<'_>,
    files: &[Migration],
    newest: i64,
    live: &Schema,
) -> Result<SchemaDiff> {
    let applied: Vec<Migration> = files
        .iter()
        .filter(|file| file.version <= newest)
        .cloned()
        .collect();
    let expected = drift_of_one::expected(context, comparison, &applied, newest)?;
    comparison.difference(&expected, live, newest)
}

/// Whether a difference mentions a name that one database has and the other one lacks.
fn tells_names(difference: &SchemaDiff, of: &[&TargetSettings; 2]) -> bool {
    let text = difference.to_string();
    let names = of.iter().flat_map(|one| [&one.database, &one.role]);
    let is_common = |name: &str| {
        of.iter()
            .all(|one| one.database == name || one.role == name)
    };
    names
        .filter(|name| !name.is_empty() && !is_common(name))
        .any(|name| text.contains(name.as_str()))
}
