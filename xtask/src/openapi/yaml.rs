//! YAML text → nodes. The parser tells of each value in turn and needs no stack; a document that is
//! nested or merged without measure is refused.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::document::{Entries, Entry, NodeBuilder, NodeId, NodeValue};
use super::syntax_error::{DEPTH, SyntaxError};
use crate::source::Span;

/// So many keys may be merged into objects (`<<: *base`). A hand-written document merges some
/// dozens; without a bound a small file could ask for more memory than there is.
const MERGED_KEYS: usize = 100_000;

/// Reads the first document of `text`.
pub(super) fn read(text: &str) -> Result<(NodeBuilder, NodeId), SyntaxError> {
    let mut reading = YamlReading {
        offsets: ByteOffsets::new(text),
        nodes: NodeBuilder::default(),
        open: Vec::new(),
        anchors: HashMap::new(),
        merged: 0,
        root: None,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| reading.error(&error))?;
        let span = reading.offsets.span(span);
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        reading.take(event, span)?;
    }
    let root = reading.root.unwrap_or_else(|| {
        let nothing = Span::default();
        reading.nodes.add(nothing, NodeValue::Null)
    });
    Ok((reading.nodes, root))
}

struct YamlReading {
    offsets: ByteOffsets,
    nodes: NodeBuilder,
    /// The lists and objects around the next value, the outermost first.
    open: Vec<OpenNode>,
    anchors: HashMap<usize, NodeId>,
    merged: usize,
    root: Option<NodeId>,
}

/// A list or object whose end is not reached.
struct OpenNode {
    id: NodeId,
    parts: OpenParts,
}

enum OpenParts {
    List(Vec<NodeId>),
    Map {
        entries: Vec<Entry>,
        /// The key whose value comes next.
        key: Option<(Box<str>, Span)>,
    },
}

impl YamlReading {
    fn error(&self, error: &ScanError) -> SyntaxError {
        let at = self.offsets.byte(error.marker().index());
        SyntaxError {
            span: Span { start: at, end: at },
            message: format!("the file is not valid YAML: {}", error.info()),
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.suffix == "str");
                self.scalar(&text, style, is_text, anchor, span);
            }
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied();
                let target = target.unwrap_or_else(|| self.nodes.add(span, NodeValue::Null));
                self.place(target, None, span);
            }
            Event::SequenceStart(anchor, _) => {
                self.open(OpenParts::List(Vec::new()), anchor, span)?;
            }
            Event::MappingStart(anchor, _) => {
                let parts = OpenParts::Map {
                    entries: Vec::new(),
                    key: None,
                };
                self.open(parts, anchor, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, is_text: bool, anchor: usize, span: Span) {
        let is_plain = style == ScalarStyle::Plain && !is_text;
        let value = if is_plain {
            plain(text)
        } else {
            NodeValue::Text(text.into())
        };
        let id = self.nodes.add(span, value);
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let inside = if is_quoted {
            without_quotes(span)
        } else {
            span
        };
        self.place(id, Some(text), inside);
    }

    fn open(&mut self, parts: OpenParts, anchor: usize, span: Span) -> Result<(), SyntaxError> {
        if self.open.len() >= DEPTH {
            return Err(SyntaxError::too_deep(span));
        }
        let id = self.nodes.add(span, NodeValue::Null);
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        self.open.push(OpenNode { id, parts });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), SyntaxError> {
        let Some(OpenNode { id, parts }) = self.open.pop() else {
            return Ok(());
        };
        let value = match parts {
            OpenParts::List(items) => NodeValue::List(items),
            OpenParts::Map { entries, .. } => {
                NodeValue::Map(Entries::new(self.merge(entries, span)?))
            }
        };
        self.nodes.complete(id, span.end, value);
        self.place(id, None, span);
        Ok(())
    }

    /// Puts a value where it belongs: it is a key, the value of one, an item, or the whole document.
    fn place(&mut self, id: NodeId, text: Option<&str>, span: Span) {
        match self.open.last_mut().map(|open| &mut open.parts) {
            None => self.root = self.root.or(Some(id)),
            Some(OpenParts::List(items)) => items.push(id),
            Some(OpenParts::Map { entries, key }) => match key.take() {
                // A key that is no text names nothing that is looked for.
                None => *key = Some((text.unwrap_or_default().into(), span)),
                Some((key, span)) => entries.push(Entry {
                    key,
                    span,
                    value: id,
                }),
            },
        }
    }

    /// The entries with those of the objects that `<<` names, as far as they have other keys.
    fn merge(&mut self, entries: Vec<Entry>, span: Span) -> Result<Vec<Entry>, SyntaxError> {
        if !entries.iter().any(|entry| &*entry.key == "<<") {
            return Ok(entries);
        }
        let (sources, mut entries): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| &*entry.key == "<<");
        let mut known: HashSet<Box<str>> = entries.iter().map(|entry| entry.key.clone()).collect();
        let mut merged = self.merged;
        for source in sources.iter().flat_map(|source| self.each(source.value)) {
            let Some(NodeValue::Map(others)) = self.nodes.value(source) else {
                continue;
            };
            for entry in others.iter() {
                merged += 1;
                if known.insert(entry.key.clone()) {
                    entries.push(entry.clone());
                }
            }
            if merged > MERGED_KEYS {
                return Err(SyntaxError {
                    span,
                    message: format!("the file merges more than {MERGED_KEYS} keys by `<<`"),
                });
            }
        }
        self.merged = merged;
        Ok(entries)
    }

    /// The items of a list, or the node itself.
    fn each(&self, node: NodeId) -> Vec<NodeId> {
        match self.nodes.value(node) {
            Some(NodeValue::List(items)) => items.clone(),
            _one => vec![node],
        }
    }
}

fn without_quotes(span: Span) -> Span {
    if span.end < span.start + 2 {
        return span;
    }
    Span {
        start: span.start + 1,
        end: span.end - 1,
    }
}

/// A scalar without quotes by the core schema of YAML 1.2.
fn plain(text: &str) -> NodeValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return NodeValue::Null,
        "true" | "True" | "TRUE" => return NodeValue::Boolean(true),
        "false" | "False" | "FALSE" => return NodeValue::Boolean(false),
        _other => {}
    }
    let is_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    let number = || {
        let radix = |prefix, radix| u64::from_str_radix(text.strip_prefix(prefix)?, radix).ok();
        match radix("0x", 16).or_else(|| radix("0o", 8)) {
            Some(whole) => Some(whole as f64),
            None => text.parse().ok(),
        }
    };
    match is_number.then(number).flatten() {
        Some(number) => NodeValue::Number(number),
        None => NodeValue::Text(text.into()),
    }
}

/// The bytes at which characters begin. The parser counts characters.
struct ByteOffsets {
    /// Empty where all characters take one byte.
    of_characters: Vec<u32>,
    length: u32,
}

impl ByteOffsets {
    fn new(text: &str) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let of_characters = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| offset(at)).collect()
        };
        Self {
            of_characters,
            length: offset(text.len()),
        }
    }

    fn byte(&self, character: usize) -> u32 {
        if self.of_characters.is_empty() {
            return u32::try_from(character).map_or(self.length, |at| at.min(self.length));
        }
        let known = self.of_characters.get(character);
        known.copied().unwrap_or(self.length)
    }

    fn span(&self, span: saphyr_parser::Span) -> Span {
        Span {
            start: self.byte(span.start.index()),
            end: self.byte(span.end.index()),
        }
    }
}
