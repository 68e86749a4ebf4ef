//! The text of generated declarations, which keeps the places that its names have in the schema.

use crate::source::Location;

/// The declarations of a client.
#[derive(Debug)]
pub struct ClientModule {
    /// Its text.
    pub text: String,
    /// The places that its names have in the schema, each with the byte that the name begins at.
    pub places: Vec<(u32, Location)>,
}

/// A text that grows.
#[derive(Debug, Default)]
pub(super) struct ClientText {
    text: String,
    places: Vec<(u32, Location)>,
}

impl ClientText {
    /// Adds text that stands nowhere in the schema.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a name that the schema declares at `location`.
    pub(super) fn named(&mut self, name: &str, location: &Location) {
        let at = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.places.push((at, location.clone()));
        self.text.push_str(name);
    }

    pub(super) fn module(self) -> ClientModule {
        ClientModule {
            text: self.text,
            places: self.places,
        }
    }
}
