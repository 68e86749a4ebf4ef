//! Names on both sides of the border: `user_id` and `userId` are one name, and the table `user_preferences` is
//! described by `UserPreference` as well as by `UserPreferences`.

/// How the words of a field's name are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `created_at`
    Snake,
    /// `createdAt`
    Camel,
    /// One word, which looks the same either way.
    Either,
}

/// Two names are the same name when their keys are equal: letters and digits, in lower case. So `userID`, `user_id`
/// and `userId` are one name, and so are `address_line_1` and `addressLine1`.
#[must_use]
pub fn key(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How the words of `name` are joined.
#[must_use]
pub fn style(name: &str) -> Style {
    let inner = name.trim_matches('_');
    if inner.contains('_') {
        Style::Snake
    } else if inner.chars().skip(1).any(char::is_uppercase) {
        Style::Camel
    } else {
        Style::Either
    }
}

/// The style of most of `names`; [`Style::Either`] when no name shows one.
pub fn majority_style<'n>(names: impl Iterator<Item = &'n str>) -> Style {
    let (mut snake, mut camel) = (0, 0);
    for name in names {
        match style(name) {
            Style::Snake => snake += 1,
            Style::Camel => camel += 1,
            Style::Either => {}
        }
    }
    match (snake, camel) {
        (0, 0) => Style::Either,
        (snake, camel) if snake >= camel => Style::Snake,
        _more_camel => Style::Camel,
    }
}

/// The words of a name, in lower case: `userID` → `user`, `id`; `api_key_v2` → `api`, `key`, `v2`.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, character) in characters.iter().enumerate() {
        if starts_word(&characters, at) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && character.is_alphanumeric()
        {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn starts_word(characters: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| characters.get(at));
    let after = characters.get(at + 1);
    match (before, characters[at]) {
        (None, _) => false,
        (Some(_), here) if !here.is_alphanumeric() => true,
        (Some(before), here) if here.is_uppercase() => {
            before.is_lowercase() || before.is_numeric() || after.is_some_and(|after| after.is_lowercase())
        }
        (Some(_), _) => false,
    }
}

