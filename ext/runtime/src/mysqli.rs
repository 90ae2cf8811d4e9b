//! One mysqli object for many coroutines: each works on a connection of its own behind it, as with PDO.
//!
//! The same pool serves both; what differs is how an object is connected (options come first, `real_connect()` may come
//! later), and that functions and properties lead to the connection as methods do.

use crate::pdo::{self, Api, Dialect, Numbers, Source};
use highper_engine as engine;
use highper_pool::Limits;
use highper_zend::mysqli::{self, Connected, Hooks, Method};
use highper_zend::pdo::{Identity, Method as Kind, identity};
use highper_zend::{Object, Throw, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

thread_local! {
    /// The limits of new pools; none while the pool is off.
    static LIMITS: Cell<Option<Limits>> = const { Cell::new(None) };
    /// The objects that stand for a pool.
    static STANDING: RefCell<Numbers<Identity, Rc<Standing>>> = RefCell::default();
    /// Options of those that are not connected yet.
    static OPTIONS: RefCell<Numbers<Identity, Vec<Set>>> = RefCell::default();
}

/// A call that sets an option.
type Set = (&'static str, Vec<Value>);

/// What an object stands for.
struct Standing {
    source: Rc<Source>,
    /// The coroutine that made it, until somebody works with it: what that one says before is for all connections.
    maker: Cell<Option<u64>>,
}

/// mysqli objects that are connected from now on have up to `max` connections; the other limits are the settings'. False
/// where there is no mysqli.
pub fn enable(max: usize) -> bool {
    let is_there = mysqli::install(Hooks {
        connect,
        option,
        enter,
        leave,
        close,
        text,
        freed,
    });
    if is_there {
        LIMITS.set(Some(pdo::limits(max)));
    }
    is_there
}

/// New mysqli objects have one connection each again.
pub fn disable() {
    LIMITS.set(None);
}

/// The arguments as every connection is made with: none outlives the process's pool.
fn kept(args: &[Value]) -> Vec<Value> {
    let mut args: Vec<Value> = args.iter().map(|arg| arg.deref().clone()).collect();
    if let Some(host) = args.first_mut() {
        let plain = host
            .as_bytes()
            .filter(|text| {
                text.get(..2)
                    .is_some_and(|two| two.eq_ignore_ascii_case(b"p:"))
            })
            .map(|text| Value::string(&text[2..]));
        if let Some(plain) = plain {
            *host = plain;
        }
    }
    args
}

fn connect(object: &Object, args: &[Value]) -> Result<Connected, Throw> {
    let own = identity(object);
    let options = OPTIONS.with_borrow_mut(|all| all.remove(&own));
    let Some(limits) = LIMITS.get() else {
        freed(own);
        return Ok(Connected::No);
    };
    let options = options.unwrap_or_default();
    let source = match pdo::adopt(
        Api::Mysqli(options.clone()),
        Dialect::MySql,
        kept(args),
        limits,
    ) {
        Ok(source) => source,
        Err(throw) => {
            // Another attempt has the same options.
            OPTIONS.with_borrow_mut(|all| all.insert(own, options));
            return match pdo::has_said() {
                true => Ok(Connected::Failed),
                false => Err(throw),
            };
        }
    };
    // What it stood for before, if this is not the first time.
    freed(own);
    let standing = Rc::new(Standing {
        source,
        maker: Cell::new(Some(engine::current().unwrap_or(0))),
    });
    STANDING.with_borrow_mut(|all| all.insert(own, standing));
    mysqli::become_pooled(object);
    Ok(Connected::Pooled)
}

fn option(object: &Object, method: &'static str, args: &[Value]) {
    if LIMITS.get().is_none() {
        return;
    }
    let args = args.iter().map(|arg| arg.deref().clone()).collect();
    let identity = identity(object);
    OPTIONS.with_borrow_mut(|all| all.entry(identity).or_default().push((method, args)));
    mysqli::become_prepared(object);
}

fn standing(identity: Identity) -> Option<Rc<Standing>> {
    STANDING.with_borrow(|all| all.get(&identity).cloned())
}

fn enter(identity: Identity, method: Method, args: &[Value]) -> Result<Object, Throw> {
    let Some(standing) = standing(identity) else {
        return Err(Throw::error("the mysqli object's pool has been closed"));
    };
    let (source, maker) = (&standing.source, &standing.maker);
    let pin = source.pin(false)?;
    match method {
        Method::Statement => source.before(&pin, maker, Kind::Query, args),
        // They may be read one by one, and each may be anything.
        Method::Statements => source.change(&pin, maker),
        Method::Transaction => source.before(&pin, maker, Kind::Transaction, args),
        Method::SetUp(name) => source.set(&pin, maker, name, args),
        Method::ChangeUser => source.change(&pin, maker),
        Method::Other => {}
    }
    Ok(pin.object())
}

fn leave(identity: Identity) {
    if let Some(standing) = standing(identity) {
        let id = engine::current().unwrap_or(0);
        standing.source.mark(id, false);
    }
}

fn close(identity: Identity) {
    if let Some(standing) = standing(identity) {
        standing.source.close();
    }
}

fn text(args: &[Value]) {
    if let Some(text) = args.first().and_then(|text| text.deref().as_bytes())
        && !STANDING.with_borrow(|all| all.is_empty())
    {
        let id = engine::current().unwrap_or(0);
        for source in pdo::all() {
            source.look(id, text);
        }
    }
}

fn freed(identity: Identity) {
    let options = OPTIONS.with_borrow_mut(|all| all.remove(&identity));
    drop(options);
    let standing = STANDING.with_borrow_mut(|all| all.remove(&identity));
    if let Some(standing) = standing {
        standing.source.remove_object();
    }
}

/// At RSHUTDOWN, when the pools have been closed.
pub(crate) fn forget() {
    STANDING.take();
    OPTIONS.take();
    LIMITS.set(None);
}
