//! Replies as values of PHP's.

use super::exception::{object, thrown};
use highper_redis::{Command, Error, Part, Reply, Walk};
use highper_zend::{Array, Throw, Value};

/// What is made of a command's reply beyond what it says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// As it is.
    Plain,
    /// Names and values in turn.
    Pairs,
    /// Members and numbers in turn, or in pairs.
    Scores,
    /// Numbers and fields of entries.
    Entries,
    /// Streams with entries.
    Streams,
}

impl Shape {
    /// Of a command.
    pub(super) fn of(command: &Command) -> Self {
        let has = |word: &[u8]| command.args().any(|arg| arg.eq_ignore_ascii_case(word));
        match command.name() {
            b"HGETALL" => Self::Pairs,
            b"CONFIG" if has(b"GET") => Self::Pairs,
            b"PUBSUB" if has(b"NUMSUB") => Self::Pairs,
            b"ZRANGE" | b"ZREVRANGE" | b"ZRANGEBYSCORE" | b"ZREVRANGEBYSCORE" | b"ZUNION"
            | b"ZINTER" | b"ZDIFF" | b"ZRANDMEMBER"
                if has(b"WITHSCORES") =>
            {
                Self::Scores
            }
            b"ZPOPMIN" | b"ZPOPMAX" => Self::Scores,
            b"HRANDFIELD" if has(b"WITHVALUES") => Self::Pairs,
            b"XRANGE" | b"XREVRANGE" => Self::Entries,
            b"XCLAIM" if !has(b"JUSTID") => Self::Entries,
            b"XREAD" | b"XREADGROUP" => Self::Streams,
            _ => Self::Plain,
        }
    }
}

/// A reply as a value; an error is thrown.
pub(super) fn value(reply: &Reply, shape: Shape) -> Result<Value, Throw> {
    if let Some(text) = reply.error() {
        return Err(thrown(&Error::of_server(text)));
    }
    next(&mut reply.walk(), shape)
}

/// The next part as a value; an error is its exception.
pub(super) fn next(walk: &mut Walk<'_>, shape: Shape) -> Result<Value, Throw> {
    let Some(part) = walk.next() else {
        return Ok(Value::null());
    };
    Ok(match part {
        Part::List(count) => match shape {
            Shape::Plain => list(walk, count)?.into(),
            Shape::Pairs => pairs(walk, count, false)?.into(),
            Shape::Scores => pairs(walk, count, true)?.into(),
            Shape::Entries => entries(walk, count)?.into(),
            Shape::Streams => streams(walk, count, true)?.into(),
        },
        Part::Map(count) if shape == Shape::Streams => streams(walk, count, false)?.into(),
        Part::Map(count) => {
            let mut array = Array::with_capacity(count);
            for _ in 0..count {
                let key = key(walk);
                array.set_symbol(key, next(walk, Shape::Plain)?);
            }
            array.into()
        }
        other => leaf(other)?,
    })
}

fn leaf(part: Part<'_>) -> Result<Value, Throw> {
    Ok(match part {
        Part::Int(value) => Value::long(value),
        Part::Double(value) => Value::double(value),
        Part::Bool(value) => Value::bool(value),
        Part::Status(b"OK") => Value::bool(true),
        Part::Text(text) | Part::Status(text) => Value::string(text),
        Part::Error(text) => object(&Error::of_server(text))?,
        Part::Null | Part::List(_) | Part::Map(_) => Value::null(),
    })
}

/// A name.
fn key(walk: &mut Walk<'_>) -> Vec<u8> {
    let mut ahead = walk.clone();
    let key = match ahead.next() {
        Some(Part::Text(text) | Part::Status(text)) => text.to_vec(),
        Some(Part::Int(number)) => number.to_string().into_bytes(),
        Some(Part::Double(number)) => number.to_string().into_bytes(),
        _ => Vec::new(),
    };
    walk.skip_part();
    key
}

fn list(walk: &mut Walk<'_>, count: usize) -> Result<Array, Throw> {
    let mut array = Array::with_capacity(count);
    for _ in 0..count {
        array.push(next(walk, Shape::Plain)?);
    }
    Ok(array)
}

/// Names with their values: in turn, or each pair a list.
fn pairs(walk: &mut Walk<'_>, count: usize, are_scores: bool) -> Result<Array, Throw> {
    let mut array = Array::with_capacity(count);
    let mut left = count;
    while left > 0 {
        match walk.clone().next() {
            Some(Part::List(2)) => {
                walk.next();
                left -= 1;
            }
            _ if left >= 2 => left -= 2,
            _ => {
                // A member by itself.
                array.push(next(walk, Shape::Plain)?);
                break;
            }
        }
        let key = key(walk);
        let value = next(walk, Shape::Plain)?;
        let value = match are_scores && value.is_string() {
            true => Value::double(value.to_double()),
            false => value,
        };
        array.set_symbol(key, value);
    }
    Ok(array)
}

/// Entries of a stream by their numbers.
fn entries(walk: &mut Walk<'_>, count: usize) -> Result<Array, Throw> {
    let mut array = Array::with_capacity(count);
    for _ in 0..count {
        match walk.clone().next() {
            Some(Part::List(2)) => {
                walk.next();
                let number = key(walk);
                array.set_symbol(number, next(walk, Shape::Pairs)?);
            }
            // One that was removed meanwhile.
            _ => walk.skip_part(),
        }
    }
    Ok(array)
}

fn streams(walk: &mut Walk<'_>, count: usize, are_lists: bool) -> Result<Array, Throw> {
    let mut array = Array::with_capacity(count);
    for _ in 0..count {
        if are_lists {
            walk.next();
        }
        let name = key(walk);
        array.set_symbol(name, next(walk, Shape::Entries)?);
    }
    Ok(array)
}
