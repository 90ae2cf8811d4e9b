//! What a face declares, and its registration at MINIT.
use std::collections::HashMap;
use std::ffi::{CString, c_char, c_int};

use crate::class::Class;
use crate::function::Function;
use crate::ini::Ini;
use crate::raw::{self, RawBehaviour, RawClass, RawClassSpec, RawFunction, RawIni, RawParam};
use crate::signature::{self, Literal, Type, flag};

/// A global constant.
pub struct Constant {
    pub(crate) name: &'static str,
    pub(crate) value: Literal<'static>,
    pub(crate) doc: &'static str,
}

type InfoRow = (&'static str, fn() -> String);

/// Everything that one module declares.
#[derive(Default)]
pub struct Registry {
    pub(crate) classes: Vec<Class>,
    pub(crate) functions: Vec<Function>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) settings: Vec<Ini>,
    pub(crate) request_start: Vec<fn()>,
    pub(crate) request_shutdown: Vec<fn()>,
    pub(crate) shutdown: Vec<fn()>,
    pub(crate) info: Vec<InfoRow>,
}

impl Registry {
    /// Adds a class.
    pub fn class(&mut self, class: Class) -> &mut Self {
        self.classes.push(class);
        self
    }

    /// Adds a function.
    pub fn function(&mut self, function: Function) -> &mut Self {
        self.functions.push(function);
        self
    }

    /// Adds a global constant (case-sensitive, for the life of the process).
    pub fn constant(
        &mut self,
        name: &'static str,
        value: impl Into<Literal<'static>>,
        doc: &'static str,
    ) -> &mut Self {
        self.constants.push(Constant {
            name,
            value: value.into(),
            doc,
        });
        self
    }

    /// Adds a setting.
    pub fn setting(&mut self, setting: Ini) -> &mut Self {
        self.settings.push(setting);
        self
    }

    /// Runs at the start of each request (RINIT), in order of declaration.
    pub fn on_request_start(&mut self, run: fn()) -> &mut Self {
        self.request_start.push(run);
        self
    }

    /// Runs at the end of each request (RSHUTDOWN), last declared first. PHP
    /// values are still alive; destructors have run.
    pub fn on_request_shutdown(&mut self, run: fn()) -> &mut Self {
        self.request_shutdown.push(run);
        self
    }

    /// Runs when PHP ends (MSHUTDOWN), last declared first.
    pub fn on_shutdown(&mut self, run: fn()) -> &mut Self {
        self.shutdown.push(run);
        self
    }

    /// The settings with default and documentation, in order of declaration.
    pub fn settings(&self) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        self.settings
            .iter()
            .map(|ini| (ini.name, ini.default, ini.doc))
    }

    /// Adds a row to `php --ri`.
    pub fn info(&mut self, name: &'static str, value: fn() -> String) -> &mut Self {
        self.info.push((name, value));
        self
    }
}

/// Memory for C strings that live as long as the process.
struct Arena {
    rest: &'static mut [u8],
}

impl Arena {
    fn new() -> Self {
        Self { rest: &mut [] }
    }

    fn text(&mut self, text: &str) -> *const c_char {
        let need = text.len() + 1;
        if self.rest.len() < need {
            self.rest = vec![0u8; need.max(16 * 1024)].leak();
        }
        let (this, rest) = std::mem::take(&mut self.rest).split_at_mut(need);
        self.rest = rest;
        this[..text.len()].copy_from_slice(text.as_bytes());
        this[text.len()] = 0;
        this.as_ptr().cast()
    }

    fn param(&mut self, kind: &Type<'_>) -> RawParam {
        RawParam {
            name: std::ptr::null(),
            classes: kind
                .classes
                .as_deref()
                .map_or(std::ptr::null(), |classes| self.text(classes)),
            default_value: std::ptr::null(),
            mask: kind.mask,
            by_ref: 0,
            variadic: 0,
            tentative: 0,
            iterable: kind.iterable.into(),
        }
    }
}

/// The parameters of a list of functions, all in one vector.
struct Functions {
    functions: Vec<RawFunction>,
    params: Vec<RawParam>,
    starts: Vec<usize>,
}

impl Functions {
    fn with_capacity(count: usize) -> Self {
        Self {
            functions: Vec::with_capacity(count),
            params: Vec::with_capacity(count * 3),
            starts: Vec::new(),
        }
    }

