//! `Highper\Http\Response`

mod cookie;
pub(crate) mod data;

use crate::app::App;
use data::{Body, Data, Kind, check_field, check_name, check_value};
use highper_http::mime;
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
            .method("public static function file(string $path, ?string $name = null): static", "A file, sent by the kernel; with a name, as a download. A path without file is a RuntimeException.", file)
            .method("public function status(): int", "", |call| {
                let status = call.this::<Response>()?.data().status;
                call.ret_long(status.into())
            })
            .method("public function body(): string", "The body; empty for files.", |call| {
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
            .method("public function withCookie(string $name, string $value = '', ?int $maxAge = null, string $path = '/', string $domain = '', bool $secure = false, bool $httpOnly = true, string $sameSite = 'Lax'): static", "The same with a cookie; maxAge in seconds, null until the browser ends.", cookie::with)
            .method("public function withoutCookie(string $name, string $path = '/', string $domain = ''): static", "The same, telling the browser to forget a cookie.", cookie::without),
    );
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
    if let Some(headers) = call.opt_array(2)? {
        for (name, value) in headers {
            let name = name.to_bytes().into_owned();
            let values: Vec<Value> = match value.as_array() {
                Some(list) => list.values().cloned().collect(),
                None => vec![value.clone()],
            };
            for value in values {
                let value = value.to_str()?;
                check_field(&name, &value).map_err(|why| Throw::argument_value(2, why))?;
                data.add(&name, &value);
            }
        }
    }
    call.this::<Response>()?.set(Rc::new(data));
    Ok(())
}

fn redirect(call: &mut Call) -> Done {
    let status = call.opt_long(1, 302)?;
    let status = match u16::try_from(status) {
        Ok(status) if matches!(status, 300..=308) => status,
        _ => return Err(Throw::argument_value(1, "must be between 300 and 308")),
    };
    let location = call.str(0)?;
    check_field(b"Location", &location).map_err(|why| Throw::argument_value(0, why))?;
    let mut data = Data::new(status, None, Body::Empty);
    data.add(b"Location", &location);
    call.ret(make(class(call), data)?)
}

fn file(call: &mut Call) -> Done {
    let path = call.text(0)?;
    let cannot = |why: String| Throw::exception(format!("the file {path} can't be sent: {why}"));
    let file = std::fs::File::open(path).map_err(|e| cannot(e.to_string()))?;
    let meta = file.metadata().map_err(|e| cannot(e.to_string()))?;
    if !meta.is_file() {
        return Err(cannot("it is not a file".into()));
    }
    let kind = mime::of_name(path.as_bytes());
    let mut data = Data::new(200, None, Body::File(Rc::new(file), meta.len()));
    data.add(b"Content-Type", kind.as_bytes());
    if let Some(name) = call.opt_str(1)? {
        let shown: Vec<u8> = name
            .iter()
            .map(|b| {
                if b.is_ascii_graphic() && !b"\"\\%".contains(b) || *b == b' ' {
                    *b
                } else {
                    b'_'
                }
            })
            .collect();
        let mut value = b"attachment; filename=\"".to_vec();
        value.extend_from_slice(&shown);
        value.push(b'"');
        if shown != *name {
            value.extend_from_slice(b"; filename*=UTF-8''");
            for &byte in name.iter() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    value.push(byte);
                } else {
                    value.extend_from_slice(format!("%{byte:02X}").as_bytes());
                }
            }
        }
        data.add(b"Content-Disposition", &value);
    }
    call.ret(make(class(call), data)?)
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
