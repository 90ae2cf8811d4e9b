//! The C side: the shim's functions and the layouts that both sides share.
//! The layouts are asserted in `shim/value.c` against the headers.
use ext_php_rs::ffi;
use std::ffi::{c_char, c_int, c_void};

pub(crate) use ffi::{zend_class_entry, zend_execute_data, zend_object};

use crate::value::Value;

/// Head of everything that is reference-counted.
#[repr(C)]
pub(crate) struct Counted {
    pub refcount: u32,
    pub info: u32,
}

/// `zend_string`.
#[repr(C)]
pub(crate) struct ZendStr {
    pub head: Counted,
    pub hash: u64,
    pub len: usize,
    pub bytes: [u8; 0],
}

/// `zend_reference` up to the value.
#[repr(C)]
pub(crate) struct Reference {
    pub head: Counted,
    pub value: Value,
}

/// `zend_execute_data` up to `This`.
#[repr(C)]
pub(crate) struct Frame {
    pub opline: *const c_void,
    pub call: *mut Frame,
    pub return_value: *mut Value,
    pub func: *const FunctionHead,
    pub this: Value,
}

/// The common head of `zend_function`.
#[repr(C)]
pub(crate) struct FunctionHead {
    pub kind: u8,
    pub arg_flags: [u8; 3],
    pub flags: u32,
    pub name: *mut ZendStr,
    pub scope: *mut zend_class_entry,
    pub prototype: *mut c_void,
    pub num_args: u32,
    pub required: u32,
}

/// Slots that a frame's head takes.
pub(crate) const FRAME_SLOTS: usize = 5;
/// `ZEND_ACC_VARIADIC`.
pub(crate) const ACC_VARIADIC: u32 = 1 << 14;

const _: () = assert!(size_of::<Value>() == 16);
const _: () = assert!(size_of::<ffi::zval>() == 16);
const _: () = assert!(size_of::<zend_execute_data>() == FRAME_SLOTS * 16);

pub(crate) type Zif = unsafe extern "C" fn(*mut zend_execute_data, *mut Value);

#[repr(C)]
pub(crate) struct RawParam {
    pub name: *const c_char,
    pub classes: *const c_char,
    pub default_value: *const c_char,
    pub mask: u32,
    pub by_ref: u8,
    pub variadic: u8,
    pub tentative: u8,
    pub iterable: u8,
}

#[repr(C)]
pub(crate) struct RawFunction {
    pub name: *const c_char,
    pub handler: Option<Zif>,
    pub params: *const RawParam,
    pub count: u32,
    pub required: u32,
    pub flags: u32,
    pub reserved: u32,
    pub doc: *const c_char,
}

#[repr(C)]
pub(crate) struct RawBehaviour {
    pub state: usize,
    pub init: Option<unsafe extern "C" fn(*mut c_void)>,
    pub drop: Option<unsafe extern "C" fn(*mut c_void)>,
    pub trace: Option<unsafe extern "C" fn(*const c_void, *mut c_void)>,
    pub fill: Option<unsafe extern "C" fn(*const c_void, u32, *mut Value)>,
    pub clone: Option<unsafe extern "C" fn(*const c_void, *mut c_void)>,
    pub kind: *const c_void,
    pub lazy: *const u32,
    pub lazy_count: u32,
    pub own_objects: u8,
    pub deny_create: u8,
    pub deny_clone: u8,
    pub deny_unset: u8,
}

#[repr(C)]
pub(crate) struct RawClassSpec {
    pub name: *const c_char,
    pub name_len: usize,
    pub parent: *mut zend_class_entry,
    pub methods: *const RawFunction,
    pub count: u32,
    pub flags: u32,
    pub attribute: u32,
    pub interface: u8,
}

