//! Several requests at the same time.

use super::client::Handle;
use super::exception::misused;
use super::perform::{Prepared, perform, prepare};
use super::wishes::Wishes;
use crate::scope::ENDED;
use highper_engine::{self as engine, scheduler};
use highper_runtime::{cancel, run_loop, spawn_body};
use highper_zend::{Array, Call, Done, Key, Throw, Value};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// What is to be done, and what was.
struct Work {
    handle: Rc<Handle>,
    left: RefCell<VecDeque<(usize, Prepared)>>,
    done: RefCell<Vec<Option<Value>>>,
}

/// A request as `multi()` takes it: an address, or `[method, address, option => value…]`.
fn request(handle: &Handle, key: &str, given: &Value) -> Result<Prepared, Throw> {
    let wrong = |why: String| Throw::value_error(format!("request {key}: {why}"));
    if let Some(url) = given.as_str() {
        return prepare(handle, "GET", url, Wishes::default());
    }
    let Some(array) = given.as_array() else {
        return Err(wrong(format!(
            "must be an address, or a list of method and address with options by their names, {} given",
            given.type_name()
        )));
    };
    let part = |at: i64, name: &str| {
        array
            .get_index(at)
            .or_else(|| array.get(name))
            .and_then(Value::as_str)
    };
    let (Some(method), Some(url)) = (part(0, "method"), part(1, "url")) else {
        return Err(wrong(
            "needs a method and an address: ['POST', '/orders', 'json' => $order]".to_owned(),
        ));
    };
    let mut wishes = Wishes::default();
    for (key, value) in array {
        match key {
            Key::Name(b"method" | b"url") | Key::Index(0 | 1) => {}
            Key::Index(number) => {
                return Err(wrong(format!("nobody knows what its part {number} is")));
            }
            Key::Name(name) => wishes.set(&String::from_utf8_lossy(name), value)?,
        }
    }
    prepare(handle, method, url, wishes)
}

/// Takes one request after another, until none is left.
fn work(work: &Work) -> Result<(), Throw> {
    loop {
        let next = work.left.borrow_mut().pop_front();
        let Some((number, prepared)) = next else {
            return Ok(());
        };
        let outcome = match perform(&work.handle, prepared) {
            Ok(object) => Some(Value::from(object)),
            Err(throw @ (Throw::Bailout | Throw::Exit)) => return Err(throw),
            Err(throw) => throw.into_object(),
        };
        let old = match work.done.borrow_mut().get_mut(number) {
            Some(place) => std::mem::replace(place, outcome),
            None => None,
        };
        drop(old);
    }
}

/// Runs the work in so many coroutines, and waits for them.
fn run(all: &Rc<Work>, concurrency: usize) -> Result<(), Throw> {
    let mut workers = Vec::with_capacity(concurrency);
    for _ in 0..concurrency {
        let own = Rc::clone(all);
        match spawn_body(move || work(&own)) {
            Ok(id) => workers.push(id),
            // Those that there are do the work.
            Err(_) if !workers.is_empty() => break,
            Err(throw) => return Err(throw),
        }
    }
    scheduler::clear_cancelled();
    if scheduler::join(&workers, None).is_ok() {
        return cancel::resumed();
    }
    let why = cancel::resumed();
    all.left.borrow_mut().clear();
    for id in &workers {
        let _over = cancel::throw_into(*id, ENDED, true);
    }
    // They only have to let go of their connections.
    let _over = scheduler::join(&workers, None);
    why.and(Err(crate::exception::cancelled::cancelled()))
}

pub(super) fn multi(call: &mut Call, handle: &Rc<Handle>) -> Done {
    let given = call.array(0)?.clone();
    let concurrency = call.opt_long(1, 10)?;
    let Some(concurrency) = usize::try_from(concurrency)
        .ok()
        .filter(|number| *number > 0)
    else {
        return Err(Throw::argument_value(1, "must be greater than 0"));
    };
    let mut left = VecDeque::with_capacity(given.len());
    for (number, (key, value)) in given.iter().enumerate() {
        left.push_back((
            number,
            request(handle, &String::from_utf8_lossy(&key.to_bytes()), value)?,
        ));
    }
    let concurrency = concurrency.min(left.len());
    let all = Rc::new(Work {
        handle: Rc::clone(handle),
        done: RefCell::new(vec![None; left.len()]),
        left: RefCell::new(left),
    });
    if engine::current().is_some() {
        crate::scope::can_wait("Highper\\Http\\Client::multi")?;
        run(&all, concurrency)?;
    } else {
        let slot = Rc::new(RefCell::new(None));
        let (outcome, own) = (Rc::clone(&slot), Rc::clone(&all));
        run_loop(move || {
            let inner = Rc::clone(&outcome);
            let spawned = spawn_body(move || match run(&own, concurrency) {
                Err(Throw::Bailout) => Err(Throw::Bailout),
                result => {
                    inner.replace(Some(result));
                    Ok(())
                }
            });
            if let Err(throw) = spawned {
                outcome.replace(Some(Err(throw)));
            }
        })?;
        match slot.take() {
            Some(result) => result?,
            // Only a deadlock, which was reported, leaves the loop before.
            None => return Err(misused("the requests of multi() never ended")),
        }
    }
    let mut out = Array::with_capacity(given.len());
    let done = all.done.take();
    for ((key, _), value) in given.iter().zip(done) {
        let value = value.ok_or_else(|| misused("a request of multi() never ended"))?;
        out.set_key(key, value);
    }
    call.ret(out)
}
