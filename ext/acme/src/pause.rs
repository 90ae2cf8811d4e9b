//! How long to wait: until a renewal, and after a failure.

use crate::Failure;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The longest pause after a failure of a name.
const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// The longest where nobody was there to ask.
const LONGEST_AWAY: Duration = Duration::from_secs(600);

/// Somewhere from 0 to 1, another place each time.
pub(crate) fn chance() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

/// When a certificate that is valid from and until these seconds is to be renewed: with a third of its life left, or a little
/// earlier, so that servers that began together don't ask together.
pub(crate) fn renewal((from, until): (i64, i64), chance: f64) -> i64 {
    let life = (until - from).max(0) as f64;
    until - (life / 3.0 + life / 30.0 * chance) as i64
}

/// The pause after so many failures in a row. Authorities let a name fail five times an hour: the pauses of a minute, three,
/// nine, twenty-seven stay below that. Nobody counts where nobody answered.
pub(crate) fn after(failure: &Failure, failures: u32, first: Duration, chance: f64) -> Duration {
    let (factor, longest) = match failure.is_away {
        true => (2.0_f64, LONGEST_AWAY),
        false => (3.0, LONGEST),
    };
    let exponent = i32::try_from(failures.saturating_sub(1).min(30)).unwrap_or(30);
    let seconds = first.as_secs_f64() * factor.powi(exponent);
    let seconds = seconds.min(longest.as_secs_f64().max(first.as_secs_f64()));
    let own = Duration::from_secs_f64(seconds * (1.0 + chance / 10.0));
    own.max(failure.retry_after.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_listen() {
        let minute = Duration::from_secs(60);
        let mut failure = Failure::new("no");
        let all: Vec<u64> = (1..8)
            .map(|n| after(&failure, n, minute, 0.0).as_secs())
            .collect();
        assert_eq!(all, [60, 180, 540, 1620, 4860, 14580, 21600]);
        failure.retry_after = Some(Duration::from_secs(100));
        assert_eq!(after(&failure, 1, minute, 0.0).as_secs(), 100);
        assert_eq!(after(&failure, u32::MAX, minute, 1.0).as_secs(), 23760);
        failure.is_away = true;
        failure.retry_after = None;
        assert_eq!(after(&failure, 9, minute, 0.0).as_secs(), 600);
    }

    #[test]
    fn a_third_is_left() {
        assert_eq!(renewal((0, 900), 0.0), 600);
        assert_eq!(renewal((0, 900), 1.0), 570);
        assert_eq!(renewal((900, 0), 0.5), 0);
        assert!((0.0..1.0).contains(&chance()));
    }
}
