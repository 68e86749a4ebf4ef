//! Writes an address as the environment variables that PostgreSQL's own programs read.

use std::ffi::OsString;
use std::path::Path;

use postgres::config::Host;

use super::encryption::{Authorities, Tls, TlsMode};
use super::{Address, HostAddress};

/// A variable and its value.
pub type ConnectionVariable = (&'static str, OsString);

/// Returns the variables with which libpq reaches the server that `parameters` name.
pub fn of_parameters(parameters: &postgres::Config) -> Vec<ConnectionVariable> {
    let mut variables: Vec<ConnectionVariable> = Vec::new();
    let mut set = |name, value: Option<&str>| {
        variables.extend(value.map(|value| (name, OsString::from(value))))
    };
    set("PGUSER", parameters.get_user());
    set("PGDATABASE", parameters.get_dbname());
    set("PGOPTIONS", parameters.get_options());
    set("PGAPPNAME", Some(super::super::connect::APPLICATION_NAME));
    // As here, where GSSAPI is not used either.
    set("PGGSSENCMODE", Some("disable"));
    if let Some(password) = parameters.get_password() {
        set("PGPASSWORD", Some(&String::from_utf8_lossy(password)));
    }
    match parameters.get_hosts().first() {
        Some(Host::Tcp(name)) => set("PGHOST", Some(name)),
        Some(Host::Unix(folder)) => set("PGHOST", Some(&folder.to_string_lossy())),
        None => {}
    }
    if let Some(port) = parameters.get_ports().first() {
        set("PGPORT", Some(&port.to_string()));
    }
    variables
}

impl Address {
    /// Returns the variables with which libpq reaches the server that answered, encrypted as here.
    pub(in crate::postgres) fn variables(&self) -> Vec<ConnectionVariable> {
        let mut variables = of_parameters(&self.parameters());
        if let Some((_, endpoint)) = self.endpoints().first()
            && let HostAddress::Address(_, address) = &endpoint.place
        {
            variables.push(("PGHOSTADDR", address.to_string().into()));
        }
        if let Some(timeout) = self.timeout() {
            variables.push(("PGCONNECT_TIMEOUT", timeout.as_secs().to_string().into()));
        }
        variables.extend(encryption(self.tls()));
        variables
    }
}

fn encryption(tls: &Tls) -> Vec<ConnectionVariable> {
    let mode = match tls.mode {
        TlsMode::Disable => "disable",
        TlsMode::Prefer => "prefer",
        TlsMode::Require => "require",
        TlsMode::VerifyAuthority => "verify-ca",
        TlsMode::VerifyHost => "verify-full",
    };
    let file = |path: &Path| path.as_os_str().to_owned();
    let mut variables: Vec<ConnectionVariable> = vec![("PGSSLMODE", mode.into())];
    match &tls.authorities {
        Authorities::File(path) => variables.push(("PGSSLROOTCERT", file(path))),
        Authorities::System if tls.mode == TlsMode::VerifyHost => {
            variables.push(("PGSSLROOTCERT", "system".into()))
        }
        Authorities::System => {}
    }
    if let Some(path) = &tls.revoked {
        variables.push(("PGSSLCRL", file(path)));
    }
    if let Some((certificate, key)) = &tls.client {
        variables.extend([("PGSSLCERT", file(certificate)), ("PGSSLKEY", file(key))]);
    }
    if tls.is_direct {
        variables.push(("PGSSLNEGOTIATION", "direct".into()));
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::address::surroundings::Surroundings;

    #[test]
    fn encryption_and_password_go_along() {
        let url = "postgresql://app:s3cret@db.example:6543/shop?sslmode=verify-full&sslrootcert=/ca.pem&options=-cx%3D1";
        let surroundings = Surroundings::sample(&[], "/nowhere".as_ref());
        let address = Address::parse_in(url, "`DATABASE_URL`", &surroundings).expect("valid");
        let variables = address.variables();
        let value = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found
                .map(|(_, value)| value.to_string_lossy().into_owned())
                .unwrap_or_default()
        };
        for (name, expected) in [
            ("PGHOST", "db.example"),
            ("PGPORT", "6543"),
            ("PGUSER", "app"),
            ("PGPASSWORD", "s3cret"),
            ("PGDATABASE", "shop"),
            ("PGOPTIONS", "-cx=1"),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/ca.pem"),
        ] {
            assert_eq!(value(name), expected, "{name}");
        }
    }
}
