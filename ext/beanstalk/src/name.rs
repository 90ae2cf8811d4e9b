//! Names of tubes.

use crate::Error;

/// The longest name.
const LONGEST: usize = 200;

/// Is this the name of a tube? `doc/protocol.txt` of beanstalkd.
///
/// # Errors
/// That it is none.
pub(crate) fn check(tube: &[u8]) -> Result<(), Error> {
    let is_good = (1..=LONGEST).contains(&tube.len())
        && tube[0] != b'-'
        && tube
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-+/;.$_()".contains(byte));
    match is_good {
        true => Ok(()),
        false => Err(Error::usage(format!(
            "a tube's name has 1 to {LONGEST} letters, digits and -+/;.$_(), and does not begin with -; {:?} given",
            String::from_utf8_lossy(&tube[..tube.len().min(60)])
        ))),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names() {
        for good in ["default", "a-b+c/d;e.f$g_h(i)", "0", &"x".repeat(200)] {
            assert!(super::check(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a b", "a\r\nput", "ü", &"x".repeat(201)] {
            assert!(super::check(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
