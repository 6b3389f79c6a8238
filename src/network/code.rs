/// The states of all units at one point, two bits each, in the order of the layers.
///
/// Equal codes of one network mean one region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    units: usize,
    words: Box<[u64]>,
}

/// States in a word.
const PER_WORD: usize = 32;

impl Code {
    pub(super) fn new(states: &[u8]) -> Self {
        let pack = |chunk: &[u8]| {
            let shifted = chunk.iter().enumerate();
            shifted.fold(0, |word, (i, state)| word | u64::from(*state) << (2 * i))
        };
        Self {
            units: states.len(),
            words: states.chunks(PER_WORD).map(pack).collect(),
        }
    }

    /// Number of units.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The state of a unit: its piece, counted from the left.
    ///
    /// # Panics
    /// When there is no such unit.
    pub fn state(&self, unit: usize) -> u8 {
        assert!(unit < self.units, "unit {unit} of {}", self.units);
        let word = self.words[unit / PER_WORD];
        (word >> (2 * (unit % PER_WORD)) & 3) as u8
    }

    /// Number of units whose state differs from that of the same unit in the other code.
    ///
    /// # Panics
    /// When the other code has another number of units.
    pub fn flips(&self, other: &Self) -> usize {
        assert_eq!(self.units, other.units, "units of the other code");
        let differing = |(a, b): (&u64, &u64)| {
            let bits = a ^ b;
            // One bit for each pair in which any differs.
            ((bits | bits >> 1) & 0x5555_5555_5555_5555).count_ones() as usize
        };
        self.words.iter().zip(&other.words).map(differing).sum()
    }
}
