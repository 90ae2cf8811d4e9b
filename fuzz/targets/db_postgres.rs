//! What a server of PostgreSQL sends, at the log-in and after it: an answer or an error, and the connection is not kept
//! where it is in the middle of something. The first byte says whether the input begins after a right log-in.
#![no_main]

#[path = "talk/database.rs"]
mod database;

use database::Talk;
use libfuzzer_sys::fuzz_target;
use std::cell::OnceCell;

const LOG_IN: &[u8] = b"R\0\0\0\x08\0\0\0\0K\0\0\0\x0c\0\0\0\x01\0\0\0\x02Z\0\0\0\x05I";

thread_local! {
    static TALK: OnceCell<Talk> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let Some((first, input)) = data.split_first() else {
        return;
    };
    let begin = [LOG_IN, &[]][usize::from(first % 2)];
    TALK.with(|talk| {
        let talk = talk.get_or_init(|| Talk::new("postgres"));
        talk.hear(&[begin, input].concat());
    });
});
