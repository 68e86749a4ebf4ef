//! Reads how a connection is encrypted: libpq's `sslmode` with its files, and the ways in which
//! drivers and ORMs ask for the same. A user who asks for encryption gets it, or no connection.

use std::path::PathBuf;

use super::settings::{Settings, not_one_of};
use super::surroundings::{Surroundings, path};
use super::text::Read;

/// How a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// The strictness.
    pub mode: TlsMode,
    /// The authorities that may have signed the server's certificate, where the signature is
    /// checked.
    pub authorities: Authorities,
    /// `sslcrl`: the certificates that were revoked.
    pub revoked: Option<PathBuf>,
    /// `sslcert` and `sslkey`: our own certificate.
    pub client: Option<(PathBuf, PathBuf)>,
    /// The versions of TLS that are spoken.
    pub versions: Versions,
    /// Whether the connection begins with TLS, without asking the server for it first.
    pub is_direct: bool,
    /// Whether the name of the host is hidden from the server.
    pub hides_host: bool,
}

/// The encryption that `sslmode` asks for, the strictest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TlsMode {
    /// Not encrypted.
    Disable,
    /// Encrypted where the server can; its certificate is not looked at. libpq's default.
    #[default]
    Prefer,
    /// Encrypted; the certificate is not looked at.
    Require,
    /// Encrypted, with a certificate from a trusted authority.
    VerifyAuthority,
    /// Encrypted, with a certificate from a trusted authority for this very host.
    VerifyHost,
}

/// The authorities that may have signed a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Authorities {
    /// The authorities of the platform.
    #[default]
    System,
    /// The authorities in this file (`sslrootcert`).
    File(PathBuf),
}

/// The versions of TLS that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versions {
    /// 1.2 and 1.3.
    #[default]
    All,
    /// 1.2 only.
    Only12,
    /// 1.3 only.
    Only13,
}

/// Reads the encryption from `settings`. Certificates of our own are looked for where libpq does.
pub(super) fn read(settings: &Settings, surroundings: &Surroundings) -> Read<Tls> {
    refuse_what_cannot_be_kept(settings)?;
    let (asked, is_unchecked) = mode(settings)?;
    let (roots, client) = files(settings, surroundings)?;
    let is_system = settings.text("sslrootcert")? == Some("system");
    let mut mode = asked.unwrap_or_default();
    // The platform's authorities sign for everybody, so that only the name of the host identifies
    // the server.
    if is_system {
        mode = TlsMode::VerifyHost;
    }
    // As in libpq, `require` with a file of authorities is `verify-ca`.
    if mode == TlsMode::Require && roots.is_some() && !is_unchecked {
        mode = TlsMode::VerifyAuthority;
    }
    let is_direct = settings
        .choice("sslnegotiation", &[("postgres", false), ("direct", true)])?
        .unwrap_or(false);
    if is_direct && mode < TlsMode::Require {
        return Err("`sslnegotiation=direct` needs `sslmode=require` or a stricter one".into());
    }
    Ok(Tls {
        mode,
        authorities: roots
            .filter(|_| !is_system)
            .map_or(Authorities::System, Authorities::File),
        revoked: revoked(settings, surroundings)?,
        client,
        versions: versions(settings)?,
        is_direct,
        hides_host: settings.text("sslsni")? == Some("0"),
    })
}

fn refuse_what_cannot_be_kept(settings: &Settings) -> Read<()> {
    let gssapi = settings.choice(
        "gssencmode",
        &[("disable", false), ("prefer", false), ("require", true)],
    )?;
    if gssapi == Some(true) {
        return Err("`gssencmode=require` is not supported: encrypt with `sslmode=require`".into());
    }
    let asks = settings.choice(
        "sslcertmode",
        &[("disable", false), ("allow", false), ("require", true)],
    )?;
    if asks == Some(true) {
        return Err("`sslcertmode=require` is not supported: leave it out; the certificate of `sslcert` is shown to each server that asks".into());
    }
    Ok(())
}

