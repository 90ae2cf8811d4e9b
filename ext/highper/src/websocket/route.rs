//! `Application::websocket()`

use super::read::{Given, of_class, of_closures};
use crate::application::of;
use crate::route::{Handler, Middleware, Route, Shared, place};
use crate::routes;
use highper_zend::reflect;
use highper_zend::{Call, Class, Throw, Value, find_class};
use std::rc::Rc;

const SIGNATURE: &str = "public function websocket(string $path, \\Closure|string $handler, ?\\Closure $open = null, ?\\Closure $close = null, int|string $queue = '256K', string $slow = 'drop-oldest', int|string $maxMessage = '1M', float $ping = 30.0, bool $compress = false, array $protocols = [], array $origins = [], int $connections = 0, array $middleware = []): static";
const DOC: &str = "A route whose clients speak WebSocket, as #[WebSocket].\n\n\
         @param string $path Such as '/rooms/{room}'.\n\
         @param \\Closure|class-string $handler Called with each message; or a class with methods open(), message(), close() and error().\n\
         @param \\Closure|null $open Called when a client has connected.\n\
         @param \\Closure|null $close Called when it has gone.\n\
         @param int|string $queue Bytes that may wait for a client that takes less than it is sent.\n\
         @param string $slow What becomes of such a client: 'drop-oldest', 'keep-last' or 'close'.\n\
         @param int|string $maxMessage Bytes of a message at most.\n\
         @param float $ping Seconds of silence after which a client is asked whether it is there; 0 for never.\n\
         @param bool $compress Are messages compressed for clients that can?\n\
         @param list<string> $protocols Subprotocols, the best first.\n\
         @param list<string> $origins From which pages browsers may connect, '*' for all; none for those of the same host.\n\
         @param int $connections Connections of a worker at most; 0 for any number.\n\
         @param list<string|object> $middleware Of this route.";

/// Adds the method to `Application`.
pub(crate) fn method(class: Class) -> Class {
    class.method(SIGNATURE, DOC, |call| {
        let app = Rc::clone(of(call)?);
        app.add(route(call, &Shared::default(), "Highper\\Application")?)?;
        call.ret_this()
    })
}

/// Adds it to `Routes`.
pub(crate) fn method_of_group(class: Class) -> Class {
    class.method(SIGNATURE, DOC, |call| {
        let (app, shared) = routes::of(call)?;
        app.add(route(call, shared, "Highper\\Routes")?)?;
        call.ret_this()
    })
}

/// `websocket($path, $handler, …)`
fn route(call: &Call, shared: &Shared, class: &str) -> Result<Route, Throw> {
    let (usual_queue, usual_message) = (Value::string("256K"), Value::string("1M"));
    let given = Given {
        queue: call.opt_value(4).unwrap_or(&usual_queue),
        slow: call.opt_text(5, "drop-oldest")?,
        max_message: call.opt_value(6).unwrap_or(&usual_message),
        ping: call.opt_double(7, 30.0)?,
        compress: call.opt_bool(8, false)?,
        protocols: call.opt_array(9)?,
        origins: call.opt_array(10)?,
        connections: call.opt_long(11, 0)?,
    };
    let wrong = |why: String| Throw::value_error(format!("{class}::websocket(): {why}"));
    let terms = given.terms().map_err(wrong)?;
    let handler = call.value(1)?;
    let closure = |at: usize| -> Result<Option<Handler>, Throw> {
        Ok(call.opt_callable(at)?.map(Handler::Closure))
    };
    let definition = match handler.as_str() {
        Some(name) => {
            let class = find_class(name)?.map(reflect::Class::from);
            let class = class.ok_or_else(|| {
                Throw::argument_value(1, format!("must be a Closure or a class, '{name}' given"))
            })?;
            if call.opt_callable(2)?.is_some() || call.opt_callable(3)?.is_some() {
                return Err(wrong(
                    "a class has methods open() and close(): leave the closures away".into(),
                ));
            }
            of_class(class, terms).map_err(wrong)?
        }
        None => of_closures(
            Handler::Closure(call.callable(1)?),
            closure(2)?,
            closure(3)?,
            terms,
        ),
    };
    let mut middleware = Vec::new();
    for value in call
        .opt_array(12)?
        .into_iter()
        .flat_map(|list| list.values())
    {
        middleware.push(Middleware::of(value).map_err(|why| Throw::argument_value(12, why))?);
    }
    let (pattern, middleware) = shared.around(call.text(0)?, middleware);
    Ok(Route {
        methods: vec!["GET".into()],
        pattern,
        name: None,
        handler: definition.first(),
        middleware,
        status: None,
        socket: Some(Rc::new(definition)),
        at: place(),
    })
}
