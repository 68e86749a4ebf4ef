//! Advice about databases of a fleet. The parts that look at one database know no fleet, and name
//! commands that work on the database of `DATABASE_URL`.

use crate::called_as;
use crate::commands::shell_word::quoted;

/// The commands that also work on databases of a fleet.
const COMMANDS: [&str; 3] = ["migrate", "rollback", "status"];

/// The most databases that a command names: more make it longer than a line.
const NAMED: usize = 3;

/// The `text` about the databases `names`, in which each command works on these databases.
pub(super) fn about(names: &[&str], text: &str) -> String {
    let only: String = match names {
        [] => return text.to_owned(),
        few if few.len() <= NAMED => few
            .iter()
            .map(|name| format!(" --only {}", quoted(name)))
            .collect(),
        _many => " --only <NAME>".to_owned(),
    };
    let commands = COMMANDS.map(called_as::command);
    let is_for_one = |code: &str| {
        let mut arguments = commands
            .iter()
            .filter_map(|one| code.strip_prefix(one.as_str()));
        arguments.any(|rest| rest.is_empty() || rest.starts_with(' ')) && !code.contains(" --fleet")
    };
    let mut parts: Vec<String> = text.split('`').map(str::to_owned).collect();
    // An even number of parts is an odd one of back ticks, which are no pairs.
    let is_paired = parts.len() % 2 == 1;
    for code in parts.iter_mut().skip(1).step_by(2) {
        if is_paired && is_for_one(code.as_str()) {
            code.push_str(&format!(" --fleet{only}"));
        }
    }
    parts.join("`")
}

#[cfg(test)]
mod tests {
    use super::about;

    #[test]
    fn commands_in_advice_work_on_the_database_of_the_fleet() {
        for (text, expected) in [
            (
                "undo it with `cargo xtask db-rollback V9__a`, or keep `db-rollback`",
                "undo it with `cargo xtask db-rollback V9__a --fleet --only 'a b'`, or keep `db-rollback`",
            ),
            (
                "`cargo xtask db-migrate --fleet --resume`; `cargo xtask db-migrate-it`",
                "`cargo xtask db-migrate --fleet --resume`; `cargo xtask db-migrate-it`",
            ),
            (
                "a ` alone: cargo xtask db-status",
                "a ` alone: cargo xtask db-status",
            ),
        ] {
            assert_eq!(about(&["a b"], text), expected);
        }
        let advice = "`cargo xtask db-status`";
        assert_eq!(
            about(&["a", "b"], advice),
            "`cargo xtask db-status --fleet --only a --only b`"
        );
        assert_eq!(
            about(&["a", "b", "c", "d"], advice),
            "`cargo xtask db-status --fleet --only <NAME>`"
        );
    }
}
