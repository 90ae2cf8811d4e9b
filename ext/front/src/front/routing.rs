//! Connections whose input workers take apart: who has them, and what of the input is for whom.

use super::{Front, Said};
use crate::frame::{self, Frame, Kind, Open};
use crate::lane::Lane;
use crate::route::{Route, WINDOW};
use highper_net::Address;
use highper_process::post::Note;
use highper_stream::Connection;
use std::net::SocketAddr;
use std::rc::Rc;

/// Bytes of one frame.
const PIECE: usize = 32 * 1024;

fn socket(address: Option<&Address>) -> Option<SocketAddr> {
    match address? {
        Address::V4(v4) => Some((*v4).into()),
        Address::V6(v6) => Some((*v6).into()),
        Address::Unix(_) => None,
    }
}

impl Front {
    pub(super) fn all_routes(&self) -> Vec<(u64, Rc<Route>)> {
        let routes = self.routes.borrow();
        routes
            .iter()
            .map(|(session, route)| (*session, Rc::clone(route)))
            .collect()
    }

    /// Bytes came.
    pub(super) fn came(&self, connection: &Rc<Connection>, route: &Rc<Route>, bytes: &[u8]) {
        let waits = {
            let mut pending = route.pending.borrow_mut();
            pending.extend_from_slice(bytes);
            pending.len() >= WINDOW
        };
        self.pass_on(connection, route);
        if waits && route.pending.borrow().len() >= WINDOW && !route.is_paused.replace(true) {
            self.server().pause(connection);
        }
    }

    /// Has a worker take a connection. `None` where there is none now.
    pub(super) fn attach(
        &self,
        connection: &Rc<Connection>,
        route: &Rc<Route>,
    ) -> Option<Rc<Lane>> {
        if let Some(lane) = &*route.current.borrow() {
            return Some(Rc::clone(lane));
        }
        let chosen = match route.id.get() {
            Some(id) if !self.setup.mode.wanders() => Some(id),
            _ => None,
        };
        let id = match chosen {
            Some(id) => id,
            None => match self.place(connection, Kind::Receive, &route.pending.borrow()) {
                Said::Worker(id) => id,
                Said::Close => {
                    self.server().close(connection, false);
                    return None;
                }
                _ => {
                    route.take(u64::MAX);
                    return None;
                }
            },
        };
        route.id.set(Some(id));
        let lane = self.lane_of(id)?;
        let session = connection.session();
        let taken = route.taken.get();
        let note = Note {
            taken,
            ..Note::default()
        };
        self.setup.post.sessions().progress(session).set(note);
        route.said.set(0);
        let mut body = Vec::new();
        let certificate = connection.peer_certificate().unwrap_or_default();
        let open = Open {
            offset: taken,
            peer: socket(connection.peer()),
            local: socket(connection.local().as_ref()),
            certificate: certificate.as_bytes(),
            state: &route.state.borrow(),
        };
        open.write(&mut body);
        let new = u8::from(!route.was_opened.replace(true)) * frame::NEW;
        let secure = u8::from(connection.is_secure()) * frame::SECURE;
        let opening = Frame::new(Kind::Open, session)
            .of_port(connection.port())
            .flagged(new | secure)
            .with(&body);
        lane.outbox.put(&opening);
        route.unknown_to(&lane);
        route.known.borrow_mut().push(Rc::clone(&lane));
        route.current.replace(Some(Rc::clone(&lane)));
        if connection.is_full() {
            self.slow(session, route, true);
        }
        lane.flush_soon();
        Some(lane)
    }

    /// Gives what came to the worker that has the connection.
    pub(super) fn pass_on(&self, connection: &Rc<Connection>, route: &Rc<Route>) {
        let session = connection.session();
        let nothing = route.pending.borrow().len() == route.sent.get();
        let end = route.has_ended.get() && !route.end_told.get();
        if nothing && !end {
            return;
        }
        let Some(lane) = self.attach(connection, route) else {
            return;
        };
        {
            let pending = route.pending.borrow();
            for piece in pending[route.sent.get()..].chunks(PIECE) {
                lane.outbox
                    .put(&Frame::new(Kind::Data, session).with(piece));
            }
            route.sent.set(pending.len());
        }
        if !nothing {
            lane.begins();
            route.set_busy(true);
        }
        if end {
            route.end_told.set(true);
            lane.outbox.put(&Frame::new(Kind::End, session));
        }
        lane.flush_soon();
    }

