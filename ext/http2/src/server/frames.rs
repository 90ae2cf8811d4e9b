//! Frames of the client: RFC 9113, section 6.

use super::streams::Stream;
use super::{Block, Event, Incoming, MOST, OPEN, Server, Step, Verdict};
use crate::error::{Code, Error};
use crate::frame::{self, ACK, Frame};
use crate::hpack::Malformed;

/// Bytes of a block of fields, packed, beside what the settings allow unpacked.
const BLOCK_LIMIT: usize = 64 * 1024;
/// Frames of one block.
const PARTS: u32 = 32;
/// A window that grows by less moves nothing on.
const NEXT_TO_NOTHING: i64 = 64;
/// Bytes of fields where the settings do not say.
const FIELDS_LIMIT: usize = 64 * 1024;

fn number(payload: &[u8]) -> u32 {
    payload
        .first_chunk::<4>()
        .map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

const CLOSED: Error = Error::new(Code::STREAM_CLOSED, "a frame for a stream that is over");
const IDLE: Error = Error::protocol("a frame for a stream that was not begun");

impl<T> Server<T> {
    pub(super) fn on_frame<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        match frame.kind {
            frame::HEADERS => self.on_headers(frame, payload, out),
            frame::CONTINUATION => self.on_continuation(frame, payload, out),
            frame::WINDOW_UPDATE => self.on_window(frame, payload, out),
            frame::SETTINGS => self.on_settings(frame, payload, out),
            frame::PING => {
                if !frame.has(ACK) {
                    self.budget.control()?;
                    frame::write(out, frame::PING, ACK, 0, payload);
                }
                Ok(Event::Nothing)
            }
            frame::RST_STREAM => self.on_reset(frame, payload),
            frame::PRIORITY => {
                self.budget.control()?;
                if payload.len() != 5 {
                    return self.wrong(frame.stream, Code::FRAME_SIZE_ERROR, out);
                }
                if number(payload) & 0x7fff_ffff == frame.stream {
                    return self.wrong(frame.stream, Code::PROTOCOL_ERROR, out);
                }
                Ok(Event::Nothing)
            }
            frame::GOAWAY if payload.len() < 8 => Err(Error::new(
                Code::FRAME_SIZE_ERROR,
                "a GOAWAY frame is too short",
            )),
            frame::GOAWAY => Ok(Event::GoAway),
            frame::PUSH_PROMISE => Err(Error::protocol("a client can't push")),
            _ => {
                // Frames of other kinds mean nothing here: RFC 9113, section 4.1.
                self.budget.control()?;
                Ok(Event::Nothing)
            }
        }
    }

    /// The client went against the rules of one stream, which ends.
    fn wrong<'a>(
        &mut self,
        stream: u32,
        code: Code,
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        self.budget.reset()?;
        if self.find(stream).is_some() {
            self.lost = self.reset(stream, code, out);
            return Ok(Event::Reset { stream, code });
        }
        frame::write(out, frame::RST_STREAM, 0, stream, &code.0.to_be_bytes());
        Ok(Event::Nothing)
    }

    fn on_settings<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        if frame.has(ACK) {
            self.budget.control()?;
            return Ok(Event::Nothing);
        }
        if self.has_settings {
            self.budget.control()?;
        }
        self.has_settings = true;
        let before = self.remote;
        self.remote.read(payload)?;
        self.tell_table |= self.remote.header_table_size < before.header_table_size;
        let change = i64::from(self.remote.init_window_size) - i64::from(before.init_window_size);
        for stream in &mut self.streams {
            stream.window += change;
            if stream.window > MOST {
                return Err(Error::new(
                    Code::FLOW_CONTROL_ERROR,
                    "a window is too large",
                ));
            }
        }
        frame::write(out, frame::SETTINGS, ACK, 0, &[]);
        Ok(match change {
            1.. => Event::Room { stream: 0 },
            _ => Event::Nothing,
        })
    }

    fn on_window<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        let more = i64::from(number(payload) & 0x7fff_ffff);
        if more < NEXT_TO_NOTHING {
            self.budget.control()?;
        }
        if frame.stream == 0 {
            if more == 0 {
                return Err(Error::protocol("a window grows by nothing"));
            }
            self.window += more;
            if self.window > MOST {
                return Err(Error::new(
                    Code::FLOW_CONTROL_ERROR,
                    "the connection's window is too large",
                ));
            }
            return Ok(Event::Room { stream: 0 });
        }
        if frame.stream > self.last {
            return Err(IDLE);
        }
        let Some(stream) = self.stream(frame.stream) else {
            return Ok(Event::Nothing);
        };
        if more == 0 {
            return self.wrong(frame.stream, Code::PROTOCOL_ERROR, out);
        }
        stream.window += more;
        if stream.window > MOST {
            return self.wrong(frame.stream, Code::FLOW_CONTROL_ERROR, out);
        }
        Ok(Event::Room {
            stream: frame.stream,
        })
    }

    fn on_reset<'a>(&mut self, frame: Frame, payload: &[u8]) -> Result<Event<'a>, Error> {
        if frame.stream > self.last {
            return Err(IDLE);
        }
        let Some(at) = self.find(frame.stream) else {
            self.budget.control()?;
            return Ok(Event::Nothing);
        };
        self.budget.reset()?;
        self.lost = self.streams.remove(at).kept;
        Ok(Event::Reset {
            stream: frame.stream,
            code: Code(number(payload)),
        })
    }

    /// The head of a DATA frame: what is in it comes piece by piece.
    pub(super) fn on_data<'a>(
        &mut self,
        frame: Frame,
        input: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Step<'a>, Error> {
        let mut used = frame::HEAD;
        let mut left = frame.length;
        let mut padding = 0;
        if frame.has(frame::PADDED) {
            let Some(byte) = input.get(frame::HEAD) else {
                if frame.length == 0 {
                    return Err(Error::protocol("a frame has no room for its padding"));
                }
                return Ok(Step {
                    used: 0,
                    event: Event::NeedMore,
                });
            };
            padding = usize::from(*byte);
            used += 1;
            left = frame
                .length
                .checked_sub(1 + padding)
                .ok_or(Error::protocol(
                    "a frame's padding is longer than the frame",
                ))?;
        }
        if frame.stream > self.last {
            return Err(IDLE);
        }
        let end = frame.has(frame::END_STREAM);
        if left == 0 && !end {
            self.budget.control()?;
        }
        let size = frame.length as i64;
        // Padding counts, and data for streams that were given up.
        self.receive_window -= size;
        if self.receive_window < 0 {
            return Err(Error::new(
                Code::FLOW_CONTROL_ERROR,
                "more data came than the connection's window",
            ));
        }
        if self.receive_window < OPEN / 2 {
            let more = (OPEN - self.receive_window) as u32;
            self.receive_window = OPEN;
            frame::write(out, frame::WINDOW_UPDATE, 0, 0, &more.to_be_bytes());
        }
        let mut incoming = Incoming {
            stream: frame.stream,
            left,
            padding,
            end,
            dropped: false,
        };
        let mut event = Event::Nothing;
        let is_forgiven = self.forgiven.contains(&frame.stream);
        match self.stream(frame.stream) {
            Some(stream) if !stream.came => {
                stream.receive_window -= size;
                // What nobody sees is given back with the rest.
                stream.owed += size - left as i64;
                let flows = stream.receive_window >= 0;
                let short = match &mut stream.left {
                    None => false,
                    Some(promised) => match promised.checked_sub(left as u64) {
                        Some(rest) => {
                            *promised = rest;
                            end && rest > 0
                        }
                        None => true,
                    },
                };
                stream.came = end;
                if !flows || short {
                    incoming.dropped = true;
                    let code = match flows {
                        true => Code::PROTOCOL_ERROR,
                        false => Code::FLOW_CONTROL_ERROR,
                    };
                    event = self.wrong(frame.stream, code, out)?;
                }
            }
            Some(_) => {
                incoming.dropped = true;
                event = self.wrong(frame.stream, Code::STREAM_CLOSED, out)?;
            }
            None if is_forgiven => incoming.dropped = true,
            None => {
                incoming.dropped = true;
                event = self.wrong(frame.stream, Code::STREAM_CLOSED, out)?;
            }
        }
        self.incoming = Some(incoming);
        Ok(Step { used, event })
    }

    /// The next piece of a DATA frame.
    pub(super) fn data<'a>(&mut self, incoming: Incoming, input: &'a [u8]) -> Step<'a> {
        let Incoming {
            stream,
            left,
            padding,
            end,
            dropped,
        } = incoming;
        if left == 0 && (dropped || !end) {
            // The padding.
            let used = padding.min(input.len());
            self.incoming = (used < padding).then_some(Incoming {
                padding: padding - used,
                ..incoming
            });
            let event = match self.incoming {
                Some(_) => Event::NeedMore,
                None => Event::Nothing,
            };
            return Step { used, event };
        }
        let used = left.min(input.len());
        if used == 0 && left > 0 {
            return Step {
                used: 0,
                event: Event::NeedMore,
            };
        }
        let last = used == left;
        self.incoming = Some(Incoming {
            left: left - used,
            end: end && !last,
            ..incoming
        });
        if last && padding == 0 {
            self.incoming = None;
        }
        let event = match dropped {
            true => Event::Nothing,
            false => Event::Data {
                stream,
                data: &input[..used],
                end: end && last,
            },
        };
        Step { used, event }
    }

    fn on_headers<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        let mut fields = payload;
        if frame.has(frame::PADDED) {
            let (padding, rest) = fields
                .split_first()
                .ok_or(Error::protocol("a frame has no room for its padding"))?;
            let end = rest
                .len()
                .checked_sub(usize::from(*padding))
                .ok_or(Error::protocol(
                    "a frame's padding is longer than the frame",
                ))?;
            fields = &rest[..end];
        }
        let mut depends_on_itself = false;
        if frame.has(frame::WITH_PRIORITY) {
            let (priority, rest) = fields
                .split_at_checked(5)
                .ok_or(Error::protocol("a HEADERS frame has half a priority"))?;
            depends_on_itself = number(priority) & 0x7fff_ffff == frame.stream;
            fields = rest;
        }
        if frame.stream.is_multiple_of(2) {
            return Err(Error::protocol("a client's streams have odd numbers"));
        }
        let end = frame.has(frame::END_STREAM);
        if frame.has(frame::END_HEADERS) {
            return self.on_block(frame.stream, end, depends_on_itself, fields, out);
        }
        self.block = Some(Block {
            stream: frame.stream,
            end,
            depends_on_itself,
            bytes: fields.to_vec(),
            parts: 1,
        });
        Ok(Event::Nothing)
    }

    fn on_continuation<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        let Some(mut block) = self.block.take() else {
            return Err(Error::protocol("a CONTINUATION frame goes on with nothing"));
        };
        block.bytes.extend_from_slice(payload);
        block.parts += 1;
        if block.bytes.len() > BLOCK_LIMIT || block.parts > PARTS {
            return Err(Error::new(
                Code::ENHANCE_YOUR_CALM,
                "a block of fields has too many parts",
            ));
        }
        if !frame.has(frame::END_HEADERS) {
            self.block = Some(block);
            return Ok(Event::Nothing);
        }
        self.on_block(
            block.stream,
            block.end,
            block.depends_on_itself,
            &block.bytes,
            out,
        )
    }

    fn on_block<'a>(
        &mut self,
        id: u32,
        end: bool,
        depends_on_itself: bool,
        block: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        let limit = match self.local.max_header_list_size {
            u32::MAX => FIELDS_LIMIT,
            limit => limit as usize,
        };
        self.head.clear();
        let head = &mut self.head;
        // A single text beyond the limit can't be put into the tables: then nothing more can be read.
        let decoded = self
            .decoder
            .each(block, limit.max(BLOCK_LIMIT), |name, value| {
                head.add(name, value, limit);
            });
        decoded.map_err(|why| match why {
            Malformed::TooLarge => {
                Error::new(Code::ENHANCE_YOUR_CALM, "a request has too many fields")
            }
            _ => Error::new(Code::COMPRESSION_ERROR, "a block of fields can't be read"),
        })?;
        if let Some(at) = self.find(id) {
            // Behind a body.
            let stream = &mut self.streams[at];
            if stream.came {
                return self.wrong(id, Code::STREAM_CLOSED, out);
            }
            let short = stream.left.is_some_and(|left| left > 0);
            if !end || short || depends_on_itself || !self.head.are_trailers() {
                return self.wrong(id, Code::PROTOCOL_ERROR, out);
            }
            stream.came = true;
            return Ok(Event::Data {
                stream: id,
                data: &[],
                end: true,
            });
        }
        if id <= self.last {
            return match self.forgiven.contains(&id) {
                true => Ok(Event::Nothing),
                false => Err(CLOSED),
            };
        }
        if self.going_away {
            return self.refuse(id, out);
        }
        self.last = id;
        if depends_on_itself {
            return self.wrong(id, Code::PROTOCOL_ERROR, out);
        }
        if self.streams.len() >= self.local.max_concurrent_streams as usize {
            return self.refuse(id, out);
        }
        self.text.clear();
        let (length, verdict) = self.head.finish(limit, &mut self.text);
        self.text_length = length;
        let promised = self.head.length;
        if verdict == Verdict::Malformed || end && promised.is_some_and(|length| length > 0) {
            return self.wrong(id, Code::PROTOCOL_ERROR, out);
        }
        let stream = Stream::new(id, &self.remote, &self.local, end, promised);
        self.streams.push(stream);
        Ok(Event::Head {
            stream: id,
            end,
            verdict,
        })
    }

    /// Nothing was done for a stream: the client may try again.
    fn refuse<'a>(&mut self, id: u32, out: &mut Vec<u8>) -> Result<Event<'a>, Error> {
        self.budget.reset()?;
        self.forgive(id);
        let code = Code::REFUSED_STREAM.0.to_be_bytes();
        frame::write(out, frame::RST_STREAM, 0, id, &code);
        Ok(Event::Nothing)
    }
}
