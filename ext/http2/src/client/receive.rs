//! Frames of the server: RFC 9113, section 6.

use super::{Client, Event, FIELDS_LIMIT};
use crate::error::{Code, Error};
use crate::frame::{self, Frame};
use crate::hpack::{Field, Malformed};

/// Bytes of a block of fields, packed.
const BLOCK_LIMIT: usize = 256 * 1024;

/// The number that a payload begins with.
fn number(payload: &[u8]) -> u32 {
    payload
        .first_chunk::<4>()
        .map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// The payload without its padding.
fn unpadded<'a>(head: &Frame, payload: &'a [u8]) -> Result<&'a [u8], Error> {
    if !head.has(frame::PADDED) {
        return Ok(payload);
    }
    let inside = payload.split_first().and_then(|(padding, rest)| {
        let end = rest.len().checked_sub(usize::from(*padding))?;
        rest.get(..end)
    });
    inside.ok_or(Error::protocol(
        "a frame's padding is longer than the frame",
    ))
}

impl Client {
    pub(super) fn frame(&mut self, head: Frame, payload: &[u8]) -> Result<(), Error> {
        if !self.greeted && head.kind != frame::SETTINGS {
            return Err(Error::protocol("the server does not begin with SETTINGS"));
        }
        if self
            .block
            .as_ref()
            .is_some_and(|(stream, ..)| head.kind != frame::CONTINUATION || head.stream != *stream)
        {
            return Err(Error::protocol(
                "a frame came between the parts of a block of fields",
            ));
        }
        let of_connection = matches!(head.kind, frame::SETTINGS | frame::PING | frame::GOAWAY);
        let of_stream = matches!(
            head.kind,
            frame::DATA
                | frame::HEADERS
                | frame::PRIORITY
                | frame::RST_STREAM
                | frame::CONTINUATION
                | frame::PUSH_PROMISE
        );
        if of_connection && head.stream != 0 || of_stream && head.stream == 0 {
            return Err(Error::protocol(
                "a frame is for a stream that it can't be for",
            ));
        }
        if of_stream && (head.stream >= self.next || head.stream.is_multiple_of(2)) {
            return Err(Error::protocol(
                "a frame is for a stream that was not begun",
            ));
        }
        self.last = self.last.max(head.stream);
        let wanted = match head.kind {
            frame::PING => Some(8),
            frame::RST_STREAM | frame::WINDOW_UPDATE => Some(4),
            frame::PRIORITY => Some(5),
            frame::SETTINGS if head.has(frame::ACK) => Some(0),
            _ => None,
        };
        if wanted.is_some_and(|wanted| wanted != payload.len()) {
            return Err(Error::new(
                Code::FRAME_SIZE_ERROR,
                "a frame has a length that it can't have",
            ));
        }
        match head.kind {
            frame::DATA => self.on_data(head, payload),
            frame::HEADERS => self.on_headers(head, payload),
            frame::CONTINUATION => self.on_continuation(head, payload),
            frame::RST_STREAM => {
                if self.streams.remove(&head.stream).is_some() {
                    self.events.push_back(Event::Reset {
                        stream: head.stream,
                        code: Code(number(payload)),
                    });
                }
                Ok(())
            }
            frame::SETTINGS => self.on_settings(head, payload),
            frame::PING => {
                if !head.has(frame::ACK) {
                    self.acknowledge(frame::PING, payload);
                }
                Ok(())
            }
            frame::GOAWAY => self.on_go_away(payload),
            frame::WINDOW_UPDATE => self.on_window_update(head, payload),
            frame::PUSH_PROMISE => Err(Error::protocol(
                "the server pushes, which it was told not to",
            )),
            _ => Ok(()),
        }
    }

    fn on_settings(&mut self, head: Frame, payload: &[u8]) -> Result<(), Error> {
        self.greeted = true;
        if head.has(frame::ACK) {
            return Ok(());
        }
        let before = i64::from(self.remote.init_window_size);
        self.remote.read(payload)?;
        self.encoder.allow(self.remote.header_table_size as usize);
        let change = i64::from(self.remote.init_window_size) - before;
        for stream in self.streams.values_mut() {
            stream.window += change;
            if stream.window > i64::from(i32::MAX) {
                return Err(Error::new(
                    Code::FLOW_CONTROL_ERROR,
                    "a window is too large",
                ));
            }
        }
        self.acknowledge(frame::SETTINGS, &[]);
        self.send_all_pending();
        Ok(())
    }

