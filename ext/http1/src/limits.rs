/// What a connection accepts at most. One value serves all connections.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of request line and header section together, including the empty
    /// line that ends them. Default 8,192; values above 65,000 count as 65,000
    /// (offsets are 16 bits wide). Beyond it: 431.
    pub head_bytes: usize,
    /// Header fields in one head, and trailer fields after one body. Default
    /// 100; values above 128 count as 128. Beyond it: 431.
    pub fields: usize,
    /// Bytes of the request target. Default 8,192. Beyond it: 414. A request
    /// line that does not end within `head_bytes` is a 414 as well.
    pub target_bytes: usize,
    /// Bytes of a request body, after removal of the chunked coding. Default
    /// 2 MiB. Beyond it: 413.
    pub body_bytes: u64,
    /// Bytes of chunk extensions over one whole body; they are skipped.
    /// Default 1,024. Beyond it: 400.
    pub chunk_extension_bytes: u16,
    /// Bytes of the trailer section. Default 4,096; values above 65,000 count
    /// as 65,000. Beyond it: 431.
    pub trailer_bytes: usize,
    /// Whether CONNECT is handed to the application. Default no: 501.
    pub allow_connect: bool,
    /// Must HTTP/1.1 requests have a Host, as RFC 9112 section 3.2 wants it?
    /// Default yes: 400 without.
    pub require_host: bool,
}

impl Limits {
    pub(crate) const MAX_FIELDS: usize = 128;
    const MAX_SECTION: usize = 65_000;

    #[inline]
    pub(crate) fn head_cap(&self) -> usize {
        self.head_bytes.min(Self::MAX_SECTION)
    }

    #[inline]
    pub(crate) fn trailer_cap(&self) -> usize {
        self.trailer_bytes.min(Self::MAX_SECTION)
    }

    #[inline]
    pub(crate) fn field_cap(&self) -> usize {
        self.fields.min(Self::MAX_FIELDS)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 8192,
            fields: 100,
            target_bytes: 8192,
            body_bytes: 2 << 20,
            chunk_extension_bytes: 1024,
            trailer_bytes: 4096,
            allow_connect: false,
            require_host: true,
        }
    }
}
