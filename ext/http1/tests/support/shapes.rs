use highper_http1::Error;

macro_rules! http11 {
    ($rest:literal) => {
        concat!("POST / HTTP/1.1\r\nHost: a\r\n", $rest).as_bytes()
    };
}
macro_rules! chunked {
    ($rest:literal) => {
        concat!(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            $rest
        )
        .as_bytes()
    };
}

/// Name, bytes, error.
pub const REFUSED: &[(&str, &[u8], Error)] = &[
    // Framing.
    (
        "CL and TE",
        http11!("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Error::LengthAndEncoding,
    ),
    (
        "TE and CL",
        http11!("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        Error::LengthAndEncoding,
    ),
    (
        "CL 0 and TE",
        http11!("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Error::LengthAndEncoding,
    ),
    (
        "TE twice",
        http11!("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Error::DuplicateTransferEncoding,
    ),
    (
        "TE then identity",
        http11!("Transfer-Encoding: chunked\r\nTransfer-encoding: identity\r\n\r\n0\r\n\r\n"),
        Error::DuplicateTransferEncoding,
    ),
    (
        "TE chunked, chunked",
        http11!("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        Error::TransferEncoding,
    ),
    (
        "TE chunked not last",
        http11!("Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
        Error::TransferEncoding,
    ),
    (
        "TE chunked, identity",
        http11!("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        Error::TransferEncoding,
    ),
    (
        "TE gzip alone",
        http11!("Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n"),
        Error::TransferEncoding,
    ),
    (
        "TE gzip, chunked",
        http11!("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        Error::UnknownTransferEncoding,
    ),
    (
        "TE identity",
        http11!("Transfer-Encoding: identity\r\n\r\n"),
        Error::UnknownTransferEncoding,
    ),
    (
        "TE xchunked",
        http11!("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        Error::UnknownTransferEncoding,
    ),
    (
        "TE chunkedfoo",
        http11!("Transfer-Encoding: chunked-foo\r\n\r\n0\r\n\r\n"),
        Error::UnknownTransferEncoding,
    ),
    (
        "TE empty",
        http11!("Transfer-Encoding: \r\n\r\n"),
        Error::TransferEncoding,
    ),
    (
        "TE empty element",
        http11!("Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n"),
        Error::TransferEncoding,
    ),
    (
        "TE trailing comma",
        http11!("Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"),
        Error::TransferEncoding,
    ),
    (
        "TE with parameter",
        http11!("Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
        Error::TransferEncoding,
    ),
    (
        "TE quoted",
        http11!("Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
        Error::TransferEncoding,
    ),
    (
        "TE with space inside",
        http11!("Transfer-Encoding: chunked chunked\r\n\r\n0\r\n\r\n"),
        Error::TransferEncoding,
    ),
    (
        "TE after vertical tab",
        http11!("Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"),
        Error::FieldValue,
    ),
    (
        "TE after NUL",
        http11!("Transfer-Encoding: \0chunked\r\n\r\n0\r\n\r\n"),
        Error::FieldValue,
    ),
    (
        "TE with no-break space",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \xa0chunked\r\n\r\n0\r\n\r\n",
        Error::TransferEncoding,
    ),
    (
        "TE folded",
        http11!("Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        Error::Fold,
    ),
    (
        "TE with space before colon",
        http11!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
        Error::FieldName,
    ),
    (
        "TE with tab before colon",
        http11!("Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
        Error::FieldName,
    ),
    (
        "TE name with NUL",
        http11!("Transfer\0-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Error::FieldName,
    ),
    (
        "TE in 1.0",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Error::EncodingInHttp10,
    ),
    (
        "TE and CL in 1.0",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        Error::LengthAndEncoding,
    ),
    (
        "CL twice, differing",
        http11!("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
        Error::DuplicateContentLength,
    ),
    (
        "CL twice, the same",
        http11!("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        Error::DuplicateContentLength,
    ),
    (
        "CL list, the same",
        http11!("Content-Length: 5, 5\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL list, differing",
        http11!("Content-Length: 5,6\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL plus",
        http11!("Content-Length: +5\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL minus",
        http11!("Content-Length: -5\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL minus zero",
        http11!("Content-Length: -0\r\n\r\n"),
        Error::ContentLength,
    ),
    (
        "CL hexadecimal",
        http11!("Content-Length: 0x5\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL hexadecimal digit",
        http11!("Content-Length: a\r\n\r\nhellohello"),
        Error::ContentLength,
    ),
    (
        "CL 2^64",
        http11!("Content-Length: 18446744073709551616\r\n\r\n"),
        Error::ContentLength,
    ),
    (
        "CL 2^64+5",
        http11!("Content-Length: 18446744073709551621\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL 2^64-1",
        http11!("Content-Length: 18446744073709551615\r\n\r\n"),
        Error::BodyTooLarge,
    ),
    (
        "CL empty",
        http11!("Content-Length:\r\n\r\n"),
        Error::ContentLength,
    ),
    (
        "CL with space inside",
        http11!("Content-Length: 5 5\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL with dot",
        http11!("Content-Length: 5.0\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL with exponent",
        http11!("Content-Length: 5e0\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL with underscore",
        http11!("Content-Length: 1_0\r\n\r\nhello12345"),
        Error::ContentLength,
    ),
    (
        "CL with quotes",
        http11!("Content-Length: \"5\"\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL with semicolon",
        http11!("Content-Length: 5;\r\n\r\nhello"),
        Error::ContentLength,
    ),
    (
        "CL in Arabic digits",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \u{665}\r\n\r\nhello".as_bytes(),
        Error::ContentLength,
    ),
    (
        "CL with space before colon",
        http11!("Content-Length : 5\r\n\r\nhello"),
        Error::FieldName,
    ),
    (
        "CL after CR",
        http11!("X: y\rContent-Length: 5\r\n\r\nhello"),
        Error::BareCr,
    ),
    (
        "CL after LF",
        http11!("X: y\nContent-Length: 5\r\n\r\nhello"),
        Error::BareLf,
    ),
    (
        "CL in a folded line",
        http11!("X: y\r\n Content-Length: 5\r\n\r\nhello"),
        Error::Fold,
    ),
    // Lines.
    (
        "request line ends in LF",
        b"GET / HTTP/1.1\nHost: a\r\n\r\n",
        Error::BareLf,
    ),
    (
        "header line ends in LF",
        b"GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n",
        Error::BareLf,
    ),
    (
        "last header line ends in LF",
        b"GET / HTTP/1.1\r\nHost: a\n\r\n",
        Error::BareLf,
    ),
    (
        "head ends in LF",
        b"GET / HTTP/1.1\r\nHost: a\r\n\n",
        Error::BareLf,
    ),
    ("all LF", b"GET / HTTP/1.1\nHost: a\n\n", Error::BareLf),
    (
        "CR CR LF",
        b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        Error::BareCr,
    ),
    (
        "CR in request line",
        b"GET /\rHTTP/1.1\r\nHost: a\r\n\r\n",
        Error::BareCr,
    ),
    (
        "CR as line end",
        b"GET / HTTP/1.1\rHost: a\r\n\r\n",
        Error::BareCr,
    ),
    (
        "CR in a value",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n",
        Error::BareCr,
    ),
    (
        "LF before the request",
        b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::BareLf,
    ),
    (
        "CR before the request",
        b"\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::BareCr,
    ),
    (
        "five empty lines before the request",
        b"\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Method,
    ),
    (
        "space before the request",
        b" GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Method,
    ),
    (
        "space before the first header",
        b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        Error::LeadingSpace,
    ),
    (
        "tab before the first header",
        b"GET / HTTP/1.1\r\n\tHost: a\r\n\r\n",
        Error::LeadingSpace,
    ),
    (
        "folded line",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
        Error::Fold,
    ),
    (
        "folded with tab",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\tc\r\n\r\n",
        Error::Fold,
    ),
    (
        "line of one space",
        b"GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n",
        Error::Fold,
    ),
    (
        "no colon",
        b"GET / HTTP/1.1\r\nHost: a\r\nabc\r\n\r\n",
        Error::FieldName,
    ),
    (
        "no colon, head not complete",
        b"GET / HTTP/1.1\r\nabc\r\n",
        Error::FieldName,
    ),
    (
        "no name",
        b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        Error::FieldName,
    ),
    (
        "space in a name",
        b"GET / HTTP/1.1\r\nHost: a\r\nA B: c\r\n\r\n",
        Error::FieldName,
    ),
    (
        "bracket in a name",
        b"GET / HTTP/1.1\r\nHost: a\r\nA(B): c\r\n\r\n",
        Error::FieldName,
    ),
    (
        "umlaut in a name",
        "GET / HTTP/1.1\r\nHost: a\r\nÄ: c\r\n\r\n".as_bytes(),
        Error::FieldName,
    ),
    (
        "control in a name",
        b"GET / HTTP/1.1\r\nHost: a\r\nA\x01: c\r\n\r\n",
        Error::FieldName,
    ),
    (
        "NUL in a value",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n",
        Error::FieldValue,
    ),
    (
        "escape in a value",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: \x1b[0m\r\n\r\n",
        Error::FieldValue,
    ),
    (
        "DEL in a value",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: b\x7f\r\n\r\n",
        Error::FieldValue,
    ),
    // Request line.
    ("HTTP/0.9", b"GET /\r\n", Error::Version),
    (
        "HTTP/0.9 with trailing space",
        b"GET / \r\n",
        Error::Version,
    ),
    (
        "HTTP/0.9 spelled out",
        b"GET / HTTP/0.9\r\n\r\n",
        Error::UnsupportedVersion,
    ),
    (
        "HTTP/2.0",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        Error::UnsupportedVersion,
    ),
    (
        "HTTP/1.2",
        b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
        Error::UnsupportedVersion,
    ),
    (
        "HTTP/2 preface",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        Error::Http2Preface,
    ),
    ("HTTP/2", b"GET / HTTP/2\r\nHost: a\r\n\r\n", Error::Version),
    (
        "HTTP/1.10",
        b"GET / HTTP/1.10\r\nHost: a\r\n\r\n",
        Error::Version,
    ),
    (
        "HTTP/01.1",
        b"GET / HTTP/01.1\r\nHost: a\r\n\r\n",
        Error::Version,
    ),
    (
        "http/1.1",
        b"GET / http/1.1\r\nHost: a\r\n\r\n",
        Error::Version,
    ),
    (
        "HTTPS/1.1",
        b"GET / HTTPS/1.1\r\nHost: a\r\n\r\n",
        Error::Version,
    ),
    (
        "HTTP/1,1",
        b"GET / HTTP/1,1\r\nHost: a\r\n\r\n",
        Error::Version,
    ),
    (
        "space after version",
        b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        Error::Version,
    ),
    (
        "two spaces after the method",
        b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "two spaces after the target",
        b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Version,
    ),
    (
        "tab after the method",
        b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Method,
    ),
    (
        "tab after the target",
        b"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Version,
    ),
    (
        "space in the target",
        b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Version,
    ),
    ("no method", b"/ HTTP/1.1\r\nHost: a\r\n\r\n", Error::Method),
    ("method alone", b"GET\r\n\r\n", Error::Method),
    (
        "bracket in the method",
        b"GE(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Method,
    ),
    (
        "umlaut in the method",
        "GÄT / HTTP/1.1\r\nHost: a\r\n\r\n".as_bytes(),
        Error::Method,
    ),
    (
        "method of 33 bytes",
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Method,
    ),
    (
        "TLS hello",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        Error::Method,
    ),
    (
        "NUL in the target",
        b"GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "DEL in the target",
        b"GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "broken UTF-8 in the target",
        b"GET /a\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "fragment",
        b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "fragment after a query",
        b"GET /a?b#c HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "relative target",
        b"GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "asterisk with GET",
        b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "asterisk and more",
        b"OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "authority form with GET",
        b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "CONNECT",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
        Error::Connect,
    ),
    (
        "absolute without host",
        b"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "absolute with user",
        b"GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "absolute with other scheme",
        b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    (
        "absolute with bad port",
        b"GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        Error::Target,
    ),
    // Host, Expect.
    ("no Host", b"GET / HTTP/1.1\r\n\r\n", Error::MissingHost),
    (
        "no Host, absolute form",
        b"GET http://a/ HTTP/1.1\r\n\r\n",
        Error::MissingHost,
    ),
    (
        "two Hosts",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        Error::DuplicateHost,
    ),
    (
        "two equal Hosts",
        b"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
        Error::DuplicateHost,
    ),
    (
        "two Hosts in 1.0",
        b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        Error::DuplicateHost,
    ),
    (
        "empty Host",
        b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
        Error::InvalidHost,
    ),
    (
        "Host list",
        b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
        Error::InvalidHost,
    ),
    (
        "Host with path",
        b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        Error::InvalidHost,
    ),
    (
        "Host with user",
        b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
        Error::InvalidHost,
    ),
    (
        "Host with bad port",
        b"GET / HTTP/1.1\r\nHost: a:8o\r\n\r\n",
        Error::InvalidHost,
    ),
    (
        "Host with quote",
        b"GET / HTTP/1.1\r\nHost: \"a\"\r\n\r\n",
        Error::InvalidHost,
    ),
    (
        "Host with open bracket",
        b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
        Error::InvalidHost,
    ),
    (
        "unknown expectation",
        http11!("Expect: 200-ok\r\nContent-Length: 1\r\n\r\na"),
        Error::Expectation,
    ),
    // Chunks.
    ("chunk size empty", chunked!("\r\n\r\n"), Error::ChunkSize),
    (
        "chunk size with sign",
        chunked!("+5\r\nhello\r\n0\r\n\r\n"),
        Error::ChunkSize,
    ),
    (
        "chunk size with 0x",
        chunked!("0x5\r\nhello\r\n0\r\n\r\n"),
        Error::ChunkSize,
    ),
    (
        "chunk size overflows",
        chunked!("10000000000000005\r\nhello\r\n0\r\n\r\n"),
        Error::ChunkSize,
    ),
    (
        "chunk size huge",
        chunked!("fffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        Error::BodyTooLarge,
    ),
    (
        "chunk size after space",
        chunked!(" 5\r\nhello\r\n0\r\n\r\n"),
        Error::ChunkSize,
    ),
    (
        "chunk size before space",
        chunked!("5 \r\nhello\r\n0\r\n\r\n"),
        Error::ChunkSize,
    ),
    (
        "chunk size, then LF",
        chunked!("5\nhello\r\n0\r\n\r\n"),
        Error::BareLf,
    ),
    (
        "chunk size, then CR and more",
        chunked!("5\rxhello\r\n0\r\n\r\n"),
        Error::BareCr,
    ),
    (
        "chunk extension with LF",
        chunked!("5;a\nhello\r\n0\r\n\r\n"),
        Error::BareLf,
    ),
    (
        "chunk extension with NUL",
        chunked!("5;a\0\r\nhello\r\n0\r\n\r\n"),
        Error::ChunkExtension,
    ),
    (
        "chunk data, then LF",
        chunked!("5\r\nhello\n0\r\n\r\n"),
        Error::ChunkEnd,
    ),
    (
        "chunk data too long",
        chunked!("5\r\nhello!\r\n0\r\n\r\n"),
        Error::ChunkEnd,
    ),
    (
        "chunk data too short",
        chunked!("5\r\nhell\r\n0\r\n\r\n"),
        Error::ChunkEnd,
    ),
    ("last chunk, then LF", chunked!("0\n\n"), Error::BareLf),
    ("trailers end in LF", chunked!("0\r\n\n"), Error::BareLf),
    (
        "trailer without colon",
        chunked!("0\r\nabc\r\n\r\n"),
        Error::FieldName,
    ),
    (
        "trailer folded",
        chunked!("0\r\nA: b\r\n c\r\n\r\n"),
        Error::Fold,
    ),
    (
        "trailer with space before colon",
        chunked!("0\r\nA : b\r\n\r\n"),
        Error::FieldName,
    ),
    (
        "trailer with NUL",
        chunked!("0\r\nA: \0\r\n\r\n"),
        Error::FieldValue,
    ),
    (
        "trailer with LF",
        chunked!("0\r\nA: b\n\r\n"),
        Error::BareLf,
    ),
    (
        "request after a bad chunk",
        chunked!("0\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
        Error::FieldName,
    ),
];

/// Name, bytes, number of requests, body of the first.
pub const ACCEPTED: &[(&str, &[u8], usize, &[u8])] = &[
    ("plain", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("four empty lines before", b"\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("empty line between", http11!("Content-Length: 5\r\n\r\nhello\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 2, b"hello"),
        (
        "three empty lines before each of two",
        b"\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        2,
        b"",
    ),
("pipelined", b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n", 3, b""),
    ("length", http11!("Content-Length: 5\r\n\r\nhello"), 1, b"hello"),
    ("length with zeros before", http11!("Content-Length: 0005\r\n\r\nhello"), 1, b"hello"),
    ("length zero", http11!("Content-Length: 0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 2, b""),
    ("white space around the length", http11!("Content-Length: \t 5 \t\r\n\r\nhello"), 1, b"hello"),
    ("chunked", chunked!("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 2, b"hello!"),
    ("chunked in capitals", http11!("Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), 1, b"hello"),
    ("tab before chunked", http11!("Transfer-Encoding:\tchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), 1, b"hello"),
    ("capitals and zeros in the chunk size", chunked!("00A\r\nhellohello\r\n000\r\n\r\n"), 1, b"hellohello"),
    ("chunk extensions", chunked!("5;a=b;c=\"d e\"\r\nhello\r\n0 ; x\r\n\r\n"), 1, b"hello"),
    ("trailers", chunked!("5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 7\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 2, b"hello"),
    ("body of GET", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n", 2, b"hello"),
    ("POST without length", http11!("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 2, b""),
    ("1.0 without Host", b"GET / HTTP/1.0\r\n\r\n", 1, b""),
    ("1.0 closes", b"GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n", 1, b""),
    ("1.0 kept", b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET / HTTP/1.0\r\n\r\n", 2, b""),
    ("1.1 closes", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("1.1 closes, in a list", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: te , CLOSE\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("close wins", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("absolute form", b"GET http://b:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("absolute form without path", b"GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("absolute form with query only", b"GET http://b?c HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("asterisk", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("IPv6 host", b"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 1, b""),
    ("other method", b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("all token bytes", b"A!#$%&'*+-.^_`|~0 / HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("UTF-8 in the target", "GET /bücher?q=ä HTTP/1.1\r\nHost: a\r\n\r\n".as_bytes(), 1, b""),
    ("brackets in the query", b"GET /?a[]={\"b\":1}|<>^` HTTP/1.1\r\nHost: a\r\n\r\n", 1, b""),
    ("obs-text in a value", b"GET / HTTP/1.1\r\nHost: a\r\nA: \xe4\xf6\xfc\r\n\r\n", 1, b""),
    ("tab in a value", b"GET / HTTP/1.1\r\nHost: a\r\nA: b\tc\r\n\r\n", 1, b""),
    ("empty value", b"GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB: \t\r\n\r\n", 1, b""),
    ("no space after the colon", b"GET / HTTP/1.1\r\nHost:a\r\nA:b\r\n\r\n", 1, b""),
    ("TE and trailer fields", b"GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTrailer: x\r\n\r\n", 1, b""),
    ("underscore length is another field", http11!("Content_Length: 5\r\n\r\n"), 1, b""),
    ("expectation without body", b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", 1, b""),
];
