//! Looking up names.

use crate::coroutine::waiting;
use crate::error_code;
use highper_engine::Wake;
use highper_runtime::resolver::{self, Failure, Family};
use highper_zend::{Array, Call, Class, Done, Function, Registry, error};

const AF_INET: i64 = 2;
const AF_INET6: i64 = 10;
const IPPROTO_TCP: i64 = 6;
const SOCK_STREAM: i64 = 1;

pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public static function gethostbyname(string $domain_name, int $type = 2, float $timeout = -1): string|false",
            "A name's first address, as the system's resolver knows it.",
            by_name,
        )
        .method(
            "public static function getaddrinfo(string $domain, int $family = 2, int $socktype = 1, int $protocol = STREAM_IPPROTO_TCP, ?string $service = null, float $timeout = -1): array|bool",
            "All addresses of a name, as the system's resolver knows them.",
            all,
        )
        .method(
            "public static function dnsLookup(string $domain_name, float $timeout = 60, int $type = 2): string|false",
            "A name's first address, by the hosts file or by a question to the name server.",
            look_up,
        )
}

pub(super) fn declare(registry: &mut Registry) {
    registry.function(Function::new(
        "function swoole_async_dns_lookup_coro(string $domain_name, float $timeout = 60, int $type = 2): string|false",
        "The same as Coroutine\\System::dnsLookup().",
        look_up,
    ));
}

fn family(number: i64) -> Result<Option<Family>, highper_zend::Throw> {
    match number {
        AF_INET => Ok(Some(Family::V4)),
        AF_INET6 => Ok(Some(Family::V6)),
        _ => {
            error::warning("unknown protocol family, must be AF_INET or AF_INET6")?;
            Ok(None)
        }
    }
}

fn by_name(call: &mut Call) -> Done {
    waiting::in_coroutine()?;
    let name = call.text(0)?.to_owned();
    let number = call.opt_long(1, AF_INET)?;
    let seconds = call.opt_double(2, -1.0)?;
    if name.is_empty() {
        error::warning("domain name is empty")?;
        return call.ret_bool(false);
    }
    let Some(family) = family(number)? else {
        return call.ret_bool(false);
    };
    waiting::can_wait()?;
    let found = resolver::address(&name, family, waiting::deadline(seconds));
    waiting::resumed()?;
    match found {
        Ok(address) => call.ret_str(address.to_string()),
        Err(Failure::Ended(Wake::Timeout)) => {
            highper_runtime::set_last_error(error_code::DNSLOOKUP_RESOLVE_TIMEOUT);
            call.ret_bool(false)
        }
        Err(failure) => refuse(call, failure),
    }
}

fn refuse(call: &Call, failure: Failure) -> Done {
    match failure {
        Failure::Failed => {
            highper_runtime::set_last_error(error_code::DNSLOOKUP_RESOLVE_FAILED);
        }
        Failure::NoServer => highper_runtime::set_last_error(error_code::DNSLOOKUP_NO_SERVER),
        Failure::Ended(reason) => {
            waiting::settle(reason);
        }
    }
    call.ret_bool(false)
}

fn all(call: &mut Call) -> Done {
    let name = call.text(0)?.to_owned();
    let number = call.opt_long(1, AF_INET)?;
    // What the addresses are for makes no difference to them.
    call.opt_long(2, SOCK_STREAM)?;
    call.opt_long(3, IPPROTO_TCP)?;
    call.opt_bytes_or_null(4)?;
    let seconds = call.opt_double(5, -1.0)?;
    if name.is_empty() {
        error::warning("hostname is empty")?;
        return call.ret_bool(false);
    }
    let Some(family) = family(number)? else {
        return call.ret_bool(false);
    };
    waiting::can_wait()?;
    let found = resolver::addresses(&name, family, waiting::deadline(seconds));
    waiting::resumed()?;
    match found {
        Ok(addresses) => {
            let mut out = Array::with_capacity(addresses.len());
            for address in addresses {
                out.push(address.to_string());
            }
            call.ret(out)
        }
        Err(failure) => refuse(call, failure),
    }
}

fn look_up(call: &mut Call) -> Done {
    waiting::in_coroutine()?;
    let name = call.text(0)?.to_owned();
    let seconds = call.opt_double(1, 60.0)?;
    let number = call.opt_long(2, AF_INET)?;
    if name.is_empty() {
        error::warning("domain name empty")?;
        return call.ret_bool(false);
    }
    let Some(family) = family(number)? else {
        return call.ret_bool(false);
    };
    waiting::can_wait()?;
    let found = resolver::ask(&name, family, waiting::deadline(seconds));
    waiting::resumed()?;
    match found {
        Ok(address) => call.ret_str(address.to_string()),
        Err(Failure::Ended(Wake::Timeout)) => refuse(call, Failure::Failed),
        Err(failure) => refuse(call, failure),
    }
}
