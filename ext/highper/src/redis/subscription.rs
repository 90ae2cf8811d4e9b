//! `Highper\Redis\Subscription`

use super::arguments::all_texts;
use super::exception::{misused, thrown};
use super::message;
use highper_engine::{clock, scheduler};
use highper_redis::{Message, Subscription};
use highper_zend::{
    Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer, Value,
};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

static SUBSCRIPTION: ClassRef = ClassRef::new("Highper\\Redis\\Subscription");

#[derive(Default)]
struct State {
    open: OnceCell<Rc<Subscription>>,
    current: RefCell<Option<Value>>,
    key: Cell<usize>,
    begun: Cell<bool>,
}

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(current) = self.current.try_borrow() {
            current.trace(tracer);
        }
    }
}

pub(super) fn object(subscription: Subscription) -> Result<Object, Throw> {
    let object = SUBSCRIPTION.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.open.set(Rc::new(subscription));
    }
    Ok(object)
}

fn open(call: &Call) -> Result<Rc<Subscription>, Throw> {
    let open = call.this::<State>()?.open.get().cloned();
    open.ok_or_else(|| misused("this subscription was never opened"))
}

fn heard(message: Option<Message>) -> Result<Option<Value>, Throw> {
    Ok(match message {
        Some(message) => Some(message::object(message)?.into()),
        None => None,
    })
}

fn advance(call: &Call) -> Done {
    let next = open(call)?.next(scheduler::deadline());
    let next = heard(next.map_err(|error| thrown(&error))?)?;
    let old = call.this::<State>()?.current.replace(next);
    drop(old);
    Ok(())
}

fn receive(call: &mut Call) -> Done {
    let seconds = call.opt_double_or_null(0)?;
    if seconds.is_some_and(|seconds| seconds.is_nan() || seconds < 0.0) {
        return Err(Throw::argument_value(0, "must be 0 or more"));
    }
    let own = seconds.map(|seconds| clock::after(Duration::from_secs_f64(seconds.min(1e9))));
    let deadline = match (own, scheduler::deadline()) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let next = match open(call)?.next(deadline) {
        Err(error) if error.kind == highper_redis::Kind::Timeout && deadline == own => None,
        next => next.map_err(|error| thrown(&error))?,
    };
    call.ret(heard(next)?)
}

type Change = fn(&Subscription, &[Vec<u8>], Option<u64>) -> Result<(), highper_redis::Error>;

fn change(call: &mut Call, change: Change) -> Done {
    let names = all_texts(call.rest(0))?;
    if names.is_empty() {
        return Err(misused("a channel or a pattern is missing"));
    }
    let open = open(call)?;
    change(&open, &names, scheduler::deadline()).map_err(|error| thrown(&error))?;
    call.ret_this()
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Redis\\Subscription")
            .doc(
                "Channels that are listened to, to be gone through: foreach ($redis->subscribe('news') as $message). It has a connection \
                 of its own; letting go of it ends it.\n\n\
                 @implements \\Iterator<int, \\Highper\\Redis\\Message>",
            )
            .handle(&SUBSCRIPTION)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .implements("Iterator")
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method(
                "public function receive(?float $timeout = null): ?\\Highper\\Redis\\Message",
                "Waits for the next message, at most so many seconds; null when none came, or when close() was called.\n\n\
                 @throws \\Highper\\Redis\\ConnectionException The connection was lost; what was published since then is lost, too.",
                receive,
            )
            .method(
                "public function subscribe(string ...$channels): static",
                "Listens to more channels.",
                |call| change(call, |open, names, deadline| open.add(names, &[], deadline)),
            )
            .method(
                "public function psubscribe(string ...$patterns): static",
                "Listens to more patterns of channels.",
                |call| change(call, |open, names, deadline| open.add(&[], names, deadline)),
            )
            .method(
                "public function unsubscribe(string ...$channels): static",
                "Listens to these channels no more.",
                |call| change(call, |open, names, deadline| open.remove(names, &[], deadline)),
            )
            .method(
                "public function punsubscribe(string ...$patterns): static",
                "Listens to these patterns no more.",
                |call| change(call, |open, names, deadline| open.remove(&[], names, deadline)),
            )
            .method(
                "public function close(): void",
                "Ends it, from any coroutine; who goes through it comes to the end.",
                |call| {
                    open(call)?.close();
                    Ok(())
                },
            )
            .method("public function current(): mixed", "The message.", |call| {
                let current = call.this::<State>()?.current.borrow().clone();
                call.ret(current)
            })
            .method("public function key(): int", "Its number, from 0.", |call| {
                call.ret(call.this::<State>()?.key.get())
            })
            .method("public function next(): void", "Waits for the next message.", |call| {
                let key = &call.this::<State>()?.key;
                key.set(key.get() + 1);
                advance(call)
            })
            .method("public function rewind(): void", "Waits for the first message.", |call| {
                match call.this::<State>()?.begun.replace(true) {
                    true => Ok(()),
                    false => advance(call),
                }
            })
            .method(
                "public function valid(): bool",
                "Is there a message? Not when close() was called, or nothing is listened to any more.",
                |call| call.ret_bool(call.this::<State>()?.current.borrow().is_some()),
            ),
    );
}
