//! The four phases between a connection and a handler, in each of which an application may have filters.

use crate::app::App;
use crate::endpoint::{callable, to_response};
use crate::incoming::Incoming;
use crate::request;
use crate::response;
use crate::response::data::Data;
use crate::route::Middleware;
use highper_zend::{Call, Callable, Done, Object, Throw, Value};
use std::cell::OnceCell;
use std::rc::Rc;

/// What was registered, by phase.
#[derive(Clone, Default)]
pub(crate) struct Phases {
    pub(crate) pre_router: Vec<Middleware>,
    pub(crate) post_router: Vec<Middleware>,
    pub(crate) pre_dispatch: Vec<Middleware>,
    pub(crate) post_dispatch: Vec<Middleware>,
}

impl Phases {
    /// All that a route goes through. `middleware` is what stands between the phases.
    pub(crate) fn around(&self, middleware: Vec<Middleware>) -> Vec<Middleware> {
        let mut all: Vec<Middleware> = self.post_router.iter().map(before).collect();
        all.extend(middleware);
        all.extend(self.pre_dispatch.iter().map(before));
        // The one that was registered first is the first to see an answer.
        all.extend(self.post_dispatch.iter().rev().map(after));
        all
    }
}

/// Filters that need no PHP stand in the list as they are.
fn before(middleware: &Middleware) -> Middleware {
    match middleware {
        Middleware::Filter(filter) => Middleware::Filter(Rc::clone(filter)),
        other => Middleware::Before(Box::new(other.clone())),
    }
}

fn after(middleware: &Middleware) -> Middleware {
    match middleware {
        Middleware::Filter(filter) => Middleware::Filter(Rc::clone(filter)),
        other => Middleware::After(Box::new(other.clone())),
    }
}

/// `string|object ...$filters`
pub(crate) fn filters(call: &Call) -> Result<Vec<Middleware>, Throw> {
    let mut all = Vec::new();
    for (at, value) in call.rest(0).iter().enumerate() {
        match Middleware::of(value).map_err(|why| Throw::argument_value(at, why))? {
            Middleware::Psr(object) => {
                let must = format!(
                    "must be a filter, PSR-15 middleware given ({}): it belongs to middleware()",
                    object.class_name()
                );
                return Err(Throw::argument_value(at, must));
            }
            one => all.push(one),
        }
    }
    Ok(all)
}

/// Registers filters of a phase.
pub(crate) fn add(call: &Call, app: &App, list: impl FnOnce(Vec<Middleware>)) -> Done {
    app.may_add("filter")?;
    list(filters(call)?);
    call.ret_this()
}

/// What a filter of PHP wants.
pub(crate) enum Step {
    /// The request goes on, as another object where there is one.
    Pass(Option<Object>),
    /// This is the answer.
    Answer(Rc<Data>),
}

/// Calls a filter before something, with the request.
pub(crate) fn step(
    incoming: &Incoming,
    callable: &Callable,
    request: &Object,
) -> Result<Step, Throw> {
    let said = callable.call_with([request.as_value()]).into_result()?;
    if said.is_null() {
        return Ok(Step::Pass(None));
    }
    match said
        .as_object()
        .filter(|object| request::incoming(object).is_some())
    {
        Some(object) => Ok(Step::Pass(Some(object.clone()))),
        None => to_response(&incoming.app, said, None).map(Step::Answer),
    }
}

/// Calls a filter after the handler, with the request and its answer.
pub(crate) fn answered(
    incoming: &Incoming,
    callable: &Callable,
    request: &Object,
    data: Rc<Data>,
) -> Result<Rc<Data>, Throw> {
    let answer = Value::from(response::shared(&incoming.app, Rc::clone(&data))?);
    let said = callable.call(&[request.into(), answer]).into_result()?;
    match said.is_null() {
        true => Ok(data),
        false => to_response(&incoming.app, said, None),
    }
}

/// A filter of PHP that stands before the router.
pub(crate) struct Hook {
    middleware: Middleware,
    callable: OnceCell<Callable>,
}

impl Hook {
    pub(crate) fn new(middleware: Middleware) -> Self {
        Self {
            middleware,
            callable: OnceCell::new(),
        }
    }

    /// The class that the container makes for it.
    pub(crate) fn class(&self) -> Option<&str> {
        match &self.middleware {
            Middleware::Class(class) => Some(class),
            _ => None,
        }
    }

    /// Calls it.
    pub(crate) fn run(&self, incoming: &Incoming, request: &Object) -> Result<Step, Throw> {
        let callable = match self.callable.get() {
            Some(callable) => callable,
            None => {
                let made = callable(&incoming.app, &self.middleware)?;
                self.callable.get_or_init(|| made)
            }
        };
        step(incoming, callable, request)
    }
}
