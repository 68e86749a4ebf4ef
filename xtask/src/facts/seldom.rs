//! Storage for attributes that most fields do not have.

use std::ops::Deref;
use std::sync::LazyLock;

use super::{Constraints, Tags};

/// A value that is the default of its type nearly always, and then takes no room.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rare<T>(Option<Box<T>>);

/// A type whose values are mostly its default.
pub trait SharedDefault: Default + PartialEq + 'static {
    /// The default.
    fn mostly() -> &'static Self;
}

impl<T: SharedDefault> From<T> for Rare<T> {
    fn from(value: T) -> Self {
        Self((value != *T::mostly()).then(|| Box::new(value)))
    }
}

impl<T: SharedDefault> Deref for Rare<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(value) => value,
            None => T::mostly(),
        }
    }
}

impl SharedDefault for Constraints {
    fn mostly() -> &'static Self {
        static NONE: LazyLock<Constraints> = LazyLock::new(Constraints::default);
        &NONE
    }
}

impl SharedDefault for Option<String> {
    fn mostly() -> &'static Self {
        &None
    }
}

impl SharedDefault for Tags {
    fn mostly() -> &'static Self {
        static NONE: LazyLock<Tags> = LazyLock::new(Tags::default);
        &NONE
    }
}
