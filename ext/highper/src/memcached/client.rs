//! `Highper\Memcached\Client`

use super::exception::{misused, thrown};
use super::open::config;
use super::values::{pack, unpack};
use highper_memcached::{Client, Store, Turn};
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value,
};
use std::cell::OnceCell;
use std::rc::Rc;

static CLIENT: ClassRef = ClassRef::new("Highper\\Memcached\\Client");

#[derive(Default)]
struct State(OnceCell<Rc<Client>>);

impl Trace for State {}

/// The client of an object.
pub(super) fn of(object: &Object) -> Option<Rc<Client>> {
    object.state::<State>()?.0.get().cloned()
}

fn client(call: &Call) -> Result<Rc<Client>, Throw> {
    let client = call.this::<State>()?.0.get().cloned();
    client.ok_or_else(|| misused("this client was never opened: its constructor was not called"))
}

/// The client, in the turn of the coroutine at the server of the call's first argument: who waits for a connection does so here, before
/// anything is deep in the stack.
#[inline]
fn ready(call: &Call) -> Result<(Rc<Client>, Option<Turn>), Throw> {
    let client = client(call)?;
    match client.await_turn(call.bytes(0)?) {
        Ok(turn) => Ok((client, turn)),
        Err(error) => Err(thrown(&error)),
    }
}

/// The object of a client.
pub(super) fn object(client: Rc<Client>) -> Result<Object, Throw> {
    let object = CLIENT.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(client);
    }
    Ok(object)
}

fn ttl(call: &Call, arg: usize) -> Result<i64, Throw> {
    match call.opt_long(arg, 0)? {
        seconds if seconds < 0 => Err(Throw::argument_value(arg, "must be 0 or more")),
        seconds => Ok(seconds),
    }
}

fn store(call: &Call, how: Store, ttl_arg: usize) -> Done {
    let (client, _turn) = ready(call)?;
    let (flags, data) = pack(call.value(1)?)?;
    let done = client.store(how, call.bytes(0)?, flags, ttl(call, ttl_arg)?, &data);
    call.ret_bool(done.map_err(|error| thrown(&error))?)
}

fn glue(call: &Call, how: Store) -> Done {
    let (client, _turn) = ready(call)?;
    let done = client.store(how, call.bytes(0)?, 0, 0, call.bytes(1)?);
    call.ret_bool(done.map_err(|error| thrown(&error))?)
}

fn found(call: &Call) -> Result<Option<highper_memcached::Value>, Throw> {
    let (client, _turn) = ready(call)?;
    let keys = [call.bytes(0)?.to_vec()];
    let mut values = client.get(&keys).map_err(|error| thrown(&error))?;
    Ok(values.pop())
}

fn names(value: &Value) -> Result<Vec<Vec<u8>>, Throw> {
    let list = value.as_array().into_iter().flat_map(Array::values);
    list.map(|name| Ok(name.to_str()?.to_vec())).collect()
}

fn get_multiple(call: &mut Call) -> Done {
    let keys = names(call.value(0)?)?;
    let values = client(call)?.get(&keys).map_err(|error| thrown(&error))?;
    let default = call.opt_value(1).cloned().unwrap_or_default();
    let mut out = Array::with_capacity(keys.len());
    for key in &keys {
        let stored = values.iter().find(|value| value.key == *key);
        match stored {
            Some(stored) => out.set_symbol(key, unpack(stored)?),
            None => out.set_symbol(key, default.clone()),
        };
    }
    call.ret(out)
}

fn set_multiple(call: &mut Call) -> Done {
    let (client, ttl) = (client(call)?, ttl(call, 1)?);
    let mut all = true;
    for (key, value) in call.array(0)? {
        let (flags, data) = pack(value)?;
        let done = client.store(Store::Set, &key.to_bytes(), flags, ttl, &data);
        all &= done.map_err(|error| thrown(&error))?;
    }
    call.ret_bool(all)
}

