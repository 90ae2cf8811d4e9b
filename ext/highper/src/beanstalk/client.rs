//! `Highper\Beanstalk\Client`

use super::exception::{misused, thrown};
use super::job;
use super::open::config;
use highper_beanstalk::{Client, Peek, Put, Turn};
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value, error, json,
};
use std::cell::OnceCell;
use std::rc::Rc;

static CLIENT: ClassRef = ClassRef::new("Highper\\Beanstalk\\Client");

#[derive(Default)]
struct State(OnceCell<Rc<Client>>);

impl Trace for State {}

/// The object of a client.
pub(super) fn object(client: Rc<Client>) -> Result<Object, Throw> {
    let object = CLIENT.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(client);
    }
    Ok(object)
}

/// The client of an object.
pub(super) fn of(object: &Object) -> Option<Rc<Client>> {
    object.state::<State>()?.0.get().cloned()
}

fn client(call: &Call) -> Result<Rc<Client>, Throw> {
    let client = call.this::<State>()?.0.get().cloned();
    client.ok_or_else(|| misused("this client was never opened: its constructor was not called"))
}

/// The client, in the turn of the coroutine: who waits for a connection does so here, before anything is deep in the stack.
#[inline]
fn ready(call: &Call) -> Result<(Rc<Client>, Option<Turn>), Throw> {
    let client = client(call)?;
    match client.await_turn() {
        Ok(turn) => Ok((client, turn)),
        Err(error) => Err(thrown(&error)),
    }
}

/// A number that the protocol has 32 bits for.
pub(super) struct Number {
    default: u32,
}

/// Priorities: 0 is the most urgent.
pub(super) const PRIORITY: Number = Number { default: 1024 };

impl Number {
    /// The argument, from 0 to 4294967295.
    pub(super) fn of(&self, call: &Call, arg: usize) -> Result<u32, Throw> {
        let given = call.opt_long(arg, i64::from(self.default))?;
        u32::try_from(given).map_err(|_| Throw::argument_value(arg, "must be from 0 to 4294967295"))
    }
}

/// Seconds as the server takes them: whole ones, of which a part is one.
pub(super) fn whole(call: &Call, arg: usize, default: f64, least: u32) -> Result<u32, Throw> {
    let given = call.opt_double(arg, default)?;
    if !(f64::from(least)..=f64::from(u32::MAX)).contains(&given) {
        return Err(Throw::argument_value(
            arg,
            format!("must be from {least} to 4294967295 seconds"),
        ));
    }
    Ok(given.ceil() as u32)
}

/// What the server says of something, for PHP.
pub(super) fn stats(pairs: Vec<(String, String)>) -> Array {
    let mut out = Array::with_capacity(pairs.len());
    for (name, value) in pairs {
        out.set(name, value);
    }
    out
}

/// File and line of the code that runs.
fn place() -> String {
    match error::location() {
        Some((file, line)) => format!("{file}:{line}"),
        None => String::new(),
    }
}

fn id(call: &Call, arg: usize) -> Result<u64, Throw> {
    u64::try_from(call.long(arg)?)
        .map_err(|_| Throw::argument_value(arg, "must be the number of a job"))
}

fn tube(call: &Call, arg: usize) -> Result<&[u8], Throw> {
    call.opt_bytes(arg, b"default")
}

fn put(call: &mut Call) -> Done {
    let (client, _turn) = ready(call)?;
    let value = call.value(0)?;
    let data = match value.as_bytes() {
        Some(bytes) => bytes.to_vec(),
        None => json::encode(value)?,
    };
    let how = Put {
        delay: whole(call, 2, 0.0, 0)?,
        priority: PRIORITY.of(call, 3)?,
        ttr: whole(call, 4, 60.0, 1)?,
    };
    let number = client.put(tube(call, 1)?, how, &data);
    let number = number.map_err(|error| thrown(&error))?;
    call.ret(i64::try_from(number).unwrap_or(i64::MAX))
}

