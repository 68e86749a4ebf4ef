//! Functions, procedures and aggregates.

use super::names::{name, text};
use crate::schema::model::{ObjectName, Routine, RoutineKind};

/// Writes the statement that makes a routine.
pub fn create(object: &ObjectName, wanted: &Routine) -> String {
    match wanted.kind {
        RoutineKind::Function | RoutineKind::Procedure => wanted.definition.clone(),
        RoutineKind::Aggregate => aggregate(object, &wanted.definition),
    }
}

/// Writes the name of a routine with the arguments that tell it from others of its name.
pub fn signature(object: &ObjectName) -> String {
    let (called, arguments) = object.name.split_once('(').unwrap_or((&object.name, ")"));
    format!("{}.{}({arguments}", name(&object.namespace), name(called))
}

/// The word for its kind in SQL.
pub fn word(kind: RoutineKind) -> &'static str {
    match kind {
        RoutineKind::Function => "FUNCTION",
        RoutineKind::Procedure => "PROCEDURE",
        RoutineKind::Aggregate => "AGGREGATE",
    }
}

/// Writes an aggregate from the lines in which the model keeps its parts. The first holds the
/// arguments.
fn aggregate(object: &ObjectName, definition: &str) -> String {
    let (called, _) = object.name.split_once('(').unwrap_or((&object.name, ""));
    let mut lines = definition.lines();
    let arguments = lines
        .next()
        .and_then(|line| line.strip_prefix("CREATE AGGREGATE "))
        .unwrap_or("(*)");
    let arguments = if arguments == "()" { "(*)" } else { arguments };
    let parts: Vec<String> = lines.filter_map(part).collect();
    format!(
        "CREATE AGGREGATE {}.{}{arguments} (\n  {}\n)",
        name(&object.namespace),
        name(called),
        parts.join(",\n  ")
    )
}

/// One part of an aggregate as SQL writes it; none where it is the default.
fn part(line: &str) -> Option<String> {
    let Some((key, value)) = line.split_once(" = ") else {
        return Some(line.to_owned());
    };
    let word = match (key, value) {
        ("INITCOND" | "MINITCOND", value) => return Some(format!("{key} = {}", text(value))),
        ("FINALFUNC_MODIFY", "r") => "READ_ONLY",
        ("FINALFUNC_MODIFY", "s") => "SHAREABLE",
        ("FINALFUNC_MODIFY", "w") => "READ_WRITE",
        ("PARALLEL", "s") => "SAFE",
        ("PARALLEL", "r") => "RESTRICTED",
        ("PARALLEL", "u") => return None,
        ("KIND", "h") => return Some("HYPOTHETICAL".to_owned()),
        ("KIND", _) => return None,
        ("SORTOP", value) => return Some(format!("SORTOP = {}", operator(value))),
        (_, value) => value,
    };
    Some(format!("{key} = {word}"))
}

/// `public.<(integer,integer)` as `OPERATOR(public.<)`.
fn operator(regoperator: &str) -> String {
    let called = regoperator.split('(').next().unwrap_or(regoperator);
    format!("OPERATOR({called})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aggregate_is_made_of_its_parts() {
        let routine = Routine {
            kind: RoutineKind::Aggregate,
            comment: None,
            definition: "CREATE AGGREGATE (integer)\nSFUNC = int4pl\nSTYPE = integer\nFINALFUNC_MODIFY = r\nINITCOND = 0\nKIND = n\nPARALLEL = s".into(),
        };
        assert_eq!(
            create(&ObjectName::public("total(integer)"), &routine),
            "CREATE AGGREGATE public.total(integer) (\n  SFUNC = int4pl,\n  STYPE = integer,\n  FINALFUNC_MODIFY = READ_ONLY,\n  INITCOND = '0',\n  PARALLEL = SAFE\n)"
        );
        assert_eq!(
            signature(&ObjectName::public("Touch(public.users, integer)")),
            "public.\"Touch\"(public.users, integer)"
        );
    }
}
