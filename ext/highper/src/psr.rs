//! What the Composer package `highper/highper` adds where it is installed. The extension declares
//! nothing under `Psr\\`: it only knows the names.

use crate::app::App;
use crate::container::{Concrete, Lifetime};
use highper_zend::{Callable, ClassRef, Object, Throw, Value, find_class};

const LOGGER: &str = "Psr\\Log\\LoggerInterface";
const OUR_LOGGER: &str = "Highper\\Psr\\Logger";
const CONTAINER: &str = "Psr\\Container\\ContainerInterface";
const OUR_CONTAINER: &str = "Highper\\Psr\\Container";
const DISPATCHER: &str = "Psr\\EventDispatcher\\EventDispatcherInterface";
const OUR_DISPATCHER: &str = "Highper\\Psr\\Dispatcher";
const CACHE: &str = "Psr\\SimpleCache\\CacheInterface";
const OUR_CACHE: &str = "Highper\\Psr\\SimpleCache";
const CLIENT: &str = "Psr\\Http\\Client\\ClientInterface";
const OUR_CLIENT: &str = "Highper\\Psr\\HttpClient";
const NATIVE_CACHE: &str = "Highper\\Cache";
const BRIDGE: &str = "Highper\\Psr\\Middleware";
static MIDDLEWARE: ClassRef = ClassRef::new("Psr\\Http\\Server\\MiddlewareInterface");

/// Binds the application's log, container, events, HTTP client and, where it has bound one, cache to PSR's interfaces, unless
/// somebody else has.
///
/// # Errors
/// What an autoloader throws.
pub(crate) fn bind(app: &App) -> Result<(), Throw> {
    for (interface, ours) in [
        (LOGGER, OUR_LOGGER),
        (CONTAINER, OUR_CONTAINER),
        (DISPATCHER, OUR_DISPATCHER),
        (CACHE, OUR_CACHE),
        (CLIENT, OUR_CLIENT),
    ] {
        if interface == CACHE && !app.container.is_bound(NATIVE_CACHE) {
            continue;
        }
        // The interface first: without it the bridge can't be compiled.
        if !app.container.is_bound(interface)
            && find_class(interface)?.is_some()
            && find_class(ours)?.is_some()
        {
            let ours = Concrete::Class(ours.to_owned());
            app.container.bind(interface, Lifetime::Worker, ours);
        }
    }
    Ok(())
}

/// Is it a PSR-15 middleware?
pub(crate) fn is_middleware(object: &Object) -> bool {
    let interface = MIDDLEWARE.try_get();
    interface.is_some_and(|interface| object.is_instance_of(interface))
}

/// A PSR-15 middleware as a native one; `None` where the object is none.
///
/// # Errors
/// The package is not installed, or can't make PSR-7 messages.
pub(crate) fn middleware(app: &App, class: &str, object: &Value) -> Result<Option<Value>, Throw> {
    if !object.as_object().is_some_and(is_middleware) || Callable::new(object).is_ok() {
        return Ok(None);
    }
    if find_class(BRIDGE)?.is_none() {
        return Err(Throw::error(format!(
            "{class} is a PSR-15 middleware: composer require highper/highper nyholm/psr7"
        )));
    }
    let of = Callable::new(&Value::string(format!("{BRIDGE}::of"))).map_err(Throw::error)?;
    let application = app.built_in("highper\\application")?;
    of.call(&[object.clone(), application.into()])
        .into_result()
        .map(Some)
}
