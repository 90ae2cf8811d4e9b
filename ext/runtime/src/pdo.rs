//! One PDO object for many coroutines: each works on a connection of its own behind it.
//!
//! With the pool on, an object of PDO for MySQL or PostgreSQL holds no connection. Its methods run on the connection
//! of the running coroutine: taken from the object's pool at the first call, kept to the coroutine's end with all that
//! belongs to its session, then made as new and given back, or closed where that can't be.
//!
//! What the code that made the object does before anything else (attributes, `SET …`) is done with each connection.

mod api;
mod owners;
mod renew;
mod source;
mod sql;

use crate::{mysqli, redis, wiring};
use highper_engine as engine;
use highper_pool::{Counts, Held, Limits};
use highper_zend::pdo::{self, Hooks, Identity, Method};
use highper_zend::{Access, Ini, Object, Registry, Throw, Value, ini};

pub(crate) use api::{Api, has_said};
pub(crate) use highper_engine::numbers::Numbers;
pub(crate) use source::{Making, Source};
pub(crate) use sql::Dialect;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

thread_local! {
    /// The limits of new pools; none while the pool is off.
    static LIMITS: Cell<Option<Limits>> = const { Cell::new(None) };
    /// The objects that stand for a pool.
    static STANDING: RefCell<Numbers<Identity, Rc<Standing>>> = RefCell::default();
    /// All that are alive, for those who join one, and for reports.
    static ALL: RefCell<Vec<Weak<Source>>> = const { RefCell::new(Vec::new()) };
}

/// What an object stands for.
struct Standing {
    source: Rc<Source>,
    /// The coroutine that made it, until somebody works with it: what that one says before is for all connections.
    maker: Cell<Option<u64>>,
}

/// Connections that coroutines have: without one nothing is asked at a cancelled wait.
static PINNED: AtomicUsize = AtomicUsize::new(0);

/// Declares the settings. Call once.
pub fn declare(registry: &mut Registry) {
    let settings = [
        (
            "highper.pdo_pool",
            "0",
            "How many connections a PDO object for MySQL or PostgreSQL may have, one for each coroutine that uses it; 0 for one, as \
             without this extension.",
        ),
        (
            "highper.mysqli_pool",
            "0",
            "How many connections a mysqli object may have, one for each coroutine that uses it; 0 for one, as without this extension.",
        ),
        (
            "highper.redis_pool",
            "0",
            "How many connections a Redis object of phpredis may have, for coroutines that use it at the same time; 0 for one.",
        ),
        (
            "highper.pool_timeout",
            "5",
            "How many seconds a coroutine waits for a connection of a pool; 0 for as long as it takes.",
        ),
        (
            "highper.pool_queue",
            "1024",
            "How many coroutines may wait for the connections of a pool at the same time.",
        ),
        (
            "highper.pool_idle",
            "60",
            "After how many seconds without use a connection of a pool is closed; 0 for never.",
        ),
        (
            "highper.pool_lifetime",
            "3600",
            "After how many seconds a connection of a pool is closed as soon as nobody uses it; 0 for never.",
        ),
    ];
    for (name, default, doc) in settings {
        registry.setting(Ini::new(name, default, Access::System, doc));
    }
    registry.on_request_start(|| {
        let max = |name| usize::try_from(ini::long(name)).ok().filter(|max| *max > 0);
        if let Some(max) = max("highper.pdo_pool") {
            enable(max);
        }
        if let Some(max) = max("highper.mysqli_pool") {
            mysqli::enable(max);
        }
        if let Some(max) = max("highper.redis_pool") {
            redis::enable(max);
        }
    });
    registry.on_request_shutdown(|| {
        forget();
        mysqli::forget();
        redis::forget();
    });
    registry.info("PDO pool", describe);
}

fn describe() -> String {
    match LIMITS.get() {
        Some(limits) => format!("{} connections for an object", limits.max),
        None => "off".to_owned(),
    }
}

fn seconds(name: &str) -> Option<Duration> {
    let seconds = ini::double(name);
    (seconds > 0.0 && seconds.is_finite()).then(|| Duration::from_secs_f64(seconds.min(1e9)))
}

/// PDO objects that are made from now on have up to `max` connections; the other limits are the settings'. False
/// where there is no PDO.
pub fn enable(max: usize) -> bool {
    let is_there = pdo::install(Hooks {
        construct,
        enter,
        leave,
        last_id,
        failed: suspect,
        freed,
    });
    if is_there {
        LIMITS.set(Some(limits(max)));
    }
    is_there
}

/// The limits of the settings.
pub(crate) fn limits(max: usize) -> Limits {
    Limits {
        max,
        min_idle: 0,
        queue: usize::try_from(ini::long("highper.pool_queue")).unwrap_or(0),
        wait: seconds("highper.pool_timeout"),
        idle: seconds("highper.pool_idle"),
        lifetime: seconds("highper.pool_lifetime"),
    }
}

/// New PDO objects have one connection each again.
pub fn disable() {
    LIMITS.set(None);
}