    fn add(
        &mut self,
        arena: &mut Arena,
        class: Option<&'static str>,
        text: &'static str,
        doc: &'static str,
        handler: Option<raw::Zif>,
    ) -> Result<(), String> {
        let sig = signature::parse(text, class)?;
        let (required, _) = sig.counts();
        self.starts.push(self.params.len());
        let mut returns = arena.param(&sig.returns);
        returns.tentative = doc.contains("@tentative-return-type").into();
        returns.by_ref = sig.returns_ref.into();
        self.params.push(returns);
        for param in &sig.params {
            let mut raw = arena.param(&param.kind);
            raw.name = arena.text(param.name);
            raw.by_ref = param.by_ref.into();
            raw.variadic = param.variadic.into();
            raw.default_value = param
                .default
                .map_or(std::ptr::null(), |default| arena.text(default));
            self.params.push(raw);
        }
        self.functions.push(RawFunction {
            name: arena.text(sig.name),
            handler,
            params: std::ptr::null(),
            count: sig.params.len() as u32,
            required,
            flags: sig.flags | if handler.is_none() { flag::ABSTRACT } else { 0 },
            reserved: 0,
            doc: std::ptr::null(),
        });
        Ok(())
    }

    fn finish(&mut self) -> (*const RawFunction, u32) {
        for (function, start) in self.functions.iter_mut().zip(&self.starts) {
            function.params = &raw const self.params[*start];
        }
        (self.functions.as_ptr(), self.functions.len() as u32)
    }
}

fn parts(literal: Option<&Literal<'static>>) -> (c_int, i64, f64, *const u8, usize) {
    let none = std::ptr::null();
    match literal {
        None => (0, 0, 0.0, none, 0),
        Some(Literal::Null) => (1, 0, 0.0, none, 0),
        Some(Literal::Bool(value)) => (if *value { 3 } else { 2 }, 0, 0.0, none, 0),
        Some(Literal::Long(value)) => (4, *value, 0.0, none, 0),
        Some(Literal::Double(value)) => (5, 0, *value, none, 0),
        Some(Literal::Str(value)) => (6, 0, 0.0, value.as_ptr(), value.len()),
        Some(Literal::EmptyArray) => (7, 0, 0.0, none, 0),
    }
}

/// What [`register`] left in the engine and MSHUTDOWN takes back.
pub(crate) struct Registered {
    pub functions: *const std::ffi::c_void,
}

/// Registers settings; first, because others read them.
pub(crate) fn register_settings(registry: &Registry, module: c_int) -> Result<(), String> {
    let mut arena = Arena::new();
    let settings: Vec<RawIni> = registry
        .settings
        .iter()
        .map(|ini| RawIni {
            name: arena.text(ini.name),
            value: arena.text(ini.default),
            name_len: ini.name.len() as u16,
            modifiable: ini.access.mask(),
            boolean: ini.boolean.into(),
            value_len: ini.default.len() as u32,
        })
        .collect();
    // SAFETY: the texts live for ever; the table is copied.
    let done = unsafe { raw::hz_ini_register(settings.as_ptr(), settings.len() as u32, module) };
    if done != 0 {
        Ok(())
    } else {
        Err("cannot register the settings".to_owned())
    }
}

/// Registers constants, functions and classes of a module whose MINIT runs.
pub(crate) fn register(registry: &'static Registry, module: c_int) -> Result<Registered, String> {
    let mut arena = Arena::new();
    for constant in &registry.constants {
        let (kind, number, real, text, len) = parts(Some(&constant.value));
        // SAFETY: the shim copies name and text.
        unsafe {
            raw::hz_constant_add(
                constant.name.as_ptr(),
                constant.name.len(),
                kind,
                number,
                real,
                text,
                len,
                module,
            );
        }
    }
    let mut functions = Functions::with_capacity(registry.functions.len());
    for function in &registry.functions {
        functions
            .add(
                &mut arena,
                None,
                function.signature,
                function.doc,
                Some(function.handler),
            )
            .map_err(|error| format!("function `{}`: {error}", function.signature))?;
        if cfg!(debug_assertions) {
            let name = signature::parse(function.signature, None)?
                .name
                .to_ascii_lowercase();
            // SAFETY: reads the function table.
            if unsafe { raw::hz_function_exists(name.as_ptr(), name.len()) } != 0 {
                return Err(format!("function {name}() exists already"));
            }
        }
    }
    let (list, count) = functions.finish();
    // SAFETY: the tables are complete; names live in the arena.
    let entries = unsafe { raw::hz_functions_register(list, count) };
    if entries.is_null() && count > 0 {
        return Err("cannot register the functions: one of the names is taken".to_owned());
    }
    register_classes(&registry.classes, &mut arena)?;
    Ok(Registered { functions: entries })
}

