//! Replies, from bytes as they come.
//!
//! Written after beanstalkd's `doc/protocol.txt`.

/// A line has at most so many bytes.
const LONGEST_LINE: usize = 1024;
/// A body has at most so many bytes: as much as servers can be told to take.
const LONGEST_BODY: usize = 1 << 30;

/// A job, as it was put.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: u64,
    /// What it says.
    pub data: Vec<u8>,
}

/// What the server has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `INSERTED`
    Inserted(u64),
    /// `BURIED`, with the number of a job that was put: there was no memory for it.
    Buried(Option<u64>),
    /// `RESERVED`, `FOUND`
    Job(Job),
    /// `DELETED`, `RELEASED`, `TOUCHED`, `PAUSED`, `USING`, `KICKED` without a number
    Done,
    /// `WATCHING`, `KICKED`
    Number(u64),
    /// `OK` with what follows.
    Text(String),
    /// `NOT_FOUND`
    NotFound,
    /// `TIMED_OUT`
    TimedOut,
    /// `DEADLINE_SOON`: a job of this connection has to be finished.
    DeadlineSoon,
    /// Anything that says no. Where `true` the stream is of no use any more.
    Refused(&'static str, bool),
}

fn number(text: Option<&[u8]>) -> Option<u64> {
    std::str::from_utf8(text?).ok()?.parse().ok()
}

/// Looks for a reply in front of the bytes; how many it took.
///
/// # Errors
/// It is none.
pub(crate) fn read(input: &[u8]) -> Result<Option<(usize, Reply)>, String> {
    let Some(end) = memchr::memchr(b'\n', input) else {
        return match input.len() > LONGEST_LINE {
            true => Err("the server sent a line that is too long".into()),
            false => Ok(None),
        };
    };
    let line = input[..end].strip_suffix(b"\r").unwrap_or(&input[..end]);
    let wrong = || {
        let line = String::from_utf8_lossy(&line[..line.len().min(40)]).into_owned();
        Err(format!(
            "the server sent what is no reply of beanstalkd: {line:?}"
        ))
    };
    let mut words = line.split(|byte| *byte == b' ');
    let word = words.next().unwrap_or_default();
    let (first, second) = (words.next(), words.next());
    let body = |length: Option<&[u8]>| -> Result<Option<(usize, &[u8])>, ()> {
        let length = number(length).and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| *length <= LONGEST_BODY).ok_or(())?;
        let Some(bytes) = input.get(end + 1..end + 3 + length) else {
            return Ok(None);
        };
        let data = bytes.strip_suffix(b"\r\n").ok_or(())?;
        Ok(Some((end + 3 + length, data)))
    };
    let reply = match word {
        b"INSERTED" => match number(first) {
            Some(id) => Reply::Inserted(id),
            None => return wrong(),
        },
        b"BURIED" => Reply::Buried(number(first)),
        b"RESERVED" | b"FOUND" => match (number(first), body(second)) {
            (Some(id), Ok(Some((used, data)))) => {
                let data = data.to_vec();
                return Ok(Some((used, Reply::Job(Job { id, data }))));
            }
            (Some(_), Ok(None)) => return Ok(None),
            _ => return wrong(),
        },
        b"OK" => match body(first) {
            Ok(Some((used, text))) => {
                let text = String::from_utf8_lossy(text).into_owned();
                return Ok(Some((used, Reply::Text(text))));
            }
            Ok(None) => return Ok(None),
            Err(()) => return wrong(),
        },
        b"WATCHING" => match number(first) {
            Some(count) => Reply::Number(count),
            None => return wrong(),
        },
        b"KICKED" => number(first).map_or(Reply::Done, Reply::Number),
        b"DELETED" | b"RELEASED" | b"TOUCHED" | b"PAUSED" | b"USING" => Reply::Done,
        b"NOT_FOUND" => Reply::NotFound,
        b"TIMED_OUT" => Reply::TimedOut,
        b"DEADLINE_SOON" => Reply::DeadlineSoon,
        b"NOT_IGNORED" => Reply::Refused("NOT_IGNORED: one tube at least is watched", false),
        b"JOB_TOO_BIG" => Reply::Refused(
            "JOB_TOO_BIG: the job is larger than the server takes (beanstalkd -z)",
            false,
        ),
        b"DRAINING" => Reply::Refused("DRAINING: the server takes no jobs any more", false),
        b"OUT_OF_MEMORY" => Reply::Refused("OUT_OF_MEMORY: the server has no memory for it", false),
        b"EXPECTED_CRLF" => Reply::Refused("EXPECTED_CRLF", true),
        b"INTERNAL_ERROR" => Reply::Refused("INTERNAL_ERROR", true),
        b"BAD_FORMAT" => Reply::Refused("BAD_FORMAT", true),
        b"UNKNOWN_COMMAND" => {
            Reply::Refused("UNKNOWN_COMMAND: the server is too old for this", false)
        }
        _ => return wrong(),
    };
    Ok(Some((end + 1, reply)))
}

