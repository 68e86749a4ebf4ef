//! Names on both sides of the border: `user_id` and `userId` are one name, and the table
//! `user_preferences` is described by `UserPreference` as well as by `UserPreferences`.

use std::sync::LazyLock;

use compact_str::{CompactString, format_compact};
use rustc_hash::FxHashMap;

/// A name, or a word of one: most are short, and kept in place.
pub type Word = CompactString;

/// How the words of a field's name are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameStyle {
    /// `created_at`
    Snake,
    /// `createdAt`
    Camel,
    /// One word, which looks the same either way.
    Either,
}

/// Two names are the same name when their keys are equal: letters and digits, in lower case. So
/// `userID`, `user_id` and `userId` are one name, and so are `address_line_1` and `addressLine1`.
#[must_use]
pub fn key(name: &str) -> Word {
    if name.is_ascii() {
        let mut key = Word::new(name);
        key.make_ascii_lowercase();
        if !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            key.retain(|character| character.is_ascii_alphanumeric());
        }
        return key;
    }
    name.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// How the words of `name` are joined.
#[must_use]
pub fn style(name: &str) -> NameStyle {
    let inner = name.trim_matches('_');
    if inner.contains('_') {
        NameStyle::Snake
    } else if inner.chars().skip(1).any(char::is_uppercase) {
        NameStyle::Camel
    } else {
        NameStyle::Either
    }
}

/// The style of most of `names`; [`NameStyle::Either`] when no name shows one.
pub fn majority_style<'n>(names: impl Iterator<Item = &'n str>) -> NameStyle {
    let (mut snake, mut camel) = (0, 0);
    for name in names {
        match style(name) {
            NameStyle::Snake => snake += 1,
            NameStyle::Camel => camel += 1,
            NameStyle::Either => {}
        }
    }
    match (snake, camel) {
        (0, 0) => NameStyle::Either,
        (snake, camel) if snake >= camel => NameStyle::Snake,
        _more_camel => NameStyle::Camel,
    }
}

/// The words of a name, in lower case: `userID` → `user`, `id`; `api_key_v2` → `api`, `key`, `v2`.
#[must_use]
pub fn words(name: &str) -> Vec<Word> {
    parts(name).map(lowercase).collect()
}

/// Words of a declaration's name that do not say what it is about.
const VERBS: &[&str] = &[
    "get", "list", "find", "fetch", "create", "add", "new", "post", "put", "update", "patch",
    "delete", "remove", "search", "request", "response", "params", "query", "body", "payload",
    "input", "output", "result", "dto", "schema", "by", "id", "api", "data",
];

/// The words of a declaration's name that say what it is about: `user` for `GetUserByIdResponse`.
#[must_use]
pub fn subject(name: &str) -> Vec<Word> {
    let mut subject = words(name);
    subject.retain(|word| !VERBS.contains(&word.as_str()));
    subject
}

/// Whether a server usually makes the values of a column of this name itself, so that no request
/// asks for them: who did it and when, keys and secrets, the state that a thing begins in, its place
/// among others.
#[must_use]
pub fn is_usually_made_by_server(column: &str) -> bool {
    const MADE: &[&str] = &[
        "at", "by", "code", "count", "created", "creator", "hash", "id", "index", "key", "kind",
        "number", "order", "owner", "position", "rank", "salt", "secret", "sequence", "slug",
        "state", "status", "token", "type", "updated", "version",
    ];
    words(column)
        .last()
        .is_some_and(|word| MADE.contains(&word.as_str()))
}

/// `word` in lower case.
pub fn lowercase(word: &str) -> Word {
    if word.is_ascii() {
        let mut word = Word::new(word);
        word.make_ascii_lowercase();
        return word;
    }
    Word::from(word.to_lowercase())
}

/// The words of a name as they are written.
pub fn parts(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|character: char| !character.is_alphanumeric());
        let (part, after) = rest.split_at(end_of_word(rest));
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

