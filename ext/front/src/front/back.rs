//! What workers say of connections.

use super::Front;
use crate::frame::{Frame, Kind};
use crate::lane::Lane;
use highper_process::post::Note;
use std::fs::File;
use std::path::Path;
use std::rc::Rc;

impl Front {
    pub(super) fn said(&self, lane: Option<&Rc<Lane>>, frame: &Frame<'_>) {
        let session = frame.session;
        match frame.kind {
            Kind::Taken => {
                if let (Some(lane), Some((taken, number))) =
                    (lane, frame.body.split_first_chunk::<8>())
                {
                    let note = Note {
                        taken: u64::from_ne_bytes(*taken),
                        number: number.first_chunk().map_or(0, |n| u16::from_ne_bytes(*n)),
                        is_busy: frame.flag != 0,
                    };
                    self.took(lane, session, note);
                }
                return;
            }
            Kind::State => {
                let route = self.routes.borrow().get(&session).cloned();
                if let Some(route) = route {
                    route.state.replace(frame.body.to_vec());
                }
                return;
            }
            _ => {}
        }
        let server = self.server();
        let Some(connection) = server.find(session) else {
            // It ended meanwhile.
            return;
        };
        match frame.kind {
            Kind::Send => {
                server.send_over(&connection, frame.body);
            }
            Kind::Shut => server.shut_sending(&connection),
            Kind::Finish => {
                let route = self.routes.borrow().get(&session).cloned();
                if let (Some(route), Some(lane)) = (route, lane) {
                    route.unknown_to(lane);
                    let other = route.current.borrow().is_some() && !route.is_current(lane);
                    if other {
                        // It has its own time-out, and somebody else the connection.
                        return;
                    }
                }
                server.close(&connection, frame.flag != 0);
            }
            Kind::File => self.send_file(&connection, frame.body),
            Kind::Pause => server.pause(&connection),
            Kind::Resume => server.resume(&connection),
            Kind::Protect => connection.protect(frame.flag != 0),
            _ => {}
        }
    }

    fn send_file(&self, connection: &Rc<highper_stream::Connection>, body: &[u8]) {
        let Some((offset, rest)) = body.split_first_chunk::<8>() else {
            return;
        };
        let Some((length, name)) = rest.split_first_chunk::<8>() else {
            return;
        };
        let name = String::from_utf8_lossy(name);
        let (offset, length) = (u64::from_le_bytes(*offset), u64::from_le_bytes(*length));
        match File::open(Path::new(&*name)) {
            // A connection that ended meanwhile needs no file.
            Ok(file) => drop(self.server().send_file(connection, file, offset, length)),
            Err(error) => {
                let text = format!("sendfile: {name} can't be opened: {error}");
                self.setup.service.trouble(&text);
            }
        }
    }
}
