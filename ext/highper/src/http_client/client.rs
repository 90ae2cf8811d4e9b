//! `Highper\Http\Client`

use super::exception::misused;
use super::multi::multi;
use super::options::{NAMES, Options};
use super::perform::{perform, prepare, queue, refused};
use super::wishes::{Wishes, seconds};
use highper_fetch::{Client, Queue, Refused, Turn};
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer,
};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

static CLIENT: ClassRef = ClassRef::new("Highper\\Http\\Client");

/// A client, and what it adds to requests.
pub(super) struct Handle {
    pub(super) client: Rc<Client>,
    pub(super) base: Option<String>,
    pub(super) query: Option<Array>,
    /// What a test answers instead of servers.
    pub(super) fake: RefCell<Option<Callable>>,
}

impl Handle {
    pub(super) fn new(options: Options) -> Result<Rc<Self>, String> {
        Ok(Rc::new(Self {
            client: Client::new(options.settings)?,
            base: options.base,
            query: options.query,
            fake: RefCell::default(),
        }))
    }
}

#[derive(Default)]
struct State(OnceCell<Rc<Handle>>);

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Some(handle) = self.0.get()
            && let Ok(fake) = handle.fake.try_borrow()
            && let Some(fake) = &*fake
        {
            fake.trace(tracer);
        }
    }
}

/// The client of an object.
pub(super) fn of(object: &Object) -> Option<Rc<Client>> {
    let handle = object.state::<State>()?.0.get()?;
    Some(Rc::clone(&handle.client))
}

/// The object of a client.
pub(super) fn object(handle: Rc<Handle>) -> Result<Object, Throw> {
    let object = CLIENT.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(handle);
    }
    Ok(object)
}

/// Options of the methods without a body, and of those with one, in the order of their parameters.
const PLAIN: [&str; 9] = [
    "query",
    "headers",
    "timeout",
    "retries",
    "redirects",
    "sink",
    "stream",
    "max_body",
    "auth",
];
const CARRYING: [&str; 13] = [
    "json",
    "form",
    "multipart",
    "body",
    "query",
    "headers",
    "timeout",
    "retries",
    "redirects",
    "sink",
    "stream",
    "max_body",
    "auth",
];

/// Adds a method whose parameters are those of `$plain` or `$carrying`.
macro_rules! method {
    ($name:literal, $doc:literal, plain, $verb:literal) => {
        |class: Class| {
            class.method(
                concat!(
                    "public function ", $name, "(string $url, array $query = [], array $headers = [], ?float $timeout = null, ",
                    "?int $retries = null, ?int $redirects = null, ?string $sink = null, bool $stream = false, ",
                    "int|string|null $max_body = null, array|string|null $auth = null): \\Highper\\Http\\ClientResponse"
                ),
                concat!($doc, "\n\n@param array<string, mixed> $query Is added to the address.\n@throws \\Highper\\Http\\ClientException There is no answer."),
                |call| {
                    let answer = ask(call, $verb, 0, &PLAIN)?;
                    call.ret(answer)
                },
            )
        }
    };
    ($name:literal, $doc:literal, carrying, $verb:literal) => {
        |class: Class| {
            class.method(
                concat!(
                    "public function ", $name, "(string $url, mixed $json = null, ?array $form = null, ?array $multipart = null, ",
                    "mixed $body = null, array $query = [], array $headers = [], ?float $timeout = null, ?int $retries = null, ",
                    "?int $redirects = null, ?string $sink = null, bool $stream = false, int|string|null $max_body = null, ",
                    "array|string|null $auth = null): \\Highper\\Http\\ClientResponse"
                ),
                concat!(
                    $doc,
                    "\n\n@param mixed $json Becomes the JSON that the request carries; for the JSON null give body: 'null'.\n",
                    "@param array<string, mixed>|null $form A form, as browsers send it.\n",
                    "@param array<string, mixed>|null $multipart A form with files: texts, SplFileInfo, ['path' => …] or ['contents' => …, 'name' => …, 'type' => …].\n",
                    "@param string|iterable<string>|\\Closure|null $body The body itself; a generator's pieces are sent as they come, once.\n",
                    "@throws \\Highper\\Http\\ClientException There is no answer."
                ),
                |call| {
                    let answer = ask(call, $verb, 0, &CARRYING)?;
                    call.ret(answer)
                },
            )
        }
    };
}

