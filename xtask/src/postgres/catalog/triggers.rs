//! Reads objects that run or filter when a table or view is used: triggers, policies of row-level
//! security, rewrite rules.

use postgres::{Error, GenericClient, Row};

use super::prepared::Prepared;
use super::{OwnTables, object_name};
use crate::schema::model::{Policy, Rule, Schema, Trigger};

/// Internal triggers are left out: they belong to constraints.
const TRIGGERS: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, g.tgname::text AS trigger_name,
           pg_get_triggerdef(g.oid) AS definition, g.tgenabled::text AS firing, g.tgparentid <> 0 AS inherited,
           obj_description(g.oid, 'pg_trigger') AS comment
    FROM pg_trigger AS g
    JOIN pg_class AS c ON c.oid = g.tgrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE NOT g.tgisinternal AND c.relname <> ALL ($1::text[]) AND ",
    namespaces!(),
    " AND ",
    not_of_extensions!("pg_trigger", "g.oid"),
    " ORDER BY namespace, name, trigger_name"
);

const POLICIES: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, p.polname::text AS policy_name,
           p.polcmd::text AS command, NOT p.polpermissive AS restrictive,
           ARRAY(SELECT CASE WHEN r.oid = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r.oid)::text END
                 FROM unnest(p.polroles) AS r (oid) ORDER BY 1) AS roles,
           pg_get_expr(p.polqual, p.polrelid) AS using_expression,
           pg_get_expr(p.polwithcheck, p.polrelid) AS check_expression,
           obj_description(p.oid, 'pg_policy') AS comment
    FROM pg_policy AS p
    JOIN pg_class AS c ON c.oid = p.polrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname <> ALL ($1::text[]) AND ",
    namespaces!(),
    " ORDER BY namespace, name, policy_name"
);

/// The rule `_RETURN` is the view itself.
const RULES: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, w.rulename::text AS rule_name,
           pg_get_ruledef(w.oid) AS definition, w.ev_enabled::text AS firing,
           obj_description(w.oid, 'pg_rewrite') AS comment
    FROM pg_rewrite AS w
    JOIN pg_class AS c ON c.oid = w.ev_class
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE w.rulename <> '_RETURN' AND c.relname <> ALL ($1::text[]) AND ",
    namespaces!(),
    " ORDER BY namespace, name, rule_name"
);

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    own: &OwnTables,
    schema: &mut Schema,
) -> Result<(), Error> {
    for row in client.query(TRIGGERS, &[&own.tables])? {
        let trigger = Trigger {
            definition: row.get("definition"),
            firing: firing(&row),
            inherited: row.get("inherited"),
            comment: row.get("comment"),
        };
        let relation = object_name(&row);
        if let Some(table) = schema.tables.get_mut(&relation) {
            table.triggers.insert(row.get("trigger_name"), trigger);
        } else if let Some(view) = schema.views.get_mut(&relation) {
            view.triggers.insert(row.get("trigger_name"), trigger);
        }
    }
    for row in client.query(POLICIES, &[&own.tables])? {
        if let Some(table) = schema.tables.get_mut(&object_name(&row)) {
            table.policies.insert(row.get("policy_name"), policy(&row));
        }
    }
    for row in client.query(RULES, &[&own.tables])? {
        let rule = Rule {
            definition: row.get("definition"),
            firing: firing(&row),
            comment: row.get("comment"),
        };
        let relation = object_name(&row);
        if let Some(table) = schema.tables.get_mut(&relation) {
            table.rules.insert(row.get("rule_name"), rule);
        } else if let Some(view) = schema.views.get_mut(&relation) {
            view.rules.insert(row.get("rule_name"), rule);
        }
    }
    Ok(())
}

fn policy(row: &Row) -> Policy {
    let command = match row.get("command") {
        "r" => "SELECT",
        "a" => "INSERT",
        "w" => "UPDATE",
        "d" => "DELETE",
        _ => "ALL",
    };
    Policy {
        command: command.into(),
        restrictive: row.get("restrictive"),
        roles: row.get("roles"),
        using: row.get("using_expression"),
        check: row.get("check_expression"),
        comment: row.get("comment"),
    }
}

/// `pg_trigger.tgenabled`, `pg_rewrite.ev_enabled`: `None` where it fires as usual.
fn firing(row: &Row) -> Option<String> {
    match row.get("firing") {
        "D" => Some("disabled".into()),
        "R" => Some("replica".into()),
        "A" => Some("always".into()),
        _ => None,
    }
}