/// The strictest mode that any spelling asks for, and whether the certificate is expressly not to
/// be checked. The strictest, since a weaker word must not undo a stronger one.
fn mode(settings: &Settings) -> Read<(Option<TlsMode>, bool)> {
    let spelt = settings
        .text("sslmode")?
        .map(|text| sslmode("sslmode", text))
        .transpose()?;
    let flag = settings.text("ssl")?.map(ssl).transpose()?;
    // Prisma's word for whether the certificate is checked.
    let strict = [
        ("strict", Some(TlsMode::VerifyHost)),
        ("accept_invalid_certs", None),
    ];
    let prisma = settings
        .choice("sslaccept", &strict)?
        .flatten()
        .map(|mode| (mode, false));
    let asked = [spelt, flag, prisma]
        .into_iter()
        .flatten()
        .max_by_key(|(mode, _)| *mode);
    Ok((
        asked.map(|(mode, _)| mode),
        asked.is_some_and(|(_, is_unchecked)| is_unchecked),
    ))
}

fn sslmode(name: &str, text: &str) -> Read<(TlsMode, bool)> {
    Ok(match text.to_ascii_lowercase().replace('_', "-").as_str() {
        "disable" => (TlsMode::Disable, false),
        "allow" | "prefer" => (TlsMode::Prefer, false),
        "require" => (TlsMode::Require, false),
        // node-postgres: encrypted, without a check of the certificate.
        "no-verify" => (TlsMode::Require, true),
        "verify-ca" => (TlsMode::VerifyAuthority, false),
        "verify-full" => (TlsMode::VerifyHost, false),
        _other => {
            let known = [
                "disable",
                "prefer",
                "require",
                "no-verify",
                "verify-ca",
                "verify-full",
            ];
            return Err(not_one_of(name, text, known.into_iter()));
        }
    })
}

/// `ssl=true` of JDBC and node-postgres, `ssl=require` of postgres.js.
fn ssl(text: &str) -> Read<(TlsMode, bool)> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok((TlsMode::Require, false)),
        "false" | "0" | "off" | "no" => Ok((TlsMode::Disable, false)),
        _other => sslmode("ssl", text),
    }
}

type Files = (Option<PathBuf>, Option<(PathBuf, PathBuf)>);

/// The file of authorities, and our own certificate with its key. A file that is not named is
/// looked for in `~/.postgresql`.
fn files(settings: &Settings, surroundings: &Surroundings) -> Read<Files> {
    let named =
        |name: &str| Ok::<_, String>(settings.text(name)?.map(|text| path(text, surroundings)));
    let (mut roots, certificate, key) =
        (named("sslrootcert")?, named("sslcert")?, named("sslkey")?);
    let certificate = match (certificate, settings.text("sslaccept")?) {
        // For Prisma `sslcert` is the certificate of the authority.
        (Some(theirs), Some(_)) if key.is_none() => {
            roots = roots.or(Some(theirs));
            None
        }
        (certificate, _) => certificate,
    };
    let at_home = |name: &str| surroundings.existing_at_home(&format!(".postgresql/{name}"));
    let key = key.or_else(|| at_home("postgresql.key"));
    // A certificate or key that is named must have its counterpart. One that only lies at home is
    // left out without it.
    let client = match (certificate.or_else(|| at_home("postgresql.crt")), key) {
        _ if settings.text("sslcertmode")? == Some("disable") => None,
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (Some(_), None) if settings.text("sslcert")?.is_some() => {
            return Err("`sslcert` is set, and its key is not: name it with `sslkey`".into());
        }
        (None, Some(_)) if settings.text("sslkey")?.is_some() => {
            return Err(
                "`sslkey` is set, and its certificate is not: name it with `sslcert`".into(),
            );
        }
        _ => None,
    };
    Ok((roots.or_else(|| at_home("root.crt")), client))
}

fn revoked(settings: &Settings, surroundings: &Surroundings) -> Read<Option<PathBuf>> {
    let named = settings
        .text("sslcrl")?
        .map(|text| path(text, surroundings));
    Ok(named.or_else(|| surroundings.existing_at_home(".postgresql/root.crl")))
}

