//! Reads service files: `~/.pg_service.conf` and the system's. `service=orders` stands for the
//! parameters below `[orders]`.

use std::path::{Path, PathBuf};

use super::surroundings::{Surroundings, path};
use super::text::{Read, Setting};

/// The parameters of the service `name`, from the first file that has it: `file` or the user's
/// file, and then the system's.
pub(super) fn read(
    name: &str,
    file: Option<&str>,
    surroundings: &Surroundings,
) -> Read<Vec<Setting>> {
    let users = match file {
        Some(file) => Some(path(file, surroundings)),
        None => surroundings.at_home(".pg_service.conf"),
    };
    let systems = surroundings
        .system_folders()
        .into_iter()
        .map(|folder| folder.join("pg_service.conf"));
    let files: Vec<PathBuf> = users.into_iter().chain(systems).collect();
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else {
            continue;
        };
        if let Some(settings) = section(&text, name, file)? {
            return Ok(settings);
        }
    }
    let shown = files
        .first()
        .map(|file| file.display().to_string())
        .unwrap_or_default();
    Err(format!(
        "the service `{name}` is not in `{shown}` nor in the system's `pg_service.conf`"
    ))
}

/// The parameters below `[name]`; `None` where there is no such section.
fn section(text: &str, name: &str, file: &Path) -> Read<Option<Vec<Setting>>> {
    let mut found: Option<Vec<Setting>> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(title) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            if title.strip_suffix(']') == Some(name) {
                found = Some(Vec::new());
            }
            continue;
        }
        let Some(settings) = found
            .as_mut()
            .filter(|_| !line.is_empty() && !line.starts_with('#'))
        else {
            continue;
        };
        let Some((key, value)) = line.split_once('=') else {
            return Err(format!(
                "`{}` has no `=` in line {}",
                file.display(),
                number + 1
            ));
        };
        settings.push(Setting {
            name: key.trim_end().into(),
            value: value.trim_start().as_bytes().to_vec(),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_the_section_of_its_name() {
        let home = tempfile::tempdir().expect("a folder");
        let text = "# services\n[a]\nhost=one\n\n[orders]\n# there\nhost=two\nuser = me\n[b]\nhost=three\n";
        std::fs::write(home.path().join(".pg_service.conf"), text).expect("written");
        let surroundings = Surroundings::sample(&[("PGSYSCONFDIR", "/nowhere")], home.path());
        let read = |name| read(name, None, &surroundings);
        let shown = |settings: Vec<Setting>| {
            let shown = settings
                .iter()
                .map(|one| format!("{}={}", one.name, String::from_utf8_lossy(&one.value)));
            shown.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(read("orders").map(shown).as_deref(), Ok("host=two user=me"));
        assert!(
            read("missing")
                .expect_err("not there")
                .contains("the service `missing` is not in `")
        );
    }
}
