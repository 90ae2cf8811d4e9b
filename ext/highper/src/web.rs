//! From a connection's request to an answer: what needs no PHP is answered here.

mod pre_router;

use crate::app::{App, Compiled};
use crate::develop::notice;
use crate::endpoint::Endpoint;
use crate::exception::cancelled::{GONE, STOPPING};
use crate::incoming::{Incoming, PathValues};
use crate::{failure, front, health, metrics, openapi, own, send};
use highper_app::problem::Problem;
use highper_app::router::{self, Answer};
use highper_engine::{clock, scheduler};
use highper_filter::notes::NOTHING;
use highper_filter::{Filter, Notes};
use highper_http::{Connection, Exchange, Head, Progress, Service, static_file};
use highper_http1::Method;
use highper_log::{Access, Level};
use highper_runtime::superglobals::{self, Scope};
use highper_runtime::{cancel, ending};
use highper_zend::Throw;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

/// The application as an HTTP service; `OWN`: has each request superglobals of its own?
/// `SPECIAL`: has the application filters before the router, or routes that answer preflights? `MESSAGES`: are the
/// requests messages of TCP and UDP?
struct Web<const OWN: bool, const SPECIAL: bool, const MESSAGES: bool> {
    app: Rc<App>,
}

/// The service of an application that is compiled.
pub(crate) fn service(app: Rc<App>, scope: Scope) -> Rc<dyn Service> {
    metrics::begin(&app);
    health::begin(&app);
    app.watches
        .set(app.logs_access.get() || app.metrics.is_on());
    chosen::<false>(app, scope)
}

/// The same for messages, behind that of requests.
pub(crate) fn messages(app: Rc<App>, scope: Scope) -> Rc<dyn Service> {
    chosen::<true>(app, scope)
}

fn chosen<const MESSAGES: bool>(app: Rc<App>, scope: Scope) -> Rc<dyn Service> {
    let compiled = app.compiled();
    let special = compiled.is_some_and(|c| c.crosses || c.is_phased());
    match (scope, special) {
        (Scope::Shared, false) => Rc::new(Web::<false, false, MESSAGES> { app }),
        (Scope::Shared, true) => Rc::new(Web::<false, true, MESSAGES> { app }),
        (Scope::Request, special) => {
            superglobals::enable();
            match special {
                false => Rc::new(Web::<true, false, MESSAGES> { app }),
                true => Rc::new(Web::<true, true, MESSAGES> { app }),
            }
        }
    }
}

impl<const OWN: bool, const SPECIAL: bool, const MESSAGES: bool> Service
    for Web<OWN, SPECIAL, MESSAGES>
{
    fn streams(&self, head: &Head, bytes: &[u8]) -> bool {
        self.app
            .streams::<MESSAGES>(head.method_name(bytes), head.path(bytes))
    }

    fn body_limit(&self, head: &Head, bytes: &[u8]) -> Option<u64> {
        self.app
            .body_limit::<MESSAGES>(head.method_name(bytes), head.path(bytes))
    }

    fn disconnected(&self, exchange: &Rc<Exchange>) {
        let is_stream = exchange.progress() == Progress::Streaming;
        if is_stream {
            self.app.sockets.lost(exchange);
        }
        if is_stream || self.app.settings.borrow().http.probe_half_closed {
            // One that has ended meanwhile needs no telling.
            let _ended = cancel::throw_into(exchange.owner(), GONE, false);
        }
    }

    fn request(&self, exchange: Rc<Exchange>) {
        let app = &self.app;
        let Some(compiled) = app.compiled() else {
            return send::problem(&exchange, &blank(503), &[]);
        };
        if SPECIAL {
            if !MESSAGES
                && compiled.crosses
                && exchange.request().head().method() == Method::Options
                && preflight(app, &exchange, compiled)
            {
                return;
            }
            if compiled.is_phased() {
                return pre_router::enter(self, exchange, compiled);
            }
        }
        go(self, exchange, compiled, None);
    }

    fn answered(&self, exchange: &Exchange) {
        if self.app.watches.get() {
            watch(&self.app, exchange);
        }
    }

    fn refused(&self, connection: &Connection, status: u16, reason: &str) {
        let peer = connection.peer().map(|p| p.to_string()).unwrap_or_default();
        let text = format!("a request was refused with {status}: {reason}");
        self.app
            .log(Level::Info, &text, &[(b"peer", peer.as_str().into())], None);
    }

    fn timed_out(&self, exchange: &Rc<Exchange>) {
        let request = exchange.request();
        let bytes = request.bytes();
        let target = String::from_utf8_lossy(request.head().target(&bytes)).into_owned();
        self.app.log(
            Level::Warning,
            "a request took too long",
            &[(b"request", target.as_str().into())],
            None,
        );
    }

    fn drained(&self) {
        if MESSAGES {
            return;
        }
        finish(Rc::clone(&self.app));
    }

    fn trouble(&self, message: &str) {
        self.app.log(Level::Warning, message, &[], None);
    }
}

