//! Dates and times as JSON and queries carry them: ISO 8601 in the profile of RFC 3339.

/// What a text turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `2024-02-29`
    Date,
    /// `2024-02-29T12:30`, with seconds, a fraction and a zone where they are given.
    Time,
}

/// Reads `2024-02-29` or `2024-02-29T12:30:00.25+01:00` (also with a space, without seconds, without a
/// zone). `None` for everything else, and for days and times that do not exist.
#[must_use]
pub fn parse(text: &str) -> Option<Form> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_at_checked(10)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *date else {
        return None;
    };
    let year = pair(y1, y2)? * 100 + pair(y3, y4)?;
    let month = pair(m1, m2)?;
    let day = pair(d1, d2)?;
    if day == 0 || day > days(year, month)? {
        return None;
    }
    match rest {
        [] => Some(Form::Date),
        [b'T' | b't' | b' ', time @ ..] => time_of_day(time).map(|()| Form::Time),
        _ => None,
    }
}

fn pair(tens: u8, ones: u8) -> Option<u32> {
    let digit = |b: u8| b.is_ascii_digit().then(|| u32::from(b - b'0'));
    Some(digit(tens)? * 10 + digit(ones)?)
}

fn days(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    })
}

fn time_of_day(time: &[u8]) -> Option<()> {
    let [h1, h2, b':', m1, m2, rest @ ..] = time else {
        return None;
    };
    if pair(*h1, *h2)? > 23 || pair(*m1, *m2)? > 59 {
        return None;
    }
    let rest = match rest {
        [b':', s1, s2, rest @ ..] => {
            if pair(*s1, *s2)? > 59 {
                return None;
            }
            fraction(rest)?
        }
        rest => rest,
    };
    match *rest {
        [] | [b'Z' | b'z'] => Some(()),
        [b'+' | b'-', h1, h2, b':', m1, m2] | [b'+' | b'-', h1, h2, m1, m2] => {
            (pair(h1, h2)? <= 23 && pair(m1, m2)? <= 59).then_some(())
        }
        _ => None,
    }
}

/// What follows `.123`; a point needs one to nine digits.
fn fraction(rest: &[u8]) -> Option<&[u8]> {
    let [b'.', digits @ ..] = rest else {
        return Some(rest);
    };
    let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    (1..=9).contains(&count).then(|| &digits[count..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for text in ["2024-02-29", "2000-02-29", "1999-12-31", "0001-01-01"] {
            assert_eq!(parse(text), Some(Form::Date), "{text}");
        }
        for text in [
            "",
            "2024",
            "2024-2-9",
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-04-31",
            "2024-01-00",
            "24-01-01",
            "2024/01/01",
            "2024-01-01x",
            "today",
            "２０24-01-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn times() {
        for text in [
            "2024-02-29T12:30",
            "2024-02-29 12:30:59",
            "2024-02-29t23:59:59z",
            "2024-02-29T00:00:00.123456789+01:00",
            "2024-02-29T00:00:00-0530",
            "2024-02-29T12:30Z",
        ] {
            assert_eq!(parse(text), Some(Form::Time), "{text}");
        }
        for text in [
            "2024-02-29T",
            "2024-02-29T24:00",
            "2024-02-29T12:60",
            "2024-02-29T12:30:60",
            "2024-02-29T12:30:00.",
            "2024-02-29T12:30:00.1234567890",
            "2024-02-29T12:30+24:00",
            "2024-02-29T12:30+1",
            "2024-02-29T12:30:00 UTC",
            "2024-02-29T1:30",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
