//! Nanoseconds of a coroutine's whole life and of a yield, without a virtual machine.

use highper_engine::{self as engine, Ending, clock};

fn main() {
    let end = engine::run(
        || {
            engine::spawn(|| {
                const N: u64 = 2_000_000;
                let start = clock::now();
                for _ in 0..N {
                    engine::spawn(|| Ending::Returned).expect("a stack");
                }
                println!("create, run, end: {} ns", (clock::now() - start) / N);
                let other = engine::spawn(|| {
                    loop {
                        if engine::suspend() != engine::Wake::Ready {
                            return Ending::Returned;
                        }
                    }
                })
                .expect("a stack");
                let start = clock::now();
                for _ in 0..N {
                    engine::resume(other);
                }
                println!("resume and yield: {} ns", (clock::now() - start) / N);
                engine::cancel(other).expect("it waits");
                Ending::Returned
            })
            .expect("a stack");
        },
        || false,
    );
    println!("{:?}", end.expect("a loop"));
}
