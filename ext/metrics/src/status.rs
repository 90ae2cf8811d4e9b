//! Statuses of answers as small numbers.

/// Those that are counted each for itself.
const KNOWN: [u16; 35] = [
    101, 200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408,
    409, 410, 412, 413, 415, 416, 418, 421, 422, 428, 429, 431, 500, 501, 502, 503,
];
/// All numbers: the known ones, then a class each, `1xx` to `5xx`.
pub(crate) const COUNT: usize = KNOWN.len() + 5;

/// The number of a status from 100 on.
static TABLE: [u8; 500] = table();

const fn table() -> [u8; 500] {
    let mut table = [0; 500];
    let mut status = 0;
    while status < 500 {
        table[status] = (KNOWN.len() + status / 100) as u8;
        status += 1;
    }
    let mut at = 0;
    while at < KNOWN.len() {
        table[KNOWN[at] as usize - 100] = at as u8;
        at += 1;
    }
    table
}

/// The number of a status; one that is none counts as of the class 5xx.
#[inline]
pub(crate) fn number(status: u16) -> usize {
    let at = usize::from(status).wrapping_sub(100);
    usize::from(*TABLE.get(at).unwrap_or(&(COUNT as u8 - 1)))
}

/// `200` or `2xx`.
pub(crate) fn name(number: usize) -> String {
    match KNOWN.get(number) {
        Some(status) => status.to_string(),
        None => format!("{}xx", number - KNOWN.len() + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_number_and_a_name() {
        for status in 0..=u16::MAX {
            let number = number(status);
            assert!(number < COUNT);
            let name = name(number);
            if (100..600).contains(&status) {
                let class = format!("{}xx", status / 100);
                assert!(
                    name == status.to_string() || name == class,
                    "{status} is {name}"
                );
            } else {
                assert_eq!(name, "5xx");
            }
        }
        assert_eq!(
            [200, 404, 503, 299].map(|s| super::name(super::number(s))),
            ["200", "404", "503", "2xx"]
        );
    }
}
