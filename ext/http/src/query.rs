//! Query strings and urlencoded forms with PHP's semantics.
//!
//! The result of [`parse`] equals that of PHP's `parse_str()` (`php_default_treat_data` and
//! `php_register_variable_ex` in PHP's `main/php_variables.c`), which is also what Swoole uses
//! for `$request->get` and `$request->post`. Nothing is copied unless an escape or a renamed
//! character makes it necessary.
//!
//! What PHP does, and so does this module:
//! - pairs are separated by `&`; empty pairs are dropped; a pair without `=` has an empty value;
//! - `+` is a space and `%XX` a byte in names and values; an incomplete escape stays as it is;
//! - a raw NUL ends the input, a decoded NUL ends the name (values keep it);
//! - leading spaces of a name are dropped; a space or dot before the first `[` becomes `_`;
//! - `a[b][]` nests and appends; what follows the last `]` is dropped;
//! - a `[` that is never closed becomes `_` when it is the first one, and ends the name later;
//! - keys that print as a 64-bit integer are integers;
//! - a part that is `__Host-…` or `__Secure-…` is dropped unless the name as sent starts so.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use memchr::{memchr, memchr2};

/// Limits of one parse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The most pairs that are read (`max_input_vars`); default 1000.
    pub max_vars: usize,
    /// The most `[…]` of one name (`max_input_nesting_level`); default 64. A deeper name is
    /// dropped together with everything stored under its first part, as PHP does.
    pub max_depth: usize,
    /// The byte between pairs (`arg_separator.input`); default `&`.
    pub separator: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_vars: 1000,
            max_depth: 64,
            separator: b'&',
        }
    }
}

/// A key of a [`List`], already normalised as a PHP array key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// An integer key.
    Int(i64),
    /// A string key that is no integer in PHP's sense (`"05"`, `"-0"`, `"1.5"`, `""`).
    Str(Cow<'a, [u8]>),
}

impl<'a> Key<'a> {
    /// Normalises bytes as PHP's arrays do.
    pub fn new(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        let bytes = bytes.into();
        match integer(&bytes) {
            Some(number) => Key::Int(number),
            None => Key::Str(bytes),
        }
    }

    fn into_owned(self) -> Key<'static> {
        match self {
            Key::Int(number) => Key::Int(number),
            Key::Str(text) => Key::Str(Cow::Owned(text.into_owned())),
        }
    }

    fn hash(&self, state: &RandomState) -> u64 {
        match self {
            Key::Int(number) => state.hash_one(number),
            Key::Str(text) => state.hash_one(text.as_ref()),
        }
    }
}

/// A value of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A string.
    Text(Cow<'a, [u8]>),
    /// An integer; only trees of uploaded files have them (`error`, `size`).
    Int(i64),
    /// An array.
    List(List<'a>),
}

impl Input<'_> {
    /// Copies what is borrowed.
    pub fn into_owned(self) -> Input<'static> {
        match self {
            Input::Text(text) => Input::Text(Cow::Owned(text.into_owned())),
            Input::Int(number) => Input::Int(number),
            Input::List(list) => Input::List(list.into_owned()),
        }
    }

    /// The bytes of a text; nothing for lists and integers.
    pub fn as_text(&self) -> Option<&[u8]> {
        match self {
            Input::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The list; nothing for texts and integers.
    pub fn as_list(&self) -> Option<&List<'_>> {
        match self {
            Input::List(list) => Some(list),
            _ => None,
        }
    }
}

/// An ordered map with PHP's key rules.
///
/// Look-ups are linear while it is small and go through a seeded hash afterwards, so that
/// chosen names cannot make it slow.
#[derive(Clone, Debug, Default)]
pub struct List<'a> {
    entries: Vec<(Key<'a>, Input<'a>)>,
    /// The key of the next append; nothing until an integer key was stored.
    next: Option<i64>,
    index: Option<Box<Index>>,
}

impl PartialEq for List<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for List<'_> {}

/// Open addressing from key to place in `entries`.
#[derive(Clone, Debug)]
struct Index {
    state: RandomState,
    slots: Vec<u32>,
}

const EMPTY: u32 = u32::MAX;
const LINEAR: usize = 12;

