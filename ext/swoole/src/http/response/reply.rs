//! A response that goes to a `Coroutine\Socket`: of `Coroutine\Http\Server`, or of `Response::create($socket)`.

use super::packing::Packing;
use super::{FD, LINE_BREAK, RESPONSE, State, own};
use crate::coroutine::socket::{self, SOCKET, failure};
use crate::error_code;
use crate::websocket::options::Options;
use highper_http::compression::{self, Encoding};
use highper_http::detached::Detached;
use highper_http::{Answer, Progress, ResponseHead, SendError, Signature};
use highper_net::Socket as NetSocket;
use highper_runtime::superglobals;
use highper_websocket::Decoder;
use highper_zend::{Array, Call, Done, Object, Str, Throw, error};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// `$socket`
const SOCKET_SLOT: usize = 1;

thread_local! {
    static SIGNATURE: Signature =
        Signature::new("swoole-http-server").expect("the name has no control bytes");
}

/// A socket to answer on, and what was read from it beyond the request.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) object: Object,
    pub(crate) socket: Rc<NetSocket>,
    pub(crate) rest: Rc<RefCell<Vec<u8>>>,
    pub(crate) websocket: Rc<Options>,
    pub(crate) packing: Rc<Packing>,
}

impl Target {
    /// Of an object, if it is a `Coroutine\Socket` that is open.
    pub(crate) fn of(object: &Object) -> Option<Self> {
        if !object.is_instance_of(SOCKET.get()) {
            return None;
        }
        Some(Self {
            object: object.clone(),
            socket: socket::of(object)?,
            rest: Rc::default(),
            websocket: Rc::new(Options::of(&Array::new())),
            packing: Rc::default(),
        })
    }
}

/// What a WebSocket connection of a response has.
pub(super) struct Socket {
    pub(super) decoder: Decoder,
    pub(super) input: Vec<u8>,
    /// How much of the input was taken.
    pub(super) at: usize,
    pub(super) compress: bool,
}

/// One answer on a socket.
pub(crate) struct Reply {
    target: Target,
    request: Option<Rc<RefCell<Detached>>>,
    answer: Answer,
    pub(super) websocket: RefCell<Option<Socket>>,
    /// A close frame has answered the peer's, or told it what was wrong.
    pub(super) failed: Cell<bool>,
}

/// A response object for a socket.
///
/// # Errors
/// As [`highper_zend::ClassRef::instantiate`].
pub(crate) fn object(
    target: Target,
    request: Option<Rc<RefCell<Detached>>>,
) -> Result<Object, Throw> {
    let made = RESPONSE.instantiate()?;
    made.set_slot(FD as usize, i64::from(target.socket.fd()));
    made.set_slot(SOCKET_SLOT, target.object.clone());
    let answer = match request.as_ref().map(|request| request.borrow()) {
        Some(request) if request.is_complete() => Answer::to(&request),
        _ => Answer::to_any(),
    };
    if let Some(state) = made.state::<State>() {
        state.packs_from.set(target.packing.from);
        state.dressed.set(true);
        state.reply.replace(Some(Rc::new(Reply {
            target,
            request,
            answer,
            websocket: RefCell::default(),
            failed: Cell::new(false),
        })));
    }
    Ok(made)
}

/// The reply of a response object.
pub(crate) fn of(response: &Object) -> Option<Rc<Reply>> {
    response.state::<State>()?.reply.borrow().clone()
}

/// Ends a response that nobody answers, with this status.
pub(crate) fn refuse(response: &Object, status: u16) {
    if let Some(state) = response.state::<State>() {
        state.status.set(status);
    }
}

/// What the request's code prints and what `header()` sets belongs to the response.
pub(crate) fn is_own(response: &Object) {
    if let Some(state) = response.state::<State>() {
        state.is_own();
    }
}

/// The handler has ended: where it has not called `end()`, what it printed is the body.
pub(crate) fn send_own(response: &Object) {
    let Some(state) = response.state::<State>() else {
        return;
    };
    let reply = state.reply.borrow().clone();
    let Some(reply) = reply.filter(|_| !state.detached.get()) else {
        return;
    };
    let progress = reply.answer.progress();
    if progress == Progress::Complete {
        return;
    }
    let body = own::piece(state, progress, Str::new(b""));
    let made = match progress {
        Progress::Waiting => state.whole(&reply, state.status(), body.as_bytes()),
        _ if body.as_bytes().is_empty() => return,
        _ => {
            let mut out = Vec::new();
            let written = reply.answer.write(&mut out, body.as_bytes());
            written.map(|()| out)
        }
    };
    match made {
        // A client that is gone needs no answer.
        Ok(out) => drop(reply.socket().send_all(&out, 0.0)),
        Err(_) => reply.answer.abort(),
    }
}

/// The handler of a response left with an exception.
pub(crate) fn fail(response: &Object) {
    if let Some(state) = response.state::<State>() {
        state.failed.set(true);
    }
}

impl Reply {
    pub(crate) fn object(&self) -> &Object {
        &self.target.object
    }

