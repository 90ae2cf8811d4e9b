//! `Highper\Redis\Client`

use super::arguments::{add, add_all, all_texts, texts};
use super::exception::{aborted, misused, thrown};
use super::open::config;
use super::values::{self, Shape};
use super::{pipeline, scan, subscription};
use highper_redis::{Client, Command};
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value,
    error,
};
use std::cell::OnceCell;
use std::rc::Rc;

static CLIENT: ClassRef = ClassRef::new("Highper\\Redis\\Client");

#[derive(Default)]
struct State(OnceCell<Rc<Client>>);

impl Trace for State {}

/// The client of an object.
pub(super) fn of(object: &Object) -> Option<Rc<Client>> {
    object.state::<State>()?.0.get().cloned()
}

/// The object of a client.
pub(super) fn object(client: Rc<Client>) -> Result<Object, Throw> {
    let object = CLIENT.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(client);
    }
    Ok(object)
}

fn client(call: &Call) -> Result<&Rc<Client>, Throw> {
    let client = call.this::<State>()?.0.get();
    client.ok_or_else(|| misused("this client was never opened: its constructor was not called"))
}

/// File and line of the code that runs.
fn place() -> String {
    match error::location() {
        Some((file, line)) => format!("{file}:{line}"),
        None => String::new(),
    }
}

