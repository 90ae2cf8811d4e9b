//! Lets unit tests link.
fn main() {
    // PHP provides the symbols; unit tests run without it and do not call them.
    println!("cargo:rustc-link-arg=-Wl,--unresolved-symbols=ignore-all,-z,lazy,--gc-sections");
}
