//! Writing responses (RFC 9112 sections 4, 6 and 7).

use crate::body::is_trailer;
use crate::class::{self, same, trim};
use crate::conn::{After, Conn, Read, Write};
use crate::{EncodeError, Stamp, status};

/// A response head under way: see [`Conn::respond`].
///
/// One of [`full`](Self::full), [`length`](Self::length),
/// [`stream`](Self::stream) and [`switch`](Self::switch) ends it; dropped
/// before that, it leaves no byte behind and the connection can respond anew.
#[derive(Debug)]
pub struct Response<'a> {
    conn: &'a mut Conn,
    out: &'a mut Vec<u8>,
    stamp: &'a Stamp,
    start: usize,
    declared: Option<u64>,
    status: u16,
    has_server: bool,
    has_date: bool,
    close: bool,
    done: bool,
    /// Is the length of the body left out?
    unmeasured: bool,
    /// What follows the server's own fields.
    late: [Option<(&'static [u8], &'static [u8])>; 2],
}

impl Conn {
    /// Begins a response with the registered reason phrase (RFC 9110 section
    /// 15; none for an unregistered code) at the end of `out`.
    ///
    /// # Errors
    /// [`EncodeError::Status`] for codes other than 200 to 999 and 101 (which
    /// the client must have asked for); [`EncodeError::State`] when no request
    /// waits for a response.
    #[inline]
    pub fn respond<'a>(
        &'a mut self,
        out: &'a mut Vec<u8>,
        stamp: &'a Stamp,
        status: u16,
    ) -> Result<Response<'a>, EncodeError> {
        let response = self.begin_response(out, stamp, status)?;
        let line = status::line(status);
        if line.is_empty() {
            status_line(response.out, status, b"");
        } else {
            response.out.extend_from_slice(line.as_bytes());
        }
        Ok(response)
    }

    /// The same with a reason phrase of the application's.
    ///
    /// # Errors
    /// Those of [`Conn::respond`]; [`EncodeError::Value`] if the phrase holds a
    /// control byte.
    pub fn respond_with<'a>(
        &'a mut self,
        out: &'a mut Vec<u8>,
        stamp: &'a Stamp,
        status: u16,
        reason: &[u8],
    ) -> Result<Response<'a>, EncodeError> {
        if !class::is_value(reason) {
            return Err(EncodeError::Value);
        }
        let response = self.begin_response(out, stamp, status)?;
        status_line(response.out, status, reason);
        Ok(response)
    }

    /// A whole 200 with no field of the application's but its content type: what most responses
    /// are, written in four copies. The same as [`Conn::respond`], `header` and `full`.
    ///
    /// # Errors
    /// Theirs.
    #[inline]
    pub fn respond_plain(
        &mut self,
        out: &mut Vec<u8>,
        stamp: &Stamp,
        content_type: &[u8],
        body: &[u8],
    ) -> Result<After, EncodeError> {
        if !self.is_ordinary() || !stamp.plain(content_type, out) {
            let mut response = self.respond(out, stamp, 200)?;
            response.header(b"Content-Type", content_type)?;
            return response.full(body);
        }
        put_length(out, body.len() as u64);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
        Ok(self.end())
    }

    /// A whole response whose fields are lines that stand ready (see [`Response::lines`] for what
    /// the caller has checked). The same as [`Conn::respond`], `lines` and `full`, in fewer steps.
    ///
    /// # Errors
    /// Theirs.
    #[inline]
    pub fn respond_lines(
        &mut self,
        out: &mut Vec<u8>,
        stamp: &Stamp,
        status: u16,
        lines: &[u8],
        body: &[u8],
    ) -> Result<After, EncodeError> {
        let line = status::line(status);
        let ordinary =
            self.is_ordinary() && !stamp.says_keep_alive() && status >= 200 && !line.is_empty();
        let has_no_body = matches!(status, 204 | 304);
        if !ordinary || has_no_body && !body.is_empty() {
            let mut response = self.respond(out, stamp, status)?;
            response.lines(lines);
            return response.full(body);
        }
        debug_assert!(lines.is_empty() || lines.ends_with(b"\r\n"));
        let stamped = stamp.before_length();
        out.reserve(line.len() + lines.len() + stamped.len() + body.len() + 24);
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(lines);
        if has_no_body {
            // RFC 9110 section 8.6: no length in a 204, and none that is unknown in a 304.
            out.extend_from_slice(stamp.all());
            out.extend_from_slice(b"\r\n");
            return Ok(self.end());
        }
        out.extend_from_slice(stamped);
        put_length(out, body.len() as u64);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
        Ok(self.end())
    }

    /// Is a whole response written without looking further: its request was read, its body goes out, the connection stays?
    #[inline]
    pub(crate) fn is_ordinary(&self) -> bool {
        self.read == Read::Done
            && self.write == Write::Waiting
            && !(self.close | self.http10 | self.bodiless)
    }

    #[inline]
    fn begin_response<'a>(
        &'a mut self,
        out: &'a mut Vec<u8>,
        stamp: &'a Stamp,
        status: u16,
    ) -> Result<Response<'a>, EncodeError> {
        if !matches!(self.read, Read::Body | Read::Done) || self.write != Write::Waiting {
            return Err(EncodeError::State);
        }
        let allowed = (200..1000).contains(&status) || (status == 101 && self.upgrade);
        if !allowed {
            return Err(EncodeError::Status(status));
        }
        out.reserve(512);
        Ok(Response {
            start: out.len(),
            conn: self,
            out,
            stamp,
            declared: None,
            status,
            has_server: false,
            has_date: false,
            close: false,
            done: false,
            unmeasured: false,
            late: [None; 2],
        })
    }

    /// Appends an informational response such as 103 Early Hints. Does nothing
    /// for HTTP/1.0 clients, which don't know them.
    ///
    /// # Errors
    /// [`EncodeError::Status`] for codes other than 102 to 199,
    /// [`EncodeError::State`] once the response has begun, and those of the
    /// fields.
    pub fn interim(
        &mut self,
        out: &mut Vec<u8>,
        status: u16,
        fields: &[(&[u8], &[u8])],
    ) -> Result<(), EncodeError> {
        if !(102..200).contains(&status) {
            return Err(EncodeError::Status(status));
        }
        if !matches!(self.read, Read::Body | Read::Done) || self.write != Write::Waiting {
            return Err(EncodeError::State);
        }
        for (name, value) in fields {
            check_field(name, value)?;
        }
        if !self.http10 {
            status_line(out, status, status::reason(status).as_bytes());
            fields
                .iter()
                .for_each(|(name, value)| put_field(out, name, value));
            out.extend_from_slice(b"\r\n");
        }
        Ok(())
    }

    /// Answers a request that was refused, timed out or could not be served,
    /// with a plain-text body, and ends the connection. Appends nothing if the
    /// response had begun: then only closing tells the client.
    pub fn refuse(&mut self, out: &mut Vec<u8>, stamp: &Stamp, status: u16, text: &str) -> After {
        if self.write == Write::Waiting && self.read != Read::Upgraded {
            status_line(out, status, status::reason(status).as_bytes());
            out.extend_from_slice(stamp.all());
            out.extend_from_slice(b"Connection: close\r\nContent-Type: text/plain\r\n");
            length_line(out, text.len() as u64);
            out.extend_from_slice(b"\r\n");
            // A head that failed may have been a HEAD request; the connection
            // ends here, so a body can't be taken for another response.
            if !self.bodiless || self.read == Read::Closed {
                out.extend_from_slice(text.as_bytes());
            }
        }
        self.write = Write::Done;
        self.read = Read::Closed;
        self.close = true;
        After::Linger
    }

    /// Appends bytes of the body of a streamed response, framed as it needs.
    /// An empty `data` appends nothing.
    ///
    /// # Errors
    /// [`EncodeError::State`] when no streamed response is under way;
    /// [`EncodeError::TooLong`] beyond the declared length (nothing is sent).
    pub fn write(&mut self, out: &mut Vec<u8>, data: &[u8]) -> Result<(), EncodeError> {
        match self.write {
            Write::Bodiless => {}
            Write::Length => {
                self.sent(data.len() as u64)?;
                out.extend_from_slice(data);
            }
            Write::UntilClose => out.extend_from_slice(data),
            Write::Chunked => {
                if !data.is_empty() {
                    self.open_chunk(out, data.len() as u64)?;
                    out.extend_from_slice(data);
                    out.extend_from_slice(b"\r\n");
                }
            }
            Write::Waiting | Write::Done => return Err(EncodeError::State),
        }
        Ok(())
    }

    /// Accounts for `n` body bytes that the driver sends by itself (sendfile,
    /// or a buffer sent without copying) in a response of declared length.
    ///
    /// # Errors
    /// [`EncodeError::State`] in any other response; [`EncodeError::TooLong`]
    /// beyond the declared length.
    pub fn sent(&mut self, n: u64) -> Result<(), EncodeError> {
        if self.write != Write::Length {
            return Err(EncodeError::State);
        }
        self.out_left = self.out_left.checked_sub(n).ok_or(EncodeError::TooLong)?;
        Ok(())
    }

    /// Whether body bytes go on the wire: false for HEAD, 204, 304.
    #[inline]
    pub fn sends_body(&self) -> bool {
        matches!(
            self.write,
            Write::Length | Write::Chunked | Write::UntilClose
        )
    }

    /// Whether the response under way is chunked: the driver that sends a chunk
    /// without copying puts [`Conn::open_chunk`] before and CRLF after it.
    #[inline]
    pub fn is_chunked(&self) -> bool {
        self.write == Write::Chunked
    }

    /// Appends the size line of a chunk of `n` bytes.
    ///
    /// # Errors
    /// [`EncodeError::State`] if `n` is 0 (that would end the body) or the
    /// response is not chunked.
    pub fn open_chunk(&mut self, out: &mut Vec<u8>, n: u64) -> Result<(), EncodeError> {
        if self.write != Write::Chunked || n == 0 {
            return Err(EncodeError::State);
        }
        let digits = 16 - n.leading_zeros() / 4;
        for i in (0..digits).rev() {
            out.push(b"0123456789abcdef"[(n >> (4 * i)) as usize & 15]);
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    /// Ends a streamed response. Trailers go out in chunked responses only and
    /// are left away in others. A body shorter than its declared length can't
    /// be repaired: the connection must be closed.
    ///
    /// # Errors
    /// [`EncodeError::State`] when no streamed response is under way;
    /// [`EncodeError::Name`], [`EncodeError::Value`] or
    /// [`EncodeError::Trailer`] for a trailer that may not be sent; the
    /// response is then still open.
    pub fn finish(
        &mut self,
        out: &mut Vec<u8>,
        trailers: &[(&[u8], &[u8])],
    ) -> Result<After, EncodeError> {
        match self.write {
            Write::Waiting | Write::Done => return Err(EncodeError::State),
            Write::Length if self.out_left > 0 => self.close = true,
            Write::Chunked => {
                for (name, value) in trailers {
                    check_field(name, value)?;
                    if !is_trailer(name) {
                        return Err(EncodeError::Trailer);
                    }
                }
                out.extend_from_slice(b"0\r\n");
                trailers
                    .iter()
                    .for_each(|(name, value)| put_field(out, name, value));
                out.extend_from_slice(b"\r\n");
            }
            Write::Length | Write::UntilClose | Write::Bodiless => {}
        }
        Ok(self.end())
    }

    /// Gives up the response and the connection (the handler failed midway).
    pub fn abort(&mut self) -> After {
        self.close = true;
        self.end()
    }
}

impl Response<'_> {
    /// Appends a field, name as given.
    ///
    /// The server frames by itself: `Content-Length` is only remembered (it is
    /// what HEAD and streamed responses declare; [`full`](Self::full) knows
    /// better), `Transfer-Encoding: chunked` is left away, and of `Connection`
    /// only `close` is heard. `Date` and `Server` replace the stamp's.
    ///
    /// # Errors
    /// [`EncodeError::Name`], [`EncodeError::Value`],
    /// [`EncodeError::ContentLength`], [`EncodeError::TransferEncoding`]; the
    /// field is then left away and the response can go on.
    #[inline]
    pub fn header(&mut self, name: &[u8], value: &[u8]) -> Result<(), EncodeError> {
        check_field(name, value)?;
        match name.len() {
            4 if same(name, b"date") => self.has_date = true,
            6 if same(name, b"server") => self.has_server = true,
            10 if same(name, b"connection") => {
                self.close |= value
                    .split(|&b| b == b',')
                    .any(|option| trim(option).eq_ignore_ascii_case(b"close"));
                return Ok(());
            }
            14 if same(name, b"content-length") => {
                let n = class::decimal(trim(value)).ok_or(EncodeError::ContentLength)?;
                if self.declared.is_some_and(|declared| declared != n) {
                    return Err(EncodeError::ContentLength);
                }
                self.declared = Some(n);
                return Ok(());
            }
            17 if same(name, b"transfer-encoding") => {
                if !trim(value).eq_ignore_ascii_case(b"chunked") {
                    return Err(EncodeError::TransferEncoding);
                }
                return Ok(());
            }
            _ => {}
        }
        put_field(self.out, name, value);
        Ok(())
    }

    /// A field behind those of the server itself: up to two of them. The caller has checked them as
    /// [`header`](Self::header) does.
    #[inline]
    pub fn late(&mut self, name: &'static [u8], value: &'static [u8]) {
        debug_assert!(check_field(name, value).is_ok());
        match self.late.iter_mut().find(|late| late.is_none()) {
            Some(late) => *late = Some((name, value)),
            None => put_field(self.out, name, value),
        }
    }

    /// [`full`](Self::full) with an empty body says nothing of its length, and the connection stays: the body follows, in bytes
    /// that the caller sends on the connection by himself.
    pub fn leave_length_out(&mut self) {
        self.unmeasured = true;
    }

    /// Appends whole fields as they are, each `Name: value\r\n`. The caller has checked them as
    /// [`header`](Self::header) does, and left out `Date`, `Server`, `Connection`,
    /// `Content-Length` and `Transfer-Encoding`.
    #[inline]
    pub fn lines(&mut self, lines: &[u8]) {
        debug_assert!(lines.is_empty() || lines.ends_with(b"\r\n"));
        self.out.extend_from_slice(lines);
    }

    /// Ends the head and appends the whole body. For HEAD and 304 the body is
    /// not sent, only its length (the declared one if `body` is empty); 204 has
    /// neither.
    ///
    /// # Errors
    /// [`EncodeError::State`] for status 101.
    #[inline]
    pub fn full(mut self, body: &[u8]) -> Result<After, EncodeError> {
        if self.status == 101 {
            return Err(EncodeError::State);
        }
        self.close |= !self.conn.can_drain();
        self.fields();
        if self.is_bodiless() {
            let length = match (body.len() as u64, self.declared) {
                (0, declared) => declared,
                (n, _) => Some(n),
            };
            self.bodiless_length(length);
            self.out.extend_from_slice(b"\r\n");
        } else {
            if !self.unmeasured || !body.is_empty() {
                length_line(self.out, body.len() as u64);
            }
            self.out.extend_from_slice(b"\r\n");
            self.out.extend_from_slice(body);
        }
        self.done = true;
        Ok(self.conn.end())
    }

    /// Ends the head of a response whose body of `n` bytes follows by
    /// [`Conn::write`] or [`Conn::sent`], then [`Conn::finish`].
    ///
    /// # Errors
    /// [`EncodeError::State`] for status 101.
    pub fn length(mut self, n: u64) -> Result<(), EncodeError> {
        self.declared = Some(n);
        self.stream()
    }

    /// Ends the head of a response whose body follows by [`Conn::write`] and
    /// [`Conn::finish`]: of the length declared by a Content-Length field, else
    /// chunked, else (HTTP/1.0) until the connection closes.
    ///
    /// # Errors
    /// [`EncodeError::State`] for status 101.
    pub fn stream(mut self) -> Result<(), EncodeError> {
        if self.status == 101 {
            return Err(EncodeError::State);
        }
        // The client that was not told to continue may or may not send its
        // body now: what comes next could not be told apart.
        self.close |= self.conn.continue_pending;
        let bodiless = self.is_bodiless();
        let write = match self.declared {
            _ if bodiless => Write::Bodiless,
            Some(n) => {
                self.conn.out_left = n;
                Write::Length
            }
            None if self.conn.http10 => {
                self.close = true;
                Write::UntilClose
            }
            None => Write::Chunked,
        };
        self.fields();
        match write {
            Write::Bodiless => self.bodiless_length(self.declared),
            Write::Length => length_line(self.out, self.conn.out_left),
            Write::Chunked => self
                .out
                .extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            _ => {}
        }
        self.out.extend_from_slice(b"\r\n");
        self.conn.write = write;
        self.done = true;
        Ok(())
    }

    /// Ends the head of a 101, or of a 2xx to CONNECT: the connection is handed
    /// over, and all bytes not yet used belong to the other protocol. The
    /// application gives the Upgrade field; Connection is written here.
    ///
    /// # Errors
    /// [`EncodeError::State`] for other responses, and while the request body
    /// has not been read to its end.
    pub fn switch(mut self) -> Result<After, EncodeError> {
        let tunnel = self.conn.connect && (200..300).contains(&self.status);
        if !(self.status == 101 || tunnel) || self.conn.read != Read::Done {
            return Err(EncodeError::State);
        }
        self.stamp_lines();
        if !tunnel {
            self.out.extend_from_slice(b"Connection: Upgrade\r\n");
        }
        self.out.extend_from_slice(b"\r\n");
        self.conn.write = Write::Done;
        self.conn.read = Read::Upgraded;
        self.done = true;
        Ok(After::Upgrade)
    }

    #[inline]
    fn is_bodiless(&self) -> bool {
        self.conn.bodiless || matches!(self.status, 204 | 304)
    }

    /// The length of a body that is not sent: 204 must not have one; for HEAD
    /// and 304 it is what GET would say, if known.
    fn bodiless_length(&mut self, length: Option<u64>) {
        if let (Some(n), true) = (length, self.status != 204) {
            length_line(self.out, n);
        }
    }

    #[inline]
    fn fields(&mut self) {
        self.stamp_lines();
        self.conn.close |= self.close;
        if self.conn.close {
            self.out.extend_from_slice(b"Connection: close\r\n");
        } else if self.conn.http10 || self.stamp.says_keep_alive() {
            self.out.extend_from_slice(b"Connection: keep-alive\r\n");
        }
        for (name, value) in self.late.into_iter().flatten() {
            put_field(self.out, name, value);
        }
    }

    #[inline]
    fn stamp_lines(&mut self) {
        match (self.has_server, self.has_date) {
            (false, false) => self.out.extend_from_slice(self.stamp.all()),
            (true, false) => self.out.extend_from_slice(self.stamp.date_line()),
            (false, true) => self.out.extend_from_slice(self.stamp.server_line()),
            (true, true) => {}
        }
    }
}

