//! Statements of every kind, and what is read of them.

use super::*;

/// The effects of `text`, one a line, as brief as their debug output allows.
fn effects(text: &str) -> Vec<Effect> {
    read(text, &SearchPath::default())
        .into_iter()
        .flat_map(|statement| statement.effects)
        .map(|placed| placed.effect)
        .collect()
}

fn actions(text: &str) -> Vec<TableAction> {
    let action = |effect| match effect {
        Effect::AlterTable { action, .. } => action,
        other => panic!("no ALTER TABLE: {other:?}"),
    };
    effects(text).into_iter().map(action).collect()
}

fn constraint_of(text: &str) -> Constraint {
    match actions(&format!("alter table t add {text}")).remove(0) {
        TableAction::AddConstraint(constraint) => *constraint,
        other => panic!("no constraint: {other:?}"),
    }
}

#[test]
fn clauses_have_their_own_places_and_names_their_search_path() {
    let text = "set search_path to app, public;\nalter table only teams\n  add column role text not null,\n  alter nick set not null;";
    let statements = read(text, &SearchPath::default());
    assert!(statements[0].effects.is_empty());
    let altered = &statements[1];
    assert!(altered.path.is_set() && altered.index == 1);
    let texts: Vec<_> = altered
        .effects
        .iter()
        .map(|placed| &text[placed.span.range()])
        .collect();
    assert_eq!(
        texts,
        ["add column role text not null", "alter nick set not null"]
    );
    let Effect::AlterTable { table, only, .. } = &altered.effects[0].effect else {
        panic!("no ALTER TABLE")
    };
    let object = table.object(&altered.path, |_| false).expect("a name");
    assert_eq!(
        (object.namespace.as_str(), object.name.as_str(), *only),
        ("app", "teams", true)
    );
}

#[test]
fn added_columns_say_whether_old_rows_get_a_value() {
    let added = |text: &str| match actions(&format!("alter table t add column {text}")).remove(0) {
        TableAction::AddColumn(column) => *column,
        other => panic!("no column: {other:?}"),
    };
    let role = added("\"Role\" text NOT NULL");
    assert!(role.name == "Role" && role.not_null && role.default.is_none() && !role.numbered);
    let state = added("state app.state default 'open'::app.state not null");
    assert!(state.not_null && state.default.is_some_and(|default| default.is_literal()));
    assert!(added("id bigserial primary key").numbered);
    let id = added("id int generated always as identity");
    assert!(id.numbered && id.not_null);
    let total = added("total int generated always as (a + b) stored not null");
    assert_eq!(
        total.generated.map(|expression| expression.sql).as_deref(),
        Some("a + b")
    );
    let key = added("id uuid primary key default gen_random_uuid()");
    assert!(key.not_null && matches!(key.constraints[0].kind, ConstraintKind::PrimaryKey(_)));
    let limited = added("n int check (n > 0) references other (id)");
    assert_eq!(limited.constraints.len(), 2);
    assert!(
        matches!(&limited.constraints[1].kind, ConstraintKind::ForeignKey(key) if key.columns == ["n"] && key.referenced == ["id"])
    );
    assert!(
        added("n int null default null")
            .default
            .is_some_and(|default| default.is_null())
    );
}

#[test]
fn constraints_are_read_with_all_that_decides_about_rows() {
    let check = constraint_of("constraint c check (n > 0) not valid");
    assert!(check.not_valid && check.name.as_deref() == Some("c"));
    assert!(matches!(&check.kind, ConstraintKind::Check(check) if check.sql == "n > 0"));
    assert_eq!(
        constraint_of("unique nulls not distinct (a, \"B\")").kind,
        ConstraintKind::Unique {
            columns: vec!["a".into(), "B".into()],
            nulls_not_distinct: true
        }
    );
    assert_eq!(
        constraint_of("constraint k primary key using index i").kind,
        ConstraintKind::UsingIndex {
            index: "i".into(),
            primary: true
        }
    );
    let ConstraintKind::ForeignKey(key) = constraint_of(
        "foreign key (a, b) references app.other (x, y) match full on delete cascade",
    )
    .kind
    else {
        panic!("no foreign key")
    };
    assert!(key.full && key.has_actions && !key.temporal);
    assert_eq!(
        (key.columns.len(), key.referenced),
        (2, vec!["x".to_owned(), "y".to_owned()])
    );
    let ConstraintKind::Exclude {
        elements,
        condition,
    } = constraint_of("exclude using gist (room with =, during with &&) where (not cancelled)")
        .kind
    else {
        panic!("no exclusion")
    };
    let elements: Vec<_> = elements
        .iter()
        .map(|(e, op)| format!("{} {op}", e.sql))
        .collect();
    assert_eq!(elements, ["room =", "during &&"]);
    assert_eq!(
        condition.map(|condition| condition.sql).as_deref(),
        Some("not cancelled")
    );
}

