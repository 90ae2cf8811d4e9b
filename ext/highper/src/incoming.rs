//! A request that was routed to PHP, as Rust sees it.

use crate::app::App;
use crate::response::{self, data::Data};
use crate::session::{self, State};
use highper_filter::notes::is_list;
use highper_filter::{Notes, identity};
use highper_http::form::Kind;
use highper_http::{Body, Exchange, cookie, query};
use highper_zend::{Array, Object, Throw};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::{Rc, Weak};

/// A path parameter, converted before PHP is entered.
#[derive(Clone, Debug)]
pub(crate) enum PathValue {
    /// An optional part that the path does not have.
    Absent,
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(Box<str>),
    /// The number of an enum's case.
    Case(usize),
}

/// The endpoint of a request whose route is not known yet.
pub(crate) const NOWHERE: usize = usize::MAX;

/// The values of a route's path parameters; few of them need no memory of their own.
#[derive(Clone, Default)]
pub(crate) struct PathValues {
    first: [Option<PathValue>; 2],
    more: Vec<PathValue>,
}

impl PathValues {
    /// One more.
    pub(crate) fn push(&mut self, value: PathValue) {
        match self.first.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some(value),
            None => self.more.push(value),
        }
    }

    /// By its number.
    pub(crate) fn get(&self, at: usize) -> Option<&PathValue> {
        match self.first.get(at) {
            Some(value) => value.as_ref(),
            None => self.more.get(at - self.first.len()),
        }
    }
}

/// One request under way. It belongs to its coroutine, and to the request objects made of it.
pub(crate) struct Incoming {
    pub(crate) app: Rc<App>,
    exchange: Option<Rc<Exchange>>,
    /// The number of the endpoint.
    pub(crate) endpoint: usize,
    /// The values of the path parameters, in the order of the endpoint's plan.
    pub(crate) path: PathValues,
    /// Objects of this request, by their class in lower case.
    pub(crate) scoped: RefCell<Vec<(Rc<str>, Object)>>,
    /// How far `read()` has come in a body that has arrived.
    pub(crate) body_at: Cell<u64>,
    id: OnceCell<Box<str>>,
    /// What filters have found out; `None` where there are none.
    pub(crate) notes: RefCell<Option<Box<Notes>>>,
    /// Made when it is first asked for.
    pub(crate) session: OnceCell<Rc<State>>,
    request: RefCell<Option<Object>>,
    query: OnceCell<Array>,
    cookies: OnceCell<Array>,
    form: OnceCell<Array>,
}

