//! What a statement looks like without its values, for messages.

/// Longer shapes are cut.
const LONGEST: usize = 500;

/// The statement with each literal as `?` and white space as one space, at most 500 bytes of it.
#[must_use]
pub fn shape(sql: &str) -> String {
    let bytes = sql.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len().min(LONGEST + 8));
    let mut at = 0;
    while at < bytes.len() && out.len() < LONGEST {
        let byte = bytes[at];
        match byte {
            b'\'' => {
                at = end_of_quoted(bytes, at, true);
                out.push(b'?');
            }
            b'$' if dollar_tag(bytes, at).is_some() => {
                let tag = dollar_tag(bytes, at).unwrap_or(1);
                let found = memchr::memmem::find(&bytes[at + tag..], &bytes[at..at + tag]);
                at = found.map_or(bytes.len(), |found| at + tag + found + tag);
                out.push(b'?');
            }
            b'"' | b'`' => {
                let end = end_of_quoted(bytes, at, false);
                out.extend_from_slice(&bytes[at..end]);
                at = end;
            }
            b'0'..=b'9' if !out.last().is_some_and(|b| is_word(*b) || *b == b'$') => {
                while at < bytes.len() && (is_word(bytes[at]) || bytes[at] == b'.') {
                    at += 1;
                }
                out.push(b'?');
            }
            _ if byte.is_ascii_whitespace() => {
                while at < bytes.len() && bytes[at].is_ascii_whitespace() {
                    at += 1;
                }
                if !out.is_empty() && at < bytes.len() {
                    out.push(b' ');
                }
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    let mut text = String::from_utf8_lossy(&out).into_owned();
    if at < bytes.len() || text.len() > LONGEST {
        let mut end = LONGEST.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Behind the closing quote of what is quoted from here; the end where there is none.
pub(crate) fn end_of_quoted(bytes: &[u8], from: usize, escapes: bool) -> usize {
    let quote = bytes[from];
    let mut at = from + 1;
    while at < bytes.len() {
        if bytes[at] == b'\\' && escapes {
            at += 2;
        } else if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

/// The length of PostgreSQL's `$tag$` that begins here.
pub(crate) fn dollar_tag(bytes: &[u8], at: usize) -> Option<usize> {
    if at > 0 && is_word(bytes[at - 1]) {
        return None;
    }
    let mut end = at + 1;
    while end < bytes.len() && is_word(bytes[end]) {
        end += 1;
    }
    let is_tag = bytes.get(end) == Some(&b'$') && !bytes.get(at + 1)?.is_ascii_digit();
    is_tag.then_some(end + 1 - at)
}

/// The message of a database without the values that it quotes: those are the statement's.
#[must_use]
pub fn without_values(message: &str) -> String {
    // What stands before a value, and what behind it.
    const BEFORE: [&str; 9] = [
        "Duplicate entry '",
        "value: '",
        "value: \"",
        "value '",
        "value \"",
        "near '",
        "near \"",
        "syntax for type",
        ": \"",
    ];
    const BEHIND: [&str; 6] = [
        "' for key",
        "' for column",
        "' at row",
        "' at line",
        "\": syntax error",
        "\" is out of range",
    ];
    let found = BEFORE
        .iter()
        .filter_map(|before| message.find(before).map(|at| (at, *before)))
        .min();
    let Some((at, before)) = found else {
        return message.to_owned();
    };
    let from = if before.ends_with(['\'', '"']) {
        at + before.len()
    } else {
        // `invalid input syntax for type integer: "…"`
        match message[at..].find(": \"") {
            Some(more) => at + more + 3,
            None => return message.to_owned(),
        }
    };
    let to = BEHIND
        .iter()
        .filter_map(|behind| message[from..].rfind(behind).map(|at| from + at))
        .max()
        .unwrap_or_else(|| {
            message[from..]
                .rfind(['\'', '"'])
                .map_or(message.len(), |at| from + at)
        });
    format!("{}…{}", &message[..from], &message[to..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_left_out() {
        assert_eq!(
            shape(
                "SELECT *\n  FROM t1 WHERE a = 'it''s' AND b=12.5 AND c = \"d\" AND e IN (?, $2, :x)"
            ),
            "SELECT * FROM t1 WHERE a = ? AND b=? AND c = \"d\" AND e IN (?, $2, :x)"
        );
        assert_eq!(
            shape(r"INSERT INTO x VALUES ('a\'b', 0x1F, $q$ it's $q$)"),
            "INSERT INTO x VALUES (?, ?, ?)"
        );
        assert_eq!(shape("SELECT 'open"), "SELECT ?");
        assert!(shape(&"ä".repeat(600)).ends_with('…'));
    }

    #[test]
    fn messages_lose_their_values() {
        for (message, clean) in [
            (
                "Duplicate entry 'O'Brien' for key 'name'",
                "Duplicate entry '…' for key 'name'",
            ),
            (
                "Incorrect integer value: 'x' for column `d`.`t`.`c` at row 1",
                "Incorrect integer value: '…' for column `d`.`t`.`c` at row 1",
            ),
            (
                "invalid input syntax for type integer: \"secret\"",
                "invalid input syntax for type integer: \"…\"",
            ),
            ("near \"FORM\": syntax error", "near \"…\": syntax error"),
            (
                "relation \"notes\" does not exist",
                "relation \"notes\" does not exist",
            ),
        ] {
            assert_eq!(without_values(message), clean);
        }
    }
}
