//! PostgreSQL's lexical rules: strings, comments, names, and the ends of statements. A full parser
//! gives up on text that it does not know. These rules hold for every text, also for one that
//! PostgreSQL refuses, and every byte belongs to a token.

mod cursor;
mod lexer;
mod literal;
mod outline;
mod refuses_transaction;
mod splitter;
mod token;
mod whole_server;

pub use cursor::{Cursor, Identifier};
pub use literal::{identifier, literal, quoted};
pub use outline::{excerpt, outline};
pub use refuses_transaction::command as refuses_transaction;
pub use splitter::{Statement, statements, tokens};
pub use token::{Construct, Token, TokenKind};
pub use whole_server::command as changes_whole_server;