impl<'a> List<'a> {
    /// How many entries the list has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in order of their first insertion.
    pub fn iter(&self) -> std::slice::Iter<'_, (Key<'a>, Input<'a>)> {
        self.entries.iter()
    }

    /// The value of a name as written in PHP (`"5"` finds the integer key 5).
    pub fn get(&self, name: &[u8]) -> Option<&Input<'a>> {
        self.find(&Key::new(name)).map(|at| &self.entries[at].1)
    }

    /// Sets a value; a key that exists keeps its place.
    pub fn set(&mut self, key: Key<'a>, value: Input<'a>) {
        match self.find(&key) {
            Some(at) => self.entries[at].1 = value,
            None => {
                self.push(key, value);
            }
        }
    }

    /// Sets a value unless the key exists.
    pub(crate) fn set_first(&mut self, key: Key<'a>, value: impl FnOnce() -> Input<'a>) {
        if self.find(&key).is_none() {
            self.push(key, value());
        }
    }

    /// Appends with PHP's next key. Returns whether there was one: after the largest integer
    /// there is none, and the value is dropped.
    pub fn append(&mut self, value: Input<'a>) -> bool {
        match self.next_key() {
            Some(key) => {
                self.push(key, value);
                true
            }
            None => false,
        }
    }

    /// Copies what is borrowed.
    pub fn into_owned(self) -> List<'static> {
        List {
            entries: self
                .entries
                .into_iter()
                .map(|(key, value)| (key.into_owned(), value.into_owned()))
                .collect(),
            next: self.next,
            index: self.index,
        }
    }

    fn next_key(&self) -> Option<Key<'a>> {
        let key = Key::Int(self.next.unwrap_or(0));
        // Only the largest integer can be taken: everything else is above all keys.
        if self.next == Some(i64::MAX) && self.find(&key).is_some() {
            return None;
        }
        Some(key)
    }

    fn find(&self, key: &Key<'_>) -> Option<usize> {
        let Some(index) = &self.index else {
            return self.entries.iter().position(|(have, _)| have == key);
        };
        let mask = index.slots.len() - 1;
        let mut slot = key.hash(&index.state) as usize & mask;
        loop {
            match index.slots[slot] {
                EMPTY => return None,
                at if self.entries[at as usize].0 == *key => return Some(at as usize),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    fn push(&mut self, key: Key<'a>, value: Input<'a>) -> usize {
        if let Key::Int(number) = key
            && self.next.is_none_or(|next| number >= next)
        {
            self.next = Some(number.saturating_add(1));
        }
        let at = self.entries.len();
        self.entries.push((key, value));
        if at >= LINEAR {
            match &mut self.index {
                Some(index) if index.slots.len() >= (at + 1) * 2 => {
                    index.add(&self.entries[at].0, at);
                }
                _ => self.rebuild(),
            }
        }
        at
    }

    fn rebuild(&mut self) {
        let state = match self.index.take() {
            Some(old) => old.state,
            None => RandomState::new(),
        };
        if self.entries.len() <= LINEAR {
            return;
        }
        let mut index = Index {
            state,
            slots: vec![EMPTY; (self.entries.len() * 4).next_power_of_two()],
        };
        for (at, (key, _)) in self.entries.iter().enumerate() {
            index.add(key, at);
        }
        self.index = Some(Box::new(index));
    }

    fn remove(&mut self, key: &Key<'_>) {
        if let Some(at) = self.find(key) {
            self.entries.remove(at);
            self.rebuild();
        }
    }

    /// The list under a key (`None` appends), made or put in a text's place where needed.
    fn descend(&mut self, key: Option<Key<'a>>) -> Option<&mut List<'a>> {
        let at = match key {
            None => {
                let key = self.next_key()?;
                self.push(key, Input::List(List::default()))
            }
            Some(key) => match self.find(&key) {
                Some(at) => at,
                None => self.push(key, Input::List(List::default())),
            },
        };
        let value = &mut self.entries[at].1;
        if !matches!(value, Input::List(_)) {
            *value = Input::List(List::default());
        }
        match value {
            Input::List(list) => Some(list),
            _ => None,
        }
    }
}

impl<'a> IntoIterator for List<'a> {
    type Item = (Key<'a>, Input<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl Index {
    fn add(&mut self, key: &Key<'_>, at: usize) {
        let mask = self.slots.len() - 1;
        let mut slot = key.hash(&self.state) as usize & mask;
        while self.slots[slot] != EMPTY {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = at as u32;
    }
}

/// What [`parse`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// The tree.
    pub list: List<'a>,
    /// Whether [`Options::max_vars`] cut the input; PHP warns then.
    pub exceeded: bool,
}

/// Parses a query string (without its `?`) or an urlencoded body.
pub fn parse<'a>(input: &'a [u8], options: &Options) -> Parsed<'a> {
    let mut parsed = Parsed::default();
    let mut rest = until_nul(input);
    let mut count = 0;
    let quick = !PLAIN[usize::from(options.separator)];
    while !rest.is_empty() {
        // Most names need no rule at all: one look at each byte finds them.
        let plain = rest
            .iter()
            .take_while(|byte| PLAIN[usize::from(**byte)])
            .count();
        if quick && plain > 0 && rest.get(plain) == Some(&b'=') {
            count += 1;
            if count > options.max_vars {
                parsed.exceeded = true;
                break;
            }
            let (name, value) = (&rest[..plain], &rest[plain + 1..]);
            let end = memchr(options.separator, value).unwrap_or(value.len());
            rest = value.get(end + 1..).unwrap_or_default();
            parsed
                .list
                .set(Key::new(name), Input::Text(decode(&value[..end])));
            continue;
        }
        let (pair, next) = match memchr(options.separator, rest) {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        rest = next;
        if pair.is_empty() {
            continue;
        }
        count += 1;
        if count > options.max_vars {
            parsed.exceeded = true;
            break;
        }
        let (name, value) = match memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &pair[pair.len()..]),
        };
        register(
            &mut parsed.list,
            decode(name),
            Input::Text(decode(value)),
            options.max_depth,
        );
    }
    parsed
}

/// Calls `pair` with each name and value of a query that needs none of PHP's rules, and says true.
/// False means that the query is one for [`parse`]: what the calls so far have said is void then.
pub fn plain_pairs<'a>(
    input: &'a [u8],
    options: &Options,
    mut pair: impl FnMut(&'a [u8], &'a [u8]),
) -> bool {
    if options.separator != b'&' {
        return false;
    }
    // A name that begins with a letter is no number, and none of the guarded prefixes.
    let (mut start, mut equals, mut pairs) = (0, None, 0);
    for (at, &byte) in input.iter().enumerate() {
        if !RULED[usize::from(byte)] {
            continue;
        }
        match byte {
            b'=' if equals.is_none() => {
                if !input[start].is_ascii_alphabetic() {
                    return false;
                }
                equals = Some(at);
            }
            b'=' => {}
            b'&' => {
                let Some(middle) = equals.take() else {
                    return false;
                };
                pairs += 1;
                pair(&input[start..middle], &input[middle + 1..at]);
                start = at + 1;
            }
            _ => return false,
        }
    }
    let Some(middle) = equals else {
        return false;
    };
    pair(&input[start..middle], &input[middle + 1..]);
    pairs < options.max_vars
}

