//! Explains why there is no connection, and what to do about it.

use std::io;

use super::attempt::Failure;
use crate::postgres::address::{Address, HostAddress, ServerEndpoint};
use crate::postgres::error::ServerError;

/// One paragraph about all servers that were tried.
pub(super) fn all(failures: &[(&ServerEndpoint, Failure)], address: &Address) -> String {
    match failures {
        [(endpoint, failure)] => one(endpoint, failure, address),
        several => {
            let shown = |(endpoint, failure): &(&ServerEndpoint, Failure)| {
                format!("`{endpoint}`: {}", one(endpoint, failure, address))
            };
            several.iter().map(shown).collect::<Vec<_>>().join(" | ")
        }
    }
}

fn one(endpoint: &ServerEndpoint, failure: &Failure, address: &Address) -> String {
    match failure {
        Failure::Lookup(error) => {
            let name = match &endpoint.place {
                HostAddress::Host(name) | HostAddress::Address(name, _) => name.clone(),
                HostAddress::Socket(folder) => folder.display().to_string(),
            };
            let port = endpoint.port;
            format!(
                "{error}; the host `{name}:{port}` is not known: correct it in the URL, or check the network's name service"
            )
        }
        Failure::Silent(limit) => format!(
            "`{endpoint}` did not answer within {} s; check host, port and firewall, or raise `connect_timeout` in the URL",
            limit.as_secs()
        ),
        Failure::Unwanted(why) => {
            format!("the server {why}; correct the host, or `target_session_attrs` in the URL")
        }
        Failure::Driver(error) => {
            let cause = ServerError::from(error);
            let next = match cause.sqlstate.as_deref() {
                Some(state) => refused_by_server(state, &cause.message, address),
                None => not_reached(error, &cause.message, endpoint, address),
            };
            format!("{}; {next}", cause.headline())
        }
    }
}

/// The advice where the server answered, and refused the connection.
fn refused_by_server(sqlstate: &str, message: &str, address: &Address) -> String {
    let user = address.user();
    match sqlstate {
        "28000" if message.contains("no encryption") || message.contains("SSL off") => {
            "the server wants an encrypted connection: add `sslmode=require` to the URL".into()
        }
        "28000" | "28P01" => {
            format!("check the user name and the password in the URL, and that the role `{user}` may log in")
        }
        "3D000" => {
            format!("create it with `createdb {}`, or correct the name at the end of the URL", address.database())
        }
        "53300" => "close other connections, or raise `max_connections` of the server, and run this again".into(),
        "57P03" => "the server starts up or shuts down: wait a moment and run this again".into(),
        "42501" => format!("ask for `GRANT CONNECT ON DATABASE {} TO {user}`", address.database()),
        "08P01" if message.contains("startup parameter") => {
            "what listens there is a pooler that does not know this parameter: connect to PostgreSQL itself, or leave the \
             parameter out of the URL and of the environment"
                .into()
        }
        _ => "the server's log says more".into(),
    }
}

/// The advice where the server did not answer, or not in its own protocol.
fn not_reached(
    error: &postgres::Error,
    message: &str,
    endpoint: &ServerEndpoint,
    address: &Address,
) -> String {
    let source = std::error::Error::source(error);
    let kind = source
        .and_then(|source| source.downcast_ref::<io::Error>())
        .map(io::Error::kind);
    match kind {
        _ if message.contains("password missing") => no_password(address),
        _ if message.contains("does not support TLS") => {
            "the server does not encrypt: switch `ssl` on there, or use `sslmode=prefer` if the network can be trusted"
                .into()
        }
        _ if message.contains("TLS handshake") => certificate(message),
        Some(io::ErrorKind::ConnectionRefused) => {
            format!("nothing listens at `{endpoint}`: start the server, or correct host and port in the URL")
        }
        Some(io::ErrorKind::NotFound) => {
            format!("there is no socket in `{endpoint}`: start the server, or correct the folder in the URL")
        }
        Some(io::ErrorKind::PermissionDenied) => {
            format!(
                "the socket in `{endpoint}` may not be opened by this user: use `localhost` as host, or another user"
            )
        }
        _ if message.contains("timed out") || message.contains("timeout") => {
            format!(
                "`{endpoint}` does not answer: check host, port and firewall, or raise `connect_timeout` in the URL"
            )
        }
        _ => format!("check that what listens at `{endpoint}` is a PostgreSQL server"),
    }
}

fn no_password(address: &Address) -> String {
    let next = "the server wants a password: write it into the URL, `postgresql://user:password@…`, or set `PGPASSWORD`";
    match address.unused_password_file() {
        Some(file) => format!(
            "{next}; `{0}` was not read because others may: run `chmod 600 {0}`",
            file.display()
        ),
        None => next.into(),
    }
}

/// The advice for a refused certificate. Each cause has its own: naming the authority does not help
/// where a certificate has expired. Parts of words (`xpired`), since the names of errors are found
/// as well as sentences.
fn certificate(message: &str) -> String {
    let way_out = if message.contains("NotValidForName") || message.contains("not valid for name") {
        "write the host into the URL as the certificate does"
    } else if message.contains("xpired") {
        "renew it on the server"
    } else if message.contains("NotValidYet") || message.contains("not valid yet") {
        "check the clocks of both machines"
    } else if message.contains("evoked") {
        "give the server another one"
    } else if message.contains("alert") {
        "the server ended the handshake, and its log says why; it may want a certificate of yours (`sslcert`, `sslkey`)"
    } else if message.contains("InvalidCertificate") || message.contains("invalid peer certificate")
    {
        "name its authority with `sslrootcert=<file>`, and the host as the certificate does"
    } else {
        return "TLS 1.2 and 1.3 are spoken here: check what the server speaks, and what stands between".into();
    };
    format!("the server's certificate was not accepted: {way_out}")
}