    fn on_window_update(&mut self, head: Frame, payload: &[u8]) -> Result<(), Error> {
        let more = i64::from(number(payload) & 0x7fff_ffff);
        if head.stream == 0 {
            if more == 0 {
                return Err(Error::protocol("a window grows by nothing"));
            }
            self.window += more;
            if self.window > i64::from(i32::MAX) {
                return Err(Error::new(
                    Code::FLOW_CONTROL_ERROR,
                    "the connection's window is too large",
                ));
            }
            self.send_all_pending();
            return Ok(());
        }
        let Some(stream) = self.streams.get_mut(&head.stream) else {
            return Ok(());
        };
        stream.window += more;
        if more == 0 {
            self.give_up(head.stream, Code::PROTOCOL_ERROR);
        } else if stream.window > i64::from(i32::MAX) {
            self.give_up(head.stream, Code::FLOW_CONTROL_ERROR);
        } else {
            self.send_pending(head.stream);
        }
        Ok(())
    }

    fn on_go_away(&mut self, payload: &[u8]) -> Result<(), Error> {
        let Some((head, debug)) = payload.split_at_checked(8) else {
            return Err(Error::new(
                Code::FRAME_SIZE_ERROR,
                "a GOAWAY frame is too short",
            ));
        };
        let last = number(head) & 0x7fff_ffff;
        self.going_away = true;
        let undone: Vec<u32> = self
            .streams
            .range(last.saturating_add(1)..)
            .map(|(id, _)| *id)
            .collect();
        for stream in undone {
            self.streams.remove(&stream);
            self.events.push_back(Event::Reset {
                stream,
                code: Code::REFUSED_STREAM,
            });
        }
        self.events.push_back(Event::GoAway {
            last,
            code: Code(number(&head[4..])),
            debug: debug.to_vec(),
        });
        Ok(())
    }

    /// Ends a stream whose response can't be read.
    fn give_up(&mut self, stream: u32, code: Code) {
        self.reset(stream, code);
        self.events.push_back(Event::Reset { stream, code });
    }

    fn on_data(&mut self, head: Frame, payload: &[u8]) -> Result<(), Error> {
        // Padding counts, and data for streams that were given up.
        let size = payload.len() as i64;
        self.receive_window -= size;
        if self.receive_window < 0 {
            return Err(Error::new(
                Code::FLOW_CONTROL_ERROR,
                "more data came than the connection's window",
            ));
        }
        let data = unpadded(&head, payload)?.to_vec();
        let whole = i64::from(self.local.init_window_size).max(super::WINDOW);
        if self.receive_window < whole / 2 {
            let more = whole - self.receive_window;
            self.receive_window = whole;
            self.open_window(0, more);
        }
        let Some(stream) = self.streams.get_mut(&head.stream) else {
            return Ok(());
        };
        stream.receive_window -= size;
        if stream.receive_window < 0 {
            self.give_up(head.stream, Code::FLOW_CONTROL_ERROR);
            return Ok(());
        }
        stream.received += data.len() as u64;
        let end = head.has(frame::END_STREAM);
        let wrong = stream.promised.is_some_and(|promised| {
            stream.received > promised || end && stream.received < promised
        });
        if !stream.has_head || wrong {
            self.give_up(head.stream, Code::PROTOCOL_ERROR);
            return Ok(());
        }
        let whole = i64::from(self.local.init_window_size);
        if self.holds_windows {
            // Padding is nothing that anybody takes.
            self.taken(head.stream, payload.len() - data.len());
        } else if !end && stream.receive_window < whole / 2 {
            let more = whole - stream.receive_window;
            stream.receive_window = whole;
            self.open_window(head.stream, more);
        }
        if !data.is_empty() || end {
            self.events.push_back(Event::Data {
                stream: head.stream,
                data,
                end,
            });
        }
        if end {
            self.finish(head.stream);
        }
        Ok(())
    }

    pub(super) fn open_window(&mut self, stream: u32, more: i64) {
        let more = (more as u32).to_be_bytes();
        frame::write(&mut self.output, frame::WINDOW_UPDATE, 0, stream, &more);
    }

