//! Libraries that keep a PDO object in one of their own, with a count of open transactions beside it.
//!
//! That count is true for one connection, so each coroutine has one for itself. The object is found where it calls
//! PDO: when the connection is made, before anything can be counted.

use crate::wiring;
use highper_zend::pdo::{self, Caller, Owner};

const OWNERS: [Owner; 2] = [
    Owner {
        class: "Illuminate\\Database\\Connection",
        properties: &[
            "transactions",
            "recordsModified",
            "readOnWriteConnection",
            "pretending",
        ],
    },
    Owner {
        class: "Doctrine\\DBAL\\Connection",
        properties: &["transactionNestingLevel", "isRollbackOnly"],
    },
];

/// The library's object that makes or uses a connection now.
pub(super) fn caller() -> Option<Caller> {
    pdo::isolate_caller(&OWNERS, wiring::isolate)
}