/// How often a draining worker looks whether its last request has ended: nanoseconds.
const LOOK: u64 = 20_000_000;

/// The last connection is closed: handlers whose clients are gone end, then all else is told to.
fn finish(app: Rc<App>) {
    if app.running.count() > 0 {
        scheduler::at(clock::now() + LOOK, true, || finish(app));
        return;
    }
    // What runs without a request has no client to wait for.
    cancel::throw_into_all(STOPPING);
    scheduler::at(clock::after(ending::GRACE), false, scheduler::stop_loop);
}

/// Why no handler is called.
enum Miss {
    NotFound,
    /// A parameter does not fit; the sentence says which.
    Path(String),
    Method(String),
    Options(String),
    Redirect(String),
    Bad(String),
}

fn blank(status: u16) -> Problem<'static> {
    Problem {
        status,
        kind: Some("about:blank"),
        ..Problem::default()
    }
}

/// The body of a request's coroutine.
fn handle(incoming: Rc<Incoming>) -> Result<(), Throw> {
    let coroutine = highper_engine::current().unwrap_or(0);
    incoming.app.running.begin(coroutine, &incoming);
    incoming.exchange().set_owner(coroutine);
    let result = incoming
        .app
        .endpoint(incoming.endpoint)
        .and_then(|endpoint| endpoint.run(&incoming));
    let sent = result.and_then(|data| {
        let sent = incoming.respond(&data);
        incoming.app.spare.keep(data);
        sent
    });
    let ended = match sent {
        Ok(()) => Ok(()),
        Err(throw) => failure::answer(&incoming, throw),
    };
    incoming.forget();
    incoming.app.running.end(coroutine);
    Incoming::recycle(incoming);
    ended
}

/// The same with superglobals, a session and output of the request's own.
fn handle_own(incoming: Rc<Incoming>) -> Result<(), Throw> {
    let coroutine = highper_engine::current().unwrap_or(0);
    incoming.app.running.begin(coroutine, &incoming);
    incoming.exchange().set_owner(coroutine);
    let ended = own::run(&incoming);
    incoming.forget();
    incoming.app.running.end(coroutine);
    Incoming::recycle(incoming);
    ended
}

impl<const OWN: bool, const SPECIAL: bool, const MESSAGES: bool> Web<OWN, SPECIAL, MESSAGES> {
    /// Runs the handler in a coroutine of its own.
    fn enter(
        &self,
        exchange: Rc<Exchange>,
        number: usize,
        values: PathValues,
        notes: Option<Box<Notes>>,
    ) {
        let incoming = Incoming::new(&self.app, exchange, number, values);
        if let Some(notes) = notes {
            incoming.noted(notes);
        }
        self.spawn(incoming, |incoming| match OWN {
            true => handle_own(incoming),
            false => handle(incoming),
        });
    }

    #[inline]
    fn spawn(
        &self,
        incoming: Rc<Incoming>,
        body: impl FnOnce(Rc<Incoming>) -> Result<(), Throw> + 'static,
    ) {
        let kept = Rc::clone(incoming.exchange());
        let spawned = highper_runtime::coroutine::try_spawn(move || body(incoming));
        if let Err(error) = spawned {
            self.app.log(
                Level::Error,
                &format!("a request can't be handled: {error}"),
                &[],
                None,
            );
            send::problem(&kept, &blank(503), &[("Retry-After", "1")]);
        }
    }
}

