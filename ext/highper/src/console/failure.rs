//! An exception that ended a command, on standard error.

use highper_app::console::{Failure, show as text_of};
use highper_zend::Object;
use std::io::Write;

/// More causes than anybody reads.
const MOST: usize = 8;

/// Shows it with place, trace and causes.
pub(super) fn show(object: &Object) {
    let mut chain = vec![read(object)];
    let mut previous = object.exception_previous();
    while let Some(object) = previous.filter(|_| chain.len() < MOST) {
        chain.push(read(&object));
        previous = object.exception_previous();
    }
    let source = |file: &str| std::fs::read_to_string(file).ok();
    let text = text_of(&chain, source, super::style_of_errors());
    // Who has closed standard error wants to know nothing.
    let _closed = std::io::stderr().write_all(text.as_bytes());
}

fn read(object: &Object) -> Failure {
    let (file, line) = object.exception_location();
    Failure {
        class: object.class_name().to_owned(),
        message: object.exception_message().to_string_lossy().into_owned(),
        file,
        line: usize::try_from(line).unwrap_or(0),
        trace: object.exception_trace(),
    }
}
