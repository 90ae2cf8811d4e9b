# Sourced by every task: where things are, and which PHP is meant.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# Another module than the built one: what scripts/test drives has test classes in it, too.
MODULE=${HIGHPER_MODULE:-$ROOT/modules/highper.so}
# The crates whose unit tests link without PHP. All the others are driven through PHP, by php-tests/.
RUST_CRATES=(highper-app highper-db highper-engine highper-hook highper-http highper-http1 highper-log highper-message highper-net highper-process highper-shm highper-tls)
BUILD_PACKAGES=(php-cli php-dev php-sqlite3 gcc libc6-dev make clang libclang-dev)
# Debian's cargo is too old; rustup is the way that works everywhere.
CARGO_HINT='cargo is missing: curl --proto =https --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y && . ~/.cargo/env'

say() { printf '%s\n' "highper: $*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif have sudo; then sudo "$@"
    else die "root or sudo is needed for: $*"
    fi
}

# Installs Debian packages. Callers ask first whether the thing itself is there, so that a second run asks apt nothing.
install_packages() {
    have apt-get || die "please install (Debian's names): $*"
    say "installing $*"
    if [ -z "${APT_UPDATED:-}" ]; then
        as_root apt-get update -qq || die "apt-get update failed; install these by hand: $*"
        APT_UPDATED=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        die "apt-get install failed; install these by hand: $*"
}

has_libclang() {
    compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null || compgen -G '/usr/lib/*/libclang*.so*' >/dev/null ||
        compgen -G '/usr/lib*/libclang*.so*' >/dev/null || [ -n "${LIBCLANG_PATH:-}" ]
}

has_extension() { "$1" -r 'exit(extension_loaded($argv[1]) ? 0 : 1);' "$2" >/dev/null 2>&1; }

need_cargo() {
    if ! have cargo; then
        # A shell that was open while rustup ran does not have it in its path yet.
        if [ -x "$HOME/.cargo/bin/cargo" ]; then PATH=$HOME/.cargo/bin:$PATH; else die "$CARGO_HINT"; fi
    fi
}

# Finds PHP and what the build wants; installs what is missing unless another PHP was asked for.
need_php() {
    local missing=()
    PHP_CHOSEN=''
    if [ -n "${PHP_CONFIG:-}" ]; then
        have "$PHP_CONFIG" || die "PHP_CONFIG=$PHP_CONFIG cannot be run; give the path of a php-config"
        PHP_CONFIG=$(command -v "$PHP_CONFIG")
        # The machine's own, by whatever name, is not another one.
        if [ "$(realpath "$PHP_CONFIG")" != "$(realpath "$(command -v php-config || echo none)")" ]; then PHP_CHOSEN=1; fi
    else
        have php || missing+=(php-cli)
        have php-config || missing+=(php-dev)
        # Where there is no PHP yet, there is no pdo_sqlite either.
        if ! have php || ! has_extension php pdo_sqlite; then missing+=(php-sqlite3); fi
    fi
    have cc || missing+=(gcc libc6-dev)
    have make || missing+=(make)
    has_libclang || missing+=(clang libclang-dev)
    if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
    PHP_CONFIG=${PHP_CONFIG:-$(command -v php-config)} || die "php-dev installed no php-config"
    PHP=$("$PHP_CONFIG" --php-binary)
    [ -x "$PHP" ] || PHP=$("$PHP_CONFIG" --prefix)/bin/php
    [ -x "$PHP" ] || die "$PHP_CONFIG names no PHP binary that can be run ($PHP)"
    local about
    about=$("$PHP" -n -r 'echo PHP_VERSION_ID, " ", PHP_VERSION, " ", (int) PHP_ZTS, " ", (int) PHP_DEBUG;') || die "$PHP does not run"
    read -r PHP_ID PHP_VERSION PHP_ZTS PHP_DEBUG <<<"$about"
    [ "$PHP_ID" -ge 80200 ] || die "PHP $PHP_VERSION ($PHP) is too old: Highper needs 8.2 or newer; PHP_CONFIG=… chooses another"
    [ "$PHP_ZTS" = 0 ] || die "$PHP is a thread-safe (ZTS) build: Highper needs an NTS one; PHP_CONFIG=… chooses another"
    [ "$("$PHP_CONFIG" --vernum)" = "$PHP_ID" ] || die "$PHP_CONFIG and $PHP are of different versions"
    # Cargo is told only of another PHP: a build by hand, without these, then shares all of its work.
    if [ -n "$PHP_CHOSEN" ]; then export PHP PHP_CONFIG; else export -n PHP PHP_CONFIG; fi
}

# Each other PHP keeps a build folder of its own, so that changing between them rebuilds nothing.
target_folder() {
    local folder=${CARGO_TARGET_DIR:-$ROOT/target}
    if [ -n "${PHP_CHOSEN:-}" ]; then folder=$folder/php-$PHP_ID-$(printf '%s' "$PHP_CONFIG" | cksum | cut -d' ' -f1); fi
    printf '%s' "$folder"
}

