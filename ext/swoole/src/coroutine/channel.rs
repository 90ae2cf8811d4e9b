//! `Swoole\Coroutine\Channel`: a bounded queue between coroutines.

use super::waiting;
use crate::error_code;
use crate::function::logging;
use highper_engine::channel::{Channel as Queue, ChannelError};
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Registry, Throw, Trace, Tracer, Value, error,
};
use std::cell::Cell;

/// The class.
pub static CHANNEL: ClassRef = ClassRef::new("Swoole\\Coroutine\\Channel");

const OK: i64 = 0;
const TIMEOUT: i64 = -1;
const CLOSED: i64 = -2;
const CANCELED: i64 = -3;

/// Slots of the declared properties.
const CAPACITY: usize = 0;
const ERR_CODE: usize = 1;

#[derive(Default)]
struct Channel {
    queue: Queue<Value>,
    made: Cell<bool>,
}

impl Drop for Channel {
    fn drop(&mut self) {
        let (producers, consumers) = self.queue.waiting();
        for (count, who) in [(producers, "producers"), (consumers, "consumers")] {
            if count > 0 {
                discard(count, who);
            }
        }
    }
}

/// Whoever waits holds the object: so this is the end of a script, after a loop that nobody runs any more.
#[cold]
fn discard(count: usize, who: &str) {
    logging::report(
        logging::WARNING,
        error_code::CO_HAS_BEEN_DISCARDED,
        &format!(
            "Channel::~Channel() (ERRNO {}): channel is destroyed, {count} {who} will be discarded",
            error_code::CO_HAS_BEEN_DISCARDED
        ),
    );
}

impl Trace for Channel {
    fn trace(&self, tracer: &mut Tracer) {
        self.queue.for_each(|value| tracer.value(value));
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry, shortname: bool) {
    let mut class = Class::new("Swoole\\Coroutine\\Channel")
        .doc("A queue between coroutines, of bounded length, first come, first served.")
        .handle(&CHANNEL)
        .alias("Co\\Channel")
        .flags(Flags::NOT_SERIALIZABLE)
        .state::<Channel>()
        .deny_unset();
    if shortname {
        class = class.alias("Chan");
    }
    registry.class(
        class
            .property("public $capacity = 0", "How many values it takes.")
            .property("public $errCode = 0", "How the last push or pop ended: SWOOLE_CHANNEL_*.")
            .method("public function __construct(int $size = 1)", "Room for at least one value.", construct)
            .method(
                "public function push(mixed $data, float $timeout = -1): bool",
                "Adds a value; waits for room, in seconds, without end when not positive. False when it could not: see $errCode.",
                push,
            )
            .method(
                "public function pop(float $timeout = -1): mixed",
                "Takes the oldest value; waits for one, in seconds, without end when not positive. False when it could not: see $errCode.",
                pop,
            )
            .method("public function stats(): array", "consumer_num, producer_num and queue_num.", stats)
            .method(
                "public function close(): bool",
                "Closes it: nobody can push, who waits is told. False when it was closed.",
                |call| call.ret_bool(queue(call)?.close()),
            )
            .method("public function length(): int", "How many values are in it.", |call| {
                call.ret(queue(call)?.len())
            })
            .method("public function isEmpty(): bool", "Is nothing in it?", |call| {
                call.ret_bool(queue(call)?.is_empty())
            })
            .method("public function isFull(): bool", "Is no room in it?", |call| {
                call.ret_bool(queue(call)?.is_full())
            }),
    );
}

/// The queue of `$this`. A subclass that did not call the constructor is told so.
#[inline]
fn queue(call: &Call) -> Result<&Queue<Value>, Throw> {
    let this = call.this::<Channel>()?;
    if this.made.get() {
        Ok(&this.queue)
    } else {
        Err(error::fatal("must call constructor first"))
    }
}

fn construct(call: &mut Call) -> Done {
    let size = call.opt_long(0, 1)?.max(1);
    let this = call.this::<Channel>()?;
    this.queue
        .set_capacity(usize::try_from(size).unwrap_or(usize::MAX));
    this.made.set(true);
    call.this_object()?.set_slot(CAPACITY, size);
    Ok(())
}

fn code_of(reason: ChannelError) -> i64 {
    match reason {
        ChannelError::Timeout => TIMEOUT,
        ChannelError::Closed => CLOSED,
        ChannelError::Cancelled => CANCELED,
    }
}

fn push(call: &mut Call) -> Done {
    let queue = queue(call)?;
    let deadline = waiting::deadline(call.opt_double(1, -1.0)?);
    waiting::can_wait()?;
    let outcome = queue.push(call.value(0)?.clone(), deadline);
    let this = call.this_object()?;
    match outcome {
        Ok(()) => {
            this.set_slot_long(ERR_CODE, OK);
            call.ret_bool(true)
        }
        Err((reason, value)) => {
            this.set_slot_long(ERR_CODE, code_of(reason));
            drop(value);
            waiting::resumed()?;
            call.ret_bool(false)
        }
    }
}

fn pop(call: &mut Call) -> Done {
    let queue = queue(call)?;
    let deadline = waiting::deadline(call.opt_double(0, -1.0)?);
    waiting::can_wait()?;
    let outcome = queue.pop(deadline);
    let this = call.this_object()?;
    match outcome {
        Ok(value) => {
            this.set_slot_long(ERR_CODE, OK);
            call.ret(value)
        }
        Err(reason) => {
            this.set_slot_long(ERR_CODE, code_of(reason));
            waiting::resumed()?;
            call.ret_bool(false)
        }
    }
}

fn stats(call: &mut Call) -> Done {
    let queue = queue(call)?;
    let (producers, consumers) = queue.waiting();
    let mut stats = Array::with_capacity(3);
    stats
        .set("consumer_num", consumers)
        .set("producer_num", producers)
        .set("queue_num", queue.len());
    call.ret(stats)
}
