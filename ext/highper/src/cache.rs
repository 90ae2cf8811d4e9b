//! `Highper\Cache`: values that processes share, in a fixed number of bytes.

mod values;

use highper_shm::cache::{self, KEY_MAX, Refused};
use highper_zend::{
    Array, Call, Class, Done, Flags, Iteration, Registry, Throw, Trace, Value, call_function,
    error, find_class,
};
use std::cell::OnceCell;
use std::time::Duration;
use values::Stored;

/// Bytes, when nothing is said.
const SIZE: usize = 64 * 1024 * 1024;

#[derive(Default)]
struct Cache {
    shared: OnceCell<cache::Cache>,
}

impl Trace for Cache {}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Cache")
            .doc(
                "Values that a process shares with those it forks: make it before the application runs. It holds a fixed \
                 number of bytes; what was not used for the longest gives way to new values. A process that is killed while \
                 it writes may cost others' values, never their truth.",
            )
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<Cache>()
            .method(
                "public function __construct(int|string $size = \"64M\")",
                "A cache of at most so many bytes, 64K at least: a number, or one with K, M or G. The memory is taken as it fills.",
                construct,
            )
            .method(
                "public function get(string $key, mixed $default = null): mixed",
                "The value of a key of 1 to 1024 bytes; $default when it has none.",
                |call| {
                    let found = get(call, call.bytes(0)?)?;
                    match found {
                        Some(value) => call.ret(value),
                        None => call.ret(call.opt_value(1).cloned()),
                    }
                },
            )
            .method(
                "public function set(string $key, mixed $value, null|int|float|DateInterval $ttl = null): bool",
                "Stores a value: scalars as they are, arrays and objects serialized. $ttl in seconds, without end when null. \
                 False, with a warning, when it is too large: from a 32nd of the cache on, or from half of a small one.",
                |call| {
                    let ttl = ttl(call, 2)?;
                    let done = set(call, call.bytes(0)?, call.value(1)?, ttl)?;
                    call.ret_bool(done)
                },
            )
            .method(
                "public function add(string $key, mixed $value, null|int|float|DateInterval $ttl = null): bool",
                "Stores a value for a key that has none, in one step; false when it has.",
                add,
            )
            .method(
                "public function increment(string $key, int $by = 1, null|int|float|DateInterval $ttl = null): int",
                "Adds to an integer in one step; a key that has none begins with 0, and with this $ttl. The new value. \
                 A ValueError when the value is no integer.",
                increment,
            )
            .method(
                "public function has(string $key): bool",
                "Has the key a value?",
                |call| {
                    let key = key(call.bytes(0)?)?;
                    let there = made(call)?.get(key, |_| ()).is_some();
                    call.ret_bool(there)
                },
            )
            .method(
                "public function delete(string $key): bool",
                "Removes a key; true also when it had no value.",
                |call| {
                    made(call)?.remove(key(call.bytes(0)?)?);
                    call.ret_bool(true)
                },
            )
            .method(
                "public function clear(): bool",
                "Removes all keys.",
                |call| {
                    made(call)?.clear();
                    call.ret_bool(true)
                },
            )
            .method(
                "public function getMultiple(iterable $keys, mixed $default = null): array",
                "The values of several keys.",
                get_multiple,
            )
            .method(
                "public function setMultiple(iterable $values, null|int|float|DateInterval $ttl = null): bool",
                "Stores several values. False when one was not stored.",
                set_multiple,
            )
            .method(
                "public function deleteMultiple(iterable $keys): bool",
                "Removes several keys.",
                |call| {
                    let cache = made(call)?;
                    for name in items(call.iterable(0)?)? {
                        cache.remove(key(&name.1.to_str()?)?);
                    }
                    call.ret_bool(true)
                },
            )
            .method(
                "public function stats(): array",
                "items, and in bytes used (by them), bytes (taken so far) and limit; how often: hits, misses, evicted, \
                 expired, and emptied (parts, because a process was killed while it wrote).",
                stats,
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    let size = match call.opt_value(0) {
        None => SIZE,
        Some(value) => size(value)?,
    };
    let shared = cache::Cache::new(size)
        .map_err(|cause| Throw::error(format!("a cache of {size} bytes has no memory: {cause}")))?;
    match call.this::<Cache>()?.shared.set(shared) {
        Ok(()) => Ok(()),
        Err(_) => Err(Throw::error("the cache was made before")),
    }
}

fn size(value: &Value) -> Result<usize, Throw> {
    let text = value.to_str()?;
    let text = text.to_string_lossy();
    let (number, factor) = match text.trim().to_ascii_uppercase() {
        text if text.ends_with('K') => (text[..text.len() - 1].to_owned(), 1 << 10),
        text if text.ends_with('M') => (text[..text.len() - 1].to_owned(), 1 << 20),
        text if text.ends_with('G') => (text[..text.len() - 1].to_owned(), 1 << 30),
        text => (text, 1),
    };
    number
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .filter(|bytes| *bytes >= cache::LEAST && isize::try_from(*bytes).is_ok())
        .ok_or_else(|| {
            Throw::argument_value(
                0,
                format!("must be 64K or more, such as \"64M\", {text} given"),
            )
        })
}

fn made(call: &Call) -> Result<&cache::Cache, Throw> {
    call.this::<Cache>()?
        .shared
        .get()
        .ok_or_else(|| Throw::error("the constructor of Highper\\Cache was not called"))
}