/// Bytes that part a query, or that names or values are changed for.
const RULED: [bool; 256] = {
    let mut table = [false; 256];
    let special = b"\0 +%.[;&=";
    let mut at = 0;
    while at < special.len() {
        table[special[at] as usize] = true;
        at += 1;
    }
    table
};

/// Bytes of names that stand for themselves.
const PLAIN: [bool; 256] = {
    let mut table = [true; 256];
    let special = b"\0 +%.[=&;";
    let mut at = 0;
    while at < special.len() {
        table[special[at] as usize] = false;
        at += 1;
    }
    table
};

/// Whether a name needs none of the rules.
pub(crate) fn is_plain(name: &[u8]) -> bool {
    name.iter().all(|byte| PLAIN[usize::from(*byte)])
}

/// Decodes `+` and `%XX` (`urldecode()`). Borrows when there is nothing to decode.
pub fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    match memchr2(b'+', b'%', text) {
        Some(first) => Cow::Owned(unescape(text, first, true)),
        None => Cow::Borrowed(text),
    }
}

/// Decodes `%XX` only (`rawurldecode()`). Borrows when there is nothing to decode.
pub fn decode_raw(text: &[u8]) -> Cow<'_, [u8]> {
    match memchr(b'%', text) {
        Some(first) => Cow::Owned(unescape(text, first, false)),
        None => Cow::Borrowed(text),
    }
}

fn unescape(text: &[u8], first: usize, plus: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    out.extend_from_slice(&text[..first]);
    let mut at = first;
    while at < text.len() {
        let byte = text[at];
        at += 1;
        match byte {
            b'+' if plus => out.push(b' '),
            b'%' => match (
                text.get(at).copied().and_then(hex),
                text.get(at + 1).copied().and_then(hex),
            ) {
                (Some(high), Some(low)) => {
                    out.push(high << 4 | low);
                    at += 2;
                }
                _ => out.push(b'%'),
            },
            _ => out.push(byte),
        }
    }
    out
}

pub(crate) fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

/// Stores a value under a name with brackets, as `php_register_variable_ex` does.
///
/// The name is decoded already; its first NUL ends it. A name without a usable part stores
/// nothing. More than `max_depth` brackets remove what is stored under the first part.
pub fn register<'a>(list: &mut List<'a>, name: Cow<'a, [u8]>, value: Input<'a>, max_depth: usize) {
    match name {
        Cow::Borrowed(bytes) => {
            let bytes = trimmed(bytes);
            place(
                list,
                bytes,
                |range| Cow::Borrowed(&bytes[range]),
                value,
                max_depth,
            );
        }
        Cow::Owned(bytes) => {
            let bytes = trimmed(&bytes);
            place(
                list,
                bytes,
                |range| Cow::Owned(bytes[range].to_vec()),
                value,
                max_depth,
            );
        }
    }
}