/// `user_preferences` as camel case: `userPreferences`.
#[must_use]
pub fn camel_case(name: &str) -> String {
    let pascal = words(name).iter().map(|word| capitalised(word)).collect::<String>();
    match words(name).first() {
        Some(first) => format!("{first}{}", &pascal[capitalised(first).len()..]),
        None => name.to_owned(),
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

/// What one row of the table `name` is called in a type's name: `UserProfile` of `user_profiles`.
#[must_use]
pub fn row_name(name: &str) -> String {
    let words = words(name);
    let Some((last, first)) = words.split_last() else { return capitalised(name) };
    let singular = singulars(last).remove(0);
    first.iter().chain([&singular]).map(|word| capitalised(word)).collect()
}

/// Every way in which people name one row of the table `name`, as [`key`]s: of `users_roles` these are `usersroles`,
/// `usersrole`, `userrole` and `userroles`.
#[must_use]
pub fn row_names(name: &str) -> Vec<String> {
    let words = words(name);
    let Some((last, first)) = words.split_last() else { return vec![key(name)] };
    let as_written = first.concat();
    let all_singular: String = first.iter().map(|word| singulars(word).remove(0)).collect();
    let mut names = Vec::new();
    for start in [as_written, all_singular] {
        for end in singulars(last).into_iter().chain([last.clone()]) {
            let candidate = format!("{start}{end}");
            if !names.contains(&candidate) {
                names.push(candidate);
            }
        }
    }
    names
}

/// Plurals that no ending explains, and words whose plural is themselves.
const IRREGULAR: &[(&str, &[&str])] = &[
    ("people", &["person", "people"]),
    ("persons", &["person"]),
    ("children", &["child"]),
    ("men", &["man"]),
    ("women", &["woman"]),
    ("mice", &["mouse"]),
    ("feet", &["foot"]),
    ("teeth", &["tooth"]),
    ("geese", &["goose"]),
    ("indices", &["index"]),
    ("indexes", &["index"]),
    ("matrices", &["matrix"]),
    ("vertices", &["vertex"]),
    ("appendices", &["appendix"]),
    ("criteria", &["criterion", "criteria"]),
    ("phenomena", &["phenomenon"]),
    ("media", &["media", "medium"]),
    ("data", &["data", "datum"]),
    ("metadata", &["metadata"]),
    ("news", &["news"]),
    ("series", &["series"]),
    ("species", &["species"]),
    ("status", &["status"]),
    ("movies", &["movie"]),
    ("cookies", &["cookie"]),
    ("ties", &["tie"]),
    ("pies", &["pie"]),
    ("leaves", &["leaf", "leave"]),
    ("lives", &["life"]),
    ("knives", &["knife"]),
    ("wives", &["wife"]),
    ("halves", &["half"]),
    ("shelves", &["shelf"]),
    ("wolves", &["wolf"]),
    ("thieves", &["thief"]),
    ("quizzes", &["quiz"]),
    ("buses", &["bus"]),
    ("gases", &["gas"]),
    ("viruses", &["virus"]),
    ("bonuses", &["bonus"]),
    ("statuses", &["status"]),
    ("campuses", &["campus"]),
    ("aliases", &["alias"]),
    ("canvases", &["canvas"]),
    ("caches", &["cache"]),
    ("axes", &["axis", "axe"]),
    ("releases", &["release"]),
    ("leases", &["lease"]),
    ("databases", &["database"]),
];

/// The singulars that `word` may be the plural of, likeliest first; the word itself if it is no plural.
fn singulars(word: &str) -> Vec<String> {
    if let Some((_, singulars)) = IRREGULAR.iter().find(|(plural, _)| *plural == word) {
        return singulars.iter().map(|singular| (*singular).to_owned()).collect();
    }
    let stem = |ending: &str, singular: &str| {
        let stem = word.strip_suffix(ending).filter(|stem| stem.len() > 1);
        stem.map(|stem| format!("{stem}{singular}"))
    };
    let found = [
        stem("ies", "y"),
        stem("sses", "ss"),
        stem("shes", "sh"),
        stem("ches", "ch"),
        stem("xes", "x"),
        stem("zzes", "zz"),
        stem("lyses", "lysis"),
        stem("theses", "thesis"),
        stem("crises", "crisis"),
        stem("oes", "o"),
    ];
    if let Some(singular) = found.into_iter().flatten().next() {
        return vec![singular];
    }
    let plain = word.strip_suffix('s').filter(|stem| stem.len() > 1 && !stem.ends_with(['s', 'u', 'i']));
    vec![plain.unwrap_or(word).to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_in_every_style_has_one_key() {
        for (left, right) in [
            ("user_id", "userId"),
            ("user_id", "userID"),
            ("api_key_v2", "apiKeyV2"),
            ("address_line_1", "addressLine1"),
            ("html_body", "HTMLBody"),
        ] {
            assert_eq!(key(left), key(right));
        }
        assert_ne!(key("user_id"), key("user"));
    }

    #[test]
    fn words_are_split_at_case_digits_and_underscores() {
        assert_eq!(words("userID"), ["user", "id"]);
        assert_eq!(words("HTMLParser2Go"), ["html", "parser2", "go"]);
        assert_eq!(words("_private_key"), ["private", "key"]);
        assert_eq!(camel_case("address_line_1"), "addressLine1");
    }

    #[test]
    fn a_declaration_has_the_style_of_most_of_its_fields() {
        assert_eq!(majority_style(["id", "created_at", "updated_at", "userId"].into_iter()), Style::Snake);
        assert_eq!(majority_style(["id", "createdAt"].into_iter()), Style::Camel);
        assert_eq!(majority_style(["id"].into_iter()), Style::Either);
    }

    #[test]
    fn plurals_lead_to_their_singulars() {
        for (plural, singular) in [
            ("users", "user"),
            ("people", "person"),
            ("children", "child"),
            ("indices", "index"),
            ("statuses", "status"),
            ("categories", "category"),
            ("analyses", "analysis"),
            ("addresses", "address"),
            ("media", "media"),
            ("news", "news"),
            ("boxes", "box"),
            ("branches", "branch"),
            ("heroes", "hero"),
            ("keys", "key"),
            ("invoices", "invoice"),
            ("responses", "response"),
            ("houses", "house"),
            ("analysis", "analysis"),
            ("address", "address"),
            ("bus", "bus"),
        ] {
            assert_eq!(singulars(plural)[0], singular, "{plural}");
        }
    }

    #[test]
    fn a_row_is_named_by_singular_and_plural() {
        assert_eq!(row_name("user_profiles"), "UserProfile");
        assert_eq!(row_names("user_preferences"), ["userpreference", "userpreferences"]);
        assert!(row_names("users_roles").contains(&"userrole".to_owned()));
        assert!(row_names("bills_index").contains(&"billindex".to_owned()));
    }
}
