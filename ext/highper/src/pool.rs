//! `Highper\Pool`: objects that are dear to make, lent to one coroutine at a time.

mod exception;
mod lease;

use crate::gauges::{self, Group};
use exception::{exhausted, misused};
use highper_engine::{can_suspend, clock, scheduler};
use highper_metrics::Kind;
use highper_pool::{Counts, Limits, Pool, Refused, Taken, Ticket};
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer,
    Value, error,
};
use lease::Lease;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

static POOL: ClassRef = ClassRef::new("Highper\\Pool");

static SHOWN: Group = Group {
    label: "pool",
    figures: &[
        (
            "highper_pool_idle",
            Kind::Gauge,
            "Objects of pools that nobody uses.",
        ),
        (
            "highper_pool_taken",
            Kind::Gauge,
            "Objects of pools in use.",
        ),
        (
            "highper_pool_waiting",
            Kind::Gauge,
            "Coroutines that wait for an object of a pool.",
        ),
        (
            "highper_pool_waits_total",
            Kind::Counter,
            "How often somebody had to wait for an object of a pool.",
        ),
        (
            "highper_pool_refused_total",
            Kind::Counter,
            "How often there was no object of a pool in time.",
        ),
    ],
};

/// A pool, and what is out of it.
struct Store {
    pool: Rc<Pool<Object>>,
    /// Are those to be made that stay?
    is_cold: Cell<bool>,
    factory: Callable,
    /// Asked before an object serves again; false ends it.
    check: Option<Callable>,
    /// By the object's number.
    out: RefCell<HashMap<u32, Rc<Lease>>>,
}

#[derive(Default)]
struct State(OnceCell<Rc<Store>>);

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Some(store) = self.0.get() {
            store.factory.trace(tracer);
            if let Some(check) = &store.check {
                check.trace(tracer);
            }
        }
    }
}

pub(crate) fn declare(registry: &mut Registry) {
    exception::declare(registry);
    registry.class(
        Class::new("Highper\\Pool")
            .doc(
                "Objects that are dear to make: each is lent to one coroutine at a time. What get() gives comes back by itself when the \
                 coroutine, or the request, ends.",
            )
            .handle(&POOL)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_clone()
            .method(
                "public function __construct(callable $factory, int $max = 16, ?callable $check = null, ?float $wait = 5.0, \
                 int $queue = 1024, ?float $idle = null, ?float $lifetime = null, int $min = 0, ?string $name = null)",
                "A pool; objects are made when they are needed.\n\n\
                 @param callable(): object $factory Makes one.\n\
                 @param int $max How many there are at most.\n\
                 @param (callable(object): mixed)|null $check Is called before an object serves again: makes it as new, or returns false to have it replaced.\n\
                 @param float|null $wait Seconds that one waits for one at most; null for no limit.\n\
                 @param int $queue How many may wait.\n\
                 @param float|null $idle Seconds without use after which one is let go; null for never.\n\
                 @param float|null $lifetime Seconds after which one is let go when it comes back; null for never.\n\
                 @param int $min How many are made before somebody needs one, and stay without use. A pool that is made outside of coroutines begins with \
                 the first that is taken.\n\
                 @param string|null $name Shows it among the metrics.",
                construct,
            )
            .method(
                "public function get(): object",
                "Lends an object until the coroutine ends, or put(). Waits in line where all are out.\n\n\
                 @throws \\Highper\\PoolException None became free in time.",
                |call| {
                    let store = Rc::clone(store(call)?);
                    let (ticket, object) = store.take()?;
                    lease::keep(&store, ticket, object.clone());
                    call.ret(object)
                },
            )
            .method(
                "public function put(object $object): void",
                "Takes an object back before its coroutine ends.\n\n@throws \\LogicException It is not out of this pool.",
                |call| {
                    let object = call.object(0)?;
                    let lease = store(call)?.out.borrow().get(&object.id()).cloned();
                    match lease {
                        Some(lease) if lease.give_back() => Ok(()),
                        _ => Err(misused("this object is not lent by this pool: it was put back before, or made by somebody else")),
                    }
                },
            )
            .method(
                "public function use(callable $body): mixed",
                "Lends an object to $body, and takes it back when that returns or throws.\n\n\
                 @param callable(object): mixed $body\n\
                 @return mixed What $body returned.\n\
                 @throws \\Highper\\PoolException None became free in time.",
                lend,
            )
            .method(
                "public function stats(): array",
                "max, idle, taken, waiting; and how often one was made and ended, somebody waited and was refused; waited in seconds \
                 altogether; and held: who has one, where and since how many seconds.",
                stats,
            )
            .method("public function clear(): void", "Lets go of the objects that nobody uses.", |call| {
                let idle = store(call)?.pool.take_idle();
                drop(idle);
                Ok(())
            }),
    );
}

