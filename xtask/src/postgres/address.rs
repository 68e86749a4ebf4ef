//! A connection URL, taken apart. The driver knows fewer parameters than libpq does, and ORMs add their own, so this
//! module takes out what it handles itself (`sslmode` with certificates) and what only concerns others.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use percent_encoding::percent_decode_str;
use postgres::config::{Host, SslMode};

use super::connect::shown_host;

/// Where a database is and how to get in.
#[derive(Debug, Clone)]
pub struct Address {
    parameters: postgres::Config,
    tls: Tls,
}

/// How a connection is encrypted: libpq's `sslmode` and its files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tls {
    pub mode: Mode,
    /// `sslrootcert`: the authorities to trust; none or `system` for the platform's.
    pub root_certificate: Option<PathBuf>,
    /// `sslcert` and `sslkey`: who we are.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// What `sslmode` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mode {
    Disable,
    /// Encrypted where the server can; its certificate is not looked at. libpq's default.
    #[default]
    Prefer,
    /// Encrypted; the certificate is looked at only where `sslrootcert` is given.
    Require,
    /// Encrypted, with a certificate from a trusted authority.
    VerifyAuthority,
    /// Encrypted, with a certificate from a trusted authority for this very host.
    VerifyHost,
}

/// Parameters of ORMs and poolers, which no server needs.
const FOREIGN: &[&str] =
    &["pgbouncer", "connection_limit", "pool_timeout", "pool_max", "statement_cache_size", "sslaccept", "gssencmode"];

impl Address {
    /// Reads `postgresql://user:password@host:5432/database?sslmode=require`, or libpq's `host=… user=…`. `origin` is
    /// what the user calls the setting.
    ///
    /// # Errors
    /// When it cannot be read; the message holds no part of it but parameter names.
    pub fn parse(url: &str, origin: &str) -> Result<Self> {
        let mut parts = Parts::split(url.trim());
        let tls = parts.take_tls(origin)?;
        parts.take_foreign(origin)?;
        let parameters = parts.join().parse::<postgres::Config>().map_err(|error| malformed(origin, &cause(&error)))?;
        let mut address = Self { parameters, tls };
        address.check(origin)?;
        address.fill_in();
        Ok(address)
    }

    fn check(&self, origin: &str) -> Result<()> {
        let misread = |host: &Host| matches!(host, Host::Tcp(name) if name.contains('@'));
        if self.parameters.get_hosts().iter().any(misread) {
            return Err(malformed(origin, "it has more than one `@`"));
        }
        Ok(())
    }

    fn fill_in(&mut self) {
        let parameters = &mut self.parameters;
        parameters.ssl_mode(match self.tls.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyAuthority | Mode::VerifyHost => SslMode::Require,
        });
        if parameters.get_hosts().is_empty() && parameters.get_hostaddrs().is_empty() {
            parameters.host("localhost");
        }
        if parameters.get_password().is_none()
            && let Ok(password) = std::env::var("PGPASSWORD")
        {
            parameters.password(password);
        }
    }

    /// The URL without the password and without parameters.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("postgresql://{}@{}/{}", self.user(), self.host(), self.database())
    }

    /// How to connect, the encryption aside.
    #[must_use]
    pub fn parameters(&self) -> postgres::Config {
        self.parameters.clone()
    }

    /// The same server and user, another database.
    pub(super) fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.parameters.dbname(name);
        other
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }

    pub(super) fn user(&self) -> &str {
        self.parameters.get_user().unwrap_or("postgres")
    }

    pub(super) fn host(&self) -> String {
        shown_host(self.parameters.get_hosts().first(), self.parameters.get_ports().first())
    }

    pub(super) fn database(&self) -> &str {
        self.parameters.get_dbname().unwrap_or(self.user())
    }
}

fn malformed(origin: &str, cause: &str) -> anyhow::Error {
    anyhow!(
        "cannot read {origin}: {cause}; write `postgresql://user:password@host:5432/database`, and percent-encode \
         `@ : / ? # %` in the password (`@` is `%40`)"
    )
}