# build_extension [profile]: builds and puts the result at $MODULE.
build_extension() {
    local profile=${1:-release} folder built new
    folder=$(target_folder)
    # shellcheck disable=SC2086
    CARGO_TARGET_DIR=$folder cargo build --quiet --profile "$profile" ${CARGO_FLAGS:-} -p highper >&2 ||
        die "the build failed (PHP $PHP_VERSION, $PHP_CONFIG)"
    built=$folder/$profile/libhighper.so
    [ -f "$built" ] || die "cargo made no $built"
    if ! cmp -s "$built" "$MODULE"; then
        mkdir -p "$(dirname "$MODULE")"
        # A rename, because a running PHP has the old file mapped.
        new=$MODULE.$$
        cp "$built" "$new" && mv -f "$new" "$MODULE"
    fi
}

prepare() { need_cargo; need_php; build_extension "${HIGHPER_PROFILE:-release}"; }

# The same with the classes that php-tests/zend drives, beside the one that is meant for use.
prepare_tests() {
    # What the tests talk to; without it they would be skipped. Another PHP than the machine's own has packages of its own.
    local wanted=()
    if have apt-get && [ -z "${PHP_CONFIG:-}" ]; then
        have redis-server || wanted+=(redis-server)
        have mariadbd || [ -x /usr/sbin/mariadbd ] || wanted+=(mariadb-server)
        have php && has_extension php redis || wanted+=(php-redis)
        have php && has_extension php mysqli || wanted+=(php-mysql)
        have php && has_extension php curl || wanted+=(php-curl)
        have php && has_extension php mbstring || wanted+=(php-mbstring)
        have php-cgi || wanted+=(php-cgi)
        compgen -c php-fpm >/dev/null || compgen -G '/usr/sbin/php-fpm*' >/dev/null || wanted+=(php-fpm)
        have openssl || wanted+=(openssl)
        [ -f /usr/share/php/Illuminate/Database/autoload.php ] || wanted+=(php-illuminate-database)
        [ -f /usr/share/php/Doctrine/DBAL/autoload.php ] || wanted+=(php-doctrine-dbal)
        [ -f /usr/share/php/GuzzleHttp/autoload.php ] || wanted+=(php-guzzlehttp-guzzle)
        # For php-tests/extensions: what they load by themselves is only asked for by its file.
        local folder program extension
        folder=$(php -r 'echo ini_get("extension_dir");' 2>/dev/null || true)
        for extension in amqp apcu igbinary imagick imap intl ldap memcached mongodb msgpack odbc pgsql soap ssh2 xml; do
            [ -f "$folder/$extension.so" ] || wanted+=("php-$extension")
        done
        for program in beanstalkd memcached slapd vsftpd; do
            have $program || [ -x /usr/sbin/$program ] || wanted+=($program)
        done
        for program in amqplib:PhpAmqpLib predis:Predis symfony-http-client:Symfony/Component/HttpClient twig:Twig; do
            [ -f "/usr/share/php/${program#*:}/autoload.php" ] || wanted+=("php-${program%%:*}")
        done
        [ -f /usr/share/php/Nyholm/Psr7/autoload.php ] || wanted+=(php-nyholm-psr7)
        have ss || wanted+=(iproute2)
        have sshd || [ -x /usr/sbin/sshd ] || wanted+=(openssh-server)
        have dovecot || [ -x /usr/sbin/dovecot ] || wanted+=(dovecot-imapd)
        have rabbitmq-server || [ -x /usr/sbin/rabbitmq-server ] || wanted+=(rabbitmq-server)
        compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || wanted+=(postgresql)
        compgen -G '/usr/lib/*/odbc/libmaodbc.so' >/dev/null || wanted+=(odbc-mariadb)
        compgen -G '/usr/lib/*/odbc/psqlodbcw.so' >/dev/null || wanted+=(odbc-postgresql)
        [ ${#wanted[@]} = 0 ] || install_packages "${wanted[@]}"
    fi
    MODULE=$ROOT/build/test/highper.so
    CARGO_FLAGS="${CARGO_FLAGS:-} --features selftest"
    prepare
    CARGO_FLAGS=${CARGO_FLAGS% --features selftest}
    export HIGHPER_MODULE=$MODULE HIGHPER_BUILT=1
}

# The arguments that make this PHP load the module that was built, whatever is installed. Sets PHP_ARGS.
php_arguments() {
    PHP_ARGS=(-d "extension=$MODULE")
    if [ -z "${PHP_INI_SCAN_DIR+set}" ] && has_extension "$PHP" highper; then
        die "highper is already loaded by an ini file of $PHP; run make uninstall to use the one of this folder"
    fi
}
