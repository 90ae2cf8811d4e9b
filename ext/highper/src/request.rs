//! `Highper\Http\Request`

mod client;

use crate::app::App;
use crate::exception::http_exception::{decode_json, exception};
use crate::incoming::Incoming;
use crate::local::Draft;
use crate::response::data::check_value;
use crate::session;
use highper_http::Body;
use highper_http::form::Kind;
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Key, Object, Registry, Str, Throw, Trace, Tracer,
    Value,
};
use std::cell::RefCell;
use std::rc::Rc;

pub(crate) static REQUEST: ClassRef = ClassRef::new("Highper\\Http\\Request");

/// What an object carries. Everything is read from the connection's bytes when it is asked for.
#[derive(Clone, Default)]
pub(crate) struct Request {
    incoming: RefCell<Option<Rc<Incoming>>>,
    attributes: RefCell<Option<Array>>,
    /// What `create()` made, which nobody has handled yet.
    draft: RefCell<Option<Rc<Draft>>>,
}

impl Trace for Request {
    fn trace(&self, tracer: &mut Tracer) {
        self.attributes.trace(tracer);
    }
}

/// An object for a request.
pub(crate) fn object(incoming: &Rc<Incoming>) -> Result<Object, Throw> {
    let object = match incoming.app.spare.requests.take() {
        Some(object) => object,
        None => REQUEST.instantiate()?,
    };
    if let Some(state) = object.state::<Request>() {
        state.incoming.replace(Some(Rc::clone(incoming)));
    }
    Ok(object)
}

/// The request is over: an object that nobody else has kept serves another one.
pub(crate) fn recycle(app: &App, object: Object) {
    if !object.is_sole() {
        return;
    }
    let Some(state) = object.state::<Request>() else {
        return;
    };
    let (incoming, attributes) = (state.incoming.take(), state.attributes.take());
    drop((incoming, attributes));
    // The attributes' destructors may have got hold of it.
    if object.is_sole() {
        app.spare.requests.put(object);
    }
}

/// Says which request an object stands for.
pub(crate) fn belongs(object: &Object, incoming: &Rc<Incoming>) {
    if let Some(state) = object.state::<Request>() {
        let old = state.incoming.replace(Some(Rc::clone(incoming)));
        drop(old);
    }
}

/// The request behind an object.
#[inline]
pub(crate) fn incoming(object: &Object) -> Option<Rc<Incoming>> {
    object.state::<Request>()?.incoming.borrow().clone()
}

fn of(call: &Call) -> Result<Rc<Incoming>, Throw> {
    let state = call.this::<Request>()?;
    let incoming = state.incoming.borrow().clone();
    incoming.ok_or_else(|| {
        Throw::error(match state.draft.borrow().is_some() {
            true => "this request has not been handled yet: give it to Application::handle(), and read the one that the handler gets",
            false => "this request object belongs to no request",
        })
    })
}

/// What `Request::create()` made.
pub(crate) fn draft(object: &Object) -> Option<Rc<Draft>> {
    object.state::<Request>()?.draft.borrow().clone()
}

