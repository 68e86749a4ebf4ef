//! The fields of a declaration, which declarations share.

use std::iter::Map;
use std::ops::Index;
use std::slice::Iter;
use std::sync::Arc;

use super::Field;

/// The fields of a declaration, in order. Declarations that have a property in common share its
/// field, since types are mostly made of others: `Omit<User, 'id'>` has fields of `User`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields(Box<[Arc<Field>]>);

impl Fields {
    /// The fields, in order.
    pub fn iter(&self) -> <&Self as IntoIterator>::IntoIter {
        self.into_iter()
    }

    /// The first one.
    #[must_use]
    pub fn first(&self) -> Option<&Field> {
        self.iter().next()
    }

    /// The one at the place `at`.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&Field> {
        self.iter().nth(at)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'f> IntoIterator for &'f Fields {
    type Item = &'f Field;
    type IntoIter = Map<Iter<'f, Arc<Field>>, fn(&'f Arc<Field>) -> &'f Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl Index<usize> for Fields {
    type Output = Field;

    fn index(&self, at: usize) -> &Field {
        &self.0[at]
    }
}

impl FromIterator<Arc<Field>> for Fields {
    fn from_iter<I: IntoIterator<Item = Arc<Field>>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        fields.into_iter().map(Arc::new).collect()
    }
}