/// Where the first word of `text` ends.
fn end_of_word(text: &str) -> usize {
    if text.is_ascii() {
        let bytes = text.as_bytes();
        let after = |at: usize| bytes.get(at + 1).copied().map(char::from);
        let starts = |at: &usize| starts_word(bytes[at - 1].into(), bytes[*at].into(), after(*at));
        return (1..bytes.len()).find(starts).unwrap_or(bytes.len());
    }
    let mut characters = text.char_indices().peekable();
    let mut before: Option<char> = None;
    while let Some((at, here)) = characters.next() {
        let after = characters.peek().map(|(_, after)| *after);
        if before.is_some_and(|before| starts_word(before, here, after)) {
            return at;
        }
        before = Some(here);
    }
    text.len()
}

fn starts_word(before: char, here: char, after: Option<char>) -> bool {
    if !here.is_alphanumeric() {
        return true;
    }
    let ends_before = || before.is_lowercase() || before.is_numeric();
    here.is_uppercase() && (ends_before() || after.is_some_and(char::is_lowercase))
}

/// Whether two names may be one, written differently: a word more or less, a word misspelt,
/// shortened or inflected. `introduced_date` and `introductionDate`, `upvotes` and `upvote_count`;
/// but not `token_type` and `token_date`.
#[must_use]
pub fn are_alike(one: &str, other: &str) -> bool {
    if key(one) == key(other) {
        return true;
    }
    let (one, other) = (words(one), words(other));
    let (shorter, longer) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    match longer.len() - shorter.len() {
        0 => differ_once(&shorter, &longer),
        // The `template_id` of a request is the `id` of the template, and not a slip.
        1 if shorter == ["id"] => false,
        1 => (0..longer.len()).any(|left_out| {
            let rest: Vec<_> = longer
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != left_out)
                .map(|(_, word)| word)
                .collect();
            differ_once(&shorter, &rest)
        }),
        _several => false,
    }
}

/// Whether two lists of words of one length are equal but for one word, which is alike.
fn differ_once(one: &[Word], other: &[impl AsRef<str>]) -> bool {
    let mut different = one
        .iter()
        .zip(other)
        .filter(|(left, right)| *left != right.as_ref());
    match (different.next(), different.next()) {
        (None, _) => true,
        (Some((left, right)), None) => are_alike_words(left, right.as_ref()),
        (Some(_), Some(_)) => false,
    }
}

