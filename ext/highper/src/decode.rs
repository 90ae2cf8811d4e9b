//! JSON of request bodies, read straight into PHP's values.
//!
//! What is usual is read here, at a quarter of the price. For everything else, and for what is wrong, PHP's own decoder is
//! asked, so that there is one opinion about what JSON is.

use highper_zend::{Array, Str, Value};

/// As `json_decode($body, true, 512)`. `None` where that is to be asked: the text is no JSON, is nested too deep, or has
/// something unusual in it.
pub(crate) fn decode(body: &[u8]) -> Option<Value> {
    std::str::from_utf8(body).ok()?;
    let mut reader = Reader {
        text: body,
        at: 0,
        depth: 0,
        scratch: Vec::new(),
    };
    let value = reader.value()?;
    reader.space();
    (reader.at == body.len()).then_some(value)
}

/// Arrays and objects in each other: with a depth of 512 PHP takes so many.
const DEEPEST: u32 = 511;

struct Reader<'t> {
    /// It is UTF-8.
    text: &'t [u8],
    at: usize,
    depth: u32,
    /// A text with escapes, decoded.
    scratch: Vec<u8>,
}

impl<'t> Reader<'t> {
    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    /// The next byte that is no space, taken.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        self.space();
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn value(&mut self) -> Option<Value> {
        match self.next()? {
            b'"' => {
                let text = self.string()?;
                Some(self.text_of(text).into())
            }
            b'{' => self.object(),
            b'[' => self.array(),
            b't' => self.word(b"rue", Value::bool(true)),
            b'f' => self.word(b"alse", Value::bool(false)),
            b'n' => self.word(b"ull", Value::null()),
            b'-' | b'0'..=b'9' => self.number(self.at - 1),
            _ => None,
        }
    }

    fn word(&mut self, rest: &[u8], value: Value) -> Option<Value> {
        let found = self.text.get(self.at..)?.starts_with(rest);
        self.at += rest.len();
        found.then_some(value)
    }

    fn deeper(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= DEEPEST).then_some(())
    }

    fn object(&mut self) -> Option<Value> {
        self.deeper()?;
        let mut object = Array::new();
        let mut next = self.next()?;
        if next != b'}' {
            loop {
                if next != b'"' {
                    return None;
                }
                let key = self.string()?;
                // Escapes in names are rare, and the next text would overwrite this one.
                let Text::Plain(key) = key else {
                    return None;
                };
                if self.next()? != b':' {
                    return None;
                }
                let value = self.value()?;
                object.set_symbol(key, value);
                match self.next()? {
                    b',' => next = self.next()?,
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        self.depth -= 1;
        Some(object.into())
    }

    fn array(&mut self) -> Option<Value> {
        self.deeper()?;
        let mut array = Array::new();
        self.space();
        if self.text.get(self.at) == Some(&b']') {
            self.at += 1;
        } else {
            loop {
                array.push(self.value()?);
                match self.next()? {
                    b',' => {}
                    b']' => break,
                    _ => return None,
                }
            }
        }
        self.depth -= 1;
        Some(array.into())
    }

    fn text_of(&self, text: Text<'_>) -> Str {
        match text {
            Text::Plain(bytes) => Str::new(bytes),
            Text::Escaped => Str::new(&self.scratch),
        }
    }

    /// The rest of a text, behind its first quote.
    fn string(&mut self) -> Option<Text<'t>> {
        let start = self.at;
        let rest = self.text.get(start..)?;
        let length = rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
        self.at += length;
        match rest[length] {
            b'"' => {
                self.at += 1;
                Some(Text::Plain(&rest[..length]))
            }
            b'\\' => self.escaped(start),
            _ => None,
        }
    }

    /// A text from its first escape on.
    fn escaped(&mut self, start: usize) -> Option<Text<'t>> {
        self.scratch.clear();
        let before = self.text.get(start..self.at)?;
        self.scratch.extend_from_slice(before);
        loop {
            let byte = *self.text.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return Some(Text::Escaped),
                b'\\' => self.escape()?,
                0..0x20 => return None,
                byte => self.scratch.push(byte),
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        self.scratch.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                let mut code = 0;
                for digit in digits {
                    code = code * 16 + char::from(*digit).to_digit(16)?;
                }
                self.at += 4;
                // Pairs of surrogates are none.
                let c = char::from_u32(code)?;
                self.scratch
                    .extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Some(());
            }
            _ => return None,
        });
        Some(())
    }

    /// A number whose first byte is taken.
    fn number(&mut self, start: usize) -> Option<Value> {
        let is_digit = |b: Option<&u8>| b.is_some_and(u8::is_ascii_digit);
        let first = start + usize::from(self.text[start] == b'-');
        self.at = first;
        while is_digit(self.text.get(self.at)) {
            self.at += 1;
        }
        let digits = self.text.get(first..self.at)?;
        if digits.is_empty() || (digits[0] == b'0' && digits.len() > 1) {
            return None;
        }
        if !matches!(self.text.get(self.at), Some(b'.' | b'e' | b'E')) {
            // -0 is a float to PHP, and more digits may not fit.
            if digits.len() > 18 || (first > start && digits == b"0") {
                return None;
            }
            let number = digits.iter().fold(0, |number: i64, digit| {
                number * 10 + i64::from(digit - b'0')
            });
            return Some(Value::long(if first > start { -number } else { number }));
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            if !is_digit(self.text.get(self.at)) {
                return None;
            }
            while is_digit(self.text.get(self.at)) {
                self.at += 1;
            }
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            if !is_digit(self.text.get(self.at)) {
                return None;
            }
            while is_digit(self.text.get(self.at)) {
                self.at += 1;
            }
        }
        let text = std::str::from_utf8(self.text.get(start..self.at)?).ok()?;
        let number: f64 = text.parse().ok()?;
        number.is_finite().then(|| Value::double(number))
    }
}

/// A text as it was read.
enum Text<'t> {
    Plain(&'t [u8]),
    /// It is in the reader's scratch.
    Escaped,
}
