use crate::{EncodeError, class};
use std::cell::RefCell;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// The fields that every response carries, ready to copy: Server and Date.
///
/// One per worker. The driver calls [`Stamp::set`] with its clock; the text is
/// made anew only when the second changed.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// `Server: …\r\nDate: …\r\nContent-Length: `
    text: String,
    /// Where `Date:` begins in it.
    date: usize,
    second: u64,
    /// Another number whenever the text is another, for all stamps of the process; never 0.
    state: u64,
    keep_alive_field: bool,
    /// Ready heads of plain responses, made anew when the second changes.
    plain: RefCell<Vec<Plain>>,
}

/// All of a 200's head up to the length, for one content type.
#[derive(Clone, Debug)]
struct Plain {
    content_type: Vec<u8>,
    second: u64,
    head: Vec<u8>,
}

/// What follows the date: most responses say their length next.
const LENGTH: &str = "Content-Length: ";

/// Content types that have a ready head at most; more are written each time.
const PLAIN_MAX: usize = 8;

impl Stamp {
    /// A stamp for 1 January 1970 until [`Stamp::set`] is called. `server` is
    /// the value of the Server field; none leaves the field out.
    ///
    /// # Errors
    /// [`EncodeError::Value`] if `server` holds a control byte.
    pub fn new(server: Option<&str>) -> Result<Self, EncodeError> {
        let mut text = String::new();
        if let Some(server) = server {
            if !class::is_value(server.as_bytes()) || server.contains('\t') {
                return Err(EncodeError::Value);
            }
            text = format!("Server: {server}\r\n");
        }
        let date = text.len();
        let mut stamp = Self {
            text,
            date,
            second: 0,
            state: 0,
            keep_alive_field: false,
            plain: RefCell::default(),
        };
        stamp.write();
        Ok(stamp)
    }

    /// Has every response that keeps its connection say so, as Swoole does.
    /// Without it only HTTP/1.0 clients that asked are told.
    pub fn always_say_keep_alive(mut self, yes: bool) -> Self {
        self.keep_alive_field = yes;
        self.plain.get_mut().clear();
        self
    }

    /// Sets the time: seconds since 1 January 1970 UTC. Years past 9999 count
    /// as the last second of 9999.
    #[inline]
    pub fn set(&mut self, second: u64) {
        if second != self.second {
            self.second = second;
            self.write();
        }
    }

    /// The time as an IMF-fixdate (RFC 9110 section 5.6.7).
    pub fn date(&self) -> &str {
        &self.text[self.date + 6..self.text.len() - LENGTH.len() - 2]
    }

    #[inline]
    pub(crate) fn all(&self) -> &[u8] {
        &self.text.as_bytes()[..self.text.len() - LENGTH.len()]
    }

    /// The same with `Content-Length: ` behind it.
    #[inline]
    pub(crate) fn before_length(&self) -> &[u8] {
        self.text.as_bytes()
    }

    #[inline]
    pub(crate) fn server_line(&self) -> &[u8] {
        &self.text.as_bytes()[..self.date]
    }

    #[inline]
    pub(crate) fn date_line(&self) -> &[u8] {
        &self.all()[self.date..]
    }

    /// What tells its texts apart.
    #[inline]
    pub(crate) fn state(&self) -> u64 {
        self.state
    }

    #[inline]
    pub(crate) fn says_keep_alive(&self) -> bool {
        self.keep_alive_field
    }

    /// Appends the head of a 200 with this content type and the stamp's fields, up to the value of
    /// Content-Length. False when the type can't be sent or there are too many of them.
    #[inline]
    pub(crate) fn plain(&self, content_type: &[u8], out: &mut Vec<u8>) -> bool {
        let mut ready = self.plain.borrow_mut();
        for plain in ready.iter_mut() {
            if plain.content_type == content_type {
                if plain.second != self.second {
                    self.make_plain(plain);
                }
                out.extend_from_slice(&plain.head);
                return true;
            }
        }
        self.add_plain(&mut ready, content_type, out)
    }

    #[cold]
    fn add_plain(&self, ready: &mut Vec<Plain>, content_type: &[u8], out: &mut Vec<u8>) -> bool {
        if ready.len() >= PLAIN_MAX || !class::is_value(content_type) {
            return false;
        }
        let mut plain = Plain {
            content_type: content_type.to_vec(),
            second: 0,
            head: Vec::new(),
        };
        self.make_plain(&mut plain);
        out.extend_from_slice(&plain.head);
        ready.push(plain);
        true
    }

    fn make_plain(&self, plain: &mut Plain) {
        plain.second = self.second;
        plain.head.clear();
        let head = &mut plain.head;
        let content_type = [b"Content-Type: ", plain.content_type.as_slice(), b"\r\n"].concat();
        head.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
        if self.keep_alive_field {
            // In Swoole's order.
            head.extend_from_slice(self.all());
            head.extend_from_slice(b"Connection: keep-alive\r\n");
            head.extend_from_slice(&content_type);
        } else {
            head.extend_from_slice(&content_type);
            head.extend_from_slice(self.all());
        }
        head.extend_from_slice(b"Content-Length: ");
    }

    fn write(&mut self) {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        static STATES: AtomicU64 = AtomicU64::new(1);
        self.state = STATES.fetch_add(1, Ordering::Relaxed);
        let second = self.second.min(253_402_300_799);
        let (days, time) = (second / 86_400, second % 86_400);
        let (year, month, day) = civil(days);
        self.text.truncate(self.date);
        // Writing to a String can't fail.
        let _ = write!(
            self.text,
            "Date: {}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT\r\n{LENGTH}",
            DAYS[(days % 7) as usize],
            MONTHS[month as usize - 1],
            time / 3600,
            time / 60 % 60,
            time % 60,
        );
    }
}

/// Year, month and day of a day counted from 1 January 1970 (proleptic
/// Gregorian; eras of 400 years that begin on 1 March).
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let mut stamp = Stamp::new(None).unwrap();
        for (second, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_826_154, "Tue, 29 Feb 2000 12:09:14 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (u64::MAX, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            stamp.set(second);
            assert_eq!(stamp.date(), text);
        }
    }

    #[test]
    fn server_is_checked() {
        assert_eq!(Stamp::new(Some("a\r\nb")).unwrap_err(), EncodeError::Value);
        let stamp = Stamp::new(Some("highper")).unwrap();
        assert_eq!(stamp.server_line(), b"Server: highper\r\n");
    }
}
