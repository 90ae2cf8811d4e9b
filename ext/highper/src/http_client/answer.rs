//! `Highper\Http\ClientResponse`

use super::exception::{misused, status, thrown};
use super::outgoing::{as_json, joined};
use super::stream;
use super::wishes::fields;
use highper_fetch::{Headers, Response};
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value, call_function,
};
use std::cell::{Cell, OnceCell, RefCell};
use std::path::PathBuf;

static RESPONSE: ClassRef = ClassRef::new("Highper\\Http\\ClientResponse");

/// `JSON_THROW_ON_ERROR`
const THROW_ON_ERROR: i64 = 4_194_304;
/// Bytes of a body that a message shows.
const SHOWN: usize = 120;

/// What an answer is for.
pub(super) struct Asked {
    pub(super) method: Vec<u8>,
    pub(super) url: String,
}

/// An answer's fields.
enum Fields {
    Received(Headers),
    Made(Array),
}

struct Made {
    asked: Asked,
    fields: Fields,
    sink: Option<PathBuf>,
}

#[derive(Default)]
pub(super) struct State {
    made: OnceCell<Made>,
    headers: RefCell<Option<Array>>,
    /// The whole body.
    body: RefCell<Option<Value>>,
    /// What is still to come.
    rest: RefCell<Option<Box<Response>>>,
    is_streamed: Cell<bool>,
}

impl Trace for State {}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\ClientResponse")
            .doc("What a server has answered. Answers of any status are answers: throw() makes those from 400 on exceptions.")
            .handle(&RESPONSE)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone()
            .property("public readonly int $status", "The status, 200 for example.")
            .property("public readonly string $url", "What it is an answer for, behind all redirects; without user and fragment.")
            .property("public readonly string $version", "The version of HTTP: 1.0, 1.1 or 2.")
            .property("public readonly int $redirects", "How many redirects were followed.")
            .method(
                "public static function make(mixed $body = '', int $status = 200, array $headers = []): self",
                "An answer that nobody has sent, for tests.\n\n\
                 @param mixed $body A text, or what becomes JSON.\n\
                 @param array<string, string|list<string>> $headers",
                make,
            )
            .method(
                "public function header(string $name): ?string",
                "A header's values, with commas between them; null when there is none of this name.",
                |call| {
                    let name = call.text(0)?.to_ascii_lowercase();
                    let all = headers(call)?;
                    match all.get_symbol(&name).and_then(Value::as_array) {
                        Some(list) => call.ret(joined(list)),
                        None => call.ret_null(),
                    }
                },
            )
            .method(
                "public function headers(): array",
                "All headers: lists of values by names in lower case.\n\n@return array<string, list<string>>",
                |call| {
                    let all = headers(call)?;
                    call.ret(all)
                },
            )
            .method(
                "public function body(): string",
                "The whole body, decoded; waits for what has not come yet.\n\n@throws \\Highper\\Http\\ClientException",
                |call| {
                    let body = body(call)?;
                    call.ret(body)
                },
            )
            .method("public function __toString(): string", "The whole body.", |call| {
                let body = body(call)?;
                call.ret(body)
            })
            .method(
                "public function json(?string $path = null): mixed",
                "The body's JSON, objects as arrays.\n\n\
                 @param string|null $path Leads to a value in it: user.name; null where there is none.\n\
                 @throws \\Highper\\Http\\ClientProtocolException The body is no JSON.",
                decoded,
            )
            .method("public function ok(): bool", "Is the status from 200 to 299?", |call| {
                let number = number(call)?;
                call.ret_bool((200..300).contains(&number))
            })
            .method("public function failed(): bool", "Is the status 400 or more?", |call| {
                let number = number(call)?;
                call.ret_bool(number >= 400)
            })
            .method(
                "public function throw(): static",
                "Throws for a status from 400 on; otherwise it returns the answer.\n\n@throws \\Highper\\Http\\ClientStatusException",
                raise,
            )
            .method(
                "public function stream(): \\Highper\\Http\\ClientStream",
                "The body in pieces as they come, to be gone through once. A request with stream: true has not read it before.",
                |call| {
                    let state = call.this::<State>()?;
                    if state.is_streamed.replace(true) {
                        return Err(misused("the pieces of this body were asked for before: they come once"));
                    }
                    let rest = state.rest.take();
                    let body = match &rest {
                        Some(_) => None,
                        None => state.body.borrow().clone(),
                    };
                    let made = stream::object(rest, body, asked(call)?)?;
                    call.ret(made)
                },
            ),
    );
}

