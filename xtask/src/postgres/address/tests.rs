//! Tests of `address`.

use super::*;

fn parse(url: &str) -> Result<Address> {
    parse_with(url, &[])
}

fn parse_with(url: &str, variables: &[(&str, &str)]) -> Result<Address> {
    Address::parse_in(
        url,
        "`DATABASE_URL`",
        &Surroundings::sample(variables, "/nowhere".as_ref()),
    )
}

#[test]
fn a_description_has_no_password() {
    let described = |url: &str| parse(url).expect("valid").describe();
    assert_eq!(
        described("postgresql://app:s3cret@db.example:6543/shop?sslmode=require"),
        "postgresql://app@db.example:6543/shop"
    );
    assert_eq!(
        described("host=db user=app password=s3cret dbname=x"),
        "postgresql://app@db:5432/x"
    );
    assert_eq!(
        described("postgres://"),
        "postgresql://me@localhost:5432/me"
    );
    let address = parse("postgres://app:s3cret@a,b/x").expect("valid");
    assert_eq!(address.describe(), "postgresql://app@a:5432,b:5432/x");
    address.settle_on(1);
    assert_eq!(address.describe(), "postgresql://app@b:5432/x");
    assert!(!format!("{address:?}").contains("s3cret"));
}

#[test]
fn malformed_strings_are_explained_without_showing_them() {
    for url in [
        "postgres://app:s3@cret@db/x",
        "nonsense s3cret",
        "postgres://a:s3cret@b/c?x=1",
    ] {
        let error = format!("{:#}", parse(url).expect_err(url));
        assert!(error.starts_with("cannot read `DATABASE_URL`: "), "{error}");
        assert!(
            error.contains("postgresql://user:password@host:5432/database"),
            "{error}"
        );
        assert!(!error.contains("cret"), "{error}");
    }
    let error = format!(
        "{:#}",
        parse("postgres://a:s3cret@b:port/c").expect_err("no number")
    );
    assert_eq!(
        error,
        "cannot use `DATABASE_URL`: the port is no number from 1 to 65535"
    );
}

#[test]
fn the_timeout_is_ten_seconds_unless_somebody_says_otherwise() {
    let timeout = |url: &str, variables: &[_]| parse_with(url, variables).expect("valid").timeout();
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(timeout("postgres://a@b/c", &[]), seconds(10));
    assert_eq!(
        timeout(
            "postgres://a@b/c?connect_timeout=3",
            &[("PGCONNECT_TIMEOUT", "4")]
        ),
        seconds(3)
    );
    assert_eq!(
        timeout("postgres://a@b/c", &[("PGCONNECT_TIMEOUT", "4")]),
        seconds(4)
    );
    assert_eq!(timeout("postgres://a@b/c?connect_timeout=0", &[]), None);
}

#[test]
fn what_libpq_and_drivers_write_is_read() {
    let read = [
        "target_session_attrs=primary",
        "target_session_attrs=prefer-standby",
        "sslmode=no-verify",
        "uselibpqcompat=true&sslmode=prefer",
        "supa=base-pooler.x",
        "max=10&idle_timeout=20",
        "client_encoding=utf8",
        "keepalives_count=3&tcp_user_timeout=500",
        "fallback_application_name=x",
        "passfile=p",
        "load_balance_hosts=random",
        "channel_binding=prefer",
    ];
    for query in read {
        parse(&format!("postgres://a:b@c/d?{query}")).expect(query);
    }
    let address = parse("postgres://a:b@c/d?tcp_user_timeout=500&fallback_application_name=x")
        .expect("valid");
    assert_eq!(
        address.session.get_tcp_user_timeout(),
        Some(&Duration::from_millis(500))
    );
    assert_eq!(address.session.get_application_name(), Some("x"));
    let error = parse("postgres://a:b@c/d?target_session_attrs=writer")
        .expect_err("no such")
        .to_string();
    assert!(
        error.contains("`target_session_attrs` is `writer`; it is one of `any`, `read-write`"),
        "{error}"
    );
}