/// The pairs, or the members with empty names, of what a server says of something: a flat document of YAML.
#[must_use]
pub(crate) fn document(text: &str) -> Vec<(String, String)> {
    let unquoted = |text: &str| text.trim().trim_matches('"').to_owned();
    text.lines()
        .filter(|line| *line != "---")
        .filter_map(|line| match line.strip_prefix("- ") {
            Some(member) => Some((String::new(), unquoted(member))),
            None => line
                .split_once(": ")
                .or_else(|| line.strip_suffix(':').map(|name| (name, "")))
                .map(|(name, value)| (name.to_owned(), unquoted(value))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8], step: usize) -> Result<Vec<Reply>, String> {
        let (mut buffer, mut all) = (Vec::new(), Vec::new());
        for bytes in input.chunks(step) {
            buffer.extend_from_slice(bytes);
            while let Some((used, reply)) = read(&buffer)? {
                buffer.drain(..used);
                all.push(reply);
            }
        }
        Ok(all)
    }

    #[test]
    fn all_kinds_however_they_are_cut() {
        let input = b"INSERTED 7\r\nBURIED 8\r\nBURIED\r\nRESERVED 9 4\r\na\r\nb\r\nFOUND 1 0\r\n\r\nDELETED\r\nKICKED 3\r\nKICKED\r\n\
            WATCHING 2\r\nUSING x\r\nOK 8\r\n---\n- a\n\r\nNOT_FOUND\r\nTIMED_OUT\r\nDEADLINE_SOON\r\nJOB_TOO_BIG\r\nBAD_FORMAT\r\n";
        let job = |id, data: &[u8]| {
            Reply::Job(Job {
                id,
                data: data.to_vec(),
            })
        };
        for step in [1, 3, input.len()] {
            let found = all(input, step).unwrap();
            assert_eq!(
                found[..14],
                [
                    Reply::Inserted(7),
                    Reply::Buried(Some(8)),
                    Reply::Buried(None),
                    job(9, b"a\r\nb"),
                    job(1, b""),
                    Reply::Done,
                    Reply::Number(3),
                    Reply::Done,
                    Reply::Number(2),
                    Reply::Done,
                    Reply::Text("---\n- a\n".into()),
                    Reply::NotFound,
                    Reply::TimedOut,
                    Reply::DeadlineSoon,
                ]
            );
            assert!(matches!(found[14], Reply::Refused(_, false)));
            assert!(matches!(found[15], Reply::Refused(_, true)));
        }
    }

    #[test]
    fn what_is_no_beanstalkd() {
        for input in [
            &b"HTTP/1.1 400\r\n"[..],
            b"\r\n",
            b"INSERTED x\r\n",
            b"RESERVED 1 99999999999\r\n",
            b"RESERVED 1\r\n",
            b"RESERVED 1 1\r\nabc\r\n",
            b"OK -1\r\n",
            b"WATCHING\r\n",
        ] {
            assert!(all(input, input.len()).is_err(), "{input:?}");
        }
        assert!(read(&[b'x'; 2000]).is_err());
    }

    #[test]
    fn documents() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            document("---\nid: 5\nversion: \"1.12\"\nname: a: b\nnone:\n"),
            [
                pair("id", "5"),
                pair("version", "1.12"),
                pair("name", "a: b"),
                pair("none", "")
            ]
        );
        assert_eq!(
            document("---\n- default\n- x\n"),
            [pair("", "default"), pair("", "x")]
        );
    }
}