    /// What waits for a worker goes to one, where there is one now.
    pub(super) fn move_on(&self) {
        for (session, route) in self.all_routes() {
            let waits = route.current.borrow().is_none()
                && (!route.pending.borrow().is_empty() || route.has_ended.get());
            if waits && let Some(connection) = self.server().find(session) {
                match route.pending.borrow().is_empty() {
                    true => {
                        self.server().close(&connection, false);
                    }
                    false => self.pass_on(&connection, &route),
                }
            }
        }
    }

    /// A worker has taken some of the input.
    pub(super) fn took(&self, lane: &Rc<Lane>, session: u64, note: Note) {
        let (up_to, is_busy) = (note.taken, note.is_busy);
        let route = self.routes.borrow().get(&session).cloned();
        let Some(route) = route.filter(|route| route.is_current(lane)) else {
            return;
        };
        route.take(up_to);
        route.has_said_busy.set(is_busy);
        route.said.set(note.number);
        let Some(connection) = self.server().find(session) else {
            return;
        };
        if route.is_paused.get() && route.pending.borrow().len() < WINDOW / 4 {
            route.is_paused.set(false);
            self.server().resume(&connection);
        }
        route.set_busy(is_busy || route.sent.get() > 0);
        if !route.is_at_rest() {
            return;
        }
        if lane.is_retiring.get() {
            self.take_back(session, &route, lane);
        } else if self.setup.mode.wanders() {
            route.leave();
        }
        if route.has_ended.get() && route.current.borrow().is_none() {
            self.server().close(&connection, false);
        }
    }

    /// A worker is to forget a connection.
    pub(super) fn take_back(&self, session: u64, route: &Rc<Route>, lane: &Rc<Lane>) {
        if !route
            .known
            .borrow()
            .iter()
            .any(|known| Rc::ptr_eq(known, lane))
        {
            return;
        }
        lane.outbox.put(&Frame::new(Kind::Forget, session));
        lane.flush_soon();
        route.unknown_to(lane);
        if route.is_current(lane) {
            route.leave();
        }
    }

    /// A client is slow, or no more.
    pub(super) fn slow(&self, session: u64, route: &Rc<Route>, is_slow: bool) {
        if route.is_slow.replace(is_slow) == is_slow {
            return;
        }
        if let Some(lane) = &*route.current.borrow() {
            let kind = if is_slow { Kind::Stop } else { Kind::Go };
            lane.outbox.put(&Frame::new(kind, session));
            lane.flush_soon();
        }
    }

    /// The process is gone that had connections: what it worked on is lost, what it had not begun goes to another.
    pub(super) fn lost_routes(&self, lane: &Rc<Lane>) {
        for (session, route) in self.all_routes() {
            route.unknown_to(lane);
            if !route.is_current(lane) {
                continue;
            }
            let noted = self.setup.post.sessions().progress(session).get();
            let (taken, is_busy) = match noted.number == route.said.get() {
                // It has begun nothing since it told of itself.
                true => (route.taken.get(), route.has_said_busy.get()),
                false => (noted.taken, noted.is_busy),
            };
            route.leave();
            let Some(connection) = self.server().find(session) else {
                continue;
            };
            if is_busy || route.end_told.get() {
                self.server().close(&connection, false);
                continue;
            }
            route.take(taken);
            if route.is_paused.get() && route.pending.borrow().len() < WINDOW {
                route.is_paused.set(false);
                self.server().resume(&connection);
            }
        }
    }

    /// Something of another process for the worker that has a connection: a number that says what, and bytes. False when the
    /// connection is none of those.
    pub fn pass(&self, session: u64, code: u32, bytes: &[u8]) -> bool {
        let route = self.routes.borrow().get(&session).cloned();
        let (Some(route), Some(connection)) = (route, self.server().find(session)) else {
            return false;
        };
        let Some(lane) = self.attach(&connection, &route) else {
            return false;
        };
        let mut body = code.to_ne_bytes().to_vec();
        body.extend_from_slice(bytes);
        lane.outbox
            .put(&Frame::new(Kind::Pass, session).with(&body));
        lane.flush_soon();
        true
    }
}