fn key(bytes: &[u8]) -> Result<&[u8], Throw> {
    if (1..=KEY_MAX).contains(&bytes.len()) {
        Ok(bytes)
    } else {
        Err(Throw::value_error(format!(
            "a key of the cache has 1 to {KEY_MAX} bytes, {} given",
            bytes.len()
        )))
    }
}

fn get(call: &Call, name: &[u8]) -> Result<Option<Value>, Throw> {
    match made(call)?.get(key(name)?, values::load) {
        Some(stored) => stored.into_value().map(Some),
        None => Ok(None),
    }
}

/// How long a value is to stay: `None` for ever, zero for not at all.
fn ttl(call: &Call, arg: usize) -> Result<Option<Duration>, Throw> {
    let Some(value) = call.opt_value(arg).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let seconds = match value.as_object() {
        Some(interval) => {
            let Some(class) = find_class("DateTimeImmutable")? else {
                return Err(Throw::error("PHP has no DateTimeImmutable"));
            };
            let begin = class.new_object(&[Value::from("@0")]).into_result()?;
            let begin = begin.into_object().map_err(|_| Throw::Pending)?;
            let end = begin.call("add", &[Value::from(interval)]).into_result()?;
            let end = end.into_object().map_err(|_| Throw::Pending)?;
            end.call("getTimestamp", &[]).into_result()?.to_long() as f64
        }
        None => value.to_double(),
    };
    Ok(Some(if seconds > 0.0 {
        // 30 years are as good as for ever.
        Duration::from_secs_f64(seconds.min(1e9))
    } else {
        Duration::ZERO
    }))
}

fn too_large(cache: &cache::Cache, name: &[u8]) -> Result<bool, Throw> {
    error::warning(format!(
        "the value of \"{}\" was not stored: it is larger than the {} bytes that this cache takes; make the cache larger",
        String::from_utf8_lossy(name),
        cache.largest()
    ))?;
    Ok(false)
}

fn set(call: &Call, name: &[u8], value: &Value, ttl: Option<Duration>) -> Result<bool, Throw> {
    let (cache, name) = (made(call)?, key(name)?);
    if ttl.is_some_and(|ttl| ttl.is_zero()) {
        cache.remove(name);
        return Ok(true);
    }
    let stored = Stored::of(value)?;
    match stored.with_bytes(|kind, bytes| cache.set(name, kind, bytes, ttl)) {
        Ok(()) => Ok(true),
        Err(_) => too_large(cache, name),
    }
}

fn add(call: &mut Call) -> Done {
    let ttl = ttl(call, 2)?;
    let (cache, name) = (made(call)?, key(call.bytes(0)?)?);
    let stored = Stored::of(call.value(1)?)?;
    let done = match stored.with_bytes(|kind, bytes| cache.add(name, kind, bytes, ttl)) {
        Ok(done) => done,
        Err(_) => too_large(cache, name)?,
    };
    call.ret_bool(done)
}

fn increment(call: &mut Call) -> Done {
    let ttl = ttl(call, 2)?;
    let (cache, name) = (made(call)?, key(call.bytes(0)?)?);
    match cache.increment(name, call.opt_long(1, 1)?, ttl) {
        Ok(value) => call.ret_long(value),
        Err(Refused::NoInteger | Refused::TooLarge) => Err(Throw::value_error(format!(
            "the value of \"{}\" is no integer: increment() counts in integers only",
            String::from_utf8_lossy(name)
        ))),
    }
}

/// Keys and values of an array or of what can be iterated.
fn items(value: &Value) -> Result<Vec<(Value, Value)>, Throw> {
    if let Some(array) = value.as_array() {
        return Ok(array
            .iter()
            .map(|(key, value)| (key.to_value(), value.clone()))
            .collect());
    }
    let Some(object) = value.as_object() else {
        return Ok(Vec::new());
    };
    let mut iteration = Iteration::new(object)?;
    let mut all = Vec::new();
    while let Some(item) = iteration.next()? {
        all.push(item);
    }
    Ok(all)
}

fn get_multiple(call: &mut Call) -> Done {
    let default = call.opt_value(1).cloned().unwrap_or_default();
    let names = items(call.iterable(0)?)?;
    let mut out = Array::with_capacity(names.len());
    for (_, name) in names {
        let name = name.to_str()?;
        let value = get(call, &name)?.unwrap_or_else(|| default.clone());
        out.set_symbol(&name, value);
    }
    call.ret(out)
}

fn set_multiple(call: &mut Call) -> Done {
    let ttl = ttl(call, 1)?;
    let mut all = true;
    for (name, value) in items(call.iterable(0)?)? {
        all &= set(call, &name.to_str()?, &value, ttl)?;
    }
    call.ret_bool(all)
}

fn stats(call: &mut Call) -> Done {
    let stats = made(call)?.stats();
    let mut out = Array::with_capacity(9);
    for (name, value) in [
        ("items", stats.items),
        ("used", stats.used),
        ("bytes", stats.bytes),
        ("limit", stats.limit),
        ("hits", stats.hits),
        ("misses", stats.misses),
        ("evicted", stats.evicted),
        ("expired", stats.expired),
        ("emptied", stats.emptied),
    ] {
        out.set(name, value as i64);
    }
    call.ret(out)
}

fn serialize(value: &Value) -> Result<Value, Throw> {
    call_function("serialize", std::slice::from_ref(value)).into_result()
}

fn unserialize(text: Value) -> Result<Value, Throw> {
    call_function("unserialize", &[text]).into_result()
}
