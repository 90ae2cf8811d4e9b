//! `Highper\Db\DbException`

use super::connection_exception::CONNECTION;
use super::pool_exception::POOL;
use super::unique_exception::UNIQUE;
use crate::exception::cancelled::{cancelled, late};
use highper_db::{Error, Kind, Statement};
use highper_engine::{clock, scheduler};
use highper_zend::{Class, ClassRef, Registry, Throw, Value};

static EXCEPTION: ClassRef = ClassRef::new("Highper\\Db\\DbException");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Db\\DbException")
            .doc("Something that a database refused, or that can't be done with one. Its message has the statement without its values.")
            .handle(&EXCEPTION)
            .extends("RuntimeException")
            .property("public readonly string $sqlState", "The five characters of SQLSTATE, 23505 for example; HY000 where the database says none.")
            .property("public readonly int $driverCode", "The database's own number; 0 where it has none.")
            .property("public readonly ?string $statement", "The statement without its values; null where there was none."),
    );
}

/// What is thrown for an error, with the statement that it is about.
pub(super) fn thrown(error: &Error, statement: Option<&Statement>) -> Throw {
    match error.kind {
        Kind::Cancelled => return cancelled(),
        Kind::Timeout if scheduler::deadline().is_some_and(|at| at <= clock::now()) => {
            return match highper_runtime::cancel::late() {
                Err(throw) => throw,
                Ok(()) => late(),
            };
        }
        _ => {}
    }
    // A limit may have passed, or somebody may have thrown, while the database said something else.
    if let Err(throw) = highper_runtime::cancel::resumed() {
        return throw;
    }
    let class = match error.kind {
        Kind::Connection => &CONNECTION,
        Kind::Exhausted => &POOL,
        _ if error.is_duplicate() => &UNIQUE,
        _ => &EXCEPTION,
    };
    let shape = statement.map(Statement::shape);
    let text = match shape {
        Some(shape) => format!("{error}, in: {shape}"),
        None => error.to_string(),
    };
    let make = || {
        let made = class
            .get()
            .new_object(&[Value::string(text)])
            .into_result()?;
        if let Some(object) = made.as_object() {
            let scope = EXCEPTION.get();
            object.set_in(scope, "sqlState", &*error.sqlstate)?;
            object.set_in(scope, "driverCode", error.code)?;
            object.set_in(scope, "statement", shape)?;
        }
        Ok(made)
    };
    match make() {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}

/// About the use of a database, without one having been asked.
pub(super) fn misused(message: String) -> Throw {
    thrown(&Error::usage(message), None)
}
