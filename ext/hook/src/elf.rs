//! One loaded object: its program headers, dynamic section and relocation slots.

use std::ffi::CStr;
use std::ops::Range;

use libc::{Elf64_Phdr, c_char, dl_phdr_info};

const DT_NULL: i64 = 0;
const DT_PLTRELSZ: i64 = 2;
const DT_STRTAB: i64 = 5;
const DT_SYMTAB: i64 = 6;
const DT_RELA: i64 = 7;
const DT_RELASZ: i64 = 8;
const DT_RPATH: i64 = 15;
const DT_PLTREL: i64 = 20;
const DT_JMPREL: i64 = 23;
const DT_RUNPATH: i64 = 29;
const DT_RELACOUNT: i64 = 0x6fff_fff9;

#[cfg(target_arch = "x86_64")]
const JUMP_SLOT: u32 = 7;
#[cfg(target_arch = "x86_64")]
const RELATIVE: u32 = 8;
#[cfg(target_arch = "x86_64")]
const GLOB_DAT: u32 = 6;
#[cfg(target_arch = "aarch64")]
const JUMP_SLOT: u32 = 1026;
#[cfg(target_arch = "aarch64")]
const RELATIVE: u32 = 1027;
#[cfg(target_arch = "aarch64")]
const GLOB_DAT: u32 = 1025;

const STB_WEAK: u8 = 2;

#[repr(C)]
struct Dyn {
    tag: i64,
    value: u64,
}

#[repr(C)]
struct Rela {
    offset: u64,
    info: u64,
    addend: i64,
}

#[repr(C)]
struct Sym {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

/// An object as `dl_iterate_phdr` shows it. Valid during its callback only.
pub(crate) struct Object<'a> {
    /// What was added to the addresses in the file.
    pub(crate) base: usize,
    /// The path; empty for the program itself.
    pub(crate) name: &'a [u8],
    headers: &'a [Elf64_Phdr],
}

/// A slot that holds the address of a function of another object.
pub(crate) struct Slot<'a> {
    pub(crate) address: usize,
    pub(crate) symbol: &'a [u8],
}

/// The tables of an object's dynamic section.
#[derive(Default)]
pub(crate) struct Tables {
    jump: (usize, usize),
    data: (usize, usize),
    /// How many entries at the start of `data` only add the base.
    relative: usize,
    symbols: usize,
    strings: usize,
    /// It has library search paths of its own.
    pub(crate) has_search_path: bool,
}

