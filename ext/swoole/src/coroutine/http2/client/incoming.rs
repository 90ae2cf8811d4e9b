//! A response as it comes: no PHP, no socket.

use crate::coroutine::http::client::body::{Body, Goal, TooLong};
use highper_client::Coding;
use highper_http2::hpack::Field;

/// A response on its way.
#[derive(Debug)]
pub struct Incoming {
    status: u16,
    /// Those that have come and were not taken; perhaps none have.
    fields: Option<Vec<Field>>,
    body: Body,
    /// More of the request follows by write(); the response is wanted in pieces.
    pub writes: bool,
    pub in_pieces: bool,
    /// A piece of the body has come that is not the last.
    pub is_partial: bool,
}

impl Incoming {
    pub fn new(limit: usize, writes: bool, in_pieces: bool) -> Self {
        Self {
            status: 0,
            fields: None,
            body: Body::new(Goal::Memory, limit),
            writes,
            in_pieces,
            is_partial: false,
        }
    }

    /// Takes the fields of its head, or those behind the body.
    pub fn add_fields(&mut self, fields: Vec<Field>) {
        let all = self.fields.get_or_insert_default();
        for (name, value) in fields {
            if name == b":status" {
                // Three digits: the connection has looked.
                self.status = std::str::from_utf8(&value)
                    .ok()
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(0);
                continue;
            }
            if name == b"content-encoding"
                && self.status != 0
                && let Some(coding) = Coding::of(&value)
            {
                self.body.set_coding(coding);
            }
            all.push((name, value));
        }
    }

    pub fn add_data(&mut self, data: &[u8], end: bool) -> Result<(), TooLong> {
        self.is_partial |= !end;
        self.body.push(data)
    }

    /// What has come until now, and forgets it.
    pub fn take(&mut self) -> Piece {
        Piece {
            status: std::mem::take(&mut self.status),
            fields: self.fields.take(),
            body: self.body.take(),
        }
    }
}

/// A response, or what has come of one.
#[derive(Debug, Default)]
pub struct Piece {
    pub status: u16,
    pub fields: Option<Vec<Field>>,
    pub body: Vec<u8>,
}