impl Drop for Response<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.done {
            self.out.truncate(self.start);
        }
    }
}

#[inline]
fn check_field(name: &[u8], value: &[u8]) -> Result<(), EncodeError> {
    if !class::is_token(name) {
        return Err(EncodeError::Name);
    }
    if !class::is_value(value) {
        return Err(EncodeError::Value);
    }
    Ok(())
}

#[inline]
fn put_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.reserve(name.len() + value.len() + 4);
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

#[inline]
fn length_line(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(b"Content-Length: ");
    put_length(out, n);
}

/// A length and its line's end.
#[inline]
fn put_length(out: &mut Vec<u8>, n: u64) {
    if n >= 1000 {
        return put_long(out, n);
    }
    let n = n as u32;
    let digits = (n / 100) | ((n / 10 % 10) << 8) | ((n % 10) << 16) | 0x30_3030;
    let text = u64::from(digits) | (u64::from(u16::from_le_bytes(*b"\r\n")) << 24);
    let left_out = u32::from(n < 100) + u32::from(n < 10);
    // Eight bytes at once, of which those that count come first.
    let end = out.len() + 5 - left_out as usize;
    out.extend_from_slice(&(text >> (8 * left_out)).to_le_bytes());
    out.truncate(end);
}

#[inline(never)]
fn put_long(out: &mut Vec<u8>, mut n: u64) {
    let mut digits = *b"00000000000000000000\r\n";
    let mut at = 20;
    while n > 0 {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

#[cold]
fn status_line(out: &mut Vec<u8>, status: u16, reason: &[u8]) {
    let status = status.min(999);
    out.extend_from_slice(b"HTTP/1.1 ");
    for power in [100, 10, 1] {
        out.push(b'0' + (status / power % 10) as u8);
    }
    out.push(b' ');
    out.extend_from_slice(reason);
    out.extend_from_slice(b"\r\n");
}
