//! Resolves names without a namespace: they live in the first namespace of the search path, as the
//! migration set it.

use crate::migrations::sql::{self, Cursor, Identifier, TokenKind};
use crate::schema::model::ObjectName;
use crate::tree::Tree;

/// The namespaces that are searched, first one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPath {
    namespaces: Vec<String>,
    /// The namespaces before a statement set others: those of the session.
    of_session: Option<Vec<String>>,
}

impl Default for SearchPath {
    fn default() -> Self {
        Self::new(vec!["public".into()])
    }
}

impl SearchPath {
    /// The search path with which a session begins.
    #[must_use]
    pub fn new(namespaces: Vec<String>) -> Self {
        Self {
            namespaces,
            of_session: None,
        }
    }

    /// The namespaces, first one first.
    #[must_use]
    pub fn namespaces(&self) -> &[String] {
        &self.namespaces
    }

    /// Whether it is one that a statement has set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.of_session.is_some()
    }

    /// The search path that each migration starts with: the default, unless one of `files`
    /// (`scratch-setup`) sets another. A file that cannot be read sets none.
    #[must_use]
    pub fn of_setup(tree: &dyn Tree, files: &[String]) -> Self {
        let mut path = Self::default();
        for file in files {
            let Ok(bytes) = tree.read(file) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            let mut own = Self::new(Vec::new());
            for statement in sql::statements(&text) {
                own.follow(statement.cursor());
            }
            // An empty path is set by dumps for their own names, and is no choice of the project.
            if !own.namespaces.is_empty() {
                path = Self::new(own.namespaces);
            }
        }
        path
    }

    /// Follows a statement that sets the path, or resets it. Returns whether it did.
    pub fn follow(&mut self, mut cursor: Cursor<'_>) -> bool {
        if cursor.eat("select") {
            return self.follow_set_config(cursor);
        }
        if cursor.eat("reset") || cursor.eat("discard") {
            let resets = cursor.at("search_path") || cursor.at("all");
            if resets {
                self.reset();
            }
            return resets;
        }
        if !cursor.eat("set") {
            return false;
        }
        let _scope = cursor.eat("session") || cursor.eat("local");
        let names_one = cursor.eat("schema");
        let is_path =
            names_one || cursor.eat("search_path") && (cursor.eat("to") || cursor.eat_text("="));
        if is_path && cursor.at("default") {
            self.reset();
        } else if is_path {
            self.set(names(&mut cursor));
        }
        is_path
    }

    /// Follows `SELECT set_config('search_path', …)`, as `pg_dump` begins.
    fn follow_set_config(&mut self, mut cursor: Cursor<'_>) -> bool {
        let sets = cursor.skip_past(&["set_config"]);
        let Some(mut arguments) = cursor.parenthesised().filter(|_| sets) else {
            return false;
        };
        let is_path = arguments.eat_text("'search_path'") && arguments.eat_text(",");
        if let Some(value) = arguments.next().filter(|_| is_path) {
            let names = value.text(cursor.source()).trim_matches('\'').split(',');
            let names = names.map(|name| name.trim().trim_matches('"').to_owned());
            self.set(names.collect());
        }
        is_path
    }

    /// Sets the path, without `$user`, which names no namespace for most roles, and without
    /// `pg_catalog`, where migrations make nothing.
    fn set(&mut self, mut names: Vec<String>) {
        names.retain(|name| !name.is_empty() && name != "$user" && name != "pg_catalog");
        let before = std::mem::replace(&mut self.namespaces, names);
        self.of_session.get_or_insert(before);
    }

    /// Goes back to the path with which the session began.
    fn reset(&mut self) {
        if let Some(namespaces) = self.of_session.take() {
            self.namespaces = namespaces;
        }
    }

    /// The name of an object that a `CREATE` makes.
    pub(super) fn first(&self, parts: &[Identifier]) -> Option<ObjectName> {
        self.resolve(parts, |_| false)
    }

    /// The first object of that name that `is_known`, else the one in the first namespace.
    pub fn resolve(
        &self,
        parts: &[Identifier],
        is_known: impl Fn(&ObjectName) -> bool,
    ) -> Option<ObjectName> {
        let (name, before) = parts.split_last()?;
        let named = |namespace: &str| ObjectName {
            namespace: namespace.to_owned(),
            name: name.name.clone(),
        };
        if let Some(namespace) = before.last() {
            return Some(named(&namespace.name));
        }
        let namespaces = self.namespaces.iter();
        let found = namespaces.map(|namespace| named(namespace)).find(is_known);
        let first = self.namespaces.first().map_or("public", String::as_str);
        found.or_else(|| Some(named(first)))
    }
}

/// The names that `SET` gives, each an identifier or a string.
fn names(cursor: &mut Cursor<'_>) -> Vec<String> {
    let source = cursor.source();
    let parts = cursor.split_at_commas().into_iter();
    parts
        .filter_map(|mut part| match part.peek()? {
            token if token.kind == TokenKind::String => {
                Some(token.text(source).trim_matches('\'').to_owned())
            }
            _ => part.identifier().map(|name| name.name),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::columns;

    #[test]
    fn names_without_a_namespace_follow_the_search_path() {
        let first = "set search_path = app, public;\ncreate table t (a int);";
        assert_eq!(columns("app.t", &[first]), ["a V1:2"]);
        assert_eq!(
            columns("public.t", &[first, "create table t (b int)"]),
            ["b V2:1"]
        );
        let set_config =
            "select pg_catalog.set_config('search_path', 'app', false);\nalter table t add c int;";
        assert_eq!(columns("app.t", &[first, set_config]), ["a V1:2", "c V2:2"]);
        let found = "set search_path to other, app;\nalter table t add c int;";
        assert_eq!(columns("app.t", &[first, found]), ["a V1:2", "c V2:2"]);
        let one = "set schema 'app';\ncreate table t (a int);";
        assert_eq!(columns("app.t", &[one]), ["a V1:2"]);
        for reset in [
            "set search_path to default",
            "reset search_path",
            "reset all",
            "discard all",
        ] {
            let text = format!("set local search_path = app;\n{reset};\ncreate table t (a int);");
            assert_eq!(columns("public.t", &[&text]), ["a V1:3"], "{reset}");
        }
        // The path of the role or the database is not known.
        let made = "create table app.t (a int);";
        assert_eq!(
            columns("app.t", &[made, "alter table t add c int"]),
            ["a V1:1", "c V2:1"]
        );
        assert_eq!(
            columns("app.t", &[made, "drop table if exists t"]),
            ["a V1:1"]
        );
    }
}
