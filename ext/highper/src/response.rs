//! `Highper\Http\Response`

mod cookie;
pub(crate) mod data;
pub(crate) mod event;
pub(crate) mod file;
mod make;
pub(crate) mod stream;

use crate::app::App;
use data::{Body, Data, Kind, check_field, check_name, check_value};
use highper_zend::json;
use highper_zend::{
    Array, Call, Class, ClassHandle, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value,
};
use std::cell::RefCell;
use std::rc::Rc;

pub(crate) static RESPONSE: ClassRef = ClassRef::new("Highper\\Http\\Response");

/// What an object carries: shared until somebody changes it; none is an empty answer.
#[derive(Clone, Default)]
pub(crate) struct Response(RefCell<Option<Rc<Data>>>);

impl Trace for Response {}

impl Response {
    pub(crate) fn data(&self) -> Rc<Data> {
        self.0.borrow().clone().unwrap_or_default()
    }

    fn set(&self, data: Rc<Data>) {
        let old = self.0.borrow_mut().replace(data);
        drop(old);
    }
}

/// The data of a value that is a response. Its object is kept for later where nobody else has it.
///
/// # Errors
/// The value, where it is none.
pub(crate) fn take(app: &App, value: Value) -> Result<Rc<Data>, Value> {
    let object = value.into_object()?;
    let Some(state) = object.state::<Response>() else {
        return Err(object.into());
    };
    if object.class() == RESPONSE.get() && object.is_sole() {
        let data = state.0.take().unwrap_or_default();
        app.spare.responses.put(object);
        Ok(data)
    } else {
        Ok(state.data())
    }
}

/// Is the object a response?
pub(crate) fn is_one(object: &Object) -> bool {
    object.state::<Response>().is_some()
}

/// A response object of data that others may hold too.
pub(crate) fn shared(app: &App, data: Rc<Data>) -> Result<Object, Throw> {
    match app.spare.responses.take() {
        Some(object) => filled(object, data),
        None => filled(RESPONSE.instantiate()?, data),
    }
}

/// A response object of this data.
pub(crate) fn of_data(data: Data) -> Result<Object, Throw> {
    make(RESPONSE.get(), data)
}

fn make(class: ClassHandle, data: Data) -> Result<Object, Throw> {
    filled(class.instantiate()?, Rc::new(data))
}