fn count(call: &Call, is_minus: bool) -> Done {
    let by = call.opt_long(1, 1)?;
    let Ok(by) = u64::try_from(by) else {
        return Err(Throw::argument_value(1, "must be 0 or more"));
    };
    let ((client, _turn), key) = (ready(call)?, call.bytes(0)?);
    let initial = call.opt_long_or_null(2)?;
    let ttl = ttl(call, 3)?;
    loop {
        let done = client.count(key, by, is_minus);
        if let Some(number) = done.map_err(|error| thrown(&error))? {
            return call.ret(i64::try_from(number).unwrap_or(i64::MAX));
        }
        let Some(initial) = initial else {
            return call.ret_null();
        };
        let text = initial.to_string();
        let added = client.store(Store::Add, key, 1, ttl, text.as_bytes());
        if added.map_err(|error| thrown(&error))? {
            return call.ret(initial);
        }
        // Somebody else was first.
    }
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Memcached\\Client")
            .doc(
                "memcached: one server, or several that share the keys by consistent hashing. Coroutines share it: each command has a \
                 connection of a pool for itself. Values are stored as PHP's own extension stores them, so that both can read them. The \
                 container gives the one of config/memcached.php; #[Inject('memcached.sessions')] gives the one that is named sessions there.",
            )
            .handle(&CLIENT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_clone()
            .method(
                "public function __construct(string|array $source = 'memcached://127.0.0.1:11211')",
                "Servers by their URL (memcached://host:port,host:port?timeout=1&pool.max=8, unix:///path), or by settings: \
                 ['servers' => ['a:11211', 'b:11211'], 'timeout' => 0.5]; with weights ['a:11211' => 2].\n\n\
                 @throws \\Highper\\Memcached\\MemcachedException The URL or a setting is wrong.",
                |call| {
                    let standard = Value::string("memcached://127.0.0.1:11211");
                    let made = config(call.opt_value(0).unwrap_or(&standard))
                        .and_then(Client::new)
                        .map_err(misused)?;
                    match call.this::<State>()?.0.set(made) {
                        Ok(()) => Ok(()),
                        Err(_) => Err(misused("this client was opened before")),
                    }
                },
            )
            .method(
                "public function get(string $key, mixed $default = null): mixed",
                "The value of a key of 1 to 250 bytes; $default when it has none.\n\n@throws \\Highper\\Memcached\\MemcachedException",
                |call| match found(call)? {
                    Some(stored) => call.ret(unpack(&stored)?),
                    None => call.ret(call.opt_value(1).cloned()),
                },
            )
            .method(
                "public function gets(string $key): ?array",
                "The value of a key and its state, for cas(); null when it has none.\n\n@return array{mixed, int}|null\n\
                 @throws \\Highper\\Memcached\\MemcachedException",
                |call| {
                    let Some(stored) = found(call)? else {
                        return call.ret_null();
                    };
                    let mut pair = Array::with_capacity(2);
                    pair.push(unpack(&stored)?)
                        .push(i64::try_from(stored.cas).unwrap_or(i64::MAX));
                    call.ret(pair)
                },
            )
            .method(
                "public function getMultiple(array $keys, mixed $default = null): array",
                "The values of several keys, in one question to each server.\n\n@param list<string> $keys\n@return array<string, mixed>\n\
                 @throws \\Highper\\Memcached\\MemcachedException",
                get_multiple,
            )
            .method(
                "public function set(string $key, mixed $value, int $ttl = 0): bool",
                "Stores a value: scalars as they are, arrays and objects serialized. $ttl in seconds; 0 for as long as there is room.\n\n\
                 @throws \\Highper\\Memcached\\MemcachedException It is too large, for example.",
                |call| store(call, Store::Set, 2),
            )
            .method(
                "public function setMultiple(array $values, int $ttl = 0): bool",
                "Stores several values.\n\n@param array<string, mixed> $values\n@throws \\Highper\\Memcached\\MemcachedException",
                set_multiple,
            )
            .method(
                "public function add(string $key, mixed $value, int $ttl = 0): bool",
                "Stores a value where the key has none.\n\n@throws \\Highper\\Memcached\\MemcachedException",
                |call| store(call, Store::Add, 2),
            )
            .method(
                "public function replace(string $key, mixed $value, int $ttl = 0): bool",
                "Stores a value where the key has one.\n\n@throws \\Highper\\Memcached\\MemcachedException",
                |call| store(call, Store::Replace, 2),
            )
            .method(
                "public function cas(string $key, mixed $value, int $state, int $ttl = 0): bool",
                "Stores a value if the key's is still in the state that gets() has told; false if it has changed, or is gone.\n\n\
                 @throws \\Highper\\Memcached\\MemcachedException",
                |call| {
                    let state = u64::try_from(call.long(2)?)
                        .map_err(|_| Throw::argument_value(2, "must be what gets() has told"))?;
                    store(call, Store::Cas(state), 3)
                },
            )
            .method(
                "public function append(string $key, string $value): bool",
                "Puts text behind that of a key; false when it has none.\n\n@throws \\Highper\\Memcached\\MemcachedException",
                |call| glue(call, Store::Append),
            )
            .method(
                "public function prepend(string $key, string $value): bool",
                "Puts text before that of a key; false when it has none.\n\n@throws \\Highper\\Memcached\\MemcachedException",
                |call| glue(call, Store::Prepend),
            )
            .method(
                "public function increment(string $key, int $by = 1, ?int $initial = null, int $ttl = 0): ?int",
                "Adds to a number; the new one. Where there is none: $initial, or null.\n\n@throws \\Highper\\Memcached\\MemcachedException",
                |call| count(call, false),
            )
            .method(
                "public function decrement(string $key, int $by = 1, ?int $initial = null, int $ttl = 0): ?int",
                "Takes from a number, not below 0; the new one. Where there is none: $initial, or null.\n\n\
                 @throws \\Highper\\Memcached\\MemcachedException",
                |call| count(call, true),
            )
            .method(
                "public function touch(string $key, int $ttl): bool",
                "Keeps a key for so many seconds from now on; false when it has no value.\n\n@throws \\Highper\\Memcached\\MemcachedException",
                |call| {
                    let (client, _turn) = ready(call)?;
                    let done = client.touch(call.bytes(0)?, ttl(call, 1)?);
                    call.ret_bool(done.map_err(|error| thrown(&error))?)
                },
            )
            .method(
                "public function delete(string $key): bool",
                "Removes a key; false when it had no value.\n\n@throws \\Highper\\Memcached\\MemcachedException",
                |call| {
                    let (client, _turn) = ready(call)?;
                    let done = client.delete(call.bytes(0)?);
                    call.ret_bool(done.map_err(|error| thrown(&error))?)
                },
            )
            .method(
                "public function clear(): bool",
                "Removes all keys of all servers.\n\n@throws \\Highper\\Memcached\\MemcachedException",
                |call| {
                    client(call)?.clear().map_err(|error| thrown(&error))?;
                    call.ret_bool(true)
                },
            )
            .method(
                "public function serverStats(): array",
                "What each server says of itself.\n\n@return array<string, array<string, string>>\n\
                 @throws \\Highper\\Memcached\\MemcachedException",
                |call| {
                    let all = client(call)?.server_stats();
                    let mut out = Array::new();
                    for (name, stats) in all.map_err(|error| thrown(&error))? {
                        let mut one = Array::with_capacity(stats.len());
                        for (name, value) in stats {
                            one.set(name, value);
                        }
                        out.set(name, one);
                    }
                    call.ret(out)
                },
            )
            .method(
                "public function stats(): array",
                "Of this process: commands, and the pool of each server: idle, taken, waiting, made, ended, refused.",
                |call| {
                    let account = client(call)?.account();
                    let mut out = Array::new();
                    out.set("commands", account.commands);
                    let mut servers = Array::new();
                    for (name, counts) in account.servers {
                        let mut one = Array::with_capacity(6);
                        one.set("idle", counts.idle)
                            .set("taken", counts.taken)
                            .set("waiting", counts.waiting)
                            .set("made", counts.made)
                            .set("ended", counts.ended)
                            .set("refused", counts.refused);
                        servers.set(name, one);
                    }
                    out.set("servers", servers);
                    call.ret(out)
                },
            )
            .method(
                "public function disconnect(): void",
                "Closes the connections that nobody uses.",
                |call| {
                    client(call)?.disconnect();
                    Ok(())
                },
            ),
    );
}
