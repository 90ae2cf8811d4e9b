//! JSON whose names are made to meet in PHP's hash tables.
//!
//! PHP's arrays know no secret: whoever chooses the keys can have all of them in one chain, and each further one walks
//! along all before it. A body of 1 MB takes a worker eight seconds that way, one of 10 MB a quarter of an hour. Forms
//! have a limit for their number (`max_input_vars`), JSON has none: so what its keys will cost is counted before.

/// A shorter text can't hold enough of them.
pub const SHORTEST: usize = 32 * 1024;
/// So many keys of one object cost nothing worth mentioning.
const FEW: u32 = 1024;
/// Bits of a hash that are looked at: the size of the table.
const BITS: u32 = 16;
/// Steps along chains that are allowed, some 60 milliseconds, and so many more for each key.
const STEPS: u64 = 16_000_000;
const STEPS_EACH: u64 = 64;
/// Deeper ones are refused by who reads them.
const DEEPEST: usize = 513;

/// Do the names in a JSON text meet so often that nobody should read it? What is no JSON is left to who reads it.
#[must_use]
pub fn collide(text: &[u8]) -> bool {
    let mut scan = Scan {
        text,
        at: 0,
        steps: 0,
        keys: 0,
        spare: None,
    };
    text.len() >= SHORTEST && scan.run().is_none()
}

/// The names of an object so far.
#[derive(Default)]
struct Object {
    count: u32,
    /// How many have the same end of their hash.
    chains: Option<Vec<u32>>,
}

struct Scan<'t> {
    text: &'t [u8],
    at: usize,
    steps: u64,
    keys: u64,
    /// A table to be used again.
    spare: Option<Vec<u32>>,
}

impl Scan<'_> {
    /// `None` where they cost too much.
    fn run(&mut self) -> Option<()> {
        // Objects; `None` for arrays.
        let mut open: Vec<Option<Object>> = Vec::new();
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'{' if open.len() < DEEPEST => open.push(Some(Object::default())),
                b'[' if open.len() < DEEPEST => open.push(None),
                b'{' | b'[' => return Some(()),
                b'}' | b']' => {
                    if let Some(Some(Object { chains, .. })) = open.pop()
                        && chains.is_some()
                    {
                        self.spare = chains;
                    }
                }
                b'"' => {
                    let hash = self.string();
                    if let Some(Some(object)) = open.last_mut()
                        && self.is_name()
                    {
                        self.count(object, hash)?;
                    }
                }
                _ => {}
            }
        }
        Some(())
    }

    /// Does a colon follow?
    fn is_name(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        rest.trim_ascii_start().first() == Some(&b':')
    }

    fn count(&mut self, object: &mut Object, hash: u64) -> Option<()> {
        object.count += 1;
        self.keys += 1;
        if object.count <= FEW {
            return Some(());
        }
        let spare = &mut self.spare;
        let chains = object.chains.get_or_insert_with(|| {
            let mut chains = spare.take().unwrap_or_default();
            chains.clear();
            chains.resize(1 << BITS, 0);
            chains
        });
        let chain = &mut chains[hash as usize & ((1 << BITS) - 1)];
        self.steps += u64::from(*chain);
        *chain += 1;
        (self.steps <= STEPS + STEPS_EACH * self.keys).then_some(())
    }

    /// Reads a text behind its first quote: PHP's hash of it as a key.
    fn string(&mut self) -> u64 {
        // DJBX33A, and the number that the text is, if it is one.
        let mut hash = 5381_u64;
        let mut number = Number::new();
        let mut take = |byte: u8| {
            hash = hash.wrapping_mul(33).wrapping_add(u64::from(byte));
            number.take(byte);
        };
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => {
                    let escape = self.text.get(self.at).copied().unwrap_or_default();
                    self.at += 1;
                    match escape {
                        b'b' => take(8),
                        b'f' => take(12),
                        b'n' => take(b'\n'),
                        b'r' => take(b'\r'),
                        b't' => take(b'\t'),
                        b'u' => {
                            let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
                            let code = digits.iter().fold(0, |code, digit| {
                                code << 4 | char::from(*digit).to_digit(16).unwrap_or_default()
                            });
                            self.at += digits.len();
                            // A pair of surrogates has four bytes in UTF-8; that these differ does no harm.
                            let c = char::from_u32(code).unwrap_or('\u{fffd}');
                            c.encode_utf8(&mut [0; 4]).bytes().for_each(&mut take);
                        }
                        other => take(other),
                    }
                }
                byte => take(byte),
            }
        }
        number.value().unwrap_or(hash)
    }
}