    /// The response is over; a request that is not is not wanted any more.
    fn finish(&mut self, id: u32) {
        let sent = self.streams.get(&id).is_none_or(|stream| stream.ended);
        if sent {
            self.streams.remove(&id);
        } else {
            self.reset(id, Code::NO_ERROR);
        }
    }

    fn on_headers(&mut self, head: Frame, payload: &[u8]) -> Result<(), Error> {
        let mut block = unpadded(&head, payload)?;
        if head.has(frame::WITH_PRIORITY) {
            block = block
                .get(5..)
                .ok_or(Error::protocol("a HEADERS frame has half a priority"))?;
        }
        if head.has(frame::END_HEADERS) {
            return self.on_block(head.stream, head.flags, block);
        }
        self.block = Some((head.stream, head.flags, block.to_vec()));
        Ok(())
    }

    fn on_continuation(&mut self, head: Frame, payload: &[u8]) -> Result<(), Error> {
        let Some((stream, flags, mut block)) = self.block.take() else {
            return Err(Error::protocol("a CONTINUATION frame goes on with nothing"));
        };
        block.extend_from_slice(payload);
        if block.len() > BLOCK_LIMIT {
            return Err(Error::new(
                Code::ENHANCE_YOUR_CALM,
                "a block of fields is too large",
            ));
        }
        if head.has(frame::END_HEADERS) {
            return self.on_block(stream, flags, &block);
        }
        self.block = Some((stream, flags, block));
        Ok(())
    }

    fn on_block(&mut self, id: u32, flags: u8, block: &[u8]) -> Result<(), Error> {
        let limit = FIELDS_LIMIT.min(self.local.max_header_list_size as usize);
        let fields = self.decoder.decode(block, limit).map_err(|why| {
            let why = match why {
                Malformed::TooLarge => {
                    return Error::new(Code::ENHANCE_YOUR_CALM, "a response has too many fields");
                }
                Malformed::Truncated => "a block of fields ends in the middle",
                Malformed::Integer => "a block of fields has a number that is too large",
                Malformed::Index => "a block of fields names a field that is in no table",
                Malformed::Huffman => "a block of fields has a text that is badly coded",
                Malformed::TableSize => "a block of fields wants a table of the wrong size",
            };
            Error::new(Code::COMPRESSION_ERROR, why)
        })?;
        let end = flags & frame::END_STREAM != 0;
        let Some(stream) = self.streams.get_mut(&id) else {
            return Ok(());
        };
        let Ok(status) = check(&fields) else {
            self.give_up(id, Code::PROTOCOL_ERROR);
            return Ok(());
        };
        match (stream.has_head, status) {
            // A head, an interim one, and what comes behind the body.
            (false, Some(200..)) => {
                stream.has_head = true;
                let length = fields.iter().find(|(name, _)| name == b"content-length");
                let bodiless = stream.is_head || matches!(status, Some(204 | 304));
                stream.promised = match length.filter(|_| !bodiless) {
                    Some((_, length)) => std::str::from_utf8(length)
                        .ok()
                        .and_then(|length| length.parse().ok()),
                    None => None,
                };
            }
            (false, Some(_)) if !end => return Ok(()),
            (true, None) if end => {}
            _ => {
                self.give_up(id, Code::PROTOCOL_ERROR);
                return Ok(());
            }
        }
        if end
            && stream
                .promised
                .is_some_and(|promised| stream.received != promised)
        {
            self.give_up(id, Code::PROTOCOL_ERROR);
            return Ok(());
        }
        self.events.push_back(Event::Fields {
            stream: id,
            fields,
            end,
        });
        if end {
            self.finish(id);
        }
        Ok(())
    }
}

/// The status, if there is one; an error for fields that can't be of a response: RFC 9113, section 8.2 and 8.3.2.
fn check(fields: &[Field]) -> Result<Option<u16>, ()> {
    let mut status = None;
    for (at, (name, value)) in fields.iter().enumerate() {
        if name.first() == Some(&b':') {
            let number = std::str::from_utf8(value)
                .ok()
                .filter(|text| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|text| text.parse().ok())
                .filter(|number| *number >= 100);
            if at != 0 || name != b":status" || number.is_none() {
                return Err(());
            }
            status = number;
        } else if !super::is_sendable(name, value) {
            return Err(());
        }
    }
    Ok(status)
}