fn reserve(call: &mut Call) -> Done {
    let (client, _turn) = ready(call)?;
    let tubes = match call.opt_value(0) {
        None => vec![b"default".to_vec()],
        Some(value) => match value.as_array() {
            Some(list) => {
                let names = list.values().map(|name| Ok(name.to_str()?.to_vec()));
                names.collect::<Result<Vec<_>, Throw>>()?
            }
            None => vec![value.to_str()?.to_vec()],
        },
    };
    let seconds = match call.opt_double_or_null(1)? {
        None => None,
        Some(_) => Some(whole(call, 1, 0.0, 0)?),
    };
    let reserved = client.reserve(&tubes, seconds, place);
    match reserved.map_err(|error| thrown(&error))? {
        Some(reservation) => {
            let object = job::reserved(reservation)?;
            call.ret(object)
        }
        None => call.ret_null(),
    }
}

fn peek_at(call: &mut Call, which: Peek) -> Done {
    let (client, _turn) = ready(call)?;
    let found = client.peek_at(tube(call, 0)?, which);
    match found.map_err(|error| thrown(&error))? {
        Some(job) => {
            let object = job::seen(&client, &job)?;
            call.ret(object)
        }
        None => call.ret_null(),
    }
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Beanstalk\\Client")
            .doc(
                "beanstalkd, a server of jobs. Coroutines share it: each command has a connection of a pool for itself, each reserved job keeps \
                 one. The container gives the one of config/beanstalk.php; #[Inject('beanstalk.mails')] gives the one that is named mails there.",
            )
            .handle(&CLIENT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_clone()
            .method(
                "public function __construct(string|array $source = 'beanstalk://127.0.0.1:11300')",
                "A server by its URL (beanstalk://host:port?timeout=1&pool.max=8, unix:///path), or by settings: ['host' => 'a', 'timeout' => 0.5].\n\n\
                 @throws \\Highper\\Beanstalk\\BeanstalkException The URL or a setting is wrong.",
                |call| {
                    let standard = Value::string("beanstalk://127.0.0.1:11300");
                    let config = config(call.opt_value(0).unwrap_or(&standard)).map_err(misused)?;
                    match call.this::<State>()?.0.set(Client::new(config)) {
                        Ok(()) => Ok(()),
                        Err(_) => Err(misused("this client was opened before")),
                    }
                },
            )
            .method(
                "public function put(mixed $data, string $tube = 'default', float $delay = 0.0, int $priority = 1024, float $ttr = 60.0): int",
                "Puts a job into a tube; its number. What is no text becomes JSON.\n\n\
                 @param float $delay Seconds before somebody gets it. Here and elsewhere the server counts whole seconds; a part of one is one.\n\
                 @param int $priority Smaller ones come first; 0 is the most urgent.\n\
                 @param float $ttr Seconds that a worker has for it before others get it, from 1 on.\n\
                 @throws \\Highper\\Beanstalk\\BeanstalkException It is too large, for example.\n\
                 @throws \\Highper\\Beanstalk\\ConnectionException Whether it was put is unknown, unless nobody was connected.",
                put,
            )
            .method(
                "public function reserve(string|array $tubes = 'default', ?float $timeout = null): ?\\Highper\\Beanstalk\\Job",
                "Waits for a job of one of these tubes.\n\n\
                 @param string|list<string> $tubes\n\
                 @param float|null $timeout Seconds, 0 to look only; null for no limit.\n\
                 @return \\Highper\\Beanstalk\\Job|null null where none came in time.\n\
                 @throws \\Highper\\Beanstalk\\BeanstalkException",
                reserve,
            )
            .method(
                "public function delete(int $id): bool",
                "Deletes a job that nobody has reserved; false where there is none.\n\n@throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let (client, _turn) = ready(call)?;
                    let done = client.delete(id(call, 0)?);
                    call.ret_bool(done.map_err(|error| thrown(&error))?)
                },
            )
            .method(
                "public function peek(int $id): ?\\Highper\\Beanstalk\\Job",
                "A job by its number, to look at.\n\n@throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let (client, _turn) = ready(call)?;
                    let found = client.peek(id(call, 0)?);
                    match found.map_err(|error| thrown(&error))? {
                        Some(job) => {
                            let object = job::seen(&client, &job)?;
                            call.ret(object)
                        }
                        None => call.ret_null(),
                    }
                },
            )
            .method(
                "public function peekReady(string $tube = 'default'): ?\\Highper\\Beanstalk\\Job",
                "The next job of a tube, to look at.\n\n@throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| peek_at(call, Peek::Ready),
            )
            .method(
                "public function peekDelayed(string $tube = 'default'): ?\\Highper\\Beanstalk\\Job",
                "The delayed job of a tube that is ready soonest, to look at.\n\n@throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| peek_at(call, Peek::Delayed),
            )
            .method(
                "public function peekBuried(string $tube = 'default'): ?\\Highper\\Beanstalk\\Job",
                "The first job of a tube that was put aside, to look at.\n\n@throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| peek_at(call, Peek::Buried),
            )
            .method(
                "public function kick(int $count, string $tube = 'default'): int",
                "Makes so many jobs of a tube ready that were put aside, or where there are none, that are delayed; how many it were.\n\n\
                 @throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let count = u32::try_from(call.long(0)?)
                        .map_err(|_| Throw::argument_value(0, "must be from 0 to 4294967295"))?;
                    let (client, _turn) = ready(call)?;
                    let kicked = client.kick(tube(call, 1)?, count);
                    let kicked = kicked.map_err(|error| thrown(&error))?;
                    call.ret(i64::try_from(kicked).unwrap_or(i64::MAX))
                },
            )
            .method(
                "public function pause(string $tube, float $seconds): bool",
                "Gives out no job of a tube for so many seconds; false where there is no such tube.\n\n\
                 @throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let seconds = whole(call, 1, 0.0, 0)?;
                    let (client, _turn) = ready(call)?;
                    let done = client.pause(call.bytes(0)?, seconds);
                    call.ret_bool(done.map_err(|error| thrown(&error))?)
                },
            )
            .method(
                "public function tubes(): array",
                "The tubes that have jobs, or somebody who waits for some.\n\n@return list<string>\n\
                 @throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let (client, _turn) = ready(call)?;
                    let all = client.tubes().map_err(|error| thrown(&error))?;
                    let mut out = Array::with_capacity(all.len());
                    for name in all {
                        out.push(name);
                    }
                    call.ret(out)
                },
            )
            .method(
                "public function tubeStats(string $tube): ?array",
                "What the server says of a tube; null where there is none.\n\n@return array<string, string>|null\n\
                 @throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let (client, _turn) = ready(call)?;
                    let said = client.tube_stats(call.bytes(0)?);
                    let said = said.map_err(|error| thrown(&error))?;
                    call.ret(said.map(stats))
                },
            )
            .method(
                "public function serverStats(): array",
                "What the server says of itself.\n\n@return array<string, string>\n@throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let (client, _turn) = ready(call)?;
                    let said = client.server_stats().map_err(|error| thrown(&error))?;
                    call.ret(stats(said))
                },
            )
            .method(
                "public function stats(): array",
                "The pool: max, idle, taken, waiting, made, ended, waits, refused; and commands.",
                |call| {
                    let client = client(call)?;
                    let mut out = crate::pool::figures(client.config().limits.max, &client.counts());
                    out.set("commands", client.commands());
                    call.ret(out)
                },
            )
            .method("public function disconnect(): void", "Closes the connections that nobody uses.", |call| {
                client(call)?.disconnect();
                Ok(())
            }),
    );
}
