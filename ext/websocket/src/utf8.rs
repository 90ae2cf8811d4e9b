//! UTF-8 that comes in parts.

/// Checks a text that comes in parts, so that the first wrong byte is found when it comes.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Checker {
    /// The beginning of a character whose rest is to come.
    begun: [u8; 4],
    length: u8,
}

impl Checker {
    /// Looks at the next part. False: this is no UTF-8, whatever follows.
    pub(crate) fn feed(&mut self, mut part: &[u8]) -> bool {
        while self.length > 0 {
            let Some((first, rest)) = part.split_first() else {
                return true;
            };
            let length = usize::from(self.length);
            self.begun[length] = *first;
            part = rest;
            match std::str::from_utf8(&self.begun[..=length]) {
                Ok(_) => self.length = 0,
                Err(error) if error.error_len().is_none() => self.length += 1,
                Err(_) => return false,
            }
        }
        match std::str::from_utf8(part) {
            Ok(_) => true,
            Err(error) if error.error_len().is_none() => {
                let rest = &part[error.valid_up_to()..];
                self.begun[..rest.len()].copy_from_slice(rest);
                self.length = rest.len() as u8;
                true
            }
            Err(_) => false,
        }
    }

    /// Is the text complete here?
    pub(crate) fn is_whole(self) -> bool {
        self.length == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_whole_however_it_is_cut() {
        let texts: [&[u8]; 10] = [
            "häß, κόσμε, 日本, 𝄞!".as_bytes(),
            b"\xc0\xaf",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"\xe6\x97",
            b"\xf0\x9d\x84\x9e\xf0\x9d\x84",
            b"\x80",
            b"a\xffb",
            b"\xf5",
            b"",
        ];
        for text in texts {
            let valid = std::str::from_utf8(text).is_ok();
            for first in 0..=text.len() {
                for second in first..=text.len() {
                    let mut checker = Checker::default();
                    let parts = [&text[..first], &text[first..second], &text[second..]];
                    let fed = parts.iter().all(|part| checker.feed(part));
                    assert_eq!(
                        fed && checker.is_whole(),
                        valid,
                        "{text:x?} at {first}, {second}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_first_wrong_byte_is_found_at_once() {
        let mut checker = Checker::default();
        assert!(checker.feed(b"\xf4"));
        assert!(!checker.feed(b"\x90"));
    }
}