const DOC: &str = "Redis: one server, a primary with replicas, a cluster, or several servers that share the keys. Coroutines share it, and what \
    they say at the same time travels together.\n\n\
    Each command of Redis is a method: $redis->hSet('user:1', ['name' => 'Ann']). Arrays are spread out; named arguments are\n\
    options: $redis->set('k', 'v', ex: 60, nx: true). What comes back is what Redis says: OK is true, nothing is null, maps\n\
    are arrays by their names.\n\n\
    The container gives the one of config/redis.php or REDIS_URL; #[Inject('redis.cache')] gives the one that is named\n\
    cache there.\n\n\
    @method ?string get(string $key)\n\
    @method bool|string|null set(string $key, mixed $value, mixed ...$options)\n\
    @method list<?string> mGet(string|array ...$keys)\n\
    @method bool mSet(array $values)\n\
    @method ?string getDel(string $key)\n\
    @method ?string getEx(string $key, mixed ...$options)\n\
    @method int append(string $key, string $value)\n\
    @method int strLen(string $key)\n\
    @method int incr(string $key)\n\
    @method int incrBy(string $key, int $by)\n\
    @method string incrByFloat(string $key, float $by)\n\
    @method int decr(string $key)\n\
    @method int decrBy(string $key, int $by)\n\
    @method int del(string|array ...$keys)\n\
    @method int unlink(string|array ...$keys)\n\
    @method int exists(string|array ...$keys)\n\
    @method int expire(string $key, int $seconds, mixed ...$options)\n\
    @method int pExpire(string $key, int $milliseconds, mixed ...$options)\n\
    @method int expireAt(string $key, int $time, mixed ...$options)\n\
    @method int persist(string $key)\n\
    @method int ttl(string $key)\n\
    @method int pTtl(string $key)\n\
    @method string type(string $key)\n\
    @method bool rename(string $from, string $to)\n\
    @method int copy(string $from, string $to, mixed ...$options)\n\
    @method ?string hGet(string $key, string $field)\n\
    @method int hSet(string $key, mixed ...$values)\n\
    @method int hSetNx(string $key, string $field, mixed $value)\n\
    @method array<string, string> hGetAll(string $key)\n\
    @method list<?string> hMGet(string $key, string|array ...$fields)\n\
    @method int hDel(string $key, string|array ...$fields)\n\
    @method int hExists(string $key, string $field)\n\
    @method int hIncrBy(string $key, string $field, int $by)\n\
    @method int hLen(string $key)\n\
    @method list<string> hKeys(string $key)\n\
    @method list<string> hVals(string $key)\n\
    @method int lPush(string $key, mixed ...$values)\n\
    @method int rPush(string $key, mixed ...$values)\n\
    @method string|array|null lPop(string $key, int $count = 1)\n\
    @method string|array|null rPop(string $key, int $count = 1)\n\
    @method ?array blPop(string|array $keys, float $timeout)\n\
    @method ?array brPop(string|array $keys, float $timeout)\n\
    @method ?string blMove(string $from, string $to, string $side, string $toSide, float $timeout)\n\
    @method list<string> lRange(string $key, int $from, int $to)\n\
    @method int lLen(string $key)\n\
    @method int lRem(string $key, int $count, string $value)\n\
    @method bool lTrim(string $key, int $from, int $to)\n\
    @method ?string lIndex(string $key, int $index)\n\
    @method int sAdd(string $key, mixed ...$members)\n\
    @method int sRem(string $key, mixed ...$members)\n\
    @method list<string> sMembers(string $key)\n\
    @method int sIsMember(string $key, string $member)\n\
    @method int sCard(string $key)\n\
    @method string|array|null sPop(string $key, int $count = 1)\n\
    @method string|array|null sRandMember(string $key, int $count = 1)\n\
    @method list<string> sInter(string|array ...$keys)\n\
    @method list<string> sUnion(string|array ...$keys)\n\
    @method list<string> sDiff(string|array ...$keys)\n\
    @method int zAdd(string $key, mixed ...$scores)\n\
    @method float zIncrBy(string $key, float $by, string $member)\n\
    @method ?float zScore(string $key, string $member)\n\
    @method ?int zRank(string $key, string $member)\n\
    @method array zRange(string $key, mixed $from, mixed $to, mixed ...$options)\n\
    @method int zRem(string $key, mixed ...$members)\n\
    @method int zCard(string $key)\n\
    @method int zCount(string $key, mixed $from, mixed $to)\n\
    @method array<string, float> zPopMin(string $key, int $count = 1)\n\
    @method array<string, float> zPopMax(string $key, int $count = 1)\n\
    @method int pfAdd(string $key, mixed ...$elements)\n\
    @method int pfCount(string|array ...$keys)\n\
    @method int setBit(string $key, int $offset, int $value)\n\
    @method int getBit(string $key, int $offset)\n\
    @method int bitCount(string $key, mixed ...$range)\n\
    @method int geoAdd(string $key, mixed ...$places)\n\
    @method array geoSearch(string $key, mixed ...$options)\n\
    @method string xAdd(string $key, mixed ...$entry)\n\
    @method array<string, array<string, string>> xRange(string $key, string $from, string $to, mixed ...$options)\n\
    @method ?array<string, array<string, array<string, string>>> xRead(mixed ...$arguments)\n\
    @method ?array<string, array<string, array<string, string>>> xReadGroup(mixed ...$arguments)\n\
    @method int xAck(string $key, string $group, string ...$ids)\n\
    @method mixed xGroup(string $subcommand, mixed ...$arguments)\n\
    @method int xLen(string $key)\n\
    @method int publish(string $channel, string $message)\n\
    @method string ping(string $text = 'PONG')\n\
    @method string info(string ...$sections)\n\
    @method array config(string $subcommand, mixed ...$arguments)\n\
    @method int dbSize()\n\
    @method list<string> keys(string $pattern)\n\
    @method bool flushDb(mixed ...$options)\n\
    @method bool flushAll(mixed ...$options)";

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Redis\\Client")
            .doc(DOC)
            .handle(&CLIENT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_clone()
            .method(
                "public function __construct(string|array $source = \"redis://127.0.0.1:6379\")",
                "A server by its URL (redis://user:password@host:port/database, rediss:// for TLS, unix:///path), several by \
                 redis+cluster://, redis+replicas:// or redis+sentinel://host,host/name, or by settings as in config/redis.php. \
                 Connections are made when they are needed.\n\n\
                 @throws \\Highper\\Redis\\RedisException The URL or a setting is wrong.",
                |call| {
                    let made = config(call.opt_value(0).unwrap_or(&Value::string("redis://127.0.0.1:6379")))
                        .and_then(Client::new)
                        .map_err(misused)?;
                    match call.this::<State>()?.0.set(made) {
                        Ok(()) => Ok(()),
                        Err(_) => Err(misused("this client was opened before")),
                    }
                },
            )
            .method(
                "public function __call(string $name, array $arguments): mixed",
                "Runs a command by its name. Arrays are spread out, with their keys where these are names; named arguments come last, as \
                 options.\n\n@throws \\Highper\\Redis\\RedisException",
                |call| {
                    let mut command = Command::new(call.bytes(0)?);
                    add(&mut command, call.array(1)?)?;
                    run(call, &command)
                },
            )
            .method(
                "public function command(string $name, mixed ...$arguments): mixed",
                "Runs a command by its name, which may have two words: command('CLIENT LIST').\n\n\
                 @throws \\Highper\\Redis\\RedisException",
                |call| {
                    let mut command = Command::new(call.bytes(0)?);
                    add_all(&mut command, call.rest(1))?;
                    run(call, &command)
                },
            )
            .method(
                "public function pipeline(?callable $body = null): array|\\Highper\\Redis\\Pipeline",
                "Sends the commands that $body gives its argument together, and gives what they gave, in their order; without $body a \
                 pipeline to be sent by execute().\n\n\
                 @param callable(\\Highper\\Redis\\Pipeline): mixed|null $body\n\
                 @return ($body is null ? \\Highper\\Redis\\Pipeline : list<mixed>)\n\
                 @throws \\Highper\\Redis\\RedisException The first error; all other commands are done.",
                pipelined,
            )
            .method(
                "public function transaction(callable $body, array|string $watch = [], int $attempts = 1): array",
                "Runs the commands that $body gives its argument with nobody else's in between (MULTI, EXEC), and gives what they gave. \
                 When $body throws, none is sent.\n\n\
                 @param callable(\\Highper\\Redis\\Pipeline): mixed $body Reads go to the client itself: they are answered at once.\n\
                 @param array|string $watch Keys that must not change from before $body on.\n\
                 @param int $attempts How often to run $body at most when one has changed.\n\
                 @return list<mixed>\n\
                 @throws \\Highper\\Redis\\AbortedException A watched key was changed, at each attempt.\n\
                 @throws \\Highper\\Redis\\RedisException",
                transaction,
            )
            .method(
                "public function eval(string $script, array $keys = [], array $arguments = []): mixed",
                "Runs a Lua script: by its digest, and by its text only where the server does not know it yet.\n\n\
                 @throws \\Highper\\Redis\\RedisException",
                |call| {
                    let keys = texts(call.opt_value(1).unwrap_or(&Value::empty_array()))?;
                    let args = texts(call.opt_value(2).unwrap_or(&Value::empty_array()))?;
                    let reply = client(call)?.script(call.bytes(0)?, &keys, &args, place);
                    let reply = reply.map_err(|error| thrown(&error))?;
                    call.ret(values::value(&reply, Shape::Plain)?)
                },
            )
            .method(
                "public function subscribe(string ...$channels): \\Highper\\Redis\\Subscription",
                "Listens to channels, on a connection of its own.\n\n@throws \\Highper\\Redis\\RedisException",
                |call| {
                    let names = all_texts(call.rest(0))?;
                    let open = client(call)?.subscribe(&names, &[]);
                    call.ret(subscription::object(open.map_err(|error| thrown(&error))?)?)
                },
            )
            .method(
                "public function psubscribe(string ...$patterns): \\Highper\\Redis\\Subscription",
                "Listens to patterns of channels, as news.*, on a connection of its own.\n\n\
                 @throws \\Highper\\Redis\\RedisException",
                |call| {
                    let names = all_texts(call.rest(0))?;
                    let open = client(call)?.subscribe(&[], &names);
                    call.ret(subscription::object(open.map_err(|error| thrown(&error))?)?)
                },
            )
            .method(
                "public function scan(?string $match = null, int $count = 100, ?string $type = null): \\Highper\\Redis\\Scan",
                "Goes through the keys, of all servers: foreach ($redis->scan('user:*') as $key). A key may come twice.\n\n\
                 @param int $count About how many keys a server looks at each time.",
                |call| {
                    let count = call.opt_long(1, 100)?;
                    if count < 1 {
                        return Err(Throw::argument_value(1, "must be 1 or more"));
                    }
                    let pattern = call.opt_bytes_or_null(0)?.map(<[u8]>::to_vec);
                    let kind = call.opt_bytes_or_null(2)?.map(<[u8]>::to_vec);
                    call.ret(scan::object(Rc::clone(client(call)?), pattern, count, kind)?)
                },
            )
            .method(
                "public function onEach(string $name, mixed ...$arguments): array",
                "Runs a command on each server that has keys of its own: onEach('FLUSHDB').\n\n\
                 @return list<mixed> What each gave.\n@throws \\Highper\\Redis\\RedisException",
                |call| {
                    let mut command = Command::new(call.bytes(0)?);
                    add_all(&mut command, call.rest(1))?;
                    let replies = client(call)?.on_each(&command);
                    let mut all = Array::new();
                    for reply in replies.map_err(|error| thrown(&error))? {
                        all.push(values::value(&reply, Shape::of(&command))?);
                    }
                    call.ret(all)
                },
            )
            .method(
                "public function shards(): array",
                "The clients of the servers that share the keys, by their names.\n\n@return array<string, \\Highper\\Redis\\Client>",
                |call| {
                    let mut all = Array::new();
                    for (name, shard) in client(call)?.shards() {
                        all.set(name, object(shard)?);
                    }
                    call.ret(all)
                },
            )
            .method(
                "public function stats(): array",
                "Of this process: commands; connections that coroutines share: shared, made, ended; of those that one coroutine has for \
                 itself max for each server, idle, taken, waiting, waits, refused, and waited in seconds; and held: who keeps one, where \
                 and since how many seconds.",
                stats,
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

fn run(call: &Call, command: &Command) -> Done {
    let reply = client(call)?.run(command, place);
    let reply = reply.map_err(|error| thrown(&error))?;
    call.ret(values::value(&reply, Shape::of(command))?)
}

fn body(call: &Call) -> Result<Option<Callable>, Throw> {
    call.opt_callable(0)
}

fn pipelined(call: &mut Call) -> Done {
    let own = Rc::clone(client(call)?);
    let Some(body) = body(call)? else {
        return call.ret(pipeline::of_client(&own)?);
    };
    let object = pipeline::of_client(&own)?;
    body.call(&[Value::from(&object)]).into_result()?;
    let (commands, _) = pipeline::take(&object);
    call.ret(pipeline::run(&own, &commands, true)?)
}

fn transaction(call: &mut Call) -> Done {
    let own = Rc::clone(client(call)?);
    let body = call.callable(0)?;
    let keys = match call.opt_value(1) {
        Some(value) => texts(value)?,
        None => Vec::new(),
    };
    let attempts = call.opt_long(2, 1)?;
    if attempts < 1 {
        return Err(Throw::argument_value(2, "must be 1 or more"));
    }
    for _ in 0..attempts {
        // It lives with the object: a fatal error in $body frees that.
        let watch = match keys.is_empty() {
            true => None,
            false => Some(own.watch(&keys, place).map_err(|error| thrown(&error))?),
        };
        let object = pipeline::of_transaction(watch)?;
        let done = body.call(&[Value::from(&object)]).into_result();
        if let Err(Throw::Bailout) = done {
            return Err(Throw::Bailout);
        }
        let (commands, watch) = pipeline::take(&object);
        let reply = match (watch, done) {
            (Some(watch), Err(throw)) => {
                watch.end();
                return Err(throw);
            }
            (None, Err(throw)) => return Err(throw),
            (watch, Ok(_)) if commands.is_empty() => {
                if let Some(watch) = watch {
                    watch.end();
                }
                return call.ret(Array::new());
            }
            (None, Ok(_)) => own.transaction(&commands).map(Some),
            (Some(watch), Ok(_)) => watch.execute(&commands),
        };
        if let Some(reply) = reply.map_err(|error| thrown(&error))? {
            return call.ret(pipeline::results(&commands, &reply)?);
        }
    }
    Err(aborted(attempts))
}

fn stats(call: &mut Call) -> Done {
    let account = client(call)?.account();
    let now = highper_engine::clock::now();
    let counts = account.counts;
    let (shared, made, ended) = account.shared;
    let mut out = Array::with_capacity(13);
    out.set("redis", account.place);
    for (name, value) in [
        ("commands", account.commands),
        ("shared", shared),
        ("made", made + counts.made),
        ("ended", ended + counts.ended),
        ("max", account.max as u64),
        ("idle", counts.idle as u64),
        ("taken", counts.taken as u64),
        ("waiting", counts.waiting as u64),
        ("waits", counts.waits),
        ("refused", counts.refused),
    ] {
        out.set(name, value);
    }
    out.set("waited", counts.waited as f64 / 1e9);
    let mut held = Array::with_capacity(account.held.len());
    for holder in account.held {
        let mut one = Array::with_capacity(3);
        one.set("coroutine", holder.coroutine)
            .set("place", holder.place)
            .set("seconds", now.saturating_sub(holder.since) as f64 / 1e9);
        held.push(one);
    }
    out.set("held", held);
    call.ret(out)
}
