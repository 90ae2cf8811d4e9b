//! Compiles the C shim against the headers of the PHP that `php-config` names.
use std::process::Command;

fn main() {
    // PHP provides the symbols. Unit tests run without it: they may only reach
    // code that does not call it, the rest is left out by the linker.
    println!("cargo:rustc-link-arg=-Wl,--unresolved-symbols=ignore-all");
    println!("cargo:rerun-if-env-changed=PHP_CONFIG");
    println!("cargo:rerun-if-changed=shim");
    let php_config = std::env::var("PHP_CONFIG").unwrap_or_else(|_| "php-config".into());
    let run = |arg: &str| {
        let out = Command::new(&php_config)
            .arg(arg)
            .output()
            .unwrap_or_else(|e| {
                panic!("cannot run {php_config} {arg}: {e}; install php-dev or set PHP_CONFIG")
            });
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    };
    let vernum: u32 = run("--vernum").parse().unwrap_or(0);
    assert!(
        vernum >= 80200,
        "PHP 8.2 or newer is needed, {php_config} reports {vernum}"
    );
    for (gate, from) in [
        ("php83", 80300),
        ("php84", 80400),
        ("php85", 80500),
        ("php86", 80600),
    ] {
        println!("cargo:rustc-check-cfg=cfg({gate})");
        if vernum >= from {
            println!("cargo:rustc-cfg={gate}");
        }
    }
    let mut build = cc::Build::new();
    for flag in run("--includes").split_whitespace() {
        build.flag(flag);
    }
    let mut files: Vec<_> = std::fs::read_dir("shim")
        .map(|dir| dir.filter_map(Result::ok).map(|e| e.path()).collect())
        .unwrap_or_default();
    files.retain(|p: &std::path::PathBuf| p.extension().is_some_and(|e| e == "c"));
    files.sort();
    if !files.is_empty() {
        build
            .files(files)
            .define("ZEND_ENABLE_STATIC_TSRMLS_CACHE", None)
            .flag("-std=gnu11")
            .flag("-Wall")
            .flag("-Wextra")
            .flag("-Wno-unused-parameter")
            .flag("-Werror=implicit-function-declaration")
            .force_frame_pointer(false)
            .flag("-fomit-frame-pointer")
            // Two globals read as one wide word, just after one of them was written, wait for that write.
            .flag_if_supported("-fno-tree-slp-vectorize")
            .flag_if_supported("-fno-slp-vectorize")
            .opt_level(3)
            .compile("highper_shim");
    }
}