#[repr(C)]
pub(crate) struct RawModule {
    pub name: *const c_char,
    pub version: *const c_char,
    pub minit: Option<extern "C" fn(c_int, c_int) -> c_int>,
    pub mshutdown: Option<extern "C" fn(c_int, c_int) -> c_int>,
    pub rinit: Option<extern "C" fn(c_int, c_int) -> c_int>,
    pub rshutdown: Option<extern "C" fn(c_int, c_int) -> c_int>,
    pub info: Option<extern "C" fn(*mut c_void)>,
}

#[repr(C)]
pub(crate) struct RawIni {
    pub name: *const c_char,
    pub value: *const c_char,
    pub name_len: u16,
    pub modifiable: u8,
    pub boolean: u8,
    pub value_len: u32,
}

/// A resolved callable: `zend_fcall_info_cache`, with room to grow.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct Target(pub [usize; 6]);

/// A class of ours as the shim keeps it.
#[repr(C)]
pub(crate) struct RawClass {
    _opaque: [u8; 0],
}

/// A `zend_object_iterator`.
#[repr(C)]
pub(crate) struct RawIterator {
    _opaque: [u8; 0],
}

pub(crate) const OK: c_int = 0;
pub(crate) const EXCEPTION: c_int = 1;
pub(crate) const EXIT: c_int = 2;
pub(crate) const BAILOUT: c_int = 3;
pub(crate) const NULL: c_int = -1;

