//! An address: a connection string, taken apart. The driver knows fewer parameters than libpq does,
//! and ORMs add their own. The driver's message about a string that it cannot read may hold a part
//! of the password. So the string is read here, and the driver gets the parts.

mod encryption;
mod hosts;
mod parameters;
mod passfile;
mod service;
mod settings;
mod surroundings;
mod text;
pub(super) mod variables;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Result, anyhow};
use postgres::config::{ChannelBinding, SslMode, SslNegotiation};

pub(super) use encryption::{Authorities, Tls, TlsMode, Versions};
pub(super) use hosts::{HostAddress, ServerEndpoint};
use passfile::PasswordFile;
use settings::Settings;
use surroundings::Surroundings;
use text::Read;

/// How long to wait for a server that does not answer, unless a parameter says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The servers of a database, and how to get in.
#[derive(Debug, Clone)]
pub struct Address {
    user: String,
    database: String,
    endpoints: Vec<ServerEndpoint>,
    /// The parameters of a session for the server, and the settings by which the end of a session
    /// is noticed.
    session: postgres::Config,
    tls: Tls,
    wanted: WantedServer,
    timeout: Option<Duration>,
    in_random_order: bool,
    unused_password_file: Option<PathBuf>,
    /// The endpoint that answered.
    answered: Arc<OnceLock<usize>>,
}

/// The server that is wanted among several: libpq's `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum WantedServer {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl Address {
    /// Reads `postgresql://user:password@host:5432/database?sslmode=require`, or libpq's `host=…
    /// user=…`. `origin` is the user's name for the setting.
    ///
    /// # Errors
    /// When it cannot be read. The message holds no part of it except the names of parameters, and
    /// values of those that are no secret.
    pub fn parse(text: &str, origin: &str) -> Result<Self> {
        Self::parse_in(text, origin, &Surroundings::of_process())
    }

    /// Whether `text` itself holds a password; the environment and password files do not count.
    #[must_use]
    pub fn holds_password(text: &str) -> bool {
        text::read(text.trim()).is_ok_and(|settings| {
            settings
                .iter()
                .any(|setting| setting.name == "password" && !setting.value.is_empty())
        })
    }

    fn parse_in(text: &str, origin: &str, surroundings: &Surroundings) -> Result<Self> {
        let written = text::read(text.trim()).map_err(|cause| malformed(origin, &cause))?;
        let settings = Settings::complete(written, surroundings);
        let address = settings.and_then(|settings| Self::of(&settings, surroundings));
        address.map_err(|cause| anyhow!("cannot use {origin}: {cause}"))
    }

    fn of(settings: &Settings, surroundings: &Surroundings) -> Read<Self> {
        let user = settings
            .text("user")?
            .map(str::to_owned)
            .or_else(|| surroundings.user.clone());
        let user = user.unwrap_or_else(|| "postgres".into());
        // As in libpq, the database is called like the user unless it is named.
        let database = settings.text("dbname")?.unwrap_or(&user).to_owned();
        let passwords = match settings.text("passfile")? {
            Some(file) => PasswordFile::read(Some(&surroundings::path(file, surroundings))),
            None => PasswordFile::read(surroundings.at_home(".pgpass").as_deref()),
        };
        let endpoints = hosts::read(settings, &passwords, &database, &user)?;
        let order = settings.choice(
            "load_balance_hosts",
            &[("disable", false), ("random", true)],
        )?;
        Ok(Self {
            session: session(settings, &user, &database)?,
            tls: encryption::read(settings, surroundings)?,
            wanted: wanted_server(settings)?,
            timeout: timeout(settings)?,
            in_random_order: order.unwrap_or(false),
            unused_password_file: passwords.open_to_others,
            answered: Arc::default(),
            user,
            database,
            endpoints,
        })
    }

    /// The URL without the password and parameters. Of several hosts it names the one that
    /// answered, once one has.
    #[must_use]
    pub fn describe(&self) -> String {
        format!(
            "postgresql://{}@{}/{}",
            self.user,
            self.host(),
            self.database
        )
    }

    /// Server and database without the user: what tells one database from another.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}/{}", self.host(), self.database)
    }

    /// The parameters for the server that answered, or for the first one before that. Encryption is
    /// not among them.
    #[must_use]
    pub fn parameters(&self) -> postgres::Config {
        let mut parameters = self.session.clone();
        let at = self.answered.get().copied().unwrap_or(0);
        if let Some(endpoint) = self.endpoints.get(at) {
            endpoint.set(&mut parameters);
        }
        parameters.ssl_mode(match self.tls.mode {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyAuthority | TlsMode::VerifyHost => SslMode::Require,
        });
        parameters
    }

    /// Returns the parameters that the server is given for a session.
    pub(super) fn session(&self) -> &postgres::Config {
        &self.session
    }

    /// The same server and user, another database.
    pub(super) fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.session.dbname(name);
        other.database = name.to_owned();
        other
    }

    /// The same address, with a name for its sessions where it has none.
    pub(super) fn with_application(&self, name: &str) -> Self {
        // PostgreSQL keeps 63 bytes of a name, and no character that is not ASCII.
        const LONGEST: usize = 63;
        let mut other = self.clone();
        if other.session.get_application_name().is_none() {
            let printable = |character: char| match character {
                ' '..='~' => character,
                _other => '?',
            };
            let name: String = name.chars().map(printable).take(LONGEST).collect();
            other.session.application_name(&name);
        }
        other
    }

    /// The same address with `options` for the session, after its own.
    pub(super) fn with_options(&self, options: &str) -> Self {
        let mut other = self.clone();
        let own = self
            .session
            .get_options()
            .map(|own| format!("{own} "))
            .unwrap_or_default();
        other.session.options(&format!("{own}{options}"));
        other
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }

    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// The host, or the hosts that may answer.
    pub(super) fn host(&self) -> String {
        match self.answered.get().and_then(|at| self.endpoints.get(*at)) {
            Some(endpoint) => endpoint.to_string(),
            None => self
                .endpoints
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(","),
        }
    }

    /// The names of the hosts that may answer.
    pub(super) fn host_names(&self) -> impl Iterator<Item = &str> {
        self.endpoints
            .iter()
            .filter_map(|endpoint| endpoint.host_name())
    }

    /// Returns what `hint` says of the first server for which it says anything.
    pub(super) fn provider_hint(
        &self,
        hint: impl Fn(&str, u16) -> Option<String>,
    ) -> Option<String> {
        self.endpoints
            .iter()
            .find_map(|endpoint| hint(endpoint.host_name()?, endpoint.port))
    }

    pub(super) fn database(&self) -> &str {
        &self.database
    }

    pub(super) fn wanted(&self) -> WantedServer {
        self.wanted
    }

    /// How long to wait for each server; `None` to wait for ever.
    pub(super) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// A file with passwords that is not used, because others may read it.
    pub(super) fn unused_password_file(&self) -> Option<&PathBuf> {
        self.unused_password_file.as_ref()
    }

    /// The servers in the order in which to try them. After the first connection only the one that
    /// answered: a command works on one server.
    pub(super) fn endpoints(&self) -> Vec<(usize, &ServerEndpoint)> {
        let mut all: Vec<_> = self.endpoints.iter().enumerate().collect();
        if let Some(answered) = self.answered.get() {
            all.retain(|(at, _)| at == answered);
        } else if self.in_random_order {
            // `RandomState` is seeded by the system; the order needs to differ from run to run, and
            // no more.
            let seed = std::collections::hash_map::RandomState::new();
            all.sort_by_cached_key(|(at, _)| std::hash::BuildHasher::hash_one(&seed, at));
        }
        all
    }

    /// Remembers which server answered.
    pub(super) fn settle_on(&self, at: usize) {
        let _ = self.answered.set(at);
    }
}

