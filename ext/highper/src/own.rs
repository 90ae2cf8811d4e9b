//! A request whose superglobals, session and output are its own: what it prints and what `header()` sets go into its response.

use crate::failure;
use crate::incoming::Incoming;
use crate::response::data::{Body, Data, Kind, check_field};
use highper_runtime::exit;
use highper_runtime::superglobals::{self, Answer};
use highper_zend::Throw;
use std::rc::Rc;

/// Runs the handler and answers.
///
/// # Errors
/// A fatal error goes on, for the coroutine to end with.
pub(crate) fn run(incoming: &Rc<Incoming>) -> Result<(), Throw> {
    let app = &incoming.app;
    let exchange = incoming.exchange();
    let result = superglobals::begin(exchange)
        .and_then(|()| app.endpoint(incoming.endpoint))
        .and_then(|endpoint| endpoint.run(incoming))
        .map(Some)
        .or_else(|throw| match exit::of(&throw) {
            // As under php-fpm: the script is over, and its output is the answer.
            Some(text) => {
                superglobals::print(&text);
                Ok(None)
            }
            None => Err(throw),
        });
    let ended = superglobals::end(exchange);
    match result.and_then(|data| ended.map(|()| data)) {
        Ok(data) => {
            let answer = superglobals::answer();
            superglobals::shut();
            let data = match data {
                Some(data) if answer.is_empty() => data,
                data => Rc::new(merged(data.as_deref(), &answer)),
            };
            let sent = incoming.respond(&data);
            app.spare.keep(data);
            sent.or_else(|throw| failure::answer(incoming, throw))
        }
        Err(throw) => {
            superglobals::let_out();
            failure::answer(incoming, throw)
        }
    }
}

/// Did the handler return nothing?
fn is_nothing(data: &Data) -> bool {
    data.status == 204 && matches!(data.body, Body::Empty) && data.fields().next().is_none()
}

/// The server frames the body itself.
fn is_framing(name: &[u8]) -> bool {
    [&b"content-length"[..], b"transfer-encoding", b"connection"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// What was printed comes before what was returned, as under php-fpm, where a framework prints its response last.
fn merged(data: Option<&Data>, answer: &Answer) -> Data {
    let mut data = match data {
        Some(data) if !is_nothing(data) => data.clone(),
        Some(_) if answer.body().is_empty() && answer.status == 200 => {
            Data::new(204, None, Body::Empty)
        }
        _ => Data::new(200, Some(Kind::Html), Body::Empty),
    };
    if data.status == 200 {
        data.status = answer.status;
    }
    let lines: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, value)| {
            let is_more = name.eq_ignore_ascii_case(b"set-cookie")
                || name.eq_ignore_ascii_case(b"content-type")
                || data.values(name).next().is_none();
            is_more && !is_framing(name) && check_field(name, value).is_ok()
        })
        .collect();
    for (name, value) in lines {
        match name.eq_ignore_ascii_case(b"content-type") {
            true => data.set(name, value),
            false => data.add(name, value),
        }
    }
    let printed = answer.body();
    if !printed.is_empty() {
        match &data.body {
            // A file is sent from where it is, a stream as it comes.
            Body::File(..) | Body::Stream(_) => {
                superglobals::print(&answer.printed);
            }
            Body::Empty => {
                if let Some(text) = answer.printed.as_string() {
                    data.body = Body::Str(text);
                }
            }
            body => data.body = Body::Bytes(Rc::new([printed, body.bytes()].concat())),
        }
    }
    data
}
