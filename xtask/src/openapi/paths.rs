//! Paths of documents in the way in which facts have them: `/users/:id` for `/users/{id}`.

use crate::facts::path::below;

/// The paths at which an operation may be offered. The first is that below the first server's base
/// path. Gateways take the base path away, so that routes may stand at the path alone: it comes
/// last.
///
/// # Errors
/// Says why the path cannot be compared with those of routes.
pub(super) fn all(base: &str, servers: &[String], written: &str) -> Result<Vec<String>, String> {
    let own = normalised(written)?;
    let mut paths: Vec<String> = Vec::new();
    let alone = String::new();
    for server in servers.iter().chain([&alone]) {
        let path = match (server.as_str(), own.as_str()) {
            ("", own) => own.to_owned(),
            (server, "/") => server.to_owned(),
            (server, own) => format!("{server}{own}"),
        };
        let path = below(base, &path);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// `/users/:id` for `/users/{id}/`.
fn normalised(written: &str) -> Result<String, String> {
    let path = written.split(['?', '#']).next().unwrap_or(written);
    let mut normalised = String::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        normalised.push('/');
        normalised.push_str(&self::segment(segment)?);
    }
    Ok(match normalised.as_str() {
        "" => "/".into(),
        _path => normalised,
    })
}

fn segment(written: &str) -> Result<String, String> {
    let mut segment = String::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| format!("the parameter in `{written}` has no end"))?;
        segment.push_str(before);
        // Gateways write the rest of a path as `{proxy+}`.
        if name.ends_with('+') || name.starts_with('*') {
            return Ok("*".into());
        }
        let runs_on = after.starts_with(|next: char| next.is_alphanumeric());
        if before.contains(':') || runs_on {
            return Err(format!("`{written}` is a pattern"));
        }
        segment.push(':');
        segment.push_str(&parameter_name(name));
        rest = after;
    }
    if rest.contains(':') {
        return Err(format!("`{written}` is a pattern"));
    }
    segment.push_str(rest);
    Ok(segment)
}

/// The name of a parameter, in the letters that facts have for it: `user_id` for `user-id`.
pub(super) fn parameter_name(written: &str) -> String {
    let character = |character: char| match character.is_alphanumeric() {
        true => character,
        false => '_',
    };
    written.chars().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_routes_are() {
        let one = |path: &str| normalised(path).expect("a path");
        assert_eq!(one("/users/{user-id}/"), "/users/:user_id");
        assert_eq!(one("/files/{name}.{ending}"), "/files/:name.:ending");
        assert_eq!((one("/"), one("/a?b={c}#d")), ("/".into(), "/a".into()));
        assert_eq!(one("/files/{proxy+}"), "/files/*");
        assert!(normalised("/users/{id}:archive").is_err());
        assert!(normalised("/users/{id}s").is_err() && normalised("/users/{id").is_err());
    }

    #[test]
    fn an_operation_is_offered_below_each_server_or_alone() {
        let servers = ["/v1".to_owned(), String::new()];
        assert_eq!(all("", &servers, "/a").expect("paths"), ["/v1/a", "/a"]);
        assert_eq!(all("/api", &[], "/").expect("a path"), ["/api"]);
        assert_eq!(all("/v1", &servers[..1], "/a").expect("a path"), ["/v1/a"]);
    }
}
