use std::time::Instant;

use crate::fixture::*;

const ROUNDS: u32 = 30;
const CALLS: u32 = 50_000;

/// The fastest of several rounds, in nanoseconds a call.
fn fastest(mut call: impl FnMut()) -> f64 {
    let round = |_| {
        let start = Instant::now();
        (0..CALLS).for_each(|_| call());
        start.elapsed().as_nanos() as f64 / f64::from(CALLS)
    };
    (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min)
}

/// Run with `cargo test --profile quick -p highper-hook -- --ignored --nocapture cost`.
#[test]
#[ignore = "a measurement"]
fn cost_of_passing_through() {
    let _turn = Turn::new();
    let library = Library::load(&build(Build::Now, "cost"));
    let recv: extern "C" fn(i32, *mut u8, usize, i32) -> isize = library.get("f_recv");
    let send: extern "C" fn(i32, *const u8, usize, i32) -> isize = library.get("f_send");
    let close_: extern "C" fn(i32) -> i32 = library.get("f_close");
    let [a, b] = pair();
    let mut buffer = [0; 8];
    let bad = |buffer: &mut [u8; 8]| {
        recv(-1, buffer.as_mut_ptr(), 8, 0);
    };
    let there_and_back = |buffer: &mut [u8; 8]| {
        assert_eq!(send(a, buffer.as_ptr(), 8, 0), 8);
        assert_eq!(recv(b, buffer.as_mut_ptr(), 8, 0), 8);
    };
    set_in_coroutine(false);
    let mut measure = |what: &str| {
        let failing = fastest(|| bad(&mut buffer));
        let pair = fastest(|| there_and_back(&mut buffer));
        let closing = fastest(|| {
            close_(-1);
        });
        println!(
            "{what:<42} recv(-1) {failing:6.1} ns  send+recv {pair:6.1} ns  close(-1) {closing:6.1} ns"
        );
    };
    highper_hook::uninstall();
    measure("not patched");
    let start = Instant::now();
    let summary = highper_hook::patch();
    println!("patch(): {:?} for {summary:?}", start.elapsed());
    let start = Instant::now();
    highper_hook::refresh();
    println!("refresh() without news: {:?}", start.elapsed());
    measure("patched, no policy");
    install();
    measure("patched, outside coroutines");
    set_in_coroutine(true);
    measure("patched, in a coroutine, nothing to wait for");
    close(&[a, b]);
}