impl<'a> Object<'a> {
    /// # Safety
    /// `info` must be the argument of a `dl_iterate_phdr` callback that is running.
    pub(crate) unsafe fn new(info: &'a dl_phdr_info) -> Self {
        let name: *const c_char = info.dlpi_name;
        let name: &[u8] = if name.is_null() {
            &[]
        } else {
            // SAFETY: the loader's zero-terminated name, valid during the callback.
            unsafe { CStr::from_ptr(name) }.to_bytes()
        };
        let headers: &[Elf64_Phdr] = if info.dlpi_phdr.is_null() {
            &[]
        } else {
            // SAFETY: the loader's table of program headers, valid during the callback.
            unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) }
        };
        Self {
            base: info.dlpi_addr as usize,
            name,
            headers,
        }
    }

    fn range(&self, header: &Elf64_Phdr) -> Range<usize> {
        let start = self.base.wrapping_add(header.p_vaddr as usize);
        start..start.wrapping_add(header.p_memsz as usize)
    }

    fn headers_of(&self, kind: u32) -> impl Iterator<Item = &Elf64_Phdr> {
        self.headers
            .iter()
            .filter(move |header| header.p_type == kind)
    }

    /// The addresses from its first to its last segment.
    pub(crate) fn span(&self) -> Range<usize> {
        let ranges = || {
            self.headers_of(libc::PT_LOAD)
                .map(|header| self.range(header))
        };
        let start = ranges().map(|range| range.start).min().unwrap_or(0);
        start..ranges().map(|range| range.end).max().unwrap_or(0)
    }

    /// Whether one of its segments holds the address.
    pub(crate) fn holds(&self, address: usize) -> bool {
        self.headers_of(libc::PT_LOAD)
            .any(|header| self.range(header).contains(&address))
    }

    /// Whether the loader write-protects the page of this address after relocation.
    pub(crate) fn is_protected(&self, address: usize, page: usize) -> bool {
        self.headers_of(libc::PT_GNU_RELRO).any(|header| {
            let range = self.range(header);
            (range.start & !(page - 1)..range.end & !(page - 1)).contains(&address)
        })
    }

    /// The address of its dynamic section, which identifies it among the loaded objects.
    pub(crate) fn dynamic(&self) -> Option<usize> {
        self.headers_of(libc::PT_DYNAMIC)
            .next()
            .map(|header| self.range(header).start)
    }

    /// The tables with its relocations; `None` for an object without any.
    pub(crate) fn tables(&self) -> Option<Tables> {
        let mut tables = Tables::default();
        let mut rela = true;
        let mut entry = self.dynamic()? as *const Dyn;
        loop {
            // SAFETY: the dynamic section of a loaded object ends with DT_NULL.
            let Dyn { tag, value } = unsafe { entry.read_unaligned() };
            match tag {
                DT_NULL => break,
                DT_PLTRELSZ => tables.jump.1 = value as usize,
                DT_JMPREL => tables.jump.0 = self.pointer(value),
                DT_PLTREL => rela = value == DT_RELA as u64,
                DT_RELA => tables.data.0 = self.pointer(value),
                DT_RELASZ => tables.data.1 = value as usize,
                DT_RELACOUNT => tables.relative = value as usize,
                DT_SYMTAB => tables.symbols = self.pointer(value),
                DT_STRTAB => tables.strings = self.pointer(value),
                DT_RPATH | DT_RUNPATH => tables.has_search_path = true,
                _ => {}
            }
            entry = entry.wrapping_add(1);
        }
        if !rela {
            tables.jump = (0, 0);
        }
        let found = tables.jump.0 != 0 || tables.data.0 != 0;
        (found && tables.symbols != 0 && tables.strings != 0).then_some(tables)
    }

    /// glibc adds the base to the section's pointers in place, musl does not.
    fn pointer(&self, value: u64) -> usize {
        let value = value as usize;
        if value < self.base {
            self.base.wrapping_add(value)
        } else {
            value
        }
    }

    /// Whether the loader has done all relocations. It does each table from its start to its
    /// end, so the last entry whose effect can be told is telling: before, its place holds
    /// what is in the file, which is an address without the base, or nothing.
    pub(crate) fn is_relocated(&self, tables: &Tables) -> bool {
        // Only a program can be at its addresses as in the file, and that is loaded first.
        if self.base == 0 {
            return true;
        }
        let file = self.span().len();
        [tables.jump, tables.data].into_iter().all(|table| {
            let mut entries = entries(table).rev();
            let telling = entries.find_map(|entry| {
                // SAFETY: inside a relocation table of a loaded object.
                let entry = unsafe { entry.read_unaligned() };
                let is_telling = match entry.info as u32 {
                    RELATIVE => true,
                    JUMP_SLOT | GLOB_DAT => {
                        // SAFETY: the symbol of a relocation of this object.
                        unsafe { symbol(tables.symbols, &entry) }.info >> 4 != STB_WEAK
                    }
                    _ => false,
                };
                is_telling.then(|| self.base.wrapping_add(entry.offset as usize))
            });
            telling.is_none_or(|place| {
                // SAFETY: the place of a relocation, which is readable; the loader of
                // another thread may write to it, so it is read as one word, unless it
                // is not aligned (then it is data, and read as it is).
                unsafe { (place as *const usize).read_unaligned() >= file }
            })
        })
    }

    /// Its slots for functions that it takes from elsewhere.
    pub(crate) fn slots(&self, tables: &Tables) -> impl Iterator<Item = Slot<'a>> {
        let (symbols, strings, base) = (tables.symbols, tables.strings, self.base);
        entries(tables.jump)
            .chain(entries(tables.data).skip(tables.relative))
            .filter_map(move |entry| {
                // SAFETY: inside a relocation table of a loaded object.
                let entry = unsafe { entry.read_unaligned() };
                if !matches!(entry.info as u32, JUMP_SLOT | GLOB_DAT) {
                    return None;
                }
                // SAFETY: the symbol of a relocation of this object.
                let symbol = unsafe { symbol(symbols, &entry) };
                // What it defines itself only has the same name.
                if symbol.section != 0 || symbol.name == 0 {
                    return None;
                }
                let name = (strings as *const c_char).wrapping_add(symbol.name as usize);
                // SAFETY: symbols refer to zero-terminated strings of the object's table.
                let name = unsafe { CStr::from_ptr(name) }.to_bytes();
                Some(Slot {
                    address: base.wrapping_add(entry.offset as usize),
                    symbol: name,
                })
            })
    }
}

