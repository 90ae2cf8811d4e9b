//! `Highper\Db`: databases, natively. One class a file; what they share is here.

mod connection_exception;
mod cursor;
pub(crate) mod database;
mod exception;
mod fill;
pub(crate) mod gauges;
mod open;
mod params;
mod pool_exception;
mod result;
mod rows;
mod statements;
mod transaction;
mod unique_exception;

pub(crate) use open::{is_built_in, object, refused};

use highper_zend::Registry;

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [
        exception::declare,
        connection_exception::declare,
        pool_exception::declare,
        unique_exception::declare,
        result::declare,
        cursor::declare,
        database::declare,
        transaction::declare,
    ] {
        declare(registry);
    }
}
