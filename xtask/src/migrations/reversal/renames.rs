//! Gives objects the names that they had. The schemas alone do not tell a renamed table from one
//! that was dropped and another that was made, and taking it for those would lose its rows. The
//! catalogs tell: an object keeps its identity when its name changes.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use postgres::{GenericClient, Row};

use super::attempt::{Attempt, Done};
use super::ddl::names::{name, text};
use super::step::{Phase, Step, Target};

/// The end of a name that an object has in between, where two change their names.
const BETWEEN: &str = "__between";

/// The query for everything that can be renamed. What belongs to another object and is renamed with
/// it is left out, as are objects of extensions.
const OBJECTS: &str = "
    SELECT 'namespace' AS class, n.oid::int8 AS object, 0 AS part, 'SCHEMA' AS kind, '' AS namespace,
           n.nspname::text AS name, '' AS arguments, 0::int8 AS owner
    FROM pg_catalog.pg_namespace AS n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'relation', c.oid::int8, 0,
           CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' WHEN 'c' THEN 'TYPE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
           n.nspname::text, c.relname::text, '', 0
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I', 'c')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k
                      WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT 'type', t.oid::int8, 0, CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, n.nspname::text, t.typname::text, '', 0
    FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r')
    UNION ALL
    SELECT 'routine', p.oid::int8, 0, 'ROUTINE', n.nspname::text, p.proname::text,
           pg_catalog.pg_get_function_identity_arguments(p.oid), 0
    FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    UNION ALL
    SELECT 'column', a.attrelid::int8, a.attnum, 'COLUMN', '', a.attname::text, '', a.attrelid::int8
    FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0 AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
      AND a.attrelid >= 16384
    UNION ALL
    SELECT 'constraint', k.oid::int8, 0, 'CONSTRAINT', '', k.conname::text, '', k.conrelid::int8
    FROM pg_catalog.pg_constraint AS k
    WHERE k.conrelid <> 0 AND k.coninhcount = 0 AND k.contype IN ('p', 'u', 'x', 'c', 'f')
    UNION ALL
    SELECT 'trigger', g.oid::int8, 0, 'TRIGGER', '', g.tgname::text, '', g.tgrelid::int8
    FROM pg_catalog.pg_trigger AS g WHERE NOT g.tgisinternal AND g.tgparentid = 0
    UNION ALL
    SELECT 'policy', p.oid::int8, 0, 'POLICY', '', p.polname::text, '', p.polrelid::int8 FROM pg_catalog.pg_policy AS p
    UNION ALL
    SELECT 'rule', w.oid::int8, 0, 'RULE', '', w.rulename::text, '', w.ev_class::int8
    FROM pg_catalog.pg_rewrite AS w WHERE w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'value', e.oid::int8, 0, 'VALUE', '', e.enumlabel::text, '', e.enumtypid::int8 FROM pg_catalog.pg_enum AS e
    ORDER BY class, object, part";

/// The identity of an object: the catalog, its row, and a number within it.
type Identity = (String, i64, i32);

/// The names of everything in a database, by identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Names(BTreeMap<Identity, Named>);

/// One object and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    /// Its kind in SQL.
    kind: String,
    namespace: String,
    name: String,
    /// The arguments of a routine.
    arguments: String,
    /// The relation or type that it belongs to; 0 where it belongs to none.
    owner: i64,
}

impl Names {
    /// Reads them, also inside an open transaction.
    pub(super) fn read(client: &mut impl GenericClient) -> Result<Self> {
        let rows = client
            .query(OBJECTS, &[])
            .context("cannot read the names of the scratch database")?;
        let all = rows.iter().map(|row| Ok((identity(row)?, named(row)?)));
        Ok(Self(all.collect::<Result<_>>()?))
    }

    /// Gives every object of `now` that has an earlier name here that name, by statements that run
    /// in `attempt`.
    pub(super) fn restore(&self, now: &Self, attempt: &mut Attempt<'_, '_>) -> Result<()> {
        let mut names = now.clone();
        self.make_way(&mut names, attempt)?;
        // Objects come before what belongs to them, whose statements name their owners.
        for with_owner in [false, true] {
            let mut open: Vec<(&Identity, &Named)> = self
                .0
                .iter()
                .filter(|(identity, wanted)| {
                    let there = now.0.get(*identity);
                    (wanted.owner != 0) == with_owner
                        && there.is_some_and(|there| {
                            (&there.namespace, &there.name) != (&wanted.namespace, &wanted.name)
                        })
                })
                .collect();
            while !open.is_empty() {
                let count = open.len();
                let mut left = Vec::new();
                for (identity, wanted) in open {
                    if !names.rename(identity, wanted, attempt)? {
                        left.push((identity, wanted));
                    }
                }
                // Two objects may have changed their names: one of them steps aside.
                if left.len() == count && !names.step_aside(&left, attempt)? {
                    break;
                }
                open = left;
            }
        }
        Ok(())
    }

    /// Drops the relations and columns that the migration made under the name of another, which it
    /// renamed. They hold what was written since, and the other holds what was there before.
    fn make_way(&self, now: &mut Self, attempt: &mut Attempt<'_, '_>) -> Result<()> {
        let mut steps = Vec::new();
        for (identity, wanted) in &self.0 {
            let class = identity.0.as_str();
            let is_renamed = now
                .0
                .get(identity)
                .is_some_and(|there| there.name != wanted.name);
            if !is_renamed || !["relation", "column"].contains(&class) {
                continue;
            }
            let takes_it = |(other, there): &(&Identity, &Named)| {
                other.0 == identity.0
                    && !self.0.contains_key(*other)
                    && there.owner == wanted.owner
                    && (&there.namespace, &there.name) == (&wanted.namespace, &wanted.name)
            };
            let Some((other, there)) = now.0.iter().find(takes_it) else {
                continue;
            };
            steps.extend(now.drop_step(there).map(|step| (other.clone(), step)));
        }
        for (identity, step) in steps {
            // What stays keeps its name, and the other cannot have it.
            if !attempt.run(vec![step])? || !attempt.refused.is_empty() {
                continue;
            }
            let object = identity.1;
            now.0.remove(&identity);
            if identity.0 == "relation" {
                now.0.retain(|_, named| named.owner != object);
            }
        }
        Ok(())
    }

