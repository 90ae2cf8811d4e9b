//! Nothing to decide: the scripts find PHP, and the border crate compiles against it.
fn main() {}
