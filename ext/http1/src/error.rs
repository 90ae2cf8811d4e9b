use std::fmt;

/// Why a request was refused. The connection can't be used for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// The method is no token or longer than 32 bytes.
    Method,
    /// The target is empty, of no known form, or holds bytes no URI may hold.
    Target,
    /// The target is longer than [`Limits::target_bytes`](crate::Limits).
    TargetTooLong,
    /// The request line does not end in `HTTP/` and a version (HTTP/0.9 too).
    Version,
    /// A well-formed version that is neither 1.0 nor 1.1.
    UnsupportedVersion,
    /// The preface of an HTTP/2 connection with prior knowledge.
    Http2Preface,
    /// A line ends in LF without CR.
    BareLf,
    /// CR without LF.
    BareCr,
    /// White space before the first header field.
    LeadingSpace,
    /// A folded header line (obs-fold).
    Fold,
    /// A field name is empty, is no token, or has white space before the colon.
    FieldName,
    /// A control byte in a field value.
    FieldValue,
    /// More header fields than allowed.
    TooManyFields,
    /// Request line and header section are longer than allowed.
    HeadTooLarge,
    /// HTTP/1.1 without Host.
    MissingHost,
    /// More than one Host.
    DuplicateHost,
    /// Host is empty or no `uri-host [":" port]`.
    InvalidHost,
    /// Content-Length is no plain decimal number below 2^64.
    ContentLength,
    /// More than one Content-Length, even if they agree.
    DuplicateContentLength,
    /// Both Content-Length and Transfer-Encoding.
    LengthAndEncoding,
    /// Transfer-Encoding whose last coding is not `chunked`, or that has
    /// `chunked` twice, or is malformed.
    TransferEncoding,
    /// More than one Transfer-Encoding line.
    DuplicateTransferEncoding,
    /// A transfer coding other than `chunked`.
    UnknownTransferEncoding,
    /// Transfer-Encoding in an HTTP/1.0 request.
    EncodingInHttp10,
    /// An expectation other than `100-continue`.
    Expectation,
    /// CONNECT, while not allowed.
    Connect,
    /// The body is longer than allowed.
    BodyTooLarge,
    /// A chunk's size is missing, no hexadecimal number, or overflows.
    ChunkSize,
    /// A chunk extension is malformed or the extensions are too long.
    ChunkExtension,
    /// A chunk's data is not followed by CRLF.
    ChunkEnd,
    /// The trailer section is longer than allowed.
    TrailerTooLarge,
}

impl Error {
    /// The status code that answers this error.
    pub const fn status(self) -> u16 {
        match self {
            Self::TargetTooLong => 414,
            Self::UnsupportedVersion | Self::Http2Preface => 505,
            Self::TooManyFields | Self::HeadTooLarge | Self::TrailerTooLarge => 431,
            Self::UnknownTransferEncoding | Self::Connect => 501,
            Self::Expectation => 417,
            Self::BodyTooLarge => 413,
            _ => 400,
        }
    }

    /// What was wrong, in one line without the peer's bytes.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Method => "the method is not a token of at most 32 bytes",
            Self::Target => "the request target is not a valid URI reference",
            Self::TargetTooLong => "the request target is too long",
            Self::Version => "the request line does not end in an HTTP version",
            Self::UnsupportedVersion => "only HTTP/1.0 and HTTP/1.1 are spoken here",
            Self::Http2Preface => "HTTP/2 with prior knowledge is not spoken here",
            Self::BareLf => "a line ends in LF without CR",
            Self::BareCr => "a CR is not followed by LF",
            Self::LeadingSpace => "white space before the first header field",
            Self::Fold => "a header field is folded over two lines",
            Self::FieldName => "a header name is not a token directly followed by a colon",
            Self::FieldValue => "a header value holds a control byte",
            Self::TooManyFields => "too many header fields",
            Self::HeadTooLarge => "the header section is too large",
            Self::MissingHost => "an HTTP/1.1 request without Host",
            Self::DuplicateHost => "more than one Host header",
            Self::InvalidHost => "the Host is not a host name with an optional port",
            Self::ContentLength => "Content-Length is not a decimal number",
            Self::DuplicateContentLength => "more than one Content-Length",
            Self::LengthAndEncoding => "both Content-Length and Transfer-Encoding",
            Self::TransferEncoding => "Transfer-Encoding does not end in one chunked coding",
            Self::DuplicateTransferEncoding => "more than one Transfer-Encoding",
            Self::UnknownTransferEncoding => "a transfer coding other than chunked",
            Self::EncodingInHttp10 => "Transfer-Encoding in an HTTP/1.0 request",
            Self::Expectation => "an expectation other than 100-continue",
            Self::Connect => "CONNECT is not served here",
            Self::BodyTooLarge => "the request body is too large",
            Self::ChunkSize => "a chunk size is not a hexadecimal number",
            Self::ChunkExtension => "a chunk extension is malformed or too long",
            Self::ChunkEnd => "a chunk is longer or shorter than its size",
            Self::TrailerTooLarge => "the trailer section is too large",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message(), self.status())
    }
}

impl std::error::Error for Error {}

/// Why a response could not be encoded. What was refused left no byte behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncodeError {
    /// The status is not 101 or 200 to 999, or 101 where nothing was asked for.
    Status(u16),
    /// A header name is empty or no token.
    Name,
    /// A header value or reason phrase holds CR, LF, NUL or another control byte.
    Value,
    /// A Content-Length given by the application is no number, or given twice
    /// with different values.
    ContentLength,
    /// A Transfer-Encoding other than `chunked` was given by the application.
    TransferEncoding,
    /// A call that the connection's state does not allow: a second response,
    /// body bytes before the head, or anything after the end.
    State,
    /// More body bytes than the declared length.
    TooLong,
    /// The field may not be sent as a trailer.
    Trailer,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(f, "status {code} can't be sent here: use 200 to 999"),
            Self::Name => f.write_str("a header name must be a token: letters, digits, - and _"),
            Self::Value => {
                f.write_str("a header value holds CR, LF, NUL or another control byte: remove it")
            }
            Self::ContentLength => {
                f.write_str("Content-Length is not one decimal number: leave it to the server")
            }
            Self::TransferEncoding => {
                f.write_str("Transfer-Encoding belongs to the server: don't set it")
            }
            Self::State => f.write_str("the response is not in a state that allows this call"),
            Self::TooLong => f.write_str("more body bytes than the declared Content-Length"),
            Self::Trailer => f.write_str("this field must not be sent as a trailer"),
        }
    }
}

impl std::error::Error for EncodeError {}
