use crate::{Method, class};

/// The protocol version of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    #[default]
    Http11,
    /// HTTP/2: see [`Conn::feed_stream`](crate::Conn::feed_stream).
    Http2,
}

/// How the end of a request body is found (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Framing {
    /// Neither Content-Length nor Transfer-Encoding: no body.
    #[default]
    None,
    /// Content-Length; zero means that no body follows.
    Length(u64),
    /// Transfer-Encoding: chunked.
    Chunked,
}

/// A range of the buffer that the head was parsed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u16,
    pub end: u16,
}

impl Span {
    #[inline]
    pub(crate) fn of(self, buf: &[u8]) -> &[u8] {
        &buf[self.start as usize..self.end as usize]
    }

    #[inline]
    pub(crate) fn len(self) -> usize {
        usize::from(self.end).wrapping_sub(usize::from(self.start))
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Field {
    pub name: Span,
    pub value: Span,
}

pub(crate) const NONE: u16 = u16::MAX;

/// A parsed request head: 16-bit offsets into the bytes that were given to
/// [`Conn::feed`](crate::Conn::feed), and what a server needs to know of them.
///
/// One `Head` serves any number of requests one after the other and allocates
/// only until it has seen its largest. Methods that take `buf` want the very
/// slice that was fed, or a copy of its first [`Head::len`] bytes; they panic
/// if it is shorter than that.
#[derive(Clone, Debug)]
pub struct Head {
    pub(crate) fields: Vec<Field>,
    pub(crate) framing: Framing,
    pub(crate) len: u16,
    pub(crate) method_name: Span,
    pub(crate) target: Span,
    pub(crate) path: Span,
    pub(crate) query: Span,
    pub(crate) authority: Span,
    pub(crate) host: u16,
    pub(crate) content_type: u16,
    pub(crate) accept_encoding: u16,
    pub(crate) cookie: u16,
    pub(crate) cookies: u16,
    pub(crate) upgrade: u16,
    pub(crate) method: Method,
    pub(crate) version: Version,
    pub(crate) has_query: bool,
    pub(crate) keep_alive: bool,
    pub(crate) expect_continue: bool,
    pub(crate) upgrade_wanted: bool,
}

impl Default for Head {
    fn default() -> Self {
        Self::new()
    }
}

impl Head {
    /// An empty head; nothing is allocated before the first request.
    pub const fn new() -> Self {
        let empty = Span { start: 0, end: 0 };
        Self {
            fields: Vec::new(),
            framing: Framing::None,
            len: 0,
            method_name: empty,
            target: empty,
            path: empty,
            query: empty,
            authority: empty,
            host: NONE,
            content_type: NONE,
            accept_encoding: NONE,
            cookie: NONE,
            cookies: 0,
            upgrade: NONE,
            method: Method::Get,
            version: Version::Http11,
            has_query: false,
            keep_alive: false,
            expect_continue: false,
            upgrade_wanted: false,
        }
    }

    /// Ready for the fields of another head.
    #[inline]
    pub(crate) fn forget_fields(&mut self) {
        self.host = NONE;
        self.content_type = NONE;
        self.accept_encoding = NONE;
        self.cookie = NONE;
        self.cookies = 0;
        self.upgrade = NONE;
        self.fields.clear();
    }

    /// Bytes of the fed slice that the head's offsets reach into.
    #[inline]
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// The method.
    #[inline]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The method's text as sent.
    #[inline]
    pub fn method_name<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        self.method_name.of(buf)
    }

    /// Method, target and version as sent, without the line's end.
    #[inline]
    pub fn request_line<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        let line = Span {
            start: self.method_name.start,
            end: self.target.end + " HTTP/1.1".len() as u16,
        };
        line.of(buf)
    }

