//! A request that was routed to PHP, as Rust sees it.

use crate::app::App;
use crate::response::data::Data;
use highper_http::form::Kind;
use highper_http::{Body, Exchange, cookie, query};
use highper_zend::{Array, Object};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

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

/// One request under way. It belongs to its coroutine, and to the request objects made of it.
pub(crate) struct Incoming {
    pub(crate) app: Rc<App>,
    pub(crate) exchange: Rc<Exchange>,
    /// The number of the endpoint.
    pub(crate) endpoint: usize,
    /// The values of the path parameters, in the order of the endpoint's plan.
    pub(crate) path: Vec<PathValue>,
    /// Objects of this request, by their class in lower case.
    pub(crate) scoped: RefCell<Vec<(Rc<str>, Object)>>,
    /// How far `read()` has come in a body that has arrived.
    pub(crate) body_at: Cell<u64>,
    id: OnceCell<Box<str>>,
    request: RefCell<Option<Object>>,
    query: OnceCell<Array>,
    cookies: OnceCell<Array>,
    form: OnceCell<Array>,
}

thread_local! {
    /// The requests under way, by coroutine.
    static RUNNING: RefCell<HashMap<u64, Rc<Incoming>>> = RefCell::default();
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// The request of the running coroutine, or of the one that made it.
pub(crate) fn current() -> Option<Rc<Incoming>> {
    let mut id = highper_engine::current()?;
    for _ in 0..64 {
        let found = RUNNING.with_borrow(|map| map.get(&id).cloned());
        if found.is_some() {
            return found;
        }
        id = highper_engine::info(id)?.parent;
    }
    None
}

/// Says that the running coroutine handles a request, as long as it lives.
pub(crate) struct Running(u64);

impl Running {
    pub(crate) fn begin(incoming: &Rc<Incoming>) -> Self {
        let id = highper_engine::current().unwrap_or(0);
        RUNNING.with_borrow_mut(|map| map.insert(id, Rc::clone(incoming)));
        Self(id)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let gone = RUNNING.with_borrow_mut(|map| map.remove(&self.0));
        drop(gone);
    }
}

/// How many requests are under way.
pub(crate) fn running() -> usize {
    RUNNING.with_borrow(HashMap::len)
}

impl Incoming {
    pub(crate) fn new(
        app: Rc<App>,
        exchange: Rc<Exchange>,
        endpoint: usize,
        path: Vec<PathValue>,
    ) -> Self {
        Self {
            app,
            exchange,
            endpoint,
            path,
            scoped: RefCell::default(),
            body_at: Cell::new(0),
            id: OnceCell::new(),
            request: RefCell::default(),
            query: OnceCell::new(),
            cookies: OnceCell::new(),
            form: OnceCell::new(),
        }
    }

    /// The request object that PHP sees first.
    pub(crate) fn object(self: &Rc<Self>) -> Result<Object, highper_zend::Throw> {
        crate::request::object(self)
    }

    /// Keeps the object that the container gives to those who ask for the request.
    pub(crate) fn keep(&self, object: &Object) {
        let old = self.request.borrow_mut().replace(object.clone());
        drop(old);
    }

    /// The object kept by [`Incoming::keep`].
    pub(crate) fn kept(&self) -> Option<Object> {
        self.request.borrow().clone()
    }

    /// Lets go of the objects of this request, which hold it in turn.
    pub(crate) fn forget(&self) {
        let request = self.request.borrow_mut().take();
        let scoped = std::mem::take(&mut *self.scoped.borrow_mut());
        drop((request, scoped));
    }

    /// A header of the request, as it was sent.
    pub(crate) fn header(&self, name: &[u8]) -> Option<Vec<u8>> {
        let request = self.exchange.request();
        let bytes = request.bytes();
        request.head().get(&bytes, name).map(<[u8]>::to_vec)
    }

    /// The request's id: the client's `X-Request-Id` where it is a short plain word, else a new one.
    pub(crate) fn id(&self) -> &str {
        self.id.get_or_init(|| request_id(&self.exchange))
    }

    /// The id, if the client gave one or somebody asked for it.
    pub(crate) fn known_id(&self) -> Option<&str> {
        self.id.get().map(|id| &**id)
    }

    /// The query as PHP's `$_GET` has it.
    pub(crate) fn query(&self) -> &Array {
        self.query.get_or_init(|| {
            let request = self.exchange.request();
            let bytes = request.bytes();
            let text = request.head().query(&bytes).unwrap_or_default();
            crate::input::array(&query::parse(text, &query::Options::default()).list)
        })
    }

    /// The cookies as PHP's `$_COOKIE` has them.
    pub(crate) fn cookies(&self) -> &Array {
        self.cookies.get_or_init(|| {
            let request = self.exchange.request();
            let bytes = request.bytes();
            let text = request
                .head()
                .cookies(&bytes)
                .collect::<Vec<_>>()
                .join(&b"; "[..]);
            crate::input::array(&cookie::parse(&text, &query::Options::default()).list)
        })
    }

    /// What kind of body it is.
    pub(crate) fn body_kind(&self) -> Kind {
        if matches!(self.exchange.request().body(), Body::Form(_)) {
            return Kind::UrlEncoded;
        }
        let request = self.exchange.request();
        let bytes = request.bytes();
        let kind = request.head().content_type(&bytes).unwrap_or_default();
        Kind::of(kind).unwrap_or(Kind::Other)
    }

    /// The fields of a form as PHP's `$_POST` has them; empty where the body is none.
    pub(crate) fn form(&self) -> std::io::Result<&Array> {
        if let Some(form) = self.form.get() {
            return Ok(form);
        }
        let request = self.exchange.request();
        let form = match request.body() {
            Body::Form(form) => crate::input::array(&form.fields),
            _ if self.body_kind() == Kind::UrlEncoded => request.with_body(|body| {
                crate::input::array(&query::parse(body, &query::Options::default()).list)
            })?,
            _ => Array::new(),
        };
        Ok(self.form.get_or_init(|| form))
    }

    /// The response, and nothing happens where the client is gone.
    pub(crate) fn respond(&self, data: &Rc<Data>) {
        crate::send::response(&self.exchange, data, self.known_id(), &self.app);
    }
}

/// A request's id, the client's own or a new one.
pub(crate) fn request_id(exchange: &Exchange) -> Box<str> {
    let request = exchange.request();
    let bytes = request.bytes();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:/+=".contains(b);
    request
        .head()
        .get(&bytes, b"x-request-id")
        .filter(|id| (1..=128).contains(&id.len()) && id.iter().all(plain))
        .and_then(|id| std::str::from_utf8(id).ok())
        .map_or_else(new_id, Into::into)
}

/// Process, a start that nobody else has, and a count: unique, not secret.
fn new_id() -> Box<str> {
    use std::hash::{BuildHasher, RandomState};
    thread_local! {
        static SEED: Cell<(u32, u64)> = const { Cell::new((0, 0)) };
    }
    let process = std::process::id();
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
