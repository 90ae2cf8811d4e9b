//! `Swoole\NameResolver\Context`: what one who looks a name up again and again keeps.

use highper_zend::{Class, ClassRef, Flags, Object, Registry, Throw, Trace, Tracer, Value};
use std::cell::{Cell, RefCell};

/// The class.
pub static CONTEXT: ClassRef = ClassRef::new("Swoole\\NameResolver\\Context");

const AF_INET: i64 = 2;
const AF_INET6: i64 = 10;

/// The family and the form of the addresses, and the nodes that were not tried yet.
#[derive(Default)]
pub struct Context {
    six: Cell<bool>,
    with_port: Cell<bool>,
    cluster: RefCell<Option<Object>>,
}

impl Trace for Context {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(cluster) = self.cluster.try_borrow() {
            cluster.trace(tracer);
        }
    }
}

impl Context {
    /// A context without nodes.
    pub fn new(six: bool, with_port: bool) -> Self {
        Self {
            six: Cell::new(six),
            with_port: Cell::new(with_port),
            cluster: RefCell::new(None),
        }
    }

    /// For another lookup, of addresses of IPv4.
    pub fn forget(&self, with_port: bool) {
        self.six.set(false);
        self.with_port.set(with_port);
        self.keep(None);
    }

    /// Are addresses of IPv6 wanted?
    pub fn is_six(&self) -> bool {
        self.six.get()
    }

    /// What a resolver says: see [`super::look_up`].
    pub(super) fn ask(&self, resolver: &Object, name: &str) -> Result<Option<String>, Throw> {
        let kept = self.cluster.borrow().clone();
        let mut cluster = kept;
        if let Some(nodes) = &cluster
            && nodes.call("count", &[]).into_result()?.to_long() == 0
        {
            self.keep(None);
            cluster = None;
        }
        let cluster = match cluster {
            Some(cluster) => cluster,
            None => {
                let found = resolver.call("lookup", &[Value::string(name)]);
                let found = found.into_result()?;
                if let Some(text) = found.as_string() {
                    return Ok(Some(text.to_string_lossy().into_owned()));
                }
                // One node is given as what Cluster::pop() gives.
                if found.is_array() {
                    return Ok(Some(self.node(&found)));
                }
                let Some(cluster) = found.as_object() else {
                    return Ok(None);
                };
                self.keep(Some(cluster.clone()));
                cluster.clone()
            }
        };
        let node = cluster.call("pop", &[]).into_result()?;
        let found = self.node(&node);
        Ok((!found.is_empty()).then_some(found))
    }

    fn keep(&self, cluster: Option<Object>) {
        let old = self.cluster.replace(cluster);
        drop(old);
    }

    /// The text of a node: its host, and its port where that is wanted.
    fn node(&self, node: &Value) -> String {
        let Some(fields) = node.as_array() else {
            return String::new();
        };
        let Some(host) = fields.get("host").and_then(Value::as_str) else {
            return String::new();
        };
        if !self.with_port.get() {
            return host.to_owned();
        }
        match fields.get("port") {
            Some(port) => format!("{host}:{}", port.to_long()),
            None => String::new(),
        }
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\NameResolver\\Context")
            .doc("Where a lookup of a name left off: the next one takes another node.")
            .handle(&CONTEXT)
            .flags(Flags::NOT_SERIALIZABLE)
            .deny_clone()
            .deny_unset()
            .state::<Context>()
            .method(
                "public function __construct(int $family = AF_INET, bool $withPort = false)",
                "The family of the addresses, and whether they come with the port, as `192.0.2.1:80`.",
                |call| {
                    let family = call.opt_long(0, AF_INET)?;
                    let with_port = call.opt_bool(1, false)?;
                    let context = call.this::<Context>()?;
                    context.six.set(family == AF_INET6);
                    context.with_port.set(with_port);
                    Ok(())
                },
            ),
    );
}