unsafe extern "C" {
    // guard.c
    pub(crate) fn hz_pending() -> c_int;
    pub(crate) fn hz_take_exception(out: *mut Value) -> c_int;
    pub(crate) fn hz_throw_exit();
    pub(crate) fn hz_exit_status() -> c_int;
    pub(crate) fn hz_set_exit_status(status: c_int);
    pub(crate) fn hz_upload_add(path: *const c_char, length: usize);
    pub(crate) fn hz_upload_forget(path: *const c_char, length: usize);
    pub(crate) fn hz_bailout();
    pub(crate) fn hz_throw(
        class: *mut zend_class_entry,
        message: *const u8,
        len: usize,
        code: i64,
    ) -> c_int;
    pub(crate) fn hz_throw_object(exception: *mut Value) -> c_int;
    pub(crate) fn hz_throw_argument(
        class: *mut zend_class_entry,
        num: u32,
        message: *const u8,
        len: usize,
    ) -> c_int;
    pub(crate) fn hz_descriptor_of(value: *mut Value) -> c_int;
    pub(crate) fn hz_stream_of_socket(fd: c_int, out: *mut Value) -> c_int;
    pub(crate) fn hz_known_class(which: c_int) -> *mut zend_class_entry;

    // value.c
    pub(crate) fn hz_release_last(counted: *mut Counted);
    pub(crate) fn hz_possible_root(counted: *mut Counted);
    pub(crate) fn hz_may_defer(counted: *mut Counted) -> c_int;
    pub(crate) fn hz_string(out: *mut Value, bytes: *const u8, len: usize);
    pub(crate) fn hz_string_alloc(len: usize) -> *mut ZendStr;
    pub(crate) fn hz_string_forever(bytes: *const u8, len: usize) -> *mut ZendStr;
    pub(crate) fn hz_array(out: *mut Value, capacity: u32);
    pub(crate) fn hz_array_count(array: *const Value) -> u32;
    pub(crate) fn hz_array_is_list(array: *const Value) -> c_int;
    pub(crate) fn hz_array_set(array: *mut Value, key: *const u8, len: usize, value: *mut Value);
    pub(crate) fn hz_array_set_str(array: *mut Value, key: *mut ZendStr, value: *mut Value);
    pub(crate) fn hz_array_set_sym(
        array: *mut Value,
        key: *const u8,
        len: usize,
        value: *mut Value,
    );
    pub(crate) fn hz_array_set_index(array: *mut Value, index: u64, value: *mut Value);
    pub(crate) fn hz_array_push(array: *mut Value, value: *mut Value) -> c_int;
    pub(crate) fn hz_array_nested(
        array: *mut Value,
        key: *const u8,
        len: usize,
        symbolic: c_int,
    ) -> *mut Value;
    pub(crate) fn hz_array_get(array: *const Value, key: *const u8, len: usize) -> *mut Value;
    pub(crate) fn hz_array_get_str(array: *const Value, key: *mut ZendStr) -> *mut Value;
    pub(crate) fn hz_array_get_sym(array: *const Value, key: *const u8, len: usize) -> *mut Value;
    pub(crate) fn hz_array_get_index(array: *const Value, index: u64) -> *mut Value;
    pub(crate) fn hz_array_del(array: *mut Value, key: *const u8, len: usize) -> c_int;
    pub(crate) fn hz_type_name(value: *const Value) -> *const c_char;
    pub(crate) fn hz_to_bool(value: *mut Value) -> c_int;
    pub(crate) fn hz_to_string(value: *mut Value, out: *mut Value) -> c_int;
    pub(crate) fn hz_to_long(value: *mut Value) -> i64;
    pub(crate) fn hz_to_double(value: *mut Value) -> f64;
    pub(crate) fn hz_is_identical(a: *const Value, b: *const Value) -> c_int;
    pub(crate) fn hz_is_numeric(
        bytes: *const u8,
        len: usize,
        long: *mut i64,
        double: *mut f64,
    ) -> c_int;

    // arg.c
    pub(crate) fn hz_wrong_count(frame: *mut zend_execute_data);
    pub(crate) fn hz_arg_long(arg: *mut Value, num: u32, nullable: c_int, out: *mut i64) -> c_int;
    pub(crate) fn hz_arg_double(arg: *mut Value, num: u32, nullable: c_int, out: *mut f64)
    -> c_int;
    pub(crate) fn hz_arg_bool(arg: *mut Value, num: u32, nullable: c_int, out: *mut bool) -> c_int;
    pub(crate) fn hz_arg_str(
        arg: *mut Value,
        num: u32,
        nullable: c_int,
        out: *mut *mut ZendStr,
    ) -> c_int;
    pub(crate) fn hz_arg_number(
        arg: *mut Value,
        num: u32,
        nullable: c_int,
        out: *mut *mut Value,
    ) -> c_int;
    pub(crate) fn hz_arg_array(
        arg: *mut Value,
        num: u32,
        nullable: c_int,
        out: *mut *mut Value,
    ) -> c_int;
    pub(crate) fn hz_arg_iterable(
        arg: *mut Value,
        num: u32,
        nullable: c_int,
        out: *mut *mut Value,
    ) -> c_int;
    pub(crate) fn hz_arg_object(
        arg: *mut Value,
        num: u32,
        nullable: c_int,
        class: *mut zend_class_entry,
        out: *mut *mut Value,
    ) -> c_int;
    pub(crate) fn hz_arg_callable(
        arg: *mut Value,
        num: u32,
        nullable: c_int,
        target: *mut Target,
    ) -> c_int;
    pub(crate) fn hz_arg_assign(arg: *mut Value, value: *mut Value) -> c_int;
    pub(crate) fn hz_named_args(frame: *mut zend_execute_data) -> *mut c_void;
    pub(crate) fn hz_called_class(frame: *mut zend_execute_data) -> *mut zend_class_entry;

    // call.c
    pub(crate) fn hz_resolve(
        callable: *mut Value,
        target: *mut Target,
        error: *mut *mut c_char,
    ) -> c_int;
    pub(crate) fn hz_efree(memory: *mut c_void);
    pub(crate) fn hz_call(
        callable: *mut Value,
        target: *const Target,
        argc: u32,
        argv: *mut Value,
        named: *mut c_void,
        ret: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_callable_name(callable: *mut Value) -> *mut ZendStr;
    pub(crate) fn hz_target_position(
        target: *const Target,
        file: *mut *mut ZendStr,
        line: *mut u32,
    ) -> c_int;
    pub(crate) fn hz_target_num_args(target: *const Target, required: *mut u32) -> u32;
    pub(crate) fn hz_call_method(
        object: *mut zend_object,
        name: *const u8,
        len: usize,
        argc: u32,
        argv: *mut Value,
        ret: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_new(
        class: *mut zend_class_entry,
        argc: u32,
        argv: *mut Value,
        named: *mut c_void,
        ret: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_class(
        name: *const u8,
        len: usize,
        autoload: c_int,
        out: *mut *mut zend_class_entry,
    ) -> c_int;
    pub(crate) fn hz_property_get(
        object: *mut zend_object,
        name: *const u8,
        len: usize,
        ret: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_property_set(
        object: *mut zend_object,
        name: *const u8,
        len: usize,
        value: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_property_set_in(
        scope: *mut zend_class_entry,
        object: *mut zend_object,
        name: *const u8,
        len: usize,
        value: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_static_get(
        class: *mut zend_class_entry,
        name: *const u8,
        len: usize,
        ret: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_static_set(
        class: *mut zend_class_entry,
        name: *const u8,
        len: usize,
        value: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_class_constant(
        class: *mut zend_class_entry,
        name: *const u8,
        len: usize,
        ret: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_constant(name: *const u8, len: usize, ret: *mut Value) -> c_int;
    pub(crate) fn hz_instance_of(
        object: *const zend_object,
        class: *const zend_class_entry,
    ) -> c_int;
    pub(crate) fn hz_subclass_of(
        child: *const zend_class_entry,
        class: *const zend_class_entry,
    ) -> c_int;
    pub(crate) fn hz_class_name(class: *const zend_class_entry) -> *mut ZendStr;
    pub(crate) fn hz_object_id(object: *const zend_object) -> u32;
    pub(crate) fn hz_has_method(class: *mut zend_class_entry, name: *const u8, len: usize)
    -> c_int;
    pub(crate) fn hz_iterate_open(object: *mut zend_object, out: *mut *mut RawIterator) -> c_int;
    pub(crate) fn hz_iterate_next(
        iterator: *mut RawIterator,
        first: c_int,
        key: *mut Value,
        value: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_iterate_close(iterator: *mut RawIterator) -> c_int;
    pub(crate) fn hz_exception_get(
        object: *mut zend_object,
        name: *const u8,
        len: usize,
        ret: *mut Value,
    ) -> c_int;

    // class.c
    pub(crate) fn hz_functions_register(functions: *const RawFunction, count: u32)
    -> *const c_void;
    pub(crate) fn hz_functions_unregister(entries: *const c_void);
    pub(crate) fn hz_function_exists(lower: *const u8, len: usize) -> c_int;
    pub(crate) fn hz_class_find(lower: *const u8, len: usize) -> *mut zend_class_entry;
    pub(crate) fn hz_trace_value(buffer: *mut c_void, value: *mut Value);
    pub(crate) fn hz_class_register(
        spec: *const RawClassSpec,
        behaviour: *const RawBehaviour,
    ) -> *mut RawClass;
    pub(crate) fn hz_class_implement(
        class: *mut RawClass,
        interface: *mut zend_class_entry,
    ) -> c_int;
    pub(crate) fn hz_class_finish(class: *mut RawClass, parent: *const RawClass);
    pub(crate) fn hz_class_entry(class: *const RawClass) -> *mut zend_class_entry;
    pub(crate) fn hz_class_has_foreign_objects(class: *const zend_class_entry) -> c_int;
    pub(crate) fn hz_class_alias(class: *mut RawClass, name: *const c_char, len: usize);
    pub(crate) fn hz_class_property(
        class: *mut RawClass,
        name: *const u8,
        name_len: usize,
        flags: u32,
        typed: c_int,
        param: *const RawParam,
        kind: c_int,
        number: i64,
        real: f64,
        text: *const u8,
        len: usize,
    );
    pub(crate) fn hz_class_constant_add(
        class: *mut RawClass,
        name: *const u8,
        name_len: usize,
        kind: c_int,
        number: i64,
        real: f64,
        text: *const u8,
        len: usize,
    );
    pub(crate) fn hz_constant_add(
        name: *const u8,
        name_len: usize,
        kind: c_int,
        number: i64,
        real: f64,
        text: *const u8,
        len: usize,
        module: c_int,
    );
    pub(crate) fn hz_object_state(
        object: *mut zend_object,
        kind: *mut *const c_void,
    ) -> *mut c_void;
    pub(crate) fn hz_instantiate(class: *mut zend_class_entry, out: *mut Value) -> c_int;
    pub(crate) fn hz_template(keys: *const *mut ZendStr, count: u32) -> *mut c_void;
    pub(crate) fn hz_template_make(template: *mut c_void, values: *const Value, out: *mut Value);
    pub(crate) fn hz_table(out: *mut Value, capacity: u32);
    pub(crate) fn hz_table_add(array: *mut Value, key: *mut ZendStr, bytes: *const u8, len: usize);
    pub(crate) fn hz_table_set(
        array: *mut Value,
        key: *const u8,
        key_len: usize,
        bytes: *const u8,
        len: usize,
    );
    pub(crate) fn hz_object_renew(object: *mut zend_object) -> c_int;
    pub(crate) fn hz_object_slot(object: *mut zend_object, index: u32) -> *mut Value;
    pub(crate) fn hz_slot_set(slot: *mut Value, value: *mut Value);

    // module.c
    pub(crate) fn hz_module(spec: *const RawModule) -> *mut c_void;
    pub(crate) fn hz_module_start(entry: *mut c_void) -> c_int;
    pub(crate) fn hz_module_loaded(name: *const u8, len: usize) -> c_int;
    pub(crate) fn hz_sapi() -> *const c_char;
    pub(crate) fn hz_entropy(
        name: *const c_char,
        hook: *const c_char,
        data: *const c_void,
        len: usize,
    ) -> c_int;
    pub(crate) fn hz_php_version() -> *const c_char;
    pub(crate) fn hz_ini_register(settings: *const RawIni, count: u32, module: c_int) -> c_int;
    pub(crate) fn hz_ini_unregister(module: c_int);
    pub(crate) fn hz_ini_string(name: *const c_char, len: usize) -> *const c_char;
    pub fn hz_config_bool(name: *const c_char, len: usize) -> c_int;
    pub(crate) fn hz_ini_bool(name: *const c_char, len: usize) -> c_int;
    pub(crate) fn hz_ini_long(name: *const c_char, len: usize) -> i64;
    pub(crate) fn hz_ini_double(name: *const c_char, len: usize) -> f64;
    pub(crate) fn hz_ini_set(
        name: *const c_char,
        len: usize,
        value: *const u8,
        value_len: usize,
    ) -> c_int;
    pub(crate) fn hz_info_start();
    pub(crate) fn hz_info_row(name: *const c_char, value: *const c_char);
    pub(crate) fn hz_info_end(module: *mut c_void);

    // error.c
    pub(crate) fn hz_error(level: c_int, message: *const u8, len: usize) -> c_int;
    pub(crate) fn hz_error_plain(level: c_int, message: *const u8, len: usize) -> c_int;
    pub fn hz_is_logging() -> bool;
    pub(crate) fn hz_location(file: *mut *const u8, len: *mut usize, line: *mut u32) -> c_int;
    pub(crate) fn hz_backtrace(
        frame: *mut zend_execute_data,
        options: i64,
        limit: i64,
        out: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_backtrace_string(
        frame: *mut zend_execute_data,
        options: i64,
        limit: i64,
        out: *mut Value,
    ) -> c_int;
    pub(crate) fn hz_active_function(
        class: *mut *mut ZendStr,
        function: *mut *mut ZendStr,
    ) -> c_int;
    pub(crate) fn hz_calling_function(
        class: *mut *mut ZendStr,
        function: *mut *mut ZendStr,
    ) -> c_int;
    pub(crate) fn hz_active() -> c_int;
    pub(crate) fn hz_shutting_down() -> c_int;
}
