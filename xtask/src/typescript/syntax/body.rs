//! The body of a function. Bodies are most of a program, and evaluation calls hardly any of them,
//! so a body is read at its first call. The parser has told before where it starts and ends.

use std::fmt;
use std::sync::{Arc, LazyLock};

use super::Statement;

/// The statements of a function.
#[derive(Clone)]
pub struct Body(Content);

#[derive(Clone)]
enum Content {
    Read(Vec<Statement>),
    Unread(Arc<LazyLock<Vec<Statement>, BodyReader>>),
}

/// Reads a body.
type BodyReader = Box<dyn FnOnce() -> Vec<Statement> + Send>;

impl Body {
    /// A body that was read together with the code around it.
    #[must_use]
    pub fn read(statements: Vec<Statement>) -> Self {
        Self(Content::Read(statements))
    }

    /// A body that `read` reads when it is needed.
    pub fn unread(read: impl FnOnce() -> Vec<Statement> + Send + 'static) -> Self {
        let read: BodyReader = Box::new(read);
        Self(Content::Unread(Arc::new(LazyLock::new(read))))
    }

    /// The statements, read if they were not. Needs the stack that parsing needs.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        match &self.0 {
            Content::Read(statements) => statements,
            Content::Unread(statements) => statements,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statements().fmt(f)
    }
}