/// `bio` and `biography`, `introduced` and `introduction`, `recieved` and `received`; but not
/// `line1` and `line2`.
fn are_alike_words(one: &str, other: &str) -> bool {
    let digits = |word: &str| {
        word.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let shared = one
        .chars()
        .zip(other.chars())
        .take_while(|(left, right)| left == right)
        .count();
    let (shorter, longer) = (
        one.chars().count().min(other.chars().count()),
        one.chars().count().max(other.chars().count()),
    );
    let is_cut = shared == shorter && shared >= 3;
    let is_inflected = shared >= 5 && shared * 2 > longer;
    let slips = match shorter {
        0..=3 => 0,
        4..=7 => 1,
        _long => 2,
    };
    digits(one) == digits(other)
        && (is_cut || is_inflected || strsim::damerau_levenshtein(one, other) <= slips)
}

/// `user_preferences` as camel case: `userPreferences`.
#[must_use]
pub fn camel_case(name: &str) -> String {
    let pascal = pascal_case(name);
    match words(name).first() {
        Some(first) => format!("{first}{}", &pascal[capitalised(first).len()..]),
        None => name.to_owned(),
    }
}

/// `user_preferences` in Pascal case: `UserPreferences`.
#[must_use]
pub fn pascal_case(name: &str) -> String {
    words(name).iter().map(|word| capitalised(word)).collect()
}

fn capitalised(word: &str) -> Word {
    let mut characters = word.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

/// Returns the name of one row of the table `name`, as type names have it: `UserProfile` for
/// `user_profiles`.
#[must_use]
pub fn row_name(name: &str) -> Word {
    let words = words(name);
    let Some((last, first)) = words.split_last() else {
        return capitalised(name);
    };
    let singular = singular(last);
    first
        .iter()
        .chain([&singular])
        .map(|word| capitalised(word))
        .collect()
}

/// Every way in which people name one row of the table `name`, as [`key`]s: of `users_roles` these
/// are `usersroles`, `usersrole`, `userrole` and `userroles`.
#[must_use]
pub fn row_names(name: &str) -> Vec<Word> {
    let words = words(name);
    let Some((last, first)) = words.split_last() else {
        return vec![key(name)];
    };
    let as_written: Word = first.iter().map(Word::as_str).collect();
    let all_singular: Word = first.iter().map(|word| singular(word)).collect();
    let mut names = Vec::new();
    for start in [as_written, all_singular] {
        for end in singulars(last).into_iter().chain([last.clone()]) {
            let candidate = [start.as_str(), &end].into_iter().collect();
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

static IRREGULAR_BY_PLURAL: LazyLock<FxHashMap<&str, &[&str]>> =
    LazyLock::new(|| IRREGULAR.iter().copied().collect());

/// The likeliest singular of a word.
#[must_use]
pub fn singular(word: &str) -> Word {
    singulars(word).remove(0)
}

/// The endings of plurals, each with that of the singular.
const ENDINGS: &[(&str, &str)] = &[
    ("ies", "y"),
    ("sses", "ss"),
    ("shes", "sh"),
    ("ches", "ch"),
    ("xes", "x"),
    ("zzes", "zz"),
    ("lyses", "lysis"),
    ("theses", "thesis"),
    ("crises", "crisis"),
    ("oes", "o"),
];

/// The singulars that `word` may be the plural of, likeliest first; the word itself if it is no
/// plural.
fn singulars(word: &str) -> Vec<Word> {
    if let Some(singulars) = IRREGULAR_BY_PLURAL.get(word) {
        return singulars
            .iter()
            .map(|singular| Word::new(singular))
            .collect();
    }
    if !word.ends_with('s') {
        return vec![Word::new(word)];
    }
    let mut found = ENDINGS.iter().filter_map(|(ending, singular)| {
        let stem = word.strip_suffix(ending).filter(|stem| stem.len() > 1);
        stem.map(|stem| format_compact!("{stem}{singular}"))
    });
    if let Some(singular) = found.next() {
        return vec![singular];
    }
    let plain = word
        .strip_suffix('s')
        .filter(|stem| stem.len() > 1 && !stem.ends_with(['s', 'u', 'i']));
    vec![Word::new(plain.unwrap_or(word))]
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
        assert_eq!(
            majority_style(["id", "created_at", "updated_at", "userId"].into_iter()),
            NameStyle::Snake
        );
        assert_eq!(
            majority_style(["id", "createdAt"].into_iter()),
            NameStyle::Camel
        );
        assert_eq!(majority_style(["id"].into_iter()), NameStyle::Either);
    }

    #[test]
    fn names_are_alike_but_for_a_slip_or_a_word() {
        for (one, other) in [
            ("introduced_date", "introductionDate"),
            ("upvote_count", "upvotes"),
            ("last_login_at", "lastLogin"),
            ("ai_confidence_score", "confidence_score"),
            ("received_at", "recieved_at"),
            ("bio", "biography"),
            ("decision_reasoning", "decisionReason"),
        ] {
            assert!(
                are_alike(one, other) && are_alike(other, one),
                "{one} {other}"
            );
        }
        for (one, other) in [
            ("analytics_type", "analytics_date"),
            ("verification_token", "verification_status"),
            ("password_hash", "username"),
            ("title_normalized", "short_title"),
            ("address_line1", "address_line2"),
            ("state", "status"),
            ("created_at", "updated_at"),
            ("token", "token_expires_at"),
            ("id", "template_id"),
        ] {
            assert!(
                !are_alike(one, other) && !are_alike(other, one),
                "{one} {other}"
            );
        }
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
        assert_eq!(
            row_names("user_preferences"),
            ["userpreference", "userpreferences"]
        );
        assert!(row_names("users_roles").contains(&"userrole".into()));
        assert!(row_names("bills_index").contains(&"billindex".into()));
    }
}
