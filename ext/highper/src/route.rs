//! Routes as they were written down, before they are compiled.

use crate::filter;
use crate::websocket::Definition;
use highper_app::router::Group;
use highper_filter::Filter;
use highper_zend::{Call, Callable, Object, Throw, Value, error};
use std::rc::Rc;

/// A middleware as it was named.
#[derive(Clone)]
pub(crate) enum Middleware {
    Class(String),
    Closure(Callable),
    /// One of PSR-15.
    Psr(Object),
    /// One that needs no PHP.
    Filter(Rc<Filter>),
    /// A filter of a phase before the handler: called with the request.
    Before(Box<Self>),
    /// A filter of the phase after the handler: called with the request and the answer.
    After(Box<Self>),
}

/// A handler as it was named.
#[derive(Clone)]
pub(crate) enum Handler {
    /// Class and method; the container makes the object.
    Method(String, String),
    Closure(Callable),
}

/// A route as it was written down.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) methods: Vec<String>,
    pub(crate) pattern: String,
    /// What it is called in addresses that are made.
    pub(crate) name: Option<String>,
    pub(crate) handler: Handler,
    /// Outermost first.
    pub(crate) middleware: Vec<Middleware>,
    pub(crate) status: Option<u16>,
    /// What is called for its connections, where it speaks WebSocket.
    pub(crate) socket: Option<Rc<Definition>>,
    /// `file:line`
    pub(crate) at: String,
}

/// What routes inherit.
#[derive(Clone, Default)]
pub(crate) struct Shared {
    prefix: Group,
    middleware: Vec<Middleware>,
}

impl Shared {
    pub(crate) fn nest(&self, prefix: &str, middleware: Vec<Middleware>) -> Self {
        Self {
            prefix: self.prefix.nest(prefix, &[]),
            middleware: [self.middleware.clone(), middleware].concat(),
        }
    }

    /// A pattern and middleware of a route inside of it.
    pub(crate) fn around(
        &self,
        pattern: &str,
        middleware: Vec<Middleware>,
    ) -> (String, Vec<Middleware>) {
        let all = [self.middleware.clone(), middleware].concat();
        (self.prefix.join(pattern), all)
    }

    /// The route of a call `$routes->get(path, handler, ...middleware)`, whose first argument
    /// that matters is number `from`.
    pub(crate) fn route(&self, methods: &[&str], call: &Call, from: usize) -> Result<Route, Throw> {
        let pattern = self.prefix.join(call.text(from)?);
        let handler = handler(call, from + 1)?;
        Ok(Route {
            methods: methods.iter().map(ToString::to_string).collect(),
            pattern,
            name: None,
            handler,
            middleware: [self.middleware.clone(), middleware(call, from + 2)?].concat(),
            status: None,
            socket: None,
            at: place(),
        })
    }
}

/// `file:line` of the PHP code that calls.
pub(crate) fn place() -> String {
    match error::location() {
        Some((file, line)) => format!("{file}:{line}"),
        None => "unknown".into(),
    }
}

/// `Closure|[class, method]`
pub(crate) fn handler(call: &Call, arg: usize) -> Result<Handler, Throw> {
    let value = call.value(arg)?;
    if let Some(pair) = value.as_array() {
        let text = |at| {
            pair.get_index(at)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        if let (Some(class), Some(method), 2) = (text(0), text(1), pair.len()) {
            return Ok(Handler::Method(class, method));
        }
        if pair.get_index(0).is_none_or(|v| !v.is_object()) {
            return Err(Throw::argument_value(
                arg,
                "must be a Closure or [class, method]",
            ));
        }
    }
    match Callable::new(value) {
        Ok(callable) if !value.is_string() => Ok(Handler::Closure(callable)),
        Ok(_) => Err(Throw::argument_type(
            arg,
            "must be a Closure or [class, method]",
        )),
        Err(why) => Err(Throw::argument_value(
            arg,
            format!("must be a Closure or [class, method]: {why}"),
        )),
    }
}

impl Middleware {
    /// An object, or the name of a class.
    ///
    /// # Errors
    /// What it must be.
    pub(crate) fn of(value: &Value) -> Result<Self, String> {
        if let Some(class) = value.as_str() {
            return Ok(Self::Class(class.to_owned()));
        }
        let Some(object) = value.as_object() else {
            return Err(format!("must be a middleware, {} given", value.type_name()));
        };
        if let Some(filter) = filter::of(object) {
            return Ok(Self::Filter(filter));
        }
        match Callable::new(value) {
            Ok(callable) => Ok(Self::Closure(callable)),
            Err(_) if crate::psr::is_middleware(object) => Ok(Self::Psr(object.clone())),
            Err(_) => Err(format!(
                "must be a middleware: a Closure, a filter, or an object with __invoke(Request $request, Closure $next): Response; {} given",
                object.class_name()
            )),
        }
    }
}

/// `string|object ...$middleware`
pub(crate) fn middleware(call: &Call, from: usize) -> Result<Vec<Middleware>, Throw> {
    let mut all = Vec::new();
    for (at, value) in call.rest(from).iter().enumerate() {
        all.push(Middleware::of(value).map_err(|why| Throw::argument_value(from + at, why))?);
    }
    Ok(all)
}
