//! Paths that files name relative to their own folder.

/// `relative` as seen from `folder`, without `.` and `..`.
#[must_use]
pub fn joined(folder: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn a_path_is_seen_from_the_folder_that_names_it() {
        assert_eq!(joined("apps/web", "../../db/./schema"), "db/schema");
        assert_eq!(joined("", "./a"), "a");
        assert_eq!(joined("a", "../../b"), "b");
    }
}
