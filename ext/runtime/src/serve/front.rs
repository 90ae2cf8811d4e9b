//! The process in front of the workers: how it begins, and how workers begin behind it.

use super::relayed::Relayed;
use super::{Face, Listening, Services, Speaks, Worker, no_listening, read, read_answers};
use super::{requests, streams};
use crate::post;
use highper_front::dispatch::Mode;
use highper_front::{Front, Setup};
use highper_http::Server;
use highper_process::post::relay;
use highper_stream::Settings;
use highper_zend::Throw;
use std::rc::Rc;

/// How a server with a process in front works.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fronted {
    /// How workers are chosen.
    pub mode: Mode,
    /// Do workers hear of the beginning and end of connections, whatever the mode?
    pub unsafe_events: bool,
    /// Are packets thrown away whose connection is gone, whatever the mode?
    pub discards: bool,
}

impl Fronted {
    fn is_silent(self) -> bool {
        !self.mode.is_fixed() && !self.unsafe_events
    }

    fn discards(self) -> bool {
        !self.is_silent() || self.discards
    }
}

/// The face's part of a front.
pub struct FrontPart {
    /// Who knows lengths of packets, and hears of what is wrong.
    pub service: Rc<dyn highper_stream::Service>,
    /// By the ports' places: has somebody a callback for the beginning of connections?
    pub greets: Vec<bool>,
    /// Chooses workers, where a program does that.
    pub chooser: Option<highper_front::Chosen>,
}

/// Bytes that wait for a client at which its worker stops sending, and at which it goes on.
const SLOW: usize = 1 << 20;
const FAST: usize = 256 << 10;

/// The stream under a service of HTTP.
fn under(settings: &highper_http::Settings) -> Settings {
    Settings {
        nodelay: settings.nodelay,
        tls: settings.tls.clone(),
        half_open: true,
        buffer_size: usize::MAX / 8,
        high_water: Some(SLOW),
        low_water: FAST,
        ..Settings::default()
    }
}

/// Begins the process in front.
pub(super) fn begin(
    worker: &Rc<Worker>,
    listening: Listening,
    fronted: Fronted,
    face: &Rc<dyn Face>,
) -> Result<(), Throw> {
    read_answers(worker)?;
    let part = face.start_front(worker)?;
    let here = post::here().ok_or_else(|| Throw::error("no server runs here"))?;
    let service = Rc::new(streams::Watched {
        service: part.service,
        worker: Rc::clone(worker),
    });
    let Listening {
        sockets, settings, ..
    } = listening;
    let places = sockets.iter().map(|(_, (number, _))| number + 1);
    let mut whole = vec![false; places.max().unwrap_or(0)];
    for (_, (number, speaks)) in &sockets {
        whole[*number] = matches!(speaks, None | Some(Speaks::Http(_)));
    }
    let others = (Rc::clone(face), Rc::downgrade(worker));
    let front = Front::new(Setup {
        post: std::sync::Arc::clone(here.post()),
        place: here.place(),
        mode: fronted.mode,
        unsafe_events: fronted.unsafe_events,
        whole,
        greets: part.greets,
        service,
        chooser: part.chooser,
        others: Box::new(move |message| {
            if let Some(worker) = others.1.upgrade() {
                others.0.message(&worker, message);
            }
        }),
    });
    let numbers = Rc::clone(&here);
    let number = move || {
        let sessions = numbers.post().sessions();
        let number = sessions.open(numbers.place());
        sessions.fresh(number);
        number
    };
    let service = Rc::clone(&front) as Rc<dyn highper_stream::Service>;
    let server = highper_stream::Server::new(service, settings.max_connections, Box::new(number));
    front.serve(server.clone());
    let _first = worker.front.set(front);
    worker.streams.replace(Some(server.clone()));
    read(worker, false)?;
    if !worker.context.ready() {
        worker.drain();
        return Ok(());
    }
    for port in worker.datagrams() {
        server.take(&port).map_err(no_listening)?;
    }
    for (socket, (number, speaks)) in sockets {
        let own = match speaks {
            None => under(&settings),
            Some(Speaks::Http(settings)) => under(&settings),
            Some(Speaks::Streams(settings)) => Settings {
                half_open: !fronted.is_silent(),
                ..*settings
            },
            Some(Speaks::Datagrams(_)) => continue,
        };
        server.listen(socket, number, own).map_err(no_listening)?;
    }
    Ok(())
}

/// Begins a worker behind the front.
pub(super) fn begin_behind(
    worker: &Rc<Worker>,
    listening: Listening,
    fronted: Fronted,
    services: Services,
) -> Result<(), Throw> {
    let here = post::here().ok_or_else(|| Throw::error("no server runs here"))?;
    let id = here.post().front();
    let id = id.ok_or_else(|| Throw::error("no process is in front of this worker"))?;
    let relayed = Relayed::new(&here, worker, id, fronted.discards());
    let mut http = services.http.into_iter();
    for (_, (number, speaks)) in listening.sockets {
        let mut own = match speaks {
            None => listening.settings.clone(),
            Some(Speaks::Http(settings)) => *settings,
            Some(_) => continue,
        };
        own.tls = None;
        let service = http.next().ok_or_else(|| {
            Throw::error("the server has a port that speaks HTTP, and nobody to answer there")
        })?;
        let service = Rc::new(requests::Watched {
            service,
            worker: Rc::clone(worker),
        });
        let server = Server::new(own, service).map_err(|e| Throw::error(e.to_string()))?;
        worker.servers.borrow_mut().push(server.clone());
        relayed.add_server(number, server);
    }
    if let Some(service) = services.streams {
        relayed.set_streams(Rc::new(streams::Watched {
            service,
            worker: Rc::clone(worker),
        }));
    }
    let _first = worker.relayed.set(Rc::clone(&relayed));
    read(worker, false)?;
    if !worker.context.ready() {
        worker.drain();
        return Ok(());
    }
    relayed
        .say(relay::HELLO)
        .map_err(|e| Throw::error(format!("a worker can't reach the process in front: {e}")))
}
