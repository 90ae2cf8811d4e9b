//! `Swoole\Server\Helper` of the library: figures in a file, the admin server. Called where a server asks for them.

use super::State;
use highper_zend::{Callable, Object, Throw, Value};

/// The events that it sees to, and its methods for them.
const METHODS: [(&str, &str); 4] = [
    ("start", "onStart"),
    ("beforeshutdown", "onBeforeShutdown"),
    ("workerstart", "onWorkerStart"),
    ("workerexit", "onWorkerExit"),
];

/// Runs before the program's own callback of an event.
///
/// # Errors
/// What the library throws.
pub(super) fn before(server: &Object, event: &str, arguments: &[Value]) -> Result<(), Throw> {
    match METHODS.iter().find(|(name, _)| *name == event) {
        Some((_, method)) => call(server, method, arguments),
        None => Ok(()),
    }
}

/// Runs before anything is made of the server: commands can still be added.
///
/// # Errors
/// As [`before`].
pub(super) fn before_start(server: &Object) -> Result<(), Throw> {
    call(server, "onBeforeStart", &[Value::from(server)])
}

fn call(server: &Object, method: &str, arguments: &[Value]) -> Result<(), Throw> {
    let is_wanted = server.state::<State>().is_some_and(|state| {
        let settings = state.settings.borrow();
        ["stats_file", "admin_server"]
            .iter()
            .any(|name| settings.get(name).is_some_and(Value::to_bool))
    });
    if !is_wanted {
        return Ok(());
    }
    // Without the library there is no such class.
    let name = Value::string(format!("Swoole\\Server\\Helper::{method}"));
    if let Ok(method) = Callable::new(&name) {
        method.call(arguments).into_result()?;
    }
    Ok(())
}
