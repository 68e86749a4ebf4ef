//! Differences as they are read, and the verdicts that rest on them.

use super::*;
use crate::schema::model::{
    Column, Constraint, ConstraintKind, Enum, ObjectName, Routine, RoutineKind, Table,
};

fn column(name: &str, type_name: &str) -> Column {
    Column {
        name: name.into(),
        type_name: type_name.into(),
        ..Column::default()
    }
}

fn schema(columns: &[Column]) -> Schema {
    let mut schema = Schema::default();
    let table = Table {
        columns: columns.to_vec(),
        ..Table::default()
    };
    schema.tables.insert(ObjectName::public("users"), table);
    schema
}

#[test]
fn changes_are_grouped_by_object() {
    let mut before = schema(&[
        column("id", "uuid"),
        column("email", "character varying(100)"),
        column("age", "integer"),
    ]);
    let labels = vec!["admin".into(), "citizen".into()];
    before.enums.insert(
        ObjectName::public("role"),
        Enum {
            labels,
            ..Enum::default()
        },
    );
    let email = Column {
        not_null: true,
        default: Some("''::text".into()),
        ..column("email", "text")
    };
    let mut after = schema(&[column("id", "uuid"), email, column("bio", "text")]);
    let tags = Table {
        columns: vec![column("name", "text")],
        ..Table::default()
    };
    after.tables.insert(
        ObjectName {
            namespace: "app".into(),
            name: "tags".into(),
        },
        tags,
    );
    let unique = Constraint {
        kind: ConstraintKind::Unique,
        columns: vec!["email".into()],
        definition: "UNIQUE (email)".into(),
        validated: false,
        ..Constraint::default()
    };
    let users = after
        .tables
        .get_mut(&ObjectName::public("users"))
        .expect("made above");
    users.constraints.insert("users_email_key".into(), unique);
    users.comment = Some("People".into());
    let found = diff(&before, &after);
    assert_eq!(found.likeness(), Likeness::Different);
    insta::assert_snapshot!(found.to_string(), @r"
    - enum role admin, citizen
    + table app.tags
        + column name text
    ~ table users
        ~ comment none → People
        ~ column email: type character varying(100) → text
        ~ column email: not null no → yes
        ~ column email: default none → ''::text
        - column age integer
        + column bio text
        + constraint users_email_key UNIQUE (email)
    ");
}

#[test]
fn a_routine_is_compared_line_by_line() {
    let with = |body: &str| {
        let definition = format!("CREATE FUNCTION public.f()\n RETURNS integer\nAS $$\n{body}\n$$");
        let mut schema = Schema::default();
        let routine = Routine {
            kind: RoutineKind::Function,
            comment: None,
            definition,
        };
        schema.routines.insert(ObjectName::public("f()"), routine);
        schema
    };
    insta::assert_snapshot!(diff(&with("SELECT 1"), &with("SELECT 2")).to_string(), @r"
    ~ routine f()
        ~ definition
              CREATE FUNCTION public.f()
               RETURNS integer
              AS $$
            - SELECT 1
            + SELECT 2
              $$
    ");
}

#[test]
fn columns_in_another_order_are_a_physical_difference_only() {
    let (a, b, c) = (
        column("a", "text"),
        column("b", "text"),
        column("c", "text"),
    );
    let found = diff(
        &schema(&[a.clone(), b.clone(), c.clone()]),
        &schema(&[a.clone(), c.clone(), b.clone()]),
    );
    assert_eq!(found.likeness(), Likeness::PhysicalOrderOnly);
    assert_eq!(
        found.to_string(),
        "~ table users\n    ~ order of columns: a, b, c → a, c, b\n"
    );
    let changed = diff(
        &schema(&[a.clone(), b.clone(), c.clone()]),
        &schema(&[a, c, column("b", "integer")]),
    );
    assert_eq!(changed.likeness(), Likeness::Different);
}

#[test]
fn equal_schemas_have_no_difference_and_grants_can_be_left_out() {
    let before = schema(&[column("id", "uuid")]);
    assert_eq!(diff(&before, &before).likeness(), Likeness::Exact);
    let mut after = before.clone();
    after
        .grants
        .insert("table public.users".into(), vec!["app: SELECT".into()]);
    let found = diff(&before, &after);
    assert_eq!(
        found.to_string(),
        "+ grants on table public.users app: SELECT\n"
    );
    assert_eq!(found.without_grants().likeness(), Likeness::Exact);
}
