//! What the machine's network is: addresses and hardware addresses.

use super::php;
use highper_zend::{Array, Call, Done, Function, Registry, Value};

const AF_INET: i64 = 2;

/// Declares the functions.
pub fn declare(registry: &mut Registry) {
    registry
        .function(Function::new(
            "function swoole_get_local_ip(int $family = 2): array",
            "The addresses of the interfaces that are up, without the loopback, by interface.",
            local_ip,
        ))
        .function(Function::new(
            "function swoole_get_local_mac(): array",
            "The hardware addresses of the interfaces, without the loopback, by interface.",
            local_mac,
        ))
        .function(Function::new(
            "function swoole_clear_dns_cache(): void",
            "Forgets looked up names.",
            |_| {
                highper_runtime::resolver::forget_names();
                Ok(())
            },
        ));
}

fn local_ip(call: &mut Call) -> Done {
    let family = call.opt_long(0, AF_INET)?;
    let interfaces = php("net_get_interfaces", &[])?;
    let mut out = Array::new();
    if let Some(interfaces) = interfaces.as_array() {
        for (name, interface) in interfaces {
            let Some(interface) = interface.as_array() else {
                continue;
            };
            if !interface.get("up").is_some_and(Value::to_bool) {
                continue;
            }
            let Some(addresses) = interface.get_array("unicast") else {
                continue;
            };
            for address in addresses.values().filter_map(Value::as_array) {
                if address.get("family").map(Value::to_long) != Some(family) {
                    continue;
                }
                if let Some(text) = address.get("address").and_then(Value::as_str)
                    && !text.starts_with("127.")
                    && text != "::1"
                {
                    out.set_key(name, text);
                }
            }
        }
    }
    call.ret(out)
}

fn local_mac(call: &mut Call) -> Done {
    let mut out = Array::new();
    let mut names: Vec<_> = std::fs::read_dir("/sys/class/net")
        .map(|all| all.filter_map(Result::ok).map(|e| e.file_name()).collect())
        .unwrap_or_default();
    names.sort();
    for name in names {
        let Some(name) = name.to_str().filter(|name| *name != "lo") else {
            continue;
        };
        if let Ok(address) = std::fs::read_to_string(format!("/sys/class/net/{name}/address")) {
            out.set(name, address.trim().to_ascii_uppercase());
        }
    }
    call.ret(out)
}
