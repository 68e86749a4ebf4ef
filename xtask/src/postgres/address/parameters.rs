//! The names of parameters, in three groups. libpq's mean here what they mean there. Those of
//! drivers, ORMs, poolers and hosts concern no server. Those that ask for something that this tool
//! cannot do must not be dropped silently.

/// The meaning of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is read under this name, which is libpq's.
    Read(&'static str),
    /// It concerns a driver, an ORM, a pooler or a host.
    Foreign,
    /// It must not be ignored. The text is the advice.
    Refused(&'static str),
}

/// libpq's parameters that are read here.
const READ: &[&str] = &[
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssencmode",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "options",
    "passfile",
    "password",
    "port",
    "service",
    "servicefile",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// Other spellings, of node-postgres, sqlx, JDBC, asyncpg, and of the driver.
const ALIASES: &[(&str, &str)] = &[
    ("applicationname", "application_name"),
    ("connecttimeout", "connect_timeout"),
    ("database", "dbname"),
    ("keepalives_retries", "keepalives_count"),
    ("requiressl", "ssl"),
    ("ssl", "ssl"),
    ("ssl-ca", "sslrootcert"),
    ("ssl-cert", "sslcert"),
    ("ssl-key", "sslkey"),
    ("ssl-mode", "sslmode"),
    ("ssl-root-cert", "sslrootcert"),
    ("ssl_mode", "sslmode"),
    ("sslaccept", "sslaccept"),
    ("username", "user"),
];

/// Parameters of libpq without effect here: its use of GSSAPI, compression (which no longer
/// exists), the encoding of text, which the driver sends as UTF-8.
const WITHOUT_EFFECT: &[&str] = &[
    "client_encoding",
    "encoding",
    "gssdelegation",
    "gsslib",
    "krbsrvname",
    "max_protocol_version",
    "min_protocol_version",
    "sslcompression",
    "sslkeylogfile",
    "sslpassword",
];

/// The parameters of drivers, ORMs, pools and hosts: the number of connections, the time that a
/// query of the application may take.
const FOREIGN: &[&str] = &[
    "advisory_locks",
    "allowexitonidle",
    "backoff",
    "binary",
    "binary_parameters",
    "conn_max_age",
    "connection_limit",
    "connectiontimeoutmillis",
    "debug",
    "default_query_exec_mode",
    "description_cache_capacity",
    "fetch_types",
    "idle_in_transaction_session_timeout",
    "idle_timeout",
    "idletimeoutmillis",
    "keep_alive",
    "keepalive",
    "keepaliveinitialdelaymillis",
    "lock_timeout",
    "logintimeout",
    "max",
    "max_lifetime",
    "max_pipeline",
    "maxlifetimeseconds",
    "maxuses",
    "min",
    "pgbouncer",
    "pool",
    "prepare",
    "prepared_statement_cache_size",
    "prepared_statements",
    "preparethreshold",
    "query_timeout",
    "reconnect",
    "single_use_connections",
    "socket_timeout",
    "sockettimeout",
    "statement-cache-capacity",
    "statement_cache_capacity",
    "statement_cache_size",
    "statement_timeout",
    "supa",
    "timeout",
    "uselibpqcompat",
    "workaround",
];

/// The advice for a search path in the words of an ORM.
const SEARCH_PATH: &str = "write the search path as `options=-c%20search_path%3Dapp` instead";

/// The parameters that are refused, each with the advice for it.
const REFUSED: &[(&str, &str)] = &[
    ("currentschema", SEARCH_PATH),
    ("schema", SEARCH_PATH),
    ("search_path", SEARCH_PATH),
    (
        "replication",
        "leave it out: migrations do not run over a replication connection",
    ),
    (
        "require_auth",
        "leave it out; `channel_binding=require` lets nobody but SCRAM's authentication through",
    ),
    (
        "requirepeer",
        "leave it out, and let the folder of the socket belong to the server's user",
    ),
    ("scram_client_key", "write the password"),
    ("scram_server_key", "write the password"),
    ("sslcrldir", "name one file with `sslcrl`"),
    (
        "sslidentity",
        "write certificate and key into PEM files (`openssl pkcs12 -nodes`), and name them with `sslcert` and `sslkey`",
    ),
    ("sslinline", "write the certificates into files"),
    ("tls", "write `sslmode=require`"),
];

/// Returns the meaning of the parameter `name`; `None` where it is unknown. An unknown parameter is
/// an error: it may be a mistyped `sslmode`.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    let lower = name.to_ascii_lowercase();
    // As in libpq, its own names are in lower case. Drivers take their names in any case.
    if let Some(read) = READ.iter().find(|known| **known == name) {
        return Some(Meaning::Read(read));
    }
    if let Some((_, read)) = ALIASES.iter().find(|(known, _)| *known == lower) {
        return Some(Meaning::Read(read));
    }
    if let Some((_, instead)) = REFUSED.iter().find(|(known, _)| *known == lower) {
        return Some(Meaning::Refused(instead));
    }
    let prefixes = ["x-", "pool_", "oauth_"];
    let is_foreign = FOREIGN.contains(&lower.as_str())
        || prefixes.iter().any(|prefix| lower.starts_with(prefix));
    (is_foreign || WITHOUT_EFFECT.contains(&lower.as_str())).then_some(Meaning::Foreign)
}

/// Whether the parameter `name` is known.
pub(super) fn is_known(name: &str) -> bool {
    meaning(name).is_some()
}

/// Whether `name` is one of libpq's own.
pub(super) fn is_libpq(name: &str) -> bool {
    READ.contains(&name) || WITHOUT_EFFECT.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_encryption_is_never_foreign() {
        for name in [
            "sslmode",
            "ssl",
            "ssl-mode",
            "requiressl",
            "sslaccept",
            "sslrootcert",
            "ssl-ca",
            "sslcert",
        ] {
            assert!(matches!(meaning(name), Some(Meaning::Read(_))), "{name}");
        }
        for name in ["tls", "sslidentity", "sslcrldir", "require_auth"] {
            assert!(matches!(meaning(name), Some(Meaning::Refused(_))), "{name}");
        }
        for name in ["sslmod", "ssl_verify", "tlsmode"] {
            assert_eq!(meaning(name), None, "{name}");
        }
    }
}