thread_local! {
    /// The worker's requests, for code that only knows its coroutine.
    static RUNNING: RefCell<Option<Rc<App>>> = const { RefCell::new(None) };
    /// The application that was made last.
    static MADE: RefCell<Weak<App>> = const { RefCell::new(Weak::new()) };
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// The requests under way, by coroutine. The one that began last mostly ends first: it has a
/// place of its own and is in the map only once another has begun.
#[derive(Default)]
pub(crate) struct Running {
    /// Its coroutine; 0 where there is none.
    newest: Cell<u64>,
    request: Cell<Option<Rc<Incoming>>>,
    others: RefCell<HashMap<u64, Rc<Incoming>, BuildHasherDefault<IdHasher>>>,
}

/// Coroutine ids are counted, so they spread by themselves.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 << 8 | u64::from(*byte));
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Running {
    /// The request of a coroutine.
    fn find(&self, id: u64) -> Option<Rc<Incoming>> {
        if self.newest.get() == id {
            let request = self.request.take();
            self.request.set(request.clone());
            return request;
        }
        self.others.borrow().get(&id).cloned()
    }

    /// The number of the endpoint of this exchange, which the coroutine or one that made it answers.
    #[inline]
    pub(crate) fn endpoint(&self, id: u64, exchange: &Exchange) -> Option<usize> {
        let of = |incoming: &Rc<Incoming>| {
            let is_it = std::ptr::eq(&raw const **incoming.exchange(), exchange);
            is_it.then_some(incoming.endpoint)
        };
        if self.newest.get() == id {
            let request = self.request.take();
            let endpoint = request.as_ref().and_then(of);
            self.request.set(request);
            return endpoint;
        }
        current().as_ref().and_then(of)
    }

    /// A coroutine handles a request, until [`Running::end`].
    #[inline]
    pub(crate) fn begin(&self, id: u64, incoming: &Rc<Incoming>) {
        let older = self.newest.replace(id);
        if let Some(request) = self.request.replace(Some(Rc::clone(incoming))) {
            self.others.borrow_mut().insert(older, request);
        }
    }

    /// The coroutine handles its request no longer.
    #[inline]
    pub(crate) fn end(&self, id: u64) {
        let gone = if self.newest.get() == id {
            self.newest.set(0);
            self.request.take()
        } else {
            self.others.borrow_mut().remove(&id)
        };
        drop(gone);
    }

    /// How many are under way.
    pub(crate) fn count(&self) -> usize {
        self.others.borrow().len() + usize::from(self.newest.get() != 0)
    }
}

/// Says which application this worker serves; `None` at its end.
pub(crate) fn serve(app: Option<Rc<App>>) {
    RUNNING.set(app);
}

/// The application that this worker serves.
pub(crate) fn serving() -> Option<Rc<App>> {
    RUNNING.with_borrow(Clone::clone)
}

/// An application was made.
pub(crate) fn made(app: Weak<App>) {
    MADE.set(app);
}

/// The application that this worker serves; before that, the one that was made last.
pub(crate) fn app() -> Option<Rc<App>> {
    RUNNING
        .with_borrow(Clone::clone)
        .or_else(|| MADE.with_borrow(Weak::upgrade))
}

/// The request of the running coroutine, or of the one that made it.
pub(crate) fn current() -> Option<Rc<Incoming>> {
    let mut id = highper_engine::current()?;
    let app = RUNNING.with_borrow(Clone::clone)?;
    for _ in 0..64 {
        let found = app.running.find(id);
        if found.is_some() {
            return found;
        }
        id = highper_engine::info(id)?.parent;
    }
    None
}

impl Incoming {
    /// A request for an endpoint.
    pub(crate) fn new(
        app: &Rc<App>,
        exchange: Rc<Exchange>,
        endpoint: usize,
        path: PathValues,
    ) -> Rc<Self> {
        if let Some(mut spare) = app.spare.incoming.take()
            && let Some(own) = Rc::get_mut(&mut spare)
        {
            own.exchange = Some(exchange);
            own.endpoint = endpoint;
            own.path = path;
            return spare;
        }
        Rc::new(Self {
            app: Rc::clone(app),
            exchange: Some(exchange),
            endpoint,
            path,
            scoped: RefCell::default(),
            body_at: Cell::new(0),
            id: OnceCell::new(),
            notes: RefCell::default(),
            session: OnceCell::new(),
            request: RefCell::default(),
            query: OnceCell::new(),
            cookies: OnceCell::new(),
            form: OnceCell::new(),
        })
    }

    /// What it came with, and is answered through.
    #[inline]
    pub(crate) fn exchange(&self) -> &Rc<Exchange> {
        self.exchange
            .as_ref()
            .expect("only Incoming::recycle takes it, when nobody else has the request")
    }

    /// The request is over: its memory serves another one, unless somebody still holds it.
    pub(crate) fn recycle(mut this: Rc<Self>) {
        let Some(own) = Rc::get_mut(&mut this) else {
            return;
        };
        drop(own.exchange.take());
        own.body_at.set(0);
        drop(own.id.take());
        if let Some(notes) = own.notes.get_mut().take() {
            own.app.spare.notes.put(notes);
        }
        drop(own.session.take());
        drop((own.query.take(), own.cookies.take(), own.form.take()));
        let app = Rc::clone(&this.app);
        app.spare.incoming.put(this);
    }

    /// Takes what filters have found out before PHP.
    pub(crate) fn noted(&self, mut notes: Box<Notes>) {
        if notes.id.is_some()
            && let Some(id) = notes.id.take()
        {
            // The first holds: nobody has asked before.
            let _first = self.id.set(id);
        }
        self.notes.replace(Some(notes));
    }

    /// Gives what filters have found out, for another record of the same request.
    pub(crate) fn take_notes(&self) -> Box<Notes> {
        let mut notes = self.notes.take().unwrap_or_else(|| self.app.spare.notes());
        if let Some(id) = self.known_id() {
            notes.id = Some(id.into());
        }
        notes
    }

    /// The trace that the request belongs to.
    pub(crate) fn trace(&self) -> Option<Box<str>> {
        let notes = self.notes.borrow();
        notes.as_deref()?.trace.as_ref().map(|t| t.trace.clone())
    }

    /// Lets a filter behind PHP find out something.
    pub(crate) fn note<T>(&self, f: impl FnOnce(&mut Notes) -> T) -> T {
        let mut notes = self.notes.take().unwrap_or_else(|| self.app.spare.notes());
        let result = f(&mut notes);
        self.noted(notes);
        result
    }

    /// Keeps the object that the container gives to those who ask for the request.
    pub(crate) fn keep(&self, object: &Object) {
        if self.keeps(object) {
            return;
        }
        let old = self.request.borrow_mut().replace(object.clone());
        drop(old);
    }

    /// Is this the object kept by [`Incoming::keep`]?
    pub(crate) fn keeps(&self, object: &Object) -> bool {
        let kept = self.request.borrow();
        kept.as_ref().is_some_and(|kept| kept.is(object))
    }

    /// The object kept by [`Incoming::keep`], made where there is none.
    pub(crate) fn object(self: &Rc<Self>) -> Result<Object, Throw> {
        if let Some(kept) = &*self.request.borrow() {
            return Ok(kept.clone());
        }
        let made = crate::request::object(self)?;
        self.keep(&made);
        Ok(made)
    }

    /// The object kept by [`Incoming::keep`], or a new one that is not kept yet.
    #[inline]
    pub(crate) fn unkept(self: &Rc<Self>) -> Result<Object, highper_zend::Throw> {
        match &*self.request.borrow() {
            Some(kept) => Ok(kept.clone()),
            None => crate::request::object(self),
        }
    }

    /// Was nothing made for it that its head does not say?
    pub(crate) fn is_bare(&self) -> bool {
        self.scoped.borrow().is_empty()
            && self.id.get().is_none()
            && self.notes.borrow().is_none()
            && self.session.get().is_none()
            && self.request.borrow().is_none()
    }

    /// Another record of the same request, for what outlives its answer; it takes all that was made for the request but
    /// the session, which is over and is read anew.
    pub(crate) fn hand_over(&self) -> Rc<Self> {
        let new = Self::new(
            &self.app,
            Rc::clone(self.exchange()),
            self.endpoint,
            self.path.clone(),
        );
        let mut scoped = self.scoped.take();
        let session = scoped.iter().position(|(key, _)| **key == *session::KEY);
        let gone = session.map(|at| scoped.swap_remove(at));
        new.scoped.replace(scoped);
        drop(gone);
        if let Some(notes) = self.notes.take() {
            new.notes.replace(Some(notes));
        }
        if let Some(id) = self.known_id() {
            let _first = new.id.set(id.into());
        }
        if let Some(object) = self.request.take() {
            crate::request::belongs(&object, &new);
            new.request.replace(Some(object));
        }
        new
    }

    /// Lets go of the objects of this request, which hold it in turn.
    pub(crate) fn forget(&self) {
        if !self.scoped.borrow().is_empty() {
            let scoped = self.scoped.take();
            drop(scoped);
        }
        if let Some(request) = self.request.take() {
            crate::request::recycle(&self.app, request);
        }
    }

    /// A header of the request, as it was sent.
    pub(crate) fn header(&self, name: &[u8]) -> Option<Vec<u8>> {
        let request = self.exchange().request();
        let bytes = request.bytes();
        request.head().get(&bytes, name).map(<[u8]>::to_vec)
    }

    /// The request's id: the client's `X-Request-Id` where it is a short plain word, else a new one.
    pub(crate) fn id(&self) -> &str {
        self.id.get_or_init(|| request_id(self.exchange()))
    }

    /// The id, if the client gave one or somebody asked for it.
    pub(crate) fn known_id(&self) -> Option<&str> {
        self.id.get().map(|id| &**id)
    }

    /// The query as PHP's `$_GET` has it.
    pub(crate) fn query(&self) -> &Array {
        self.query.get_or_init(|| {
            let request = self.exchange().request();
            let bytes = request.bytes();
            let text = request.head().query(&bytes).unwrap_or_default();
            highper_runtime::input::array(&query::parse(text, &query::Options::default()).list)
        })
    }

    /// The cookies as PHP's `$_COOKIE` has them.
    pub(crate) fn cookies(&self) -> &Array {
        self.cookies.get_or_init(|| {
            let request = self.exchange().request();
            let bytes = request.bytes();
            let text = request
                .head()
                .cookies(&bytes)
                .collect::<Vec<_>>()
                .join(&b"; "[..]);
            highper_runtime::input::array(&cookie::parse(&text, &query::Options::default()).list)
        })
    }

    /// What kind of body it is.
    pub(crate) fn body_kind(&self) -> Kind {
        if matches!(self.exchange().request().body(), Body::Form(_)) {
            return Kind::UrlEncoded;
        }
        let request = self.exchange().request();
        let bytes = request.bytes();
        let kind = request.head().content_type(&bytes).unwrap_or_default();
        Kind::of(kind).unwrap_or(Kind::Other)
    }

    /// The fields of a form as PHP's `$_POST` has them; empty where the body is none.
    pub(crate) fn form(&self) -> std::io::Result<&Array> {
        if let Some(form) = self.form.get() {
            return Ok(form);
        }
        let request = self.exchange().request();
        let form = match request.body() {
            Body::Form(form) => highper_runtime::input::array(&form.fields),
            _ if self.body_kind() == Kind::UrlEncoded => request.with_body(|body| {
                highper_runtime::input::array(&query::parse(body, &query::Options::default()).list)
            })?,
            _ => Array::new(),
        };
        Ok(self.form.get_or_init(|| form))
    }

    /// The response, and nothing happens where the client is gone.
    ///
    /// # Errors
    /// What a stream's generator throws.
    #[inline]
    pub(crate) fn respond(&self, data: &Rc<Data>) -> Result<(), Throw> {
        let is_plain = self.session.get().is_none()
            && self.notes.borrow().is_none()
            && !matches!(data.body, response::data::Body::Stream(_));
        if is_plain {
            crate::send::response(self.exchange(), data, self.known_id(), &self.app);
            return Ok(());
        }
        self.respond_dressed(data)
    }

    /// The same with a session's cookie, what filters have noted, and a stream's body.
    fn respond_dressed(&self, data: &Rc<Data>) -> Result<(), Throw> {
        if let Some(session) = self.session.get()
            && let Some(cookie) = session::commit(session)?
        {
            let mut dressed = Rc::clone(data);
            Rc::make_mut(&mut dressed).add(b"Set-Cookie", &cookie);
            return self.respond(&dressed);
        }
        let noted = self.notes.borrow().as_deref().map(|notes| {
            let mut data = Data::clone(data);
            for (name, value) in notes.fields() {
                if is_list(name) || data.values(name).next().is_none() {
                    data.add(name, value);
                }
            }
            Rc::new(data)
        });
        let data = noted.as_ref().unwrap_or(data);
        if let response::data::Body::Stream(stream) = &data.body {
            return response::stream::send(self, data, stream);
        }
        crate::send::response(self.exchange(), data, self.known_id(), &self.app);
        Ok(())
    }
}

/// A request's id, the client's own or a new one.
pub(crate) fn request_id(exchange: &Exchange) -> Box<str> {
    let request = exchange.request();
    let bytes = request.bytes();
    request
        .head()
        .get(&bytes, b"x-request-id")
        .filter(|id| identity::is_plain(id))
        .and_then(|id| std::str::from_utf8(id).ok())
        .map_or_else(new_id, Into::into)
}

/// Process, a start that nobody else has, and a count: unique, not secret.
fn new_id() -> Box<str> {
    use std::hash::{BuildHasher, RandomState};
    thread_local! {
        static SEED: Cell<(u32, u64)> = const { Cell::new((0, 0)) };
    }
    let process = highper_engine::process::id();
    let (owner, mut seed) = SEED.get();
    if owner != process {
        seed = RandomState::new().hash_one(process);
        SEED.set((process, seed));
        NEXT.set(0);
    }
    let count = NEXT.get() + 1;
    NEXT.set(count);
    format!("{:016x}{:08x}{count:08x}", seed, process).into()
}
