//! `Highper\Db`: databases, natively. One class a file; what they share is here.

mod after;
mod connection_exception;
mod cursor;
pub(crate) mod database;
mod exception;
mod fill;
mod open;
mod params;
mod pool_exception;
mod query;
mod raw;
mod result;
mod rows;
mod statements;
mod transaction;
mod unique_exception;

pub(crate) use open::{is_built_in, is_configured, object, refused, warm};

/// Commands for migrations.
pub(crate) const COMMANDS: [&str; 4] = [
    "Highper\\Db\\Console\\Migrate",
    "Highper\\Db\\Console\\Rollback",
    "Highper\\Db\\Console\\Status",
    "Highper\\Db\\Console\\Make",
];

use highper_zend::Registry;

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [
        exception::declare,
        connection_exception::declare,
        pool_exception::declare,
        unique_exception::declare,
        result::declare,
        raw::declare,
        query::declare,
        cursor::declare,
        database::declare,
        transaction::declare,
    ] {
        declare(registry);
    }
}