pub(crate) fn until_nul(text: &[u8]) -> &[u8] {
    match memchr(0, text) {
        Some(at) => &text[..at],
        None => text,
    }
}

fn trimmed(name: &[u8]) -> &[u8] {
    let name = until_nul(name);
    let spaces = name.iter().take_while(|byte| **byte == b' ').count();
    &name[spaces..]
}

fn place<'a>(
    root: &mut List<'a>,
    name: &[u8],
    cut: impl Fn(Range<usize>) -> Cow<'a, [u8]>,
    value: Input<'a>,
    max_depth: usize,
) {
    let open = memchr(b'[', name).unwrap_or(name.len());
    let Some(first) = rename(name, cut(0..open)) else {
        return;
    };
    let brackets = Brackets { name, at: open };
    for (depth, bracket) in brackets.clone().enumerate() {
        if depth == max_depth {
            root.remove(&first);
            return;
        }
        if matches!(&bracket, Bracket::Key(range) if forged(&name[range.clone()], name)) {
            break;
        }
    }
    let mut list = root;
    let mut key = Some(first);
    for (depth, bracket) in brackets.enumerate() {
        let next = match bracket {
            Bracket::Append => None,
            Bracket::Key(range) => Some(range),
            Bracket::Broken if depth == 0 => {
                key = rename(name, cut(0..name.len()));
                if key.is_none() {
                    return;
                }
                break;
            }
            Bracket::Broken => break,
        };
        match list.descend(key) {
            Some(inner) => list = inner,
            None => return,
        }
        key = match next {
            Some(range) if forged(&name[range.clone()], name) => return,
            Some(range) => Some(Key::new(cut(range))),
            None => None,
        };
    }
    match key {
        Some(key) => list.set(key, value),
        None => {
            list.append(value);
        }
    }
}

/// The first part with its forbidden characters replaced; nothing if the variable is dropped.
fn rename<'a>(name: &[u8], part: Cow<'a, [u8]>) -> Option<Key<'a>> {
    if part.is_empty() {
        return None;
    }
    let forbidden = |byte: &u8| matches!(byte, b' ' | b'.' | b'[');
    if !part.iter().any(forbidden) {
        return Some(Key::new(part));
    }
    let mut part = part.into_owned();
    for byte in part.iter_mut().filter(|byte| forbidden(byte)) {
        *byte = b'_';
    }
    if forged(&part, name) {
        return None;
    }
    Some(Key::new(part))
}

/// Whether a part claims a protected cookie prefix that the name as sent does not have.
fn forged(part: &[u8], name: &[u8]) -> bool {
    let claims = |prefix: &[u8]| part.starts_with(prefix) && !name.starts_with(prefix);
    part.starts_with(b"__") && (claims(b"__Host-") || claims(b"__Secure-"))
}

enum Bracket {
    Append,
    Key(Range<usize>),
    Broken,
}

#[derive(Clone)]
struct Brackets<'n> {
    name: &'n [u8],
    at: usize,
}

impl Iterator for Brackets<'_> {
    type Item = Bracket;

    fn next(&mut self) -> Option<Bracket> {
        if self.name.get(self.at) != Some(&b'[') {
            return None;
        }
        let start = self.at + 1;
        let mut at = start;
        // One space may stand before the ']' of an append; C's isspace() has the vertical tab.
        if matches!(
            self.name.get(at),
            Some(b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
        ) {
            at += 1;
        }
        match memchr(b']', &self.name[at..]) {
            Some(0) => {
                self.at = at + 1;
                Some(Bracket::Append)
            }
            Some(length) => {
                self.at = at + length + 1;
                Some(Bracket::Key(start..at + length))
            }
            None => {
                self.at = self.name.len();
                Some(Bracket::Broken)
            }
        }
    }
}

/// `ZEND_HANDLE_NUMERIC_STR`: the integer that prints exactly like this, if there is one.
fn integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if digits.is_empty() || digits.len() > 19 || digits[0] == b'0' && text.len() > 1 {
        return None;
    }
    let negative = digits.len() < text.len();
    let mut number: i64 = 0;
    for byte in digits {
        let digit = i64::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        let digit = if negative { -digit } else { digit };
        number = number.checked_mul(10)?.checked_add(digit)?;
    }
    Some(number)
}

#[cfg(test)]
mod tests;
