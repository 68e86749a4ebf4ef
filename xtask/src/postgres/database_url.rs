//! The URL of a database for the monorepo's own programs, which read it from `DATABASE_URL`.

use std::path::Path;

use anyhow::{Context as _, Result};
use postgres::config::Host;

use super::connect::Target;
use super::relay::Relay;

/// The port of a server that names none.
const DEFAULT_PORT: u16 = 5432;

/// A URL that leads to a database for as long as this value lives.
#[derive(Debug)]
pub struct DatabaseUrl {
    /// The URL.
    pub text: String,
    /// Variables of libpq that lead to the same database.
    pub variables: Vec<(&'static str, String)>,
    /// The way to a server without a port.
    _relay: Option<Relay>,
}

impl DatabaseUrl {
    /// The URL of `target`. `written` is the text by which a person named it.
    ///
    /// # Errors
    /// When a server without a port cannot be relayed to.
    pub fn of_target(target: &Target, written: Option<&str>) -> Result<Self> {
        let (Target::Url(_), Some(written)) = (target, written) else {
            return Self::of_parameters(&target.parameters());
        };
        Ok(Self {
            text: written.to_owned(),
            variables: Vec::new(),
            _relay: None,
        })
    }

    /// The URL of the database that `parameters` name.
    ///
    /// # Errors
    /// When a server without a port cannot be relayed to.
    pub fn of_parameters(parameters: &postgres::Config) -> Result<Self> {
        let user = parameters.get_user().unwrap_or("postgres");
        let database = parameters.get_dbname().unwrap_or(user).to_owned();
        let port = parameters.get_ports().first().copied();
        let port = port.unwrap_or(DEFAULT_PORT);
        let password = parameters.get_password();
        let password = password.map(|password| String::from_utf8_lossy(password).into_owned());
        match parameters.get_hosts().first() {
            Some(Host::Unix(folder)) => Self::relayed((folder, port), user, password, &database),
            Some(Host::Tcp(host)) => {
                let host = host.clone();
                let user = user.to_owned();
                Ok(Self::new((host, port), user, password, database, None))
            }
            None => Self::relayed((Path::new("/tmp"), port), user, password, &database),
        }
    }

    fn relayed(
        (folder, port): (&Path, u16),
        user: &str,
        password: Option<String>,
        database: &str,
    ) -> Result<Self> {
        let relay = Relay::start(folder, port, user)
            .context("cannot open a way to the database for your own command")?;
        let (role, port) = (relay.role().to_owned(), relay.port());
        let place = ("127.0.0.1".to_owned(), port);
        // Some drivers refuse a URL without a password, also where the server asks for none.
        let password = password.or_else(|| Some("none".to_owned()));
        Ok(Self::new(
            place,
            role,
            password,
            database.to_owned(),
            Some(relay),
        ))
    }

    fn new(
        (host, port): (String, u16),
        user: String,
        password: Option<String>,
        database: String,
        relay: Option<Relay>,
    ) -> Self {
        let secret = password
            .as_deref()
            .map(|password| format!(":{}", percent(password)))
            .unwrap_or_default();
        // Names of IPv6 stand in brackets.
        let shown = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.clone()
        };
        let text = format!(
            "postgresql://{}{secret}@{shown}:{port}/{}",
            percent(&user),
            percent(&database)
        );
        let mut variables = vec![
            ("PGHOST", host),
            ("PGPORT", port.to_string()),
            ("PGUSER", user),
            ("PGDATABASE", database),
        ];
        variables.extend(password.map(|password| ("PGPASSWORD", password)));
        Self {
            text,
            variables,
            _relay: relay,
        }
    }
}

/// Writes every byte as `%41` that means something in a URL.
fn percent(text: &str) -> String {
    let mut written = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            written.push(char::from(byte));
        } else {
            written += &format!("%{byte:02X}");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_with_a_port_needs_no_relay() {
        let mut parameters = postgres::Config::new();
        parameters
            .host("db.example.org")
            .port(6432)
            .user("me@work")
            .password("a/b:c")
            .dbname("app");
        let url = DatabaseUrl::of_parameters(&parameters).expect("a URL");
        assert_eq!(
            url.text,
            "postgresql://me%40work:a%2Fb%3Ac@db.example.org:6432/app"
        );
        assert!(url.variables.contains(&("PGPASSWORD", "a/b:c".to_owned())));
    }
}