impl ServerEndpoint {
    /// Sets the endpoint in the driver's parameters.
    pub(super) fn set(&self, parameters: &mut postgres::Config) {
        match &self.place {
            HostAddress::Host(name) => drop(parameters.host(name)),
            HostAddress::Address(name, address) => drop(parameters.host(name).hostaddr(*address)),
            HostAddress::Socket(folder) => drop(parameters.host_path(folder)),
        }
        parameters.port(self.port);
        if let Some(password) = &self.password {
            parameters.password(password);
        }
    }
}

fn malformed(origin: &str, cause: &str) -> anyhow::Error {
    anyhow!(
        "cannot read {origin}: {cause}; write `postgresql://user:password@host:5432/database`, and percent-encode \
         `@ : / ? # %` in the password (`@` is `%40`)"
    )
}

fn session(settings: &Settings, user: &str, database: &str) -> Read<postgres::Config> {
    let mut session = postgres::Config::new();
    session.user(user).dbname(database);
    if let Some(options) = settings.text("options")? {
        session.options(options);
    }
    let name = settings
        .text("application_name")?
        .or(settings.text("fallback_application_name")?);
    if let Some(name) = name {
        session.application_name(name);
    }
    let bindings = [
        ("disable", ChannelBinding::Disable),
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
    ];
    if let Some(binding) = settings.choice("channel_binding", &bindings)? {
        session.channel_binding(binding);
    }
    if settings.text("sslnegotiation")? == Some("direct") {
        session.ssl_negotiation(SslNegotiation::Direct);
    }
    keepalives(settings, &mut session)?;
    Ok(session)
}

/// Sets the keepalives. A server that vanished without a word is noticed after 30 + 3 × 10 s,
/// instead of the system's two hours.
fn keepalives(settings: &Settings, session: &mut postgres::Config) -> Read<()> {
    let positive = |name: &str| {
        let number = settings
            .number(name)?
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| *number > 0);
        Ok::<_, String>(number)
    };
    session.keepalives(settings.number("keepalives")? != Some(0));
    session.keepalives_idle(Duration::from_secs(
        positive("keepalives_idle")?.unwrap_or(30),
    ));
    session.keepalives_interval(Duration::from_secs(
        positive("keepalives_interval")?.unwrap_or(10),
    ));
    let count = positive("keepalives_count")?.and_then(|count| u32::try_from(count).ok());
    session.keepalives_retries(count.unwrap_or(3));
    session.tcp_user_timeout(Duration::from_millis(
        positive("tcp_user_timeout")?.unwrap_or(60_000),
    ));
    Ok(())
}

fn wanted_server(settings: &Settings) -> Read<WantedServer> {
    let choices = [
        ("any", WantedServer::Any),
        ("read-write", WantedServer::ReadWrite),
        ("read-only", WantedServer::ReadOnly),
        ("primary", WantedServer::Primary),
        ("standby", WantedServer::Standby),
        ("prefer-standby", WantedServer::PreferStandby),
    ];
    Ok(settings
        .choice("target_session_attrs", &choices)?
        .unwrap_or_default())
}

/// Reads `connect_timeout`. As in libpq, zero and less is to wait for ever.
fn timeout(settings: &Settings) -> Read<Option<Duration>> {
    match settings.number("connect_timeout")? {
        None => Ok(Some(CONNECT_TIMEOUT)),
        Some(seconds) => Ok(u64::try_from(seconds)
            .ok()
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs)),
    }
}

#[cfg(test)]
mod tests {
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
        let timeout =
            |url: &str, variables: &[_]| parse_with(url, variables).expect("valid").timeout();
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
}
