//! Privileges, owners and default privileges.

use super::columns::path_parts;
use super::names::name;
use crate::schema::privileges::{NewObjects, Privilege};

/// Writes the statement after which the privilege is as the model says: granted, or revoked.
/// `is_wanted` is false where it has to go. None where no statement is known for its kind.
pub fn change(privilege: &Privilege, is_wanted: bool) -> Option<String> {
    let Some(grantee) = &privilege.grantee else {
        let (kind, object) = on(&privilege.object)?;
        // The owner before it is not known by name: it is the one of the database.
        return is_wanted
            .then(|| format!("ALTER {kind} {object} OWNER TO {}", name(&privilege.what)));
    };
    let is_granted = privilege.is_revoked != is_wanted;
    let (what, option) = match privilege.what.strip_suffix('*') {
        Some(what) => (what, " WITH GRANT OPTION"),
        None => (privilege.what.as_str(), ""),
    };
    let role = match grantee.as_str() {
        "PUBLIC" => "PUBLIC".to_owned(),
        "OWNER" => "CURRENT_USER".to_owned(),
        role => name(role),
    };
    let verb = |object: &str, what: &str| match is_granted {
        true => format!("GRANT {what} ON {object} TO {role}{option}"),
        false => format!("REVOKE {what} ON {object} FROM {role}"),
    };
    if let Some(new) = NewObjects::of(privilege) {
        return default_privileges(&new, &verb(new_kind(new.kind)?, what));
    }
    if let Some(path) = privilege.object.strip_prefix("column ") {
        let parts = path_parts(path);
        let [namespace, table, column] = parts.as_slice() else {
            return None;
        };
        let table = format!("TABLE {}.{}", name(namespace), name(table));
        return Some(verb(&table, &format!("{what} ({})", name(column))));
    }
    let (kind, object) = on(&privilege.object)?;
    let kind = if kind == "VIEW" { "TABLE" } else { kind };
    Some(verb(&format!("{kind} {object}"), what))
}

/// The kind in SQL, and the name, of `table public.users`.
fn on(object: &str) -> Option<(&'static str, &str)> {
    const KINDS: &[(&str, &str)] = &[
        ("table ", "TABLE"),
        ("view ", "VIEW"),
        ("sequence ", "SEQUENCE"),
        ("routine ", "ROUTINE"),
        ("type ", "TYPE"),
        ("namespace ", "SCHEMA"),
        ("server ", "FOREIGN SERVER"),
        ("foreign data wrapper ", "FOREIGN DATA WRAPPER"),
    ];
    KINDS
        .iter()
        .find_map(|(kind, word)| Some((*word, object.strip_prefix(kind)?)))
}

fn new_kind(kind: char) -> Option<&'static str> {
    match kind {
        'r' => Some("TABLES"),
        'S' => Some("SEQUENCES"),
        'f' => Some("ROUTINES"),
        'T' => Some("TYPES"),
        'n' => Some("SCHEMAS"),
        _ => None,
    }
}

fn default_privileges(new: &NewObjects, change: &str) -> Option<String> {
    let place = new
        .namespace
        .as_ref()
        .map_or_else(String::new, |namespace| format!(" IN SCHEMA {namespace}"));
    Some(format!(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {}{place} {change}",
        name(&new.maker)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(object: &str, grantee: &str, what: &str, is_revoked: bool) -> [String; 2] {
        let privilege = Privilege {
            object: object.into(),
            grantee: Some(grantee.into()),
            what: what.into(),
            is_revoked,
        };
        [true, false].map(|is_wanted| change(&privilege, is_wanted).expect("a known kind"))
    }

    #[test]
    fn privileges_are_given_and_taken() {
        assert_eq!(
            written("table public.t", "app", "SELECT*", false),
            [
                "GRANT SELECT ON TABLE public.t TO app WITH GRANT OPTION",
                "REVOKE SELECT ON TABLE public.t FROM app"
            ]
        );
        assert_eq!(
            written("routine public.f(integer)", "PUBLIC", "EXECUTE", true),
            [
                "REVOKE EXECUTE ON ROUTINE public.f(integer) FROM PUBLIC",
                "GRANT EXECUTE ON ROUTINE public.f(integer) TO PUBLIC"
            ]
        );
        assert_eq!(
            written("column public.t.\"C\"", "app", "UPDATE", false)[0],
            "GRANT UPDATE (\"C\") ON TABLE public.t TO app"
        );
        assert_eq!(
            written("new objects r of app in public", "reader", "SELECT", false)[0],
            "ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA public GRANT SELECT ON TABLES TO reader"
        );
    }
}