/// An answer that has come, or whose body comes.
pub(super) fn received(
    mut response: Box<Response>,
    asked: Asked,
    sink: Option<PathBuf>,
) -> Result<Object, Throw> {
    let object = RESPONSE.instantiate()?;
    object.set_slot(0, i64::from(response.status));
    object.set_slot(1, response.url.as_str());
    object.set_slot(2, response.version);
    object.set_slot(3, i64::from(response.redirects));
    if let Some(state) = object.state::<State>() {
        let headers = std::mem::replace(&mut response.headers, Headers::Two(Vec::new()));
        let _first = state.made.set(Made {
            asked,
            fields: Fields::Received(headers),
            sink,
        });
        match response.is_over() {
            true => {
                let body = response.take();
                state.body.replace(Some(Value::string(&body)));
            }
            false => drop(state.rest.replace(Some(response))),
        }
    }
    Ok(object)
}

fn make(call: &mut Call) -> Done {
    let given = call
        .opt_value(0)
        .cloned()
        .unwrap_or_else(|| Value::from(""));
    let status = call.opt_long(1, 200)?;
    if !(100..=599).contains(&status) {
        return Err(Throw::argument_value(1, "must be from 100 to 599"));
    }
    let mut headers = Array::new();
    if let Some(given) = call.opt_array(2)? {
        for (name, value) in fields(given.as_value()).map_err(Throw::value_error)? {
            headers.nested(name.to_ascii_lowercase()).push(value);
        }
    }
    let body = if given.is_string() {
        given
    } else {
        if headers.get("content-type").is_none() {
            headers.nested("content-type").push("application/json");
        }
        Value::string(as_json(&given)?)
    };
    let object = RESPONSE.instantiate()?;
    object.set_slot(0, status);
    object.set_slot(1, "");
    object.set_slot(2, "1.1");
    object.set_slot(3, 0_i64);
    if let Some(state) = object.state::<State>() {
        let _first = state.made.set(Made {
            asked: Asked {
                method: Vec::new(),
                url: String::new(),
            },
            fields: Fields::Made(headers),
            sink: None,
        });
        state.body.replace(Some(body));
    }
    call.ret(object)
}

/// The same answer once more, for another request: one that was made serves many.
pub(super) fn again(
    object: &Object,
    asked: Asked,
    sink: Option<PathBuf>,
) -> Result<Option<Object>, Throw> {
    let Some(state) = object
        .state::<State>()
        .filter(|_| object.is_instance_of(RESPONSE.get()))
    else {
        return Ok(None);
    };
    let (
        Some(Made {
            fields: Fields::Made(headers),
            ..
        }),
        Some(body),
    ) = (state.made.get(), state.body.borrow().clone())
    else {
        return Ok(None);
    };
    let copy = RESPONSE.instantiate()?;
    copy.set_slot(0, object.slot(0).cloned().unwrap_or_default());
    copy.set_slot(1, asked.url.as_str());
    copy.set_slot(2, "1.1");
    copy.set_slot(3, 0_i64);
    if let Some(state) = copy.state::<State>() {
        if let Some(sink) = &sink {
            let bytes = body.as_bytes().unwrap_or_default();
            std::fs::write(sink, bytes).map_err(|error| {
                misused(format!("{} can't be written: {error}", sink.display()))
            })?;
        }
        let _first = state.made.set(Made {
            asked,
            fields: Fields::Made(headers.clone()),
            sink,
        });
        state.body.replace(Some(body));
    }
    Ok(Some(copy))
}

fn number(call: &Call) -> Result<i64, Throw> {
    Ok(call.this_object()?.slot(0).map_or(0, Value::to_long))
}

