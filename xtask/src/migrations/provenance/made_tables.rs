//! The tables and views that texts of SQL make, also inside blocks.

use std::collections::BTreeSet;

use super::{SearchPath, block_body};
use crate::migrations::sql::{self, Cursor};
use crate::schema::model::ObjectName;

/// The names of the tables and views that `texts` make, each of which starts with `search_path`.
pub fn made_tables<'t>(
    search_path: &SearchPath,
    texts: impl IntoIterator<Item = &'t str>,
) -> BTreeSet<ObjectName> {
    let mut made = BTreeSet::new();
    for text in texts {
        collect(text, &mut search_path.clone(), &mut made);
    }
    made
}

fn collect(text: &str, path: &mut SearchPath, made: &mut BTreeSet<ObjectName>) {
    for statement in sql::statements(text) {
        let mut cursor = statement.cursor();
        if cursor.eat("do") {
            if let Some((_, body)) = block_body(&cursor) {
                collect(body, path, made);
            }
        } else if !path.follow(cursor.clone()) {
            made.extend(made_by(cursor, path));
        }
    }
}

/// The table or view that a statement makes. In a block, words of PL/pgSQL stand before it: `IF …
/// THEN CREATE TABLE …`.
fn made_by(mut cursor: Cursor<'_>, path: &SearchPath) -> Option<ObjectName> {
    if !cursor.skip_past(&["create"]) {
        return None;
    }
    let _replaces = cursor.eat_all(&["or", "replace"]);
    let _kind = cursor.eat("unlogged") || cursor.eat("foreign") || cursor.eat("materialized");
    if !(cursor.eat("table") || cursor.eat("view")) {
        return None;
    }
    let _condition = cursor.eat_all(&["if", "not", "exists"]);
    path.first(&cursor.qualified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_known_by_the_statements_that_make_them() {
        let text = "CREATE SCHEMA auth; CREATE TABLE IF NOT EXISTS auth.users (id uuid);
            ALTER TABLE storage.objects ADD a int; CREATE TEMP TABLE t (a int);
            DO $$ BEGIN IF true THEN CREATE TABLE \"Logs\" (a int); END IF; END $$;
            SET search_path = app; CREATE OR REPLACE VIEW v AS SELECT 1 AS a;";
        let made = made_tables(&SearchPath::default(), [text]);
        let names: Vec<_> = made
            .iter()
            .map(|name| format!("{}.{}", name.namespace, name.name))
            .collect();
        assert_eq!(names, ["app.v", "auth.users", "public.Logs"]);
    }
}
