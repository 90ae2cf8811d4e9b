//! Name resolvers of the program: they are asked before the system.

pub mod context;

use crate::coroutine::waiting;
use context::{CONTEXT, Context};
use highper_net::Error;
use highper_runtime::resolver::{self, Family};
use highper_zend::{Call, Done, Function, Object, Registry, Throw, Value, error, find_class};
use std::cell::RefCell;
use std::net::{IpAddr, ToSocketAddrs};

const CLASS: &str = "Swoole\\NameResolver";

thread_local! {
    static RESOLVERS: RefCell<Vec<Object>> = const { RefCell::new(Vec::new()) };
    /// What a resolver threw while a connection was made, until the error is told.
    static THROWN: RefCell<Option<Throw>> = const { RefCell::new(None) };
}

/// Declares the functions and `Swoole\NameResolver\Context`.
pub fn declare(registry: &mut Registry) {
    context::declare(registry);
    registry
        .function(Function::new(
            "function swoole_name_resolver_lookup(string $name, Swoole\\NameResolver\\Context $ctx): string",
            "The address of a name, by the program's resolvers or the system's. Empty when there is none.",
            |call| {
                let name = call.text(0)?.to_owned();
                let context = call.object_of(1, &CONTEXT)?.clone();
                let found = match with_context(&context, |context| look_up(&name, context))? {
                    Some(found) => found,
                    None => by_system(&name, &context)?,
                };
                call.ret_str(found)
            },
        ))
        .function(Function::new(
            "function swoole_name_resolver_add(Swoole\\NameResolver $ns): bool",
            "Asks this resolver too, after those of before.",
            |call| {
                let resolver = call.object(0)?.clone();
                let done = add(&Value::from(resolver))?;
                call.ret_bool(done)
            },
        ))
        .function(Function::new(
            "function swoole_name_resolver_remove(Swoole\\NameResolver $ns): bool",
            "Asks this resolver no more. False when it was not asked.",
            remove,
        ))
        .on_request_shutdown(|| {
            drop(RESOLVERS.take());
            drop(THROWN.take());
        });
}

/// Adds a resolver. False, and a warning, for what is none.
///
/// # Errors
/// What a handler of warnings, or the autoloading of the class, throws.
pub fn add(value: &Value) -> Result<bool, Throw> {
    let Some(class) = find_class(CLASS)? else {
        error::warning(format!("Class \"{CLASS}\" not found"))?;
        return Ok(false);
    };
    match value.deref().as_object() {
        Some(object) if object.is_instance_of(class) => {
            let object = object.clone();
            RESOLVERS.with_borrow_mut(|all| all.push(object));
            Ok(true)
        }
        _ => {
            error::warning(format!("the given object is not an instance of {CLASS}"))?;
            Ok(false)
        }
    }
}

fn remove(call: &mut Call) -> Done {
    let id = call.object(0)?.id();
    let removed = RESOLVERS.with_borrow_mut(|all| {
        let at = all.iter().position(|resolver| resolver.id() == id)?;
        Some(all.remove(at))
    });
    call.ret_bool(removed.is_some())
}

/// Has the program resolvers of its own?
pub fn any() -> bool {
    RESOLVERS.with_borrow(|all| !all.is_empty())
}

/// What the program's resolvers say of a name: an address, maybe with a port; empty: there is none. `None` when none of
/// them knows it.
///
/// # Errors
/// What they throw.
pub fn look_up(name: &str, context: &Context) -> Result<Option<String>, Throw> {
    let resolvers = RESOLVERS.with_borrow(Clone::clone);
    for resolver in resolvers {
        if let Some(found) = context.ask(&resolver, name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn with_context<T>(
    object: &Object,
    run: impl FnOnce(&Context) -> Result<T, Throw>,
) -> Result<T, Throw> {
    match object.state::<Context>() {
        Some(context) => run(context),
        None => Err(Throw::error("the context has no state")),
    }
}

fn by_system(name: &str, context: &Object) -> Result<String, Throw> {
    let six = context.state::<Context>().is_some_and(Context::is_six);
    if highper_engine::current().is_some() {
        waiting::can_wait()?;
        let family = if six { Family::V6 } else { Family::V4 };
        let found = resolver::address(name, family, None);
        waiting::resumed()?;
        return Ok(found.map(|address| address.to_string()).unwrap_or_default());
    }
    let found = (name, 0).to_socket_addrs().ok();
    let found = found.and_then(|mut all| all.find(|address| address.is_ipv6() == six));
    Ok(found
        .map(|address| address.ip().to_string())
        .unwrap_or_default())
}

/// What the program's resolvers say of a host.
pub enum Found {
    /// The system is to be asked, or it is an address.
    Unknown,
    /// There is no such service, or no node is left.
    Nothing,
    /// A node, with a port where the context wants one.
    Node(String, Option<u16>),
}

/// The next node of a host, of those that a context has.
///
/// # Errors
/// What the resolvers throw.
pub fn node(context: &Context, host: &[u8]) -> Result<Found, Throw> {
    let Ok(host) = std::str::from_utf8(host) else {
        return Ok(Found::Unknown);
    };
    if host.parse::<IpAddr>().is_ok() {
        return Ok(Found::Unknown);
    }
    let Some(found) = look_up(host, context)? else {
        return Ok(Found::Unknown);
    };
    if found.parse::<IpAddr>().is_ok() {
        return Ok(Found::Node(found, None));
    }
    Ok(match found.rsplit_once(':') {
        Some((address, port)) => match port.parse() {
            Ok(port) => Found::Node(address.to_owned(), Some(port)),
            Err(_) => Found::Nothing,
        },
        None => Found::Nothing,
    })
}

/// What a connection asks: the address that the program's resolvers know. `None`: ask the system.
pub fn for_connection(name: &str, six: bool) -> Option<Result<IpAddr, Error>> {
    if !any() {
        return None;
    }
    match look_up(name, &Context::new(six, false)) {
        Ok(Some(found)) => Some(found.parse().map_err(|_| Error::ResolveFailed)),
        Ok(None) => None,
        Err(thrown) => {
            let old = THROWN.replace(Some(thrown));
            drop(old);
            Some(Err(Error::ResolveFailed))
        }
    }
}

/// What a resolver threw in the connection that has just failed.
pub fn thrown() -> Option<Throw> {
    THROWN.take()
}
