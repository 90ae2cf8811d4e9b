//! Objects that nobody else knows: they may be changed in place, or used again
//! instead of being freed and made anew. The layouts are asserted in `shim/layout.c`.
use crate::object::Object;
use crate::raw::Counted;
use crate::release;

/// `zend_object` up to the table of its properties.
#[repr(C)]
struct Head {
    counted: Counted,
    handle: u64,
    class: usize,
    handlers: usize,
    properties: usize,
}

/// `IS_OBJ_WEAKLY_REFERENCED | IS_OBJ_DESTRUCTOR_CALLED | IS_OBJ_FREE_CALLED`
const MARKED: u32 = 1 << 7 | 1 << 8 | 1 << 9;
/// `ZEND_CALL_RELEASE_THIS`
const RELEASE_THIS: u32 = 1 << 21;

impl Object {
    /// Is this reference all that leads to the object? Then nobody can see what
    /// is done with it: no variable, no `WeakReference`, no `WeakMap`.
    #[inline]
    pub fn is_sole(&self) -> bool {
        if release::is_after_shutdown() {
            return false;
        }
        // SAFETY: the object is alive; the layout is asserted.
        unsafe {
            let head = &*self.as_ptr().cast::<Head>();
            head.counted.refcount == 1 && head.counted.info & MARKED == 0 && head.properties == 0
        }
    }

    /// For the `$this` of a call ([`crate::Call::this_object`]): does only the call hold it, as
    /// in `make()->with(…)`? The caller's own `$this` and variables don't count as such.
    #[inline]
    pub fn is_temporary(&self) -> bool {
        // A frame's `This` keeps the call's flags above the type.
        self.as_value().info & RELEASE_THIS != 0 && self.is_sole()
    }

    /// Lets go of a reference besides which there is another one of ours: no reason to look for
    /// cycles now, as the last one will.
    #[inline]
    pub fn let_go(self) {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: the object is alive; this reference is not used any more.
        unsafe {
            let head = &mut *this.as_ptr().cast::<Head>();
            if !release::is_after_shutdown() && head.counted.refcount > 1 {
                head.counted.refcount -= 1;
                return;
            }
        }
        drop(std::mem::ManuallyDrop::into_inner(this));
    }

    /// Are both the same object?
    #[inline]
    pub fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.as_ptr(), other.as_ptr())
    }
}