    pub(crate) fn socket(&self) -> &Rc<NetSocket> {
        &self.target.socket
    }

    pub(super) fn options(&self) -> &Rc<Options> {
        &self.target.websocket
    }

    pub(super) fn answer(&self) -> &Answer {
        &self.answer
    }

    /// Was it handed over, and will the connection serve another request?
    pub(crate) fn keeps_alive(&self) -> bool {
        self.answer.keeps_alive() && !self.socket().is_closed()
    }

    /// Has the connection closed after it.
    pub(crate) fn close_after(&self) {
        self.answer.close_after();
    }

    /// What was read beyond the request.
    pub(super) fn take_rest(&self) -> Vec<u8> {
        self.target.rest.take()
    }

    /// The values of a field of the request.
    pub(super) fn values(&self, name: &[u8]) -> Vec<Vec<u8>> {
        let Some(request) = self.request.as_ref().map(|request| request.borrow()) else {
            return Vec::new();
        };
        let Some((head, bytes)) = request.head() else {
            return Vec::new();
        };
        let same = head
            .fields(bytes)
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.to_vec()).collect()
    }

    /// Sends all of it. False, with the socket's error set, when that went wrong.
    ///
    /// # Errors
    /// What a wait throws.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<bool, Throw> {
        let error = match self.socket().send_all(bytes, 0.0) {
            Ok(part) => part.error,
            Err(error) => Some(error),
        };
        match error {
            None => Ok(true),
            Some(error) => {
                failure::settle(self.object(), socket::SLOTS, &error)?;
                Ok(false)
            }
        }
    }
}

pub(super) fn with_signature<R>(f: impl FnOnce(&Signature) -> R) -> R {
    SIGNATURE.with(f)
}

/// The reply, as long as it can still be sent.
pub(super) fn usable(call: &Call) -> Result<Option<Rc<Reply>>, Throw> {
    let this = call.this::<State>()?;
    let found = this.reply.borrow().clone();
    match found {
        Some(reply) if !this.detached.get() && reply.answer.progress() != Progress::Complete => {
            Ok(Some(reply))
        }
        Some(_) => {
            highper_runtime::set_last_error(error_code::HTTP_CONTEXT_UNAVAILABLE);
            Ok(None)
        }
        None => Ok(None),
    }
}

pub(super) fn is_writable(state: &State) -> bool {
    let reply = state.reply.borrow();
    reply.as_ref().is_some_and(|reply| {
        reply.answer.progress() != Progress::Complete && !reply.socket().is_closed()
    })
}

impl State {
    /// What is to be said of a body of this length, packed or not.
    fn packed(&self, reply: &Reply, body: &[u8]) -> (Encoding, Option<Vec<u8>>) {
        let plain = (Encoding::Identity, None);
        if body.len() < self.packs_from.get() as usize || self.has(b"content-encoding") {
            return plain;
        }
        let accept = reply.values(b"accept-encoding").join(&b", "[..]);
        if accept.is_empty() {
            return plain;
        }
        let packing = &reply.target.packing;
        let encoding = self.encoding_by(packing, &accept);
        let mut out = Vec::new();
        match compression::compress(encoding, packing.level, body, &mut out) {
            Ok(_) if encoding != Encoding::Identity => (encoding, Some(out)),
            _ => plain,
        }
    }

    /// The whole response as bytes.
    fn whole(&self, reply: &Reply, status: u16, body: &[u8]) -> Result<Vec<u8>, SendError> {
        let (encoding, packed) = self.packed(reply, body);
        let body = packed.as_deref().unwrap_or(body);
        let reason = self.reason.borrow();
        let mut out = Vec::with_capacity(body.len() + 256);
        with_signature(|signature| {
            reply.answer.respond(
                &mut out,
                signature,
                (status, reason.as_deref()),
                |head| self.add_fields(head, encoding),
                body,
            )
        })?;
        Ok(out)
    }

    /// A handler that ended without an answer still owes one.
    #[cold]
    pub(super) fn owe_reply(&self, reply: &Reply) {
        let made = match reply.answer.progress() {
            Progress::Complete => return,
            Progress::Streaming if !self.failed.get() => {
                let mut out = Vec::new();
                reply.answer.finish(&mut out, &[]).map(|()| out)
            }
            Progress::Streaming => Err(SendError::Gone),
            Progress::Waiting => {
                let status = match self.status.get() {
                    _ if self.failed.get() => 500,
                    0 => 500,
                    status => status,
                };
                self.whole(reply, status, b"")
            }
        };
        match made {
            // Nobody is there any more to be told of a client that has gone.
            Ok(out) => drop(reply.socket().send_all(&out, 0.0)),
            Err(_) => reply.answer.abort(),
        }
    }
}

/// Warns of what is wrong with a response; sends what is right.
fn hand(call: &Call, reply: &Reply, made: Result<Vec<u8>, SendError>) -> Done {
    match made {
        Ok(out) => {
            let sent = reply.send(&out)?;
            call.ret_bool(sent)
        }
        Err(problem) => {
            error::warning(problem.to_string())?;
            call.ret_bool(false)
        }
    }
}