/// A text that PHP's arrays take for a number: a decimal without a zero before it.
struct Number {
    is_one: bool,
    is_negative: bool,
    digits: u32,
    value: u64,
}

impl Number {
    fn new() -> Self {
        Self {
            is_one: true,
            is_negative: false,
            digits: 0,
            value: 0,
        }
    }

    fn take(&mut self, byte: u8) {
        match byte {
            b'-' if self.digits == 0 && !self.is_negative => self.is_negative = true,
            b'0'..=b'9' if self.digits < 19 && !(self.digits > 0 && self.value == 0) => {
                self.digits += 1;
                self.value = self.value * 10 + u64::from(byte - b'0');
            }
            _ => self.is_one = false,
        }
    }

    fn value(&self) -> Option<u64> {
        let is_number = self.is_one && self.digits > 0 && !(self.is_negative && self.value == 0);
        (is_number && self.value <= i64::MAX as u64).then(|| match self.is_negative {
            true => self.value.wrapping_neg(),
            false => self.value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(keys: impl Iterator<Item = String>) -> String {
        let all: Vec<String> = keys.map(|key| format!("\"{key}\":1")).collect();
        format!("{{{}}}", all.join(","))
    }

    /// Texts of one hash: "Ez" and "FY" have the same, so has whatever is made of these.
    fn twins(n: u32) -> String {
        (0..16)
            .map(|bit| if n >> bit & 1 == 0 { "Ez" } else { "FY" })
            .collect()
    }

    #[test]
    fn keys_that_meet_are_refused() {
        let numbers = object((1..30_000_u64).map(|n| (n * 65536).to_string()));
        assert!(collide(numbers.as_bytes()));
        let negative = object((1..30_000_u64).map(|n| format!("-{}", n * 65536)));
        assert!(collide(negative.as_bytes()));
        assert!(collide(object((0..30_000).map(twins)).as_bytes()));
        let inside = format!("[1,{{\"a\":{numbers}}}]");
        assert!(collide(inside.as_bytes()));
        let escaped = object((1..30_000_u64).map(|n| format!("\\u0031{}", n * 65536 * 5)));
        let plain = object((1..30_000_u64).map(|n| format!("1{}", n * 65536 * 5)));
        assert_eq!(collide(escaped.as_bytes()), collide(plain.as_bytes()));
        let apart: Vec<String> = (0..12)
            .map(|_| object((1..3_000_u64).map(|n| (n * 65536).to_string())))
            .collect();
        assert!(!collide(apart[0].as_bytes()));
        assert!(collide(format!("[{}]", apart.join(",")).as_bytes()));
    }

    #[test]
    fn others_are_not() {
        assert!(!collide(
            object((0..200_000).map(|n: u32| n.to_string())).as_bytes()
        ));
        assert!(!collide(
            object((0..200_000).map(|n: u32| format!("name {n}"))).as_bytes()
        ));
        // Days in milliseconds, whose numbers end alike.
        let days = object((0..20_000_u64).map(|n| (n * 86_400_000).to_string()));
        assert!(!collide(days.as_bytes()));
        let texts: Vec<String> = (0..30_000_u64)
            .map(|n| format!("\"{}\"", n * 65536))
            .collect();
        assert!(!collide(format!("[{}]", texts.join(",")).as_bytes()));
        let values: Vec<String> = (0..30_000_u64)
            .map(|n| format!("\"{n}\":\"{}\"", n * 65536))
            .collect();
        assert!(!collide(format!("{{{}}}", values.join(",")).as_bytes()));
    }

    #[test]
    fn what_is_no_json_does_no_harm() {
        for text in ["\"\\", "{\"a\\u12", "{\"a\":", "]]}}", "\"\\u"] {
            let long = text.repeat(SHORTEST);
            assert!(!collide(long.as_bytes()), "{text}");
        }
        assert!(!collide("[".repeat(SHORTEST).as_bytes()));
    }
}