/// The entries of a table given by its start and size in bytes.
fn entries((start, size): (usize, usize)) -> impl DoubleEndedIterator<Item = *const Rela> {
    let count = if start == 0 {
        0
    } else {
        size / size_of::<Rela>()
    };
    (0..count).map(move |at| (start as *const Rela).wrapping_add(at))
}

/// # Safety
/// `symbols` must be the symbol table of the loaded object that `entry` is from.
unsafe fn symbol(symbols: usize, entry: &Rela) -> Sym {
    let symbol = (symbols as *const Sym).wrapping_add((entry.info >> 32) as usize);
    // SAFETY: relocations refer to entries of the object's symbol table.
    unsafe { symbol.read_unaligned() }
}

/// File names, up to a dot or a dash and a digit after them, of what is part of the C runtime;
/// those that end with `_` or `-` go on in any way. libresolv keeps its state by thread: two
/// coroutines inside it would mix it up.
const RUNTIME: &[&str] = &[
    "ld",
    "ld-",
    "ld64",
    "libc",
    "libpthread",
    "libm",
    "libmvec",
    "libdl",
    "librt",
    "libutil",
    "libanl",
    "libresolv",
    "libnss_",
    "libstdc++",
    "libgcc_s",
    "libc++",
    "libc++abi",
    "libunwind",
    "libthread_db",
    "linux-vdso",
    "linux-vdso32",
    "linux-gate",
    "libasan",
    "libhwasan",
    "libtsan",
    "libubsan",
    "liblsan",
    "libmsan",
    "libclang_rt",
    "vgpreload_",
];

/// Extensions that watch code run, or change it: what they wait for has to stop that code. A step debugger
/// that let others run while it waits for a command would be entered again.
const WATCHERS: &[&str] = &[
    "blackfire",
    "ddtrace",
    "excimer",
    "newrelic",
    "opcache",
    "pcov",
    "tideways",
    "xdebug",
];

/// Whether an object with this path is part of the C runtime, or watches PHP code from inside.
pub(crate) fn is_runtime(path: &[u8]) -> bool {
    let file = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    RUNTIME.iter().chain(WATCHERS).any(|name| {
        file.strip_prefix(name.as_bytes()).is_some_and(|rest| {
            // libc-2.31 is libc, and libc-client is no part of it.
            name.ends_with(['_', '-'])
                || rest.starts_with(b".")
                || matches!(rest, [b'-', b'0'..=b'9', ..])
        })
    })
}

/// Has it locks in memory that processes share? Whoever holds one must not be suspended, so its `fcntl` waits as it is.
/// The program has, from PHP 8.5 on: OPcache is part of it, and nothing else in it locks ranges of files.
pub(crate) fn keeps_locks(path: &[u8]) -> bool {
    let file = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    path.is_empty() || file.starts_with(b"libphp") || file.starts_with(b"apcu")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_runtime_from_libraries() {
        for path in [
            "/lib/x86_64-linux-gnu/libc.so.6",
            "/lib/libc-2.31.so",
            "/lib64/ld-linux-x86-64.so.2",
            "/lib/ld-musl-x86_64.so.1",
            "libc.musl-x86_64.so.1",
            "linux-vdso.so.1",
            "/usr/lib/libstdc++.so.6",
            "/usr/lib/libgcc_s.so.1",
            "/lib/libnss_dns.so.2",
            "/usr/lib/libclang_rt.asan-x86_64.so",
            "/usr/lib/php/20220829/xdebug.so",
            "/opt/blackfire-8.2.so",
        ] {
            assert!(is_runtime(path.as_bytes()), "{path}");
        }
        for path in [
            "",
            "/usr/lib/libcurl.so.4",
            "/usr/lib/libmysqlclient.so",
            "/x/libcrypto.so.3",
            "/usr/lib/php/20220829/redis.so",
            "/usr/lib/libldap.so.2",
            "/usr/lib/libmemcached.so",
            "/lib/libc-client.so.2007e",
            "/usr/lib/libm-something.so",
        ] {
            assert!(!is_runtime(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn locks_of_shared_memory_are_left_alone() {
        for path in ["", "/usr/lib/libphp8.4.so", "/usr/lib/php/20220829/apcu.so"] {
            assert!(keeps_locks(path.as_bytes()), "{path}");
        }
        for path in ["/usr/lib/libgdbm.so.6", "/usr/lib/php/20220829/dba.so"] {
            assert!(!keeps_locks(path.as_bytes()), "{path}");
        }
    }
}
