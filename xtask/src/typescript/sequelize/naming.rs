//! The names that Sequelize gives to tables and columns that nobody named.

/// `createdAt` → `created_at`, as its option `underscored` makes it.
pub(super) fn underscored(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut result = String::with_capacity(name.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let begins_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if begins_word {
            result.push('_');
        }
        result.push(if *letter == '-' { '_' } else { *letter });
    }
    result.to_lowercase()
}

/// The plural of a model's name. Words whose plural has another stem are those that tables are
/// named after.
pub(super) fn plural(name: &str) -> String {
    const IRREGULAR: [(&str, &str); 4] = [
        ("erson", "eople"),
        ("hild", "hildren"),
        ("edia", "edia"),
        ("nformation", "nformation"),
    ];
    for (one, several) in IRREGULAR {
        if let Some(stem) = name.strip_suffix(one) {
            return format!("{stem}{several}");
        }
    }
    let ends_in = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if let Some(stem) = name.strip_suffix('y')
        && !ends_in(&["ay", "ey", "oy", "uy"])
    {
        return format!("{stem}ies");
    }
    if name.ends_with('s') && !name.ends_with("ss") {
        // `Status` is `Statuses`, and `Settings` is a plural.
        return if name.ends_with("us") {
            format!("{name}es")
        } else {
            name.to_owned()
        };
    }
    if ends_in(&["ss", "x", "ch", "sh"]) {
        return format!("{name}es");
    }
    format!("{name}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_sequelize() {
        assert_eq!(underscored("createdAt"), "created_at");
        assert_eq!(underscored("userAPIKeys"), "user_api_keys");
        assert_eq!(plural("User"), "Users");
        assert_eq!(plural("Category"), "Categories");
        assert_eq!(plural("Box"), "Boxes");
        assert_eq!(plural("Status"), "Statuses");
        assert_eq!(plural("Person"), "People");
        assert_eq!(plural("Access"), "Accesses");
    }
}
