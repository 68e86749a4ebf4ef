//! Documents that are broken at random: reading them ends, and never panics.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::read;

const DOCUMENT: &str = "openapi: 3.0.3
servers: [{ url: 'https://{h}/v1', variables: { h: { default: a, enum: [a, b] } } }]
paths:
  /users/{id}: &users
    parameters: [{ name: id, in: path }]
    get: { responses: { 200: { content: { application/json: { schema: { $ref: '#/components/schemas/User' } } } } } }
  /people/{id}: *users
components:
  schemas:
    User: { allOf: [{ $ref: '#/components/schemas/Base' }], properties: { a: { type: [string, 'null'], maxLength: 3 }, <<: *users } }
    Base: { oneOf: [{ properties: { b: { enum: [x, 1, null] } } }, { $ref: 'docs/a.yaml#/components' }] }
";

const PIECES: &[&str] = &[
    "$ref: '#'",
    "&a ",
    "*a",
    "<<: *users",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "\n",
    "  ",
    "- ",
    "? ",
    "'",
    "\"",
    "|",
    "\u{0}",
    "é",
    "#/components/schemas/User",
    "allOf",
    "items",
    "type",
    "null",
    "-1e999",
    "4294967296",
    "'../..'",
    "# db-verify-ignore A: b\n",
];

fn read_both(text: &str) {
    let started = Instant::now();
    let _ = read(&[("docs/a.yaml", text), ("docs/a.json", text)]);
    // A read takes a millisecond. The bound is wide, since tests share the machine.
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "it hangs on {text}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn broken_documents_are_read_to_their_end(
        changes in prop::collection::vec((0..DOCUMENT.len(), 0..12_usize, 0..PIECES.len()), 1..6)
    ) {
        let mut text = DOCUMENT.to_owned();
        for (at, removed, piece) in changes {
            let at = at.min(text.len());
            let end = (at + removed).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, PIECES[piece]);
            }
        }
        read_both(&text);
    }

    #[test]
    fn any_text_is_read_to_its_end(text in "[a-z$&*{}\\[\\]:,'\"|>?!%@#<\\-\\n\\t é0-9./~]{0,200}") {
        read_both(&text);
        read_both(&format!("openapi: 3.0.0\n{text}"));
    }
}

#[test]
fn documents_made_to_take_long_do_not() {
    let schemas = |lines: String| format!("openapi: 3.0.0\ncomponents:\n  schemas:\n{lines}");
    let doubled = (1..60).map(|n| {
        let before = format!("{{ $ref: '#/components/schemas/A{}' }}", n - 1);
        format!("    A{n}: {{ allOf: [{before}, {before}] }}\n")
    });
    let doubled =
        schemas("    A0: { properties: { a: {} } }\n".to_owned() + &doubled.collect::<String>());
    let aliases = (1..60).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}]\n", n - 1));
    let aliases = "openapi: 3.0.0\na0: &a0 []\n".to_owned() + &aliases.collect::<String>();
    let merged: String = (0..3000)
        .map(|n| format!("a{n}: &a{n} {{ <<: [*a, *a], k{n}: 1 }}\n"))
        .collect();
    let keys: String = (0..3000).map(|n| format!("k{n}: 1, ")).collect();
    let merged = format!("openapi: 3.0.0\na: &a {{ {keys} }}\n{merged}");
    let itself = "openapi: 3.0.0\npaths: &p\n  /a: &a { get: &g { responses: { 200: { content: { application/json: { schema: &s { items: *s, allOf: [*s], properties: *s } } } } } } }\n  /b: *p\n";
    let deep = format!("openapi: 3.0.0\na: {}", "{ a: ".repeat(100_000));
    let block = format!("openapi: 3.0.0\na:\n  {}", "- ".repeat(100_000));
    let deep_json = format!("{{\"openapi\": {}", "[".repeat(1_000_000));
    let signs = format!("{{\"openapi\": {}", "!".repeat(1_000_000));
    let wide: String = (0..20_000)
        .map(|n| {
            format!(
                "    S{n}: {{ properties: {{ a: {{ $ref: '#/components/schemas/S{}' }} }} }}\n",
                (n * 7) % 20_000
            )
        })
        .collect();
    let wide = schemas(wide);
    for text in [
        &doubled, &aliases, &merged, itself, &deep, &block, &deep_json, &signs, &wide,
    ] {
        let started = Instant::now();
        let _ = read(&[("docs/a.yaml", text), ("docs/a.json", text)]);
        let took = started.elapsed();
        assert!(
            took < Duration::from_secs(20),
            "{took:?} for {}…",
            &text[..80]
        );
    }
}