fn filled(object: Object, data: Rc<Data>) -> Result<Object, Throw> {
    match object.state::<Response>() {
        Some(state) => state.set(data),
        None => return Err(Throw::error("internal error: a response without a state")),
    }
    Ok(object)
}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\Response")
            .doc("An answer. It never changes: each with…() gives a new one.")
            .handle(&RESPONSE)
            .flags(Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .cloned_state::<Response>()
            .method("public function __construct(string $body = '', int $status = 200, array $headers = [])", "An answer of any kind.", construct)
            .method("public static function json(mixed $data, int $status = 200): static", "JSON of any value, as json_encode() with unescaped slashes and Unicode.", |call| {
                let body = json::encode(call.value(0)?)?;
                new(call, Some(Kind::Json), Body::Bytes(Rc::new(body)), 1)
            })
            .method("public static function html(string $html, int $status = 200): static", "A page.", |call| {
                let body = Body::Str(call.str(0)?);
                new(call, Some(Kind::Html), body, 1)
            })
            .method("public static function text(string $text, int $status = 200): static", "Plain text.", |call| {
                let body = Body::Str(call.str(0)?);
                new(call, Some(Kind::Text), body, 1)
            })
            .method("public static function noContent(int $status = 204): static", "No body.", |call| {
                new(call, None, Body::Empty, 0)
            })
            .method("public static function redirect(string $location, int $status = 302): static", "Leads to another address.", redirect)
            .method("public static function file(string $path, ?string $name = null): static", "A file, sent by the kernel, with its validators: ranges, and 304 where the client has it. With a name, as a download. \
                 A path without file is a RuntimeException.", file::file)
            .method("public static function download(string $path, ?string $name = null): static", "A file to be saved, under its own name where none is given.", file::download)
            .method("public static function stream(\\Closure|iterable $pieces, int $status = 200, array $headers = []): static", "A body that is made while it is sent: each text that the generator yields is a piece, sent at once.\n\n\
                 The generator goes on when the client has taken most of what was sent, and ends (its `finally` blocks run) where it waits when the\n\
                 client has gone. Awaitables that it yields are awaited. What it throws before the first piece is answered as any exception; later\n\
                 it breaks the response off, so that the client can tell.\n\n\
                 @param \\Closure|iterable<string> $pieces A closure is called once the response is sent.\n\
                 @param array<string, string|list<string>> $headers Content-Type is text/plain without.", make::stream)
            .method("public static function events(\\Closure|iterable $events, float $keepAlive = 15.0, ?int $retry = null): static", "Server-sent events: each value that the generator yields is one.\n\n\
                 Event objects as they are, texts as data, all else as JSON; null for a comment. Awaitables are awaited. It ends where it waits when the\n\
                 client has gone, or the worker is to end: browsers connect again, and send the id of the last event.\n\n\
                 @param \\Closure(?string): iterable|iterable $events A closure gets the Last-Event-ID of a client that connects again.\n\
                 @param float $keepAlive Seconds of silence after which a comment is sent, for proxies; 0 for never.\n\
                 @param int|null $retry After how many milliseconds browsers connect again.", make::events)
            .method("public static function subscribe(array|string $rooms, float $keepAlive = 15.0, ?int $retry = null, int|string $queue = '256K', string $slow = 'drop-oldest'): static", "Server-sent events: each text that is sent to one of these rooms, by `Highper\\WebSocket\\Rooms` or a connection, is one. No PHP runs for it, and no coroutine waits.\n\n\
                 @param list<string>|string $rooms One, or several.\n\
                 @param float $keepAlive After so many seconds of silence a comment is sent; 0 for none.\n\
                 @param int|null $retry After how many milliseconds browsers connect again.\n\
                 @param int|string $queue Bytes that may wait for a client that takes less than it is sent.\n\
                 @param string $slow What becomes of such a client: 'drop-oldest', 'keep-last' or 'close'.", make::subscribe)
            .method("public static function msgpack(mixed $data, int $status = 200): static", "MessagePack of any value; objects as json_encode() has them.", make::msgpack)
            .method("public static function view(string $name, array $data = [], int $status = 200): static", "A page: the view notes/index is the file notes/index.html below the folder of views.\n\n@throws \\Highper\\View\\ViewException There is none, or something is wrong with it.", make::view)
            .method("public static function back(string $fallback = '/', int $status = 302): static", "Leads to the page that the request came from (its Referer), if that is one of this host.", make::back)
            .method("public static function route(string $name, array $parameters = [], int $status = 302): static", "Leads to a named route. Parameters that its path does not have become the query.", make::route)
            .method("public function status(): int", "The status code.", |call| {
                let status = call.this::<Response>()?.data().status;
                call.ret_long(status.into())
            })
            .method("public function body(): string", "The body; empty for files and streams.", |call| {
                let data = call.this::<Response>()?.data();
                match &data.body {
                    Body::Str(text) => call.ret(text),
                    body => call.ret_str(body.bytes()),
                }
            })
            .method("public function header(string $name, ?string $default = null): ?string", "A header's value, several joined by a comma.", |call| {
                let data = call.this::<Response>()?.data();
                let values: Vec<&[u8]> = data.values(call.bytes(0)?).collect();
                if values.is_empty() {
                    return call.ret(call.opt_str(1)?);
                }
                call.ret_str(values.join(&b", "[..]))
            })
            .method("public function headers(): array", "Names and lists of values.", |call| {
                let data = call.this::<Response>()?.data();
                let mut all = Array::new();
                for (name, value) in data.fields() {
                    all.nested(name).push(value);
                }
                call.ret(all)
            })
            .method("public function withStatus(int $status): static", "The same with another status.", |call| {
                let status = status(call, 0, 200)?;
                change(call, |data| data.status = status)
            })
            .method("public function withHeader(string $name, string $value): static", "The same with a header set.", |call| {
                let (name, value) = field(call)?;
                change(call, |data| data.set(name, value))
            })
            .method("public function withAddedHeader(string $name, string $value): static", "The same with one more value of a header.", |call| {
                let (name, value) = field(call)?;
                change(call, |data| data.add(name, value))
            })
            .method("public function withoutHeader(string $name): static", "The same without a header.", |call| {
                let name = call.str(0)?;
                change(call, |data| data.remove(&name))
            })
            .method("public function withBody(string $body): static", "The same with another body.", |call| {
                let body = call.str(0)?;
                change(call, |data| data.body = Body::Str(body))
            })
            .method("public function asDownload(string $name): static", "The same to be saved under a name.", |call| {
                let value = file::attachment(call.bytes(0)?);
                change(call, |data| data.set(b"Content-Disposition", &value))
            })
            .method("public function withCookie(string $name, string $value = '', ?int $maxAge = null, string $path = '/', string $domain = '', bool $secure = false, bool $httpOnly = true, string $sameSite = 'Lax'): static", "The same with a cookie; maxAge in seconds, null until the browser ends.", cookie::with)
            .method("public function withoutCookie(string $name, string $path = '/', string $domain = ''): static", "The same, telling the browser to forget a cookie.", cookie::without),
    );
    event::declare(registry);
}