/// What one pool does.
pub struct Account {
    /// The data source, without what follows its host.
    pub name: String,
    /// At most so many.
    pub max: usize,
    /// Its numbers.
    pub counts: Counts,
    /// Who has what, the longest first.
    pub held: Vec<Held>,
}

/// What the pools of this process do.
#[must_use]
pub fn accounts() -> Vec<Account> {
    all().iter().map(|source| source.account()).collect()
}

pub(crate) fn all() -> Vec<Rc<Source>> {
    ALL.with_borrow_mut(|all| {
        all.retain(|source| source.strong_count() > 0);
        all.iter().filter_map(Weak::upgrade).collect()
    })
}

/// Where there is a pool for such data sources.
fn dialect_of(dsn: &[u8]) -> Option<Dialect> {
    if dsn.starts_with(b"mysql:") {
        Some(Dialect::MySql)
    } else if dsn.starts_with(b"pgsql:") {
        Some(Dialect::Postgres)
    } else {
        None
    }
}

const PERSISTENT: i64 = 12;

/// The arguments as every connection is made with: references looked through, and none outlives the process's pool.
fn kept(args: &[Value]) -> Vec<Value> {
    args.iter()
        .map(|arg| match arg.deref().as_array() {
            Some(options) if options.get_index(PERSISTENT).is_some_and(Value::to_bool) => {
                let mut options = options.clone();
                options.set_index(PERSISTENT, false);
                Value::from(options)
            }
            _ => arg.deref().clone(),
        })
        .collect()
}

/// The pool for what an object is to be connected to, with a connection for the running coroutine: a new one, or that of
/// the library's object that connects once more.
///
/// # Errors
/// What connecting throws.
pub(crate) fn adopt(
    api: Api,
    dialect: Dialect,
    args: Vec<Value>,
    limits: Limits,
) -> Result<Rc<Source>, Throw> {
    let caller = owners::caller();
    let is_busy = caller.as_ref().is_some_and(|caller| caller.is_busy);
    let making = Making {
        api,
        dialect,
        args,
        owner: caller.map(|caller| (caller.identity, caller.method)),
        limits,
    };
    let known = making
        .owner
        .is_some()
        .then(|| all().into_iter().find(|source| source.is_made_as(&making)))
        .flatten();
    let source = match known {
        Some(source) => {
            source.drop_unusable(is_busy);
            source
        }
        None => {
            let source = Rc::new(Source::new(making));
            ALL.with_borrow_mut(|all| all.push(Rc::downgrade(&source)));
            source
        }
    };
    source.pin(true)?;
    source.add_object();
    Ok(source)
}

fn construct(object: &Object, args: &[Value]) -> Result<bool, Throw> {
    // What it stood for before, if this is not the first time.
    freed(pdo::identity(object));
    let Some(limits) = LIMITS.get() else {
        return Ok(false);
    };
    let Some(dialect) = args
        .first()
        .and_then(|dsn| dsn.deref().as_bytes())
        .and_then(dialect_of)
    else {
        return Ok(false);
    };
    let source = adopt(Api::Pdo(object.class()), dialect, kept(args), limits)?;
    let standing = Rc::new(Standing {
        source,
        maker: Cell::new(Some(engine::current().unwrap_or(0))),
    });
    STANDING.with_borrow_mut(|all| {
        all.insert(pdo::identity(object), standing);
    });
    pdo::become_pooled(object);
    Ok(true)
}

fn standing(identity: Identity) -> Option<Rc<Standing>> {
    STANDING.with_borrow(|all| all.get(&identity).cloned())
}

fn enter(identity: Identity, method: Method, args: &[Value]) -> Result<Object, Throw> {
    let Some(standing) = standing(identity) else {
        return Err(Throw::error("the PDO object's pool has been closed"));
    };
    let pin = standing.source.pin(false)?;
    standing.source.before(&pin, &standing.maker, method, args);
    Ok(pin.object())
}

fn leave(identity: Identity, method: Method, failed: bool, args: &[Value]) {
    if let Some(standing) = standing(identity) {
        let source = &standing.source;
        source.after(&standing.maker, method, failed, args);
    }
}

fn last_id(identity: Identity) -> Option<i64> {
    standing(identity).and_then(|standing| standing.source.last_id())
}

fn freed(identity: Identity) {
    let standing = STANDING.with_borrow_mut(|all| all.remove(&identity));
    if let Some(standing) = standing {
        standing.source.remove_object();
    }
}

/// A statement failed: the coroutine's connections are looked at before anybody else gets them.
fn suspect() {
    if PINNED.load(Relaxed) > 0
        && let Some(id) = engine::current()
    {
        for source in all() {
            source.mark(id, false);
        }
    }
}

/// A wait inside a library was broken off: what the coroutine's connections were about to read is still to come.
pub(crate) fn interrupted() {
    if PINNED.load(Relaxed) > 0
        && let Some(id) = engine::current()
    {
        for source in all() {
            source.mark(id, true);
        }
    }
}

/// At RSHUTDOWN.
fn forget() {
    for source in all() {
        source.end();
    }
    ALL.take();
    STANDING.take();
    LIMITS.set(None);
    PINNED.store(0, Relaxed);
    pdo::forget_isolated();
    wiring::isolation_ended();
}
