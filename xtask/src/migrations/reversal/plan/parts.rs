//! Steps for what stands on tables and views: constraints, indexes, triggers, policies, rules and
//! statistics.

use std::collections::BTreeMap;

use super::super::ddl::columns::options;
use super::super::ddl::names::{comment, name, qualified};
use super::super::ddl::tables::{create_policy, is_inline};
use super::super::step::{Phase, Step, Target};
use crate::schema::model::{
    Constraint, ConstraintKind, Index, ObjectName, Policy, Rule, Statistics, Table, Trigger,
};

/// A table or view whose parts are compared.
#[derive(Clone, Copy)]
pub(super) struct Owner<'s> {
    pub object: &'s ObjectName,
    /// `TABLE`, `VIEW`, `MATERIALIZED VIEW`.
    pub word: &'static str,
}

impl Owner<'_> {
    fn called(self) -> String {
        qualified(self.object)
    }

    fn inside(self, name: &str) -> String {
        qualified(&ObjectName {
            namespace: self.object.namespace.clone(),
            name: name.to_owned(),
        })
    }

    /// `is_new` where the table is made by these steps, and has what stands in its `CREATE TABLE`.
    pub(super) fn constraints(
        self,
        (wanted, now): (&Table, &Table),
        is_new: bool,
        steps: &mut Vec<Step>,
    ) {
        let is_part = wanted.partition.is_some();
        let table = format!("ALTER TABLE {}", self.called());
        for (constraint, one) in &wanted.constraints {
            // A part that is made anew gets all of its own, and is attached with them.
            if (one.inherited && !(is_new && is_part)) || one.kind == ConstraintKind::Trigger {
                continue;
            }
            let there = now.constraints.get(constraint);
            let is_made = is_new && is_inline(one);
            self.constraint(&table, (constraint, one), there, is_made, steps);
        }
        for (constraint, one) in &now.constraints {
            if wanted.constraints.contains_key(constraint)
                || one.inherited
                || one.kind == ConstraintKind::Trigger
                // It goes with a column of it.
                || one.columns.iter().any(|column| wanted.column(column).is_none())
            {
                continue;
            }
            let drop = format!("{table} DROP CONSTRAINT {}", name(constraint));
            let step = Step::new(Phase::DropConstraints, drop);
            steps.push(step.blocked_by(Target::Constraint(self.called(), constraint.clone())));
        }
    }

    fn constraint(
        self,
        table: &str,
        (constraint, wanted): (&String, &Constraint),
        there: Option<&Constraint>,
        is_made: bool,
        steps: &mut Vec<Step>,
    ) {
        let called = name(constraint);
        let target = Target::Constraint(self.called(), constraint.clone());
        let phase = match wanted.kind {
            ConstraintKind::ForeignKey => Phase::ForeignKeys,
            _ => Phase::Constraints,
        };
        let add = format!("{table} ADD CONSTRAINT {called} {}", wanted.definition);
        match there {
            None if is_made => {}
            None => steps.push(Step::new(phase, add)),
            Some(there) if there.definition == wanted.definition => {}
            // The only difference is that it was not validated.
            Some(there)
                if wanted.validated
                    && there.definition.strip_suffix(" NOT VALID") == Some(&wanted.definition) =>
            {
                let validate = format!("{table} VALIDATE CONSTRAINT {called}");
                steps.push(Step::new(phase, validate));
            }
            Some(_) => {
                let drop = format!("{table} DROP CONSTRAINT {called}");
                steps.push(Step::of(phase, vec![drop, add]).blocked_by(target));
            }
        }
        let default = Constraint::default();
        let there = there.unwrap_or(&default);
        let index = format!("ALTER INDEX {}", self.inside(constraint));
        for one in options(&index, &wanted.storage.options, &there.storage.options) {
            steps.push(Step::new(Phase::Comments, one));
        }
        if wanted.storage.tablespace != there.storage.tablespace {
            let space = wanted.storage.tablespace.as_deref().unwrap_or("pg_default");
            steps.push(Step::new(
                Phase::Comments,
                format!("{index} SET TABLESPACE {}", name(space)),
            ));
        }
        if wanted.clustered && !there.clustered {
            steps.push(Step::new(
                Phase::Comments,
                format!("{table} CLUSTER ON {called}"),
            ));
        }
        if wanted.comment != there.comment {
            let on = format!("CONSTRAINT {called} ON {}", self.called());
            steps.push(Step::new(
                Phase::Comments,
                comment(&on, wanted.comment.as_ref()),
            ));
        }
    }

    pub(super) fn indexes(
        self,
        wanted: &BTreeMap<String, Index>,
        now: &BTreeMap<String, Index>,
        steps: &mut Vec<Step>,
    ) {
        for (index, one) in wanted {
            let there = now.get(index);
            let called = self.inside(index);
            if there.is_none_or(|there| there.definition != one.definition) {
                let drop = there.map(|_| format!("DROP INDEX {called}"));
                let all = drop.into_iter().chain([one.definition.clone()]).collect();
                let step = Step::of(Phase::Indexes, all);
                steps.push(step.blocked_by(Target::Relation(called.clone())));
            }
            let default = Index::default();
            self.index_attributes(index, one, there.unwrap_or(&default), steps);
        }
        for index in now.keys().filter(|index| !wanted.contains_key(*index)) {
            let called = self.inside(index);
            let step = Step::new(Phase::DropIndexes, format!("DROP INDEX {called}"));
            steps.push(step.blocked_by(Target::Relation(called)));
        }
    }

    fn index_attributes(self, index: &str, wanted: &Index, now: &Index, steps: &mut Vec<Step>) {
        let called = self.inside(index);
        if let Some(parent) = wanted
            .part_of
            .as_ref()
            .filter(|_| wanted.part_of != now.part_of)
        {
            let attach = format!(
                "ALTER INDEX {} ATTACH PARTITION {called}",
                qualified(parent)
            );
            steps.push(Step::new(Phase::Partitions, attach));
        }
        if wanted.tablespace != now.tablespace {
            let space = wanted.tablespace.as_deref().unwrap_or("pg_default");
            let set = format!("ALTER INDEX {called} SET TABLESPACE {}", name(space));
            steps.push(Step::new(Phase::Comments, set));
        }
        for target in wanted
            .statistics
            .iter()
            .filter(|one| !now.statistics.contains(one))
        {
            if let Some((column, target)) = target.split_once('=') {
                let set =
                    format!("ALTER INDEX {called} ALTER COLUMN {column} SET STATISTICS {target}");
                steps.push(Step::new(Phase::Comments, set));
            }
        }
        if wanted.clustered && !now.clustered {
            let cluster = format!(
                "ALTER {} {} CLUSTER ON {}",
                self.word,
                self.called(),
                name(index)
            );
            steps.push(Step::new(Phase::Comments, cluster));
        }
        if wanted.comment != now.comment {
            let on = format!("INDEX {called}");
            steps.push(Step::new(
                Phase::Comments,
                comment(&on, wanted.comment.as_ref()),
            ));
        }
    }

    pub(super) fn statistics(
        self,
        wanted: &BTreeMap<ObjectName, Statistics>,
        now: &BTreeMap<ObjectName, Statistics>,
        steps: &mut Vec<Step>,
    ) {
        for (object, one) in wanted {
            let there = now.get(object);
            let called = qualified(object);
            if there.is_none_or(|there| there.definition != one.definition) {
                let drop = there.map(|_| format!("DROP STATISTICS {called}"));
                let all = drop.into_iter().chain([one.definition.clone()]).collect();
                steps.push(Step::of(Phase::Indexes, all));
            }
            if there.and_then(|there| there.target) != one.target {
                let target = one.target.unwrap_or(-1);
                let set = format!("ALTER STATISTICS {called} SET STATISTICS {target}");
                steps.push(Step::new(Phase::Comments, set));
            }
            if there.and_then(|there| there.comment.as_ref()) != one.comment.as_ref() {
                let on = format!("STATISTICS {called}");
                steps.push(Step::new(
                    Phase::Comments,
                    comment(&on, one.comment.as_ref()),
                ));
            }
        }
        for object in now.keys().filter(|object| !wanted.contains_key(*object)) {
            let drop = format!("DROP STATISTICS {}", qualified(object));
            steps.push(Step::new(Phase::DropIndexes, drop));
        }
    }

    pub(super) fn triggers(
        self,
        wanted: &BTreeMap<String, Trigger>,
        now: &BTreeMap<String, Trigger>,
        steps: &mut Vec<Step>,
    ) {
        let on = self.called();
        for (trigger, one) in wanted.iter().filter(|(_, one)| !one.inherited) {
            let there = now.get(trigger);
            let called = name(trigger);
            let is_same = there.is_some_and(|there| there.definition == one.definition);
            if !is_same {
                let drop = there.map(|_| format!("DROP TRIGGER {called} ON {on}"));
                let all = drop.into_iter().chain([one.definition.clone()]).collect();
                steps.push(Step::of(Phase::Triggers, all));
            }
            if there.and_then(|there| there.firing.as_ref()) != one.firing.as_ref() {
                let firing = firing(one.firing.as_deref());
                let set = format!("ALTER TABLE {on} {firing} TRIGGER {called}");
                steps.push(Step::new(Phase::Comments, set));
            }
            if there.and_then(|there| there.comment.as_ref()) != one.comment.as_ref() {
                let on = format!("TRIGGER {called} ON {on}");
                steps.push(Step::new(
                    Phase::Comments,
                    comment(&on, one.comment.as_ref()),
                ));
            }
        }
        for (trigger, one) in now {
            if !wanted.contains_key(trigger) && !one.inherited {
                let drop = format!("DROP TRIGGER {} ON {on}", name(trigger));
                steps.push(Step::new(Phase::DropRules, drop));
            }
        }
    }

    pub(super) fn policies(
        self,
        wanted: &BTreeMap<String, Policy>,
        now: &BTreeMap<String, Policy>,
        steps: &mut Vec<Step>,
    ) {
        let on = self.called();
        for (policy, one) in wanted {
            let there = now.get(policy);
            let without_comment = |policy: &Policy| Policy {
                comment: None,
                ..policy.clone()
            };
            if there.map(without_comment) != Some(without_comment(one)) {
                let drop = there.map(|_| format!("DROP POLICY {} ON {on}", name(policy)));
                let create = create_policy(&on, policy, one);
                let all = drop.into_iter().chain([create]).collect();
                steps.push(Step::of(Phase::Triggers, all));
            }
            if there.and_then(|there| there.comment.as_ref()) != one.comment.as_ref() {
                let on = format!("POLICY {} ON {on}", name(policy));
                steps.push(Step::new(
                    Phase::Comments,
                    comment(&on, one.comment.as_ref()),
                ));
            }
        }
        for policy in now.keys().filter(|policy| !wanted.contains_key(*policy)) {
            let drop = format!("DROP POLICY {} ON {on}", name(policy));
            steps.push(Step::new(Phase::DropRules, drop));
        }
    }

    pub(super) fn rules(
        self,
        wanted: &BTreeMap<String, Rule>,
        now: &BTreeMap<String, Rule>,
        steps: &mut Vec<Step>,
    ) {
        let on = self.called();
        for (rule, one) in wanted {
            let there = now.get(rule);
            let called = name(rule);
            if there.is_none_or(|there| there.definition != one.definition) {
                let drop = there.map(|_| format!("DROP RULE {called} ON {on}"));
                let create = one.definition.trim_end_matches(';').to_owned();
                let all = drop.into_iter().chain([create]).collect();
                steps.push(Step::of(Phase::Triggers, all));
            }
            if there.and_then(|there| there.firing.as_ref()) != one.firing.as_ref() {
                let firing = firing(one.firing.as_deref());
                let set = format!("ALTER TABLE {on} {firing} RULE {called}");
                steps.push(Step::new(Phase::Comments, set));
            }
            if there.and_then(|there| there.comment.as_ref()) != one.comment.as_ref() {
                let on = format!("RULE {called} ON {on}");
                steps.push(Step::new(
                    Phase::Comments,
                    comment(&on, one.comment.as_ref()),
                ));
            }
        }
        for rule in now.keys().filter(|rule| !wanted.contains_key(*rule)) {
            let drop = format!("DROP RULE {} ON {on}", name(rule));
            steps.push(Step::new(Phase::DropRules, drop));
        }
    }

    /// Options of a table or view, and its place on the disk.
    pub(super) fn storage(
        self,
        wanted: &crate::schema::model::Storage,
        now: &crate::schema::model::Storage,
        steps: &mut Vec<Step>,
    ) {
        let alter = format!("ALTER {} {}", self.word, self.called());
        for one in options(&alter, &wanted.options, &now.options) {
            steps.push(Step::new(Phase::Attributes, one));
        }
        if wanted.tablespace != now.tablespace {
            let space = wanted.tablespace.as_deref().unwrap_or("pg_default");
            let set = format!("{alter} SET TABLESPACE {}", name(space));
            steps.push(Step::new(Phase::Attributes, set));
        }
        if wanted.access_method != now.access_method {
            let method = wanted.access_method.as_deref().unwrap_or("heap");
            let set = format!("{alter} SET ACCESS METHOD {}", name(method));
            steps.push(Step::new(Phase::Attributes, set));
        }
    }
}

fn firing(firing: Option<&str>) -> &'static str {
    match firing {
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some("always") => "ENABLE ALWAYS",
        _ => "ENABLE",
    }
}
