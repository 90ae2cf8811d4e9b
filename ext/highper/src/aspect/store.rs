//! Where results are kept: the application's cache, or one of the process.

use crate::incoming;
use highper_zend::{ClassRef, Object, Str, Throw, Value};
use std::cell::RefCell;

static CACHE: ClassRef = ClassRef::new("Highper\\Cache");
const PSR_16: &str = "Psr\\SimpleCache\\CacheInterface";
/// Bytes of a cache of our own.
const SIZE: &str = "16M";

thread_local! {
    static OWN: RefCell<Option<Object>> = const { RefCell::new(None) };
}

/// The cache of a name in the container; without one that which is bound as `Highper\Cache`, else as PSR-16's, else one
/// that this process has for itself.
///
/// # Errors
/// The name stands for nothing that can be made.
pub(crate) fn find(name: Option<&Str>) -> Result<Object, Throw> {
    let app = incoming::app();
    let name = match (name, &app) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(app)) => [CACHE.name(), PSR_16]
            .into_iter()
            .find(|name| app.container.is_bound(name))
            .map(Str::new),
        (None, None) => None,
    };
    match (name, app) {
        (Some(name), Some(app)) => {
            let found = app.container.by_name(&app, &name, incoming::current)?;
            found
                .into_object()
                .map_err(|_| Throw::error("a cache must be an object"))
        }
        (Some(name), None) => Err(Throw::error(format!(
            "the cache {} is asked for, and there is no application with a container",
            name.to_string_lossy()
        ))),
        (None, _) => own(),
    }
}

fn own() -> Result<Object, Throw> {
    if let Some(known) = OWN.with_borrow(Clone::clone) {
        return Ok(known);
    }
    let made = CACHE
        .get()
        .new_object(&[Value::string(SIZE)])
        .into_result()?;
    let made = made
        .into_object()
        .map_err(|_| Throw::error("no cache was made"))?;
    OWN.set(Some(made.clone()));
    Ok(made)
}

/// Lets go of it. Call at RSHUTDOWN.
pub(crate) fn forget() {
    let old = OWN.take();
    drop(old);
}