/// Takes functions and settings back.
pub(crate) fn unregister(registered: &Registered, module: c_int) {
    // SAFETY: what `register` returned, once.
    unsafe {
        if !registered.functions.is_null() {
            raw::hz_functions_unregister(registered.functions);
        }
        raw::hz_ini_unregister(module);
    }
}

fn find(name: &str) -> *mut raw::zend_class_entry {
    let lower = name.to_ascii_lowercase();
    // SAFETY: reads the class table.
    unsafe { raw::hz_class_find(lower.as_ptr(), lower.len()) }
}

/// Parents before children, whatever the order of declaration.
fn ordered(classes: &[Class]) -> Result<Vec<usize>, String> {
    let index: HashMap<&str, usize> = classes
        .iter()
        .enumerate()
        .map(|(at, class)| (class.name, at))
        .collect();
    if index.len() != classes.len() {
        let mut seen = std::collections::HashSet::new();
        let twice = classes
            .iter()
            .find(|class| !seen.insert(class.name))
            .map_or("", |class| class.name);
        return Err(format!("class {twice} is declared twice"));
    }
    let mut order = Vec::with_capacity(classes.len());
    let mut state = vec![0u8; classes.len()];
    fn visit(
        at: usize,
        classes: &[Class],
        index: &HashMap<&str, usize>,
        state: &mut [u8],
        order: &mut Vec<usize>,
    ) -> Result<(), String> {
        match state[at] {
            2 => return Ok(()),
            1 => return Err(format!("class {} extends itself", classes[at].name)),
            _ => {}
        }
        state[at] = 1;
        for name in classes[at].parent.iter().chain(&classes[at].interfaces) {
            if let Some(&parent) = index.get(name) {
                visit(parent, classes, index, state, order)?;
            }
        }
        state[at] = 2;
        order.push(at);
        Ok(())
    }
    for at in 0..classes.len() {
        visit(at, classes, &index, &mut state, &mut order)?;
    }
    Ok(order)
}

fn register_classes(classes: &'static [Class], arena: &mut Arena) -> Result<(), String> {
    let mut records: HashMap<&str, *mut RawClass> = HashMap::with_capacity(classes.len());
    let owners: HashMap<&str, &'static Class> =
        classes.iter().map(|class| (class.name, class)).collect();
    for at in ordered(classes)? {
        let class = &classes[at];
        register_class(class, arena, &mut records, &owners)
            .map_err(|error| format!("class {}: {error}", class.name))?;
    }
    Ok(())
}

/// The nearest of the class and its parents that has a state.
fn state_owner(
    class: &'static Class,
    owners: &HashMap<&str, &'static Class>,
) -> Option<&'static Class> {
    let mut at = class;
    loop {
        if at.state.is_some() {
            return Some(at);
        }
        at = owners.get(at.parent?)?;
    }
}

fn any_parent(
    class: &'static Class,
    owners: &HashMap<&str, &'static Class>,
    test: impl Fn(&Class) -> bool,
) -> bool {
    let mut at = Some(class);
    while let Some(this) = at {
        if test(this) {
            return true;
        }
        at = this.parent.and_then(|parent| owners.get(parent).copied());
    }
    false
}

