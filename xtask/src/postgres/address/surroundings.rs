//! The surroundings of a process, from which libpq takes the values that a connection string lacks.
//! These are variables like `PGSSLMODE`, and files in the home folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The variables, with the parameters that they set.
const VARIABLES: &[(&str, &str)] = &[
    ("PGAPPNAME", "application_name"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGDATABASE", "dbname"),
    ("PGGSSENCMODE", "gssencmode"),
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGLOADBALANCEHOSTS", "load_balance_hosts"),
    ("PGOPTIONS", "options"),
    ("PGPASSFILE", "passfile"),
    ("PGPASSWORD", "password"),
    ("PGPORT", "port"),
    ("PGREQUIREAUTH", "require_auth"),
    ("PGREQUIREPEER", "requirepeer"),
    ("PGREQUIRESSL", "requiressl"),
    ("PGSERVICE", "service"),
    ("PGSERVICEFILE", "servicefile"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLCERTMODE", "sslcertmode"),
    ("PGSSLCRL", "sslcrl"),
    ("PGSSLCRLDIR", "sslcrldir"),
    ("PGSSLKEY", "sslkey"),
    ("PGSSLMAXPROTOCOLVERSION", "ssl_max_protocol_version"),
    ("PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLNEGOTIATION", "sslnegotiation"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLSNI", "sslsni"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
    ("PGUSER", "user"),
];

/// The surroundings of a process.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    variables: BTreeMap<String, Vec<u8>>,
    home: Option<PathBuf>,
    /// The name of the user who runs the process.
    pub user: Option<String>,
}

impl Surroundings {
    /// Returns the surroundings of this process.
    pub fn of_process() -> Self {
        let known = VARIABLES
            .iter()
            .map(|(name, _)| *name)
            .chain(["PGSYSCONFDIR"]);
        let variables = known.filter_map(|name| {
            let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
            Some((name.to_owned(), value.into_encoded_bytes()))
        });
        let user = nix::unistd::User::from_uid(nix::unistd::Uid::effective())
            .ok()
            .flatten()
            .map(|user| user.name);
        Self {
            variables: variables.collect(),
            home: std::env::home_dir(),
            user,
        }
    }

    /// The parameters that variables set: variable, parameter, value.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static str, &'static str, &[u8])> {
        VARIABLES.iter().filter_map(|(variable, parameter)| {
            Some((
                *variable,
                *parameter,
                self.variables.get(*variable)?.as_slice(),
            ))
        })
    }

    /// A file in the home folder, whether it exists or not.
    pub fn at_home(&self, name: &str) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(name))
    }

    /// A file in the home folder, if it exists.
    pub fn existing_at_home(&self, name: &str) -> Option<PathBuf> {
        self.at_home(name).filter(|file| file.is_file())
    }

    /// The folders of the system with service files.
    pub fn system_folders(&self) -> Vec<PathBuf> {
        match self.variables.get("PGSYSCONFDIR") {
            Some(folder) => vec![PathBuf::from(String::from_utf8_lossy(folder).into_owned())],
            None => vec![
                // Debian's folder comes before the usual one.
                PathBuf::from("/etc/postgresql-common"),
                PathBuf::from("/etc"),
            ],
        }
    }
}

/// The path that a parameter names. `~/` is the home folder: no shell replaces it in a URL.
pub(super) fn path(text: &str, surroundings: &Surroundings) -> PathBuf {
    match text
        .strip_prefix("~/")
        .and_then(|rest| surroundings.at_home(rest))
    {
        Some(path) => path,
        None => Path::new(text).to_path_buf(),
    }
}

#[cfg(test)]
impl Surroundings {
    /// With these variables and this home folder.
    pub fn sample(variables: &[(&str, &str)], home: &Path) -> Self {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        Self {
            variables: variables.collect(),
            home: Some(home.to_path_buf()),
            user: Some("me".into()),
        }
    }
}
