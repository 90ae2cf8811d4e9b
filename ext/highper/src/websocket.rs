//! WebSocket routes: classes and closures that are called for their connections, and rooms.
//!
//! The connections themselves are in the crate `highper-rooms`, which knows no PHP; a connection at rest has neither a
//! coroutine nor an object of PHP.

mod audience;
mod connection;
mod guest;
mod message;
mod methods;
mod post;
mod read;
mod rooms;
mod route;

use crate::app::App;
use crate::response::data::{Body, Data};
use crate::response::stream::Stream;
use crate::route::Handler;
pub(crate) use guest::switch;
use highper_http::Exchange;
use highper_rooms::{Events, Listener, Manner, Terms};
use highper_zend::{Registry, Throw};
pub(crate) use message::of_server as message_of_server;
use methods::Methods;

pub(crate) use post::{CODE, Sockets, arrived};
pub(crate) use read::{bytes, is_one, read};
pub(crate) use rooms::object as rooms;
pub(crate) use route::{method, method_of_group};
use std::cell::OnceCell;
use std::rc::Rc;

/// What people ask the container for.
pub(crate) const ROOMS: &str = "highper\\websocket\\rooms";

pub(crate) fn declare(registry: &mut Registry) {
    message::declare(registry);
    connection::declare(registry);
    audience::declare(registry);
    rooms::declare(registry);
    registry.on_request_shutdown(post::forget);
}

/// What is called for the connections of a route.
pub(crate) struct Definition {
    /// The class of the handlers, if they are its methods.
    pub(crate) class: Option<String>,
    open: Option<Handler>,
    message: Option<Handler>,
    close: Option<Handler>,
    error: Option<Handler>,
    terms: Rc<Terms>,
    caller: Rc<dyn Events>,
    methods: OnceCell<Methods>,
}

impl Definition {
    /// The response that makes a connection of a request.
    pub(crate) fn answer(self: &Rc<Self>) -> Rc<Data> {
        let stream = Stream::switch(Rc::clone(self));
        Rc::new(Data::new(101, None, Body::Stream(Rc::new(stream))))
    }

    /// One of its handlers, for those who look at routes.
    fn first(&self) -> Handler {
        let known = self.message.as_ref().or(self.open.as_ref());
        known
            .cloned()
            .unwrap_or_else(|| Handler::Method(String::new(), String::new()))
    }

    fn methods(&self) -> Result<&Methods, Throw> {
        self.methods
            .get()
            .ok_or_else(|| Throw::error("internal error: a WebSocket route that was not compiled"))
    }
}

/// Has a response get what is sent to rooms, as events.
pub(crate) fn listen(app: &Rc<App>, exchange: &Rc<Exchange>, manner: Manner, rooms: &[Box<[u8]>]) {
    Listener::begin(app.sockets.hub(app), exchange, manner, rooms);
}

/// The figures of this process.
pub(crate) fn figures(app: &App) -> Option<highper_rooms::Figures> {
    app.sockets.figures()
}