fn register_class(
    class: &'static Class,
    arena: &mut Arena,
    records: &mut HashMap<&'static str, *mut RawClass>,
    owners: &HashMap<&str, &'static Class>,
) -> Result<(), String> {
    if !find(class.name).is_null() {
        return Err("exists already".to_owned());
    }
    let parent = match class.parent {
        None => std::ptr::null_mut(),
        Some(name) => {
            let parent = find(name);
            if parent.is_null() {
                return Err(format!("parent {name} is unknown"));
            }
            parent
        }
    };
    let mut methods = Functions::with_capacity(class.methods.len());
    for method in &class.methods {
        methods.add(
            arena,
            Some(class.name),
            method.signature,
            method.doc,
            method.handler,
        )?;
    }
    let (list, count) = methods.finish();

    let owner = state_owner(class, owners);
    if let (Some(owner), Some(parent)) = (owner, class.parent.and_then(|parent| owners.get(parent)))
        && std::ptr::eq(owner, class)
        && state_owner(parent, owners).is_some()
    {
        return Err("its parent has a state already".to_owned());
    }
    let properties: Vec<_> = class
        .properties
        .iter()
        .map(|property| {
            signature::parse_property(property.signature, class.name)
                .map(|parsed| (property, parsed))
        })
        .collect::<Result<_, _>>()?;
    let lazy: Vec<u32> = properties
        .iter()
        .filter(|(_, parsed)| parsed.flags & flag::STATIC == 0)
        .enumerate()
        .filter(|(_, (property, _))| property.lazy)
        .map(|(number, _)| number as u32)
        .collect();
    let state = owner.and_then(|owner| owner.state.as_ref());
    if !lazy.is_empty()
        && class
            .state
            .as_ref()
            .is_none_or(|state| state.fill.is_none())
    {
        return Err("lazy properties need lazy_state::<T>()".to_owned());
    }
    let deny_create = any_parent(class, owners, |this| this.deny_create);
    let deny_clone = any_parent(class, owners, |this| this.deny_clone);
    let deny_unset = any_parent(class, owners, |this| this.deny_unset);
    // SAFETY: a live class.
    let foreign = !parent.is_null() && unsafe { raw::hz_class_has_foreign_objects(parent) } != 0;
    let own_objects = state.is_some() || deny_create || deny_clone || deny_unset;
    if own_objects && foreign {
        return Err(format!(
            "{} makes its objects itself: no state or handlers can be added",
            class.parent.unwrap_or("")
        ));
    }
    let behaviour = RawBehaviour {
        state: state.map_or(0, |state| state.size),
        init: state.map(|state| state.init),
        drop: state.map(|state| state.drop),
        trace: state.map(|state| state.trace),
        fill: state.and_then(|state| state.fill),
        clone: state.and_then(|state| state.clone),
        kind: state.map_or(std::ptr::null(), |state| std::ptr::from_ref(state).cast()),
        lazy: lazy.as_ptr(),
        lazy_count: lazy.len() as u32,
        own_objects: own_objects.into(),
        deny_create: deny_create.into(),
        deny_clone: deny_clone.into(),
        deny_unset: deny_unset.into(),
    };
    let spec = RawClassSpec {
        name: arena.text(class.name),
        name_len: class.name.len(),
        parent,
        methods: list,
        count,
        flags: class.flags,
        attribute: class.attribute,
        interface: class.interface.into(),
    };
    // SAFETY: the tables are complete and outlive the call; what the engine
    // keeps lives in the arena, the state's description in the registry.
    unsafe {
        let record = raw::hz_class_register(&raw const spec, &raw const behaviour);
        for name in &class.interfaces {
            let interface = find(name);
            if interface.is_null() {
                return Err(format!("interface {name} is unknown"));
            }
            raw::hz_class_implement(record, interface);
        }
        for constant in &class.constants {
            let (kind, number, real, text, len) = parts(Some(&constant.value));
            raw::hz_class_constant_add(
                record,
                constant.name.as_ptr(),
                constant.name.len(),
                kind,
                number,
                real,
                text,
                len,
            );
        }
        for (_, parsed) in &properties {
            let typed = !parsed.kind.is_none();
            let param = arena.param(&parsed.kind);
            let implicit_null = parsed.default.is_none() && !typed;
            let (kind, number, real, text, len) = if implicit_null {
                parts(Some(&Literal::Null))
            } else {
                parts(parsed.default.as_ref())
            };
            raw::hz_class_property(
                record,
                parsed.name.as_ptr(),
                parsed.name.len(),
                parsed.flags,
                typed.into(),
                &raw const param,
                kind,
                number,
                real,
                text,
                len,
            );
        }
        let parent_record = class
            .parent
            .and_then(|parent| records.get(parent))
            .copied()
            .unwrap_or(std::ptr::null_mut());
        raw::hz_class_finish(record, parent_record);
        for alias in &class.aliases {
            raw::hz_class_alias(record, arena.text(alias), alias.len());
        }
        if let Some(handle) = class.handle {
            handle.fill(raw::hz_class_entry(record));
        }
        records.insert(class.name, record);
    }
    Ok(())
}

/// A C string for the life of the process.
pub(crate) fn forever(text: &str) -> *const c_char {
    CString::new(text).unwrap_or_default().into_raw()
}
