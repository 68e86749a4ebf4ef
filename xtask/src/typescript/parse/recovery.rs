//! Steps over a broken declaration: a file that is being edited is usually half written.

/// The words that a declaration at the top of a file starts with.
const STARTS: [&str; 16] = [
    "export",
    "interface",
    "type",
    "class",
    "abstract",
    "const",
    "let",
    "var",
    "function",
    "async",
    "enum",
    "import",
    "declare",
    "namespace",
    "@",
    "/**",
];

/// Blanks out the declaration at the top of `text` that holds the byte `at`; false where there is
/// none left. Every other byte stays where it is.
pub(super) fn blank(text: &mut String, at: u32) -> bool {
    let at = at as usize;
    let starts: Vec<usize> = line_starts(text)
        .filter(|start| declares(&text[*start..]))
        .collect();
    // An error at the start of a declaration means that the one before it did not end.
    let Some(start) = starts
        .iter()
        .rev()
        .find(|start| **start < at.max(1))
        .copied()
    else {
        return false;
    };
    let end = starts
        .iter()
        .find(|next| **next > start)
        .copied()
        .unwrap_or(text.len());
    // As long as the declaration, and with its line breaks, so that all places stay the same.
    let blanks = text[start..end]
        .bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect::<String>();
    text.replace_range(start..end, &blanks);
    true
}

fn line_starts(text: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))
}

fn declares(line: &str) -> bool {
    STARTS.iter().any(|start| line.starts_with(start))
}
