//! Small migrations for tests: name, forward, back.

/// A table.
pub const USERS: (&str, &str, &str) = (
    "V1__create_users",
    "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL);\n",
    "DROP TABLE users;\n",
);

/// A column of it.
pub const BIO: (&str, &str, &str) = (
    "V2__add_bio",
    "ALTER TABLE users ADD COLUMN bio text;\n",
    "ALTER TABLE users DROP COLUMN bio;\n",
);

/// An index on it, without a transaction.
pub const INDEX: (&str, &str, &str) = (
    "V3__index_names",
    "-- no-transaction\nCREATE INDEX CONCURRENTLY users_name ON users (name);\n",
    "-- no-transaction\nDROP INDEX CONCURRENTLY users_name;\n",
);