    /// The step that drops an object, and first what depends on it and holds no data.
    fn drop_step(&self, there: &Named) -> Option<Step> {
        if there.owner == 0 {
            let object = self.object(there)?;
            let drop = format!("DROP {} {object}", there.kind);
            return Some(Step::new(Phase::DropTables, drop).blocked_by(Target::Relation(object)));
        }
        let owner = self.object(self.owner(there.owner)?)?;
        let drop = format!("ALTER TABLE {owner} DROP COLUMN {}", name(&there.name));
        let target = Target::Column(owner, there.name.clone());
        Some(Step::new(Phase::DropColumns, drop).blocked_by(target))
    }

    /// Gives one object its earlier name. Returns whether that was possible.
    fn rename(
        &mut self,
        identity: &Identity,
        wanted: &Named,
        attempt: &mut Attempt<'_, '_>,
    ) -> Result<bool> {
        let Some(there) = self.0.get(identity).cloned() else {
            return Ok(true);
        };
        let mut statements = Vec::new();
        let mut moved = there.clone();
        if there.namespace != wanted.namespace {
            let Some(object) = self.object(&moved) else {
                return Ok(false);
            };
            statements.push(format!(
                "ALTER {} {object} SET SCHEMA {}",
                moved.kind,
                name(&wanted.namespace)
            ));
            moved.namespace.clone_from(&wanted.namespace);
        }
        if there.name != wanted.name {
            let Some(statement) = self.to(&moved, &wanted.name) else {
                return Ok(false);
            };
            statements.push(statement);
            moved.name.clone_from(&wanted.name);
        }
        // Its namespace was renamed, and it with that.
        if statements.is_empty() {
            return Ok(true);
        }
        let is_done = attempt.statements(&statements)?.is_none();
        if is_done {
            attempt.done.push(Done {
                comment: None,
                statements,
            });
            self.0.insert(identity.clone(), moved);
            // What belongs to a namespace is called after it.
            if there.kind == "SCHEMA" {
                self.move_all(&there.name, &wanted.name);
            }
        }
        Ok(is_done)
    }

    fn move_all(&mut self, from: &str, to: &str) {
        for named in self.0.values_mut().filter(|named| named.namespace == from) {
            named.namespace = to.to_owned();
        }
    }

    fn step_aside(
        &mut self,
        left: &[(&Identity, &Named)],
        attempt: &mut Attempt<'_, '_>,
    ) -> Result<bool> {
        for (identity, wanted) in left {
            let Some(there) = self.0.get(*identity).cloned() else {
                continue;
            };
            let between = Named {
                name: format!("{}{BETWEEN}", wanted.name),
                ..there.clone()
            };
            if there.name != between.name && self.rename(identity, &between, attempt)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The statement that renames an object.
    fn to(&self, there: &Named, new: &str) -> Option<String> {
        if there.owner == 0 {
            let object = self.object(there)?;
            return Some(format!(
                "ALTER {} {object} RENAME TO {}",
                there.kind,
                name(new)
            ));
        }
        let owner = self.owner(there.owner)?;
        let object = self.object(owner)?;
        let (old, kind) = (name(&there.name), owner.kind.as_str());
        Some(match there.kind.as_str() {
            "VALUE" => format!(
                "ALTER TYPE {object} RENAME VALUE {} TO {}",
                text(&there.name),
                text(new)
            ),
            "COLUMN" if kind == "TYPE" => {
                format!(
                    "ALTER TYPE {object} RENAME ATTRIBUTE {old} TO {}",
                    name(new)
                )
            }
            "COLUMN" => format!("ALTER {kind} {object} RENAME COLUMN {old} TO {}", name(new)),
            "CONSTRAINT" => {
                format!(
                    "ALTER TABLE {object} RENAME CONSTRAINT {old} TO {}",
                    name(new)
                )
            }
            other => format!("ALTER {other} {old} ON {object} RENAME TO {}", name(new)),
        })
    }

    fn owner(&self, owner: i64) -> Option<&Named> {
        ["relation", "type"]
            .iter()
            .find_map(|class| self.0.get(&((*class).to_owned(), owner, 0)))
    }

    /// The name of an object as SQL writes it.
    fn object(&self, named: &Named) -> Option<String> {
        match named.kind.as_str() {
            "SCHEMA" => Some(name(&named.name)),
            "ROUTINE" => Some(format!(
                "{}.{}({})",
                name(&named.namespace),
                name(&named.name),
                named.arguments
            )),
            _ if named.owner == 0 => {
                Some(format!("{}.{}", name(&named.namespace), name(&named.name)))
            }
            _ => None,
        }
    }
}

fn identity(row: &Row) -> Result<Identity> {
    let part: i32 = row.try_get("part")?;
    Ok((row.try_get("class")?, row.try_get("object")?, part))
}

fn named(row: &Row) -> Result<Named> {
    Ok(Named {
        kind: row.try_get("kind")?,
        namespace: row.try_get("namespace")?,
        name: row.try_get("name")?,
        arguments: row.try_get("arguments")?,
        owner: row.try_get("owner")?,
    })
}
