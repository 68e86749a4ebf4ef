//! Collects the settings of a connection: of the connection string, of the service that it names,
//! and of the environment variables, in this order. Within one source the last of a repeated
//! setting counts, as in libpq.

use std::collections::BTreeMap;

use super::parameters::{self, Meaning};
use super::service;
use super::surroundings::Surroundings;
use super::text::{self, Read, Setting};

/// The settings by libpq's names.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    values: BTreeMap<&'static str, Vec<u8>>,
}

impl Settings {
    /// Reads the settings of a connection string, completed from `surroundings`.
    pub fn complete(written: Vec<Setting>, surroundings: &Surroundings) -> Read<Self> {
        let mut settings = Self::of(written)?;
        let variables: Vec<_> = surroundings.parameters().collect();
        let variable = |wanted: &str| {
            let found = variables
                .iter()
                .find(|(_, parameter, _)| *parameter == wanted);
            found.map(|(_, _, value)| String::from_utf8_lossy(value).into_owned())
        };
        let service = settings
            .text("service")?
            .map(str::to_owned)
            .or_else(|| variable("service"));
        if let Some(service) = service {
            let file = settings
                .text("servicefile")?
                .map(str::to_owned)
                .or_else(|| variable("servicefile"));
            let found = service::read(&service, file.as_deref(), surroundings)?;
            settings.add(Self::of(found)?);
        }
        for (variable, parameter, value) in variables {
            let setting = Setting {
                name: parameter.into(),
                value: value.to_vec(),
            };
            settings.add(
                Self::of(vec![setting]).map_err(|cause| format!("{cause} (from `{variable}`)"))?,
            );
        }
        Ok(settings)
    }

    /// Takes over the known settings, and leaves out those that concern others.
    fn of(written: Vec<Setting>) -> Read<Self> {
        let mut settings = Self::default();
        for Setting { name, value } in written {
            match parameters::meaning(&name) {
                Some(Meaning::Read(read)) => drop(settings.values.insert(read, value)),
                Some(Meaning::Foreign) => {}
                Some(Meaning::Refused(_)) if changes_nothing(&value) => {}
                Some(Meaning::Refused(instead)) => {
                    return Err(format!("`{name}` is not supported: {instead}"));
                }
                None => return Err(text::unknown(&name)),
            }
        }
        Ok(settings)
    }

    /// Adds the settings that are not set yet. Encryption has two names: where the earlier source
    /// uses one, the later source decides neither.
    fn add(&mut self, others: Self) {
        let is_encryption_set = ["sslmode", "ssl"]
            .iter()
            .any(|name| self.values.contains_key(name));
        for (name, value) in others.values {
            if !(is_encryption_set && (name == "sslmode" || name == "ssl")) {
                self.values.entry(name).or_insert(value);
            }
        }
    }

    /// A setting as bytes.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// A setting as text.
    pub fn text(&self, name: &str) -> Read<Option<&str>> {
        let text = self.bytes(name).map(std::str::from_utf8).transpose();
        text.map_err(|_| format!("the value of `{name}` is not UTF-8"))
    }

    /// A setting as a whole number.
    pub fn number(&self, name: &str) -> Read<Option<i64>> {
        let number = self.text(name)?.map(|text| text.trim().parse());
        number
            .transpose()
            .map_err(|_| format!("the value of `{name}` is no whole number"))
    }

    /// A setting as one of several words, each with its meaning.
    pub fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Read<Option<T>> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => Err(not_one_of(
                name,
                text,
                choices.iter().map(|(word, _)| *word),
            )),
        }
    }
}

/// The message that names the values that `name` may have.
pub(super) fn not_one_of<'w>(
    name: &str,
    value: &str,
    words: impl Iterator<Item = &'w str>,
) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    format!("`{name}` is `{value}`; it is one of {}", words.join(", "))
}

/// The values with which a refused parameter asks for nothing.
fn changes_nothing(value: &[u8]) -> bool {
    [&b""[..], b"public", b"false", b"off", b"no", b"0"].contains(&value)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn settings(url: &str, variables: &[(&str, &str)]) -> Read<Settings> {
        Settings::complete(
            text::read(url)?,
            &Surroundings::sample(variables, Path::new("/nowhere")),
        )
    }

    #[test]
    fn the_last_of_a_doubled_parameter_counts_and_variables_fill_in() {
        let read = settings(
            "postgres://a@b/c?sslmode=require&sslmode=disable&user=d",
            &[("PGPORT", "7"), ("PGUSER", "e")],
        );
        let read = read.expect("valid");
        let text = |name| read.text(name).expect("UTF-8").map(str::to_owned);
        assert_eq!(text("sslmode").as_deref(), Some("disable"));
        assert_eq!(text("user").as_deref(), Some("d"));
        assert_eq!(text("port").as_deref(), Some("7"));
    }

    #[test]
    fn parameters_of_others_are_left_out_and_what_must_not_be_lost_is_refused() {
        let foreign = "pgbouncer=true&connection_limit=1&supa=x&max=10&idle_timeout=20&client_encoding=utf8&schema=public";
        assert!(settings(&format!("postgres://a@b/c?{foreign}"), &[]).is_ok());
        let refused =
            |query: &str| settings(&format!("postgres://a@b/c?{query}"), &[]).expect_err(query);
        assert!(refused("schema=app").contains("search_path"));
        let error =
            settings("postgres://a@b/c", &[("PGREQUIREPEER", "postgres")]).expect_err("refused");
        assert!(error.ends_with("(from `PGREQUIREPEER`)"), "{error}");
    }
}
