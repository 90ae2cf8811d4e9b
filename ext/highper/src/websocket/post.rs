//! The sockets of this process, and the other workers that hear of what is sent to rooms.

use crate::app::App;
use highper_http::Exchange;
use highper_log::Level;
use highper_process::Kind as ProcessKind;
use highper_process::post::{Address, Kind, Message};
use highper_rooms::{Figures, Hub, Parcel, Presence, Target};
use highper_runtime::{cancel, post, serve};
use highper_zend::Throw;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

/// What [`highper_process::post::Head::code`] says of messages to rooms.
pub(crate) const CODE: u32 = 32;

thread_local! {
    /// Those that are to let go of PHP's values before PHP ends.
    static HUBS: RefCell<Vec<Weak<Hub>>> = const { RefCell::new(Vec::new()) };
}

/// PHP ends.
pub(super) fn forget() {
    for hub in HUBS.take() {
        if let Some(hub) = hub.upgrade() {
            hub.clear();
        }
    }
}

/// The sockets of an application.
#[derive(Default)]
pub(crate) struct Sockets {
    hub: OnceCell<Rc<Hub>>,
    /// Made before the workers are forked; none without a server.
    presence: OnceCell<Rc<Presence>>,
}

/// The process that is in a slot of the score board now.
fn process(slot: u32) -> Option<i32> {
    let worker = serve::worker()?;
    let board = worker.context().board();
    let pid = board.slots().get(slot as usize)?.pid();
    (pid != 0).then_some(pid)
}

impl Sockets {
    /// Makes room for the counts of as many processes as the score board has slots.
    ///
    /// # Errors
    /// There is no memory.
    pub(crate) fn make(&self, slots: usize) -> Result<(), String> {
        if self.presence.get().is_none() {
            let made = Presence::new(slots)
                .map_err(|e| format!("there is no memory to count the members of rooms: {e}"))?;
            self.presence.get_or_init(|| Rc::new(made));
        }
        Ok(())
    }

    /// The sockets of this process.
    pub(super) fn hub(&self, app: &Rc<App>) -> &Rc<Hub> {
        self.hub.get_or_init(|| {
            let presence = self.presence.get().cloned();
            let (app, is_full) = (Rc::downgrade(app), Cell::new(false));
            let hub = Hub::new(move |room, count| {
                let (Some(presence), Some(worker)) = (&presence, serve::worker()) else {
                    return;
                };
                let place = worker.context().place();
                let pid = std::process::id().cast_signed();
                if presence.set(room, place, pid, count, process) || is_full.replace(true) {
                    return;
                }
                if let Some(app) = app.upgrade() {
                    let text = "there are more rooms than can be counted over all workers: Rooms::count() leaves some out";
                    app.log(Level::Warning, text, &[], None);
                }
            });
            HUBS.with_borrow_mut(|all| all.push(Rc::downgrade(&hub)));
            hub
        })
    }

    /// The client of a response is gone.
    pub(crate) fn lost(&self, exchange: &Rc<Exchange>) {
        if let Some(hub) = self.hub.get() {
            hub.lost(exchange);
        }
    }

    /// Ends the streams of events of this process.
    pub(crate) fn end_listeners(&self) {
        if let Some(hub) = self.hub.get() {
            hub.end_listeners();
        }
    }

    /// How many members a room has.
    pub(super) fn count(&self, room: &[u8]) -> u64 {
        match (self.presence.get(), serve::worker()) {
            (Some(presence), Some(_)) => presence.count(room, process),
            _ => self.hub.get().map_or(0, |hub| hub.members(room) as u64),
        }
    }

    pub(super) fn figures(&self) -> Option<Figures> {
        self.hub.get().map(|hub| hub.figures())
    }
}

/// Sends a message to those it is for, here and in the other workers.
///
/// # Errors
/// No server runs, or the coroutine was cancelled while another worker took nothing.
pub(super) fn publish(
    app: &App,
    target: Target,
    is_binary: bool,
    payload: &[u8],
) -> Result<(), Throw> {
    let parcel = Parcel {
        target,
        is_binary,
        payload,
    };
    if let Some(hub) = app.sockets.hub.get() {
        hub.deliver(&parcel.target, parcel.opcode(), payload);
    }
    let (Some(worker), Some(here)) = (serve::worker(), post::here()) else {
        return match app.compiled() {
            Some(_) => Ok(()),
            None => Err(Throw::error(
                "no server runs in this process, so there are no connections to send to",
            )),
        };
    };
    let workers = here.post().workers();
    let is_served_here = worker.context().kind() == ProcessKind::Worker && !worker.is_draining();
    let mine = usize::try_from(here.id()).ok().filter(|_| is_served_here);
    let others: Vec<usize> = (0..workers).filter(|id| Some(*id) != mine).collect();
    if others.is_empty() {
        return Ok(());
    }
    let bytes = parcel.to_bytes();
    for id in others {
        let mut head = here.head(Kind::Forward);
        head.code = CODE;
        let sent = here.send(Address::Worker(id), head, &bytes);
        cancel::resumed()?;
        if let Err(error) = sent {
            let text = format!("worker {id} does not get a message to rooms: {error}");
            app.log(Level::Warning, &text, &[], None);
        }
    }
    Ok(())
}

/// Another process sends to rooms.
pub(crate) fn arrived(app: &App, message: &Message) {
    if let (Some(hub), Some(parcel)) = (app.sockets.hub.get(), Parcel::from_bytes(&message.body)) {
        hub.deliver(&parcel.target, parcel.opcode(), parcel.payload);
    }
}
