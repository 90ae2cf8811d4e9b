//! What filters have found out about a request.

use super::of;
use crate::incoming::Incoming;
use highper_filter::Notes;
use highper_zend::{Array, Call, Class, Done, Value};
use serde_json::Value as Json;

/// What was noted; `None` where no filter stands before the handler.
fn noted<T>(incoming: &Incoming, read: impl FnOnce(&Notes) -> Option<T>) -> Option<T> {
    incoming.notes.borrow().as_deref().and_then(read)
}

/// The client's address; empty on a Unix socket.
fn ip(incoming: &Incoming) -> String {
    let peer = || incoming.exchange().connection().peer().map(|p| p.ip());
    noted(incoming, |notes| notes.client)
        .or_else(peer)
        .map(|ip| ip.to_string())
        .unwrap_or_default()
}

/// Does the client speak TLS?
fn is_secure(incoming: &Incoming) -> bool {
    noted(incoming, |notes| notes.secure)
        .unwrap_or_else(|| incoming.exchange().connection().is_secure())
}

fn claims(call: &mut Call) -> Done {
    let claims = noted(&*of(call)?, |notes| notes.claims.clone()).unwrap_or_default();
    if call.is_absent(0) {
        return call.ret(value(&Json::Object(claims)));
    }
    match claims.get(call.text(0)?) {
        Some(claim) => call.ret(value(claim)),
        None => call.ret(call.opt_value(1).cloned()),
    }
}

/// A value of JSON as PHP has it: objects are arrays.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::null(),
        Json::Bool(b) => Value::from(*b),
        Json::Number(n) => match n.as_i64() {
            Some(n) => Value::from(n),
            None => Value::from(n.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::string(text),
        Json::Array(list) => {
            let mut array = Array::new();
            for one in list {
                array.push(value(one));
            }
            array.into()
        }
        Json::Object(map) => {
            let mut array = Array::new();
            for (name, one) in map {
                array.set(name, value(one));
            }
            array.into()
        }
    }
}

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function ip(): string",
            "The client's address: the peer's, or what a trusted proxy says (Highper\\Filter\\TrustedProxies); empty on a Unix socket.",
            |call| call.ret_str(ip(&*of(call)?)),
        )
        .method(
            "public function scheme(): string",
            "https or http, as the client speaks it: to this server, or to a trusted proxy.",
            |call| {
                call.ret_str(match is_secure(&*of(call)?) {
                    true => "https",
                    false => "http",
                })
            },
        )
        .method(
            "public function isSecure(): bool",
            "Does the client speak TLS, to this server or to a trusted proxy?",
            |call| call.ret_bool(is_secure(&*of(call)?)),
        )
        .method(
            "public function host(): ?string",
            "Host and port that the client asked for, this server or a trusted proxy.",
            |call| {
                let incoming = of(call)?;
                if let Some(host) = noted(&incoming, |notes| notes.host.clone()) {
                    return call.ret_str(&*host);
                }
                let request = incoming.exchange().request();
                let bytes = request.bytes();
                call.ret(request.head().authority(&bytes).map(Value::string))
            },
        )
        .method(
            "public function nonce(): string",
            "What inline scripts and styles of this answer carry: <script nonce=\"…\">. Empty without Highper\\Filter\\ContentSecurityPolicy and its source 'nonce'.",
            |call| {
                let nonce = noted(&*of(call)?, |notes| notes.nonce.clone());
                call.ret_str(nonce.as_deref().unwrap_or_default())
            },
        )
        .method(
            "public function user(): ?string",
            "Who has signed in: the name (Highper\\Filter\\BasicAuth) or the token's `sub` (Highper\\Filter\\BearerAuth); null where nobody has.",
            |call| {
                let user = noted(&*of(call)?, |notes| notes.user.clone());
                call.ret(user.as_deref().map(Value::string))
            },
        )
        .method(
            "public function claims(?string $name = null, mixed $default = null): mixed",
            "A claim of the client's token, or all of them; empty without Highper\\Filter\\BearerAuth.",
            claims,
        )
        .method(
            "public function trace(): ?string",
            "The id of the trace that the request belongs to, 32 hexadecimal digits; null without Highper\\Filter\\TraceContext.",
            |call| {
                let trace = noted(&*of(call)?, |notes| notes.trace.as_ref().map(|t| t.trace.clone()));
                call.ret(trace.as_deref().map(Value::string))
            },
        )
        .method(
            "public function traceparent(): ?string",
            "The header of that name for requests that are made for this one's sake; null without Highper\\Filter\\TraceContext.",
            |call| {
                let header = noted(&*of(call)?, |notes| notes.trace.as_ref().map(highper_filter::Trace::header));
                call.ret(header.as_deref().map(Value::string))
            },
        )
}
