//! Reads `~/.pgpass`, or the file that `PGPASSFILE` or `passfile` names. Each line holds a
//! password, after the host, port, database and user that it is for.

use std::path::{Path, PathBuf};

/// The passwords of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct PasswordFile {
    lines: Vec<String>,
    /// The file, if others may read it. As in libpq, it is not used then.
    pub open_to_others: Option<PathBuf>,
}

impl PasswordFile {
    /// Reads `file`. A file that does not exist, or is no plain file, has no passwords.
    pub fn read(file: Option<&Path>) -> Self {
        let Some(file) = file.filter(|file| file.is_file()) else {
            return Self::default();
        };
        if is_open_to_others(file) {
            return Self {
                lines: Vec::new(),
                open_to_others: Some(file.to_path_buf()),
            };
        }
        let text = std::fs::read(file)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default();
        Self {
            lines: text.lines().map(str::to_owned).collect(),
            open_to_others: None,
        }
    }

    /// The password in the first line that fits.
    pub fn password(&self, host: &str, port: u16, database: &str, user: &str) -> Option<String> {
        let port = port.to_string();
        let wanted = [host, &port, database, user];
        self.lines
            .iter()
            .filter(|line| !line.starts_with('#'))
            .find_map(|line| {
                let fields = fields(line);
                let [of_host, of_port, of_database, of_user, password] = fields.as_slice() else {
                    return None;
                };
                let theirs = [of_host, of_port, of_database, of_user];
                let fits = theirs
                    .iter()
                    .zip(wanted)
                    .all(|(pattern, value)| *pattern == "*" || pattern.as_str() == value);
                fits.then(|| password.clone())
            })
    }
}

/// Splits a line into its five fields. A backslash makes the next character an ordinary one. In the
/// last field a `:` is an ordinary character.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let is_last = fields.len() == 5;
        let Some(field) = fields.last_mut() else {
            return fields;
        };
        match character {
            '\\' => field.extend(characters.next()),
            ':' if !is_last => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}

fn is_open_to_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text =
            "# mine\nother:*:*:*:no\ndb:5432:shop:app:first\ndb:*:*:app:a\\:b:c\\\\\n*:*:*:*:any\n";
        std::fs::write(file.path(), text).expect("written");
        let read = || PasswordFile::read(Some(file.path()));
        let password = |host, port, database| read().password(host, port, database, "app");
        assert_eq!(password("db", 5432, "shop").as_deref(), Some("first"));
        assert_eq!(password("db", 5433, "shop").as_deref(), Some("a:b:c\\"));
        assert_eq!(password("x", 1, "y").as_deref(), Some("any"));
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644))
            .expect("chmod");
        assert_eq!(
            (password("x", 1, "y"), read().open_to_others.is_some()),
            (None, true)
        );
        assert_eq!(PasswordFile::read(None).password("db", 1, "x", "y"), None);
    }
}
