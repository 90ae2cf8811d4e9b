//! From bytes to messages.

use crate::close;
use crate::deflate::Inflater;
use crate::error::Error;
use crate::header::Header;
use crate::mask;
use crate::opcode::Opcode;
use crate::utf8::Checker;

#[cfg(test)]
mod tests;

/// Which frames are masked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Masks {
    /// All, as a client's must be.
    Required,
    /// None, as a server's must be.
    Forbidden,
    /// Some may be.
    Either,
}

/// What is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// Which frames are masked.
    pub masks: Masks,
    /// Bytes of a message at most, all its frames together, unpacked.
    pub max_message: usize,
    /// Must text be UTF-8, and a close frame have a code that may be sent? RFC 6455 says yes.
    pub strict: bool,
    /// Was permessage-deflate agreed on, so that messages may be compressed? They are handed out unpacked.
    pub deflate: bool,
    /// May compressed messages refer to earlier ones?
    pub takeover: bool,
}

impl Config {
    /// What a server takes by RFC 6455: masked frames, messages of 2 MiB at most, none compressed.
    #[must_use]
    pub const fn server() -> Self {
        Self {
            masks: Masks::Required,
            max_message: 2 << 20,
            strict: true,
            deflate: false,
            takeover: false,
        }
    }

    /// What a client takes: the same, not masked.
    #[must_use]
    pub const fn client() -> Self {
        Self {
            masks: Masks::Forbidden,
            ..Self::server()
        }
    }
}

/// A whole message, or a control frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// What it is: never a continuation.
    pub opcode: Opcode,
    /// Its payload, unmasked and unpacked.
    pub payload: &'a [u8],
    /// Was it compressed?
    pub compressed: bool,
    /// Was it, or its first frame, masked?
    pub masked: bool,
}

/// What was made of the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step<'a> {
    /// Bytes to take off the front of the input before the next call.
    pub used: usize,
    /// What they completed. `None`: keep the bytes behind `used` (at most 13), append what comes, and feed them again.
    pub frame: Option<Frame<'a>>,
}

/// A message under way.
#[derive(Debug)]
struct Message {
    opcode: Opcode,
    compressed: bool,
    masked: bool,
    text: Checker,
}

/// A frame whose payload is not all there.
#[derive(Debug)]
struct Open {
    header: Header,
    /// Bytes of the payload that came.
    got: u64,
}

/// Takes the bytes of one direction of a connection, however they are cut. At rest it owns no buffer.
#[derive(Debug)]
pub struct Decoder {
    config: Config,
    open: Option<Open>,
    message: Option<Message>,
    /// The payload of the message under way, or of the last one, as it came.
    gathered: Vec<u8>,
    /// The same of a control frame.
    control: Vec<u8>,
    unpacked: Vec<u8>,
    inflater: Option<Box<Inflater>>,
    failed: Option<Error>,
    /// The last step handed out something of the buffers.
    lent: bool,
}