pub(super) fn declare(registry: &mut Registry) {
    let class = Class::new("Highper\\Http\\Client")
        .doc(
            "Requests to other servers, by HTTP/1.1 and HTTP/2. Coroutines share it: connections are kept by server, in pools. The \
             container gives the one of config/http.php; #[Inject('http.github')] gives the one that is named github there.",
        )
        .handle(&CLIENT)
        .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
        .state::<State>()
        .deny_clone()
        .method(
            "public function __construct(?string $base = null, array $headers = [], ?float $timeout = 30.0, float $connect_timeout = 5.0, \
             int $retries = 0, float $retry_delay = 0.1, int $redirects = 5, int|array $pool = [], ?string $proxy = null, \
             bool|string $verify = true, ?array $cert = null, bool $http2 = true, bool $decompress = true, \
             int|string $max_body = '64M', bool $private = true, array|string|null $auth = null, ?string $unix = null, \
             array $query = [], ?string $user_agent = null)",
            "A client; the same settings are the keys of config/http.php.\n\n\
             @param string|null $base What stands in front of addresses that are not whole.\n\
             @param array<string, string|list<string>> $headers For all requests that don't bring their own.\n\
             @param float|null $timeout Seconds for a request with all that belongs to it; null for no limit.\n\
             @param float $connect_timeout Seconds to make a connection.\n\
             @param int $retries How often to repeat what failed and may be repeated: connections that can't be made, and with \
             idempotent methods lost ones and the statuses 429, 502, 503, 504. One repetition for five requests at most.\n\
             @param float $retry_delay Seconds before the first repetition; doubles with each, unless the server says Retry-After.\n\
             @param int $redirects How many are followed; 0 for none. Authorization and cookies don't go to another server.\n\
             @param int|array<string, int|float|null> $pool Connections to a server at most, or max, min, wait, queue, idle, lifetime.\n\
             @param string|null $proxy http://user:password@host:port or socks5://host:port.\n\
             @param bool|string $verify Must servers have a certificate of an authority that is trusted? A file names others.\n\
             @param list<string>|null $cert Our certificate and its key, two files.\n\
             @param bool $http2 Speak HTTP/2 with servers that offer it by TLS.\n\
             @param bool $decompress Ask for gzip, deflate, br and zstd, and undo them.\n\
             @param int|string $max_body Bytes of an answer's body, decoded; without say for stream and sink.\n\
             @param bool $private May hosts have addresses that are not on the public internet? false guards addresses that users give.\n\
             @param array{string, string}|string|null $auth User and password, or a token.\n\
             @param string|null $unix A local socket that is connected to instead of the host.\n\
             @param array<string, mixed> $query Is added to all addresses.\n\
             @throws \\Highper\\Http\\ClientException A setting is wrong.",
            construct,
        );
    let methods: [fn(Class) -> Class; 6] = [
        method!(
            "get",
            "Makes a GET request and waits for the answer.",
            plain,
            "GET"
        ),
        method!(
            "head",
            "Makes a HEAD request and waits for the answer, which has no body.",
            plain,
            "HEAD"
        ),
        method!(
            "post",
            "Makes a POST request and waits for the answer.",
            carrying,
            "POST"
        ),
        method!(
            "put",
            "Makes a PUT request and waits for the answer.",
            carrying,
            "PUT"
        ),
        method!(
            "patch",
            "Makes a PATCH request and waits for the answer.",
            carrying,
            "PATCH"
        ),
        method!(
            "delete",
            "Makes a DELETE request and waits for the answer.",
            carrying,
            "DELETE"
        ),
    ];
    let class = methods.into_iter().fold(class, |class, add| add(class));
    let class = class
        .method(
            "public function request(string $method, string $url, mixed $json = null, ?array $form = null, ?array $multipart = null, \
             mixed $body = null, array $query = [], array $headers = [], ?float $timeout = null, ?int $retries = null, \
             ?int $redirects = null, ?string $sink = null, bool $stream = false, int|string|null $max_body = null, \
             array|string|null $auth = null): \\Highper\\Http\\ClientResponse",
            "Makes a request and waits for the answer.\n\n\
             @param float|null $timeout Seconds; null for the client's.\n\
             @param string|null $sink A file that the body is written to; it appears when all of it is there.\n\
             @param bool $stream Returns with the head; the body is read by stream() or body(), each piece within the timeout.\n\
             @throws \\Highper\\Http\\ClientException There is no answer.",
            |call| {
                let method = call.text(0)?.to_owned();
                let answer = ask(call, &method, 1, &CARRYING)?;
                call.ret(answer)
            },
        )
        .method(
            "public function multi(array $requests, int $concurrency = 10): array",
            "Makes several requests at the same time, and waits for all of them.\n\n\
             @param array<array-key, string|array<array-key, mixed>> $requests Addresses, or lists of method and address with options: ['POST', '/orders', 'json' => $order].\n\
             @param int $concurrency How many at the same time.\n\
             @return array<array-key, \\Highper\\Http\\ClientResponse|\\Highper\\Http\\ClientException> By the keys of the requests.",
            |call| {
                let handle = Rc::clone(handle(call)?);
                multi(call, &handle)
            },
        )
        .method(
            "public function fake(?callable $answer): static",
            "For tests: asks $answer instead of servers.\n\n\
             @param (callable(\\Highper\\Http\\ClientRequest): ?\\Highper\\Http\\ClientResponse)|null $answer Returns null to ask the server.",
            |call| {
                let answer = call.callable_or_null(0)?;
                let old = handle(call)?.fake.replace(answer);
                drop(old);
                call.ret_this()
            },
        )
        .method(
            "public function stats(): array",
            "What it has done: requests, failed, retries, redirects; and servers: max, idle, taken, waiting, made, ended, waits, refused of \
             the pool of each, and streams for HTTP/2 (null without).",
            stats,
        )
        .method(
            "public function disconnect(): void",
            "Closes the connections that nobody uses.",
            |call| {
                handle(call)?.client.disconnect();
                Ok(())
            },
        );
    registry.class(class);
}

