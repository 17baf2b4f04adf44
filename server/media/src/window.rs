//! Was this packet index used before?

/// The last 128 packet indices, of which each may be used once (RFC 3711 §3.3.2).
///
/// It guards both ways: a receiver drops what it has seen, and a sender never protects two packets under one
/// index, which with AES-GCM would give away the authentication key (RFC 7714 §8.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    highest: Option<u64>,
    /// Bit n stands for `highest - n`.
    used: u128,
}

impl Window {
    const WIDTH: u64 = 128;

    /// The highest index used.
    pub(crate) fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Whether `index` may still be used: it is newer than the window, or in it and unused.
    pub(crate) fn is_free(&self, index: u64) -> bool {
        match self.highest {
            None => true,
            Some(highest) if index > highest => true,
            Some(highest) => {
                let age = highest - index;
                age < Self::WIDTH && self.used & (1 << age) == 0
            }
        }
    }

    /// Notes that `index` is used.
    pub(crate) fn mark(&mut self, index: u64) {
        match self.highest {
            Some(highest) if index <= highest => {
                let age = highest - index;
                if age < Self::WIDTH {
                    self.used |= 1 << age;
                }
            }
            Some(highest) => {
                let step = index - highest;
                self.used = if step < Self::WIDTH { self.used << step | 1 } else { 1 };
                self.highest = Some(index);
            }
            None => {
                self.used = 1;
                self.highest = Some(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_free_once_and_only_within_the_window() {
        let mut window = Window::default();
        let mut offer = |index| {
            let free = window.is_free(index);
            if free {
                window.mark(index);
            }
            free
        };
        assert!(offer(1_000));
        assert!(!offer(1_000));
        assert!(offer(998));
        assert!(!offer(998));
        assert!(offer(1_100));
        assert!(!offer(998), "still in the window, and used");
        assert!(offer(999));
        assert!(offer(1_100 - 127));
        assert!(!offer(1_100 - 128), "too old to tell");
        assert!(offer(5_000));
        assert!(!offer(1_100));
        assert!(offer(4_999));
    }
}