fn status(call: &Call, arg: usize, default: i64) -> Result<u16, Throw> {
    let status = call.opt_long(arg, default)?;
    match u16::try_from(status) {
        Ok(status) if (200..=599).contains(&status) => Ok(status),
        _ => Err(Throw::argument_value(arg, "must be between 200 and 599")),
    }
}

fn class(call: &Call) -> ClassHandle {
    call.static_class()
        .filter(|class| class.is_a(RESPONSE.get()))
        .unwrap_or_else(|| RESPONSE.get())
}

/// Returns a new response; the status is argument number `status_arg`.
fn new(call: &mut Call, kind: Option<Kind>, body: Body, status_arg: usize) -> Done {
    let default = if kind.is_none() { 204 } else { 200 };
    let status = status(call, status_arg, default)?;
    call.ret(make(class(call), Data::new(status, kind, body))?)
}

fn construct(call: &mut Call) -> Done {
    let body = match call.opt_str(0)? {
        Some(body) => Body::Str(body),
        None => Body::Empty,
    };
    let mut data = Data::new(status(call, 1, 200)?, None, body);
    add_headers(call, 2, &mut data)?;
    call.this::<Response>()?.set(Rc::new(data));
    Ok(())
}

/// A redirect to an address that was checked; its status is argument number `arg`.
fn leading(call: &Call, arg: usize, location: &[u8]) -> Result<Object, Throw> {
    let status = match u16::try_from(call.opt_long(arg, 302)?) {
        Ok(status) if matches!(status, 300..=308) => status,
        _ => return Err(Throw::argument_value(arg, "must be between 300 and 308")),
    };
    let mut data = Data::new(status, None, Body::Empty);
    data.add(b"Location", location);
    make(class(call), data)
}

/// Adds an array of headers, argument number `arg`.
fn add_headers(call: &Call, arg: usize, data: &mut Data) -> Result<(), Throw> {
    if let Some(headers) = call.opt_array(arg)? {
        for (name, value) in headers {
            let name = name.to_bytes().into_owned();
            let values: Vec<Value> = match value.as_array() {
                Some(list) => list.values().cloned().collect(),
                None => vec![value.clone()],
            };
            for value in values {
                let value = value.to_str()?;
                check_field(&name, &value).map_err(|why| Throw::argument_value(arg, why))?;
                data.add(&name, &value);
            }
        }
    }
    Ok(())
}

fn redirect(call: &mut Call) -> Done {
    let location = call.str(0)?;
    check_field(b"Location", &location).map_err(|why| Throw::argument_value(0, why))?;
    call.ret(leading(call, 1, &location)?)
}

fn field(call: &Call) -> Result<(&[u8], &[u8]), Throw> {
    let (name, value) = (call.bytes(0)?, call.bytes(1)?);
    check_name(name).map_err(|why| Throw::argument_value(0, why))?;
    check_value(b"x", value).map_err(|why| Throw::argument_value(1, why))?;
    Ok((name, value))
}

/// Returns a copy of `$this`, changed. Where only this call has the object, as in
/// `$next($request)->withHeader(…)`, nobody can tell a copy from the object itself.
fn change(call: &Call, change: impl FnOnce(&mut Data)) -> Done {
    let this = call.this_object()?;
    let state = call.this::<Response>()?;
    if this.is_temporary() {
        change(Rc::make_mut(state.0.borrow_mut().get_or_insert_default()));
        return call.ret(this);
    }
    let mut data = Data::clone(&*state.data());
    change(&mut data);
    call.ret(make(this.class(), data)?)
}