#[test]
fn indexes_types_and_domains_are_read() {
    let Effect::CreateIndex(index) = effects(
        "create unique index concurrently if not exists i on app.t (lower(mail) collate \"C\", team_id desc) where deleted is null",
    ).remove(0) else { panic!("no index") };
    assert!(index.unique && index.concurrently && index.if_not_exists);
    assert_eq!(
        index.elements[0].expression.sql,
        "lower(mail) collate \"C\""
    );
    assert_eq!(index.elements[1].column.as_deref(), Some("team_id"));
    assert_eq!(
        index.condition.map(|condition| condition.sql).as_deref(),
        Some("deleted is null")
    );
    assert!(matches!(
        &effects("create type role as enum ('a', 'it''s')")[..],
        [Effect::CreateEnum { labels, .. }] if labels[..] == ["a".to_owned(), "it's".to_owned()]
    ));
    assert!(matches!(
        &actions("alter table t alter column a type varchar(3) using lower(a)")[..],
        [TableAction::SetType { type_name, using: Some(using), .. }] if type_name == "varchar(3)" && using.sql == "lower(a)"
    ));
    assert!(matches!(
        &effects("alter domain d add constraint c check (value > 0) not valid")[..],
        [Effect::AlterDomain { action: DomainAction::AddConstraint(added), .. }] if added.not_valid
    ));
    assert!(matches!(
        &effects("alter type role add value 'x' after 'a'; alter type role rename to old")[..],
        [Effect::AlterType { action: TypeAction::AddValue(added), .. }, Effect::AlterType { action: TypeAction::RenameTo(to), .. }]
            if added == "x" && to == "old"
    ));
}

#[test]
fn bounds_of_partitions_are_read() {
    let bounds =
        |text: &str| match actions(&format!("alter table t attach partition p {text}")).remove(0) {
            TableAction::AttachPartition { bounds, .. } => bounds.expect("bounds"),
            other => panic!("no partition: {other:?}"),
        };
    assert_eq!(
        bounds("for values from ('2024-01-01', minvalue) to ('2025-01-01', 3)"),
        PartitionBounds::Range {
            from: vec![Some("'2024-01-01'".into()), None],
            to: vec![Some("'2025-01-01'".into()), Some("3".into())],
        }
    );
    assert_eq!(
        bounds("for values in ('a', null)"),
        PartitionBounds::List(vec!["'a'".into(), "null".into()])
    );
    assert_eq!(
        bounds("for values with (modulus 4, remainder 1)"),
        PartitionBounds::Hash {
            modulus: "4".into(),
            remainder: "1".into()
        }
    );
    assert_eq!(bounds("default"), PartitionBounds::Default);
}

#[test]
fn changes_of_rows_are_found_wherever_they_stand() {
    assert!(matches!(
        &effects("with gone as (delete from a where x returning *) insert into b select * from gone")[..],
        [Effect::Insert(insertion), Effect::Delete { all: false, .. }] if insertion.rows.is_none()
    ));
    assert!(matches!(
        &effects("update t set (a, b) = (1, 2), c = 3")[..],
        [Effect::Update(update)] if update.all && update.columns == ["a", "b", "c"]
    ));
    assert!(matches!(
        &effects("insert into t (a, b) values (1, 'x'), (2, default) on conflict do nothing")[..],
        [Effect::Insert(insertion)]
            if insertion.on_conflict && insertion.rows.as_ref().is_some_and(|rows| rows.len() == 2) && insertion.columns == ["a", "b"]
    ));
    assert!(matches!(
        &effects("truncate a, only b cascade")[..],
        [Effect::Truncate { tables, cascade: true }] if tables.len() == 2 && tables[1].1
    ));
    assert!(
        matches!(&effects("create table n as select * from old")[..], [Effect::CreateTable(created)] if created.from_query)
    );
    assert!(matches!(
        &effects("drop table if exists a, app.b cascade; drop schema x; drop type t")[..],
        [Effect::DropTables { tables, cascade: true }, Effect::DropSchemas { .. }, Effect::DropTypes { .. }] if tables.len() == 2
    ));
}

#[test]
fn what_cannot_be_told_is_never_passed_over() {
    for text in [
        "do $$ begin delete from t; end $$",
        "call p()",
        "select my_function()",
        "alter table t frobnicate",
        "select ((((",
    ] {
        assert!(
            matches!(effects(text)[..], [Effect::Opaque(_)]),
            "{text}: {:?}",
            effects(text)
        );
    }
    for text in [
        "select 1",
        "select setval('s', (select max(id) from t))",
        "comment on table t is 'delete from t'",
        "grant select on t to public",
    ] {
        assert!(effects(text).is_empty(), "{text}: {:?}", effects(text));
    }
    let deep = format!("select {}1{}", "(".repeat(5000), ")".repeat(5000));
    assert!(matches!(effects(&deep)[..], [Effect::Opaque(_)]));
}
