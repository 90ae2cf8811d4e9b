//! The settings `swoole.blocking_detection` and `swoole.blocking_threshold`: coroutines that hold the loop are told of.

use highper_runtime::detector::{self, Held};
use highper_zend::{Access, Ini, Registry, ini};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// Microseconds from which on a call is told of.
const THRESHOLD: &str = "100000";

/// Declares the settings.
pub fn declare(registry: &mut Registry) {
    registry
        .setting(Ini::bool(
            "swoole.blocking_detection",
            false,
            Access::System,
            "Tells of calls, and of PHP code, that hold the loop in a coroutine.",
        ))
        .setting(Ini::new(
            "swoole.blocking_threshold",
            THRESHOLD,
            Access::System,
            "From how many microseconds on.",
        ))
        .on_request_start(|| {
            if ini::bool("swoole.blocking_detection") {
                let microseconds = ini::string("swoole.blocking_threshold").trim().parse();
                let threshold = Duration::from_micros(microseconds.unwrap_or(100_000));
                if let Err(cause) = detector::enable(threshold, Arc::new(tell)) {
                    eprintln!("swoole.blocking_detection: there is no thread for it: {cause}");
                }
            }
        });
}

/// On the standard output, as Swoole does.
fn tell(held: &Held<'_>) {
    let time = grouped(held.time.as_micros());
    let (id, function) = (held.coroutine, held.function);
    let what = match held.is_call {
        true => format!(
            "Detected blocking I/O in Coroutine#{id}, internal function `{function}()` blocked for {time} us so far"
        ),
        false => format!(
            "Detected blocking code in Coroutine#{id}, function `{function}()` at {} runs for {time} us so far",
            held.place
        ),
    };
    let text = format!(" >>> [{what}]\n{}\n", held.trace.trim_end());
    let mut out = std::io::stdout().lock();
    if let Err(cause) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        eprint!("standard output: {cause}: {text}");
    }
}

/// 1234567 as "1,234,567".
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        let all = [0, 999, 1000, 100_412, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "999", "1,000", "100,412", "1,234,567"]);
    }
}