impl Decoder {
    /// For a connection whose handshake is done.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            open: None,
            message: None,
            gathered: Vec::new(),
            control: Vec::new(),
            unpacked: Vec::new(),
            inflater: None,
            failed: None,
            lent: false,
        }
    }

    /// What it takes.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Is a message under way, whose end has not come?
    #[must_use]
    pub const fn is_within_message(&self) -> bool {
        self.message.is_some() || self.open.is_some()
    }

    /// Takes what comes first in the input: the bytes that came, behind those that the last step left over. The input is changed:
    /// unmasked where it lies. Call it until there is no frame in the step.
    ///
    /// # Errors
    /// [`Error`]; the same one again whatever is fed later.
    #[inline]
    pub fn feed<'a>(&'a mut self, input: &'a mut [u8]) -> Result<Step<'a>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let plain = self.open.is_none() && self.message.is_none() && !self.lent;
        // By far the most: a whole message in one frame.
        if plain
            && let Ok(Some((header, at))) = Header::parse(input)
            && header.fin
            && !header.rsv1
            && matches!(header.opcode, Opcode::Text | Opcode::Binary)
            && header.length <= (input.len() - at) as u64
            && header.length <= self.config.max_message as u64
            && self.fits(&header).is_ok()
        {
            let used = at + header.length as usize;
            let payload = &mut input[at..used];
            if let Some(key) = header.mask {
                mask::apply(payload, key, 0);
            }
            if self.config.strict
                && header.opcode == Opcode::Text
                && std::str::from_utf8(payload).is_err()
            {
                self.failed = Some(Error::Utf8);
                return Err(Error::Utf8);
            }
            return Ok(Step {
                used,
                frame: Some(Frame {
                    opcode: header.opcode,
                    payload,
                    compressed: false,
                    masked: header.mask.is_some(),
                }),
            });
        }
        match self.step(input) {
            Ok((used, None)) => Ok(Step { used, frame: None }),
            Ok((used, Some(done))) => {
                self.lent = true;
                Ok(Step {
                    used,
                    frame: Some(self.lend(&done)),
                })
            }
            Err(error) => {
                self.failed = Some(error);
                self.open = None;
                self.message = None;
                self.release();
                Err(error)
            }
        }
    }

    fn lend(&self, done: &Done) -> Frame<'_> {
        let payload = match done.place {
            Place::Control => &self.control,
            Place::Gathered => &self.gathered,
            Place::Unpacked => &self.unpacked,
        };
        Frame {
            opcode: done.opcode,
            payload,
            compressed: done.compressed,
            masked: done.masked,
        }
    }

    /// Gives the buffers back that the last step handed out.
    fn release(&mut self) {
        self.lent = false;
        self.control = Vec::new();
        self.unpacked = Vec::new();
        if self.message.is_none() {
            self.gathered = Vec::new();
        }
    }

    /// What may be said of a head by the state of the connection.
    #[inline]
    fn fits(&self, header: &Header) -> Result<(), Error> {
        match (self.config.masks, header.mask) {
            (Masks::Required, None) => return Err(Error::Unmasked),
            (Masks::Forbidden, Some(_)) => return Err(Error::Masked),
            _ => {}
        }
        let begins = matches!(header.opcode, Opcode::Text | Opcode::Binary);
        if header.rsv1 && !(begins && self.config.deflate) {
            return Err(Error::ReservedBits(0x40 | header.opcode as u8));
        }
        match header.opcode {
            Opcode::Continuation if self.message.is_none() => Err(Error::Continuation),
            _ if begins && self.message.is_some() => Err(Error::Interrupted),
            _ => Ok(()),
        }
    }

    fn step(&mut self, input: &mut [u8]) -> Result<(usize, Option<Done>), Error> {
        if self.lent {
            self.release();
        }
        let mut used = 0;
        loop {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => match Header::parse(&input[used..])? {
                    None => return Ok((used, None)),
                    Some((header, length)) => {
                        used += length;
                        self.begin(&header)?;
                        Open { header, got: 0 }
                    }
                },
            };
            let left = open.header.length - open.got;
            let there = (input.len() - used) as u64;
            let take = left.min(there) as usize;
            let part = &mut input[used..used + take];
            if let Some(key) = open.header.mask {
                mask::apply(part, key, (open.got & 3) as usize);
            }
            self.gather(&open.header, part)?;
            used += take;
            open.got += take as u64;
            if open.got < open.header.length {
                self.open = Some(open);
                return Ok((used, None));
            }
            if let Some(done) = self.end(&open.header)? {
                return Ok((used, Some(done)));
            }
        }
    }

    /// A head is there.
    fn begin(&mut self, header: &Header) -> Result<(), Error> {
        self.fits(header)?;
        if header.opcode.is_control() {
            return Ok(());
        }
        let so_far = self.gathered.len() as u64;
        if header.length.saturating_add(so_far) > self.config.max_message as u64 {
            return Err(Error::TooBig(self.config.max_message));
        }
        if header.opcode != Opcode::Continuation {
            self.message = Some(Message {
                opcode: header.opcode,
                compressed: header.rsv1,
                masked: header.mask.is_some(),
                text: Checker::default(),
            });
        }
        Ok(())
    }

    fn gather(&mut self, header: &Header, part: &[u8]) -> Result<(), Error> {
        if header.opcode.is_control() {
            self.control.extend_from_slice(part);
            return Ok(());
        }
        // Grows by what comes, never by what a head promises.
        self.gathered.extend_from_slice(part);
        match &mut self.message {
            Some(message) if self.config.strict && message.opcode == Opcode::Text => {
                match message.compressed || message.text.feed(part) {
                    true => Ok(()),
                    false => Err(Error::Utf8),
                }
            }
            _ => Ok(()),
        }
    }

    /// The payload of a frame is complete.
    fn end(&mut self, header: &Header) -> Result<Option<Done>, Error> {
        if header.opcode.is_control() {
            if header.opcode == Opcode::Close && self.config.strict {
                close::check(&self.control)?;
            }
            return Ok(Some(Done {
                opcode: header.opcode,
                place: Place::Control,
                compressed: false,
                masked: header.mask.is_some(),
            }));
        }
        if !header.fin {
            return Ok(None);
        }
        let Some(message) = self.message.take() else {
            return Err(Error::Continuation);
        };
        let place = if message.compressed {
            let takeover = self.config.takeover;
            let inflater = self
                .inflater
                .get_or_insert_with(|| Box::new(Inflater::new(takeover)));
            inflater.unpack(&self.gathered, &mut self.unpacked, self.config.max_message)?;
            if !takeover {
                self.inflater = None;
            }
            self.gathered = Vec::new();
            Place::Unpacked
        } else {
            Place::Gathered
        };
        if self.config.strict && message.opcode == Opcode::Text {
            let whole = match place {
                Place::Unpacked => std::str::from_utf8(&self.unpacked).is_ok(),
                _ => message.text.is_whole(),
            };
            if !whole {
                return Err(Error::Utf8);
            }
        }
        Ok(Some(Done {
            opcode: message.opcode,
            place,
            compressed: message.compressed,
            masked: message.masked,
        }))
    }
}

/// Where the payload of something complete lies.
enum Place {
    Control,
    Gathered,
    Unpacked,
}

struct Done {
    opcode: Opcode,
    place: Place,
    compressed: bool,
    masked: bool,
}