fn asked(call: &Call) -> Result<Asked, Throw> {
    let made = call.this::<State>()?.made.get();
    let asked = &made
        .ok_or_else(|| misused("this answer is for no request"))?
        .asked;
    Ok(Asked {
        method: asked.method.clone(),
        url: asked.url.clone(),
    })
}

fn headers(call: &Call) -> Result<Array, Throw> {
    let state = call.this::<State>()?;
    if let Some(known) = &*state.headers.borrow() {
        return Ok(known.clone());
    }
    let all = match state.made.get().map(|made| &made.fields) {
        Some(Fields::Received(headers)) => {
            let mut all = Array::new();
            for (name, value) in headers.iter() {
                all.nested(name.to_ascii_lowercase()).push(value);
            }
            all
        }
        Some(Fields::Made(all)) => all.clone(),
        None => Array::new(),
    };
    state.headers.replace(Some(all.clone()));
    Ok(all)
}

fn body(call: &Call) -> Result<Value, Throw> {
    let state = call.this::<State>()?;
    if let Some(path) = state.made.get().and_then(|made| made.sink.as_ref()) {
        return Err(misused(format!(
            "this body was written to {}",
            path.display()
        )));
    }
    if let Some(known) = &*state.body.borrow() {
        return Ok(known.clone());
    }
    let Some(mut rest) = state.rest.take() else {
        return Err(misused(
            "this body is read by stream(), whose pieces come once",
        ));
    };
    let read = rest.read();
    drop(rest);
    let asked = asked(call)?;
    let bytes = read.map_err(|error| thrown(&error, &asked.method, &asked.url))?;
    let value = Value::string(&bytes);
    drop(bytes);
    state.body.replace(Some(value.clone()));
    Ok(value)
}

fn decoded(call: &mut Call) -> Done {
    let text = body(call)?;
    let bytes = text.as_bytes().unwrap_or_default();
    let value = match crate::decode::decode(bytes) {
        Some(value) => value,
        None => {
            let args = [
                text.clone(),
                Value::bool(true),
                Value::long(512),
                Value::long(THROW_ON_ERROR),
            ];
            match call_function("json_decode", &args).into_result() {
                Ok(value) => value,
                Err(Throw::Object(why)) => {
                    let asked = asked(call)?;
                    let why = why.as_object().map(Object::exception_message);
                    let error = highper_fetch::Error {
                        kind: highper_fetch::Kind::Protocol,
                        message: format!(
                            "{} {}: the answer is no JSON ({}): {}",
                            String::from_utf8_lossy(&asked.method),
                            asked.url,
                            why.as_ref()
                                .map(|why| why.to_string_lossy())
                                .unwrap_or_default(),
                            shown(bytes)
                        ),
                        is_unsent: false,
                        is_begun: true,
                    };
                    return Err(thrown(&error, &asked.method, &asked.url));
                }
                Err(other) => return Err(other),
            }
        }
    };
    let Some(path) = call.opt_bytes_or_null(0)? else {
        return call.ret(value);
    };
    let mut at = value;
    for part in path.split(|byte| *byte == b'.') {
        let next = at
            .as_array()
            .and_then(|array| array.get_symbol(part))
            .cloned();
        match next {
            Some(next) => at = next,
            None => return call.ret_null(),
        }
    }
    call.ret(at)
}

/// The beginning of a body in one line.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]);
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match bytes.len() > SHOWN {
        true => format!("{line}…"),
        false => line,
    }
}

fn raise(call: &mut Call) -> Done {
    let code = number(call)?;
    if code < 400 {
        return call.ret_this();
    }
    let asked = asked(call)?;
    let begin = match call
        .this::<State>()?
        .made
        .get()
        .is_some_and(|made| made.sink.is_some())
    {
        true => String::new(),
        false => {
            let text = body(call)?;
            shown(text.as_bytes().unwrap_or_default())
        }
    };
    let mut message = format!(
        "{} {} was answered with {code}",
        String::from_utf8_lossy(&asked.method),
        asked.url
    );
    if !begin.is_empty() {
        message.push_str(": ");
        message.push_str(&begin);
    }
    let code = u16::try_from(code).unwrap_or(0);
    Err(status(
        &message,
        code,
        &asked.method,
        &asked.url,
        call.this_object()?,
    ))
}
