//! Responses: bytes of HTTP/1.1 in, frames out.

use super::blocks::{self, Found};
use super::{State, Task, Trunk, Writing};
use crate::connection::Connection;
use crate::server::Core;
use highper_engine::{Wake, reactor};
use highper_http2::{Code, Server as Codec};
use std::rc::Rc;

/// Bytes that wait on the connection itself, at which its streams wait with theirs.
const FULL: u64 = 256 * 1024;

/// Sends what there is room for of a piece of a body; the rest waits.
fn body(
    codec: &mut Codec<Task>,
    id: u32,
    own: &Connection,
    data: &[u8],
    end: bool,
    is_full: bool,
    out: &mut Vec<u8>,
) {
    let mut output = own.output.borrow_mut();
    if !output.is_empty() {
        output.push_bytes(data);
        return;
    }
    let room = match is_full {
        true => 0,
        false => codec.room(id),
    };
    if data.len() <= room {
        if end || !data.is_empty() {
            codec.send_data(id, data, end, out);
        }
        return;
    }
    let (now, later) = data.split_at(room);
    if !now.is_empty() {
        codec.send_data(id, now, false, out);
    }
    output.push_bytes(later);
}

impl Trunk {
    /// Takes bytes of a response of HTTP/1.1, as its codec writes them.
    pub(super) fn answer(
        &self,
        connection: &Rc<Connection>,
        id: u32,
        own: &Connection,
        mut bytes: &[u8],
        out: &mut Vec<u8>,
    ) {
        let mut state = self.state.borrow_mut();
        let State { codec, blocks, .. } = &mut *state;
        let is_full = connection.queued() > FULL;
        let now = reactor::coarse_now();
        while !bytes.is_empty() {
            let Some(task) = codec.kept(id) else { return };
            task.since = now;
            match task.writing {
                Writing::Over => break,
                Writing::Head => {
                    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
                        break;
                    };
                    let (head, rest) = bytes.split_at(end + 4);
                    bytes = rest;
                    let Found {
                        block,
                        status,
                        is_chunked,
                        length,
                    } = blocks.find(head);
                    let bodiless = task.is_head || matches!(status, 204 | 304);
                    task.writing = match &length {
                        _ if status < 200 => Writing::Head,
                        _ if bodiless => Writing::Over,
                        Some((0, _)) => Writing::Over,
                        Some((length, _)) => Writing::Length(*length),
                        None if is_chunked => Writing::Chunked,
                        None => Writing::Over,
                    };
                    let over = task.writing == Writing::Over && task.trailers.is_none();
                    match &length {
                        Some((_, field)) => codec.send_head(id, &[block, field], over, out),
                        None => codec.send_head(id, &[block], over, out),
                    }
                }
                Writing::Length(left) => {
                    let count = usize::try_from(left).map_or(bytes.len(), |n| n.min(bytes.len()));
                    let left = left - count as u64;
                    task.writing = match left {
                        0 => Writing::Over,
                        left => Writing::Length(left),
                    };
                    let last = left == 0 && task.trailers.is_none();
                    body(codec, id, own, &bytes[..count], last, is_full, out);
                    bytes = &bytes[count..];
                }
                Writing::Chunked => {
                    // Whole chunks come at once.
                    let Some(line) = memchr::memchr(b'\n', bytes) else {
                        break;
                    };
                    let digits = std::str::from_utf8(&bytes[..line - 1]).unwrap_or("0");
                    let size = usize::from_str_radix(digits, 16).unwrap_or(0);
                    bytes = &bytes[line + 1..];
                    if size > 0 {
                        let Some((chunk, rest)) = bytes.split_at_checked(size) else {
                            break;
                        };
                        body(codec, id, own, chunk, false, is_full, out);
                        bytes = rest.get(2..).unwrap_or_default();
                        continue;
                    }
                    task.writing = Writing::Over;
                    if bytes.len() > 2 {
                        let mut block = Vec::new();
                        blocks::encode(bytes, &mut block);
                        task.trailers = Some(block);
                    }
                    if task.trailers.is_some() {
                        break;
                    }
                    body(codec, id, own, b"", true, is_full, out);
                    break;
                }
            }
        }
        self.end(&mut state.codec, connection, id, own, out);
    }

    /// What follows from there being nothing more to send: trailers, and the stream's end.
    fn end(
        &self,
        codec: &mut Codec<Task>,
        connection: &Rc<Connection>,
        id: u32,
        own: &Connection,
        out: &mut Vec<u8>,
    ) {
        if own.has_output() {
            return;
        }
        let Some(task) = codec.kept(id) else { return };
        if task.writing != Writing::Over {
            return;
        }
        if let Some(block) = task.trailers.take() {
            codec.send_head(id, &[&block], true, out);
        }
        if codec.reap(id, out).is_some() {
            self.busy.set(reactor::coarse_now());
            if codec.is_going_away() && codec.active() == 0 {
                connection.closing.set(true);
            }
        }
    }

    /// Sends what waits on a stream, as far as there is room.
    pub(super) fn pump(&self, core: &Core, connection: &Rc<Connection>, id: u32) {
        while self.pump_once(core, connection, id) {}
    }

    /// Sends a frame of what waits. Is there more that could be sent now?
    fn pump_once(&self, core: &Core, connection: &Rc<Connection>, id: u32) -> bool {
        let own = {
            let mut state = self.state.borrow_mut();
            match state.codec.kept(id) {
                Some(task) if task.connection.has_output() => Rc::clone(&task.connection),
                _ => return false,
            }
        };
        if connection.queued() > FULL {
            return false;
        }
        let mut failed = false;
        let mut more = false;
        core.append(connection, |out| {
            let mut state = self.state.borrow_mut();
            let State { codec, piece, .. } = &mut *state;
            let room = codec.room(id).min(codec.frame_room());
            if room == 0 {
                return;
            }
            piece.clear();
            let taken = own.output.borrow_mut().take(room, piece);
            if taken.is_err() {
                failed = true;
                return;
            }
            let empty = !own.has_output();
            let Some(task) = codec.kept(id) else { return };
            task.since = reactor::coarse_now();
            let last = empty && task.writing == Writing::Over && task.trailers.is_none();
            codec.send_data(id, piece, last, out);
            if piece.capacity() > 64 * 1024 || codec.active() == 0 {
                *piece = Vec::new();
            }
            more = !empty;
            self.end(&mut state.codec, connection, id, &own, out);
        });
        if failed {
            // A file is shorter than was promised.
            self.reset(id, Code::INTERNAL_ERROR);
            return false;
        }
        if !own.has_output() {
            own.wake_writers(Wake::Ready);
        }
        more && connection.is_open()
    }

    /// The same for all streams, a frame each in turn.
    pub(super) fn pump_all(&self, core: &Core, connection: &Rc<Connection>) {
        loop {
            let waiting: Vec<u32> = {
                let state = self.state.borrow();
                let all = state.codec.all();
                all.filter(|(_, task)| task.connection.has_output())
                    .map(|(id, _)| id)
                    .collect()
            };
            let mut more = false;
            for id in waiting {
                more |= self.pump_once(core, connection, id);
            }
            if !more {
                return;
            }
        }
    }
}
