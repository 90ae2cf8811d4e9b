//! `Highper\Http\Csrf`: a middleware that refuses requests which another site has forged.

use crate::exception::http_exception::exception;
use crate::request::{self, REQUEST};
use crate::session;
use highper_session::token;
use highper_zend::{Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace};
use std::cell::RefCell;

/// What an object carries.
#[derive(Default)]
struct Csrf(RefCell<Option<Settings>>);

struct Settings {
    header: Vec<u8>,
    field: Vec<u8>,
    status: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            header: b"X-CSRF-Token".to_vec(),
            field: b"_token".to_vec(),
            status: 419,
        }
    }
}

impl Trace for Csrf {}

/// Its name in the container.
pub(crate) const KEY: &str = "highper\\http\\csrf";
static CSRF: ClassRef = ClassRef::new("Highper\\Http\\Csrf");

/// The middleware as it is where nothing is said.
pub(crate) fn object() -> Result<Object, Throw> {
    let object = CSRF.instantiate()?;
    if let Some(state) = object.state::<Csrf>() {
        state.0.replace(Some(Settings::default()));
    }
    Ok(object)
}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\Csrf")
            .doc(
                "A middleware that refuses what another site has forged: a request other than GET, HEAD, OPTIONS and TRACE must carry \
                 Session::token(), in a header or a field of its form. Handlers with #[CsrfExempt] take any.",
            )
            .handle(&CSRF)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<Csrf>()
            .method(
                "public function __construct(string $header = 'X-CSRF-Token', string $field = '_token', int $status = 419)",
                "@param int $status What a request without the token is answered with, 400 to 499.",
                |call| {
                    let status = u16::try_from(call.opt_long(2, 419)?)
                        .ok()
                        .filter(|status| (400..=499).contains(status))
                        .ok_or_else(|| Throw::argument_value(2, "must be between 400 and 499"))?;
                    let settings = Settings {
                        header: call.opt_bytes(0, b"X-CSRF-Token")?.to_vec(),
                        field: call.opt_bytes(1, b"_token")?.to_vec(),
                        status,
                    };
                    call.this::<Csrf>()?.0.replace(Some(settings));
                    Ok(())
                },
            )
            .method(
                "public function __invoke(\\Highper\\Http\\Request $request, \\Closure $next): \\Highper\\Http\\Response",
                "",
                invoke,
            ),
    );
}

fn invoke(call: &mut Call) -> Done {
    let object = call.object_of(0, &REQUEST)?.clone();
    let next = call.callable(1)?;
    let incoming = request::incoming(&object)
        .ok_or_else(|| Throw::error("this request object belongs to no request"))?;
    let is_safe = {
        let request = incoming.exchange().request();
        let bytes = request.bytes();
        matches!(
            request.head().method_name(&bytes),
            b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE"
        )
    };
    if is_safe || incoming.app.endpoint(incoming.endpoint)?.is_csrf_exempt {
        return go_on(call, &next, &object);
    }
    let (carried, status) = {
        let settings = call.this::<Csrf>()?.0.borrow();
        let Some(settings) = &*settings else {
            return Err(Throw::error(
                "the constructor of Highper\\Http\\Csrf was not called",
            ));
        };
        let carried = match incoming.header(&settings.header) {
            Some(text) => Some(text),
            None => {
                let form = incoming.form().map_err(request::unreadable)?;
                let found = form.get_symbol(&settings.field);
                found.and_then(|value| value.as_bytes().map(<[u8]>::to_vec))
            }
        };
        (carried, settings.status)
    };
    let known = match &carried {
        Some(_) => session::of(&incoming)?.known_token()?,
        None => None,
    };
    match (carried, known) {
        (Some(carried), Some(known)) if token::is_carried(&known, &carried) => {
            go_on(call, &next, &object)
        }
        (None, _) => Err(exception(
            status,
            "The request carries no token: send it in the header X-CSRF-Token or the field _token.",
        )),
        _ => Err(exception(
            status,
            "The page has expired: load it again and repeat.",
        )),
    }
}

fn go_on(call: &Call, next: &Callable, request: &Object) -> Done {
    let response = next.call(&[request.into()]).into_result()?;
    call.ret(response)
}
