//! Paths of endpoints in the one way in which facts have them: `/users/:id`, `*` for the rest.

/// The path without the names of its parameters, for comparison: `/users/:`.
#[must_use]
pub fn shape(path: &str) -> String {
    let mut shape = String::new();
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        shape.push(character);
        if character == ':' {
            while characters
                .next_if(|next| next.is_alphanumeric() || *next == '_')
                .is_some()
            {}
        }
    }
    shape
}

/// The names of the parameters of a normalised path.
pub fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split(':').skip(1).map(|rest| {
        let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

/// `path` below `base`, unless it says that itself.
#[must_use]
pub fn below(base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    let rest = path.strip_prefix(base);
    let says_it = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match path {
        path if base.is_empty() || says_it => path.to_owned(),
        "/" => base.to_owned(),
        path => format!("{base}/{}", path.trim_start_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_parameters_do_not_tell_paths_apart() {
        assert_eq!(
            shape("/users/:id/posts/:postId"),
            shape("/users/:userId/posts/:id")
        );
        assert_ne!(shape("/users/:id"), shape("/users/me"));
        assert_eq!(
            parameters("/a/:from-:to/b/:c").collect::<Vec<_>>(),
            ["from", "to", "c"]
        );
    }
}
