//! Tests of `names`.

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
