//! A request as the service sees it: bytes where they arrived, read when asked.

use crate::stream::Stream;
use crate::upload::Form;
use highper_http1::Head;
use std::cell::{Ref, RefCell};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::rc::Rc;

/// The bytes of a head: in the worker's read buffer while the handler runs for
/// the first time, in a copy of their own once it has suspended.
#[derive(Clone)]
pub(crate) enum Bytes {
    Lent {
        buffer: Rc<[u8]>,
        start: usize,
        end: usize,
    },
    Own(Vec<u8>),
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Self::Lent { buffer, start, end } => &buffer[*start..*end],
            Self::Own(bytes) => bytes,
        }
    }
}

/// A request body.
#[derive(Default)]
pub enum Body {
    /// There was none.
    #[default]
    Empty,
    /// In memory.
    Memory(Vec<u8>),
    /// In a file without a name.
    File(RefCell<File>, u64),
    /// A multipart form: its fields in memory, its files on disk.
    Form(Box<Form>),
    /// On its way: to be read as it arrives.
    Stream(Rc<Stream>),
}

/// One request.
pub struct Request {
    pub(crate) bytes: RefCell<Bytes>,
    pub(crate) head: Head,
    pub(crate) body: Body,
    /// Nanoseconds of the monotonic clock when the head was complete.
    pub(crate) started: u64,
}

impl Request {
    /// The parsed head; its methods take [`Request::bytes`].
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The head's bytes, as they came.
    #[must_use]
    pub fn bytes(&self) -> Ref<'_, [u8]> {
        Ref::map(self.bytes.borrow(), Bytes::get)
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Nanoseconds of [`highper_engine::clock::now`] when the request was there.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.started
    }

    /// Calls `f` with the body's bytes, whichever place they are in; a form has them only
    /// where they were kept, a stream never.
    ///
    /// # Errors
    /// The system's, when the file with the body can't be read.
    pub fn with_body<R>(&self, f: impl FnOnce(&[u8]) -> R) -> std::io::Result<R> {
        match &self.body {
            Body::Empty | Body::Stream(_) => Ok(f(b"")),
            Body::Form(form) => Ok(f(form.raw.as_deref().unwrap_or_default())),
            Body::Memory(bytes) => Ok(f(bytes)),
            Body::File(file, length) => {
                let mut file = file.borrow_mut();
                file.seek(SeekFrom::Start(0))?;
                let mut bytes = Vec::with_capacity(usize::try_from(*length).unwrap_or(0));
                file.read_to_end(&mut bytes)?;
                Ok(f(&bytes))
            }
        }
    }

    /// Lets the worker have its read buffer back.
    pub(crate) fn detach(&self) {
        let own = match &*self.bytes.borrow() {
            Bytes::Lent { buffer, start, end } => buffer[*start..*end].to_vec(),
            Bytes::Own(_) => return,
        };
        *self.bytes.borrow_mut() = Bytes::Own(own);
    }
}
