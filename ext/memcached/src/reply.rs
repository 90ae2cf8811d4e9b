//! Replies of the text protocol, from bytes as they come.
//!
//! Written after memcached's `doc/protocol.txt`.

/// A line has at most so many bytes.
const LONGEST_LINE: usize = 8 * 1024;
/// A value has at most so many bytes: as much as servers can be told to take.
const LONGEST_VALUE: usize = 1 << 30;

/// A value, as it was stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Value {
    /// Its key.
    pub key: Vec<u8>,
    /// What whoever stored it said of it.
    pub flags: u32,
    /// Which of its states it is, where that was asked for.
    pub cas: u64,
    /// The value.
    pub data: Vec<u8>,
}

/// What a server has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `STORED`, `DELETED`, `TOUCHED`, `OK`
    Done,
    /// `NOT_STORED`
    NotStored,
    /// `EXISTS`: it has changed meanwhile.
    Changed,
    /// `NOT_FOUND`
    NotFound,
    /// A number.
    Number(u64),
    /// Values, up to `END`.
    Values(Vec<Value>),
    /// Names with texts, up to `END`.
    Stats(Vec<(String, String)>),
    /// `VERSION`
    Version(String),
    /// It was refused, for this reason. Where `true` the server closes the connection.
    Refused(String, bool),
}

/// Reads replies.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    values: Vec<Value>,
    stats: Vec<(String, String)>,
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

impl Parser {
    /// Takes bytes; how many were used, and a reply if one is whole now.
    pub(crate) fn feed(&mut self, input: &[u8]) -> Result<(usize, Option<Reply>), String> {
        let mut used = 0;
        loop {
            let rest = &input[used..];
            let Some(end) = memchr::memchr(b'\n', rest) else {
                return match rest.len() > LONGEST_LINE {
                    true => Err("the server sent a line that is too long".into()),
                    false => Ok((used, None)),
                };
            };
            let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
            let size = end + 1;
            let wrong = || {
                let line = String::from_utf8_lossy(&line[..line.len().min(40)]).into_owned();
                Err(format!(
                    "the server sent what is no reply of memcached: {line:?}"
                ))
            };
            let mut words = line.split(|byte| *byte == b' ');
            let word = words.next().unwrap_or_default();
            let text = || String::from_utf8_lossy(line).into_owned();
            let reply = match word {
                b"VALUE" => {
                    let key = words.next();
                    let flags = words
                        .next()
                        .and_then(number)
                        .and_then(|n| u32::try_from(n).ok());
                    let length = words.next().and_then(number);
                    let length = length
                        .and_then(|length| usize::try_from(length).ok())
                        .filter(|length| *length <= LONGEST_VALUE);
                    let (Some(key), Some(flags), Some(length)) = (key, flags, length) else {
                        return wrong();
                    };
                    let cas = words.next().and_then(number).unwrap_or(0);
                    let Some(data) = rest.get(size..size + length + 2) else {
                        return Ok((used, None));
                    };
                    let Some(data) = data.strip_suffix(b"\r\n") else {
                        return wrong();
                    };
                    self.values.push(Value {
                        key: key.to_vec(),
                        flags,
                        cas,
                        data: data.to_vec(),
                    });
                    used += size + length + 2;
                    continue;
                }
                b"STAT" => {
                    let name = words.next().unwrap_or_default();
                    let from = (word.len() + name.len() + 2).min(line.len());
                    let lossy = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
                    self.stats.push((lossy(name), lossy(&line[from..])));
                    used += size;
                    continue;
                }
                b"END" if !self.stats.is_empty() => Reply::Stats(std::mem::take(&mut self.stats)),
                b"END" => Reply::Values(std::mem::take(&mut self.values)),
                b"STORED" | b"DELETED" | b"TOUCHED" | b"OK" => Reply::Done,
                b"NOT_STORED" => Reply::NotStored,
                b"EXISTS" => Reply::Changed,
                b"NOT_FOUND" => Reply::NotFound,
                b"VERSION" => Reply::Version(text().chars().skip(8).collect()),
                b"ERROR" => Reply::Refused("ERROR".into(), false),
                b"CLIENT_ERROR" => Reply::Refused(text(), false),
                b"SERVER_ERROR" => Reply::Refused(text(), true),
                _ => match number(word) {
                    // `decr` may leave spaces behind the number.
                    Some(value) => Reply::Number(value),
                    None => return wrong(),
                },
            };
            return Ok((used + size, Some(reply)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8], step: usize) -> Result<Vec<Reply>, String> {
        let (mut parser, mut buffer, mut all) = (Parser::default(), Vec::new(), Vec::new());
        for bytes in input.chunks(step) {
            buffer.extend_from_slice(bytes);
            loop {
                let (used, reply) = parser.feed(&buffer)?;
                buffer.drain(..used);
                let Some(reply) = reply else { break };
                all.push(reply);
            }
        }
        Ok(all)
    }

    #[test]
    fn all_kinds_however_they_are_cut() {
        let input = b"STORED\r\nVALUE k 1 5 77\r\na\r\nbc\r\nVALUE l 0 0\r\n\r\nEND\r\nEND\r\nNOT_FOUND\r\n12 \r\nSTAT pid 1\r\nSTAT v a b\r\nEND\r\n\
            VERSION 1.6\r\nCLIENT_ERROR bad\r\nSERVER_ERROR no memory\r\nEXISTS\r\nNOT_STORED\r\n";
        let value = |key: &str, flags, cas, data: &str| Value {
            key: key.into(),
            flags,
            cas,
            data: data.into(),
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        for step in [1, 3, input.len()] {
            assert_eq!(
                read(input, step).unwrap(),
                [
                    Reply::Done,
                    Reply::Values(vec![value("k", 1, 77, "a\r\nbc"), value("l", 0, 0, "")]),
                    Reply::Values(vec![]),
                    Reply::NotFound,
                    Reply::Number(12),
                    Reply::Stats(vec![pair("pid", "1"), pair("v", "a b")]),
                    Reply::Version("1.6".into()),
                    Reply::Refused("CLIENT_ERROR bad".into(), false),
                    Reply::Refused("SERVER_ERROR no memory".into(), true),
                    Reply::Changed,
                    Reply::NotStored,
                ]
            );
        }
    }

    #[test]
    fn what_is_no_memcached() {
        for input in [
            &b"HTTP/1.1 400\r\n"[..],
            b"VALUE k\r\n",
            b"VALUE k 0 99999999999999\r\n",
            b"VALUE k 0 1\r\nabc\r\n",
            b"\r\n",
        ] {
            assert!(read(input, input.len()).is_err());
        }
        assert!(read(&[b'x'; 9000], 9000).is_err());
    }
}
