//! Finds the statements that a later `ROLLBACK TO SAVEPOINT` takes back. They run, and rows can stop
//! them, but nothing of them is left.

use super::super::sql::Statement;

/// Returns, for each of `statements`, whether a later one takes it back.
pub(super) fn undone(statements: &[Statement<'_>]) -> Vec<bool> {
    let mut undone = vec![false; statements.len()];
    // The open savepoints, each with the place of its statement.
    let mut open: Vec<(String, usize)> = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let mut cursor = statement.cursor();
        if cursor.eat("savepoint") {
            open.extend(cursor.identifier().map(|name| (name.name, index)));
            continue;
        }
        let is_back = cursor.eat("rollback") || cursor.eat("abort");
        let is_release = !is_back && cursor.eat("release");
        if is_back {
            let _noise = cursor.eat("work") || cursor.eat("transaction");
            if !cursor.eat("to") {
                continue;
            }
        }
        if !is_back && !is_release {
            continue;
        }
        let _noise = cursor.eat("savepoint");
        let Some(name) = cursor.identifier() else {
            continue;
        };
        let Some(at) = open.iter().rposition(|(open, _)| *open == name.name) else {
            continue;
        };
        if is_back {
            undone[open[at].1..index].fill(true);
            // The savepoint itself stays, and may be gone back to again.
            open.truncate(at + 1);
        } else {
            open.truncate(at);
        }
    }
    undone
}

#[cfg(test)]
mod tests {
    use super::undone;
    use crate::migrations::sql;

    #[test]
    fn what_a_savepoint_takes_back_is_told_from_what_stays() {
        let found = |text: &str| -> String {
            let all = undone(&sql::statements(text));
            all.iter()
                .map(|undone| if *undone { 'x' } else { '.' })
                .collect()
        };
        assert_eq!(
            found("select 1; savepoint a; select 2; rollback to a; select 3"),
            ".xx.."
        );
        assert_eq!(
            found(
                "savepoint a; select 1; release savepoint a; select 2; rollback work to savepoint a"
            ),
            "....."
        );
        assert_eq!(
            found(
                "savepoint a; select 1; savepoint \"B\"; select 2; rollback to \"B\"; select 3; rollback transaction to a"
            ),
            "xxxxxx."
        );
        assert_eq!(
            found("savepoint a; savepoint a; select 1; rollback to a; select 2"),
            ".xx.."
        );
        assert_eq!(found("rollback to nowhere; rollback"), "..");
    }
}
