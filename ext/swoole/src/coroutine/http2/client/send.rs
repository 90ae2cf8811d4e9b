//! Sending requests.

use super::incoming::Incoming;
use super::link::{flush, linked, with};
use super::{Client, Target, refuse};
use crate::coroutine::http::client::perform::memory_limit;
use crate::coroutine::http::client::request::query;
use crate::coroutine::socket::failure;
use crate::coroutine::waiting;
use crate::error_code;
use crate::http2::request::{
    COOKIES, DATA, HEADERS, METHOD, PATH, PIPELINE, PIPELINE_READ, REQUEST,
};
use highper_http::cookie;
use highper_http2::Refused;
use highper_net::Kind;
use highper_zend::{Call, Class, Done, Key, Object, Str, Throw, Value};

/// `EINVAL`
const INVALID: i32 = 22;

/// Fields that belong to a connection of HTTP/1.1: RFC 9113, section 8.2.2.
const OF_CONNECTION: [&[u8]; 5] = [
    b"connection",
    b"keep-alive",
    b"proxy-connection",
    b"transfer-encoding",
    b"upgrade",
];

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function send(Swoole\\Http2\\Request $request): int|false",
            "Sends a request; the number of its stream.",
            send,
        )
        .method(
            "public function write(int $stream_id, mixed $data, bool $end_stream = false): bool",
            "Sends more of the body of a request with `$pipeline`.",
            write,
        )
}

/// A property of a request, whose class may be extended.
fn property(request: &Object, slot: usize) -> Value {
    request.slot(slot).cloned().unwrap_or_default()
}

fn text_or(value: &Value, default: &[u8]) -> Vec<u8> {
    match value.as_bytes() {
        Some(text) if !text.is_empty() => text.to_vec(),
        _ => default.to_vec(),
    }
}

/// A body; `None` when it is empty.
fn body_of(data: &Value) -> Result<Option<Str>, Throw> {
    let text = match data.as_array() {
        Some(form) => query(form.clone())?,
        None if data.is_null() || data.as_bool() == Some(false) => return Ok(None),
        None => data.to_str()?,
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn authority(target: &Target) -> Vec<u8> {
    let mut host = match target.kind {
        Kind::UnixStream => b"localhost".to_vec(),
        Kind::Tcp6 => [b"[", &target.host[..], b"]"].concat(),
        _ => target.host.clone(),
    };
    let usual = if target.tls { 443 } else { 80 };
    if target.port != usual && target.kind != Kind::UnixStream {
        host.extend_from_slice(format!(":{}", target.port).as_bytes());
    }
    host
}

type Fields = Vec<(Vec<u8>, Vec<u8>)>;

fn fields_of(request: &Object, target: &Target) -> Result<Fields, Throw> {
    let scheme: &[u8] = if target.tls { b"https" } else { b"http" };
    let mut own = Fields::new();
    let mut host = None;
    if let Some(headers) = property(request, HEADERS).as_array().cloned() {
        for (key, value) in &headers {
            let Key::Name(name) = key else { continue };
            if value.is_null() || name.starts_with(b":") {
                continue;
            }
            let name = name.to_ascii_lowercase();
            let value = value.to_str()?.to_vec();
            if name == b"host" {
                host = Some(value);
            } else if !OF_CONNECTION.contains(&&name[..]) {
                own.push((name, value));
            }
        }
    }
    let mut fields = vec![
        (
            b":method".to_vec(),
            text_or(&property(request, METHOD), b"GET"),
        ),
        (b":path".to_vec(), text_or(&property(request, PATH), b"/")),
        (b":scheme".to_vec(), scheme.to_vec()),
        (
            b":authority".to_vec(),
            host.unwrap_or_else(|| authority(target)),
        ),
    ];
    fields.append(&mut own);
    if let Some(cookies) = property(request, COOKIES).as_array().cloned() {
        for (key, value) in &cookies {
            let Key::Name(name) = key else { continue };
            if !value.is_null() {
                let mut line = [name, b"="].concat();
                cookie::encode(&value.to_str()?, &mut line);
                fields.push((b"cookie".to_vec(), line));
            }
        }
    }
    Ok(fields)
}

fn send(call: &mut Call) -> Done {
    if linked(call)?.is_none() {
        return call.ret_bool(false);
    }
    waiting::can_wait()?;
    let request = call.object_of(0, &REQUEST)?.clone();
    let client = call.this::<Client>()?;
    let data = property(&request, DATA);
    let headers = property(&request, HEADERS).as_array().cloned();
    let mut headers = headers.unwrap_or_default();
    if data.is_array() {
        headers.set("content-type", "application/x-www-form-urlencoded");
    }
    request.set_slot(HEADERS, headers);
    let fields = fields_of(&request, client.target()?)?;
    let body = body_of(&data)?;
    let writes = property(&request, PIPELINE).to_bool();
    let in_pieces = property(&request, PIPELINE_READ).to_bool();
    // What the properties ran may have closed it.
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    let borrowed: Vec<(&[u8], &[u8])> = fields
        .iter()
        .map(|(name, value)| (&name[..], &value[..]))
        .collect();
    let begun = with(client, |connection| {
        let stream = connection.request(&borrowed, body.is_none() && !writes)?;
        if let Some(body) = &body {
            connection.data(stream, body, !writes)?;
        }
        Ok(stream)
    });
    let stream = match begun.unwrap_or(Err(Refused::NoStream)) {
        Ok(stream) => stream,
        Err(refused) => {
            let (code, text) = describe(refused);
            return refuse(call, code, text);
        }
    };
    let incoming = Incoming::new(memory_limit(), writes, in_pieces);
    client.incoming.borrow_mut().insert(stream, incoming);
    match flush(call, &link)? {
        true => call.ret(stream),
        false => call.ret_bool(false),
    }
}

fn describe(refused: Refused) -> (i32, &'static str) {
    match refused {
        Refused::GoingAway => (
            error_code::HTTP2_STREAM_ID_TOO_BIG,
            "the server takes no more streams on this connection",
        ),
        Refused::TooManyStreams => (
            error_code::QUEUE_FULL,
            "the server wants fewer streams at once, try again later",
        ),
        Refused::NoStream => (
            error_code::HTTP2_STREAM_NOT_FOUND,
            "there is no such stream",
        ),
        Refused::Field => (
            error_code::INVALID_PARAMS,
            "a header's name or value has characters that HTTP/2 has no place for: line ends, NUL, or blanks in a name",
        ),
    }
}

fn write(call: &mut Call) -> Done {
    if linked(call)?.is_none() {
        return call.ret_bool(false);
    }
    waiting::can_wait()?;
    let stream = call.long(0)?;
    let data = call.value(1)?.deref().clone();
    let end = call.opt_bool(2, false)?;
    let client = call.this::<Client>()?;
    let body = body_of(&data)?;
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    let number = u32::try_from(stream).unwrap_or(0);
    let open = client
        .incoming
        .borrow()
        .get(&number)
        .is_some_and(|incoming| incoming.writes);
    let bytes = body.as_ref().map_or(&b""[..], Str::as_bytes);
    let written = open
        && with(client, |connection| {
            connection.data(number, bytes, end).is_ok()
        })
        .unwrap_or(false);
    if !written {
        let text = format!("unable to found active pipeline stream#{stream}");
        failure::set(call.this_object()?, super::SLOTS, INVALID, &text);
        return call.ret_bool(false);
    }
    let sent = flush(call, &link)?;
    call.ret_bool(sent)
}
