//! Who is in rooms: a WebSocket connection, or a stream of events.

use crate::room::Room;
use crate::socket::Offer;
use crate::{Frame, Listener, Socket};
use std::rc::Rc;

/// Somebody who is in rooms.
#[derive(Clone)]
pub(crate) enum Member {
    Socket(Rc<Socket>),
    Listener(Rc<Listener>),
}

impl Member {
    pub(crate) fn moved(&self, room: &Rc<Room>, to: usize) {
        match self {
            Self::Socket(socket) => socket.moved(room, to),
            Self::Listener(listener) => listener.moved(room, to),
        }
    }

    pub(crate) fn is_new_in(&self, round: u64) -> bool {
        match self {
            Self::Socket(socket) => socket.is_new_in(round),
            Self::Listener(listener) => listener.is_new_in(round),
        }
    }

    pub(crate) fn is_fresh(&self, fresh: bool) {
        match self {
            Self::Socket(socket) => socket.is_fresh(fresh),
            Self::Listener(listener) => listener.is_fresh(fresh),
        }
    }

    pub(crate) fn offer(&self, frame: &Frame) -> Offer {
        match self {
            Self::Socket(socket) => socket.offer(frame),
            Self::Listener(listener) => listener.offer(frame),
        }
    }

    pub(crate) fn flush(&self) {
        match self {
            Self::Socket(socket) => socket.flush(),
            Self::Listener(listener) => listener.flush(),
        }
    }

    pub(crate) fn too_slow(&self) {
        match self {
            Self::Socket(socket) => socket.too_slow(),
            Self::Listener(listener) => listener.too_slow(),
        }
    }
}
