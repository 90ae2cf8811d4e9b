//! Settings of one side: RFC 9113, section 6.5.2.

use crate::error::{Code, Error};

/// What one side has told the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Bytes of the table that header compression may use.
    pub header_table_size: u32,
    /// May the server push?
    pub enable_push: bool,
    /// Streams at once.
    pub max_concurrent_streams: u32,
    /// Bytes of a stream's data before more are asked for.
    pub init_window_size: u32,
    /// Bytes of a frame.
    pub max_frame_size: u32,
    /// Bytes of all fields of a message.
    pub max_header_list_size: u32,
}

/// What holds until something else is said; nothing is pushed.
impl Default for Settings {
    fn default() -> Self {
        Self {
            header_table_size: 4096,
            enable_push: false,
            max_concurrent_streams: u32::MAX,
            init_window_size: 65_535,
            max_frame_size: 16_384,
            max_header_list_size: u32::MAX,
        }
    }
}

impl Settings {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for (id, value) in [
            (1_u16, self.header_table_size),
            (2, u32::from(self.enable_push)),
            (3, self.max_concurrent_streams),
            (4, self.init_window_size),
            (5, self.max_frame_size),
            (6, self.max_header_list_size),
        ] {
            out.extend_from_slice(&id.to_be_bytes());
            out.extend_from_slice(&value.to_be_bytes());
        }
    }

    /// As [`Settings::write`], for a server: it does not say whether it pushes, and leaves out what is not limited.
    pub(crate) fn write_server(&self, out: &mut Vec<u8>) {
        for (id, value) in [
            (1_u16, self.header_table_size),
            (3, self.max_concurrent_streams),
            (4, self.init_window_size),
            (5, self.max_frame_size),
            (6, self.max_header_list_size),
        ] {
            if value != u32::MAX {
                out.extend_from_slice(&id.to_be_bytes());
                out.extend_from_slice(&value.to_be_bytes());
            }
        }
    }

    /// Changes those that a frame names.
    pub(crate) fn read(&mut self, payload: &[u8]) -> Result<(), Error> {
        let (items, rest) = payload.as_chunks::<6>();
        if !rest.is_empty() {
            return Err(Error::new(
                Code::FRAME_SIZE_ERROR,
                "a SETTINGS frame has half a setting",
            ));
        }
        for [a, b, value @ ..] in items {
            let value = u32::from_be_bytes(*value);
            match u16::from_be_bytes([*a, *b]) {
                1 => self.header_table_size = value,
                2 if value > 1 => return Err(Error::protocol("ENABLE_PUSH is neither 0 nor 1")),
                3 => self.max_concurrent_streams = value,
                4 if value > i32::MAX as u32 => {
                    return Err(Error::new(
                        Code::FLOW_CONTROL_ERROR,
                        "INITIAL_WINDOW_SIZE is too large",
                    ));
                }
                4 => self.init_window_size = value,
                5 if !(16_384..=16_777_215).contains(&value) => {
                    return Err(Error::protocol("MAX_FRAME_SIZE is out of its range"));
                }
                5 => self.max_frame_size = value,
                6 => self.max_header_list_size = value,
                _ => {}
            }
        }
        Ok(())
    }
}