fn warn_of_broken(call: &Call, reply: &Reply) -> Done {
    if reply.answer.progress() == Progress::Waiting {
        let count = call.this::<State>()?.fields.borrow().broken();
        for _ in 0..count {
            error::warning(LINE_BREAK)?;
        }
    }
    Ok(())
}

fn starts(
    state: &State,
    reply: &Reply,
    length: Option<u64>,
    out: &mut Vec<u8>,
) -> Result<(), SendError> {
    let reason = state.reason.borrow();
    let fields = |head: &mut ResponseHead<'_>| match length {
        Some(_) => state.add_fields(head, Encoding::Identity),
        None => state.add_fields_of_stream(head),
    };
    with_signature(|signature| {
        let line = (state.status(), reason.as_deref());
        reply.answer.start(out, signature, line, length, fields)
    })
}

pub(super) fn write(call: &mut Call) -> Done {
    let Some(reply) = usable(call)? else {
        return call.ret_bool(false);
    };
    let mut content = call.str(0)?;
    if content.as_bytes().is_empty() {
        error::warning("the data sent must not be empty")?;
        return call.ret_bool(false);
    }
    let this = call.this::<State>()?;
    if this.own.get() {
        content = own::piece(this, reply.answer.progress(), content);
    }
    warn_of_broken(call, &reply)?;
    let mut out = Vec::with_capacity(content.as_bytes().len() + 256);
    let mut made = Ok(());
    if reply.answer.progress() == Progress::Waiting {
        made = starts(this, &reply, None, &mut out);
    }
    let made = made
        .and_then(|()| reply.answer.write(&mut out, content.as_bytes()))
        .map(|()| out);
    hand(call, &reply, made)
}

pub(super) fn end(call: &mut Call) -> Done {
    let Some(reply) = usable(call)? else {
        return call.ret_bool(false);
    };
    let mut content = call.opt_str(0)?;
    let this = call.this::<State>()?;
    if this.own.get() {
        let given = content.take().unwrap_or_else(|| Str::new(b""));
        content = Some(own::piece(this, reply.answer.progress(), given));
        superglobals::shut();
    }
    let body = content.as_ref().map_or(&b""[..], Str::as_bytes);
    warn_of_broken(call, &reply)?;
    let made = match reply.answer.progress() {
        Progress::Streaming => {
            let trailers = this.trailers.borrow();
            let trailers: Vec<(&[u8], &[u8])> = trailers
                .iter()
                .map(|(n, v)| (n.as_slice(), v.as_slice()))
                .collect();
            let mut out = Vec::with_capacity(body.len() + 16);
            let last = match body {
                [] => Ok(()),
                body => reply.answer.write(&mut out, body),
            };
            last.and_then(|()| reply.answer.finish(&mut out, &trailers))
                .map(|()| out)
        }
        _ => this.whole(&reply, this.status(), body),
    };
    hand(call, &reply, made)
}

pub(super) fn redirect(call: &mut Call) -> Done {
    let Some(reply) = usable(call)? else {
        return call.ret_bool(false);
    };
    let location = call.bytes(0)?.to_vec();
    let code = call.opt_long(1, 302)?;
    let this = call.this::<State>()?;
    this.fields.borrow_mut().set_text(b"Location", &location);
    if this.own.get() {
        this.take_own_head();
    }
    warn_of_broken(call, &reply)?;
    let code = u16::try_from(code)
        .ok()
        .filter(|code| (300..400).contains(code))
        .unwrap_or(302);
    let made = this.whole(&reply, code, b"");
    hand(call, &reply, made)
}

pub(super) fn sendfile(call: &mut Call) -> Done {
    let Some(reply) = usable(call)? else {
        return call.ret_bool(false);
    };
    if reply.answer.progress() != Progress::Waiting {
        error::warning("can't use sendfile when HTTP chunk is enabled")?;
        return call.ret_bool(false);
    }
    let Some(part) = super::file::part(call)? else {
        return call.ret_bool(false);
    };
    let this = call.this::<State>()?;
    if this.own.get() {
        this.take_own_head();
    }
    this.set_type_of(&part.name);
    warn_of_broken(call, &reply)?;
    let mut out = Vec::new();
    let started = starts(this, &reply, Some(part.length), &mut out);
    let goes = reply.answer.sends_body() && part.length > 0;
    let ended = started
        .and_then(|()| match goes {
            true => reply.answer.sent(part.length),
            false => Ok(()),
        })
        .and_then(|()| reply.answer.finish(&mut Vec::new(), &[]));
    if let Err(problem) = ended {
        error::warning(problem.to_string())?;
        return call.ret_bool(false);
    }
    if !reply.send(&out)? {
        return call.ret_bool(false);
    }
    if goes {
        let sent = reply
            .socket()
            .send_file(&part.path, part.offset, part.length);
        if let Err(error) = sent {
            failure::settle(reply.object(), socket::SLOTS, &error)?;
            // What was promised can't be kept: the connection's end says so.
            let _closed = reply.socket().close();
            return call.ret_bool(false);
        }
    }
    call.ret_bool(true)
}