/// Looks for the route of a request, and takes the values out of its path.
#[inline]
fn route<const MESSAGES: bool>(
    compiled: &Compiled,
    exchange: &Exchange,
) -> Result<(usize, PathValues), Miss> {
    let request = exchange.request();
    let bytes = request.bytes();
    let (method, path) = (
        request.head().method_name(&bytes),
        request.head().path(&bytes),
    );
    match compiled.router::<MESSAGES>().find(method, path) {
        Answer::Found(found) => {
            let number = found.handler as usize;
            let Some(endpoint) = compiled.endpoints.get(number) else {
                return Ok((number, PathValues::default()));
            };
            match endpoint.plan.convert(&found.params) {
                Ok(values) => Ok((number, values)),
                Err(error) => Err(Miss::Path(error.message)),
            }
        }
        Answer::NotFound => Err(Miss::NotFound),
        Answer::MethodNotAllowed { allow } => Err(Miss::Method(allow.to_owned())),
        Answer::Options { allow } => Err(Miss::Options(allow.to_owned())),
        Answer::Redirect { slash } => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let query = request.head().query(&bytes).map(text);
            Err(Miss::Redirect(router::location(
                &text(path),
                query.as_deref(),
                slash,
            )))
        }
        Answer::BadRequest(why) => Err(Miss::Bad(format!("The path {why}"))),
    }
}

/// From the router on.
#[inline]
fn go<const OWN: bool, const SPECIAL: bool, const MESSAGES: bool>(
    web: &Web<OWN, SPECIAL, MESSAGES>,
    exchange: Rc<Exchange>,
    compiled: &Compiled,
    mut notes: Option<Box<Notes>>,
) {
    let app = &web.app;
    match route::<MESSAGES>(compiled, &exchange) {
        Ok((number, values)) => {
            if let Some(endpoint) = compiled.endpoints.get(number)
                && !endpoint.front.is_empty()
            {
                notes = passed(app, &exchange, endpoint, number, notes);
                if notes.is_none() {
                    return;
                }
            }
            web.enter(exchange, number, values, notes);
        }
        Err(Miss::NotFound) if compiled.front.is_empty() && notes.is_none() => {
            not_found(app, &exchange, &NOTHING);
        }
        Err(miss) => missed(app, &exchange, compiled, miss, notes),
    }
}

/// Goes through the filters before PHP; `None` where one has answered.
fn passed(
    app: &App,
    exchange: &Exchange,
    endpoint: &Endpoint,
    number: usize,
    notes: Option<Box<Notes>>,
) -> Option<Box<Notes>> {
    let mut notes = notes.unwrap_or_else(|| app.spare.notes());
    let pattern = app.pattern(number);
    if front::pass(app, exchange, &endpoint.front, pattern, &mut notes) {
        app.spare.notes.put(notes);
        return None;
    }
    Some(notes)
}

/// A request that no handler is for.
fn missed(
    app: &App,
    exchange: &Exchange,
    compiled: &Compiled,
    miss: Miss,
    given: Option<Box<Notes>>,
) {
    if compiled.front.is_empty() && given.is_none() {
        return answer(app, exchange, miss, &NOTHING);
    }
    let mut notes = given.unwrap_or_else(|| app.spare.notes());
    if !front::pass(app, exchange, &compiled.front, "", &mut notes) {
        if let Some(id) = notes.id.clone() {
            notes.add("X-Request-Id", id.as_bytes());
            app.answering.replace(Some(id));
        }
        answer(app, exchange, miss, &notes);
        app.answering.take();
    }
    app.spare.notes.put(notes);
}

/// Answers a preflight, an OPTIONS request, where its route has a filter for it.
fn preflight(app: &App, exchange: &Exchange, compiled: &Compiled) -> bool {
    let Some(cors) = asked(exchange, compiled) else {
        return false;
    };
    let mut notes = app.spare.notes();
    let is_answered = front::preflight(app, exchange, &cors, &mut notes);
    app.spare.notes.put(notes);
    is_answered
}

/// What answers preflights of the route that one asks for.
fn asked(exchange: &Exchange, compiled: &Compiled) -> Option<Rc<Filter>> {
    let request = exchange.request();
    let bytes = request.bytes();
    let head = request.head();
    let method = head.get(&bytes, b"access-control-request-method")?;
    match compiled.router.find(method, head.path(&bytes)) {
        Answer::Found(found) => {
            let endpoint = compiled.endpoints.get(found.handler as usize)?;
            endpoint.cors.clone()
        }
        _ => None,
    }
}

/// There is no route; a page of the framework's own, perhaps, or a file.
fn not_found(app: &App, exchange: &Exchange, notes: &Notes) {
    if health::page(app, exchange, notes)
        || file(app, exchange, notes)
        || metrics::page(app, exchange, notes)
        || openapi::page(app, exchange, notes)
    {
        return;
    }
    if !notice::is_there(app) || !notice::problem(app, exchange, &blank(404), &[], notes) {
        send::blank(app, exchange, 404, notes);
    }
}

