//! `Swoole\Http\Cookie`: a cookie made part by part, for `Response::cookie()`.

use highper_http::cookie::{CookieError, SetCookie};
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value, error,
};
use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) static COOKIE: ClassRef = ClassRef::new("Swoole\\Http\\Cookie");

/// Empty texts are attributes that are not sent.
#[derive(Default)]
struct Parts {
    name: Vec<u8>,
    value: Vec<u8>,
    expires: i64,
    path: Vec<u8>,
    domain: Vec<u8>,
    secure: bool,
    http_only: bool,
    same_site: Vec<u8>,
    priority: Vec<u8>,
    partitioned: bool,
    /// Is the value sent as it is?
    raw: bool,
}

#[derive(Default)]
struct State(RefCell<Option<Parts>>);

impl Trace for State {}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Http\\Cookie")
            .doc("A cookie, made part by part. Give it to Response::cookie().")
            .handle(&COOKIE)
            .flags(Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_clone()
            .deny_unset()
            .method("public function __construct(bool $encode = true)", "Is the value url-encoded?", |call| {
                let raw = !call.opt_bool(0, true)?;
                call.this::<State>()?.0.replace(Some(Parts { raw, ..Parts::default() }));
                Ok(())
            })
            .method("public function withName(string $name): \\Swoole\\Http\\Cookie", "The name.", |call| {
                text(call, b"", |parts| &mut parts.name)
            })
            .method("public function withValue(string $value = ''): \\Swoole\\Http\\Cookie", "The value; an empty one deletes the cookie.", |call| {
                text(call, b"", |parts| &mut parts.value)
            })
            .method("public function withExpires(int $expires = 0): \\Swoole\\Http\\Cookie", "Seconds since 1970; 0: the end of the browser's session.", |call| {
                let expires = call.opt_long(0, 0)?;
                with(call, |parts| parts.expires = expires)
            })
            .method("public function withPath(string $path = '/'): \\Swoole\\Http\\Cookie", "The attribute Path.", |call| {
                text(call, b"/", |parts| &mut parts.path)
            })
            .method("public function withDomain(string $domain = ''): \\Swoole\\Http\\Cookie", "The attribute Domain.", |call| {
                text(call, b"", |parts| &mut parts.domain)
            })
            .method("public function withSecure(bool $secure = false): \\Swoole\\Http\\Cookie", "Only over TLS?", |call| {
                flag(call, |parts| &mut parts.secure)
            })
            .method("public function withHttpOnly(bool $httpOnly = false): \\Swoole\\Http\\Cookie", "Hidden from scripts?", |call| {
                flag(call, |parts| &mut parts.http_only)
            })
            .method("public function withSameSite(string $sameSite = ''): \\Swoole\\Http\\Cookie", "The attribute SameSite.", |call| {
                text(call, b"", |parts| &mut parts.same_site)
            })
            .method("public function withPriority(string $priority = ''): \\Swoole\\Http\\Cookie", "The attribute Priority.", |call| {
                text(call, b"", |parts| &mut parts.priority)
            })
            .method("public function withPartitioned(bool $partitioned = false): \\Swoole\\Http\\Cookie", "The attribute Partitioned.", |call| {
                flag(call, |parts| &mut parts.partitioned)
            })
            .method("public function toString(): string|false", "The text of a Set-Cookie header; false, with a warning, when there can be none.", |call| {
                match line(call.this_object()?)? {
                    Ok(line) => call.ret(Value::string(&line)),
                    Err(problem) => {
                        error::warning(problem.to_string())?;
                        clear(call)?;
                        call.ret_bool(false)
                    }
                }
            })
            .method("public function toArray(): array", "All parts by name.", to_array)
            .method("public function reset(): void", "Makes all parts empty.", clear),
    );
}

/// What goes on with the parts of `$this`.
fn parts<R>(object: &Object, f: impl FnOnce(&mut Parts) -> R) -> Result<R, Throw> {
    let state = object.state::<State>();
    let done = state.and_then(|state| state.0.borrow_mut().as_mut().map(f));
    done.ok_or_else(|| Throw::error("must call constructor first"))
}

fn with(call: &mut Call, f: impl FnOnce(&mut Parts)) -> Done {
    let this = call.this_object()?;
    parts(this, f)?;
    let this = Value::from(this);
    call.ret(this)
}

fn text(call: &mut Call, default: &[u8], part: fn(&mut Parts) -> &mut Vec<u8>) -> Done {
    let text = call.opt_bytes(0, default)?.to_vec();
    with(call, |parts| *part(parts) = text)
}

fn flag(call: &mut Call, part: fn(&mut Parts) -> &mut bool) -> Done {
    let on = call.opt_bool(0, false)?;
    with(call, |parts| *part(parts) = on)
}

fn clear(call: &mut Call) -> Done {
    parts(call.this_object()?, |parts| *parts = Parts::default())
}

fn to_array(call: &mut Call) -> Done {
    let mut out = Array::with_capacity(11);
    parts(call.this_object()?, |parts| {
        out.set("name", Value::string(&parts.name))
            .set("value", Value::string(&parts.value))
            .set("path", Value::string(&parts.path))
            .set("domain", Value::string(&parts.domain))
            .set("sameSite", Value::string(&parts.same_site))
            .set("priority", Value::string(&parts.priority))
            .set("encode", !parts.raw)
            .set("expires", parts.expires)
            .set("secure", parts.secure)
            .set("httpOnly", parts.http_only)
            .set("partitioned", parts.partitioned);
    })?;
    call.ret(out)
}

/// The text of its Set-Cookie header.
pub(super) fn line(object: &Object) -> Result<Result<Vec<u8>, CookieError>, Throw> {
    parts(object, |parts| {
        let mut line = Vec::new();
        let cookie = SetCookie {
            name: &parts.name,
            value: &parts.value,
            expires: parts.expires,
            path: &parts.path,
            domain: &parts.domain,
            secure: parts.secure,
            http_only: parts.http_only,
            same_site: &parts.same_site,
            priority: &parts.priority,
            partitioned: parts.partitioned,
            raw: parts.raw,
        };
        cookie.write(now(), &mut line).map(|()| line)
    })
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| d.as_secs() as i64)
}
