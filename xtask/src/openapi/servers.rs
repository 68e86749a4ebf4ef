//! The paths below which the servers of a document offer its endpoints: `/v1` of
//! `https://api.example.com/v1`.

use super::document::Place;

/// So many base paths are told apart. A document lists a server for each stage, and they differ in
/// their hosts.
const MOST: usize = 8;

/// The base paths of the servers that `place` lists; none where it lists none. Without `servers` a
/// document means `/`.
pub(super) fn base_paths(place: Place<'_>) -> Option<Vec<String>> {
    let mut paths = Vec::new();
    for server in place.get("servers")?.items() {
        for path in paths_of(server) {
            if !paths.contains(&path) && paths.len() < MOST {
                paths.push(path);
            }
        }
    }
    (!paths.is_empty()).then_some(paths)
}

/// The base paths of one server. Its variables have their defaults, and each of them in turn its
/// other values.
fn paths_of(server: Place<'_>) -> Vec<String> {
    let Some(url) = server.get("url").and_then(Place::text) else {
        return Vec::new();
    };
    let mut urls = vec![filled_in(server, url, None)];
    let variables = server.get("variables").into_iter().flat_map(Place::entries);
    for variable in variables {
        let values = variable
            .value
            .get("enum")
            .into_iter()
            .flat_map(Place::items);
        for value in values.filter_map(Place::text).take(MOST) {
            urls.push(filled_in(server, url, Some((variable.key, value))));
        }
    }
    urls.iter().map(|url| normalised(path_of(url))).collect()
}

/// The URL with the values of its variables: that of `set`, and the defaults of all others.
fn filled_in(server: Place<'_>, url: &str, set: Option<(&str, &str)>) -> String {
    let mut filled = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let variable = server.get("variables").and_then(|all| all.get(name));
        let default = variable.and_then(|variable| variable.get("default")?.text());
        filled.push_str(match set {
            Some((of, value)) if of == name => value,
            _other => default.unwrap_or_default(),
        });
        rest = after;
    }
    filled + rest
}

/// The path of a URL, which may be relative.
fn path_of(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or(url);
    let behind_scheme = match url.split_once("://") {
        Some((_, rest)) => rest,
        None => match url.strip_prefix("//") {
            Some(rest) => rest,
            None => return url,
        },
    };
    behind_scheme
        .find('/')
        .map_or("", |at| &behind_scheme[at..])
}

/// `/v1` of `v1/`; nothing of `/`.
fn normalised(path: &str) -> String {
    let parts = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".");
    parts.fold(String::new(), |path, part| path + "/" + part)
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn of(servers: &str) -> Vec<String> {
        let text = format!("servers: {servers}");
        let document = parse("a.yaml", text.as_bytes()).expect("a document");
        base_paths(document.root()).unwrap_or_default()
    }

    #[test]
    fn base_paths_are_those_of_the_urls() {
        assert_eq!(
            of("[{url: 'https://a.example/v1/'}, {url: /v1}, {url: 'http://localhost:3000'}]"),
            ["/v1", ""]
        );
        assert_eq!(of("[{url: api}]"), ["/api"]);
        assert_eq!(of("[]"), [""; 0]);
    }

    #[test]
    fn variables_have_their_defaults_and_their_other_values() {
        let server = "[{url: 'https://{host}/{stage}/v{major}', variables: {host: {default: a.example}, \
                      stage: {default: live, enum: [live, beta]}, major: {default: '2'}}}]";
        assert_eq!(of(server), ["/live/v2", "/beta/v2"]);
        assert_eq!(
            of("[{url: '{server}/api', variables: {server: {default: 'http://localhost'}}}]"),
            ["/api"]
        );
        assert_eq!(of("[{url: 'https://a/{unknown}/x'}]"), ["/x"]);
    }
}
