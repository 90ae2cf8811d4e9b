# Thin on purpose: each target is a script in scripts/. PHP_CONFIG=/path/to/php-config chooses another PHP everywhere.

.PHONY: serve new test build install uninstall dist bench lint format stubs settings header conformance autobahn autobahn-client h2spec test-php test-trixie test-experimental test-fresh test-php-src stress chaos fuzz soak asan valgrind clean help

help:      ## this list
	@grep -hE '^[a-z-]+: *.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 24

serve:     ## build and run examples/notes at http://127.0.0.1:9501
	@scripts/serve
new:       ## an application to begin with: make new DIR=/path/to/application
	@scripts/new "$(DIR)"
test:      ## everything: Rust, phpt, recorded output, documentation, stubs, header, browser
	@scripts/test
build:     ## modules/highper.so
	@scripts/build
install:   ## into PHP's extension folder, with an ini file for the CLI
	@scripts/install
uninstall: ## take it out again
	@scripts/uninstall
dist:      ## dist/: one stripped .so per PHP found (PHP_CONFIGS="…" names them), with checksums
	@scripts/dist
bench:     ## figures beside the peer: SWOOLE_SO=/path/to/swoole.so
	@scripts/bench
lint:      ## formats, clippy, shell and PHP syntax, licences
	@scripts/lint
format:    ## rewrite the Rust sources in their format
	@cargo fmt --all
stubs:     ## php-stubs/ from the extension
	@scripts/stubs
settings:  ## docs/settings.md from the extension
	@scripts/settings
header:    ## include/highper.h from the sources
	@scripts/header
conformance: ## Swoole's own tests: TESTS=/path/to/swoole-src/tests RUNNER=… [ONLY=swoole_timer]
	@scripts/build
	@scripts/conformance
autobahn:  ## Autobahn's WebSocket cases, by Python 2.7: [AUTOBAHN_CASES='1.*,9.*']
	@scripts/build
	@scripts/autobahn
autobahn-client: ## the same against the clients
	@scripts/build
	@scripts/autobahn client
h2spec:    ## h2spec's HTTP/2 cases: H2SPEC=/path/to/h2spec
	@scripts/build
	@scripts/h2spec
test-php:  ## the phpt tests with another PHP, with each JIT: PHP_CONFIG=/path/to/php-config
	@scripts/test-php
test-trixie: ## the phpt tests with Debian 13's PHP 8.4, in a debootstrap folder below HIGHPER_BOXES (root)
	@scripts/test-trixie
test-experimental: ## the same with a PHP of Debian's experimental: MINOR=8.5 (root)
	@scripts/test-experimental $(MINOR)
test-fresh: ## serve, install, dist and PIE on a fresh Debian 12, in such a folder (root)
	@scripts/test-fresh
test-php-src: ## php-src's own tests in coroutines, every wait a switch: PHP_SRC=/path/to/php-src
	@scripts/test-php-src
stress:    ## interleaving, killed workers and reload, with 100,000 requests each
	@scripts/stress
chaos:     ## workers and the manager killed at random under load, CHAOS_KILLS times (default 300)
	@scripts/chaos
fuzz:      ## each fuzz target for FUZZ_SECONDS (default 60)
	@scripts/fuzz
soak:      ## SOAK_REQUESTS (default ten million) mixed requests, then the slope of memory
	@scripts/bench --case soak --requests $(or $(SOAK_REQUESTS),10000000)
asan:      ## the suite with AddressSanitizer
	@scripts/asan
valgrind:  ## the suite under Valgrind
	@scripts/valgrind
clean:     ## everything that was built
	@scripts/clean
