//! Combines values of several columns. A rule over two columns is rarely broken by one of them
//! alone.

/// A column with the values that it may get.
type Choice = (String, Vec<String>);

/// The most values of each column that are combined with those of the others: the first likely
/// values differ in kind.
const OF_EACH: usize = 3;

/// The most combinations: each is an INSERT. A rule that none of them breaks is hardly a rule over
/// some columns.
const MOST: usize = 128;

/// Rows that set one of the columns and leave the others as they are made up, followed by rows that
/// set all of them.
pub(super) fn rows(choices: &[Choice]) -> Vec<Vec<(String, String)>> {
    let single = |(column, values): &Choice| {
        values
            .iter()
            .map(|value| vec![(column.clone(), value.clone())])
            .collect::<Vec<_>>()
    };
    let mut rows: Vec<_> = choices.iter().flat_map(single).collect();
    if choices.len() > 1 {
        rows.extend(combined(choices));
    }
    rows
}

/// Rows of the first values, of the second values, and so on; a column with fewer begins again.
pub(super) fn side_by_side(choices: &[Choice]) -> Vec<Vec<(String, String)>> {
    let longest = choices
        .iter()
        .map(|(_, values)| values.len())
        .max()
        .unwrap_or_default();
    let row = |at: usize| {
        let value = |(column, values): &Choice| {
            Some((
                column.clone(),
                values.get(at % values.len().max(1))?.clone(),
            ))
        };
        choices.iter().map(value).collect::<Option<Vec<_>>>()
    };
    (0..longest).filter_map(row).collect()
}

/// Rows that set all columns, each to one of its first values or to its last, which is `NULL` where
/// that is allowed.
fn combined(choices: &[Choice]) -> Vec<Vec<(String, String)>> {
    let mut rows = vec![Vec::new()];
    for (column, values) in choices {
        let few = values
            .iter()
            .take(OF_EACH - 1)
            .chain(values.iter().skip(OF_EACH - 1).last());
        let few: Vec<&String> = few.collect();
        let mut longer = Vec::new();
        for row in &rows {
            for value in &few {
                let next = [(column.clone(), (*value).clone())];
                longer.push(row.iter().cloned().chain(next).collect::<Vec<_>>());
            }
        }
        longer.truncate(MOST);
        rows = longer;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(column: &str, values: &[&str]) -> Choice {
        (
            column.into(),
            values.iter().map(|value| (*value).to_owned()).collect(),
        )
    }

    fn shown(rows: &[Vec<(String, String)>]) -> Vec<String> {
        let cell = |(column, value): &(String, String)| format!("{column}={value}");
        rows.iter()
            .map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn each_column_alone_comes_before_all_of_them() {
        let both = [
            choice("a", &["1", "NULL"]),
            choice("b", &["2", "3", "4", "NULL"]),
        ];
        let expected = [
            "a=1",
            "a=NULL",
            "b=2",
            "b=3",
            "b=4",
            "b=NULL",
            "a=1 b=2",
            "a=1 b=3",
            "a=1 b=NULL",
            "a=NULL b=2",
            "a=NULL b=3",
            "a=NULL b=NULL",
        ];
        assert_eq!(shown(&rows(&both)), expected);
        assert_eq!(shown(&rows(&both[..1])), ["a=1", "a=NULL"]);
        assert_eq!(rows(&[]).len(), 0);
    }

    #[test]
    fn many_columns_are_not_tried_for_ever() {
        let many: Vec<Choice> = (0..12)
            .map(|number| choice(&format!("c{number}"), &["1", "2", "NULL"]))
            .collect();
        let all = rows(&many);
        assert_eq!(all.len(), 36 + MOST);
        assert!(
            all.last().is_some_and(|row| row.len() == 12),
            "each row sets all columns"
        );
    }

    #[test]
    fn values_side_by_side_begin_again_where_a_column_has_fewer() {
        let both = [choice("a", &["1", "2", "3"]), choice("b", &["x", "y"])];
        assert_eq!(
            shown(&side_by_side(&both)),
            ["a=1 b=x", "a=2 b=y", "a=3 b=x"]
        );
        assert_eq!(
            shown(&side_by_side(&[choice("a", &["1"]), choice("b", &[])])),
            [""; 0]
        );
    }
}
