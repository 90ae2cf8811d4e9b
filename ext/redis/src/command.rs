//! Commands on their way to a server.

use std::fmt::Write as _;

/// A command: its name and arguments, as the protocol writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    count: usize,
    /// The arguments as bulk strings, without the array's head.
    data: Vec<u8>,
}

fn number(out: &mut Vec<u8>, kind: u8, number: usize) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut left = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.push(kind);
    out.extend_from_slice(&digits[at..]);
    out.extend_from_slice(b"\r\n");
}

impl Command {
    /// A command without arguments so far. Its name is written in capitals.
    #[must_use]
    pub fn new(name: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        let mut command = Self {
            count: 0,
            data: Vec::with_capacity(64 + name.len()),
        };
        // `CLIENT LIST` is two words, and two arguments.
        for word in name.split(|byte| *byte == b' ').filter(|w| !w.is_empty()) {
            let from = command.data.len();
            command.push(word);
            command.data[from..].make_ascii_uppercase();
        }
        command
    }

    /// Adds an argument.
    pub fn push(&mut self, arg: impl AsRef<[u8]>) -> &mut Self {
        let arg = arg.as_ref();
        number(&mut self.data, b'$', arg.len());
        self.data.extend_from_slice(arg);
        self.data.extend_from_slice(b"\r\n");
        self.count += 1;
        self
    }

    /// Adds a whole number.
    pub fn push_int(&mut self, value: i64) -> &mut Self {
        let mut text = Text::default();
        // Sixty-four bits have room.
        let _fits = write!(text, "{value}");
        self.push(text.bytes())
    }

    /// The same with another argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<[u8]>) -> Self {
        self.push(arg);
        self
    }

    /// How many there are, the name among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Is there not even a name?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Name and arguments.
    pub fn args(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.data;
        std::iter::from_fn(move || {
            let end = memchr::memchr(b'\n', rest)?;
            let mut length = 0;
            for digit in rest.get(1..end - 1)? {
                length = length * 10 + usize::from(digit - b'0');
            }
            let from = end + 1;
            let arg = rest.get(from..from + length)?;
            rest = rest.get(from + length + 2..)?;
            Some(arg)
        })
    }

    /// Its name, in capitals: of two words only the first.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.args().next().unwrap_or_default()
    }

    /// One of them: 0 is the name.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        self.args().nth(index)
    }

    /// Appends it as it is sent.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.reserve(self.data.len() + 16);
        number(out, b'*', self.count);
        out.extend_from_slice(&self.data);
    }
}

/// A number as text.
#[derive(Default)]
struct Text {
    bytes: [u8; 24],
    len: usize,
}

impl Text {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl std::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = self
            .bytes
            .get_mut(self.len..self.len + text.len())
            .ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_it_is_sent_and_as_it_was_given() {
        let mut command = Command::new("set").arg("k\r\n$").arg("");
        command.push_int(i64::MIN);
        let mut out = Vec::new();
        command.write(&mut out);
        assert_eq!(
            out,
            b"*4\r\n$3\r\nSET\r\n$4\r\nk\r\n$\r\n$0\r\n\r\n$20\r\n-9223372036854775808\r\n"
        );
        let args: Vec<&[u8]> = command.args().collect();
        assert_eq!(args, [&b"SET"[..], b"k\r\n$", b"", b"-9223372036854775808"]);
        assert_eq!(command.get(1), Some(&b"k\r\n$"[..]));
        assert_eq!(command.get(4), None);
    }

    #[test]
    fn names_of_two_words() {
        let command = Command::new("client list").arg("Id");
        let args: Vec<&[u8]> = command.args().collect();
        assert_eq!(args, [&b"CLIENT"[..], b"LIST", b"Id"]);
        assert!(Command::new("  ").is_empty());
    }
}
