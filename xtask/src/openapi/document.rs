//! A YAML or JSON file as a tree of nodes, each with its place in the text. Nodes stand in one list
//! and name each other by number: so an alias takes no room, and a node that holds itself is none
//! that takes forever.

use std::collections::HashMap;
use std::sync::Arc;

use super::comments::Comments;
use crate::facts::Tags;
use crate::source::{LineIndex, Location, Span};

/// The number of a node in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(u32);

/// A file.
#[derive(Debug)]
pub struct Document {
    /// Path relative to the root.
    pub file: Arc<str>,
    lines: LineIndex,
    comments: Comments,
    nodes: Vec<Node>,
    root: NodeId,
}

/// A value with its bytes in the text.
#[derive(Debug)]
struct Node {
    span: Span,
    value: NodeValue,
}

/// A value of JSON.
#[derive(Debug)]
pub enum NodeValue {
    /// `null`, or nothing.
    Null,
    /// `true`, `false`.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(Box<str>),
    /// A list.
    List(Vec<NodeId>),
    /// An object.
    Map(Entries),
}

/// The entries of an object, in their order.
#[derive(Debug, Default)]
pub struct Entries {
    entries: Vec<Entry>,
    /// The places of the keys in that list, where it is long.
    index: HashMap<Box<str>, usize>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Box<str>,
    /// Its bytes, without quotes.
    pub span: Span,
    /// The value.
    pub value: NodeId,
}

/// Lists of so many entries are looked through faster than they are indexed.
const SHORT: usize = 16;

impl Entries {
    /// The entries of an object. Of two with the same key the last one counts.
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut index = HashMap::new();
        if entries.len() > SHORT {
            let places = entries.iter().enumerate();
            index.extend(places.map(|(at, entry)| (entry.key.clone(), at)));
        }
        Self { entries, index }
    }

    /// The entries in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    fn get(&self, key: &str) -> Option<&Entry> {
        if self.index.is_empty() {
            return self.entries.iter().rev().find(|entry| &*entry.key == key);
        }
        self.index.get(key).and_then(|at| self.entries.get(*at))
    }
}

/// Builds the nodes of a document.
#[derive(Debug, Default)]
pub struct NodeBuilder(Vec<Node>);

impl NodeBuilder {
    /// Adds a node.
    pub fn add(&mut self, span: Span, value: NodeValue) -> NodeId {
        let id = NodeId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(Node { span, value });
        id
    }

    /// Gives a node that was added before its parts were known its value.
    pub fn complete(&mut self, id: NodeId, end: u32, value: NodeValue) {
        if let Some(node) = self.0.get_mut(id.0 as usize) {
            node.span.end = end.max(node.span.start);
            node.value = value;
        }
    }

    /// The value of a node.
    pub fn value(&self, id: NodeId) -> Option<&NodeValue> {
        self.0.get(id.0 as usize).map(|node| &node.value)
    }
}

impl Document {
    /// The document of these nodes.
    pub fn new(lines: LineIndex, file: Arc<str>, text: &str, built: (NodeBuilder, NodeId)) -> Self {
        let (NodeBuilder(nodes), root) = built;
        Self {
            comments: Comments::read(&file, text),
            file,
            lines,
            nodes,
            root,
        }
    }

    /// The whole document.
    pub fn root(&self) -> Place<'_> {
        Place {
            document: self,
            node: self.root,
        }
    }

    /// The place of a byte range.
    pub fn location(&self, span: Span) -> Location {
        self.lines.location(span)
    }
}

/// A node of a document.
#[derive(Debug, Clone, Copy)]
pub struct Place<'d> {
    document: &'d Document,
    node: NodeId,
}

/// The name of a place that is the same for the same node: the file and the node's number.
pub type PlaceId = (Arc<str>, NodeId);

/// A key of an object, with its value.
#[derive(Debug, Clone, Copy)]
pub struct KeyedPlace<'d> {
    /// The key.
    pub key: &'d str,
    document: &'d Document,
    span: Span,
    /// The value.
    pub value: Place<'d>,
}

impl KeyedPlace<'_> {
    /// The place of the key.
    pub fn location(&self) -> Location {
        self.document.location(self.span)
    }

    /// The comments around the key that speak to this tool.
    pub fn tags(&self) -> Tags {
        self.document.comments.tags(self.location().line)
    }
}

impl<'d> Place<'d> {
    /// Its file.
    pub fn document(self) -> &'d Document {
        self.document
    }

    /// Its name.
    pub fn id(self) -> PlaceId {
        (Arc::clone(&self.document.file), self.node)
    }

    fn node(self) -> Option<&'d Node> {
        self.document.nodes.get(self.node.0 as usize)
    }

    /// Its value.
    pub fn value(self) -> &'d NodeValue {
        self.node().map_or(&NodeValue::Null, |node| &node.value)
    }

    /// Its bytes.
    pub fn span(self) -> Span {
        self.node().map_or_else(Span::default, |node| node.span)
    }

    /// Where it is.
    pub fn location(self) -> Location {
        self.document.location(self.span())
    }

    fn at(self, node: NodeId) -> Self {
        Self { node, ..self }
    }

    /// The value of a key; none where this is no object or has no such key.
    pub fn get(self, key: &str) -> Option<Self> {
        self.entry(key).map(|entry| entry.value)
    }

    /// A key with its value.
    pub fn entry(self, key: &str) -> Option<KeyedPlace<'d>> {
        match self.value() {
            NodeValue::Map(entries) => entries.get(key).map(|entry| self.keyed(entry)),
            _no_object => None,
        }
    }

    fn keyed(self, entry: &'d Entry) -> KeyedPlace<'d> {
        KeyedPlace {
            key: &entry.key,
            document: self.document,
            span: entry.span,
            value: self.at(entry.value),
        }
    }

    /// The keys and values of an object; none of anything else.
    pub fn entries(self) -> impl Iterator<Item = KeyedPlace<'d>> {
        let entries = match self.value() {
            NodeValue::Map(entries) => Some(entries.iter()),
            _no_object => None,
        };
        entries
            .into_iter()
            .flatten()
            .map(move |entry| self.keyed(entry))
    }

    /// The items of a list; none of anything else.
    pub fn items(self) -> impl Iterator<Item = Self> {
        let items = match self.value() {
            NodeValue::List(items) => items.as_slice(),
            _no_list => &[],
        };
        items.iter().map(move |item| self.at(*item))
    }

    /// The text of a string.
    pub fn text(self) -> Option<&'d str> {
        match self.value() {
            NodeValue::Text(text) => Some(text),
            _no_text => None,
        }
    }

    /// The number.
    pub fn number(self) -> Option<f64> {
        match self.value() {
            NodeValue::Number(number) => Some(*number),
            _no_number => None,
        }
    }

    /// Whether it is `true`.
    pub fn is_true(self) -> bool {
        matches!(self.value(), NodeValue::Boolean(true))
    }
}
