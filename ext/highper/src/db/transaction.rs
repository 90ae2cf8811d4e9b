//! `Highper\Transaction`

use super::after::call_all;
use super::exception::{misused, thrown};
use super::statements::{self, Access, Handle, Target, filled, place, target};
use highper_zend::{Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Value};
use std::rc::Rc;

static TRANSACTION: ClassRef = ClassRef::new("Highper\\Transaction");

pub(super) fn declare(registry: &mut Registry) {
    let class = Class::new("Highper\\Transaction")
        .doc(
            "A transaction of one coroutine. Its methods are those of Highper\\Db, and so are the effects: what the coroutine does with \
             the database itself meanwhile is part of the transaction too. Other coroutines can't use it.",
        )
        .handle(&TRANSACTION)
        .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
        .state::<Access>()
        .deny_create()
        .deny_clone();
    let class = statements::declare(class)
        .method(
            "public function commit(): void",
            "Ends it for good, with those in it.\n\n@throws \\Highper\\Db\\DbException The database has not; nothing of it was done.",
            |call| {
                let (held, depth) = own(call)?;
                let handle = &target(call)?.handle;
                held.commit(depth).map_err(|error| thrown(&error, None))?;
                call_all(handle.after.committed(held.coroutine(), depth))
            },
        )
        .method(
            "public function rollback(): void",
            "Ends it, with those in it, as if nothing had been done.\n\n@throws \\Highper\\Db\\DbException",
            |call| {
                let (held, depth) = own(call)?;
                let after = &target(call)?.handle.after;
                after.rolled_back(held.coroutine(), depth);
                held.rollback(depth).map_err(|error| thrown(&error, None))
            },
        )
        .method(
            "public function isActive(): bool",
            "Is it neither committed nor rolled back?",
            |call| {
                let (held, depth) = own(call)?;
                call.ret_bool(held.is_open(depth))
            },
        );
    registry.class(class);
}

fn own(call: &Call) -> Result<(Rc<highper_db::Held>, usize), Throw> {
    match &target(call)?.held {
        Some((held, depth)) => Ok((Rc::clone(held), *depth)),
        None => Err(misused("this is no transaction".into())),
    }
}

/// Begins one for the running coroutine.
pub(super) fn begin(handle: &Rc<Handle>) -> Result<Object, Throw> {
    // Before it begins: making an object may fail.
    let object = TRANSACTION.instantiate()?;
    let begun = handle
        .source
        .hold(place)
        .and_then(|held| Ok((held.begin()?, held)));
    let (depth, held) = begun.map_err(|error| thrown(&error, None))?;
    handle.after.begun(held.coroutine(), depth);
    let target = Target {
        handle: Rc::clone(handle),
        held: Some((held, depth)),
    };
    Ok(filled(object, target))
}

/// `transaction(callable $body, int $attempts = 1)`
pub(super) fn closure(call: &mut Call) -> Done {
    let body = call.callable(0)?;
    let attempts = call.opt_long(1, 1)?;
    if attempts < 1 {
        return Err(Throw::argument_value(1, "must be 1 or more"));
    }
    let handle = Rc::clone(&target(call)?.handle);
    let mut attempt = 1;
    loop {
        let object = begin(&handle)?;
        let Some((held, depth)) = object
            .state::<Access>()
            .and_then(|state| state.0.get()?.held.clone())
        else {
            return Err(misused("this is no transaction".into()));
        };
        let done = body.call(&[Value::from(&object)]).into_result();
        let throw = match done {
            Ok(value) if !held.is_open(depth) => return call.ret(value),
            Ok(value) => match held.commit(depth) {
                Ok(()) => {
                    call_all(handle.after.committed(held.coroutine(), depth))?;
                    return call.ret(value);
                }
                Err(error) => {
                    let throw = thrown(&error, None);
                    if held.is_open(depth) {
                        let _failed = held.rollback(depth);
                    }
                    throw
                }
            },
            Err(Throw::Bailout) => return Err(Throw::Bailout),
            Err(throw) => {
                handle.after.rolled_back(held.coroutine(), depth);
                if held.is_open(depth) {
                    // What was thrown first says more than that there is no connection to roll back.
                    let _failed = held.rollback(depth);
                }
                throw
            }
        };
        if depth > 1 || attempt >= attempts || !is_of_others(&throw) {
            return Err(throw);
        }
        attempt += 1;
    }
}

/// Did the database end it because of what others did?
fn is_of_others(throw: &Throw) -> bool {
    let Throw::Object(thrown) = throw else {
        return false;
    };
    let Some(object) = thrown.as_object() else {
        return false;
    };
    let state = super::params::is_a(object, "Highper\\Db\\DbException")
        .ok()
        .filter(|is| *is)
        .and_then(|_| object.get("sqlState").ok());
    let code = object
        .get("driverCode")
        .ok()
        .and_then(|code| code.as_long());
    state.is_some_and(|state| {
        matches!(state.as_str(), Some("40001" | "40P01")) || code == Some(1205)
    })
}
