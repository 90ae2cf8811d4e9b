//! What a server of MySQL sends, at the log-in and after it: an answer or an error, and the connection is not kept where it
//! is in the middle of something. The first byte says after how much of a right log-in the input begins.
#![no_main]

#[path = "talk/database.rs"]
mod database;

use database::Talk;
use libfuzzer_sys::fuzz_target;
use std::cell::OnceCell;

/// The greeting of a server with a log-in that every password passes, and a packet that says so.
fn log_in() -> Vec<u8> {
    let mut greeting = vec![10];
    greeting.extend(b"5.5.5-10.11\0\x01\0\0\0abcdefgh\0\xfe\xf7\x2d\x02\0\xff\x81\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0");
    greeting.extend(b"mysql_native_password\0");
    let mut bytes = (greeting.len() as u32).to_le_bytes().to_vec();
    bytes.extend(greeting);
    bytes.extend(b"\x07\0\0\x02\0\0\0\x02\0\0\0");
    bytes
}

thread_local! {
    static TALK: OnceCell<Talk> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let Some((first, input)) = data.split_first() else {
        return;
    };
    let log_in = log_in();
    let greeting = log_in.len() - 11;
    let begin = [&log_in[..], &log_in[..greeting], &[]][usize::from(first % 3)];
    TALK.with(|talk| {
        let talk = talk.get_or_init(|| Talk::new("mysql"));
        talk.hear(&[begin, input].concat());
    });
});