fn store(call: &Call) -> Result<&Rc<Store>, Throw> {
    call.this::<State>()?
        .0
        .get()
        .ok_or_else(|| misused("this pool was never made: its constructor was not called"))
}

fn seconds(call: &Call, arg: usize, default: Option<Duration>) -> Result<Option<Duration>, Throw> {
    if arg >= call.num_args() {
        return Ok(default);
    }
    match call.opt_double_or_null(arg)? {
        None => Ok(None),
        Some(seconds) => Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|time| !time.is_zero())
            .map(Some)
            .ok_or_else(|| {
                Throw::argument_value(arg, "must be greater than 0 seconds, or null for no limit")
            }),
    }
}

fn construct(call: &mut Call) -> Done {
    let factory = call.callable(0)?;
    let at_least_one = |arg: usize, number: i64| {
        usize::try_from(number)
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| Throw::argument_value(arg, "must be greater than 0"))
    };
    let limits = Limits {
        max: at_least_one(1, call.opt_long(1, 16)?)?,
        wait: seconds(call, 3, Some(Duration::from_secs(5)))?,
        queue: at_least_one(4, call.opt_long(4, 1024)?)?,
        idle: seconds(call, 5, None)?,
        lifetime: seconds(call, 6, None)?,
        min_idle: usize::try_from(call.opt_long(7, 0)?)
            .map_err(|_| Throw::argument_value(7, "must be 0 or more"))?,
    };
    let name = call.opt_value(8).and_then(Value::as_str);
    let made = Rc::new(Store {
        pool: Rc::new(Pool::new(limits)),
        is_cold: Cell::new(limits.min_idle > 0),
        factory,
        check: call.opt_callable(2)?,
        out: RefCell::default(),
    });
    if let Some(name) = name {
        gauges::show(&SHOWN, name, &made.pool, |pool| {
            gauges::of_pool(&pool.counts())
        });
    }
    made.warm();
    match call.this::<State>()?.0.set(made) {
        Ok(()) => Ok(()),
        Err(_) => Err(misused("this pool was made before")),
    }
}

/// File and line of the code that runs.
fn place() -> String {
    match error::location() {
        Some((file, line)) => format!("{file}:{line}"),
        None => String::new(),
    }
}

/// What a factory has made.
fn of_factory(factory: &Callable) -> Result<Object, Throw> {
    let made = factory.call(&[]).into_result()?;
    made.into_object().map_err(|other| {
        Throw::type_error(format!(
            "the factory of a pool must return an object, {} returned",
            other.type_name()
        ))
    })
}

impl Store {
    /// Makes those that stay, once, as soon as somebody can wait for that.
    fn warm(self: &Rc<Self>) {
        if !self.is_cold.get() || !can_suspend() {
            return;
        }
        self.is_cold.set(false);
        let own = Rc::clone(self);
        // What goes wrong is told to who needs one.
        let _started = highper_runtime::spawn_body(move || own.fill());
    }