/// `create($method, $uri, $headers, $body, $ip)`
fn create(call: &mut Call) -> Done {
    let mut headers = Vec::new();
    for (name, value) in call.opt_array(2)?.into_iter().flatten() {
        let Key::Name(name) = name else {
            return Err(Throw::argument_value(
                2,
                "must have names of headers as keys",
            ));
        };
        let values: Vec<Value> = match value.as_array() {
            Some(list) => list.values().cloned().collect(),
            None => vec![value.clone()],
        };
        for value in values {
            headers.push((name.to_vec(), value.to_str()?.to_vec()));
        }
    }
    let ip = match call.opt_text(4, "")? {
        "" => None,
        text => Some(text.parse().map_err(|_| {
            Throw::argument_value(4, format!("must be an IP address, '{text}' given"))
        })?),
    };
    let body = call.opt_str(3)?;
    let body = body.as_deref().unwrap_or_default();
    let draft =
        Draft::new(&call.str(0)?, &call.str(1)?, &headers, body, ip).map_err(Throw::value_error)?;
    let object = REQUEST.instantiate()?;
    if let Some(state) = object.state::<Request>() {
        state.draft.replace(Some(Rc::new(draft)));
    }
    call.ret(object)
}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(client::methods(
        Class::new("Highper\\Http\\Request")
            .doc("A request. Nothing of it is copied before it is asked for.")
            .handle(&REQUEST)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .cloned_state::<Request>()
            .deny_create()
            .method(
                "public static function create(string $method, string $uri, array $headers = [], string $body = '', string $ip = '127.0.0.1'): static",
                "A request to be given to Application::handle(): for tests, and for parts of a page.\n\n\
                 @param string $uri Path and query, percent-encoded.\n\
                 @param array<string, string|list<string>> $headers\n\
                 @param string $ip The client's address.\n\
                 @throws \\ValueError something of it can't be sent",
                create,
            )
            .method(
                "public function method(): string",
                "GET, POST, … as sent.",
                |call| {
                    let incoming = of(call)?;
                    let request = incoming.exchange().request();
                    call.ret_str(request.head().method_name(&request.bytes()))
                },
            )
            .method(
                "public function path(): string",
                "The path as sent: percent-encoded, without the query.",
                |call| {
                    let incoming = of(call)?;
                    let request = incoming.exchange().request();
                    call.ret_str(request.head().path(&request.bytes()))
                },
            )
            .method(
                "public function uri(): string",
                "Path and query as sent.",
                |call| {
                    let incoming = of(call)?;
                    let request = incoming.exchange().request();
                    call.ret_str(request.head().target(&request.bytes()))
                },
            )
            .method(
                "public function protocol(): string",
                "HTTP/1.0 or HTTP/1.1.",
                |call| call.ret_str(protocol(&*of(call)?)),
            )
            .method(
                "public function header(string $name, ?string $default = null): ?string",
                "A header, in any letter case; the first of several.",
                |call| {
                    let name = call.str(0)?;
                    let incoming = of(call)?;
                    let request = incoming.exchange().request();
                    let bytes = request.bytes();
                    match request.head().get(&bytes, &name) {
                        Some(value) => call.ret_str(value),
                        None => call.ret(call.opt_str(1)?),
                    }
                },
            )
            .method(
                "public function headers(): array",
                "All headers: names in lower case, and lists of values.",
                |call| {
                    let incoming = of(call)?;
                    let request = incoming.exchange().request();
                    let bytes = request.bytes();
                    let mut all = Array::new();
                    for (name, value) in request.head().fields(&bytes) {
                        all.nested(name.to_ascii_lowercase()).push(value);
                    }
                    call.ret(all)
                },
            )
            .method(
                "public function query(?string $name = null, mixed $default = null): mixed",
                "A value of the query, or all of them.",
                |call| {
                    let incoming = of(call)?;
                    pick(call, incoming.query())
                },
            )
            .method(
                "public function cookie(?string $name = null, mixed $default = null): mixed",
                "A cookie, or all of them.",
                |call| {
                    let incoming = of(call)?;
                    pick(call, incoming.cookies())
                },
            )
            .method(
                "public function form(?string $name = null, mixed $default = null): mixed",
                "A field of a form, or all of them.",
                |call| {
                    let incoming = of(call)?;
                    crate::body::collected(&incoming)?;
                    let form = incoming.form().map_err(unreadable)?;
                    pick(call, form)
                },
            )
            .method(
                "public function body(): string",
                "The body's bytes; empty for multipart forms. Of a streamed body, what read() has not taken: waits for its end.",
                |call| call.ret(body(&*of(call)?)?),
            )
            .method(
                "public function read(int $length = 65536): string",
                "The next bytes of the body, at most so many; empty at its end. On a route with #[StreamBody] it waits until the client has sent some, \
                 and the client can't send more than is read.\n\n\
                 @throws \\Highper\\Http\\Disconnected the client has gone before the end of the body\n\
                 @throws \\Highper\\Http\\HttpException the body is too large, malformed or too slow; the client was told",
                |call| {
                    let length = call.opt_long(0, crate::body::PIECE)?;
                    let length = usize::try_from(length)
                        .ok()
                        .filter(|n| *n > 0)
                        .ok_or_else(|| Throw::argument_value(0, "must be greater than 0"))?;
                    let incoming = of(call)?;
                    call.ret(crate::body::read(&incoming, length)?)
                },
            )
            .method(
                "public function isConnected(): bool",
                "Is the client still there? One that has only ended its sending side is.",
                |call| {
                    let connected = of(call)?.exchange().is_connected();
                    call.ret_bool(connected)
                },
            )
            .method(
                "public function earlyHints(string ...$links): bool",
                "Sends `103 Early Hints` at once, a Link each, so that the browser fetches while the answer is made: \
                 `</app.css>; rel=preload; as=style`. False where the answer has begun or the client has gone.",
                early_hints,
            )
            .method(
                "public function json(): mixed",
                "The body as JSON, objects as arrays. A body that is none is answered with 400.",
                |call| {
                    let body = body(&*of(call)?)?;
                    call.ret(decode_json(&body)?)
                },
            )
            .method(
                "public function file(string $name): ?array",
                "An upload: name, type, tmp_name, error and size, as in $_FILES.",
                |call| {
                    let incoming = of(call)?;
                    crate::body::collected(&incoming)?;
                    call.ret(files(&incoming).get_symbol(call.bytes(0)?))
                },
            )
            .method(
                "public function files(): array",
                "All uploads, as $_FILES has them.",
                |call| {
                    let incoming = of(call)?;
                    crate::body::collected(&incoming)?;
                    call.ret(files(&incoming))
                },
            )
            .method(
                "public function id(): string",
                "The request's id: X-Request-Id, or one of our own.",
                |call| call.ret_str(of(call)?.id()),
            )
            .method(
                "public function route(): string",
                "The pattern of the route.",
                |call| {
                    let incoming = of(call)?;
                    call.ret_str(incoming.app.pattern(incoming.endpoint))
                },
            )
            .method(
                "public function param(string $name): ?string",
                "A path parameter as text.",
                |call| {
                    let name = call.str(0)?;
                    let incoming = of(call)?;
                    let value = incoming.app.param(&incoming, &name);
                    call.ret(value)
                },
            )
            .method(
                "public function session(): \\Highper\\Session",
                "The session.",
                |call| call.ret(session::object(&*of(call)?)?),
            )
            .method(
                "public function attribute(string $name, mixed $default = null): mixed",
                "What a middleware has left here.",
                |call| {
                    let attributes = call.this::<Request>()?.attributes.borrow().clone();
                    let found = attributes
                        .as_ref()
                        .and_then(|a| a.get(call.bytes(0).ok()?).cloned());
                    match found {
                        Some(value) => call.ret(value),
                        None => call.ret(call.opt_value(1).cloned()),
                    }
                },
            )
            .method(
                "public function withAttribute(string $name, mixed $value): static",
                "The same request with a value for those who handle it next.",
                with_attribute,
            ),
    ));
}

