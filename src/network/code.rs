/// The states of all units of activations at one point, two bits each, in the order of the layers,
/// and the inputs that the units of max poolings pass on.
///
/// Equal codes of one network mean one region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    activations: usize,
    words: Box<[u64]>,
    winners: Box<[u32]>,
}

/// States in a word.
const PER_WORD: usize = 32;

impl Code {
    pub(super) fn new(states: &[u8], winners: Vec<u32>) -> Self {
        let pack = |chunk: &[u8]| {
            let shifted = chunk.iter().enumerate();
            shifted.fold(0, |word, (i, state)| word | u64::from(*state) << (2 * i))
        };
        Self {
            activations: states.len(),
            words: states.chunks(PER_WORD).map(pack).collect(),
            winners: winners.into(),
        }
    }

    /// Number of units, those of max poolings included.
    pub fn units(&self) -> usize {
        self.activations + self.winners.len()
    }

    /// The state of a unit of an activation: its piece, counted from the left.
    ///
    /// # Panics
    /// When there is no such unit.
    pub fn state(&self, unit: usize) -> u8 {
        assert!(
            unit < self.activations,
            "unit {unit} of {}",
            self.activations
        );
        let word = self.words[unit / PER_WORD];
        (word >> (2 * (unit % PER_WORD)) & 3) as u8
    }

    /// The inputs that the units of all max poolings pass on, in the order of the layers.
    pub fn winners(&self) -> &[u32] {
        &self.winners
    }

    /// Number of units whose state, or whose winner, differs from that of the same unit in the other
    /// code.
    ///
    /// # Panics
    /// When the other code has another number of units.
    pub fn flips(&self, other: &Self) -> usize {
        let units = |code: &Self| (code.activations, code.winners.len());
        assert_eq!(units(self), units(other), "units of the other code");
        let differing = |(a, b): (&u64, &u64)| {
            let bits = a ^ b;
            // One bit for each pair in which any differs.
            ((bits | bits >> 1) & 0x5555_5555_5555_5555).count_ones() as usize
        };
        let states: usize = self.words.iter().zip(&other.words).map(differing).sum();
        let winners = self.winners.iter().zip(&other.winners);
        states + winners.filter(|(a, b)| a != b).count()
    }
}