fn versions(settings: &Settings) -> Read<Versions> {
    let known = [
        ("TLSv1", 10),
        ("TLSv1.1", 11),
        ("TLSv1.2", 12),
        ("TLSv1.3", 13),
    ];
    let lowest = settings
        .choice("ssl_min_protocol_version", &known)?
        .unwrap_or(12);
    let highest = settings
        .choice("ssl_max_protocol_version", &known)?
        .unwrap_or(13);
    match (lowest, highest) {
        (lowest, highest) if highest < 12 || lowest > highest => {
            Err("TLS is spoken in the versions 1.2 and 1.3 only: change `ssl_min_protocol_version` or `ssl_max_protocol_version`".into())
        }
        (13, _) => Ok(Versions::Only13),
        (_, 12) => Ok(Versions::Only12),
        _ => Ok(Versions::All),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::text;
    use super::*;

    fn tls_of(query: &str, variables: &[(&str, &str)], home: &Path) -> Read<Tls> {
        let surroundings = Surroundings::sample(variables, home);
        let written = text::read(&format!("postgres://a:b@c/d?{query}"))?;
        read(&Settings::complete(written, &surroundings)?, &surroundings)
    }

    fn mode(query: &str) -> TlsMode {
        tls_of(query, &[], Path::new("/nowhere")).expect(query).mode
    }

    #[test]
    fn encryption_is_asked_for_in_many_spellings() {
        for (query, expected) in [
            ("", TlsMode::Prefer),
            ("sslmode=disable", TlsMode::Disable),
            ("sslmode=allow", TlsMode::Prefer),
            ("sslmode=verify-ca", TlsMode::VerifyAuthority),
            ("sslmode=VERIFY_FULL", TlsMode::VerifyHost),
            ("sslmode=no-verify", TlsMode::Require),
            ("sslmode=no-verify&sslrootcert=a.pem", TlsMode::Require),
            (
                "sslmode=require&sslrootcert=a.pem",
                TlsMode::VerifyAuthority,
            ),
            ("ssl=true", TlsMode::Require),
            ("ssl=verify-full", TlsMode::VerifyHost),
            ("ssl=true&sslmode=disable", TlsMode::Require),
            ("requiressl=1", TlsMode::Require),
            ("ssl-mode=require", TlsMode::Require),
            ("sslaccept=strict", TlsMode::VerifyHost),
            (
                "sslmode=require&sslaccept=accept_invalid_certs",
                TlsMode::Require,
            ),
            ("sslmode=require&sslmode=prefer", TlsMode::Prefer),
            ("sslrootcert=system", TlsMode::VerifyHost),
            ("sslmode=require&sslrootcert=system", TlsMode::VerifyHost),
        ] {
            assert_eq!(mode(query), expected, "{query}");
        }
        for query in [
            "sslmode=always",
            "ssl=maybe",
            "gssencmode=require",
            "sslcert=a",
            "sslkey=a",
            "sslnegotiation=direct",
        ] {
            tls_of(query, &[], Path::new("/nowhere")).expect_err(query);
        }
    }

    #[test]
    fn variables_count_where_the_url_says_nothing() {
        let with = |query, variables: &[_]| {
            tls_of(query, variables, Path::new("/nowhere")).map(|tls| tls.mode)
        };
        assert_eq!(
            with("", &[("PGSSLMODE", "verify-full")]),
            Ok(TlsMode::VerifyHost)
        );
        assert_eq!(
            with("sslmode=disable", &[("PGSSLMODE", "require")]),
            Ok(TlsMode::Disable)
        );
        assert_eq!(
            with("ssl=false", &[("PGSSLMODE", "require")]),
            Ok(TlsMode::Disable)
        );
        assert_eq!(with("", &[("PGREQUIRESSL", "1")]), Ok(TlsMode::Require));
        with("", &[("PGSSLMODE", "always")]).expect_err("no mode");
    }

    #[test]
    fn certificates_at_home_are_used() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join(".postgresql");
        std::fs::create_dir(&folder).expect("a folder");
        for name in ["root.crt", "postgresql.crt", "postgresql.key"] {
            std::fs::write(folder.join(name), "").expect("written");
        }
        let tls = tls_of("sslmode=require", &[], home.path()).expect("valid");
        assert_eq!(
            (tls.mode, tls.authorities),
            (
                TlsMode::VerifyAuthority,
                Authorities::File(folder.join("root.crt"))
            )
        );
        assert_eq!(
            tls.client,
            Some((folder.join("postgresql.crt"), folder.join("postgresql.key")))
        );
        let tls = tls_of(
            "sslmode=require&sslrootcert=%2Fetc%2Fmy%20ca.pem",
            &[],
            home.path(),
        )
        .expect("valid");
        assert_eq!(tls.authorities, Authorities::File("/etc/my ca.pem".into()));
        let prisma = tls_of(
            "sslcert=ca.pem&sslaccept=strict&sslcertmode=disable",
            &[],
            Path::new("/nowhere"),
        );
        let prisma = prisma.expect("valid");
        assert_eq!(
            (prisma.authorities, prisma.client),
            (Authorities::File("ca.pem".into()), None)
        );
    }
}