    fn fill(&self) -> Result<(), Throw> {
        let limits = self.pool.limits();
        let wanted = limits.min_idle.min(limits.max);
        let mut all = Vec::with_capacity(wanted);
        while all.len() + self.pool.counts().idle < wanted && self.pool.has_room() {
            match self.pool.take(place, None) {
                Ok(Taken::Idle(ticket, object)) => all.push((ticket, object)),
                Ok(Taken::New(ticket)) => match of_factory(&self.factory) {
                    Ok(object) => all.push((ticket, object)),
                    Err(throw) => {
                        self.pool.give_up(ticket);
                        if matches!(throw, Throw::Bailout) {
                            return Err(throw);
                        }
                        break;
                    }
                },
                Err(_) => break,
            }
        }
        for (ticket, object) in all {
            self.pool.give_back(ticket, object);
        }
        Ok(())
    }

    /// An object, and the right to it.
    fn take(self: &Rc<Self>) -> Result<(Ticket, Object), Throw> {
        if self.is_cold.get() {
            self.warm();
        }
        scheduler::clear_cancelled();
        let taken = self.pool.take(place, scheduler::deadline());
        let taken = match (highper_runtime::cancel::resumed(), taken) {
            (Ok(()), taken) => taken,
            (Err(throw), Ok(Taken::Idle(ticket, object))) => {
                self.pool.give_back(ticket, object);
                return Err(throw);
            }
            (Err(throw), Ok(Taken::New(ticket))) => {
                self.pool.give_up(ticket);
                return Err(throw);
            }
            (Err(throw), Err(_)) => return Err(throw),
        };
        match taken {
            Ok(Taken::New(ticket)) => self.make(ticket),
            Ok(Taken::Idle(ticket, object)) => {
                let Some(check) = &self.check else {
                    return Ok((ticket, object));
                };
                match check.call(&[Value::from(&object)]).into_result() {
                    Ok(said) if said.as_bool() == Some(false) => {
                        drop(object);
                        self.make(ticket)
                    }
                    Ok(_) => Ok((ticket, object)),
                    Err(throw) => {
                        self.pool.give_up(ticket);
                        Err(throw)
                    }
                }
            }
            Err(Refused::Cancelled) => Err(crate::exception::cancelled::cancelled()),
            Err(Refused::TimedOut(..))
                if scheduler::deadline().is_some_and(|at| at <= clock::now()) =>
            {
                Err(crate::exception::cancelled::late())
            }
            Err(refused) => Err(exhausted(&refused)),
        }
    }

    fn make(&self, ticket: Ticket) -> Result<(Ticket, Object), Throw> {
        let made = of_factory(&self.factory);
        match made {
            Ok(object) => Ok((ticket, object)),
            Err(throw) => {
                self.pool.give_up(ticket);
                Err(throw)
            }
        }
    }
}

fn lend(call: &mut Call) -> Done {
    let body = call.callable(0)?;
    let store = Rc::clone(store(call)?);
    let (ticket, object) = store.take()?;
    let done = body.call(&[Value::from(&object)]).into_result();
    if matches!(done, Err(Throw::Bailout)) {
        store.pool.give_up(ticket);
    } else {
        store.pool.give_back(ticket, object);
    }
    call.ret(done?)
}

/// What `stats()` of all that has a pool begins with: max, idle, taken, waiting, made, ended, waits, refused.
pub(crate) fn figures(max: usize, counts: &Counts) -> Array {
    let mut out = Array::with_capacity(16);
    for (name, value) in [
        ("max", max as u64),
        ("idle", counts.idle as u64),
        ("taken", counts.taken as u64),
        ("waiting", counts.waiting as u64),
        ("made", counts.made),
        ("ended", counts.ended),
        ("waits", counts.waits),
        ("refused", counts.refused),
    ] {
        out.set(name, value);
    }
    out
}

fn stats(call: &mut Call) -> Done {
    let pool = &store(call)?.pool;
    let now = clock::now();
    let counts = pool.counts();
    let mut out = figures(pool.limits().max, &counts);
    out.set("waited", counts.waited as f64 / 1e9);
    let mut held = Array::new();
    for holder in pool.held() {
        let mut one = Array::with_capacity(3);
        one.set("coroutine", holder.coroutine)
            .set("place", holder.place)
            .set("seconds", now.saturating_sub(holder.since) as f64 / 1e9);
        held.push(one);
    }
    out.set("held", held);
    call.ret(out)
}