/// `HTTP/1.1`
pub(crate) fn protocol(incoming: &Incoming) -> &'static str {
    crate::send::protocol(incoming.exchange())
}

pub(crate) fn unreadable(error: std::io::Error) -> Throw {
    Throw::exception(format!("the request's body can't be read: {error}"))
}

/// The body's bytes as a string of PHP's.
pub(crate) fn body(incoming: &Incoming) -> Result<Str, Throw> {
    if let Some(rest) = crate::body::rest(incoming)? {
        return Ok(rest);
    }
    incoming
        .exchange()
        .request()
        .with_body(|bytes| Str::new(bytes))
        .map_err(unreadable)
}

/// All uploads, as `$_FILES` has them.
pub(crate) fn files(incoming: &Incoming) -> Array {
    match incoming.exchange().request().body() {
        Body::Form(form) => highper_runtime::input::array(&form.files),
        _ => Array::new(),
    }
}

fn early_hints(call: &mut Call) -> Done {
    let mut fields: Vec<(&[u8], &[u8])> = Vec::new();
    for (at, link) in call.rest(0).iter().enumerate() {
        let link = link
            .as_bytes()
            .filter(|link| link.starts_with(b"<") && check_value(b"Link", link).is_ok())
            .ok_or_else(|| {
                Throw::argument_value(
                    at,
                    "must be a link such as '</app.css>; rel=preload; as=style'",
                )
            })?;
        fields.push((b"Link", link));
    }
    if fields.is_empty() {
        return Err(Throw::argument_value(0, "must be a link, none given"));
    }
    let sent = of(call)?.exchange().interim(103, &fields);
    call.ret_bool(sent.is_ok())
}

/// One value by argument 0, or all.
fn pick(call: &mut Call, all: &Array) -> Done {
    if call.is_absent(0) {
        return call.ret(all);
    }
    let found = all.get_symbol(call.bytes(0)?).cloned();
    match found {
        Some(value) => call.ret(value),
        None => call.ret(call.opt_value(1).cloned()),
    }
}

fn with_attribute(call: &mut Call) -> Done {
    let (name, value) = (call.str(0)?, call.value(1)?.clone());
    let state = call.this::<Request>()?;
    let mut attributes = Array::new();
    if let Some(old) = &*state.attributes.borrow() {
        for (key, value) in old {
            match key {
                Key::Index(index) => attributes.set_index(index, value),
                Key::Name(name) => attributes.set(name, value),
            };
        }
    }
    attributes.set(&name, value);
    let made = object(&of(call)?)?;
    if let Some(new) = made.state::<Request>() {
        new.attributes.replace(Some(attributes));
    }
    call.ret(made)
}

/// The body as an array, for a parameter: JSON or a form, by its Content-Type.
pub(crate) fn fields(incoming: &Incoming) -> Result<(Array, bool), Throw> {
    let is_empty = matches!(incoming.exchange().request().body(), Body::Empty);
    match incoming.body_kind() {
        Kind::UrlEncoded | Kind::Multipart(_) => {
            Ok((incoming.form().map_err(unreadable)?.clone(), true))
        }
        _ if is_empty => Ok((Array::new(), false)),
        Kind::Json => {
            let body = body(incoming)?;
            if body.is_empty() {
                return Ok((Array::new(), false));
            }
            match decode_json(&body)?.into_array() {
                Ok(array) => Ok((array, false)),
                Err(other) => Err(exception(
                    400,
                    &format!(
                        "The body must be a JSON object or array, {} given",
                        other.type_name()
                    ),
                )),
            }
        }
        Kind::Other => Err(exception(
            415,
            "The body must be application/json, application/x-www-form-urlencoded or multipart/form-data",
        )),
    }
}