fn cause(error: &postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// A connection string as its parameters and what stands before them.
struct Parts<'a> {
    head: &'a str,
    is_url: bool,
    parameters: Vec<(String, String)>,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Self {
        let is_url = text.contains("://");
        // A question mark in a password that is not encoded must not be taken for the one before the parameters.
        let from = if is_url { text.rfind('@').unwrap_or(0) } else { text.len() };
        let (head, query) = match text[from..].split_once('?') {
            Some((head, query)) => (&text[..from + head.len()], query),
            None => (text, ""),
        };
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key.to_owned(), value.to_owned())
        };
        Self { head, is_url, parameters: pairs.map(pair).collect() }
    }

    fn join(&self) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        match parameters.is_empty() {
            true => self.head.to_owned(),
            false => format!("{}?{}", self.head, parameters.join("&")),
        }
    }

    fn take(&mut self, key: &str) -> Option<String> {
        let at = self.parameters.iter().position(|(found, _)| found == key)?;
        let (_, value) = self.parameters.remove(at);
        Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
    }

    fn take_tls(&mut self, origin: &str) -> Result<Tls> {
        let mode = self
            .take("sslmode")
            .or_else(|| self.take("ssl").map(|on| if on == "false" { "disable".into() } else { "require".into() }));
        let mode = match mode.as_deref() {
            None => Mode::default(),
            Some("disable") => Mode::Disable,
            Some("allow" | "prefer") => Mode::Prefer,
            Some("require") => Mode::Require,
            Some("verify-ca") => Mode::VerifyAuthority,
            Some("verify-full") => Mode::VerifyHost,
            Some(other) => {
                bail!(
                    "cannot read {origin}: `sslmode` is `{other}`; it is one of `disable`, `prefer`, `require`, \
                     `verify-ca`, `verify-full`"
                )
            }
        };
        let root_certificate = self.take("sslrootcert").map(PathBuf::from).filter(|file| file != Path::new("system"));
        let client = self.take("sslcert").zip(self.take("sslkey"));
        Ok(Tls { mode, root_certificate, client: client.map(|(cert, key)| (cert.into(), key.into())) })
    }

    /// Takes out what only concerns ORMs. Prisma's `schema` is a search path, which must not be lost silently.
    fn take_foreign(&mut self, origin: &str) -> Result<()> {
        if !self.is_url {
            return Ok(());
        }
        self.parameters.retain(|(key, _)| !FOREIGN.contains(&key.as_str()));
        match self.take("schema").as_deref() {
            None | Some("public") => Ok(()),
            Some(schema) => bail!(
                "cannot read {origin}: `schema={schema}` is Prisma's; write `options=-c%20search_path%3D{schema}` instead"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Address> {
        Address::parse(url, "`DATABASE_URL`")
    }

    #[test]
    fn a_description_has_no_password() {
        let address = parse("postgresql://app:s3cret@db.example:6543/shop?sslmode=require").expect("valid");
        assert_eq!(address.describe(), "postgresql://app@db.example:6543/shop");
        assert_eq!(
            parse("host=db user=app password=s3cret dbname=x").expect("valid").describe(),
            "postgresql://app@db:5432/x"
        );
    }

    #[test]
    fn every_sslmode_of_libpq_is_known() {
        let mode = |mode: &str| parse(&format!("postgres://a@b/c?sslmode={mode}")).map(|address| address.tls.mode);
        assert_eq!(mode("disable").expect("known"), Mode::Disable);
        assert_eq!(mode("allow").expect("known"), Mode::Prefer);
        assert_eq!(mode("verify-ca").expect("known"), Mode::VerifyAuthority);
        assert_eq!(mode("verify-full").expect("known"), Mode::VerifyHost);
        assert!(mode("always").expect_err("unknown").to_string().contains("`always`"));
    }

    #[test]
    fn files_of_certificates_are_decoded() {
        let address = parse("postgres://a@b/c?sslrootcert=%2Fetc%2Fmy%20ca.pem&sslmode=verify-ca").expect("valid");
        assert_eq!(address.tls.root_certificate.as_deref(), Some(Path::new("/etc/my ca.pem")));
        assert_eq!(parse("postgres://a@b/c?sslrootcert=system").expect("valid").tls.root_certificate, None);
    }

    #[test]
    fn parameters_of_orms_are_left_out_and_a_search_path_is_not_lost() {
        assert!(parse("postgres://a:b@c/d?schema=public&pgbouncer=true&connection_limit=1").is_ok());
        assert!(parse("postgres://a:b@c/d?schema=app").expect_err("lost").to_string().contains("search_path"));
    }

    #[test]
    fn malformed_urls_are_explained_without_showing_them() {
        for url in [
            "postgres://app:s3@cret@db/x",
            "nonsense s3cret",
            "postgres://a:s3cret@b:port/c",
            "postgres://a:s3cret@b/c?x=1",
        ] {
            let error = format!("{:#}", parse(url).expect_err(url));
            assert!(error.starts_with("cannot read `DATABASE_URL`: "), "{error}");
            assert!(error.contains("postgresql://user:password@host:5432/database"), "{error}");
            assert!(!error.contains("cret"), "{error}");
        }
    }
}
