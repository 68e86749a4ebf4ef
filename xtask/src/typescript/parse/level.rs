//! How far lowering has descended.

/// Types and expressions that are nested deeper are not read. What people write is nested 20 levels deep at most; each
/// level costs stack in everything that walks what was read.
const DEPTH: u32 = 600;

/// The depth of the syntax node that is being lowered.
#[derive(Clone, Copy)]
pub(super) struct Level(u32);

impl Level {
    /// The top of a file.
    pub const TOP: Self = Self(0);

    pub fn deeper(self) -> Self {
        Self(self.0 + 1)
    }

    pub fn is_too_deep(self) -> bool {
        self.0 >= DEPTH
    }
}
