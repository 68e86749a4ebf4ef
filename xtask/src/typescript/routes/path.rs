//! Paths of all frameworks in one way of writing: `/users/:id`, `*` for the rest.

/// The paths that a framework's `path` stands for: two where its last parameter may be left out.
pub fn normalised(path: &str) -> Result<Vec<String>, String> {
    let path = path
        .split(['?', '#'])
        .next()
        .filter(|_| path.contains("?") && path.contains('='))
        .unwrap_or(path);
    let mut paths = vec![String::new()];
    for segment in segments(&optional_groups(path)) {
        let (segment, optional) = self::segment(&segment)?;
        if segment.is_empty() {
            continue;
        }
        let longer: Vec<String> = paths
            .iter()
            .map(|path| format!("{path}/{segment}"))
            .collect();
        if optional {
            paths.extend(longer);
        } else {
            paths = longer;
        }
    }
    Ok(paths
        .into_iter()
        .map(|path| {
            if path.is_empty() {
                "/".to_owned()
            } else {
                path
            }
        })
        .collect())
}

/// `{/:id}` of path-to-regexp 8 is `/:id?`.
fn optional_groups(path: &str) -> String {
    let mut rest = path;
    let mut plain = String::new();
    while let Some((before, inside)) = rest.split_once("{/") {
        let Some((group, after)) = inside.split_once('}') else {
            break;
        };
        plain.push_str(&format!("{before}/{group}?"));
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// Cut at `/`, but not inside brackets: `:id([^/]+)`.
fn segments(path: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut depth = 0_usize;
    for character in path.chars() {
        match character {
            '(' | '{' | '[' | '<' => depth += 1,
            ')' | '}' | ']' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match segments.last_mut() {
            Some(last) if character != '/' || depth > 0 => last.push(character),
            _ => segments.push(String::new()),
        }
    }
    segments
}

/// One segment, and whether it may be left out.
fn segment(text: &str) -> Result<(String, bool), String> {
    if let Some(inner) = between(text, "[[...", "]]") {
        return Ok((wildcard(inner), true));
    }
    if let Some(inner) = between(text, "[...", "]") {
        return Ok((wildcard(inner), false));
    }
    if let Some(inner) = between(text, "[", "]") {
        return Ok((format!(":{inner}"), false));
    }
    if let Some(inner) = between(text, "{", "}") {
        let name = inner.split(':').next().unwrap_or(inner);
        return Ok((format!(":{name}"), false));
    }
    if let Some(inner) = between(text, "<", ">") {
        let name = inner.rsplit(':').next().unwrap_or(inner);
        return Ok((format!(":{name}"), false));
    }
    if text.starts_with('*') {
        return Ok(("*".into(), false));
    }
    colon_segment(text)
}

/// `users`, `:id`, `:id?`, `:id(\\d+)`, `:id{[0-9]+}`, `:path*`, `:from-:to`
fn colon_segment(text: &str) -> Result<(String, bool), String> {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for character in text.chars() {
        match character {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    let constrained = plain.len() < text.len();
    if constrained && !plain.starts_with(':') {
        return Err(format!("`{text}` is a pattern"));
    }
    let optional = plain.ends_with('?') && plain.starts_with(':');
    if plain.starts_with(':') && plain.ends_with(['*', '+']) {
        return Ok(("*".into(), plain.ends_with('*')));
    }
    let plain = plain.trim_end_matches('?').to_owned();
    if plain.contains(['*', '?', '+', '|', '\\', '^', '$']) && plain.len() > 1 {
        return Err(format!("`{text}` is a pattern"));
    }
    Ok((plain, optional))
}

fn wildcard(_name: &str) -> String {
    "*".into()
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.strip_prefix(start)?.strip_suffix(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_framework_is_written_alike() {
        let one = |path: &str| normalised(path).unwrap().join(" ");
        for path in [
            "/users/:id",
            "users/{id}",
            "//users/[id]/",
            "/users/<int:id>",
            "/users/:id(\\d+)",
            "users/:id{[0-9]+}",
        ] {
            assert_eq!(one(path), "/users/:id", "{path}");
        }
        assert_eq!(one("/"), "/");
        assert_eq!(one(""), "/");
        assert_eq!(one("/users/:id?"), "/users /users/:id");
        assert_eq!(one("/users{/:id}"), "/users /users/:id");
        assert_eq!(one("/files/[...slug]"), "/files/*");
        assert_eq!(one("/files/[[...slug]]"), "/files /files/*");
        assert_eq!(one("/files/*splat"), "/files/*");
        assert_eq!(one("/flights/:from-:to"), "/flights/:from-:to");
        assert_eq!(one("/search?q=1"), "/search");
    }

    #[test]
    fn patterns_are_not_guessed() {
        assert!(normalised("/ab?cd").is_err());
        assert!(normalised("/(a|b)/c").is_err());
    }
}