/// Says why no handler is called.
fn answer(app: &App, exchange: &Exchange, miss: Miss, notes: &Notes) {
    match miss {
        Miss::NotFound => not_found(app, exchange, notes),
        Miss::Path(why) => {
            let problem = Problem {
                detail: Some(&why),
                ..blank(404)
            };
            send::problem_with(exchange, &problem, &[], notes);
        }
        Miss::Bad(why) => {
            let problem = Problem {
                detail: Some(&why),
                ..blank(400)
            };
            send::problem_with(exchange, &problem, &[], notes);
        }
        Miss::Method(allow) => {
            let headers = [("Allow", &*allow)];
            if !file(app, exchange, notes)
                && !notice::problem(app, exchange, &blank(405), &headers, notes)
            {
                send::problem_with(exchange, &blank(405), &headers, notes);
            }
        }
        Miss::Options(allow) => {
            send::bare(exchange, 204, &[("Allow", &allow)], "", notes);
        }
        Miss::Redirect(to) => {
            send::bare(exchange, 308, &[("Location", &to)], "", notes);
        }
    }
}

/// Answers with a file, if one of the folders has it.
#[inline]
fn file(app: &App, exchange: &Exchange, notes: &Notes) -> bool {
    app.compiled().is_some_and(|c| !c.files.is_empty()) && file_of(app, exchange, notes)
}

fn file_of(app: &App, exchange: &Exchange, notes: &Notes) -> bool {
    let Some(compiled) = app.compiled().filter(|c| !c.files.is_empty()) else {
        return false;
    };
    let plan = {
        let request = exchange.request();
        let bytes = request.bytes();
        let head = request.head();
        let get = |name: &[u8]| head.get(&bytes, name);
        let mut wanted = static_file::Request {
            method: head.method_name(&bytes),
            path: head.path(&bytes),
            query: head.query(&bytes),
            accept_encoding: head.accept_encoding(&bytes),
            if_match: get(b"if-match"),
            if_none_match: get(b"if-none-match"),
            if_modified_since: get(b"if-modified-since"),
            if_unmodified_since: get(b"if-unmodified-since"),
            if_range: get(b"if-range"),
            range: get(b"range"),
        };
        if !matches!(wanted.method, b"GET" | b"HEAD") {
            return false;
        }
        let mut found = None;
        for (prefix, files) in &compiled.files {
            if !wanted.path.starts_with(prefix.as_bytes()) {
                continue;
            }
            match files.serve(&wanted) {
                Ok(static_file::Answer::Plan(plan))
                    if send::ranges_length(&plan) > send::RANGES_MAX =>
                {
                    wanted.range = None;
                    found = files.serve(&wanted).ok();
                }
                Ok(static_file::Answer::Miss(_)) => continue,
                Ok(answer) => found = Some(answer),
                Err(error) => {
                    drop(bytes);
                    app.log(
                        Level::Error,
                        &format!("a file can't be sent: {error}"),
                        &[],
                        None,
                    );
                    send::problem_with(exchange, &blank(503), &[], notes);
                    return true;
                }
            }
            break;
        }
        found
    };
    match plan {
        Some(static_file::Answer::Plan(plan)) => {
            send::file(exchange, plan, notes, app);
            true
        }
        _ => false,
    }
}

/// What is done when a request is answered.
fn watch(app: &App, exchange: &Exchange) {
    metrics::answered(app, exchange);
    if app.logs_access.get() {
        access(app, exchange);
    }
}

fn access(app: &App, exchange: &Exchange) {
    let request = exchange.request();
    let bytes = request.bytes();
    let head = request.head();
    let peer = exchange.connection().peer();
    let peer = peer.map_or_else(|| "unix:".to_owned(), |p| p.ip().to_string());
    let spent = highper_engine::clock::now().saturating_sub(request.started());
    let running = crate::incoming::current();
    let answering = app.answering.borrow();
    let id = running.as_ref().and_then(|r| r.known_id());
    let id = id.or(answering.as_deref());
    app.logger.access(&Access {
        time: SystemTime::now(),
        peer: &peer,
        method: head.method_name(&bytes),
        target: head.target(&bytes),
        protocol: send::protocol(exchange),
        status: exchange.status(),
        bytes: exchange.body_bytes(),
        duration: Duration::from_nanos(spent),
        referer: head.get(&bytes, b"referer"),
        user_agent: head.get(&bytes, b"user-agent"),
        request_id: id,
        worker: app.worker.get(),
    });
}
