//! Requests of an application that has filters before the router.

use super::{Web, go, handle, handle_own, missed, passed, route};
use crate::app::Compiled;
use crate::failure;
use crate::front;
use crate::incoming::{Incoming, NOWHERE, PathValues};
use crate::phase::Step;
use crate::request;
use crate::response::data::Data;
use highper_http::Exchange;
use highper_zend::{Object, Throw};
use std::rc::Rc;

/// Goes through the phase, and on.
pub(super) fn enter<const OWN: bool, const SPECIAL: bool, const MESSAGES: bool>(
    web: &Web<OWN, SPECIAL, MESSAGES>,
    exchange: Rc<Exchange>,
    compiled: &Compiled,
) {
    let app = &web.app;
    let mut notes = app.spare.notes();
    if front::pass(app, &exchange, &compiled.before, "", &mut notes) {
        return app.spare.notes.put(notes);
    }
    if compiled.hooks.is_empty() {
        return go(web, exchange, compiled, Some(notes));
    }
    let incoming = Incoming::new(app, exchange, NOWHERE, PathValues::default());
    incoming.noted(notes);
    web.spawn(incoming, run::<OWN, MESSAGES>);
}

/// The body of the coroutine.
fn run<const OWN: bool, const MESSAGES: bool>(outer: Rc<Incoming>) -> Result<(), Throw> {
    let coroutine = highper_engine::current().unwrap_or(0);
    outer.app.running.begin(coroutine, &outer);
    outer.exchange().set_owner(coroutine);
    let ended = match hooks(&outer) {
        Ok(Phase::Answered(data)) => outer
            .respond(&data)
            .or_else(|throw| failure::answer(&outer, throw))
            .map(|()| None),
        Ok(Phase::Passed(request)) => {
            let inner = routed::<MESSAGES>(&outer, &request);
            hand_on(&outer, inner.as_deref());
            Ok(inner)
        }
        Err(throw) => failure::answer(&outer, throw).map(|()| None),
    };
    outer.forget();
    outer.app.running.end(coroutine);
    // A session goes on with the request; recycling would end it.
    if outer.session.get().is_none() || !matches!(ended, Ok(Some(_))) {
        Incoming::recycle(outer);
    }
    match ended? {
        None => Ok(()),
        Some(inner) if OWN => handle_own(inner),
        Some(inner) => handle(inner),
    }
}

/// A session that a filter has asked for goes on with the request.
fn hand_on(outer: &Incoming, inner: Option<&Incoming>) {
    let Some(session) = outer.session.get() else {
        return;
    };
    match inner {
        // Nobody has asked for another one yet.
        Some(inner) => drop(inner.session.set(Rc::clone(session))),
        // The request was answered without PHP; what is wrong with the store is in the log.
        None => drop(session.save()),
    }
}

enum Phase {
    Answered(Rc<Data>),
    Passed(Object),
}

fn hooks(outer: &Rc<Incoming>) -> Result<Phase, Throw> {
    let mut request = outer.object()?;
    let Some(compiled) = outer.app.compiled() else {
        return Ok(Phase::Passed(request));
    };
    for hook in &compiled.hooks {
        match hook.run(outer, &request)? {
            Step::Pass(None) => {}
            Step::Pass(Some(other)) => {
                outer.keep(&other);
                request = other;
            }
            Step::Answer(data) => return Ok(Phase::Answered(data)),
        }
    }
    Ok(Phase::Passed(request))
}

/// The request that its route handles; `None` where it was answered.
fn routed<const MESSAGES: bool>(outer: &Rc<Incoming>, request: &Object) -> Option<Rc<Incoming>> {
    let app = &outer.app;
    let compiled = app.compiled()?;
    let exchange = Rc::clone(outer.exchange());
    let notes = outer.take_notes();
    match route::<MESSAGES>(compiled, &exchange) {
        Err(miss) => {
            missed(app, &exchange, compiled, miss, Some(notes));
            None
        }
        Ok((number, values)) => {
            let notes = match compiled.endpoints.get(number) {
                Some(endpoint) => passed(app, &exchange, endpoint, number, Some(notes))?,
                None => notes,
            };
            let inner = Incoming::new(app, exchange, number, values);
            inner.noted(notes);
            inner.scoped.replace(outer.scoped.take());
            if let Some(session) = outer.session.get() {
                let _first = inner.session.set(Rc::clone(session));
            }
            request::belongs(request, &inner);
            inner.keep(request);
            Some(inner)
        }
    }
}
