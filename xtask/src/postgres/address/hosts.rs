//! Reads the servers that a connection string names. Several are tried one after the other.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::passfile::PasswordFile;
use super::settings::Settings;
use super::text::Read;

const DEFAULT_PORT: u16 = 5432;

/// One server.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerEndpoint {
    /// The address at which it listens.
    pub place: HostAddress,
    /// Its port.
    pub port: u16,
    /// The password for it.
    pub password: Option<Vec<u8>>,
}

/// The address at which a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostAddress {
    /// A host, whose name is looked up.
    Host(String),
    /// A host whose address is given, so that its name is not looked up. The name still counts for
    /// certificates and passwords.
    Address(String, IpAddr),
    /// The folder of a socket.
    Socket(PathBuf),
}

impl ServerEndpoint {
    /// The name of the host; `None` for a socket.
    pub fn host_name(&self) -> Option<&str> {
        match &self.place {
            HostAddress::Host(name) | HostAddress::Address(name, _) => Some(name),
            HostAddress::Socket(_) => None,
        }
    }
}

impl std::fmt::Debug for ServerEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("place", &self.place)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// The form for people: `db:5432`, `[::1]:5432`, the folder of a socket.
impl std::fmt::Display for ServerEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            HostAddress::Host(name) | HostAddress::Address(name, _) if name.contains(':') => {
                write!(f, "[{name}]:{}", self.port)
            }
            HostAddress::Host(name) | HostAddress::Address(name, _) => {
                write!(f, "{name}:{}", self.port)
            }
            HostAddress::Socket(folder) => write!(f, "{}", folder.display()),
        }
    }
}

/// The servers, with the passwords that `settings` and `passwords` have for them.
pub(super) fn read(
    settings: &Settings,
    passwords: &PasswordFile,
    database: &str,
    user: &str,
) -> Read<Vec<ServerEndpoint>> {
    let places = places(settings)?;
    let ports = ports(settings.text("port")?.unwrap_or_default())?;
    // As in libpq, a single port holds for all hosts.
    if ports.len() > 1 && ports.len() != places.len() {
        return Err(format!(
            "it names {} hosts and {} ports",
            places.len(),
            ports.len()
        ));
    }
    let endpoint = |(at, place): (usize, HostAddress)| {
        let port = ports
            .get(at)
            .or(ports.first())
            .copied()
            .unwrap_or(DEFAULT_PORT);
        let password = settings.bytes("password").map(<[u8]>::to_vec);
        let password = password.or_else(|| {
            let found = passwords.password(&name_in_password_file(&place), port, database, user);
            found.map(String::into_bytes)
        });
        ServerEndpoint {
            place,
            port,
            password,
        }
    };
    Ok(places.into_iter().enumerate().map(endpoint).collect())
}

fn places(settings: &Settings) -> Read<Vec<HostAddress>> {
    let hosts: Vec<&[u8]> = settings.bytes("host").map_or_else(Vec::new, |hosts| {
        hosts.split(|byte| *byte == b',').collect()
    });
    let addresses: Vec<&str> = settings
        .text("hostaddr")?
        .map_or_else(Vec::new, |all| all.split(',').collect());
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(format!(
            "it names {} hosts and {} addresses of hosts",
            hosts.len(),
            addresses.len()
        ));
    }
    if hosts.is_empty() && addresses.is_empty() {
        return Ok(vec![HostAddress::Host("localhost".into())]);
    }
    let count = hosts.len().max(addresses.len());
    (0..count)
        .map(|at| place(hosts.get(at).copied(), addresses.get(at).copied()))
        .collect()
}

fn place(host: Option<&[u8]>, address: Option<&str>) -> Read<HostAddress> {
    if let Some(host) = host.filter(|host| host.starts_with(b"/")) {
        return Ok(HostAddress::Socket(PathBuf::from(OsStr::from_bytes(host))));
    }
    let name = host
        .filter(|host| !host.is_empty())
        .map(std::str::from_utf8)
        .transpose();
    let name = name.map_err(|_| "the name of the host is not UTF-8")?;
    if name.is_some_and(|name| !is_plausible(name)) {
        return Err("the name of the host has a character that no host's name has".into());
    }
    let Some(address) = address.filter(|address| !address.is_empty()) else {
        return Ok(HostAddress::Host(name.unwrap_or("localhost").to_owned()));
    };
    let parsed: IpAddr = address.parse().map_err(|_| "`hostaddr` is no IP address")?;
    Ok(HostAddress::Address(
        name.unwrap_or(address).to_owned(),
        parsed,
    ))
}

/// Whether a host has only letters, digits, `-`, `_`, dots and the colons of IPv6. Other characters
/// are part of a misread text, perhaps of a password, and must not be shown.
fn is_plausible(host: &str) -> bool {
    host.chars()
        .all(|character| character.is_alphanumeric() || "-_.:%".contains(character))
}

fn ports(text: &str) -> Read<Vec<u16>> {
    let port = |port: &str| match port.trim() {
        "" => Ok(DEFAULT_PORT),
        port => port
            .parse()
            .map_err(|_| "the port is no number from 1 to 65535".to_owned()),
    };
    if text.is_empty() {
        Ok(Vec::new())
    } else {
        text.split(',').map(port).collect()
    }
}

/// The name of a server in a password file. As in libpq, a socket in the usual folder is
/// `localhost`.
fn name_in_password_file(place: &HostAddress) -> String {
    match place {
        HostAddress::Host(name) | HostAddress::Address(name, _) => name.clone(),
        HostAddress::Socket(folder) => match folder.to_string_lossy().as_ref() {
            "/tmp" | "/var/run/postgresql" | "/run/postgresql" => "localhost".into(),
            other => other.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::surroundings::Surroundings;
    use super::super::text;
    use super::*;

    fn shown(url: &str) -> String {
        let settings = text::read(url).and_then(|written| {
            Settings::complete(written, &Surroundings::sample(&[], Path::new("/nowhere")))
        });
        match settings.and_then(|settings| read(&settings, &PasswordFile::default(), "d", "u")) {
            Ok(endpoints) => endpoints
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" "),
            Err(cause) => format!("! {cause}"),
        }
    }

    #[test]
    fn several_hosts_have_one_port_or_one_each() {
        for (url, expected) in [
            ("postgres://", "localhost:5432"),
            ("postgres://a:1,b:2,c/d", "a:1 b:2 c:5432"),
            ("postgres://a,b/d?port=7", "a:7 b:7"),
            ("postgres://[::1]:7/d", "[::1]:7"),
            ("postgres://x/d?host=%2Ftmp,b", "/tmp b:5432"),
            ("postgres://x/d?hostaddr=10.0.0.1&port=3", "x:3"),
            ("postgres:///d?hostaddr=10.0.0.1", "10.0.0.1:5432"),
            (
                "postgres://a,b/d?port=1,2,3",
                "! it names 2 hosts and 3 ports",
            ),
            (
                "postgres://a/d?hostaddr=1.2.3.4,1.2.3.5",
                "! it names 1 hosts and 2 addresses of hosts",
            ),
            (
                "postgres://app:s3cret/x",
                "! the port is no number from 1 to 65535",
            ),
            (
                "postgres://app s3cret/x",
                "! the name of the host has a character that no host's name has",
            ),
        ] {
            assert_eq!(shown(url), expected, "{url}");
        }
    }
}
