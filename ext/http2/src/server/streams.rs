//! Streams, and what is sent on them.

use super::{FORGIVEN, MOST, Server};
use crate::error::Code;
use crate::frame;
use crate::settings::Settings;

/// A request and its response.
#[derive(Debug)]
pub(super) struct Stream<T> {
    pub(super) id: u32,
    /// Data that may be sent, and received.
    pub(super) window: i64,
    pub(super) receive_window: i64,
    /// Data that was received and used, and not asked for again.
    pub(super) owed: i64,
    /// All of the request has come; all of the response was sent.
    pub(super) came: bool,
    pub(super) sent: bool,
    /// Bytes of the body that are still to come, where their number was given.
    pub(super) left: Option<u64>,
    pub(super) kept: Option<T>,
}

impl<T> Stream<T> {
    pub(super) fn new(
        id: u32,
        remote: &Settings,
        local: &Settings,
        came: bool,
        left: Option<u64>,
    ) -> Self {
        Self {
            id,
            window: i64::from(remote.init_window_size),
            receive_window: i64::from(local.init_window_size),
            owed: 0,
            came,
            sent: false,
            left,
            kept: None,
        }
    }
}

impl<T> Server<T> {
    pub(super) fn find(&self, id: u32) -> Option<usize> {
        match self.streams.last() {
            Some(last) if last.id == id => Some(self.streams.len() - 1),
            _ => self.streams.binary_search_by_key(&id, |s| s.id).ok(),
        }
    }

    pub(super) fn stream(&mut self, id: u32) -> Option<&mut Stream<T>> {
        let at = self.find(id)?;
        self.streams.get_mut(at)
    }

    /// Keeps something with a stream.
    pub fn keep(&mut self, stream: u32, kept: T) {
        if let Some(stream) = self.stream(stream) {
            stream.kept = Some(kept);
        }
    }

    /// What is kept with a stream.
    pub fn kept(&mut self, stream: u32) -> Option<&mut T> {
        self.stream(stream)?.kept.as_mut()
    }

    /// The numbers of all streams with what is kept with them.
    pub fn all(&self) -> impl Iterator<Item = (u32, &T)> {
        self.streams
            .iter()
            .filter_map(|stream| Some((stream.id, stream.kept.as_ref()?)))
    }

    /// Has all of the request come?
    #[must_use]
    pub fn has_come(&self, stream: u32) -> bool {
        self.find(stream).is_none_or(|at| self.streams[at].came)
    }

    /// Appends the head of a response, or an interim one, or trailers: a block of fields.
    pub fn send_head(&mut self, stream: u32, block: &[&[u8]], end: bool, out: &mut Vec<u8>) {
        if self.find(stream).is_none() {
            return;
        }
        let length: usize = block.iter().map(|part| part.len()).sum();
        let told = usize::from(self.tell_table);
        let flags = if end { frame::END_STREAM } else { 0 };
        if length + told <= self.remote.max_frame_size as usize {
            let flags = flags | frame::END_HEADERS;
            frame::open(out, frame::HEADERS, flags, stream, length + told);
            if std::mem::take(&mut self.tell_table) {
                out.push(0x20);
            }
            block.iter().for_each(|part| out.extend_from_slice(part));
        } else {
            let mut whole = block.concat();
            if std::mem::take(&mut self.tell_table) {
                whole.insert(0, 0x20);
            }
            let mut pieces = whole.chunks(self.remote.max_frame_size as usize).peekable();
            let (mut kind, mut flags) = (frame::HEADERS, flags);
            while let Some(piece) = pieces.next() {
                if pieces.peek().is_none() {
                    flags |= frame::END_HEADERS;
                }
                frame::write(out, kind, flags, stream, piece);
                (kind, flags) = (frame::CONTINUATION, 0);
            }
        }
        if end && let Some(stream) = self.stream(stream) {
            stream.sent = true;
        }
    }

    /// How many bytes of data may be sent now.
    #[must_use]
    pub fn room(&self, stream: u32) -> usize {
        self.find(stream).map_or(0, |at| {
            let room = self.streams[at].window.min(self.window);
            usize::try_from(room).unwrap_or(0)
        })
    }

    /// Bytes of data that one frame may have.
    #[must_use]
    pub fn frame_room(&self) -> usize {
        self.remote.max_frame_size as usize
    }

    /// Appends data, not more than there is [`Server::room`] for.
    pub fn send_data(&mut self, stream: u32, mut data: &[u8], end: bool, out: &mut Vec<u8>) {
        let most = self.remote.max_frame_size as usize;
        let Some(at) = self.find(stream) else { return };
        let open = &mut self.streams[at];
        open.window -= data.len() as i64;
        self.window -= data.len() as i64;
        open.sent |= end;
        loop {
            let piece;
            (piece, data) = data.split_at(data.len().min(most));
            let last = data.is_empty();
            if piece.is_empty() && !end {
                return;
            }
            let flags = if end && last { frame::END_STREAM } else { 0 };
            frame::write(out, frame::DATA, flags, stream, piece);
            if last {
                return;
            }
        }
    }

    /// Takes a stream off whose response is sent: what the driver kept with it. A client that has not sent all of its
    /// request is told that the rest is not wanted.
    pub fn reap(&mut self, stream: u32, out: &mut Vec<u8>) -> Option<T> {
        let at = self.find(stream).filter(|at| self.streams[*at].sent)?;
        let done = self.streams.remove(at);
        if !done.came {
            self.forgive(stream);
            frame::write(
                out,
                frame::RST_STREAM,
                0,
                stream,
                &Code::NO_ERROR.0.to_be_bytes(),
            );
        }
        done.kept
    }

    pub(super) fn forgive(&mut self, stream: u32) {
        if self.forgiven.len() == FORGIVEN {
            self.forgiven.pop_front();
        }
        self.forgiven.push_back(stream);
    }

    /// Gives a stream up; what the driver kept with it.
    pub fn reset(&mut self, stream: u32, code: Code, out: &mut Vec<u8>) -> Option<T> {
        let at = self.find(stream)?;
        let given_up = self.streams.remove(at);
        if !given_up.came {
            self.forgive(stream);
        }
        frame::write(out, frame::RST_STREAM, 0, stream, &code.0.to_be_bytes());
        given_up.kept
    }

    /// So much of a request's body was used: the client may send as much again.
    pub fn used(&mut self, stream: u32, bytes: usize, out: &mut Vec<u8>) {
        let whole = i64::from(self.local.init_window_size);
        let Some(open) = self.stream(stream) else {
            return;
        };
        open.owed += bytes as i64;
        if open.came || open.owed < (whole / 2).max(1) {
            return;
        }
        let more = std::mem::take(&mut open.owed).min(MOST - open.receive_window);
        open.receive_window += more;
        if more > 0 {
            let more = (more as u32).to_be_bytes();
            frame::write(out, frame::WINDOW_UPDATE, 0, stream, &more);
        }
    }
}