    /// The protocol version.
    #[inline]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The request target as sent.
    #[inline]
    pub fn target<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        self.target.of(buf)
    }

    /// The path, not decoded: without query, and without scheme and authority
    /// where the target was in absolute form. `/` if that leaves nothing, `*`
    /// for the asterisk form, empty for CONNECT.
    #[inline]
    pub fn path<'a>(&self, buf: &'a [u8]) -> &'a [u8] {
        if self.path.is_empty() && self.method != Method::Connect {
            return b"/";
        }
        self.path.of(buf)
    }

    /// What follows the first `?` of the target, not decoded.
    #[inline]
    pub fn query<'a>(&self, buf: &'a [u8]) -> Option<&'a [u8]> {
        self.has_query.then(|| self.query.of(buf))
    }

    /// The host and port that the request is for: from an absolute-form or
    /// authority-form target if there is one (RFC 9112 section 3.2.2 says that
    /// Host is then ignored), else from Host.
    #[inline]
    pub fn authority<'a>(&self, buf: &'a [u8]) -> Option<&'a [u8]> {
        if !self.authority.is_empty() {
            return Some(self.authority.of(buf));
        }
        self.value(buf, self.host)
    }

    /// How the body is framed.
    #[inline]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Whether body events follow (not for `Content-Length: 0`).
    #[inline]
    pub fn has_body(&self) -> bool {
        !matches!(self.framing, Framing::None | Framing::Length(0))
    }

    /// Whether the client wants the connection kept (RFC 9112 section 9.3).
    #[inline]
    pub fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    #[inline]
    pub fn expect_continue(&self) -> bool {
        self.expect_continue
    }

    /// Does the client offer to change to another protocol?
    #[inline]
    pub fn wants_upgrade(&self) -> bool {
        self.upgrade_wanted
    }

    /// The protocols the client offers to change to: the Upgrade field, if
    /// Connection names it and the version is 1.1.
    #[inline]
    pub fn upgrade<'a>(&self, buf: &'a [u8]) -> Option<&'a [u8]> {
        if self.upgrade_wanted {
            self.value(buf, self.upgrade)
        } else {
            None
        }
    }

    /// The (last) Content-Type.
    #[inline]
    pub fn content_type<'a>(&self, buf: &'a [u8]) -> Option<&'a [u8]> {
        self.value(buf, self.content_type)
    }

    /// Is there an Accept-Encoding?
    #[inline]
    pub fn has_accept_encoding(&self) -> bool {
        self.accept_encoding != NONE
    }

    /// The first Accept-Encoding.
    #[inline]
    pub fn accept_encoding<'a>(&self, buf: &'a [u8]) -> Option<&'a [u8]> {
        self.value(buf, self.accept_encoding)
    }

    /// All Cookie fields; almost always none or one.
    pub fn cookies<'s, 'a: 's>(&'s self, buf: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + 's {
        let first = self.cookie as usize;
        let rest = if self.cookies == 0 {
            &[][..]
        } else {
            &self.fields[first..]
        };
        rest.iter()
            .filter(move |f| class::same(f.name.of(buf), b"cookie"))
            .take(self.cookies as usize)
            .map(move |f| f.value.of(buf))
    }

    /// Number of header fields.
    #[inline]
    pub fn field_count(&self) -> usize {
        self.fields.len()
    }

    /// The field with this index, name as sent and value without white space
    /// around it. Panics if `index` is not below [`Head::field_count`].
    #[inline]
    pub fn field<'a>(&self, buf: &'a [u8], index: usize) -> (&'a [u8], &'a [u8]) {
        let field = self.fields[index];
        (field.name.of(buf), field.value.of(buf))
    }

    /// All fields in the order sent.
    #[inline]
    pub fn fields<'s, 'a>(&'s self, buf: &'a [u8]) -> Fields<'s, 'a> {
        Fields {
            fields: self.fields.iter(),
            buf,
        }
    }

    /// The first field of this name, in any case.
    pub fn get<'a>(&self, buf: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
        // Most differ in their lengths, which is known without a look at the bytes.
        self.fields
            .iter()
            .find(|f| f.name.len() == name.len() && f.name.of(buf).eq_ignore_ascii_case(name))
            .map(|f| f.value.of(buf))
    }

    #[inline]
    fn value<'a>(&self, buf: &'a [u8], index: u16) -> Option<&'a [u8]> {
        self.fields.get(index as usize).map(|f| f.value.of(buf))
    }
}

/// Iterator over header fields: see [`Head::fields`].
#[derive(Clone, Debug)]
pub struct Fields<'s, 'a> {
    fields: std::slice::Iter<'s, Field>,
    buf: &'a [u8],
}

impl<'a> Iterator for Fields<'_, 'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let field = self.fields.next()?;
        Some((field.name.of(self.buf), field.value.of(self.buf)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.fields.size_hint()
    }
}
