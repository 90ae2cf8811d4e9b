//! Responses that need more than their arguments: streams, MessagePack, redirects of this application.

use super::data::{Body, Data, Kind};
use super::stream::{Form, Stream};
use super::{add_headers, class, leading, make, status};
use crate::incoming;
use crate::pack;
use crate::websocket;
use highper_rooms::{Manner, Slow};
use highper_zend::{Array, Call, Done, Throw, Value, find_class};
use std::rc::Rc;
use std::time::Duration;

/// Argument 0: something to read values from.
fn source(call: &Call) -> Result<Value, Throw> {
    let given = call.value(0)?;
    let fits = match given.as_object() {
        Some(object) => {
            object.class_name() == "Closure"
                || find_class("Traversable")?.is_some_and(|class| object.is_instance_of(class))
        }
        None => given.is_array(),
    };
    match fits {
        true => Ok(given.clone()),
        false => Err(Throw::argument_type(
            0,
            format!(
                "must be of type Closure|iterable, {} given",
                given.type_name()
            ),
        )),
    }
}

pub(super) fn stream(call: &mut Call) -> Done {
    let stream = Stream::new(source(call)?, Form::Pieces);
    let mut data = Data::new(status(call, 1, 200)?, None, Body::Stream(Rc::new(stream)));
    add_headers(call, 2, &mut data)?;
    if data.values(b"Content-Type").next().is_none() {
        data.add(b"Content-Type", b"text/plain; charset=utf-8");
    }
    call.ret(make(class(call), data)?)
}

pub(super) fn events(call: &mut Call) -> Done {
    let source = source(call)?;
    let (every, retry) = beats(call)?;
    let stream = Stream::new(source, Form::Events { every, retry });
    call.ret(make(class(call), of_events(stream))?)
}

/// Arguments 1 and 2: nanoseconds of silence, and milliseconds until a browser connects again.
fn beats(call: &Call) -> Result<(Option<u64>, Option<u64>), Throw> {
    let every = Duration::try_from_secs_f64(call.opt_double(1, 15.0)?)
        .ok()
        .and_then(|every| u64::try_from(every.as_nanos()).ok())
        .ok_or_else(|| Throw::argument_value(1, "must be 0 or a number of seconds"))?;
    let retry = match call.opt_long_or_null(2)? {
        None => None,
        Some(retry) => Some(
            u64::try_from(retry)
                .map_err(|_| Throw::argument_value(2, "must be 0 or greater, or null"))?,
        ),
    };
    Ok((Some(every).filter(|every| *every > 0), retry))
}

/// A response of events.
fn of_events(stream: Stream) -> Data {
    let mut data = Data::new(200, None, Body::Stream(Rc::new(stream)));
    data.add(b"Content-Type", b"text/event-stream");
    data.add(b"Cache-Control", b"no-cache");
    // nginx would gather events before it passes them on.
    data.add(b"X-Accel-Buffering", b"no");
    data
}

/// Server-sent events that are what is sent to rooms.
pub(super) fn subscribe(call: &mut Call) -> Done {
    let given = call.value(0)?;
    let one;
    let names: Vec<&Value> = match given.as_array() {
        Some(list) => list.values().map(Value::deref).collect(),
        None => {
            one = given.deref().clone();
            vec![&one]
        }
    };
    let mut rooms = Vec::with_capacity(names.len());
    for name in names {
        let name = name.as_bytes().ok_or_else(|| {
            Throw::argument_type(
                0,
                format!(
                    "must be a room or a list of rooms, with {} in it",
                    name.type_name()
                ),
            )
        })?;
        rooms.push(name.into());
    }
    if rooms.is_empty() {
        return Err(Throw::argument_value(0, "must name a room"));
    }
    let (every, retry) = beats(call)?;
    let usual = Value::string("256K");
    let queue = websocket::bytes("queue", call.opt_value(3).unwrap_or(&usual))
        .map_err(|why| Throw::argument_value(3, why))?;
    let slow = call.opt_text(4, "drop-oldest")?;
    let slow = Slow::parse(slow).ok_or_else(|| {
        Throw::argument_value(
            4,
            format!("must be 'drop-oldest', 'keep-last' or 'close', '{slow}' given"),
        )
    })?;
    let manner = Manner {
        queue,
        slow,
        every,
        retry,
    };
    let stream = Stream::of_rooms(rooms, manner);
    call.ret(make(class(call), of_events(stream))?)
}