fn construct(call: &mut Call) -> Done {
    let mut options = Options::default();
    for (number, name) in NAMES.iter().enumerate() {
        if let Some(value) = call.opt_value(number) {
            options.set(name, value).map_err(misused)?;
        }
    }
    let made = Handle::new(options).map_err(misused)?;
    match call.this::<State>()?.0.set(made) {
        Ok(()) => Ok(()),
        Err(_) => Err(misused("this client was made before")),
    }
}

pub(super) fn handle(call: &Call) -> Result<&Rc<Handle>, Throw> {
    call.this::<State>()?
        .0
        .get()
        .ok_or_else(|| misused("this client was never made: its constructor was not called"))
}

/// Makes the request of a call: its address is the argument `at`, its options follow in the order of `names`.
fn ask(call: &Call, method: &str, at: usize, names: &[&str]) -> Result<Object, Throw> {
    let _turn = match handle(call)?.client.is_tight() {
        true => await_turn(call, method, at, names)?,
        false => None,
    };
    make(call, method, at, names)
}

/// Waits before anything of the request is in memory.
#[cold]
#[inline(never)]
fn await_turn(call: &Call, method: &str, at: usize, names: &[&str]) -> Result<Option<Turn>, Throw> {
    let Some(queue) = line(call, at, names)? else {
        return Ok(None);
    };
    match queue.wait() {
        Ok(turn) => Ok(turn),
        Err(why) => Err(given_up(call, &queue, &why, method, at, names)),
    }
}

#[inline(never)]
fn line(call: &Call, at: usize, names: &[&str]) -> Result<Option<Queue>, Throw> {
    let handle = handle(call)?;
    Ok(queue(
        handle,
        call.text(at)?,
        timeout(call, at, names, handle),
    ))
}

#[cold]
#[inline(never)]
fn given_up(
    call: &Call,
    queue: &Queue,
    why: &Refused,
    method: &str,
    at: usize,
    names: &[&str],
) -> Throw {
    match (handle(call), call.text(at)) {
        (Ok(handle), Ok(url)) => {
            let timeout = timeout(call, at, names, handle);
            refused(handle, queue, why, method, url, timeout)
        }
        (Err(throw), _) | (_, Err(throw)) => throw,
    }
}

/// How long a request may take.
fn timeout(call: &Call, at: usize, names: &[&str], handle: &Handle) -> Option<Duration> {
    let number = names.iter().position(|name| *name == "timeout");
    let given = number.and_then(|number| call.opt_value(at + 1 + number));
    match given.map(|value| seconds("timeout", value)) {
        Some(Ok(Some(own))) => Some(own),
        _ => handle.client.settings().timeout,
    }
}

#[inline(never)]
fn make(call: &Call, method: &str, at: usize, names: &[&str]) -> Result<Object, Throw> {
    let handle = Rc::clone(handle(call)?);
    let mut wishes = Wishes::default();
    for (number, name) in names.iter().enumerate() {
        if let Some(value) = call
            .opt_value(at + 1 + number)
            .filter(|value| !value.is_null())
        {
            wishes.set(name, value)?;
        }
    }
    let prepared = prepare(&handle, method, call.text(at)?, wishes)?;
    perform(&handle, prepared)
}

fn stats(call: &mut Call) -> Done {
    let client = &handle(call)?.client;
    let counts = client.counts();
    let mut out = Array::with_capacity(5);
    for (name, value) in [
        ("requests", counts.requests),
        ("failed", counts.failed),
        ("retries", counts.retries),
        ("redirects", counts.redirects),
    ] {
        out.set(name, value);
    }
    let mut servers = Array::new();
    for account in client.accounts() {
        let counts = account.counts;
        let mut one = Array::with_capacity(9);
        for (name, value) in [
            ("max", account.max as u64),
            ("idle", counts.idle as u64),
            ("taken", counts.taken as u64),
            ("waiting", counts.waiting as u64),
            ("made", counts.made),
            ("ended", counts.ended),
            ("waits", counts.waits),
            ("refused", counts.refused),
        ] {
            one.set(name, value);
        }
        one.set("streams", account.is_two.then_some(account.streams as i64));
        servers.set(account.origin, one);
    }
    out.set("servers", servers);
    call.ret(out)
}
