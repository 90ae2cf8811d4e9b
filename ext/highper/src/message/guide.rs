//! The application's side of messages: their keys, and the service that answers.

use crate::app::App;
use crate::endpoint::throw_text;
use crate::web;
use highper_http::{Server, Settings};
use highper_log::Level;
use highper_message::{Desk, Guide};
use highper_runtime::serve;
use highper_runtime::superglobals::Scope;
use highper_zend::{Callable, Throw, Value};
use std::rc::Rc;

/// Answers messages in a worker.
struct Counter {
    app: Rc<App>,
    server: Server,
    keys: Vec<Option<Callable>>,
}

/// The service for messages of a worker whose application is compiled; `None` where it has no ports for any.
///
/// # Errors
/// The server's own fields can't be sent.
pub(crate) fn begin(app: &Rc<App>, scope: Scope) -> Result<Option<Rc<Desk>>, String> {
    let ports = app.ports.borrow().clone();
    if ports.is_empty() {
        return Ok(None);
    }
    // What is said of a connection is for nobody, and a body is there with its head.
    let longest = ports
        .iter()
        .map(|port| port.limit as u64)
        .max()
        .unwrap_or(0);
    let mut settings = Settings {
        tls: None,
        http2: None,
        static_files: None,
        server: None,
        ..app.settings.borrow().http.clone()
    };
    settings.limits.body_bytes = settings.limits.body_bytes.max(longest);
    let server = Server::new(settings, web::messages(Rc::clone(app), scope))
        .map_err(|error| error.to_string())?;
    let doors = ports.iter().map(|port| port.door.clone()).enumerate();
    let counter = Counter {
        app: Rc::clone(app),
        server,
        keys: ports.iter().map(|port| port.key.clone()).collect(),
    };
    Ok(Some(Desk::new(doors.collect(), Box::new(counter))))
}

/// What a client is told where its message is for nothing.
const NOWHERE: &str = "The message is for nothing that is known here.";

impl Guide for Counter {
    fn key(&self, port: usize, message: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), String> {
        let Some(Some(callable)) = self.keys.get(port) else {
            return Err(NOWHERE.to_owned());
        };
        let found = callable.call(&[Value::string(message)]).into_result();
        match found.and_then(|found| split(&found)) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(NOWHERE.to_owned()),
            Err(throw) => {
                let text = format!("the key of a message was not found: {}", throw_text(throw));
                self.app.log(Level::Error, &text, &[], None);
                Err(NOWHERE.to_owned())
            }
        }
    }

    fn server(&self) -> Option<Server> {
        Some(self.server.clone())
    }

    fn streams(&self) -> Option<highper_stream::Server> {
        serve::worker()?.streams()
    }

    fn trouble(&self, text: &str) {
        self.app.log(Level::Warning, text, &[], None);
    }
}

type Found = (Vec<u8>, Option<Vec<u8>>);

/// What a closure returns: the path, or the path and the body; null for none.
fn split(found: &Value) -> Result<Option<Found>, Throw> {
    let wrong = || {
        Throw::error(format!(
            "the closure must return a path, a list of a path and a body, or null; {} returned",
            found.describe()
        ))
    };
    if found.is_null() {
        return Ok(None);
    }
    if let Some(path) = found.as_bytes() {
        return Ok(Some((path.to_vec(), None)));
    }
    let pair = found.as_array().filter(|pair| pair.len() == 2);
    let part = |at: i64| pair.and_then(|pair| pair.get_index(at)?.deref().as_bytes());
    match (part(0), part(1)) {
        (Some(path), Some(body)) => Ok(Some((path.to_vec(), Some(body.to_vec())))),
        _ => Err(wrong()),
    }
}