pub(super) fn msgpack(call: &mut Call) -> Done {
    let body = pack::encode(call.value(0)?)?;
    let mut data = Data::new(status(call, 1, 200)?, None, Body::Bytes(Rc::new(body)));
    data.add(b"Content-Type", pack::TYPE.as_bytes());
    call.ret(make(class(call), data)?)
}

pub(super) fn view(call: &mut Call) -> Done {
    let Some(incoming) = incoming::current() else {
        return Err(Throw::error(
            "Response::view() needs a request; elsewhere take Highper\\View as a parameter",
        ));
    };
    let status = status(call, 2, 200)?;
    let none = Array::new();
    let data = call.opt_array(1)?.unwrap_or(&none).clone();
    let views = crate::view::of(&incoming.app)?;
    let page = views.render(&incoming.app, call.text(0)?, &data)?;
    let data = Data::new(status, Some(Kind::Html), Body::Str(page));
    call.ret(make(class(call), data)?)
}

pub(super) fn back(call: &mut Call) -> Done {
    let fallback = call.opt_bytes(0, b"/")?;
    super::check_field(b"Location", fallback).map_err(|why| Throw::argument_value(0, why))?;
    let from = incoming::current().and_then(|incoming| {
        let request = incoming.exchange().request();
        let bytes = request.bytes();
        let head = request.head();
        let referer = head.get(&bytes, b"referer")?;
        let notes = incoming.notes.borrow();
        let told = notes.as_deref().and_then(|notes| notes.host.as_deref());
        let host = told.map_or_else(|| head.authority(&bytes), |host| Some(host.as_bytes()))?;
        local(referer, host).map(<[u8]>::to_vec)
    });
    call.ret(leading(call, 1, from.as_deref().unwrap_or(fallback))?)
}

/// Path and query of an address of this host: elsewhere nobody is led by what a client says.
fn local<'a>(address: &'a [u8], host: &[u8]) -> Option<&'a [u8]> {
    let rest = address
        .strip_prefix(b"https://")
        .or_else(|| address.strip_prefix(b"http://"))?;
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#'))?;
    let path = &rest[end..];
    let is_plain = path.iter().all(u8::is_ascii_graphic);
    // "//evil.example" is another host for a browser, and so is "/\evil.example".
    let is_path = path.starts_with(b"/") && !matches!(path.get(1), Some(b'/' | b'\\'));
    (rest[..end].eq_ignore_ascii_case(host) && is_plain && is_path).then_some(path)
}

pub(super) fn route(call: &mut Call) -> Done {
    let Some(incoming) = incoming::current() else {
        return Err(Throw::error(
            "Response::route() needs a request; elsewhere make the address with Application::url()",
        ));
    };
    let parameters = call.opt_array(1)?;
    let url = incoming.app.url(call.text(0)?, parameters)?;
    call.ret(leading(call, 2, url.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_pages_of_this_host() {
        assert_eq!(
            local(b"http://a.b:81/x?y=1", b"A.b:81"),
            Some(&b"/x?y=1"[..])
        );
        for address in [
            &b"http://evil.example/x"[..],
            b"http://a.b.evil.example/x",
            b"http://a.b//evil.example",
            b"http://a.b/\\evil.example",
            b"http://a.b/\r\nX: y",
            b"http://a.b@evil.example/",
            b"/x",
            b"javascript:x",
            b"",
        ] {
            assert_eq!(local(address, b"a.b"), None);
        }
    }
}
