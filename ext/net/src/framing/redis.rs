//! Commands of the Redis protocol: <https://redis.io/docs/latest/develop/reference/protocol-spec/>,
//! "Sending commands to a Redis server": an array of bulk strings.

use super::{Malformed, Step};
use memchr::memchr;

/// Elements of a command at most, as in Redis.
const MOST_ELEMENTS: u64 = 1024 * 1024;
/// Digits, a sign, and the end of a line that holds a number: more is none.
const LONGEST_NUMBER: usize = 22;

/// An element of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Element<'a> {
    /// A bulk string.
    Text(&'a [u8]),
    /// A number (`:`).
    Number(i64),
    /// The bulk string that is none (`$-1`).
    Nil,
}

/// What there is at a place.
enum Found<T> {
    /// It, and where the next begins.
    It(T, usize),
    /// It is not all there: at least so many bytes are needed.
    More(usize),
}

/// The number of a line whose first letter stands at `at`.
fn number(bytes: &[u8], at: usize) -> Result<Found<i64>, Malformed> {
    let from = at + 1;
    let Some(line) = bytes.get(from..) else {
        return Ok(Found::More(from + 3));
    };
    let near = &line[..line.len().min(LONGEST_NUMBER)];
    let Some(end) = memchr(b'\n', near) else {
        return match near.len() {
            LONGEST_NUMBER => Err(Malformed::NoLength),
            _ => Ok(Found::More(bytes.len() + 1)),
        };
    };
    let digits = near[..end].strip_suffix(b"\r");
    let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    let value = digits
        .filter(|digits| !digits.starts_with('+'))
        .and_then(|digits| digits.parse().ok());
    match value {
        Some(value) => Ok(Found::It(value, from + end + 1)),
        None => Err(Malformed::NoLength),
    }
}

fn element(bytes: &[u8], at: usize, limit: usize) -> Result<Found<Element<'_>>, Malformed> {
    match bytes.get(at) {
        None => Ok(Found::More(at + 1)),
        Some(b':') => Ok(match number(bytes, at)? {
            Found::It(value, next) => Found::It(Element::Number(value), next),
            Found::More(count) => Found::More(count),
        }),
        Some(b'$') => match number(bytes, at)? {
            Found::More(count) => Ok(Found::More(count)),
            Found::It(-1, next) => Ok(Found::It(Element::Nil, next)),
            Found::It(length, next) => {
                let length = u64::try_from(length).map_err(|_| Malformed::NoLength)?;
                let end = length.saturating_add(next as u64 + 2);
                if end > limit as u64 {
                    return Err(Malformed::TooLong(end));
                }
                let (text, end) = (next..end as usize - 2, end as usize);
                match bytes.get(text.end..end) {
                    Some(b"\r\n") => Ok(Found::It(Element::Text(&bytes[text]), end)),
                    Some(_) => Err(Malformed::NoLength),
                    None => Ok(Found::More(end)),
                }
            }
        },
        Some(_) => Err(Malformed::NoLength),
    }
}

/// How many elements the command at the start of the bytes has.
fn count(bytes: &[u8]) -> Result<Found<u64>, Malformed> {
    match bytes.first() {
        None => return Ok(Found::More(4)),
        Some(b'*') => {}
        Some(_) => return Err(Malformed::NoLength),
    }
    match number(bytes, 0)? {
        Found::More(count) => Ok(Found::More(count)),
        Found::It(value, next) => {
            let value = u64::try_from(value).map_err(|_| Malformed::NoLength)?;
            if value > MOST_ELEMENTS {
                return Err(Malformed::TooLong(value));
            }
            Ok(Found::It(value, next))
        }
    }
}

/// Looks for the first command in `bytes`; one is at most `limit` bytes long.
pub(super) fn first(bytes: &[u8], limit: usize) -> Result<Step, Malformed> {
    let (elements, mut at) = match count(bytes)? {
        Found::It(elements, at) => (elements, at),
        Found::More(count) => return Ok(Step::More(count)),
    };
    for _element in 0..elements {
        if at > limit {
            break;
        }
        match element(bytes, at, limit)? {
            Found::It(_, next) => at = next,
            Found::More(count) => return Ok(Step::More(count)),
        }
    }
    match at > limit {
        true => Err(Malformed::TooLong(at as u64)),
        false => Ok(Step::Packet(at)),
    }
}

/// The elements of a whole command, the name first.
pub fn elements(command: &[u8]) -> impl Iterator<Item = Element<'_>> {
    let (mut left, mut at) = match count(command) {
        Ok(Found::It(elements, at)) => (elements, at),
        _ => (0, 0),
    };
    std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        match element(command, at, command.len()) {
            Ok(Found::It(element, next)) => {
                at = next;
                Some(element)
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &[u8] = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n";

    #[test]
    fn a_command_ends_where_its_lengths_say() {
        assert_eq!(first(SET, 100), Ok(Step::Packet(SET.len())));
        let two = [SET, b"*1\r\n"].concat();
        assert_eq!(first(&two, 100), Ok(Step::Packet(SET.len())));
        assert_eq!(first(b"*0\r\n", 100), Ok(Step::Packet(4)));
    }

    #[test]
    fn elements_of_every_kind() {
        let all: Vec<_> = elements(SET).collect();
        let texts = [&b"SET"[..], b"k", b"a\r\nb"].map(Element::Text);
        assert_eq!(all, texts);
        let command = b"*4\r\n$1\r\nX\r\n:-7\r\n$-1\r\n$0\r\n\r\n";
        assert_eq!(first(command, 100), Ok(Step::Packet(command.len())));
        let all: Vec<_> = elements(command).skip(1).collect();
        let rest = [Element::Number(-7), Element::Nil, Element::Text(b"")];
        assert_eq!(all, rest);
        assert_eq!(elements(b"*0\r\n").count(), 0);
    }

    #[test]
    fn every_part_of_a_command_asks_for_more_than_it_is() {
        for length in 0..SET.len() {
            match first(&SET[..length], 100) {
                Ok(Step::More(count)) => {
                    assert!(count > length && count <= SET.len(), "{length}: {count}");
                }
                other => panic!("{length}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for bytes in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"PING\r\n",
            b"*-1\r\n",
            b"*x\r\n",
            b"*+1\r\n",
            b"*1\n",
            b"*1\r\nX",
            b"*1\r\n$-2\r\n",
            b"*1\r\n$1\r\nab\r\n",
            b"*1111111111111111111111111111",
        ] {
            let found = first(bytes, 100);
            assert_eq!(found, Err(Malformed::NoLength), "{bytes:?}");
        }
    }

    #[test]
    fn limits_hold_before_the_bytes_are_there() {
        assert_eq!(first(b"*1\r\n$100\r\n", 100), Err(Malformed::TooLong(112)));
        let huge = b"*1\r\n$9223372036854775807\r\n";
        assert!(matches!(first(huge, 100), Err(Malformed::TooLong(_))));
        let many = b"*1048577\r\n";
        assert_eq!(first(many, 100), Err(Malformed::TooLong(1_048_577)));
        let small = [&b"*20\r\n"[..], &b":1\r\n".repeat(20)].concat();
        assert_eq!(first(&small, 40), Err(Malformed::TooLong(41)));
    }
}
