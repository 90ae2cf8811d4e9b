//! Connections between two coroutines: made as new, or found to be useless.

use super::api::Api;
use super::source::Making;
use super::sql::Dialect;
use highper_zend::pdo::{is_shared, silently};
use highper_zend::{Object, Outcome, Throw, Value, mysqli};

/// `PDO::ATTR_ERRMODE`: reading it asks nobody, and forgets the last error.
const ERROR_MODE: i64 = 3;

/// Calls a method; `None` when it failed, in whatever way.
fn call(object: &Object, method: &str, args: &[Value]) -> Option<Value> {
    match object.call(method, args) {
        Outcome::Value(value) if value.as_bool() != Some(false) => Some(value),
        _ => None,
    }
}

fn run(object: &Object, api: &Api, text: &str) -> Option<()> {
    match api.run(object, text) {
        Outcome::Value(value) if value.as_bool() != Some(false) => Some(()),
        _ => None,
    }
}

/// Does the server answer?
pub(super) fn answers(object: &Object, making: &Making) -> bool {
    let text = match making.dialect {
        Dialect::MySql => "DO 1",
        Dialect::Postgres => "SELECT 1",
    };
    silently(|| run(object, &making.api, text).is_some())
}

/// What a coroutine did with its connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    /// Changed its session.
    pub(super) changed: bool,
    /// Took numbers from sequences.
    pub(super) took_numbers: bool,
    /// A call failed.
    pub(super) is_suspect: bool,
}

/// What may be done with a connection whose coroutine is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Renewed {
    /// It is as it was when it was taken.
    Yes,
    /// It is as the server makes it: it has to be set up again.
    Bare,
    /// It has to be closed.
    No,
}

/// Takes back what a coroutine left: an open transaction, attributes, what is in the session.
pub(super) fn renew(
    object: &Object,
    making: &Making,
    done: Use,
    restore: &[(i64, Value)],
) -> Renewed {
    let renewed = silently(|| match making.api {
        Api::Pdo(_) => try_renew(object, making, done, restore),
        Api::Mysqli(_) => try_renew_mysqli(object, &making.api, done),
    });
    renewed.unwrap_or(Renewed::No)
}

/// Whether each statement is a transaction is seen without asking; all connections begin so.
fn try_renew_mysqli(object: &Object, api: &Api, done: Use) -> Option<Renewed> {
    let state = mysqli::state(object);
    // MySQL has no statement that makes a session as new.
    if done.changed || !state.is_free || is_shared(object) {
        return None;
    }
    if state.in_transaction {
        call(object, "rollback", &[])?;
    }
    if !state.autocommit {
        call(object, "autocommit", &[Value::from(true)])?;
    }
    // A statement more forgets the number, and needs an answer.
    if done.is_suspect || mysqli::state(object).has_last_id {
        run(object, api, "DO 1")?;
    }
    mysqli::state(object).is_free.then_some(Renewed::Yes)
}

fn try_renew(
    object: &Object,
    making: &Making,
    done: Use,
    restore: &[(i64, Value)],
) -> Option<Renewed> {
    let Making { api, dialect, .. } = making;
    call(object, "getAttribute", &[Value::long(ERROR_MODE)])?;
    // A statement that somebody keeps may be read at any time.
    if is_shared(object) {
        return None;
    }
    let in_transaction = match object.call("inTransaction", &[]) {
        Outcome::Value(value) => value.to_bool(),
        _ => return None,
    };
    if in_transaction {
        call(object, "rollBack", &[])?;
    }
    for (attribute, value) in restore.iter().rev() {
        call(
            object,
            "setAttribute",
            &[Value::long(*attribute), value.clone()],
        )?;
    }
    match dialect {
        // MySQL has no statement that makes a session as new.
        Dialect::MySql if done.changed => return None,
        Dialect::MySql => {
            let last = call(object, "lastInsertId", &[])?;
            // A statement more forgets the number, and needs an answer.
            if done.is_suspect || last.as_bytes() != Some(b"0") {
                run(object, api, "DO 1")?;
            }
        }
        Dialect::Postgres if done.changed => {
            run(object, api, "DISCARD ALL")?;
            return Some(Renewed::Bare);
        }
        Dialect::Postgres if done.took_numbers => run(object, api, "DISCARD SEQUENCES")?,
        Dialect::Postgres if done.is_suspect => run(object, api, "SELECT 1")?,
        Dialect::Postgres => {}
    }
    Some(Renewed::Yes)
}

/// One step of setting a connection up.
#[derive(Clone)]
pub(super) enum Step {
    /// `setAttribute()`
    Attribute(i64, Value),
    /// `exec()`, `query()`
    Statement(String),
    /// Another method.
    Call(&'static str, Vec<Value>),
}

impl Step {
    /// Is it this call?
    pub(super) fn is_call(&self, method: &str, args: &[Value]) -> bool {
        matches!(self, Self::Call(known, with) if *known == method
            && with.len() == args.len() && with.iter().zip(args).all(|(a, b)| a.is_identical(b)))
    }
}

/// Does a step with a connection.
///
/// # Errors
/// What it throws.
pub(super) fn step(object: &Object, api: &Api, step: &Step) -> Result<(), Throw> {
    let outcome = match step {
        Step::Attribute(attribute, value) => {
            object.call("setAttribute", &[Value::long(*attribute), value.clone()])
        }
        Step::Statement(text) => api.run(object, text),
        Step::Call(method, args) => object.call(method, args),
    };
    outcome.into_result().map(drop)
}
