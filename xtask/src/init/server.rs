//! Finds the major version of PostgreSQL that a monorepo starts, in the files of Docker, Supabase
//! and CI. Where several servers are started, the one counts that `DATABASE_URL` leads to.

use regex::Regex;

use super::read;
use crate::tree::Tree;

/// A server that a file starts.
#[derive(Debug, PartialEq, Eq)]
struct Service<'t> {
    name: &'t str,
    major: String,
    text: &'t str,
}

/// Returns the major version, and the file that says so.
pub(super) fn major(tree: &dyn Tree, files: &[String]) -> Option<(String, String)> {
    let image = Regex::new(
        r#"(?m)(?:image:\s*["']?\S*(?:postgres|postgis)\S*:v?|image:\s*\S*:\S*\bpg|^\s*major_version\s*=\s*)(\d{2})\b"#,
    )
    .ok()?;
    let url = database_url(tree, files);
    let mut first = None;
    for file in files.iter().filter(|file| starts_servers(file)) {
        let text = read(tree, file);
        for service in services(&text, &image) {
            if url.as_ref().is_some_and(|url| leads_to(url, &service)) {
                return Some((service.major, file.clone()));
            }
            first = first.or_else(|| Some((service.major, file.clone())));
        }
    }
    first
}

fn starts_servers(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    let is_compose = name.starts_with("docker-compose") || name.starts_with("compose");
    (is_yaml && (is_compose || file.starts_with(".github/workflows/")))
        || file.ends_with("supabase/config.toml")
}

/// The parts of `text` that start a PostgreSQL: a key of YAML with all that is indented below it.
fn services<'t>(text: &'t str, image: &Regex) -> Vec<Service<'t>> {
    let mut services = Vec::new();
    for found in image.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        let at = whole.start();
        let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let indent = indentation(&text[line_start..]);
        // The key above that is indented less, and the next line that is.
        let mut start = line_start;
        for line in text[..line_start].split_inclusive('\n').rev() {
            start -= line.len();
            if !line.trim().is_empty() && indentation(line) < indent {
                break;
            }
        }
        let mut end = line_start;
        for line in text[line_start..].split_inclusive('\n') {
            if !line.trim().is_empty() && indentation(line) < indent {
                break;
            }
            end += line.len();
        }
        let own = &text[start..end];
        services.push(Service {
            name: own.trim_start().split(':').next().unwrap_or_default(),
            major: found[1].to_owned(),
            text: own,
        });
    }
    services
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The host and port of `DATABASE_URL` in a file of variables.
fn database_url(tree: &dyn Tree, files: &[String]) -> Option<(String, String)> {
    let url = Regex::new(
        r#"(?m)^\s*(?:export\s+)?DATABASE_URL\s*=\s*["']?postgres\w*://[^@\s"']*@([\w.-]+)(?::(\d+))?"#,
    )
    .ok()?;
    let is_variables = |file: &&String| {
        let name = file.rsplit('/').next().unwrap_or(file);
        name == ".env" || name.starts_with(".env.")
    };
    files.iter().filter(is_variables).find_map(|file| {
        let text = read(tree, file);
        let found = url.captures(&text)?;
        let port = found.get(2).map_or("5432", |port| port.as_str());
        Some((found[1].to_owned(), port.to_owned()))
    })
}

fn leads_to((host, port): &(String, String), service: &Service<'_>) -> bool {
    let publishes = || {
        let published = format!("{port}:");
        service.text.lines().any(|line| {
            let line = line.trim().trim_start_matches(['-', ' ', '"', '\'']);
            line.starts_with(&published) || line.contains(&format!(":{published}"))
        })
    };
    service.name == host || (["localhost", "127.0.0.1"].contains(&host.as_str()) && publishes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    const COMPOSE: &str = "services:\n  analytics:\n    image: postgres:13\n    ports:\n      - '5434:5432'\n  app:\n    \
                           image: pgvector/pgvector:pg16\n    ports:\n      - \"5433:5432\"\n";

    fn found(files: &[(&str, &str)]) -> Option<String> {
        let tree = MemoryTree::new(files.iter().copied());
        major(&tree, &tree.files("").expect("in memory")).map(|(major, _)| major)
    }

    #[test]
    fn the_server_counts_that_the_url_leads_to() {
        let compose = ("docker-compose.yml", COMPOSE);
        assert_eq!(found(&[compose]).as_deref(), Some("13"));
        let url = |url| [compose, (".env.example", url)];
        let port = url("DATABASE_URL=postgresql://me:x@localhost:5433/app\n");
        assert_eq!(found(&port).as_deref(), Some("16"));
        let host = url("A=1\nDATABASE_URL=\"postgres://me@app/app\"\n");
        assert_eq!(found(&host).as_deref(), Some("16"));
        let other = url("DATABASE_URL=postgres://me@db.example.org/app\n");
        assert_eq!(found(&other).as_deref(), Some("13"));
    }

    #[test]
    fn supabase_and_ci_say_it_too() {
        let supabase = (
            "supabase/config.toml",
            "[db]\nport = 54322\nmajor_version = 15\n",
        );
        assert_eq!(found(&[supabase]).as_deref(), Some("15"));
        let ci = "jobs:\n  test:\n    services:\n      db:\n        image: postgres:17-alpine\n";
        assert_eq!(
            found(&[(".github/workflows/ci.yml", ci)]).as_deref(),
            Some("17")
        );
    }
}
